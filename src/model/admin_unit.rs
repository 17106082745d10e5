//! Administrative units (*đơn vị hành chính*) and their boundaries (*địa giới*).

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// One generation of a unit: a code with the name and the border it had from one day to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdminUnit {
    /// Five digits for a commune, two for a province.
    pub code: String,
    pub province_code: Option<String>,
    pub name: String,
    /// `tinh`, `xa`, `phuong` or `dac_khu` (*loai*).
    pub level: String,
    /// Resolution that made or changed the unit (*nghiQuyet*).
    pub resolution: Option<String>,
    /// First day of the generation; none when it was there before anybody wrote it down.
    pub effective_from: Option<Date>,
    /// Last day of the generation; none while nobody has ended it.
    pub effective_to: Option<Date>,
}

impl AdminUnit {
    /// Whether the generation counts on a day, its first and its last included.
    pub fn is_in_force(&self, on: Date) -> bool {
        self.effective_from.is_none_or(|from| from <= on) && self.effective_to.is_none_or(|to| on <= to)
    }

    /// Whether two generations have a day in common.
    pub fn overlaps(&self, other: &AdminUnit) -> bool {
        let begins_before_end = |a: &AdminUnit, b: &AdminUnit| match (a.effective_from, b.effective_to) {
            (Some(from), Some(to)) => from <= to,
            _ => true,
        };
        begins_before_end(self, other) && begins_before_end(other, self)
    }
}

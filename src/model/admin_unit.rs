//! Administrative units (*đơn vị hành chính*) and their boundaries (*địa giới*).

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

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
    pub effective_from: Option<Date>,
    pub effective_to: Option<Date>,
}

//! Changes of administrative units (*thay đổi đơn vị hành chính*) and the resolutions that made them.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What happened (Circular 17/2010, article 13.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitChange {
    /// A new name or code, the same land (*đổi tên*).
    DoiTen,
    /// Several units became one (*nhập*).
    Nhap,
    /// One unit became several (*tách*).
    Tach,
    /// A border moved between units that stay (*điều chỉnh địa giới*).
    DieuChinh,
    /// A unit moved to another superior unit (*chuyển*).
    Chuyen,
}

impl UnitChange {
    pub const ALL: [UnitChange; 5] =
        [UnitChange::DoiTen, UnitChange::Nhap, UnitChange::Tach, UnitChange::DieuChinh, UnitChange::Chuyen];

    /// The word in files: `doi_ten`.
    pub fn id(self) -> &'static str {
        match self {
            UnitChange::DoiTen => "doi_ten",
            UnitChange::Nhap => "nhap",
            UnitChange::Tach => "tach",
            UnitChange::DieuChinh => "dieu_chinh",
            UnitChange::Chuyen => "chuyen",
        }
    }

    pub fn from_id(id: &str) -> Option<Self> {
        UnitChange::ALL.into_iter().find(|change| change.id() == id)
    }
}

/// One line of an event: what one unit gave to one other. A merge of three units is three lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitEvent {
    pub change: UnitChange,
    /// Resolution (*nghị quyết*) that decided it.
    pub resolution: String,
    /// First day of the new state.
    pub effective_on: Date,
    pub old_code: String,
    pub old_name: String,
    pub new_code: String,
    pub new_name: String,
    pub note: Option<String>,
}

//! The base layer (*nền địa lý*): roads, water, place names.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// Roads (*giao thông*).
    GiaoThong,
    /// Water (*thủy hệ*).
    ThuyHe,
    /// Place names (*địa danh*).
    DiaDanh,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaseFeature {
    pub theme: Theme,
    pub name: Option<String>,
    /// Class within the theme, e.g. `quoc_lo`, `song`, `thon`.
    pub class: String,
    pub commune_code: Option<String>,
}

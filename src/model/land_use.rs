//! Land-use codes (*mã loại đất*): names and the colours of the official land-use maps.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct LandUse {
    pub code: String,
    pub name_vi: String,
    pub name_en: String,
    /// Code of the group it belongs to, e.g. `NNP` or `PNN/DSN`.
    pub group: String,
    /// `#RRGGBB`, or empty where the code has no fill of its own.
    pub colour: String,
    pub pattern: String,
    /// `hien_hanh` (in force), `hien_hanh_nhom` (a group), `khu_chuc_nang` (a functional area) or `cu…` (old).
    pub status: String,
}

static CODES: LazyLock<BTreeMap<String, LandUse>> = LazyLock::new(|| {
    csv::Reader::from_reader(include_bytes!("land_use_codes.csv").as_slice())
        .deserialize()
        .map(|row: Result<LandUse, _>| row.expect("the table of codes is part of the program"))
        .map(|land_use| (land_use.code.clone(), land_use))
        .collect()
});

/// One code, or `None` when it is not in the list.
pub fn find(code: &str) -> Option<&'static LandUse> {
    CODES.get(code)
}

/// The codes of a parcel: `ONT+CLN` is two.
pub fn split(codes: &str) -> impl Iterator<Item = &str> {
    codes.split('+').map(str::trim).filter(|code| !code.is_empty())
}

/// The first code of a parcel, by which it is coloured.
pub fn principal(codes: &str) -> &str {
    split(codes).next().unwrap_or("")
}

pub fn all() -> impl Iterator<Item = &'static LandUse> {
    CODES.values()
}

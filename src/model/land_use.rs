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

/// What became of a code in the list of 2024.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    InForce,
    /// An old code with exactly one successor.
    Replaced(&'static str),
    /// An old code that was divided or dropped: its possible successors, none where the list names none.
    Ambiguous(Vec<&'static str>),
}

impl LandUse {
    pub fn standing(&'static self) -> Standing {
        let Some(successors) = self.status.strip_prefix("cu") else { return Standing::InForce };
        let named: Vec<&str> = successors.trim_start_matches(':').split('/').filter(|code| !code.is_empty()).collect();
        match named[..] {
            [only] => Standing::Replaced(only),
            _ => Standing::Ambiguous(named),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_successor_of_an_old_code_is_in_force() {
        let mut old = 0;
        for land_use in all() {
            let successors = match land_use.standing() {
                Standing::InForce => continue,
                Standing::Replaced(code) => vec![code],
                Standing::Ambiguous(codes) => codes,
            };
            old += 1;
            for code in successors {
                assert_eq!(find(code).map(LandUse::standing), Some(Standing::InForce), "{} -> {code}", land_use.code);
            }
        }
        assert!(old > 30, "{old}");
    }

    #[test]
    fn an_old_code_has_one_successor_or_several_or_none() {
        let standing = |code| find(code).unwrap().standing();
        assert_eq!(standing("LNQ"), Standing::Replaced("CLN"));
        assert_eq!(standing("TTN"), Standing::Ambiguous(vec!["TON", "TIN"]));
        assert_eq!(standing("SXN"), Standing::Ambiguous(vec![]));
        assert_eq!(standing("CLN"), Standing::InForce);
    }
}

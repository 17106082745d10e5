//! Land for homes by the kind of its unit: `ONT` stands for homes in a commune (*xã*), `ODT` for homes in a ward
//! (*phường*) (Decree 49/2026, article 13.1). A merger can change what a unit is before its parcels are registered
//! anew, and land of a new town in a commune is `ODT` rightly: what does not fit is said and published as approved.

use std::collections::BTreeMap;

use super::finding::{Finding, Severity};
use crate::error::{Exit, Fault, Stage};
use crate::model::land_use;
use crate::model::parcel::Parcel;

/// Level of a unit, the code that does not fit it, and both in words.
const MISFITS: [(&str, &str, &str); 2] = [
    ("phuong", "ONT", "land for homes in a commune (ONT), and the unit is a ward (phường)"),
    ("xa", "ODT", "land for homes in a ward or town (ODT), and the unit is a commune (xã)"),
];

/// Parcels with land for homes, counted by commune and code.
#[derive(Default)]
pub struct HomeLand {
    parcels: BTreeMap<String, BTreeMap<&'static str, u64>>,
}

impl HomeLand {
    pub fn count(&mut self, parcel: &Parcel) {
        for (_, code, _) in MISFITS {
            if land_use::split(&parcel.land_use).any(|found| found == code) {
                match self.parcels.get_mut(&parcel.commune_code) {
                    Some(codes) => *codes.entry(code).or_default() += 1,
                    None => drop(self.parcels.insert(parcel.commune_code.clone(), BTreeMap::from([(code, 1)]))),
                }
            }
        }
    }

    /// One warning for each commune and code; `levels` is that of each unit of the approved boundaries by code.
    pub fn check(&self, levels: &BTreeMap<String, String>) -> Vec<Finding> {
        let mut findings = vec![];
        for (commune, codes) in &self.parcels {
            let level = levels.get(commune).map(String::as_str);
            for (_, code, words) in MISFITS.iter().filter(|(misfit, ..)| level == Some(misfit)) {
                findings.extend(codes.get(code).map(|parcels| finding(commune, *parcels, words)));
            }
        }
        findings
    }
}

fn finding(commune: &str, parcels: u64, words: &str) -> Finding {
    let fault = Fault::new(Stage::Inspect, Exit::Quality, format!("{parcels} parcels are {words}"))
        .feature(format!("commune {commune}"))
        .remedy("compare with the resolution on the unit and with the register; the codes are published as approved");
    Finding::new("land-use-of-another-unit", Severity::Warning, fault).commune(commune)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parcel(commune: &str, land_use: &str) -> Parcel {
        Parcel {
            commune_code: commune.to_owned(),
            sheet: 1,
            number: 1,
            identifier: None,
            area_m2: 100.0,
            land_use: land_use.to_owned(),
            old_land_use: None,
            legal_area_m2: None,
            planned_use: None,
            old_commune_code: None,
            old_sheet: None,
            old_number: None,
            address: None,
            updated_on: None,
        }
    }

    fn found(land_uses: &[(&str, &str)]) -> Vec<String> {
        let mut homes = HomeLand::default();
        for (commune, land_use) in land_uses {
            homes.count(&parcel(commune, land_use));
        }
        let levels = [("99001", "xa"), ("99002", "phuong"), ("99003", "dac_khu")];
        let levels = levels.map(|(code, level)| (code.to_owned(), level.to_owned())).into();
        homes.check(&levels).iter().map(|finding| finding.fault.to_string()).collect()
    }

    #[test]
    fn land_for_homes_that_does_not_fit_its_unit_is_counted_by_commune() {
        let said =
            found(&[("99001", "ODT"), ("99002", "ONT+CLN"), ("99002", "ONT"), ("99002", "ODT"), ("99001", "ONT")]);
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(said[0].contains("commune 99001: 1 parcels are land for homes in a ward or town (ODT)"), "{said:?}");
        assert!(said[1].contains("commune 99002: 2 parcels are land for homes in a commune (ONT)"), "{said:?}");
    }

    #[test]
    fn special_zones_and_units_without_a_boundary_are_not_judged() {
        assert_eq!(found(&[("99003", "ODT"), ("99003", "ONT"), ("99004", "ODT"), ("99002", "ODT+CLN")]), [""; 0]);
    }
}

//! What a price row was in the table before: rows of two decisions are the same place when commune, group, use,
//! road, stretch, area and former district agree in their folded words.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::catalogue::Catalogue;
use super::former_unit::FormerUnit;
use crate::model::price_table::PriceRow;
use crate::model::text::fold;
use crate::snapshot::{Content, Snapshot};

type Rows<'a> = FxHashMap<String, Vec<(&'a Snapshot, &'a PriceRow)>>;

pub struct PriceHistory<'a> {
    /// Price table → the tables it took the place of, with their rows by place.
    before: BTreeMap<&'a str, Rows<'a>>,
    /// Commune of today → the communes of old whose land it holds.
    former: BTreeMap<String, BTreeSet<&'a str>>,
}

impl<'a> PriceHistory<'a> {
    pub fn new(catalogue: &Catalogue<'a>, former_units: &[FormerUnit<'a>]) -> Self {
        let mut former = BTreeMap::<String, BTreeSet<&str>>::new();
        for unit in former_units {
            for successor in &unit.successors {
                former.entry(successor.code.clone()).or_default().insert(unit.code);
            }
        }
        let all = || catalogue.snapshots.iter().chain(catalogue.superseded);
        let mut before = BTreeMap::<&str, Rows>::new();
        for old in catalogue.superseded {
            // A table and the amendments that stood beside it; of a replaced row only the last word counts.
            let amendments: Vec<&Snapshot> = catalogue.named(catalogue.succession.amendments(&old.id));
            for new in all().filter(|new| new.record.supersedes.as_deref() == Some(&old.id)) {
                let rows = before.entry(&new.id).or_default();
                let replaced: BTreeSet<u32> =
                    amendments.iter().flat_map(|s| prices(s)).filter_map(|row| row.replaces_row).collect();
                let own = prices(old).filter(|row| !replaced.contains(&row.row)).map(|row| (old, row));
                let added = amendments.iter().flat_map(|s| prices(s).map(|row| (*s, row)));
                for (snapshot, row) in own.chain(added) {
                    rows.entry(place(row)).or_default().push((snapshot, row));
                }
            }
        }
        PriceHistory { before, former }
    }

    /// The one row that a row of `dataset` continues; `None` where there is none, or more than one.
    pub fn before(&self, dataset: &str, row: &PriceRow) -> Option<(&'a Snapshot, &'a PriceRow)> {
        let candidates = self.before.get(dataset)?.get(&place(row))?;
        let former = self.former.get(row.commune_code.as_str());
        let here = |code: &str| code == row.commune_code || former.is_some_and(|codes| codes.contains(code));
        let mut found = candidates.iter().filter(|(_, old)| here(&old.commune_code));
        match (found.next(), found.next()) {
            (Some(one), None) => Some(*one),
            _ => None,
        }
    }

    /// Rows of the tables before, of a commune's land, that none of `rows` continues.
    pub fn dropped(&self, dataset: &str, commune: &str, rows: &[&PriceRow]) -> Vec<(&'a Snapshot, &'a PriceRow)> {
        let Some(before) = self.before.get(dataset) else { return vec![] };
        let continued: BTreeSet<(&str, u32)> =
            rows.iter().filter_map(|row| self.before(dataset, row)).map(|(s, row)| (s.id.as_str(), row.row)).collect();
        let former = self.former.get(commune);
        let here = |code: &str| code == commune || former.is_some_and(|codes| codes.contains(code));
        let mut left: Vec<(&Snapshot, &PriceRow)> = before
            .values()
            .flatten()
            .filter(|(s, row)| here(&row.commune_code) && !continued.contains(&(s.id.as_str(), row.row)))
            .copied()
            .collect();
        left.sort_by_key(|(s, row)| (&s.id, row.row));
        left
    }

    pub fn has_before(&self, dataset: &str) -> bool {
        self.before.contains_key(dataset)
    }
}

fn prices(snapshot: &Snapshot) -> impl Iterator<Item = &PriceRow> {
    let rows = match &snapshot.content {
        Content::Prices(rows) => rows.as_slice(),
        _ => &[],
    };
    rows.iter().map(|row| &**row)
}

fn place(row: &PriceRow) -> String {
    let texts = [&row.old_area, &row.road, &row.from, &row.to, &row.zone];
    let folded = texts.map(|text| text.as_deref().map(fold).unwrap_or_default());
    format!("{}|{}|{}|{}", row.group, row.land_use, row.shape, folded.join("|"))
}

/// Change in tenths of a percent, rounded half away from zero; `None` where there was no price.
pub fn change_permille(old_vnd: i64, new_vnd: i64) -> Option<i64> {
    if old_vnd <= 0 {
        return None;
    }
    let twice = 2000 * (i128::from(new_vnd) - i128::from(old_vnd));
    let old = i128::from(old_vnd);
    let rounded = (twice.abs() + old) / (2 * old);
    i64::try_from(if twice < 0 { -rounded } else { rounded }).ok()
}

/// Sign and digits with a point: `+` and `4.2`, `−` and `0.5`, nothing and `0`.
pub fn permille_text(permille: i64) -> (&'static str, String) {
    let sign = match permille.signum() {
        1 => "+",
        -1 => "−",
        _ => "",
    };
    let digits = match (permille.unsigned_abs() / 10, permille.unsigned_abs() % 10) {
        (whole, 0) => whole.to_string(),
        (whole, tenth) => format!("{whole}.{tenth}"),
    };
    (sign, digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_exact_to_a_tenth_of_a_percent() {
        let change =
            |old, new| change_permille(old, new).map(permille_text).map(|(sign, digits)| format!("{sign}{digits}"));
        assert_eq!(change(60_000, 62_500).as_deref(), Some("+4.2"));
        assert_eq!(change(62_500, 60_000).as_deref(), Some("−4"));
        assert_eq!(change(2_000, 2_001).as_deref(), Some("+0.1"));
        assert_eq!(change(7, 7).as_deref(), Some("0"));
        assert_eq!(change_permille(0, 7), None);
    }
}

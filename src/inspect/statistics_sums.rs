//! Statistics that do not add up: a group against its parts, the province against its communes. Figures are
//! compared digit for digit and never as floats; they are published as approved.

use std::collections::BTreeMap;

use super::finding::{Finding, Severity};
use crate::error::{Exit, Fault, Stage};
use crate::model::statistics::StatisticsRow;

/// Groups of the land-use codes in force and what they are the sum of, as the forms of the inventory print them.
pub const PARTS: &[(&str, &[&str])] = &[
    ("NNP", &["CHN", "CLN", "LNP", "NTS", "CNT", "LMU", "NKH"]),
    ("CHN", &["LUA", "HNK"]),
    ("LUA", &["LUC", "LUK"]),
    ("LNP", &["RDD", "RPH", "RSX"]),
    ("PNN", &["OTC", "TSC", "CQP", "CAN", "DSN", "CSK", "CCC", "TON", "TIN", "NTD", "TVC", "PNK"]),
    ("OTC", &["ONT", "ODT"]),
    ("DSN", &["DVH", "DXH", "DYT", "DGD", "DTT", "DKH", "DMT", "DKT", "DNG", "DSK"]),
    ("CSK", &["SCC", "TMD", "SKC", "SKS"]),
    ("SCC", &["SKK", "SKN", "SCT"]),
    ("CCC", &["DGT", "DTL", "DCT", "DPC", "DDD", "DRA", "DNL", "DBV", "DCH", "DKV"]),
    ("TVC", &["MNC", "SON"]),
    ("CSD", &["CGT", "BCS", "DCS", "NCS", "MCS"]),
];

/// Hectares in units of 10⁻⁹.
type Area = i128;

const DECIMALS: usize = 9;

/// One table: form, year, unit.
type Table<'a> = BTreeMap<&'a str, Area>;

/// Every sum that differs, in the order of form, year, unit and code. `province` is the code under which rows of
/// the whole province stand, `communes` all of its communes.
pub fn check<'a>(
    rows: impl Iterator<Item = &'a StatisticsRow>,
    province: &str,
    communes: &[impl AsRef<str>],
) -> Vec<Finding> {
    let mut tables: BTreeMap<(&str, u16, &str), Table<'_>> = BTreeMap::new();
    for row in rows {
        if let Some(area) = parse(&row.area_ha) {
            tables.entry((&row.form, row.year, &row.commune_code)).or_default().insert(&row.land_use, area);
        }
    }
    let mut found = vec![];
    for ((form, year, unit), table) in &tables {
        for (group, parts) in PARTS {
            found.extend(
                group_difference(table, group, parts).map(|problem| finding(form, *year, unit, group, problem)),
            );
        }
        if *unit == province {
            let of_communes: Option<Vec<&Table<'_>>> =
                communes.iter().map(|commune| tables.get(&(*form, *year, commune.as_ref()))).collect();
            for (code, whole) in table {
                let sum = of_communes
                    .as_ref()
                    .filter(|all| !all.is_empty())
                    .and_then(|all| all.iter().map(|commune| commune.get(code).copied()).sum::<Option<Area>>());
                let differs = sum.filter(|sum| sum != whole);
                found.extend(differs.map(|sum| {
                    let problem =
                        format!("{} ha stand for the province, its communes have {} ha", text(*whole), text(sum));
                    finding(form, *year, unit, code, problem)
                }));
            }
        }
    }
    found
}

/// A group whose parts are all there must be their sum; with some missing, these cannot be more than the group.
fn group_difference(table: &Table<'_>, group: &str, parts: &[&str]) -> Option<String> {
    let whole = *table.get(group)?;
    let known: Vec<Area> = parts.iter().filter_map(|part| total(table, part)).collect();
    let sum: Area = known.iter().sum();
    let differs = if known.len() == parts.len() { sum != whole } else { sum > whole };
    differs.then(|| format!("{} ha stand for the group, its parts have {} ha", text(whole), text(sum)))
}

/// A code's own figure, or the sum of its parts when all of them are there.
fn total(table: &Table<'_>, code: &str) -> Option<Area> {
    table.get(code).copied().or_else(|| {
        let (_, parts) = PARTS.iter().find(|(group, _)| *group == code)?;
        parts.iter().map(|part| total(table, part)).sum()
    })
}

fn finding(form: &str, year: u16, unit: &str, code: &str, problem: String) -> Finding {
    let fault = Fault::new(Stage::Inspect, Exit::Quality, problem)
        .feature(format!("form {form} {year} {unit} {code}"))
        .remedy("ask the office that approved the form; the figures are published as approved");
    Finding::new("sum-differs", Severity::Warning, fault).commune(unit)
}

fn parse(decimal: &str) -> Option<Area> {
    let (whole, fraction) = decimal.split_once('.').unwrap_or((decimal, ""));
    if fraction.len() > DECIMALS
        || whole.len() > 20
        || !format!("{whole}{fraction}").bytes().all(|b| b.is_ascii_digit())
    {
        return None;
    }
    format!("{whole}{fraction:0<DECIMALS$}").parse().ok()
}

fn text(area: Area) -> String {
    let digits = format!("{area:010}");
    let (whole, fraction) = digits.split_at(digits.len() - DECIMALS);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::land_use;

    fn row(commune: &str, land_use: &str, area_ha: &str) -> StatisticsRow {
        StatisticsRow {
            form: "01/TKKK".into(),
            commune_code: commune.into(),
            land_use: land_use.into(),
            area_ha: area_ha.into(),
            year: 2025,
            source: None,
            holder: None,
            objects: None,
        }
    }

    fn problems(rows: &[StatisticsRow]) -> Vec<String> {
        check(rows.iter(), "99", &["99001", "99002"]).into_iter().map(|finding| finding.fault.problem).collect()
    }

    #[test]
    fn every_code_of_the_table_is_a_land_use_in_the_group_that_the_list_says() {
        for (group, parts) in PARTS {
            let path = &land_use::find(group).unwrap().group;
            for part in *parts {
                let of_part = &land_use::find(part).unwrap_or_else(|| panic!("{part}")).group;
                let top = path.split('/').next().unwrap();
                assert!(
                    *part == "CGT" || of_part.split('/').next() == Some(top),
                    "{part} in {of_part}, {group} in {path}"
                );
            }
        }
    }

    #[test]
    fn sums_are_exact_to_the_last_digit() {
        let row = |code, area| row("99001", code, area);
        assert!(problems(&[row("LUA", "0.30"), row("LUC", "0.1"), row("LUK", "0.2")]).is_empty());
        assert_eq!(
            problems(&[row("LUA", "0.31"), row("LUC", "0.1"), row("LUK", "0.2")]),
            ["0.31 ha stand for the group, its parts have 0.3 ha"]
        );
    }

    #[test]
    fn a_missing_part_may_make_up_the_difference_but_not_a_negative_one() {
        let row = |code, area| row("99001", code, area);
        assert!(problems(&[row("LUA", "5"), row("LUC", "3")]).is_empty());
        assert_eq!(problems(&[row("LUA", "5"), row("LUC", "6")]).len(), 1);
        // LUA is not there, but both of its parts are.
        assert_eq!(problems(&[row("CHN", "9"), row("LUC", "3"), row("LUK", "3"), row("HNK", "2")]).len(), 1);
    }

    #[test]
    fn the_province_is_the_sum_of_its_communes_when_all_are_there() {
        let complete = [row("99", "NTS", "7.5"), row("99001", "NTS", "3"), row("99002", "NTS", "4")];
        assert_eq!(problems(&complete), ["7.5 ha stand for the province, its communes have 7 ha"]);
        assert!(problems(&complete[..2]).is_empty());
    }
}

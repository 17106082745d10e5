//! Rows of a price table that look odd. They are named with page and row and published as approved: a price
//! is what the council decided, odd or not.

use std::collections::BTreeMap;

use super::finding::{Finding, Severity};
use crate::error::{Exit, Fault, Stage};
use crate::model::price_table::PriceRow;

/// Every odd row, in the order of the rows.
pub fn check<'a>(rows: impl Iterator<Item = &'a PriceRow>) -> Vec<Finding> {
    let mut found = vec![];
    let mut segments: BTreeMap<Vec<&str>, &PriceRow> = BTreeMap::new();
    for row in rows {
        found.extend(dearer(row));
        found.extend(zero(row));
        if row.price_vnd_per_m2.iter().all(Option::is_none) {
            found.push(odd("no-price", row, "has no price in any position".into()));
        }
        if row.effective_from < row.issued_on {
            let problem = format!("takes effect on {}, before {}, its day of issue", row.effective_from, row.issued_on);
            found.push(odd("effective-before-issue", row, problem));
        }
        match segments.get(&segment(row)) {
            Some(first) => {
                found.push(odd("same-segment-twice", row, format!("is the same segment as {}", place(first))));
            }
            None => {
                segments.insert(segment(row), row);
            }
        }
    }
    found
}

/// Position 1 fronts the road, each later one lies behind it: it is never dearer.
fn dearer(row: &PriceRow) -> Option<Finding> {
    let prices: Vec<(usize, i64)> =
        row.price_vnd_per_m2.iter().enumerate().filter_map(|(i, price)| Some((i + 1, (*price)?))).collect();
    let pair = prices.windows(2).find(|pair| pair[1].1 > pair[0].1)?;
    let [(before, least), (after, most)] = [pair[0], pair[1]];
    let problem = format!("position {after} at {most} đồng/m² is dearer than position {before} at {least} đồng/m²");
    Some(odd("later-position-dearer", row, problem))
}

fn zero(row: &PriceRow) -> Option<Finding> {
    let position = row.price_vnd_per_m2.iter().position(|price| price.is_some_and(|price| price <= 0))?;
    Some(odd("price-zero", row, format!("position {} has a price of 0", position + 1)))
}

/// What makes two rows the same: the land, not the figures.
fn segment(row: &PriceRow) -> Vec<&str> {
    let mut key =
        vec![row.decision_number.as_str(), &row.table, &row.commune_code, &row.group, &row.land_use, &row.shape];
    for text in [&row.old_area, &row.road, &row.from, &row.to, &row.zone, &row.note] {
        key.push(text.as_deref().unwrap_or(""));
    }
    key
}

fn place(row: &PriceRow) -> String {
    match row.source_page {
        Some(page) => format!("page {page}, table {}, row {}", row.table, row.row),
        None => format!("table {}, row {}", row.table, row.row),
    }
}

fn odd(kind: &'static str, row: &PriceRow, problem: String) -> Finding {
    let fault = Fault::new(Stage::Inspect, Exit::Quality, problem)
        .feature(place(row))
        .remedy("compare with the signed table; if it says so, leave it: the table is published as approved");
    Finding::new(kind, Severity::Warning, fault).commune(row.commune_code.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn row(number: u32, prices: [Option<i64>; 5]) -> PriceRow {
        PriceRow {
            row: number,
            table: "B05".into(),
            decision_number: "00/2025/NQ-HĐND".into(),
            issued_on: date(2025, 12, 10),
            effective_from: date(2026, 1, 1),
            effective_to: None,
            commune_code: "99001".into(),
            commune_name: "Xã An Minh".into(),
            old_area: None,
            group: "DAT_O".into(),
            land_use: "ONT".into(),
            shape: "duong".into(),
            road: Some(format!("Đường số {number}")),
            from: None,
            to: None,
            zone: None,
            price_vnd_per_m2: prices,
            unit_vnd: 1000,
            note: None,
            source_page: Some(12),
            replaces_row: None,
        }
    }

    fn kinds(rows: &[PriceRow]) -> Vec<&'static str> {
        check(rows.iter()).iter().map(|finding| finding.kind).collect()
    }

    #[test]
    fn prices_that_fall_with_the_position_are_in_order_even_with_one_left_out() {
        assert!(kinds(&[row(1, [Some(5), Some(4), None, Some(4), Some(1)]), row(2, [Some(1); 5])]).is_empty());
    }

    #[test]
    fn a_later_position_that_is_dearer_is_named_with_page_and_row() {
        let found = check([row(7, [Some(5), None, Some(6), None, None])].iter());
        assert_eq!(
            found[0].fault.to_string().lines().next().unwrap(),
            "error: page 12, table B05, row 7: position 3 at 6 đồng/m² is dearer than position 1 at 5 đồng/m²"
        );
        assert_eq!((found[0].kind, found[0].severity), ("later-position-dearer", Severity::Warning));
    }

    #[test]
    fn no_price_a_price_of_nothing_a_segment_twice_and_a_date_before_its_issue_are_named() {
        assert_eq!(kinds(&[row(1, [None; 5])]), ["no-price"]);
        assert_eq!(kinds(&[row(1, [Some(5), Some(0), None, None, None])]), ["price-zero"]);
        let first = row(1, [Some(5), None, None, None, None]);
        let again = PriceRow { row: 2, ..first.clone() };
        assert_eq!(kinds(&[first.clone(), again]), ["same-segment-twice"]);
        let early = PriceRow { effective_from: date(2025, 12, 1), ..first };
        assert_eq!(kinds(&[early]), ["effective-before-issue"]);
    }
}

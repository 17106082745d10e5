//! A commune's price table as approved: the table's own groups, order, figures and unit.

use std::collections::BTreeSet;

use minijinja::{Value, context};

use super::catalogue::{Commune, PriceTable};
use super::site::At;
use super::template::view;
use super::{coefficient_table, price_figure, price_files};
use crate::error::Result;
use crate::model::price_table::PriceRow;

pub fn render_list(at: &At) -> Result<String> {
    let datasets: Vec<Value> = at.site.catalogue.snapshots.iter().filter_map(|snapshot| {
        let tables: Vec<Value> = at.site.catalogue.communes.values().flat_map(|commune| {
            let own = commune.prices.iter().filter(|table| table.snapshot.id == snapshot.id);
            own.map(|table| context! { code => commune.code, name => commune.name, path => table.path(commune), rows => table.rows.len() })
        }).collect();
        (!tables.is_empty()).then(|| context! { record => view(&snapshot.record), tables })
    }).collect();
    at.render("prices.html", context! { datasets, coefficients => coefficient_table::list(at) })
}

pub fn render(at: &At, commune: &Commune, table: &PriceTable) -> Result<String> {
    let groups: Vec<Value> = groups(table).into_iter().map(|rows| group(at, &rows)).collect();
    at.render(
        "price_table.html",
        context! {
            commune => context! { code => commune.code, name => commune.name, path => commune.path() },
            record => view(&table.snapshot.record),
            groups,
            rows => table.rows.len(),
            csv => context! { path => price_files::csv_path(commune, table), bytes => price_files::csv(table).len() },
            json => context! { path => price_files::json_path(commune, table), bytes => price_files::json(commune, table).to_string().len() },
        },
    )
}

/// Rows with the same price group, shape and unit: one table each, rows in the order of the approved tables.
fn groups<'a>(table: &PriceTable<'a>) -> Vec<Vec<&'a PriceRow>> {
    let key = |row: &PriceRow| (row.group.clone(), row.shape.clone(), row.unit_vnd);
    let mut groups: Vec<Vec<&PriceRow>> = vec![];
    for row in &table.rows {
        match groups.iter_mut().find(|group| key(group[0]) == key(row)) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    groups
}

fn group(at: &At, rows: &[&PriceRow]) -> Value {
    let positions = (0..5).filter(|i| rows.iter().any(|row| row.price_vnd_per_m2[*i].is_some())).collect::<Vec<_>>();
    let any = |has: fn(&PriceRow) -> bool| rows.iter().any(|row| has(row));
    let first = rows[0];
    context! {
        tables => rows.iter().map(|row| row.table.clone()).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>(),
        group => &first.group,
        unit_vnd => first.unit_vnd,
        unit => unit_text(at, first.unit_vnd),
        decision_number => &first.decision_number,
        effective_from => view(first.effective_from),
        positions => positions.iter().map(|i| i + 1).collect::<Vec<_>>(),
        has_road => any(|row| row.road.is_some()),
        has_stretch => any(|row| row.from.is_some() || row.to.is_some()),
        has_zone => any(|row| row.zone.is_some()),
        has_old_area => any(|row| row.old_area.is_some()),
        has_note => any(|row| row.note.is_some()),
        rows => rows.iter().map(|row| row_view(at, row, &positions)).collect::<Vec<_>>(),
    }
}

fn row_view(at: &At, row: &PriceRow, positions: &[usize]) -> Value {
    let figure = |i: &usize| {
        let price = row.price_vnd_per_m2[*i];
        price.map(|vnd| at.language.decimal(&price_figure::in_unit(vnd, row.unit_vnd))).unwrap_or_default()
    };
    context! {
        row => view(row),
        figures => positions.iter().map(figure).collect::<Vec<_>>(),
    }
}

/// The unit of the approved table in words; one that has no word stands as its amount in đồng.
fn unit_text(at: &At, unit_vnd: i64) -> String {
    match (unit_vnd, at.language.id()) {
        (1, "en") => "VND/m²".into(),
        (1_000, "en") => "thousand VND/m²".into(),
        (1_000_000, "en") => "million VND/m²".into(),
        (1, _) => "đồng/m²".into(),
        (1_000, _) => "nghìn đồng/m²".into(),
        (1_000_000, _) => "triệu đồng/m²".into(),
        (other, _) => format!("{} đồng/m²", at.language.integer(other)),
    }
}

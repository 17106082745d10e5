//! A commune's price table as approved: the table's own groups, order, figures and unit.

use std::collections::BTreeSet;

use minijinja::{Value, context};

use super::catalogue::{Commune, PriceAmendment, PriceTable};
use super::site::At;
use super::template::view;
use super::{OutputFile, coefficient_table, home, price_figure};
use crate::error::Result;
use crate::model::price_table::PriceRow;
use crate::snapshot::Snapshot;

pub fn render_list(at: &At) -> Result<String> {
    let catalogue = at.site.catalogue;
    let current = catalogue.communes.values();
    let past = catalogue.past.values();
    let of_current = |snapshot| dataset(at, snapshot, current.clone());
    let of_past = |snapshot| dataset(at, snapshot, past.clone());
    at.render(
        "prices.html",
        context! {
            datasets => catalogue.snapshots.iter().filter_map(of_current).collect::<Vec<_>>(),
            coefficients => coefficient_table::list(at),
            past => catalogue.superseded.iter().filter_map(of_past).collect::<Vec<_>>(),
        },
    )
}

/// A dataset with the communes it has a table for; `None` when there is none of its own.
fn dataset<'a>(at: &At, snapshot: &Snapshot, communes: impl Iterator<Item = &'a Commune<'a>>) -> Option<Value> {
    let tables = communes.flat_map(|commune| {
        let own = commune.prices.iter().filter(|table| table.snapshot.id == snapshot.id);
        own.map(|table| {
            let rows = table.all_rows().count();
            context! { code => commune.code, name => commune.name, path => table.path(commune), rows }
        })
    });
    let tables: Vec<Value> = tables.collect();
    let catalogue = at.site.catalogue;
    let amendments = catalogue.named(catalogue.succession.amendments(&snapshot.id));
    (!tables.is_empty()).then(|| {
        context! {
            record => view(&snapshot.record),
            tables,
            amendments => amendments.into_iter().map(|amendment| view(&amendment.record)).collect::<Vec<_>>(),
            successors => successors(at, &snapshot.id),
        }
    })
}

/// What took the place of a dataset, with the page where it is read.
pub fn successors(at: &At, dataset: &str) -> Vec<Value> {
    let entry = |snapshot: &Snapshot| {
        let path = home::page_of(snapshot.record.kind);
        context! { record => view(&snapshot.record), path => format!("{path}#{}", snapshot.id) }
    };
    at.site.catalogue.successors(dataset).into_iter().map(entry).collect()
}

pub fn render(at: &At, commune: &Commune, table: &PriceTable, files: &[OutputFile]) -> Result<String> {
    at.render(
        "price_table.html",
        context! {
            commune => context! { code => commune.code, name => commune.name, path => commune_path(at, commune) },
            record => view(&table.snapshot.record),
            successors => successors(at, &table.snapshot.id),
            groups => groups_view(at, table, table.snapshot, &table.rows),
            amendments => table.amendments.iter().map(|of| amendment(at, table, of)).collect::<Vec<_>>(),
            files => files.iter().map(file_view).collect::<Vec<_>>(),
        },
    )
}

fn file_view(file: &OutputFile) -> Value {
    let format = file.path.rsplit('.').next().unwrap_or_default();
    context! { path => &file.path, format => format.to_uppercase(), bytes => file.bytes.len() }
}

/// A commune of superseded data alone has no page of its own any more.
fn commune_path(at: &At, commune: &Commune) -> Option<String> {
    at.site.catalogue.communes.get(commune.code).map(Commune::path)
}

fn amendment(at: &At, table: &PriceTable, amendment: &PriceAmendment) -> Value {
    context! {
        record => view(&amendment.snapshot.record),
        groups => groups_view(at, table, amendment.snapshot, &amendment.rows),
    }
}

fn groups_view(at: &At, table: &PriceTable, snapshot: &Snapshot, rows: &[&PriceRow]) -> Vec<Value> {
    groups(rows).into_iter().map(|rows| group(at, table, snapshot, &rows)).collect()
}

/// Rows with the same price group, shape and unit: one table each, rows in the order of the approved tables.
fn groups<'a>(rows: &[&'a PriceRow]) -> Vec<Vec<&'a PriceRow>> {
    let key = |row: &PriceRow| (row.group.clone(), row.shape.clone(), row.unit_vnd);
    let mut groups: Vec<Vec<&PriceRow>> = vec![];
    for row in rows {
        match groups.iter_mut().find(|group| key(group[0]) == key(row)) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    groups
}

fn group(at: &At, table: &PriceTable, snapshot: &Snapshot, rows: &[&PriceRow]) -> Value {
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
        rows => rows.iter().map(|row| row_view(at, table, snapshot, row, &positions)).collect::<Vec<_>>(),
    }
}

fn row_view(at: &At, table: &PriceTable, snapshot: &Snapshot, row: &PriceRow, positions: &[usize]) -> Value {
    let figure = |i: &usize| {
        let price = row.price_vnd_per_m2[*i];
        price.map(|vnd| at.language.decimal(&price_figure::in_unit(vnd, row.unit_vnd))).unwrap_or_default()
    };
    context! {
        row => view(row),
        anchor => table.anchor(snapshot, row),
        replaced_by => table.replaced_by(snapshot, row).iter().map(|by| view(&by.record.decision)).collect::<Vec<_>>(),
        replaces => row.replaces_row,
        // The row it replaces may stand on another commune's page.
        replaces_here => row.replaces_row.is_some_and(|replaced| table.rows.iter().any(|row| row.row == replaced)),
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

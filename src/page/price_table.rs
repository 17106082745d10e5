//! A commune's price table as approved: the table's own groups, order, figures and unit.

use std::collections::BTreeSet;

use minijinja::{Value, context};

use super::catalogue::{Commune, PriceAmendment, PriceTable};
use super::site::At;
use super::template::view;
use super::{OutputFile, coefficient_table, consultation, home, price_figure, price_files, price_history, road};
use crate::error::Result;
use crate::model::coefficient::Coefficient;
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
            coefficients => coefficient_table::list(at, false),
            has_drafts => consultation::any(at.site.catalogue),
            has_roads => !at.site.roads.is_empty(),
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
            path => format!("/bang-gia-dat/{}/", snapshot.id),
            tables,
            amendments => amendments.into_iter().map(|amendment| view(&amendment.record)).collect::<Vec<_>>(),
            successors => successors(at, &snapshot.id),
        }
    })
}

/// The communes for which a draft has a table.
pub fn drafts_of<'a>(snapshot: &Snapshot, communes: impl Iterator<Item = &'a Commune<'a>>) -> Vec<Value> {
    let own = |commune: &'a Commune<'a>| commune.drafts.iter().map(move |table| (commune, table));
    let tables = communes.flat_map(own).filter(|(_, table)| table.snapshot.id == snapshot.id);
    tables
        .map(|(commune, table)| {
            context! { name => commune.name, path => table.path(commune), rows => table.all_rows().count() }
        })
        .collect()
}

/// What took the place of a dataset, with the page where it is read.
pub fn successors(at: &At, dataset: &str) -> Vec<Value> {
    let entry = |snapshot: &Snapshot| {
        let path = home::page_of(&snapshot.record);
        context! { record => view(&snapshot.record), path => format!("{path}#{}", snapshot.id) }
    };
    at.site.catalogue.successors(dataset).into_iter().map(entry).collect()
}

pub fn render(at: &At, commune: &Commune, table: &PriceTable, files: &[OutputFile]) -> Result<String> {
    let today = at.site.catalogue.communes.get(commune.code);
    let rows: Vec<&PriceRow> = table.all_rows().map(|(_, row)| row).collect();
    let dropped = at.site.price_history.dropped(&table.snapshot.id, commune.code, &rows);
    at.render(
        "price_table.html",
        context! {
            commune => context! { code => commune.code, name => commune.name, path => today.map(Commune::path) },
            record => view(&table.snapshot.record),
            consultation_until => view(table.snapshot.record.consultation_until),
            whole_path => table.folder(),
            successors => successors(at, &table.snapshot.id),
            groups => groups_view(at, table, table.snapshot, &table.rows),
            amendments => table.amendments.iter().map(|of| amendment(at, table, of)).collect::<Vec<_>>(),
            rules => rules(table.snapshot, &rows),
            coefficients => today.map(|today| coefficients(at, today)).unwrap_or_default(),
            dropped => dropped.iter().map(|(snapshot, row)| dropped_view(at, snapshot, row)).collect::<Vec<_>>(),
            files => files.iter().map(file_view).collect::<Vec<_>>(),
        },
    )
}

/// The provisions of the decision that are about the tables of these rows.
pub fn rules(snapshot: &Snapshot, rows: &[&PriceRow]) -> Vec<Value> {
    let rules = snapshot.record.metadata.rules.iter();
    rules
        .filter(|rule| rows.iter().any(|row| rule.covers(&row.table)))
        .map(|rule| {
            context! { article => &rule.article, page => rule.page, tables => &rule.tables, text => view(&rule.text) }
        })
        .collect()
}

/// Coefficients in force in the commune, to be read beside the rows; congbo multiplies nothing.
fn coefficients(at: &At, commune: &Commune) -> Vec<Value> {
    let in_force = commune.coefficients.iter().filter(|table| table.snapshot.record.consultation_until.is_none());
    let line = |row: &&Coefficient| coefficient_table::row_view(at, row);
    in_force.map(|table| context! { path => table.path(commune), record => view(&table.snapshot.record), rows => table.rows.iter().map(line).collect::<Vec<_>>() }).collect()
}

/// A row of the table before that no row of today continues.
fn dropped_view(at: &At, snapshot: &Snapshot, row: &PriceRow) -> Value {
    context! { row => view(row), path => page_of_row(at, snapshot, row) }
}

/// The anchor of a row on the page of its own table.
pub fn page_of_row(at: &At, snapshot: &Snapshot, row: &PriceRow) -> Option<String> {
    let communes = at.site.catalogue.with_past().filter(|commune| commune.code == row.commune_code);
    let mut tables = communes.flat_map(|commune| commune.price_tables().map(move |table| (commune, table)));
    let (commune, table) = tables.find(|(_, table)| table.snapshots().any(|of| of.id == snapshot.id))?;
    Some(format!("{}#{}", table.path(commune), table.anchor(snapshot, row)))
}

pub fn file_view(file: &OutputFile) -> Value {
    let format = file.path.rsplit('.').next().unwrap_or_default();
    context! { path => &file.path, format => format.to_uppercase(), bytes => file.bytes.len() }
}

fn amendment(at: &At, table: &PriceTable, amendment: &PriceAmendment) -> Value {
    context! {
        record => view(&amendment.snapshot.record),
        groups => groups_view(at, table, amendment.snapshot, &amendment.rows),
    }
}

pub fn groups_view(at: &At, table: &PriceTable, snapshot: &Snapshot, rows: &[&PriceRow]) -> Vec<Value> {
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
        has_change => at.site.price_history.has_before(&table.snapshot.id),
        rows => rows.iter().map(|row| row_view(at, table, snapshot, row, &positions)).collect::<Vec<_>>(),
    }
}

fn row_view(at: &At, table: &PriceTable, snapshot: &Snapshot, row: &PriceRow, positions: &[usize]) -> Value {
    let figure =
        |i: &usize| row.price_vnd_per_m2[*i].map(|vnd| context! { vnd, text => figure_text(at, vnd, row.unit_vnd) });
    let before = at.site.price_history.before(&table.snapshot.id, row);
    context! {
        row => view(row),
        anchor => table.anchor(snapshot, row),
        road_path => row.road.as_deref().map(road::path),
        articles => price_files::articles(snapshot, &row.table).map(str::to_owned).collect::<Vec<_>>(),
        replaced_by => table.replaced_by(snapshot, row).iter().map(|by| view(&by.record.decision)).collect::<Vec<_>>(),
        replaces => row.replaces_row,
        // The row it replaces may stand on another commune's page.
        replaces_here => row.replaces_row.is_some_and(|replaced| table.rows.iter().any(|row| row.row == replaced)),
        figures => positions.iter().map(figure).collect::<Vec<_>>(),
        page_path => page_of_row(at, snapshot, row),
        before_path => before.and_then(|(snapshot, row)| page_of_row(at, snapshot, row)),
        changes => before.map(|(_, before)| changes(at, before, row)).unwrap_or_default(),
    }
}

pub fn figure_text(at: &At, vnd: i64, unit_vnd: i64) -> String {
    at.language.decimal(&price_figure::in_unit(vnd, unit_vnd))
}

/// `+4,2`.
pub fn change_text(at: &At, permille: i64) -> String {
    let (sign, digits) = price_history::permille_text(permille);
    format!("{sign}{}", at.language.decimal(&digits))
}

/// How each position changed in percent; one entry without a position where all changed alike.
fn changes(at: &At, before: &PriceRow, row: &PriceRow) -> Vec<Value> {
    let both = before.price_vnd_per_m2.iter().zip(row.price_vnd_per_m2).zip(1..);
    let changed: Vec<(i32, i64)> = both
        .filter_map(|((old, new), position)| Some((position, price_history::change_permille((*old)?, new?)?)))
        .collect();
    let text = |permille: i64| change_text(at, permille);
    match changed.first() {
        Some((_, first)) if changed.iter().all(|(_, change)| change == first) => {
            vec![context! { position => (), percent => text(*first) }]
        }
        _ => changed.iter().map(|(position, change)| context! { position, percent => text(*change) }).collect(),
    }
}

/// The unit of the approved table in words; one that has no word stands as its amount in đồng.
pub fn unit_text(at: &At, unit_vnd: i64) -> String {
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

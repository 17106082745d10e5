//! A commune's price coefficients as decided, as a page and as CSV; a draft says until when it may be commented on.

use minijinja::{Value, context};

use super::OutputFile;
use super::catalogue::{CoefficientTable, Commune};
use super::site::{At, Site};
use super::template::view;
use super::workbook::{self, Cell};
use super::{price_files, price_table};
use crate::error::Result;
use crate::model::coefficient::Coefficient;

const COLUMNS: [&str; 11] = [
    "so_quyet_dinh",
    "hieu_luc_tu",
    "hieu_luc_den",
    "ma_xa",
    "ten_xa",
    "loai_dat",
    "khu_vuc_hoac_duong",
    "vi_tri",
    "loai_he_so",
    "muc",
    "gia_tri",
];

/// How a decision writes "everywhere".
const EVERYWHERE: &str = "*";

/// The datasets of coefficients with the tables of their communes: those in force, or the drafts.
pub fn list(at: &At, drafts: bool) -> Vec<Value> {
    let catalogue = at.site.catalogue;
    let wanted = catalogue.snapshots.iter().filter(|s| s.record.consultation_until.is_some() == drafts);
    let datasets = wanted.filter_map(|snapshot| {
        let own = |commune: &Commune| -> Vec<Value> {
            let tables = commune.coefficients.iter().filter(|table| table.snapshot.id == snapshot.id);
            tables
                .map(|table| context! { name => commune.name, path => table.path(commune), rows => table.rows.len() })
                .collect()
        };
        let tables: Vec<Value> = catalogue.communes.values().flat_map(own).collect();
        let until = snapshot.record.consultation_until;
        (!tables.is_empty())
            .then(|| context! { record => view(&snapshot.record), consultation_until => view(until), tables })
    });
    datasets.collect()
}

pub fn render(at: &At, commune: &Commune, table: &CoefficientTable) -> Result<String> {
    let rows: Vec<Value> = table.rows.iter().map(|row| row_view(at, row)).collect();
    at.render(
        "coefficient_table.html",
        context! {
            commune => context! { code => commune.code, name => commune.name, path => commune.path() },
            record => view(&table.snapshot.record),
            consultation_until => view(table.snapshot.record.consultation_until),
            has_level => table.rows.iter().any(|row| row.level.is_some()),
            files => table_files(commune, table).iter().map(price_table::file_view).collect::<Vec<_>>(),
            rows,
        },
    )
}

pub fn row_view(at: &At, row: &Coefficient) -> Value {
    context! {
        land_use => &row.land_use,
        place => &row.place,
        position => row.position,
        kind => &row.kind,
        level => &row.level,
        value => at.language.decimal(&row.value),
        decision_number => &row.decision_number,
        effective_from => view(row.effective_from),
        effective_to => view(row.effective_to),
    }
}

/// The CSV file of every table.
pub fn files(site: &Site) -> Vec<OutputFile> {
    let communes = site.catalogue.communes.values();
    let of = |commune: &Commune| -> Vec<OutputFile> {
        let tables = commune.coefficients.iter();
        tables.flat_map(|table| table_files(commune, table)).collect()
    };
    communes.flat_map(of).collect()
}

fn table_files(commune: &Commune, table: &CoefficientTable) -> [OutputFile; 2] {
    let record = &table.snapshot.record;
    let line = |row: &&Coefficient| {
        let mut cells: Vec<Cell> = cells(row).into_iter().map(Cell::Text).collect();
        // The last column is the coefficient itself.
        cells.pop();
        cells.push(Cell::Number(row.value.clone()));
        cells
    };
    let xlsx = workbook::write(&record.title.vi, record.decision.date, &COLUMNS, table.rows.iter().map(line));
    let path = csv_path(commune, table).replace(".csv", ".xlsx");
    [OutputFile { path: csv_path(commune, table), bytes: csv(table) }, OutputFile { path, bytes: xlsx }]
}

fn csv_path(commune: &Commune, table: &CoefficientTable) -> String {
    format!("/he-so/{}/{}.csv", table.snapshot.id, commune.slug())
}

fn csv(table: &CoefficientTable) -> Vec<u8> {
    price_files::spreadsheet(&COLUMNS, table.rows.iter().map(|row| cells(row)))
}

fn cells(row: &Coefficient) -> Vec<String> {
    let everywhere = || EVERYWHERE.to_owned();
    vec![
        row.decision_number.clone(),
        row.effective_from.to_string(),
        row.effective_to.map(|date| date.to_string()).unwrap_or_default(),
        row.commune_code.clone(),
        row.commune_name.clone(),
        row.land_use.clone(),
        row.place.clone().unwrap_or_else(everywhere),
        row.position.map_or_else(everywhere, |position| position.to_string()),
        row.kind.clone(),
        row.level.clone().unwrap_or_default(),
        row.value.clone(),
    ]
}

//! The price tables as files: the same rows as the page, figures in the unit of the approved table.

use serde_json::{Value, json};

use super::OutputFile;
use super::catalogue::{Catalogue, Commune, PriceAmendment, PriceTable};
use super::price_figure::in_unit;
use super::site::Site;
use super::workbook::{self, Cell};
use crate::model::price_table::PriceRow;
use crate::model::text::inert_cell;
use crate::snapshot::Snapshot;

const COLUMNS: [&str; 34] = [
    "stt",
    "ma_bang",
    "so_van_ban",
    "ngay_ban_hanh",
    "hieu_luc_tu",
    "hieu_luc_den",
    "ma_xa",
    "ten_xa",
    "dia_ban_cu",
    "nhom_gia",
    "loai_dat",
    "loai_bang",
    "ten_duong",
    "tu",
    "den",
    "khu_vuc",
    "vi_tri_1",
    "vi_tri_2",
    "vi_tri_3",
    "vi_tri_4",
    "vi_tri_5",
    "don_vi_dong",
    "ghi_chu",
    "trang_nguon",
    "vi_tri_1_dong",
    "vi_tri_2_dong",
    "vi_tri_3_dong",
    "vi_tri_4_dong",
    "vi_tri_5_dong",
    "dieu_khoan",
    "bo_du_lieu",
    "thay_cho_stt",
    "thay_boi_van_ban",
    "thay_tu_ngay",
];

/// The files of one table in one commune: CSV, JSON, XLSX.
pub fn of(site: &Site, commune: &Commune, table: &PriceTable) -> Vec<OutputFile> {
    let [of_csv, of_json, of_xlsx] = paths(commune, table);
    vec![
        OutputFile { path: of_csv, bytes: csv(std::iter::once(table)) },
        OutputFile::json(of_json, &json(site.catalogue, commune, table)),
        OutputFile { path: of_xlsx, bytes: workbook(table.snapshot, std::iter::once(table)) },
    ]
}

/// Their addresses: CSV, JSON, XLSX.
pub fn paths(commune: &Commune, table: &PriceTable) -> [String; 3] {
    ["csv", "json", "xlsx"].map(|ending| format!("{}{}.{ending}", table.folder(), commune.slug()))
}

/// The same for all communes of a dataset; JSON stays by commune, for programs fetch what they need.
pub fn whole(snapshot: &Snapshot, folder: &str, tables: &[&PriceTable]) -> Vec<OutputFile> {
    vec![
        OutputFile { path: format!("{folder}toan-bo.csv"), bytes: csv(tables.iter().copied()) },
        OutputFile { path: format!("{folder}toan-bo.xlsx"), bytes: workbook(snapshot, tables.iter().copied()) },
    ]
}

fn csv<'t, 'a: 't>(tables: impl Iterator<Item = &'t PriceTable<'a>>) -> Vec<u8> {
    let text = |cells: Vec<Cell>| cells.into_iter().map(Cell::into_text).collect();
    spreadsheet(&COLUMNS, tables.flat_map(lines).map(text))
}

fn workbook<'t, 'a: 't>(snapshot: &Snapshot, tables: impl Iterator<Item = &'t PriceTable<'a>>) -> Vec<u8> {
    let record = &snapshot.record;
    workbook::write(&record.title.vi, record.decision.date, &COLUMNS, tables.flat_map(lines))
}

fn lines<'a>(table: &PriceTable<'a>) -> Vec<Vec<Cell>> {
    let line = |(snapshot, row): (&'a Snapshot, &'a PriceRow)| {
        let mut cells = cells(snapshot, row);
        cells.extend(standing(table, snapshot, row));
        cells
    };
    table.all_rows().map(line).collect()
}

/// A table as a spreadsheet program opens it: UTF-8 with a byte order mark, without which it misreads
/// Vietnamese, and no cell that it would run.
pub fn spreadsheet(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Vec<u8> {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer("\u{feff}".as_bytes().to_vec());
    writer.write_record(head).expect("memory takes every record");
    for row in rows {
        writer.write_record(row.iter().map(|cell| inert_cell(cell))).expect("memory takes every record");
    }
    writer.into_inner().expect("memory takes every record")
}

fn cells(snapshot: &Snapshot, row: &PriceRow) -> Vec<Cell> {
    let text = |value: &Option<String>| value.clone().map_or(Cell::Empty, Cell::Text);
    let word = |value: &String| Cell::Text(value.clone());
    let date = |date: jiff::civil::Date| Cell::Text(date.to_string());
    let number = |number: Option<i64>| number.map_or(Cell::Empty, |number| Cell::Number(number.to_string()));
    let prices = row.price_vnd_per_m2;
    let mut cells = vec![
        number(Some(row.row.into())),
        word(&row.table),
        word(&row.decision_number),
        date(row.issued_on),
        date(row.effective_from),
        row.effective_to.map_or(Cell::Empty, date),
        word(&row.commune_code),
        word(&row.commune_name),
        text(&row.old_area),
        word(&row.group),
        word(&row.land_use),
        word(&row.shape),
        text(&row.road),
        text(&row.from),
        text(&row.to),
        text(&row.zone),
    ];
    cells.extend(prices.map(|price| price.map_or(Cell::Empty, |vnd| Cell::Number(in_unit(vnd, row.unit_vnd)))));
    cells.extend([number(Some(row.unit_vnd)), text(&row.note), number(row.source_page.map(i64::from))]);
    cells.extend(prices.map(number));
    cells.push(Cell::Text(articles(snapshot, &row.table).collect::<Vec<_>>().join("; ")));
    cells
}

/// The provisions of the decision that are about a table of it.
pub fn articles<'s>(snapshot: &'s Snapshot, table: &str) -> impl Iterator<Item = &'s str> {
    let rules = snapshot.record.metadata.rules.iter();
    rules.filter(move |rule| !rule.tables.is_empty() && rule.covers(table)).map(|rule| rule.article.as_str())
}

/// Where a row comes from, what it replaces and what replaced it; of several amendments the last.
fn standing(table: &PriceTable, snapshot: &Snapshot, row: &PriceRow) -> [Cell; 4] {
    let by = table.replaced_by(snapshot, row).last().map(|amendment| &amendment.record.decision);
    [
        Cell::Text(snapshot.id.clone()),
        row.replaces_row.map_or(Cell::Empty, |row| Cell::Number(row.to_string())),
        by.map_or(Cell::Empty, |decision| Cell::Text(decision.number.clone())),
        by.map_or(Cell::Empty, |decision| Cell::Text(decision.effective_from.to_string())),
    ]
}

pub fn json(catalogue: &Catalogue, commune: &Commune, table: &PriceTable) -> Value {
    let record = &table.snapshot.record;
    let successors = catalogue.successors(&table.snapshot.id);
    json!({
        "dataset": record.dataset,
        "title": record.title,
        "decision": record.decision,
        "superseded_by": successors.into_iter().map(reference).collect::<Vec<_>>(),
        "commune": { "code": commune.code, "name": commune.name },
        "rules": record.metadata.rules,
        "rows": table.rows,
        "replaced": table.rows.iter().filter_map(|row| replaced(table, row)).collect::<Vec<_>>(),
        "amendments": table.amendments.iter().map(amendment).collect::<Vec<_>>(),
    })
}

fn replaced(table: &PriceTable, row: &PriceRow) -> Option<Value> {
    let by: Vec<Value> = table.replaced_by(table.snapshot, row).iter().map(|snapshot| reference(snapshot)).collect();
    (!by.is_empty()).then(|| json!({ "row": row.row, "by": by }))
}

fn amendment(amendment: &PriceAmendment) -> Value {
    let mut value = reference(amendment.snapshot);
    value["rows"] = json!(amendment.rows);
    value
}

fn reference(snapshot: &Snapshot) -> Value {
    json!({ "dataset": snapshot.id, "title": snapshot.record.title, "decision": snapshot.record.decision })
}

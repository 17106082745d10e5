//! The price tables as files: the same rows as the page, figures in the unit of the approved table.

use serde_json::{Value, json};

use super::OutputFile;
use super::catalogue::{Catalogue, Commune, PriceAmendment, PriceTable};
use super::price_figure::in_unit;
use super::site::Site;
use crate::model::price_table::PriceRow;
use crate::model::text::inert_cell;
use crate::snapshot::Snapshot;

const COLUMNS: [&str; 28] = [
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
    "bo_du_lieu",
    "thay_cho_stt",
    "thay_boi_van_ban",
    "thay_tu_ngay",
];

/// The files of one table: CSV, JSON.
pub fn of(site: &Site, commune: &Commune, table: &PriceTable) -> Vec<OutputFile> {
    vec![
        OutputFile { path: csv_path(commune, table), bytes: csv(table) },
        OutputFile::json(json_path(commune, table), &json(site.catalogue, commune, table)),
    ]
}

pub fn csv_path(commune: &Commune, table: &PriceTable) -> String {
    format!("/bang-gia-dat/{}/{}.csv", table.snapshot.id, commune.slug())
}

pub fn json_path(commune: &Commune, table: &PriceTable) -> String {
    format!("/bang-gia-dat/{}/{}.json", table.snapshot.id, commune.slug())
}

pub fn csv(table: &PriceTable) -> Vec<u8> {
    let rows = table.all_rows().map(|(snapshot, row)| {
        let mut cells = cells(row);
        cells.extend(standing(table, snapshot, row));
        cells
    });
    spreadsheet(&COLUMNS, rows)
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

fn cells(row: &PriceRow) -> Vec<String> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let mut cells = vec![
        row.row.to_string(),
        row.table.clone(),
        row.decision_number.clone(),
        row.issued_on.to_string(),
        row.effective_from.to_string(),
        row.effective_to.map(|date| date.to_string()).unwrap_or_default(),
        row.commune_code.clone(),
        row.commune_name.clone(),
        text(&row.old_area),
        row.group.clone(),
        row.land_use.clone(),
        row.shape.clone(),
        text(&row.road),
        text(&row.from),
        text(&row.to),
        text(&row.zone),
    ];
    cells.extend(row.price_vnd_per_m2.map(|price| price.map(|vnd| in_unit(vnd, row.unit_vnd)).unwrap_or_default()));
    cells.extend([row.unit_vnd.to_string(), text(&row.note)]);
    cells.push(row.source_page.map(|page| page.to_string()).unwrap_or_default());
    cells
}

/// Where a row comes from, what it replaces and what replaced it; of several amendments the last.
fn standing(table: &PriceTable, snapshot: &Snapshot, row: &PriceRow) -> [String; 4] {
    let by = table.replaced_by(snapshot, row).last().map(|amendment| &amendment.record.decision);
    [
        snapshot.id.clone(),
        row.replaces_row.map(|row| row.to_string()).unwrap_or_default(),
        by.map(|decision| decision.number.clone()).unwrap_or_default(),
        by.map(|decision| decision.effective_from.to_string()).unwrap_or_default(),
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

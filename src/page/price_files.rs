//! The price tables as files: the same rows as the page, figures in the unit of the approved table.

use serde_json::{Value, json};

use super::OutputFile;
use super::catalogue::{Commune, PriceTable};
use super::price_figure::in_unit;
use super::site::Site;
use crate::model::price_table::PriceRow;

const COLUMNS: [&str; 23] = [
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
];

pub fn all(site: &Site) -> Vec<OutputFile> {
    let communes = site.catalogue.communes.values();
    communes
        .flat_map(|commune| {
            commune.prices.iter().flat_map(|table| {
                [
                    OutputFile { path: csv_path(commune, table), bytes: csv(table) },
                    OutputFile::json(json_path(commune, table), &json(commune, table)),
                ]
            })
        })
        .collect()
}

pub fn csv_path(commune: &Commune, table: &PriceTable) -> String {
    format!("/bang-gia-dat/{}/{}.csv", table.snapshot.id, commune.slug())
}

pub fn json_path(commune: &Commune, table: &PriceTable) -> String {
    format!("/bang-gia-dat/{}/{}.json", table.snapshot.id, commune.slug())
}

/// UTF-8 with a byte order mark, without which spreadsheet programs misread Vietnamese.
pub fn csv(table: &PriceTable) -> Vec<u8> {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer("\u{feff}".as_bytes().to_vec());
    let head = COLUMNS.iter().copied().chain(["trang_nguon"]);
    writer.write_record(head).expect("memory takes every record");
    for row in &table.rows {
        writer.write_record(cells(row).iter().map(|cell| inert(cell))).expect("memory takes every record");
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

/// A spreadsheet runs a cell that begins like a formula; an apostrophe makes it text.
pub fn inert(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{cell}") } else { cell.to_owned() }
}

pub fn json(commune: &Commune, table: &PriceTable) -> Value {
    let record = &table.snapshot.record;
    json!({
        "dataset": record.dataset,
        "title": record.title,
        "decision": record.decision,
        "commune": { "code": commune.code, "name": commune.name },
        "rows": table.rows,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_begins_like_a_formula() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"] {
            assert_eq!(inert(formula), format!("'{formula}"));
        }
        assert_eq!(inert("Đường 3/2"), "Đường 3/2");
    }
}

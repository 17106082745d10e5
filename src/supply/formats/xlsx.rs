//! A workbook: attributes and a point inside each parcel on one sheet, provenance on another. Rows are written as
//! they come; texts stand in their cells, so that codes keep their zeros and nothing is a formula.

use std::io;
use std::path::Path;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};

use super::{Job, LAYER};
use crate::model::text::inert_cell;
use crate::supply::feature::Value;
use crate::supply::refused;

/// The format has no more.
const MOST_ROWS: u64 = 1_048_575;

pub fn write(job: &Job<'_>, path: &Path) -> io::Result<()> {
    if job.selection.features > MOST_ROWS {
        return Err(refused("rows"));
    }
    let failed = |e: XlsxError| io::Error::other(e.to_string());
    let mut workbook = Workbook::new();
    workbook.set_tempdir(job.folder).map_err(failed)?;
    let day = job.order.provenance.granted_on;
    let created =
        ExcelDateTime::from_ymd(day.year().unsigned_abs(), day.month() as u8, day.day() as u8).map_err(failed)?;
    let request = &job.order.provenance.request;
    workbook.set_properties(&DocProperties::new().set_title(request).set_creation_datetime(&created));
    let bold = Format::new().set_bold();
    let sheet = workbook.add_worksheet_with_constant_memory().map_err(failed)?;
    sheet.set_name(LAYER).map_err(failed)?;
    sheet.set_freeze_panes(1, 0).map_err(failed)?;
    let fields = job.fields();
    let head = fields.iter().map(|(name, _)| *name).chain(["x", "y"]);
    for (column, name) in (0..).zip(head) {
        sheet.write_string_with_format(0, column, name, &bold).map_err(failed)?;
    }
    let mut line = 0;
    job.rows(|row| {
        line += 1;
        for (column, value) in (0..).zip(&row.values) {
            match value {
                Value::Nothing => continue,
                Value::Integer(integer) => sheet.write_number(line, column, *integer as f64),
                Value::Real(real) => sheet.write_number(line, column, *real),
                Value::Text(text) => sheet.write_string(line, column, inert_cell(text)),
            }
            .map_err(failed)?;
        }
        for (column, number) in (fields.len() as u16..).zip(row.point()) {
            let rounded = job.frame.text(number).parse().unwrap_or(number);
            sheet.write_number(line, column, rounded).map_err(failed)?;
        }
        Ok(())
    })?;
    let sheet = workbook.add_worksheet();
    sheet.set_name("nguon_goc").map_err(failed)?;
    let mut words = job.order.provenance.words();
    words.push(("Hệ tọa độ của x, y", format!("{} (EPSG:{})", job.frame.name(), job.frame.epsg())));
    words.push(("JSON", job.order.provenance.line().chars().take(32_000).collect()));
    for (row, (name, said)) in (0..).zip(&words) {
        sheet.write_string_with_format(row, 0, *name, &bold).map_err(failed)?;
        sheet.write_string(row, 1, inert_cell(said)).map_err(failed)?;
    }
    workbook.save(path).map_err(failed)
}

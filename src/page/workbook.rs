//! A table as an XLSX workbook: figures are numbers, texts are texts, and no cell is a formula.

use jiff::civil::Date;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};

use crate::model::text::inert_cell;

pub enum Cell {
    Text(String),
    /// A decimal with a point, digit for digit as in the CSV file.
    Number(String),
    Empty,
}

impl Cell {
    /// As CSV writes it.
    pub fn into_text(self) -> String {
        match self {
            Cell::Text(text) | Cell::Number(text) => text,
            Cell::Empty => String::new(),
        }
    }
}

/// The bytes of a workbook with one sheet. `date` is written where programs write the time of saving: the same
/// rows give the same bytes.
///
/// Sheets hold numbers as IEEE doubles: whole đồng are exact up to 9 007 199 254 740 992.
pub fn write(title: &str, date: Date, head: &[&str], rows: impl Iterator<Item = Vec<Cell>>) -> Vec<u8> {
    table(title, date, head, rows).expect("memory takes every workbook within the format's limits")
}

fn table(title: &str, date: Date, head: &[&str], rows: impl Iterator<Item = Vec<Cell>>) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let created = ExcelDateTime::from_ymd(date.year().unsigned_abs(), date.month() as u8, date.day() as u8)?;
    workbook.set_properties(&DocProperties::new().set_title(title).set_creation_datetime(&created));
    let bold = Format::new().set_bold();
    let sheet = workbook.add_worksheet();
    for (column, name) in (0..).zip(head) {
        sheet.write_string_with_format(0, column, *name, &bold)?;
    }
    for (row, cells) in (1..).zip(rows) {
        for (column, cell) in (0..).zip(cells) {
            match cell {
                Cell::Text(text) => sheet.write_string(row, column, inert_cell(&text))?,
                Cell::Number(decimal) => match decimal.parse::<f64>() {
                    Ok(number) => sheet.write_number(row, column, number)?,
                    Err(_) => sheet.write_string(row, column, inert_cell(&decimal))?,
                },
                Cell::Empty => continue,
            };
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    workbook.save_to_buffer()
}

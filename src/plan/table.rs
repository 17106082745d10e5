//! Tables that offices open in a spreadsheet: UTF-8 with a byte order mark, CRLF, no live cell.

use std::fs::File;
use std::io::{self, Write};

use crate::model::text::inert_cell;

/// Without it spreadsheet programs misread Vietnamese.
pub const MARK: &str = "\u{feff}";

pub fn writer<W: Write>(to: W) -> csv::Writer<W> {
    csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(to)
}

pub fn row<W: Write>(writer: &mut csv::Writer<W>, cells: &[&str]) -> csv::Result<()> {
    writer.write_record(cells.iter().map(|cell| inert_cell(cell)))
}

/// Temporary files are their owner's alone; a table is for others too.
pub fn readable(file: &File) -> io::Result<()> {
    crate::file_system::set_mode(file, 0o644)
}

/// Rows as people send them back: with or without the mark, and with the comma or semicolon that their
/// spreadsheet writes. Lines are numbered from 1.
pub fn read(bytes: &[u8]) -> Result<Vec<(u64, Vec<String>)>, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "is not UTF-8")?;
    let text = text.strip_prefix(MARK).unwrap_or(text);
    let head = text.lines().next().unwrap_or_default();
    let delimiter = if head.contains(';') { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let rows = reader.records().zip(1..).map(|(record, line)| {
        let record = record.map_err(|e| e.to_string())?;
        Ok((line, record.iter().map(str::to_owned).collect()))
    });
    rows.collect()
}

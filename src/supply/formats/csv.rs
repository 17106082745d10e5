//! CSV in an archive: UTF-8, commas, outlines as WKT or a point inside each parcel; beside it `.csvt`, which tells
//! readers what is text (codes keep their zeros), `.prj` and the provenance. No cell begins like a formula.

use std::io::{self, Write};
use std::path::Path;

use super::{Archive, Job, Row};
use crate::model::text::inert_cell;
use crate::supply::feature::{Kind, Value};
use crate::supply::{Format, Output};

pub fn write(job: &Job<'_>, path: &Path) -> io::Result<()> {
    let mut archive = Archive::create(path)?;
    let stem = job.stem();
    let mut head: Vec<&str> = places(job.order.output).to_vec();
    head.extend(job.fields().iter().map(|(name, _)| *name));
    let table = archive.begin(&format!("{stem}.csv"))?;
    // Spreadsheets take the file for UTF-8 by this mark.
    table.write_all("\u{feff}".as_bytes())?;
    let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(table);
    table.write_record(&head)?;
    job.rows(|row| table.write_record(cells(job, &row)).map_err(io::Error::other))?;
    table.flush()?;
    drop(table);
    archive.add(&format!("{stem}.csvt"), kinds(job).as_bytes())?;
    archive.add(&format!("{stem}.prj"), job.frame.wkt_esri().as_bytes())?;
    archive.finish(
        job,
        "Cột chữ giữ số 0 ở đầu; trong bảng tính hãy nhập các cột mã ở dạng văn bản, hoặc dùng bản XLSX.\r\n",
    )
}

fn places(output: &Output) -> &'static [&'static str] {
    match output.format {
        Format::Csv => &["WKT"],
        _ => &["x", "y"],
    }
}

fn cells(job: &Job<'_>, row: &Row) -> Vec<String> {
    let mut cells = match job.order.output.format {
        Format::Csv => vec![row.wkt(&job.frame)],
        _ => row.point().iter().map(|number| job.frame.text(*number)).collect(),
    };
    cells.extend(row.values.iter().map(|value| match value {
        Value::Nothing => String::new(),
        Value::Integer(integer) => integer.to_string(),
        Value::Real(real) => real.to_string(),
        Value::Text(text) => inert_cell(text),
    }));
    cells
}

/// The kinds of the columns as GDAL and QGIS read them.
fn kinds(job: &Job<'_>) -> String {
    let mut kinds: Vec<&str> = match job.order.output.format {
        Format::Csv => vec!["WKT"],
        _ => vec!["CoordX", "CoordY"],
    };
    kinds.extend(job.fields().iter().map(|(_, kind)| match kind {
        Kind::Integer => "Integer64",
        Kind::Real => "Real",
        Kind::Text => "String",
    }));
    kinds.join(",") + "\r\n"
}

//! CSV (RFC 4180, UTF-8, comma; lines that begin with `#` are comments).

use std::fs::File;
use std::path::{Path, PathBuf};

use csv::{Reader, ReaderBuilder, StringRecord};

use super::{DeclaredCrs, Each, Row, Table, Value};
use crate::error::{Exit, Fault, Result, Stage};
use crate::model::shapes::{GeometryKind, Shapes};

pub struct CsvTable {
    absolute: PathBuf,
    path: PathBuf,
    columns: Vec<String>,
}

impl CsvTable {
    /// Opens the file and reads its head.
    pub fn open(site: &Path, path: &Path) -> Result<Self> {
        let mut table = CsvTable { absolute: site.join(path), path: path.to_owned(), columns: vec![] };
        let mut reader = table.reader()?;
        let head = reader.headers().map_err(|e| table.fault(&e))?;
        table.columns = head.iter().map(|name| name.trim_start_matches('\u{feff}').trim().to_owned()).collect();
        Ok(table)
    }

    fn reader(&self) -> Result<Reader<File>> {
        let file = File::open(&self.absolute).map_err(|e| Fault::storage(Stage::Read, &self.path, e))?;
        Ok(ReaderBuilder::new().comment(Some(b'#')).from_reader(file))
    }

    fn fault(&self, error: &csv::Error) -> Fault {
        Fault::new(Stage::Read, Exit::Input, error.to_string())
            .file(&self.path)
            .remedy("save the table as CSV in UTF-8, every row with as many cells as the head")
    }

    fn positions(&self, columns: &[&str]) -> Vec<Option<usize>> {
        columns.iter().map(|wanted| self.columns.iter().position(|column| column == wanted)).collect()
    }
}

impl Table for CsvTable {
    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn crs(&self) -> DeclaredCrs {
        DeclaredCrs::Unknown
    }

    fn rows(&self, columns: &[&str], each: &mut Each<'_>) -> Result<()> {
        let positions = self.positions(columns);
        for record in self.reader()?.records() {
            let record = record.map_err(|e| self.fault(&e))?;
            each(row(&record, &positions), Ok(Shapes::new(GeometryKind::Point)))?;
        }
        Ok(())
    }
}

fn row(record: &StringRecord, positions: &[Option<usize>]) -> Row {
    let cell = |position: &Option<usize>| match position.and_then(|i| record.get(i)).map(str::trim) {
        None | Some("") => Value::Null,
        Some(text) => Value::Text(text.to_owned()),
    };
    let line = record.position().map_or(0, csv::Position::line);
    Row { place: format!("line {line}"), values: positions.iter().map(cell).collect() }
}

//! A source file → rows; one file per format. Only the columns that were asked for are ever read.

pub mod csv_table;
pub mod geometry;
pub mod geopackage;

use std::path::Path;

use crate::config::dataset::Source;
use crate::error::{Exit, Fault, Result, Stage};
use crate::model::shapes::{GridCoord, Shapes};

/// A value as the source holds it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
}

/// One row: what was asked for, in the order in which it was asked.
#[derive(Debug)]
pub struct Row {
    /// How a person finds the row again: `fid 12`, `line 3`.
    pub place: String,
    pub values: Vec<Value>,
}

/// An opened source. Rows come one at a time, so that a source may be larger than memory.
pub trait Table {
    /// Names of all attribute columns, without key and geometry.
    fn columns(&self) -> &[String];

    /// EPSG code that the source declares for its geometry.
    fn epsg(&self) -> Option<i32>;

    /// Calls `each` with every row and its geometry (one feature in `Shapes`, in the source's own
    /// coordinates; empty for a table without geometry) and stops at the first `Err`.
    fn rows(&self, columns: &[&str], each: &mut Each<'_>) -> Result<()>;
}

/// What is done with a row. A geometry that cannot be read is a fault of its row, not of the file.
pub type Each<'a> = dyn FnMut(Row, std::result::Result<Shapes<GridCoord>, String>) -> Result<()> + 'a;

/// Opens a source by the ending of its name; `path` is relative to `site`.
pub fn open(site: &Path, path: &Path, source: &Source) -> Result<Box<dyn Table>> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("gpkg") => Ok(Box::new(geopackage::GeoPackage::open(site, path, source.layer.as_deref())?)),
        Some("csv") => Ok(Box::new(csv_table::CsvTable::open(site, path)?)),
        _ => Err(Fault::new(Stage::Read, Exit::Input, "this format cannot be read")
            .file(path)
            .remedy("export the data as GeoPackage (.gpkg), or tables as CSV (.csv, UTF-8)")
            .into()),
    }
}

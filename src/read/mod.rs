//! A source file → rows; one file per format. Only the columns that were asked for are ever read.

mod axes;
pub mod csv_table;
pub mod geometry;
pub mod geopackage;
pub mod sandbox;

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::config::dataset::{Axes, Source};
use crate::error::{Exit, Fault, Result, Stage};
use crate::model::shapes::{GridCoord, Shapes};

/// A value as the source holds it. Dates are ISO text; a figure that a text format writes in decimals stays
/// text, so that money never becomes a float.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Value {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
}

/// One row: what was asked for, in the order in which it was asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// How a person finds the row again: `fid 12`, `line 3`.
    pub place: String,
    pub values: Vec<Value>,
}

/// The coordinate system that a source names, as far as it does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeclaredCrs {
    /// Nothing is said, or "undefined".
    Unknown,
    Epsg(i32),
    /// A definition that names no EPSG code and fits no zone of VN-2000, shortened to one line.
    Other(String),
}

/// An opened source. Rows come one at a time, so that a source may be larger than memory.
pub trait Table {
    /// Names of all attribute columns, without key and geometry.
    fn columns(&self) -> &[String];

    /// What the source says about its coordinates.
    fn crs(&self) -> DeclaredCrs;

    /// Calls `each` with every row and its geometry (one feature in `Shapes`, in the source's own
    /// coordinates; empty for a table without geometry) and stops at the first `Err`.
    fn rows(&self, columns: &[&str], each: &mut Each<'_>) -> Result<()>;
}

/// What is done with a row. A geometry that cannot be read is a fault of its row, not of the file.
pub type Each<'a> = dyn FnMut(Row, std::result::Result<Shapes<GridCoord>, String>) -> Result<()> + 'a;

/// Opens a source by the ending of its name; `path` is relative to `site`. Coordinates come out as easting,
/// northing whatever order the source has, when the dataset says which.
pub fn open(site: &Path, path: &Path, source: &Source) -> Result<Box<dyn Table>> {
    let table: Box<dyn Table> = match ending(path).as_deref() {
        Some("gpkg") => Box::new(geopackage::GeoPackage::open(site, path, source.layer.as_deref())?),
        Some("csv") => Box::new(csv_table::CsvTable::open(site, path)?),
        _ => return Err(unknown_format(path).into()),
    };
    Ok(match source.axes {
        Axes::EastNorth => table,
        Axes::NorthEast => Box::new(axes::Swapped(table)),
    })
}

/// Names of the layers (or sheets) of a file; empty for a format that has one without a name.
pub fn layers(site: &Path, path: &Path) -> Result<Vec<String>> {
    match ending(path).as_deref() {
        Some("gpkg") => geopackage::layers(site, path),
        Some("csv") => Ok(vec![]),
        _ => Err(unknown_format(path).into()),
    }
}

/// Why a path may not be opened: a pipe or a device could keep a reader waiting for ever.
pub fn special_file(site: &Path, path: &Path) -> Option<Fault> {
    match std::fs::metadata(site.join(path)) {
        Ok(metadata) if metadata.is_file() => None,
        Ok(_) => Some(Fault::storage(Stage::Read, path, "is not a file")),
        Err(e) => Some(Fault::storage(Stage::Read, path, e)),
    }
}

fn ending(path: &Path) -> Option<String> {
    Some(path.extension()?.to_str()?.to_ascii_lowercase())
}

fn unknown_format(path: &Path) -> Fault {
    Fault::new(Stage::Read, Exit::Input, "this format cannot be read")
        .file(path)
        .remedy("export the data as GeoPackage (.gpkg), or tables as CSV (.csv, UTF-8)")
}

//! A source file → rows; one file per format. Only the columns that were asked for are ever read.

mod axes;
mod cell_text;
pub mod csv_table;
mod dbf;
pub mod flatgeobuf;
pub mod geojson;
pub mod geometry;
pub mod geopackage;
pub mod gml;
mod gml_geometry;
mod json_scanner;
pub mod ods;
pub mod outlines;
mod rings;
#[cfg(unix)]
pub mod sandbox;
pub mod shapefile;
mod sheet;
mod sheet_part;
mod tcvn3;
mod text_encoding;
pub mod wkt_crs;
pub mod xlsx;
mod xml;
mod zip_guard;

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::config::dataset::{Axes, Source};
use crate::digest;
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

impl Value {
    /// A figure as its digits were written. Zeros at the end of a fraction are of the width of a column, not of
    /// the figure: `12.00` is the whole number that other formats keep for it.
    pub fn figure(digits: &str) -> Self {
        let shortened = match digits.split_once('.') {
            Some((whole, fraction)) if !whole.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit()) => {
                digits.trim_end_matches('0').trim_end_matches('.')
            }
            _ => digits,
        };
        shortened.parse().map_or_else(|_| Value::Text(shortened.to_owned()), Value::Integer)
    }

    /// A text that should be UTF-8. A broken byte must be seen, not replaced, so it becomes a value that no
    /// field accepts.
    pub fn text(bytes: &[u8]) -> Self {
        Value::Text(std::str::from_utf8(bytes).unwrap_or("\u{fffd}").to_owned())
    }
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

/// A feature that takes more is not read: a shape of a million points with all its texts takes half.
const MAX_FEATURE_BYTES: usize = 64 << 20;

/// What is done with a row. A geometry that cannot be read is a fault of its row, not of the file.
pub type Each<'a> = dyn FnMut(Row, std::result::Result<Shapes<GridCoord>, String>) -> Result<()> + 'a;

/// Opens a source by the ending of its name; `path` is relative to `site`. Coordinates come out as easting,
/// northing whatever order the source has, when the dataset says which.
pub fn open(site: &Path, path: &Path, source: &Source) -> Result<Box<dyn Table>> {
    let table: Box<dyn Table> = match ending(path).as_deref() {
        Some("gpkg") => Box::new(geopackage::GeoPackage::open(site, path, source.layer.as_deref())?),
        Some("fgb") => Box::new(flatgeobuf::FlatGeobuf::open(site, path)?),
        Some("geojson" | "json") => Box::new(geojson::GeoJson::open(site, path)?),
        Some("geojsonl" | "geojsons" | "ndjson") => Box::new(geojson::GeoJson::open_sequence(site, path)?),
        Some("shp") => Box::new(shapefile::Shapefile::open(site, path, source.encoding)?),
        Some("gml" | "xml") => Box::new(gml::Gml::open(site, path, source.layer.as_deref())?),
        Some("xlsx") => xlsx::open(site, path, source.layer.as_deref())?,
        Some("ods") => ods::open(site, path, source.layer.as_deref())?,
        Some("xls" | "xlsb") => return Err(old_workbook(path).into()),
        Some("csv") => Box::new(csv_table::CsvTable::open(site, path, source.encoding)?),
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
        Some("gml" | "xml") => gml::layers(site, path),
        Some("xlsx") => xlsx::layers(site, path),
        Some("ods") => ods::layers(site, path),
        Some("xls" | "xlsb") => Err(old_workbook(path).into()),
        Some("csv") => Ok(vec![]),
        Some("fgb" | "geojson" | "json" | "geojsonl" | "geojsons" | "ndjson" | "shp") => Ok(vec![]),
        _ => Err(unknown_format(path).into()),
    }
}

/// Lower-case hexadecimal SHA-256 of everything a source is read from: of the file, and for a Shapefile of
/// `.shp`, `.shx`, `.dbf`, `.prj` and `.cpg`, as far as they are there, one behind the other in this order
/// (`cat thua.shp thua.shx thua.dbf thua.prj thua.cpg | sha256sum`).
pub fn source_digest(site: &Path, path: &Path) -> io::Result<String> {
    let file = site.join(path);
    match ending(path).as_deref() {
        Some("shp") => digest::sha256_files(&shapefile::files(&file)),
        _ => digest::sha256_file(&file),
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

fn old_workbook(path: &Path) -> Fault {
    Fault::new(Stage::Read, Exit::Input, "binary workbooks (.xls, .xlsb) cannot be read")
        .file(path)
        .remedy("open the workbook and save it as .xlsx")
}

fn unknown_format(path: &Path) -> Fault {
    Fault::new(Stage::Read, Exit::Input, "this format cannot be read").file(path).remedy(
        "export the data as GeoPackage, FlatGeobuf, GeoJSON, Shapefile or GML, or tables as .xlsx, .ods or CSV (UTF-8)",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_keeps_its_digits_but_for_zeros_at_the_end_of_a_fraction() {
        for (written, whole) in [("12", 12), ("12.00", 12), ("-7.0", -7), ("0.000", 0), ("100", 100)] {
            assert_eq!(Value::figure(written), Value::Integer(whole), "{written}");
        }
        for (written, kept) in
            [("152.50", "152.5"), ("1e3", "1e3"), ("0.10", "0.1"), (".50", ".50"), ("1.5e10", "1.5e10")]
        {
            assert_eq!(Value::figure(written), Value::Text(kept.into()));
        }
        assert_eq!(Value::figure("99999999999999999999"), Value::Text("99999999999999999999".into()));
    }
}

//! One input → files in a folder → every row of every layer. The fuzz targets and the tests share this file.
//!
//! An input is the file itself, but where a source is several files (a Shapefile) or parts of an archive (a
//! workbook): there a line `<<part NAME>>` stands before the bytes of each, so that a change of one byte is a
//! change of one part and not a wrong checksum.

use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use congbo::config::dataset::{Axes, Source};
use congbo::read;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Names of the readers, and the ending of the file that each is given.
pub const READERS: [(&str, &str); 9] = [
    ("geopackage", "gpkg"),
    ("flatgeobuf", "fgb"),
    ("geojson", "geojson"),
    ("geojson_sequence", "geojsonl"),
    ("shapefile", "shp"),
    ("gml", "gml"),
    ("csv", "csv"),
    ("xlsx", "xlsx"),
    ("ods", "ods"),
];

/// Files that a Shapefile consists of.
const SIBLINGS: [&str; 5] = ["shp", "shx", "dbf", "prj", "cpg"];

const MARK: &[u8] = b"<<part ";
const END_OF_MARK: &[u8] = b">>\n";

/// A gate's log must stay readable, whatever a file says.
const MOST_SAID_BYTES: usize = 100_000;

/// A reader and the folder in which it finds what it reads.
pub struct Reading {
    folder: tempfile::TempDir,
    file: PathBuf,
}

impl Reading {
    /// A reader by its name in [`READERS`].
    pub fn of(reader: &str) -> Self {
        let found = READERS.iter().find(|(name, _)| *name == reader);
        let (_, ending) = found.unwrap_or_else(|| panic!("no reader is called {reader}"));
        Reading { folder: tempfile::tempdir().expect("a folder of its own"), file: format!("a.{ending}").into() }
    }

    /// Reads one input to its end and counts its rows; a file that is refused has as many as came before.
    pub fn rows(&self, input: &[u8]) -> usize {
        self.lay_out(input);
        match read::layers(self.folder.path(), &self.file) {
            Ok(layers) if layers.is_empty() => self.layer(None),
            Ok(layers) => layers.into_iter().map(|layer| self.layer(Some(layer))).sum(),
            Err(failure) => said(&failure),
        }
    }

    fn layer(&self, layer: Option<String>) -> usize {
        let source = Source {
            file: String::new(),
            layer,
            axes: Axes::NorthEast,
            encoding: None,
            theme: None,
            sha256: String::new(),
        };
        let table = match read::open(self.folder.path(), &self.file, &source) {
            Ok(table) => table,
            Err(failure) => return said(&failure),
        };
        table.crs();
        let columns: Vec<&str> = table.columns().iter().map(String::as_str).collect();
        let mut count = 0;
        let read = table.rows(&columns, &mut |row, shape| {
            count += 1;
            assert_eq!(row.values.len(), columns.len(), "{}", row.place);
            if let Ok(shape) = shape {
                assert!(shape.coords.iter().flatten().all(|ordinate| ordinate.is_finite()));
            }
            Ok(())
        });
        count + read.err().map_or(0, |failure| said(&failure))
    }

    fn lay_out(&self, input: &[u8]) {
        match self.file.extension().and_then(|ending| ending.to_str()) {
            Some("shp") => {
                for sibling in SIBLINGS {
                    let path = self.path().with_extension(sibling);
                    match parts(input).find(|(name, _)| *name == sibling.as_bytes()) {
                        Some((_, bytes)) => write(&path, bytes),
                        None => drop(std::fs::remove_file(path)),
                    }
                }
            }
            Some("xlsx" | "ods") if input.starts_with(MARK) => write(&self.path(), &archive(input)),
            _ => write(&self.path(), input),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join(&self.file)
    }
}

/// Names and bytes of the parts of an input, in its order.
fn parts(input: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = &input[find(input, MARK).unwrap_or(input.len())..];
    std::iter::from_fn(move || {
        let named = rest.strip_prefix(MARK)?;
        let part = &named[..find(named, MARK).unwrap_or(named.len())];
        rest = &named[part.len()..];
        let end = find(part, END_OF_MARK).unwrap_or(part.len());
        Some((&part[..end], part.get(end + END_OF_MARK.len()..).unwrap_or_default()))
    })
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// An archive of the parts as they are; one that an archive cannot hold is left out.
fn archive(input: &[u8]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(vec![]));
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, bytes) in parts(input) {
        if writer.start_file(String::from_utf8_lossy(name), stored).is_ok() {
            writer.write_all(bytes).expect("memory takes what it is given");
        }
    }
    writer.finish().map(Cursor::into_inner).unwrap_or_default()
}

fn write(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).expect("the folder takes a file");
}

/// What is said of a file is bounded; it is no row.
fn said(failure: &congbo::error::Failure) -> usize {
    let said = failure.to_string();
    assert!(said.len() <= MOST_SAID_BYTES, "{} bytes are said: {:.500}", said.len(), said);
    0
}

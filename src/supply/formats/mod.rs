//! The formats that are made parcel by parcel: one file for each.

mod csv;
mod dxf;
mod flatgeobuf;
mod geojson;
mod geopackage;
mod gml;
mod shapefile;
mod xlsx;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::feature::{Columns, Kind, Value};
use super::frame::Frame;
use super::polygon::Ring;
use super::provenance::SIDECAR;
use super::source::Selection;
use super::{Format, Order};
use crate::model::label_point;

/// The name of the layer or table.
const LAYER: &str = "thua_dat";

/// One file to make.
pub struct Job<'a> {
    pub order: &'a Order<'a>,
    pub selection: &'a Selection,
    pub frame: Frame,
    pub columns: Columns,
    /// For what is put together; goes away with the job.
    pub folder: &'a Path,
}

/// A parcel as it goes out: chosen fields, outlines in the system that was asked for, rings open.
struct Row {
    values: Vec<Value>,
    polygons: Vec<Vec<Ring>>,
}

pub fn write(job: &Job<'_>, path: &Path) -> io::Result<()> {
    match job.order.output.format {
        Format::FlatGeobuf => flatgeobuf::write(job, path),
        Format::GeoPackage => geopackage::write(job, path),
        Format::GeoJson => geojson::write(job, path),
        Format::Csv | Format::CsvPoint => csv::write(job, path),
        Format::Gml => gml::write(job, path),
        Format::Xlsx => xlsx::write(job, path),
        Format::Shapefile => shapefile::write(job, path),
        Format::Dxf => dxf::write(job, path),
    }
}

impl Job<'_> {
    fn chosen(&self) -> Vec<usize> {
        self.columns.choose(&self.order.output.fields)
    }

    /// The fields that go out.
    fn fields(&self) -> Vec<(&str, Kind)> {
        self.chosen().into_iter().map(|i| (self.columns.fields[i].0.as_str(), self.columns.fields[i].1)).collect()
    }

    /// What the files are called inside of an archive.
    fn stem(&self) -> String {
        self.order.provenance.request.to_lowercase()
    }

    fn rows(&self, mut each: impl FnMut(Row) -> io::Result<()>) -> io::Result<()> {
        let chosen = self.chosen();
        self.selection.each(|feature| {
            let mut feature = feature.marked(self.order.mark.as_deref());
            let values = chosen.iter().map(|i| std::mem::take(&mut feature.values[*i])).collect();
            for position in feature.polygons.iter_mut().flatten().flatten() {
                *position = self.frame.place(*position)?;
            }
            each(Row { values, polygons: feature.polygons })
        })
    }

    /// For people, beside the data in an archive; the last line is for programs.
    fn sidecar(&self, more: &str) -> String {
        let words: String =
            self.order.provenance.words().iter().map(|(name, said)| format!("{name}: {said}\r\n")).collect();
        let crs = format!("Hệ tọa độ: {} (EPSG:{})\r\n", self.frame.name(), self.frame.epsg());
        format!("\u{feff}{words}{crs}{more}\r\n{}\r\n", self.order.provenance.line())
    }
}

impl Row {
    /// West, south, east, north.
    fn bounds(&self) -> [f64; 4] {
        super::polygon::bounds(self.polygons.iter().flatten().flatten())
    }

    /// A point inside the parcel.
    fn point(&self) -> [f64; 2] {
        let rings: Vec<Ring> = self.polygons.iter().flatten().cloned().collect();
        label_point::inside(&rings).map_or_else(|| rings[0][0], |found| found.at)
    }

    /// `MULTIPOLYGON(((x y,…)))`, rings closed.
    fn wkt(&self, frame: &Frame) -> String {
        let place = |[x, y]: &[f64; 2]| format!("{} {}", frame.text(*x), frame.text(*y));
        let ring = |ring: &Ring| {
            let places: Vec<String> = ring.iter().chain(ring.first()).map(place).collect();
            format!("({})", places.join(","))
        };
        let polygon = |rings: &Vec<Ring>| format!("({})", rings.iter().map(ring).collect::<Vec<_>>().join(","));
        format!("MULTIPOLYGON({})", self.polygons.iter().map(polygon).collect::<Vec<_>>().join(","))
    }

    /// Well-known binary, little-endian, rings closed.
    fn wkb(&self) -> Vec<u8> {
        let mut bytes = vec![1];
        let count = |bytes: &mut Vec<u8>, n: usize| bytes.extend((n as u32).to_le_bytes());
        count(&mut bytes, 6);
        count(&mut bytes, self.polygons.len());
        for rings in &self.polygons {
            bytes.push(1);
            count(&mut bytes, 3);
            count(&mut bytes, rings.len());
            for ring in rings {
                count(&mut bytes, ring.len() + 1);
                ring.iter().chain(ring.first()).flatten().for_each(|number| bytes.extend(number.to_le_bytes()));
            }
        }
        bytes
    }
}

/// An archive whose bytes follow from its parts: no clock in it.
struct Archive(ZipWriter<BufWriter<File>>);

impl Archive {
    fn create(path: &Path) -> io::Result<Archive> {
        Ok(Archive(ZipWriter::new(BufWriter::new(File::create_new(path)?))))
    }

    fn begin(&mut self, name: &str) -> io::Result<&mut ZipWriter<BufWriter<File>>> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644)
            .large_file(true);
        self.0.start_file(name, options).map_err(io::Error::other)?;
        Ok(&mut self.0)
    }

    fn add(&mut self, name: &str, text: &[u8]) -> io::Result<()> {
        self.begin(name)?.write_all(text)
    }

    fn finish(mut self, job: &Job<'_>, more: &str) -> io::Result<()> {
        self.add(SIDECAR, job.sidecar(more).as_bytes())?;
        self.0.finish().map_err(io::Error::other)?.flush()
    }
}

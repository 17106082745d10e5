//! Parcels in degrees on WGS 84, for benchmarks of readers: public fields alone.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use flatgeobuf::{ColumnType, FgbCrs, FgbWriter, FgbWriterOptions, GeometryType};
use geozero::{ColumnValue, GeomProcessor, GeozeroGeometry, PropertyProcessor};

use super::attributes::Record;
use super::geopackage::Result;

/// A record's polygons as longitude and latitude in degrees; rings closed.
pub struct Degrees(pub Vec<Vec<Vec<[f64; 2]>>>);

impl GeozeroGeometry for &Degrees {
    fn process_geom<P: GeomProcessor>(&self, processor: &mut P) -> geozero::error::Result<()> {
        processor.multipolygon_begin(self.0.len(), 0)?;
        for (i, polygon) in self.0.iter().enumerate() {
            processor.polygon_begin(false, polygon.len(), i)?;
            for (j, ring) in polygon.iter().enumerate() {
                processor.linestring_begin(false, ring.len(), j)?;
                for (k, [longitude, latitude]) in ring.iter().enumerate() {
                    processor.xy(*longitude, *latitude, k)?;
                }
                processor.linestring_end(false, j)?;
            }
            processor.polygon_end(false, i)?;
        }
        processor.multipolygon_end(0)
    }
}

/// A FlatGeobuf with its spatial index.
pub struct FlatGeobufFile {
    writer: FgbWriter<'static>,
    out: BufWriter<File>,
}

impl FlatGeobufFile {
    pub fn create(path: &Path) -> Result<Self> {
        let crs = FgbCrs { org: Some("EPSG"), code: 4326, name: Some("WGS 84"), ..Default::default() };
        let options = FgbWriterOptions { crs, detect_type: false, ..Default::default() };
        let mut writer = FgbWriter::create_with_options("thua_dat", GeometryType::MultiPolygon, options)?;
        for (name, kind) in [
            ("maXa", ColumnType::String),
            ("soHieuToBanDo", ColumnType::Int),
            ("soThuTuThua", ColumnType::Int),
            ("maDinhDanhThuaDat", ColumnType::String),
            ("dienTich", ColumnType::Double),
            ("kyHieuMucDichSuDung", ColumnType::String),
        ] {
            writer.add_column(name, kind, |_, _| {});
        }
        Ok(FlatGeobufFile { writer, out: BufWriter::new(File::create(path)?) })
    }

    pub fn write(&mut self, record: &Record, degrees: &Degrees) -> Result<()> {
        let mut failure = None;
        self.writer.add_feature_geom(degrees, |feature| {
            let values = [
                ColumnValue::String(&record.commune_code),
                ColumnValue::Int(record.sheet as i32),
                ColumnValue::Int(record.number as i32),
                ColumnValue::String(&record.identifier),
                ColumnValue::Double(record.area_m2),
                ColumnValue::String(record.land_use),
            ];
            for (i, value) in values.iter().enumerate() {
                failure = failure.take().or(feature.property(i, "", value).err());
            }
        })?;
        failure.map_or(Ok(()), |error| Err(error.into()))
    }

    pub fn close(mut self) -> Result<()> {
        self.writer.write(&mut self.out)?;
        Ok(self.out.flush()?)
    }
}

/// A GeoJSON text sequence of one feature a line.
pub struct GeoJsonLinesFile {
    out: BufWriter<File>,
}

impl GeoJsonLinesFile {
    pub fn create(path: &Path) -> Result<Self> {
        Ok(GeoJsonLinesFile { out: BufWriter::new(File::create(path)?) })
    }

    pub fn write(&mut self, record: &Record, degrees: &Degrees) -> Result<()> {
        write!(
            self.out,
            concat!(
                r#"{{"type":"Feature","properties":{{"maXa":"{}","soHieuToBanDo":{},"soThuTuThua":{},"#,
                r#""maDinhDanhThuaDat":"{}","dienTich":{},"kyHieuMucDichSuDung":"{}"}},"geometry":"#,
                r#"{{"type":"MultiPolygon","coordinates":["#
            ),
            record.commune_code, record.sheet, record.number, record.identifier, record.area_m2, record.land_use
        )?;
        for (i, polygon) in degrees.0.iter().enumerate() {
            self.out.write_all(if i == 0 { b"[" } else { b",[" })?;
            for (j, ring) in polygon.iter().enumerate() {
                self.out.write_all(if j == 0 { b"[" } else { b",[" })?;
                for (k, [longitude, latitude]) in ring.iter().enumerate() {
                    // Nine decimals are a tenth of a millimetre.
                    write!(self.out, "{}[{longitude:.9},{latitude:.9}]", if k == 0 { "" } else { "," })?;
                }
                self.out.write_all(b"]")?;
            }
            self.out.write_all(b"]")?;
        }
        Ok(self.out.write_all(b"]}}\n")?)
    }

    pub fn close(mut self) -> Result<()> {
        Ok(self.out.flush()?)
    }
}

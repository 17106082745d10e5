//! A province of any size: districts on a chequerboard, made side by side and written in order.

use std::path::Path;

use rayon::prelude::*;

use super::attributes::{Commune, Record, Writer};
use super::geopackage::Result;
use super::land::{Land, Layout};
use super::numbering;
use super::parcel_files::{AN_MINH, ParcelFile};
use super::parcels;
use super::projection::{GridMm, ToWgs84, ZONE_105_45};
use super::wgs84_files::{Degrees, FlatGeobufFile, GeoJsonLinesFile};

/// South-west corner in zone 105°45′: about 106.39° E, 20.84° N.
pub const ORIGIN_MM: GridMm = [566_500_000, 2_305_600_000];
pub const DISTRICT_M: [f64; 2] = [2150.0, 1600.0];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    GeoPackage,
    FlatGeobuf,
    GeoJsonLines,
}

impl std::str::FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text {
            "gpkg" => Ok(Format::GeoPackage),
            "fgb" => Ok(Format::FlatGeobuf),
            "geojsonl" => Ok(Format::GeoJsonLines),
            _ => Err(format!("unknown format '{text}'; there are gpkg, fgb and geojsonl")),
        }
    }
}

#[derive(Default)]
struct Files {
    package: Option<ParcelFile>,
    flatgeobuf: Option<FlatGeobufFile>,
    lines: Option<GeoJsonLinesFile>,
}

/// How many districts are held in memory at once.
const BATCH: u64 = 8;

/// Writes exactly `wanted` parcels to `<out>/thua_dat.<format>`.
pub fn write(out: &Path, wanted: usize, seed: u64, formats: &[Format]) -> Result<()> {
    std::fs::create_dir_all(out)?;
    let mut files = Files::create(out, formats)?;
    let columns = ((wanted as f64 / 4000.0).sqrt().ceil() as u64).max(1);
    let mut written = 0;
    for batch in 0.. {
        let districts: Vec<u64> = (batch * BATCH..(batch + 1) * BATCH).collect();
        let made: Vec<Vec<(Record, Degrees)>> = districts.par_iter().map(|i| district(*i, columns, seed)).collect();
        for (record, degrees) in made.iter().flatten().take(wanted - written) {
            files.write_degrees(record, degrees)?;
        }
        let mut records: Vec<Record> = made.into_iter().flatten().map(|pair| pair.0).take(wanted - written).collect();
        for record in &mut records {
            written += 1;
            record.canary = written as u32;
        }
        if let Some(package) = &mut files.package {
            package.write(&records)?;
        }
        eprintln!("{written} parcels");
        if written == wanted {
            break;
        }
    }
    files.close()
}

fn district(i: u64, columns: u64, seed: u64) -> Vec<(Record, Degrees)> {
    let cell = [(i % columns) as i64, (i / columns) as i64];
    let layout = Layout { seed, cell, width_m: DISTRICT_M[0], height_m: DISTRICT_M[1], ring_road: true };
    let mut land = Land::lay_out(&layout);
    let parcels = parcels::cut_blocks(&mut land, &layout);
    let numbers = numbering::number(&land, &parcels);
    let commune = |k: u64| {
        let number = i * 2 + k + 1;
        Commune { code: (99_000 + number).to_string(), name: format!("Xã Minh Họa {number}"), is_urban: k == 0 }
    };
    let communes = [commune(0), commune(1)];
    let to_wgs84 = ToWgs84::new(ZONE_105_45);
    let origin = [
        ORIGIN_MM[0] + cell[0] * (DISTRICT_M[0] * 1000.0) as i64,
        ORIGIN_MM[1] + cell[1] * (DISTRICT_M[1] * 1000.0) as i64,
    ];
    let writer = Writer { land: &land, communes: &communes, origin, to_wgs84: &to_wgs84, seed };
    let records = (0..2).flat_map(|side| writer.records(&parcels, &numbers, side, 0, &|p| p));
    records.map(|record| (degrees(&record, &to_wgs84), record)).map(|(degrees, record)| (record, degrees)).collect()
}

fn degrees(record: &Record, to_wgs84: &ToWgs84) -> Degrees {
    let place = |p: &GridMm| to_wgs84.degrees(p[0] as f64 / 1000.0, p[1] as f64 / 1000.0);
    let ring = |ring: &Vec<GridMm>| ring.iter().chain(&ring[..1]).map(place).collect();
    Degrees(record.polygons.iter().map(|polygon| polygon.iter().map(ring).collect()).collect())
}

impl Files {
    fn create(out: &Path, formats: &[Format]) -> Result<Self> {
        let mut files = Files::default();
        for format in formats {
            match format {
                Format::GeoPackage => {
                    files.package = Some(ParcelFile::create(&out.join("thua_dat.gpkg"), &AN_MINH, ZONE_105_45)?);
                }
                Format::FlatGeobuf => files.flatgeobuf = Some(FlatGeobufFile::create(&out.join("thua_dat.fgb"))?),
                Format::GeoJsonLines => files.lines = Some(GeoJsonLinesFile::create(&out.join("thua_dat.geojsonl"))?),
            }
        }
        Ok(files)
    }

    fn write_degrees(&mut self, record: &Record, degrees: &Degrees) -> Result<()> {
        if let Some(file) = &mut self.flatgeobuf {
            file.write(record, degrees)?;
        }
        if let Some(file) = &mut self.lines {
            file.write(record, degrees)?;
        }
        Ok(())
    }

    fn close(self) -> Result<()> {
        self.package.map_or(Ok(()), ParcelFile::close)?;
        self.flatgeobuf.map_or(Ok(()), FlatGeobufFile::close)?;
        self.lines.map_or(Ok(()), GeoJsonLinesFile::close)
    }
}

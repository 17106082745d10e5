//! Every vector format of the same commune reads as the GeoPackage does, and damaged files end in a fault.
//!
//! The files were written by GDAL: `tests/foreign/make_formats.py`.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use congbo::config::dataset::Source;
use congbo::model::shapes::{GeometryKind, GridCoord, Shapes};
use congbo::read::{self, DeclaredCrs, Value};

const COLUMNS: [&str; 5] = ["maXa", "soTo", "dienTich", "diaChi", "capNhat"];

const FILES: [&str; 8] =
    ["xa.gpkg", "xa.fgb", "xa-muc-luc.fgb", "xa.geojson", "xa.geojsonl", "xa.geojsons", "xa.shp", "xa-z.shp"];

#[test]
fn every_format_gives_the_same_rows_and_shapes() {
    let expected = parcels(&folder(), "xa.gpkg").unwrap();
    assert_eq!(expected.len(), 6);
    for file in &FILES[1..] {
        assert_eq!(parcels(&folder(), file).unwrap(), expected, "{file}");
    }
}

#[test]
fn the_commune_is_the_one_that_was_written() {
    let parcels = parcels(&folder(), "xa.gpkg").unwrap();
    let tones = "àảãáạ ằẳẵắặ ầẩẫấậ èẻẽéẹ ềểễếệ ìỉĩíị òỏõóọ ồổỗốộ ờởỡớợ ùủũúụ ừửữứự ỳỷỹýỵ đ";
    let addresses: Vec<&str> = parcels.iter().map(|parcel| parcel.cells[3].as_str()).collect();
    for expected in [tones, &tones.to_uppercase(), "Xã \"Mẫu\", khu 5", "(null)"] {
        assert!(addresses.contains(&expected), "{expected}");
    }
    let rings: Vec<usize> = parcels.iter().flat_map(|parcel| parcel.polygons.iter().map(Vec::len)).collect();
    assert_eq!(rings.iter().filter(|rings| **rings > 1).count(), 2);
    assert_eq!(rings.iter().sum::<usize>(), 10);
    assert!(parcels.iter().any(|parcel| parcel.cells[2] == "80.75" && parcel.cells[4] == "2024-02-29"));
    assert!(parcels.iter().any(|parcel| parcel.cells[4] == "(null)"));
}

#[test]
fn every_format_that_can_names_the_zone() {
    for file in FILES {
        let expected = if file.contains("geojsonl") || file.contains("geojsons") {
            DeclaredCrs::Unknown
        } else {
            DeclaredCrs::Epsg(9210)
        };
        assert_eq!(open(&folder(), file).unwrap().crs(), expected, "{file}");
    }
}

#[test]
fn only_the_columns_that_were_asked_for_come_out() {
    for file in FILES {
        let table = open(&folder(), file).unwrap();
        assert_eq!(table.columns(), COLUMNS, "{file}");
        table
            .rows(&["soTo"], &mut |row, _| {
                assert!(matches!(row.values.as_slice(), [Value::Integer(1 | 2)]), "{file}: {row:?}");
                Ok(())
            })
            .unwrap();
    }
}

#[test]
fn a_file_that_was_cut_is_never_taken_for_a_smaller_one() {
    for file in FILES.iter().filter(|file| !file.contains("geojsonl") && !file.contains("geojsons")) {
        for part in parts(file) {
            let step = if part.ends_with(".gpkg") { 509 } else { 7 };
            let whole = std::fs::read(folder().join(&part)).unwrap();
            for end in (0..whole.len()).step_by(step) {
                let found = damaged(file, &part, &whole[..end]);
                assert!(matches!(found, None | Some(6)), "{part} cut at {end}: {found:?} parcels");
            }
        }
    }
}

#[test]
fn a_sequence_that_was_cut_ends_in_rows_or_faults() {
    for file in ["xa.geojsonl", "xa.geojsons"] {
        let whole = std::fs::read(folder().join(file)).unwrap();
        for end in (0..whole.len()).step_by(7) {
            assert!(damaged(file, file, &whole[..end]).is_none_or(|parcels| parcels <= 6), "{file} cut at {end}");
        }
    }
}

#[test]
fn a_changed_byte_anywhere_ends_in_rows_or_faults() {
    for file in FILES {
        for part in parts(file) {
            let whole = std::fs::read(folder().join(&part)).unwrap();
            let step = if part.ends_with(".gpkg") { 211 } else { 5 };
            for (i, at) in (0..whole.len()).step_by(step).enumerate() {
                let mut changed = whole.clone();
                changed[at] ^= [0xff, 0x80, 0x01, 0x7f, 0x20][i % 5];
                damaged(file, &part, &changed);
            }
        }
    }
}

#[test]
fn sizes_that_no_file_has_are_refused_at_once() {
    for file in ["xa-muc-luc.fgb", "xa.shp"] {
        for part in parts(file) {
            let whole = std::fs::read(folder().join(&part)).unwrap();
            for at in (0..whole.len().saturating_sub(4)).step_by(4) {
                for size in [[0xff; 4], [0xff, 0xff, 0xff, 0x7f]] {
                    let mut changed = whole.clone();
                    changed[at..at + 4].copy_from_slice(&size);
                    damaged(file, &part, &changed);
                }
            }
        }
    }
}

/// A parcel in a form in which formats can be compared.
#[derive(Debug, PartialEq, PartialOrd)]
struct Parcel {
    /// As they would be disclosed.
    cells: Vec<String>,
    polygons: Vec<Vec<Vec<GridCoord>>>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/formats")
}

fn open(folder: &Path, file: &str) -> congbo::error::Result<Box<dyn read::Table>> {
    let source: Source = toml::from_str(&format!("file = '{file}'\nsha256 = ''")).unwrap();
    read::open(folder, Path::new(file), &source)
}

fn parcels(folder: &Path, file: &str) -> congbo::error::Result<Vec<Parcel>> {
    let mut parcels = vec![];
    open(folder, file)?.rows(&COLUMNS, &mut |row, shape| {
        let polygons = canonical(&shape.unwrap_or_else(|problem| panic!("{file}: {}: {problem}", row.place)));
        parcels.push(Parcel { cells: row.values.iter().map(disclosed).collect(), polygons });
        Ok(())
    })?;
    parcels.sort_by(|a, b| a.partial_cmp(b).unwrap());
    Ok(parcels)
}

fn disclosed(value: &Value) -> String {
    match value {
        Value::Null => "(null)".into(),
        Value::Integer(i) => i.to_string(),
        Value::Real(r) => r.to_string(),
        // FlatGeobuf has no dates without a time of day.
        Value::Text(text) => text.trim_end_matches("T00:00:00").to_owned(),
    }
}

/// Rings from their least corner on in one direction, holes and polygons in one order.
fn canonical(shape: &Shapes<GridCoord>) -> Vec<Vec<Vec<GridCoord>>> {
    assert_eq!((shape.kind, shape.len()), (GeometryKind::Polygon, 1));
    let mut polygons: Vec<Vec<Vec<GridCoord>>> = shape
        .parts(0)
        .map(|part| {
            let mut rings: Vec<_> = shape.rings(part).map(|ring| from_least_corner(shape.ring(ring))).collect();
            rings[1..].sort_by(|a, b| a.partial_cmp(b).unwrap());
            rings
        })
        .collect();
    polygons.sort_by(|a, b| a.partial_cmp(b).unwrap());
    polygons
}

fn from_least_corner(ring: &[GridCoord]) -> Vec<GridCoord> {
    let least = (0..ring.len()).min_by(|a, b| ring[*a].partial_cmp(&ring[*b]).unwrap()).unwrap();
    let mut turned = [&ring[least..], &ring[..least]].concat();
    if turned[1] > turned[turned.len() - 1] {
        turned[1..].reverse();
    }
    turned
}

/// The files that `file` consists of.
fn parts(file: &str) -> Vec<String> {
    match file.strip_suffix(".shp") {
        Some(stem) => ["shp", "shx", "dbf", "prj", "cpg"].iter().map(|ending| format!("{stem}.{ending}")).collect(),
        None => vec![file.to_owned()],
    }
}

/// Reads `file` with other bytes in one of its parts: the number of parcels that came out whole, or `None`
/// where a fault did. A panic or a wait fails the test.
fn damaged(file: &str, part: &str, bytes: &[u8]) -> Option<usize> {
    let site = tempfile::tempdir().unwrap();
    for other in parts(file).iter().filter(|other| *other != part) {
        std::fs::copy(folder().join(other), site.path().join(other)).unwrap();
    }
    std::fs::write(site.path().join(part), bytes).unwrap();
    let started = Instant::now();
    let mut whole = 0;
    let mut faulty = 0;
    let read = open(site.path(), file).and_then(|table| {
        let columns: Vec<&str> = table.columns().iter().map(String::as_str).collect();
        table.rows(&columns, &mut |_, shape| {
            if shape.is_ok() {
                whole += 1
            } else {
                faulty += 1
            }
            Ok(())
        })
    });
    assert!(started.elapsed() < Duration::from_secs(10), "{part}: {:?}", started.elapsed());
    (read.is_ok() && faulty == 0).then_some(whole)
}

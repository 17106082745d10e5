//! A site of a few parcels in a temporary folder, with a real GeoPackage and a fresh approver's key.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use congbo::digest::sha256_file;
use congbo::model::crs::Vn2000Zone;
use congbo::project::vn2000::Transformer;
use congbo::snapshot::signature;
use rusqlite::Connection;

pub const DATASET: &str = "content/data/thua-dat";

/// Values of one parcel; the ring is closed and in metres from the site's corner.
#[derive(Clone)]
pub struct Row {
    pub commune: &'static str,
    pub sheet: i64,
    pub number: i64,
    pub area_m2: f64,
    pub land_use: &'static str,
    pub address: &'static str,
    pub owner: &'static str,
    pub ring: Vec<[f64; 2]>,
}

pub struct SmallSite {
    pub folder: tempfile::TempDir,
}

/// A square parcel of 10 m at a column and row.
pub fn parcel(number: i64, column: f64, row: f64) -> Row {
    let (x, y) = (column * 10.0, row * 10.0);
    Row {
        commune: "99001",
        sheet: 1,
        number,
        area_m2: 100.0,
        land_use: "ODT",
        address: "Thôn 1, Xã An Minh",
        owner: "CHỦ SỬ DỤNG 0001",
        ring: vec![[x, y], [x + 10.0, y], [x + 10.0, y + 10.0], [x, y + 10.0], [x, y]],
    }
}

pub fn four_parcels() -> Vec<Row> {
    vec![parcel(1, 0.0, 1.0), parcel(2, 1.0, 1.0), parcel(3, 0.0, 0.0), parcel(4, 1.0, 0.0)]
}

/// South-west corner of the parcels: 106.4° E, 20.85° N in a zone.
pub fn corner(epsg: u16) -> [f64; 2] {
    Transformer::new(Vn2000Zone::from_epsg(epsg).unwrap()).grid_from_degrees([106.4, 20.85]).unwrap().map(f64::floor)
}

impl SmallSite {
    /// Four parcels, everything as it should be.
    pub fn new() -> Self {
        let site = SmallSite { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir_all(site.path().join(DATASET)).unwrap();
        signature::make_key(&site.path().join("keys/approver"), None).unwrap();
        site.write("congbo.toml", SITE);
        site.write_parcels(&four_parcels(), corner(9210));
        site
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, file: &str, text: &str) {
        let path = self.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Writes the GeoPackage and a description that fits it.
    pub fn write_parcels(&self, rows: &[Row], corner: [f64; 2]) {
        write_geopackage(&self.gpkg(), rows, |[x, y]| [corner[0] + x, corner[1] + y]);
        self.describe(|description| description);
    }

    pub fn gpkg(&self) -> PathBuf {
        self.path().join(DATASET).join("thua_dat.gpkg")
    }

    /// Writes `dataset.toml` with the digest of the file as it is now, then edited.
    pub fn describe(&self, edit: impl FnOnce(String) -> String) {
        let description = DESCRIPTION.replace("DIGEST", &sha256_file(&self.gpkg()).unwrap()) + METADATA;
        self.write(&format!("{DATASET}/dataset.toml"), &edit(description));
    }

    /// Runs the built program in the site.
    pub fn congbo(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_congbo"))
            .current_dir(self.path())
            .args(arguments)
            .env("CONGBO_KEY", self.path().join("keys/approver.key"))
            .output()
            .unwrap()
    }

    #[allow(dead_code, reason = "not every test approves only parcels")]
    pub fn approve(&self) -> Output {
        self.congbo(&["approve", DATASET])
    }
}

pub const SITE: &str = r#"
[province]
code = "99"
name = { vi = "Tỉnh Minh Họa", en = "Minh Hoa Province" }
authority = { vi = "Sở Nông nghiệp và Môi trường tỉnh Minh Họa" }
address = { vi = "Số 0, đường Minh Họa" }
bounds_deg = [106.2, 20.6, 106.6, 21.0]

[site]
title = { vi = "Đất đai Minh Họa" }
public_url = "http://127.0.0.1:8080"
illustrative = true

[approvers]
dia_chinh = ["keys/approver.pub"]
"#;

/// What no program can derive of a dataset; appended to a description.
pub const METADATA: &str = r#"
[metadata]
keywords = ["minh họa"]
scale = 1000
model = { vi = "Thông tư 17/2010/TT-BTNMT" }
lineage = { vi = "Dữ liệu bịa." }
check_scope = { vi = "Toàn bộ." }
check_method = { vi = "Tự động." }
check_result = { vi = "Đạt." }
constraints = { vi = "Không thay thế trích lục." }
update_frequency = "as_needed"
"#;

const DESCRIPTION: &str = r#"
kind = "dia_chinh"
title = { vi = "Thửa đất xã An Minh" }
communes = ["99001"]
crs = "EPSG:9210"

[[source]]
file = "thua_dat.gpkg"
layer = "ThuaDat"
sha256 = "DIGEST"

[fields]
maXa = "MaXa"
soHieuToBanDo = "SOTO"
soThuTuThua = "SOTHUA"
dienTich = "DIENTICH"
kyHieuMucDichSuDung = "LOAIDAT"
diaChiThuaDat = "DiaChi"

[withhold]
columns = ["TenChu"]

[decision]
number = "00/2026/QĐ-UBND"
date = 2026-01-05
authority = "UBND tỉnh Minh Họa"
effective_from = 2026-01-15
acceptance = "BB-NT 01/2026"
"#;

fn write_geopackage(path: &Path, rows: &[Row], place: impl Fn([f64; 2]) -> [f64; 2]) {
    let _ = std::fs::remove_file(path);
    let db = Connection::open(path).unwrap();
    db.execute_batch(
        "PRAGMA application_id = 0x47504B47;
         CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT, srs_id INTEGER PRIMARY KEY, organization TEXT,
            organization_coordsys_id INTEGER, definition TEXT);
         INSERT INTO gpkg_spatial_ref_sys VALUES ('Undefined cartesian', -1, 'NONE', -1, 'undefined');
         CREATE TABLE gpkg_contents (table_name TEXT PRIMARY KEY, data_type TEXT, identifier TEXT, srs_id INTEGER);
         INSERT INTO gpkg_contents VALUES ('ThuaDat', 'features', 'ThuaDat', -1);
         CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, geometry_type_name TEXT, srs_id INTEGER,
            z TINYINT, m TINYINT);
         INSERT INTO gpkg_geometry_columns VALUES ('ThuaDat', 'geom', 'POLYGON', -1, 0, 0);
         CREATE TABLE ThuaDat (fid INTEGER PRIMARY KEY, geom BLOB, MaXa TEXT, SOTO INTEGER, SOTHUA INTEGER,
            DIENTICH REAL, LOAIDAT TEXT, DiaChi TEXT, TenChu TEXT);",
    )
    .unwrap();
    for row in rows {
        let ring: Vec<[f64; 2]> = row.ring.iter().map(|p| place(*p)).collect();
        db.execute(
            "INSERT INTO ThuaDat (geom, MaXa, SOTO, SOTHUA, DIENTICH, LOAIDAT, DiaChi, TenChu) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            rusqlite::params![
                polygon_blob(&ring),
                row.commune,
                row.sheet,
                row.number,
                row.area_m2,
                row.land_use,
                row.address,
                row.owner
            ],
        )
        .unwrap();
    }
}

fn polygon_blob(ring: &[[f64; 2]]) -> Vec<u8> {
    let mut blob = b"GP\0\x01\xff\xff\xff\xff\x01\x03\0\0\0\x01\0\0\0".to_vec();
    blob.extend((ring.len() as u32).to_le_bytes());
    blob.extend(ring.iter().flatten().flat_map(|c| c.to_le_bytes()));
    blob
}

//! What fuzzing found, and the small cases it starts from, read again in every test run: `fuzz/corpus/` holds
//! them by reader. `scripts/prove fuzz` looks for more.
//!
//! `BLESS=1 cargo test --release --test fuzz_corpus` writes the cases named `seed-…` anew.

#[path = "../fuzz/src/reading.rs"]
mod reading;

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use reading::{READERS, Reading};
use rusqlite::Connection;

/// Every case is a few KB: the slowest takes a hundredth of this.
const MOST_S: u64 = 10;

#[test]
fn no_reader_panics_or_hangs_on_any_case_that_fuzzing_knows() {
    for (reader, _) in READERS {
        let cases = cases(reader);
        assert!(cases.len() >= 5, "{reader} has only {} cases", cases.len());
        let (sender, done) = mpsc::channel();
        std::thread::spawn(move || {
            let reading = Reading::of(reader);
            for case in cases {
                reading.rows(&std::fs::read(&case).unwrap());
                sender.send(()).unwrap();
            }
        });
        for case in self::cases(reader) {
            let ended = done.recv_timeout(Duration::from_secs(MOST_S));
            assert!(ended.is_ok(), "{reader} panicked or hung on {}", case.display());
        }
    }
}

/// A corpus in which nothing is read would prove nothing.
#[test]
fn every_reader_finds_rows_in_its_sound_cases() {
    for (reader, _) in READERS {
        let sound: Vec<PathBuf> = cases(reader).into_iter().filter(|case| name(case).contains("sound")).collect();
        assert!(!sound.is_empty(), "{reader}");
        for case in sound {
            let rows = Reading::of(reader).rows(&std::fs::read(&case).unwrap());
            assert!(rows >= 2, "{rows} rows in {}", case.display());
        }
    }
}

#[test]
fn the_committed_seeds_are_what_this_file_makes() {
    for (reader, seed, bytes) in seeds() {
        let path = corpus(reader).join(format!("seed-{seed}"));
        if std::env::var_os("BLESS").is_some() {
            std::fs::create_dir_all(corpus(reader)).unwrap();
            std::fs::write(&path, &bytes).unwrap();
        }
        let committed = std::fs::read(&path).unwrap_or_default();
        assert!(committed == bytes, "{} is another", path.display());
    }
}

#[test]
fn every_reader_has_a_target_that_fuzzes_it() {
    for (reader, _) in READERS {
        let target = root().join(format!("fuzz/targets/{reader}.rs"));
        let code = std::fs::read_to_string(&target).unwrap();
        assert!(code.contains(&format!("try_out(\"{reader}\"")), "{}", target.display());
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn corpus(reader: &str) -> PathBuf {
    root().join("fuzz/corpus").join(reader)
}

fn cases(reader: &str) -> Vec<PathBuf> {
    let mut cases: Vec<PathBuf> =
        std::fs::read_dir(corpus(reader)).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

fn name(case: &Path) -> String {
    case.file_name().unwrap().to_string_lossy().into_owned()
}

/// Reader, name and bytes of each case to start from: sound files, and small ones that go wrong in their own way.
fn seeds() -> Vec<(&'static str, String, Vec<u8>)> {
    let all = [
        ("geopackage", geopackages()),
        ("flatgeobuf", flatgeobufs()),
        ("geojson", geojsons()),
        ("geojson_sequence", sequences()),
        ("shapefile", shapefiles()),
        ("gml", gmls()),
        ("csv", csvs()),
        ("xlsx", workbooks(&["gia_dat_gdal.xlsx", "gia_dat_merged.xlsx"])),
        ("ods", workbooks(&["gia_dat_gdal.ods"])),
    ];
    all.into_iter()
        .flat_map(|(reader, seeds)| seeds.into_iter().map(move |(name, bytes)| (reader, name, bytes)))
        .collect()
}

type Seeds = Vec<(String, Vec<u8>)>;

fn seed(name: &str, bytes: impl Into<Vec<u8>>) -> (String, Vec<u8>) {
    (name.to_owned(), bytes.into())
}

fn sound(file: &str) -> Vec<u8> {
    std::fs::read(root().join("tests/data/formats").join(file)).unwrap()
}

/// Pages of 512 bytes keep a database small enough to be changed everywhere.
fn geopackages() -> Seeds {
    let layer = "CREATE TABLE t (fid INTEGER PRIMARY KEY, geom BLOB, a TEXT, b REAL);
        INSERT INTO gpkg_contents VALUES ('t', 'features', 1);
        INSERT INTO gpkg_geometry_columns VALUES ('t', 'geom', 1);
        INSERT INTO t VALUES (1, POLYGON, 'ODT', 1.5), (2, NULL, NULL, 2);";
    let with = |blob: &str| package(&layer.replace("POLYGON", blob));
    let polygon = "x'47500001000000000103000000010000000400000000000000000000000000000000000000000000000000F03F\
        0000000000000000000000000000F03F000000000000F03F00000000000000000000000000000000'";
    vec![
        ("sound.gpkg".into(), with(polygon)),
        ("collection.gpkg".into(), with("x'475000010000000001070000000100000001070000000000000000'")),
        ("many-members.gpkg".into(), with("x'4750000100000000010600000000FFFFFFFF'")),
        ("envelope-cut-off.gpkg".into(), with("x'475000090000000000'")),
        (
            "sound-table.gpkg".into(),
            package(
                "CREATE TABLE g (stt INTEGER PRIMARY KEY, gia TEXT); INSERT INTO g VALUES (1, '60000'), (2, '0.1');
                 INSERT INTO gpkg_contents VALUES ('g', 'attributes', 0);",
            ),
        ),
        (
            "view.gpkg".into(),
            package(
                "CREATE VIEW v AS WITH n(i) AS (VALUES(1),(2)) SELECT i AS fid, x'' AS geom, hex(i) AS a FROM n;
                 INSERT INTO gpkg_contents VALUES ('v', 'features', 1);
                 INSERT INTO gpkg_geometry_columns VALUES ('v', 'geom', 1);",
            ),
        ),
        seed("no-database.gpkg", "không phải cơ sở dữ liệu"),
    ]
}

fn package(sql: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.gpkg");
    let database = Connection::open(&path).unwrap();
    let contents = "PRAGMA page_size = 512;
        CREATE TABLE gpkg_contents (table_name TEXT, data_type TEXT, srs_id INTEGER);
        CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, srs_id INTEGER);
        CREATE TABLE gpkg_spatial_ref_sys (srs_id INTEGER, organization TEXT, organization_coordsys_id INTEGER, definition TEXT);
        INSERT INTO gpkg_spatial_ref_sys VALUES (1, 'EPSG', 9210, 'undefined');";
    database.execute_batch(&format!("{contents}{sql}")).unwrap();
    database.close().unwrap();
    std::fs::read(path).unwrap()
}

fn flatgeobufs() -> Seeds {
    let whole = sound("xa.fgb");
    let huge = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at..at + 4].copy_from_slice(&0x7fff_fff0u32.to_le_bytes());
        bytes
    };
    let header_bytes = u32::from_le_bytes(whole[8..12].try_into().unwrap()) as usize;
    vec![
        seed("sound.fgb", whole.clone()),
        seed("sound-index.fgb", sound("xa-muc-luc.fgb")),
        seed("long-header.fgb", huge(8)),
        seed("long-feature.fgb", huge(12 + header_bytes)),
        seed("magic.fgb", &b"fgb\x03fgb\x00"[..]),
    ]
}

fn feature(geometry: &str) -> String {
    format!(r#"{{"type":"Feature","properties":{{"a":1.50,"b":"\u0111","c":[{{}}],"d":true}},"geometry":{geometry}}}"#)
}

fn collection(geometry: &str) -> String {
    format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, feature(geometry))
}

fn geojsons() -> Seeds {
    vec![
        seed("sound.geojson", sound("xa.geojson")),
        seed("point.geojson", collection(r#"{"type":"Point","coordinates":[1,2,3]}"#)),
        seed("points.geojson", collection(r#"{"type":"MultiPoint","coordinates":[[1,2],[3,4]]}"#)),
        seed("lines.geojson", collection(r#"{"type":"MultiLineString","coordinates":[[[1,2],[3,4]]]}"#)),
        seed("polygon.geojson", collection(r#"{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}"#)),
        seed(
            "numbers.geojson",
            collection(r#"{"type":"Polygon","coordinates":[[[1e999,1],[2,-2e-9],[3,1],[1e999,1]]]}"#),
        ),
        seed("collections.geojson", collection(r#"{"type":"GeometryCollection","geometries":[{"type":"Point"}]}"#)),
        seed("nested.geojson", format!("{{\"a\":{}", "[".repeat(200))),
        seed("surrogate.geojson", collection("null").replace("u0111", "ud800")),
        seed("crs.geojson", r#"{"crs":{"properties":{"name":"EPSG:9210"}},"features":[]}"#),
    ]
}

fn sequences() -> Seeds {
    let line = feature(r#"{"type":"Point","coordinates":[1,2]}"#);
    vec![
        seed("sound.geojsonl", sound("xa.geojsonl")),
        seed("sound.geojsons", sound("xa.geojsons")),
        seed("broken-line.geojsonl", format!("{line}\n{{\n{line}")),
        seed("empty-records.geojsons", format!("\x1e\x1e{line}\n\x1e\n")),
        seed("byte-order-mark.geojsonl", format!("\u{feff}{line}")),
    ]
}

fn shapefiles() -> Seeds {
    let files = |stem: &str, endings: &[&str]| {
        parts(endings.iter().map(|ending| ((*ending).to_owned(), sound(&format!("{stem}.{ending}")))))
    };
    let deep = [("prj".to_owned(), b"PROJCS[".repeat(40))];
    vec![
        ("sound.shp".into(), files("xa", &["shp", "shx", "dbf", "prj", "cpg"])),
        ("sound-z.shp".into(), files("xa-z", &["shp", "shx", "dbf", "prj", "cpg"])),
        ("no-table.shp".into(), files("xa", &["shp", "shx"])),
        ("deep-projection.shp".into(), [files("xa", &["shp", "shx", "dbf"]), parts(deep)].concat()),
        (
            "tcvn3.shp".into(),
            [files("xa", &["shp", "shx", "dbf"]), parts([("cpg".to_owned(), b"TCVN3".to_vec())])].concat(),
        ),
    ]
}

/// As the fuzz targets take a source of several files.
fn parts(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Vec<u8> {
    let mut input = vec![];
    for (name, bytes) in files {
        writeln!(input, "<<part {name}>>").unwrap();
        input.extend(bytes);
    }
    input
}

fn gmls() -> Seeds {
    let gml = |inside: &str| {
        format!(
            "<gml:FeatureCollection xmlns:gml=\"http://www.opengis.net/gml/3.2\"><gml:featureMember><T><a>1</a><geom>{inside}</geom></T></gml:featureMember></gml:FeatureCollection>"
        )
    };
    let polygon = |list: &str| {
        gml(&format!("<gml:Polygon><gml:exterior><gml:LinearRing>{list}</gml:LinearRing></gml:exterior></gml:Polygon>"))
    };
    vec![
        seed("sound-31.gml", sound("thua_dat_31.gml")),
        seed("sound-32.gml", sound("thua_dat_32.gml")),
        seed("sound-table.gml", sound("gia_dat.gml")),
        seed(
            "positions.gml",
            polygon("<gml:pos>0 0</gml:pos><gml:pos>1 0</gml:pos><gml:pos>1 1</gml:pos><gml:pos>0 0</gml:pos>"),
        ),
        seed("coordinates.gml", polygon("<gml:coordinates cs=\",\" ts=\" \">0,0 1,0 1,1 0,0</gml:coordinates>")),
        seed("dimension.gml", polygon("<gml:posList srsDimension=\"4294967295\">1 1 2 2 3 3 1 1</gml:posList>")),
        seed(
            "arc.gml",
            gml(
                "<gml:Curve><gml:segments><gml:Arc><gml:posList>0 0 1 1 2 0</gml:posList></gml:Arc></gml:segments></gml:Curve>",
            ),
        ),
        seed(
            "line.gml",
            gml(
                "<gml:LineString srsName=\"urn:ogc:def:crs:EPSG::9210\"><gml:posList>0 0 1 1</gml:posList></gml:LineString>",
            ),
        ),
        seed(
            "point.gml",
            gml(
                "<gml:MultiPoint><gml:pointMember><gml:Point><gml:pos>1 2</gml:pos></gml:Point></gml:pointMember></gml:MultiPoint>",
            ),
        ),
        seed("entity.gml", "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/hostname\">]><a>&b;</a>"),
        seed("references.gml", gml("<![CDATA[x]]>&#x1;&#xFFFFFFFF;&amp;<!-- - -->")),
        seed("crosswise.gml", "<a><b></a></b>"),
    ]
}

fn csvs() -> Seeds {
    let head = "MaXa,SOTO,DIENTICH\n";
    vec![
        seed("sound.csv", sound("gia_dat.csv")),
        seed("open-quote.csv", format!("{head}\"99001")),
        seed("nul.csv", format!("{head}99001,\0,1\n")),
        seed("lengths.csv", format!("{head}1\n1,2,3,4\n1,2,3\n")),
        seed("twice.csv", "a,a\n1,2\n"),
        seed("broken-bytes.csv", [head.as_bytes(), b"99001,\xff,1\n"].concat()),
        seed("utf-16.csv", &b"\xff\xfeM\0a\0"[..]),
    ]
}

/// Each workbook as its parts, and once as the archive that it is.
fn workbooks(files: &[&str]) -> Seeds {
    let mut seeds: Seeds = vec![
        seed("no-archive", "không phải"),
        seed("empty-archive", &b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"[..]),
        seed("no-main-part", parts([("a.xml".to_owned(), b"<a/>".to_vec())])),
        seed(
            "climbs-out",
            parts([("../../a".to_owned(), b"x".to_vec()), ("content.xml".to_owned(), b"<a/>".to_vec())]),
        ),
    ];
    for file in files {
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(sound(file))).unwrap();
        let mut files = vec![];
        for i in 0..archive.len() {
            let mut part = archive.by_index(i).unwrap();
            let name = part.name().unwrap().into_owned();
            let mut bytes = vec![];
            part.read_to_end(&mut bytes).unwrap();
            files.push((name, bytes));
        }
        files.retain(|(name, _)| !name.starts_with("docProps"));
        seeds.push((format!("sound-parts-{file}"), parts(files)));
        seeds.push((format!("sound-{file}"), sound(file)));
    }
    seeds
}

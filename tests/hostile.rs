//! Files made to do harm, offered to the program as an office would: none may crash it, hang it or fill the
//! machine, and each refusal names the file.
//!
//! `HOSTILE_SEED=n` damages the sound files at other places: `scripts/prove hostile` runs many of them.

mod small_site;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use congbo::read;
use rayon::prelude::*;
use rusqlite::Connection;
use small_site::{DATASET, SmallSite};

/// What a run may take (SECURITY: 60 s and 2 GiB; here the parent is held to much less).
const MOST_S: u64 = 60;
const MOST_RESIDENT_KIB: u64 = 2 << 20;

/// A file by name, what makes it hostile, and its bytes (with those of its siblings).
struct Case {
    what: String,
    files: Vec<(String, Vec<u8>)>,
    layer: Option<&'static str>,
}

fn case(what: impl Into<String>, file: &str, bytes: impl Into<Vec<u8>>) -> Case {
    Case { what: what.into(), files: vec![(file.to_owned(), bytes.into())], layer: None }
}

#[test]
fn no_hostile_file_crashes_hangs_or_fills_the_machine() {
    let mut cases = vec![];
    cases.extend(geometry_blobs());
    cases.extend(databases());
    cases.extend(flatgeobufs());
    cases.extend(shapefiles());
    cases.extend(geojsons());
    cases.extend(gmls());
    cases.extend(workbooks());
    cases.extend(csvs());
    assert!(cases.len() >= 150, "only {} cases", cases.len());
    let wrong: Vec<String> = cases.par_iter().filter_map(|case| try_out(case).err()).collect();
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), cases.len());
    println!("{} hostile files, none did harm", cases.len());
}

/// Runs `approve` on one case: `Err` says what harm was done.
fn try_out(case: &Case) -> Result<(), String> {
    let site = SmallSite::new();
    let main = &case.files[0].0;
    for (name, bytes) in &case.files {
        std::fs::write(site.path().join(DATASET).join(name), bytes).unwrap();
    }
    describe(&site, main, case.layer);
    let started = Instant::now();
    let log = site.path().join("said");
    let mut child = Command::new(env!("CARGO_BIN_EXE_congbo"))
        .current_dir(site.path())
        .args(["approve", DATASET, "--key", "keys/approver.key"])
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(&log).unwrap())
        .spawn()
        .unwrap();
    let mut resident = 0;
    while child.try_wait().unwrap().is_none() {
        resident = resident.max(resident_kib(child.id()));
        if started.elapsed() > Duration::from_secs(MOST_S) {
            child.kill().unwrap();
            child.wait().unwrap();
            return Err(format!("{} ({main}): still running after {MOST_S} s", case.what));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let status = child.wait().unwrap();
    let said = String::from_utf8_lossy(&std::fs::read(&log).unwrap()).into_owned();
    let harm = |harm: &str| Err(format!("{} ({main}): {harm}: {said}", case.what));
    match status.code() {
        Some(3..=5) if said.len() > 100_000 => harm("says too much"),
        // A Shapefile's table is a file of its own.
        Some(3..=5) if !said.contains(&format!("{DATASET}/a.")) && !said.contains("dataset.toml") => {
            harm("names no file")
        }
        Some(0 | 3 | 4 | 5) if resident > MOST_RESIDENT_KIB => harm("took too much memory"),
        Some(0 | 3 | 4 | 5) if said.contains("panicked") => harm("panicked"),
        Some(0) if site.path().join("snapshots/thua-dat").exists() => Ok(()),
        Some(0) => harm("ended well and wrote nothing"),
        Some(3..=5) if site.path().join("snapshots/thua-dat").exists() => harm("refused and left a snapshot"),
        Some(3..=5) => Ok(()),
        _ => harm(&format!("ended with {status}")),
    }
}

/// Peak resident memory of a process and of its children, in KiB.
fn resident_kib(pid: u32) -> u64 {
    let of = |pid: &str| -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or("");
        line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).unwrap_or(0)
    };
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    of(&pid.to_string()) + children.split_whitespace().map(of).sum::<u64>()
}

fn describe(site: &SmallSite, file: &str, layer: Option<&str>) {
    let digest = read::source_digest(site.path(), &Path::new(DATASET).join(file)).unwrap();
    let layer = layer.map(|layer| format!("layer = \"{layer}\"\n")).unwrap_or_default();
    site.write(
        &format!("{DATASET}/dataset.toml"),
        &format!(
            "kind = \"dia_chinh\"\ntitle = {{ vi = \"Thửa đất\" }}\ncommunes = [\"99001\"]\ncrs = \"EPSG:9210\"\n\
             [[source]]\nfile = \"{file}\"\n{layer}sha256 = \"{digest}\"\n[fields]\nmaXa = \"MaXa\"\n\
             soHieuToBanDo = \"SOTO\"\nsoThuTuThua = \"SOTHUA\"\ndienTich = \"DIENTICH\"\nkyHieuMucDichSuDung = \"LOAIDAT\"\n\
             [withhold]\ncolumns = [\"DiaChi\", \"TenChu\"]\n[decision]\nnumber = \"00/2026/QĐ-UBND\"\ndate = 2026-01-05\n\
             authority = \"UBND tỉnh Minh Họa\"\neffective_from = 2026-01-15\nacceptance = \"BB-NT 01/2026\"\n"
        ),
    );
}

fn sound(file: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/formats").join(file)).unwrap()
}

/// A sound GeoPackage whose second parcel has another geometry.
fn geopackage_with(blob: &[u8]) -> Vec<u8> {
    geopackage_changed(|db| {
        db.execute("UPDATE ThuaDat SET geom = ? WHERE fid = 2", [blob]).unwrap();
    })
}

fn geopackage_changed(change: impl FnOnce(&Connection)) -> Vec<u8> {
    let site = SmallSite::new();
    let db = Connection::open(site.gpkg()).unwrap();
    change(&db);
    db.close().unwrap();
    std::fs::read(site.gpkg()).unwrap()
}

const HEAD: &[u8] = b"GP\0\x01\0\0\0\0";

fn geometry_blobs() -> Vec<Case> {
    let mut blobs: Vec<(String, Vec<u8>)> = vec![];
    for kind in 1..=17u8 {
        blobs.push((
            format!("type {kind} of 4,294,967,295 members"),
            [HEAD, &[1, kind, 0, 0, 0, 255, 255, 255, 255]].concat(),
        ));
    }
    for depth in [2usize, 17, 1_500, 100_000] {
        let nested: Vec<u8> = [1u8, 7, 0, 0, 0, 1, 0, 0, 0].repeat(depth);
        blobs.push((format!("collections nested {depth} deep"), [HEAD, &nested].concat()));
        let multi: Vec<u8> = [1u8, 6, 0, 0, 0, 1, 0, 0, 0].repeat(depth);
        blobs.push((format!("multipolygons nested {depth} deep"), [HEAD, &multi].concat()));
    }
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e308, -1e308, 5e-324] {
        blobs.push((format!("a corner at {value}"), ring_blob(&[[value, 0.0], [1.0, 0.0], [1.0, 1.0], [value, 0.0]])));
    }
    blobs.push(("no corner".into(), ring_blob(&[])));
    blobs.push(("one corner".into(), ring_blob(&[[1.0, 1.0]])));
    blobs.push(("the same corner 1,000 times".into(), ring_blob(&vec![[566_000.0, 2_305_000.0]; 1_000])));
    blobs.push(("1,100,000 corners".into(), ring_blob(&vec![[566_000.0, 2_305_000.0]; 1_100_000])));
    for (what, head) in [
        ("no magic", &b"XX\0\x01\0\0\0\0"[..]),
        ("envelope of kind 7", b"GP\0\x0f\0\0\0\0"),
        ("a long envelope cut off", b"GP\0\x09\0\0\0\0"),
    ] {
        blobs.push((what.into(), [head, &[1, 3, 0, 0, 0, 0, 0, 0, 0]].concat()));
    }
    blobs.push(("byte order 2".into(), [HEAD, &[2, 3, 0, 0, 0, 0, 0, 0, 0]].concat()));
    blobs.push(("nothing".into(), vec![]));
    blobs.push(("one byte".into(), vec![b'G']));
    blobs.push(("4 MiB of zeros".into(), vec![0; 4 << 20]));
    blobs.into_iter().map(|(what, blob)| case(what, "a.gpkg", geopackage_with(&blob))).collect()
}

fn ring_blob(ring: &[[f64; 2]]) -> Vec<u8> {
    let mut blob = [HEAD, &[1, 3, 0, 0, 0, 1, 0, 0, 0]].concat();
    blob.extend((ring.len() as u32).to_le_bytes());
    blob.extend(ring.iter().flatten().flat_map(|c| c.to_le_bytes()));
    blob
}

fn databases() -> Vec<Case> {
    let sql = |what: &str, sql: &'static str| {
        case(
            what,
            "a.gpkg",
            geopackage_changed(|db| db.execute_batch(&format!("PRAGMA writable_schema=1;{sql}")).unwrap()),
        )
    };
    let mut cases = vec![
        sql(
            "a view without end",
            "DROP TABLE ThuaDat; CREATE VIEW ThuaDat AS WITH RECURSIVE n(fid) AS (SELECT 1 UNION ALL SELECT fid+1 FROM n) \
            SELECT fid, x'' AS geom, '99001' AS MaXa, 1 AS SOTO, fid AS SOTHUA, 1.0 AS DIENTICH, 'ODT' AS LOAIDAT, '' AS DiaChi, '' AS TenChu FROM n;",
        ),
        sql(
            "a view of a large join",
            "DROP TABLE ThuaDat; CREATE TABLE t(fid INTEGER PRIMARY KEY); INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<3000) SELECT i FROM n; \
            CREATE VIEW ThuaDat AS SELECT a.fid AS fid, x'' AS geom, '99001' AS MaXa, 1 AS SOTO, b.fid AS SOTHUA, 1.0 AS DIENTICH, 'ODT' AS LOAIDAT, '' AS DiaChi, '' AS TenChu FROM t a, t b, t c WHERE a.fid+b.fid+c.fid=1;",
        ),
        sql(
            "a text of 200 MB made by a view",
            "ALTER TABLE ThuaDat RENAME TO t; CREATE VIEW ThuaDat AS SELECT fid, geom, hex(zeroblob(100000000)) AS MaXa, SOTO, SOTHUA, DIENTICH, LOAIDAT, DiaChi, TenChu FROM t;",
        ),
        sql("no rows", "DELETE FROM ThuaDat;"),
        sql("no geometry column listed", "DELETE FROM gpkg_geometry_columns;"),
        sql("a layer that is not there", "DROP TABLE ThuaDat;"),
        sql("a geometry column that is not there", "UPDATE gpkg_geometry_columns SET column_name = 'khac';"),
        sql(
            "a layer with quotes in its name",
            "ALTER TABLE ThuaDat RENAME TO \"a\"\"; DROP TABLE gpkg_contents; --\"; UPDATE gpkg_contents SET table_name='a\"; DROP TABLE gpkg_contents; --'; UPDATE gpkg_geometry_columns SET table_name='a\"; DROP TABLE gpkg_contents; --';",
        ),
        sql("an unknown coordinate system", "UPDATE gpkg_geometry_columns SET srs_id = 123456;"),
        sql("texts where numbers stand", "UPDATE ThuaDat SET SOTO = 'một', DIENTICH = 'rộng';"),
        sql(
            "numbers that no field holds",
            "UPDATE ThuaDat SET SOTO = -9223372036854775808, SOTHUA = 1e300, DIENTICH = -1;",
        ),
        sql("bytes that are not UTF-8", "UPDATE ThuaDat SET LOAIDAT = CAST(x'fffe4f44' AS TEXT);"),
        sql("a NUL inside a text", "UPDATE ThuaDat SET LOAIDAT = CAST(x'4f0044' AS TEXT);"),
        sql("blobs where texts stand", "UPDATE ThuaDat SET MaXa = zeroblob(1000000);"),
        sql(
            "a schema that lies",
            "UPDATE sqlite_schema SET sql = 'CREATE TABLE ThuaDat (' || hex(zeroblob(200000)) || ')' WHERE name='ThuaDat';",
        ),
        sql("a schema that points outside", "UPDATE sqlite_schema SET rootpage = 999999 WHERE name='ThuaDat';"),
    ];
    let whole = geopackage_changed(|_| ());
    cases.extend(broken_copies("a.gpkg", &whole, 24));
    cases.push(case("text named .gpkg", "a.gpkg", "không phải cơ sở dữ liệu"));
    cases.push(case("an empty file", "a.gpkg", ""));
    cases
}

/// A file cut at some places and changed at others.
fn broken_copies(file: &str, whole: &[u8], copies: usize) -> Vec<Case> {
    let mut random = Random::seeded(file);
    (0..copies)
        .map(|i| {
            let mut bytes = whole.to_vec();
            let at = random.below(bytes.len());
            if i % 3 == 0 {
                bytes.truncate(at);
                return case(format!("cut at byte {at}"), file, bytes);
            }
            for _ in 0..1 + i % 4 {
                let at = random.below(bytes.len());
                bytes[at] ^= 1 << random.below(8);
            }
            case(format!("bits changed, copy {i}"), file, bytes)
        })
        .collect()
}

/// Numbers that are the same in every run of one seed.
struct Random(u64);

impl Random {
    fn seeded(name: &str) -> Self {
        let seed: u64 = std::env::var("HOSTILE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
        let name = name
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |hash: u64, b| (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
        Random(name ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }
}

fn flatgeobufs() -> Vec<Case> {
    let whole = sound("xa.fgb");
    let mut cases = broken_copies("a.fgb", &whole, 24);
    for (what, at) in [("header", 8), ("second word", 12)] {
        let mut bytes = whole.clone();
        bytes[at..at + 4].copy_from_slice(&0x7fff_fff0u32.to_le_bytes());
        cases.push(case(format!("a {what} of 2 GiB"), "a.fgb", bytes));
    }
    let header = u32::from_le_bytes(whole[8..12].try_into().unwrap()) as usize;
    let mut bytes = whole.clone();
    bytes[12 + header..16 + header].copy_from_slice(&0x7fff_fff0u32.to_le_bytes());
    cases.push(case("a feature of 2 GiB", "a.fgb", bytes));
    cases.push(case("only the magic", "a.fgb", &b"fgb\x03fgb\x00"[..]));
    cases.push(case("text named .fgb", "a.fgb", "không phải"));
    cases.push(case("indexed, changed", "a.fgb", {
        let mut bytes = sound("xa-muc-luc.fgb");
        let middle = bytes.len() / 2;
        bytes[middle..middle + 64].fill(0xff);
        bytes
    }));
    cases
}

fn shapefiles() -> Vec<Case> {
    let parts: Vec<(String, Vec<u8>)> = ["shp", "shx", "dbf", "prj", "cpg"]
        .map(|ending| (format!("a.{ending}"), sound(&format!("xa.{ending}"))))
        .to_vec();
    let mut random = Random::seeded("shapefile");
    let mut cases: Vec<Case> = vec![];
    for i in 0..24 {
        let mut files = parts.clone();
        let part = [0, 0, 2, 2, 1, 3][i % 6];
        let bytes = &mut files[part].1;
        let at = random.below(bytes.len());
        match i % 4 {
            0 => bytes.truncate(at),
            1 if bytes.len() > at + 4 => bytes[at..at + 4].copy_from_slice(&[0x7f, 0xff, 0xff, 0xff]),
            _ => bytes[at] ^= 0xff,
        }
        cases.push(Case { what: format!("{} changed, copy {i}", files[part].0), files, layer: None });
    }
    cases.push(Case { what: "no table".into(), files: parts[..1].to_vec(), layer: None });
    let mut endless = parts.clone();
    endless[3].1 = b"PROJCS[".repeat(100_000);
    cases.push(Case { what: "a projection nested 100,000 deep".into(), files: endless, layer: None });
    cases
}

fn geojsons() -> Vec<Case> {
    let feature = |geometry: &str| {
        format!(
            r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{{"MaXa":"99001","SOTO":1,"SOTHUA":1,"DIENTICH":1,"LOAIDAT":"ODT"}},"geometry":{geometry}}}]}}"#
        )
    };
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    let mut cases = vec![
        case(
            "coordinates nested 100,000 deep",
            "a.geojson",
            feature(&format!(r#"{{"type":"Polygon","coordinates":{}}}"#, nested(100_000))),
        ),
        case("an array nested 1,000,000 deep", "a.geojson", "[".repeat(1_000_000)),
        case("objects nested 500,000 deep", "a.geojson", r#"{"a":"#.repeat(500_000)),
        case(
            "numbers beyond floats",
            "a.geojson",
            feature(r#"{"type":"Polygon","coordinates":[[[1e999,1],[2,2],[3,1],[1e999,1]]]}"#),
        ),
        case("NaN", "a.geojson", feature(r#"{"type":"Polygon","coordinates":[[[NaN,1],[2,2],[3,1],[NaN,1]]]}"#)),
        case(
            "collections nested 10,000 deep",
            "a.geojson",
            feature(&(r#"{"type":"GeometryCollection","geometries":["#.repeat(10_000) + &"]}".repeat(10_000))),
        ),
        case(
            "a ring of two million corners",
            "a.geojson",
            feature(&format!(r#"{{"type":"Polygon","coordinates":[[{}[1,1]]]}}"#, "[1,1],".repeat(2_000_000))),
        ),
        case("a geometry of an unknown type", "a.geojson", feature(r#"{"type":"Circle","coordinates":[1,1]}"#)),
        case("a geometry that is a text", "a.geojson", feature(r#""POINT(1 1)""#)),
        case(
            "a geometry of 5,000,000 nulls",
            "a.geojson",
            feature(&format!(r#"{{"type":"Polygon","coordinates":[{}null]}}"#, "null,".repeat(5_000_000))),
        ),
        case("features that are no array", "a.geojson", r#"{"type":"FeatureCollection","features":{"a":1}}"#),
        case("a text without end", "a.geojson", format!(r#"{{"type":"{}"#, "a".repeat(20_000_000))),
        case("one property of 50 MB", "a.geojson", feature("null").replace("99001", &"9".repeat(50_000_000))),
        case(
            "200,000 properties",
            "a.geojson",
            feature("null")
                .replace(r#""SOTO":1"#, &(0..200_000).map(|i| format!(r#""p{i}":1"#)).collect::<Vec<_>>().join(",")),
        ),
        case("bytes that are not UTF-8", "a.geojson", &b"{\"type\":\"\xff\xfe\"}"[..]),
        case("half a surrogate", "a.geojson", feature("null").replace("ODT", "\\ud800")),
        case("a byte order mark and nothing", "a.geojson", &b"\xef\xbb\xbf"[..]),
        case("UTF-16", "a.geojson", &b"\xff\xfe{\0}\0"[..]),
        case(
            "two members of one name",
            "a.geojson",
            r#"{"type":"FeatureCollection","type":"Feature","features":[],"features":[1]}"#,
        ),
        case("a sequence of broken lines", "a.geojsonl", "{\n".repeat(100_000)),
        case("a sequence of record separators", "a.geojsons", vec![0x1e; 1_000_000]),
        case("an empty file", "a.geojson", ""),
    ];
    cases.extend(broken_copies("a.geojson", &sound("xa.geojson"), 12));
    cases
}

fn gmls() -> Vec<Case> {
    let gml = |inside: &str| {
        format!(
            r#"<gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml/3.2"><gml:featureMember><ThuaDat><MaXa>99001</MaXa><SOTO>1</SOTO><SOTHUA>1</SOTHUA><DIENTICH>1</DIENTICH><LOAIDAT>ODT</LOAIDAT><geom>{inside}</geom></ThuaDat></gml:featureMember></gml:FeatureCollection>"#
        )
    };
    let polygon = |list: &str| {
        gml(&format!(
            "<gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>{list}</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon>"
        ))
    };
    let entities: String =
        (1..10).map(|i| format!("<!ENTITY l{i} \"{}\">", format!("&l{};", i - 1).repeat(10))).collect();
    let mut cases = vec![
        case("a billion laughs", "a.gml", format!("<!DOCTYPE a [<!ENTITY l0 \"ha\">{entities}]><a>&l9;</a>")),
        case(
            "one large entity, often",
            "a.gml",
            format!("<!DOCTYPE a [<!ENTITY b \"{}\">]><a>{}</a>", "x".repeat(100_000), "&b;".repeat(10_000)),
        ),
        case("a file of this machine", "a.gml", "<!DOCTYPE a [<!ENTITY f SYSTEM \"file:///etc/passwd\">]><a>&f;</a>"),
        case("an address", "a.gml", "<!DOCTYPE a SYSTEM \"http://127.0.0.1:9/a.dtd\"><a/>"),
        case("a parameter entity", "a.gml", "<!DOCTYPE a [<!ENTITY % p SYSTEM \"http://127.0.0.1:9/\">%p;]><a/>"),
        case("elements nested 1,000,000 deep", "a.gml", "<a>".repeat(1_000_000)),
        case(
            "100,000 attributes",
            "a.gml",
            format!("<a {}/>", (0..100_000).map(|i| format!("a{i}=''")).collect::<Vec<_>>().join(" ")),
        ),
        case(
            "100,000 namespaces",
            "a.gml",
            format!("<a {}/>", (0..100_000).map(|i| format!("xmlns:n{i}='u{i}'")).collect::<Vec<_>>().join(" ")),
        ),
        case("an attribute of 50 MB", "a.gml", format!("<a b='{}'/>", "x".repeat(50_000_000))),
        case("a text of 50 MB", "a.gml", gml("").replace("99001", &"9".repeat(50_000_000))),
        case("a comment without end", "a.gml", format!("<!--{}", "-".repeat(20_000_000))),
        case("coordinates that are not numbers", "a.gml", polygon("NaN NaN inf inf 1 1 NaN NaN")),
        case("an odd number of ordinates", "a.gml", polygon("1 1 2 2 3")),
        case("two million corners", "a.gml", polygon(&"1 1 ".repeat(2_000_000))),
        case(
            "an arc",
            "a.gml",
            gml(
                "<gml:Curve><gml:segments><gml:Arc><gml:posList>0 0 1 1 2 0</gml:posList></gml:Arc></gml:segments></gml:Curve>",
            ),
        ),
        case("a geometry elsewhere", "a.gml", gml("<gml:Polygon xlink:href=\"http://127.0.0.1:9/p\"/>")),
        case(
            "a dimension of 4,294,967,295",
            "a.gml",
            polygon("1 1 2 2 3 3 1 1").replace("<gml:posList>", "<gml:posList srsDimension=\"4294967295\">"),
        ),
        case(
            "a dimension of 0",
            "a.gml",
            polygon("1 1 2 2 3 3 1 1").replace("<gml:posList>", "<gml:posList srsDimension=\"0\">"),
        ),
        case("elements that end crosswise", "a.gml", "<a><b></a></b>"),
        case("a declared encoding that is not there", "a.gml", "<?xml version=\"1.0\" encoding=\"UTF-32\"?><a/>"),
        case("UTF-16", "a.gml", &b"\xff\xfe<\0a\0/\0>\0"[..]),
        case("100,000 processing instructions", "a.gml", "<?a b?>".repeat(100_000) + "<a/>"),
        case("sections of characters", "a.gml", gml(&"<![CDATA[]]>".repeat(500_000))),
        case("character references without end", "a.gml", gml(&"&#x1;&#xFFFFFFFF;".repeat(10_000))),
        case("an empty file", "a.gml", ""),
    ];
    cases.extend(broken_copies("a.gml", &sound("thua_dat_32.gml"), 12));
    cases
}

fn workbooks() -> Vec<Case> {
    let mut cases = vec![
        case("no archive", "a.xlsx", "không phải"),
        case("an empty archive", "a.xlsx", &b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"[..]),
        case("an empty file", "a.ods", ""),
        case("an old workbook", "a.xls", &b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"[..]),
        case("a part of 600 MB", "a.xlsx", archive(&[("xl/workbook.xml", &vec![b' '; 600 << 20])])),
        case("a part of 300 MB of one letter", "a.ods", archive(&[("content.xml", &vec![b'x'; 300 << 20])])),
        case(
            "a billion laughs inside",
            "a.xlsx",
            archive(&[("xl/workbook.xml", b"<!DOCTYPE a [<!ENTITY a \"b\">]><a>&a;</a>")]),
        ),
        case("20,000 parts", "a.xlsx", {
            let names: Vec<String> = (0..20_000).map(|i| format!("p{i}")).collect();
            archive(&names.iter().map(|name| (name.as_str(), &b""[..])).collect::<Vec<_>>())
        }),
        case(
            "a part that climbs out",
            "a.ods",
            archive(&[("../../../tmp/congbo-was-here", b"x"), ("content.xml", b"<a/>")]),
        ),
        case(
            "a part with an absolute name",
            "a.xlsx",
            archive(&[("/tmp/congbo-was-here", b"x"), ("xl/workbook.xml", b"<a/>")]),
        ),
    ];
    for (file, name) in
        [("gia_dat_gdal.xlsx", "a.xlsx"), ("gia_dat_gdal.ods", "a.ods"), ("gia_dat_merged.xlsx", "a.xlsx")]
    {
        cases.extend(broken_copies(name, &sound(file), 8));
    }
    cases
}

fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(vec![]));
    for (name, bytes) in parts {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn csvs() -> Vec<Case> {
    let head = "MaXa,SOTO,SOTHUA,DIENTICH,LOAIDAT\n";
    let row = "99001,1,1,100,ODT\n";
    vec![
        case("a quote without end", "a.csv", format!("{head}\"{}", "x".repeat(50_000_000))),
        case("100,000 columns", "a.csv", "a,".repeat(100_000)),
        case("one line of 100 MB", "a.csv", "x".repeat(100_000_000)),
        case("NUL bytes", "a.csv", format!("{head}99001,\0,1,100,ODT\n")),
        case("bytes that are not UTF-8", "a.csv", [head.as_bytes(), b"99001,\xff,1,100,ODT\n"].concat()),
        case("UTF-16", "a.csv", &b"\xff\xfeM\0a\0X\0a\0"[..]),
        case("rows of different lengths", "a.csv", format!("{head}{row}1\n1,2,3,4,5,6,7,8\n{row}")),
        case("a column twice", "a.csv", format!("MaXa,MaXa,SOTO\n{row}")),
        case("nothing but a head", "a.csv", head),
        case("only empty lines", "a.csv", "\n".repeat(1_000_000)),
        case("an empty file", "a.csv", ""),
        case("a table where parcels need shapes", "a.csv", format!("{head}{row}")),
        case(
            "cells that begin as formulas",
            "a.csv",
            format!("{head}=1+1,@SUM(A1),+1,-1,=HYPERLINK(\"http://127.0.0.1:9\")\n"),
        ),
    ]
}

/// Paths that lead out of the dataset.
#[test]
fn a_source_outside_its_dataset_is_never_opened() {
    let outside: PathBuf = tempfile::tempdir().unwrap().keep();
    std::fs::write(outside.join("a.csv"), "MaXa\n").unwrap();
    for path in ["../khac/a.csv", "/etc/passwd", "..", "", "a/../../b.csv", outside.join("a.csv").to_str().unwrap()] {
        let site = SmallSite::new();
        site.describe(|d| d.replace("thua_dat.gpkg", path));
        let output = site.approve();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{path}: {said}");
        assert!(said.contains("lies outside the dataset"), "{path}: {said}");
    }
    std::fs::remove_dir_all(outside).unwrap();
}

#[test]
fn a_pipe_in_place_of_a_file_is_refused_at_once() {
    let site = SmallSite::new();
    std::fs::remove_file(site.gpkg()).unwrap();
    assert!(Command::new("mkfifo").arg(site.gpkg()).status().unwrap().success());
    let output = site.approve();
    assert_eq!(output.status.code(), Some(7));
    assert!(String::from_utf8_lossy(&output.stderr).contains("is not a file"));
}

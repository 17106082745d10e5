//! The invented province is a true cadastre: a coverage without gap or overlap, the same bytes each time.

#[allow(dead_code)]
#[path = "../examples/make_province/main.rs"]
mod make_province;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use congbo::config::dataset::DatasetConfig;
use make_province::coverage::{Point, Ring, area2, edges};
use make_province::land::{Land, Layout};
use make_province::parcels::{self, Parcel};
use make_province::projection::{BetweenZones, GridMm, ToWgs84, ZONE_105_30, ZONE_105_45, Zone, geohash12};
use make_province::province::{self, DISTRICT_M, Format};
use make_province::{attributes, numbering, site};

const SEED: u64 = 99;

fn district(seed: u64, ring_road: bool) -> (Land, Vec<Parcel>) {
    let layout = Layout { seed, cell: [2, 3], width_m: DISTRICT_M[0], height_m: DISTRICT_M[1], ring_road };
    let mut land = Land::lay_out(&layout);
    let parcels = parcels::cut_blocks(&mut land, &layout);
    (land, parcels)
}

/// Every ring there is: parcels with their holes, roads, waters.
fn all_rings(land: &Land, parcels: &[Parcel]) -> Vec<Ring> {
    let of_parcels = parcels.iter().flat_map(|parcel| &parcel.parts);
    let mut rings: Vec<Ring> =
        of_parcels.flat_map(|part| std::iter::once(&part.outer).chain(&part.holes)).cloned().collect();
    rings.extend(land.corridors.iter().map(|corridor| land.coverage.refresh(&corridor.ring)));
    rings
}

fn orient(a: Point, b: Point, p: Point) -> i64 {
    i64::from(b[0] - a[0]) * i64::from(p[1] - a[1]) - i64::from(b[1] - a[1]) * i64::from(p[0] - a[0])
}

fn is_within_box(a: Point, b: Point, p: Point) -> bool {
    (0..2).all(|k| a[k].min(b[k]) <= p[k] && p[k] <= a[k].max(b[k]))
}

fn meet(a: Point, b: Point, u: Point, v: Point) -> bool {
    let (au, av, ua, ub) =
        (orient(a, b, u).signum(), orient(a, b, v).signum(), orient(u, v, a).signum(), orient(u, v, b).signum());
    (au * av < 0 && ua * ub < 0)
        || (au == 0 && is_within_box(a, b, u))
        || (av == 0 && is_within_box(a, b, v))
        || (ua == 0 && is_within_box(u, v, a))
        || (ub == 0 && is_within_box(u, v, b))
}

/// No vertex twice, no two sides that meet but neighbours in their common vertex.
fn is_simple(ring: &[Point]) -> bool {
    let sides: Vec<_> = edges(ring).collect();
    let count = sides.len();
    let apart = |i: usize, j: usize| j - i > 1 && !(i == 0 && j == count - 1);
    let distinct = ring.iter().collect::<BTreeSet<_>>().len() == count;
    distinct
        && (0..count).all(|i| {
            (i + 1..count).filter(|j| apart(i, *j)).all(|j| !meet(sides[i].0, sides[i].1, sides[j].0, sides[j].1))
        })
}

#[test]
fn every_border_is_shared_vertex_for_vertex_or_lies_on_the_outline() {
    for (seed, ring_road) in [(SEED, false), (7, true), (2026, true)] {
        let (land, parcels) = district(seed, ring_road);
        let mut directed = BTreeSet::new();
        for (from, to) in all_rings(&land, &parcels).iter().flat_map(|ring| edges(ring)) {
            assert!(directed.insert((from, to)), "seed {seed}: two areas lie on the same side of {from:?}–{to:?}");
        }
        let unmatched: BTreeSet<_> = directed.iter().filter(|(a, b)| !directed.contains(&(*b, *a))).copied().collect();
        // The communes' own rings meet along the border between them; the rest of them is the outline.
        let communes = land.communes.iter().map(|ring| land.coverage.refresh(ring));
        let sides: BTreeSet<_> = communes.flat_map(|ring| edges(&ring).collect::<Vec<_>>()).collect();
        let outline: BTreeSet<_> = sides.iter().filter(|(a, b)| !sides.contains(&(*b, *a))).copied().collect();
        assert!(sides.len() > outline.len(), "the communes have a common border");
        assert_eq!(unmatched, outline, "seed {seed}: a T-junction without a vertex, a gap or an overlap");
    }
}

#[test]
fn rings_are_simple_and_their_areas_add_up_to_the_communes_to_the_square_millimetre() {
    for (seed, ring_road) in [(SEED, false), (11, true)] {
        let (land, parcels) = district(seed, ring_road);
        let rings = all_rings(&land, &parcels);
        for ring in &rings {
            assert!(is_simple(ring), "seed {seed}: {ring:?} touches itself");
        }
        let whole: i64 = land.communes.iter().map(|ring| area2(&land.coverage.refresh(ring))).sum();
        assert_eq!(rings.iter().map(|ring| area2(ring)).sum::<i64>(), whole);
    }
}

#[test]
fn parcels_come_in_every_shape_a_cadastre_has() {
    let (_, parcels) = district(SEED, false);
    let has_hole = parcels.iter().filter(|parcel| parcel.parts.iter().any(|part| !part.holes.is_empty())).count();
    let is_split = parcels.iter().filter(|parcel| parcel.parts.len() > 1).count();
    let is_concave = |ring: &Ring| (0..ring.len()).any(|i| is_reflex(ring, i));
    let concave = parcels.iter().filter(|parcel| is_concave(&parcel.parts[0].outer)).count();
    assert!(
        has_hole >= 3 && is_split == 2 && concave > 50,
        "{has_hole} with a hole, {is_split} split, {concave} concave"
    );
    let smallest_m2 = parcels.iter().map(Parcel::area_m2).fold(f64::INFINITY, f64::min);
    assert!(smallest_m2 > 15.0, "{smallest_m2} m² is no parcel");
}

/// A corner that turns inward by more than 45°, between sides of more than two metres.
fn is_reflex(ring: &Ring, i: usize) -> bool {
    let (a, b, c) = (ring[(i + ring.len() - 1) % ring.len()], ring[i], ring[(i + 1) % ring.len()]);
    let length = |a: Point, b: Point| f64::from(b[0] - a[0]).hypot(f64::from(b[1] - a[1]));
    let (before, after) = (length(a, b), length(b, c));
    before > 2000.0 && after > 2000.0 && (orient(a, b, c) as f64) < -0.7 * before * after
}

#[test]
fn sheets_hold_a_handy_number_of_parcels_counted_from_one() {
    let (land, parcels) = district(SEED, false);
    let numbers = numbering::number(&land, &parcels);
    for commune in 0..2 {
        let mut sheets: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
        for (parcel, number) in parcels.iter().zip(&numbers).filter(|(parcel, _)| parcel.commune == commune) {
            let is_new = sheets.entry(number.sheet).or_default().insert(number.number);
            assert!(is_new, "{number:?} is given twice, once to {}", parcel.land_use);
        }
        for (i, (sheet, numbers)) in sheets.iter().enumerate() {
            assert_eq!(*sheet as usize, i + 1);
            assert_eq!(numbers.last().copied(), Some(numbers.len() as u32), "sheet {sheet} skips a number");
            assert!((40..=320).contains(&numbers.len()), "sheet {sheet} holds {} parcels", numbers.len());
        }
    }
}

#[test]
fn coordinates_and_geohashes_agree_with_the_published_vectors() {
    // Hải Phòng in zone 105°45′ and Hải Dương in zone 105°30′, computed with PROJ by EPSG's operation 6960.
    let vectors: [(Zone, [f64; 2], [f64; 2], &str); 3] = [
        (ZONE_105_45, [596972.126, 2308268.393], [106.6838000095, 20.8647999959], "w7eyewkf28wu"),
        (ZONE_105_45, [598000.000, 2306000.000], [106.6935492460, 20.8442579202], "w7eyefefegk9"),
        (ZONE_105_30, [586127.365, 2316534.475], [106.3300000020, 20.9399999974], "w7ex5s50kdft"),
    ];
    for (zone, [easting_m, northing_m], expected, geohash) in vectors {
        let degrees = ToWgs84::new(zone).degrees(easting_m, northing_m);
        for k in 0..2 {
            // 1e-9° are a tenth of a millimetre.
            assert!((degrees[k] - expected[k]).abs() < 1e-9, "{degrees:?}");
        }
        assert_eq!(geohash12(degrees), geohash);
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = vec![];
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { open.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}

#[test]
fn the_committed_data_is_what_the_generator_makes_each_time() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    site::write(first.path(), SEED).unwrap();
    site::write(second.path(), SEED).unwrap();
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("content/data");
    let files = files_below(first.path());
    assert!(files.len() >= 14, "{files:?}");
    for file in files {
        let name = file.strip_prefix(first.path()).unwrap();
        let bytes = std::fs::read(&file).unwrap();
        assert!(
            bytes == std::fs::read(second.path().join(name)).unwrap(),
            "{} differs from run to run",
            name.display()
        );
        let is_committed = std::fs::read(committed.join(name)).is_ok_and(|there| there == bytes);
        assert!(is_committed, "content/data/{} has drifted: run scripts/make-province --site", name.display());
    }
}

struct StoredParcel {
    points: Vec<GridMm>,
    private: Vec<String>,
}

/// Vertices of every parcel of a committed file, and its private columns as text.
fn stored(file: &str, table: &str, geometry: &str, private: &[&str]) -> Vec<StoredParcel> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("content/data").join(file);
    let db = rusqlite::Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let columns: String = private.iter().map(|name| format!(", CAST({name} AS TEXT)")).collect();
    let mut statement = db.prepare(&format!("SELECT {geometry}{columns} FROM {table} ORDER BY fid")).unwrap();
    let rows = statement.query_map([], |row| {
        let blob: Vec<u8> = row.get(0)?;
        let private = (0..private.len()).map(|k| row.get(k + 1)).collect::<Result<_, _>>()?;
        Ok(StoredParcel { points: vertices(&blob), private })
    });
    rows.unwrap().map(Result::unwrap).collect()
}

/// All vertices of a GeoPackage multipolygon with an envelope.
fn vertices(blob: &[u8]) -> Vec<GridMm> {
    let count = |at: usize| u32::from_le_bytes(blob[at..at + 4].try_into().unwrap()) as usize;
    let mm = |at: usize| (f64::from_le_bytes(blob[at..at + 8].try_into().unwrap()) * 1000.0).round() as i64;
    let (mut at, mut points) = (40 + 5, vec![]);
    let polygons = count(at);
    at += 4;
    for _ in 0..polygons {
        let rings = count(at + 5);
        at += 9;
        for _ in 0..rings {
            let size = count(at);
            points.extend((0..size).map(|k| [mm(at + 4 + 16 * k), mm(at + 12 + 16 * k)]));
            at += 4 + 16 * size;
        }
    }
    assert_eq!(at, blob.len());
    points
}

#[test]
fn parcels_on_both_sides_of_the_meridians_share_their_border_to_two_millimetres() {
    let an_minh = stored("thua-dat-an-minh/thua_dat.gpkg", "ThuaDat", "SHAPE", &[]);
    let ben_lua = stored("thua-dat-ben-lua/thua_dat.gpkg", "DC_THUADAT", "geom", &[]);
    let known: BTreeSet<GridMm> = an_minh.into_iter().flat_map(|parcel| parcel.points).collect();
    let back = BetweenZones::new(ZONE_105_30, ZONE_105_45);
    let neighbours: BTreeSet<GridMm> =
        ben_lua.into_iter().flat_map(|parcel| parcel.points).map(|p| back.grid(p)).collect();
    let is_shared = |p: &&GridMm| (-2..=2).any(|dx| (-2..=2).any(|dy| known.contains(&[p[0] + dx, p[1] + dy])));
    let shared = neighbours.iter().filter(is_shared).count();
    assert!(shared > 60, "{shared} vertices are shared");
}

#[test]
fn every_private_value_is_a_canary_and_former_owners_are_left_on_free_pages() {
    let patterns = include_str!("canaries.txt");
    let literal = |line: &str| line.split('[').next().unwrap_or("").replace('\\', "");
    let prefixes: Vec<String> = patterns.lines().filter(|line| !line.starts_with('#')).map(literal).collect();
    for (file, table, geometry, private) in [
        (
            "thua-dat-an-minh/thua_dat.gpkg",
            "ThuaDat",
            "SHAPE",
            "TenChu SoGiayTo diaChiThuongTru dienThoai soPhatHanh soVaoSo GTQUYENSDD duongDanHoSo NGUOICAPNHATID",
        ),
        (
            "thua-dat-ben-lua/thua_dat.gpkg",
            "DC_THUADAT",
            "geom",
            "TENCHU CCCD NOITHUONGTRU SODIENTHOAI SOSERIAL SOVAOSO GTQUYENSDD HSKTFILEPATH uId",
        ),
    ] {
        let columns: Vec<&str> = private.split(' ').collect();
        for value in stored(file, table, geometry, &columns).iter().flat_map(|parcel| &parcel.private) {
            assert!(prefixes.iter().any(|prefix| value.starts_with(prefix)), "{file}: '{value}' is no canary");
            assert!(!value.starts_with("CHỦ CŨ"), "{file}: a former owner is still listed");
        }
        let bytes = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("content/data").join(file)).unwrap();
        let is_left = |n: &u32| {
            let former = attributes::canary::former_owner(*n);
            bytes.windows(former.len()).any(|window| window == former.as_bytes())
        };
        // A page that SQLite fills up again loses the few that were on it.
        let left = (1..=60).filter(is_left).count();
        assert!(left >= 40, "{file}: only {left} former owners are left");
    }
}

#[test]
fn every_data_set_is_described_as_the_site_folder_demands() {
    let site = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [
        "thua-dat-an-minh",
        "thua-dat-ben-lua",
        "quy-hoach-2021-2030",
        "nen",
        "dia-gioi",
        "bang-gia-dat-2025",
        "bang-gia-dat-2026",
        "thong-ke-2025",
        "he-so-2026",
    ];
    for folder in folders {
        let dataset = Path::new("content/data").join(folder);
        let config = DatasetConfig::load(site, &dataset).unwrap();
        assert!(config.decision.is_some(), "{folder} has no decision");
        assert!(config.source.iter().all(|source| site.join(&dataset).join(&source.file).is_file()));
    }
}

#[test]
fn every_road_of_the_price_table_is_on_the_map_of_its_commune() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("content/data");
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let db = rusqlite::Connection::open_with_flags(data.join("nen/nen.gpkg"), flags).unwrap();
    let table = data.join("bang-gia-dat-2026/bang_gia_dat.csv");
    let mut rows = csv::ReaderBuilder::new().comment(Some(b'#')).from_path(table).unwrap();
    let (mut count, column) =
        (0, |name: &str, headers: &csv::StringRecord| headers.iter().position(|h| h == name).unwrap());
    let headers = rows.headers().unwrap().clone();
    for row in rows.records().map(Result::unwrap) {
        count += 1;
        let (commune, road) = (&row[column("ma_xa", &headers)], &row[column("ten_duong", &headers)]);
        let sql = "SELECT count(*) FROM GiaoThong WHERE maXa = ?1 AND ten = ?2";
        let lines: i64 = db.query_row(sql, [commune, road], |row| row.get(0)).unwrap();
        assert!(road.is_empty() || lines > 0, "{road} in {commune} has a price but no line");
    }
    assert!((90..=140).contains(&count), "{count} rows");
}

#[test]
fn a_province_of_many_districts_has_exactly_the_parcels_asked_for_and_the_same_bytes_again() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let formats = [Format::FlatGeobuf, Format::GeoJsonLines];
    province::write(first.path(), 9_500, SEED, &formats).unwrap();
    province::write(second.path(), 9_500, SEED, &formats).unwrap();
    let lines = std::fs::read_to_string(first.path().join("thua_dat.geojsonl")).unwrap();
    assert_eq!(lines.lines().count(), 9_500);
    for line in lines.lines().step_by(500) {
        let feature: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(feature["geometry"]["type"], "MultiPolygon");
    }
    for file in ["thua_dat.geojsonl", "thua_dat.fgb"] {
        let read = |folder: &Path| std::fs::read(folder.join(file)).unwrap();
        assert!(read(first.path()) == read(second.path()), "{file} differs from run to run");
    }
}

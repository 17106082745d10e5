//! Archives that are cut and merged: together the parts are the whole, to the byte.

mod demo_site;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use congbo::error::Failure;
use congbo::model::shapes::{GeometryKind, Shapes};
use congbo::model::tile_coord::TileCoord;
use congbo::progress::Silent;
use congbo::snapshot::signature;
use congbo::tile::archive::{Archive, Head};
use congbo::tile::beside::CopyReport;
use congbo::tile::cut::{self, Land};
use congbo::tile::grid::tile_id;
use congbo::tile::identity::{BoundsE7, Identity, KEY};
use congbo::tile::merge;
use congbo::tile::stored::StoredArchive;
use congbo::tile::territory::Territory;
use demo_site::DemoSite;
use proptest::prelude::*;

/// Eight tiles by eight of z16 in the north of Vietnam, 65536 world units each.
const WEST: u32 = 52136;
const NORTH: u32 = 28880;
const SIDE: u32 = 65536;

/// They reach from 106.3916 to 106.4355 E and from 20.8383 to 20.8793 N; what lies in them, a little less far.
const BOUNDS: BoundsE7 = [1_063_920_000, 208_390_000, 1_064_350_000, 208_790_000];

#[test]
fn the_communes_of_the_demonstration_merged_in_any_order_are_each_archive_byte_for_byte() {
    let keys = tempfile::tempdir().unwrap();
    let key = keys.path().join("approver");
    signature::make_key(&key, None).unwrap();
    let mut site = DemoSite::approved(&key.with_extension("key"));
    site.congbo(&["build"]);
    let archives: Vec<PathBuf> = site.files("dist/releases").into_iter().map(|(path, _)| path).collect();
    let archives: Vec<PathBuf> =
        archives.into_iter().filter(|path| path.extension().is_some_and(|e| e == "pmtiles")).collect();
    assert_eq!(archives.len(), 4);
    for archive in archives {
        let archive = site.path().join("dist/releases").join(archive);
        let whole = std::fs::read(&archive).unwrap();
        let file = |name: &str| site.path().join(name).display().to_string();
        let (one, two, merged) = (file("1.pmtiles"), file("2.pmtiles"), file("merged.pmtiles"));
        let archive = archive.display().to_string();
        site.congbo(&["tiles", "cut", &archive, "--commune", "99001", "--out", &one]);
        let said = site.congbo(&["--json", "tiles", "cut", &archive, "--commune", "99002", "--out", &two]);
        let report: serde_json::Value = serde_json::from_slice(&said.stdout).unwrap();
        assert_eq!(report["part"]["communes"], serde_json::json!(["99002"]));
        assert_eq!(report["bytes"], std::fs::metadata(&two).unwrap().len());
        assert!(report["tiles"].as_u64() > Some(0));
        for order in [[&one, &two], [&two, &one]] {
            site.congbo(&["tiles", "merge", order[0], order[1], "--out", &merged]);
            assert!(std::fs::read(&merged).unwrap() == whole, "{archive}");
        }
    }
}

/// Tiles by column and row, what stands in each, and three communes as rectangles of world units.
#[derive(Clone, Debug)]
struct Province {
    tiles: Vec<(TileCoord, u8)>,
    communes: Vec<[u32; 4]>,
}

fn provinces() -> impl Strategy<Value = Province> {
    let tile = (14u8..=16, 0u32..8, 0u32..8, 0u8..4).prop_map(|(z, x, y, content)| {
        (TileCoord { z, x: (WEST + x) >> (16 - z), y: (NORTH + y) >> (16 - z) }, content)
    });
    let span = || (0u32..8 * SIDE, 1u32..4 * SIDE);
    let commune = (span(), span()).prop_map(|((x, width), (y, height))| [x, y, x + width, y + height]);
    (proptest::collection::vec(tile, 1..90), proptest::collection::vec(commune, 3))
        .prop_map(|(tiles, communes)| Province { tiles, communes })
}

impl Province {
    /// Contents repeat, as open water does: the writer stores each once, and neighbours as one run.
    fn write(&self, folder: &Path) -> PathBuf {
        let mut tiles: Vec<(u64, Vec<u8>)> = self
            .tiles
            .iter()
            .map(|(tile, content)| (tile_id(*tile), vec![*content; usize::from(*content) + 1]))
            .collect();
        tiles.sort();
        tiles.dedup_by_key(|tile| tile.0);
        archive(&folder.join("whole.pmtiles"), "thua-dat", &tiles)
    }

    fn territory(&self) -> Territory {
        let mut shapes = Shapes::new(GeometryKind::Polygon);
        for [w, n, e, s] in &self.communes {
            let corners = [[w, n], [w, s], [e, s], [e, n]];
            shapes.coords.extend(corners.map(|[x, y]| [WEST * SIDE + x, NORTH * SIDE + y]));
            shapes.end_ring();
            shapes.end_part();
            shapes.end_feature();
        }
        Territory::new(["1", "2", "3"].into_iter().enumerate().map(|(i, code)| (code, &shapes, i)))
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_communes_cut_one_by_one_and_merged_are_those_cut_at_once(province in provinces()) {
        let folder = tempfile::tempdir().unwrap();
        let (whole, territory) = (province.write(folder.path()), province.territory());
        let file = |name: &str| folder.path().join(name);
        for code in ["1", "2", "3"] {
            cut_communes(&whole, &territory, &[code], &file(code)).unwrap();
        }
        for codes in [&["1", "2"][..], &["3", "2"], &["2", "1", "3"], &["3", "1", "2"]] {
            let merged = file("merged");
            merge_files(&codes.iter().map(|code| file(code)).collect::<Vec<_>>(), &merged).unwrap();
            cut_communes(&whole, &territory, codes, &file("at once")).unwrap();
            prop_assert!(read(&merged) == read(&file("at once")));
            prop_assert!(codes.len() < 3 || read(&merged) == read(&whole));
        }
        // Merging what overlaps, and what is merged already, changes nothing.
        merge_files(&[file("merged"), file("1"), whole.clone()], &file("again")).unwrap();
        prop_assert!(read(&file("again")) == read(&whole));
    }

    #[test]
    fn boxes_that_leave_no_land_out_leave_no_tile_out(province in provinces(), x in 1u32..100, y in 1u32..100) {
        let folder = tempfile::tempdir().unwrap();
        let whole = province.write(folder.path());
        let [w, s, e, n] = BOUNDS;
        let (x, y) = (w + (e - w) / 100 * x as i32, s + (n - s) / 100 * y as i32);
        let boxes = [[w, s, x, y], [x, s, e, y], [w, y, x, n], [x, y, e, n]];
        let parts: Vec<PathBuf> = (0..4).map(|i| folder.path().join(i.to_string())).collect();
        for (part, wanted) in parts.iter().zip(boxes) {
            cut::cut(&whole, &Land::Box(wanted), part, false, &Silent).unwrap();
        }
        let merged = folder.path().join("merged");
        prop_assert!(merge_files(&parts[..3], &merged).unwrap().part.is_some());
        merge_files(&parts, &merged).unwrap();
        prop_assert!(read(&merged) == read(&whole));
    }

    #[test]
    fn a_damaged_archive_is_an_error_and_never_a_panic(at in 0usize..4096, byte in any::<u8>(), length in 0usize..20_000) {
        let folder = tempfile::tempdir().unwrap();
        let file = many_tiles(folder.path(), 40);
        let mut bytes = read(&file);
        // Header, root directory and metadata: what stands between is empty.
        let place = if at < 512 { at } else { 16_384 + at - 512 };
        if let Some(found) = bytes.get_mut(place) {
            *found = byte;
        }
        bytes.truncate(length.max(100) * 2);
        std::fs::write(&file, bytes).unwrap();
        match merge_files(std::slice::from_ref(&file), &folder.path().join("out")) {
            Ok(report) => prop_assert!(report.tiles <= 40),
            Err(failure) => prop_assert!([3, 5].contains(&failure.exit().code()), "{failure}"),
        }
    }
}

#[test]
fn an_archive_with_leaf_directories_is_cut_and_merged_like_any_other() {
    let folder = tempfile::tempdir().unwrap();
    let tiles: Vec<(u64, Vec<u8>)> =
        (0..40_000u64).map(|i| (5_000_000_000 + i * 3, i.to_le_bytes().to_vec())).collect();
    let whole = archive(&folder.path().join("whole"), "nen", &tiles);
    assert!(u64::from_le_bytes(read(&whole)[48..56].try_into().unwrap()) > 0, "there are no leaf directories");
    let territory =
        Province { tiles: vec![], communes: vec![[0, 0, 9, 9], [SIDE, 0, 2 * SIDE, 9], [0, SIDE, 9, 2 * SIDE]] }
            .territory();
    let parts = ["1", "2", "3"].map(|code| folder.path().join(code));
    for (code, part) in ["1", "2", "3"].iter().zip(&parts) {
        cut_communes(&whole, &territory, &[code], part).unwrap();
    }
    merge_files(&parts, &folder.path().join("merged")).unwrap();
    assert!(read(&folder.path().join("merged")) == read(&whole));
}

#[test]
fn every_tile_in_which_two_archives_differ_is_named_and_the_file_stays_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let tile = |x, content: &[u8]| (tile_id(TileCoord { z: 16, x: WEST + x, y: NORTH }), content.to_vec());
    let sorted = |mut tiles: Vec<(u64, Vec<u8>)>| {
        tiles.sort();
        tiles
    };
    let one = archive(&folder.path().join("one"), "nen", &sorted(vec![tile(0, b"a"), tile(1, b"b"), tile(2, b"c")]));
    let two = archive(&folder.path().join("two"), "nen", &sorted(vec![tile(0, b"a"), tile(1, b"x"), tile(2, b"y")]));
    let out = folder.path().join("out");
    std::fs::write(&out, "before").unwrap();
    let failure = merge_files(&[one, two], &out).unwrap_err();
    assert_eq!(failure.exit().code(), 5);
    assert_eq!(failure.faults.len(), 2);
    for (fault, x) in failure.faults.iter().zip([WEST + 1, WEST + 2]) {
        assert_eq!(fault.feature.as_deref(), Some(format!("tile 16/{x}/{NORTH}").as_str()));
        assert!(fault.file.as_ref().unwrap().ends_with("two") && fault.problem.ends_with("/one"), "{fault}");
    }
    assert_eq!(read(&out), b"before");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3, "nothing else is left behind");
}

#[test]
fn a_whole_archive_that_lacks_a_tile_of_a_part_is_not_merged_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let tiles: Vec<(u64, Vec<u8>)> = (0..4u64).map(|i| (5_000_000_000 + i, vec![7])).collect();
    let territory = Province { tiles: vec![], communes: vec![[0, 0, 9, 9]; 3] }.territory();
    let (part, out) = (folder.path().join("part"), folder.path().join("out"));
    cut_communes(&archive(&folder.path().join("later"), "nen", &tiles), &territory, &["1"], &part).unwrap();
    let earlier = archive(&folder.path().join("earlier"), "nen", &tiles[..3]);
    let failure = merge_files(&[part, earlier], &out).unwrap_err();
    assert_eq!((failure.exit().code(), failure.faults.len()), (5, 1));
    assert!(failure.to_string().contains("but this archive is whole"), "{failure}");
}

#[test]
fn archives_of_different_things_are_not_merged() {
    let folder = tempfile::tempdir().unwrap();
    let tiles = [(5_000_000_000, vec![1])];
    let one = archive(&folder.path().join("one"), "nen", &tiles);
    let refused = |change: &dyn Fn(&mut Head, &mut Identity)| {
        let other = folder.path().join("other");
        write_archive(&other, "nen", &tiles, change);
        let failure = merge_files(&[one.clone(), other], &folder.path().join("out")).unwrap_err();
        assert_eq!(failure.exit().code(), 2, "{failure}");
        failure.to_string()
    };
    assert!(refused(&|_, identity| identity.set = "thua-dat".into()).contains("is of tile set 'thua-dat'"));
    assert!(refused(&|head, _| head.minzoom = 3).contains("other zooms"));
    assert!(refused(&|head, _| head.tile_type = pmtiles::TileType::Mlt).contains("other kind or compression"));
    assert!(refused(&|_, identity| identity.bounds_e7[0] += 1).contains("other bounds of the whole"));
    assert!(refused(&|head, _| drop(head.metadata.insert("name".into(), "b".into()))).contains("other metadata"));
}

#[test]
fn parts_that_were_cut_by_other_boundaries_are_not_merged() {
    let folder = tempfile::tempdir().unwrap();
    let whole = archive(&folder.path().join("whole"), "nen", &[(5_000_000_000, vec![1])]);
    let shapes = |count: u32| Province { tiles: vec![], communes: vec![[0, 0, count, 9]; 3] }.territory();
    let two = {
        let mut land = Shapes::new(GeometryKind::Polygon);
        land.coords.extend([[1, 1], [1, 9], [9, 9]]);
        land.end_ring();
        land.end_part();
        land.end_feature();
        Territory::new(["1", "9"].into_iter().map(|code| (code, &land, 0)))
    };
    let (a, b) = (folder.path().join("a"), folder.path().join("b"));
    cut_communes(&whole, &shapes(9), &["1"], &a).unwrap();
    cut_communes(&whole, &two, &["9"], &b).unwrap();
    let failure = merge_files(&[a, b], &folder.path().join("out")).unwrap_err();
    assert_eq!(failure.exit().code(), 3);
    assert!(failure.to_string().contains("was cut by other communes"), "{failure}");
}

#[test]
fn a_dry_run_says_the_same_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let whole = many_tiles(folder.path(), 40);
    let out = folder.path().join("out");
    let area = Land::Box([BOUNDS[0], BOUNDS[1], BOUNDS[0] + 1000, BOUNDS[3]]);
    let foretold = cut::cut(&whole, &area, &out, true, &Silent).unwrap();
    assert!(!out.exists());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    assert_eq!(cut::cut(&whole, &area, &out, false, &Silent).unwrap(), foretold);
    assert_eq!(std::fs::metadata(&out).unwrap().len(), foretold.bytes);
}

#[test]
fn land_that_the_archive_does_not_have_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let whole = many_tiles(folder.path(), 4);
    let out = folder.path().join("out");
    let territory = Province { tiles: vec![], communes: vec![[0, 0, 9, 9]; 3] }.territory();
    let failure = cut_communes(&whole, &territory, &["1", "8", "9"], &out).unwrap_err();
    assert_eq!((failure.exit().code(), failure.faults.len()), (2, 2));
    let failure = cut::cut(&whole, &Land::Box([0, 0, 9, 9]), &out, false, &Silent).unwrap_err();
    assert_eq!(failure.exit().code(), 2);
    cut_communes(&whole, &territory, &["1"], &out).unwrap();
    let failure = cut_communes(&out, &territory, &["1"], &folder.path().join("part of a part")).unwrap_err();
    assert_eq!(failure.exit().code(), 3);
}

/// A directory as bytes: entries of id, run, length and offset, none following another.
fn directory(entries: &[(u64, u64, u64, u64)]) -> Vec<u8> {
    let mut bytes = vec![];
    let mut varint = |mut value: u64| loop {
        bytes.push(if value < 0x80 { value as u8 } else { value as u8 | 0x80 });
        value >>= 7;
        if value == 0 {
            break;
        }
    };
    varint(entries.len() as u64);
    let mut last = 0;
    entries.iter().for_each(|entry| varint(entry.0 - std::mem::replace(&mut last, entry.0)));
    entries.iter().for_each(|entry| varint(entry.1));
    entries.iter().for_each(|entry| varint(entry.2));
    entries.iter().for_each(|entry| varint(entry.3 + 1));
    bytes
}

/// An archive with another root directory, whose leaves are the bytes of the tiles.
fn forged(folder: &Path, addressed: u64, root: &[u8], leaves: &[u8]) -> Failure {
    let file = many_tiles(folder, 4);
    let mut bytes = read(&file);
    let end = bytes.len() as u64;
    bytes.extend(leaves);
    bytes[127..127 + root.len()].copy_from_slice(root);
    bytes[16..24].copy_from_slice(&(root.len() as u64).to_le_bytes());
    bytes[40..48].copy_from_slice(&end.to_le_bytes());
    bytes[48..56].copy_from_slice(&(leaves.len() as u64).to_le_bytes());
    bytes[72..80].copy_from_slice(&addressed.to_le_bytes());
    std::fs::write(&file, bytes).unwrap();
    let failure = merge_files(&[file], &folder.join("out")).unwrap_err();
    assert_eq!(failure.exit().code(), 3, "{failure}");
    assert!(!folder.join("out").exists());
    failure
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    congbo::tile::archive::gzip(&mut congbo::tile::archive::compressor(), bytes)
}

#[test]
fn hostile_directories_are_refused_without_effort() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |addressed, root: &[u8], leaves: &[u8]| forged(folder.path(), addressed, root, leaves).to_string();
    let first = 5_000_000_000;
    let packed = |entries: &[(u64, u64, u64, u64)]| gzip(&directory(entries));

    // A leaf that is its own leaf.
    let circle = packed(&[(first, 0, 40, 0)]);
    let same = packed(&[(first, 0, circle.len() as u64, 0)]);
    assert!(refused(4, &packed(&[(first, 0, same.len() as u64, 0)]), &same).contains("deep"));
    // One leaf a thousand times over.
    let leaf = packed(&[(first, 1, 1, 0)]);
    let again: Vec<_> = (0..1000).map(|i| (first + i, 0, leaf.len() as u64, 0)).collect();
    assert!(refused(1000, &packed(&again), &leaf).contains("does not begin where its entry says"));
    // An empty leaf, a leaf outside, a tile outside, a tile beyond all tiles.
    let empty = gzip(&[0]);
    assert!(refused(1, &packed(&[(first, 0, empty.len() as u64, 0)]), &empty).contains("does not begin"));
    assert!(refused(1, &packed(&[(first, 0, 9, 1 << 40)]), &leaf).contains("points outside"));
    assert!(refused(1, &packed(&[(first, 1, 1 << 31, 0)]), &leaf).contains("points outside"));
    assert!(refused(1, &packed(&[(first, 1, 1, u64::MAX - 1)]), &leaf).contains("points outside"));
    // Four thousand million tiles of one byte, told and untold; tiles of no zoom.
    assert!(refused(4, &packed(&[(first, u64::from(u32::MAX) >> 4, 1, 0)]), &leaf).contains("more than the 4 tiles"));
    assert!(refused(u64::MAX, &packed(&[(first, 1, 1, 0)]), &leaf).contains("says to have"));
    assert!(refused(1, &packed(&[(3, 1, 1, 0)]), &leaf).contains("not of the archive's zooms"));
    assert!(refused(2, &packed(&[(first, 1, 1, 0)]), &leaf).contains("its header says 2"));
    // A directory of zeros that inflates to a gigabyte, and one whose trailer only says so.
    let mut bomb = gzip(&vec![0; 8 << 20]);
    assert!(refused(1, &bomb, &leaf).contains("no archive has"));
    let trailer = bomb.len() - 4;
    bomb[trailer..].copy_from_slice(&9u32.to_le_bytes());
    assert!(refused(1, &bomb, &leaf).contains("cannot be inflated"));
    // More behind the entries, and fewer entries than promised.
    assert!(refused(1, &gzip(&[directory(&[(first, 1, 1, 0)]), vec![0; 9]].concat()), &leaf).contains("more behind"));
    assert!(refused(1, &gzip(&[0xff, 0xff, 0xff, 0x7f, 1]), &leaf).contains("ends too early"));
}

#[test]
fn an_archive_that_does_not_say_what_it_is_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("foreign");
    let writer = pmtiles::PmTilesWriter::new(pmtiles::TileType::Mvt).max_zoom(16).metadata("{}");
    writer.create(std::fs::File::create(&file).unwrap()).unwrap().finalize().unwrap();
    let failure = merge_files(&[file], &folder.path().join("out")).unwrap_err();
    assert_eq!(failure.exit().code(), 3);
    assert!(failure.to_string().contains("does not say which tile set"), "{failure}");
}

#[test]
fn the_program_asks_for_land_and_refuses_what_is_no_box() {
    for arguments in [&["tiles", "cut", "a", "--out", "b"][..], &["tiles", "cut", "a", "--out", "b", "--box", "1,2,3"]]
    {
        let output = Command::new(env!("CARGO_BIN_EXE_congbo")).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&output.stderr).contains("--box"));
    }
}

fn many_tiles(folder: &Path, count: u64) -> PathBuf {
    let tiles: Vec<(u64, Vec<u8>)> = (0..count).map(|i| (5_000_000_000 + i, vec![i as u8; 9])).collect();
    archive(&folder.join("tiles"), "nen", &tiles)
}

fn archive(file: &Path, set: &str, tiles: &[(u64, Vec<u8>)]) -> PathBuf {
    write_archive(file, set, tiles, &|_, _| {});
    file.to_owned()
}

fn write_archive(file: &Path, set: &str, tiles: &[(u64, Vec<u8>)], change: &dyn Fn(&mut Head, &mut Identity)) {
    let (tile_type, tile_compression) = (pmtiles::TileType::Mvt, pmtiles::Compression::Gzip);
    let metadata = serde_json::json!({ "name": "Thử", KEY: null, "vector_layers": [] }).as_object().unwrap().clone();
    let mut head = Head { tile_type, tile_compression, minzoom: 14, maxzoom: 16, bounds_e7: BOUNDS, metadata };
    let mut identity = Identity { set: set.into(), bounds_e7: BOUNDS, part: None };
    change(&mut head, &mut identity);
    head.metadata.insert(KEY.into(), identity.to_json());
    let mut archive = Archive::begin(std::fs::File::create(file).unwrap(), &head).unwrap();
    tiles.iter().for_each(|(id, bytes)| archive.add(*id, bytes).unwrap());
    archive.finish().unwrap();
    if tiles.len() < 1000 {
        assert_eq!(StoredArchive::open(file).map_or(0, |archive| archive.tiles().count()), tiles.len());
    }
}

fn cut_communes(from: &Path, territory: &Territory, codes: &[&str], out: &Path) -> congbo::error::Result<CopyReport> {
    let codes: BTreeSet<String> = codes.iter().map(|code| (*code).to_owned()).collect();
    cut::cut(from, &Land::Communes(codes, territory), out, false, &Silent)
}

fn merge_files(from: &[PathBuf], out: &Path) -> congbo::error::Result<CopyReport> {
    merge::merge(from, out, false, &Silent)
}

fn read(file: &Path) -> Vec<u8> {
    std::fs::read(file).unwrap()
}

#[test]
fn an_archive_goes_into_mbtiles_and_into_a_folder_with_every_tile_and_its_layers() {
    let keys = tempfile::tempdir().unwrap();
    let key = keys.path().join("approver");
    signature::make_key(&key, None).unwrap();
    let mut site = DemoSite::approved(&key.with_extension("key"));
    site.congbo(&["build"]);
    let built = site.files("dist/releases").into_iter().map(|(path, _)| path);
    let archive = built.into_iter().find(|path| {
        path.display().to_string().contains("thua-dat-") && path.extension().is_some_and(|e| e == "pmtiles")
    });
    let archive = site.path().join("dist/releases").join(archive.unwrap()).display().to_string();
    let out = |name: &str| site.path().join(name).display().to_string();
    let (part, tiles, again, folder) = (out("part.pmtiles"), out("a.mbtiles"), out("b.mbtiles"), out("bang"));
    site.congbo(&["tiles", "cut", &archive, "--commune", "99001", "--out", &part]);
    for to in [&tiles, &again, &folder] {
        site.congbo(&["tiles", "export", &part, "--out", to]);
    }
    assert!(std::fs::read(&tiles).unwrap() == std::fs::read(&again).unwrap(), "the same bytes each time");
    let database = rusqlite::Connection::open(&tiles).unwrap();
    let said = |name: &str| -> String {
        database.query_row("SELECT value FROM metadata WHERE name = ?", [name], |row| row.get(0)).unwrap()
    };
    assert_eq!([said("format"), said("minzoom"), said("maxzoom")], ["pbf", "13", "16"]);
    assert!(said("json").contains("\"id\":\"thua_dat\"") && said("attribution").len() > 5);
    let stored = StoredArchive::open(Path::new(&part)).unwrap();
    let (mut count, mut packed) = (0, vec![]);
    for tile in stored.tiles() {
        let tile = tile.unwrap();
        stored.read(tile, &mut packed).unwrap();
        let at = congbo::tile::grid::tile(tile.id);
        let from_south = (1_u32 << at.z) - 1 - at.y;
        let found: Vec<u8> = database
            .query_row(
                "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?",
                (at.z, at.x, from_south),
                |row| row.get(0),
            )
            .unwrap();
        assert!(found == packed, "{at:?}");
        let plain = std::fs::read(Path::new(&folder).join(format!("{}/{}/{}.mvt", at.z, at.x, at.y))).unwrap();
        assert!(plain == congbo::tile::stored::inflated_tile(&packed).unwrap(), "{at:?}");
        count += 1;
    }
    let rows: i64 = database.query_row("SELECT count(*) FROM tiles", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, count);
    assert!(std::fs::read_to_string(Path::new(&folder).join("metadata.json")).unwrap().contains("vector_layers"));
}

//! Dissolved land at small zooms: areas, borders, bytes. `COVERAGES` says how many random ones are drawn.

use congbo::model::shapes::{GeometryKind, Shapes, WorldCoord};
use congbo::progress::Silent;
use congbo::tile::fabric_layer;
use congbo::tile::set::{self, SetFacts, TileSetReport};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

const USES: [&str; 4] = ["LUC", "ODT", "ONT", "TON"];

/// Parcels of about 40 m side by side in the north of Vietnam; every seventh row and column is a road of 8 m, and some
/// parcels have another one inside.
fn coverage(jitter: &[i32], cells: i64) -> (Shapes<WorldCoord>, Vec<&'static str>) {
    const STEP: i64 = 4400;
    let corner = |c: i64, r: i64| -> WorldCoord {
        let off = |k: i64| i64::from(jitter[(c * 31 + r * 17 + k).rem_euclid(jitter.len() as i64) as usize]);
        let along = |v: i64| v * STEP + (v / 7) * 900;
        [(3_416_784_000 + along(c) + off(0)) as u32, (1_892_466_000 + along(r) + off(5)) as u32]
    };
    let mut shapes = Shapes::new(GeometryKind::Polygon);
    let mut uses = vec![];
    for (c, r) in (0..cells).flat_map(|r| (0..cells).map(move |c| (c, r))).filter(|(c, r)| c % 7 != 6 && r % 7 != 6) {
        shapes.coords.extend([corner(c, r), corner(c, r + 1), corner(c + 1, r + 1), corner(c + 1, r)]);
        shapes.end_ring();
        let [x, y] = corner(c, r).map(|v| v + 1700);
        let enclave = [[x, y], [x, y + 900], [x + 900, y + 900], [x + 900, y]];
        let has_enclave = (c * r) % 11 == 5;
        if has_enclave {
            shapes.coords.extend(enclave.iter().rev());
            shapes.end_ring();
        }
        shapes.end_part();
        shapes.end_feature();
        uses.push(USES[(c / 5 * 7 + r / 3 + i64::from(jitter[(c + r) as usize % jitter.len()] > 600)) as usize % 3]);
        if has_enclave && c % 2 == 0 {
            shapes.coords.extend(enclave);
            shapes.end_ring();
            shapes.end_part();
            shapes.end_feature();
            uses.push("TON");
        }
    }
    (shapes, uses)
}

fn archive(jitter: &[i32], cells: i64) -> (TileSetReport, Vec<u8>) {
    let (shapes, uses) = coverage(jitter, cells);
    let layers = fabric_layer::layers(&shapes, &uses, "su_dung_dat", "use", (8, 14));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.pmtiles");
    let text = String::new;
    let facts =
        SetFacts { id: "a".into(), title: text(), description: text(), attribution: text(), budget_bytes: u32::MAX };
    let report = set::write(&path, &facts, &layers, &Silent).unwrap_or_else(|failure| panic!("{failure}"));
    (report, std::fs::read(&path).unwrap())
}

fn jitter() -> Vec<i32> {
    (0..97).map(|i| (i * 7919) % 1400 - 700).collect()
}

#[test]
fn every_zoom_shows_each_use_with_its_area_and_neither_gap_nor_overlap() {
    let (report, _) = archive(&jitter(), 60);
    assert_eq!(report.zooms.len(), 7);
    for zoom in &report.zooms {
        let coverage = zoom.coverage.as_ref().unwrap();
        assert_eq!((coverage.overlaps, coverage.gaps), (0, 0), "z{}", zoom.z);
        assert_eq!(zoom.areas.len(), 4);
        for area in &zoom.areas {
            assert!(area.is_within_bound(), "z{}: {area:?}", zoom.z);
            assert!(zoom.z < 12 || area.bound_percent < 1.0, "the bound is a bound: {area:?}");
        }
    }
}

#[test]
fn the_archive_is_the_same_on_one_two_and_four_threads() {
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| archive(&jitter(), 40).1)
    };
    let one = on(1);
    assert!(one == on(2) && one == on(4));
}

#[test]
fn random_coverages_keep_their_areas() {
    let cases = std::env::var("COVERAGES").ok().and_then(|n| n.parse().ok()).unwrap_or(6);
    let jitters = (proptest::collection::vec(-800..800i32, 97), 2i64..48);
    let mut runner = TestRunner::new(ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() });
    let outcome = runner.run(&jitters, |(jitter, cells)| {
        let (report, _) = archive(&jitter, cells);
        for zoom in &report.zooms {
            // A use of less than four squares of the grid may find no place where it can be so small.
            let off = zoom.areas.iter().find(|area| area.bound_percent < 12.5 && !area.is_within_bound());
            prop_assert!(off.is_none(), "{cells} cells, z{}: {off:?}", zoom.z);
        }
        Ok(())
    });
    outcome.unwrap();
}

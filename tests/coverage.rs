//! Parcels drawn from tiles have no gap, no overlap and no missing parcel, and the proof would see it if they had.

use std::borrow::Cow;
use std::path::Path;

use congbo::model::shapes::{GeometryKind, Shapes, WorldCoord};
use congbo::progress::Silent;
use congbo::tile::layer::{Field, TileLayer, Values};
use congbo::tile::set::{self, SetFacts, TileSetReport};
use congbo::tile::weld::{WeldReport, weld};
use congbo::tile::{proof, set::draw};
use proptest::prelude::*;

use random_coverage::{CORNER, Parcel, Plan, ZOOMS, plan};

mod random_coverage;

fn layer(parcels: &[Parcel]) -> TileLayer<'static> {
    let mut shapes: Shapes<WorldCoord> = Shapes::new(GeometryKind::Polygon);
    for parcel in parcels {
        for ring in parcel {
            shapes.coords.extend(ring.iter().map(|p| p.map(|v| v as u32)));
            shapes.end_ring();
        }
        shapes.end_part();
        shapes.end_feature();
    }
    let count = shapes.len() as u64;
    let (shapes, welded): (_, WeldReport) = weld(Cow::Owned(shapes), 0.03);
    TileLayer {
        name: "thua_dat".into(),
        shapes,
        ids: (1..=count).collect(),
        fields: vec![Field { name: "so".into(), values: Values::integers((0..count as i64).map(Some)) }],
        minzoom: ZOOMS.0,
        maxzoom: ZOOMS.1,
        complete: true,
        coverage: true,
        weld: Some(welded),
        inside: None,
        stated_areas: vec![],
    }
}

fn facts() -> SetFacts {
    let text = String::new;
    SetFacts { id: "thua-dat".into(), title: text(), description: text(), attribution: text(), budget_bytes: u32::MAX }
}

fn written(path: &Path, layer: TileLayer<'_>) -> congbo::error::Result<TileSetReport> {
    set::write(path, &facts(), &[layer], &Silent)
}

/// How many random coverages are drawn: `scripts/prove coverages N` asks for more.
fn cases() -> u32 {
    std::env::var("COVERAGES").ok().and_then(|n| n.parse().ok()).unwrap_or(32)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn a_random_coverage_is_drawn_without_gap_overlap_or_loss(plan in plan()) {
        let parcels = plan.parcels();
        prop_assume!(!parcels.is_empty());
        let folder = tempfile::tempdir().unwrap();
        let report = written(&folder.path().join("a.pmtiles"), layer(&parcels));
        let report = report.map_err(|failure| TestCaseError::fail(failure.to_string()))?;
        for zoom in &report.zooms {
            let found = zoom.coverage.as_ref().unwrap();
            prop_assert_eq!((found.gaps, found.overlaps), (0, 0));
            prop_assert_eq!(zoom.features_drawn, zoom.features_in);
            prop_assert!(found.border_error_greatest_m <= 3.0 * found.unit_m, "{:?}", found);
        }
    }
}

fn example() -> Vec<Parcel> {
    let jitter = (0..211).map(|i| ((i * 37) % 59 - 29, (i * 23) % 59 - 29)).collect();
    let kinds = (0..256).map(|i| ((i * 7) % 12) as u8).collect();
    Plan { cells: 8, step: 4000, jitter, kinds }.parcels()
}

/// Draws one layer and holds the archive against another.
fn verdict(drawn: &[Parcel], truth: TileLayer<'_>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.pmtiles");
    draw(&path, &facts(), &[layer(drawn)], false, &Silent).unwrap();
    proof::archive(&path, &facts(), &[truth], &Silent).map_or_else(|failure| failure.to_string(), |_| "proved".into())
}

#[test]
fn what_was_drawn_is_proved() {
    assert_eq!(verdict(&example(), layer(&example())), "proved");
}

#[test]
fn the_proof_misses_a_parcel_that_was_not_drawn() {
    let mut drawn = example();
    drawn.pop();
    let said = verdict(&drawn, layer(&example()));
    assert!(said.contains(" 1 of ") && said.contains("are not drawn at z16"), "{said}");
}

#[test]
fn the_proof_sees_an_overlap() {
    let mut drawn = example();
    let i = drawn.iter().position(|parcel| parcel.len() == 1 && parcel[0].len() == 8).unwrap();
    drawn[i][0][6][0] += 1500;
    let said = verdict(&drawn, layer(&example()));
    assert!(said.contains("overlaps in"), "{said}");
}

#[test]
fn the_proof_sees_a_gap() {
    let mut drawn = example();
    let i = drawn.iter().position(|parcel| parcel.len() == 1 && parcel[0].len() == 8).unwrap();
    drawn[i][0][6][0] -= 1500;
    let said = verdict(&drawn, layer(&example()));
    assert!(said.contains("gapes along"), "{said}");
}

#[test]
fn the_proof_sees_another_value() {
    let mut truth = layer(&example());
    let count = truth.ids.len() as i64;
    truth.fields[0].values = Values::integers((0..count).map(|i| Some(if i == 5 { 999 } else { i })));
    assert!(verdict(&example(), truth).contains("other values"));
}

#[test]
fn a_parcel_thinner_than_the_grid_keeps_some_area_and_so_do_its_neighbours() {
    // 40 m long, 12 cm wide: a tenth of a unit of z13.
    let [x, y] = CORNER;
    let thin = vec![[x, y], [x, y + 4600], [x + 14, y + 4600], [x + 14, y]];
    let west = vec![[x - 3000, y], [x - 3000, y + 4600], [x, y + 4600], [x, y]];
    let east = vec![[x + 14, y], [x + 14, y + 4600], [x + 3000, y + 4600], [x + 3000, y]];
    let parcels = [thin, west, east].map(|ring| vec![ring]);
    let folder = tempfile::tempdir().unwrap();
    let report = written(&folder.path().join("a.pmtiles"), layer(&parcels)).unwrap();
    assert!(report.zooms.iter().all(|zoom| zoom.features_drawn == 3));
}

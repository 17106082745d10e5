//! What a tile must be, read back from its bytes.

use std::borrow::Cow;

use congbo::model::shapes::{GeometryKind, Shapes, WorldCoord};
use congbo::model::tile_coord::TileCoord;
use congbo::progress::Silent;
use congbo::tile::decode::{self, DecodedValue};
use congbo::tile::encode::{Prepared, TileEncoder};
use congbo::tile::grid::{BUFFER, EXTENT, Grid};
use congbo::tile::layer::{Field, TileLayer, Values};
use congbo::tile::pairs::Job;
use congbo::tile::polygon::twice_signed_area;
use congbo::tile::proof::polygons::area_inside;
use congbo::tile::set::{self, SetFacts};
use congbo::tile::slices::Slices;
use proptest::prelude::*;

/// A tile of zoom 16 in the north of Vietnam, and its north-west corner in world units (16 to a tile unit).
const TILE: TileCoord = TileCoord { z: 16, x: 52137, y: 28885 };
const UNIT: u32 = 16;
const CORNER: WorldCoord = [TILE.x * EXTENT * UNIT, TILE.y * EXTENT * UNIT];

#[test]
fn a_parcel_keeps_its_corners_its_winding_and_its_fields() {
    let layer = layer(vec![vec![vec![[100, 100], [100, 300], [300, 300], [300, 100]]]]);
    let tile = draw(&layer, TILE);
    let parcel = &tile[0];
    assert_eq!(parcel.id, Some(7));
    assert_eq!(sorted(&parcel.parts[0]), [[100, 100], [100, 300], [300, 100], [300, 300]]);
    assert!(twice_signed_area(&parcel.parts[0]) > 0, "an outer ring runs clockwise on the screen");
}

#[test]
fn a_hole_that_begins_where_the_outer_ring_ended_is_not_lost() {
    // The outer ring is written backwards and ends at its first corner, which the hole touches.
    let outer = vec![[100, 100], [100, 300], [300, 300], [300, 100]];
    let hole = vec![[100, 100], [200, 150], [150, 200]];
    let tile = draw(&layer(vec![vec![outer, hole]]), TILE);
    assert_eq!(tile[0].parts.len(), 2);
    assert!(twice_signed_area(&tile[0].parts[1]) < 0, "a hole runs the other way round");
}

#[test]
fn a_parcel_across_the_side_of_a_tile_is_drawn_whole_in_both() {
    let layer = layer(vec![vec![vec![[4000, 100], [4000, 200], [4200, 200], [4200, 100]]]]);
    let east = TileCoord { x: TILE.x + 1, ..TILE };
    assert_eq!(sorted(&draw(&layer, TILE)[0].parts[0]), [[4000, 100], [4000, 200], [4200, 100], [4200, 200]]);
    assert_eq!(sorted(&draw(&layer, east)[0].parts[0]), [[-96, 100], [-96, 200], [104, 100], [104, 200]]);
}

#[test]
fn a_long_parcel_is_cut_at_the_end_of_the_buffer() {
    let layer = layer(vec![vec![vec![[1000, 100], [1000, 200], [6000, 200], [6000, 100]]]]);
    let east = TileCoord { x: TILE.x + 1, ..TILE };
    let edge = EXTENT as i32 + BUFFER;
    let in_west = sorted(&draw(&layer, TILE)[0].parts[0]);
    assert_eq!([in_west[0], *in_west.last().unwrap()], [[1000, 100], [edge, 200]]);
    let in_east = sorted(&draw(&layer, east)[0].parts[0]);
    assert_eq!([in_east[0], *in_east.last().unwrap()], [[-BUFFER, 100], [6000 - 4096, 200]]);
}

#[test]
fn what_lies_outside_a_tile_is_not_in_it() {
    let layer = layer(vec![vec![vec![[100, 100], [100, 200], [200, 200], [200, 100]]]]);
    assert!(draw(&layer, TileCoord { x: TILE.x + 1, ..TILE }).is_empty());
}

#[test]
fn a_parcel_that_is_smaller_than_the_grid_is_drawn_as_the_smallest_triangle() {
    let mut tiny = layer(vec![vec![vec![[10, 10], [10, 11], [11, 11], [11, 10]]]]);
    tiny.minzoom = 12;
    archive(tiny, u32::MAX).unwrap();
}

#[test]
fn a_tile_over_the_budget_fails_the_build_by_its_address() {
    let parcels = layer(vec![vec![vec![[100, 100], [100, 300], [300, 300], [300, 100]]]]);
    let failure = archive(parcels, 40).unwrap_err();
    assert_eq!(failure.exit().code(), 5);
    assert!(failure.to_string().contains("16/52137/28885"), "{failure}");
}

#[test]
fn two_parcels_of_one_code_fail_the_build() {
    let square = vec![vec![[100, 100], [100, 300], [300, 300], [300, 100]]];
    let mut parcels = layer(vec![square.clone(), square]);
    parcels.ids = vec![7, 7];
    assert!(archive(parcels, u32::MAX).unwrap_err().to_string().contains("have the same id"));
}

#[test]
fn a_line_that_leaves_the_tile_and_returns_is_two_lines() {
    let mut road = layer(vec![vec![vec![[3000, 100], [5000, 100], [5000, 900], [3000, 900]]]]);
    road.shapes.to_mut().kind = GeometryKind::Line;
    assert_eq!(draw(&road, TILE)[0].parts.len(), 2);
}

/// A field of crooked quadrilaterals that share all corners and bent borders, three tiles wide and high.
fn coverage(jitter: &[(i32, i32)], cells: u32) -> Vec<Vec<Vec<[i32; 2]>>> {
    let step = (3 * EXTENT / cells) as i32;
    let n = cells as usize;
    let moved = |i: usize, x: i32, y: i32| {
        let (dx, dy) = jitter[i % jitter.len()];
        [x + dx * step / 400, y + dy * step / 400]
    };
    let at = |c: usize, r: usize| moved(c * 31 + r * 17, c as i32 * step - 4096, r as i32 * step - 4096);
    let between = |c: usize, r: usize, down: bool| {
        let (x, y) = (c as i32 * step - 4096, r as i32 * step - 4096);
        if down { moved(c * 13 + r * 7 + 5, x, y + step / 2) } else { moved(c * 11 + r * 3 + 9, x + step / 2, y) }
    };
    let cell = |c: usize, r: usize| {
        vec![vec![
            at(c, r),
            between(c, r, true),
            at(c, r + 1),
            between(c, r + 1, false),
            at(c + 1, r + 1),
            between(c + 1, r, true),
            at(c + 1, r),
            between(c, r, false),
        ]]
    };
    (0..n).flat_map(|r| (0..n).map(move |c| (c, r))).map(|(c, r)| cell(c, r)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// The parcels of a tile that lies wholly inside a coverage fill its square exactly: the sum of their areas in
    /// the square is the square's. One gap or overlap would show.
    #[test]
    fn parcels_that_share_their_borders_fill_a_tile_without_gap_or_overlap(
        jitter in proptest::collection::vec((-60i32..60, -60i32..60), 97),
        cells in 8u32..40,
    ) {
        let tile = draw(&layer(coverage(&jitter, cells)), TILE);
        let side = f64::from(EXTENT);
        let filled: f64 = tile.iter().flat_map(|parcel| &parcel.parts).map(|ring| area_inside(ring)).sum();
        prop_assert!((filled - side * side).abs() < 0.01, "{} of {}", filled, side * side);
    }

    /// Every value of every field comes back from the bytes.
    #[test]
    fn fields_survive_the_way_through_a_tile(text in "\\PC{0,20}", integer in any::<i64>(), real in any::<f64>()) {
        let mut one = layer(vec![vec![vec![[100, 100], [100, 300], [300, 300], [300, 100]]]]);
        one.fields = vec![
            Field { name: "text".into(), values: Values::text([Some(Cow::Borrowed(text.as_str()))].into_iter()) },
            Field { name: "integer".into(), values: Values::integers([Some(integer)].into_iter()) },
            Field { name: "real".into(), values: Values::reals([Some(real)].into_iter()) },
        ];
        let bytes = encode(&one, TILE);
        let decoded = &decode::tile(&bytes).unwrap()[0];
        let value = |name| decoded.value(&decoded.features[0], name).cloned();
        prop_assert_eq!(value("text"), Some(DecodedValue::Text(&text)));
        prop_assert_eq!(value("integer"), Some(DecodedValue::Integer(integer)));
        prop_assert!(matches!(value("real"), Some(DecodedValue::Real(r)) if r.to_bits() == real.to_bits()));
    }
}

/// Polygons in tile units relative to [`TILE`]: features of rings of corners.
fn layer(features: Vec<Vec<Vec<[i32; 2]>>>) -> TileLayer<'static> {
    let mut shapes = Shapes::new(GeometryKind::Polygon);
    let count = features.len() as u64;
    for feature in features {
        for ring in feature {
            let place = |axis: usize, v: i32| (CORNER[axis] as i64 + i64::from(v) * i64::from(UNIT)) as u32;
            shapes.coords.extend(ring.iter().map(|p| [place(0, p[0]), place(1, p[1])]));
            shapes.end_ring();
        }
        shapes.end_part();
        shapes.end_feature();
    }
    TileLayer {
        name: "thua_dat".into(),
        shapes: Cow::Owned(shapes),
        ids: (7..7 + count).collect(),
        fields: vec![],
        minzoom: 16,
        maxzoom: 16,
        complete: true,
        coverage: true,
        weld: None,
        inside: None,
        stated_areas: vec![],
    }
}

fn encode(layer: &TileLayer<'_>, tile: TileCoord) -> Vec<u8> {
    assert_eq!(Grid::new(16).unit(), UNIT as f32);
    let prepared = [Prepared::new(layer, false)];
    let slices = Slices::new(&prepared, 16, usize::MAX);
    let noded = slices.noded().unwrap();
    let mut encoded = vec![];
    let draw = |jobs: &[Job<'_>]| {
        if let Some(job) = jobs.iter().find(|job| job.tile == tile) {
            encoded = TileEncoder::default().encode(*job, &prepared, &noded).unwrap();
        }
        Ok(())
    };
    slices.each(draw).unwrap();
    encoded
}

/// A feature read back: id and rings.
struct Drawn {
    id: Option<u64>,
    parts: Vec<Vec<[i32; 2]>>,
}

fn draw(layer: &TileLayer<'_>, tile: TileCoord) -> Vec<Drawn> {
    let encoded = encode(layer, tile);
    let decoded = decode::tile(&encoded).unwrap();
    let Some(layer) = decoded.first() else { return vec![] };
    let drawn = |feature| layer.parts(feature).map(<[_]>::to_vec).collect();
    layer.features.iter().map(|feature| Drawn { id: feature.id, parts: drawn(feature) }).collect()
}

fn archive(layer: TileLayer<'_>, budget_bytes: u32) -> congbo::error::Result<()> {
    let folder = tempfile::tempdir().unwrap();
    let facts = SetFacts {
        id: "thua-dat".into(),
        title: String::new(),
        description: String::new(),
        attribution: String::new(),
        budget_bytes,
    };
    set::write(&folder.path().join("a.pmtiles"), &facts, &[layer], &Silent).map(|_| ())
}

fn sorted(ring: &[[i32; 2]]) -> Vec<[i32; 2]> {
    let mut ring = ring.to_vec();
    ring.sort_unstable();
    ring
}

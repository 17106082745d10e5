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

/// A place in the north of Vietnam; a unit of z16 is 16 world units, one of z13 128.
const CORNER: [i64; 2] = [3_417_000_000, 1_890_000_000];
const ZOOMS: (u8, u8) = (13, 16);

type Ring = Vec<[i64; 2]>;
/// Outer ring and holes, counter-clockwise and clockwise with north up (y grows southward).
type Parcel = Vec<Ring>;

/// What a random coverage is made from.
#[derive(Clone, Debug)]
struct Plan {
    cells: usize,
    /// World units: 9 to 70 m.
    step: i64,
    jitter: Vec<(i64, i64)>,
    /// What becomes of each cell.
    kinds: Vec<u8>,
}

fn plan() -> impl Strategy<Value = Plan> {
    let jitter = proptest::collection::vec((-30i64..30, -30i64..30), 211);
    (4usize..16, 1024i64..8192, jitter, proptest::collection::vec(0u8..12, 256))
        .prop_map(|(cells, step, jitter, kinds)| Plan { cells, step, jitter, kinds })
}

impl Plan {
    fn moved(&self, i: usize, x: i64, y: i64) -> [i64; 2] {
        let (dx, dy) = self.jitter[i % self.jitter.len()];
        [CORNER[0] + x + dx * self.step / 200, CORNER[1] + y + dy * self.step / 200]
    }

    fn corner(&self, column: usize, row: usize) -> [i64; 2] {
        self.moved(column * 31 + row * 17, column as i64 * self.step, row as i64 * self.step)
    }

    /// A bend in the middle of a border to the south, or to the east.
    fn bend(&self, column: usize, row: usize, south: bool) -> [i64; 2] {
        let (x, y) = (column as i64 * self.step, row as i64 * self.step);
        match south {
            true => self.moved(column * 13 + row * 7 + 5, x, y + self.step / 2),
            false => self.moved(column * 11 + row * 3 + 9, x + self.step / 2, y),
        }
    }

    /// Parcels, roads (nothing), strips, enclaves; the eastern half comes from another survey: its side of the
    /// common border lies up to 9 mm off and has corners that the western side lacks.
    fn parcels(&self) -> Vec<Parcel> {
        let at = |c, r| (c, r, self.kinds[(c * 16 + r) % self.kinds.len()]);
        let cells = (0..self.cells).flat_map(|c| (0..self.cells).map(move |r| (c, r)));
        cells.map(|(c, r)| at(c, r)).flat_map(|(c, r, kind)| self.cell(c, r, kind)).collect()
    }

    fn cell(&self, c: usize, r: usize, kind: u8) -> Vec<Parcel> {
        let seam = self.cells / 2;
        let off = |p: [i64; 2]| [p[0] + (p[1] % 3) - 1, p[1] + (p[0] % 3) - 1];
        let side = |p: [i64; 2]| if c == seam { off(p) } else { p };
        let (nw, sw, se, ne) =
            (side(self.corner(c, r)), side(self.corner(c, r + 1)), self.corner(c + 1, r + 1), self.corner(c + 1, r));
        let (south, east, north) = (self.bend(c, r + 1, false), self.bend(c + 1, r, true), self.bend(c, r, false));
        let middle = [(nw[0] + sw[0]) / 2, (nw[1] + sw[1]) / 2];
        let west = if c == seam { off(middle) } else { self.bend(c, r, true) };
        let mut outer = vec![nw, west, sw, south, se];
        // The western side of the seam is one straight border; the eastern one has a corner on it.
        if c + 1 != seam {
            outer.push(east);
        }
        outer.extend([ne, north]);
        match kind {
            0 => vec![],
            1 => strip(outer),
            2 | 3 => enclave(outer, nw, se, self.step),
            _ => vec![vec![outer]],
        }
    }
}

/// Cuts a thin lot off the northern side.
fn strip(outer: Ring) -> Vec<Parcel> {
    let [nw, .., ne, north] = outer[..] else { unreachable!() };
    let towards = |from: [i64; 2], to: [i64; 2]| [0, 1].map(|axis| from[axis] + (to[axis] - from[axis]) / 12);
    let (west, east) = (towards(nw, outer[1]), towards(ne, outer[outer.len() - 3]));
    let middle = [0, 1].map(|axis| north[axis] + (west[axis] - nw[axis] + east[axis] - ne[axis]) / 2);
    let mut rest = outer.clone();
    rest.truncate(outer.len() - 2);
    rest[0] = west;
    rest.extend([east, middle]);
    vec![vec![vec![nw, west, middle, east, ne, north]], vec![rest]]
}

/// A parcel in the middle of another.
fn enclave(outer: Ring, nw: [i64; 2], se: [i64; 2], step: i64) -> Vec<Parcel> {
    let [x, y] = [(nw[0] + se[0]) / 2, (nw[1] + se[1]) / 2];
    let d = step / 12;
    let island = vec![[x - d, y - d], [x - d, y + d], [x + d, y + d], [x + d, y - d]];
    let hole = island.iter().rev().copied().collect();
    vec![vec![outer, hole], vec![island]]
}

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

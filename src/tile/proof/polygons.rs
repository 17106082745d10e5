//! One polygon layer of one tile, decoded, beside the shapes it was drawn from.

use super::borders::{self, Outline, Sides};
use super::distance::{Errors, Lines, to_line_squared};
use super::rings::{self, twice_area};
use super::truth::Truth;
use crate::model::shapes::WorldCoord;
use crate::model::tile_coord::TileCoord;
use crate::tile::decode::{DecodedFeature, DecodedLayer, Point};
use crate::tile::grid::{BUFFER, EXTENT, Grid, origin};

/// How far an outline may lie from where the source has it before it counts as a gap, in grid units: half a unit
/// of simplification, and the diagonal of a grid square and a half for a corner that makes room for a thin parcel.
pub const ROUNDING: f64 = 2.65;

const SIDES: Sides = Sides { min: -BUFFER, max: EXTENT as i32 + BUFFER };

/// What was found.
#[derive(Default)]
pub struct PolygonsSeen {
    /// Features and their area inside the tile (without its buffer), in square units.
    pub areas: Vec<(u32, f64)>,
    pub vertices: u64,
    /// Places where the layer overlaps or gapes beyond rounding.
    pub overlaps: u64,
    pub gaps: u64,
    pub errors: Errors,
    pub faults: Vec<String>,
}

/// One feature, drawn and as the source has it.
struct Looked<'l> {
    truth: &'l Truth<'l>,
    layer: &'l DecodedLayer<'l>,
    feature: &'l DecodedFeature,
    i: usize,
    place: Place,
}

/// Looks at tiles; keeps its working space from one to the next.
#[derive(Default)]
pub struct PolygonEye {
    outline: Outline,
    expected: Vec<(Point, Point)>,
    lines: Lines,
    drawn: Vec<Point>,
    /// Corners that lie far from their own feature's border.
    far: Vec<([f64; 2], f64)>,
    borders: Lines,
}

/// Where a feature is thinner than the grid its corner may lie far from what is left of it, in grid units; the
/// border is then its neighbours'.
const FAR: f64 = 1.5;

impl PolygonEye {
    pub fn look(&mut self, truth: &Truth<'_>, layer: &DecodedLayer<'_>, tile: TileCoord) -> PolygonsSeen {
        let mut seen = PolygonsSeen::default();
        self.outline.clear();
        self.expected.clear();
        self.lines.clear();
        self.far.clear();
        for feature in &layer.features {
            match feature.id.and_then(|id| truth.feature(id)) {
                Some(i) => self.feature(&Looked { truth, layer, feature, i, place: Place::of(tile) }, &mut seen),
                None => seen.faults.push(format!("'{}' draws a feature that is not in the layer", layer.name)),
            }
        }
        if truth.layer.coverage && seen.faults.is_empty() {
            self.sides(&mut seen);
            self.far_corners(tile, &mut seen);
        }
        seen
    }

    fn feature(&mut self, looked: &Looked<'_>, seen: &mut PolygonsSeen) {
        let Looked { truth, layer, feature, i, .. } = *looked;
        let fault = |problem: String| format!("{}: feature {}: {problem}", layer.name, truth.layer.ids[i]);
        let parts = || layer.parts(feature);
        if !parts().flatten().all(|p| borders::is_in_margin(*p, SIDES)) {
            return seen.faults.push(fault("a corner lies outside the tile".into()));
        }
        if let Err(problem) = rings::check(parts()) {
            return seen.faults.push(fault(problem));
        }
        seen.vertices += parts().map(|ring| ring.len() as u64).sum::<u64>();
        seen.areas.push((i as u32, parts().map(area_inside).sum()));
        if truth.layer.coverage {
            parts().for_each(|ring| self.outline.add(ring));
        }
        self.compare(looked, seen);
    }

    /// How far the drawn border is from each corner of the source, and where the source has its outline.
    fn compare(&mut self, looked: &Looked<'_>, seen: &mut PolygonsSeen) {
        let Looked { truth, layer, feature, i, place } = *looked;
        let lines = || layer.parts(feature).flat_map(rings::edges);
        let corners = || layer.parts(feature).flatten();
        let many = corners().count() > MANY;
        if many {
            self.drawn.clear();
            self.drawn.extend(corners());
            self.drawn.sort_unstable();
        }
        for ring in truth.layer.shapes.ring_indices(i) {
            for (at, from, to) in truth.edges(ring) {
                let (exact, nearest) = (place.exact(from), place.nearest(from));
                if exact.iter().all(|v| (0.0..f64::from(EXTENT)).contains(v)) {
                    let on_corner = if many {
                        self.drawn.binary_search(&nearest).is_ok()
                    } else {
                        corners().any(|p| *p == nearest)
                    };
                    let off = if on_corner { distance(exact, nearest) } else { to_any_line(exact, lines()) };
                    match truth.layer.coverage && off > FAR {
                        true => self.far.push((exact, off)),
                        false => seen.errors.add(off, place.tile),
                    }
                }
                if truth.layer.coverage && truth.outline[at] {
                    self.expected.push((place.nearest(to), nearest));
                    self.lines.add(exact, place.exact(to));
                }
            }
        }
    }

    /// Looks for the nearest border of whatever feature.
    fn far_corners(&mut self, tile: TileCoord, seen: &mut PolygonsSeen) {
        if self.far.is_empty() {
            return;
        }
        self.borders.clear();
        self.outline.borders().for_each(|(a, b)| self.borders.add(a.map(f64::from), b.map(f64::from)));
        self.borders.index();
        for (corner, off) in &self.far {
            seen.errors.add(self.borders.distance(*corner).min(*off), tile);
        }
    }

    /// Overlaps and gaps.
    fn sides(&mut self, seen: &mut PolygonsSeen) {
        let doubled = self.outline.cancel();
        seen.overlaps = doubled + self.outline.folds();
        self.expected.sort_unstable();
        let unexpected =
            |edge: &&(Point, Point)| !borders::is_cut(**edge, SIDES) && self.expected.binary_search(edge).is_err();
        let unexpected: Vec<(Point, Point)> = self.outline.edges.iter().filter(unexpected).copied().collect();
        if !unexpected.is_empty() {
            self.lines.index();
            seen.gaps = unexpected.iter().filter(|edge| !self.lines.run_along(**edge, SIDES, ROUNDING)).count() as u64;
        }
    }
}

/// More corners than this are sorted before one is looked for.
const MANY: usize = 32;

/// World coordinates in units of a tile.
#[derive(Clone, Copy)]
struct Place {
    tile: TileCoord,
    origin: [i64; 2],
    shift: u32,
    units_per_world: f64,
}

impl Place {
    fn of(tile: TileCoord) -> Self {
        let shift = Grid::new(tile.z).shift();
        Place { tile, origin: origin(tile), shift, units_per_world: 1.0 / f64::from(Grid::new(tile.z).unit()) }
    }

    fn exact(self, world: WorldCoord) -> [f64; 2] {
        [0, 1].map(|axis| (i64::from(world[axis]) - (self.origin[axis] << self.shift)) as f64 * self.units_per_world)
    }

    /// On the grid; a half goes up.
    fn nearest(self, world: WorldCoord) -> Point {
        let half = (1 << self.shift) >> 1;
        [0, 1].map(|axis| (((i64::from(world[axis]) + half) >> self.shift) - self.origin[axis]) as i32)
    }
}

fn distance(a: [f64; 2], b: Point) -> f64 {
    let (run, rise) = (a[0] - f64::from(b[0]), a[1] - f64::from(b[1]));
    (run * run + rise * rise).sqrt()
}

fn to_any_line(p: [f64; 2], lines: impl Iterator<Item = (Point, Point)>) -> f64 {
    lines.map(|(a, b)| to_line_squared(p, a.map(f64::from), b.map(f64::from))).fold(f64::INFINITY, f64::min).sqrt()
}

/// Area of a ring inside the tile without its buffer; holes count negative.
pub fn area_inside(ring: &[Point]) -> f64 {
    let inside = |v: &i32| (0..=EXTENT as i32).contains(v);
    if ring.iter().flatten().all(inside) {
        return twice_area(ring) as f64 / 2.0;
    }
    let mut corners: Vec<[f64; 2]> = ring.iter().map(|p| p.map(f64::from)).collect();
    for (axis, bound, low) in
        [(0, 0.0, true), (0, f64::from(EXTENT), false), (1, 0.0, true), (1, f64::from(EXTENT), false)]
    {
        corners = cut(&corners, axis, bound, low);
    }
    let n = corners.len();
    (0..n).map(|i| (corners[i], corners[(i + 1) % n])).map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum::<f64>() / 2.0
}

/// Keeps the side of a line that is greater (`low`) or less than `bound`.
fn cut(corners: &[[f64; 2]], axis: usize, bound: f64, low: bool) -> Vec<[f64; 2]> {
    let keeps = |p: [f64; 2]| if low { p[axis] >= bound } else { p[axis] <= bound };
    let mut kept = vec![];
    for (i, b) in corners.iter().enumerate() {
        let a = corners[if i == 0 { corners.len() - 1 } else { i - 1 }];
        if keeps(a) != keeps(*b) {
            let t = (bound - a[axis]) / (b[axis] - a[axis]);
            kept.push([0, 1].map(|k| a[k] + t * (b[k] - a[k])));
        }
        if keeps(*b) {
            kept.push(*b);
        }
    }
    kept
}

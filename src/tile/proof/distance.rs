//! How far drawn borders lie from where the source has them.

use super::borders::{Sides, along};
use crate::model::tile_coord::TileCoord;
use crate::project::mercator::metres_per_world_unit;
use crate::tile::decode::Point;
use crate::tile::grid::{Grid, origin};

/// Steps of the distribution: a sixty-fourth of a grid unit, up to eight units.
const STEP: f64 = 1.0 / 64.0;
const STEPS: usize = 512;

/// A distribution of distances.
#[derive(Clone)]
pub struct Errors {
    counts: Vec<u32>,
    pub count: u64,
    pub greatest_m: f64,
}

impl Default for Errors {
    fn default() -> Self {
        Errors { counts: vec![0; STEPS], count: 0, greatest_m: 0.0 }
    }
}

impl Errors {
    /// `units` is in grid units of the tile's zoom.
    pub fn add(&mut self, units: f64, tile: TileCoord) {
        self.counts[((units / STEP) as usize).min(STEPS - 1)] += 1;
        self.count += 1;
        // The metres are worked out for the few that matter.
        if units * f64::from(Grid::new(tile.z).unit()) * GREATEST_METRES > self.greatest_m {
            self.greatest_m = self.greatest_m.max(metres(units, tile));
        }
    }

    pub fn join(&mut self, other: &Errors) {
        self.counts.iter_mut().zip(&other.counts).for_each(|(a, b)| *a += b);
        self.count += other.count;
        self.greatest_m = self.greatest_m.max(other.greatest_m);
    }

    /// The steps at which there are distances, and how many.
    pub fn steps(&self) -> impl Iterator<Item = (usize, u32)> {
        self.counts.iter().copied().enumerate().filter(|(_, count)| *count > 0)
    }

    /// The distribution that had these steps; those beyond the last one are left out.
    pub fn of(steps: impl Iterator<Item = (usize, u32)>, greatest_m: f64) -> Self {
        let mut errors = Errors { greatest_m, ..Errors::default() };
        for (step, count) in steps.filter(|(step, _)| *step < STEPS) {
            errors.counts[step] += count;
            errors.count += u64::from(count);
        }
        errors
    }

    /// The distance that all but one in a hundred stay below, in grid units.
    pub fn percentile_99_units(&self) -> f64 {
        let mut rest = (self.count as f64 * 0.99).ceil() as i64;
        let step = self.counts.iter().position(|count| {
            rest -= i64::from(*count);
            rest <= 0
        });
        if self.count == 0 { 0.0 } else { (step.unwrap_or(STEPS) + 1) as f64 * STEP }
    }
}

/// A world unit on the equator, where it is longest.
const GREATEST_METRES: f64 = 0.009331;

/// Grid units at the middle of a tile in metres on the ground.
pub fn metres(units: f64, tile: TileCoord) -> f64 {
    let grid = Grid::new(tile.z);
    let [_, north] = origin(tile);
    let middle = ((north + 2048) as u64) << grid.shift();
    units * f64::from(grid.unit()) * metres_per_world_unit(middle.min(u64::from(u32::MAX)) as u32)
}

/// Squared distance of a point from a segment.
pub fn to_line_squared(p: [f64; 2], a: [f64; 2], b: [f64; 2]) -> f64 {
    let (run, rise) = (b[0] - a[0], b[1] - a[1]);
    let length2 = run * run + rise * rise;
    let t = if length2 == 0.0 { 0.0 } else { (((p[0] - a[0]) * run + (p[1] - a[1]) * rise) / length2).clamp(0.0, 1.0) };
    let (x, y) = (p[0] - a[0] - t * run, p[1] - a[1] - t * rise);
    x * x + y * y
}

/// The source's outline in tile units, by squares of the tile.
#[derive(Default)]
pub struct Lines {
    lines: Vec<([f64; 2], [f64; 2])>,
    /// First link of each square, as an index into `links` plus one.
    heads: Vec<u32>,
    links: Vec<(u32, u32)>,
}

/// Side of a square, and squares along a side with some beyond the tile's own.
const SQUARE: f64 = 32.0;
const REACH: f64 = 3.0;
const ACROSS: usize = 4096 / 32 + 8;

fn square(v: f64) -> usize {
    ((v / SQUARE + 4.0).max(0.0) as usize).min(ACROSS - 1)
}

impl Lines {
    pub fn clear(&mut self) {
        self.lines.clear();
    }

    pub fn add(&mut self, a: [f64; 2], b: [f64; 2]) {
        self.lines.push((a, b));
    }

    /// Puts every line into the squares that it comes near.
    pub fn index(&mut self) {
        self.heads.clear();
        self.heads.resize(ACROSS * ACROSS, 0);
        self.links.clear();
        for (i, (a, b)) in self.lines.iter().enumerate() {
            let squares = |axis: usize| square(a[axis].min(b[axis]) - REACH)..=square(a[axis].max(b[axis]) + REACH);
            for (row, column) in squares(1).flat_map(|row| squares(0).map(move |column| (row, column))) {
                let head = &mut self.heads[row * ACROSS + column];
                self.links.push((i as u32, *head));
                *head = self.links.len() as u32;
            }
        }
    }

    /// Whether an edge stays within `reach` (at most 3) of the lines, as far as it runs between the sides.
    pub fn run_along(&self, edge: (Point, Point), sides: Sides, reach: f64) -> bool {
        let places = [0.0, 0.25, 0.5, 0.75, 1.0].iter().map(|t| along(edge, *t));
        places
            .filter(|p| sides.hold(*p))
            .all(|p| self.near(p).any(|(from, to)| to_line_squared(p, from, to) <= reach * reach))
    }

    /// The distance from the nearest line; beyond `REACH` it may be said to be too great.
    pub fn distance(&self, p: [f64; 2]) -> f64 {
        self.near(p).map(|(from, to)| to_line_squared(p, from, to)).fold(f64::INFINITY, f64::min).sqrt()
    }

    fn near(&self, p: [f64; 2]) -> impl Iterator<Item = ([f64; 2], [f64; 2])> {
        let mut at = self.heads[square(p[1]) * ACROSS + square(p[0])];
        std::iter::from_fn(move || {
            let (line, next) = *self.links.get((at as usize).checked_sub(1)?)?;
            at = next;
            Some(self.lines[line as usize])
        })
    }
}

//! Parcels that would have no area on the grid of a zoom.
//!
//! A strip narrower than a grid unit can be rounded to a line, and a parcel would be missing. One of its corners
//! then goes to a neighbouring grid point instead of the nearest; all who share the corner follow it.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::grid::{self, Grid, GridPoint};
use super::ring_walk::land_area;
use crate::model::shapes::{Shapes, WorldCoord};

/// Corners that do not go to the nearest grid point.
pub type Moved = FxHashMap<WorldCoord, GridPoint>;

/// Moving a corner for one parcel can flatten the next: so often it is looked at again.
const ROUNDS: usize = 4;

/// Finds the corners to move so that every feature keeps some area.
pub fn moved(shapes: &Shapes<WorldCoord>, first_zooms: &[u8], grid: Grid) -> Moved {
    let mut moved = Moved::default();
    for _ in 0..ROUNDS {
        let flat: Vec<usize> = (0..shapes.len())
            .into_par_iter()
            .with_min_len(256)
            .filter(|feature| is_flat(shapes, first_zooms, grid, &moved, *feature))
            .collect();
        if flat.is_empty() {
            break;
        }
        for feature in flat {
            raise(shapes, first_zooms, grid, &mut moved, feature, 0);
        }
    }
    moved
}

/// Gives more room to features that the corners of their neighbours still press flat: a triangle over their length
/// that is about `units` high.
pub fn spread(
    shapes: &Shapes<WorldCoord>,
    first_zooms: &[u8],
    grid: Grid,
    moved: &mut Moved,
    flat: &[usize],
    units: i128,
) {
    for feature in flat {
        let around = grid.unit_box(grid::world_box(shapes.feature_rings(*feature).flatten()));
        let length = around.map_or(0, |[w, n, e, s]| (e - w).max(s - n));
        raise(shapes, first_zooms, grid, moved, *feature, i128::from(length) * units);
    }
}

fn is_flat(shapes: &Shapes<WorldCoord>, first_zooms: &[u8], grid: Grid, moved: &Moved, feature: usize) -> bool {
    let point = |i: usize| match moved.is_empty() {
        true => grid.point(shapes.coords[i]),
        false => moved.get(&shapes.coords[i]).copied().unwrap_or_else(|| grid.point(shapes.coords[i])),
    };
    let area = |ring: usize| {
        let mut points = shapes.ring_range(ring).filter(|i| first_zooms[*i] <= grid.z).map(point);
        let Some(first) = points.next() else { return 0 };
        let local = |p: GridPoint| [0, 1].map(|axis| i64::from(p[axis]) - i64::from(first[axis]));
        let (mut last, mut twice) = ([0, 0], 0);
        for p in points.map(local) {
            twice += p[0] * last[1] - last[0] * p[1];
            last = p;
        }
        twice
    };
    shapes.ring_indices(feature).map(area).sum::<i64>() <= 0
}

/// What a zoom keeps of a ring.
fn corners(shapes: &Shapes<WorldCoord>, first_zooms: &[u8], grid: Grid, ring: usize) -> Vec<WorldCoord> {
    shapes.ring_range(ring).filter(|i| first_zooms[*i] <= grid.z).map(|i| shapes.coords[i]).collect()
}

fn drawn(corners: &[WorldCoord], grid: Grid, moved: &Moved) -> Vec<GridPoint> {
    corners.iter().map(|corner| moved.get(corner).copied().unwrap_or_else(|| grid.point(*corner))).collect()
}

/// Moves one corner of the feature's greatest ring, or two, as little as possible.
fn raise(shapes: &Shapes<WorldCoord>, first_zooms: &[u8], grid: Grid, moved: &mut Moved, feature: usize, least: i128) {
    let greatest = shapes.ring_indices(feature).max_by_key(|ring| land_area(shapes.ring(*ring)));
    let Some(ring) = greatest else { return };
    let corners = corners(shapes, first_zooms, grid, ring);
    let points = drawn(&corners, grid, moved);
    if land_area(&points) > least {
        return;
    }
    let moves = |i: usize| around(grid.point(corners[i])).map(move |to| (i, to));
    let all: Vec<(usize, GridPoint)> = (0..points.len().min(12)).flat_map(moves).collect();
    let single = best(&corners, grid, all.iter().map(|a| vec![*a]).filter(|tried| is_raised(&points, tried, least)));
    let pairs = || all.iter().flat_map(|a| all.iter().filter(|b| a.0 < b.0).map(|b| vec![*a, *b]));
    let chosen = single.or_else(|| best(&corners, grid, pairs().filter(|tried| is_raised(&points, tried, least))));
    for (corner, to) in chosen.into_iter().flatten() {
        moved.insert(corners[corner], to);
    }
}

fn around([x, y]: GridPoint) -> impl Iterator<Item = GridPoint> {
    let steps = [(-1, 0), (0, -1), (0, 1), (1, 0), (-1, -1), (-1, 1), (1, -1), (1, 1)];
    steps.into_iter().map(move |(dx, dy)| [x.saturating_add_signed(dx), y.saturating_add_signed(dy)])
}

fn is_raised(points: &[GridPoint], tried: &[(usize, GridPoint)], least: i128) -> bool {
    let mut points = points.to_vec();
    tried.iter().for_each(|(corner, to)| points[*corner] = *to);
    land_area(&points) > least
}

/// The moves that end nearest to where the corners really are; of equal ones the first.
fn best(
    corners: &[WorldCoord],
    grid: Grid,
    tried: impl Iterator<Item = Vec<(usize, GridPoint)>>,
) -> Option<Vec<(usize, GridPoint)>> {
    let off = |axis: usize, corner: WorldCoord, to: GridPoint| {
        (i64::from(to[axis]) << grid.shift()) - i64::from(corner[axis])
    };
    let squared =
        |(corner, to): &(usize, GridPoint)| (0..2).map(|axis| off(axis, corners[*corner], *to).pow(2)).sum::<i64>();
    tried.min_by_key(|moves| (moves.iter().map(squared).sum::<i64>(), moves.clone()))
}

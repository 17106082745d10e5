//! Borders that two surveys put a few millimetres apart become one.
//!
//! Two communes, two meridians or two campaigns give the same border twice: corners lie apart by rounding, and a
//! corner of one lies on a side of the other. Only edges that no other polygon runs back along are looked at; in an
//! exact coverage these are its outside and nothing is found. What is approved stays as it is: the joined layer
//! is what tiles are drawn from.

use std::borrow::Cow;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use serde::Serialize;

use super::outline::{edges, outline};
use crate::model::shapes::{Shapes, WorldCoord};
use crate::project::mercator::metres_per_world_unit;

/// What was joined.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct WeldReport {
    /// Differences up to this are joined, none beyond it.
    pub tolerance_m: f64,
    /// Corners that went to another's place.
    pub corners_moved: u64,
    /// Corners that were set into the middle of a side.
    pub corners_inserted: u64,
    pub greatest_move_m: f64,
}

/// Joins the borders of a polygon layer.
pub fn weld(shapes: Cow<'_, Shapes<WorldCoord>>, tolerance_m: f64) -> (Cow<'_, Shapes<WorldCoord>>, WeldReport) {
    let unit_m = metres_per_world_unit(shapes.coords.first().map_or(1 << 31, |corner| corner[1]));
    let reach = (tolerance_m / unit_m).floor() as i64;
    let outline = outline(&shapes);
    let moved = merged(&corners(&shapes, &outline), reach);
    let place = |corner: WorldCoord| moved.get(&corner).copied().unwrap_or(corner);
    let inserted = on_sides(&shapes, &outline, &place, reach);
    let greatest = moved.iter().map(|(from, to)| squared(*from, *to)).max().unwrap_or(0);
    let report = WeldReport {
        tolerance_m,
        corners_moved: moved.len() as u64,
        corners_inserted: inserted.len() as u64,
        greatest_move_m: ((greatest as f64).sqrt() * unit_m * 1000.0).round() / 1000.0,
    };
    if moved.is_empty() && inserted.is_empty() {
        return (shapes, report);
    }
    (Cow::Owned(redrawn(&shapes, &place, &inserted)), report)
}

/// The corners of the outline, each once, in order.
fn corners(shapes: &Shapes<WorldCoord>, outline: &[bool]) -> Vec<WorldCoord> {
    let mut corners: Vec<WorldCoord> = (0..shapes.ring_ends.len())
        .into_par_iter()
        .with_min_len(1024)
        .flat_map_iter(|ring| edges(shapes, ring))
        .filter(|(i, _, _)| outline[*i])
        .flat_map_iter(|(_, from, to)| [from, to])
        .collect();
    corners.par_sort_unstable();
    corners.dedup();
    corners
}

/// Corners and the ones that they go to: in order, a corner joins the nearest that stays put within reach, or stays
/// put itself. So none moves farther than that, however many lie in a row.
fn merged(corners: &[WorldCoord], reach: i64) -> FxHashMap<WorldCoord, WorldCoord> {
    let mut moved = FxHashMap::default();
    let mut first = 0;
    for (i, corner) in corners.iter().enumerate() {
        while i64::from(corner[0]) - i64::from(corners[first][0]) > reach {
            first += 1;
        }
        let near = corners[first..i].iter().filter(|other| squared(**other, *corner) <= reach * reach);
        let standing = near.filter(|other| !moved.contains_key(*other));
        if let Some(nearest) = standing.min_by_key(|other| (squared(**other, *corner), **other)) {
            moved.insert(*corner, *nearest);
        }
    }
    moved
}

fn squared(a: WorldCoord, b: WorldCoord) -> i64 {
    let d = |axis: usize| i64::from(a[axis]) - i64::from(b[axis]);
    // Corners in one window of x may be far apart in y.
    d(0) * d(0) + d(1).abs().min(1 << 31) * d(1).abs().min(1 << 31)
}

/// Corners to set into sides: index of the coordinate where the side begins, how far along, the corner.
type Inserted = Vec<(u32, i64, WorldCoord)>;

/// Side of the squares in which corners are looked up, as a power of two of world units: 36 m.
const SQUARE: u32 = 12;

fn on_sides(
    shapes: &Shapes<WorldCoord>,
    outline: &[bool],
    place: &(impl Fn(WorldCoord) -> WorldCoord + Sync),
    reach: i64,
) -> Inserted {
    let mut corners: Vec<(u64, WorldCoord)> =
        corners(shapes, outline).into_iter().map(place).map(|corner| (square(corner), corner)).collect();
    corners.par_sort_unstable();
    corners.dedup();
    let mut inserted: Inserted = (0..shapes.ring_ends.len())
        .into_par_iter()
        .with_min_len(1024)
        .flat_map_iter(|ring| edges(shapes, ring))
        .filter(|(i, _, _)| outline[*i])
        .flat_map_iter(|(i, from, to)| on_side(&corners, i, place(from), place(to), reach))
        .collect();
    inserted.par_sort_unstable();
    inserted
}

fn square([x, y]: WorldCoord) -> u64 {
    u64::from(y >> SQUARE) << 32 | u64::from(x >> SQUARE)
}

/// The corners within reach of a side, without its ends.
fn on_side(corners: &[(u64, WorldCoord)], i: usize, from: WorldCoord, to: WorldCoord, reach: i64) -> Inserted {
    let run = [0, 1].map(|axis| i64::from(to[axis]) - i64::from(from[axis]));
    let length2 = (run[0] * run[0] + run[1] * run[1]) as f64;
    let square_of = |v: u32, by: i64| (i64::from(v) + by).clamp(0, i64::from(u32::MAX)) as u64 >> SQUARE;
    let between =
        |axis: usize| square_of(from[axis].min(to[axis]), -reach)..=square_of(from[axis].max(to[axis]), reach);
    let row = |y: u64| {
        let (first, last) = (y << 32 | between(0).start(), y << 32 | between(0).end());
        let start = corners.partition_point(|(square, _)| *square < first);
        corners[start..].iter().take_while(move |(square, _)| *square <= last)
    };
    let along = |corner: WorldCoord| {
        let aside = [0, 1].map(|axis| i64::from(corner[axis]) - i64::from(from[axis]));
        let along = run[0] * aside[0] + run[1] * aside[1];
        let off = (run[0] * aside[1] - run[1] * aside[0]) as f64;
        let near = off * off <= (reach * reach) as f64 * length2 && along > 0 && (along as f64) < length2;
        near.then_some(along)
    };
    between(1)
        .flat_map(row)
        .map(|(_, corner)| *corner)
        .filter(|corner| *corner != from && *corner != to)
        .filter_map(|corner| along(corner).map(|along| (i as u32, along, corner)))
        .collect()
}

fn redrawn(
    shapes: &Shapes<WorldCoord>,
    place: &impl Fn(WorldCoord) -> WorldCoord,
    inserted: &Inserted,
) -> Shapes<WorldCoord> {
    let mut drawn = Shapes::new(shapes.kind);
    let mut ring_points: Vec<WorldCoord> = vec![];
    for feature in 0..shapes.len() {
        for part in shapes.parts(feature) {
            for ring in shapes.rings(part) {
                ring_points.clear();
                for (i, from, _) in edges(shapes, ring) {
                    ring_points.push(place(from));
                    let first = inserted.partition_point(|(side, _, _)| (*side as usize) < i);
                    let of_side = inserted[first..].iter().take_while(|(side, _, _)| *side as usize == i);
                    ring_points.extend(of_side.map(|(_, _, corner)| *corner));
                }
                ring_points.dedup();
                while ring_points.len() > 1 && ring_points.first() == ring_points.last() {
                    ring_points.pop();
                }
                // A ring smaller than the tolerance stays as it is.
                drawn.coords.extend_from_slice(if ring_points.len() < 3 { shapes.ring(ring) } else { &ring_points });
                drawn.end_ring();
            }
            drawn.end_part();
        }
        drawn.end_feature();
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::shapes::GeometryKind;

    const EAST: u32 = 3_417_000_000;
    const SOUTH: u32 = 1_890_000_000;

    fn layer(rings: &[&[[i64; 2]]]) -> Shapes<WorldCoord> {
        let mut shapes = Shapes::new(GeometryKind::Polygon);
        for ring in rings {
            shapes
                .coords
                .extend(ring.iter().map(|[x, y]| [(i64::from(EAST) + x) as u32, (i64::from(SOUTH) + y) as u32]));
            shapes.end_ring();
            shapes.end_part();
            shapes.end_feature();
        }
        shapes
    }

    fn unmatched(shapes: &Shapes<WorldCoord>) -> usize {
        outline(shapes).iter().filter(|is_outline| **is_outline).count()
    }

    #[test]
    fn corners_a_few_millimetres_apart_become_one() {
        let west: &[[i64; 2]] = &[[0, 0], [0, 4000], [3000, 4000], [3000, 0]];
        let east: &[[i64; 2]] = &[[3001, 1], [2999, 4001], [6000, 4000], [6000, 0]];
        let (welded, report) = weld(Cow::Owned(layer(&[west, east])), 0.03);
        assert_eq!(unmatched(&welded), 6);
        assert_eq!((report.corners_moved, report.corners_inserted), (2, 0));
        assert!(report.greatest_move_m < 0.02);
    }

    #[test]
    fn a_corner_on_the_side_of_a_neighbour_is_set_into_it() {
        let west: &[[i64; 2]] = &[[0, 0], [0, 4000], [3000, 4000], [3000, 0]];
        let north: &[[i64; 2]] = &[[3000, 0], [3001, 2000], [6000, 2000], [6000, 0]];
        let south: &[[i64; 2]] = &[[3001, 2000], [3000, 4000], [6000, 4000], [6000, 2000]];
        let (welded, report) = weld(Cow::Owned(layer(&[west, north, south])), 0.03);
        assert_eq!(unmatched(&welded), 3 + 2 + 2);
        assert_eq!(report.corners_inserted, 1);
    }

    #[test]
    fn what_is_farther_apart_than_the_tolerance_stays_apart() {
        let west: &[[i64; 2]] = &[[0, 0], [0, 4000], [3000, 4000], [3000, 0]];
        let east: &[[i64; 2]] = &[[3005, 0], [3005, 4000], [6000, 4000], [6000, 0]];
        let shapes = layer(&[west, east]);
        let (welded, report) = weld(Cow::Borrowed(&shapes), 0.03);
        assert!(matches!(welded, Cow::Borrowed(_)));
        assert_eq!((report.corners_moved, report.corners_inserted), (0, 0));
    }

    #[test]
    fn an_exact_coverage_is_not_copied() {
        let west: &[[i64; 2]] = &[[0, 0], [0, 4000], [3000, 4000], [3000, 0]];
        let east: &[[i64; 2]] = &[[3000, 0], [3000, 4000], [6000, 4000], [6000, 0]];
        let shapes = layer(&[west, east]);
        assert!(matches!(weld(Cow::Borrowed(&shapes), 0.03).0, Cow::Borrowed(_)));
    }
}

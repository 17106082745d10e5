//! Parcels that have no area on the grid of a zoom.
//!
//! A strip narrower than a grid unit can be put on the grid as a line, and a parcel would be missing. It is then
//! drawn as the smallest triangle of grid points at one of its corners, and the neighbour in whose land the triangle
//! lies leaves that much out. Nobody else is touched, and the coverage stays one: half a square unit changes hands.

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::grid::{Grid, GridPoint};
use super::noding::Noded;
use super::ring_walk::{borders, encloses};

/// Finds room for features that were put on the grid without area.
pub fn make_room(noded: &mut Noded<'_>) {
    let flat = noded.flat();
    if flat.is_empty() {
        return;
    }
    let near = neighbourhood(noded, &flat);
    let prepared = noded.prepared;
    let boxes = &prepared.boxes;
    for feature in &flat {
        let around: Vec<usize> = near.iter().copied().filter(|i| meet_boxes(noded.grid, boxes, *i, *feature)).collect();
        if let Some(room) = find(noded, *feature, &around) {
            room.taken_from.iter().for_each(|ring| noded.leave_out(*ring, room.triangle));
            noded.draw_as(*feature, room.triangle);
        }
    }
}

/// Side of the squares by which neighbours are found, as a power of two of units.
const SQUARE: u32 = 5;

fn squares(grid: Grid, around: [u32; 4]) -> impl Iterator<Item = (u32, u32)> {
    let [w, n] = grid.point([around[0], around[1]]).map(|v| v.saturating_sub(4) >> SQUARE);
    let [e, s] = grid.point([around[2], around[3]]).map(|v| v.saturating_add(4) >> SQUARE);
    (n..=s).flat_map(move |row| (w..=e).map(move |column| (column, row)))
}

/// All features near some of them.
fn neighbourhood(noded: &Noded<'_>, flat: &[usize]) -> Vec<usize> {
    let (grid, boxes) = (noded.grid, &noded.prepared.boxes);
    let marked: FxHashSet<(u32, u32)> = flat.iter().flat_map(|feature| squares(grid, boxes[*feature])).collect();
    let is_near = |feature: &usize| squares(grid, boxes[*feature]).any(|square| marked.contains(&square));
    let features = noded.prepared.features.par_iter().with_min_len(1024).map(|feature| *feature as usize);
    features.filter(is_near).collect()
}

fn meet_boxes(grid: Grid, boxes: &[[u32; 4]], a: usize, b: usize) -> bool {
    let margin = 4 << grid.shift();
    let (a, b) = (boxes[a], boxes[b]);
    (0..2).all(|axis| a[axis].saturating_sub(margin) <= b[axis + 2] && b[axis].saturating_sub(margin) <= a[axis + 2])
}

struct Room {
    /// Counter-clockwise with north up; the first corner is the feature's.
    triangle: [GridPoint; 3],
    /// The ring that leaves it out; none where the land is nobody's.
    taken_from: Option<usize>,
}

/// The eight grid points around a corner, counter-clockwise with north up.
const AROUND: [[i32; 2]; 8] = [[1, 0], [1, -1], [0, -1], [-1, -1], [-1, 0], [-1, 1], [0, 1], [1, 1]];

fn find(noded: &Noded<'_>, feature: usize, near: &[usize]) -> Option<Room> {
    let mut corners: Vec<GridPoint> = noded.corners(feature);
    corners.sort_unstable();
    corners.dedup();
    let others: Vec<(usize, Vec<GridPoint>)> =
        near.iter().filter(|other| **other != feature).flat_map(|other| noded.rings_of(*other)).collect();
    let triangles = corners
        .into_iter()
        .flat_map(|corner| (0..8).map(move |i| [corner, step(corner, AROUND[i]), step(corner, AROUND[(i + 1) % 8])]));
    triangles.into_iter().find_map(|triangle| room(triangle, &others, noded))
}

fn step([x, y]: GridPoint, [dx, dy]: [i32; 2]) -> GridPoint {
    [x.wrapping_add_signed(dx), y.wrapping_add_signed(dy)]
}

/// A triangle that no border enters, and the ring of its first corner in whose land it lies.
fn room(triangle: [GridPoint; 3], others: &[(usize, Vec<GridPoint>)], noded: &Noded<'_>) -> Option<Room> {
    let [corner, a, b] = triangle;
    let free = |(from, to): (GridPoint, GridPoint)| {
        let ends_here = from == corner || to == corner;
        let far_end = if from == corner { to } else { from };
        match ends_here {
            // A border from the corner may run beside the triangle, not along it or into it.
            true => far_end != a && far_end != b && !meet((a, b), (from, to)) && !is_between(corner, a, b, far_end),
            false => ![(corner, a), (a, b), (b, corner)].iter().any(|side| meet(*side, (from, to))),
        }
    };
    if !others.iter().flat_map(|(_, ring)| borders(ring)).all(free) {
        return None;
    }
    let middle = [0, 1].map(|axis| triangle.iter().map(|p| i64::from(p[axis])).sum::<i64>());
    let mut holders: Vec<usize> = others.iter().map(|(ring, _)| noded.feature_of(*ring)).collect();
    holders.dedup();
    let holds = |holder: &usize| {
        let of_holder = others.iter().filter(|(ring, _)| noded.feature_of(*ring) == *holder);
        of_holder.filter(|(_, ring)| encloses(ring, 3, middle)).count() % 2 == 1
    };
    let taken_from = match holders.into_iter().find(holds) {
        None => None,
        Some(holder) => {
            let passes = |(ring, points): &&(usize, Vec<GridPoint>)| {
                noded.feature_of(*ring) == holder && points.contains(&corner)
            };
            Some(others.iter().find(passes)?.0)
        }
    };
    Some(Room { triangle, taken_from })
}

/// Whether a point lies in the angle at a corner.
fn is_between(corner: GridPoint, a: GridPoint, b: GridPoint, p: GridPoint) -> bool {
    side(corner, a, p) <= 0 && side(corner, b, p) >= 0
}

/// Positive when `p` lies to the right of the way from `a` to `b` with north up.
fn side(a: GridPoint, b: GridPoint, p: GridPoint) -> i64 {
    let d = |q: GridPoint, axis: usize| i64::from(q[axis]) - i64::from(a[axis]);
    (d(b, 0) * d(p, 1) - d(b, 1) * d(p, 0)).signum()
}

fn meet((a, b): (GridPoint, GridPoint), (c, d): (GridPoint, GridPoint)) -> bool {
    let apart =
        |axis: usize| a[axis].max(b[axis]) < c[axis].min(d[axis]) || c[axis].max(d[axis]) < a[axis].min(b[axis]);
    !apart(0) && !apart(1) && side(a, b, c) * side(a, b, d) <= 0 && side(c, d, a) * side(c, d, b) <= 0
}

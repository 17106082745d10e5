//! One point inside each polygon, as far from its sides as can be: where its number is written.

use std::collections::BinaryHeap;

use rayon::prelude::*;

use crate::model::shapes::{GeometryKind, Shapes, WorldCoord};

/// A point layer with one point per feature. It depends on the shape alone, so it stays where it is from
/// one edition to the next.
pub fn points(shapes: &Shapes<WorldCoord>) -> Shapes<WorldCoord> {
    let coords: Vec<WorldCoord> = (0..shapes.len()).into_par_iter().map(|i| point(shapes, i)).collect();
    let ends: Vec<u32> = (1..=coords.len() as u32).collect();
    Shapes { kind: GeometryKind::Point, coords, ring_ends: ends.clone(), part_ends: ends.clone(), feature_ends: ends }
}

/// The pole of inaccessibility of the largest part, found by splitting squares into quarters and looking
/// first where most can be gained, to a sixteenth of the shape's shorter side.
pub fn point(shapes: &Shapes<WorldCoord>, feature: usize) -> WorldCoord {
    let rings = largest_part(shapes, feature);
    let Some(outer) = rings.first() else { return [0, 0] };
    let [west, north, east, south] = bounds(outer);
    let side = (east - west).min(south - north).max(1.0);
    let mut best = Cell::new([(west + east) / 2.0, (north + south) / 2.0], 0.0, &rings);
    let mut heap = BinaryHeap::new();
    let mut x = west;
    while x < east {
        let mut y = north;
        while y < south {
            heap.push(Cell::new([x + side / 2.0, y + side / 2.0], side / 2.0, &rings));
            y += side;
        }
        x += side;
    }
    while let Some(cell) = heap.pop() {
        if cell.distance > best.distance {
            best = cell.clone();
        }
        if cell.reach() - best.distance > side / 16.0 {
            let half = cell.half / 2.0;
            for (dx, dy) in [(-half, -half), (half, -half), (-half, half), (half, half)] {
                heap.push(Cell::new([cell.centre[0] + dx, cell.centre[1] + dy], half, &rings));
            }
        }
    }
    best.centre.map(|v| v.round() as u32)
}

fn largest_part(shapes: &Shapes<WorldCoord>, feature: usize) -> Vec<&[WorldCoord]> {
    let part = shapes.parts(feature).max_by_key(|part| {
        let outer = shapes.rings(*part).next();
        (outer.map_or(0, |ring| super::fabric::land_area(shapes.ring(ring)).abs()), std::cmp::Reverse(*part))
    });
    part.into_iter().flat_map(|part| shapes.rings(part)).map(|ring| shapes.ring(ring)).collect()
}

fn bounds(ring: &[WorldCoord]) -> [f64; 4] {
    ring.iter()
        .map(|p| p.map(f64::from))
        .fold([f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY], |[w, n, e, s], [x, y]| {
            [w.min(x), n.min(y), e.max(x), s.max(y)]
        })
}

/// A square with the distance of its centre from the nearest side, negative outside.
#[derive(Clone)]
struct Cell {
    centre: [f64; 2],
    half: f64,
    distance: f64,
}

impl Cell {
    fn new(centre: [f64; 2], half: f64, rings: &[&[WorldCoord]]) -> Self {
        Cell { centre, half, distance: distance_inside(centre, rings) }
    }

    /// The most that any point of the square can have.
    fn reach(&self) -> f64 {
        self.distance + self.half * std::f64::consts::SQRT_2
    }
}

impl PartialEq for Cell {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Cell {}

impl PartialOrd for Cell {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Cell {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let place = |cell: &Cell| (cell.centre[0].to_bits(), cell.centre[1].to_bits());
        self.reach().total_cmp(&other.reach()).then_with(|| place(self).cmp(&place(other)))
    }
}

fn distance_inside([px, py]: [f64; 2], rings: &[&[WorldCoord]]) -> f64 {
    let mut inside = false;
    let mut nearest = f64::INFINITY;
    for ring in rings {
        for i in 0..ring.len() {
            let [ax, ay] = ring[i].map(f64::from);
            let [bx, by] = ring[(i + 1) % ring.len()].map(f64::from);
            if (ay > py) != (by > py) && px < (bx - ax) * (py - ay) / (by - ay) + ax {
                inside = !inside;
            }
            nearest = nearest.min(squared_distance([px - ax, py - ay], [bx - ax, by - ay]));
        }
    }
    if inside { nearest.sqrt() } else { -nearest.sqrt() }
}

fn squared_distance([px, py]: [f64; 2], [dx, dy]: [f64; 2]) -> f64 {
    let length2 = dx * dx + dy * dy;
    let t = if length2 == 0.0 { 0.0 } else { ((px * dx + py * dy) / length2).clamp(0.0, 1.0) };
    (px - t * dx).powi(2) + (py - t * dy).powi(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_point_of_an_l_lies_inside_it_and_away_from_its_sides() {
        let mut shapes = Shapes::new(GeometryKind::Polygon);
        shapes.coords = vec![[0, 0], [0, 100], [100, 100], [100, 70], [30, 70], [30, 0]];
        shapes.end_ring();
        shapes.end_part();
        shapes.end_feature();
        let found = point(&shapes, 0).map(f64::from);
        let rings = largest_part(&shapes, 0);
        assert!(distance_inside(found, &rings) >= 13.0, "{found:?}");
    }
}

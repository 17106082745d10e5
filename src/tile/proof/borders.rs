//! Whether the polygons of a tile lie side by side: every border shared by exactly two, or on the outside.
//!
//! Each edge that one polygon runs along and its neighbour runs back along cancels. What is left is the outline
//! of what is drawn. If the rings are simple, nothing overlaps exactly when the outline has land on its one side
//! and none on its other, everywhere; and there is no gap when the outline lies where the source has one.

use super::sweep;
use crate::tile::decode::Point;
use crate::tile::proof::rings::edges;

/// More than a tile may draw beyond its sides.
const MARGIN: i32 = 1100;

/// The square that is drawn, buffer included.
#[derive(Clone, Copy)]
pub struct Sides {
    pub min: i32,
    pub max: i32,
}

impl Sides {
    /// Whether a point lies between them.
    pub fn hold(self, p: [f64; 2]) -> bool {
        p.iter().all(|v| f64::from(self.min) < *v && *v < f64::from(self.max))
    }
}

/// The outline of the polygons of one tile; keeps its working space from one to the next.
#[derive(Default)]
pub struct Outline {
    passes: Vec<u64>,
    /// Directed edges without a partner, land on the right as seen on the screen.
    pub edges: Vec<(Point, Point)>,
}

impl Outline {
    pub fn clear(&mut self) {
        self.passes.clear();
    }

    pub fn add(&mut self, ring: &[Point]) {
        self.passes.extend(edges(ring).map(|(a, b)| pass(a, b)));
    }

    /// Cancels edges against each other; the number of edges that are drawn twice in one direction.
    pub fn cancel(&mut self) -> u64 {
        self.passes.sort_unstable();
        self.edges.clear();
        let mut doubled = 0;
        for same in self.passes.chunk_by(|a, b| a >> 1 == b >> 1) {
            let backward = same.iter().filter(|pass| **pass & 1 == 1).count();
            let forward = same.len() - backward;
            doubled += (forward.max(backward) - 1) as u64;
            let (a, b) = ends(same[0]);
            if forward != backward {
                self.edges.push(if forward > backward { (a, b) } else { (b, a) });
            }
        }
        doubled
    }

    /// The number of places where the outline has land on both sides, or on none.
    pub fn folds(&self) -> u64 {
        sweep::folds(&self.edges)
    }
}

/// A place along an edge.
pub fn along((a, b): (Point, Point), t: f64) -> [f64; 2] {
    [0, 1].map(|axis| f64::from(a[axis]) + t * f64::from(b[axis] - a[axis]))
}

fn pass(a: Point, b: Point) -> u64 {
    let place = |p: Point| ((p[0] + MARGIN) as u64) << 13 | (p[1] + MARGIN) as u64;
    let (low, high) = (a.min(b), a.max(b));
    place(low) << 27 | place(high) << 1 | u64::from(a > b)
}

fn ends(pass: u64) -> (Point, Point) {
    let place = |v: u64| [(v >> 13 & 0x1fff) as i32 - MARGIN, (v & 0x1fff) as i32 - MARGIN];
    (place(pass >> 27), place(pass >> 1))
}

/// Whether a tile may draw a point: a feature of up to 1024 units is drawn whole.
pub fn is_in_margin(p: Point, sides: Sides) -> bool {
    p.iter().all(|v| (sides.min - 1024..=sides.max + 1024).contains(v))
}

/// Whether an edge runs along a side where the tile was cut.
pub fn is_cut((a, b): (Point, Point), sides: Sides) -> bool {
    (0..2).any(|axis| a[axis] == b[axis] && (a[axis] == sides.min || a[axis] == sides.max))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(rings: &[&[Point]]) -> (u64, u64, usize) {
        let mut outline = Outline::default();
        rings.iter().for_each(|ring| outline.add(ring));
        let doubled = outline.cancel();
        (doubled, outline.folds(), outline.edges.len())
    }

    const WEST: &[Point] = &[[0, 0], [10, 0], [10, 10], [0, 10]];
    const EAST: &[Point] = &[[10, 0], [20, 0], [20, 10], [10, 10]];

    #[test]
    fn neighbours_leave_only_their_common_outline() {
        assert_eq!(outline(&[WEST, EAST]), (0, 0, 6));
    }

    #[test]
    fn a_parcel_drawn_twice_is_found() {
        assert_eq!(outline(&[WEST, WEST]).0, 4);
    }

    #[test]
    fn parcels_that_overlap_without_a_common_border_are_found() {
        assert!(outline(&[WEST, &[[5, 3], [25, 3], [25, 7], [5, 7]]]).1 > 0);
        assert!(outline(&[WEST, &[[3, 3], [6, 3], [6, 6], [3, 6]]]).1 > 0);
    }

    #[test]
    fn a_hole_and_the_parcel_in_it_cancel() {
        let hole: &[Point] = &[[2, 2], [2, 6], [6, 6], [6, 2]];
        let island: &[Point] = &[[2, 2], [6, 2], [6, 6], [2, 6]];
        assert_eq!(outline(&[WEST, hole, island]), (0, 0, 4));
        assert_eq!(outline(&[WEST, hole]), (0, 0, 8));
    }
}

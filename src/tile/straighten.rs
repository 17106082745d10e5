//! Corners of a generalised coverage that say nothing on its grid go.
//!
//! A corner may go when the triangle that it makes with its two neighbours holds no other point of the grid: no
//! corner can lie there, so no border can be crossed, whatever becomes of the borders around it at the same time.

use rayon::prelude::*;

use super::coverage;
use super::grid::Grid;
use crate::model::shapes::{Shapes, WorldCoord};

type P = [i64; 2];

/// Which coordinates stay. All lie on `grid`, and borders meet only at corners.
pub fn kept(shapes: &Shapes<WorldCoord>, grid: Grid) -> Vec<bool> {
    let nodes = coverage::nodes(shapes);
    (0..shapes.ring_ends.len())
        .into_par_iter()
        .with_min_len(64)
        .flat_map_iter(|ring| {
            let range = shapes.ring_range(ring);
            let points: Vec<P> =
                shapes.coords[range.clone()].iter().map(|c| c.map(|v| i64::from(v >> grid.shift()))).collect();
            of_ring(&points, &nodes[range])
        })
        .collect()
}

fn of_ring(ring: &[P], nodes: &[bool]) -> Vec<bool> {
    let n = ring.len();
    let mut kept = vec![false; n];
    let mut anchors: Vec<usize> = (0..n).filter(|i| nodes[*i]).collect();
    if anchors.is_empty() {
        // A ring without nodes begins at its smallest corner, whoever walks along it.
        anchors.extend((0..n).min_by_key(|i| ring[*i]));
    }
    for (k, &from) in anchors.iter().enumerate() {
        let to = anchors.get(k + 1).copied().unwrap_or(anchors[0] + n);
        let arc: Vec<usize> = (from..=to).map(|i| i % n).collect();
        of_arc(ring, arc, anchors.len() == 1).into_iter().for_each(|i| kept[i] = true);
    }
    kept
}

/// The corners that an arc keeps: the same whichever way a ring runs along it.
fn of_arc(ring: &[P], mut arc: Vec<usize>, closed: bool) -> Vec<usize> {
    if arc.iter().rev().map(|i| ring[*i]).lt(arc.iter().map(|i| ring[*i])) {
        arc.reverse();
    }
    let fewest = if closed { 4 } else { 2 };
    loop {
        let mut kept = vec![arc[0]];
        let mut left = arc.len();
        for pair in arc[1..].windows(2) {
            let before = ring[*kept.last().expect("the arc has begun")];
            if left > fewest && says_nothing(before, ring[pair[0]], ring[pair[1]]) {
                left -= 1;
            } else {
                kept.push(pair[0]);
            }
        }
        kept.extend(arc.last());
        if kept.len() == arc.len() {
            return kept;
        }
        arc = kept;
    }
}

/// Whether the triangle holds no other point of the grid (Pick 1899), and `c` is less than a unit off.
fn says_nothing(a: P, c: P, b: P) -> bool {
    let [ac, cb, ab] = [(a, c), (c, b), (a, b)].map(|(p, q)| [q[0] - p[0], q[1] - p[1]]);
    let twice = (ac[0] * ab[1] - ac[1] * ab[0]).abs();
    if ab == [0, 0] || twice == 0 {
        return twice == 0 && ac[0] * cb[0] + ac[1] * cb[1] > 0;
    }
    gcd(ab) == 1 && twice + 2 == gcd(ac) + gcd(cb) + 1 && twice * twice < ab[0] * ab[0] + ab[1] * ab[1]
}

fn gcd([a, b]: P) -> i64 {
    let (mut a, mut b) = (a.abs(), b.abs());
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stair_becomes_a_slope_and_a_corner_stays() {
        let ring = [[0, 0], [2, 0], [2, 1], [5, 1], [5, 9], [0, 9]];
        assert_eq!(of_ring(&ring, &[true, false, false, true, false, true]), [true, false, false, true, true, true]);
    }

    #[test]
    fn a_corner_with_another_grid_point_beside_it_stays() {
        assert!(!says_nothing([0, 0], [2, 1], [4, 0]), "(2, 0) may be a corner");
        assert!(says_nothing([0, 0], [1, 1], [3, 2]));
        assert!(says_nothing([0, 0], [2, 1], [4, 2]));
    }

    #[test]
    fn both_directions_of_an_arc_keep_the_same_corners() {
        let ring: Vec<P> = (0..40).map(|i| [i, (i * i) % 7 / 3]).collect();
        let there: Vec<usize> = (0..40).collect();
        let back: Vec<usize> = (0..40).rev().collect();
        let sorted = |mut kept: Vec<usize>| {
            kept.sort_unstable();
            kept
        };
        assert_eq!(sorted(of_arc(&ring, there, false)), sorted(of_arc(&ring, back, false)));
    }
}

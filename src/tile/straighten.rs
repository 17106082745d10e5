//! Corners of a generalised coverage that say nothing on its grid go.
//!
//! A corner may go when the triangle that it makes with its two neighbours holds no other point of the grid: no
//! corner can lie there, so no border can be crossed, whatever becomes of the borders around it at the same time.

use rayon::prelude::*;

use super::fabric::{Edge, joined};
use super::grid::Grid;
use super::junctions::Junctions;
use crate::model::shapes::WorldCoord;

type P = [i64; 2];

/// The borders, in order, without the corners that say nothing. All lie on `grid`, and meet only at corners.
pub fn straightened(edges: Vec<Edge>, grid: Grid) -> Vec<Edge> {
    let arcs = Arcs::new(&edges);
    drop(edges);
    let of_arc = |arc: usize| {
        let (corners, left, right) = arcs.arc(arc);
        let kept = kept(corners, grid);
        (1..kept.len()).map(move |i| Edge::new(kept[i - 1], kept[i], left, right)).filter(|edge| edge.a != edge.b)
    };
    joined((0..arcs.ends.len()).into_par_iter().with_min_len(1024).flat_map_iter(of_arc).collect())
}

/// Borders end to end from one place where uses change to the next.
struct Arcs {
    corners: Vec<WorldCoord>,
    /// Where each arc ends in `corners`, and what lies left and right of it.
    ends: Vec<(u32, u16, u16)>,
}

impl Arcs {
    fn new(edges: &[Edge]) -> Self {
        let junctions = Junctions::new(edges);
        let mut arcs = Arcs { corners: Vec::with_capacity(edges.len() * 5 / 4), ends: vec![] };
        let mut passed = vec![false; edges.len()];
        let corners = 0..junctions.corners.len() as u32;
        let nodes = corners.clone().filter(|corner| junctions.bend(edges, *corner).is_none());
        // What has no node begins at its smallest corner.
        for corner in nodes.chain(corners) {
            for edge in junctions.at(corner) {
                if !passed[*edge as usize] {
                    arcs.follow(edges, &junctions, corner, *edge, &mut passed);
                }
            }
        }
        arcs
    }

    fn follow(&mut self, edges: &[Edge], junctions: &Junctions, from: u32, first: u32, passed: &mut [bool]) {
        let Edge { left, right, .. } = edges[first as usize];
        let forward = junctions.of_edges[first as usize][0] == from;
        let (mut at, mut edge) = (from, first);
        self.corners.push(junctions.corners[from as usize]);
        loop {
            passed[edge as usize] = true;
            at = junctions.across(edge, at);
            self.corners.push(junctions.corners[at as usize]);
            let next = junctions.bend(edges, at).map(|[one, other]| if one == edge { other } else { one });
            match next.filter(|next| !passed[*next as usize]) {
                Some(next) => edge = next,
                None => break,
            }
        }
        let (left, right) = if forward { (left, right) } else { (right, left) };
        self.ends.push((self.corners.len() as u32, left, right));
    }

    fn arc(&self, i: usize) -> (&[WorldCoord], u16, u16) {
        let (end, left, right) = self.ends[i];
        let start = if i == 0 { 0 } else { self.ends[i - 1].0 };
        (&self.corners[start as usize..end as usize], left, right)
    }
}

/// The corners that an arc keeps.
fn kept(arc: &[WorldCoord], grid: Grid) -> Vec<WorldCoord> {
    if arc.len() == 2 {
        return arc.to_vec();
    }
    let point = |p: WorldCoord| p.map(|v| i64::from(v >> grid.shift()));
    let closed = arc.first() == arc.last();
    let mut arc = arc.to_vec();
    let fewest = if closed { 4 } else { 2 };
    loop {
        let mut kept = vec![arc[0]];
        let mut left = arc.len();
        for pair in arc[1..].windows(2) {
            let before = *kept.last().expect("the arc has begun");
            if left > fewest && says_nothing(point(before), point(pair[0]), point(pair[1])) {
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
        let grid = Grid::new(20);
        let ring = [[0, 0], [2, 0], [2, 1], [5, 1], [5, 9], [0, 9], [0, 0]];
        assert_eq!(kept(&ring, grid), [[0, 0], [5, 1], [5, 9], [0, 9], [0, 0]]);
    }

    #[test]
    fn a_place_where_a_third_use_begins_stays() {
        let (left, right) = (Edge::new([0, 0], [4, 0], 1, 2), Edge::new([4, 0], [8, 0], 1, 3));
        let down = Edge::new([4, 0], [4, 9], 3, 2);
        let mut edges = vec![left, right, down];
        edges.sort_unstable();
        assert_eq!(straightened(edges.clone(), Grid::new(20)), edges);
        edges = vec![left, Edge::new([4, 0], [8, 0], 1, 2)];
        assert_eq!(straightened(edges.clone(), Grid::new(20)), [Edge::new([0, 0], [8, 0], 1, 2)]);
    }

    #[test]
    fn a_corner_with_another_grid_point_beside_it_stays() {
        assert!(!says_nothing([0, 0], [2, 1], [4, 0]), "(2, 0) may be a corner");
        assert!(says_nothing([0, 0], [1, 1], [3, 2]));
        assert!(says_nothing([0, 0], [2, 1], [4, 2]));
    }
}

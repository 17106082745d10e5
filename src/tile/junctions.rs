//! Which borders of a fabric meet at which corner.

use rayon::prelude::*;

use super::fabric::Edge;
use crate::model::shapes::WorldCoord;

/// The corners of a fabric in order, numbered.
pub struct Junctions {
    pub corners: Vec<WorldCoord>,
    /// By edge: the numbers of its two corners.
    pub of_edges: Vec<[u32; 2]>,
    starts: Vec<u32>,
    edges: Vec<u32>,
}

impl Junctions {
    /// `edges` must be in order.
    pub fn new(edges: &[Edge]) -> Self {
        let mut ends: Vec<(WorldCoord, u32)> = (0..).zip(edges).map(|(i, edge)| (edge.b, i)).collect();
        ends.par_sort_unstable();
        let mut junctions = Junctions {
            corners: Vec::with_capacity(edges.len()),
            of_edges: vec![[0; 2]; edges.len()],
            starts: Vec::with_capacity(edges.len() + 1),
            edges: Vec::with_capacity(2 * edges.len()),
        };
        let (mut begun, mut ended) = (0, 0);
        while begun < edges.len() || ended < ends.len() {
            let next = [edges.get(begun).map(|edge| edge.a), ends.get(ended).map(|end| end.0)];
            let corner = next.into_iter().flatten().min().expect("there is one more");
            while let Some((_, i)) = ends.get(ended).filter(|end| end.0 == corner) {
                junctions.meet(corner, *i, 1);
                ended += 1;
            }
            while edges.get(begun).is_some_and(|edge| edge.a == corner) {
                junctions.meet(corner, begun as u32, 0);
                begun += 1;
            }
        }
        junctions.starts.push(junctions.edges.len() as u32);
        junctions
    }

    fn meet(&mut self, corner: WorldCoord, edge: u32, end: usize) {
        if self.corners.last() != Some(&corner) {
            self.corners.push(corner);
            self.starts.push(self.edges.len() as u32);
        }
        self.of_edges[edge as usize][end] = self.corners.len() as u32 - 1;
        self.edges.push(edge);
    }

    /// The edges that meet at a corner.
    pub fn at(&self, corner: u32) -> &[u32] {
        let corner = corner as usize;
        &self.edges[self.starts[corner] as usize..self.starts[corner + 1] as usize]
    }

    /// The two edges of a corner where only two meet and they part the same uses.
    pub fn bend(&self, edges: &[Edge], corner: u32) -> Option<[u32; 2]> {
        let &[one, other] = self.at(corner) else { return None };
        let into = self.sides(edges, one, corner);
        (into == self.sides(edges, other, corner).map(|[left, right]| [right, left])).then_some([one, other])
    }

    /// What lies left and right of an edge on the way from its other end to `corner`.
    fn sides(&self, edges: &[Edge], edge: u32, corner: u32) -> Option<[u16; 2]> {
        let Edge { left, right, .. } = edges[edge as usize];
        Some(if self.of_edges[edge as usize][1] == corner { [left, right] } else { [right, left] })
    }

    /// The corner at the other end of an edge.
    pub fn across(&self, edge: u32, corner: u32) -> u32 {
        let [a, b] = self.of_edges[edge as usize];
        if a == corner { b } else { a }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_corner_between_the_same_two_uses_is_a_bend_and_others_are_not() {
        let mut edges = [
            Edge::new([0, 0], [5, 0], 1, 2),
            Edge::new([5, 0], [9, 3], 1, 2),
            Edge::new([5, 9], [9, 3], 2, 1),
            Edge::new([9, 3], [20, 3], 3, 4),
        ];
        edges.sort_unstable();
        let junctions = Junctions::new(&edges);
        let bends = (0..junctions.corners.len() as u32).filter(|corner| junctions.bend(&edges, *corner).is_some());
        assert_eq!(bends.map(|corner| junctions.corners[corner as usize]).collect::<Vec<_>>(), [[5, 0]]);
        assert_eq!(junctions.at(3).len(), 3);
        assert_eq!(junctions.across(0, 0), 1);
    }
}

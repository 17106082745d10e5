//! The borders of a fabric on a grid, bent until none passes through the grid square of a corner.
//!
//! Every border that passes through the square of a corner runs through that corner (snap rounding, Hobby 1999), and
//! so do the pieces that it is then made of (iterated snap rounding, Halperin and Packer 2002): the tiles draw what
//! stands here, with no border bent once more.

use rayon::prelude::*;

use super::cells::{Area, Cells, Layout};
use super::fabric::{Edge, joined};
use super::grid::{Grid, GridPoint};
use super::noding::{hit, sides};
use crate::model::shapes::WorldCoord;

/// Borders bent by one thread at a time.
const CHUNK: usize = 4096;

/// Borders bent between two entries in the result: what they take twice is little then.
const AT_A_TIME: usize = 1 << 18;

/// Bent pieces of a border are bent again at most so often; once or twice is what is seen.
const DEEPEST: u32 = 24;

/// The fabric on a grid, in order; what falls together there goes.
pub fn snapped(edges: Vec<Edge>, grid: Grid) -> Vec<Edge> {
    let corners = Corners::new(&edges, grid);
    let of_chunk = |edges: &[Edge]| {
        let mut out = Vec::with_capacity(edges.len());
        edges.iter().for_each(|edge| corners.snap(edge, &mut out));
        out
    };
    let mut snapped = Vec::with_capacity(edges.len());
    for edges in edges.chunks(AT_A_TIME) {
        snapped.par_extend(edges.par_chunks(CHUNK).flat_map_iter(of_chunk));
    }
    drop((edges, corners));
    joined(snapped)
}

/// Cuts borders where tiles end, as the tiles do: so that both sides have that corner.
pub fn cut(edges: Vec<Edge>, grid: Grid) -> Vec<Edge> {
    let of_edge = |edge: &Edge| {
        let run = |axis: usize| i64::from(edge.b[axis]) - i64::from(edge.a[axis]);
        let along = |p: &WorldCoord| (0..2).map(|k| run(k) * (i64::from(p[k]) - i64::from(edge.a[k]))).sum::<i64>();
        let ends = sides::ends(grid, edge.a, edge.b).map(|corner| corner.map(|v| v << grid.shift()));
        let mut way: Vec<WorldCoord> = ends.collect();
        way.sort_unstable_by_key(|p| (along(p), *p));
        way.push(edge.b);
        let mut from = edge.a;
        let pieces =
            way.into_iter().map(move |to| Edge::new(std::mem::replace(&mut from, to), to, edge.left, edge.right));
        pieces.filter(|piece| piece.a != piece.b).collect::<Vec<_>>()
    };
    let of_chunk = |edges: &[Edge]| edges.iter().flat_map(of_edge).collect::<Vec<_>>();
    edges.par_chunks(CHUNK).flat_map_iter(of_chunk).collect()
}

/// The corners of a fabric on a grid.
struct Corners {
    grid: Grid,
    cells: Cells<GridPoint>,
}

impl Corners {
    fn new(edges: &[Edge], grid: Grid) -> Self {
        // Borders that begin at one corner follow each other.
        let begins = || edges.chunk_by(|one, other| one.a == other.a).map(|edges| edges[0].a);
        let ends = || begins().chain(edges.iter().map(|edge| edge.b)).map(|p| grid.point(p));
        let layout = Layout::new(area(ends()), edges.len() / 2, 2);
        let mut cells = Cells::new(layout, |put| {
            for corner in ends() {
                let [column, row] =
                    [0, 1].map(|axis| *layout.along(axis, corner[axis].into(), corner[axis].into()).start());
                put(layout.number(column, row), corner);
            }
        });
        cells.dedup();
        Corners { grid, cells }
    }

    fn snap(&self, edge: &Edge, out: &mut Vec<Edge>) {
        let mut way = vec![];
        self.run((edge.a, edge.b), 0, &mut way);
        let mut from = self.grid.point(edge.a).map(|v| v << self.grid.shift());
        for to in way {
            out.push(Edge::new(from, to, edge.left, edge.right));
            from = to;
        }
    }

    /// The corners that a border runs through, its first one left out.
    fn run(&self, (from, to): (WorldCoord, WorldCoord), depth: u32, way: &mut Vec<WorldCoord>) {
        let (first, last) = (self.grid.point(from), self.grid.point(to));
        if first == last {
            return;
        }
        let mut met: Vec<(i64, GridPoint)> = vec![];
        if depth < DEEPEST {
            self.meet((from, to), (first, last), &mut met);
        }
        let world = |p: GridPoint| p.map(|v| v << self.grid.shift());
        if met.is_empty() {
            return match (from, to) == (world(first), world(last)) {
                true => way.push(to),
                // Rounding of its ends moves a border too.
                false => self.run((world(first), world(last)), depth + 1, way),
            };
        }
        met.sort_unstable();
        let mut at = first;
        for next in met.into_iter().map(|(_, corner)| corner).chain([last]) {
            self.run((world(at), world(next)), depth + 1, way);
            at = next;
        }
    }

    /// The corners whose squares a border passes through, by how far along it they lie.
    fn meet(
        &self,
        (from, to): (WorldCoord, WorldCoord),
        ends: (GridPoint, GridPoint),
        met: &mut Vec<(i64, GridPoint)>,
    ) {
        let [a, b] = [ends.0, ends.1].map(|p| p.map(i64::from));
        let around = [0, 1].map(|axis| (a[axis].min(b[axis]) - 1, a[axis].max(b[axis]) + 1));
        for (column, rows) in self.cells.layout.passed(a, b, 1) {
            for corner in self.cells.of(column, rows) {
                let near = (0..2).all(|k| (around[k].0..=around[k].1).contains(&i64::from(corner[k])));
                if near && *corner != ends.0 && *corner != ends.1 {
                    met.extend(hit::along(self.grid, from, to, *corner).map(|along| (along, *corner)));
                }
            }
        }
    }
}

fn area(points: impl Iterator<Item = GridPoint>) -> Area {
    let start = [(i64::from(u32::MAX), 0); 2];
    points.fold(start, |area, p| [0, 1].map(|k| (area[k].0.min(p[k].into()), area[k].1.max(p[k].into()))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tile::fabric::NONE;

    #[test]
    fn a_border_runs_through_the_corner_whose_square_it_passes() {
        let unit = 1 << Grid::new(12).shift();
        let edge = |a: [u32; 2], b: [u32; 2], left| Edge::new(a.map(|v| v * unit), b.map(|v| v * unit), left, NONE);
        let long = edge([10, 10], [30, 11], 1);
        let other = edge([21, 11], [21, 20], 2);
        let snapped = snapped(vec![long, other], Grid::new(12));
        assert_eq!(snapped, [edge([10, 10], [21, 11], 1), edge([21, 11], [21, 20], 2), edge([21, 11], [30, 11], 1)]);
    }

    #[test]
    fn borders_that_fall_together_leave_what_lies_beyond_them() {
        let grid = Grid::new(12);
        let unit = 1 << grid.shift();
        let line = |x: u32, left, right| Edge::new([x, 10 * unit], [x, 20 * unit], left, right);
        let road = [line(100 * unit - 9, 1, 2), line(100 * unit + 9, 2, 3)];
        assert_eq!(snapped(road.to_vec(), grid), [line(100 * unit, 1, 3)]);
    }

    #[test]
    fn a_border_is_cut_where_a_tile_ends() {
        let grid = Grid::new(12);
        let unit = 1 << grid.shift();
        let pieces = cut(vec![Edge::new([4000 * unit, 5 * unit], [4200 * unit, 5 * unit], 1, NONE)], grid);
        let ends: Vec<u32> = pieces.iter().map(|piece| piece.b[0] / unit).collect();
        assert_eq!(ends, [4064, 4128, 4200]);
    }
}

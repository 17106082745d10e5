//! One closed line of a polygon, made fast to ask: what lies where, and what does it cross?

use std::ops::ControlFlow;

use super::box_tree::{Box2, BoxTree, around, meet as boxes_meet, of_points};
use crate::model::shapes::GridCoord;

pub type Edge = (GridCoord, GridCoord);

/// Up to here every edge is compared with every other: cheaper than making a tree (measured: the two are
/// even at about 40 edges).
const BRUTE_FORCE_EDGES: usize = 32;

/// Pairs of edges whose boxes meet that are compared before a search gives up. A real ring of 100,000
/// points has about 300,000; only a hatching of long slanting lines has more than this.
const MOST_PAIRS: usize = 20_000_000;

/// A ring with a tree over its edges when it is long.
pub struct Ring<'a> {
    pub points: &'a [GridCoord],
    pub frame: Box2<f64>,
    tree: Option<BoxTree<f64>>,
}

/// Where a point lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Inside,
    Border,
    Outside,
}

/// How two rings meet, at one place of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Meeting {
    /// Their edges cross.
    Cross(GridCoord),
    /// They share a piece of line.
    Along(GridCoord),
}

/// More pairs of edges lie close to each other than can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tangled;

impl<'a> Ring<'a> {
    /// Open, at least one point.
    pub fn new(points: &'a [GridCoord]) -> Self {
        let frame = of_points(points.iter().copied()).unwrap_or_default();
        let mut ring = Ring { points, frame, tree: None };
        if points.len() > BRUTE_FORCE_EDGES {
            ring.tree = Some(BoxTree::new((0..points.len()).map(|i| edge_box(ring.edge(i)))));
        }
        ring
    }

    pub fn edge(&self, i: usize) -> Edge {
        (self.points[i], self.points[if i + 1 == self.points.len() { 0 } else { i + 1 }])
    }

    /// A point where two edges that are not neighbours meet.
    pub fn crossing(&self) -> Result<Option<GridCoord>, Tangled> {
        let n = self.points.len();
        let mut pairs = 0;
        for i in 0..n {
            let edge = self.edge(i);
            let hit = self.visit(edge_box(edge), i + 2, &mut |j| {
                pairs += 1;
                let neighbours = i == 0 && j + 1 == n;
                if !neighbours && meet(edge, self.edge(j)) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            if hit.is_break() {
                return Ok(Some(edge.0));
            }
            if pairs > MOST_PAIRS {
                return Err(Tangled);
            }
        }
        Ok(None)
    }

    /// Whether the edges of two rings cross or run along each other; touching in points is neither.
    pub fn meeting(&self, other: &Ring<'_>) -> Result<Option<Meeting>, Tangled> {
        if !boxes_meet(self.frame, other.frame) {
            return Ok(None);
        }
        let mut along = None;
        let mut pairs = 0;
        for i in 0..self.points.len() {
            let edge = self.edge(i);
            let mut crossed = None;
            let _ = other.visit(edge_box(edge), 0, &mut |j| {
                pairs += 1;
                match edges_meeting(edge, other.edge(j)) {
                    Some(Meeting::Cross(at)) => {
                        crossed = Some(at);
                        return ControlFlow::Break(());
                    }
                    Some(meeting) => along = along.or(Some(meeting)),
                    None => {}
                }
                ControlFlow::Continue(())
            });
            if crossed.is_some() {
                return Ok(crossed.map(Meeting::Cross));
            }
            if pairs > MOST_PAIRS {
                return Err(Tangled);
            }
        }
        Ok(along)
    }

    /// By the crossings of the ray to the east.
    pub fn side_of(&self, p: GridCoord) -> Side {
        let mut inside = false;
        let mut on_border = false;
        let _ = self.visit([p[0], p[1], self.frame[2].max(p[0]), p[1]], 0, &mut |i| {
            let (a, b) = self.edge(i);
            if side(a, b, p) == 0.0 && between(a, b, p) {
                on_border = true;
                return ControlFlow::Break(());
            }
            inside ^= crosses_ray(a, b, p);
            ControlFlow::Continue(())
        });
        match (on_border, inside) {
            (true, _) => Side::Border,
            (_, true) => Side::Inside,
            _ => Side::Outside,
        }
    }

    /// Where `other` lies when its edges cross none of this ring's: by the first of its corners, then of the
    /// middles of its edges, that is not on the border. `Border` when the rings are the same.
    pub fn side_of_ring(&self, other: &Ring<'_>) -> Side {
        let middle = |(a, b): Edge| [(a[0] + b[0]) / 2.0, (a[1] + b[1]) / 2.0];
        let middles = (0..other.points.len()).map(|i| middle(other.edge(i)));
        let sides = other.points.iter().copied().chain(middles).map(|p| self.side_of(p));
        sides.into_iter().find(|side| *side != Side::Border).unwrap_or(Side::Border)
    }

    /// Calls `visit` with every edge whose box meets `wanted`, until it breaks.
    pub fn visit_edges(&self, wanted: Box2<f64>, visit: &mut dyn FnMut(Edge) -> ControlFlow<()>) -> ControlFlow<()> {
        self.visit(wanted, 0, &mut |i| visit(self.edge(i)))
    }

    /// Edges from `first` on whose box meets `wanted`.
    fn visit(
        &self,
        wanted: Box2<f64>,
        first: usize,
        visit: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        match &self.tree {
            Some(tree) => tree.visit(wanted, &mut |i| if i < first { ControlFlow::Continue(()) } else { visit(i) }),
            None => {
                (first..self.points.len()).filter(|i| boxes_meet(edge_box(self.edge(*i)), wanted)).try_for_each(visit)
            }
        }
    }
}

fn edge_box((a, b): Edge) -> Box2<f64> {
    around([a[0], a[1], a[0], a[1]], [b[0], b[1], b[0], b[1]])
}

/// Whether two edges have a point in common.
fn meet((a, b): Edge, (c, d): Edge) -> bool {
    let (d1, d2) = (side(c, d, a), side(c, d, b));
    let (d3, d4) = (side(a, b, c), side(a, b, d));
    if d1 * d2 < 0.0 && d3 * d4 < 0.0 {
        return true;
    }
    (d1 == 0.0 && between(c, d, a))
        || (d2 == 0.0 && between(c, d, b))
        || (d3 == 0.0 && between(a, b, c))
        || (d4 == 0.0 && between(a, b, d))
}

fn edges_meeting((a, b): Edge, (c, d): Edge) -> Option<Meeting> {
    let (d1, d2) = (side(c, d, a), side(c, d, b));
    let (d3, d4) = (side(a, b, c), side(a, b, d));
    if d1 * d2 < 0.0 && d3 * d4 < 0.0 {
        let t = d1 / (d1 - d2);
        return Some(Meeting::Cross([a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])]));
    }
    if d1 != 0.0 || d2 != 0.0 {
        return None;
    }
    // On one line: along the longer axis they share more than a point, or they do not.
    let axis = usize::from((b[1] - a[1]).abs() > (b[0] - a[0]).abs());
    let from = a[axis].min(b[axis]).max(c[axis].min(d[axis]));
    let to = a[axis].max(b[axis]).min(c[axis].max(d[axis]));
    let first = [a, b, c, d].into_iter().find(|p| p[axis] == from)?;
    (from < to).then_some(Meeting::Along(first))
}

/// Twice the area of the triangle; 0 when `p` lies on the line.
pub fn side(a: GridCoord, b: GridCoord, p: GridCoord) -> f64 {
    (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])
}

fn between(a: GridCoord, b: GridCoord, p: GridCoord) -> bool {
    (0..2).all(|axis| p[axis] >= a[axis].min(b[axis]) && p[axis] <= a[axis].max(b[axis]))
}

/// Whether the ray from `p` to the east crosses the edge.
pub fn crosses_ray(a: GridCoord, b: GridCoord, p: GridCoord) -> bool {
    (a[1] > p[1]) != (b[1] > p[1]) && p[0] < (b[0] - a[0]) * (p[1] - a[1]) / (b[1] - a[1]) + a[0]
}

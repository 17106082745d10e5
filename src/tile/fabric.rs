//! Parcels of one land use dissolved into areas: what is drawn below the parcels' zoom.
//!
//! A fabric is kept as the borders between uses, each once with the use on either side: half of what the rings of
//! its areas would be, and what one use has on both sides goes by itself. In a coverage a border between two
//! parcels of one use is such a border, so that what remains are exactly the borders of the dissolved areas.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::ring_walk::{self, Border, Polygon};
use crate::model::shapes::{GeometryKind, Shapes, WorldCoord};

/// The other side of the land: no use.
pub const NONE: u16 = u16::MAX;

/// A straight border from `a` to `b`, the smaller corner first; left and right with north up.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Edge {
    pub a: WorldCoord,
    pub b: WorldCoord,
    pub left: u16,
    pub right: u16,
}

impl Edge {
    pub fn new(from: WorldCoord, to: WorldCoord, left: u16, right: u16) -> Self {
        match from <= to {
            true => Edge { a: from, b: to, left, right },
            false => Edge { a: to, b: from, left: right, right: left },
        }
    }
}

/// The land uses of some polygons.
pub struct Uses {
    /// In order.
    pub names: Vec<String>,
    /// By polygon: which of `names`.
    pub of: Vec<u16>,
}

impl Uses {
    pub fn new(of_polygons: &[&str]) -> Self {
        let mut numbers: BTreeMap<&str, u16> = of_polygons.iter().map(|name| (*name, 0)).collect();
        numbers.values_mut().zip(0..).for_each(|(number, i)| *number = i);
        let of = of_polygons.iter().map(|name| numbers[name]).collect();
        Uses { names: numbers.into_keys().map(str::to_owned).collect(), of }
    }
}

/// Borders put together at a time: what bounds the memory.
const AT_A_TIME: usize = 1 << 20;

/// The borders between the uses of some polygons, in order.
pub fn dissolve(shapes: &Shapes<WorldCoord>, uses: &Uses) -> Vec<Edge> {
    let shares = shapes.coords.len().div_ceil(AT_A_TIME) as u64;
    let mut edges = vec![];
    for share in 0..shares {
        let of_share = |polygon: usize| {
            let borders = shapes.feature_rings(polygon).flat_map(ring_walk::borders);
            let edges = borders.map(move |(from, to)| Edge::new(from, to, uses.of[polygon], NONE));
            edges.filter(move |edge| mixed(edge) % shares == share)
        };
        let polygons = (0..shapes.len()).into_par_iter().with_min_len(4096);
        edges.extend(joined(polygons.flat_map_iter(of_share).collect()));
    }
    edges.par_sort_unstable();
    edges
}

/// Spreads borders over all shares; the same for whatever lies on either side.
fn mixed(edge: &Edge) -> u64 {
    let place = |[x, y]: WorldCoord| (u64::from(x) << 32 | u64::from(y)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (place(edge.a) ^ place(edge.b).rotate_left(17)) >> 32
}

/// Puts borders that lie on each other together: what one use has on both sides of them goes.
pub fn joined(mut edges: Vec<Edge>) -> Vec<Edge> {
    edges.par_sort_unstable();
    let (mut kept, mut at) = (0, 0);
    while at < edges.len() {
        let same = edges[at..].iter().take_while(|edge| (edge.a, edge.b) == (edges[at].a, edges[at].b)).count();
        if same > 1 {
            let together = together(&edges[at..at + same]);
            edges[kept..kept + together.len()].copy_from_slice(&together);
            kept += together.len();
        } else if edges[at].left != edges[at].right {
            edges[kept] = edges[at];
            kept += 1;
        }
        at += same;
    }
    edges.truncate(kept);
    edges
}

/// What is left of borders at one place: never more than there were.
fn together(same: &[Edge]) -> Vec<Edge> {
    let mut sides: Vec<(u16, i32)> = same.iter().flat_map(|edge| [(edge.left, 1), (edge.right, -1)]).collect();
    sides.retain(|(of, _)| *of != NONE);
    sides.sort_unstable();
    let (mut lefts, mut rights) = (vec![], vec![]);
    for of_use in sides.chunk_by(|a, b| a.0 == b.0) {
        let more: i32 = of_use.iter().map(|(_, side)| side).sum();
        let side = if more > 0 { &mut lefts } else { &mut rights };
        side.extend((0..more.abs()).map(|_| of_use[0].0));
    }
    let count = lefts.len().max(rights.len());
    lefts.resize(count, NONE);
    rights.resize(count, NONE);
    lefts.into_iter().zip(rights).map(|(left, right)| Edge { left, right, ..same[0] }).collect()
}

/// Twice the area of each use in square world units.
pub fn twice_areas(edges: &[Edge], uses: usize) -> Vec<i128> {
    let mut areas = vec![0; uses];
    let Some(origin) = edges.first().map(|edge| edge.a.map(i64::from)) else { return areas };
    let local = |p: WorldCoord| [0, 1].map(|axis| i128::from(i64::from(p[axis]) - origin[axis]));
    for edge in edges {
        let (a, b) = (local(edge.a), local(edge.b));
        let twice = b[0] * a[1] - a[0] * b[1];
        [(edge.left, twice), (edge.right, -twice)].into_iter().filter(|(of, _)| *of != NONE).for_each(|(of, twice)| {
            areas[usize::from(of)] += twice;
        });
    }
    areas
}

/// Connected areas as polygons of one part, in the order of use, then of their smallest corner; with the use of each.
pub fn areas(edges: &[Edge], uses: usize) -> (Vec<u16>, Shapes<WorldCoord>) {
    let of_use = |of: u16| ring_walk::polygons(&borders(edges, of));
    let areas: Vec<Vec<Polygon<u32>>> = (0..uses as u16).into_par_iter().with_max_len(1).map(of_use).collect();
    let (mut of_areas, mut shapes) = (vec![], Shapes::new(GeometryKind::Polygon));
    for (of, areas) in (0..).zip(areas) {
        of_areas.extend(areas.iter().map(|_| of));
        areas.into_iter().for_each(|area| push(area, &mut shapes));
    }
    (of_areas, shapes)
}

/// The borders of one use, its land to the left, sorted.
pub fn borders(edges: &[Edge], of: u16) -> Vec<Border<u32>> {
    let left = edges.iter().filter(|edge| edge.left == of).map(|edge| (edge.a, edge.b));
    let right = edges.iter().filter(|edge| edge.right == of).map(|edge| (edge.b, edge.a));
    let mut borders: Vec<Border<u32>> = left.chain(right).collect();
    borders.sort_unstable();
    borders
}

fn push(area: Polygon<u32>, shapes: &mut Shapes<WorldCoord>) {
    for ring in area {
        shapes.coords.extend(ring);
        shapes.end_ring();
    }
    shapes.end_part();
    shapes.end_feature();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tile::ring_walk::land_area;

    /// Squares of side 10 at the given columns and rows, counter-clockwise with north up.
    fn squares(places: &[(u32, u32)]) -> Shapes<WorldCoord> {
        let mut shapes = Shapes::new(GeometryKind::Polygon);
        for (column, row) in places {
            let (x, y) = (100 + column * 10, 100 + row * 10);
            shapes.coords.extend([[x, y], [x, y + 10], [x + 10, y + 10], [x + 10, y]]);
            shapes.end_ring();
            shapes.end_part();
            shapes.end_feature();
        }
        shapes
    }

    fn dissolved(shapes: &Shapes<WorldCoord>, uses: &[&str]) -> (Vec<u16>, Shapes<WorldCoord>) {
        let uses = Uses::new(uses);
        areas(&dissolve(shapes, &uses), uses.names.len())
    }

    fn total(shapes: &Shapes<WorldCoord>) -> i128 {
        (0..shapes.len()).flat_map(|i| shapes.feature_rings(i)).map(land_area).sum()
    }

    #[test]
    fn neighbours_of_one_use_become_one_area_and_no_area_is_lost() {
        let shapes = squares(&[(0, 0), (1, 0), (2, 0), (1, 1)]);
        let (uses, areas) = dissolved(&shapes, &["ONT", "ONT", "LUC", "ONT"]);
        assert_eq!(uses, [0, 1]);
        assert_eq!(total(&areas), total(&shapes));
    }

    #[test]
    fn a_ring_of_parcels_keeps_its_hole() {
        let around: Vec<_> = (0..9).filter(|i| *i != 4).map(|i| (i % 3, i / 3)).collect();
        let (_, areas) = dissolved(&squares(&around), &["LUC"; 8]);
        assert_eq!(areas.len(), 1);
        assert_eq!(areas.feature_rings(0).count(), 2);
        assert_eq!(total(&areas), 8 * 200);
    }

    #[test]
    fn parcels_that_touch_at_a_corner_stay_two_areas() {
        let (uses, areas) = dissolved(&squares(&[(0, 0), (1, 1)]), &["CLN", "CLN"]);
        assert_eq!(uses.len(), 2);
        assert_eq!(total(&areas), 400);
    }

    #[test]
    fn areas_are_those_of_the_parcels_on_either_side_of_a_border() {
        let shapes = squares(&[(0, 0), (1, 0), (2, 0), (1, 1)]);
        let uses = Uses::new(&["ONT", "LUC", "ONT", "LUC"]);
        assert_eq!(twice_areas(&dissolve(&shapes, &uses), 2), [400, 400]);
    }

    #[test]
    fn of_borders_on_each_other_the_outermost_uses_remain() {
        let edge = |left, right| Edge { a: [1, 1], b: [5, 1], left, right };
        assert_eq!(joined(vec![edge(2, 7), edge(7, 3), edge(3, NONE)]), [edge(2, NONE)]);
        assert_eq!(joined(vec![edge(2, 7), edge(7, 2)]), []);
        assert_eq!(joined(vec![edge(2, NONE), edge(2, NONE)]), [edge(2, NONE), edge(2, NONE)]);
    }
}

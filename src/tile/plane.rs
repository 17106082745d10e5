//! A fabric in units of a grid whose corners can be moved: which borders are near, and where a corner has room.
//!
//! A corner has room where no border is crossed and no other corner comes into a border's grid square: then the
//! tiles draw exactly what stands here.

use rustc_hash::FxHashMap;

use super::cells::{Area, Cells, Layout};
use super::fabric::{self, Edge, NONE};
use super::grid::{BUFFER, EXTENT, Grid};
use super::junctions::Junctions;

pub type P = [i64; 2];

/// How far a corner may go from where rounding put it, in grid units: a pixel.
pub const FARTHEST: i64 = 8;

/// A border longer than this stays as it is: its neighbourhood is too large to look at.
const LONGEST: i64 = 256;

/// The fabric of one zoom as a plane.
pub struct Plane {
    pub grid: Grid,
    pub corners: Vec<P>,
    /// Where the corners were at first.
    pub origins: Vec<P>,
    /// By border: the corner where it begins and the one where it ends.
    pub ends: Vec<[u32; 2]>,
    /// By border: the use on its left and on its right.
    pub sides: Vec<[u16; 2]>,
    /// By corner: its two borders, where only two meet and they part the same uses.
    bends: Vec<Option<[u32; 2]>>,
    cells: Cells<u32>,
    /// Borders that have come since, by cell.
    added: FxHashMap<usize, Vec<u32>>,
}

/// A corner that may be moved on the way from `a` to `b`, with the uses left and right of it.
pub struct Bend {
    pub a: P,
    pub b: P,
    pub left: u16,
    pub right: u16,
}

impl Plane {
    /// `edges` must be in order and lie on the grid.
    pub fn new(edges: &[Edge], grid: Grid) -> Self {
        let junctions = Junctions::new(edges);
        let corners: Vec<P> = junctions.corners.iter().map(|p| p.map(|v| i64::from(v >> grid.shift()))).collect();
        let bends = (0..corners.len() as u32).map(|corner| junctions.bend(edges, corner)).collect();
        let ends = junctions.of_edges;
        let layout = Layout::new(around(&corners), edges.len(), 3);
        let cells = Cells::new(layout, |put| {
            for (i, [a, b]) in ends.iter().enumerate() {
                each_cell(layout, corners[*a as usize], corners[*b as usize], |cell| put(cell, i as u32));
            }
        });
        let (sides, added) = (edges.iter().map(|edge| [edge.left, edge.right]).collect(), FxHashMap::default());
        Plane { grid, origins: corners.clone(), corners, ends, sides, bends, cells, added }
    }

    /// The fabric as it is now, in order.
    pub fn edges(&self) -> Vec<Edge> {
        let world = |corner: u32| self.corners[corner as usize].map(|v| (v as u32) << self.grid.shift());
        let borders = self.ends.iter().zip(&self.sides);
        fabric::joined(borders.map(|([a, b], [left, right])| Edge::new(world(*a), world(*b), *left, *right)).collect())
    }

    /// Both ends of a border.
    pub fn line(&self, border: u32) -> (P, P) {
        let [a, b] = self.ends[border as usize];
        (self.corners[a as usize], self.corners[b as usize])
    }

    /// A corner that lies between the same two uses on either side.
    pub fn bend(&self, corner: u32) -> Option<Bend> {
        let [one, other] = self.bends[corner as usize]?;
        let ([from, to], [left, right]) = (self.ends[one as usize], self.sides[one as usize]);
        let [before, left, right] =
            if to == corner { [from, left.into(), right.into()] } else { [to, right.into(), left.into()] };
        let [p, q] = self.ends[other as usize];
        let after = if p == corner { q } else { p };
        let at = |corner: u32| self.corners[corner as usize];
        Some(Bend { a: at(before), b: at(after), left: left as u16, right: right as u16 })
    }

    /// A new corner on a border; what was the border ends there.
    pub fn insert(&mut self, border: u32, to: P) {
        let [_, b] = self.ends[border as usize];
        let (corner, new) = (self.corners.len() as u32, self.ends.len() as u32);
        self.corners.push(to);
        self.origins.push(to);
        self.ends[border as usize][1] = corner;
        self.ends.push([corner, b]);
        self.sides.push(self.sides[border as usize]);
        self.bends.push(Some([border, new]));
        if let Some(bend) = &mut self.bends[b as usize] {
            bend.iter_mut().filter(|of| **of == border).for_each(|of| *of = new);
        }
        for border in [border, new] {
            let (p, q) = self.line(border);
            let added = &mut self.added;
            each_cell(self.cells.layout, p, q, |cell| added.entry(cell).or_default().push(border));
        }
    }

    /// Borders that pass through a box, or near it: some twice.
    pub fn borders_in(&self, [(west, east), (north, south)]: Area) -> impl Iterator<Item = u32> + '_ {
        // Corners have gone as far as they may since the cells were filled.
        let columns = self.cells.layout.along(0, west - FARTHEST, east + FARTHEST);
        let rows = self.cells.layout.along(1, north - FARTHEST, south + FARTHEST);
        columns.flat_map(move |column| {
            let cells = rows.clone().map(move |row| self.cells.layout.number(column, row));
            let added = cells.filter(|_| !self.added.is_empty()).filter_map(|cell| self.added.get(&cell)).flatten();
            self.cells.of(column, rows.clone()).iter().chain(added).copied()
        })
    }

    /// Whether the corner `c` between `a` and `b` can go to `to` while borders meet at corners only, a grid square
    /// apart. Where there is no corner yet, `c` is `a`.
    pub fn is_free(&self, [a, c, b]: [P; 3], to: P) -> bool {
        let long = |p: P| (0..2).any(|k| (p[k] - c[k]).abs() > LONGEST);
        if long(a)
            || long(b)
            || (a != c && is_on_line(c))
            || crosses_line(a, to)
            || crosses_line(to, b)
            || side(a, to, b) == 0
        {
            return false;
        }
        if passes(a, to, b) || passes(to, b, a) || (a != c && (holds(a, c, to, b) || holds(b, c, to, a))) {
            return false;
        }
        let around = [0, 1].map(|k| {
            let (low, high) = (a[k].min(b[k]).min(c[k]).min(to[k]), a[k].max(b[k]).max(c[k]).max(to[k]));
            (low - 1, high + 1)
        });
        self.borders_in(around).all(|border| self.is_clear_of(border, a, c, b, to))
    }

    /// The same for one border of the neighbourhood.
    fn is_clear_of(&self, border: u32, a: P, c: P, b: P, to: P) -> bool {
        let (p, q) = self.line(border);
        if if a == c { (p, q) == (a, b) || (q, p) == (a, b) } else { p == c || q == c } {
            return true;
        }
        let apart = |k: usize| {
            let (low, high) = (a[k].min(b[k]).min(c[k]).min(to[k]), a[k].max(b[k]).max(c[k]).max(to[k]));
            p[k].max(q[k]) < low - 1 || p[k].min(q[k]) > high + 1
        };
        if apart(0) || apart(1) {
            return true;
        }
        let corner = |p: P| {
            p == a
                || p == b
                || !(p == to || passes(a, to, p) || passes(to, b, p) || holds(a, c, to, p) || holds(b, c, to, p))
        };
        corner(p)
            && corner(q)
            && !passes(p, q, to)
            && (a == c || !meets((p, q), (c, to)))
            && [a, b].iter().all(|end| p == *end || q == *end || !meets((p, q), (*end, to)))
    }

    /// The use of the land at a point that lies on no border.
    pub fn use_at(&self, at: P) -> u16 {
        let mut crossed: FxHashMap<u16, u32> = FxHashMap::default();
        for border in 0..self.ends.len() as u32 {
            let (p, q) = self.line(border);
            if (p[1] > at[1]) != (q[1] > at[1]) && (side(p, q, at) > 0) == (q[1] > p[1]) {
                self.sides[border as usize].iter().for_each(|of| *crossed.entry(*of).or_default() += 1);
            }
        }
        crossed.into_iter().filter(|(of, times)| *of != NONE && times % 2 == 1).map(|(of, _)| of).min().unwrap_or(NONE)
    }
}

fn around(corners: &[P]) -> Area {
    let start = corners.first().copied().unwrap_or_default().map(|v| (v, v));
    corners.iter().fold(start, |area, p| [0, 1].map(|k| (area[k].0.min(p[k]), area[k].1.max(p[k]))))
}

fn each_cell(layout: Layout, a: P, b: P, mut each: impl FnMut(usize)) {
    for (column, rows) in layout.passed(a, b, 1) {
        rows.for_each(|row| each(layout.number(column, row)));
    }
}

/// Twice the area that lies left of a–c–b with north up, measured from the line a–b.
pub fn twice(a: P, c: P, b: P) -> i64 {
    -side(a, c, b)
}

/// Twice the signed area of a triangle, positive when clockwise on the screen.
fn side(a: P, b: P, c: P) -> i64 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

/// Whether a border passes through the grid square of a corner, as [`super::noding`] asks; its ends do not count.
fn passes(a: P, b: P, corner: P) -> bool {
    if corner == a || corner == b {
        return false;
    }
    let near = |k: usize| 2 * corner[k] + 1 >= 2 * a[k].min(b[k]) && 2 * corner[k] - 1 <= 2 * a[k].max(b[k]);
    near(0) && near(1) && 2 * side(a, b, corner).abs() <= (b[0] - a[0]).abs() + (b[1] - a[1]).abs()
}

/// Whether a triangle holds a point, its borders included.
fn holds(a: P, b: P, c: P, p: P) -> bool {
    let sides = [side(a, b, p), side(b, c, p), side(c, a, p)];
    side(a, b, c) != 0 && (sides.iter().all(|v| *v >= 0) || sides.iter().all(|v| *v <= 0))
}

fn meets((a, b): (P, P), (c, d): (P, P)) -> bool {
    let apart = |k: usize| a[k].max(b[k]) < c[k].min(d[k]) || c[k].max(d[k]) < a[k].min(b[k]);
    let across = |p: P, q: P, r: P, s: P| side(p, q, r).signum() * side(p, q, s).signum() <= 0;
    !apart(0) && !apart(1) && across(a, b, c, d) && across(c, d, a, b)
}

/// Whether a border comes into a box: exact enough to keep out of its way.
pub fn touches(p: P, q: P, [(west, east), (north, south)]: Area) -> bool {
    let corners = [[west, north], [west, south], [east, south], [east, north]];
    let within = (west..=east).contains(&p[0]) && (north..=south).contains(&p[1]);
    within || (0..4).any(|k| meets((p, q), (corners[k], corners[(k + 1) % 4])))
}

/// The lines where long borders are cut: each tile's buffer beyond its sides.
pub fn is_line(v: i64) -> bool {
    let (extent, buffer) = (i64::from(EXTENT), i64::from(BUFFER));
    let into = v.rem_euclid(extent);
    into == buffer || into == extent - buffer
}

fn is_on_line(p: P) -> bool {
    p.iter().any(|v| is_line(*v))
}

fn crosses_line(p: P, q: P) -> bool {
    (0..2).any(|k| lines_below(p[k].max(q[k]) + 1) > lines_below(p[k].min(q[k])))
}

/// How many lines lie below a value.
fn lines_below(v: i64) -> i64 {
    let (extent, buffer) = (i64::from(EXTENT), i64::from(BUFFER));
    let below = |line: i64| (v - 1 - line).div_euclid(extent);
    below(buffer) + below(extent - buffer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_border_crosses_a_line_when_one_lies_between_its_ends_or_at_one() {
        for (from, to) in
            [(0, 31), (33, 4063), (33, 32), (31, 33), (4000, 4064), (4065, 4127), (4128, 4130), (5000, 9000)]
        {
            let crossed = (from.min(to)..=from.max(to)).any(is_line);
            assert_eq!(crosses_line([from, 100], [to, 100]), crossed, "{from} {to}");
        }
    }

    #[test]
    fn a_corner_has_room_until_it_comes_near_another_border() {
        let grid = Grid::new(20);
        let bend = [Edge::new([1000, 1000], [1010, 1004], 1, 2), Edge::new([1010, 1004], [1020, 1000], 1, 2)];
        let beside = Edge::new([1000, 1010], [1020, 1010], 2, 3);
        let mut edges = vec![bend[0], bend[1], beside];
        edges.sort_unstable();
        let plane = Plane::new(&edges, grid);
        let free = |to: P| plane.is_free([[1000, 1000], [1010, 1004], [1020, 1000]], to);
        assert!(free([1010, 1005]) && free([1011, 1008]));
        assert!(!free([1010, 1010]) && !free([1010, 1012]));
    }

    #[test]
    fn the_use_at_a_place_is_that_of_the_area_around_it() {
        let square = |n: u32, m: u32, of, out| {
            let corners = [[n, n], [n, m], [m, m], [m, n]];
            (0..4).map(move |i| Edge::new(corners[i], corners[(i + 1) % 4], of, out))
        };
        let mut edges: Vec<Edge> = square(1000, 1100, 4, NONE).chain(square(1040, 1060, 7, 4)).collect();
        edges.sort_unstable();
        let plane = Plane::new(&edges, Grid::new(20));
        assert_eq!([[1050, 1050], [1010, 1050], [900, 1050]].map(|at| plane.use_at(at)), [7, 4, NONE]);
    }
}

//! A planar coverage on the millimetre grid, made by cutting.
//!
//! Land is only ever cut in two, so nothing overlaps and nothing is left out. A cut that ends on an edge
//! puts a new vertex there, off the edge by less than a millimetre; the register of split edges tells the
//! neighbour of it, so that both sides keep the same vertices and every T-junction is a vertex of the
//! longer side too.

use rustc_hash::FxHashMap;

use super::curve::{self, Metres, to_metres};

/// Millimetres east and north of the district's south-west corner.
pub type Point = [i32; 2];

/// Open (the first point is not repeated), counter-clockwise.
pub type Ring = Vec<Point>;

#[derive(Default)]
pub struct Coverage {
    /// Edge (lesser end first) → the vertex put on it; the two halves may be split again.
    splits: FxHashMap<(Point, Point), Point>,
}

/// How a cut treats what it meets.
#[derive(Clone, Copy)]
pub struct CutRule {
    /// A cut ending this close to a vertex ends in the vertex: no slivers along old corners.
    pub snap_m: f64,
    /// A cut that would leave less than this is not made.
    pub least_m2: f64,
    /// Nor one that would leave something narrower than this (twice the area over the perimeter).
    pub least_width_m: f64,
}

impl Coverage {
    /// The ring with every vertex that its neighbours' cuts have put on its edges.
    pub fn refresh(&self, ring: &[Point]) -> Ring {
        let mut fresh = Vec::with_capacity(ring.len() + 8);
        for (a, b) in edges(ring) {
            self.push_edge(a, b, &mut fresh);
        }
        fresh
    }

    fn push_edge(&self, a: Point, b: Point, fresh: &mut Ring) {
        match self.splits.get(&(a.min(b), a.max(b))) {
            None => fresh.push(a),
            Some(middle) => {
                self.push_edge(a, *middle, fresh);
                self.push_edge(*middle, b, fresh);
            }
        }
    }

    /// Cuts the ring where `line` first runs through it: (left of the line, right of it).
    pub fn cut(&mut self, ring: &[Point], line: &[Point], rule: CutRule) -> Option<(Ring, Ring)> {
        let ring = self.refresh(ring);
        let crossings = crossings(&ring, line);
        let pass = crossings.windows(2).find(|pair| pair[0].enters && !pair[1].enters)?;
        self.cut_pass(&ring, line, &pass[0], &pass[1], rule)
    }

    /// Cuts the ring at every pass of `line`: (pieces left of the line, pieces right of it). A ring the
    /// line does not cut comes back whole on the side where it lies.
    pub fn cut_all(&mut self, ring: &[Point], line: &[Point], rule: CutRule) -> (Vec<Ring>, Vec<Ring>) {
        let mut sides = (vec![], vec![]);
        let mut open = vec![(self.refresh(ring), line.to_vec(), None)];
        while let Some((ring, line, known_left)) = open.pop() {
            match self.next_pass(&ring, &line, rule) {
                Some((left, right, rest)) => {
                    open.push((left, rest.clone(), Some(true)));
                    open.push((right, rest, Some(false)));
                }
                None => {
                    let is_left = known_left.unwrap_or_else(|| is_left_of(&ring, &line));
                    if is_left { sides.0.push(ring) } else { sides.1.push(ring) }
                }
            }
        }
        sides
    }

    /// The first pass that can be cut, with the stretch of the line that lies beyond it.
    fn next_pass(&mut self, ring: &[Point], line: &[Point], rule: CutRule) -> Option<(Ring, Ring, Vec<Point>)> {
        if line.len() < 2 || !boxes_meet(ring, line) {
            return None;
        }
        let ring = self.refresh(ring);
        let crossings = crossings(&ring, line);
        for i in 1..crossings.len() {
            if !crossings[i - 1].enters || crossings[i].enters {
                continue;
            }
            if let Some((left, right)) = self.cut_pass(&ring, line, &crossings[i - 1], &crossings[i], rule) {
                let rest = crossings.get(i + 1).map_or(vec![], |next| stretch_after(line, &crossings[i], next));
                return Some((left, right, rest));
            }
        }
        None
    }

    fn cut_pass(
        &mut self,
        ring: &[Point],
        line: &[Point],
        enter: &Crossing,
        exit: &Crossing,
        rule: CutRule,
    ) -> Option<(Ring, Ring)> {
        let (start, end) = (foot(ring, enter, rule.snap_m), foot(ring, exit, rule.snap_m));
        let (ring_with, i, j) = insert(ring, &[start, end]);
        let path = inner_path(line, enter, exit, ring_with[i], ring_with[j], rule.snap_m);
        let (left, right) = halves(&ring_with, i, j, &path)?;
        let least_mm2 = (rule.least_m2 * 1e6) as i64;
        let is_wide = |half: &Ring| 2.0 * area_m2(half) >= rule.least_width_m * perimeter_m(half);
        let is_large = area2(&left).min(area2(&right)) >= 2 * least_mm2.max(1);
        if !is_large || !is_wide(&left) || !is_wide(&right) || !path_is_clear(&ring_with, i, j, &path) {
            return None;
        }
        for foot in [start, end] {
            if let Foot::OnEdge { edge, point, .. } = foot {
                self.put_on_edge(ring[edge], ring[(edge + 1) % ring.len()], point);
            }
        }
        Some((left, right))
    }

    /// Registers a vertex; where both ends of a cut lie on one edge the second finds it already halved.
    fn put_on_edge(&mut self, a: Point, b: Point, point: Point) {
        match self.splits.get(&(a.min(b), a.max(b))).copied() {
            None => {
                self.splits.insert((a.min(b), a.max(b)), point);
            }
            Some(middle) if middle == point => {}
            Some(middle) => {
                let first_half =
                    curve::distance(to_metres(a), to_metres(point)) < curve::distance(to_metres(a), to_metres(middle));
                if first_half { self.put_on_edge(a, middle, point) } else { self.put_on_edge(middle, b, point) }
            }
        }
    }
}

/// Twice the signed area in square millimetres; positive for counter-clockwise.
pub fn area2(ring: &[Point]) -> i64 {
    edges(ring).map(|(a, b)| i64::from(a[0]) * i64::from(b[1]) - i64::from(b[0]) * i64::from(a[1])).sum()
}

pub fn area_m2(ring: &[Point]) -> f64 {
    area2(ring) as f64 / 2e6
}

pub fn perimeter_m(ring: &[Point]) -> f64 {
    edges(ring).map(|(a, b)| curve::distance(to_metres(a), to_metres(b))).sum()
}

pub fn edges(ring: &[Point]) -> impl Iterator<Item = (Point, Point)> {
    (0..ring.len()).map(|i| (ring[i], ring[(i + 1) % ring.len()]))
}

/// Least and greatest coordinates.
pub fn bounds(points: &[Point]) -> (Point, Point) {
    points.iter().fold(([i32::MAX; 2], [i32::MIN; 2]), |(low, high), p| {
        ([low[0].min(p[0]), low[1].min(p[1])], [high[0].max(p[0]), high[1].max(p[1])])
    })
}

/// Where the horizontal or slanted line through `origin` along `direction` lies inside the ring: the
/// longest stretch, as distances from `origin`.
pub fn longest_chord(ring: &[Point], origin: Metres, direction: Metres) -> Option<(f64, f64)> {
    let normal = curve::left_of(direction);
    let mut hits = vec![];
    for (a, b) in edges(ring) {
        let (a, b) = (curve::minus(to_metres(a), origin), curve::minus(to_metres(b), origin));
        let (da, db) = (curve::dot(a, normal), curve::dot(b, normal));
        if (da >= 0.0) != (db >= 0.0) {
            let t = da / (da - db);
            hits.push(curve::dot(curve::lerp(a, b, t), direction));
        }
    }
    hits.sort_by(f64::total_cmp);
    hits.chunks_exact(2).map(|pair| (pair[0], pair[1])).max_by(|a, b| (a.1 - a.0).total_cmp(&(b.1 - b.0)))
}

/// A point well inside: of several level lines, the middle of a chord that lies farthest from the border.
pub fn label_point(outer: &[Point], holes: &[Ring]) -> Metres {
    let (low, high) = bounds(outer);
    let all: Vec<&[Point]> = std::iter::once(outer).chain(holes.iter().map(Vec::as_slice)).collect();
    let mut best = (f64::NEG_INFINITY, to_metres(outer[0]));
    for k in 1..16 {
        let y = to_metres(low)[1] + (to_metres(high)[1] - to_metres(low)[1]) * f64::from(k) / 16.0;
        for (from, to) in level_chords(&all, y) {
            let candidate = [(from + to) / 2.0, y];
            let room = all.iter().map(|ring| distance_to_border(ring, candidate)).fold(f64::INFINITY, f64::min);
            if room > best.0 {
                best = (room, candidate);
            }
        }
    }
    best.1
}

pub fn distance_to_border(ring: &[Point], point: Metres) -> f64 {
    edges(ring).map(|(a, b)| curve::side(&[to_metres(a), to_metres(b)], point).1).fold(f64::INFINITY, f64::min)
}

fn level_chords(rings: &[&[Point]], y: f64) -> Vec<(f64, f64)> {
    let mut hits: Vec<f64> = vec![];
    for (a, b) in rings.iter().flat_map(|ring| edges(ring)) {
        let (a, b) = (to_metres(a), to_metres(b));
        if (a[1] > y) != (b[1] > y) {
            hits.push(a[0] + (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]));
        }
    }
    hits.sort_by(f64::total_cmp);
    hits.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
}

struct Crossing {
    /// Segment of the line and how far along it.
    segment: usize,
    along: f64,
    /// Edge of the ring and how far along it.
    edge: usize,
    t: f64,
    enters: bool,
}

fn orient(a: Point, b: Point, p: Point) -> i64 {
    let x = |p: Point| i64::from(p[0] - a[0]);
    let y = |p: Point| i64::from(p[1] - a[1]);
    x(b) * y(p) - y(b) * x(p)
}

/// Where the line passes the ring, in the line's order. A point on a line counts as left of it, so that a
/// pass through a vertex is seen once.
fn crossings(ring: &[Point], line: &[Point]) -> Vec<Crossing> {
    let mut found = vec![];
    for (segment, pair) in line.windows(2).enumerate() {
        let (a, b) = (pair[0], pair[1]);
        for (edge, (u, v)) in edges(ring).enumerate() {
            let (du, dv) = (orient(a, b, u), orient(a, b, v));
            if (du >= 0) == (dv >= 0) {
                continue;
            }
            let (da, db) = (orient(u, v, a), orient(u, v, b));
            if (da >= 0) == (db >= 0) {
                continue;
            }
            let along = da as f64 / (da as f64 - db as f64);
            let t = du as f64 / (du as f64 - dv as f64);
            found.push(Crossing { segment, along, edge, t, enters: db >= 0 });
        }
    }
    found.sort_by(|p, q| p.segment.cmp(&q.segment).then(p.along.total_cmp(&q.along)));
    found
}

/// Where a cut ends on the ring.
#[derive(Clone, Copy)]
enum Foot {
    Vertex(usize),
    OnEdge { edge: usize, t: f64, point: Point },
}

fn foot(ring: &[Point], crossing: &Crossing, snap_m: f64) -> Foot {
    let (i, j) = (crossing.edge, (crossing.edge + 1) % ring.len());
    let at = curve::lerp(to_metres(ring[i]), to_metres(ring[j]), crossing.t);
    let (to_i, to_j) = (curve::distance(at, to_metres(ring[i])), curve::distance(at, to_metres(ring[j])));
    // Two vertices closer than a few millimetres would be one point to every reader.
    let snap_m = snap_m.max(0.02);
    match (to_i <= to_j, to_i.min(to_j) <= snap_m) {
        (true, true) => Foot::Vertex(i),
        (false, true) => Foot::Vertex(j),
        _ => Foot::OnEdge { edge: i, t: crossing.t, point: curve::to_grid(at) },
    }
}

/// The ring with the feet as vertices, and where they are.
fn insert(ring: &[Point], feet: &[Foot; 2]) -> (Ring, usize, usize) {
    let mut on_edges: Vec<(usize, f64, Point)> = feet
        .iter()
        .filter_map(|foot| match foot {
            Foot::OnEdge { edge, t, point } => Some((*edge, *t, *point)),
            Foot::Vertex(_) => None,
        })
        .collect();
    on_edges.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut with: Ring = vec![];
    for (i, vertex) in ring.iter().enumerate() {
        with.push(*vertex);
        with.extend(on_edges.iter().filter(|entry| entry.0 == i).map(|entry| entry.2));
    }
    let place = |foot: &Foot| {
        let point = match foot {
            Foot::Vertex(i) => ring[*i],
            Foot::OnEdge { point, .. } => *point,
        };
        with.iter().position(|p| *p == point).expect("the foot was put in")
    };
    let (i, j) = (place(&feet[0]), place(&feet[1]));
    (with, i, j)
}

/// The line's own vertices between the two crossings, without those that crowd the ends.
fn inner_path(line: &[Point], enter: &Crossing, exit: &Crossing, from: Point, to: Point, snap_m: f64) -> Vec<Point> {
    let room = snap_m.max(0.1);
    let far = |p: &Point, end: Point| curve::distance(to_metres(*p), to_metres(end)) > room;
    line[enter.segment + 1..=exit.segment].iter().copied().filter(|p| far(p, from) && far(p, to)).collect()
}

fn halves(ring: &[Point], i: usize, j: usize, path: &[Point]) -> Option<(Ring, Ring)> {
    if i == j {
        return None;
    }
    let arc = |from: usize, to: usize| {
        let steps = (to + ring.len() - from) % ring.len();
        (0..=steps).map(move |k| ring[(from + k) % ring.len()])
    };
    let left: Ring = arc(j, i).chain(path.iter().copied()).collect();
    let right: Ring = arc(i, j).chain(path.iter().rev().copied()).collect();
    (left.len() >= 3 && right.len() >= 3).then_some((left, right))
}

/// Whether the cut touches the ring at its two ends alone: snapping can bend it across a corner.
fn path_is_clear(ring: &[Point], i: usize, j: usize, path: &[Point]) -> bool {
    let whole: Vec<Point> =
        std::iter::once(ring[i]).chain(path.iter().copied()).chain(std::iter::once(ring[j])).collect();
    whole.windows(2).all(|pair| edges(ring).all(|(u, v)| !touch(pair[0], pair[1], u, v)))
}

/// Whether two segments meet anywhere but in a common end.
fn touch(a: Point, b: Point, u: Point, v: Point) -> bool {
    let shares = a == u || a == v || b == u || b == v;
    let signs =
        [orient(a, b, u).signum(), orient(a, b, v).signum(), orient(u, v, a).signum(), orient(u, v, b).signum()];
    if shares {
        // With one common end the others must not lie along each other.
        return signs.iter().all(|sign| *sign == 0) && overlaps_along(a, b, u, v);
    }
    signs[0] * signs[1] <= 0 && signs[2] * signs[3] <= 0 && boxes_meet(&[a, b], &[u, v])
}

fn overlaps_along(a: Point, b: Point, u: Point, v: Point) -> bool {
    let axis = if (a[0] - b[0]).abs() >= (a[1] - b[1]).abs() { 0 } else { 1 };
    let low = a[axis].min(b[axis]).max(u[axis].min(v[axis]));
    let high = a[axis].max(b[axis]).min(u[axis].max(v[axis]));
    low < high
}

fn boxes_meet(a: &[Point], b: &[Point]) -> bool {
    let ((a_low, a_high), (b_low, b_high)) = (bounds(a), bounds(b));
    (0..2).all(|k| a_low[k] <= b_high[k] && b_low[k] <= a_high[k])
}

/// The line from halfway between two crossings (where it is outside the ring) to its end.
fn stretch_after(line: &[Point], exit: &Crossing, next: &Crossing) -> Vec<Point> {
    let position = (exit.segment as f64 + exit.along + next.segment as f64 + next.along) / 2.0;
    let segment = (position as usize).min(line.len() - 2);
    let start = curve::lerp(to_metres(line[segment]), to_metres(line[segment + 1]), position - segment as f64);
    std::iter::once(curve::to_grid(start)).chain(line[segment + 1..].iter().copied()).collect()
}

fn is_left_of(ring: &[Point], line: &[Point]) -> bool {
    let line: Vec<Metres> = line.iter().map(|p| to_metres(*p)).collect();
    line.len() < 2 || curve::side(&line, label_point(ring, &[])).0
}

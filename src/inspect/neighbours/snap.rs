//! Open edges against each other: corners that lie on another's edge within the tolerance join it, what then
//! meets its opposite is no gap, and what crosses or faces another closely is noted.

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::edges::Edge;
use super::lattice::{Lattice, Point, distance_to, float, key};

/// A piece of an open edge after the corners of others have split it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Piece {
    pub edge: Edge,
    /// Index of the open edge that it is part of.
    pub parent: u32,
}

/// Two open edges of different parcels that face each other across a narrow strip of no one's land.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Facing {
    pub edges: (u32, u32),
    pub length: f64,
    /// Mean distance, in units.
    pub distance: f64,
    /// The strip's corners.
    pub strip: [[f64; 2]; 4],
}

#[derive(Default)]
pub struct Snapped {
    /// What is still open, in order.
    pub pieces: Vec<Piece>,
    /// Pairs of open edges that cross.
    pub crossings: Vec<(u32, u32)>,
    pub facings: Vec<Facing>,
    /// Corners moved onto a neighbour's corner or edge.
    pub moved: usize,
    /// The farthest of these moves, in units.
    pub farthest: f64,
}

enum Event {
    /// The second point is the first, within the tolerance.
    Same(Point, Point, f64),
    /// A corner of another edge lies on this edge, so far along.
    On(u32, Point, f64, f64),
    Cross(u32, u32),
    Face(Facing),
}

/// Distances in units of the lattice.
#[derive(Clone, Copy)]
pub struct Reach {
    pub same: f64,
    pub slit: f64,
}

pub fn snap(open: &[Edge], lattice: &Lattice, same_m: f64, slit_m: f64) -> Snapped {
    let reach = Reach { same: lattice.units(same_m), slit: lattice.units(slit_m) };
    let mut cells = cells(open, reach.slit);
    cells.par_sort_unstable();
    let events: Vec<Event> = cells
        .par_chunk_by(|a, b| a.0 == b.0)
        .flat_map_iter(|cell| {
            let mut events = vec![];
            for (i, (_, e)) in cell.iter().enumerate() {
                for (_, f) in &cell[i + 1..] {
                    compare(open, *e, *f, reach, &mut events);
                }
            }
            events
        })
        .collect();
    drop(cells);
    apply(open, events)
}

/// (cell, edge) for every cell that an edge passes within `reach`. Cells are as wide as two mean edges.
fn cells(open: &[Edge], reach: f64) -> Vec<(u64, u32)> {
    let length: f64 = open.par_iter().map(length).sum();
    let mean = (length / open.len().max(1) as f64).max(4.0 * reach);
    let shift = (2.0 * mean).log2().ceil().clamp(1.0, 31.0) as u32;
    open.par_iter()
        .enumerate()
        .flat_map_iter(|(i, edge)| passed(edge, reach, shift).into_iter().map(move |cell| (cell, i as u32)))
        .collect()
}

fn length(edge: &Edge) -> f64 {
    let (a, b) = (float(edge.from), float(edge.to));
    (b[0] - a[0]).hypot(b[1] - a[1])
}

fn passed(edge: &Edge, reach: f64, shift: u32) -> Vec<u64> {
    let (mut a, mut b) = (float(edge.from), float(edge.to));
    if a[0] > b[0] {
        std::mem::swap(&mut a, &mut b);
    }
    let cell = |v: f64| v.max(0.0) as u64 >> shift;
    let slope = (b[1] - a[1]) / (b[0] - a[0]);
    let mut cells = vec![];
    for column in cell(a[0] - reach)..=cell(b[0] + reach) {
        let (west, east) = ((column << shift) as f64 - reach, ((column + 1) << shift) as f64 + reach);
        let y_at = |x: f64| if a[0] == b[0] { a[1] } else { a[1] + (x.clamp(a[0], b[0]) - a[0]) * slope };
        let (mut south, mut north) = (y_at(west).min(y_at(east)), y_at(west).max(y_at(east)));
        if a[0] == b[0] {
            (south, north) = (a[1].min(b[1]), a[1].max(b[1]));
        }
        // One unit more than the reach: the slope is rounded.
        cells.extend((cell(south - reach - 1.0)..=cell(north + reach + 1.0)).map(|row| column << 32 | row));
    }
    cells
}

fn compare(open: &[Edge], i: u32, j: u32, reach: Reach, events: &mut Vec<Event>) {
    let (e, f) = (&open[i as usize], &open[j as usize]);
    if !near(e, f, reach.slit) {
        return;
    }
    let before = events.len();
    corner_on(e, i, f.from, reach.same, events);
    corner_on(e, i, f.to, reach.same, events);
    corner_on(f, j, e.from, reach.same, events);
    corner_on(f, j, e.to, reach.same, events);
    if events.len() == before && cross(e, f) {
        events.push(Event::Cross(i.min(j), i.max(j)));
    }
    if e.owner != f.owner {
        events.extend(facing(e, f, reach).map(|facing| Event::Face(Facing { edges: (i, j), ..facing })));
    }
}

fn near(e: &Edge, f: &Edge, reach: f64) -> bool {
    (0..2).all(|axis| {
        let (e0, e1) = (f64::from(e.from[axis].min(e.to[axis])), f64::from(e.from[axis].max(e.to[axis])));
        let (f0, f1) = (f64::from(f.from[axis].min(f.to[axis])), f64::from(f.from[axis].max(f.to[axis])));
        e0 - reach <= f1 && f0 - reach <= e1
    })
}

fn corner_on(edge: &Edge, index: u32, corner: Point, reach: f64, events: &mut Vec<Event>) {
    if corner == edge.from || corner == edge.to {
        return;
    }
    let (distance, along) = distance_to(float(edge.from), float(edge.to), float(corner));
    if distance > reach {
        return;
    }
    for end in [edge.from, edge.to] {
        let apart = (f64::from(end[0]) - f64::from(corner[0])).hypot(f64::from(end[1]) - f64::from(corner[1]));
        if apart <= reach {
            return events.push(Event::Same(corner.min(end), corner.max(end), apart));
        }
    }
    events.push(Event::On(index, corner, along, distance));
}

pub fn side(a: [f64; 2], b: [f64; 2], p: [f64; 2]) -> f64 {
    (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])
}

fn cross(e: &Edge, f: &Edge) -> bool {
    let (a, b, c, d) = (float(e.from), float(e.to), float(f.from), float(f.to));
    side(c, d, a) * side(c, d, b) < 0.0 && side(a, b, c) * side(a, b, d) < 0.0
}

/// Edges that run in opposite directions, each on the outer side (the right) of the other.
fn facing(e: &Edge, f: &Edge, reach: Reach) -> Option<Facing> {
    let (a, b, c, d) = (float(e.from), float(e.to), float(f.from), float(f.to));
    let (length_e, length_f) = (length(e), length(f));
    let along = [(b[0] - a[0]) / length_e, (b[1] - a[1]) / length_e];
    let dot = along[0] * (d[0] - c[0]) + along[1] * (d[1] - c[1]);
    // Within eight degrees of opposite.
    if dot > -0.99 * length_f {
        return None;
    }
    let on_e = |p: [f64; 2]| (p[0] - a[0]) * along[0] + (p[1] - a[1]) * along[1];
    let (from, to) = (on_e(d).max(0.0), on_e(c).min(length_e));
    if to <= from {
        return None;
    }
    let ahead = |t: f64| [a[0] + along[0] * t, a[1] + along[1] * t];
    let across = |t: f64| {
        let s = (on_e(c) - t) / (on_e(c) - on_e(d));
        [c[0] + (d[0] - c[0]) * s, c[1] + (d[1] - c[1]) * s]
    };
    let outward = |t: f64| -side(a, b, across(t)) / length_e;
    let (first, last) = (outward(from), outward(to));
    let distance = (first + last) / 2.0;
    let closes = first >= 0.0 && last >= 0.0 && distance > reach.same && first.max(last) <= reach.slit;
    closes.then(|| Facing {
        edges: (0, 0),
        length: to - from,
        distance,
        strip: [ahead(from), ahead(to), across(to), across(from)],
    })
}

fn apply(open: &[Edge], events: Vec<Event>) -> Snapped {
    let mut snapped = Snapped::default();
    let (mut same, mut on) = (vec![], vec![]);
    for event in events {
        match event {
            Event::Same(a, b, distance) => same.push((a, b, distance.to_bits())),
            Event::On(edge, corner, along, distance) => on.push((edge, along.to_bits(), corner, distance.to_bits())),
            Event::Cross(e, f) => snapped.crossings.push((e, f)),
            Event::Face(facing) => snapped.facings.push(facing),
        }
    }
    same.sort_unstable();
    same.dedup();
    // By edge, then along it: bits of numbers from 0 to 1 are in their order.
    on.sort_unstable();
    on.dedup();
    snapped.crossings.sort_unstable();
    snapped.crossings.dedup();
    snapped.facings.sort_by_key(|facing| facing.edges);
    snapped.facings.dedup_by_key(|facing| facing.edges);
    let moves = same.iter().map(|s| s.2).chain(on.iter().map(|o| o.3));
    snapped.moved = same.len() + on.len();
    snapped.farthest = moves.map(f64::from_bits).fold(0.0, f64::max);
    let representative = representatives(&same);
    snapped.pieces = cancel(split(open, &on, &representative));
    snapped.pieces.par_sort_unstable();
    snapped
}

/// Each moved corner → the one that stands for it, the smallest of those it is joined to.
fn representatives(same: &[(Point, Point, u64)]) -> FxHashMap<Point, Point> {
    let mut parent: FxHashMap<Point, Point> = FxHashMap::default();
    let find = |parent: &FxHashMap<Point, Point>, mut point: Point| {
        while let Some(next) = parent.get(&point) {
            point = *next;
        }
        point
    };
    for (a, b, _) in same {
        let (a, b) = (find(&parent, *a), find(&parent, *b));
        if a != b {
            parent.insert(a.max(b), a.min(b));
        }
    }
    parent.keys().map(|point| (*point, find(&parent, *point))).collect()
}

/// The pieces of every edge, and whether it was changed.
fn split(open: &[Edge], on: &[(u32, u64, Point, u64)], representative: &FxHashMap<Point, Point>) -> Vec<(Piece, bool)> {
    let moved = |point: Point| representative.get(&point).copied().unwrap_or(point);
    let mut pieces = Vec::with_capacity(open.len() + on.len());
    let mut rest = on;
    for (i, edge) in open.iter().enumerate() {
        let corners = rest.iter().take_while(|corner| corner.0 as usize == i).count();
        let ends = rest[..corners].iter().map(|corner| corner.2).chain([edge.to]);
        rest = &rest[corners..];
        let changed =
            corners > 0 || !representative.is_empty() && (moved(edge.from) != edge.from || moved(edge.to) != edge.to);
        let mut from = moved(edge.from);
        for to in ends.map(moved) {
            if from != to {
                pieces.push((Piece { edge: Edge { from, to, owner: edge.owner }, parent: i as u32 }, changed));
            }
            from = to;
        }
    }
    pieces
}

/// Takes out what now meets its opposite. Only changed pieces, and those that lie where one does, can.
fn cancel(pieces: Vec<(Piece, bool)>) -> Vec<Piece> {
    let ends = |piece: &Piece| {
        let (a, b) = (key(piece.edge.from), key(piece.edge.to));
        (a.min(b), a.max(b))
    };
    let changed: FxHashSet<(u64, u64)> = pieces.iter().filter(|(_, c)| *c).map(|(piece, _)| ends(piece)).collect();
    let mut kept = Vec::with_capacity(pieces.len());
    let mut tried: Vec<Piece> = vec![];
    for (piece, _) in pieces {
        if !changed.is_empty() && changed.contains(&ends(&piece)) { tried.push(piece) } else { kept.push(piece) }
    }
    tried.sort_unstable_by_key(|piece| (ends(piece), *piece));
    for same in tried.chunk_by(|a, b| ends(a) == ends(b)) {
        let is_forward = |piece: &&Piece| piece.edge.from < piece.edge.to;
        let forward = same.iter().filter(is_forward).count();
        let backward = same.len() - forward;
        let left = forward.abs_diff(backward);
        kept.extend(same.iter().filter(|piece| is_forward(piece) == (forward > backward)).take(left));
    }
    kept
}

/// Corners with more than one way on: the index is that of the pieces, which are sorted by their start.
pub fn leaving(pieces: &[Piece], point: Point) -> std::ops::Range<usize> {
    let start = pieces.partition_point(|piece| piece.edge.from < point);
    let count = pieces[start..].iter().take_while(|piece| piece.edge.from == point).count();
    start..start + count
}

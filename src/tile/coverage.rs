//! Shared borders, found once and simplified once.
//!
//! Parcels are a coverage: a border belongs to both neighbours. A vertex whose two neighbours on the ring
//! differ between the rings that pass it is a **node**; between nodes runs an **arc**, the same for all
//! who share it. Each arc is ranked by Douglas–Peucker in a way that does not depend on the direction in
//! which a ring runs along it, so both sides keep the same vertices at every zoom and no gap can open.

use rayon::prelude::*;

use crate::model::shapes::{GeometryKind, Shapes, WorldCoord};

/// How far, in world units, the line would move if a vertex were left out; infinite for nodes and ends.
/// One value per coordinate of the layer. A zoom keeps what is at least its tolerance.
pub fn importance(shapes: &Shapes<WorldCoord>) -> Vec<f32> {
    match shapes.kind {
        GeometryKind::Point => vec![f32::INFINITY; shapes.coords.len()],
        GeometryKind::Line => ranked(shapes, |line, _, ranks| rank_line(line, ranks)),
        GeometryKind::Polygon => {
            let nodes = nodes(shapes);
            ranked(shapes, |ring, first, ranks| rank_ring(ring, &nodes[first..first + ring.len()], ranks))
        }
    }
}

/// Ranks every ring; `rank` gets the ring, the index of its first coordinate, and its ranks (all 0).
fn ranked(shapes: &Shapes<WorldCoord>, rank: impl Fn(&[WorldCoord], usize, &mut [f32]) + Sync) -> Vec<f32> {
    (0..shapes.ring_ends.len())
        .into_par_iter()
        .with_min_len(256)
        .flat_map_iter(|ring| {
            let range = shapes.ring_range(ring);
            let mut ranks = vec![0.0; range.len()];
            rank(&shapes.coords[range.clone()], range.start, &mut ranks);
            ranks
        })
        .collect()
}

/// Which coordinates are nodes.
fn nodes(shapes: &Shapes<WorldCoord>) -> Vec<bool> {
    let mut passes: Vec<Pass> = (0..shapes.ring_ends.len())
        .into_par_iter()
        .with_min_len(256)
        .flat_map_iter(|ring| passes(shapes, ring))
        .collect();
    passes.par_sort_unstable();
    let mut nodes = vec![false; shapes.coords.len()];
    for at_vertex in passes.chunk_by(|a, b| a.vertex == b.vertex) {
        let shared_by_all = at_vertex.iter().all(|pass| pass.neighbours == at_vertex[0].neighbours);
        if !shared_by_all {
            at_vertex.iter().for_each(|pass| nodes[pass.index as usize] = true);
        }
    }
    nodes
}

/// One ring passing one vertex.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Pass {
    vertex: u64,
    /// The vertices before and after, the smaller first: the direction of the ring does not count.
    neighbours: (u64, u64),
    index: u32,
}

fn passes(shapes: &Shapes<WorldCoord>, ring: usize) -> impl Iterator<Item = Pass> {
    let range = shapes.ring_range(ring);
    let start = range.start;
    let ring = &shapes.coords[range];
    let n = ring.len();
    (0..n).map(move |i| {
        let (before, after) = (key(ring[(i + n - 1) % n]), key(ring[(i + 1) % n]));
        let neighbours = (before.min(after), before.max(after));
        Pass { vertex: key(ring[i]), neighbours, index: (start + i) as u32 }
    })
}

fn key([x, y]: WorldCoord) -> u64 {
    u64::from(x) << 32 | u64::from(y)
}

fn rank_line(line: &[WorldCoord], ranks: &mut [f32]) {
    if let Some(last) = line.len().checked_sub(1) {
        ranks[0] = f32::INFINITY;
        ranks[last] = f32::INFINITY;
        rank_arc(line, ranks, 0, last, f32::INFINITY);
    }
}

fn rank_ring(ring: &[WorldCoord], is_node: &[bool], ranks: &mut [f32]) {
    let nodes: Vec<usize> = (0..ring.len()).filter(|i| is_node[*i]).collect();
    // A ring without nodes begins at its smallest vertex, whoever walks along it.
    let anchors = if nodes.is_empty() { smallest(ring) } else { nodes };
    for (i, &from) in anchors.iter().enumerate() {
        ranks[from] = f32::INFINITY;
        let to = anchors.get(i + 1).copied().unwrap_or(anchors[0] + ring.len());
        rank_arc(ring, ranks, from, to, f32::INFINITY);
    }
}

fn smallest(ring: &[WorldCoord]) -> Vec<usize> {
    (0..ring.len()).min_by_key(|i| key(ring[*i])).into_iter().collect()
}

/// Ranks the vertices strictly between `from` and `to` (indices modulo the ring). None is ranked above the
/// one whose removal made it matter, so that a coarser zoom keeps a subset of a finer one.
fn rank_arc(ring: &[WorldCoord], ranks: &mut [f32], from: usize, to: usize, ceiling: f32) {
    let mut pending = vec![(from, to, ceiling)];
    while let Some((from, to, ceiling)) = pending.pop() {
        let Some((split, distance)) = farthest(ring, from, to) else { continue };
        let rank = distance.min(ceiling);
        ranks[split % ring.len()] = rank;
        pending.push((from, split, rank));
        pending.push((split, to, rank));
    }
}

/// The vertex between two others that lies farthest from the line between them; of several the one with
/// the smallest coordinates, so that the direction does not matter.
fn farthest(ring: &[WorldCoord], from: usize, to: usize) -> Option<(usize, f32)> {
    let n = ring.len();
    let (a, b) = in_order(ring[from % n], ring[to % n]);
    let mut best: Option<(f64, u64, usize)> = None;
    for i in from + 1..to {
        let (distance, vertex) = (squared_distance(ring[i % n], a, b), key(ring[i % n]));
        if best.is_none_or(|(d, v, _)| distance > d || (distance == d && vertex < v)) {
            best = Some((distance, vertex, i));
        }
    }
    best.map(|(squared, _, i)| (i, squared.sqrt() as f32))
}

fn in_order(a: WorldCoord, b: WorldCoord) -> (WorldCoord, WorldCoord) {
    if a <= b { (a, b) } else { (b, a) }
}

/// Squared distance of `p` from the segment `a`–`b`.
fn squared_distance(p: WorldCoord, a: WorldCoord, b: WorldCoord) -> f64 {
    let (abx, aby) = minus(b, a);
    let (apx, apy) = minus(p, a);
    let length2 = abx * abx + aby * aby;
    let along = if length2 == 0.0 { 0.0 } else { ((apx * abx + apy * aby) / length2).clamp(0.0, 1.0) };
    let (dx, dy) = (apx - along * abx, apy - along * aby);
    dx * dx + dy * dy
}

fn minus(a: WorldCoord, b: WorldCoord) -> (f64, f64) {
    (f64::from(a[0]) - f64::from(b[0]), f64::from(a[1]) - f64::from(b[1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(rings: &[&[WorldCoord]]) -> Shapes<WorldCoord> {
        let mut shapes = Shapes::new(GeometryKind::Polygon);
        for ring in rings {
            shapes.coords.extend_from_slice(ring);
            shapes.end_ring();
            shapes.end_part();
            shapes.end_feature();
        }
        shapes
    }

    /// Two parcels along a wavy border, running along it in opposite directions.
    fn neighbours() -> Shapes<WorldCoord> {
        layer(&[
            &[[0, 0], [0, 100], [50, 100], [55, 70], [48, 40], [52, 20], [50, 0]],
            &[[100, 0], [50, 0], [52, 20], [48, 40], [55, 70], [50, 100], [100, 100]],
        ])
    }

    #[test]
    fn both_sides_of_a_shared_border_rank_its_vertices_alike() {
        let shapes = neighbours();
        let ranks = importance(&shapes);
        for vertex in [[55, 70], [48, 40], [52, 20], [50, 0], [50, 100]] {
            let of: Vec<f32> =
                (0..shapes.coords.len()).filter(|i| shapes.coords[*i] == vertex).map(|i| ranks[i]).collect();
            assert_eq!(of.len(), 2);
            assert_eq!(of[0], of[1], "{vertex:?}");
        }
    }

    #[test]
    fn a_vertex_where_three_parcels_meet_is_always_kept() {
        let shapes = layer(&[
            &[[0, 0], [0, 100], [50, 100], [50, 50], [50, 0]],
            &[[50, 0], [50, 50], [100, 50], [100, 0]],
            &[[50, 50], [50, 100], [100, 100], [100, 50]],
        ]);
        let ranks = importance(&shapes);
        assert_eq!(ranks[3], f32::INFINITY);
    }

    #[test]
    fn an_enclave_and_the_hole_around_it_rank_alike_wherever_their_rings_begin() {
        let hole: &[WorldCoord] = &[[30, 30], [30, 60], [61, 62], [60, 30]];
        let enclave: &[WorldCoord] = &[[61, 62], [30, 60], [30, 30], [60, 30]];
        let ranks = importance(&layer(&[hole, enclave]));
        assert_eq!([ranks[0], ranks[1], ranks[2], ranks[3]], [ranks[6], ranks[5], ranks[4], ranks[7]]);
    }
}

//! Shared borders, found once and simplified once.
//!
//! Parcels are a coverage: a border belongs to both neighbours. A vertex whose two neighbours on the ring
//! differ between the rings that pass it is a **node**; between nodes runs an **arc**, the same for all
//! who share it. Each arc is ranked by Douglas–Peucker in a way that does not depend on the direction in
//! which a ring runs along it, so both sides keep the same vertices at every zoom and no gap can open.

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::grid::Grid;
use crate::model::shapes::{GeometryKind, Shapes, WorldCoord};
use crate::model::tile_coord::MAX_DRAWN_ZOOM;

/// The zoom from which a vertex is drawn; one value per coordinate of the layer.
///
/// A vertex is left out of a zoom when its border moves by less than half a grid unit without it: less than
/// rounding moves it. Corners where borders meet and ends of lines are drawn at every zoom.
pub fn first_zooms(shapes: &Shapes<WorldCoord>) -> Vec<u8> {
    first_zooms_where(shapes, |_| true)
}

/// The same for a part of a layer; only rings that `is_whole` says yes to have all their neighbours in it, and so
/// may keep corners for want of others.
pub fn first_zooms_where(shapes: &Shapes<WorldCoord>, is_whole: impl Fn(usize) -> bool + Sync) -> Vec<u8> {
    match shapes.kind {
        GeometryKind::Point => vec![0; shapes.coords.len()],
        GeometryKind::Line => ranked(shapes, |line, _, ranks| rank_line(line, ranks)),
        GeometryKind::Polygon => {
            let nodes = nodes(shapes);
            let rank =
                |ring: &[WorldCoord], first, ranks: &mut [f32]| rank_ring(ring, &nodes[first..][..ring.len()], ranks);
            keep_three_corners(shapes, ranked(shapes, rank), is_whole)
        }
    }
}

/// The first zoom whose half unit is not more than a rank in world units.
fn first_zoom(rank: f32) -> u8 {
    (0..=MAX_DRAWN_ZOOM).find(|z| rank >= Grid::new(*z).unit() / 2.0).unwrap_or(MAX_DRAWN_ZOOM + 1)
}

/// Ranks every ring; `rank` gets the ring, the index of its first coordinate, and its ranks (all 0).
fn ranked(shapes: &Shapes<WorldCoord>, rank: impl Fn(&[WorldCoord], usize, &mut [f32]) + Sync) -> Vec<u8> {
    (0..shapes.ring_ends.len())
        .into_par_iter()
        .with_min_len(256)
        .flat_map_iter(|ring| {
            let range = shapes.ring_range(ring);
            let mut ranks = vec![0.0; range.len()];
            rank(&shapes.coords[range.clone()], range.start, &mut ranks);
            ranks.into_iter().map(first_zoom)
        })
        .collect()
}

/// A ring that a coarse zoom would leave fewer than three corners keeps its three most important ones, and so
/// do all rings that pass them.
fn keep_three_corners(
    shapes: &Shapes<WorldCoord>,
    mut zooms: Vec<u8>,
    is_whole: impl Fn(usize) -> bool + Sync,
) -> Vec<u8> {
    let few = |ring: &usize| is_whole(*ring) && shapes.ring_range(*ring).filter(|i| zooms[*i] == 0).count() < 3;
    let most_important = |ring: usize| {
        let mut corners: Vec<usize> = shapes.ring_range(ring).collect();
        corners.sort_unstable_by_key(|i| (zooms[*i], key(shapes.coords[*i])));
        corners.truncate(3);
        corners.into_iter().map(|i| shapes.coords[i])
    };
    let rings = (0..shapes.ring_ends.len()).into_par_iter().with_min_len(256);
    let kept: FxHashSet<WorldCoord> = rings.filter(few).flat_map_iter(most_important).collect();
    if !kept.is_empty() {
        let pairs = shapes.coords.par_iter().zip(&mut zooms);
        pairs.filter(|(corner, _)| kept.contains(*corner)).for_each(|(_, zoom)| *zoom = 0);
    }
    zooms
}

/// Vertices sorted at a time: what bounds the memory for finding nodes.
const AT_A_TIME: usize = 1 << 20;

/// Which coordinates are nodes.
pub fn nodes(shapes: &Shapes<WorldCoord>) -> Vec<bool> {
    let starts = ring_starts(shapes);
    let mut nodes = vec![false; shapes.coords.len()];
    let shares = shapes.coords.len().div_ceil(AT_A_TIME) as u64;
    for share in 0..shares {
        let mut passes: Vec<(u64, u32)> = shapes
            .coords
            .par_iter()
            .enumerate()
            .filter(|(_, vertex)| mixed(key(**vertex)) % shares == share)
            .map(|(i, vertex)| (key(*vertex), i as u32))
            .collect();
        passes.par_sort_unstable();
        let found: Vec<u32> = passes
            .par_chunk_by(|a, b| a.0 == b.0)
            .filter(|at_vertex| !shared_by_all(shapes, &starts, at_vertex))
            .flat_map_iter(|at_vertex| at_vertex.iter().map(|pass| pass.1))
            .collect();
        found.iter().for_each(|i| nodes[*i as usize] = true);
    }
    nodes
}

/// Whether every ring that passes a vertex comes from and goes to the same two.
fn shared_by_all(shapes: &Shapes<WorldCoord>, starts: &[bool], at_vertex: &[(u64, u32)]) -> bool {
    let first = neighbours(shapes, starts, at_vertex[0].1 as usize);
    at_vertex[1..].iter().all(|pass| neighbours(shapes, starts, pass.1 as usize) == first)
}

fn ring_starts(shapes: &Shapes<WorldCoord>) -> Vec<bool> {
    let mut starts = vec![false; shapes.coords.len() + 1];
    starts[0] = true;
    shapes.ring_ends.iter().for_each(|end| starts[*end as usize] = true);
    starts
}

/// The vertices before and after, the smaller first: the direction of the ring does not count.
fn neighbours(shapes: &Shapes<WorldCoord>, starts: &[bool], i: usize) -> (u64, u64) {
    let ring = || shapes.ring_range(shapes.ring_ends.partition_point(|end| *end as usize <= i));
    let before = if starts[i] { ring().end - 1 } else { i - 1 };
    let after = if starts[i + 1] { ring().start } else { i + 1 };
    let (before, after) = (key(shapes.coords[before]), key(shapes.coords[after]));
    (before.min(after), before.max(after))
}

/// Spreads neighbouring vertices over all shares.
fn mixed(key: u64) -> u64 {
    key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32
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
        let ranks = first_zooms(&shapes);
        for vertex in [[55, 70], [48, 40], [52, 20], [50, 0], [50, 100]] {
            let of: Vec<u8> =
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
        let ranks = first_zooms(&shapes);
        assert_eq!(ranks[3], 0);
    }

    #[test]
    fn an_enclave_and_the_hole_around_it_rank_alike_wherever_their_rings_begin() {
        let hole: &[WorldCoord] = &[[30, 30], [30, 60], [61, 62], [60, 30]];
        let enclave: &[WorldCoord] = &[[61, 62], [30, 60], [30, 30], [60, 30]];
        let ranks = first_zooms(&layer(&[hole, enclave]));
        assert_eq!([ranks[0], ranks[1], ranks[2], ranks[3]], [ranks[6], ranks[5], ranks[4], ranks[7]]);
    }
}

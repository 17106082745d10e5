//! Every directed edge of a coverage is met by its opposite: what is not is where land begins, ends, or is
//! counted twice.

use rayon::prelude::*;

use super::lattice::{Lattice, Point, key};
use crate::model::shapes::{GridCoord, Shapes};

/// A directed edge with its parcel on the left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    pub from: Point,
    pub to: Point,
    pub owner: u32,
}

#[derive(Default)]
pub struct Matched {
    /// Edges that were met by their opposite.
    pub matched: u64,
    /// The others, in order. As many lead to a vertex as leave it, unless land is covered very often.
    pub open: Vec<Edge>,
    /// Parcels with an edge that another parcel has in the same direction: certain overlaps.
    pub doubled: Vec<u32>,
}

/// Edges compared at a time: 16 bytes each, 40 MB and the same again while they are gathered.
const EDGES_A_PASS: usize = 2_500_000;

/// Edges in one place that are followed further: of a parcel that stands ten thousand times, the owners are
/// compared, but its border is not walked ten thousand times.
const MOST_ALIKE: usize = 8;

/// Edges are told apart by 63 bits of a hash: among 20 million edges two fall together by chance once in
/// 50,000 layers. The passes keep the memory small; each looks at the edges whose hash is its own.
pub fn open_edges(shapes: &Shapes<GridCoord>, lattice: &Lattice) -> Matched {
    let passes = shapes.coords.len().div_ceil(EDGES_A_PASS).next_power_of_two();
    let mut unmet = Unmet::default();
    for pass in 0..passes as u64 {
        one_pass(shapes, lattice, pass, passes as u64, &mut unmet);
    }
    // In the order of the layer the search for the owner stays in the cache: ten times faster than as they come.
    unmet.open.par_sort_unstable();
    unmet.doubled.par_sort_unstable();
    let mut open: Vec<Edge> = unmet.open.into_par_iter().map(|first| whole_edge(shapes, lattice, first)).collect();
    let mut doubled: Vec<u32> = unmet.doubled.into_par_iter().map(|first| owner(shapes, first)).collect();
    open.par_sort_unstable();
    doubled.dedup();
    Matched { matched: unmet.matched, open, doubled }
}

/// Edges by the index of their first point.
#[derive(Default)]
struct Unmet {
    matched: u64,
    open: Vec<u32>,
    doubled: Vec<u32>,
}

fn one_pass(shapes: &Shapes<GridCoord>, lattice: &Lattice, pass: u64, passes: u64, found: &mut Unmet) {
    let mut hashed: Vec<(u64, u32)> = (0..shapes.ring_ends.len())
        .into_par_iter()
        .with_min_len(1024)
        .flat_map_iter(|ring| ring_hashes(shapes, lattice, ring))
        .filter(|(hash, _)| hash >> 40 & (passes - 1) == pass)
        .collect();
    hashed.par_sort_unstable();
    for same in hashed.chunk_by(|a, b| a.0 >> 1 == b.0 >> 1) {
        let backward = same.iter().filter(|edge| edge.0 & 1 == 1).count();
        let forward = same.len() - backward;
        found.matched += 2 * forward.min(backward) as u64;
        if forward > 1 || backward > 1 {
            found.doubled.extend(same.iter().map(|edge| edge.1));
        }
        let direction = u64::from(backward > forward);
        let unmet = forward.abs_diff(backward).min(MOST_ALIKE);
        let unmet = same.iter().filter(|edge| edge.0 & 1 == direction).take(unmet);
        found.open.extend(unmet.map(|edge| edge.1));
    }
}

/// Hash of each edge of a ring, the same both ways but for the lowest bit, and the index of its first point.
fn ring_hashes(shapes: &Shapes<GridCoord>, lattice: &Lattice, ring: usize) -> impl Iterator<Item = (u64, u32)> {
    let range = shapes.ring_range(ring);
    let start = range.start;
    let points = &shapes.coords[range];
    let mut before = points.last().map_or(0, |last| key(lattice.point(*last)));
    let n = points.len();
    points.iter().enumerate().filter_map(move |(i, coord)| {
        let here = key(lattice.point(*coord));
        let from = std::mem::replace(&mut before, here);
        let first = start + if i == 0 { n - 1 } else { i - 1 };
        (from != here).then(|| (hash(from, here), first as u32))
    })
}

fn hash(from: u64, to: u64) -> u64 {
    let mut h = from.min(to).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ from.max(to).rotate_left(29);
    h = (h ^ h >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93);
    h = (h ^ h >> 29).wrapping_mul(0xff51_afd7_ed55_8ccd);
    (h ^ h >> 32) & !1 | u64::from(from > to)
}

fn whole_edge(shapes: &Shapes<GridCoord>, lattice: &Lattice, first: u32) -> Edge {
    let ring = shapes.ring_ends.partition_point(|end| *end <= first);
    let range = shapes.ring_range(ring);
    let next = if first as usize + 1 == range.end { range.start } else { first as usize + 1 };
    let point = |i: usize| lattice.point(shapes.coords[i]);
    Edge { from: point(first as usize), to: point(next), owner: owner_of_ring(shapes, ring) }
}

fn owner(shapes: &Shapes<GridCoord>, coord: u32) -> u32 {
    owner_of_ring(shapes, shapes.ring_ends.partition_point(|end| *end <= coord))
}

fn owner_of_ring(shapes: &Shapes<GridCoord>, ring: usize) -> u32 {
    let part = shapes.part_ends.partition_point(|end| *end as usize <= ring);
    shapes.feature_ends.partition_point(|end| *end as usize <= part) as u32
}

//! The edges of a coverage that belong to one polygon only.

use rayon::prelude::*;

use crate::model::shapes::{Shapes, WorldCoord};

/// The edges of a ring: index of the first coordinate, from, to.
pub fn edges(shapes: &Shapes<WorldCoord>, ring: usize) -> impl Iterator<Item = (usize, WorldCoord, WorldCoord)> {
    let range = shapes.ring_range(ring);
    let coords = &shapes.coords;
    range.clone().map(move |i| (i, coords[i], coords[if i + 1 == range.end { range.start } else { i + 1 }]))
}

/// Edges looked at together: what bounds the memory.
const AT_A_TIME: usize = 1 << 20;

/// Which edges no other runs back along, by the coordinate where they begin. In a coverage these are its outside;
/// where two surveys differ they are also the borders that should be one.
pub fn outline(shapes: &Shapes<WorldCoord>) -> Vec<bool> {
    let mut ends = vec![false; shapes.coords.len() + 1];
    shapes.ring_ends.iter().for_each(|end| ends[*end as usize] = true);
    let first_of = |i: usize| shapes.ring_range(shapes.ring_ends.partition_point(|end| *end as usize <= i)).start;
    let after = |i: usize| shapes.coords[if ends[i + 1] { first_of(i) } else { i + 1 }];
    let mut outline = vec![false; shapes.coords.len()];
    let shares = shapes.coords.len().div_ceil(AT_A_TIME) as u64;
    let mut passes: Vec<(u64, u32)> = vec![];
    for share in 0..shares {
        passes.clear();
        passes.par_extend(
            (0..shapes.ring_ends.len())
                .into_par_iter()
                .with_min_len(4096)
                .flat_map_iter(|ring| edges(shapes, ring))
                .filter(|(_, from, to)| from != to)
                .map(|(i, from, to)| (mixed(from, to), i as u32))
                .filter(|(mixed, _)| (mixed >> 40) % shares == share),
        );
        passes.par_sort_unstable();
        let from = |pass: &(u64, u32)| shapes.coords[pass.1 as usize];
        let opposite =
            |a: &(u64, u32), b: &(u64, u32)| from(a) == after(b.1 as usize) && from(b) == after(a.1 as usize);
        for passes in passes.chunk_by(|a, b| a.0 == b.0) {
            if let [a, b] = passes
                && opposite(a, b)
            {
                continue;
            }
            let matched = |pass: &&(u64, u32)| {
                let (a, b) = (from(pass), after(pass.1 as usize));
                let balance = passes.iter().filter(|other| from(other) == b && after(other.1 as usize) == a).count();
                balance == passes.iter().filter(|other| from(other) == a && after(other.1 as usize) == b).count()
            };
            passes.iter().filter(|pass| !matched(pass)).for_each(|pass| outline[pass.1 as usize] = true);
        }
    }
    outline
}

/// The same for both directions of an edge; two edges may share it.
fn mixed(from: WorldCoord, to: WorldCoord) -> u64 {
    let place = |[x, y]: WorldCoord| (u64::from(x) << 32 | u64::from(y)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    place(from).wrapping_add(place(to)).wrapping_mul(0xd6e8_feb8_6659_fd93)
}

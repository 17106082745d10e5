//! Land that two parcels claim.

use std::ops::ControlFlow;

use rayon::prelude::*;

use super::Tolerances;
use super::land::{Common, Lands};

pub struct Overlap {
    /// The lesser first.
    pub parcels: (u32, u32),
    pub area_m2: f64,
    /// Of the widest piece.
    pub width_m: f64,
    /// The largest piece.
    pub largest: Common,
    /// Whether one of the two lies in the other, or is the other.
    pub same_place: bool,
}

#[derive(Default)]
pub struct Overlaps {
    /// In the order of the parcels.
    pub found: Vec<Overlap>,
    /// Pieces too small or narrow to name.
    pub within_tolerance: usize,
    /// The width of the widest of these, metres.
    pub widest_m: f64,
    /// Whether the search ended at the greatest number of findings.
    pub cut_short: bool,
}

/// Parcels looked at before the number of findings is compared with its limit.
const CHUNK: usize = 4096;

/// Partners listed of one parcel: a copied sheet gives it some ten.
const MOST_PARTNERS: usize = 256;

/// `suspects` own an edge where the number of parcels that cover the land changes: every piece of land covered
/// twice is bounded by such edges. Where a pair is found both are suspect, so that the search goes on through
/// land that is covered twice throughout, as by a copy of a whole sheet a metre aside.
pub fn find(lands: &Lands<'_>, parcels: usize, mut suspects: Vec<u32>, tolerances: &Tolerances) -> Overlaps {
    const NOW: u8 = 1;
    const DONE: u8 = 2;
    let mut state = vec![0u8; parcels];
    let mut overlaps = Overlaps::default();
    while !suspects.is_empty() {
        suspects.iter().for_each(|i| state[*i as usize] = NOW);
        let mut next = vec![];
        for chunk in suspects.chunks(CHUNK) {
            let is_mine = |a: u32, b: u32| match state[b as usize] {
                0 => a != b,
                NOW => a < b,
                _ => false,
            };
            let pairs: Vec<Pair> = chunk
                .par_iter()
                .with_min_len(32)
                .flat_map_iter(|a| pairs_of(lands, *a, &|b| is_mine(*a, b), tolerances))
                .collect();
            for pair in pairs {
                let (a, b) = pair.parcels;
                overlaps.within_tolerance += pair.within_tolerance;
                overlaps.widest_m = overlaps.widest_m.max(pair.widest_m);
                if let Some(overlap) = pair.overlap {
                    next.extend([a, b].into_iter().filter(|i| state[*i as usize] == 0));
                    overlaps.found.push(overlap);
                }
            }
            if overlaps.found.len() >= tolerances.most_findings {
                overlaps.cut_short = true;
                next.clear();
                break;
            }
        }
        suspects.iter().for_each(|i| state[*i as usize] = DONE);
        next.sort_unstable();
        next.dedup();
        suspects = if overlaps.cut_short { vec![] } else { next };
    }
    overlaps.found.sort_by_key(|overlap| overlap.parcels);
    overlaps
}

struct Pair {
    parcels: (u32, u32),
    overlap: Option<Overlap>,
    within_tolerance: usize,
    widest_m: f64,
}

fn pairs_of(lands: &Lands<'_>, a: u32, is_mine: &dyn Fn(u32) -> bool, tolerances: &Tolerances) -> Vec<Pair> {
    lands.with(a, |land| {
        let mut partners = vec![];
        lands.visit(land.frame, &mut |b| {
            if is_mine(b) && lands.with(b, |other| land.may_overlap(other, tolerances.same_m)) {
                partners.push(b);
            }
            if partners.len() < MOST_PARTNERS { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        partners.sort_unstable();
        partners.into_iter().map(|b| pair(lands, a, b, tolerances)).collect()
    })
}

fn pair(lands: &Lands<'_>, a: u32, b: u32, tolerances: &Tolerances) -> Pair {
    lands.with(a, |land| {
        lands.with(b, |other| {
            let (kept, small): (Vec<Common>, Vec<Common>) = land
                .common(other)
                .into_iter()
                .partition(|piece| piece.area_m2 >= tolerances.named_area_m2 && piece.width_m() >= tolerances.same_m);
            let widest_m = |pieces: &[Common]| pieces.iter().map(Common::width_m).fold(0.0, f64::max);
            let area_m2: f64 = kept.iter().map(|piece| piece.area_m2).sum();
            let width_m = widest_m(&kept);
            let largest = kept.into_iter().max_by(|a, b| a.area_m2.total_cmp(&b.area_m2));
            let same_place = area_m2 >= 0.999 * land.area_m2().min(other.area_m2());
            Pair {
                parcels: (a.min(b), a.max(b)),
                overlap: largest.map(|largest| Overlap {
                    parcels: (a.min(b), a.max(b)),
                    area_m2,
                    width_m,
                    largest,
                    same_place,
                }),
                within_tolerance: small.len(),
                widest_m: widest_m(&small),
            }
        })
    })
}

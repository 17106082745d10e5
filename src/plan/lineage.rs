//! Which parcels became which: read from the shapes alone, so that nothing is said of anybody's rights.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::feature::{Described, Feature, Shape};
use super::matching::Pair;
use crate::model::parcel::Parcel;
use crate::model::shared_area::{area_m2, shared_area_m2};

/// Less than this share of the smaller of two parcels is a border that moved, not land that changed its parcel.
const LEAST_SHARE: f64 = 0.05;

/// Less than this is the width of a border's line (m²).
const LEAST_AREA_M2: f64 = 1.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// One became several.
    Split,
    /// Several became one.
    Merged,
    /// One became one with another number.
    Renumbered,
    /// Several became several.
    Rearranged,
}

impl Event {
    pub fn vi(self) -> &'static str {
        match self {
            Event::Split => "tách thửa",
            Event::Merged => "hợp thửa",
            Event::Renumbered => "đổi số",
            Event::Rearranged => "sắp xếp lại",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lineage {
    pub event: Event,
    /// Codes of parcels, `99001-5-12`.
    pub before: Vec<String>,
    pub after: Vec<String>,
}

/// What became of the parcels that went or changed their shape.
pub fn of(before: &[Feature<Parcel>], after: &[Feature<Parcel>], pairs: &[Pair]) -> Vec<Lineage> {
    let reshaped = |pair: &&Pair| match (pair.0.and_then(|i| before[i].shape), pair.1.and_then(|j| after[j].shape)) {
        (Some(old), Some(new)) => !super::feature::same_shape(Some(old), Some(new)),
        (old, new) => old.is_some() || new.is_some(),
    };
    let touched: Vec<&Pair> = pairs.iter().filter(reshaped).collect();
    let old: Vec<Place> = touched.iter().filter_map(|pair| Place::of(&before[pair.0?])).collect();
    let new: Vec<Place> = touched.iter().filter_map(|pair| Place::of(&after[pair.1?])).collect();
    let mut families = Families::default();
    for (i, j) in overlapping(&old, &new) {
        let shared = shared_area_m2(old[i].shape.grid, old[i].shape.index, new[j].shape.grid, new[j].shape.index);
        if shared >= LEAST_AREA_M2 && shared >= LEAST_SHARE * old[i].area_m2.min(new[j].area_m2) {
            families.join(&old[i].code, &new[j].code);
        }
    }
    families.told()
}

struct Place<'a> {
    code: String,
    shape: Shape<'a>,
    area_m2: f64,
    /// West, south, east, north in metres of the zone.
    bounds: [f64; 4],
}

impl<'a> Place<'a> {
    fn of(feature: &Feature<'a, Parcel>) -> Option<Self> {
        let shape = feature.shape?;
        let mut bounds = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
        for [x, y] in shape.grid.feature_rings(shape.index).flatten() {
            bounds = [bounds[0].min(*x), bounds[1].min(*y), bounds[2].max(*x), bounds[3].max(*y)];
        }
        Some(Place { code: feature.row.name(), shape, area_m2: area_m2(shape.grid, shape.index), bounds })
    }
}

/// Pairs whose boxes meet: new ones by their western side, so that each old one looks at few.
fn overlapping(old: &[Place], new: &[Place]) -> Vec<(usize, usize)> {
    let mut by_west: Vec<usize> = (0..new.len()).collect();
    by_west.sort_by(|a, b| new[*a].bounds[0].total_cmp(&new[*b].bounds[0]));
    let widest = new.iter().map(|place| place.bounds[2] - place.bounds[0]).fold(0.0, f64::max);
    let mut pairs = vec![];
    for (i, place) in old.iter().enumerate() {
        let [west, south, east, north] = place.bounds;
        let first = by_west.partition_point(|j| new[*j].bounds[0] < west - widest);
        let near = by_west[first..].iter().take_while(|j| new[**j].bounds[0] <= east);
        let meets = |j: &&usize| {
            let other = new[**j].bounds;
            other[2] >= west && other[1] <= north && other[3] >= south
        };
        pairs.extend(near.filter(meets).map(|j| (i, *j)));
    }
    pairs
}

/// Parcels that share land, directly or over others.
#[derive(Default)]
struct Families {
    /// Which family a parcel is of: `(is old, code)`.
    of: BTreeMap<(bool, String), usize>,
    members: Vec<[BTreeSet<String>; 2]>,
}

impl Families {
    fn join(&mut self, old: &str, new: &str) {
        let (a, b) = (self.family(true, old), self.family(false, new));
        if a == b {
            return;
        }
        let moved = std::mem::take(&mut self.members[b]);
        for (side, codes) in moved.into_iter().enumerate() {
            for code in codes {
                self.of.insert((side == 0, code.clone()), a);
                self.members[a][side].insert(code);
            }
        }
    }

    fn family(&mut self, is_old: bool, code: &str) -> usize {
        let next = self.members.len();
        let family = *self.of.entry((is_old, code.to_owned())).or_insert(next);
        if family == next {
            self.members.push(Default::default());
            self.members[next][usize::from(!is_old)].insert(code.to_owned());
        }
        family
    }

    /// In the order of the old codes; what kept its number alone only changed its shape.
    fn told(self) -> Vec<Lineage> {
        let mut told: Vec<Lineage> = self.members.into_iter().filter_map(lineage).collect();
        told.sort_by(|a, b| a.before.cmp(&b.before));
        told
    }
}

fn lineage([before, after]: [BTreeSet<String>; 2]) -> Option<Lineage> {
    let event = match (before.len(), after.len()) {
        (0, _) | (_, 0) => return None,
        (1, 1) if before == after => return None,
        (1, 1) => Event::Renumbered,
        (1, _) => Event::Split,
        (_, 1) => Event::Merged,
        _ => Event::Rearranged,
    };
    Some(Lineage { event, before: before.into_iter().collect(), after: after.into_iter().collect() })
}

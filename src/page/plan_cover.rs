//! Which planning zones lie over a parcel, and over how much of it.
//!
//! Computed from the approved borders of both, on the world grid, which keeps shares of so small a piece of
//! land. It is no approved figure, and the pages say so.

use std::collections::BTreeMap;

use super::catalogue::{Catalogue, Commune, Plan};
use crate::model::shapes::{GridCoord, Shapes, WorldCoord};
use crate::model::{land_use, shared_area};
use crate::snapshot::Snapshot;

/// The zones of the plans in force, by commune.
pub struct PlanCover<'a> {
    by_commune: BTreeMap<&'a str, Vec<Zone<'a>>>,
}

/// How much of a parcel one land use of one plan takes, in whole percent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share<'a> {
    pub plan: &'a str,
    /// An amendment is named with its decision: it lies over the plan it amends.
    pub amends: bool,
    pub decision: &'a str,
    pub land_use: &'a str,
    pub percent: u8,
}

struct Zone<'a> {
    snapshot: &'a Snapshot,
    land_use: &'a str,
    /// One feature in world units; y southward, which areas do not mind.
    shape: Shapes<GridCoord>,
    bounds: [f64; 4],
}

impl<'a> PlanCover<'a> {
    pub fn new(catalogue: &Catalogue<'a>) -> Self {
        let of = |commune: &Commune<'a>| commune.plans.iter().flat_map(zones).collect::<Vec<_>>();
        let communes = catalogue.communes.values().filter(|commune| !commune.plans.is_empty());
        PlanCover { by_commune: communes.map(|commune| (commune.code, of(commune))).collect() }
    }

    /// The land uses planned over one parcel, by plan and then the largest first. A share below half a percent
    /// is the difference of two surveys, not a plan.
    pub fn shares(&self, commune: &str, world: &Shapes<WorldCoord>, row: usize) -> Vec<Share<'a>> {
        let zones = self.by_commune.get(commune).map_or(&[][..], Vec::as_slice);
        if zones.is_empty() {
            return vec![];
        }
        let parcel = feature(world, row);
        let bounds = bounds(&parcel);
        let whole = shared_area::area_m2(&parcel, 0);
        let mut found: Vec<(&'a Snapshot, &'a str, f64)> = vec![];
        for zone in zones.iter().filter(|zone| meet(zone.bounds, bounds)) {
            let part = part_inside(&parcel, bounds, whole, zone);
            match found.iter_mut().find(|(of, code, _)| of.id == zone.snapshot.id && *code == zone.land_use) {
                Some((_, _, area)) => *area += part,
                None => found.push((zone.snapshot, zone.land_use, part)),
            }
        }
        let mut shares: Vec<Share> = found.into_iter().filter_map(|found| share(found, whole)).collect();
        shares.sort_by(|a, b| {
            let key = |share: &Share<'a>| (share.amends, share.plan, u8::MAX - share.percent, share.land_use);
            key(a).cmp(&key(b))
        });
        shares
    }
}

fn share<'a>((snapshot, land_use, area): (&'a Snapshot, &'a str, f64), whole: f64) -> Option<Share<'a>> {
    let percent = (100.0 * area / whole).round().clamp(0.0, 100.0) as u8;
    let record = &snapshot.record;
    (percent > 0).then(|| Share {
        plan: &snapshot.id,
        amends: record.amends.is_some(),
        decision: &record.decision.number,
        land_use,
        percent,
    })
}

/// Common area in world units squared. Most parcels lie wholly inside or outside: no border of the zone
/// crosses their box, and one corner tells which.
fn part_inside(parcel: &Shapes<GridCoord>, bounds: [f64; 4], whole: f64, zone: &Zone) -> f64 {
    let rings = || zone.shape.feature_rings(0);
    if rings().any(|ring| crosses(ring, bounds)) {
        return shared_area::shared_area_m2(parcel, 0, &zone.shape, 0);
    }
    let corner = parcel.coords[0];
    if rings().filter(|ring| holds(ring, corner)).count() % 2 == 1 { whole } else { 0.0 }
}

/// Whether the box of any edge meets the bounds: a cheap test that errs on the side of crossing.
fn crosses(ring: &[GridCoord], bounds: [f64; 4]) -> bool {
    edges(ring).any(|(a, b)| meet([a[0].min(b[0]), a[1].min(b[1]), a[0].max(b[0]), a[1].max(b[1])], bounds))
}

/// Even-odd rule.
fn holds(ring: &[GridCoord], [x, y]: GridCoord) -> bool {
    let passes = |(a, b): &(GridCoord, GridCoord)| {
        (a[1] > y) != (b[1] > y) && x < (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0]
    };
    edges(ring).filter(passes).count() % 2 == 1
}

fn edges(ring: &[GridCoord]) -> impl Iterator<Item = (GridCoord, GridCoord)> {
    ring.iter().copied().zip(ring.iter().copied().cycle().skip(1))
}

fn zones<'a>(plan: &Plan<'a>) -> impl Iterator<Item = Zone<'a>> {
    let (snapshot, layer) = (plan.snapshot, plan.layer);
    plan.features.clone().into_iter().map(move |row| {
        let shape = feature(&layer.world, row);
        Zone { snapshot, land_use: land_use::principal(&layer.rows[row].land_use), bounds: bounds(&shape), shape }
    })
}

fn feature(world: &Shapes<WorldCoord>, row: usize) -> Shapes<GridCoord> {
    let mut one = Shapes::new(world.kind);
    one.append_feature(world, row);
    one.map(|coord| coord.map(f64::from))
}

fn bounds(shape: &Shapes<GridCoord>) -> [f64; 4] {
    let nowhere = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    shape.coords.iter().fold(nowhere, |[w, s, e, n], [x, y]| [w.min(*x), s.min(*y), e.max(*x), n.max(*y)])
}

fn meet(a: [f64; 4], b: [f64; 4]) -> bool {
    a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3]
}

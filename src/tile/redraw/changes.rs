//! What differs between a layer and the one that was drawn before.

use rustc_hash::FxHashMap;

use super::drawn::DrawnLayer;
use super::fingerprint::Fingerprints;
use super::region::{Region, WorldBox};
use crate::tile::layer::TileLayer;

/// A feature that is not where, or not what, it was.
#[derive(Clone, Debug)]
pub struct Change {
    pub id: u64,
    pub kind: ChangeKind,
    /// Where it was and is; a box that holds nothing where it was not, or is not.
    pub boxes: [WorldBox; 2],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    Added,
    Removed,
    Corners,
    Fields,
}

/// The changes of one layer.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    pub changes: Vec<Change>,
    /// The number that each feature had; [`NEW`] for one that was not there, or had other corners.
    pub same_shape: Vec<u32>,
    /// The number that each old feature has; [`NEW`] for one that is no more.
    pub number_now: Vec<u32>,
}

pub const NEW: u32 = u32::MAX;

const NOWHERE: WorldBox = [u32::MAX, u32::MAX, 0, 0];

impl Changes {
    /// `None` when features come in another order: every tile may be another then.
    pub fn between(last: &DrawnLayer, layer: &TileLayer<'_>, boxes: &[WorldBox], now: &Fingerprints) -> Option<Self> {
        let numbers = Numbers::new(&last.ids, &layer.ids);
        let mut found =
            Changes { changes: vec![], same_shape: vec![NEW; layer.ids.len()], number_now: vec![NEW; last.ids.len()] };
        let mut before = None;
        for (i, id) in layer.ids.iter().enumerate() {
            let Some(was) = numbers.find(i, *id) else {
                found.changes.push(Change { id: *id, kind: ChangeKind::Added, boxes: [NOWHERE, boxes[i]] });
                continue;
            };
            if before.is_some_and(|before| before >= was) {
                return None;
            }
            before = Some(was);
            found.number_now[was as usize] = i as u32;
            found.compare(last, was as usize, i, *id, boxes[i], now);
        }
        let gone = (0..last.ids.len()).filter(|was| found.number_now[*was] == NEW);
        let removed =
            |was: usize| Change { id: last.ids[was], kind: ChangeKind::Removed, boxes: [last.boxes[was], NOWHERE] };
        let removed: Vec<Change> = gone.map(removed).collect();
        found.changes.extend(removed);
        Some(found)
    }

    fn compare(&mut self, last: &DrawnLayer, was: usize, i: usize, id: u64, around: WorldBox, now: &Fingerprints) {
        let boxes = [last.boxes[was], around];
        if last.fingerprints.shapes[was] != now.shapes[i] {
            self.changes.push(Change { id, kind: ChangeKind::Corners, boxes });
            return;
        }
        self.same_shape[i] = was as u32;
        if last.fingerprints.values[was] != now.values[i] {
            self.changes.push(Change { id, kind: ChangeKind::Fields, boxes });
        }
    }

    /// Where corners changed.
    pub fn ground(&self) -> Region {
        let moved = self.changes.iter().filter(|change| change.kind != ChangeKind::Fields);
        Region::new(moved.flat_map(|change| change.boxes).collect())
    }
}

/// The numbers that features had, by their ids.
enum Numbers<'a> {
    /// The ids are the same, in the same order.
    Same,
    ById(FxHashMap<&'a u64, u32>),
}

impl<'a> Numbers<'a> {
    fn new(last: &'a [u64], now: &[u64]) -> Self {
        match last == now {
            true => Numbers::Same,
            false => Numbers::ById(last.iter().enumerate().map(|(i, id)| (id, i as u32)).collect()),
        }
    }

    fn find(&self, i: usize, id: u64) -> Option<u32> {
        match self {
            Numbers::Same => Some(i as u32),
            Numbers::ById(numbers) => numbers.get(&id).copied(),
        }
    }
}

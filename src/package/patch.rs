//! New bytes as old ones with differences: runs that go on beside the old bytes, and bytes that are put in between.
//!
//! A run carries the difference of each byte, which is 0 almost everywhere, and not only for equal bytes: where a
//! file counts (the offsets in the index of a FlatGeobuf, the numbers of values in a tile), one that grew shifts
//! every count behind it by the same, and the same differences pack to nothing.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

/// Bytes that stand once in the old ones and again in the new ones show where these go on.
const ANCHOR_BYTES: usize = 16;

/// Places of anchors that are looked up; in larger files only some are kept.
const MOST_ANCHORS: usize = 1 << 20;

/// A byte that differs costs what this many equal ones spare.
const COST: i64 = 3;

/// A run ends where differences would cost more than this.
const PATIENCE: i64 = 96;

/// So many equal bytes are counted instead of carried as differences of 0: a province's pages are hundreds of MB.
const LEAST_SAME: usize = 32;

/// `same` bytes of the old ones, `add` bytes beside them, `insert` bytes, then `seek` bytes on in the old ones, or back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    same: usize,
    add: usize,
    insert: usize,
    seek: i64,
}

/// What runs take their bytes from, one behind the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Streams {
    pub differences: Vec<u8>,
    pub inserts: Vec<u8>,
}

/// What is left of the streams of one file.
#[derive(Clone, Copy)]
pub struct Rest<'a> {
    pub differences: &'a [u8],
    pub inserts: &'a [u8],
}

/// How many bytes of each stream runs take.
pub fn taken(runs: &[Run]) -> Option<(usize, usize)> {
    let sum = |count: fn(&Run) -> usize| runs.iter().try_fold(0_usize, |sum, run| sum.checked_add(count(run)));
    Some((sum(|run| run.add)?, sum(|run| run.insert)?))
}

/// How `new` is made of `old`; what is carried goes to the end of the streams.
pub fn make(old: &[u8], new: &[u8], streams: &mut Streams) -> Vec<Run> {
    let anchors = Anchors::of(old);
    let (mut at, mut beside, mut runs) = (0, 0, vec![]);
    while at < new.len() {
        let length = likeness(&old[beside..], &new[at..]);
        go_beside(&old[beside..beside + length], &new[at..at + length], &mut runs, streams);
        (at, beside) = (at + length, beside + length);
        let (next, place) = anchors.next(old, new, at).unwrap_or((new.len(), beside));
        streams.inserts.extend(&new[at..next]);
        runs.push(Run { insert: next - at, seek: place as i64 - beside as i64, ..Run::default() });
        (at, beside) = (next, place);
    }
    runs
}

/// Parts a stretch of two sides into what is the same and what differs here and there.
fn go_beside(old: &[u8], new: &[u8], runs: &mut Vec<Run>, streams: &mut Streams) {
    let (mut run, mut at) = (Run::default(), 0);
    while at < new.len() {
        let same = old[at..].iter().zip(&new[at..]).take_while(|(old, new)| old == new).count();
        if same >= LEAST_SAME {
            if run.add > 0 {
                runs.push(std::mem::take(&mut run));
            }
            run.same += same;
            at += same;
        } else {
            // The byte behind equal ones differs, unless the stretch is over.
            let length = (same + 1).min(new.len() - at);
            let pairs = new[at..at + length].iter().zip(&old[at..]);
            streams.differences.extend(pairs.map(|(new, old)| new.wrapping_sub(*old)));
            run.add += length;
            at += length;
        }
    }
    runs.push(run);
}

/// How many bytes it is worth to go on side by side.
fn likeness(old: &[u8], new: &[u8]) -> usize {
    let (mut best, mut worth, mut most) = (0, 0, 0);
    for (at, (old, new)) in old.iter().zip(new).enumerate() {
        worth += if old == new { 1 } else { -COST };
        if worth > most {
            (best, most) = (at + 1, worth);
        }
        if worth < most - PATIENCE {
            break;
        }
    }
    best
}

/// Where in the old bytes those stand that stand there once.
struct Anchors(FxHashMap<u128, usize>);

/// Of bytes that stand several times.
const MANY: usize = usize::MAX;

impl Anchors {
    fn of(old: &[u8]) -> Self {
        let step = old.len() / MOST_ANCHORS + 1;
        let mut places = FxHashMap::default();
        for at in (0..old.len().saturating_sub(ANCHOR_BYTES - 1)).step_by(step) {
            places.entry(window(old, at)).and_modify(|place| *place = MANY).or_insert(at);
        }
        Anchors(places)
    }

    /// The next byte of `new` from which the old ones go on, and where they do.
    fn next(&self, old: &[u8], new: &[u8], from: usize) -> Option<(usize, usize)> {
        let mut ends = from..(new.len() + 1).saturating_sub(ANCHOR_BYTES);
        let (mut at, mut place) = ends.find_map(|at| {
            let place = self.0.get(&window(new, at)).filter(|place| **place != MANY)?;
            Some((at, *place))
        })?;
        while at > from && place > 0 && new[at - 1] == old[place - 1] {
            (at, place) = (at - 1, place - 1);
        }
        Some((at, place))
    }
}

fn window(bytes: &[u8], at: usize) -> u128 {
    u128::from_le_bytes(bytes[at..at + ANCHOR_BYTES].try_into().expect("the length is its own"))
}

/// Makes the new bytes again; none for runs that are not of these bytes.
pub fn apply(old: &[u8], runs: &[Run], rest: &mut Rest<'_>) -> Option<Vec<u8>> {
    let (mut new, mut beside) = (vec![], 0_usize);
    for run in runs {
        let begin = beside.checked_add(run.same)?;
        new.extend(old.get(beside..begin)?);
        let end = begin.checked_add(run.add)?;
        let differences = take(&mut rest.differences, run.add)?;
        new.extend(old.get(begin..end)?.iter().zip(differences).map(|(old, by)| old.wrapping_add(*by)));
        new.extend(take(&mut rest.inserts, run.insert)?);
        beside = usize::try_from(i64::try_from(end).ok()?.checked_add(run.seek)?).ok()?;
    }
    Some(new)
}

pub fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (now, later) = rest.split_at_checked(length)?;
    *rest = later;
    Some(now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn there_and_back(old: &[u8], new: &[u8]) -> (Vec<Run>, Streams) {
        let mut streams = Streams::default();
        let runs = make(old, new, &mut streams);
        assert_eq!(taken(&runs), Some((streams.differences.len(), streams.inserts.len())));
        let mut rest = Rest { differences: &streams.differences, inserts: &streams.inserts };
        assert_eq!(apply(old, &runs, &mut rest).as_deref(), Some(new));
        assert!(rest.differences.is_empty() && rest.inserts.is_empty());
        (runs, streams)
    }

    proptest! {
        #[test]
        fn a_patch_makes_the_new_bytes_again(parts in prop::collection::vec("[ab]{0,9}|[a-z]{20,40}", 0..9), order in prop::collection::vec(0usize..9, 0..9)) {
            let new: String = order.iter().filter_map(|at| parts.get(*at).map(String::as_str)).collect();
            there_and_back(parts.concat().as_bytes(), new.as_bytes());
        }
    }

    #[test]
    fn what_moved_or_counts_on_from_a_shift_is_not_carried() {
        let rows = |from: u32| {
            (0..500_u32).flat_map(move |row| [[7; 12].to_vec(), (from + row * 3000).to_le_bytes().to_vec()].concat())
        };
        let (old, new): (Vec<u8>, Vec<u8>) = (rows(0).collect(), rows(24).collect());
        let (runs, streams) = there_and_back(&old, &new);
        // Behind the last count no equal byte makes it worth to go on.
        assert!(runs.len() == 2 && streams.inserts.len() <= 4, "{runs:?}");
        let runs = there_and_back(&[5; 900], &[&[5; 400][..], &[6], &[5; 499]].concat()).0;
        assert_eq!(runs[..2], [Run { same: 400, add: 1, ..Run::default() }, Run { same: 499, ..Run::default() }]);
        let lines: Vec<String> =
            (0..200).map(|line| format!("thửa đất số {line}, {} m²\n", line * 7919 % 1000)).collect();
        let moved = [&lines[100..], &["một dòng mới\n".to_owned()], &lines[..100]].concat().concat();
        assert!(there_and_back(lines.concat().as_bytes(), moved.as_bytes()).1.inserts.len() < 40);
    }

    #[test]
    fn runs_of_other_bytes_make_nothing() {
        let runs = [Run { add: 5, ..Run::default() }];
        assert_eq!(apply(b"abc", &runs, &mut Rest { differences: &[0; 5], inserts: &[] }), None);
        let runs = [Run { add: 1, seek: -9, ..Run::default() }, Run { same: 1, ..Run::default() }];
        assert_eq!(apply(b"abc", &runs, &mut Rest { differences: &[0; 5], inserts: &[] }), None);
    }
}

//! Keys that stand twice.

use std::collections::BTreeMap;

use crate::error::{Exit, Fault, Stage};

/// One fault for every key that more than one row has.
pub fn check(keys: impl Iterator<Item = String>) -> Vec<Fault> {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for key in keys {
        *seen.entry(key).or_default() += 1;
    }
    seen.into_iter()
        .filter(|(_, times)| *times > 1)
        .map(|(key, times)| {
            Fault::new(Stage::Inspect, Exit::Quality, format!("stands {times} times in the source"))
                .feature(key)
                .remedy("keep one of them, or correct the number of the others")
        })
        .collect()
}

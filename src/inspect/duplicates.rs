//! Keys that stand twice.

use std::path::Path;

use super::finding::{Finding, Severity};
use crate::error::{Exit, Fault, Stage};

/// One finding for every key that more than one row has; `keys` in order.
pub fn check<'a>(keys: impl Iterator<Item = &'a str>, file: Option<&Path>) -> Vec<Finding> {
    let mut runs: Vec<(&str, u32)> = vec![];
    for key in keys {
        match runs.last_mut() {
            Some((last, times)) if *last == key => *times += 1,
            _ => runs.push((key, 1)),
        }
    }
    runs.into_iter().filter(|(_, times)| *times > 1).map(|(key, times)| finding(key, times, file)).collect()
}

fn finding(key: &str, times: u32, file: Option<&Path>) -> Finding {
    let fault = Fault::new(Stage::Inspect, Exit::Quality, format!("stands {times} times in the source"))
        .feature(key)
        .remedy("keep one of them, or correct the number of the others");
    let fault = file.map_or(fault.clone(), |file| fault.file(file));
    Finding::new("duplicate", Severity::Refusal, fault)
}

//! Quality of what is about to be approved: nothing is repaired here, everything is named.

pub mod canonical;
pub mod duplicates;
pub mod extent;
pub mod finding;
pub mod geometry;
pub mod units;

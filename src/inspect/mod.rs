//! Quality of what is about to be approved: nothing is repaired here, everything is named.

pub mod areas;
pub mod box_tree;
pub mod canonical;
pub mod commune;
pub mod duplicates;
pub mod extent;
pub mod fault_map;
pub mod finding;
pub mod geometry;
pub mod home_land;
pub mod neighbours;
pub mod price_order;
pub mod report;
pub mod ring;
pub mod statistics_sums;
pub mod units;

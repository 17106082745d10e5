//! What a site folder says: `congbo.toml`, `content/data/*/dataset.toml`, `tiles/*.toml`.
//!
//! Every file is checked as a whole: unknown keys are all named, with line and the nearest known name.

pub mod account;
pub mod dataset;
pub mod days_off;
pub mod public_notice;
pub mod serve;
pub mod site;
pub mod strict_toml;
pub mod tile_set;

pub use crate::model::localised::Localised;

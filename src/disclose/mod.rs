//! The only door between source rows and everything that is published.
//!
//! [`allow_list`] says which fields may pass, [`value_scan`] looks into the texts that do, and [`rows`]
//! turns a row into the noun of its kind, marked [`Public`].

pub mod allow_list;
mod cells;
pub mod metadata;
pub mod public;
pub mod rows;
pub mod value_scan;

pub use public::Public;

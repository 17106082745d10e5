//! The only door between source rows and everything that is published.
//!
//! [`allow_list`] says which fields may pass, [`value_scan`] looks into the texts that do, and [`rows`]
//! turns a row into the noun of its kind, marked [`Public`], held against the [`rules`] of dataset and
//! province. [`secrecy`] names the rows that stay back whole; [`report`] counts all of it.

pub mod allow_list;
mod cells;
mod coarse_address;
mod identity_number;
pub mod metadata;
mod person_name;
pub mod private_columns;
pub mod public;
pub mod report;
pub mod rows;
pub mod rules;
pub mod secrecy;
pub mod value_scan;

pub use public::Public;

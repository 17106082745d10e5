//! The only door between source rows and everything that is published.

pub mod public;

pub use public::Public;

//! congbo publishes the approved, public land information of a province.
//!
//! The modules stand in the order in which the data passes them; none reaches back:
//!
//! [`config`] says what a site holds and who may approve it. [`read`] turns a source file into rows,
//! [`disclose`] lets the public part of a row through as [`disclose::Public`], [`project`] brings it
//! onto one grid and [`inspect`] measures its quality ([`survey`] looks at a file before there is a dataset). [`snapshot`] keeps the approved result, signed.
//! [`plan`] compares snapshots with what is published: what would change, who checked a sample of it, by when it is due.
//! From snapshots alone [`tile`], [`extract`] and [`page`] make what people look at; [`release`] binds
//! it into one edition ([`build`] runs these in order), [`package`] puts a part of one into a file that needs no network,
//! and [`serve`] opens nothing but editions. Beside them [`account`] knows who may
//! ask for more, [`request`] what was asked and granted, [`supply`] cuts it out of an edition, and [`audit`] keeps who got what. [`model`] holds the nouns,
//! [`error`] what can go wrong, [`file_system`] what Unix and Windows do differently, [`command`] what a person can type.
#![forbid(unsafe_code)]
// They panic when nobody reads: `command::output` does not.
#![warn(clippy::print_stdout, clippy::print_stderr)]

#[cfg(unix)]
pub mod account;
#[cfg(unix)]
pub mod audit;
pub mod build;
pub mod command;
pub mod config;
pub mod digest;
pub mod disclose;
pub mod error;
pub mod extract;
pub mod file_system;
pub mod inspect;
pub mod model;
pub mod package;
pub mod page;
pub mod plan;
pub mod progress;
pub mod project;
pub mod read;
pub mod release;
#[cfg(unix)]
pub mod request;
#[cfg(unix)]
pub mod serve;
pub mod snapshot;
#[cfg(unix)]
pub mod supply;
pub mod survey;
pub mod tile;

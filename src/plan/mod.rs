//! What would change against what is published, before anybody sees it, and what follows from that: the
//! sample that a person checks and signs off, and by when approved data is due.
//!
//! Both sides of a comparison are snapshots, named by the digests of their records: editions carry these
//! digests in their manifests, so this stage needs to know nothing of editions.

pub mod change;
pub mod changes_map;
pub mod changes_page;
pub mod compare;
pub mod deadlines;
mod feature;
pub mod lineage;
mod matching;
pub mod outline;
pub mod sample;
pub mod sign_off;
mod table;

use std::collections::BTreeMap;

/// What a side of a comparison consists of: dataset → SHA-256 of its record (hexadecimal).
pub type Datasets = BTreeMap<String, String>;

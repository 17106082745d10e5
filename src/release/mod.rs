//! The edition: what one publication consists of, immutable from the moment it has its name.
//!
//! ```text
//! dist/
//!   .lock .staging-…            one build at a time, and what it has not finished
//!   releases/<edition>/         edition = YYYY-MM-DD-<8 hex of the Merkle root>
//!     manifest.json             every other file: path, bytes, sha256, prepared encodings
//!     manifest.json.minisig     the publisher's signature; its trusted comment is the [`Imprint`]
//!     report.json site/ tiles/ open/ extracts/ metadata/
//!   current -> releases/<edition>
//!   .page-keys.json             from what the pages of the last edition were made
//!   .drawn/                     what the last archives were drawn from
//!   publications/<number>.minisig  every signature that was ever published
//!   published                   since when the public saw which edition
//! ```
//!
//! [`Staging`] writes beside, [`Staging::seal`] gives the name, [`publish`] moves the pointer, [`open`]
//! reads what the pointer names. At any moment, kill or power cut included, `current` names a whole edition.

mod drawings;
mod earlier;
mod history;
pub mod imprint;
pub mod manifest;
pub mod merkle;
pub mod minisig;
pub mod parts;
mod precompress;
pub mod proof;
mod publish;
pub mod retention;
pub mod shelf;
mod staging;
mod verify;
mod zone;

use std::fs;
use std::path::{Path, PathBuf};

pub use drawings::Drawings;
pub use earlier::{Earlier, PageKeys, remember};
pub use history::{Publication, history, record};
pub use imprint::{Imprint, PublisherKey, Signed};
pub use manifest::{DatasetFacts, EditionFacts, EncodedFacts, Encodings, FileFacts, Manifest};
pub use parts::{PartKind, Parts};
pub use proof::Proof;
pub use publish::{Sign, current, last_number, latest, publish, publish_signed, releases, roll_back};
pub use staging::Staging;
pub use verify::{verify, verify_folder};
pub use zone::zone;

use crate::error::{Failure, Fault, Result, Stage};

/// A sealed edition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edition {
    pub name: String,
    pub dir: PathBuf,
}

/// An edition whose every file was found to be as its manifest says.
#[derive(Clone, Debug)]
pub struct OpenEdition {
    pub name: String,
    /// The edition's own folder, never the pointer: a swap does not reach who holds it.
    pub dir: PathBuf,
    pub manifest: Manifest,
    /// `manifest.json` as it stands on disk.
    pub manifest_json: Vec<u8>,
}

/// Opens the published edition, with size and digest of every file checked.
///
/// Fails with exit 6 when a file is missing or differs, 7 when nothing is published.
pub fn open(dist: &Path) -> Result<OpenEdition> {
    open_edition(dist, &current(dist)?)
}

/// Opens one edition by name, published or not.
pub fn open_edition(dist: &Path, name: &str) -> Result<OpenEdition> {
    let dir = edition_dir(dist, name)?;
    let (manifest, manifest_json) = manifest::load(&dir, name)?;
    Failure::unless_empty(verify::changed_files(&dir, name, &manifest))?;
    Ok(OpenEdition { name: name.to_owned(), dir, manifest, manifest_json })
}

/// Opens one edition by name with the size of every file checked, and no digest: what takes milliseconds where
/// [`open_edition`] reads gigabytes.
pub fn open_by_size(dist: &Path, name: &str) -> Result<OpenEdition> {
    let dir = edition_dir(dist, name)?;
    let (manifest, manifest_json) = manifest::load(&dir, name)?;
    Failure::unless_empty(verify::missized_files(&dir, name, &manifest))?;
    Ok(OpenEdition { name: name.to_owned(), dir, manifest, manifest_json })
}

/// The manifest of one edition, published or not; the files it names are not looked at.
pub fn manifest_of(dist: &Path, name: &str) -> Result<Manifest> {
    Ok(manifest::load(&edition_dir(dist, name)?, name)?.0)
}

/// `dist/releases/<name>`, for a name that is one.
fn edition_dir(dist: &Path, name: &str) -> Result<PathBuf> {
    manifest::check_edition_name(name)?;
    Ok(dist.join("releases").join(name))
}

/// Makes the names inside a folder durable, not only the contents of its files.
fn sync_dir(dir: &Path) -> Result<()> {
    crate::file_system::sync_dir(dir).map_err(|e| storage(dir, e))
}

fn create_dir_all(dir: &Path) -> Result<()> {
    fs::create_dir_all(dir).map_err(|e| storage(dir, e))
}

fn storage(path: &Path, cause: std::io::Error) -> Failure {
    Fault::storage(Stage::Release, path, cause).into()
}

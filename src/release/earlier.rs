//! Pages of the last edition that a build may take over as they are, with the encodings prepared for them.
//!
//! `dist/.page-keys.json` says from which inputs each page of which edition was made. It is a cache: without it
//! every page is rendered anew, with the same bytes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{FileFacts, Manifest, manifest, precompress, storage};
use crate::digest::sha256_file;
use crate::error::Result;

const FILE: &str = ".page-keys.json";

/// Page → digest of all that it was made from.
pub type PageKeys = BTreeMap<String, String>;

#[derive(Serialize, Deserialize)]
struct Stored {
    edition: String,
    keys: PageKeys,
}

/// The edition whose pages may be taken over.
pub struct Earlier {
    dir: PathBuf,
    files: BTreeMap<String, FileFacts>,
    keys: PageKeys,
}

impl Earlier {
    /// `None` when there is no earlier edition, or its keys are not of it.
    pub fn open(dist: &Path) -> Option<Earlier> {
        let text = std::fs::read(dist.join(FILE)).ok()?;
        let stored: Stored = serde_json::from_slice(&text).ok()?;
        let manifest: Manifest = super::manifest_of(dist, &stored.edition).ok()?;
        // One of an older format says less of its files than this build would.
        if manifest.format != manifest::FORMAT {
            return None;
        }
        let files = manifest.files.into_iter().map(|file| (file.path.clone(), file)).collect();
        Some(Earlier { dir: dist.join("releases").join(stored.edition), files, keys: stored.keys })
    }

    /// Whether the page was made from inputs with this digest.
    pub fn has(&self, page: &str, key: &str) -> bool {
        self.keys.get(page).is_some_and(|known| known == key)
    }

    /// The facts of a file and where it lies, when it and its encodings are still what the manifest says.
    pub(super) fn file(&self, path: &str) -> Option<(PathBuf, &FileFacts)> {
        let facts = self.files.get(path)?;
        let file = self.dir.join(path);
        let is_as_sealed = |file: &Path, sha256: &str| sha256_file(file).is_ok_and(|found| found == sha256);
        let mut siblings = facts.encodings.siblings();
        let whole = is_as_sealed(&file, &facts.sha256)
            && siblings.all(|(suffix, of)| is_as_sealed(&precompress::sibling(&file, suffix), &of.sha256));
        whole.then_some((file, facts))
    }
}

/// Remembers from what the pages of a sealed edition were made; replaced by one rename.
///
/// # Errors
/// Exit 7 when it cannot be written.
pub fn remember(dist: &Path, edition: &str, keys: PageKeys) -> Result<()> {
    let (file, beside) = (dist.join(FILE), dist.join(format!("{FILE}.writing")));
    let text = serde_json::to_vec(&Stored { edition: edition.to_owned(), keys }).expect("keys are plain text");
    std::fs::write(&beside, text).map_err(|e| storage(&beside, e))?;
    std::fs::rename(&beside, &file).map_err(|e| storage(&file, e))
}

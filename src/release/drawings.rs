//! `dist/.drawn/`: what the archives of the last build were drawn from, one file each, named after its archive.
//!
//! No edition holds them and nobody needs them: without them the next build draws everything.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Edition, create_dir_all, storage};
use crate::error::Result;

pub struct Drawings {
    dir: PathBuf,
    releases: PathBuf,
}

impl Drawings {
    /// # Errors
    /// Exit 7 when the folder cannot be made.
    pub fn open(dist: &Path) -> Result<Self> {
        let dir = dist.join(".drawn");
        create_dir_all(&dir)?;
        Ok(Drawings { dir, releases: dist.join("releases") })
    }

    /// The archive that the last build made of a tile set, and what it was drawn from.
    pub fn last(&self, set: &str) -> Option<(PathBuf, PathBuf)> {
        let archives = self.names().into_iter().filter(|archive| is_of(archive, set));
        let found = archives.filter_map(|archive| {
            let drawn = self.dir.join(format!("{archive}.drawn"));
            self.archive(&archive).map(|archive| (archive, drawn))
        });
        found.max()
    }

    /// Where to write about an archive that has no name yet.
    pub fn begun(&self, set: &str) -> PathBuf {
        self.dir.join(format!("{set}.writing"))
    }

    /// Gives what was begun the name of its archive; a drawing that nothing is known of has left nothing.
    ///
    /// # Errors
    /// Exit 7 when it cannot be renamed.
    pub fn name(&self, set: &str, archive: &str) -> Result<()> {
        let begun = self.begun(set);
        match begun.exists() {
            true => fs::rename(&begun, self.dir.join(format!("{archive}.drawn"))).map_err(|e| storage(&begun, e)),
            false => Ok(()),
        }
    }

    /// Leaves only what belongs to the edition that was just sealed.
    pub fn settle(&self, edition: &Edition) {
        let gone = |archive: &String| !edition.dir.join("tiles").join(archive).exists();
        for archive in self.names().into_iter().filter(gone) {
            // A file that stays is in nobody's way.
            let _ = fs::remove_file(self.dir.join(format!("{archive}.drawn")));
        }
    }

    /// The archives that something is known of.
    fn names(&self) -> Vec<String> {
        let files = fs::read_dir(&self.dir).into_iter().flatten().flatten();
        files.filter_map(|file| Some(file.file_name().to_str()?.strip_suffix(".drawn")?.to_owned())).collect()
    }

    /// An archive of that name in any edition: it is named by its digest, so all are the same.
    fn archive(&self, name: &str) -> Option<PathBuf> {
        let editions = fs::read_dir(&self.releases).into_iter().flatten().flatten();
        editions.map(|edition| edition.path().join("tiles").join(name)).filter(|archive| archive.exists()).max()
    }
}

/// Whether an archive is `<set>-<16 hex>.pmtiles`.
fn is_of(archive: &str, set: &str) -> bool {
    let digest = archive.strip_prefix(set).and_then(|rest| rest.strip_prefix('-')?.strip_suffix(".pmtiles"));
    digest.is_some_and(|digest| digest.len() == 16 && digest.bytes().all(|b| b.is_ascii_hexdigit()))
}

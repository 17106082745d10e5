//! Where an edition is written before it has a name.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;

use super::earlier::Earlier;
use super::manifest::{EditionFacts, FileFacts, Manifest, check_path};
use super::parts::{PartKind, Parts};
use super::verify::files_below;
use super::{Edition, create_dir_all, manifest, parts, precompress, storage, sync_dir};
use crate::digest::sha256_file;
use crate::error::{Exit, Failure, Fault, Result, Stage};

/// `dist/.staging-…`: files of an edition in the making; all its methods may be called from many threads.
///
/// Dropped without [`seal`](Staging::seal), it leaves nothing behind.
pub struct Staging {
    dist: PathBuf,
    root: PathBuf,
    /// Folded name → name: two names that differ only in case would be one file on some file systems.
    names: Mutex<BTreeMap<String, String>>,
    /// Files taken over from an earlier edition: name → where they lie there, and their facts.
    taken_over: Mutex<BTreeMap<String, (PathBuf, FileFacts)>>,
    /// Parts of files that only another stage can take apart.
    parts: Mutex<BTreeMap<String, Parts>>,
    /// Held until the edition is sealed: one build at a time.
    _lock: File,
}

impl Staging {
    /// Takes the build lock and clears away what killed builds left.
    ///
    /// Fails with exit 2 while another build runs.
    pub fn begin(dist: &Path) -> Result<Staging> {
        create_dir_all(&dist.join("releases"))?;
        let lock = lock(&dist.join(".lock"))?;
        remove_litter(dist)?;
        let root = dist.join(format!(".staging-{}", std::process::id()));
        create_dir_all(&root)?;
        let (names, taken_over, parts) = (Mutex::default(), Mutex::default(), Mutex::default());
        Ok(Staging { dist: dist.to_owned(), root, names, taken_over, parts, _lock: lock })
    }

    /// Where the files lie until they are sealed.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Reserves `relative` for a stage that streams the file itself; its folders are made.
    pub fn path(&self, relative: &str) -> Result<PathBuf> {
        self.reserve(relative)?;
        let path = self.root.join(relative);
        if let Some(folder) = path.parent() {
            create_dir_all(folder)?;
        }
        Ok(path)
    }

    /// Writes one file. Refuses a name that is not plain, and a name that was given before.
    pub fn write(&self, relative: &str, bytes: &[u8]) -> Result<()> {
        let path = self.path(relative)?;
        fs::write(&path, bytes).map_err(|e| storage(&path, e))
    }

    /// Takes over the files of a page from an earlier edition, if it was made from the same; says how many bytes
    /// they have, or `None` when one of them is no longer what its manifest says. Sealed files never change, so
    /// both editions hold the same file on disk.
    pub fn take_over(&self, earlier: &Earlier, page: &str, key: &str, paths: &[String]) -> Result<Option<u64>> {
        if !earlier.has(page, key) {
            return Ok(None);
        }
        let Some(found) = paths.iter().map(|path| earlier.file(path)).collect::<Option<Vec<_>>>() else {
            return Ok(None);
        };
        for (file, facts) in &found {
            link(file, &self.path(&facts.path)?)?;
            let mut taken_over = self.taken_over.lock().unwrap_or_else(PoisonError::into_inner);
            taken_over.insert(facts.path.clone(), (file.clone(), (*facts).clone()));
        }
        Ok(Some(found.iter().map(|(_, facts)| facts.bytes).sum()))
    }

    /// Moves a finished archive to `tiles/<id>-<first 16 hex of its sha256>.pmtiles`; returns that file name.
    ///
    /// `streamed` lies on the same file system as `dist`, best at a [`path`](Staging::path) of this staging.
    pub fn add_archive(&self, id: &str, streamed: &Path) -> Result<String> {
        let digest = sha256_file(streamed).map_err(|e| storage(streamed, e))?;
        let name = format!("{id}-{}.pmtiles", &digest[..16]);
        let target = self.path(&format!("tiles/{name}"))?;
        fs::rename(streamed, &target).map_err(|e| storage(streamed, e))?;
        if let Ok(was) = streamed.strip_prefix(&self.root) {
            self.names().remove(&was.to_string_lossy().to_ascii_lowercase());
        }
        Ok(name)
    }

    /// Says what parts a written file has; the rows of `.csv` files are found at sealing.
    pub fn has_parts(&self, relative: &str, parts: Parts) {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner).insert(relative.to_owned(), parts);
    }

    /// Prepares encodings, digests everything, makes it durable and gives it its name.
    ///
    /// The contents reach the disk before the name does. An edition of that name is kept as it is: the
    /// same inputs were sealed before.
    pub fn seal(self, facts: EditionFacts) -> Result<Edition> {
        let manifest = Manifest::new(facts, self.digest_files()?);
        let edition =
            Edition { name: manifest.edition.clone(), dir: self.dist.join("releases").join(&manifest.edition) };
        if edition.dir.exists() {
            return same_edition(edition, &manifest);
        }
        let listing = self.root.join("manifest.json");
        fs::write(&listing, manifest.to_json()?).map_err(|e| storage(&listing, e))?;
        settle(&self.root)?;
        fs::rename(&self.root, &edition.dir).map_err(|e| storage(&edition.dir, e))?;
        sync_dir(&self.dist.join("releases"))?;
        sync_dir(&self.dist)?;
        Ok(edition)
    }

    fn reserve(&self, relative: &str) -> Result<()> {
        check_path(relative)?;
        let made_here = relative == "manifest.json" || relative.ends_with(".br") || relative.ends_with(".gz");
        if made_here {
            return Err(refused(relative, "this name is given at sealing"));
        }
        match self.names().insert(relative.to_ascii_lowercase(), relative.to_owned()) {
            Some(_) => Err(refused(relative, "two parts of the edition claim this name")),
            None => Ok(()),
        }
    }

    /// Facts of every file; refuses an edition in which a promised file is missing or an unknown one lies.
    fn digest_files(&self) -> Result<Vec<FileFacts>> {
        let mut promised: Vec<String> = self.names().values().cloned().collect();
        promised.sort();
        let found = files_below(&self.root)?;
        let missing = promised.iter().filter(|name| found.binary_search(name).is_err());
        let unknown = found.iter().filter(|name| promised.binary_search(name).is_err());
        let missing = missing.map(|name| fault(name, "was promised and never written"));
        Failure::unless_empty(missing.chain(unknown.map(|name| fault(name, "belongs to no stage"))).collect())?;
        promised.par_iter().map(|name| self.digest_file(name)).collect()
    }

    fn digest_file(&self, name: &str) -> Result<FileFacts> {
        let file = self.root.join(name);
        let taken_over = self.taken_over.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        if let Some((from, facts)) = taken_over {
            for (suffix, _) in facts.encodings.siblings() {
                link(&precompress::sibling(&from, suffix), &precompress::sibling(&file, suffix))?;
            }
            return Ok(facts);
        }
        let bytes = fs::metadata(&file).map_err(|e| storage(&file, e))?.len();
        let sha256 = sha256_file(&file).map_err(|e| storage(&file, e))?;
        let parts = self.parts_of(name, &file)?;
        Ok(FileFacts { path: name.to_owned(), bytes, sha256, encodings: precompress::prepare(&file)?, parts })
    }

    fn parts_of(&self, name: &str, file: &Path) -> Result<Option<Parts>> {
        if !name.ends_with(".csv") {
            return Ok(self.parts.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned());
        }
        let table = fs::read(file).map_err(|e| storage(file, e))?;
        Ok(Parts::of(PartKind::Rows, &parts::row_leaves(&table)))
    }

    fn names(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // After sealing there is nothing here; after a failure the next `begin` would clear it just the same.
        let _ = fs::remove_dir_all(&self.root);
    }
}

/// A second name for a sealed file; a copy where the file system knows no second names.
fn link(from: &Path, to: &Path) -> Result<()> {
    fs::hard_link(from, to).or_else(|_| fs::copy(from, to).map(drop)).map_err(|e| storage(to, e))
}

fn lock(path: &Path) -> Result<File> {
    let file = File::create(path).map_err(|e| storage(path, e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::Error(e)) => Err(storage(path, e)),
        Err(TryLockError::WouldBlock) => Err(Fault::new(Stage::Release, Exit::Usage, "another build is running")
            .file(path)
            .remedy("wait until it has ended")
            .into()),
    }
}

fn remove_litter(dist: &Path) -> Result<()> {
    for entry in fs::read_dir(dist).map_err(|e| storage(dist, e))? {
        let entry = entry.map_err(|e| storage(dist, e))?;
        if entry.file_name().to_string_lossy().starts_with(".staging-") {
            fs::remove_dir_all(entry.path()).map_err(|e| storage(&entry.path(), e))?;
        }
    }
    Ok(())
}

/// Two builds with one name hold the same files, or the folder is not what it says.
fn same_edition(edition: Edition, manifest: &Manifest) -> Result<Edition> {
    let (there, _) = manifest::load(&edition.dir, &edition.name)?;
    if there.root == manifest.root {
        return Ok(edition);
    }
    Err(Fault::new(Stage::Release, Exit::Verification, "another edition bears this name")
        .file(format!("releases/{}", edition.name))
        .remedy("remove that folder and build again")
        .into())
}

/// fsync waits for the disk, not for a processor, and a journal commits for all who wait at once.
const SYNC_THREADS: usize = 16;

/// Every file, then every folder from the innermost out; from here on the files are read-only.
fn settle(root: &Path) -> Result<()> {
    let files = files_below(root)?;
    let settle_all = || {
        files.par_iter().try_for_each(|name| {
            let path = root.join(name);
            settle_file(&path).map_err(|e| storage(&path, e))
        })
    };
    let waiting = rayon::ThreadPoolBuilder::new().num_threads(SYNC_THREADS).build();
    waiting.map_or_else(|_| settle_all(), |pool| pool.install(settle_all))?;
    let mut folders: Vec<PathBuf> =
        files.iter().flat_map(|name| Path::new(name).ancestors().skip(1)).map(|folder| root.join(folder)).collect();
    folders.sort_by(|a, b| b.cmp(a));
    folders.dedup();
    folders.iter().try_for_each(|folder| sync_dir(folder))
}

/// Servers map archives: a file that someone overwrites in place would kill them (SIGBUS).
fn settle_file(path: &Path) -> io::Result<()> {
    let file = File::open(path)?;
    crate::file_system::set_mode(&file, 0o444)?;
    file.sync_all()
}

fn refused(name: &str, problem: &str) -> Failure {
    fault(name, problem).into()
}

fn fault(name: &str, problem: &str) -> Fault {
    Fault::new(Stage::Release, Exit::Unexpected, problem).file(name)
}

//! The pointer: which edition the public sees.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::{manifest, storage, sync_dir, verify};
use crate::error::{Exit, Fault, Result, Stage};

/// Points `dist/current` at `edition`, or at the latest one; naming an earlier one is the rollback.
///
/// Every file is checked first (exit 6, all bad files listed): a damaged edition leaves the pointer
/// where it is. Returns the edition's name.
pub fn publish(dist: &Path, edition: Option<&str>) -> Result<String> {
    let name = match edition {
        Some(name) => name.to_owned(),
        None => latest(dist)?,
    };
    verify(dist, &name)?;
    point_at(dist, &name)?;
    Ok(name)
}

/// Names of all sealed editions, oldest first.
pub fn releases(dist: &Path) -> Result<Vec<String>> {
    let folder = dist.join("releases");
    let entries = match fs::read_dir(&folder) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(|e| storage(&folder, e))?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(|e| storage(&folder, e))?.file_name().to_string_lossy().into_owned();
        names.extend(manifest::check_edition_name(&name).is_ok().then_some(name));
    }
    names.sort();
    Ok(names)
}

/// Name of the edition that `dist/current` points at.
pub fn current(dist: &Path) -> Result<String> {
    let pointer = dist.join("current");
    let target = fs::read_link(&pointer).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound => {
            Fault::new(Stage::Release, Exit::Storage, "nothing is published").file(&pointer).remedy("congbo publish")
        }
        _ => Fault::storage(Stage::Release, &pointer, e),
    })?;
    let name = target.strip_prefix("releases").ok().and_then(Path::to_str).unwrap_or_default();
    manifest::check_edition_name(name)?;
    Ok(name.to_owned())
}

/// The last edition by date; of two with one date, the one that was sealed last.
pub fn latest(dist: &Path) -> Result<String> {
    let folder = dist.join("releases");
    let sealed = |name: &String| fs::metadata(folder.join(name)).and_then(|found| found.modified()).ok();
    let dated = |name: &String| name.get(..10).map(str::to_owned);
    releases(dist)?.into_iter().max_by_key(|name| (dated(name), sealed(name))).ok_or_else(|| {
        Fault::new(Stage::Release, Exit::Usage, "there is no edition to publish")
            .file(&folder)
            .remedy("congbo build")
            .into()
    })
}

/// A new link is renamed over the old one: there is no moment without a pointer.
fn point_at(dist: &Path, name: &str) -> Result<()> {
    let _one_at_a_time = lock(&dist.join(".publish.lock"))?;
    let fresh = dist.join(".current.new");
    match fs::remove_file(&fresh) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(storage(&fresh, e)),
        _ => {}
    }
    symlink(Path::new("releases").join(name), &fresh).map_err(|e| storage(&fresh, e))?;
    fs::rename(&fresh, dist.join("current")).map_err(|e| storage(&dist.join("current"), e))?;
    sync_dir(dist)
}

/// Waits: publishing takes moments, and must not be held up by a build, which has a lock of its own.
fn lock(path: &Path) -> Result<File> {
    let file = File::create(path).map_err(|e| storage(path, e))?;
    file.lock().map_err(|e| storage(path, e))?;
    Ok(file)
}

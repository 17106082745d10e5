//! The pointer: which edition the public sees.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use jiff::civil::Date;

use super::imprint::{Imprint, SIGNATURE};
use super::{manifest, storage, sync_dir, verify};
use crate::error::{Exit, Fault, Result, Stage};
use crate::file_system::symlink;

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
    let _one_at_a_time = lock(&dist.join(".publish.lock"))?;
    point_at(dist, &name)?;
    Ok(name)
}

/// How a publisher signs: bytes and trusted comment → minisign's text.
pub type Sign<'a> = &'a dyn Fn(&[u8], &str) -> Result<String>;

/// The same, signed: the edition gets the next number, the day, and the root of what it takes the place of.
///
/// `expires` is the last day on which a copy without a network may take itself for current. The signature is on
/// disk before the pointer moves, in the edition and as `publications/<number>.minisig`, which is never removed: a
/// number is given once, whatever is killed.
pub fn publish_signed(dist: &Path, name: &str, [created, expires]: [Date; 2], sign: Sign) -> Result<Imprint> {
    let manifest = verify(dist, name)?;
    let dir = super::edition_dir(dist, name)?;
    let text = fs::read(dir.join("manifest.json")).map_err(|e| storage(&dir.join("manifest.json"), e))?;
    let _one_at_a_time = lock(&dist.join(".publish.lock"))?;
    let (edition, root, number) = (name.to_owned(), manifest.root, last_number(dist)? + 1);
    let imprint = Imprint { edition, number, root, created, expires, previous: previous_root(dist)? };
    let signature = sign(&text, &imprint.to_string())?;
    super::create_dir_all(&dist.join("publications"))?;
    put(dist, &dist.join("publications").join(format!("{number:06}.minisig")), &signature)?;
    put(dist, &dir.join(SIGNATURE), &signature)?;
    point_at(dist, name)?;
    Ok(imprint)
}

/// Goes back to an edition that the public saw before, as it was signed then: sizes are checked, and no digest, so
/// that it takes no longer for a large edition; the server reads everything before it takes it up.
pub fn roll_back(dist: &Path, name: &str) -> Result<()> {
    super::open_by_size(dist, name)?;
    let _one_at_a_time = lock(&dist.join(".publish.lock"))?;
    point_at(dist, name)
}

/// The greatest number that a publication was given; 0 before the first.
pub fn last_number(dist: &Path) -> Result<u64> {
    let folder = dist.join("publications");
    let entries = match fs::read_dir(&folder) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(0),
        other => other.map_err(|e| storage(&folder, e))?,
    };
    let mut last = 0;
    for entry in entries {
        let name = entry.map_err(|e| storage(&folder, e))?.file_name().to_string_lossy().into_owned();
        let number = name.strip_suffix(".minisig").and_then(|number| number.parse().ok());
        last = last.max(number.unwrap_or(0));
    }
    Ok(last)
}

fn previous_root(dist: &Path) -> Result<Option<String>> {
    if dist.join("current").symlink_metadata().is_err() {
        return Ok(None);
    }
    let edition = current(dist)?;
    // One whose folder is gone has no root to name.
    Ok(super::manifest_of(dist, &edition).ok().map(|manifest| manifest.root))
}

/// Written beside, made durable, then renamed.
fn put(dist: &Path, path: &Path, text: &str) -> Result<()> {
    let fresh = dist.join(".minisig.new");
    let fault = |e| storage(path, e);
    let mut file = File::create(&fresh).map_err(fault)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(fault)?;
    fs::rename(&fresh, path).map_err(fault)?;
    sync_dir(path.parent().unwrap_or(dist))
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

/// A new link is renamed over the old one: there is no moment without a pointer. Whoever calls holds the lock.
fn point_at(dist: &Path, name: &str) -> Result<()> {
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
pub(super) fn lock(path: &Path) -> Result<File> {
    let file = File::create(path).map_err(|e| storage(path, e))?;
    file.lock().map_err(|e| storage(path, e))?;
    Ok(file)
}

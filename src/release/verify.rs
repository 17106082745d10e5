//! Is an edition still what its manifest says?

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use rayon::prelude::*;

use super::manifest::{self, Manifest};
use super::{edition_dir, storage};
use crate::digest::sha256_file;
use crate::error::{Exit, Failure, Fault, Result, Stage};

/// Checks the manifest against itself, size and digest of every file, and that nothing was added.
///
/// Every deviation is a fault of its own (exit 6).
pub fn verify(dist: &Path, name: &str) -> Result<Manifest> {
    let dir = edition_dir(dist, name)?;
    let (manifest, _) = manifest::load(&dir, name)?;
    let mut faults = changed_files(&dir, name, &manifest);
    faults.extend(added_files(&dir, name, &manifest)?);
    Failure::unless_empty(faults)?;
    Ok(manifest)
}

/// The same for a copy of an edition in a folder of any name.
pub fn verify_folder(dir: &Path) -> Result<Manifest> {
    let (manifest, _) = manifest::load_any(dir)?;
    let mut faults = changed_files(dir, &manifest.edition, &manifest);
    faults.extend(added_files(dir, &manifest.edition, &manifest)?);
    Failure::unless_empty(faults)?;
    Ok(manifest)
}

/// One fault for each file that is missing, no regular file, or not as listed.
pub(super) fn changed_files(dir: &Path, name: &str, manifest: &Manifest) -> Vec<Fault> {
    let listed: Vec<(String, u64, &str)> = manifest.files.iter().flat_map(paths_of).collect();
    listed
        .par_iter()
        .filter_map(|(path, bytes, sha256)| {
            let problem = differs(&dir.join(path), *bytes, sha256)?;
            Some(fault(name, path, &problem))
        })
        .collect()
}

/// One fault for each file that is missing, no regular file, or not of the listed size.
pub(super) fn missized_files(dir: &Path, name: &str, manifest: &Manifest) -> Vec<Fault> {
    let listed = manifest.files.iter().flat_map(paths_of);
    listed.filter_map(|(path, bytes, _)| Some(fault(name, &path, &missized(&dir.join(&path), bytes)?))).collect()
}

fn paths_of(file: &manifest::FileFacts) -> impl Iterator<Item = (String, u64, &str)> {
    let siblings = file.encodings.siblings();
    let encoded =
        siblings.map(|(suffix, facts)| (format!("{}{suffix}", file.path), facts.bytes, facts.sha256.as_str()));
    std::iter::once((file.path.clone(), file.bytes, file.sha256.as_str())).chain(encoded)
}

fn missized(path: &Path, bytes: u64) -> Option<String> {
    // Not `metadata`: a link planted over a file would be followed out of the edition.
    match fs::symlink_metadata(path) {
        Err(e) => Some(e.to_string()),
        Ok(found) if !found.is_file() => Some("is not a regular file".into()),
        Ok(found) if found.len() != bytes => Some(format!("{} bytes, {bytes} listed", found.len())),
        Ok(_) => None,
    }
}

fn differs(path: &Path, bytes: u64, sha256: &str) -> Option<String> {
    if let Some(problem) = missized(path, bytes) {
        return Some(problem);
    }
    match sha256_file(path) {
        Err(e) => Some(e.to_string()),
        Ok(found) if found != sha256 => Some(format!("sha256 is {found}, {sha256} listed")),
        Ok(_) => None,
    }
}

/// One fault for each file that the manifest does not know; its signature is the one exception.
fn added_files(dir: &Path, name: &str, manifest: &Manifest) -> Result<Vec<Fault>> {
    let mut known: BTreeSet<String> = manifest.files.iter().flat_map(paths_of).map(|(path, ..)| path).collect();
    known.extend(["manifest.json".into(), "manifest.json.minisig".into()]);
    let found = files_below(dir)?;
    Ok(found.iter().filter(|path| !known.contains(*path)).map(|path| fault(name, path, "is not listed")).collect())
}

/// Paths of everything below `dir` that is not a folder, relative to it and sorted.
pub(super) fn files_below(dir: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut folders = vec![(dir.to_owned(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|e| storage(&folder, e))? {
            let entry = entry.map_err(|e| storage(&folder, e))?;
            let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
            match entry.file_type().map_err(|e| storage(&folder, e))?.is_dir() {
                true => folders.push((entry.path(), format!("{path}/"))),
                false => found.push(path),
            }
        }
    }
    found.sort();
    Ok(found)
}

fn fault(name: &str, path: &str, problem: &str) -> Fault {
    Fault::new(Stage::Release, Exit::Verification, problem)
        .file(format!("releases/{name}/{path}"))
        .remedy("publish another edition, or remove this one and build it again")
}

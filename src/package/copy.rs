//! A copy of a package, by pieces that were checked: one that was cut off goes on with what it has.

use std::fs::{self, File, OpenOptions};
use std::path::Path;

use rayon::prelude::*;
use serde::Serialize;

use super::durable::{folder_of, sync};
use super::keyring::Keyring;
use super::listing::CHUNK_BYTES;
use super::opened::{self, Opened};
use crate::digest::sha256;
use crate::error::{Failure, Fault, Result, Stage};
use crate::file_system::FileExt;

#[derive(Clone, Debug, Serialize)]
pub struct CopyReport {
    pub area: String,
    pub number: u64,
    pub bytes: u64,
    /// Pieces of 1 MiB that were there already, and those that were copied.
    pub kept: usize,
    pub copied: usize,
}

/// Copies the package `from` to `to`. What an earlier run left beside, and what a browser or another program left
/// under the name itself, is used piece by piece as far as it is right.
///
/// # Errors
/// Those of opening a package, naming each piece of `from` that is damaged; 7 when `to` cannot be written.
pub fn copy(from: &Path, to: &Path, trusted: &Keyring) -> Result<CopyReport> {
    let source = opened::listed(from, trusted)?;
    let beside = to.with_extension("dang-ghi");
    let storage = |e: std::io::Error| Failure::from(Fault::storage(Stage::Package, to, e));
    if !beside.exists() && to.exists() {
        fs::rename(to, &beside).map_err(storage)?;
    }
    let target =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&beside).map_err(storage)?;
    let copied =
        source.listing.chunks.par_iter().enumerate().map(|(at, digest)| piece(&source, at, digest, &target, to));
    let (mut faults, mut report) = (vec![], report(&source));
    for outcome in copied.collect::<Vec<_>>() {
        match outcome {
            Ok(true) => report.copied += 1,
            Ok(false) => report.kept += 1,
            Err(failure) => faults.extend(failure.faults),
        }
    }
    // What was copied stays beside: the next run goes on from it.
    target.sync_all().map_err(storage)?;
    Failure::unless_empty(faults)?;
    let payload = source.listing.payload_bytes();
    let tail = opened::tail(&source.listing, &source.text, &source.signature)?;
    target.write_all_at(&tail, payload).and_then(|()| target.set_len(source.bytes)).map_err(storage)?;
    target.sync_all().map_err(storage)?;
    opened::open(&beside, trusted)?;
    fs::rename(&beside, to).map_err(storage)?;
    sync(folder_of(to)).map(|()| report)
}

fn report(source: &Opened) -> CopyReport {
    let head = &source.listing.head;
    let (area, number, bytes) = (head.area.clone(), head.imprint.number, source.bytes);
    CopyReport { area, number, bytes, kept: 0, copied: 0 }
}

/// Whether it had to be copied.
fn piece(source: &Opened, at: usize, digest: &str, target: &File, to: &Path) -> Result<bool> {
    let start = at as u64 * CHUNK_BYTES as u64;
    let length = (source.listing.payload_bytes() - start).min(CHUNK_BYTES as u64);
    let mut there = vec![0; length as usize];
    if target.read_exact_at(&mut there, start).is_ok() && sha256(&there) == digest {
        return Ok(false);
    }
    let bytes = source.chunk(at, digest)?;
    target.write_all_at(&bytes, start).map_err(|e| Fault::storage(Stage::Package, to, e))?;
    Ok(true)
}

//! The tiles of a finished archive as leaves of a tree: each can be proved without the others.

use std::path::Path;

use rayon::prelude::*;

use super::stored::{StoredArchive, address, damaged};
use crate::digest::sha256;
use crate::error::{Failure, Result};

/// How many tiles are in memory at a time.
const AT_ONCE: usize = 4096;

/// `z/x/y` and the SHA-256 (hexadecimal) of the plain tile.
pub type TileDigest = (String, String);

/// Every tile in the order of the archive.
///
/// # Errors
/// Exit 3 for a damaged archive; 7 when it cannot be read.
pub fn digests(path: &Path) -> Result<Vec<TileDigest>> {
    let archive = StoredArchive::open(path)?;
    let mut digests = vec![];
    let mut packed: Vec<(u64, Vec<u8>)> = vec![];
    for tile in archive.tiles() {
        let tile = tile?;
        let mut bytes = vec![];
        archive.read(tile, &mut bytes)?;
        packed.push((tile.id, bytes));
        if packed.len() == AT_ONCE {
            digests.extend(of(&archive, &packed)?);
            packed.clear();
        }
    }
    digests.extend(of(&archive, &packed)?);
    Ok(digests)
}

fn of(archive: &StoredArchive, packed: &[(u64, Vec<u8>)]) -> Result<Vec<TileDigest>> {
    let digest = |(id, bytes): &(u64, Vec<u8>)| {
        let plain = plain(bytes).map_err(|problem| Failure::from(damaged(&archive.name, problem)))?;
        Ok((address(*id), sha256(&plain)))
    };
    packed.par_iter().map(digest).collect()
}

/// A tile as a client draws it; what is no gzip is plain already.
///
/// # Errors
/// What is wrong with it, for a tile that no archive of congbo's holds.
pub fn plain(bytes: &[u8]) -> Result<Vec<u8>, String> {
    if bytes.starts_with(&[0x1f, 0x8b]) { super::stored::inflated_tile(bytes) } else { Ok(bytes.to_vec()) }
}

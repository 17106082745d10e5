//! A finished archive (PMTiles 3), read tile by tile as the tiles are stored.
//!
//! The pmtiles crate's reader inflates directories and metadata without a limit, maps a file that may change
//! under it, and does not say where a tile lies. This one inflates under a cap, reads at offsets, keeps one
//! directory of each depth in memory, and trusts nothing that the file says.

use std::fs::File;
use std::path::Path;
use std::vec;

use pmtiles::{Compression, PYRAMID_SIZE_BY_ZOOM, TileType};
use serde_json::{Map, Value};

use super::archive::Head;
use super::grid;
use super::identity::{BoundsE7, Identity};
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::file_system::FileExt;
use crate::model::tile_coord::MAX_DRAWN_ZOOM;

const HEADER_BYTES: usize = 127;

/// Header and root directory lie within these first bytes (PMTiles 3, 2).
const FIRST_BYTES: u64 = 16_384;

/// A directory of congbo's has some ten thousand entries of a few bytes.
const MAX_DIRECTORY_BYTES: usize = 4 << 20;

const MAX_METADATA_BYTES: usize = 1 << 20;

/// The root, its leaves and theirs.
const MAX_DEPTH: usize = 3;

/// No tile that congbo writes inflates to more.
const MAX_TILE_BYTES: u32 = 8 << 20;

/// All of Vietnam at z18 is half of it: what addresses more is a short file that would run for days.
const MAX_TILES: u64 = 1 << 25;

/// Deflate makes nothing smaller than this share (zlib's technical notes: 1032 to 1).
const MOST_DEFLATED: usize = 1040;

/// An archive that is open, its header and metadata checked.
pub struct StoredArchive {
    /// As the caller named it.
    pub name: String,
    pub head: Head,
    pub identity: Identity,
    /// How many tiles it says to have.
    pub addressed: u64,
    file: File,
    root: Section,
    leaves: Section,
    tiles: Section,
}

/// Bytes of the file.
#[derive(Clone, Copy)]
struct Section {
    offset: u64,
    length: u64,
}

/// One tile of a directory: where its bytes lie among the tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredTile {
    pub id: u64,
    offset: u64,
    length: u32,
}

impl StoredArchive {
    /// Opens an archive that congbo wrote.
    ///
    /// # Errors
    /// Exit 3 for what is no such archive, or a damaged one; 7 when it cannot be read.
    pub fn open(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let storage = |e| Fault::storage(Stage::Tile, path, e);
        let file = File::open(path).map_err(storage)?;
        let length = file.metadata().map_err(storage)?.len();
        Self::opened(file, length, &name).map_err(|problem| damaged(&name, problem).into())
    }

    fn opened(file: File, length: u64, name: &str) -> Result<Self, String> {
        let mut bytes = [0; HEADER_BYTES];
        file.read_exact_at(&mut bytes, 0).map_err(|_| "is too short for a PMTiles archive")?;
        let header = Header::of(&bytes)?;
        for section in [&header.root, &header.metadata, &header.leaves, &header.tiles] {
            let end = section.offset.checked_add(section.length);
            end.filter(|end| *end <= length).ok_or("is cut off: a part of it lies behind its end")?;
        }
        let metadata = metadata(&file, header.metadata)?;
        let identity = Identity::of(&metadata)?;
        let head = Head { metadata, ..header.head };
        let Header { root, leaves, tiles, addressed, .. } = header;
        Ok(StoredArchive { name: name.to_owned(), head, identity, addressed, file, root, leaves, tiles })
    }

    /// Every tile in the order of the ids; it ends with the first error.
    pub fn tiles(&self) -> Tiles<'_> {
        Tiles { archive: self, open: vec![], begun: false, next_id: 0, count: 0, run: None, over: false }
    }

    /// Reads the bytes of a tile, compressed as they are, into `bytes`.
    pub fn read(&self, tile: StoredTile, bytes: &mut Vec<u8>) -> Result<()> {
        bytes.resize(tile.length as usize, 0);
        let read = self.file.read_exact_at(bytes, self.tiles.offset + tile.offset);
        read.map_err(|e| Fault::storage(Stage::Tile, &self.name, e).into())
    }

    /// The ids that tiles of its zooms have.
    fn ids(&self) -> std::ops::Range<u64> {
        let first = |z: u8| PYRAMID_SIZE_BY_ZOOM[usize::from(z)];
        first(self.head.minzoom)..first(self.head.maxzoom + 1)
    }
}

pub fn damaged(name: &str, problem: impl Into<String>) -> Fault {
    Fault::new(Stage::Tile, Exit::Input, problem)
        .file(name)
        .remedy("take an archive that this version of congbo built, and copy it again if it was copied")
}

/// `z/x/y` of a tile.
pub fn address(id: u64) -> String {
    let tile = grid::tile(id);
    format!("{}/{}/{}", tile.z, tile.x, tile.y)
}

/// An entry of a directory: a run of tiles with the same bytes, or (run 0) a leaf directory.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    id: u64,
    run: u32,
    length: u32,
    offset: u64,
}

/// The tiles of an archive, one directory of each depth at a time.
pub struct Tiles<'a> {
    archive: &'a StoredArchive,
    open: Vec<vec::IntoIter<Entry>>,
    begun: bool,
    /// Ids rise through the whole archive: a leaf that stands twice, or in a circle, would make them fall.
    next_id: u64,
    count: u64,
    run: Option<(StoredTile, u32)>,
    over: bool,
}

impl Iterator for Tiles<'_> {
    type Item = Result<StoredTile>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let found = self.advance();
        self.over = !matches!(found, Ok(Some(_)));
        found.map_err(|problem| Failure::from(damaged(&self.archive.name, problem))).transpose()
    }
}

impl Tiles<'_> {
    fn advance(&mut self) -> Result<Option<StoredTile>, String> {
        if !self.begun {
            self.begun = true;
            self.enter(self.archive.root, None)?;
        }
        loop {
            if let Some((tile, left)) = self.run.take() {
                let following = StoredTile { id: tile.id + 1, ..tile };
                self.run = (left > 1).then_some((following, left - 1));
                return Ok(Some(tile));
            }
            let Some(directory) = self.open.last_mut() else { return self.end() };
            match directory.next() {
                Some(entry) => self.take(entry)?,
                None => drop(self.open.pop()),
            }
        }
    }

    fn take(&mut self, entry: Entry) -> Result<(), String> {
        let within = if entry.run == 0 { self.archive.leaves } else { self.archive.tiles };
        let end = entry.offset.checked_add(entry.length.into()).filter(|end| *end <= within.length);
        if entry.length == 0 || end.is_none() {
            return Err("a directory points outside of the archive".into());
        }
        if entry.id < self.next_id {
            return Err("its directories are not in the order of their tiles, or lead in a circle".into());
        }
        if entry.run == 0 {
            let leaf = Section { offset: within.offset + entry.offset, length: entry.length.into() };
            return self.enter(leaf, Some(entry.id));
        }
        self.tile(entry)
    }

    fn tile(&mut self, entry: Entry) -> Result<(), String> {
        let after = entry.id.saturating_add(entry.run.into());
        let ids = self.archive.ids();
        if !ids.contains(&entry.id) || after > ids.end {
            return Err("a directory names a tile that is not of the archive's zooms".into());
        }
        if entry.length > MAX_TILE_BYTES {
            return Err(format!("tile {} has {} bytes: no tile has", address(entry.id), entry.length));
        }
        self.next_id = after;
        self.count += u64::from(entry.run);
        if self.count > self.archive.addressed {
            return Err(format!("has more than the {} tiles that its header says", self.archive.addressed));
        }
        self.run = Some((StoredTile { id: entry.id, offset: entry.offset, length: entry.length }, entry.run));
        Ok(())
    }

    /// A leaf begins with the tile that its entry names: so each leaf brings a tile, and a short file cannot
    /// have more of them than tiles.
    fn enter(&mut self, section: Section, first: Option<u64>) -> Result<(), String> {
        if self.open.len() == MAX_DEPTH {
            return Err(format!("has directories more than {MAX_DEPTH} deep"));
        }
        let entries = entries(&inflated(&self.archive.file, section, MAX_DIRECTORY_BYTES)?)?;
        if first.is_some() && first != entries.first().map(|entry| entry.id) {
            return Err("has a leaf directory that does not begin where its entry says".into());
        }
        self.open.push(entries.into_iter());
        Ok(())
    }

    fn end(&self) -> Result<Option<StoredTile>, String> {
        match self.count == self.archive.addressed {
            true => Ok(None),
            false => Err(format!("has {} tiles, its header says {}", self.count, self.archive.addressed)),
        }
    }
}

/// The fixed fields at the start of the file (PMTiles 3, 3).
struct Header {
    root: Section,
    metadata: Section,
    leaves: Section,
    tiles: Section,
    addressed: u64,
    head: Head,
}

impl Header {
    fn of(bytes: &[u8; HEADER_BYTES]) -> Result<Self, String> {
        if !bytes.starts_with(b"PMTiles\x03") {
            return Err("is no PMTiles archive of version 3".into());
        }
        let number = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
        let degrees = |at: usize| i32::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
        let section = |at: usize| Section { offset: number(at), length: number(at + 8) };
        let (minzoom, maxzoom) = (bytes[100], bytes[101]);
        if minzoom > maxzoom || maxzoom > MAX_DRAWN_ZOOM {
            return Err(format!("has tiles from z{minzoom} to z{maxzoom}: no archive has"));
        }
        let bounds_e7: BoundsE7 = [102, 106, 110, 114].map(degrees);
        if bounds_e7[0] > bounds_e7[2] || bounds_e7[1] > bounds_e7[3] {
            return Err("has bounds that end before they begin".into());
        }
        let (internal, addressed) = (bytes[97], number(72));
        if internal != Compression::Gzip as u8 {
            return Err("does not compress its directories as congbo does".into());
        }
        if addressed > MAX_TILES {
            return Err(format!("says to have {addressed} tiles; no archive has more than {MAX_TILES}"));
        }
        let unknown = |_| "has tiles of a kind that nobody knows".to_owned();
        let tile_compression: Compression = bytes[98].try_into().map_err(unknown)?;
        let tile_type: TileType = bytes[99].try_into().map_err(unknown)?;
        let head = Head { tile_type, tile_compression, minzoom, maxzoom, bounds_e7, metadata: Map::new() };
        let (root, metadata, leaves, tiles) = (section(8), section(24), section(40), section(56));
        if root.offset.checked_add(root.length).is_none_or(|end| end > FIRST_BYTES) {
            return Err(format!("has no root directory in its first {FIRST_BYTES} bytes"));
        }
        Ok(Header { root, metadata, leaves, tiles, addressed, head })
    }
}

fn metadata(file: &File, section: Section) -> Result<Map<String, Value>, String> {
    let bytes = inflated(file, section, MAX_METADATA_BYTES)?;
    serde_json::from_slice(&bytes).map_err(|e| format!("has metadata that cannot be read: {e}"))
}

/// One gzip member of the file, inflated into at most `most` bytes.
fn inflated(file: &File, section: Section, most: usize) -> Result<Vec<u8>, String> {
    let packed_length = usize::try_from(section.length).ok().filter(|length| *length <= most);
    let mut packed = vec![0; packed_length.ok_or("has a directory or metadata that is too large")?];
    file.read_exact_at(&mut packed, section.offset).map_err(|e| format!("cannot be read: {e}"))?;
    gunzipped(&packed, most).map_err(|problem| format!("has a directory or metadata {problem}"))
}

/// A tile as it is stored, inflated.
pub fn inflated_tile(packed: &[u8]) -> Result<Vec<u8>, String> {
    gunzipped(packed, MAX_TILE_BYTES as usize).map_err(|problem| format!("has a tile {problem}"))
}

fn gunzipped(packed: &[u8], most: usize) -> Result<Vec<u8>, String> {
    // The length in the trailer is believed for the allocation alone, up to what the bytes can hold.
    let length = packed.last_chunk::<4>().map_or(0, |length| u32::from_le_bytes(*length) as usize);
    if length > most.min(packed.len() * MOST_DEFLATED) {
        return Err(format!("of {length} bytes: no archive has"));
    }
    let mut plain = vec![0; length];
    let inflated = libdeflater::Decompressor::new().gzip_decompress(packed, &mut plain);
    plain.truncate(inflated.map_err(|e| format!("that cannot be inflated: {e}"))?);
    Ok(plain)
}

/// The columns of a directory: ids as differences, runs, lengths, offsets (PMTiles 3, 4.2).
fn entries(mut bytes: &[u8]) -> Result<Vec<Entry>, String> {
    let bytes = &mut bytes;
    let count = usize::try_from(varint(bytes)?).ok().filter(|count| *count <= bytes.len() / 4);
    let mut entries = vec![Entry::default(); count.ok_or("has a directory that ends too early")?];
    let small = |value: u64| u32::try_from(value).map_err(|_| "has a directory with a length beyond all files");
    let mut id = 0u64;
    for entry in &mut entries {
        id = id.checked_add(varint(bytes)?).ok_or("has a directory with an id beyond all tiles")?;
        entry.id = id;
    }
    for entry in &mut entries {
        entry.run = small(varint(bytes)?)?;
    }
    for entry in &mut entries {
        entry.length = small(varint(bytes)?)?;
    }
    let mut after = None;
    for entry in &mut entries {
        entry.offset = match varint(bytes)? {
            0 => after.ok_or("has a directory that points nowhere")?,
            offset => offset - 1,
        };
        after = entry.offset.checked_add(entry.length.into());
    }
    if !bytes.is_empty() {
        return Err("has a directory with more behind its entries".into());
    }
    Ok(entries)
}

fn varint(bytes: &mut &[u8]) -> Result<u64, String> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first().ok_or("has a directory that ends too early")?;
        *bytes = rest;
        let bits = u64::from(byte & 0x7f);
        if bits << shift >> shift != bits {
            break;
        }
        value |= bits << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err("has a directory with a number beyond 64 bits".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_any_length_are_read_and_none_beyond_64_bits() {
        let read = |mut bytes: &[u8]| varint(&mut bytes);
        assert_eq!(read(&[0x7f]), Ok(127));
        assert_eq!(read(&[0x80, 0x01]), Ok(128));
        assert_eq!(read(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]), Ok(u64::MAX));
        for bad in [&[0xff; 9][..], &[0xff; 11], &[], &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02]] {
            assert!(read(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_directory_never_promises_more_entries_than_it_has_bytes() {
        assert!(entries(&[0xff, 0xff, 0xff, 0x7f, 0, 0]).is_err());
        assert!(entries(&[1, 5, 1, 9, 0]).is_err(), "the first entry follows none");
        let read = entries(&[2, 5, 1, 1, 3, 9, 4, 8, 0]).unwrap();
        assert_eq!(
            read.iter().map(|e| (e.id, e.run, e.length, e.offset)).collect::<Vec<_>>(),
            [(5, 1, 9, 7), (6, 3, 4, 16)]
        );
    }
}

//! An archive (PMTiles 3) as the server reads it.
//!
//! A mapped file that somebody cuts short kills whoever touches its pages with SIGBUS. So the program itself reads
//! at offsets of the open file, where that is an error of one request; the mapping is only ever handed to the
//! system, to be copied into a socket, where it is an error too (EFAULT). Directories are decoded once, when first
//! asked for, and found again without a lock. The file is not trusted: every size is bounded before memory is
//! taken for it. See docs/adr/0030.

use std::fs::File;
use std::io::{self, IoSliceMut};
use std::ops::Range;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use hyper::body::Bytes;
use pmtiles::{AsyncBackend, MmapBackend};
use rustix::io::{Errno, ReadWriteFlags, preadv2};
use tokio::sync::OnceCell;

use super::encoding::inflate_capped;

const HEADER_BYTES: usize = 127;

/// Some ten thousand entries of a few bytes are usual; this is room for a million.
const MAX_DIRECTORY_BYTES: usize = 4 << 20;

/// The root, its leaves and theirs.
const MAX_DEPTH: usize = 3;

/// The build's budget for a packed tile is 512 KiB.
const MAX_TILE_BYTES: u32 = 8 << 20;

/// Memory for the decoded directories of one archive; beyond it they are decoded each time.
const MAX_KEPT_BYTES: usize = 32 << 20;

pub struct TileArchive {
    file: Arc<File>,
    /// Mapped when the first of its tiles goes out: a hundred mappings at the start would double its time. `None`
    /// where the system would not map it.
    mapped: OnceCell<Option<MmapBackend>>,
    pub minzoom: u8,
    pub maxzoom: u8,
    /// Tiles are gzip; otherwise they are plain.
    pub gzip: bool,
    directories_gzip: bool,
    root: Section,
    leaves: Section,
    tiles: Section,
    root_directory: OnceLock<Arc<Directory>>,
    kept_bytes: AtomicUsize,
}

/// Bytes of the file.
#[derive(Clone, Copy, Debug)]
struct Section {
    offset: u64,
    length: u64,
}

/// Where a tile's bytes lie in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TileSpan {
    pub offset: u64,
    pub length: u32,
}

#[derive(Default)]
struct Directory {
    entries: Vec<Entry>,
    /// Beside each entry that leads to a leaf; empty where there is none.
    leaves: Vec<OnceLock<Arc<Directory>>>,
}

/// A run of tiles with the same bytes, or (run 0) a leaf directory.
#[derive(Clone, Copy, Default)]
struct Entry {
    id: u64,
    offset: u64,
    length: u32,
    run: u32,
}

impl TileArchive {
    /// Reads the header of `file`, which is `length` bytes long; directories wait until they are asked for.
    pub fn open(file: Arc<File>, length: u64) -> Result<Self, String> {
        let mut header = [0; HEADER_BYTES];
        file.read_exact_at(&mut header, 0).map_err(|_| "is too short for a PMTiles archive")?;
        if !header.starts_with(b"PMTiles\x03") {
            return Err("is no PMTiles archive of version 3".into());
        }
        let number = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| header[at + i]));
        let section = |at: usize| Section { offset: number(at), length: number(at + 8) };
        let [root, leaves, tiles] = [8, 40, 56].map(section);
        for part in [root, leaves, tiles] {
            let end = part.offset.checked_add(part.length);
            end.filter(|end| *end <= length).ok_or("is cut off: a part of it lies behind its end")?;
        }
        let [internal, packing, kind, minzoom, maxzoom] = [97, 98, 99, 100, 101].map(|at: usize| header[at]);
        let is_gzip = |code: u8| match code {
            1 => Ok(false),
            2 => Ok(true),
            _ => Err("is neither plain nor in gzip"),
        };
        if kind != 1 {
            return Err("its tiles are not MVT".into());
        }
        if minzoom > maxzoom || maxzoom > 31 {
            return Err(format!("has tiles from z{minzoom} to z{maxzoom}: no archive has"));
        }
        let (gzip, directories_gzip) = (is_gzip(packing)?, is_gzip(internal)?);
        let (root_directory, kept_bytes) = (OnceLock::new(), AtomicUsize::new(0));
        Ok(TileArchive {
            file,
            mapped: OnceCell::new(),
            minzoom,
            maxzoom,
            gzip,
            directories_gzip,
            root,
            leaves,
            tiles,
            root_directory,
            kept_bytes,
        })
    }

    /// Where the tile with this id (Hilbert order, all zooms) lies; `None` when there is none.
    pub fn find(&self, id: u64) -> io::Result<Option<TileSpan>> {
        let mut directory = match self.root_directory.get() {
            Some(root) => root.clone(),
            None => {
                let read = Arc::new(self.directory(self.root)?);
                self.root_directory.get_or_init(|| read).clone()
            }
        };
        for _ in 0..MAX_DEPTH {
            let Some((at, entry)) = directory.entry_of(id) else { return Ok(None) };
            if entry.run > 0 {
                return self.tile_span(entry).map(Some);
            }
            directory = self.leaf(&directory, at, entry)?;
        }
        Err(broken("directories lead too deep"))
    }

    /// The bytes of a tile, as they are stored. Waits for the disk on another thread when they are not in memory.
    pub async fn read(&self, span: TileSpan) -> io::Result<Bytes> {
        let mut bytes = vec![0; span.length as usize];
        if self.read_from_memory(&mut bytes, span.offset) {
            return Ok(bytes.into());
        }
        let file = self.file.clone();
        let read = tokio::task::spawn_blocking(move || {
            file.read_exact_at(&mut bytes, span.offset)?;
            Ok(bytes.into())
        });
        read.await.map_err(io::Error::other)?
    }

    /// The bytes of a tile that nobody here will look at: they go to a socket as they are. Without a copy of our
    /// own when the file has them and the system has them in its memory.
    pub async fn read_for_system(&self, span: TileSpan) -> io::Result<Bytes> {
        // Asking for the last byte tells both: a file cut short has none there.
        let last = span.offset + u64::from(span.length.max(1)) - 1;
        if let Some(mapped) = self.mapping().await.filter(|_| self.read_from_memory(&mut [0], last))
            && let Ok(found) = mapped.read_exact(span.offset, span.length as usize).await
        {
            return Ok(found.bytes);
        }
        self.read(span).await
    }

    async fn mapping(&self) -> Option<&MmapBackend> {
        let map = || async {
            // Through the descriptor: it is the very file whose header was read.
            MmapBackend::try_from(format!("/proc/self/fd/{}", self.file.as_raw_fd())).await.ok()
        };
        match self.mapped.get() {
            Some(mapped) => mapped.as_ref(),
            None => self.mapped.get_or_init(map).await.as_ref(),
        }
    }

    /// Fills `bytes` if the system has all of them in its memory.
    fn read_from_memory(&self, bytes: &mut [u8], offset: u64) -> bool {
        let length = bytes.len();
        let mut into = [IoSliceMut::new(bytes)];
        match preadv2(&*self.file, &mut into, offset, ReadWriteFlags::NOWAIT) {
            Ok(read) => read == length,
            // A file system that cannot tell: its reads are taken as they come.
            Err(Errno::OPNOTSUPP) => self.file.read_exact_at(&mut into[0], offset).is_ok(),
            Err(_) => false,
        }
    }

    fn tile_span(&self, entry: Entry) -> io::Result<TileSpan> {
        let within = inside(self.tiles, entry).ok_or_else(|| broken("a tile lies outside of the archive"))?;
        match entry.length <= MAX_TILE_BYTES {
            true => Ok(TileSpan { offset: within.start, length: entry.length }),
            false => Err(broken("a tile is larger than any tile")),
        }
    }

    fn leaf(&self, above: &Directory, at: usize, entry: Entry) -> io::Result<Arc<Directory>> {
        let slot = above.leaves.get(at);
        if let Some(kept) = slot.and_then(OnceLock::get) {
            return Ok(kept.clone());
        }
        let within = inside(self.leaves, entry).ok_or_else(|| broken("a directory lies outside of the archive"))?;
        let section = Section { offset: within.start, length: within.end - within.start };
        let read = Arc::new(self.directory(section)?);
        let room = MAX_KEPT_BYTES.saturating_sub(read.bytes());
        match slot {
            Some(slot) if self.kept_bytes.fetch_add(read.bytes(), Relaxed) <= room => {
                Ok(slot.get_or_init(|| read).clone())
            }
            _ => Ok(read),
        }
    }

    fn directory(&self, section: Section) -> io::Result<Directory> {
        let length = usize::try_from(section.length).ok().filter(|length| *length <= MAX_DIRECTORY_BYTES);
        let mut packed = vec![0; length.ok_or_else(|| broken("a directory is too large"))?];
        self.file.read_exact_at(&mut packed, section.offset)?;
        let plain = match self.directories_gzip {
            true => inflate_capped(&packed, MAX_DIRECTORY_BYTES)?,
            false => packed.into(),
        };
        Directory::of(&plain).map_err(broken)
    }
}

impl Directory {
    /// The columns of a directory: ids as differences, runs, lengths, offsets (PMTiles 3, 4.2).
    fn of(mut bytes: &[u8]) -> Result<Self, &'static str> {
        const LENGTH: &str = "a directory has a length beyond all files";
        let bytes = &mut bytes;
        let count = usize::try_from(varint(bytes)?).ok().filter(|count| *count <= bytes.len() / 4);
        let mut entries = vec![Entry::default(); count.ok_or("a directory ends too early")?];
        let mut id = 0u64;
        for entry in &mut entries {
            id = id.checked_add(varint(bytes)?).ok_or("a directory has an id beyond all tiles")?;
            entry.id = id;
        }
        for entry in &mut entries {
            entry.run = varint(bytes)?.try_into().map_err(|_| LENGTH)?;
        }
        for entry in &mut entries {
            entry.length = varint(bytes)?.try_into().map_err(|_| LENGTH)?;
        }
        let mut after = None;
        for entry in &mut entries {
            entry.offset = match varint(bytes)? {
                0 => after.ok_or("a directory points nowhere")?,
                offset => offset - 1,
            };
            after = entry.offset.checked_add(entry.length.into());
        }
        let has_leaves = entries.iter().any(|entry| entry.run == 0);
        let leaves = if has_leaves { entries.iter().map(|_| OnceLock::new()).collect() } else { Vec::new() };
        Ok(Directory { entries, leaves })
    }

    /// The entry that holds `id`, or the leaf in which it would be.
    fn entry_of(&self, id: u64) -> Option<(usize, Entry)> {
        let at = self.entries.partition_point(|entry| entry.id <= id).checked_sub(1)?;
        let entry = self.entries[at];
        (entry.run == 0 || id - entry.id < entry.run.into()).then_some((at, entry))
    }

    fn bytes(&self) -> usize {
        self.entries.capacity() * size_of::<Entry>() + self.leaves.capacity() * size_of::<OnceLock<Arc<Directory>>>()
    }
}

fn inside(section: Section, entry: Entry) -> Option<Range<u64>> {
    let end = entry.offset.checked_add(entry.length.into()).filter(|end| *end <= section.length)?;
    Some(section.offset + entry.offset..section.offset + end)
}

fn broken(problem: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem.to_owned())
}

fn varint(bytes: &mut &[u8]) -> Result<u64, &'static str> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first().ok_or("a directory ends too early")?;
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
    Err("a directory has a number beyond 64 bits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_found_by_any_tile_of_its_run() {
        let directory = Directory::of(&[3, 5, 10, 5, 2, 3, 0, 9, 4, 7, 8, 0, 0]).unwrap();
        let found = |id| directory.entry_of(id).map(|(at, entry)| (at, entry.offset));
        for (id, expected) in [
            (4, None),
            (5, Some((0, 7))),
            (6, Some((0, 7))),
            (7, None),
            (15, Some((1, 16))),
            (17, Some((1, 16))),
            (18, None),
            (20, Some((2, 20))),
            (9999, Some((2, 20))),
        ] {
            assert_eq!(found(id), expected, "{id}");
        }
        assert_eq!(directory.leaves.len(), 3, "the last entry leads to a leaf");
    }

    #[test]
    fn what_was_cut_off_a_mapped_file_is_an_error_of_the_write_and_not_the_end_of_the_process() {
        let path = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(path.path(), vec![7; 1 << 20]).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mapped = runtime.block_on(MmapBackend::try_from(path.path())).unwrap();
        let bytes = runtime.block_on(mapped.read_exact(512 * 1024, 4096)).unwrap().bytes;
        path.as_file().set_len(0).unwrap();
        let (mut ours, _theirs) = std::os::unix::net::UnixStream::pair().unwrap();
        let failed = io::Write::write(&mut ours, &bytes).unwrap_err();
        assert_eq!(failed.raw_os_error(), Some(Errno::FAULT.raw_os_error()));
    }

    #[test]
    fn a_directory_never_promises_more_entries_than_it_has_bytes() {
        assert!(Directory::of(&[0xff, 0xff, 0xff, 0x7f, 0, 0]).is_err());
        assert!(Directory::of(&[1, 5, 1, 9, 0]).is_err(), "the first entry follows none");
        assert!(Directory::of(&[]).is_err());
    }
}

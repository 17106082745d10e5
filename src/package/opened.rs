//! A package that was read whole and found to be what the publisher signed. Nothing of a package is used before.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use rayon::prelude::*;

use super::container::{self, END_BYTES, Entry, LOCAL_BYTES};
use super::keyring::Keyring;
use super::listing::{self, CHUNK_BYTES, Listed, Listing};
use crate::digest::sha256;
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::file_system::FileExt;
use crate::release::minisig::Minisig;

/// A listing of a whole province is some ten MiB.
const MOST_LISTING_BYTES: u64 = 256 << 20;
const MOST_SIGNATURE_BYTES: u64 = 4096;

#[derive(Debug)]
pub struct Opened {
    pub listing: Listing,
    /// Listing and signature as they stand in the file.
    pub text: String,
    pub signature: String,
    /// The key that signed.
    pub key: String,
    /// Size of the file.
    pub bytes: u64,
    file: File,
    name: String,
}

/// Whether a file begins as a ZIP does and ends as one.
pub fn is_package(path: &Path) -> bool {
    let mut head = [0; 4];
    File::open(path).and_then(|mut file| file.read_exact(&mut head)).is_ok() && head == *b"PK\x03\x04"
}

/// Reads every byte of a package.
///
/// # Errors
/// Exit 6 for one that is damaged, shortened, extended, or not signed by a trusted key; 7 when it cannot be read.
pub fn open(path: &Path, trusted: &Keyring) -> Result<Opened> {
    let opened = listed(path, trusted)?;
    Failure::unless_empty(opened.changed_chunks()?).map(|()| opened)
}

/// Reads the list alone and checks everything but the files: for whoever checks each piece when it is read.
///
/// # Errors
/// As those of [`open`].
pub fn listed(path: &Path, trusted: &Keyring) -> Result<Opened> {
    let name = path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
    let storage = |e: std::io::Error| Failure::from(Fault::storage(Stage::Package, &name, e));
    let file = File::open(path).map_err(storage)?;
    let bytes = file.metadata().map_err(storage)?.len();
    let refused = |problem: &str| Failure::from(refused(&name, problem));
    let end = End::read(&file, bytes).ok_or_else(|| refused(BROKEN_END))?;
    let listing = Listing::parse(&end.text).ok_or_else(|| refused("có danh mục không đọc được hoặc đã bị sửa"))?;
    let sound = Minisig::parse(&end.signature).is_some_and(|signature| signature.to_text() == end.signature);
    if !sound {
        return Err(refused("có chữ ký không đúng dạng"));
    }
    let ring = trusted.after(&listing.head.rotations);
    let key = ring.signer(&listing, &end.text, &end.signature).map_err(refused)?;
    if end.start != listing.payload_bytes() || !end.is_as_listed(&file, &listing)? {
        return Err(refused(BROKEN_END));
    }
    sound_names(&listing).map_err(refused)?;
    let payload = listing.payload_bytes();
    if payload.div_ceil(CHUNK_BYTES as u64) != listing.chunks.len() as u64 {
        return Err(refused("có danh mục không khớp với chính nó"));
    }
    Ok(Opened { listing, text: end.text, signature: end.signature, key, bytes, file, name })
}

const BROKEN_END: &str = "không trọn vẹn: đã bị cắt ngắn, bị nối thêm, hoặc phần cuối đã bị sửa";

fn refused(name: &str, problem: &str) -> Fault {
    Fault::new(Stage::Package, Exit::Verification, format!("gói {problem}"))
        .file(name)
        .remedy("không dùng gói này; chép lại từ nơi phát hành, nếu vẫn vậy thì báo cho cơ quan công bố")
}

/// Names that any file system takes, each once whatever the case of its letters.
fn sound_names(listing: &Listing) -> Result<(), &'static str> {
    let plain = listing.files.iter().all(|file| {
        crate::release::manifest::check_path(&file.path).is_ok() && file.path.split('/').all(|part| !is_device(part))
    });
    let mut folded: Vec<String> = listing.files.iter().map(|file| file.path.to_ascii_lowercase()).collect();
    folded.sort();
    let once = folded.windows(2).all(|pair| pair[0] != pair[1]);
    let sorted = listing.files.is_sorted_by(|a, b| a.path < b.path);
    if plain && once && sorted { Ok(()) } else { Err("có tên tệp không được phép hoặc bị trùng") }
}

/// Names that Windows keeps for devices, whatever their ending, and those of which it drops the last dot.
fn is_device(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let numbered = stem.strip_prefix("com").or(stem.strip_prefix("lpt")).is_some_and(|n| n.len() == 1 && n != "0");
    part.ends_with('.') || ["con", "prn", "aux", "nul"].contains(&stem.as_str()) || numbered
}

/// What stands behind the files.
struct End {
    start: u64,
    text: String,
    signature: String,
}

impl End {
    fn read(file: &File, bytes: u64) -> Option<Self> {
        let mut end = [0; END_BYTES as usize];
        file.read_exact_at(&mut end, bytes.checked_sub(END_BYTES)?).ok()?;
        let directory = container::directory_start(&end)?;
        let signature = End::before(file, directory, listing::SIGNATURE, bytes, MOST_SIGNATURE_BYTES)?;
        let text = End::before(file, signature.0, listing::FILE, bytes, MOST_LISTING_BYTES)?;
        Some(End { start: text.0, text: text.1, signature: signature.1 })
    }

    /// The stored entry `name` whose last byte stands before `end`: its start and its text. Its header is looked
    /// for where the directory says it is.
    fn before(file: &File, end: u64, name: &str, bytes: u64, most: u64) -> Option<(u64, String)> {
        let start = header_offset(file, bytes, name)?;
        let mut header = [0; LOCAL_BYTES as usize];
        file.read_exact_at(&mut header, start).ok()?;
        let length = u64::from(u32::from_le_bytes([header[18], header[19], header[20], header[21]]));
        let data = start + LOCAL_BYTES + name.len() as u64;
        if length > most || data.checked_add(length)? != end {
            return None;
        }
        let mut text = vec![0; length as usize];
        file.read_exact_at(&mut text, data).ok()?;
        Some((start, String::from_utf8(text).ok()?))
    }

    /// Whether everything behind the files is what the listing makes of it, to the last byte.
    fn is_as_listed(&self, file: &File, listing: &Listing) -> Result<bool> {
        let expected = tail(listing, &self.text, &self.signature)?;
        let length = file.metadata().map_err(|e| Fault::storage(Stage::Package, "", e))?.len();
        if length != self.start + expected.len() as u64 {
            return Ok(false);
        }
        let mut found = vec![0; expected.len()];
        Ok(file.read_exact_at(&mut found, self.start).is_ok() && found == expected)
    }
}

/// Where the directory, which ends the file, says that an entry begins. Listing and signature are its last two.
fn header_offset(file: &File, bytes: u64, name: &str) -> Option<u64> {
    let fixed = 46;
    let lengths = [listing::FILE.len() as u64, listing::SIGNATURE.len() as u64];
    let behind = if name == listing::FILE { fixed + lengths[1] } else { 0 };
    let at = bytes.checked_sub(END_BYTES + behind + fixed + name.len() as u64)?;
    let mut header = vec![0; 46 + name.len()];
    file.read_exact_at(&mut header, at).ok()?;
    let offset = u32::from_le_bytes([header[42], header[43], header[44], header[45]]);
    (header[46..] == *name.as_bytes()).then_some(offset.into())
}

/// Everything behind the files of a package: listing, signature, directory.
pub fn tail(listing: &Listing, text: &str, signature: &str) -> Result<Vec<u8>> {
    let mut entries: Vec<Entry> = listing.files.iter().map(Listed::entry).collect();
    let mut tail = vec![];
    for (name, text) in [(listing::FILE, text), (listing::SIGNATURE, signature)] {
        let bytes = text.len() as u64;
        let crc32 = crc32fast::hash(text.as_bytes());
        let entry = Entry { name: name.into(), method: container::Method::Stored, crc32, packed: bytes, bytes };
        tail.extend(entry.local_header());
        tail.extend(text.as_bytes());
        entries.push(entry);
    }
    tail.extend(container::directory(&entries)?);
    Ok(tail)
}

impl Opened {
    fn changed_chunks(&self) -> Result<Vec<Fault>> {
        let chunks = self.listing.chunks.par_iter().enumerate();
        let changed = chunks.filter_map(|(at, digest)| self.chunk(at, digest).err());
        Ok(changed.flat_map_iter(|failure| failure.faults).collect())
    }

    /// A piece of the files' part, held against its digest.
    pub fn chunk(&self, at: usize, digest: &str) -> Result<Vec<u8>> {
        let start = at as u64 * CHUNK_BYTES as u64;
        let length = (self.listing.payload_bytes() - start).min(CHUNK_BYTES as u64);
        let mut chunk = vec![0; length as usize];
        let read = self.file.read_exact_at(&mut chunk, start);
        if read.is_ok() && sha256(&chunk) == digest {
            return Ok(chunk);
        }
        let count = self.listing.chunks.len();
        Err(refused(&self.name, &format!("bị hỏng trong đoạn {} của {count} (mỗi đoạn 1 MiB)", at + 1)).into())
    }

    /// Where each file's entry begins.
    pub fn offsets(&self) -> Vec<u64> {
        let spans = self.listing.files.iter().map(|file| file.entry().span());
        let starts = spans.scan(0, |next, span| {
            let start = *next;
            *next += span;
            Some(start)
        });
        starts.collect()
    }

    pub fn read_at(&self, offset: u64, bytes: u64) -> Result<Vec<u8>> {
        let mut found = vec![0; bytes as usize];
        let read = self.file.read_exact_at(&mut found, offset);
        read.map_err(|e| Fault::storage(Stage::Package, &self.name, e)).map(|()| found).map_err(Failure::from)
    }

    /// A file of the package, held against its digest.
    pub fn read(&self, file: &Listed, offset: u64) -> Result<Vec<u8>> {
        let entry = file.entry();
        let header = entry.local_header();
        let whole = self.read_at(offset, entry.span())?;
        let plain = whole.strip_prefix(&header[..]).and_then(|packed| entry.unpack(packed));
        let sound = plain.filter(|plain| sha256(plain) == file.sha256);
        sound.ok_or_else(|| refused(&self.name, &format!("có tệp không khớp với danh mục: {}", file.path)).into())
    }
}

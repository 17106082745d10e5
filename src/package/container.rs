//! The file that a package is: a ZIP of which every byte follows from its list of entries.
//!
//! Any computer opens a ZIP by double click, and congbo reads this one alone: no comment, no extra field, no gap, no
//! date, entries one behind the other in the order of the directory. The end of the file (directory and its end) is
//! written again from the list and compared, so that no bit of it can be another.

use libdeflater::{CompressionLvl, Compressor, Decompressor};

use crate::error::{Exit, Fault, Result, Stage};

/// Deflate level. 9 makes a province's package 2 % smaller, and takes an old PC twice as long to update it.
const LEVEL: i32 = 6;

/// Under this share of its size packing is not worth the unpacking on an old PC.
const WORTH_PERCENT: u64 = 95;

/// What 32-bit fields of a ZIP can count: a larger province is packed by commune.
const MOST_BYTES: u64 = u32::MAX as u64 - 1;
const MOST_ENTRIES: usize = u16::MAX as usize - 1;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
/// 1 January 1980, midnight: the day on which ZIP's time begins.
const DATE: u16 = 0x0021;
const VERSION: u16 = 20;
pub const LOCAL_BYTES: u64 = 30;
pub const END_BYTES: u64 = 22;

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    Stored,
    Deflated,
}

impl Method {
    fn code(self) -> u16 {
        match self {
            Method::Stored => 0,
            Method::Deflated => 8,
        }
    }
}

/// One file in the ZIP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub name: String,
    pub method: Method,
    pub crc32: u32,
    pub packed: u64,
    pub bytes: u64,
}

impl Entry {
    /// Packs a file; the bytes as they go into the ZIP.
    pub fn pack(name: &str, plain: &[u8]) -> (Entry, Vec<u8>) {
        let (method, packed) = deflated(plain).map_or((Method::Stored, plain.to_vec()), |p| (Method::Deflated, p));
        let entry = Entry {
            name: name.to_owned(),
            method,
            crc32: crc32fast::hash(plain),
            packed: packed.len() as u64,
            bytes: plain.len() as u64,
        };
        (entry, packed)
    }

    /// The file as it was; none when its bytes are not those of the entry.
    pub fn unpack(&self, packed: &[u8]) -> Option<Vec<u8>> {
        let plain = match self.method {
            Method::Stored => packed.to_vec(),
            Method::Deflated => {
                let mut plain = vec![0; usize::try_from(self.bytes).ok()?];
                let length = Decompressor::new().deflate_decompress(packed, &mut plain).ok()?;
                plain.truncate(length);
                plain
            }
        };
        (plain.len() as u64 == self.bytes && crc32fast::hash(&plain) == self.crc32).then_some(plain)
    }

    /// How many bytes it takes, its header with it.
    pub fn span(&self) -> u64 {
        LOCAL_BYTES + self.name.len() as u64 + self.packed
    }

    /// What stands before its bytes.
    pub fn local_header(&self) -> Vec<u8> {
        let mut header = vec![];
        put32(&mut header, LOCAL);
        self.shared(&mut header);
        header.extend(self.name.as_bytes());
        header
    }

    fn shared(&self, header: &mut Vec<u8>) {
        for field in [VERSION, 0, self.method.code(), 0, DATE] {
            put16(header, field);
        }
        for field in [self.crc32, self.packed as u32, self.bytes as u32] {
            put32(header, field);
        }
        put16(header, self.name.len() as u16);
        put16(header, 0);
    }

    fn central_header(&self, offset: u64) -> Vec<u8> {
        let mut header = vec![];
        put32(&mut header, CENTRAL);
        put16(&mut header, VERSION);
        self.shared(&mut header);
        for field in [0, 0, 0] {
            put16(&mut header, field);
        }
        put32(&mut header, 0);
        put32(&mut header, offset as u32);
        header.extend(self.name.as_bytes());
        header
    }
}

fn deflated(plain: &[u8]) -> Option<Vec<u8>> {
    let mut compressor = Compressor::new(CompressionLvl::new(LEVEL).unwrap_or_default());
    let mut packed = vec![0; compressor.deflate_compress_bound(plain.len())];
    let length = compressor.deflate_compress(plain, &mut packed).ok()?;
    packed.truncate(length);
    (length as u64 * 100 < plain.len() as u64 * WORTH_PERCENT).then_some(packed)
}

/// The directory of the ZIP and its end: all that stands behind the last entry.
///
/// # Errors
/// Exit 2 for more or larger files than a ZIP of this kind holds.
pub fn directory(entries: &[Entry]) -> Result<Vec<u8>> {
    let length: u64 = entries.iter().map(Entry::span).sum();
    let mut text = vec![];
    let mut offset = 0;
    for entry in entries {
        text.extend(entry.central_header(offset));
        offset += entry.span();
    }
    let size = text.len() as u64;
    if entries.len() > MOST_ENTRIES || length + size > MOST_BYTES {
        return Err(Fault::new(Stage::Package, Exit::Usage, "the package would be larger than a ZIP can be (4 GiB)")
            .remedy("make a package for each commune: congbo package build --commune CODE")
            .into());
    }
    put32(&mut text, END);
    for field in [0, 0, entries.len() as u16, entries.len() as u16] {
        put16(&mut text, field);
    }
    put32(&mut text, size as u32);
    put32(&mut text, length as u32);
    put16(&mut text, 0);
    Ok(text)
}

/// Where the directory begins, by the last bytes of a file; none when they are not the end of such a ZIP.
pub fn directory_start(end: &[u8; END_BYTES as usize]) -> Option<u64> {
    let number = |at: usize| u32::from_le_bytes([end[at], end[at + 1], end[at + 2], end[at + 3]]);
    (number(0) == END).then(|| number(16).into())
}

fn put16(into: &mut Vec<u8>, value: u16) {
    into.extend(value.to_le_bytes());
}

fn put32(into: &mut Vec<u8>, value: u32) {
    into.extend(value.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_read_again_by_another_reader_too() {
        let files = [("a/b.txt", b"long ".repeat(400)), ("c.bin", vec![7, 1, 200, 33])];
        let packed: Vec<(Entry, Vec<u8>)> = files.iter().map(|(name, bytes)| Entry::pack(name, bytes)).collect();
        assert_eq!((packed[0].0.method, packed[1].0.method), (Method::Deflated, Method::Stored));
        let mut file = vec![];
        for (entry, bytes) in &packed {
            file.extend(entry.local_header());
            file.extend(bytes);
        }
        let start = file.len() as u64;
        let entries: Vec<Entry> = packed.iter().map(|(entry, _)| entry.clone()).collect();
        file.extend(directory(&entries).unwrap());
        assert_eq!(directory_start(file.last_chunk().unwrap()), Some(start));
        let mut foreign = zip::ZipArchive::new(std::io::Cursor::new(&file)).unwrap();
        for (at, (name, bytes)) in files.iter().enumerate() {
            let mut found = vec![];
            std::io::Read::read_to_end(&mut foreign.by_name(name).unwrap(), &mut found).unwrap();
            assert_eq!(&found, bytes);
            assert_eq!(packed[at].0.unpack(&packed[at].1).as_ref(), Some(bytes));
        }
        assert_eq!(packed[1].0.unpack(&[7, 1, 200, 34]), None);
    }
}

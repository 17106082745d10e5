//! `goi.json`: what a package says of itself, under the publisher's signature.
//!
//! One line for each file and each chunk, so that two packages can be compared by line. It has one text: what is read
//! is written again and must be the same.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::container::{Entry, Method};
use crate::release::{Imprint, PublisherKey};

pub const FORMAT: &str = "congbo-package-1";
pub const FILE: &str = "goi.json";
pub const SIGNATURE: &str = "goi.json.minisig";

/// Files are held against the list in pieces of this size, so that a copy can be resumed.
pub const CHUNK_BYTES: usize = 1 << 20;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    pub head: Head,
    pub files: Vec<Listed>,
    /// SHA-256 of each chunk of the files' part of the ZIP, in hexadecimal.
    pub chunks: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    pub format: String,
    pub province: String,
    /// What land it holds: `99` for the province, `99001` or `99001+99002` for communes.
    pub area: String,
    pub name: String,
    /// What it was made from.
    pub imprint: Imprint,
    /// The last day of the data.
    pub data_date: Date,
    /// Where the whole site is.
    pub public_url: String,
    /// Statements by which publishers' keys were handed over, in their order, each with its signature.
    pub rotations: Vec<[String; 2]>,
    /// Keys that sign nothing any more.
    pub revoked: Vec<String>,
}

/// What the computer's clock says of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    Current,
    /// Its last day is over.
    Expired,
    /// The clock stands before the day on which it was made: it is wrong, and says nothing of the last day.
    NotYetMade,
}

impl Head {
    pub fn validity(&self, today: Date) -> Validity {
        match () {
            () if today < self.imprint.created => Validity::NotYetMade,
            () if today > self.imprint.expires => Validity::Expired,
            () => Validity::Current,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    pub path: String,
    pub method: Method,
    pub crc32: u32,
    pub packed: u64,
    pub bytes: u64,
    pub sha256: String,
}

impl Listed {
    pub fn of(entry: &Entry, sha256: String) -> Self {
        let Entry { name, method, crc32, packed, bytes } = entry.clone();
        Listed { path: name, method, crc32, packed, bytes, sha256 }
    }

    pub fn entry(&self) -> Entry {
        let Listed { path, method, crc32, packed, bytes, .. } = self.clone();
        Entry { name: path, method, crc32, packed, bytes }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole {
    head: Head,
    files: Vec<Listed>,
    chunks: Vec<String>,
}

impl Listing {
    pub fn to_text(&self) -> String {
        let files: Vec<String> = self.files.iter().map(line).collect();
        let chunks: Vec<String> = self.chunks.iter().map(line).collect();
        let (head, files, chunks) = (line(&self.head), files.join(",\n"), chunks.join(",\n"));
        format!("{{\"head\":{head},\n\"files\":[\n{files}\n],\n\"chunks\":[\n{chunks}\n]}}\n")
    }

    /// None for a text that is not exactly what a listing is written as.
    pub fn parse(text: &str) -> Option<Self> {
        let Whole { head, files, chunks } = serde_json::from_str(text).ok()?;
        let listing = Listing { head, files, chunks };
        (listing.head.format == FORMAT && listing.to_text() == text).then_some(listing)
    }

    /// How many bytes of the ZIP come before the listing.
    pub fn payload_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.entry().span()).sum()
    }

    /// What the publisher signs beside the text.
    pub fn comment(&self) -> String {
        let Head { area, imprint, .. } = &self.head;
        format!("congbo package={area} edition={} number={}", imprint.edition, imprint.number)
    }

    /// Whose key may have signed it.
    pub fn is_covered_by(&self, key: &PublisherKey) -> bool {
        key.covers(Some(self.head.imprint.number))
    }
}

fn line(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("a listing is plain data")
}

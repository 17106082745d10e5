//! Parts of a published edition, for those who were granted them.
//!
//! A [`Cut`] is what goes out: a head of its own, then spans of the edition's files as they lie there. Nothing is
//! decoded and nothing kept but positions, so that a cut of a province costs what its index costs; any part of it
//! can be read again, which is how a broken download goes on. [`cut`] is the one door: a format is a file beside
//! [`flatgeobuf`], a value of [`Format`] and a line there.

pub mod area;
pub mod flatgeobuf;
pub mod provenance;

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

pub use area::Area;

use crate::digest::sha256;
use crate::model::named::named;
use crate::release::OpenEdition;

named!(
    /// What the file is.
    Format { FlatGeobuf = "fgb" }
);

/// What to cut.
pub struct Order<'a> {
    pub edition: &'a OpenEdition,
    pub area: &'a Area,
    /// Communes that it may be cut from; `None` is every commune.
    pub within: Option<&'a [String]>,
    pub format: Format,
    /// Written into the file ([`provenance`]).
    pub provenance: &'a serde_json::Value,
}

/// A file that is made as it is read.
pub struct Cut {
    head: Vec<u8>,
    spans: Vec<Span>,
    pub features: u64,
    pub bytes: u64,
    /// Of these bytes and no others, as an entity tag.
    pub tag: String,
}

struct Span {
    file: Arc<File>,
    /// In the edition's file.
    from: u64,
    /// In the cut.
    begins: u64,
    bytes: u64,
}

/// Finds what belongs to the order. The spans are read when the cut is.
///
/// # Errors
/// A file of the edition that cannot be read or is not what it should be.
pub fn cut(order: &Order<'_>) -> io::Result<Cut> {
    match order.format {
        Format::FlatGeobuf => flatgeobuf::cut(order),
    }
}

impl Cut {
    /// `parts` are spans of files (offset, bytes), each with the digest of the file it is of.
    fn new(head: Vec<u8>, parts: Vec<(Arc<File>, String, u64, u64)>, features: u64) -> Cut {
        let mut identity = sha256(&head);
        let mut begins = head.len() as u64;
        let mut spans: Vec<Span> = vec![];
        for (file, digest, from, bytes) in parts {
            identity.push_str(&format!(" {digest} {from} {bytes}"));
            match spans.last_mut().filter(|last| Arc::ptr_eq(&last.file, &file) && last.from + last.bytes == from) {
                Some(last) => last.bytes += bytes,
                None => spans.push(Span { file, from, begins, bytes }),
            }
            begins += bytes;
        }
        Cut { head, spans, features, bytes: begins, tag: sha256(identity.as_bytes())[..32].to_owned() }
    }

    /// `length` bytes from `start` on, gathered from wherever they lie.
    ///
    /// # Errors
    /// A file that became shorter.
    pub fn read(&self, start: u64, length: u64) -> io::Result<Vec<u8>> {
        let end = (start + length).min(self.bytes);
        let mut piece = Vec::with_capacity(end.saturating_sub(start) as usize);
        let head = self.head.len() as u64;
        if start < head {
            piece.extend(&self.head[start as usize..end.min(head) as usize]);
        }
        let first = self.spans.partition_point(|span| span.begins + span.bytes <= start);
        for span in self.spans[first..].iter().take_while(|span| span.begins < end) {
            let from = start.max(span.begins);
            let bytes = end.min(span.begins + span.bytes) - from;
            let at = piece.len();
            piece.resize(at + bytes as usize, 0);
            span.file.read_exact_at(&mut piece[at..], span.from + from - span.begins)?;
        }
        Ok(piece)
    }

    /// SHA-256 of the whole, read once in pieces.
    pub fn sha256(&self) -> io::Result<String> {
        use sha2::{Digest, Sha256};
        let mut hasher = Sha256::new();
        let mut at = 0;
        while at < self.bytes {
            let piece = self.read(at, 1 << 20)?;
            at += piece.len() as u64;
            hasher.update(&piece);
        }
        Ok(crate::digest::hex(&hasher.finalize()))
    }
}

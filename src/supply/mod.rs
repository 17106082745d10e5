//! Parts of a published edition, for those who were granted them.
//!
//! [`cut`] is the one door. What stays FlatGeobuf in WGS 84 with every field goes out as a head of its own and spans
//! of the edition's files ([`flatgeobuf`]): nothing is decoded but where each ring begins, and nothing kept but
//! positions. Every other format is made once, one parcel at a time, into a folder of the office ([`spool`]), and
//! goes out from there. Either way any part can be read again, which is how a broken download goes on, and the same
//! order gives the same bytes.

pub mod area;
pub mod capabilities;
pub mod feature;
pub mod flatgeobuf;
pub mod formats;
pub mod frame;
pub mod mark;
pub mod output;
pub mod polygon;
pub mod provenance;
pub mod source;
mod spool;

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

pub use area::Area;
pub use output::{Crs, Format, Output};

use crate::digest::sha256;
use crate::release::OpenEdition;
use mark::Mark;
use provenance::Provenance;
use source::Selection;

/// What to cut.
pub struct Order<'a> {
    pub edition: &'a OpenEdition,
    pub area: &'a Area,
    /// Communes that it may be cut from; `None` is every commune.
    pub within: Option<&'a [String]>,
    pub output: &'a Output,
    /// Written into the file.
    pub provenance: &'a Provenance,
    /// Lets rings begin where they tell the request ([`mark`]).
    pub mark: Option<Arc<Mark>>,
    /// Where files that are made whole lie for an hour; nobody else may read it.
    pub spool: &'a Path,
}

/// A file that is made as it is read.
pub struct Cut {
    head: Vec<u8>,
    spans: Vec<Span>,
    /// Where each feature begins in the cut, and what turns its rings.
    marked: Option<(Vec<u64>, Arc<Mark>)>,
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

/// A piece of a file of the edition, with the digest of that file.
struct Part<'a> {
    file: &'a Arc<File>,
    sha256: &'a str,
    from: u64,
    bytes: u64,
}

/// Finds what belongs to the order. Spans are read when the cut is.
///
/// # Errors
/// `NotFound` where nothing lies; `InvalidInput` where the order asks for what the format cannot hold or the edition
/// does not know; a file of the edition that cannot be read or is not what it should be.
pub fn cut(order: &Order<'_>) -> io::Result<Cut> {
    let selection = Selection::of(order)?;
    if order.output.is_as_it_lies() { flatgeobuf::cut(order, &selection) } else { spool::cut(order, &selection) }
}

impl Cut {
    fn new(head: Vec<u8>, parts: &[Part<'_>], mark: Option<Arc<Mark>>) -> Cut {
        let mut bytes = head.len() as u64;
        let mut spans: Vec<Span> = vec![];
        let mut digests: Vec<&str> = vec![];
        let mut begins = Vec::with_capacity(parts.len());
        for part in parts {
            begins.push(bytes);
            match spans
                .last_mut()
                .filter(|last| Arc::ptr_eq(&last.file, part.file) && last.from + last.bytes == part.from)
            {
                Some(last) => last.bytes += part.bytes,
                None => {
                    spans.push(Span { file: part.file.clone(), from: part.from, begins: bytes, bytes: part.bytes });
                    digests.push(part.sha256);
                }
            }
            bytes += part.bytes;
        }
        let mut identity = sha256(&head);
        for (span, digest) in spans.iter().zip(digests) {
            identity.push_str(&format!(" {digest} {} {}", span.from, span.bytes));
        }
        identity.extend(mark.iter().map(|mark| mark.name()));
        let tag = sha256(identity.as_bytes())[..32].to_owned();
        let features = begins.len() as u64;
        Cut { head, spans, marked: mark.map(|mark| (begins, mark)), features, bytes, tag }
    }

    /// A file that lies whole in the spool.
    fn of_file(file: File, tag: String, features: u64) -> io::Result<Cut> {
        let bytes = file.metadata()?.len();
        let spans = vec![Span { file: Arc::new(file), from: 0, begins: 0, bytes }];
        Ok(Cut { head: vec![], spans, marked: None, features, bytes, tag })
    }

    /// `length` bytes from `start` on, gathered from wherever they lie.
    ///
    /// # Errors
    /// A file that became shorter.
    pub fn read(&self, start: u64, length: u64) -> io::Result<Vec<u8>> {
        let end = (start + length).min(self.bytes);
        let Some((begins, mark)) = &self.marked else { return self.gather(start, end) };
        // Whole features are turned, then cut to what was asked for.
        let first = begins.partition_point(|begin| *begin <= start).saturating_sub(1);
        let last = begins.partition_point(|begin| *begin < end);
        if first >= last {
            return self.gather(start, end);
        }
        let from = begins[first].min(start);
        let until = begins.get(last).copied().unwrap_or(self.bytes).max(end);
        let mut piece = self.gather(from, until)?;
        for i in first..last {
            let next = begins.get(i + 1).copied().unwrap_or(self.bytes);
            flatgeobuf::turn(&mut piece[(begins[i] - from) as usize..(next - from) as usize], mark)?;
        }
        piece.truncate((end - from) as usize);
        piece.drain(..(start - from) as usize);
        Ok(piece)
    }

    fn gather(&self, start: u64, end: u64) -> io::Result<Vec<u8>> {
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

fn damaged(problem: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem)
}

/// What cannot be made as it was ordered; the word stands under `[refused]`.
fn refused(word: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, word)
}

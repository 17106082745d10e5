//! A file of an edition, as its manifest lists it.

use std::fs::{self, File};
use std::io;
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use ct_codecs::{Base64, Encoder};
use hyper::body::Bytes;
use hyper::header::HeaderValue;

use tokio::sync::Semaphore;

use super::body::{Body, read_span};
use super::headers::etag;

/// Up to here a file is read whole and its digest checked again; longer ones go out in pieces.
const WHOLE_BYTES: u64 = 1 << 20;

/// Memory for the files of one edition that were asked for; once it is full the others are read each time.
pub struct Budget(AtomicU64);

impl Budget {
    pub fn new(bytes: u64) -> Arc<Self> {
        Arc::new(Budget(AtomicU64::new(bytes)))
    }

    fn take(&self, bytes: u64) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes)).is_ok()
    }
}

pub struct StoredFile {
    path: PathBuf,
    pub bytes: u64,
    sha256: String,
    pub etag: HeaderValue,
    in_memory: OnceLock<Bytes>,
    budget: Arc<Budget>,
    /// Open from the start, where a client holds on to a file longer than the edition may be published.
    held: Option<Arc<File>>,
}

impl StoredFile {
    pub fn new(path: PathBuf, bytes: u64, sha256: &str, budget: &Arc<Budget>) -> Self {
        let etag = etag(&sha256[..sha256.len().min(32)]);
        let (sha256, budget) = (sha256.to_owned(), budget.clone());
        StoredFile { path, bytes, sha256, etag, in_memory: OnceLock::new(), budget, held: None }
    }

    /// `sha-256=:…:`, as RFC 9530 writes the digest of the whole.
    pub fn repr_digest(&self) -> Option<HeaderValue> {
        let digit = |at: usize| u8::from_str_radix(self.sha256.get(at..at + 2)?, 16).ok();
        let bytes = (0..64).step_by(2).map(digit).collect::<Option<Vec<u8>>>()?;
        HeaderValue::try_from(format!("sha-256=:{}:", Base64::encode_to_string(bytes).ok()?)).ok()
    }

    /// Opens the file for as long as this value lives.
    pub fn held_open(mut self) -> io::Result<(Self, Arc<File>)> {
        let file = Arc::new(open_listed(&self.path, self.bytes)?);
        self.held = Some(file.clone());
        Ok((self, file))
    }

    /// The body of `span`. Fails when the file is not what the manifest lists: nothing of it goes out then.
    /// `WouldBlock` when it would be one download too many.
    pub async fn body(self: &Arc<Self>, span: Range<u64>, downloads: &Arc<Semaphore>) -> io::Result<Body> {
        if let Some(bytes) = self.in_memory.get() {
            return Ok(bytes.slice(span.start as usize..span.end as usize).into());
        }
        let (this, downloads) = (self.clone(), downloads.clone());
        tokio::task::spawn_blocking(move || this.read(span, downloads)).await.map_err(io::Error::other)?
    }

    /// All of it, for files up to 1 MiB.
    pub async fn whole(self: &Arc<Self>) -> io::Result<Bytes> {
        if self.bytes > WHOLE_BYTES {
            return Err(io::Error::other("the file is too large to be kept in memory"));
        }
        let this = self.clone();
        tokio::task::spawn_blocking(move || this.read_whole()).await.map_err(io::Error::other)?
    }

    fn read(&self, span: Range<u64>, downloads: Arc<Semaphore>) -> io::Result<Body> {
        let length = span.end - span.start;
        if length == self.bytes && length <= WHOLE_BYTES {
            return Ok(self.read_whole()?.into());
        }
        let file = match &self.held {
            Some(file) => file.clone(),
            None => Arc::new(open_listed(&self.path, self.bytes)?),
        };
        match length <= WHOLE_BYTES {
            true => Ok(read_span(&file, span.start, length)?.into()),
            false => match downloads.try_acquire_owned() {
                Ok(place) => Ok(Body::from_file(file, span, place)),
                Err(_) => Err(io::ErrorKind::WouldBlock.into()),
            },
        }
    }

    fn read_whole(&self) -> io::Result<Bytes> {
        let file = open_listed(&self.path, self.bytes)?;
        let bytes = read_span(&file, 0, self.bytes)?;
        if crate::digest::sha256(&bytes) != self.sha256 {
            return Err(io::Error::other("the file is not the one that was sealed"));
        }
        if self.in_memory.get().is_none() && self.budget.take(self.bytes) {
            return Ok(self.in_memory.get_or_init(|| bytes).clone());
        }
        Ok(bytes)
    }
}

/// Opens a regular file of the listed size; a link in its place is refused, wherever it leads.
fn open_listed(path: &Path, bytes: u64) -> io::Result<File> {
    let file = File::open(path)?;
    let (opened, named) = (file.metadata()?, fs::symlink_metadata(path)?);
    let same = named.is_file() && (opened.dev(), opened.ino()) == (named.dev(), named.ino());
    match same && opened.len() == bytes {
        true => Ok(file),
        false => Err(io::Error::other("the file is not the one that was sealed")),
    }
}

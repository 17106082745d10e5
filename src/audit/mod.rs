//! Who did what, and what it came to: a log that can only be added to.
//!
//! One line of JSON for each act, numbered, with the SHA-256 of the line before it ([`chain`]). A line is on the
//! disk before [`Log::append`] returns, so that nothing goes out that is not written down. Now and then the head
//! of the chain is signed and put elsewhere ([`head`]): from then on even the tail cannot be cut off unnoticed
//! ([`verify`]).
//!
//! The log holds no citizen number, no password, no token: acts name accounts by their number.

pub mod chain;
pub mod head;
pub mod seal;
pub mod verify;

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use chain::Tail;
pub use chain::{Act, Record};
use head::Heads;

/// The log, as one process writes it; others may write it too, one at a time.
pub struct Log {
    path: PathBuf,
    open: Mutex<Option<Open>>,
    heads: Option<Heads>,
}

struct Open {
    file: File,
    /// The end of the log as this process last saw it.
    tail: Tail,
}

impl Log {
    /// Makes an empty log (mode 600). A log is never made anew by writing to it: one that vanished is an error.
    pub fn create(path: &Path) -> io::Result<()> {
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?.sync_all()?;
        path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    }

    pub fn at(path: PathBuf, heads: Option<Heads>) -> Self {
        Log { path, open: Mutex::new(None), heads }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes one act and returns its number once the disk has it.
    ///
    /// # Errors
    /// The log is missing, is not a log, or the disk is full: then nothing was written.
    pub fn append(&self, act: &Act, now: Timestamp) -> io::Result<u64> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.as_ref().is_none_or(|open| !open.is_at(&self.path)) {
            *open = Some(Open::at(&self.path)?);
        }
        let opened = open.as_mut().ok_or_else(|| io::Error::other("the log is not open"))?;
        opened.file.lock()?;
        let written = opened.append(act, now);
        let unlocked = opened.file.unlock();
        if written.is_err() || unlocked.is_err() {
            *open = None;
        }
        let tail = written?;
        unlocked?;
        if let Some(heads) = &self.heads {
            heads.follow(&tail, now);
        }
        Ok(tail.seq)
    }
}

impl Open {
    fn at(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        Ok(Open { file, tail: Tail::default() })
    }

    /// Whether the file of that name is still the one that is open.
    fn is_at(&self, path: &Path) -> bool {
        let same = || {
            let (named, open) = (std::fs::metadata(path).ok()?, self.file.metadata().ok()?);
            Some((named.dev(), named.ino()) == (open.dev(), open.ino()))
        };
        same().unwrap_or(false)
    }

    fn append(&mut self, act: &Act, now: Timestamp) -> io::Result<Tail> {
        self.catch_up(now)?;
        let tail = self.write(act, now)?;
        self.tail = tail.clone();
        Ok(tail)
    }

    /// Reads the end of the log where others wrote it; what a crash left of a line is taken off and noted.
    fn catch_up(&mut self, now: Timestamp) -> io::Result<()> {
        let bytes = self.file.metadata()?.len();
        if bytes == self.tail.bytes && bytes > 0 {
            return Ok(());
        }
        let (tail, torn) = chain::tail_of(&self.file, bytes)?;
        self.tail = tail;
        if torn == 0 {
            return Ok(());
        }
        self.file.set_len(self.tail.bytes)?;
        let result = format!("{torn} bytes of a line without end");
        let note = Act { actor: "congbo".into(), action: "log.mended", result, ..Act::default() };
        self.tail = self.write(&note, now)?;
        Ok(())
    }

    fn write(&mut self, act: &Act, now: Timestamp) -> io::Result<Tail> {
        let (line, tail) = chain::line_after(&self.tail, act, now)?;
        let written = self.file.write_all_at(line.as_bytes(), self.tail.bytes).and_then(|()| self.file.sync_data());
        if let Err(cause) = written {
            // Half a line must not stay before the next one.
            let _ = self.file.set_len(self.tail.bytes);
            return Err(cause);
        }
        Ok(tail)
    }
}

/// Writes a file beside and renames it, so that it is whole whenever it is there.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("part");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o644).open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

//! Signed heads: the number and digest of the last line at some moment, kept where the log is not.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::chain::Tail;
use super::seal::{Seal, holds};
use super::write_whole;

/// A head at least this often, whichever comes first.
const EVERY_RECORDS: u64 = 1000;
const EVERY: SignedDuration = SignedDuration::from_hours(24);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    pub seq: u64,
    pub hash: String,
    pub time: Timestamp,
}

/// Makes heads, and knows when the next is due.
pub struct Heads {
    folder: PathBuf,
    seal: Seal,
    last: Mutex<Option<Head>>,
}

impl Heads {
    pub fn new(folder: PathBuf, seal: Seal) -> Self {
        let last = Mutex::new(newest(&folder));
        Heads { folder, seal, last }
    }

    pub fn seal(&self) -> &Seal {
        &self.seal
    }

    /// Writes a head when one is due. That it could not be written is for the operator, not for who asked.
    pub(super) fn follow(&self, tail: &Tail, now: Timestamp) {
        let mut last = self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let due = last
            .as_ref()
            .is_none_or(|last| tail.seq >= last.seq + EVERY_RECORDS || now.duration_since(last.time) >= EVERY);
        if !due {
            return;
        }
        let head = Head { seq: tail.seq, hash: tail.hash.clone(), time: now };
        match self.write(&head) {
            Ok(_) => *last = Some(head),
            Err(cause) => tracing::error!(%cause, "the head of the audit log could not be put where it is kept"),
        }
    }

    /// Signs a head and puts it into the folder; returns the file.
    pub fn write(&self, head: &Head) -> io::Result<PathBuf> {
        fs::create_dir_all(&self.folder)?;
        let text = serde_json::to_string(head).map_err(io::Error::other)? + "\n";
        let signature = self.seal.sign(text.as_bytes(), &format!("congbo audit head {}", head.seq))?;
        let path = self.folder.join(format!("head-{:010}.json", head.seq));
        write_whole(&path.with_extension("json.minisig"), signature.as_bytes())?;
        write_whole(&path, text.as_bytes())?;
        Ok(path)
    }
}

/// Every head of a folder, by number.
///
/// # Errors
/// One that none of `keys` signed, or that cannot be read.
pub fn read_all(folder: &Path, keys: &[String]) -> io::Result<Vec<Head>> {
    let mut heads = vec![];
    for path in files(folder)? {
        let text = fs::read(&path)?;
        let signature = fs::read_to_string(path.with_extension("json.minisig")).unwrap_or_default();
        let refused =
            |problem: &str| io::Error::new(io::ErrorKind::InvalidData, format!("{}: {problem}", path.display()));
        if !holds(keys, &text, &signature) {
            return Err(refused("is not signed by the key of the log"));
        }
        heads.push(serde_json::from_slice(&text).map_err(|_| refused("is not a head"))?);
    }
    Ok(heads)
}

fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    files.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
    files.sort();
    Ok(files)
}

fn newest(folder: &Path) -> Option<Head> {
    let text = fs::read(files(folder).ok()?.pop()?).ok()?;
    serde_json::from_slice(&text).ok()
}

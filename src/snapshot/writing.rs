//! A snapshot that is being written: files beside the others, one rename at the end.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::record::{ContentFile, Record};
use crate::digest::{hex, sha256};
use crate::error::{Fault, Result, Stage};

/// A folder that becomes a snapshot, or vanishes when it is dropped.
pub struct Writing {
    site: PathBuf,
    /// `snapshots/<dataset>`, relative to the site.
    folder: PathBuf,
    staging: TempDir,
    files: Vec<ContentFile>,
}

impl Writing {
    pub fn begin(site: &Path, dataset: &str) -> Result<Self> {
        let all = Path::new("snapshots");
        let fault = |e: io::Error| Fault::storage(Stage::Snapshot, all, e);
        fs::create_dir_all(site.join(all)).map_err(fault)?;
        let staging = tempfile::Builder::new().prefix(".writing-").tempdir_in(site.join(all)).map_err(fault)?;
        Ok(Writing { site: site.to_owned(), folder: all.join(dataset), staging, files: vec![] })
    }

    /// Writes one content file and notes its digest.
    pub fn file(&mut self, name: &str, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
        let path = self.staging.path().join(name);
        let written = File::create(path).and_then(|file| {
            let mut file = Digested { to: BufWriter::with_capacity(1 << 20, file), digest: Sha256::new(), bytes: 0 };
            fill(&mut file)?;
            file.finish(name)
        });
        self.files.push(written.map_err(|e| self.fault(e))?);
        Ok(())
    }

    /// Writes a document whose digest the record holds already; `name` is a path of one folder and a file.
    pub fn document(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.staging.path().join(name);
        let folder = path.parent().unwrap_or(self.staging.path());
        fs::create_dir_all(folder)
            .and_then(|()| write_synced(&path, bytes))
            .and_then(|()| sync_folder(folder))
            .map_err(|e| self.fault(e).into())
    }

    /// Where the files are until they are saved.
    pub fn staging(&self) -> &Path {
        self.staging.path()
    }

    /// What was written so far, for the record.
    pub fn files(&self) -> Vec<ContentFile> {
        self.files.clone()
    }

    /// Signs the record and makes the snapshot the approved one. A snapshot with the same record is left as it
    /// is, signature included.
    pub fn save(self, record: &Record, sign: impl Fn(&[u8]) -> Result<String>) -> Result<PathBuf> {
        let json = record_json(record);
        let name = &sha256(json.as_bytes())[..16];
        let final_folder = self.folder.join(name);
        if !self.site.join(&final_folder).exists() {
            let signature = sign(json.as_bytes())?;
            self.seal(&json, &signature, name)?;
        }
        let pointer = self.folder.join("approved");
        replace(&self.site.join(&pointer), name.as_bytes())
            .map_err(|e| Fault::storage(Stage::Snapshot, &pointer, e))?;
        Ok(final_folder)
    }

    fn seal(&self, json: &str, signature: &str, name: &str) -> Result<()> {
        let staging = self.staging.path();
        fs::create_dir_all(self.site.join(&self.folder)).map_err(|e| self.fault(e))?;
        write_synced(&staging.join("record.json"), json.as_bytes())
            .and_then(|()| write_synced(&staging.join("record.json.minisig"), signature.as_bytes()))
            .and_then(|()| sync_folder(staging))
            .and_then(|()| fs::rename(staging, self.site.join(&self.folder).join(name)))
            .and_then(|()| sync_folder(&self.site.join(&self.folder)))
            .map_err(|e| self.fault(e).into())
    }

    fn fault(&self, e: io::Error) -> Fault {
        Fault::storage(Stage::Snapshot, &self.folder, e)
    }
}

/// The record as it is signed: pretty JSON in field order, one line feed at the end.
fn record_json(record: &Record) -> String {
    serde_json::to_string_pretty(record).expect("a record is plain data") + "\n"
}

struct Digested {
    to: BufWriter<File>,
    digest: Sha256,
    bytes: u64,
}

impl Digested {
    fn finish(self, name: &str) -> io::Result<ContentFile> {
        self.to.into_inner()?.sync_all()?;
        Ok(ContentFile { name: name.to_owned(), bytes: self.bytes, sha256: hex(&self.digest.finalize()) })
    }
}

impl Write for Digested {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.to.write_all(bytes)?;
        self.digest.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Replaces a small file by rename, so that a reader sees the old one or the new one.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("new");
    write_synced(&beside, bytes)?;
    fs::rename(&beside, path)?;
    path.parent().map_or(Ok(()), sync_folder)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

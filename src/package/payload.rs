//! A package while it is written: files one behind the other, hashed as they go, beside the file that it becomes.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::durable::{folder_of, sync};
use super::listing::{CHUNK_BYTES, Head, Listed, Listing};
use super::opened::{Opened, tail};
use crate::digest::hex;
use crate::error::{Fault, Result, Stage};
use crate::release::Sign;

pub struct Payload {
    out: PathBuf,
    beside: PathBuf,
    file: std::io::BufWriter<File>,
    files: Vec<Listed>,
    chunks: Vec<String>,
    chunk: Sha256,
    in_chunk: usize,
}

impl Payload {
    /// Begins beside `out`.
    pub fn create(out: &Path) -> Result<Self> {
        let beside = out.with_extension("dang-ghi");
        let file = File::create(&beside).map_err(|e| Fault::storage(Stage::Package, out, e))?;
        let file = std::io::BufWriter::with_capacity(1 << 20, file);
        let (out, chunk) = (out.to_owned(), Sha256::new());
        Ok(Payload { out, beside, file, files: vec![], chunks: vec![], chunk, in_chunk: 0 })
    }

    /// The next file, packed.
    pub fn add(&mut self, listed: Listed, packed: &[u8]) -> Result<()> {
        self.put(&listed.entry().local_header())?;
        self.put(packed)?;
        self.files.push(listed);
        Ok(())
    }

    /// Files of another package as they are packed there, one behind the other from `offset`.
    pub fn copy(&mut self, from: &Opened, files: &[Listed], mut offset: u64) -> Result<()> {
        let end = offset + files.iter().map(|file| file.entry().span()).sum::<u64>();
        while offset < end {
            let now = (end - offset).min(CHUNK_BYTES as u64);
            self.put(&from.read_at(offset, now)?)?;
            offset += now;
        }
        self.files.extend_from_slice(files);
        Ok(())
    }

    fn put(&mut self, mut bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(|e| Fault::storage(Stage::Package, &self.out, e))?;
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(CHUNK_BYTES - self.in_chunk));
            self.chunk.update(now);
            self.in_chunk += now.len();
            if self.in_chunk == CHUNK_BYTES {
                self.end_chunk();
            }
            bytes = later;
        }
        Ok(())
    }

    fn end_chunk(&mut self) {
        self.chunks.push(hex(&std::mem::take(&mut self.chunk).finalize()));
        self.in_chunk = 0;
    }

    /// Writes the end of the package, durably; its name it gets by [`Payload::publish`].
    ///
    /// # Errors
    /// Those of `sign`, which is given the listing; 7 when the disk is full.
    pub fn seal(&mut self, head: Head, sign: Sign<'_>) -> Result<(Listing, u64)> {
        if self.in_chunk > 0 {
            self.end_chunk();
        }
        let (files, chunks) = (std::mem::take(&mut self.files), std::mem::take(&mut self.chunks));
        let listing = Listing { head, files, chunks };
        let text = listing.to_text();
        let signature = sign(text.as_bytes(), &listing.comment())?;
        let tail = tail(&listing, &text, &signature)?;
        let written = self.file.write_all(&tail).and_then(|()| self.file.flush());
        let durable = written.and_then(|()| self.file.get_ref().sync_all());
        durable.map_err(|e| Fault::storage(Stage::Package, &self.out, e))?;
        let bytes = listing.payload_bytes() + tail.len() as u64;
        Ok((listing, bytes))
    }

    /// Where it lies as long as it has no name.
    pub fn beside(&self) -> &Path {
        &self.beside
    }

    /// # Errors
    /// Exit 7 when the folder cannot be written.
    pub fn publish(self) -> Result<()> {
        fs::rename(&self.beside, &self.out).map_err(|e| Fault::storage(Stage::Package, &self.out, e))?;
        sync(folder_of(&self.out))
    }
}

impl Drop for Payload {
    fn drop(&mut self) {
        // After the file got its name there is nothing here.
        let _ = fs::remove_file(&self.beside);
    }
}

//! That one file, one tile or one row belongs to a signed edition: some hundred bytes that anybody can check without
//! the edition, without a network and without congbo.
//!
//! part → tree of its file → leaf of the file → tree of the edition → root in the signed imprint.

use serde::{Deserialize, Serialize};

use super::imprint::{Imprint, PublisherKey, SIGNATURE};
use super::manifest::{FileFacts, Manifest, leaves};
use super::minisig::Minisig;
use super::parts::{self, Parts};
use super::{edition_dir, manifest_of, merkle, storage};
use crate::digest::{hex, sha256};
use crate::error::{Exit, Failure, Fault, Result, Stage};

pub const FORMAT: &str = "congbo-proof-1";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    pub format: String,
    /// minisign's signature of the edition's manifest; its trusted comment holds the root.
    pub signature: String,
    pub file: FileProof,
    /// None where the whole file is proved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<PartProof>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileProof {
    pub path: String,
    pub sha256: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts: Option<Parts>,
    pub index: u64,
    pub count: u64,
    /// Hashes beside the way to the root, the nearest first.
    pub beside: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartProof {
    pub name: String,
    pub sha256: String,
    pub index: u64,
    pub beside: Vec<String>,
    /// The row itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// All parts of a file, and the one to prove.
pub struct Part {
    pub leaves: Vec<String>,
    pub index: usize,
    pub text: Option<String>,
}

/// What a proof that holds says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proved {
    pub imprint: Imprint,
    pub key_id: String,
    pub path: String,
    pub part: Option<String>,
    pub sha256: String,
}

/// Makes the proof of a file of an edition, or of one part of it.
///
/// # Errors
/// Exit 2 for a file that the edition does not have; 6 for an edition that nobody signed, or parts that are not those
/// of its manifest.
pub fn make(dist: &std::path::Path, edition: &str, path: &str, part: Option<Part>) -> Result<Proof> {
    make_of(dist, &manifest_of(dist, edition)?, path, part)
}

/// The same for a manifest that was read already.
pub fn make_of(dist: &std::path::Path, manifest: &Manifest, path: &str, part: Option<Part>) -> Result<Proof> {
    let edition = manifest.edition.as_str();
    let signature = edition_dir(dist, edition)?.join(SIGNATURE);
    let signature = std::fs::read_to_string(&signature).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => Fault::new(Stage::Release, Exit::Verification, "is not signed")
            .file(format!("releases/{edition}"))
            .remedy("publish it with a publisher's key: there is nothing to prove it by")
            .into(),
        _ => storage(&signature, e),
    })?;
    let file = file_proof(manifest, path)?;
    let part = part.map(|part| part_proof(&file, part)).transpose()?;
    Ok(Proof { format: FORMAT.into(), signature, file, part })
}

fn file_proof(manifest: &Manifest, path: &str) -> Result<FileProof> {
    let index = manifest.files.binary_search_by(|file| file.path.as_str().cmp(path)).map_err(|_| {
        Failure::from(
            Fault::new(Stage::Release, Exit::Usage, format!("edition {} has no file '{path}'", manifest.edition))
                .remedy("give a path as manifest.json lists it, such as site/index.html"),
        )
    })?;
    let FileFacts { path, sha256, parts, .. } = manifest.files[index].clone();
    let beside = merkle::path(&leaves(&manifest.files), index).iter().map(|hash| hex(hash)).collect();
    let (index, count) = (index as u64, manifest.files.len() as u64);
    Ok(FileProof { path, sha256, parts, index, count, beside })
}

fn part_proof(file: &FileProof, part: Part) -> Result<PartProof> {
    let Part { leaves, index, text } = part;
    let root = hex(&merkle::root(&leaves));
    if file.parts.as_ref().is_none_or(|parts| parts.root != root) {
        return Err(Fault::new(Stage::Release, Exit::Verification, "its parts are not those of the manifest")
            .file(&file.path)
            .remedy("an edition of an earlier version has no parts; build and publish it again")
            .into());
    }
    let (name, sha256) = leaves[index].split_once('\0').unwrap_or_default();
    let (name, sha256) = (name.to_owned(), sha256.to_owned());
    let beside = merkle::path(&leaves, index).iter().map(|hash| hex(hash)).collect();
    Ok(PartProof { name, sha256, index: index as u64, beside, text })
}

impl Proof {
    /// Reads the JSON; what is wrong with it otherwise.
    pub fn parse(json: &[u8]) -> Result<Self, String> {
        let proof: Proof = serde_json::from_slice(json).map_err(|e| format!("is no proof: {e}"))?;
        if proof.format == FORMAT { Ok(proof) } else { Err(format!("is of format '{}', not {FORMAT}", proof.format)) }
    }

    /// What the bytes must have as their digest.
    pub fn sha256(&self) -> &str {
        self.part.as_ref().map_or(&self.file.sha256, |part| &part.sha256)
    }

    /// Checks `bytes` (of the file, the plain tile, or the row) up to a signature by one of `keys`.
    ///
    /// # Errors
    /// In words, the first thing that does not hold.
    pub fn check(&self, bytes: &[u8], keys: &[PublisherKey]) -> Result<Proved, &'static str> {
        if sha256(bytes) != self.sha256() {
            return Err("is not what the proof is about: its SHA-256 is another");
        }
        if let Some(part) = &self.part {
            let parts = self.file.parts.as_ref().ok_or("proves a part of a file without parts")?;
            let leaf = parts::leaf(&part.name, &part.sha256);
            let root = climbed(&leaf, part.index, parts.count, &part.beside)?;
            if root != parts.root {
                return Err("does not belong to the file that the proof names");
            }
        }
        let file = &self.file;
        let suffix = file.parts.as_ref().map(Parts::in_leaf).unwrap_or_default();
        let root = climbed(&format!("{}\0{}{suffix}", file.path, file.sha256), file.index, file.count, &file.beside)?;
        let minisig = Minisig::parse(&self.signature).ok_or("has no signature in minisign's prehashed format")?;
        let by = |key: &&PublisherKey| minisig.comment_is_by(&key.key);
        let key = keys.iter().find(by).ok_or("is not signed by a key that is trusted here")?;
        let imprint = Imprint::parse(&minisig.comment).ok_or("is signed, but not as an edition")?;
        if !key.covers(Some(imprint.number)) {
            return Err("is signed by a key that had handed over to another before");
        }
        if imprint.root != root {
            return Err("does not belong to the edition that is signed");
        }
        let part = self.part.as_ref().map(|part| part.name.clone());
        let (path, sha256) = (file.path.clone(), self.sha256().to_owned());
        Ok(Proved { imprint, key_id: minisig.signer(), path, part, sha256 })
    }
}

fn climbed(leaf: &str, index: u64, count: u64, beside: &[String]) -> Result<String, &'static str> {
    let beside: Option<Vec<merkle::Hash>> = beside.iter().map(|hash| unhex(hash)).collect();
    let root = beside.and_then(|beside| merkle::root_from(leaf.as_bytes(), index, count, &beside));
    root.map(|root| hex(&root)).ok_or("has a path that no tree of this size has")
}

fn unhex(text: &str) -> Option<merkle::Hash> {
    let digits = text.as_bytes();
    if digits.len() != 64 || !digits.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    let mut hash = [0; 32];
    for (byte, pair) in hash.iter_mut().zip(digits.chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(hash)
}

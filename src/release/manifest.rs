//! `manifest.json`: every file of an edition, and the facts it was made from.

use std::fs;
use std::path::Path;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::parts::Parts;
use super::{merkle, storage};
use crate::config::dataset::DatasetKind;
use crate::digest::hex;
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::model::decision::Decision;

/// 2: tiles and rows have trees of their own. Editions of format 1 are still opened.
pub const FORMAT: u32 = 2;

/// What the caller knows of an edition; the rest follows from the files.
#[derive(Clone, Debug)]
pub struct EditionFacts {
    /// The latest decision's date: an edition's name must not depend on the day it was built.
    pub date: Date,
    pub tool_version: String,
    pub datasets: Vec<DatasetFacts>,
}

/// One approved dataset in an edition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatasetFacts {
    pub id: String,
    pub kind: DatasetKind,
    /// Digest of the snapshot's `record.json`.
    pub record_sha256: String,
    pub decision: Decision,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub format: u32,
    pub edition: String,
    pub date: Date,
    pub tool_version: String,
    /// Merkle root (RFC 6962) over `files`, hexadecimal; one leaf is path, NUL, sha256 in hexadecimal, and for a
    /// file with parts NUL, kind, NUL, count, NUL, root of their tree.
    pub root: String,
    /// Sorted by id.
    pub datasets: Vec<DatasetFacts>,
    /// Sorted by path; `manifest.json` itself and the prepared encodings are not entries of their own.
    pub files: Vec<FileFacts>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileFacts {
    /// Relative to the edition, parted by `/`, every part of `[A-Za-z0-9._-]`.
    pub path: String,
    pub bytes: u64,
    pub sha256: String,
    #[serde(default, skip_serializing_if = "Encodings::is_empty")]
    pub encodings: Encodings,
    /// What of it can be proved by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts: Option<Parts>,
}

impl FileFacts {
    /// Its leaf in the edition's tree.
    pub(super) fn leaf(&self) -> String {
        let parts = self.parts.as_ref().map(Parts::in_leaf).unwrap_or_default();
        format!("{}\0{}{parts}", self.path, self.sha256)
    }
}

/// Prepared siblings of a file: `<path>.br` and `<path>.gz`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Encodings {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub br: Option<EncodedFacts>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gzip: Option<EncodedFacts>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EncodedFacts {
    pub bytes: u64,
    pub sha256: String,
}

impl Encodings {
    pub fn is_empty(&self) -> bool {
        self.br.is_none() && self.gzip.is_none()
    }

    /// The siblings that exist: suffix of the file name, and what it holds.
    pub fn siblings(&self) -> impl Iterator<Item = (&'static str, &EncodedFacts)> {
        [(".br", &self.br), (".gz", &self.gzip)]
            .into_iter()
            .filter_map(|(suffix, facts)| Some((suffix, facts.as_ref()?)))
    }
}

impl Manifest {
    /// Orders files and datasets, and derives root and edition name.
    pub fn new(facts: EditionFacts, mut files: Vec<FileFacts>) -> Self {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let root = hex(&root_of(&files));
        let mut datasets = facts.datasets;
        datasets.sort_by(|a, b| a.id.cmp(&b.id));
        let edition = format!("{}-{}", facts.date, &root[..8]);
        Manifest { format: FORMAT, edition, date: facts.date, tool_version: facts.tool_version, root, datasets, files }
    }

    /// Canonical text: keys sorted, no spaces, one LF at the end.
    pub fn to_json(&self) -> Result<Vec<u8>> {
        let unexpected = |e: serde_json::Error| Fault::new(Stage::Release, Exit::Unexpected, e.to_string());
        let mut value = serde_json::to_value(self).map_err(unexpected)?;
        value.sort_all_objects();
        let mut text = serde_json::to_vec(&value).map_err(unexpected)?;
        text.push(b'\n');
        Ok(text)
    }
}

/// Reads the manifest in `dir` and checks that it is of edition `name` and agrees with itself.
pub(super) fn load(dir: &Path, name: &str) -> Result<(Manifest, Vec<u8>)> {
    let path = dir.join("manifest.json");
    let text = fs::read(&path).map_err(|e| storage(&path, e))?;
    let manifest: Manifest = serde_json::from_slice(&text).map_err(|e| refused(name, e.to_string()))?;
    check(&manifest, name)?;
    Ok((manifest, text))
}

/// The same for a copy in a folder of any name.
pub(super) fn load_any(dir: &Path) -> Result<(Manifest, Vec<u8>)> {
    let path = dir.join("manifest.json");
    let text = fs::read(&path).map_err(|e| storage(&path, e))?;
    let manifest: Manifest = serde_json::from_slice(&text).map_err(|e| refused("?", e.to_string()))?;
    check_edition_name(&manifest.edition)?;
    check(&manifest, &manifest.edition)?;
    Ok((manifest, text))
}

fn check(manifest: &Manifest, name: &str) -> Result<()> {
    let root = hex(&root_of(&manifest.files));
    if !(1..=FORMAT).contains(&manifest.format) {
        return Err(refused(name, format!("format {} is not {FORMAT}", manifest.format)));
    }
    if manifest.edition != name || format!("{}-{}", manifest.date, &root[..8]) != name {
        return Err(refused(name, "names another edition than the folder it lies in".into()));
    }
    if manifest.root != root || !manifest.files.is_sorted_by(|a, b| a.path < b.path) {
        return Err(refused(name, "its root does not follow from its list of files".into()));
    }
    manifest.files.iter().try_for_each(|file| check_path(&file.path))
}

/// Editions are named `YYYY-MM-DD-<8 hex>` and nothing else, so that a name can never lead out of the folder.
pub(super) fn check_edition_name(name: &str) -> Result<()> {
    let (date, root) = name.rsplit_once('-').unwrap_or_default();
    let dated = date.len() == 10 && date.parse::<Date>().is_ok();
    let rooted = root.len() == 8 && root.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if dated && rooted {
        return Ok(());
    }
    Err(Fault::new(Stage::Release, Exit::Usage, format!("{name:?} is not the name of an edition"))
        .remedy("use a name that `congbo publish --list` shows, such as 2026-01-05-0a1b2c3d")
        .into())
}

/// Names come from data; only plain ones may become paths (no dot files, no `..`, nothing to decode).
pub fn check_path(path: &str) -> Result<()> {
    let plain = |part: &str| {
        (1..=128).contains(&part.len())
            && !part.starts_with('.')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    };
    if path.len() <= 512 && path.split('/').all(plain) {
        return Ok(());
    }
    Err(Fault::new(Stage::Release, Exit::Verification, format!("{path:?} cannot be the name of a file in an edition"))
        .remedy("name files with letters a-z, digits, '.', '_' and '-' only, not beginning with a dot")
        .into())
}

fn refused(name: &str, problem: String) -> Failure {
    Fault::new(Stage::Release, Exit::Verification, format!("the manifest cannot be used: {problem}"))
        .file(format!("releases/{name}/manifest.json"))
        .remedy("publish another edition, or remove this one and build it again")
        .into()
}

fn root_of(files: &[FileFacts]) -> merkle::Hash {
    merkle::root(&leaves(files))
}

/// The leaves of an edition's tree, in the order of the files.
pub(super) fn leaves(files: &[FileFacts]) -> Vec<String> {
    files.iter().map(FileFacts::leaf).collect()
}

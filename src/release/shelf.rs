//! `dist/packages/`: the packages that the public may fetch, and `index.json`, which lists them.
//!
//! Packages are made of published editions and so belong to none; what is not listed is not served.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{manifest, storage};
use crate::error::{Exit, Fault, Result, Stage};

pub const FORMAT: &str = "congbo-packages-1";
pub const INDEX: &str = "index.json";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageIndex {
    pub format: String,
    /// By area, the greatest number first.
    pub packages: Vec<PackageFacts>,
    /// What leads from one package to another, by area and number.
    pub updates: Vec<UpdateFacts>,
    /// Page in each language and feed.
    pub pages: Vec<ShelfFile>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageFacts {
    pub file: ShelfFile,
    /// `99001`, `99001+99002`, `99` or the sides of a box.
    pub area: String,
    pub name: String,
    pub edition: String,
    pub number: u64,
    /// Last day of the data, day of publication, last day of validity.
    pub data_date: Date,
    pub created: Date,
    pub expires: Date,
    /// How many files it holds, and their size when they are unpacked.
    pub files: u64,
    pub unpacked_bytes: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateFacts {
    pub file: ShelfFile,
    pub area: String,
    pub from: u64,
    pub to: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShelfFile {
    /// Name in the folder.
    pub name: String,
    pub bytes: u64,
    pub sha256: String,
}

pub fn folder(dist: &Path) -> PathBuf {
    dist.join("packages")
}

/// None where no package was ever put out.
///
/// # Errors
/// Exit 6 for an index that cannot be understood; 7 when it cannot be read.
pub fn load(dist: &Path) -> Result<Option<PackageIndex>> {
    let path = folder(dist).join(INDEX);
    let text = match fs::read(&path) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        other => other.map_err(|e| storage(&path, e))?,
    };
    let index: Option<PackageIndex> = serde_json::from_slice(&text).ok();
    let sound = index.filter(|index| index.format == FORMAT && index.files().all(|file| is_plain(&file.name)));
    sound.map(Some).ok_or_else(|| {
        Fault::new(Stage::Release, Exit::Verification, "the index of packages cannot be understood")
            .file(format!("packages/{INDEX}"))
            .remedy("make it again: congbo package index")
            .into()
    })
}

/// Whether a file may have this name here: nothing to decode, no folder.
pub fn is_plain(name: &str) -> bool {
    !name.contains('/') && manifest::check_path(name).is_ok()
}

impl PackageIndex {
    pub fn files(&self) -> impl Iterator<Item = &ShelfFile> {
        let packages = self.packages.iter().map(|package| &package.file);
        packages.chain(self.updates.iter().map(|update| &update.file)).chain(&self.pages)
    }

    /// The greatest number of each area.
    pub fn newest(&self) -> impl Iterator<Item = &PackageFacts> {
        let first = |at: usize| at == 0 || self.packages[at - 1].area != self.packages[at].area;
        self.packages.iter().enumerate().filter(move |(at, _)| first(*at)).map(|(_, package)| package)
    }
}

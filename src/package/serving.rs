//! A package that was found right → a folder that the server takes for an edition.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::from_disk::PAGES;
use super::install::unpack_into;
use super::opened::Opened;
use crate::error::{Fault, Result, Stage};
use crate::release::{EditionFacts, Encodings, FileFacts, Manifest};

/// Writes below `dist`: the pages of the package are the site.
///
/// # Errors
/// Exit 7 when it cannot be written.
pub fn as_edition(opened: &Opened, dist: &Path) -> Result<()> {
    let pages = format!("{PAGES}/");
    let files = opened.listing.files.iter().filter_map(|file| {
        let path = format!("site/{}", file.path.strip_prefix(&pages)?);
        let (bytes, sha256) = (file.bytes, file.sha256.clone());
        Some(FileFacts { path, bytes, sha256, encodings: Encodings::default(), parts: None })
    });
    let tool_version = env!("CARGO_PKG_VERSION").to_owned();
    let facts = EditionFacts { date: opened.listing.head.data_date, tool_version, datasets: vec![] };
    let manifest = Manifest::new(facts, files.collect());
    let dir = dist.join("releases").join(&manifest.edition);
    let storage = |e: std::io::Error| Fault::storage(Stage::Package, &dir, e);
    unpack_into(opened, &dir)?;
    fs::rename(dir.join(PAGES), dir.join("site")).map_err(storage)?;
    fs::write(dir.join("manifest.json"), manifest.to_json()?).map_err(storage)?;
    symlink(Path::new("releases").join(&manifest.edition), dist.join("current")).map_err(|e| storage(e).into())
}

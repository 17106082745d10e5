//! Editions as the plan stage asks for them: which snapshots they rest on.

use std::path::Path;

use crate::error::Result;
use crate::plan::Datasets;
use crate::release::{self, Manifest};

/// The manifest of what is published; `None` before the first publication.
pub fn manifest(dist: &Path) -> Result<Option<Manifest>> {
    if dist.join("current").symlink_metadata().is_err() {
        return Ok(None);
    }
    release::manifest_of(dist, &release::current(dist)?).map(Some)
}

/// What is published, by dataset; nothing before the first publication.
pub fn datasets(dist: &Path) -> Result<Datasets> {
    Ok(manifest(dist)?.as_ref().map(datasets_of).unwrap_or_default())
}

pub fn datasets_of(manifest: &Manifest) -> Datasets {
    manifest.datasets.iter().map(|dataset| (dataset.id.clone(), dataset.record_sha256.clone())).collect()
}

//! Was this edition signed by the office? Asked only where the configuration lists keys.

use std::path::Path;

use crate::error::Result;
use crate::release::{PublisherKey, Signed, imprint};

/// `manifest.json.minisig` must be a signature of `manifest.json` by one of `keys`, in its time; `None` where none
/// are listed.
pub fn check(dist: &Path, edition: &str, keys: &[PublisherKey]) -> Result<Option<Signed>> {
    if keys.is_empty() {
        return Ok(None);
    }
    imprint::check_edition(&dist.join("releases").join(edition), keys).map(Some)
}

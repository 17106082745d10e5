//! Was this edition signed by the office? Asked only where the configuration lists keys.

use std::path::Path;

use minisign_verify::{PublicKey, Signature};

use crate::error::{Exit, Fault, Result, Stage};

/// `manifest.json.minisig` must be a signature of `manifest.json` by one of `keys` (minisign's base64 text).
pub fn check(dist: &Path, edition: &str, keys: &[String]) -> Result<()> {
    if keys.is_empty() {
        return Ok(());
    }
    let manifest = dist.join("releases").join(edition).join("manifest.json");
    let signature = manifest.with_extension("json.minisig");
    let storage = |e| Fault::storage(Stage::Serve, format!("releases/{edition}/manifest.json"), e);
    let bytes = std::fs::read(&manifest).map_err(storage)?;
    let signed = std::fs::read_to_string(&signature).ok().and_then(|text| Signature::decode(&text).ok());
    let by = |key: &String| Some(PublicKey::from_base64(key).ok()?.verify(&bytes, signed.as_ref()?, false).is_ok());
    match keys.iter().any(|key| by(key).unwrap_or(false)) {
        true => Ok(()),
        false => Err(Fault::new(Stage::Serve, Exit::Verification, "is not signed by a key under [serve] keys")
            .file(format!("releases/{edition}/manifest.json.minisig"))
            .remedy(format!("minisign -S -s KEY -m dist/releases/{edition}/manifest.json, or publish another edition"))
            .into()),
    }
}

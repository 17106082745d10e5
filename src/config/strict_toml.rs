//! Reads TOML whose every key must be known.
use crate::error::{Exit, Fault, Result, Stage};
use serde::de::DeserializeOwned;
use std::path::Path;

pub const SITE_KEYS: &[&str] = &[];
pub const DATASET_KEYS: &[&str] = &[];
pub const TILE_SET_KEYS: &[&str] = &[];

pub fn load<T: DeserializeOwned>(site: &Path, file: &Path, _keys: &[&str]) -> Result<T> {
    let text = std::fs::read_to_string(site.join(file)).map_err(|e| Fault::storage(Stage::Config, file, e))?;
    toml::from_str(&text).map_err(|e| Fault::new(Stage::Config, Exit::Usage, e.to_string()).file(file).into())
}

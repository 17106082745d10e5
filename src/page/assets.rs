//! The built files of the theme: `assets/assets.json` names them, digests in their names.

use std::collections::BTreeMap;
use std::path::Path;

use super::OutputFile;
use super::site::Site;
use crate::error::{Exit, Fault, Result, Stage};

/// The province's own colours and type, after the theme's style sheet.
pub const PROPERTIES: &str = "/styles/rieng.css";

/// Logical name (`site.css`) → file name (`site-1A2B3C4D.css`).
pub fn names(theme: &Path) -> Result<BTreeMap<String, String>> {
    let text = std::fs::read(theme.join("assets/assets.json")).map_err(|_| not_built())?;
    serde_json::from_slice(&text).map_err(|_| not_built().into())
}

/// Every named file, as `/assets/<file name>`.
pub fn all(site: &Site) -> Result<Vec<OutputFile>> {
    let file = |name: &String| Ok(OutputFile { path: format!("/assets/{name}"), bytes: read(site, name)? });
    let own = site.inputs.site.site.properties.as_ref();
    let own = own.map(|_| Ok(OutputFile { path: PROPERTIES.into(), bytes: site.properties.css().into_bytes() }));
    site.assets.values().map(file).chain(own).collect()
}

/// One built file by its file name.
pub fn read(site: &Site, name: &str) -> Result<Vec<u8>> {
    std::fs::read(site.theme_folder().join("assets").join(name)).map_err(|_| not_built().into())
}

fn not_built() -> Fault {
    Fault::new(Stage::Page, Exit::Usage, "the theme's scripts and styles are not built")
        .file("themes/default/assets/assets.json")
        .remedy("run: cd themes/default && npm ci && node build.mjs")
}

//! `congbo.toml`: the province, the site, and who may approve what.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Localised, strict_toml};
use crate::config::dataset::DatasetKind;
use crate::error::Result;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteConfig {
    pub province: Province,
    pub site: Site,
    /// Public keys that may approve each kind of data: minisign's base64 text (`RWQ…`), or the path of a
    /// `.pub` file relative to the site folder.
    pub approvers: BTreeMap<DatasetKind, Vec<String>>,
    /// Days after approval within which each kind must be public.
    #[serde(default)]
    pub deadlines: BTreeMap<DatasetKind, u16>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Province {
    pub code: String,
    pub name: Localised,
    /// The authority that publishes, as it signs.
    pub authority: Localised,
    pub address: Localised,
    #[serde(default)]
    pub email: Option<String>,
    #[serde(default)]
    pub phone: Option<String>,
    /// West, south, east, north of the province in degrees of WGS 84: data outside is refused.
    pub bounds_deg: [f64; 4],
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    pub title: Localised,
    /// Scheme, host and port under which the public reaches the site: the only source of absolute URLs.
    pub public_url: String,
    #[serde(default = "vietnamese")]
    pub languages: Vec<String>,
    #[serde(default = "default_theme")]
    pub theme: String,
    /// Marks every page MINH HỌA: the data is invented.
    #[serde(default)]
    pub illustrative: bool,
}

fn vietnamese() -> Vec<String> {
    vec!["vi".into()]
}

fn default_theme() -> String {
    "default".into()
}

impl SiteConfig {
    /// Reads `congbo.toml` in `site`.
    pub fn load(site: &Path) -> Result<Self> {
        strict_toml::load(site, Path::new("congbo.toml"), strict_toml::SITE_KEYS)
    }
}

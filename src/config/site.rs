//! `congbo.toml`: the province, the site, and who may approve what.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::account::AccountConfig;
use super::public_notice::{ErrorReports, Notice, SecurityContact};
use super::serve::ServeConfig;
use super::{Localised, strict_toml};
use crate::config::dataset::DatasetKind;
use crate::error::Result;
use crate::model::deadline::Deadline;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteConfig {
    pub province: Province,
    pub site: Site,
    /// Public keys that may approve each kind of data: minisign's base64 text (`RWQ…`), or the path of a
    /// `.pub` file relative to the site folder.
    pub approvers: BTreeMap<DatasetKind, Vec<String>>,
    /// By when each kind must be public.
    #[serde(default)]
    pub deadlines: Deadlines,
    /// Who may sign off the sample of changed cases; without this section nothing changed is published.
    #[serde(default)]
    pub sign_off: Option<SignOff>,
    /// Who signs what is published; without this section editions are published unsigned.
    #[serde(default)]
    pub publisher: Option<Publisher>,
    /// How long editions are kept; without it nothing is removed.
    #[serde(default)]
    pub retention: Option<Retention>,
    #[serde(default)]
    pub keys: Keys,
    #[serde(default)]
    pub second_person: SecondPerson,
    #[serde(default)]
    pub disclosure: Disclosure,
    #[serde(default)]
    pub secrecy: Secrecy,
    /// Banners on every page.
    #[serde(default)]
    pub notice: Vec<Notice>,
    #[serde(default)]
    pub error_reports: ErrorReports,
    /// Whom to tell of weaknesses; without it there is no `security.txt`.
    #[serde(default)]
    pub security: Option<SecurityContact>,
    #[serde(default)]
    pub serve: ServeConfig,
    /// Accounts, requests and extracts; without this section there are none.
    #[serde(default)]
    pub account: Option<AccountConfig>,
}

/// What the province lets through beyond the list, and how coarse its tables must be.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disclosure {
    /// Fields that are private unless the province says otherwise, by their standard names.
    #[serde(default)]
    pub allow: Vec<String>,
    /// A cell of a table that stands for fewer objects than this leads to a person and is refused.
    #[serde(default = "default_min_cell_count")]
    pub min_cell_count: u32,
}

impl Default for Disclosure {
    fn default() -> Self {
        Disclosure { allow: vec![], min_cell_count: default_min_cell_count() }
    }
}

fn default_min_cell_count() -> u32 {
    5
}

/// State secrets (Circular 17/2010, article 14.2): what is left out before anything is inspected or kept.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secrecy {
    /// Parcels and planning zones with one of these land uses are withheld.
    #[serde(default = "default_secret_codes")]
    pub land_use_codes: Vec<String>,
    /// File of polygons, relative to the site folder: whatever touches one is withheld whole.
    #[serde(default)]
    pub areas: Option<String>,
    /// Layer of that file, where it has several.
    #[serde(default)]
    pub areas_layer: Option<String>,
    #[serde(default)]
    pub areas_sha256: Option<String>,
    /// `EPSG:4326` (longitude, latitude) or a zone of VN-2000 (easting, northing).
    #[serde(default)]
    pub areas_crs: Option<String>,
}

impl Default for Secrecy {
    fn default() -> Self {
        let land_use_codes = default_secret_codes();
        Secrecy { land_use_codes, areas: None, areas_layer: None, areas_sha256: None, areas_crs: None }
    }
}

/// National defence and public security.
fn default_secret_codes() -> Vec<String> {
    vec!["CQP".into(), "CAN".into()]
}

#[derive(Clone, Debug, Default, Deserialize)]
pub struct Deadlines {
    /// File of the days off, relative to the site folder; weekends are always off.
    #[serde(default)]
    pub holidays: Option<String>,
    /// Open data is published anew at least this often (NĐ 47/2020 Đ17–21); `check` warns when it was not.
    #[serde(default = "three")]
    pub open_data_refresh_months: u8,
    #[serde(flatten)]
    pub kinds: BTreeMap<DatasetKind, Deadline>,
}

fn three() -> u8 {
    3
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignOff {
    /// Public keys, written as under `[approvers]`.
    pub keys: Vec<String>,
}

/// Who signs editions and packages, and for how long a copy of one may take itself for current.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publisher {
    /// Public keys, written as under `[approvers]`.
    pub keys: Vec<String>,
    #[serde(default = "half_a_year")]
    pub valid_days: u16,
}

/// What `congbo prune` leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    #[serde(default = "ten")]
    pub editions: usize,
    #[serde(default = "a_year")]
    pub days: u16,
}

fn ten() -> usize {
    10
}

fn a_year() -> u16 {
    365
}

/// Two of the periods in which open data is refreshed at the latest (NĐ 47/2020 Đ17–21).
fn half_a_year() -> u16 {
    180
}

/// What became of approvers' keys.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// Folder of the statements by which a key handed its rights to another, relative to the site folder.
    #[serde(default = "rotations_folder")]
    pub rotations: String,
    /// Keys that sign nothing any more, as under `[approvers]`.
    #[serde(default)]
    pub revoked: Vec<String>,
}

impl Default for Keys {
    fn default() -> Self {
        Keys { rotations: rotations_folder(), revoked: vec![] }
    }
}

/// Kinds of data that count only when a second approver signed the same record.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecondPerson {
    #[serde(default)]
    pub kinds: Vec<DatasetKind>,
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
    /// File of custom properties that give the theme the province's own colours and type, relative to the site folder.
    #[serde(default)]
    pub properties: Option<String>,
    /// Marks every page MINH HỌA: the data is invented.
    #[serde(default)]
    pub illustrative: bool,
}

fn vietnamese() -> Vec<String> {
    vec!["vi".into()]
}

fn rotations_folder() -> String {
    "keys/rotations".into()
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

//! `tiles/<id>.toml`: what one tile set holds.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::dataset::DatasetKind;
use super::{Localised, strict_toml};
use crate::error::{Failure, Fault, Result, Stage};
use crate::model::base_feature::Theme;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TileSetConfig {
    /// Also the name in URLs: `/tiles/<id>/{z}/{x}/{y}.mvt`.
    pub id: String,
    pub title: Localised,
    pub layer: Vec<TileLayerConfig>,
    /// Greatest size of one compressed tile; over it the build fails.
    #[serde(default = "default_budget")]
    pub budget_bytes: u32,
}

fn default_budget() -> u32 {
    512 * 1024
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TileLayerConfig {
    pub name: String,
    pub from: DatasetKind,
    /// Theme of a base layer, where `from = "nen"`.
    #[serde(default)]
    pub theme: Option<Theme>,
    pub draw: Draw,
    pub minzoom: u8,
    pub maxzoom: u8,
    /// Standard field names carried by the tiles: a subset of what `disclose` let through.
    #[serde(default)]
    pub fields: Vec<String>,
}

/// What becomes of a feature in a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Draw {
    /// The geometry itself.
    Shape,
    /// One point inside each feature.
    LabelPoint,
    /// Parcels of one land use dissolved into one area.
    Fabric,
}

impl TileSetConfig {
    /// Reads every `tiles/*.toml` of a site, in the order of their names.
    pub fn load_all(site: &Path) -> Result<Vec<Self>> {
        let folder = site.join("tiles");
        let listed = std::fs::read_dir(&folder).map_err(|e| Fault::storage(Stage::Config, "tiles", e))?;
        let mut files: Vec<_> = listed
            .filter_map(|entry| entry.ok().map(|entry| entry.file_name()))
            .filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "toml"))
            .collect();
        files.sort();
        let mut sets = vec![];
        let mut faults = vec![];
        for file in files {
            match strict_toml::load(site, &Path::new("tiles").join(file), strict_toml::TILE_SET_KEYS) {
                Ok(set) => sets.push(set),
                Err(Failure { faults: found }) => faults.extend(found),
            }
        }
        Failure::unless_empty(faults).map(|()| sets)
    }
}

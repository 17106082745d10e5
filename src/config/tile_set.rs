//! `tiles/<id>.toml`: what one tile set holds.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::dataset::DatasetKind;
use super::{Localised, strict_toml};
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::model::base_feature::Theme;
use crate::model::tile_coord::MAX_DRAWN_ZOOM;

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
    /// One point for each map sheet of parcels; it carries `maXa` and `soHieuToBanDo`, which all its parcels share.
    SheetLabel,
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
            let file = Path::new("tiles").join(file);
            match strict_toml::load::<Self>(site, &file, strict_toml::TILE_SET_KEYS) {
                Ok(set) => {
                    faults.extend(set.faults(&file, &sets));
                    sets.push(set);
                }
                Err(Failure { faults: found }) => faults.extend(found),
            }
        }
        Failure::unless_empty(faults).map(|()| sets)
    }

    /// What no tile set may be: named like another or with letters that no address has, without zooms, or
    /// deeper than the coordinates are.
    fn faults(&self, file: &Path, others: &[Self]) -> Vec<Fault> {
        let fault =
            |problem: String, remedy: &str| Fault::new(Stage::Config, Exit::Usage, problem).file(file).remedy(remedy);
        let mut faults = vec![];
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if self.id.is_empty() || !self.id.bytes().all(plain) {
            faults.push(fault(
                format!("'{}' cannot be the id of a tile set", self.id),
                "write it with a-z, 0-9 and dashes",
            ));
        }
        if others.iter().any(|other| other.id == self.id) {
            faults.push(fault(format!("there are two tile sets '{}'", self.id), "give each its own id"));
        }
        for (i, layer) in self.layer.iter().enumerate() {
            let name = &layer.name;
            if layer.minzoom > layer.maxzoom || layer.maxzoom > MAX_DRAWN_ZOOM {
                let zooms = format!("layer '{name}' is drawn from z{} to z{}", layer.minzoom, layer.maxzoom);
                faults.push(fault(zooms, "zooms go from 0 to 20, minzoom first; clients enlarge the deepest tiles"));
            }
            let of_a_sheet = |field: &String| ["maXa", "soHieuToBanDo"].contains(&field.as_str());
            let of_sheets = layer.from == DatasetKind::DiaChinh && layer.fields.iter().all(of_a_sheet);
            if layer.draw == Draw::SheetLabel && !of_sheets {
                let problem = format!("layer '{name}' draws map sheets with what a sheet does not have");
                faults.push(fault(problem, "from = \"dia_chinh\", with maXa and soHieuToBanDo as its only fields"));
            }
            if self.layer[..i].iter().any(|other| other.name == *name) {
                faults.push(fault(format!("there are two layers '{name}'"), "give each layer of a set its own name"));
            }
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_that_cannot_be_drawn_is_refused_with_all_that_is_wrong() {
        let site = tempfile::tempdir().unwrap();
        std::fs::create_dir(site.path().join("tiles")).unwrap();
        let layer = |zooms: &str| format!("[[layer]]\nname = 'a'\nfrom = 'nen'\ndraw = 'shape'\n{zooms}\n");
        let set = format!(
            "id = '../x'\ntitle = {{ vi = 'x' }}\n{}{}{}",
            layer("minzoom = 9\nmaxzoom = 3"),
            layer("minzoom = 3\nmaxzoom = 21"),
            layer("minzoom = 3\nmaxzoom = 4").replace("shape", "sheet_label")
        );
        std::fs::write(site.path().join("tiles/x.toml"), set).unwrap();
        let failure = TileSetConfig::load_all(site.path()).unwrap_err();
        let said = failure.to_string();
        assert_eq!(failure.exit(), Exit::Usage);
        let wrong =
            ["'../x' cannot be the id", "from z9 to z3", "from z3 to z21", "two layers 'a'", "draws map sheets"];
        for part in wrong {
            assert!(said.contains(part), "{part} is not in: {said}");
        }
    }
}

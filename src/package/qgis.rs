//! `qgis/` in a package: a project for QGIS and QField that opens from a disk, in VN-2000, with the layers that the site
//! offers for QGIS: open files as they were published, tiles as MBTiles.

use std::path::Path;

use super::area::Area;
use super::pack::escaped;
use crate::model::crs::Vn2000Zone;
use crate::model::tier::Layer as Open;
use crate::project::qgis_srs::qgis_srs;
use crate::project::vn2000::{self, Transformer, WGS84};
use crate::release::{self, Manifest};
use crate::tile::identity::BoundsE7;

pub const FOLDER: &str = "qgis";
pub const PROJECT: &str = "qgis/ban-do.qgs";

/// Where the site's definitions of layers lie.
const DEFINITIONS: &str = "site/du-lieu/qgis/";

/// A layer that the site offers for QGIS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    pub name: String,
    /// The definition, in the edition.
    pub definition: String,
    pub source: Source,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// An open file, by its path in the edition.
    Open(String),
    /// A tile set, by its name.
    Tiles,
}

/// What of the edition's layers is of the area, in the order in which they are drawn, the uppermost first.
pub fn layers(manifest: &Manifest, area: &Area) -> Vec<Layer> {
    let definitions = manifest.files.iter().filter_map(|file| file.path.strip_prefix(DEFINITIONS));
    let names = definitions.filter_map(|file| file.strip_suffix(".qlr"));
    let chosen = area.own(manifest, names.collect());
    let layer = |name: &str| Layer {
        name: name.to_owned(),
        definition: format!("{DEFINITIONS}{name}.qlr"),
        source: open_file(manifest, name).map_or(Source::Tiles, Source::Open),
    };
    let mut layers: Vec<Layer> = chosen.into_iter().map(layer).collect();
    layers.sort_by_key(|layer| (layer.rank(), layer.name.clone()));
    layers
}

fn open_file(manifest: &Manifest, name: &str) -> Option<String> {
    let file = format!("/{name}.fgb");
    let paths = manifest.files.iter().map(|file| &file.path);
    paths.into_iter().find(|path| path.starts_with("open/") && path.ends_with(&file)).cloned()
}

impl Layer {
    /// Where its data lies in the package.
    pub fn path(&self) -> String {
        let ending = if self.source == Source::Tiles { "mbtiles" } else { "fgb" };
        format!("{FOLDER}/{}.{ending}", self.name)
    }

    /// Boundaries lie above plans, these above the base map, parcels below all.
    fn rank(&self) -> u8 {
        match &self.source {
            Source::Open(path) if path.starts_with(Open::Boundaries.folder()) => 0,
            Source::Open(_) => 1,
            Source::Tiles if self.name != "thua-dat" => 2,
            Source::Tiles => 3,
        }
    }

    /// Plans cover the parcels, and former boundaries are a matter of the past: who wants them ticks them.
    fn is_shown(&self) -> bool {
        match self.rank() {
            0 => !self.name.ends_with("-cu"),
            rank => rank > 1,
        }
    }

    fn provider(&self) -> &'static str {
        if self.source == Source::Tiles { "vectortile" } else { "ogr" }
    }

    /// The layer as the site defines it, its data beside the project.
    fn element(&self, definition: &str) -> Option<String> {
        let (_, from) = definition.split_once("<maplayer ")?;
        let (layer, _) = from.split_once("</maplayer>")?;
        let (before, rest) = layer.split_once("<datasource>")?;
        let (_, after) = rest.split_once("</datasource>")?;
        let file = self.path().replacen(FOLDER, ".", 1);
        let source = if self.source == Source::Tiles { format!("type=mbtiles&amp;url={file}") } else { file };
        Some(format!("<maplayer {before}<datasource>{source}</datasource>{after}</maplayer>\n"))
    }
}

/// The coordinates in which a project shows and measures.
pub enum Grid {
    Vn2000(Vn2000Zone),
    /// Where no parcels say their zone.
    Wgs84,
}

impl Grid {
    /// That of the first parcels of the area.
    pub fn of(edition: &Path, manifest: &Manifest, area: &Area) -> Grid {
        let parcels = format!("{}/", Open::Parcels.folder());
        let names = manifest.files.iter().filter_map(|file| file.path.strip_prefix(&parcels)?.strip_suffix(".fgb"));
        let datasets = area.own(manifest, names.collect()).into_iter().filter_map(|name| name.split_once('-'));
        let zone = datasets.into_iter().find_map(|(_, dataset)| release::zone(edition, dataset));
        zone.map_or(Grid::Wgs84, Grid::Vn2000)
    }

    fn srs(&self) -> String {
        match self {
            Grid::Vn2000(zone) => qgis_srs(zone.epsg, &vn2000::definition(*zone)),
            Grid::Wgs84 => qgis_srs(4326, WGS84),
        }
    }

    fn unit(&self) -> &'static str {
        if matches!(self, Grid::Wgs84) { "degrees" } else { "meters" }
    }

    /// West, south, east, north in units of the grid.
    fn extent(&self, bounds_e7: BoundsE7) -> [String; 4] {
        let [west, south, east, north] = bounds_e7.map(|e7| f64::from(e7) / 1e7);
        let Grid::Vn2000(zone) = self else { return [west, south, east, north].map(|side| format!("{side:.5}")) };
        let transformer = Transformer::new(*zone);
        let place = |degrees: [f64; 2]| transformer.grid_from_degrees(degrees).unwrap_or(degrees);
        let ([left, bottom], [right, top]) = (place([west, south]), place([east, north]));
        [left, bottom, right, top].map(|side| format!("{side:.0}"))
    }
}

/// The project, with the definitions of its layers as the site has them.
pub fn project(title: &str, grid: &Grid, bounds_e7: BoundsE7, layers: &[(&Layer, String)]) -> String {
    let elements: String = layers.iter().filter_map(|(layer, definition)| layer.element(definition)).collect();
    let tree: String = layers.iter().map(|(layer, definition)| branch(layer, definition)).collect();
    let (title, srs) = (escaped(title), grid.srs());
    let [xmin, ymin, xmax, ymax] = grid.extent(bounds_e7);
    let unit = grid.unit();
    let sides = format!("xmin=\"{xmin}\" ymin=\"{ymin}\" xmax=\"{xmax}\" ymax=\"{ymax}\"");
    format!(
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n\
         <qgis projectname=\"{title}\" version=\"3.22.0\">\n<title>{title}</title>\n<projectCrs>{srs}</projectCrs>\n\
         <layer-tree-group>\n{tree}</layer-tree-group>\n\
         <mapcanvas name=\"theMapCanvas\">\n<units>{unit}</units>\n\
         <extent><xmin>{xmin}</xmin><ymin>{ymin}</ymin><xmax>{xmax}</xmax><ymax>{ymax}</ymax></extent>\n\
         <destinationsrs>{srs}</destinationsrs>\n</mapcanvas>\n<projectlayers>\n{elements}</projectlayers>\n\
         <properties><Paths><Absolute type=\"bool\">false</Absolute></Paths>\
         <SpatialRefSys><ProjectionsEnabled type=\"int\">1</ProjectionsEnabled></SpatialRefSys></properties>\n\
         <ProjectViewSettings UseProjectScales=\"0\"><Scales/><DefaultViewExtent {sides}>{srs}</DefaultViewExtent>\
         </ProjectViewSettings>\n</qgis>\n"
    )
}

fn branch(layer: &Layer, definition: &str) -> String {
    let named = |tag: &str| {
        let (_, from) = definition.split_once(&format!("<{tag}>"))?;
        from.split_once(&format!("</{tag}>")).map(|(text, _)| text.to_owned())
    };
    let (id, name) = (named("id").unwrap_or_default(), named("layername").unwrap_or_default());
    let (provider, checked) = (layer.provider(), if layer.is_shown() { "Checked" } else { "Unchecked" });
    format!(
        "<layer-tree-layer id=\"{id}\" name=\"{name}\" providerKey=\"{provider}\" source=\"\" expanded=\"0\" checked=\"Qt::{checked}\"/>\n"
    )
}

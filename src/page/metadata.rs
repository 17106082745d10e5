//! Metadata in the five groups of Circular 17/2010, article 6.3: assembled from the signed record, what the
//! approver said under `[metadata]`, and what this edition hands out.

use std::collections::BTreeMap;

use crate::config::Localised;
use crate::config::dataset::DatasetKind;
use crate::digest::sha256;
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::model::metadata::{Metadata, Organisation};
use crate::model::shapes::{Shapes, WorldCoord};
use crate::snapshot::{Content, Layer, Snapshot};

use super::catalogue::{Commune, PriceTable};
use super::site::Site;
use super::{lonlat, price_files};

/// The metadata of one dataset.
pub struct DatasetRecord<'a> {
    pub snapshot: &'a Snapshot,
    /// Its communes by code.
    pub communes: BTreeMap<&'a str, CommuneExtent<'a>>,
    pub distributions: Vec<Distribution<'a>>,
    /// West, south, east, north in degrees of WGS 84; of the communes where the data itself has no place.
    pub bounds_deg: Option<[f64; 4]>,
}

/// What a dataset holds of one commune.
pub struct CommuneExtent<'a> {
    pub name: &'a str,
    pub rows: u64,
    pub bounds_deg: Option<[f64; 4]>,
}

/// One file that anybody may fetch.
pub struct Distribution<'a> {
    pub title: Localised,
    /// Path of its address.
    pub path: String,
    pub format: Format,
    pub bytes: u64,
    pub sha256: String,
    /// The commune it holds, when it holds one only.
    pub commune: Option<&'a str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    FlatGeobuf,
    PmTiles,
    Csv,
    Json,
    Xlsx,
}

impl Format {
    /// By the ending of a price file's name.
    fn of(path: &str) -> Self {
        match path.rsplit('.').next() {
            Some("csv") => Format::Csv,
            Some("xlsx") => Format::Xlsx,
            _ => Format::Json,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Format::FlatGeobuf => "FlatGeobuf",
            Format::PmTiles => "PMTiles",
            Format::Csv => "CSV",
            Format::Json => "JSON",
            Format::Xlsx => "XLSX",
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Format::FlatGeobuf => "application/flatgeobuf",
            Format::PmTiles => "application/vnd.pmtiles",
            Format::Csv => "text/csv",
            Format::Json => "application/json",
            Format::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    /// The document that defines the format.
    pub fn specification(self) -> &'static str {
        match self {
            Format::FlatGeobuf => "https://flatgeobuf.org/",
            Format::PmTiles => "https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md",
            Format::Csv => "https://www.rfc-editor.org/rfc/rfc4180",
            Format::Json => "https://www.rfc-editor.org/rfc/rfc8259",
            Format::Xlsx => "https://www.iso.org/standard/71691.html",
        }
    }
}

impl DatasetRecord<'_> {
    pub fn id(&self) -> &str {
        &self.snapshot.id
    }

    pub fn path(&self) -> String {
        format!("/du-lieu/{}/", self.id())
    }

    pub fn metadata(&self) -> &Metadata {
        &self.snapshot.record.metadata
    }

    /// Who answers for the data. The gate writes it into every record.
    pub fn organisation(&self) -> Option<&Organisation> {
        self.metadata().organisation.as_ref()
    }
}

/// Records of every dataset, the current ones first, each in the order of the snapshots.
pub fn assemble<'a>(site: &Site<'a>) -> Vec<DatasetRecord<'a>> {
    let catalogue = site.catalogue;
    catalogue.snapshots.iter().chain(catalogue.superseded).map(|snapshot| record(site, snapshot)).collect()
}

/// The groups of article 6.3 in the circular's own letters, and the keys under `[metadata]` that each needs.
/// The groups about the metadata itself, the coordinate system and the distribution follow from the record
/// and from what an edition holds, so that they cannot be empty.
///
/// # Errors
/// Exit 5 for every key that is missing, of all datasets.
pub fn refuse_empty<'s>(snapshots: impl Iterator<Item = &'s Snapshot>) -> Result<()> {
    let mut faults = vec![];
    for snapshot in snapshots {
        let missing = missing(&snapshot.record.metadata).into_iter();
        faults.extend(missing.map(|(group, key, example)| {
            Fault::new(Stage::Page, Exit::Quality, format!("the metadata group {group} has no '{key}'"))
                .file(format!("content/data/{}/dataset.toml", snapshot.id))
                .feature("[metadata]")
                .remedy(format!("add {key} = {example} under [metadata] and approve the dataset again"))
        }));
    }
    Failure::unless_empty(faults)
}

fn missing(metadata: &Metadata) -> Vec<(&'static str, &'static str, &'static str)> {
    const DATA: &str = "(c) data";
    const QUALITY: &str = "(d) quality";
    let text = "{ vi = \"…\" }";
    let is_empty = |text: &Option<Localised>| text.as_ref().is_none_or(|text| text.vi.trim().is_empty());
    let keywords = metadata.keywords.iter().all(|word| word.trim().is_empty());
    [
        (keywords, DATA, "keywords", "[\"…\"]"),
        (is_empty(&metadata.model), DATA, "model", text),
        (metadata.scale.is_none() && is_empty(&metadata.detail), DATA, "detail", "{ vi = \"…\" }, or scale = 1000,"),
        (is_empty(&metadata.constraints), DATA, "constraints", text),
        (is_empty(&metadata.lineage), QUALITY, "lineage", text),
        (is_empty(&metadata.check_scope), QUALITY, "check_scope", text),
        (is_empty(&metadata.check_method), QUALITY, "check_method", text),
        (is_empty(&metadata.check_result), QUALITY, "check_result", text),
    ]
    .into_iter()
    .filter_map(|(is_missing, group, key, example)| is_missing.then_some((group, key, example)))
    .collect()
}

fn record<'a>(site: &Site<'a>, snapshot: &'a Snapshot) -> DatasetRecord<'a> {
    let communes: BTreeMap<&str, CommuneExtent> =
        snapshot.record.communes.iter().map(|code| (code.as_str(), commune_extent(site, snapshot, code))).collect();
    let of_communes = || communes.values().filter_map(|commune| commune.bounds_deg).reduce(lonlat::union);
    let bounds_deg = snapshot.record.bounds_deg.or_else(of_communes);
    DatasetRecord { snapshot, distributions: distributions(site, snapshot), bounds_deg, communes }
}

fn commune_extent<'a>(site: &Site<'a>, snapshot: &'a Snapshot, code: &'a str) -> CommuneExtent<'a> {
    let commune = site.catalogue.communes.get(code);
    let (rows, bounds) = match &snapshot.content {
        Content::Parcels(_) | Content::ParcelsOnDisk => site.catalogue.cadastre.extent(&snapshot.id, code),
        Content::Plans(layer) => of_layer(layer, |zone| zone.commune_code == code),
        Content::Boundaries(boundaries) => of_layer(&boundaries.units, |unit| unit.code == code),
        Content::Base(layers) => layers
            .iter()
            .map(|layer| of_layer(layer, |feature| feature.commune_code.as_deref() == Some(code)))
            .fold((0, None), |a, b| (a.0 + b.0, [a.1, b.1].into_iter().flatten().reduce(lonlat::union))),
        Content::Prices(rows) => (rows.iter().filter(|row| row.commune_code == code).count() as u64, None),
        Content::Coefficients(rows) => (rows.iter().filter(|row| row.commune_code == code).count() as u64, None),
        Content::Statistics(rows) => (rows.iter().filter(|row| row.commune_code == code).count() as u64, None),
    };
    let of_unit = || commune.and_then(Commune::bounds);
    CommuneExtent { name: commune.map_or(code, |commune| commune.name), rows, bounds_deg: bounds.or_else(of_unit) }
}

fn of_layer<T>(layer: &Layer<T>, is_in: impl Fn(&T) -> bool) -> (u64, Option<[f64; 4]>) {
    let members = || layer.rows.iter().enumerate().filter(|(_, row)| is_in(row)).map(|(i, _)| i);
    let bounds =
        |world: &Shapes<WorldCoord>| members().filter_map(|i| lonlat::feature_bounds(world, i)).reduce(lonlat::union);
    (members().count() as u64, bounds(&layer.world))
}

/// Everything of a dataset that may be fetched as a file, in the order of the addresses.
fn distributions<'a>(site: &Site<'a>, snapshot: &'a Snapshot) -> Vec<Distribution<'a>> {
    let title = &snapshot.record.title;
    let files = site.inputs.files.iter().filter(|file| file.dataset == snapshot.id).map(|file| Distribution {
        title: file_title(title, &file.path),
        path: file.path.clone(),
        format: Format::FlatGeobuf,
        bytes: file.bytes,
        sha256: file.sha256.clone(),
        commune: snapshot
            .record
            .communes
            .iter()
            .map(String::as_str)
            .find(|code| file_name(&file.path).starts_with(*code)),
    });
    let archives = site.inputs.tile_sets.iter().filter(|set| set.datasets.contains(&snapshot.id));
    let archives = archives.map(|set| Distribution {
        title: set.title.clone(),
        path: format!("/archives/{}", set.archive),
        format: Format::PmTiles,
        bytes: set.bytes,
        sha256: set.sha256.clone(),
        commune: None,
    });
    let mut all: Vec<Distribution> = files.chain(archives).collect();
    for commune in site.catalogue.with_past() {
        let tables = commune.price_tables().filter(|table| table.snapshot.id == snapshot.id);
        all.extend(tables.flat_map(|table| price_distributions(site, commune, table)));
    }
    all.sort_by(|a, b| a.path.cmp(&b.path));
    all
}

fn price_distributions<'a>(site: &Site<'a>, commune: &Commune<'a>, table: &PriceTable<'a>) -> Vec<Distribution<'a>> {
    let files = price_files::of(site, commune, table).into_iter();
    let distribution = |file: super::OutputFile| Distribution {
        title: joined(&table.snapshot.record.title, commune.name),
        format: Format::of(&file.path),
        bytes: file.bytes.len() as u64,
        sha256: sha256(&file.bytes),
        commune: Some(commune.code),
        path: file.path,
    };
    files.map(distribution).collect()
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The dataset's title and what the file holds of it, by its own name.
fn file_title(title: &Localised, path: &str) -> Localised {
    joined(title, file_name(path).trim_end_matches(".fgb"))
}

fn joined(title: &Localised, part: &str) -> Localised {
    let joined = |title: &String| format!("{title}: {part}");
    Localised { vi: joined(&title.vi), en: title.en.as_ref().map(joined) }
}

/// ISO 19115's topic of a kind of data.
pub fn topic(kind: DatasetKind) -> &'static str {
    match kind {
        DatasetKind::DiaChinh | DatasetKind::QuyHoach => "planningCadastre",
        DatasetKind::GiaDat | DatasetKind::HeSo | DatasetKind::ThongKe => "economy",
        DatasetKind::DiaGioi => "boundaries",
        DatasetKind::Nen => "imageryBaseMapsEarthCover",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_group_lacks_is_named_with_its_key() {
        let found = missing(&Metadata { scale: Some(1000), keywords: vec![" ".into()], ..Metadata::default() });
        let keys: Vec<_> = found.iter().map(|(group, key, _)| format!("{group} {key}")).collect();
        assert_eq!(
            keys,
            [
                "(c) data keywords",
                "(c) data model",
                "(c) data constraints",
                "(d) quality lineage",
                "(d) quality check_scope",
                "(d) quality check_method",
                "(d) quality check_result",
            ]
        );
    }
}

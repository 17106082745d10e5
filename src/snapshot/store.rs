//! Snapshots on disk.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::record::{FORMAT, Record};
use super::trust::Trust;
use super::{Boundaries, Content, Layer, Parcels, Snapshot, attachment, countersign};
use crate::config::dataset::DatasetKind;
use crate::config::site::SiteConfig;
use crate::digest::{sha256, sha256_file};
use crate::disclose::Public;
use crate::disclose::report::DisclosureReport;
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::inspect::commune::CommuneBorders;
use crate::inspect::extent::{self, Bounds};
use crate::model::price_table::PriceRow;
use crate::model::shapes::{GeometryKind, Shapes};
use crate::project::mercator::degrees_from_world;

const ROWS: &str = "rows";
const WORLD: &str = "world";
const GRID: &str = "grid";
const EVENTS: &str = "events";

/// The disclosure report beside the content.
pub const DISCLOSURE: &str = "disclosure.json";

/// `rows.0.postcard`: what a file holds, and of which source.
fn file_name(what: &str, i: usize) -> String {
    format!("{what}.{i}.postcard")
}

/// The three files of one layer: attributes, shapes on the world grid, shapes as approved.
pub fn layer_files(i: usize) -> [String; 3] {
    [ROWS, WORLD, GRID].map(|what| file_name(what, i))
}

/// The events between the units of a boundaries dataset.
pub fn events_file() -> String {
    file_name(EVENTS, 0)
}

/// The rows of a price table whose files lie in `folder`.
pub(super) fn price_rows(folder: &Path) -> Result<Vec<Public<PriceRow>>> {
    decode(folder, Path::new(&file_name(ROWS, 0)))
}

/// Opens every approved snapshot of a site in the order of their names, signatures and digests checked. Parcels of
/// datasets that others took the place of always stay on disk: nothing draws them.
pub fn open_all(site: &Path, config: &SiteConfig, parcels: Parcels) -> Result<Vec<Snapshot>> {
    let trust = Trust::load(site, config)?;
    let superseded: BTreeSet<String> = readable_records(site).into_iter().filter_map(|r| r.supersedes).collect();
    let mut snapshots = vec![];
    let mut faults = vec![];
    for dataset in approved_datasets(site)? {
        let parcels = if superseded.contains(&dataset) { Parcels::OnDisk } else { parcels };
        match open_trusted(site, &trust, &dataset, parcels) {
            Ok(snapshot) => snapshots.push(snapshot),
            Err(Failure { faults: found }) => faults.extend(found),
        }
    }
    Failure::unless_empty(faults).map(|()| snapshots)
}

fn approved_datasets(site: &Path) -> Result<Vec<String>> {
    let Ok(listed) = fs::read_dir(site.join("snapshots")) else {
        return Err(Fault::new(Stage::Snapshot, Exit::Input, "nothing has been approved yet")
            .file("snapshots")
            .remedy("approve each dataset first: congbo approve content/data/<dataset> --key <approver>.key")
            .into());
    };
    let mut names: Vec<String> = listed
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| site.join("snapshots").join(name).join("approved").exists())
        .collect();
    names.sort();
    Ok(names)
}

/// Opens the approved snapshot of one dataset.
pub fn open(site: &Path, config: &SiteConfig, dataset: &str) -> Result<Snapshot> {
    open_trusted(site, &Trust::load(site, config)?, dataset, Parcels::InMemory)
}

fn open_trusted(site: &Path, trust: &Trust, dataset: &str, parcels: Parcels) -> Result<Snapshot> {
    let held = held(site, dataset)?;
    trust.check(&held)?;
    opened(site, dataset, held, parcels)
}

fn opened(site: &Path, dataset: &str, held: Held, parcels: Parcels) -> Result<Snapshot> {
    check_files(site, &held.folder, &held.record)?;
    let content = match (held.record.kind, parcels) {
        (DatasetKind::DiaChinh, Parcels::OnDisk) => Content::ParcelsOnDisk,
        _ => content(site, &held.folder, &held.record)?,
    };
    let disclosure = disclosure(site, &held.folder, &held.record)?;
    Ok(Snapshot {
        id: dataset.to_owned(),
        folder: held.folder,
        disclosure,
        record: held.record,
        record_json: held.json,
        signature: held.signature,
        countersignature: held.countersignature,
        content,
    })
}

/// A record with its signatures as they stand on disk; nobody has said yet that they count.
pub struct Held {
    /// Relative to the site folder.
    pub folder: PathBuf,
    pub record: Record,
    pub json: String,
    pub signature: String,
    pub countersignature: Option<String>,
}

/// The record of the approved snapshot of one dataset.
pub(super) fn held(site: &Path, dataset: &str) -> Result<Held> {
    let folder = Path::new("snapshots").join(dataset);
    let name = read_text(site, &folder.join("approved"))?;
    held_in(site, folder.join(name.trim()))
}

fn held_in(site: &Path, folder: PathBuf) -> Result<Held> {
    let json = read_text(site, &folder.join("record.json"))?;
    let signature = read_text(site, &folder.join("record.json.minisig"))?;
    let second = folder.join(countersign::FILE);
    let countersignature = site.join(&second).exists().then(|| read_text(site, &second)).transpose()?;
    let file = folder.join("record.json");
    if format_of(&json) < FORMAT {
        return Err(broken(&file, "was written by an earlier version of congbo").into());
    }
    let record = serde_json::from_str(&json).map_err(|e| broken(&file, &e.to_string()))?;
    Ok(Held { folder, record, json, signature, countersignature })
}

/// The records of the approved snapshots that can be read; none when nothing has been approved.
pub(super) fn readable_records(site: &Path) -> Vec<Record> {
    let datasets = approved_datasets(site).unwrap_or_default();
    datasets.iter().filter_map(|dataset| Some(held(site, dataset).ok()?.record)).collect()
}

/// Every record under `snapshots/`, of approved and of earlier snapshots, that can be read as one.
pub(super) fn all_records(site: &Path) -> Result<Vec<Held>> {
    let mut records = vec![];
    for dataset in folders_in(site, Path::new("snapshots"))? {
        let folders = folders_in(site, &dataset)?;
        records.extend(folders.into_iter().filter_map(|folder| held_in(site, folder).ok()));
    }
    Ok(records)
}

/// Sorted, relative to the site folder; none when `folder` is not there.
fn folders_in(site: &Path, folder: &Path) -> Result<Vec<PathBuf>> {
    let fault = |e: std::io::Error| Fault::storage(Stage::Snapshot, folder, e);
    if !site.join(folder).exists() {
        return Ok(vec![]);
    }
    let mut folders = vec![];
    for entry in fs::read_dir(site.join(folder)).map_err(fault)? {
        let entry = entry.map_err(fault)?;
        if entry.path().is_dir() {
            folders.push(folder.join(entry.file_name()));
        }
    }
    folders.sort();
    Ok(folders)
}

/// The record of every dataset's approved snapshot with its SHA-256, in the order of the datasets' names;
/// signatures are checked, the content is not opened.
pub fn approved_records(site: &Path, config: &SiteConfig) -> Result<Vec<(Record, String)>> {
    let trust = Trust::load(site, config)?;
    let mut records = vec![];
    let mut faults = vec![];
    for dataset in approved_datasets(site)? {
        match held(site, &dataset).and_then(|held| trust.check(&held).map(|()| held)) {
            Ok(held) => records.push((held.record, sha256(held.json.as_bytes()))),
            Err(Failure { faults: found }) => faults.extend(found),
        }
    }
    Failure::unless_empty(faults).map(|()| records)
}

/// The folder of the snapshot whose record has this SHA-256, relative to the site.
pub fn recorded_folder(dataset: &str, record_sha256: &str) -> PathBuf {
    Path::new("snapshots").join(dataset).join(&record_sha256[..record_sha256.len().min(16)])
}

/// The record with this SHA-256, approved now or once; `None` when its folder is gone.
pub fn recorded(site: &Path, dataset: &str, record_sha256: &str) -> Result<Option<Record>> {
    Ok(recorded_held(site, dataset, record_sha256)?.map(|held| held.record))
}

fn recorded_held(site: &Path, dataset: &str, record_sha256: &str) -> Result<Option<Held>> {
    let folder = recorded_folder(dataset, record_sha256);
    let file = folder.join("record.json");
    // A record of an earlier form can be compared as little as one that is gone.
    if !site.join(&file).exists() || format_of(&read_text(site, &file)?) < FORMAT {
        return Ok(None);
    }
    let held = held_in(site, folder)?;
    if sha256(held.json.as_bytes()) != record_sha256 {
        return Err(broken(&held.folder.join("record.json"), "differs from what was approved").into());
    }
    Ok(Some(held))
}

/// Opens the snapshot whose record has this SHA-256, approved now or once; `None` when its folder is gone.
///
/// The digest stands for the signature: it comes from an edition, and a signature was checked when that was
/// built. The key may have been retired since.
pub fn open_recorded(site: &Path, dataset: &str, record_sha256: &str) -> Result<Option<Snapshot>> {
    let held = recorded_held(site, dataset, record_sha256)?;
    held.map(|held| opened(site, dataset, held, Parcels::InMemory)).transpose()
}

/// Where the approved communes lie.
#[derive(Default)]
pub struct Communes {
    /// Box in degrees, by code.
    pub bounds: BTreeMap<String, Bounds>,
    /// Level of the unit, by code: `xa`, `phuong` or `dac_khu`.
    pub levels: BTreeMap<String, String>,
    pub borders: CommuneBorders,
}

/// The communes of the approved boundaries; none when there are none yet.
pub fn communes(site: &Path, config: &SiteConfig) -> Result<Communes> {
    let (mut bounds, mut levels) = (BTreeMap::new(), BTreeMap::new());
    let mut codes = vec![];
    let mut world = Shapes::new(GeometryKind::Polygon);
    for dataset in approved_datasets(site).unwrap_or_default() {
        if kind_of(site, &dataset)? != DatasetKind::DiaGioi {
            continue;
        }
        if let Content::Boundaries(boundaries) = open(site, config, &dataset)?.content {
            let layer = &boundaries.units;
            bounds.extend(layer.rows.iter().enumerate().filter_map(|(i, unit)| {
                let corners = layer.world.feature_rings(i).flatten().map(|world| degrees_from_world(*world));
                Some((unit.code.clone(), extent::bounds(corners)?))
            }));
            codes.extend(layer.rows.iter().map(|unit| unit.code.clone()));
            levels.extend(layer.rows.iter().map(|unit| (unit.code.clone(), unit.level.clone())));
            world.append(&layer.world);
        }
    }
    Ok(Communes { bounds, levels, borders: CommuneBorders::new(&codes, &world) })
}

/// What can be read of a record whatever version wrote it.
#[derive(Deserialize)]
struct OfAnyFormat {
    format: u32,
    kind: DatasetKind,
}

/// What is no record at all has the format of today, so that its fault is named.
fn format_of(json: &str) -> u32 {
    serde_json::from_str::<OfAnyFormat>(json).map_or(FORMAT, |record| record.format)
}

fn kind_of(site: &Path, dataset: &str) -> Result<DatasetKind> {
    let folder = Path::new("snapshots").join(dataset);
    let record = folder.join(read_text(site, &folder.join("approved"))?.trim()).join("record.json");
    serde_json::from_str::<OfAnyFormat>(&read_text(site, &record)?)
        .map(|record| record.kind)
        .map_err(|e| broken(&record, &e.to_string()).into())
}

/// Digests of all files that the record names.
pub(super) fn check_files(site: &Path, folder: &Path, record: &Record) -> Result<()> {
    let bad = record
        .files
        .iter()
        .filter(|file| sha256_file(&site.join(folder).join(&file.name)).ok().as_deref() != Some(file.sha256.as_str()));
    let mut faults: Vec<Fault> =
        bad.map(|file| broken(&folder.join(&file.name), "differs from what was approved")).collect();
    faults.extend(attachment::changed(site, folder, record));
    Failure::unless_empty(faults)
}

fn content(site: &Path, folder: &Path, record: &Record) -> Result<Content> {
    let rows = || folder.join(file_name(ROWS, 0));
    Ok(match record.kind {
        DatasetKind::DiaChinh => Content::Parcels(layer(site, folder, 0)?),
        DatasetKind::QuyHoach => Content::Plans(layer(site, folder, 0)?),
        DatasetKind::DiaGioi => {
            let events = decode(site, &folder.join(events_file()))?;
            let takes_effect = record.decision.effective_from;
            Content::Boundaries(Box::new(Boundaries::on(takes_effect, layer(site, folder, 0)?, events)))
        }
        DatasetKind::Nen => {
            Content::Base((0..record.sources.len()).map(|i| layer(site, folder, i)).collect::<Result<_>>()?)
        }
        DatasetKind::GiaDat => Content::Prices(decode(site, &rows())?),
        DatasetKind::ThongKe => Content::Statistics(decode(site, &rows())?),
        DatasetKind::HeSo => Content::Coefficients(decode(site, &rows())?),
    })
}

/// The report must be among the files that the record names: only those are covered by the signature.
fn disclosure(site: &Path, folder: &Path, record: &Record) -> Result<DisclosureReport> {
    let file = folder.join(DISCLOSURE);
    if !record.files.iter().any(|listed| listed.name == DISCLOSURE) {
        return Err(broken(&file, "the record names no disclosure report").into());
    }
    serde_json::from_str(&read_text(site, &file)?).map_err(|e| broken(&file, &e.to_string()).into())
}

fn layer<T: DeserializeOwned>(site: &Path, folder: &Path, i: usize) -> Result<Layer<T>> {
    Ok(Layer {
        rows: decode(site, &folder.join(file_name(ROWS, i)))?,
        world: decode(site, &folder.join(file_name(WORLD, i)))?,
        grid: decode(site, &folder.join(file_name(GRID, i)))?,
    })
}

fn decode<T: DeserializeOwned>(site: &Path, file: &Path) -> Result<T> {
    let bytes = fs::read(site.join(file)).map_err(|e| Fault::storage(Stage::Snapshot, file, e))?;
    postcard::from_bytes(&bytes).map_err(|e| broken(file, &e.to_string()).into())
}

fn read_text(site: &Path, file: &Path) -> Result<String> {
    fs::read_to_string(site.join(file)).map_err(|e| Fault::storage(Stage::Snapshot, file, e).into())
}

fn broken(file: &Path, problem: &str) -> Fault {
    Fault::new(Stage::Snapshot, Exit::Verification, problem).file(file).remedy("approve the dataset again")
}

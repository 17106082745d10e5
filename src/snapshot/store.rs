//! Snapshots on disk.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::de::DeserializeOwned;

use super::record::Record;
use super::{Boundaries, Content, Layer, Snapshot, signature};
use crate::config::dataset::DatasetKind;
use crate::config::site::SiteConfig;
use crate::digest::sha256_file;
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::inspect::extent::{self, Bounds};
use crate::project::mercator::degrees_from_world;

const ROWS: &str = "rows";
const WORLD: &str = "world";
const GRID: &str = "grid";
const EVENTS: &str = "events";

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

/// Opens every approved snapshot of a site in the order of their names, signatures and digests checked.
pub fn open_all(site: &Path, config: &SiteConfig) -> Result<Vec<Snapshot>> {
    let mut snapshots = vec![];
    let mut faults = vec![];
    for dataset in approved_datasets(site)? {
        match open(site, config, &dataset) {
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
    let folder = Path::new("snapshots").join(dataset);
    let name = read_text(site, &folder.join("approved"))?;
    let folder = folder.join(name.trim());
    let record_json = read_text(site, &folder.join("record.json"))?;
    let signature = read_text(site, &folder.join("record.json.minisig"))?;
    let record: Record =
        serde_json::from_str(&record_json).map_err(|e| broken(&folder.join("record.json"), &e.to_string()))?;
    check_signature(site, config, &folder, record.kind, &record_json, &signature)?;
    check_files(site, &folder, &record)?;
    let content = content(site, &folder, &record)?;
    Ok(Snapshot { id: dataset.to_owned(), record, record_json, signature, content })
}

/// The box of every approved commune in degrees, by code.
pub fn commune_bounds(site: &Path, config: &SiteConfig) -> Result<BTreeMap<String, Bounds>> {
    let mut bounds = BTreeMap::new();
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
        }
    }
    Ok(bounds)
}

fn kind_of(site: &Path, dataset: &str) -> Result<DatasetKind> {
    let folder = Path::new("snapshots").join(dataset);
    let record = folder.join(read_text(site, &folder.join("approved"))?.trim()).join("record.json");
    serde_json::from_str::<Record>(&read_text(site, &record)?)
        .map(|record| record.kind)
        .map_err(|e| broken(&record, &e.to_string()).into())
}

fn check_signature(
    site: &Path,
    config: &SiteConfig,
    folder: &Path,
    kind: DatasetKind,
    json: &str,
    signature: &str,
) -> Result<()> {
    let keys = approver_keys(site, config, kind)?;
    if signature::verify(&keys, json.as_bytes(), signature) {
        return Ok(());
    }
    Err(Fault::new(
        Stage::Snapshot,
        Exit::Verification,
        format!("no approver listed for '{}' signed this record", kind.id()),
    )
    .file(folder.join("record.json"))
    .remedy("approve the dataset again with a listed key; if nobody changed the list, find out who changed the file")
    .into())
}

/// Base64 public keys that may approve a kind of data.
pub fn approver_keys(site: &Path, config: &SiteConfig, kind: DatasetKind) -> Result<Vec<String>> {
    config.approvers.get(&kind).into_iter().flatten().map(|listed| signature::listed_key(site, listed)).collect()
}

fn check_files(site: &Path, folder: &Path, record: &Record) -> Result<()> {
    let bad = record
        .files
        .iter()
        .filter(|file| sha256_file(&site.join(folder).join(&file.name)).ok().as_deref() != Some(file.sha256.as_str()));
    Failure::unless_empty(bad.map(|file| broken(&folder.join(&file.name), "differs from what was approved")).collect())
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
        DatasetKind::HeSo => return Err(broken(folder, "coefficients have no snapshot").into()),
    })
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

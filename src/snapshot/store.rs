//! Snapshots on disk.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::record::{ContentFile, Record};
use super::{Boundaries, Content, Layer, Snapshot, signature};
use crate::config::dataset::DatasetKind;
use crate::config::site::SiteConfig;
use crate::digest::{sha256, sha256_file};
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::inspect::extent::{self, Bounds};
use crate::project::mercator::degrees_from_world;

/// Name and bytes of a content file.
pub type EncodedFile = (String, Vec<u8>);

const ROWS: &str = "rows";
const WORLD: &str = "world";
const GRID: &str = "grid";
const EVENTS: &str = "events";

/// The content files of a snapshot, encoded.
pub fn encode(content: &Content) -> Vec<EncodedFile> {
    match content {
        Content::Parcels(layer) => encode_layer(layer, 0),
        Content::Plans(layer) => encode_layer(layer, 0),
        Content::Boundaries(boundaries) => {
            let layers = [&boundaries.units, &boundaries.former].into_iter().enumerate();
            let mut files: Vec<EncodedFile> = layers.flat_map(|(i, layer)| encode_layer(layer, i)).collect();
            files.push((file_name(EVENTS, 0), bytes(&boundaries.events)));
            files
        }
        Content::Base(layers) => layers.iter().enumerate().flat_map(|(i, layer)| encode_layer(layer, i)).collect(),
        Content::Prices(rows) => vec![(file_name(ROWS, 0), bytes(rows))],
        Content::Statistics(rows) => vec![(file_name(ROWS, 0), bytes(rows))],
    }
}

fn encode_layer<T: Serialize>(layer: &Layer<T>, i: usize) -> Vec<EncodedFile> {
    vec![
        (file_name(ROWS, i), bytes(&layer.rows)),
        (file_name(WORLD, i), bytes(&layer.world)),
        (file_name(GRID, i), bytes(&layer.grid)),
    ]
}

/// `rows.0.postcard`: what a file holds, and of which source.
fn file_name(what: &str, i: usize) -> String {
    format!("{what}.{i}.postcard")
}

fn bytes<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_allocvec(value).expect("rows and shapes hold nothing that postcard cannot write")
}

/// Digest entries for the record.
pub fn content_files(encoded: &[EncodedFile]) -> Vec<ContentFile> {
    encoded
        .iter()
        .map(|(name, bytes)| ContentFile { name: name.clone(), bytes: bytes.len() as u64, sha256: sha256(bytes) })
        .collect()
}

/// Writes a snapshot beside the others and makes it the approved one. A snapshot with the same record is
/// left as it is, signature included.
pub fn save(
    site: &Path,
    record: &Record,
    encoded: &[EncodedFile],
    sign: impl Fn(&[u8]) -> Result<String>,
) -> Result<PathBuf> {
    let folder = Path::new("snapshots").join(&record.dataset);
    let json = record_json(record);
    let digest = sha256(json.as_bytes());
    let name = &digest[..16];
    if !site.join(&folder).join(name).exists() {
        write_folder(site, &folder, name, &json, &sign(json.as_bytes())?, encoded)?;
    }
    let pointer = folder.join("approved");
    replace(&site.join(&pointer), name.as_bytes()).map_err(|e| Fault::storage(Stage::Snapshot, &pointer, e))?;
    Ok(folder.join(name))
}

/// The record as it is signed: pretty JSON in field order, one line feed at the end.
fn record_json(record: &Record) -> String {
    serde_json::to_string_pretty(record).expect("a record is plain data") + "\n"
}

fn write_folder(
    site: &Path,
    folder: &Path,
    name: &str,
    json: &str,
    signature: &str,
    encoded: &[EncodedFile],
) -> Result<()> {
    let fault = |e: std::io::Error| Fault::storage(Stage::Snapshot, folder, e);
    fs::create_dir_all(site.join(folder)).map_err(fault)?;
    let staging = tempfile::Builder::new().prefix(".writing-").tempdir_in(site.join(folder)).map_err(fault)?;
    let record = [("record.json", json.as_bytes()), ("record.json.minisig", signature.as_bytes())];
    for (file, bytes) in record.into_iter().chain(encoded.iter().map(|(file, bytes)| (file.as_str(), bytes.as_slice())))
    {
        let mut written = File::create(staging.path().join(file)).map_err(fault)?;
        written.write_all(bytes).and_then(|()| written.sync_all()).map_err(fault)?;
    }
    sync_folder(staging.path()).map_err(fault)?;
    fs::rename(staging.keep(), site.join(folder).join(name)).map_err(fault)?;
    sync_folder(&site.join(folder)).map_err(|e| fault(e).into())
}

/// Replaces a small file by rename, so that a reader sees the old one or the new one.
fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let beside = path.with_extension("new");
    let mut file = File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    path.parent().map_or(Ok(()), sync_folder)
}

fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
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
        if let Content::Boundaries(Boundaries { units: layer, .. }) = open(site, config, &dataset)?.content {
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
        DatasetKind::DiaGioi => Content::Boundaries(Boundaries {
            units: layer(site, folder, 0)?,
            former: layer(site, folder, 1)?,
            events: decode(site, &folder.join(file_name(EVENTS, 0)))?,
        }),
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

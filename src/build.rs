//! One build: approved snapshots → tiles, extracts and pages → a sealed edition.
//!
//! It reads snapshots and the site's own texts, never a source, and writes beside what is published.

use std::path::Path;

use serde::Serialize;

use crate::config::dataset::DatasetKind;
use crate::config::site::SiteConfig;
use crate::config::tile_set::TileSetConfig;
use crate::digest::sha256_file;
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::extract::{self, ExtractReport};
use crate::model::text::date_vi;
use crate::page::{self, OpenFile, PageReport, TileLayerFacts, TileSetFacts, Written};
use crate::progress::Progress;
use crate::release::{self, DatasetFacts, Drawings, Earlier, Edition, EditionFacts, PartKind, Parts, Staging, parts};
use crate::snapshot::{Parcels, Snapshot, attachment, countersign, succession};
use crate::tile::archive;
use crate::tile::layer::TileLayer;
use crate::tile::leaves;
use crate::tile::proof::report::ZoomReport;
use crate::tile::redraw::{self, Last, Redrawn};
use crate::tile::set::{SetFacts, TileSetReport};
use crate::tile::source::{self, Ground};

/// What a build made, written into the edition as `report.json`. It holds no time and no path of the machine.
#[derive(Clone, Debug, Serialize)]
pub struct BuildReport {
    pub data_date: jiff::civil::Date,
    pub data_digest: String,
    pub datasets: Vec<DatasetCount>,
    pub tile_sets: Vec<TileSetReport>,
    pub extracts: Vec<ExtractReport>,
    pub pages: PageReport,
    /// How many pages were taken over from the edition before: no part of the edition, which is the same either way.
    #[serde(skip)]
    pub pages_taken_over: u64,
}

#[derive(Clone, Debug, Serialize)]
pub struct DatasetCount {
    pub id: String,
    pub rows: u64,
}

/// What a build may begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Tiles of the last build that cannot look otherwise are taken over.
    LastBuild,
    /// Every tile is drawn.
    Nothing,
}

/// Where tile sets are drawn to, and from.
struct Studio<'a> {
    staging: &'a Staging,
    drawings: &'a Drawings,
    from: Start,
    progress: &'a dyn Progress,
}

impl Studio<'_> {
    fn last(&self, set: &str) -> Option<Last> {
        let (archive, drawn) = self.drawings.last(set).filter(|_| self.from == Start::LastBuild)?;
        Some(Last { archive, drawn })
    }
}

/// Builds the site in `site` into `dist`; also says which tiles were drawn.
///
/// The edition and its report are the same, whatever the build begins with.
///
/// # Errors
/// All faults of the stage that fails; what is published stays as it was.
pub fn build(
    site: &Path,
    config: &SiteConfig,
    dist: &Path,
    from: Start,
    progress: &dyn Progress,
) -> Result<(Edition, BuildReport, Vec<Redrawn>)> {
    let sets = TileSetConfig::load_all(site)?;
    let standing = succession::open(site, config, parcels(&sets))?;
    let snapshots = &standing.current;
    let facts = page::Facts::of(standing.all()).ok_or_else(nothing_approved)?;
    // Known from the records alone: nobody should wait for the tiles to hear of it.
    page::refuse_empty_metadata(standing.all())?;
    let staging = Staging::begin(dist)?;

    let drawings = Drawings::open(dist)?;
    let studio = Studio { staging: &staging, drawings: &drawings, from, progress };
    let Tiles { reports: tile_sets, facts: tile_facts, redrawn } = tiles(config, &sets, snapshots, &studio)?;
    // Tiles are drawn from all parcels at once; what follows needs one commune at a time, and the memory.
    let standing = standing.without_parcels();
    progress.begin("extracts", 0);
    let write_file = |path: &str, bytes: &[u8]| {
        progress.advance(1);
        staging.write(path, bytes)
    };
    let extracts = extract::write(site, &standing.current, &write_file)?;
    progress.begin("pages", 0);
    let (data_date, data_digest) = (facts.data_date, facts.data_digest.clone());
    let files = open_files(&extracts);
    let inputs = page::Inputs {
        site: config,
        site_dir: site,
        standing: &standing,
        tile_sets: &tile_facts,
        files: &files,
        facts,
    };
    let earlier = if from == Start::LastBuild { Earlier::open(dist) } else { None };
    let take_over = |page: &str, key: &str, files: &[String]| match &earlier {
        Some(earlier) => staging.take_over(earlier, page, key, files),
        None => Ok(None),
    };
    let Written { report: pages, taken_over: pages_taken_over, keys } =
        page::write_changed(&inputs, &write_file, &take_over)?;
    records(site, standing.all(), &staging)?;

    let datasets = standing.all().map(|s| DatasetCount { id: s.id.clone(), rows: s.record.rows }).collect();
    let report = BuildReport { data_date, data_digest, datasets, tile_sets, extracts, pages, pages_taken_over };
    staging.write("report.json", &json(&report))?;
    progress.begin("seal", 0);
    let edition = staging.seal(edition_facts(standing.all(), data_date))?;
    release::remember(dist, &edition.name, keys)?;
    drawings.settle(&edition);
    Ok((edition, report, redrawn))
}

fn nothing_approved() -> Failure {
    Fault::new(Stage::Snapshot, Exit::Input, "nothing has been approved yet")
        .file("snapshots")
        .remedy("approve each dataset first: congbo approve content/data/<dataset> --key <approver>.key")
        .into()
}

/// Only tiles need all parcels at once.
fn parcels(sets: &[TileSetConfig]) -> Parcels {
    let drawn = sets.iter().flat_map(|set| &set.layer).any(|layer| layer.from == DatasetKind::DiaChinh);
    if drawn { Parcels::InMemory } else { Parcels::OnDisk }
}

/// All tile sets of a build.
#[derive(Default)]
struct Tiles {
    reports: Vec<TileSetReport>,
    facts: Vec<TileSetFacts>,
    redrawn: Vec<Redrawn>,
}

fn tiles(config: &SiteConfig, sets: &[TileSetConfig], snapshots: &[Snapshot], studio: &Studio<'_>) -> Result<Tiles> {
    let mut tiles = Tiles::default();
    let mut faults = vec![];
    let ground = Ground::new(snapshots);
    for set in sets {
        match tile_set(config, set, snapshots, &ground, studio) {
            Ok(Some((report, facts, redrawn))) => {
                tiles.reports.push(report);
                tiles.facts.push(facts);
                tiles.redrawn.push(redrawn);
            }
            Ok(None) => {}
            Err(failure) => faults.extend(failure.faults),
        }
    }
    Failure::unless_empty(faults).map(|()| tiles)
}

/// One tile set; `None` when no approved data falls into it.
fn tile_set(
    config: &SiteConfig,
    set: &TileSetConfig,
    snapshots: &[Snapshot],
    ground: &Ground<'_>,
    studio: &Studio<'_>,
) -> Result<Option<(TileSetReport, TileSetFacts, Redrawn)>> {
    let layers = source::layers(set, snapshots, ground)?;
    if layers.is_empty() {
        return Ok(None);
    }
    let facts = SetFacts {
        id: set.id.clone(),
        title: set.title.vi.clone(),
        description: format!("{}. Thông tin công bố, không thay thế trích lục.", set.title.vi),
        // A decision about a name must not make another archive of the same land: decisions stand in the
        // TileJSON and in the map's style.
        attribution: config.province.authority.vi.clone(),
        budget_bytes: set.budget_bytes,
    };
    let Studio { staging, drawings, progress, .. } = studio;
    let streamed = staging.path(&format!("tiles/{}.writing", set.id))?;
    let (last, keep) = (studio.last(&set.id), drawings.begun(&set.id));
    let (report, redrawn) = redraw::write(&streamed, &facts, &layers, last.as_ref(), &keep, *progress)?;
    let sha256 = sha256_file(&streamed).map_err(|e| Fault::storage(Stage::Tile, &set.id, e))?;
    let archive = staging.add_archive(&set.id, &streamed)?;
    if let Some(parts) = Parts::of(PartKind::Tiles, &tile_leaves(&staging.root().join("tiles").join(&archive))?) {
        staging.has_parts(&format!("tiles/{archive}"), parts);
    }
    drawings.name(&set.id, &archive)?;
    let attribution = attribution(config, set, snapshots);
    let tile_json = tile_json(config, &facts, &attribution, &layers, &report);
    staging.write(&format!("tiles/{}.json", set.id), &json(&tile_json))?;
    let layers = layers.chunk_by(|a, b| a.name == b.name).map(|of_name| &of_name[0]).map(|layer| TileLayerFacts {
        name: layer.name.clone(),
        fields: layer.fields.iter().map(|field| field.name.clone()).collect(),
    });
    let of_pages = TileSetFacts {
        id: set.id.clone(),
        title: set.title.clone(),
        archive,
        bytes: report.bytes,
        sha256,
        datasets: of_set(set, snapshots).map(|snapshot| snapshot.id.clone()).collect(),
        minzoom: report.minzoom,
        maxzoom: report.maxzoom,
        bounds_deg: report.bounds_deg,
        layers: layers.collect(),
        attribution,
        proof: report.zooms.iter().map(zoom_proof).collect(),
    };
    Ok(Some((report, of_pages, redrawn)))
}

/// Each tile as a leaf of the archive's tree.
pub fn tile_leaves(archive: &Path) -> Result<Vec<String>> {
    let tiles = leaves::digests(archive)?;
    Ok(tiles.iter().map(|(address, sha256)| parts::leaf(address, sha256)).collect())
}

/// What the page about the data says of the proof.
fn zoom_proof(report: &ZoomReport) -> page::ZoomProof {
    let borders = report.coverage.as_ref().map(|coverage| page::BorderProof {
        error_99_m: coverage.border_error_99_m,
        error_greatest_m: coverage.border_error_greatest_m,
        gaps: coverage.gaps,
        overlaps: coverage.overlaps,
    });
    page::ZoomProof {
        layer: report.layer.clone(),
        zoom: report.z,
        features_in: report.features_in,
        features_drawn: report.features_drawn,
        borders,
    }
}

fn of_set<'a>(set: &'a TileSetConfig, snapshots: &'a [Snapshot]) -> impl Iterator<Item = &'a Snapshot> {
    snapshots.iter().filter(|snapshot| set.layer.iter().any(|layer| layer.from == snapshot.record.kind))
}

/// Authority, decisions and date: the line under every map.
fn attribution(config: &SiteConfig, set: &TileSetConfig, snapshots: &[Snapshot]) -> String {
    let mut decisions: Vec<_> =
        of_set(set, snapshots).map(|s| (&s.record.decision.number, s.record.decision.date)).collect();
    decisions.sort();
    decisions.dedup();
    let decisions: Vec<String> =
        decisions.into_iter().map(|(number, date)| format!("{number} ngày {}", date_vi(date))).collect();
    format!("{} · {}", config.province.authority.vi, decisions.join(", "))
}

/// TileJSON 3.0.0; absolute URLs come from the configured public URL and from nowhere else.
fn tile_json(
    config: &SiteConfig,
    facts: &SetFacts,
    attribution: &str,
    layers: &[TileLayer<'_>],
    report: &TileSetReport,
) -> serde_json::Value {
    let [west, south, east, north] = report.bounds_deg;
    let mut json = serde_json::json!({
        "tilejson": "3.0.0",
        "tiles": [format!("{}/tiles/{}/{{z}}/{{x}}/{{y}}.mvt", config.site.public_url.trim_end_matches('/'), facts.id)],
        "scheme": "xyz",
        "minzoom": report.minzoom,
        "maxzoom": report.maxzoom,
        "bounds": report.bounds_deg,
        "center": [(west + east) / 2.0, (south + north) / 2.0, report.maxzoom.min(14).max(report.minzoom)],
    });
    if let (Some(json), Some(shared)) = (json.as_object_mut(), archive::metadata(facts, layers).as_object()) {
        json.extend(shared.clone());
        json.insert("attribution".into(), attribution.into());
    }
    json
}

/// What anybody may fetch of the extracts, for the catalogue of data.
fn open_files(extracts: &[ExtractReport]) -> Vec<OpenFile> {
    let open = extracts.iter().filter(|extract| extract.path.starts_with("open/"));
    open.map(|extract| OpenFile {
        path: format!("/{}", extract.path),
        dataset: extract.dataset.clone(),
        bytes: extract.bytes,
        sha256: extract.sha256.clone(),
    })
    .collect()
}

/// Each record with its signatures and the documents it names, so that anybody can check them with minisign.
fn records<'s>(site: &Path, snapshots: impl Iterator<Item = &'s Snapshot>, staging: &Staging) -> Result<()> {
    for snapshot in snapshots {
        let folder = format!("site/du-lieu/ho-so/{}", snapshot.id);
        staging.write(&format!("{folder}/record.json"), snapshot.record_json.as_bytes())?;
        staging.write(&format!("{folder}/record.json.minisig"), snapshot.signature.as_bytes())?;
        if let Some(second) = &snapshot.countersignature {
            staging.write(&format!("{folder}/{}", countersign::FILE), second.as_bytes())?;
        }
        for document in &snapshot.record.attachments {
            staging.write(&format!("{folder}/{}", document.name), &attachment::bytes(site, snapshot, document)?)?;
        }
    }
    Ok(())
}

fn edition_facts<'s>(snapshots: impl Iterator<Item = &'s Snapshot>, date: jiff::civil::Date) -> EditionFacts {
    let datasets = snapshots.map(|snapshot| DatasetFacts {
        id: snapshot.id.clone(),
        kind: snapshot.record.kind,
        record_sha256: crate::digest::sha256(snapshot.record_json.as_bytes()),
        decision: snapshot.record.decision.clone(),
    });
    EditionFacts { date, tool_version: env!("CARGO_PKG_VERSION").to_owned(), datasets: datasets.collect() }
}

fn json(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(value).expect("reports are plain data");
    bytes.push(b'\n');
    bytes
}

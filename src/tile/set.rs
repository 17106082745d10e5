//! One tile set: layers → (tile, feature) pairs → sorted → encoded in parallel → appended in order.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use rayon::prelude::*;
use serde::Serialize;

use super::archive;
use super::encode::{Prepared, TileEncoder};
use super::layer::{self, TileLayer};
use super::noding::Noded;
use super::pairs::Job;
use super::proof::{self, report::ZoomReport};
use super::slices::Slices;
use super::weld::WeldReport;
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::model::tile_coord::TileCoord;
use crate::progress::Progress;
use crate::project::mercator::degrees_from_world;

/// Tiles encoded between two appends: enough to keep every core busy, few enough to stay small.
const BATCH: usize = 256;

/// Features whose tiles are worked out at a time: about 400 MB of pairs.
const FEATURES: usize = 16 << 20;

/// What a tile set says about itself.
pub struct SetFacts {
    pub id: String,
    pub title: String,
    pub description: String,
    pub attribution: String,
    /// Greatest size of a compressed tile.
    pub budget_bytes: u32,
}

/// What was made, and what was found in it when it was decoded again.
#[derive(Clone, Debug, Serialize)]
pub struct TileSetReport {
    pub id: String,
    pub tiles: u64,
    pub bytes: u64,
    pub minzoom: u8,
    pub maxzoom: u8,
    pub bounds_deg: [f64; 4],
    /// Layers whose borders were joined.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub welded: BTreeMap<String, WeldReport>,
    /// Features without area on a zoom's grid, drawn as its smallest triangle.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub enlarged: Vec<Enlarged>,
    /// Whether leaving out corners made borders cross, and the set was drawn again with every corner.
    pub every_corner: bool,
    pub zooms: Vec<ZoomReport>,
    pub largest_tiles: Vec<TileSize>,
}

/// How many features of a layer a zoom draws larger than they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Enlarged {
    pub layer: String,
    pub z: u8,
    pub features: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct TileSize {
    pub bytes: u32,
    pub z: u8,
    pub x: u32,
    pub y: u32,
}

/// Makes the archive `path` and checks it.
///
/// # Errors
/// Exit 5 when two features have one id, a tile is over the budget, a tile breaks the specification, or a
/// feature of a complete layer is not drawn at every zoom; 7 when the file cannot be written.
pub fn write(
    path: &Path,
    facts: &SetFacts,
    layers: &[TileLayer<'_>],
    progress: &dyn Progress,
) -> Result<TileSetReport> {
    refuse_collisions(facts, layers)?;
    let mut report = draw(path, facts, layers, false, progress)?;
    report.zooms = match proof::archive(path, facts, layers, progress) {
        Ok(zooms) => zooms,
        // Leaving out corners can make borders that lie within a unit of each other cross. With every corner they
        // cannot (Hobby 1999): the archive grows by some per cent.
        Err(failure) if failure.exit() != Exit::Quality => return Err(failure),
        Err(_) => {
            report = draw(path, facts, layers, true, progress)?;
            proof::archive(path, facts, layers, progress)?
        }
    };
    refuse_large_tiles(facts, &report)?;
    Ok(report)
}

/// Makes the archive without looking at it again; `every_corner` leaves none out.
pub fn draw(
    path: &Path,
    facts: &SetFacts,
    layers: &[TileLayer<'_>],
    every_corner: bool,
    progress: &dyn Progress,
) -> Result<TileSetReport> {
    let storage = |e: &dyn std::fmt::Display| Fault::storage(Stage::Tile, path.file_name().unwrap_or_default(), e);
    let bounds_deg = bounds(layers);
    let file = File::create(path).map_err(|e| storage(&e))?;
    let archive = archive::Archive::create(BufWriter::new(file), facts, layers, bounds_deg).map_err(|e| storage(&e))?;
    let prepared: Vec<Prepared<'_>> = layers.iter().map(|layer| Prepared::new(layer, every_corner)).collect();
    let (minzoom, maxzoom) = archive::zooms(layers);
    let mut written = Written { archive, sizes: vec![], enlarged: vec![] };
    for z in minzoom..=maxzoom {
        draw_zoom(&prepared, z, facts, &mut written, progress)?;
    }
    written.archive.finish().map_err(|e| storage(&e))?;
    let bytes = std::fs::metadata(path).map_err(|e| storage(&e))?.len();
    Ok(TileSetReport {
        id: facts.id.clone(),
        tiles: written.sizes.len() as u64,
        bytes,
        minzoom,
        maxzoom,
        bounds_deg,
        welded: layers.iter().filter_map(|layer| Some((layer.name.clone(), layer.weld.clone()?))).collect(),
        enlarged: written.enlarged,
        every_corner,
        zooms: vec![],
        largest_tiles: largest(written.sizes),
    })
}

/// What has been appended so far.
struct Written {
    archive: archive::Archive<BufWriter<File>>,
    sizes: Vec<TileSize>,
    enlarged: Vec<Enlarged>,
}

impl Written {
    fn append(&mut self, facts: &SetFacts, tiles: Vec<EncodedTile>) -> Result<()> {
        for EncodedTile { id, coord, gzipped } in tiles {
            self.archive.add(id, &gzipped).map_err(|e| Fault::storage(Stage::Tile, &facts.id, e))?;
            self.sizes.push(TileSize { bytes: gzipped.len() as u32, z: coord.z, x: coord.x, y: coord.y });
        }
        Ok(())
    }
}

fn draw_zoom(
    prepared: &[Prepared<'_>],
    z: u8,
    facts: &SetFacts,
    written: &mut Written,
    progress: &dyn Progress,
) -> Result<()> {
    let slices = Slices::new(prepared, z, FEATURES);
    let noded = slices.noded()?;
    let enlarged = prepared.iter().zip(&noded).filter_map(|(p, noded)| Some((p, noded.as_ref()?.enlarged() as u64)));
    let enlarged = enlarged.filter(|(_, features)| *features > 0);
    written.enlarged.extend(enlarged.map(|(p, features)| Enlarged { layer: p.layer.name.clone(), z, features }));
    slices.each(|jobs| {
        progress.begin(&format!("tiles {} z{z}", facts.id), jobs.len() as u64);
        let mut drawn = vec![];
        for batch in jobs.chunks(BATCH) {
            // One batch is appended while the next one is drawn.
            let (appended, next) = rayon::join(|| written.append(facts, drawn), || encode(batch, prepared, &noded));
            appended?;
            drawn = next?;
            progress.advance(batch.len() as u64);
        }
        written.append(facts, drawn)
    })
}

struct EncodedTile {
    id: u64,
    coord: TileCoord,
    gzipped: Vec<u8>,
}

fn encode(batch: &[Job<'_>], prepared: &[Prepared<'_>], noded: &[Option<Noded<'_>>]) -> Result<Vec<EncodedTile>> {
    batch
        .par_iter()
        .map_init(
            || (TileEncoder::default(), archive::compressor()),
            |(encoder, compressor), job| {
                let (id, coord) = (job.id, job.tile);
                let bytes = encoder.encode(*job, prepared, noded).map_err(|e| {
                    Fault::new(Stage::Tile, Exit::Unexpected, e.to_string()).feature(format!("tile {coord:?}"))
                })?;
                let gzipped = if bytes.is_empty() { bytes } else { archive::gzip(compressor, &bytes) };
                Ok(EncodedTile { id, coord, gzipped })
            },
        )
        .filter(|tile: &Result<EncodedTile>| tile.as_ref().map_or(true, |tile| !tile.gzipped.is_empty()))
        .collect()
}

/// West, south, east, north of all layers.
fn bounds(layers: &[TileLayer<'_>]) -> [f64; 4] {
    let corners = layers.iter().flat_map(|layer| &layer.shapes.coords);
    let [w, n, e, s] = corners
        .fold([u32::MAX, u32::MAX, 0, 0], |b, p| [b[0].min(p[0]), b[1].min(p[1]), b[2].max(p[0]), b[3].max(p[1])]);
    let ([west, north], [east, south]) = (degrees_from_world([w, n]), degrees_from_world([e, s]));
    [west, south, east, north]
}

fn largest(mut sizes: Vec<TileSize>) -> Vec<TileSize> {
    sizes.sort_by(|a, b| b.cmp(a));
    sizes.truncate(10);
    sizes
}

fn refuse_collisions(facts: &SetFacts, layers: &[TileLayer<'_>]) -> Result<()> {
    let colliding = layers.iter().filter_map(|layer| Some((layer, layer::colliding(&layer.ids)?)));
    let faults = colliding.map(|(layer, (a, b))| {
        Fault::new(Stage::Tile, Exit::Quality, format!("features {a} and {b} have the same id"))
            .file(&facts.id)
            .feature(&layer.name)
            .remedy("two features have the same official code: correct one of them in the source")
    });
    Failure::unless_empty(faults.collect())
}

fn refuse_large_tiles(facts: &SetFacts, report: &TileSetReport) -> Result<()> {
    let large = report.largest_tiles.iter().filter(|tile| tile.bytes > facts.budget_bytes);
    let faults = large.map(|tile| {
        let problem = format!("the tile has {} bytes, the budget is {}", tile.bytes, facts.budget_bytes);
        Fault::new(Stage::Tile, Exit::Quality, problem)
            .file(format!("tiles/{}.toml", facts.id))
            .feature(format!("{}/{}/{}", tile.z, tile.x, tile.y))
            .remedy("raise minzoom, carry fewer fields, or raise budget_bytes")
    });
    Failure::unless_empty(faults.collect())
}

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
use super::proof::{self, report::ZoomReport, tile::TileSeen};
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
    Ok(write_before(path, facts, layers, &mut Unwatched, progress)?.report)
}

/// Sees each tile of an archive as it is proved.
pub trait Witness {
    /// The proof begins, or begins again on another drawing.
    fn begin(&mut self) -> Result<()>;

    /// Tiles come in the order of the archive.
    fn see(&mut self, seen: &TileSeen) -> Result<()>;
}

struct Unwatched;

impl Witness for Unwatched {
    fn begin(&mut self) -> Result<()> {
        Ok(())
    }

    fn see(&mut self, _seen: &TileSeen) -> Result<()> {
        Ok(())
    }
}

/// The same before a witness; the drawing says how it was made.
///
/// # Errors
/// Those of [`write`], and the witness's own.
pub fn write_before(
    path: &Path,
    facts: &SetFacts,
    layers: &[TileLayer<'_>],
    witness: &mut dyn Witness,
    progress: &dyn Progress,
) -> Result<Drawing> {
    refuse_collisions(facts, layers)?;
    let mut prove = || {
        witness.begin()?;
        proof::each(path, facts, layers, progress, &mut |seen| witness.see(seen))
    };
    let mut drawing = drawing(path, facts, layers, false, progress)?;
    drawing.report.zooms = match prove() {
        Ok(zooms) => zooms,
        // Leaving out corners can make borders that lie within a unit of each other cross. With every corner they
        // cannot (Hobby 1999): the archive grows by some per cent.
        Err(failure) if failure.exit() != Exit::Quality => return Err(failure),
        Err(_) => {
            drawing = self::drawing(path, facts, layers, true, progress)?;
            prove()?
        }
    };
    refuse_large_tiles(facts, &drawing.report)?;
    Ok(drawing)
}

/// An archive, and what was worked out on the way.
pub struct Drawing {
    pub report: TileSetReport,
    /// Of each layer: the zoom from which each coordinate is drawn.
    pub first_zooms: Vec<Vec<u8>>,
    pub enlarged: Vec<EnlargedFeatures>,
}

/// The features of a layer that a zoom draws larger than they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnlargedFeatures {
    pub z: u8,
    /// Number of the layer.
    pub layer: usize,
    pub features: Vec<u32>,
}

/// Makes the archive without looking at it again; `every_corner` leaves none out.
pub fn draw(
    path: &Path,
    facts: &SetFacts,
    layers: &[TileLayer<'_>],
    every_corner: bool,
    progress: &dyn Progress,
) -> Result<TileSetReport> {
    Ok(drawing(path, facts, layers, every_corner, progress)?.report)
}

fn drawing(
    path: &Path,
    facts: &SetFacts,
    layers: &[TileLayer<'_>],
    every_corner: bool,
    progress: &dyn Progress,
) -> Result<Drawing> {
    let storage = |e: &dyn std::fmt::Display| Fault::storage(Stage::Tile, path.file_name().unwrap_or_default(), e);
    let file = File::create(path).map_err(|e| storage(&e))?;
    let archive =
        archive::Archive::create(BufWriter::new(file), facts, layers, bounds(layers)).map_err(|e| storage(&e))?;
    let prepared: Vec<Prepared<'_>> = layers.iter().map(|layer| Prepared::new(layer, every_corner)).collect();
    let (minzoom, maxzoom) = archive::zooms(layers);
    let mut written = Written { archive, sizes: vec![], enlarged: vec![] };
    for z in minzoom..=maxzoom {
        draw_zoom(&prepared, z, facts, &mut written, progress)?;
    }
    written.archive.finish().map_err(|e| storage(&e))?;
    let Written { sizes, enlarged, .. } = written;
    let report = report(path, facts, layers, sizes, &enlarged)?;
    let first_zooms = prepared.into_iter().map(|prepared| prepared.first_zooms).collect();
    Ok(Drawing { report: TileSetReport { every_corner, ..report }, first_zooms, enlarged })
}

/// What a finished archive is, before it is proved.
pub fn report(
    path: &Path,
    facts: &SetFacts,
    layers: &[TileLayer<'_>],
    sizes: Vec<TileSize>,
    enlarged: &[EnlargedFeatures],
) -> Result<TileSetReport> {
    let storage = |e: &dyn std::fmt::Display| Fault::storage(Stage::Tile, path.file_name().unwrap_or_default(), e);
    let (minzoom, maxzoom) = archive::zooms(layers);
    let counted = |e: &EnlargedFeatures| Enlarged {
        layer: layers[e.layer].name.clone(),
        z: e.z,
        features: e.features.len() as u64,
    };
    Ok(TileSetReport {
        id: facts.id.clone(),
        tiles: sizes.len() as u64,
        bytes: std::fs::metadata(path).map_err(|e| storage(&e))?.len(),
        minzoom,
        maxzoom,
        bounds_deg: bounds(layers),
        welded: layers.iter().filter_map(|layer| Some((layer.name.clone(), layer.weld.clone()?))).collect(),
        enlarged: enlarged.iter().filter(|e| !e.features.is_empty()).map(counted).collect(),
        every_corner: false,
        zooms: vec![],
        largest_tiles: largest(sizes),
    })
}

/// What has been appended so far.
struct Written {
    archive: archive::Archive<BufWriter<File>>,
    sizes: Vec<TileSize>,
    enlarged: Vec<EnlargedFeatures>,
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
    written.enlarged.extend(enlarged(&noded, z));
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

/// What each layer draws larger than it is.
pub fn enlarged(noded: &[Option<Noded<'_>>], z: u8) -> impl Iterator<Item = EnlargedFeatures> {
    let of_layer = move |(layer, noded): (usize, &Option<Noded<'_>>)| {
        Some(EnlargedFeatures { z, layer, features: noded.as_ref()?.enlarged() })
    };
    noded.iter().enumerate().filter_map(of_layer).filter(|enlarged| !enlarged.features.is_empty())
}

/// A tile as it is stored.
pub struct EncodedTile {
    pub id: u64,
    pub coord: TileCoord,
    pub gzipped: Vec<u8>,
}

/// Draws tiles; those in which nothing is visible are left out.
pub fn encode(batch: &[Job<'_>], prepared: &[Prepared<'_>], noded: &[Option<Noded<'_>>]) -> Result<Vec<EncodedTile>> {
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
pub fn bounds(layers: &[TileLayer<'_>]) -> [f64; 4] {
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

pub fn refuse_collisions(facts: &SetFacts, layers: &[TileLayer<'_>]) -> Result<()> {
    let colliding = layers.iter().filter_map(|layer| Some((layer, layer::colliding(&layer.ids)?)));
    let faults = colliding.map(|(layer, (a, b))| {
        Fault::new(Stage::Tile, Exit::Quality, format!("features {a} and {b} have the same id"))
            .file(&facts.id)
            .feature(&layer.name)
            .remedy("two features have the same official code: correct one of them in the source")
    });
    Failure::unless_empty(faults.collect())
}

pub fn refuse_large_tiles(facts: &SetFacts, report: &TileSetReport) -> Result<()> {
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

//! One tile set: layers → (tile, feature) pairs → sorted → encoded in parallel → appended in order.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use rayon::prelude::*;
use serde::Serialize;

use super::archive;
use super::encode::{Prepared, TileEncoder};
use super::grid::{self, BUFFER, Grid, UnitBox};
use super::layer::{self, TileLayer};
use super::verify::{self, ZoomReport};
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::model::shapes::GeometryKind;
use crate::model::tile_coord::TileCoord;
use crate::progress::Progress;
use crate::project::mercator::degrees_from_world;

/// Tiles encoded between two appends: enough to keep every core busy, few enough to stay small.
const BATCH: usize = 512;

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
    pub zooms: Vec<ZoomReport>,
    pub largest_tiles: Vec<TileSize>,
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
    let mut report = draw(path, facts, layers, progress)?;
    report.zooms = verify::archive(path, facts, layers, progress)?;
    refuse_large_tiles(facts, &report)?;
    Ok(report)
}

/// Makes the archive without looking at it again.
pub fn draw(path: &Path, facts: &SetFacts, layers: &[TileLayer<'_>], progress: &dyn Progress) -> Result<TileSetReport> {
    let prepared: Vec<Prepared<'_>> = layers.iter().map(Prepared::new).collect();
    let pairs = pairs(layers);
    let jobs: Vec<&[Pair]> = pairs.chunk_by(|a, b| a.0 == b.0).collect();
    progress.begin(&format!("tiles {}", facts.id), jobs.len() as u64);

    let bounds_deg = bounds(layers);
    let storage = |e: &dyn std::fmt::Display| Fault::storage(Stage::Tile, path.file_name().unwrap_or_default(), e);
    let file = File::create(path).map_err(|e| storage(&e))?;
    let mut archive =
        archive::Archive::create(BufWriter::new(file), facts, layers, bounds_deg).map_err(|e| storage(&e))?;
    let mut sizes = vec![];
    for batch in jobs.chunks(BATCH) {
        for tile in encode(batch, &prepared)? {
            archive.add(tile.id, &tile.gzipped).map_err(|e| storage(&e))?;
            sizes.push(TileSize {
                bytes: tile.gzipped.len() as u32,
                z: tile.coord.z,
                x: tile.coord.x,
                y: tile.coord.y,
            });
        }
        progress.advance(batch.len() as u64);
    }
    archive.finish().map_err(|e| storage(&e))?;
    let bytes = std::fs::metadata(path).map_err(|e| storage(&e))?.len();
    let (minzoom, maxzoom) = archive::zooms(layers);
    let tiles = sizes.len() as u64;
    Ok(TileSetReport {
        id: facts.id.clone(),
        tiles,
        bytes,
        minzoom,
        maxzoom,
        bounds_deg,
        zooms: vec![],
        largest_tiles: largest(sizes),
    })
}

/// Tile id, layer, feature: sorted, they are the archive's order, and within a tile the layers' own.
type Pair = (u64, u16, u32);

fn pairs(layers: &[TileLayer<'_>]) -> Vec<Pair> {
    let mut pairs: Vec<Pair> = vec![];
    for (number, layer) in layers.iter().enumerate() {
        let of_layer = (0..layer.shapes.len()).into_par_iter().with_min_len(256).flat_map_iter(|feature| {
            let tiles = (layer.minzoom..=layer.maxzoom).flat_map(move |z| tiles(layer, feature, Grid::new(z)));
            tiles.map(move |tile| (grid::tile_id(tile), number as u16, feature as u32))
        });
        pairs.par_extend(of_layer);
    }
    pairs.par_sort_unstable();
    pairs.dedup();
    pairs
}

fn tiles(layer: &TileLayer<'_>, feature: usize, grid: Grid) -> Box<dyn Iterator<Item = TileCoord>> {
    let shapes = &layer.shapes;
    if shapes.kind == GeometryKind::Point {
        let tiles: Vec<TileCoord> = shapes.feature_rings(feature).flatten().map(|point| grid.tile_of(*point)).collect();
        return Box::new(tiles.into_iter());
    }
    let points = shapes.feature_rings(feature).flatten().map(|world| grid.quantise(*world));
    let around: Option<UnitBox> = grid::unit_box(points);
    Box::new(around.into_iter().flat_map(move |around| grid.tiles(around, BUFFER)))
}

struct EncodedTile {
    id: u64,
    coord: TileCoord,
    gzipped: Vec<u8>,
}

fn encode(batch: &[&[Pair]], prepared: &[Prepared<'_>]) -> Result<Vec<EncodedTile>> {
    batch
        .par_iter()
        .map_init(
            || (TileEncoder::default(), archive::compressor()),
            |(encoder, compressor), job| {
                let id = job[0].0;
                let coord = coord(id);
                let features: Vec<(u16, u32)> = job.iter().map(|(_, layer, feature)| (*layer, *feature)).collect();
                let bytes = encoder.encode(coord, prepared, &features).map_err(|e| {
                    Fault::new(Stage::Tile, Exit::Unexpected, e.to_string()).feature(format!("tile {coord:?}"))
                })?;
                let gzipped = if bytes.is_empty() { bytes } else { archive::gzip(compressor, &bytes) };
                Ok(EncodedTile { id, coord, gzipped })
            },
        )
        .filter(|tile: &Result<EncodedTile>| tile.as_ref().map_or(true, |tile| !tile.gzipped.is_empty()))
        .collect()
}

/// The tile of an id that [`grid::tile_id`] made.
pub fn coord(id: u64) -> TileCoord {
    let coord = pmtiles::TileId::new(id).map(pmtiles::TileCoord::from).expect("the id was made from a tile");
    TileCoord { z: coord.z(), x: coord.x(), y: coord.y() }
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

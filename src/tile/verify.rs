//! Decodes a finished archive and counts what is really in it.

use std::path::Path;

use futures_util::TryStreamExt;
use pmtiles::{AsyncPmTilesReader, HashMapCache, MmapBackend};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;

use super::decode::{self, DecodedFeature, DecodedLayer};
use super::encode::twice_signed_area;
use super::layer::TileLayer;
use super::set::{SetFacts, coord};
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::progress::Progress;

/// No tile that congbo writes inflates to more.
const MAX_TILE_BYTES: usize = 8 << 20;

/// What one layer looks like at one zoom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ZoomReport {
    pub layer: String,
    pub z: u8,
    pub tiles: u64,
    pub features_in: u64,
    /// Features of which at least one tile shows a part.
    pub features_drawn: u64,
    pub bytes: u64,
}

/// Opens the archive as any reader would and reports per zoom and layer.
///
/// # Errors
/// Exit 5 with every tile that breaks MVT 2.1, and every complete layer that lost a feature.
pub fn archive(
    path: &Path,
    facts: &SetFacts,
    layers: &[TileLayer<'_>],
    progress: &dyn Progress,
) -> Result<Vec<ZoomReport>> {
    let tiles = stored_tiles(path, facts)?;
    progress.begin(&format!("verify {}", facts.id), tiles.len() as u64);
    let seen: Vec<std::result::Result<TileSeen, Fault>> =
        tiles.par_iter().map(|(id, gzipped)| look(*id, gzipped, facts)).collect();
    progress.advance(tiles.len() as u64);
    let (seen, faults): (Vec<_>, Vec<_>) = seen.into_iter().partition(|tile| tile.is_ok());
    Failure::unless_empty(faults.into_iter().filter_map(std::result::Result::err).collect())?;
    let reports = count(layers, seen.into_iter().flatten());
    refuse_losses(facts, layers, &reports)?;
    Ok(reports)
}

/// Every tile of an archive in the order of its directory, read through the crate's reader.
fn stored_tiles(path: &Path, facts: &SetFacts) -> Result<Vec<(u64, Vec<u8>)>> {
    let fault = |e: &dyn std::fmt::Display| Fault::new(Stage::Tile, Exit::Verification, e.to_string()).file(&facts.id);
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(|e| fault(&e))?;
    runtime.block_on(async {
        let backend = MmapBackend::try_from(path).await.map_err(|e| fault(&e))?;
        let reader = AsyncPmTilesReader::try_from_cached_source(backend, HashMapCache::default())
            .await
            .map_err(|e| fault(&e))?;
        let reader = std::sync::Arc::new(reader);
        let mut ids = vec![];
        let mut entries = std::sync::Arc::clone(&reader).entries();
        while let Some(entry) = entries.try_next().await.map_err(|e| fault(&e))? {
            ids.extend(entry.iter_coords());
        }
        let mut tiles = Vec::with_capacity(ids.len());
        for id in ids {
            let bytes = reader.get_tile(id).await.map_err(|e| fault(&e))?;
            tiles.push((id.value(), bytes.ok_or_else(|| fault(&"a tile of the directory is not there"))?.to_vec()));
        }
        Ok(tiles)
    })
}

/// What one tile shows: per layer the ids.
struct TileSeen {
    z: u8,
    bytes: u64,
    layers: Vec<(String, Vec<u64>)>,
}

fn look(id: u64, gzipped: &[u8], facts: &SetFacts) -> std::result::Result<TileSeen, Fault> {
    let coord = coord(id);
    let fault = |problem: String| {
        Fault::new(Stage::Tile, Exit::Quality, problem)
            .file(&facts.id)
            .feature(format!("tile {}/{}/{}", coord.z, coord.x, coord.y))
            .remedy("this is a fault of congbo: report it with the dataset that causes it")
    };
    let bytes = inflate(gzipped).map_err(fault)?;
    let decoded = decode::tile(&bytes).map_err(fault)?;
    let mut layers = vec![];
    for layer in decoded {
        layers.push((layer.name.clone(), ids(&layer).map_err(fault)?));
    }
    Ok(TileSeen { z: coord.z, bytes: gzipped.len() as u64, layers })
}

fn inflate(gzipped: &[u8]) -> std::result::Result<Vec<u8>, String> {
    let size = gzipped.last_chunk::<4>().map_or(0, |size| u32::from_le_bytes(*size) as usize);
    if size > MAX_TILE_BYTES {
        return Err(format!("the tile inflates to {size} bytes"));
    }
    let mut bytes = vec![0; size];
    let written = libdeflater::Decompressor::new().gzip_decompress(gzipped, &mut bytes).map_err(|e| e.to_string())?;
    bytes.truncate(written);
    Ok(bytes)
}

fn ids(layer: &DecodedLayer) -> std::result::Result<Vec<u64>, String> {
    layer
        .features
        .iter()
        .map(|feature| {
            let id = feature.id.ok_or_else(|| format!("a feature of '{}' has no id", layer.name))?;
            check_rings(feature).map_err(|problem| format!("{}: feature {id}: {problem}", layer.name))?;
            Ok(id)
        })
        .collect()
}

/// MVT 2.1, 4.3.4.4: rings of three corners and some area, the first one an outer ring.
fn check_rings(feature: &DecodedFeature) -> std::result::Result<(), String> {
    if feature.parts.is_empty() {
        return Err("there is no geometry".into());
    }
    if feature.kind != 3 {
        return Ok(());
    }
    for (i, ring) in feature.parts.iter().enumerate() {
        let area = twice_signed_area(ring);
        if ring.len() < 3 || area == 0 {
            return Err(format!("ring {} has no area", i + 1));
        }
        if i == 0 && area < 0 {
            return Err("the first ring is a hole".into());
        }
        if (0..ring.len()).any(|k| ring[k] == ring[(k + 1) % ring.len()]) {
            return Err(format!("ring {} repeats a point", i + 1));
        }
    }
    Ok(())
}

fn count(layers: &[TileLayer<'_>], seen: impl Iterator<Item = TileSeen>) -> Vec<ZoomReport> {
    let mut reports: FxHashMap<(String, u8), (ZoomReport, FxHashSet<u64>)> = FxHashMap::default();
    for tile in seen {
        for (layer, ids) in tile.layers {
            let (report, drawn) = reports.entry((layer, tile.z)).or_default();
            report.tiles += 1;
            report.bytes += tile.bytes;
            drawn.extend(ids);
        }
    }
    let zooms = layers.iter().flat_map(|layer| (layer.minzoom..=layer.maxzoom).map(move |z| (layer, z)));
    zooms
        .map(|(layer, z)| {
            let (report, drawn) = reports.remove(&(layer.name.clone(), z)).unwrap_or_default();
            let features_in = layer.shapes.len() as u64;
            ZoomReport { layer: layer.name.clone(), z, features_in, features_drawn: drawn.len() as u64, ..report }
        })
        .collect()
}

fn refuse_losses(facts: &SetFacts, layers: &[TileLayer<'_>], reports: &[ZoomReport]) -> Result<()> {
    let complete = |name: &str| layers.iter().any(|layer| layer.name == name && layer.complete);
    let lost = reports.iter().filter(|r| complete(&r.layer) && r.features_drawn < r.features_in);
    let faults = lost.map(|report| {
        let missing = report.features_in - report.features_drawn;
        Fault::new(
            Stage::Tile,
            Exit::Quality,
            format!("{missing} of {} features are not drawn at z{}", report.features_in, report.z),
        )
        .file(format!("tiles/{}.toml", facts.id))
        .feature(&report.layer)
        .remedy("raise the layer's minzoom: at this zoom they are smaller than the tile grid")
    });
    Failure::unless_empty(faults.collect())
}

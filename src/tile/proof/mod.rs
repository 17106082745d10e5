//! Decodes a finished archive and holds every tile against what it was drawn from.
//!
//! Nothing here is shared with the encoder: [`super::decode`] reads the tiles, [`truth`] looks at the layer as it
//! came in, [`rings`], [`borders`] and [`sweep`] ask whether the polygons are valid and lie side by side, [`distance`] how
//! far borders moved, [`values`] whether the fields are the same. What was found stands in the build report.

pub mod borders;
pub mod distance;
pub mod measure;
pub mod polygons;
pub mod report;
pub mod rings;
pub mod sweep;
pub mod tile;
pub mod truth;
pub mod values;

use std::path::Path;
use std::sync::Arc;

use futures_util::TryStreamExt;
use pmtiles::{AsyncPmTilesReader, HashMapCache, MmapBackend, TileCoord as Address};
use rayon::prelude::*;

use self::report::{Ledger, ZoomReport};
use self::truth::Truth;
use super::layer::TileLayer;
use super::set::SetFacts;
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::progress::Progress;

/// Tiles looked at between two entries in the ledger: the memory they need is theirs alone.
const BATCH: usize = 256;

/// Opens the archive as any reader would and reports per zoom and layer.
///
/// # Errors
/// Exit 5 with every tile that breaks MVT 2.1, shows other values or another coverage than the layer has, and
/// with every complete layer that lost a feature; 6 when the archive cannot be read.
pub fn archive(
    path: &Path,
    facts: &SetFacts,
    layers: &[TileLayer<'_>],
    progress: &dyn Progress,
) -> Result<Vec<ZoomReport>> {
    let truths: Vec<Truth<'_>> = layers.iter().map(Truth::new).collect();
    let fault = |e: &dyn std::fmt::Display| Fault::new(Stage::Tile, Exit::Verification, e.to_string()).file(&facts.id);
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(|e| fault(&e))?;
    let (reader, addresses) = runtime.block_on(open(path)).map_err(|e| fault(&e))?;
    progress.begin(&format!("verify {}", facts.id), addresses.len() as u64);
    let mut ledger = Ledger::new(layers);
    for batch in addresses.chunks(BATCH) {
        let tiles = runtime.block_on(read(&reader, batch)).map_err(|e| fault(&e))?;
        let looked =
            tiles.par_iter().map_init(tile::Eye::default, |eye, (at, gzipped)| eye.look(&truths, *at, gzipped));
        let looked: Vec<_> = looked.collect();
        looked.into_iter().for_each(|seen| ledger.enter(seen, facts));
        progress.advance(batch.len() as u64);
    }
    Failure::unless_empty(ledger.take_faults())?;
    let reports = ledger.reports(&truths);
    Failure::unless_empty(report::losses(facts, layers, &reports))?;
    Ok(reports)
}

type Reader = Arc<AsyncPmTilesReader<MmapBackend, HashMapCache>>;

/// The archive and the addresses of its tiles in the order of its directory.
async fn open(path: &Path) -> pmtiles::PmtResult<(Reader, Vec<Address>)> {
    let backend = MmapBackend::try_from(path).await?;
    let reader = Arc::new(AsyncPmTilesReader::try_from_cached_source(backend, HashMapCache::default()).await?);
    let mut addresses = vec![];
    let mut entries = Arc::clone(&reader).entries();
    while let Some(entry) = entries.try_next().await? {
        addresses.extend(entry.iter_coords().map(Address::from));
    }
    Ok((reader, addresses))
}

async fn read(reader: &Reader, batch: &[Address]) -> pmtiles::PmtResult<Vec<(Address, Vec<u8>)>> {
    let mut tiles = Vec::with_capacity(batch.len());
    for at in batch {
        tiles.push((*at, reader.get_tile(*at).await?.map(|bytes| bytes.to_vec()).unwrap_or_default()));
    }
    Ok(tiles)
}

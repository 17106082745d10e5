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

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use futures_util::TryStreamExt;
use pmtiles::{AsyncBackend, AsyncPmTilesReader, BackendResponse, HashMapCache, PmtResult, TileCoord as Address};
use rayon::prelude::*;

use self::report::{Ledger, ZoomReport};
use self::tile::TileSeen;
use self::truth::Truth;
use super::grid;
use super::layer::TileLayer;
use super::set::SetFacts;
use super::stored::{StoredArchive, StoredTile};
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::file_system::FileExt;
use crate::model::tile_coord::TileCoord;
use crate::progress::Progress;

/// Tiles looked at between two entries in the ledger, and bytes of them: the memory they need is theirs alone.
const BATCH: usize = 256;
const BATCH_BYTES: usize = 4 << 20;

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
    each(path, facts, layers, progress, &mut |_| Ok(()))
}

/// The same; `record` gets what each tile shows, in the order of the archive.
///
/// # Errors
/// Those of [`archive`], and those of `record`.
pub fn each(
    path: &Path,
    facts: &SetFacts,
    layers: &[TileLayer<'_>],
    progress: &dyn Progress,
    record: &mut dyn FnMut(&TileSeen) -> Result<()>,
) -> Result<Vec<ZoomReport>> {
    let truths: Vec<Truth<'_>> = layers.iter().map(Truth::new).collect();
    let fault = |e: &dyn std::fmt::Display| Fault::new(Stage::Tile, Exit::Verification, e.to_string()).file(&facts.id);
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(|e| fault(&e))?;
    let (reader, addresses) = runtime.block_on(open(path)).map_err(|e| fault(&e))?;
    progress.begin(&format!("verify {}", facts.id), addresses.len() as u64);
    let mut ledger = Ledger::new(layers);
    let mut left = &addresses[..];
    while !left.is_empty() {
        let tiles = runtime.block_on(read(&reader, left)).map_err(|e| fault(&e))?;
        left = &left[tiles.len()..];
        let looked =
            tiles.par_iter().map_init(tile::Eye::default, |eye, (at, gzipped)| eye.look(&truths, coord(*at), gzipped));
        let looked: Vec<_> = looked.collect();
        for seen in looked {
            record(&seen)?;
            ledger.enter(seen, facts);
        }
        progress.advance(tiles.len() as u64);
    }
    verdict(ledger, &truths, facts, layers)
}

/// Looks at some tiles of an archive.
///
/// # Errors
/// Exit 7 when one cannot be read.
pub fn tiles(archive: &StoredArchive, tiles: &[StoredTile], truths: &[Truth<'_>]) -> Result<Vec<(u64, TileSeen)>> {
    let look = |eye: &mut tile::Eye, stored: &StoredTile| {
        let mut gzipped = vec![];
        archive.read(*stored, &mut gzipped)?;
        Ok((stored.id, eye.look(truths, grid::tile(stored.id), &gzipped)))
    };
    tiles.par_iter().map_init(tile::Eye::default, look).collect()
}

/// The reports of all tiles that were entered.
///
/// # Errors
/// Exit 5 as [`archive`] has it.
pub fn verdict(
    mut ledger: Ledger<'_>,
    truths: &[Truth<'_>],
    facts: &SetFacts,
    layers: &[TileLayer<'_>],
) -> Result<Vec<ZoomReport>> {
    let mut faults = ledger.take_faults();
    let reports = ledger.reports(truths);
    faults.extend(report::losses(facts, layers, &reports));
    Failure::unless_empty(faults).map(|()| reports)
}

/// Reads at offsets: a mapped archive would count as memory of this process, tile by tile to the last.
struct Plain(File);

impl AsyncBackend for Plain {
    async fn read(&self, offset: u64, length: usize) -> PmtResult<BackendResponse> {
        let (mut bytes, mut filled) = (vec![0; length], 0);
        while filled < length {
            match self.0.read_at(&mut bytes[filled..], offset + filled as u64)? {
                0 => break,
                read => filled += read,
            }
        }
        bytes.truncate(filled);
        Ok(BackendResponse::new(bytes.into()))
    }
}

type Reader = Arc<AsyncPmTilesReader<Plain, HashMapCache>>;

/// The archive and the addresses of its tiles in the order of its directory.
async fn open(path: &Path) -> PmtResult<(Reader, Vec<Address>)> {
    let backend = Plain(File::open(path)?);
    let reader = Arc::new(AsyncPmTilesReader::try_from_cached_source(backend, HashMapCache::default()).await?);
    let mut addresses = vec![];
    let mut entries = Arc::clone(&reader).entries();
    while let Some(entry) = entries.try_next().await? {
        addresses.extend(entry.iter_coords().map(Address::from));
    }
    Ok((reader, addresses))
}

fn coord(at: Address) -> TileCoord {
    TileCoord { z: at.z(), x: at.x(), y: at.y() }
}

/// The first of `addresses` with their bytes, one at least and a batch at most.
async fn read(reader: &Reader, addresses: &[Address]) -> PmtResult<Vec<(Address, Vec<u8>)>> {
    let (mut tiles, mut bytes) = (vec![], 0);
    for at in addresses.iter().take(BATCH) {
        let tile = reader.get_tile(*at).await?.map(|bytes| bytes.to_vec()).unwrap_or_default();
        bytes += tile.len();
        tiles.push((*at, tile));
        if bytes >= BATCH_BYTES {
            break;
        }
    }
    Ok(tiles)
}

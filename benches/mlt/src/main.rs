//! What MapLibre Tiles (MLT) would save: every tile of an archive encoded once more by mlt-core.
//!
//! `mlt ARCHIVE.pmtiles`: bytes by zoom, gzipped MVT as stored, MLT plain and gzipped.

use std::collections::BTreeMap;
use std::error::Error;

use futures_util::TryStreamExt;
use libdeflater::{CompressionLvl, Compressor, Decompressor};
use mlt_core::encoder::EncoderConfig;
use mlt_core::mvt::mvt_to_tile_layers;
use pmtiles::{AsyncPmTilesReader, HashMapCache, MmapBackend, TileCoord};

#[derive(Default)]
struct Sums {
    tiles: u64,
    stored: u64,
    mlt: u64,
    gzipped: u64,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: mlt ARCHIVE.pmtiles")?;
    let backend = MmapBackend::try_from(path).await?;
    let reader = std::sync::Arc::new(AsyncPmTilesReader::try_from_cached_source(backend, HashMapCache::default()).await?);
    let mut entries = std::sync::Arc::clone(&reader).entries();
    let mut sums: BTreeMap<u8, Sums> = BTreeMap::new();
    while let Some(entry) = entries.try_next().await? {
        for at in entry.iter_coords().map(TileCoord::from) {
            let stored = reader.get_tile(at).await?.ok_or("a directory names a tile that is not there")?;
            let mlt = encode(inflated(&stored)?)?;
            let of_zoom = sums.entry(at.z()).or_default();
            of_zoom.tiles += 1;
            of_zoom.stored += stored.len() as u64;
            of_zoom.mlt += mlt.len() as u64;
            of_zoom.gzipped += gzipped(&mlt) as u64;
        }
    }
    println!("| z | tiles | MVT, gzip MB | MLT MB | MLT, gzip MB |\n|---|---|---|---|---|");
    for (z, Sums { tiles, stored, mlt, gzipped }) in sums {
        let mb = |bytes: u64| bytes as f64 / 1e6;
        println!("| {z} | {tiles} | {:.2} | {:.2} | {:.2} |", mb(stored), mb(mlt), mb(gzipped));
    }
    Ok(())
}

fn inflated(stored: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let size = u32::from_le_bytes(*stored.last_chunk::<4>().ok_or("the tile is cut off")?);
    let mut bytes = vec![0; size as usize];
    Decompressor::new().gzip_decompress(stored, &mut bytes)?;
    Ok(bytes)
}

fn encode(mvt: Vec<u8>) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut mlt = vec![];
    for layer in mvt_to_tile_layers(mvt)? {
        mlt.extend(layer.encode(EncoderConfig::default())?);
    }
    Ok(mlt)
}

fn gzipped(bytes: &[u8]) -> usize {
    let mut compressor = Compressor::new(CompressionLvl::new(6).expect("level 6 is one of libdeflate's"));
    let mut out = vec![0; compressor.gzip_compress_bound(bytes.len())];
    compressor.gzip_compress(bytes, &mut out).expect("the bound is never too small")
}

//! Tiles in the order of their ids → one PMTiles archive.

use std::io::{Seek, Write};

use libdeflater::{CompressionLvl, Compressor};
use pmtiles::{Compression, PmTilesStreamWriter, PmTilesWriter, TileCoord, TileId, TileType};

use super::identity::{Identity, KEY};
use super::layer::TileLayer;
use super::set::SetFacts;

/// gzip level of tiles: as small as zlib's 6 and three times as fast.
const LEVEL: i32 = 6;

/// Writes the tiles of one archive. An id given twice, or out of order, is an error: the writer itself
/// would keep silent.
pub struct Archive<W: Write + Seek> {
    writer: PmTilesStreamWriter<W>,
    last: Option<u64>,
}

/// What an archive says before its first tile.
#[derive(Clone)]
pub struct Head {
    pub tile_type: TileType,
    pub tile_compression: Compression,
    pub minzoom: u8,
    pub maxzoom: u8,
    /// West, south, east, north in 1e-7 degrees: whole numbers, as the header of the file holds them, so that
    /// an archive that is cut and merged again says the same.
    pub bounds_e7: [i32; 4],
    pub metadata: serde_json::Map<String, serde_json::Value>,
}

impl<W: Write + Seek> Archive<W> {
    pub fn create(
        out: W,
        facts: &SetFacts,
        layers: &[TileLayer<'_>],
        bounds_deg: [f64; 4],
    ) -> pmtiles::PmtResult<Self> {
        let (minzoom, maxzoom) = zooms(layers);
        let bounds_e7 = bounds_deg.map(|degrees| (degrees * 1e7).round() as i32);
        let identity = Identity { set: facts.id.clone(), bounds_e7, part: None };
        let mut metadata = metadata(facts, layers).as_object().cloned().unwrap_or_default();
        metadata.insert(KEY.into(), identity.to_json());
        let (tile_type, tile_compression) = (TileType::Mvt, Compression::Gzip);
        Self::begin(out, &Head { tile_type, tile_compression, minzoom, maxzoom, bounds_e7, metadata })
    }

    /// Takes tiles that are compressed as the head says.
    pub fn begin(out: W, head: &Head) -> pmtiles::PmtResult<Self> {
        let [west, south, east, north] = head.bounds_e7.map(|e7| f64::from(e7) / 1e7);
        let writer = PmTilesWriter::new(head.tile_type)
            .precompressed(head.tile_compression)
            .internal_compression(Compression::Gzip)
            .min_zoom(head.minzoom)
            .max_zoom(head.maxzoom)
            .bounds(west, south, east, north)
            .center((west + east) / 2.0, (south + north) / 2.0)
            .center_zoom(head.maxzoom.min(14).max(head.minzoom))
            .metadata(serde_json::Value::Object(head.metadata.clone()).to_string())
            .create(out)?;
        Ok(Archive { writer, last: None })
    }

    pub fn add(&mut self, tile_id: u64, gzipped: &[u8]) -> pmtiles::PmtResult<()> {
        assert!(self.last.is_none_or(|last| last < tile_id), "tiles come once each, in the order of their ids");
        self.last = Some(tile_id);
        self.writer.add_tile(TileCoord::from(TileId::new(tile_id)?), gzipped)
    }

    pub fn finish(self) -> pmtiles::PmtResult<()> {
        self.writer.finalize()
    }
}

/// Smallest and greatest zoom of some layers.
pub fn zooms(layers: &[TileLayer<'_>]) -> (u8, u8) {
    let minzoom = layers.iter().map(|layer| layer.minzoom).min().unwrap_or(0);
    let maxzoom = layers.iter().map(|layer| layer.maxzoom).max().unwrap_or(0);
    (minzoom, maxzoom)
}

/// The metadata that PMTiles and TileJSON share.
pub fn metadata(facts: &SetFacts, layers: &[TileLayer<'_>]) -> serde_json::Value {
    serde_json::json!({
        "name": facts.title,
        "description": facts.description,
        "attribution": facts.attribution,
        "type": "overlay",
        "vector_layers": layers.chunk_by(|a, b| a.name == b.name).map(vector_layer).collect::<Vec<_>>(),
    })
}

/// Layers of one name, which stand side by side, are one: each has other zooms.
fn vector_layer(layers: &[TileLayer<'_>]) -> serde_json::Value {
    let (minzoom, maxzoom) = zooms(layers);
    let layer = &layers[0];
    let fields: serde_json::Map<_, _> =
        layer.fields.iter().map(|field| (field.name.clone(), field.values.type_name().into())).collect();
    serde_json::json!({ "id": layer.name, "minzoom": minzoom, "maxzoom": maxzoom, "fields": fields })
}

/// gzip without a time in its head.
pub fn gzip(compressor: &mut Compressor, bytes: &[u8]) -> Vec<u8> {
    let mut gzipped = vec![0; compressor.gzip_compress_bound(bytes.len())];
    let size = compressor.gzip_compress(bytes, &mut gzipped).expect("the bound is never too small");
    gzipped.truncate(size);
    gzipped
}

pub fn compressor() -> Compressor {
    Compressor::new(CompressionLvl::new(LEVEL).expect("the level is one that libdeflate has"))
}

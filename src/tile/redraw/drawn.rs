//! What an archive was drawn from, kept beside the editions so that the next build draws only what changed.
//!
//! It is a help and never a source: whatever does not fit what is there now makes the whole archive be drawn.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::Xxh3;

use super::fingerprint::{self, Fingerprints};
use super::region::WorldBox;
use super::seen;
use crate::error::{Fault, Result, Stage};
use crate::tile::encode;
use crate::tile::layer::TileLayer;
use crate::tile::proof::tile::TileSeen;
use crate::tile::set::{Drawing, EnlargedFeatures, Witness};

const MAGIC: &[u8; 16] = b"congbo drawn 1\0\n";

/// Read again: the last drawing of a tile set.
#[derive(Default)]
pub struct Drawn {
    pub tiles: Vec<DrawnTile>,
    pub layers: Vec<DrawnLayer>,
    pub enlarged: Vec<EnlargedFeatures>,
    bytes: Vec<u8>,
}

/// A tile of the archive.
#[derive(Clone, Debug)]
pub struct DrawnTile {
    pub id: u64,
    /// Of the tile as it is stored.
    pub digest: u64,
    seen: std::ops::Range<usize>,
}

/// A layer, feature by feature.
#[derive(Clone, Debug, Default)]
pub struct DrawnLayer {
    /// Name, zooms, fields and kind.
    pub key: String,
    pub ids: Vec<u64>,
    pub fingerprints: Fingerprints,
    pub boxes: Vec<WorldBox>,
    /// Where the coordinates of each feature end in `first_zooms`.
    pub ends: Vec<u32>,
    pub first_zooms: Vec<u8>,
}

impl Drawn {
    /// `None` when there is none, it is damaged, or another program wrote it.
    pub fn read(path: &Path) -> Option<Self> {
        let bytes = std::fs::read(path).ok()?;
        let (content, checksum) = bytes.split_last_chunk::<8>()?;
        let is_whole = xxhash_rust::xxh3::xxh3_64(content) == u64::from_le_bytes(*checksum);
        let mut drawn = Drawn::default();
        Source { bytes: content, at: 0 }.drawn(&mut drawn).filter(|()| is_whole)?;
        drawn.bytes = bytes;
        Some(drawn)
    }

    /// What the proof saw in a tile; features get the numbers that they have now.
    pub fn seen(&self, tile: &DrawnTile, number_now: &[Vec<u32>]) -> Option<TileSeen> {
        seen::read(&self.bytes[tile.seen.clone()], tile.id, tile.digest, number_now)
    }
}

/// Name, zooms, fields and kind of a layer: all that its tiles depend on beside its features.
pub fn key(layer: &TileLayer<'_>) -> String {
    let fields: Vec<String> =
        layer.fields.iter().map(|field| format!("{} {}", field.name, field.values.type_name())).collect();
    let TileLayer { name, minzoom, maxzoom, complete, coverage, .. } = layer;
    let (kind, on_grid, inside) = (layer.shapes.kind, layer.is_on_grid(), layer.inside.is_some());
    format!("{name} {minzoom} {maxzoom} {complete} {coverage} {kind:?} {on_grid} {inside} {}", fields.join(", "))
}

/// Writes it while an archive is proved.
pub struct DrawnWriter {
    path: PathBuf,
    out: BufWriter<File>,
    sum: Xxh3,
    entry: Vec<u8>,
}

impl DrawnWriter {
    /// # Errors
    /// Exit 7 when the file cannot be written.
    pub fn create(path: &Path) -> Result<Self> {
        let file = File::create(path).map_err(|e| Fault::storage(Stage::Tile, path, e))?;
        let mut writer =
            DrawnWriter { path: path.to_owned(), out: BufWriter::new(file), sum: Xxh3::new(), entry: vec![] };
        writer.begin_again()?;
        Ok(writer)
    }

    fn begin_again(&mut self) -> Result<()> {
        let file = File::create(&self.path).map_err(|e| Fault::storage(Stage::Tile, &self.path, e))?;
        (self.out, self.sum) = (BufWriter::with_capacity(1 << 20, file), Xxh3::new());
        self.put(MAGIC)?;
        self.put(&fingerprint::of_program().unwrap_or(0).to_le_bytes())
    }

    /// Closes the list of tiles with what they were drawn from.
    ///
    /// # Errors
    /// Exit 7 when the file cannot be written.
    pub fn finish(mut self, layers: &[DrawnLayer], enlarged: &[EnlargedFeatures]) -> Result<()> {
        self.put(&u64::MAX.to_le_bytes())?;
        self.number(layers.len())?;
        for layer in layers {
            self.layer(layer)?;
        }
        self.number(enlarged.len())?;
        for of_zoom in enlarged {
            self.number(usize::from(of_zoom.z))?;
            self.number(of_zoom.layer)?;
            self.list(&of_zoom.features, |feature| feature.to_le_bytes())?;
        }
        let sum = self.sum.digest().to_le_bytes();
        self.put(&sum)?;
        self.out.flush().map_err(|e| Fault::storage(Stage::Tile, &self.path, e).into())
    }

    fn layer(&mut self, layer: &DrawnLayer) -> Result<()> {
        self.list(layer.key.as_bytes(), |byte| [*byte])?;
        self.list(&layer.ids, |id| id.to_le_bytes())?;
        self.list(&layer.fingerprints.shapes, |print| print.to_le_bytes())?;
        self.list(&layer.fingerprints.values, |print| print.to_le_bytes())?;
        self.list(layer.boxes.as_flattened(), |side| side.to_le_bytes())?;
        self.list(&layer.ends, |end| end.to_le_bytes())?;
        self.list(&layer.first_zooms, |zoom| [*zoom])
    }

    fn number(&mut self, number: usize) -> Result<()> {
        self.put(&(number as u64).to_le_bytes())
    }

    fn list<T, const N: usize>(&mut self, items: &[T], bytes: impl Fn(&T) -> [u8; N]) -> Result<()> {
        self.number(items.len())?;
        let mut block = Vec::with_capacity(N << 12);
        for items in items.chunks(1 << 12) {
            block.clear();
            items.iter().for_each(|item| block.extend(bytes(item)));
            self.put(&block)?;
        }
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.sum.update(bytes);
        self.out.write_all(bytes).map_err(|e| Fault::storage(Stage::Tile, &self.path, e).into())
    }
}

impl Witness for DrawnWriter {
    fn begin(&mut self) -> Result<()> {
        self.begin_again()
    }

    fn see(&mut self, seen: &TileSeen) -> Result<()> {
        let mut entry = std::mem::take(&mut self.entry);
        entry.clear();
        seen::put(seen, &mut entry);
        self.put(&crate::tile::grid::tile_id(seen.tile).to_le_bytes())?;
        self.put(&seen.digest.to_le_bytes())?;
        self.number(entry.len())?;
        self.put(&entry)?;
        self.entry = entry;
        Ok(())
    }
}

/// A layer as it was just drawn.
pub fn layer(layer: &TileLayer<'_>, fingerprints: Fingerprints, first_zooms: Vec<u8>) -> DrawnLayer {
    // A feature without a ring ends where the one before it does.
    let ends = (0..layer.shapes.len()).scan(0, |last, feature| {
        *last = (layer.shapes.coords_of(feature).end as u32).max(*last);
        Some(*last)
    });
    DrawnLayer {
        key: key(layer),
        ids: layer.ids.clone(),
        fingerprints,
        boxes: encode::boxes(&layer.shapes),
        ends: ends.collect(),
        first_zooms,
    }
}

/// All layers of a drawing.
pub fn layers(layers: &[TileLayer<'_>], drawing: &mut Drawing) -> Vec<DrawnLayer> {
    let first_zooms = std::mem::take(&mut drawing.first_zooms);
    layers.iter().zip(first_zooms).map(|(of, zooms)| layer(of, Fingerprints::of(of), zooms)).collect()
}

/// A file's bytes, read from the front; whatever does not fit ends it.
struct Source<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Source<'_> {
    fn drawn(mut self, drawn: &mut Drawn) -> Option<()> {
        let is_ours = self.take(MAGIC.len())? == MAGIC && self.u64()? == fingerprint::of_program()?;
        if !is_ours {
            return None;
        }
        loop {
            let id = self.u64()?;
            if id == u64::MAX {
                break;
            }
            let (digest, length) = (self.u64()?, self.u64()? as usize);
            let seen = self.at..self.at.checked_add(length)?;
            self.take(length)?;
            drawn.tiles.push(DrawnTile { id, digest, seen });
        }
        for _ in 0..self.u64()? {
            drawn.layers.push(self.layer()?);
        }
        for _ in 0..self.u64()? {
            let (z, layer) = (self.u64()? as u8, self.u64()? as usize);
            drawn.enlarged.push(EnlargedFeatures { z, layer, features: self.list(u32::from_le_bytes)? });
        }
        (self.at == self.bytes.len()).then_some(())
    }

    fn layer(&mut self) -> Option<DrawnLayer> {
        Some(DrawnLayer {
            key: String::from_utf8(self.list(|[byte]| byte)?).ok()?,
            ids: self.list(u64::from_le_bytes)?,
            fingerprints: Fingerprints {
                shapes: self.list(u64::from_le_bytes)?,
                values: self.list(u64::from_le_bytes)?,
            },
            boxes: self.list(u32::from_le_bytes)?.as_chunks().0.to_vec(),
            ends: self.list(u32::from_le_bytes)?,
            first_zooms: self.list(|[byte]| byte)?,
        })
    }

    fn list<T, const N: usize>(&mut self, item: impl Fn([u8; N]) -> T) -> Option<Vec<T>> {
        let length = (self.u64()? as usize).checked_mul(N)?;
        Some(self.take(length)?.as_chunks().0.iter().map(|bytes| item(*bytes)).collect())
    }

    fn u64(&mut self) -> Option<u64> {
        self.take(8)?.try_into().ok().map(u64::from_le_bytes)
    }

    fn take(&mut self, length: usize) -> Option<&[u8]> {
        let taken = self.bytes.get(self.at..self.at.checked_add(length)?)?;
        self.at += length;
        Some(taken)
    }
}

//! The tiles of a package: scripts of some hundred kilobytes that a page loads as the map is moved.
//!
//! One line is one tile, packed as in the archive, in base64: so two packages are compared by line, and a delta
//! carries the tiles that changed.

use std::collections::BTreeMap;

use ct_codecs::{Base64, Encoder};
use serde::Serialize;

use crate::error::Result;
use crate::model::tile_coord::TileCoord;
use crate::tile::grid;
use crate::tile::stored::{StoredArchive, StoredTile};

/// Tiles from this zoom on lie in the shard of the tile of this zoom that they are part of: at most 21 with z16.
const FINE: u8 = 14;
/// Tiles from this zoom to `FINE` in one of this zoom; those above in one for all.
const COARSE: u8 = 10;

/// A tile set as the viewer is told of it.
#[derive(Clone, Debug, Serialize)]
pub struct Set {
    pub minzoom: u8,
    pub maxzoom: u8,
    /// West, south, east, north in degrees.
    pub bounds: [f64; 4],
    pub shards: Vec<String>,
}

/// The tiles of an archive by the shard in which they go.
pub type Shards = BTreeMap<String, Vec<StoredTile>>;

/// `14-13033-7200`: where a tile lies.
fn shard_of(tile: TileCoord) -> String {
    let zoom = match tile.z {
        z if z >= FINE => FINE,
        z if z >= COARSE => COARSE,
        _ => return "goc".into(),
    };
    let up = tile.z - zoom;
    format!("{zoom}-{}-{}", tile.x >> up, tile.y >> up)
}

/// The tiles that `keeps`, by shard.
pub fn of(archive: &StoredArchive, mut keeps: impl FnMut(TileCoord) -> bool) -> Result<Shards> {
    let mut shards = Shards::new();
    for tile in archive.tiles() {
        let tile = tile?;
        let coord = grid::tile(tile.id);
        if keeps(coord) {
            shards.entry(shard_of(coord)).or_default().push(tile);
        }
    }
    Ok(shards)
}

/// One shard as a script.
pub fn script(archive: &StoredArchive, set: &str, shard: &str, tiles: &[StoredTile]) -> Result<String> {
    let mut text = format!("congboGoi.o(\"{set}\",\"{shard}\",{{\n");
    let mut bytes = vec![];
    for tile in tiles {
        archive.read(*tile, &mut bytes)?;
        let base64 = Base64::encode_to_string(&bytes).unwrap_or_default();
        text.push_str(&format!("\"{}\":\"{base64}\",\n", crate::tile::stored::address(tile.id)));
    }
    text.push_str("});\n");
    Ok(text)
}

pub fn describe(archive: &StoredArchive, shards: &Shards, bounds: [f64; 4]) -> Set {
    let (minzoom, maxzoom) = (archive.head.minzoom, archive.head.maxzoom);
    Set { minzoom, maxzoom, bounds, shards: shards.keys().cloned().collect() }
}

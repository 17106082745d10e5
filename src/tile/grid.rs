//! The grid of a zoom: 4096 units to a tile, so a power of two of world units to a unit.

use crate::model::shapes::WorldCoord;
use crate::model::tile_coord::{MAX_DRAWN_ZOOM, TileCoord};

/// Units along the side of a tile (MVT 2.1, 4.1).
pub const EXTENT: u32 = 4096;

/// Units drawn beyond the side of a tile, so that outlines do not show where tiles meet: 4 pixels of a
/// tile drawn at 512 pixels.
pub const BUFFER: i32 = 32;

/// The grid of one zoom.
#[derive(Clone, Copy, Debug)]
pub struct Grid {
    pub z: u8,
    shift: u32,
}

/// A point of a [`Grid`], counted from the north-west corner of the world.
pub type GridPoint = [u32; 2];

/// A box in units of a [`Grid`]: west, north, east, south, all inclusive.
pub type UnitBox = [i64; 4];

impl Grid {
    pub fn new(z: u8) -> Self {
        assert!(z <= MAX_DRAWN_ZOOM, "zoom {z} is finer than the world coordinates");
        Grid { z, shift: u32::from(20 - z) }
    }

    /// World units to one unit of this grid, as a power of two.
    pub fn shift(self) -> u32 {
        self.shift
    }

    /// World units to one unit of this grid.
    pub fn unit(self) -> f32 {
        (1u64 << self.shift) as f32
    }

    /// The nearest grid point; two features that share a corner get the same one.
    pub fn quantise(self, world: WorldCoord) -> [i64; 2] {
        self.point(world).map(i64::from)
    }

    /// The same; the last half unit before the date line is rounded down.
    pub fn point(self, world: WorldCoord) -> GridPoint {
        let half = (1u32 << self.shift) >> 1;
        world.map(|v| v.saturating_add(half) >> self.shift)
    }

    /// A box of world units on this grid; `None` when it holds nothing.
    pub fn unit_box(self, [west, north, east, south]: [u32; 4]) -> Option<UnitBox> {
        let ([west, north], [east, south]) = (self.quantise([west, north]), self.quantise([east, south]));
        (west <= east).then_some([west, north, east, south])
    }

    /// The tiles that a box touches when each is drawn with `buffer` units around it.
    pub fn tiles(self, [west, north, east, south]: UnitBox, buffer: i32) -> impl Iterator<Item = TileCoord> {
        let buffer = i64::from(buffer);
        let tile = |v: i64| (v.div_euclid(i64::from(EXTENT))).clamp(0, (1 << self.z) - 1) as u32;
        let (x0, x1) = (tile(west - buffer), tile(east + buffer));
        let (y0, y1) = (tile(north - buffer), tile(south + buffer));
        let z = self.z;
        (y0..=y1).flat_map(move |y| (x0..=x1).map(move |x| TileCoord { z, x, y }))
    }

    /// The tile that a point lies in.
    pub fn tile_of(self, world: WorldCoord) -> TileCoord {
        let [x, y] = world.map(|v| if self.z == 0 { 0 } else { v >> (32 - u32::from(self.z)) });
        TileCoord { z: self.z, x, y }
    }
}

/// The north-west corner of a tile in units of its grid.
pub fn origin(tile: TileCoord) -> [i64; 2] {
    [i64::from(tile.x) * i64::from(EXTENT), i64::from(tile.y) * i64::from(EXTENT)]
}

/// Position on the Hilbert curve over all zooms: the order of a PMTiles archive (PMTiles 3, 4.1).
pub fn tile_id(tile: TileCoord) -> u64 {
    pmtiles::TileCoord::new(tile.z, tile.x, tile.y).map(|coord| pmtiles::TileId::from(coord).value()).unwrap_or(0)
}

/// The tile of an id that [`tile_id`] made.
pub fn tile(id: u64) -> TileCoord {
    let coord = pmtiles::TileId::new(id).map(pmtiles::TileCoord::from).expect("the id was made from a tile");
    TileCoord { z: coord.z(), x: coord.x(), y: coord.y() }
}

/// The ids of a zoom's tiles.
pub fn ids(z: u8) -> std::ops::Range<u64> {
    let first = |z: u8| ((1u64 << (2 * z)) - 1) / 3;
    first(z)..first(z + 1)
}

/// West, north, east, south of some corners; of none a box that holds nothing.
pub fn world_box<'c>(corners: impl Iterator<Item = &'c WorldCoord>) -> [u32; 4] {
    corners.fold([u32::MAX, u32::MAX, 0, 0], |b, [x, y]| [b[0].min(*x), b[1].min(*y), b[2].max(*x), b[3].max(*y)])
}

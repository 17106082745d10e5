//! Tile addresses.

/// A tile of the Web Mercator pyramid in XYZ order (y grows southward).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct TileCoord {
    pub z: u8,
    pub x: u32,
    pub y: u32,
}

/// No tile set goes deeper: at z22 and extent 4096 one unit is 2 mm.
pub const MAX_ZOOM: u8 = 22;

/// The deepest zoom that tiles are made for: beyond it one unit would be finer than the world coordinates'
/// 32 bits.
pub const MAX_DRAWN_ZOOM: u8 = 20;

impl TileCoord {
    /// `None` when z is over [`MAX_ZOOM`] or x or y lies outside the pyramid.
    pub fn new(z: u8, x: u32, y: u32) -> Option<Self> {
        (z <= MAX_ZOOM && x < 1 << z && y < 1 << z).then_some(TileCoord { z, x, y })
    }
}

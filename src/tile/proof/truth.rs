//! What the tiles of a layer are held against: the layer's own shapes and values, as they came in.

use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::model::shapes::{GeometryKind, WorldCoord};
use crate::project::mercator::metres_per_world_unit;
use crate::tile::grid::Grid;
use crate::tile::layer::{ABSENT, TileLayer, Values};
use crate::tile::outline::{edges, outline};

/// A layer as its tiles should show it.
pub struct Truth<'a> {
    pub layer: &'a TileLayer<'a>,
    by_id: FxHashMap<u64, u32>,
    /// Whether the edge that begins at a coordinate is one that no other polygon runs along.
    pub outline: Vec<bool>,
}

impl<'a> Truth<'a> {
    pub fn new(layer: &'a TileLayer<'a>) -> Self {
        let mut by_id = FxHashMap::with_capacity_and_hasher(layer.ids.len(), FxBuildHasher);
        by_id.extend(layer.ids.iter().enumerate().map(|(i, id)| (*id, i as u32)));
        let outline = if layer.shapes.kind == GeometryKind::Polygon { outline(&layer.shapes) } else { vec![] };
        Truth { layer, by_id, outline }
    }

    /// The feature of an id.
    pub fn feature(&self, id: u64) -> Option<usize> {
        self.by_id.get(&id).map(|i| *i as usize)
    }

    /// Area of a feature in square units of a zoom's grid.
    pub fn area_units2(&self, i: usize, z: u8) -> f64 {
        let unit = f64::from(Grid::new(z).unit());
        let origin = self.layer.shapes.feature_rings(i).flatten().next().copied().unwrap_or_default();
        let local = |p: WorldCoord| [0, 1].map(|axis| i64::from(p[axis]) - i64::from(origin[axis]));
        let cross = |(_, a, b): (usize, WorldCoord, WorldCoord)| {
            let (a, b) = (local(a), local(b));
            b[0] * a[1] - a[0] * b[1]
        };
        let twice: i64 = self.layer.shapes.ring_indices(i).flat_map(|ring| self.edges(ring)).map(cross).sum();
        twice as f64 / 2.0 / (unit * unit)
    }

    /// Sums by the text of the layer's first field; features that are not drawn are NaN.
    pub fn by_first_value(&self, areas: &[f64]) -> FxHashMap<&str, f64> {
        let mut sums = FxHashMap::default();
        let Some(Values::Text { words, which }) = self.layer.fields.first().map(|field| &field.values) else {
            return sums;
        };
        for (area, which) in areas.iter().zip(which).filter(|(area, which)| !area.is_nan() && **which != ABSENT) {
            *sums.entry(words.get(*which)).or_default() += area;
        }
        sums
    }

    /// Side of a grid unit on the ground, in the middle of the layer.
    pub fn metres_per_unit(&self, z: u8) -> f64 {
        let ys = || self.layer.shapes.coords.iter().map(|p| p[1]);
        let (north, south) = (ys().min().unwrap_or(0), ys().max().unwrap_or(0));
        f64::from(Grid::new(z).unit()) * metres_per_world_unit(north + (south - north) / 2)
    }

    /// The edges of a ring: index of the first coordinate, from, to.
    pub fn edges(&self, ring: usize) -> impl Iterator<Item = (usize, WorldCoord, WorldCoord)> {
        edges(&self.layer.shapes, ring)
    }
}

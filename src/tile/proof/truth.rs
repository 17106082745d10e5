//! What the tiles of a layer are held against: the layer's own shapes and values, as they came in.

use std::hash::BuildHasher;

use hashbrown::HashTable;
use rayon::prelude::*;
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::model::shapes::{GeometryKind, Shapes, WorldCoord};
use crate::project::mercator::metres_per_world_unit;
use crate::tile::grid::Grid;
use crate::tile::layer::{ABSENT, TileLayer, Values};
use crate::tile::outline::{edges, outline};

/// A layer as its tiles should show it.
pub struct Truth<'a> {
    pub layer: &'a TileLayer<'a>,
    /// Features by their ids, which stand in the layer: a third of the memory that a map would take.
    by_id: HashTable<u32>,
    /// Whether the edge that begins at a coordinate is one that no other polygon runs along.
    pub outline: Vec<bool>,
    /// Of each polygon.
    sizes: Vec<Size>,
    /// Side of a world unit on the ground, in the middle of the layer.
    unit_m: f64,
}

/// Area in square world units, holes left out, and length of all rings.
struct Size {
    area: f64,
    border: f64,
}

impl<'a> Truth<'a> {
    pub fn new(layer: &'a TileLayer<'a>) -> Self {
        let is_land = layer.shapes.kind == GeometryKind::Polygon;
        let outline = if is_land { outline(&layer.shapes) } else { vec![] };
        let by_id = by_id(layer, 0..layer.ids.len() as u32);
        Truth { layer, by_id, outline, sizes: sizes(layer), unit_m: unit_m(layer) }
    }

    /// The same for some features only, with the sizes of all: what tiles that show no others are held against.
    pub fn near(layer: &'a TileLayer<'a>, features: &[u32]) -> Self {
        let mut outlined = vec![];
        if layer.shapes.kind == GeometryKind::Polygon {
            let places = features.iter().flat_map(|feature| layer.shapes.coords_of(*feature as usize));
            outlined.resize(layer.shapes.coords.len(), false);
            places.zip(outline(&layer.shapes.select(features))).for_each(|(i, is_outline)| outlined[i] = is_outline);
        }
        let by_id = by_id(layer, features.iter().copied());
        Truth { layer, by_id, outline: outlined, sizes: sizes(layer), unit_m: unit_m(layer) }
    }

    /// The feature of an id.
    pub fn feature(&self, id: u64) -> Option<usize> {
        self.by_id.find(hash(id), |i| self.layer.ids[*i as usize] == id).map(|i| *i as usize)
    }

    /// Areas of the polygons in square units of a zoom's grid.
    pub fn areas_units2(&self, z: u8) -> impl Iterator<Item = f64> {
        let unit = f64::from(Grid::new(z).unit());
        self.sizes.iter().map(move |size| size.area / (unit * unit))
    }

    /// How much of a polygon's area a zoom can change when its border moves by so many units everywhere.
    pub fn leeway_units2(&self, i: usize, z: u8, units: f64) -> f64 {
        units * (self.sizes[i].border / f64::from(Grid::new(z).unit()) + 4.0 * units)
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
        f64::from(Grid::new(z).unit()) * self.unit_m
    }

    /// The edges of a ring: index of the first coordinate, from, to.
    pub fn edges(&self, ring: usize) -> impl Iterator<Item = (usize, WorldCoord, WorldCoord)> {
        edges(&self.layer.shapes, ring)
    }
}

fn by_id(layer: &TileLayer<'_>, features: impl ExactSizeIterator<Item = u32>) -> HashTable<u32> {
    let id = |i: u32| layer.ids[i as usize];
    let mut table = HashTable::with_capacity(features.len());
    for i in features {
        table.entry(hash(id(i)), |other| id(*other) == id(i), |other| hash(id(*other))).insert(i);
    }
    table
}

fn hash(id: u64) -> u64 {
    FxBuildHasher.hash_one(id)
}

fn sizes(layer: &TileLayer<'_>) -> Vec<Size> {
    let polygons = if layer.shapes.kind == GeometryKind::Polygon { layer.shapes.len() } else { 0 };
    (0..polygons).into_par_iter().with_min_len(1024).map(|i| size(&layer.shapes, i)).collect()
}

fn size(shapes: &Shapes<WorldCoord>, i: usize) -> Size {
    let origin = shapes.feature_rings(i).flatten().next().copied().unwrap_or_default();
    let local = |p: WorldCoord| [0, 1].map(|axis| i64::from(p[axis]) - i64::from(origin[axis]));
    let (mut twice, mut border) = (0, 0.0);
    for (_, a, b) in shapes.ring_indices(i).flat_map(|ring| edges(shapes, ring)) {
        let (a, b) = (local(a), local(b));
        twice += b[0] * a[1] - a[0] * b[1];
        border += ((b[0] - a[0]) as f64).hypot((b[1] - a[1]) as f64);
    }
    Size { area: twice as f64 / 2.0, border }
}

fn unit_m(layer: &TileLayer<'_>) -> f64 {
    let ys = || layer.shapes.coords.iter().map(|p| p[1]);
    let (north, south) = (ys().min().unwrap_or(0), ys().max().unwrap_or(0));
    metres_per_world_unit(north + (south - north) / 2)
}

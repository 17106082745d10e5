//! The geometry of a whole layer in flat arrays.

use serde::{Deserialize, Serialize};

/// What the features of a layer are drawn as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GeometryKind {
    Point,
    Line,
    #[default]
    Polygon,
}

/// Web Mercator (EPSG:3857) as unsigned 32-bit fixed point: the world is 2^32 units wide, x grows
/// eastward and y southward, (0, 0) is the north-west corner. One unit is 9.3 mm at the equator.
pub type WorldCoord = [u32; 2];

/// VN-2000 in metres: easting, northing (EPSG's axis order, not the papers' X = north).
pub type GridCoord = [f64; 2];

/// Features → parts → rings → coordinates, each level as the exclusive end index into the next.
///
/// A polygon part is an outer ring followed by its holes; rings are **open** (the first point is not
/// repeated), outer rings counter-clockwise and holes clockwise as seen on a map with north up.
/// A line is one part with one "ring"; a point is one part with one ring of one coordinate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shapes<C> {
    pub kind: GeometryKind,
    pub coords: Vec<C>,
    pub ring_ends: Vec<u32>,
    pub part_ends: Vec<u32>,
    pub feature_ends: Vec<u32>,
}

impl<C> Shapes<C> {
    pub fn new(kind: GeometryKind) -> Self {
        Shapes { kind, coords: vec![], ring_ends: vec![], part_ends: vec![], feature_ends: vec![] }
    }

    pub fn len(&self) -> usize {
        self.feature_ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.feature_ends.is_empty()
    }

    /// Closes the ring (or line) made of the coordinates pushed since the last one.
    pub fn end_ring(&mut self) {
        self.ring_ends.push(self.coords.len() as u32);
    }

    pub fn end_part(&mut self) {
        self.part_ends.push(self.ring_ends.len() as u32);
    }

    pub fn end_feature(&mut self) {
        self.feature_ends.push(self.part_ends.len() as u32);
    }

    /// The parts of one feature, as indices for [`Shapes::rings`].
    pub fn parts(&self, feature: usize) -> std::ops::Range<usize> {
        range(&self.feature_ends, feature)
    }

    /// The rings of one part, as indices for [`Shapes::ring`].
    pub fn rings(&self, part: usize) -> std::ops::Range<usize> {
        range(&self.part_ends, part)
    }

    pub fn ring_range(&self, ring: usize) -> std::ops::Range<usize> {
        range(&self.ring_ends, ring)
    }

    pub fn ring(&self, ring: usize) -> &[C] {
        &self.coords[self.ring_range(ring)]
    }

    /// All rings of one feature, outer and inner, in order.
    pub fn feature_rings(&self, feature: usize) -> impl Iterator<Item = &[C]> {
        self.ring_indices(feature).map(|ring| self.ring(ring))
    }

    /// The same, as indices for [`Shapes::ring`].
    pub fn ring_indices(&self, feature: usize) -> std::ops::Range<usize> {
        let parts = self.parts(feature);
        let first = if parts.start == 0 { 0 } else { self.part_ends[parts.start - 1] as usize };
        let last = if parts.is_empty() { first } else { self.part_ends[parts.end - 1] as usize };
        first..last
    }

    /// Adds the features of another layer behind these.
    pub fn append(&mut self, other: &Shapes<C>)
    where
        C: Clone,
    {
        let (coords, rings, parts) = (self.coords.len(), self.ring_ends.len(), self.part_ends.len());
        self.coords.extend_from_slice(&other.coords);
        self.ring_ends.extend(other.ring_ends.iter().map(|end| end + coords as u32));
        self.part_ends.extend(other.part_ends.iter().map(|end| end + rings as u32));
        self.feature_ends.extend(other.feature_ends.iter().map(|end| end + parts as u32));
    }

    /// Adds one feature of another layer.
    pub fn append_feature(&mut self, other: &Shapes<C>, feature: usize)
    where
        C: Clone,
    {
        for part in other.parts(feature) {
            for ring in other.rings(part) {
                self.coords.extend_from_slice(other.ring(ring));
                self.end_ring();
            }
            self.end_part();
        }
        self.end_feature();
    }

    /// Some of the features, in the order in which they are named.
    pub fn select(&self, features: &[u32]) -> Self
    where
        C: Clone,
    {
        let mut selected = Shapes::new(self.kind);
        features.iter().for_each(|feature| selected.append_feature(self, *feature as usize));
        selected
    }

    /// Where the coordinates of a feature lie.
    pub fn coords_of(&self, feature: usize) -> std::ops::Range<usize> {
        let rings = self.ring_indices(feature);
        match rings.is_empty() {
            true => 0..0,
            false => self.ring_range(rings.start).start..self.ring_range(rings.end - 1).end,
        }
    }

    /// The same structure with every coordinate replaced.
    pub fn map<D>(&self, f: impl FnMut(&C) -> D) -> Shapes<D> {
        Shapes {
            kind: self.kind,
            coords: self.coords.iter().map(f).collect(),
            ring_ends: self.ring_ends.clone(),
            part_ends: self.part_ends.clone(),
            feature_ends: self.feature_ends.clone(),
        }
    }
}

fn range(ends: &[u32], i: usize) -> std::ops::Range<usize> {
    let start = if i == 0 { 0 } else { ends[i - 1] as usize };
    start..ends[i] as usize
}

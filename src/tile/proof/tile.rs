//! One tile, decoded and looked at layer by layer.

use super::measure::{self, Misfit, Rings};
use super::polygons::{PolygonEye, PolygonsSeen};
use super::truth::Truth;
use super::values::ValueEye;
use crate::model::shapes::GeometryKind;
use crate::model::tile_coord::TileCoord;
use crate::tile::decode::{self, DecodedFeature, DecodedLayer};
use crate::tile::grid::{EXTENT, Grid, origin};

/// No tile that congbo writes inflates to more.
const MAX_TILE_BYTES: usize = 64 << 20;

/// What one tile shows.
pub struct TileSeen {
    pub tile: TileCoord,
    pub bytes: u64,
    /// Of the tile as it is stored.
    pub digest: u64,
    pub layers: Vec<LayerSeen>,
    pub faults: Vec<String>,
}

pub struct LayerSeen {
    /// Number of the layer.
    pub layer: usize,
    /// Features that are not polygons.
    pub others: Vec<u32>,
    pub labels_outside: u64,
    pub polygons: Option<PolygonsSeen>,
    pub misfit: Misfit,
}

/// Looks at tiles; keeps its working space from one to the next.
#[derive(Default)]
pub struct Eye {
    polygons: PolygonEye,
    values: ValueEye,
    inflated: Vec<u8>,
}

impl Eye {
    pub fn look(&mut self, truths: &[Truth<'_>], tile: TileCoord, gzipped: &[u8]) -> TileSeen {
        let mut seen =
            TileSeen { tile, bytes: gzipped.len() as u64, digest: digest(gzipped), layers: vec![], faults: vec![] };
        let mut inflated = std::mem::take(&mut self.inflated);
        match inflate(gzipped, &mut inflated).and_then(|()| decode::tile(&inflated)) {
            Ok(layers) => layers.iter().for_each(|layer| self.layer(truths, layer, &mut seen)),
            Err(problem) => seen.faults.push(problem),
        }
        self.inflated = inflated;
        seen
    }

    fn layer(&mut self, truths: &[Truth<'_>], layer: &DecodedLayer<'_>, seen: &mut TileSeen) {
        let here = |truth: &Truth<'_>| truth.layer.name == layer.name && truth.layer.is_at(seen.tile.z);
        let Some(number) = truths.iter().position(here) else {
            return seen.faults.push(format!("layer '{}' is not one of the set", layer.name));
        };
        let truth = &truths[number];
        self.fields(truth, layer, &mut seen.faults);
        let mut found =
            LayerSeen { layer: number, others: vec![], labels_outside: 0, polygons: None, misfit: Misfit::default() };
        if truth.layer.shapes.kind == GeometryKind::Polygon {
            let mut polygons = self.polygons.look(truth, layer, seen.tile);
            seen.faults.append(&mut polygons.faults);
            if polygons.overlaps + polygons.gaps > 0 {
                found.misfit = misfit(truth, layer, seen.tile);
            }
            found.polygons = Some(polygons);
        } else {
            let features = layer.features.iter().filter_map(|feature| Some((feature, truth.feature(feature.id?)?)));
            for (feature, i) in features {
                found.others.push(i as u32);
                found.labels_outside += u64::from(!label_is_inside(truth, layer, feature, i, seen.tile));
            }
        }
        seen.layers.push(found);
    }

    /// Ids and values.
    fn fields(&mut self, truth: &Truth<'_>, layer: &DecodedLayer<'_>, faults: &mut Vec<String>) {
        self.values.begin(truth, layer);
        for feature in &layer.features {
            let known = feature.id.and_then(|id| truth.feature(id));
            let fault = |problem: &str| format!("{}: feature {}: {problem}", layer.name, feature.id.unwrap_or(0));
            match known {
                None => faults.push(fault("has no id of the layer")),
                Some(i) if !self.values.are_equal(truth, layer, feature, i) => {
                    faults.push(fault("has other values than the layer"));
                }
                Some(_) if layer.parts(feature).next().is_none() => faults.push(fault("has no geometry")),
                Some(_) => {}
            }
        }
    }
}

/// By which a stored tile is known again.
pub fn digest(gzipped: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(gzipped)
}

fn inflate(gzipped: &[u8], bytes: &mut Vec<u8>) -> Result<(), String> {
    let size = gzipped.last_chunk::<4>().map_or(0, |size| u32::from_le_bytes(*size) as usize);
    if size > MAX_TILE_BYTES {
        return Err(format!("the tile inflates to {size} bytes"));
    }
    bytes.clear();
    bytes.resize(size, 0);
    let written = libdeflater::Decompressor::new().gzip_decompress(gzipped, bytes).map_err(|e| e.to_string())?;
    bytes.truncate(written);
    Ok(())
}

/// Measures overlaps and gaps of one tile.
fn misfit(truth: &Truth<'_>, layer: &DecodedLayer<'_>, tile: TileCoord) -> Misfit {
    let unit = f64::from(Grid::new(tile.z).unit());
    let origin = origin(tile);
    let shapes = &truth.layer.shapes;
    let place = |p: &[u32; 2]| [0, 1].map(|axis| f64::from(p[axis]) / unit - origin[axis] as f64);
    let source = |i: usize| -> Rings { shapes.feature_rings(i).map(|ring| ring.iter().map(place).collect()).collect() };
    let drawn = |feature: &DecodedFeature| -> Rings {
        layer.parts(feature).map(|ring| ring.iter().map(|p| p.map(f64::from)).collect()).collect()
    };
    let known = layer.features.iter().filter_map(|feature| Some((feature, truth.feature(feature.id?)?)));
    let (sources, drawn): (Vec<Rings>, Vec<Rings>) = known.map(|(feature, i)| (source(i), drawn(feature))).unzip();
    measure::misfit(&sources, &drawn, f64::from(EXTENT))
}

/// Whether a label lies in the polygon that it names, to the grid's rounding.
fn label_is_inside(
    truth: &Truth<'_>,
    layer: &DecodedLayer<'_>,
    feature: &DecodedFeature,
    i: usize,
    tile: TileCoord,
) -> bool {
    let Some(shapes) = &truth.layer.inside else { return true };
    let unit = f64::from(Grid::new(tile.z).unit());
    let origin = origin(tile);
    let place = |p: [u32; 2]| [0, 1].map(|axis| f64::from(p[axis]) / unit - origin[axis] as f64);
    layer.parts(feature).flatten().all(|label| {
        let at = label.map(f64::from);
        let edges = || {
            shapes
                .feature_rings(i)
                .flat_map(|ring| (0..ring.len()).map(move |k| (place(ring[k]), place(ring[(k + 1) % ring.len()]))))
        };
        let crossed = edges().filter(|(a, b)| {
            (a[1] > at[1]) != (b[1] > at[1]) && a[0] + (at[1] - a[1]) * (b[0] - a[0]) / (b[1] - a[1]) < at[0]
        });
        crossed.count() % 2 == 1 || edges().any(|(a, b)| super::distance::to_line_squared(at, a, b) <= 1.0)
    })
}

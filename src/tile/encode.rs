//! One tile as MVT 2.1.
//!
//! Polygons are written here; points and lines by mvt (ADR 0018 says why).

use mvt::{GeomData, GeomEncoder, GeomType, Layer, Tile};
use rayon::prelude::*;

use super::clip::{self, Point};
use super::coverage;
use super::dictionary::{Dictionary, POLYGON, Tagger};
use super::grid::{self, BUFFER, EXTENT, Grid};
use super::layer::TileLayer;
use super::noding::Noded;
use super::pairs::Job;
use super::polygon::PolygonPen;
use crate::model::shapes::{GeometryKind, Shapes, WorldCoord};
use crate::model::tile_coord::TileCoord;

const MIN: i32 = -BUFFER;
const MAX: i32 = EXTENT as i32 + BUFFER;

/// A layer with all that is worked out once for every tile of it.
pub struct Prepared<'a> {
    pub layer: &'a TileLayer<'a>,
    /// The zoom from which each coordinate is drawn.
    pub first_zooms: Vec<u8>,
    /// West, north, east, south of each feature in world units.
    pub boxes: Vec<[u32; 4]>,
    /// The features that are looked at, in order: all, or those near what is drawn anew.
    pub features: Vec<u32>,
    dictionary: Dictionary<'a>,
}

impl<'a> Prepared<'a> {
    /// `every_corner`: none is left out, however little it matters at a zoom.
    pub fn new(layer: &'a TileLayer<'a>, every_corner: bool) -> Self {
        let first_zooms = match every_corner || layer.is_on_grid() {
            true => vec![0; layer.shapes.coords.len()],
            false => coverage::first_zooms(&layer.shapes),
        };
        Prepared::with(layer, boxes(&layer.shapes), first_zooms)
    }

    /// The same, with what is known of it already.
    pub fn with(layer: &'a TileLayer<'a>, boxes: Vec<[u32; 4]>, first_zooms: Vec<u8>) -> Self {
        let features = (0..layer.shapes.len() as u32).collect();
        Prepared { layer, first_zooms, boxes, features, dictionary: Dictionary::new(&layer.fields) }
    }
}

/// West, north, east, south of each feature in world units.
pub fn boxes(shapes: &Shapes<WorldCoord>) -> Vec<[u32; 4]> {
    let features = (0..shapes.len()).into_par_iter().with_min_len(1024);
    features.map(|feature| grid::world_box(shapes.feature_rings(feature).flatten())).collect()
}

/// Draws tiles; keeps its working space from one to the next.
#[derive(Default)]
pub struct TileEncoder {
    pen: PolygonPen,
    line: Vec<Point>,
    geometry: Vec<u8>,
    drawn: Vec<(u32, u64)>,
    /// One for each layer: what it remembers is the layer's.
    taggers: Vec<Tagger>,
}

impl TileEncoder {
    /// Encodes one tile, uncompressed; empty when nothing is visible at this zoom. `noded` has the polygon layers
    /// on the grid of the tile's zoom, by the layers' numbers.
    pub fn encode(
        &mut self,
        job: Job<'_>,
        layers: &[Prepared<'_>],
        noded: &[Option<Noded<'_>>],
    ) -> Result<Vec<u8>, mvt::Error> {
        self.taggers.resize_with(layers.len(), Tagger::default);
        let mut encoded = vec![];
        for (number, features) in job.layers() {
            match &noded[number] {
                Some(noded) => self.polygons(job.tile, number, &layers[number], noded, features, &mut encoded),
                None => self.others(job.tile, number, &layers[number], features, &mut encoded)?,
            }
        }
        Ok(encoded)
    }

    fn polygons(
        &mut self,
        tile: TileCoord,
        number: usize,
        prepared: &Prepared<'_>,
        noded: &Noded<'_>,
        features: impl Iterator<Item = u32>,
        out: &mut Vec<u8>,
    ) {
        let (layer, tagger) = (prepared.layer, &mut self.taggers[number]);
        tagger.begin(&prepared.dictionary, &layer.name);
        let mut any = false;
        for feature in features {
            self.geometry.clear();
            if self.pen.draw(tile, noded, &layer.shapes, feature as usize, &mut self.geometry) {
                tagger.feature(&prepared.dictionary, feature, layer.ids[feature as usize], POLYGON, &self.geometry);
                any = true;
            }
        }
        if any {
            tagger.finish(&prepared.dictionary, EXTENT, out);
        }
    }

    /// Points and lines.
    fn others(
        &mut self,
        tile: TileCoord,
        number: usize,
        prepared: &Prepared<'_>,
        features: impl Iterator<Item = u32>,
        out: &mut Vec<u8>,
    ) -> Result<(), mvt::Error> {
        let mut one = Tile::new(EXTENT);
        let mut layer = one.create_layer(&prepared.layer.name);
        self.drawn.clear();
        for feature in features {
            layer = self.other(layer, tile, prepared, feature)?;
        }
        if !self.drawn.is_empty() {
            one.add_layer(layer)?;
            let tagger = &mut self.taggers[number];
            tagger.begin(&prepared.dictionary, &prepared.layer.name);
            tagger.take_over(&prepared.dictionary, &one.to_bytes()?, &self.drawn);
            tagger.finish(&prepared.dictionary, EXTENT, out);
        }
        Ok(())
    }

    fn other(
        &mut self,
        layer: Layer,
        tile: TileCoord,
        prepared: &Prepared<'_>,
        feature: u32,
    ) -> Result<Layer, mvt::Error> {
        let i = feature as usize;
        let geometry = match prepared.layer.shapes.kind {
            GeometryKind::Point => point(tile, prepared, i)?,
            _ => self.lines(tile, prepared, i)?,
        };
        let Some(geometry) = geometry else { return Ok(layer) };
        self.drawn.push((feature, prepared.layer.ids[i]));
        Ok(layer.into_feature(geometry).into_layer())
    }

    fn lines(&mut self, tile: TileCoord, prepared: &Prepared<'_>, i: usize) -> Result<Option<GeomData>, mvt::Error> {
        let shapes = &prepared.layer.shapes;
        let mut pieces: Vec<Vec<Point>> = vec![];
        for line in shapes.ring_indices(i) {
            self.place(tile, &shapes.coords[shapes.ring_range(line)], &prepared.first_zooms[shapes.ring_range(line)]);
            clip::line(&self.line, MIN, MAX, |piece| pieces.push(piece.to_vec()));
        }
        let mut encoder = GeomEncoder::<i32>::new(GeomType::Linestring);
        let mut last: Option<Point> = None;
        for mut piece in pieces {
            if piece.first().copied() == last {
                // The encoder joins a line to the last one when they touch; the other way round they do not.
                piece.reverse();
            }
            piece.iter().try_for_each(|p| encoder.add_point(p[0], p[1]))?;
            encoder.complete_geom()?;
            last = piece.last().copied();
        }
        if last.is_none() { Ok(None) } else { encoder.encode().map(Some) }
    }

    /// Fills `self.line` with what this zoom keeps of a line, in tile units.
    fn place(&mut self, tile: TileCoord, coords: &[WorldCoord], first_zooms: &[u8]) {
        let grid = Grid::new(tile.z);
        let origin = grid::origin(tile);
        self.line.clear();
        for coord in coords.iter().zip(first_zooms).filter(|(_, first)| **first <= tile.z).map(|(coord, _)| *coord) {
            let [x, y] = grid.quantise(coord);
            self.line.push([(x - origin[0]) as i32, (y - origin[1]) as i32]);
        }
        self.line.dedup();
    }
}

fn point(tile: TileCoord, prepared: &Prepared<'_>, i: usize) -> Result<Option<GeomData>, mvt::Error> {
    let grid = Grid::new(tile.z);
    let origin = grid::origin(tile);
    let mut encoder = GeomEncoder::<i32>::new(GeomType::Point);
    let here = prepared.layer.shapes.feature_rings(i).flatten().filter(|point| grid.tile_of(**point) == tile);
    let mut any = false;
    for point in here {
        let [x, y] = grid.quantise(*point);
        encoder.add_point((x - origin[0]) as i32, (y - origin[1]) as i32)?;
        any = true;
    }
    if any { encoder.encode().map(Some) } else { Ok(None) }
}

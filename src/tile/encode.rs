//! One tile as MVT 2.1.

use mvt::{GeomData, GeomEncoder, GeomType, Layer, Tile};

use super::clip::{self, Point};
use super::coverage;
use super::dictionary::{Dictionary, Tagger};
use super::grid::{self, BUFFER, EXTENT, Grid};
use super::layer::TileLayer;
use crate::model::shapes::{GeometryKind, WorldCoord};
use crate::model::tile_coord::TileCoord;

const MIN: i32 = -BUFFER;
const MAX: i32 = EXTENT as i32 + BUFFER;

/// A layer with all that is worked out once for every tile of it.
pub struct Prepared<'a> {
    layer: &'a TileLayer<'a>,
    /// The rank of each coordinate.
    importance: Vec<f32>,
    dictionary: Dictionary,
}

impl<'a> Prepared<'a> {
    pub fn new(layer: &'a TileLayer<'a>) -> Self {
        let (importance, dictionary) =
            rayon::join(|| coverage::importance(&layer.shapes), || Dictionary::new(&layer.fields, layer.shapes.len()));
        Prepared { layer, importance, dictionary }
    }
}

/// Draws tiles; keeps its working space from one to the next.
#[derive(Default)]
pub struct TileEncoder {
    ring: Vec<Point>,
    spare: Vec<Point>,
    drawn: Vec<u32>,
    /// One for each layer: what it remembers is the layer's.
    taggers: Vec<Tagger>,
}

impl TileEncoder {
    /// Encodes the given features (layer index, feature index; sorted) into one tile, uncompressed.
    /// Empty when nothing of them is visible at this zoom.
    pub fn encode(
        &mut self,
        tile: TileCoord,
        layers: &[Prepared<'_>],
        features: &[(u16, u32)],
    ) -> Result<Vec<u8>, mvt::Error> {
        self.taggers.resize_with(layers.len(), Tagger::default);
        let mut encoded = vec![];
        for of_layer in features.chunk_by(|a, b| a.0 == b.0) {
            let number = usize::from(of_layer[0].0);
            let prepared = &layers[number];
            let mut one = Tile::new(EXTENT);
            let mut layer = one.create_layer(&prepared.layer.name);
            self.drawn.clear();
            for &(_, feature) in of_layer {
                layer = self.add(layer, tile, prepared, feature)?;
            }
            if !self.drawn.is_empty() {
                one.add_layer(layer)?;
                self.taggers[number].add(&one.to_bytes()?, &prepared.dictionary, &self.drawn, &mut encoded);
            }
        }
        Ok(encoded)
    }

    fn add(
        &mut self,
        layer: Layer,
        tile: TileCoord,
        prepared: &Prepared<'_>,
        feature: u32,
    ) -> Result<Layer, mvt::Error> {
        let i = feature as usize;
        let geometry = match prepared.layer.shapes.kind {
            GeometryKind::Polygon => self.polygon(tile, prepared, i)?,
            GeometryKind::Line => self.lines(tile, prepared, i)?,
            GeometryKind::Point => point(tile, prepared, i)?,
        };
        let Some(geometry) = geometry else { return Ok(layer) };
        self.drawn.push(feature);
        let mut feature = layer.into_feature(geometry);
        feature.set_id(prepared.layer.ids[i]);
        Ok(feature.into_layer())
    }

    fn polygon(&mut self, tile: TileCoord, prepared: &Prepared<'_>, i: usize) -> Result<Option<GeomData>, mvt::Error> {
        let shapes = &prepared.layer.shapes;
        let mut encoder = GeomEncoder::<i32>::new(GeomType::Polygon);
        let mut last: Option<Point> = None;
        for part in shapes.parts(i) {
            for (k, ring) in shapes.rings(part).enumerate() {
                self.draw(tile, &shapes.coords[shapes.ring_range(ring)], &prepared.importance[shapes.ring_range(ring)]);
                if !self.inside() {
                    clip::ring(&mut self.ring, &mut self.spare, MIN, MAX);
                    self.drop_repeated();
                }
                if !wind(&mut self.ring, k == 0) {
                    if k == 0 {
                        // Without its outer ring a hole would be drawn as land.
                        break;
                    }
                    continue;
                }
                start_elsewhere(&mut self.ring, last);
                self.ring.iter().try_for_each(|p| encoder.add_point(p[0], p[1]))?;
                encoder.complete_geom()?;
                last = self.ring.last().copied();
            }
        }
        if last.is_none() { Ok(None) } else { encoder.encode().map(Some) }
    }

    fn lines(&mut self, tile: TileCoord, prepared: &Prepared<'_>, i: usize) -> Result<Option<GeomData>, mvt::Error> {
        let shapes = &prepared.layer.shapes;
        let mut pieces: Vec<Vec<Point>> = vec![];
        for part in shapes.parts(i) {
            for line in shapes.rings(part) {
                self.draw(tile, &shapes.coords[shapes.ring_range(line)], &prepared.importance[shapes.ring_range(line)]);
                clip::line(&self.ring, MIN, MAX, |piece| pieces.push(piece.to_vec()));
            }
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

    /// Fills `self.ring` with what this zoom keeps of a ring or line, in tile units.
    fn draw(&mut self, tile: TileCoord, coords: &[WorldCoord], importance: &[f32]) {
        let grid = Grid::new(tile.z);
        let tolerance = tolerance(grid);
        let origin = grid::origin(tile);
        self.ring.clear();
        for (coord, rank) in coords.iter().zip(importance) {
            if *rank >= tolerance {
                let [x, y] = grid.quantise(*coord);
                self.ring.push([(x - origin[0]) as i32, (y - origin[1]) as i32]);
            }
        }
        self.drop_repeated();
    }

    fn drop_repeated(&mut self) {
        self.ring.dedup();
    }

    fn inside(&self) -> bool {
        self.ring.iter().flatten().all(|v| (MIN..=MAX).contains(v))
    }
}

/// Half a unit: what is left out moves a line less than rounding does.
fn tolerance(grid: Grid) -> f32 {
    grid.unit() / 2.0
}

/// Turns a ring the way MVT wants it: outer rings of positive area with y downward, holes of negative.
/// False when it has no area left.
fn wind(ring: &mut Vec<Point>, outer: bool) -> bool {
    if ring.len() > 1 && ring.first() == ring.last() {
        ring.pop();
    }
    let area = twice_signed_area(ring);
    if (area > 0) != outer {
        ring.reverse();
    }
    area != 0
}

/// Twice the area by the surveyor's formula, positive when clockwise on the screen.
pub fn twice_signed_area(ring: &[Point]) -> i64 {
    let wide = |p: Point| [i64::from(p[0]), i64::from(p[1])];
    (0..ring.len())
        .map(|i| (wide(ring[i]), wide(ring[(i + 1) % ring.len()])))
        .map(|(a, b)| a[0] * b[1] - b[0] * a[1])
        .sum()
}

/// mvt 0.15 leaves out the MoveTo of a ring that begins where the last one ended, and the ring is lost:
/// such a ring begins at its next corner.
fn start_elsewhere(ring: &mut [Point], last: Option<Point>) {
    if ring.first().copied() == last {
        ring.rotate_left(1);
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

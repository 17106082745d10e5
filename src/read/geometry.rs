//! Geometry of every format → [`Shapes`], and the blobs of GeoPackage among them.
//!
//! geozero asks for as much memory as a count in the blob says, and aborts; so every blob is walked
//! and its counts are held against the bytes that are left before geozero sees it.

use geozero::error::Result as GeozeroResult;
use geozero::wkb::GpkgWkb;
use geozero::{GeomProcessor, GeozeroGeometry};

use crate::model::shapes::{GeometryKind, GridCoord, Shapes};

/// No parcel or zone of a province has more.
const MAX_POINTS: usize = 1_000_000;

/// What every format says of shapes that are no single one.
pub const COLLECTION: &str = "a collection of geometries is not one shape";
pub const CURVES: &str = "curves are not supported: export the layer with straight segments";
/// A count that does not fit its bytes, in whatever format.
pub const CUT_OFF: &str = "the geometry is cut off, or a count in it is false";

/// Reads one GeoPackage blob as one feature in the coordinates of its layer.
///
/// # Errors
/// A sentence saying what is wrong: counts that do not fit, a type that is not supported, an open ring.
pub fn from_gpkg_blob(blob: &[u8]) -> Result<Shapes<GridCoord>, String> {
    guard(blob)?;
    let mut builder = ShapesBuilder::default();
    GpkgWkb(blob).process_geom(&mut builder).map_err(|e| e.to_string())?;
    builder.finish()
}

/// Collects one geometry of whatever format: coordinates first, then the end of what they make. Every format
/// is held to the same limits here, and says the same words when it breaks them.
pub struct ShapesBuilder {
    pub shapes: Shapes<GridCoord>,
    ring: Vec<GridCoord>,
    fault: Option<String>,
}

impl Default for ShapesBuilder {
    fn default() -> Self {
        ShapesBuilder { shapes: Shapes::new(GeometryKind::Polygon), ring: vec![], fault: None }
    }
}

impl ShapesBuilder {
    /// The next coordinate of the ring, line or points that are being read.
    pub fn coord(&mut self, x: f64, y: f64) {
        if !(x.is_finite() && y.is_finite()) {
            self.refuse("a coordinate is not a number");
        }
        if self.shapes.coords.len() + self.ring.len() < MAX_POINTS {
            self.ring.push([x, y]);
        } else {
            self.refuse(format!("the geometry has more than {MAX_POINTS} points"));
        }
    }

    /// Every coordinate since the last end is a point of its own.
    pub fn end_points(&mut self) {
        self.make(GeometryKind::Point);
        for point in std::mem::take(&mut self.ring) {
            self.shapes.coords.push(point);
            self.shapes.end_ring();
            self.shapes.end_part();
        }
    }

    pub fn end_line(&mut self) {
        self.make(GeometryKind::Line);
        self.shapes.coords.append(&mut self.ring);
        self.shapes.end_ring();
        self.shapes.end_part();
    }

    /// Checks that the ring closes and keeps it open, as [`Shapes`] wants it.
    pub fn end_ring(&mut self) {
        self.make(GeometryKind::Polygon);
        if self.ring.len() < 4 || self.ring.first() != self.ring.last() {
            let number = self.shapes.ring_ends.len() + 1;
            self.refuse(format!("ring {number} is not closed"));
        }
        self.ring.pop();
        self.shapes.coords.append(&mut self.ring);
        self.shapes.end_ring();
    }

    /// The rings since the last polygon are one: the outer ring, then its holes.
    pub fn end_polygon(&mut self) {
        if self.shapes.part_ends.last().copied().unwrap_or(0) as usize == self.shapes.ring_ends.len() {
            self.refuse("a polygon has no ring");
        }
        self.shapes.end_part();
    }

    /// Ends the feature, or says what was wrong with it.
    pub fn end_feature(&mut self) -> Result<(), String> {
        self.shapes.end_feature();
        self.fault.take().map_or(Ok(()), Err)
    }

    /// The one feature that was read; an empty one is refused.
    pub fn finish(mut self) -> Result<Shapes<GridCoord>, String> {
        if self.shapes.coords.is_empty() {
            self.refuse("the geometry is empty");
        }
        self.end_feature()?;
        Ok(self.shapes)
    }

    /// The geometry is not to be used; only the first reason is kept.
    pub fn refuse(&mut self, problem: impl Into<String>) {
        if self.fault.is_none() {
            self.fault = Some(problem.into());
        }
    }

    fn make(&mut self, kind: GeometryKind) {
        if self.shapes.kind != kind && !self.shapes.ring_ends.is_empty() {
            self.refuse("points, lines and areas are mixed in one shape");
        }
        self.shapes.kind = kind;
    }
}

impl GeomProcessor for ShapesBuilder {
    fn xy(&mut self, x: f64, y: f64, _idx: usize) -> GeozeroResult<()> {
        self.coord(x, y);
        Ok(())
    }

    fn point_end(&mut self, _idx: usize) -> GeozeroResult<()> {
        self.end_points();
        Ok(())
    }

    fn multipoint_end(&mut self, _idx: usize) -> GeozeroResult<()> {
        self.end_points();
        Ok(())
    }

    fn linestring_end(&mut self, tagged: bool, _idx: usize) -> GeozeroResult<()> {
        // An untagged line string is a ring of a polygon, or a line of a multi-line.
        match self.shapes.kind {
            GeometryKind::Polygon if !tagged => self.end_ring(),
            _ => self.end_line(),
        }
        Ok(())
    }

    fn multilinestring_begin(&mut self, _size: usize, _idx: usize) -> GeozeroResult<()> {
        self.shapes.kind = GeometryKind::Line;
        Ok(())
    }

    fn polygon_end(&mut self, _tagged: bool, _idx: usize) -> GeozeroResult<()> {
        self.end_polygon();
        Ok(())
    }

    fn geometrycollection_begin(&mut self, _size: usize, _idx: usize) -> GeozeroResult<()> {
        self.refuse(COLLECTION);
        Ok(())
    }
}

/// Walks header and WKB: every count must fit into the bytes that are left, nesting stays at three levels.
fn guard(blob: &[u8]) -> Result<(), String> {
    if blob.len() < 8 || &blob[..2] != b"GP" {
        return Err("the geometry is not a GeoPackage blob".into());
    }
    let envelope_bytes = match (blob[3] >> 1) & 7 {
        0 => 0,
        1 => 32,
        2 | 3 => 48,
        4 => 64,
        _ => return Err("the geometry's envelope is of an unknown kind".into()),
    };
    if blob[3] & 0x20 != 0 {
        return Err("the geometry is of a type that GeoPackage does not define".into());
    }
    if blob[3] & 0x10 != 0 {
        return Err("the geometry is empty".into());
    }
    let mut walk = Walk { bytes: blob.get(8 + envelope_bytes..).ok_or("the geometry is cut off")?, points: 0 };
    walk.geometry(0)
}

struct Walk<'a> {
    bytes: &'a [u8],
    points: usize,
}

impl Walk<'_> {
    fn geometry(&mut self, depth: u8) -> Result<(), String> {
        let little_endian = match self.take(1)?[0] {
            0 => false,
            1 => true,
            _ => return Err("the geometry has an unknown byte order".into()),
        };
        let code = self.count(little_endian)?;
        let point_bytes = match code / 1000 {
            0 => 16,
            1 | 2 => 24,
            3 => 32,
            _ => return Err(format!("geometry type {code} is not supported")),
        };
        match code % 1000 {
            1 => self.take(point_bytes).map(|_| ()),
            2 => self.line(little_endian, point_bytes),
            3 => self.polygon(little_endian, point_bytes),
            4..=6 if depth == 0 => self.members(little_endian),
            7 => Err(COLLECTION.into()),
            8..=17 => Err(CURVES.into()),
            _ => Err(format!("geometry type {code} is not supported here")),
        }
    }

    fn members(&mut self, little_endian: bool) -> Result<(), String> {
        let count = self.count(little_endian)?;
        self.fits(count, 9)?;
        (0..count).try_for_each(|_| self.geometry(1))
    }

    fn polygon(&mut self, little_endian: bool, point_bytes: usize) -> Result<(), String> {
        let rings = self.count(little_endian)?;
        self.fits(rings, 4)?;
        (0..rings).try_for_each(|_| self.line(little_endian, point_bytes))
    }

    fn line(&mut self, little_endian: bool, point_bytes: usize) -> Result<(), String> {
        let points = self.count(little_endian)?;
        self.fits(points, point_bytes)?;
        self.points += points;
        if self.points > MAX_POINTS {
            return Err(format!("the geometry has more than {MAX_POINTS} points"));
        }
        self.take(points * point_bytes).map(|_| ())
    }

    fn fits(&self, count: usize, each_bytes: usize) -> Result<(), String> {
        match count.checked_mul(each_bytes) {
            Some(bytes) if bytes <= self.bytes.len() => Ok(()),
            _ => Err(CUT_OFF.into()),
        }
    }

    fn count(&mut self, little_endian: bool) -> Result<usize, String> {
        let bytes: [u8; 4] = self.take(4)?.try_into().map_err(|_| "the geometry is cut off")?;
        Ok(if little_endian { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) } as usize)
    }

    fn take(&mut self, n: usize) -> Result<&[u8], String> {
        let (taken, rest) = self.bytes.split_at_checked(n).ok_or("the geometry is cut off")?;
        self.bytes = rest;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &[u8] = b"GP\0\x01\0\0\0\0";

    fn polygon(rings: &[&[[f64; 2]]]) -> Vec<u8> {
        let mut blob = [HEADER, &[1, 3, 0, 0, 0], &(rings.len() as u32).to_le_bytes()].concat();
        for ring in rings {
            blob.extend((ring.len() as u32).to_le_bytes());
            blob.extend(ring.iter().flatten().flat_map(|c| c.to_le_bytes()));
        }
        blob
    }

    #[test]
    fn a_polygon_comes_out_as_open_rings() {
        let shapes = from_gpkg_blob(&polygon(&[&[[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 0.0]]])).unwrap();
        assert_eq!((shapes.kind, shapes.len()), (GeometryKind::Polygon, 1));
        assert_eq!(shapes.ring(0), &[[0.0, 0.0], [4.0, 0.0], [4.0, 4.0]]);
    }

    #[test]
    fn a_ring_that_does_not_close_is_named() {
        let blob = polygon(&[
            &[[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 0.0]],
            &[[1.0, 1.0], [2.0, 1.0], [2.0, 2.0], [1.0, 2.0]],
        ]);
        assert_eq!(from_gpkg_blob(&blob).unwrap_err(), "ring 2 is not closed");
    }

    #[test]
    fn a_count_larger_than_the_blob_is_refused_before_memory_is_asked_for() {
        for wkb in [&[1u8, 2, 0, 0, 0, 255, 255, 255, 255][..], &[1, 3, 0, 0, 0, 255, 255, 255, 255]] {
            assert!(from_gpkg_blob(&[HEADER, wkb].concat()).unwrap_err().contains("cut off"));
        }
    }

    #[test]
    fn nested_collections_are_refused_by_name() {
        let collection = [HEADER, &[1, 7, 0, 0, 0, 1, 0, 0, 0]].concat();
        assert!(from_gpkg_blob(&collection).unwrap_err().contains("collection"));
        let curve = [HEADER, &[1, 10, 0, 0, 0, 1, 0, 0, 0]].concat();
        assert!(from_gpkg_blob(&curve).unwrap_err().contains("curves"));
    }

    #[test]
    fn every_point_of_a_multi_point_is_a_part() {
        let point = |x: f64, y: f64| [&[1u8, 1, 0, 0, 0][..], &x.to_le_bytes(), &y.to_le_bytes()].concat();
        let blob = [HEADER, &[1, 4, 0, 0, 0, 2, 0, 0, 0], &point(1.0, 2.0), &point(3.0, 4.0)].concat();
        let shapes = from_gpkg_blob(&blob).unwrap();
        assert_eq!((shapes.kind, shapes.parts(0)), (GeometryKind::Point, 0..2));
        assert_eq!(shapes.coords, [[1.0, 2.0], [3.0, 4.0]]);
    }

    #[test]
    fn height_and_measure_are_dropped() {
        let corners = [[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 0.0f64]];
        for (code, extra) in [(1003u32, 1), (2003, 1), (3003, 2)] {
            let mut blob = [HEADER, &[1], &code.to_le_bytes()[..], &[1, 0, 0, 0, 4, 0, 0, 0]].concat();
            for [x, y] in corners {
                blob.extend([x, y].into_iter().chain([7.0; 2].into_iter().take(extra)).flat_map(f64::to_le_bytes));
            }
            assert_eq!(from_gpkg_blob(&blob).unwrap().ring(0), &corners[..3], "type {code}");
        }
    }

    #[test]
    fn an_empty_shape_is_refused() {
        let no_rings = [HEADER, &[1, 3, 0, 0, 0, 0, 0, 0, 0]].concat();
        assert_eq!(from_gpkg_blob(&no_rings).unwrap_err(), "a polygon has no ring");
        let no_members = [HEADER, &[1, 6, 0, 0, 0, 0, 0, 0, 0]].concat();
        assert_eq!(from_gpkg_blob(&no_members).unwrap_err(), "the geometry is empty");
    }

    #[test]
    fn areas_and_lines_in_one_shape_are_refused() {
        let mut builder = ShapesBuilder::default();
        for [x, y] in [[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 0.0]] {
            builder.coord(x, y);
        }
        builder.end_ring();
        builder.end_polygon();
        builder.coord(9.0, 9.0);
        builder.end_line();
        assert_eq!(builder.finish().unwrap_err(), "points, lines and areas are mixed in one shape");
    }

    #[test]
    fn cutting_a_blob_anywhere_is_an_error_and_never_a_panic() {
        let whole = polygon(&[&[[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 0.0]]]);
        for end in 0..whole.len() {
            assert!(from_gpkg_blob(&whole[..end]).is_err(), "cut at {end}");
        }
    }
}

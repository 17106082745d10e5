//! How the borders of a polygon layer lie on the grid of one zoom.
//!
//! Rounding corners to the grid can push a corner across a border that passes close by: two parcels would
//! overlap, or a ring cross itself. Here every border that passes through the grid square of a corner is bent
//! to run through that corner (snap rounding, Hobby 1999). Borders then meet only at corners, whoever draws
//! them and in whatever tile, so what was without gap and overlap stays so at every zoom.

pub mod hit;
pub mod sides;

mod bends;
mod cell;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use self::bends::{Bends, bent};
use self::cell::Cell;
use self::hit::{Border, Hit};
use self::sides::ends;
use super::encode::Prepared;
use super::grid::{Grid, GridPoint};
use super::pairs::Job;
use super::ring_walk::land_area;
use crate::model::shapes::{Shapes, WorldCoord};

/// A polygon layer on the grid of one zoom.
pub struct Noded<'a> {
    pub grid: Grid,
    pub prepared: &'a Prepared<'a>,
    shapes: &'a Shapes<WorldCoord>,
    /// Borders that are cut where tiles end, the smaller corner first.
    cut: FxHashSet<(WorldCoord, WorldCoord)>,
    bends: Bends,
    /// Rings that make room for a parcel without area, and those of such parcels.
    changed: FxHashMap<usize, Change>,
}

/// What becomes of a ring.
enum Change {
    /// Triangles that it leaves out, each at its first corner.
    LeavesOut(Vec<[GridPoint; 3]>),
    /// Drawn as this instead.
    DrawnAs(Vec<GridPoint>),
}

/// A feature longer than this on either axis is cut where a tile ends; a smaller one is drawn whole in every tile
/// that it touches, which needs no corner that is not its own.
pub const WHOLE: u32 = 1024;

impl<'a> Noded<'a> {
    /// The layer on the grid, its borders still straight.
    pub fn new(prepared: &'a Prepared<'a>, z: u8) -> Self {
        let (grid, shapes) = (Grid::new(z), &*prepared.layer.shapes);
        let (cut, bends) = (FxHashSet::default(), Bends::default());
        let mut noded = Noded { grid, prepared, shapes, cut, bends, changed: FxHashMap::default() };
        noded.cut = (prepared.features.par_iter().with_min_len(256))
            .filter(|feature| noded.is_long(**feature as usize))
            .flat_map_iter(|feature| shapes.ring_indices(*feature as usize))
            .flat_map_iter(|ring| noded.borders(ring))
            .filter(|(a, b)| ends(noded.grid, *a, *b).next().is_some())
            .map(|(a, b)| (a.min(b), a.max(b)))
            .collect();
        noded
    }

    /// Whether a feature is cut where tiles end.
    pub fn is_long(&self, feature: usize) -> bool {
        is_long(self.grid, self.prepared.boxes[feature])
    }

    /// The straight borders of a ring.
    fn borders(&self, ring: usize) -> impl Iterator<Item = (WorldCoord, WorldCoord)> + use<> {
        let kept = self.shapes.ring_range(ring).filter(|i| self.is_kept(*i));
        let corners: Vec<WorldCoord> = kept.map(|i| self.shapes.coords[i]).collect();
        (0..corners.len()).map(move |i| (corners[i], corners[(i + 1) % corners.len()]))
    }

    /// Where borders must bend in some tiles; `layer` is this layer's number in them.
    pub fn hits(&self, jobs: &[Job<'_>], layer: usize) -> Vec<Hit> {
        jobs.par_iter()
            .map_init(Cell::default, |cell, job| cell.hits(self, job.tile, job.of_layer(layer)))
            .flatten_iter()
            .collect()
    }

    /// Bends the borders; `hits` are those of all tiles of the zoom.
    pub fn bend(&mut self, mut hits: Vec<Hit>) {
        hits.par_sort_unstable();
        let of_border = |hits: &[Hit]| {
            let border = hits[0].border;
            let (from, to) = self.ends(border as usize);
            bent(from, to, hits).into_iter().map(move |corner| (border, corner)).collect::<Vec<_>>()
        };
        let corners: Vec<(u32, GridPoint)> =
            hits.par_chunk_by(|a, b| a.border == b.border).flat_map_iter(of_border).collect();
        self.bends = Bends::new(self.shapes.coords.len(), corners);
    }

    /// Both ends of the straight border that begins at a coordinate.
    fn ends(&self, from: usize) -> (GridPoint, GridPoint) {
        let ring = self.shapes.ring_range(self.shapes.ring_ends.partition_point(|end| *end as usize <= from));
        let after = (from + 1..ring.end).chain(ring.start..=from).find(|i| self.is_kept(*i));
        (self.grid.point(self.shapes.coords[from]), self.grid.point(self.shapes.coords[after.unwrap_or(from)]))
    }

    /// The grid points of a ring (open), with the corners it is bent to; empty when it has no area.
    pub fn ring(&self, ring: usize, out: &mut Vec<GridPoint>) {
        self.path(ring, out);
        match if self.changed.is_empty() { None } else { self.changed.get(&ring) } {
            Some(Change::DrawnAs(points)) => out.clone_from(points),
            Some(Change::LeavesOut(triangles)) => triangles.iter().for_each(|triangle| leave_out(out, *triangle)),
            None => {}
        }
        if out.len() < 3 {
            out.clear();
        }
    }

    /// The way of a ring over the grid, whether it has an area or not.
    fn path(&self, ring: usize, out: &mut Vec<GridPoint>) {
        out.clear();
        for i in self.shapes.ring_range(ring).filter(|i| self.is_kept(*i)) {
            push(out, self.grid.point(self.shapes.coords[i]));
            self.bends.after(i).iter().for_each(|(_, corner)| push(out, *corner));
        }
        while out.len() > 1 && out.first() == out.last() {
            out.pop();
        }
    }

    /// Every corner of a feature, whether it has an area or not.
    pub fn corners(&self, feature: usize) -> Vec<GridPoint> {
        let mut path = vec![];
        let corners = self.shapes.ring_indices(feature).flat_map(|ring| {
            self.path(ring, &mut path);
            path.clone()
        });
        corners.collect()
    }

    /// The rings of a feature as they are drawn.
    pub fn rings_of(&self, feature: usize) -> Vec<(usize, Vec<GridPoint>)> {
        let drawn = |ring: usize| {
            let mut points = vec![];
            self.ring(ring, &mut points);
            (ring, points)
        };
        self.shapes.ring_indices(feature).map(drawn).collect()
    }

    pub fn feature_of(&self, ring: usize) -> usize {
        let part = self.shapes.part_ends.partition_point(|end| *end as usize <= ring);
        self.shapes.feature_ends.partition_point(|end| *end as usize <= part)
    }

    /// Lets a ring leave out a triangle at one of its corners.
    pub fn leave_out(&mut self, ring: usize, triangle: [GridPoint; 3]) {
        match self.changed.entry(ring).or_insert_with(|| Change::LeavesOut(vec![])) {
            Change::LeavesOut(triangles) => triangles.push(triangle),
            Change::DrawnAs(_) => {}
        }
    }

    /// Draws a feature as a triangle.
    pub fn draw_as(&mut self, feature: usize, triangle: [GridPoint; 3]) {
        for (i, ring) in self.shapes.ring_indices(feature).enumerate() {
            self.changed.insert(ring, Change::DrawnAs(if i == 0 { triangle.to_vec() } else { vec![] }));
        }
    }

    /// Features that have no area on this grid.
    pub fn flat(&self) -> Vec<usize> {
        let features = self.prepared.features.par_iter().with_min_len(256).map(|feature| *feature as usize);
        let area = |path: &mut Vec<GridPoint>, feature: usize| {
            let mut of_ring = |ring: usize| {
                self.path(ring, path);
                land_area(path)
            };
            self.shapes.ring_indices(feature).map(&mut of_ring).sum::<i128>()
        };
        let found = features.map_init(Vec::new, |path, feature| (feature, area(path, feature)));
        found.filter(|(_, area)| *area <= 0).map(|(feature, _)| feature).collect()
    }

    /// The features that are drawn as a triangle because they have no area, in order.
    pub fn enlarged(&self) -> Vec<u32> {
        let drawn_as =
            self.changed.iter().filter(|(_, is)| matches!(is, Change::DrawnAs(points) if !points.is_empty()));
        let mut enlarged: Vec<u32> = drawn_as.map(|(ring, _)| self.feature_of(*ring) as u32).collect();
        enlarged.sort_unstable();
        enlarged
    }

    /// How many borders were bent.
    pub fn bent(&self) -> usize {
        self.bends.corners.len()
    }

    fn is_kept(&self, i: usize) -> bool {
        self.prepared.first_zooms[i] <= self.grid.z
    }
}

impl Noded<'_> {
    fn is_cut(&self, border: &Border) -> bool {
        let (a, b) = (border.from, border.to);
        !self.cut.is_empty() && self.cut.contains(&(a.min(b), a.max(b)))
    }
}

/// Runs around a triangle where the ring passes its first corner, the other way than the triangle's own.
fn leave_out(points: &mut Vec<GridPoint>, [corner, a, b]: [GridPoint; 3]) {
    if let Some(at) = points.iter().position(|point| *point == corner) {
        points.splice(at + 1..at + 1, [b, a, corner]);
    }
}

fn is_long(grid: Grid, around: [u32; 4]) -> bool {
    let limit = i64::from(WHOLE);
    grid.unit_box(around).is_some_and(|[w, n, e, s]| e - w > limit || s - n > limit)
}

fn push(out: &mut Vec<GridPoint>, point: GridPoint) {
    if out.last() != Some(&point) {
        out.push(point);
    }
}

//! How the borders of a polygon layer lie on the grid of one zoom.
//!
//! Rounding corners to the grid can push a corner across a border that passes close by: two parcels would
//! overlap, or a ring cross itself. Here every border that passes through the grid square of a corner is bent
//! to run through that corner (snap rounding, Hobby 1999). Borders then meet only at corners, whoever draws
//! them and in whatever tile, so what was without gap and overlap stays so at every zoom.

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::grid::{self, BUFFER, EXTENT, Grid, GridPoint};
use super::pairs::Job;
use super::ring_walk::land_area;
use crate::model::shapes::{Shapes, WorldCoord};
use crate::model::tile_coord::TileCoord;

/// A polygon layer on the grid of one zoom.
pub struct Noded<'a> {
    pub grid: Grid,
    shapes: &'a Shapes<WorldCoord>,
    first_zooms: &'a [u8],
    /// Whether a feature is too long to be drawn whole.
    long: Vec<bool>,
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
    pub fn new(shapes: &'a Shapes<WorldCoord>, boxes: &[[u32; 4]], first_zooms: &'a [u8], z: u8) -> Self {
        let grid = Grid::new(z);
        let long = boxes.iter().map(|around| is_long(grid, *around)).collect();
        let (cut, bends) = (FxHashSet::default(), Bends::default());
        let mut noded = Noded { grid, shapes, first_zooms, long, cut, bends, changed: FxHashMap::default() };
        noded.cut = (0..shapes.len())
            .into_par_iter()
            .with_min_len(256)
            .filter(|feature| noded.is_long(*feature))
            .flat_map_iter(|feature| shapes.ring_indices(feature))
            .flat_map_iter(|ring| noded.borders(ring))
            .filter(|(a, b)| ends(noded.grid, *a, *b).next().is_some())
            .map(|(a, b)| (a.min(b), a.max(b)))
            .collect();
        noded
    }

    /// Whether a feature is cut where tiles end.
    pub fn is_long(&self, feature: usize) -> bool {
        self.long[feature]
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
        let features = (0..self.shapes.len()).into_par_iter().with_min_len(256);
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

    /// How many features are drawn as a triangle because they have no area.
    pub fn enlarged(&self) -> usize {
        self.changed.values().filter(|change| matches!(change, Change::DrawnAs(points) if !points.is_empty())).count()
    }

    /// How many borders were bent.
    pub fn bent(&self) -> usize {
        self.bends.corners.len()
    }

    fn is_kept(&self, i: usize) -> bool {
        self.first_zooms[i] <= self.grid.z
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

/// Corners that borders are bent to, by the coordinate where the border begins.
#[derive(Default)]
struct Bends {
    /// One bit per coordinate: most borders are straight.
    bent: Vec<u64>,
    corners: Vec<(u32, GridPoint)>,
}

impl Bends {
    fn new(coords: usize, corners: Vec<(u32, GridPoint)>) -> Self {
        let mut bent = vec![0; coords.div_ceil(64)];
        corners.iter().for_each(|(border, _)| bent[*border as usize / 64] |= 1 << (border % 64));
        Bends { bent, corners }
    }

    fn is_bent(&self, i: usize) -> bool {
        self.bent.get(i / 64).is_some_and(|bits| bits >> (i % 64) & 1 == 1)
    }

    fn after(&self, i: usize) -> &[(u32, GridPoint)] {
        if !self.is_bent(i) {
            return &[];
        }
        let from = self.corners.partition_point(|(border, _)| (*border as usize) < i);
        let length = self.corners[from..].partition_point(|(border, _)| *border as usize == i);
        &self.corners[from..from + length]
    }
}

/// The corners that a border runs through: those whose squares it passes, and those that lie exactly on what it is
/// then made of.
fn bent(from: GridPoint, to: GridPoint, hits: &[Hit]) -> Vec<GridPoint> {
    let mut way = vec![from];
    way.extend(hits.iter().filter(|hit| hit.through).map(|hit| hit.corner));
    way.push(to);
    for beside in hits.iter().filter(|hit| !hit.through).map(|hit| hit.corner) {
        if let Some(at) = (1..way.len()).find(|i| lies_on(way[i - 1], way[*i], beside)) {
            way.insert(at, beside);
        }
    }
    way[1..way.len() - 1].to_vec()
}

/// Whether a corner lies on a straight piece, not at its ends.
fn lies_on(a: GridPoint, b: GridPoint, p: GridPoint) -> bool {
    let d = |to: GridPoint, axis: usize| i64::from(to[axis]) - i64::from(a[axis]);
    let between = |axis: usize| a[axis].min(b[axis]) <= p[axis] && p[axis] <= a[axis].max(b[axis]);
    p != a && p != b && between(0) && between(1) && d(b, 0) * d(p, 1) == d(b, 1) * d(p, 0)
}

/// A corner that a border passes through or close by. Sorted, the hits of a border come in its direction, and
/// those of the same border in the other direction in reverse.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    border: u32,
    along: i64,
    tie: u64,
    corner: GridPoint,
    /// Whether the border passes through the corner's square, or beside it.
    through: bool,
}

struct Border {
    start: u32,
    from: WorldCoord,
    to: WorldCoord,
}

/// The corners and borders of one tile, without its buffer; corners in buckets.
#[derive(Default)]
struct Cell {
    ring: Vec<(u32, WorldCoord)>,
    corners: Vec<GridPoint>,
    borders: Vec<Border>,
    /// First corner of each bucket, as an index into `links` plus one.
    heads: Vec<u32>,
    links: Vec<(GridPoint, u32)>,
    /// Side of a bucket as a power of two of units, and buckets along a side.
    shift: u32,
    side: i64,
}

impl Cell {
    fn hits(&mut self, noded: &Noded<'_>, tile: TileCoord, features: impl Iterator<Item = u32>) -> Vec<Hit> {
        let origin = grid::origin(tile);
        self.gather(noded, origin, features);
        self.fill_buckets(origin);
        let mut hits = vec![];
        for border in &self.borders {
            self.cross(noded, origin, border, &mut hits);
            if noded.is_cut(border) {
                let here = ends(noded.grid, border.from, border.to).filter(|corner| inside(*corner, origin));
                hits.extend(here.map(|corner| at(noded.grid, border, corner)));
            }
        }
        hits
    }

    fn gather(&mut self, noded: &Noded<'_>, origin: [i64; 2], features: impl Iterator<Item = u32>) {
        self.corners.clear();
        self.borders.clear();
        let shapes = noded.shapes;
        for ring in features.flat_map(|feature| shapes.ring_indices(feature as usize)) {
            self.ring.clear();
            let kept = shapes.ring_range(ring).filter(|i| noded.is_kept(*i));
            self.ring.extend(kept.map(|i| (i as u32, shapes.coords[i])));
            let mut before = self.ring.last().map(|(start, world)| (*start, *world, noded.grid.point(*world)));
            for (start, world) in &self.ring {
                let point = noded.grid.point(*world);
                if inside(point, origin) {
                    self.corners.push(point);
                }
                if let Some((from_start, from, from_point)) = before
                    && from_point != point
                    && near(from_point, point, origin)
                {
                    self.borders.push(Border { start: from_start, from, to: *world });
                }
                before = Some((*start, *world, point));
            }
        }
    }

    fn fill_buckets(&mut self, origin: [i64; 2]) {
        let across = ((self.corners.len() as f64).sqrt() as u32).next_power_of_two().clamp(8, 1024);
        self.shift = (EXTENT / across).trailing_zeros();
        self.side = i64::from(across);
        self.heads.clear();
        self.heads.resize((across * across) as usize, 0);
        self.links.clear();
        for corner in &self.corners {
            let [column, row] = [0, 1].map(|axis| (i64::from(corner[axis]) - origin[axis]) >> self.shift);
            let head = &mut self.heads[(row * self.side + column) as usize];
            if !chain(&self.links, *head).any(|known| known == *corner) {
                self.links.push((*corner, *head));
                *head = self.links.len() as u32;
            }
        }
    }

    /// Looks at the corners in the buckets along a border.
    fn cross(&self, noded: &Noded<'_>, origin: [i64; 2], border: &Border, hits: &mut Vec<Hit>) {
        let grid = noded.grid;
        let ends = (grid.point(border.from), grid.point(border.to));
        let around = [0, 1].map(|axis| {
            let (low, high) = (ends.0[axis].min(ends.1[axis]), ends.0[axis].max(ends.1[axis]));
            (i64::from(low) - origin[axis] - 1, i64::from(high) - origin[axis] + 1)
        });
        let bucket = |v: i64| (v >> self.shift).clamp(0, self.side - 1);
        let [columns, rows] = around.map(|(low, high)| (bucket(low), bucket(high)));
        let slanted = columns.0 < columns.1 && rows.0 < rows.1;
        for column in columns.0..=columns.1 {
            let rows = if slanted { self.rows(grid, origin, border, column, rows) } else { rows };
            for row in rows.0..=rows.1 {
                let corners = chain(&self.links, self.heads[(row * self.side + column) as usize]);
                let local = |corner: GridPoint, axis: usize| i64::from(corner[axis]) - origin[axis];
                let near = |corner: &GridPoint| {
                    (0..2).all(|axis| (around[axis].0..=around[axis].1).contains(&local(*corner, axis)))
                };
                let met = corners.filter(|corner| near(corner) && *corner != ends.0 && *corner != ends.1);
                hits.extend(met.filter_map(|corner| hit(grid, border, corner)));
            }
        }
    }

    /// The rows that a border passes, with a unit more on each side, while it crosses a column.
    fn rows(&self, grid: Grid, origin: [i64; 2], border: &Border, column: i64, all: (i64, i64)) -> (i64, i64) {
        let unit = f64::from(grid.unit());
        let local = |p: WorldCoord| [0, 1].map(|axis| f64::from(p[axis]) / unit - origin[axis] as f64);
        let (a, b) = (local(border.from), local(border.to));
        if a[0] == b[0] {
            return all;
        }
        let left = (column << self.shift) as f64 - 2.0;
        let right = left + f64::from(1 << self.shift) + 4.0;
        let at = |x: f64| a[1] + (x.clamp(a[0].min(b[0]), a[0].max(b[0])) - a[0]) * (b[1] - a[1]) / (b[0] - a[0]);
        let (y, z) = (at(left), at(right));
        // Beyond the tile the nearest bucket serves; a cast cuts toward zero, hence the two units.
        let row = |v: f64| ((v as i64) >> self.shift).clamp(all.0, all.1);
        (row(y.min(z) - 2.0), row(y.max(z) + 2.0))
    }
}

/// The corners of a bucket.
fn chain(links: &[(GridPoint, u32)], head: u32) -> impl Iterator<Item = GridPoint> {
    let mut at = head;
    std::iter::from_fn(move || {
        let (corner, next) = *links.get((at as usize).checked_sub(1)?)?;
        at = next;
        Some(corner)
    })
}

/// Whether a border passes through a corner's grid square, or beside it; exact, and the same in both directions.
fn hit(grid: Grid, border: &Border, corner: GridPoint) -> Option<Hit> {
    let (through, close) = passes(grid, border.from, border.to, corner);
    (through || close).then(|| Hit { through, ..at(grid, border, corner) })
}

/// How far along a border a corner lies whose grid square it passes through.
pub fn along(grid: Grid, from: WorldCoord, to: WorldCoord, corner: GridPoint) -> Option<i64> {
    let border = Border { start: 0, from, to };
    passes(grid, from, to, corner).0.then(|| at(grid, &border, corner).along)
}

/// Whether a border passes through a corner's grid square, and whether it passes close by.
fn passes(grid: Grid, from: WorldCoord, to: WorldCoord, corner: GridPoint) -> (bool, bool) {
    let unit = 1i64 << grid.shift();
    let run = [0, 1].map(|axis| i64::from(to[axis]) - i64::from(from[axis]));
    // Twice the way to the square's north-western corner, which belongs to it; its south-eastern sides do not, as
    // halves are rounded up.
    let low = [0, 1].map(|axis| 2 * ((i64::from(corner[axis]) << grid.shift()) - i64::from(from[axis])) - unit);
    let within = |axis: usize| low[axis] <= 2 * run[axis].max(0) && low[axis] + 2 * unit > 2 * run[axis].min(0);
    let aside = |x: i64, y: i64| run[0] * (low[1] + y) - run[1] * (low[0] + x);
    let sides = [aside(0, 0), aside(2 * unit, 0), aside(0, 2 * unit), aside(2 * unit, 2 * unit)];
    let on_both_sides = sides.iter().any(|side| *side < 0) && sides.iter().any(|side| *side > 0);
    let through = within(0) && within(1) && (on_both_sides || sides[0] == 0);
    // A border moves by less than a unit when it is bent.
    let close = aside(unit, unit).abs() <= 4 * unit * (run[0].abs() + run[1].abs());
    (through, close)
}

/// A corner on a border, or bent to.
fn at(grid: Grid, border: &Border, corner: GridPoint) -> Hit {
    let run = |axis: usize| i64::from(border.to[axis]) - i64::from(border.from[axis]);
    let to_corner = |axis: usize| (i64::from(corner[axis]) << grid.shift()) - i64::from(border.from[axis]);
    let along = run(0) * to_corner(0) + run(1) * to_corner(1);
    let place = u64::from(corner[0]) << 32 | u64::from(corner[1]);
    let tie = if border.from <= border.to { place } else { !place };
    Hit { border: border.start, along, tie, corner, through: true }
}

/// Where a border crosses the lines at which tiles end, each tile's buffer beyond its sides; the same in both
/// directions, without the border's own ends.
pub fn ends(grid: Grid, a: WorldCoord, b: WorldCoord) -> impl Iterator<Item = GridPoint> {
    let (a, b) = (a.min(b), a.max(b));
    let corners = (grid.point(a), grid.point(b));
    let crossed = move |axis: usize| {
        let (low, high) = (corners.0[axis].min(corners.1[axis]), corners.0[axis].max(corners.1[axis]));
        lines(low, high).map(move |line| (axis, line))
    };
    let cross = move |(axis, line): (usize, u32)| {
        let [run, rise] = [axis, 1 - axis].map(|axis| f64::from(b[axis]) - f64::from(a[axis]));
        let along = (f64::from(line) * f64::from(grid.unit()) - f64::from(a[axis])) / run;
        let other = f64::from(a[1 - axis]) + along.clamp(0.0, 1.0) * rise;
        let mut corner = [line; 2];
        corner[1 - axis] = (other / f64::from(grid.unit()) + 0.5).floor() as u32;
        corner
    };
    (0..2).flat_map(crossed).map(cross).filter(move |corner| *corner != corners.0 && *corner != corners.1)
}

/// The lines strictly between two values.
fn lines(low: u32, high: u32) -> impl Iterator<Item = u32> {
    let buffer = BUFFER as u32;
    let tiles = low / EXTENT..=high / EXTENT + 1;
    let near = tiles.flat_map(move |tile| [(tile * EXTENT).wrapping_sub(buffer), tile * EXTENT + buffer]);
    near.filter(move |line| low < *line && *line < high)
}

fn inside(point: GridPoint, origin: [i64; 2]) -> bool {
    (0..2).all(|axis| (0..i64::from(EXTENT)).contains(&(i64::from(point[axis]) - origin[axis])))
}

/// Whether the box of a border comes within a unit of the tile.
fn near(a: GridPoint, b: GridPoint, origin: [i64; 2]) -> bool {
    (0..2).all(|axis| {
        let (low, high) = (i64::from(a[axis].min(b[axis])), i64::from(a[axis].max(b[axis])));
        high + 1 >= origin[axis] && low - 1 <= origin[axis] + i64::from(EXTENT)
    })
}

//! The corners and borders of one tile.

use super::Noded;
use super::hit::{Border, Hit, at, hit};
use super::sides::ends;
use crate::model::shapes::WorldCoord;
use crate::model::tile_coord::TileCoord;
use crate::tile::grid::{self, EXTENT, Grid, GridPoint};

/// The corners and borders of one tile, without its buffer; corners in buckets.
#[derive(Default)]
pub struct Cell {
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
    pub fn hits(&mut self, noded: &Noded<'_>, tile: TileCoord, features: impl Iterator<Item = u32>) -> Vec<Hit> {
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

//! One polygon feature in one tile: noded rings → cut to the tile → valid rings → geometry commands.

use super::clip::{self, Point};
use super::grid::{self, BUFFER, EXTENT, GridPoint};
use super::noding::Noded;
use super::ring_walk;
use super::wire::{put_varint, zigzag};
use crate::model::shapes::{Shapes, WorldCoord};
use crate::model::tile_coord::TileCoord;

const MIN: i32 = -BUFFER;
const MAX: i32 = EXTENT as i32 + BUFFER;

/// Draws polygons; keeps its working space from one to the next.
#[derive(Default)]
pub struct PolygonPen {
    noded: Vec<GridPoint>,
    ring: Vec<Point>,
    spare: Vec<Point>,
    /// The rings of the feature one after the other, and where each ends.
    corners: Vec<Point>,
    ends: Vec<usize>,
    sorted: Vec<Point>,
}

impl PolygonPen {
    /// Appends the geometry commands (MVT 2.1, 4.3) of what the tile shows of a feature; false when that is
    /// nothing.
    pub fn draw(
        &mut self,
        tile: TileCoord,
        noded: &Noded<'_>,
        shapes: &Shapes<WorldCoord>,
        feature: usize,
        out: &mut Vec<u8>,
    ) -> bool {
        self.corners.clear();
        self.ends.clear();
        let long = noded.is_long(feature);
        for ring in shapes.ring_indices(feature) {
            noded.ring(ring, &mut self.noded);
            self.place(grid::origin(tile), long);
        }
        if self.is_tangled(long) {
            self.untangle();
        }
        self.write(out)
    }

    /// Takes up the noded ring; of a long feature only what the tile shows.
    fn place(&mut self, origin: [i64; 2], long: bool) {
        self.ring.clear();
        let local = |p: &GridPoint| [0, 1].map(|axis| (i64::from(p[axis]) - origin[axis]) as i32);
        self.ring.extend(self.noded.iter().map(local));
        if long && !self.ring.iter().flatten().all(|v| (MIN..=MAX).contains(v)) {
            clip::ring(&mut self.ring, &mut self.spare, MIN, MAX);
            self.ring.dedup();
            while self.ring.len() > 1 && self.ring.first() == self.ring.last() {
                self.ring.pop();
            }
        }
        if self.ring.len() > 2 {
            self.corners.extend_from_slice(&self.ring);
            self.ends.push(self.corners.len());
        }
    }

    fn rings(&self) -> impl Iterator<Item = &[Point]> {
        (0..self.ends.len()).map(|i| &self.corners[if i == 0 { 0 } else { self.ends[i - 1] }..self.ends[i]])
    }

    /// Whether rings touch themselves or each other, or run back along a side of the tile.
    fn is_tangled(&mut self, cut: bool) -> bool {
        cut && self.runs_along_a_side_twice() || self.repeats_a_corner()
    }

    fn runs_along_a_side_twice(&self) -> bool {
        let sides = [(0, MIN), (0, MAX), (1, MIN), (1, MAX)];
        sides.iter().any(|(axis, bound)| {
            let along =
                self.rings().flat_map(ring_walk::borders).filter(|(a, b)| a[*axis] == *bound && b[*axis] == *bound);
            along.count() > 1
        })
    }

    fn repeats_a_corner(&mut self) -> bool {
        if self.corners.len() <= 12 {
            return (1..self.corners.len()).any(|i| self.corners[..i].contains(&self.corners[i]));
        }
        self.sorted.clear();
        self.sorted.extend_from_slice(&self.corners);
        self.sorted.sort_unstable();
        self.sorted.windows(2).any(|pair| pair[0] == pair[1])
    }

    /// Takes the feature apart into its borders and joins what does not cancel.
    fn untangle(&mut self) {
        let mut borders: Vec<ring_walk::Border<i32>> = vec![];
        for border in self.rings().flat_map(ring_walk::borders) {
            self.split_along_side(border, &mut borders);
        }
        let polygons = ring_walk::polygons(&ring_walk::cancel(borders));
        self.corners.clear();
        self.ends.clear();
        for ring in polygons.into_iter().flatten() {
            self.corners.extend(ring);
            self.ends.push(self.corners.len());
        }
    }

    /// A border along a side of the tile meets others that were cut there between its ends.
    fn split_along_side(&self, (from, to): ring_walk::Border<i32>, borders: &mut Vec<ring_walk::Border<i32>>) {
        let side = (0..2).find(|axis| from[*axis] == to[*axis] && (from[*axis] == MIN || from[*axis] == MAX));
        let Some(axis) = side else { return borders.push((from, to)) };
        let along = 1 - axis;
        let (low, high) = (from[along].min(to[along]), from[along].max(to[along]));
        let between = |p: &&Point| p[axis] == from[axis] && low < p[along] && p[along] < high;
        let mut stops: Vec<Point> = self.corners.iter().filter(between).copied().collect();
        stops.sort_unstable_by_key(|p| if from < to { p[along] } else { -p[along] });
        stops.dedup();
        let mut at = from;
        for stop in stops.into_iter().chain([to]) {
            borders.push((at, stop));
            at = stop;
        }
    }

    /// Outer rings clockwise on the screen, each before its holes.
    fn write(&self, out: &mut Vec<u8>) -> bool {
        let mut cursor = [0, 0];
        let (mut any, mut skipping) = (false, true);
        for ring in self.rings() {
            let area = twice_signed_area(ring);
            if area < 0 {
                skipping = false;
            } else if skipping || area == 0 {
                // Without its outer ring a hole would be drawn as land.
                continue;
            }
            write_ring(ring, &mut cursor, out);
            any = true;
        }
        any
    }
}

/// Backwards: the layer's rings have the land on the left with north up, MVT wants it on the right.
fn write_ring(ring: &[Point], cursor: &mut Point, out: &mut Vec<u8>) {
    let (last, rest) = ring.split_last().expect("a ring has three corners");
    put_varint(out, command(MOVE_TO, 1));
    step(*last, cursor, out);
    put_varint(out, command(LINE_TO, rest.len() as u64));
    rest.iter().rev().for_each(|corner| step(*corner, cursor, out));
    put_varint(out, command(CLOSE_PATH, 1));
}

const MOVE_TO: u64 = 1;
const LINE_TO: u64 = 2;
const CLOSE_PATH: u64 = 7;

fn command(id: u64, count: u64) -> u64 {
    count << 3 | id
}

fn step(to: Point, cursor: &mut Point, out: &mut Vec<u8>) {
    for axis in 0..2 {
        put_varint(out, u64::from(zigzag(to[axis] - cursor[axis])));
    }
    *cursor = to;
}

/// Twice the area by the surveyor's formula, positive when clockwise on the screen.
pub fn twice_signed_area(ring: &[Point]) -> i64 {
    let wide = |p: Point| [i64::from(p[0]), i64::from(p[1])];
    (0..ring.len())
        .map(|i| (wide(ring[i]), wide(ring[(i + 1) % ring.len()])))
        .map(|(a, b)| a[0] * b[1] - b[0] * a[1])
        .sum()
}

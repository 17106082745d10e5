//! Random coverages for the tests that draw them.

use proptest::prelude::*;

/// A place in the north of Vietnam; a unit of z16 is 16 world units, one of z13 128.
pub const CORNER: [i64; 2] = [3_417_000_000, 1_890_000_000];
pub const ZOOMS: (u8, u8) = (13, 16);

pub type Ring = Vec<[i64; 2]>;
/// Outer ring and holes, counter-clockwise and clockwise with north up (y grows southward).
pub type Parcel = Vec<Ring>;

/// What a random coverage is made from.
#[derive(Clone, Debug)]
pub struct Plan {
    pub cells: usize,
    /// World units: 9 to 70 m.
    pub step: i64,
    pub jitter: Vec<(i64, i64)>,
    /// What becomes of each cell.
    pub kinds: Vec<u8>,
}

pub fn plan() -> impl Strategy<Value = Plan> {
    let jitter = proptest::collection::vec((-30i64..30, -30i64..30), 211);
    (4usize..16, 1024i64..8192, jitter, proptest::collection::vec(0u8..12, 256))
        .prop_map(|(cells, step, jitter, kinds)| Plan { cells, step, jitter, kinds })
}

impl Plan {
    fn moved(&self, i: usize, x: i64, y: i64) -> [i64; 2] {
        let (dx, dy) = self.jitter[i % self.jitter.len()];
        [CORNER[0] + x + dx * self.step / 200, CORNER[1] + y + dy * self.step / 200]
    }

    fn corner(&self, column: usize, row: usize) -> [i64; 2] {
        self.moved(column * 31 + row * 17, column as i64 * self.step, row as i64 * self.step)
    }

    /// A bend in the middle of a border to the south, or to the east.
    fn bend(&self, column: usize, row: usize, south: bool) -> [i64; 2] {
        let (x, y) = (column as i64 * self.step, row as i64 * self.step);
        match south {
            true => self.moved(column * 13 + row * 7 + 5, x, y + self.step / 2),
            false => self.moved(column * 11 + row * 3 + 9, x + self.step / 2, y),
        }
    }

    /// Parcels, roads (nothing), strips, enclaves; the eastern half comes from another survey: its side of the
    /// common border lies up to 9 mm off and has corners that the western side lacks.
    pub fn parcels(&self) -> Vec<Parcel> {
        let at = |c, r| (c, r, self.kinds[(c * 16 + r) % self.kinds.len()]);
        let cells = (0..self.cells).flat_map(|c| (0..self.cells).map(move |r| (c, r)));
        cells.map(|(c, r)| at(c, r)).flat_map(|(c, r, kind)| self.cell(c, r, kind)).collect()
    }

    fn cell(&self, c: usize, r: usize, kind: u8) -> Vec<Parcel> {
        let seam = self.cells / 2;
        let off = |p: [i64; 2]| [p[0] + (p[1] % 3) - 1, p[1] + (p[0] % 3) - 1];
        let side = |p: [i64; 2]| if c == seam { off(p) } else { p };
        let (nw, sw, se, ne) =
            (side(self.corner(c, r)), side(self.corner(c, r + 1)), self.corner(c + 1, r + 1), self.corner(c + 1, r));
        let (south, east, north) = (self.bend(c, r + 1, false), self.bend(c + 1, r, true), self.bend(c, r, false));
        let middle = [(nw[0] + sw[0]) / 2, (nw[1] + sw[1]) / 2];
        let west = if c == seam { off(middle) } else { self.bend(c, r, true) };
        let mut outer = vec![nw, west, sw, south, se];
        // The western side of the seam is one straight border; the eastern one has a corner on it.
        if c + 1 != seam {
            outer.push(east);
        }
        outer.extend([ne, north]);
        match kind {
            0 => vec![],
            1 => strip(outer),
            2 | 3 => enclave(outer, nw, se, self.step),
            _ => vec![vec![outer]],
        }
    }
}

/// Cuts a thin lot off the northern side.
fn strip(outer: Ring) -> Vec<Parcel> {
    let [nw, .., ne, north] = outer[..] else { unreachable!() };
    let towards = |from: [i64; 2], to: [i64; 2]| [0, 1].map(|axis| from[axis] + (to[axis] - from[axis]) / 12);
    let (west, east) = (towards(nw, outer[1]), towards(ne, outer[outer.len() - 3]));
    let middle = [0, 1].map(|axis| north[axis] + (west[axis] - nw[axis] + east[axis] - ne[axis]) / 2);
    let mut rest = outer.clone();
    rest.truncate(outer.len() - 2);
    rest[0] = west;
    rest.extend([east, middle]);
    vec![vec![vec![nw, west, middle, east, ne, north]], vec![rest]]
}

/// A parcel in the middle of another.
fn enclave(outer: Ring, nw: [i64; 2], se: [i64; 2], step: i64) -> Vec<Parcel> {
    let [x, y] = [(nw[0] + se[0]) / 2, (nw[1] + se[1]) / 2];
    let d = step / 12;
    let island = vec![[x - d, y - d], [x - d, y + d], [x + d, y + d], [x + d, y - d]];
    let hole = island.iter().rev().copied().collect();
    vec![vec![outer, hole], vec![island]]
}

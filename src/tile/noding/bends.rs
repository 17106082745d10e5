//! Corners that borders are bent to.

use super::hit::Hit;
use crate::tile::grid::GridPoint;

/// Corners that borders are bent to, by the coordinate where the border begins.
#[derive(Default)]
pub struct Bends {
    /// One bit per coordinate: most borders are straight.
    bent: Vec<u64>,
    pub corners: Vec<(u32, GridPoint)>,
}

impl Bends {
    pub fn new(coords: usize, corners: Vec<(u32, GridPoint)>) -> Self {
        let mut bent = vec![0; coords.div_ceil(64)];
        corners.iter().for_each(|(border, _)| bent[*border as usize / 64] |= 1 << (border % 64));
        Bends { bent, corners }
    }

    fn is_bent(&self, i: usize) -> bool {
        self.bent.get(i / 64).is_some_and(|bits| bits >> (i % 64) & 1 == 1)
    }

    pub fn after(&self, i: usize) -> &[(u32, GridPoint)] {
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
pub fn bent(from: GridPoint, to: GridPoint, hits: &[Hit]) -> Vec<GridPoint> {
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

//! Coordinates of a layer as whole numbers, so that equal corners are equal.

use crate::model::shapes::{GridCoord, Shapes};

/// Units east and north of the layer's south-west corner.
pub type Point = [u32; 2];

/// A lattice of 0.1 mm. Two corners that a reader turned into slightly different floats fall together; two
/// that a surveyor wrote differently (to the millimetre) do not.
pub struct Lattice {
    corner: GridCoord,
    /// Metres a unit.
    pub step_m: f64,
}

impl Lattice {
    pub fn of(shapes: &Shapes<GridCoord>) -> Self {
        let finite = || shapes.coords.iter().filter(|coord| coord.iter().all(|v| v.is_finite()));
        let corner = finite().fold([f64::MAX; 2], |corner, coord| [corner[0].min(coord[0]), corner[1].min(coord[1])]);
        let extent_m = finite().fold(0.0_f64, |e, coord| e.max(coord[0] - corner[0]).max(coord[1] - corner[1]));
        // 2³² units of 0.1 mm are 429 km: no zone of VN-2000 is wider. Data that claims to be wider is
        // refused elsewhere; it only must not end in a panic here.
        let coarser = (extent_m / (f64::from(u32::MAX) * 1e-4)).log10().ceil().clamp(0.0, 12.0);
        Lattice { corner, step_m: 1e-4 * 10f64.powf(coarser) }
    }

    pub fn point(&self, coord: GridCoord) -> Point {
        [0, 1].map(|axis| ((coord[axis] - self.corner[axis]) / self.step_m).round() as u32)
    }

    pub fn coord(&self, point: [f64; 2]) -> GridCoord {
        [0, 1].map(|axis| self.corner[axis] + point[axis] * self.step_m)
    }

    pub fn units(&self, metres: f64) -> f64 {
        metres / self.step_m
    }
}

pub fn key([x, y]: Point) -> u64 {
    u64::from(x) << 32 | u64::from(y)
}

pub fn float(point: Point) -> [f64; 2] {
    point.map(f64::from)
}

/// Distance of a point from a piece of line, and how far along it (0 to 1) the nearest place is.
pub fn distance_to(a: [f64; 2], b: [f64; 2], p: [f64; 2]) -> (f64, f64) {
    let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
    let length_2 = dx * dx + dy * dy;
    let t = if length_2 == 0.0 { 0.0 } else { (((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length_2).clamp(0.0, 1.0) };
    ((a[0] + t * dx - p[0]).hypot(a[1] + t * dy - p[1]), t)
}

//! The lines at which long features are cut.

use crate::model::shapes::WorldCoord;
use crate::tile::grid::{BUFFER, EXTENT, Grid, GridPoint};

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

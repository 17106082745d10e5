//! Whether a border runs through a corner, or so close by that it must be bent to it.

use crate::model::shapes::WorldCoord;
use crate::tile::grid::{Grid, GridPoint};

/// A corner that a border passes through or close by. Sorted, the hits of a border come in its direction, and
/// those of the same border in the other direction in reverse.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    pub border: u32,
    along: i64,
    tie: u64,
    pub corner: GridPoint,
    /// Whether the border passes through the corner's square, or beside it.
    pub through: bool,
}

/// A straight border from one corner that a zoom keeps to the next.
pub struct Border {
    /// The coordinate where it begins.
    pub start: u32,
    pub from: WorldCoord,
    pub to: WorldCoord,
}

/// Whether a border passes through a corner's grid square, or beside it; exact, and the same in both directions.
pub fn hit(grid: Grid, border: &Border, corner: GridPoint) -> Option<Hit> {
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
pub fn at(grid: Grid, border: &Border, corner: GridPoint) -> Hit {
    let run = |axis: usize| i64::from(border.to[axis]) - i64::from(border.from[axis]);
    let to_corner = |axis: usize| (i64::from(corner[axis]) << grid.shift()) - i64::from(border.from[axis]);
    let along = run(0) * to_corner(0) + run(1) * to_corner(1);
    let place = u64::from(corner[0]) << 32 | u64::from(corner[1]);
    let tie = if border.from <= border.to { place } else { !place };
    Hit { border: border.start, along, tie, corner, through: true }
}

//! World coordinates to degrees, for links, indexes and map views.

use crate::model::shapes::{Shapes, WorldCoord};
use crate::project::mercator::degrees_from_world;

/// Longitude and latitude of WGS 84 in degrees, rounded to 6 decimals (a decimetre).
pub fn from_world(world: WorldCoord) -> [f64; 2] {
    degrees_from_world(world).map(|degrees| (degrees * 1e6).round() / 1e6)
}

/// West, south, east, north of one feature; `None` when it has no coordinate.
pub fn feature_bounds(world: &Shapes<WorldCoord>, feature: usize) -> Option<[f64; 4]> {
    let mut coords = world.feature_rings(feature).flatten();
    let [x, y] = *coords.next()?;
    let [mut west, mut north, mut east, mut south] = [x, y, x, y];
    for [x, y] in coords {
        (west, east) = (west.min(*x), east.max(*x));
        (north, south) = (north.min(*y), south.max(*y));
    }
    let ([west, south], [east, north]) = (from_world([west, south]), from_world([east, north]));
    Some([west, south, east, north])
}

/// The smallest box around two.
pub fn union(a: [f64; 4], b: [f64; 4]) -> [f64; 4] {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_the_world_is_zero_and_its_corner_the_north_west() {
        assert_eq!(from_world([1 << 31, 1 << 31]), [0.0, 0.0]);
        assert_eq!(from_world([0, 0]), [-180.0, 85.051129]);
    }
}

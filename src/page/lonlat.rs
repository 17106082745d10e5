//! World coordinates to degrees, for links, indexes and map views.

use std::f64::consts::PI;

use crate::model::shapes::{Shapes, WorldCoord};

const WORLD_UNITS: f64 = 4_294_967_296.0;

/// Longitude and latitude of WGS 84 in degrees, rounded to 6 decimals (a decimetre).
pub fn from_world(x: f64, y: f64) -> [f64; 2] {
    let lon = x / WORLD_UNITS * 360.0 - 180.0;
    let lat = (PI * (1.0 - 2.0 * y / WORLD_UNITS)).sinh().atan().to_degrees();
    [round6(lon), round6(lat)]
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
    let [west, south] = from_world(f64::from(west), f64::from(south));
    let [east, north] = from_world(f64::from(east), f64::from(north));
    Some([west, south, east, north])
}

fn round6(degrees: f64) -> f64 {
    (degrees * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_the_world_is_zero_and_its_corner_the_north_west() {
        assert_eq!(from_world(WORLD_UNITS / 2.0, WORLD_UNITS / 2.0), [0.0, 0.0]);
        assert_eq!(from_world(0.0, 0.0), [-180.0, 85.051129]);
    }
}

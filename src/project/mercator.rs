//! WGS 84 ↔ Web Mercator fixed point ([`WorldCoord`]).

use std::f64::consts::PI;

use crate::model::shapes::WorldCoord;

const WORLD: f64 = 4_294_967_296.0;

/// Longitude and latitude in degrees → fixed point, rounded to the nearest unit (at most 4.7 mm off).
pub fn world_from_degrees([lon_deg, lat_deg]: [f64; 2]) -> WorldCoord {
    let x = (lon_deg / 360.0 + 0.5) * WORLD;
    let y = (0.5 - lat_deg.to_radians().tan().asinh() / (2.0 * PI)) * WORLD;
    [fixed(x), fixed(y)]
}

/// Fixed point → longitude and latitude in degrees.
pub fn degrees_from_world([x, y]: WorldCoord) -> [f64; 2] {
    let lon_deg = (f64::from(x) / WORLD - 0.5) * 360.0;
    let lat_deg = ((0.5 - f64::from(y) / WORLD) * 2.0 * PI).sinh().atan().to_degrees();
    [lon_deg, lat_deg]
}

/// Metres on the ground to one unit, at a given y (on a sphere: to half a per cent).
pub fn metres_per_world_unit(y: u32) -> f64 {
    const EQUATOR_M: f64 = 40_075_016.686;
    let mercator = (0.5 - f64::from(y) / WORLD) * 2.0 * PI;
    EQUATOR_M / WORLD / mercator.cosh()
}

fn fixed(v: f64) -> u32 {
    v.round().clamp(0.0, WORLD - 1.0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_survive_the_way_through_fixed_point_to_a_centimetre() {
        for degrees in [[106.4, 20.85], [102.1, 8.4], [118.0, 23.4]] {
            let back = degrees_from_world(world_from_degrees(degrees));
            assert!((back[0] - degrees[0]).abs() < 5e-8 && (back[1] - degrees[1]).abs() < 5e-8, "{back:?}");
        }
    }

    #[test]
    fn the_middle_of_the_world_is_half_of_two_to_the_thirty_second() {
        assert_eq!(world_from_degrees([0.0, 0.0]), [1 << 31, 1 << 31]);
    }
}

//! VN-2000 ↔ WGS 84 with the seven parameters of Decision 05/2007/QĐ-BTNMT (EPSG operation 6960).

use std::fmt;

use proj4rs::Proj;
use proj4rs::transform::transform;

use crate::model::crs::Vn2000Zone;
use crate::model::shapes::GridCoord;

/// The decision prints coordinate-frame rotations; proj strings take position-vector ones, so the three
/// signs are turned. The printed signs here would move every parcel by 0.5 to 0.75 m, silently.
const TO_WGS84: &str = "-191.90441429,-39.30318279,-111.45032835,0.00928836,-0.01975479,0.00427372,0.252906278";

/// WGS 84 in degrees, as PROJ takes it.
pub const WGS84: &str = "+proj=longlat +datum=WGS84";

/// Both directions of one zone.
pub struct Transformer {
    zone: Proj,
    wgs84: Proj,
}

#[derive(Debug)]
pub struct OutOfRange(pub GridCoord);

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the coordinate {:.3}, {:.3} cannot be projected", self.0[0], self.0[1])
    }
}

/// A zone as PROJ takes it, with the parameters that lead to WGS 84.
pub fn definition(zone: Vn2000Zone) -> String {
    let meridian_deg = zone.meridian_deg();
    format!(
        "+proj=tmerc +lat_0=0 +lon_0={meridian_deg} +k=0.9999 +x_0=500000 +y_0=0 +ellps=WGS84 +towgs84={TO_WGS84} +units=m"
    )
}

impl Transformer {
    pub fn new(zone: Vn2000Zone) -> Self {
        Transformer {
            zone: Proj::from_proj_string(&definition(zone)).expect("every zone of the list has a definition"),
            wgs84: Proj::from_proj_string(WGS84).expect("WGS 84 is known"),
        }
    }

    /// Easting and northing in metres → longitude and latitude of WGS 84 in degrees, height 0 on VN-2000.
    pub fn degrees_from_grid(&self, grid: GridCoord) -> Result<[f64; 2], OutOfRange> {
        let mut point = (grid[0], grid[1], 0.0);
        transform(&self.zone, &self.wgs84, &mut point).map_err(|_| OutOfRange(grid))?;
        let degrees = [point.0.to_degrees(), point.1.to_degrees()];
        if degrees.iter().all(|d| d.is_finite()) { Ok(degrees) } else { Err(OutOfRange(grid)) }
    }

    /// Longitude and latitude of WGS 84 in degrees, height 0 → easting and northing in metres.
    pub fn grid_from_degrees(&self, degrees: [f64; 2]) -> Result<GridCoord, OutOfRange> {
        let mut point = (degrees[0].to_radians(), degrees[1].to_radians(), 0.0);
        transform(&self.wgs84, &self.zone, &mut point).map_err(|_| OutOfRange(degrees))?;
        Ok([point.0, point.1])
    }
}

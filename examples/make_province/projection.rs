//! VN-2000 to WGS 84, from one zone to another, and the geohash that names a parcel.

use proj4rs::Proj;
use proj4rs::transform::transform;

/// Easting and northing in millimetres.
pub type GridMm = [i64; 2];

/// A 3° zone of VN-2000.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Zone {
    pub epsg: i32,
    pub meridian_deg: f64,
    /// Name as in EPSG's register.
    pub name: &'static str,
}

pub const ZONE_105_45: Zone = Zone { epsg: 9210, meridian_deg: 105.75, name: "VN-2000 / TM-3 105-45" };
pub const ZONE_105_30: Zone = Zone { epsg: 9209, meridian_deg: 105.5, name: "VN-2000 / TM-3 105-30" };

/// Decision 05/2007 with its rotations' signs turned, for this reader takes them as position vector.
const TO_WGS84: &str =
    "+towgs84=-191.90441429,-39.30318279,-111.45032835,0.00928836,-0.01975479,0.00427372,0.252906278";

impl Zone {
    fn proj(self, shift: &str) -> Proj {
        let text = format!(
            "+proj=tmerc +lat_0=0 +lon_0={} +k=0.9999 +x_0=500000 +y_0=0 +ellps=WGS84 {shift} +units=m +no_defs",
            self.meridian_deg
        );
        Proj::from_proj_string(&text).expect("the definition of a zone is well formed")
    }

    /// WKT 1 as GDAL writes it into a GeoPackage.
    pub fn wkt(self) -> String {
        format!(
            concat!(
                r#"PROJCS["{}",GEOGCS["VN-2000",DATUM["Vietnam_2000",SPHEROID["WGS 84",6378137,298.257223563,"#,
                r#"AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6756"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],"#,
                r#"UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4756"]],"#,
                r#"PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",{}],"#,
                r#"PARAMETER["scale_factor",0.9999],PARAMETER["false_easting",500000],PARAMETER["false_northing",0],"#,
                r#"UNIT["metre",1,AUTHORITY["EPSG","9001"]],AXIS["Easting",EAST],AXIS["Northing",NORTH],"#,
                r#"AUTHORITY["EPSG","{}"]]"#
            ),
            self.name, self.meridian_deg, self.epsg
        )
    }
}

/// From a zone to degrees on WGS 84.
pub struct ToWgs84 {
    zone: Proj,
    wgs84: Proj,
}

impl ToWgs84 {
    pub fn new(zone: Zone) -> Self {
        let wgs84 = Proj::from_proj_string("+proj=longlat +ellps=WGS84 +towgs84=0,0,0,0,0,0,0 +no_defs")
            .expect("the definition of WGS 84 is well formed");
        ToWgs84 { zone: zone.proj(TO_WGS84), wgs84 }
    }

    /// Longitude and latitude in degrees. Height 0 on VN-2000.
    pub fn degrees(&self, easting_m: f64, northing_m: f64) -> [f64; 2] {
        let mut point = (easting_m, northing_m, 0.0);
        transform(&self.zone, &self.wgs84, &mut point).expect("a point of the province has a longitude and latitude");
        [point.0.to_degrees(), point.1.to_degrees()]
    }
}

/// From one zone to another. Both stand on one datum, so no shift is between them.
pub struct BetweenZones {
    from: Proj,
    to: Proj,
}

impl BetweenZones {
    pub fn new(from: Zone, to: Zone) -> Self {
        BetweenZones { from: from.proj(""), to: to.proj("") }
    }

    /// Rounded to the millimetre of the new zone, as a survey office would hand it on.
    pub fn grid(&self, point: GridMm) -> GridMm {
        let mut moved = (point[0] as f64 / 1000.0, point[1] as f64 / 1000.0, 0.0);
        transform(&self.from, &self.to, &mut moved).expect("a point of the province lies in both zones");
        [(moved.0 * 1000.0).round() as i64, (moved.1 * 1000.0).round() as i64]
    }
}

/// Twelve characters of geohash: a cell of about 37 by 19 mm.
pub fn geohash12([longitude_deg, latitude_deg]: [f64; 2]) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";
    let (mut longitudes, mut latitudes) = ([-180.0, 180.0], [-90.0, 90.0]);
    let mut bits = 0u64;
    for i in 0..60 {
        let (range, value) = if i % 2 == 0 { (&mut longitudes, longitude_deg) } else { (&mut latitudes, latitude_deg) };
        let middle = (range[0] + range[1]) / 2.0;
        let upper = value >= middle;
        range[usize::from(!upper)] = middle;
        bits = bits << 1 | u64::from(upper);
    }
    (0..12).map(|i| char::from(ALPHABET[(bits >> (55 - 5 * i)) as usize & 31])).collect()
}

//! The projected coordinate systems of VN-2000 that cadastral maps use.

use serde::{Deserialize, Serialize};

/// A 3° transverse Mercator zone of VN-2000 (k₀ 0.9999, false easting 500 km) by its central meridian.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Vn2000Zone {
    pub epsg: u16,
    /// Central meridian (*kinh tuyến trục*) in minutes of arc; always a multiple of 15.
    pub meridian_arcmin: u16,
}

/// EPSG code and central meridian (degrees, minutes) of every zone.
const ZONES: [(u16, u16, u16); 17] = [
    (9205, 103, 0),
    (9206, 104, 0),
    (9207, 104, 30),
    (9208, 104, 45),
    (5897, 105, 0),
    (9209, 105, 30),
    (9210, 105, 45),
    (9211, 106, 0),
    (9212, 106, 15),
    (9213, 106, 30),
    (9214, 107, 0),
    (9215, 107, 15),
    (9216, 107, 30),
    (5899, 107, 45),
    (5898, 108, 0),
    (9217, 108, 15),
    (9218, 108, 30),
];

impl Vn2000Zone {
    pub fn from_epsg(epsg: u16) -> Option<Self> {
        let (epsg, degrees, minutes) = *ZONES.iter().find(|zone| zone.0 == epsg)?;
        Some(Vn2000Zone { epsg, meridian_arcmin: degrees * 60 + minutes })
    }

    pub fn all() -> impl Iterator<Item = Self> {
        ZONES.iter().filter_map(|zone| Self::from_epsg(zone.0))
    }

    pub fn meridian_deg(self) -> f64 {
        f64::from(self.meridian_arcmin) / 60.0
    }

    /// `105°45′`.
    pub fn meridian_text(self) -> String {
        format!("{}°{:02}′", self.meridian_arcmin / 60, self.meridian_arcmin % 60)
    }
}

impl TryFrom<String> for Vn2000Zone {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.strip_prefix("EPSG:").and_then(|code| code.parse().ok()).and_then(Self::from_epsg).ok_or_else(|| {
            format!("'{text}' is not a VN-2000 zone of 3° (EPSG:9205 … EPSG:9218, EPSG:5897, EPSG:5899)")
        })
    }
}

impl From<Vn2000Zone> for String {
    fn from(zone: Vn2000Zone) -> String {
        format!("EPSG:{}", zone.epsg)
    }
}

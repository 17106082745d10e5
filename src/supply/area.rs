//! What was asked for: whole communes, a map sheet, a box, or a polygon.

use std::fmt;
use std::str::FromStr;

use super::polygon::Polygon;

/// Written `xa 99001 99002`, `to 99001 12`, `vung 106.40 20.80 106.45 20.85`, or `da_giac 106.4 20.8, 106.45 20.8, …`.
#[derive(Clone, Debug, PartialEq)]
pub enum Area {
    /// Codes, each once, sorted.
    Communes(Vec<String>),
    /// One map sheet (*tờ bản đồ*) of a commune.
    Sheet { commune: String, sheet: u32 },
    /// West, south, east, north in degrees of WGS 84: every parcel whose own box touches it.
    Box([f64; 4]),
    /// Every parcel that shares a point with it.
    Polygon(Polygon),
}

/// The kinds of area by the word that each is written with.
pub const KINDS: [&str; 4] = ["xa", "to", "vung", "da_giac"];

/// An area wider than this is no part of a province.
pub const MOST_DEG: f64 = 1.0;
pub const MOST_COMMUNES: usize = 50;

impl Area {
    pub fn communes(codes: &str) -> Result<Area, &'static str> {
        let mut codes: Vec<String> =
            codes.split([' ', ',', ';']).filter(|code| !code.is_empty()).map(str::to_owned).collect();
        codes.sort();
        codes.dedup();
        match codes.iter().all(|code| is_code(code)) && (1..=MOST_COMMUNES).contains(&codes.len()) {
            true => Ok(Area::Communes(codes)),
            false => Err("commune_code"),
        }
    }

    /// `99001-12`: commune and sheet, parted by a dash or a space.
    pub fn sheet(text: &str) -> Result<Area, &'static str> {
        let parts = text.trim().split_once(['-', ' ']);
        let read = parts.and_then(|(commune, sheet)| Some((commune, sheet.trim().parse().ok()?)));
        match read {
            Some((commune, sheet)) if is_code(commune) => Ok(Area::Sheet { commune: commune.to_owned(), sheet }),
            _ => Err("sheet"),
        }
    }

    /// One polygon of GeoJSON in degrees of WGS 84.
    pub fn geojson(text: &str) -> Result<Area, &'static str> {
        Polygon::from_geojson(text).map(Area::Polygon)
    }

    /// Communes that it names; `None` where it is drawn on the ground.
    pub fn named(&self) -> Option<&[String]> {
        match self {
            Area::Communes(codes) => Some(codes),
            Area::Sheet { commune, .. } => Some(std::slice::from_ref(commune)),
            Area::Box(_) | Area::Polygon(_) => None,
        }
    }

    /// The box around what is drawn on the ground: west, south, east, north.
    pub fn bounds_deg(&self) -> Option<[f64; 4]> {
        match self {
            Area::Communes(_) | Area::Sheet { .. } => None,
            Area::Box(bounds) => Some(*bounds),
            Area::Polygon(polygon) => Some(polygon.bounds),
        }
    }

    /// Four numbers parted by spaces, commas or semicolons, with a point before decimals.
    pub fn bounds(text: &str) -> Result<Area, &'static str> {
        let numbers: Option<Vec<f64>> =
            text.split([' ', ',', ';']).filter(|part| !part.is_empty()).map(|part| part.parse().ok()).collect();
        let Some([west, south, east, north]) = numbers.and_then(|numbers| <[f64; 4]>::try_from(numbers).ok()) else {
            return Err("box");
        };
        let is_box = west < east && south < north && east - west <= MOST_DEG && north - south <= MOST_DEG;
        let in_the_world = west >= -180.0 && east <= 180.0 && south >= -90.0 && north <= 90.0;
        if is_box && in_the_world { Ok(Area::Box([west, south, east, north])) } else { Err("box") }
    }
}

fn is_code(code: &str) -> bool {
    code.len() == 5 && code.bytes().all(|byte| byte.is_ascii_digit())
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Area::Communes(codes) => write!(f, "xa {}", codes.join(" ")),
            Area::Sheet { commune, sheet } => write!(f, "to {commune} {sheet}"),
            Area::Box([west, south, east, north]) => write!(f, "vung {west} {south} {east} {north}"),
            Area::Polygon(polygon) => write!(f, "da_giac {polygon}"),
        }
    }
}

impl FromStr for Area {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Area, &'static str> {
        match text.split_once(' ') {
            Some(("xa", codes)) => Area::communes(codes),
            Some(("to", sheet)) => Area::sheet(sheet),
            Some(("vung", bounds)) => Area::bounds(bounds),
            Some(("da_giac", rings)) => rings.parse().map(Area::Polygon),
            _ => Err("area"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_is_read_as_it_is_written() {
        let polygon = "da_giac 106.4 20.8, 106.45 20.8, 106.4 20.85; 106.41 20.81, 106.42 20.81, 106.41 20.82";
        for text in ["xa 99001 99002", "to 99001 12", "vung 106.4 20.8 106.45 20.85", polygon] {
            assert_eq!(text.parse::<Area>().unwrap().to_string(), text);
        }
        assert_eq!(Area::communes("99002, 99001 99002").unwrap().to_string(), "xa 99001 99002");
        for wrong in [
            "",
            "xa ",
            "xa 9900",
            "xa 99001a",
            "vung 1 2 3",
            "vung 3 2 1 4",
            "vung 1 2 nan 4",
            "vung 0 0 50 50",
            "to 5",
            "to 99001 x",
            "to 9900 1",
            "da_giac 1 1, 2 2",
        ] {
            assert!(wrong.parse::<Area>().is_err(), "{wrong}");
        }
    }
}

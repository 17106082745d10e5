//! What was asked for: whole communes, or a box.

use std::fmt;
use std::str::FromStr;

/// Written `xa 99001 99002`, or `vung 106.40 20.80 106.45 20.85`.
#[derive(Clone, Debug, PartialEq)]
pub enum Area {
    /// Codes, each once, sorted.
    Communes(Vec<String>),
    /// West, south, east, north in degrees of WGS 84: every parcel whose own box touches it.
    Box([f64; 4]),
}

/// A box wider than this is no part of a province.
const MOST_DEG: f64 = 1.0;
const MOST_COMMUNES: usize = 50;

impl Area {
    pub fn communes(codes: &str) -> Result<Area, &'static str> {
        let mut codes: Vec<String> =
            codes.split([' ', ',', ';']).filter(|code| !code.is_empty()).map(str::to_owned).collect();
        codes.sort();
        codes.dedup();
        let are_codes = codes.iter().all(|code| code.len() == 5 && code.bytes().all(|byte| byte.is_ascii_digit()));
        match are_codes && (1..=MOST_COMMUNES).contains(&codes.len()) {
            true => Ok(Area::Communes(codes)),
            false => Err("commune_code"),
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

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Area::Communes(codes) => write!(f, "xa {}", codes.join(" ")),
            Area::Box([west, south, east, north]) => write!(f, "vung {west} {south} {east} {north}"),
        }
    }
}

impl FromStr for Area {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Area, &'static str> {
        match text.split_once(' ') {
            Some(("xa", codes)) => Area::communes(codes),
            Some(("vung", bounds)) => Area::bounds(bounds),
            _ => Err("area"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_is_read_as_it_is_written() {
        for text in ["xa 99001 99002", "vung 106.4 20.8 106.45 20.85"] {
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
        ] {
            assert!(wrong.parse::<Area>().is_err(), "{wrong}");
        }
    }
}

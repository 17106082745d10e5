//! An area that somebody drew: rings in degrees of WGS 84, read from GeoJSON (RFC 7946), and what touches it.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;

use super::area::MOST_DEG;

/// Positions of all rings together; more is an outline that should have been simplified, and every parcel is held
/// against all of them.
pub const MOST_POSITIONS: usize = 500;

/// Digits behind the point that are kept: a centimetre.
const DIGITS: f64 = 1e7;

pub type Ring = Vec<[f64; 2]>;

/// Open rings, outer ones and holes alike: inside is what an odd number of them surrounds. No two sides cross.
#[derive(Clone, Debug, PartialEq)]
pub struct Polygon {
    rings: Vec<Ring>,
    /// West, south, east, north.
    pub bounds: [f64; 4],
}

impl Polygon {
    /// A Polygon or MultiPolygon, by itself, in a Feature, or as the one feature of a collection.
    ///
    /// # Errors
    /// A word of `[refused]`: `polygon`, `polygon_degrees`, `polygon_positions`, `polygon_wide`, `polygon_crosses`.
    pub fn from_geojson(text: &str) -> Result<Polygon, &'static str> {
        let value: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|_| "polygon")?;
        let geometry = geometry_of(&value)?;
        let coordinates = geometry.get("coordinates").ok_or("polygon")?;
        let polygons = match geometry.get("type").and_then(Value::as_str) {
            Some("Polygon") => std::slice::from_ref(coordinates),
            Some("MultiPolygon") => coordinates.as_array().map(Vec::as_slice).ok_or("polygon")?,
            _ => return Err("polygon"),
        };
        let mut rings = vec![];
        for ring in polygons.iter().flat_map(|polygon| polygon.as_array().into_iter().flatten()) {
            rings.push(closed_ring(ring)?);
        }
        Polygon::new(rings)
    }

    fn new(rings: Vec<Ring>) -> Result<Polygon, &'static str> {
        if rings.is_empty() || rings.iter().any(|ring| ring.len() < 3) {
            return Err("polygon");
        }
        if rings.iter().map(Vec::len).sum::<usize>() > MOST_POSITIONS {
            return Err("polygon_positions");
        }
        let bounds = bounds(rings.iter().flatten());
        let in_the_world = bounds[0] >= -180.0 && bounds[2] <= 180.0 && bounds[1] >= -90.0 && bounds[3] <= 90.0;
        if !in_the_world {
            return Err("polygon_degrees");
        }
        if bounds[2] - bounds[0] > MOST_DEG || bounds[3] - bounds[1] > MOST_DEG {
            return Err("polygon_wide");
        }
        let polygon = Polygon { rings, bounds };
        if polygon.crosses_itself() { Err("polygon_crosses") } else { Ok(polygon) }
    }

    /// How many positions it has.
    pub fn positions(&self) -> usize {
        self.rings.iter().map(Vec::len).sum()
    }

    /// Whether a shape (open rings, even-odd) shares a point with it.
    pub fn touches(&self, shape: &[Ring]) -> bool {
        let box_of_shape = bounds(shape.iter().flatten());
        let near: Vec<Side> = self.sides().filter(|side| meet(side_box(side), box_of_shape)).collect();
        if shape.iter().flat_map(|ring| sides(ring)).any(|side| near.iter().any(|own| touch(own, &side))) {
            return true;
        }
        // No side meets another: one lies wholly inside the other, or they are apart.
        let corner = |rings: &[Ring]| rings.first().and_then(|ring| ring.first()).copied();
        corner(shape).is_some_and(|corner| inside(&self.rings, corner))
            || corner(&self.rings).is_some_and(|corner| inside(shape, corner))
    }

    fn sides(&self) -> impl Iterator<Item = Side> {
        self.rings.iter().flat_map(|ring| sides(ring))
    }

    fn crosses_itself(&self) -> bool {
        let all: Vec<Side> = self.sides().collect();
        let neighbours = |a: &Side, b: &Side| a[1] == b[0] || b[1] == a[0];
        all.iter()
            .enumerate()
            .any(|(i, a)| all[i + 1..].iter().any(|b| if neighbours(a, b) { folds_back(a, b) } else { touch(a, b) }))
    }
}

impl fmt::Display for Polygon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ring = |ring: &Ring| ring.iter().map(|[x, y]| format!("{x} {y}")).collect::<Vec<_>>().join(", ");
        f.write_str(&self.rings.iter().map(ring).collect::<Vec<_>>().join("; "))
    }
}

impl FromStr for Polygon {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Polygon, &'static str> {
        let number = |text: &str| text.parse().ok().filter(|number: &f64| number.is_finite());
        let position = |text: &str| {
            let (x, y) = text.trim().split_once(' ')?;
            Some([number(x)?, number(y)?])
        };
        let rings: Option<Vec<Ring>> = text.split(';').map(|ring| ring.split(',').map(position).collect()).collect();
        Polygon::new(rings.ok_or("polygon")?)
    }
}

/// The geometry of what was given. A `crs` other than WGS 84 is of the older GeoJSON and says that these are no
/// degrees.
fn geometry_of(value: &Value) -> Result<&Value, &'static str> {
    if value.get("crs").is_some_and(|crs| !["CRS84", "4326"].iter().any(|known| crs.to_string().contains(known))) {
        return Err("polygon_degrees");
    }
    match value.get("type").and_then(Value::as_str) {
        Some("FeatureCollection") => match value.get("features").and_then(Value::as_array).map(Vec::as_slice) {
            Some([feature]) => geometry_of(feature),
            _ => Err("polygon"),
        },
        Some("Feature") => value.get("geometry").ok_or("polygon"),
        _ => Ok(value),
    }
}

fn closed_ring(ring: &Value) -> Result<Ring, &'static str> {
    let positions = ring.as_array().ok_or("polygon")?;
    if positions.len() > MOST_POSITIONS + 1 {
        return Err("polygon_positions");
    }
    let kept = |number: &Value| number.as_f64().map(|number| (number * DIGITS).round() / DIGITS);
    let read = |position: &Value| match position.as_array().map(Vec::as_slice) {
        Some([x, y, ..]) => Some([kept(x)?, kept(y)?]),
        _ => None,
    };
    let mut ring: Ring = positions.iter().map(read).collect::<Option<_>>().ok_or("polygon")?;
    if ring.first() != ring.last() {
        return Err("polygon");
    }
    ring.dedup();
    ring.pop();
    Ok(ring)
}

type Side = [[f64; 2]; 2];

fn sides(ring: &[[f64; 2]]) -> impl Iterator<Item = Side> {
    (0..ring.len()).map(|i| [ring[i], ring[(i + 1) % ring.len()]])
}

pub fn bounds<'a>(positions: impl Iterator<Item = &'a [f64; 2]>) -> [f64; 4] {
    positions.fold([f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY], |[w, s, e, n], [x, y]| {
        [w.min(*x), s.min(*y), e.max(*x), n.max(*y)]
    })
}

fn side_box(side: &Side) -> [f64; 4] {
    bounds(side.iter())
}

pub fn meet(a: [f64; 4], b: [f64; 4]) -> bool {
    a[0] <= b[2] && a[2] >= b[0] && a[1] <= b[3] && a[3] >= b[1]
}

/// Twice the signed area of a triangle.
fn turn(a: [f64; 2], b: [f64; 2], c: [f64; 2]) -> f64 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

/// Whether two sides share a point.
fn touch(a: &Side, b: &Side) -> bool {
    if !meet(side_box(a), side_box(b)) {
        return false;
    }
    let opposite = |side: &Side, other: &Side| {
        let (first, second) = (turn(side[0], side[1], other[0]), turn(side[0], side[1], other[1]));
        first == 0.0 || second == 0.0 || (first > 0.0) != (second > 0.0)
    };
    opposite(a, b) && opposite(b, a)
}

/// Whether two sides that follow one another lie on each other.
fn folds_back(a: &Side, b: &Side) -> bool {
    let (from, corner, to) = if a[1] == b[0] { (a[0], a[1], b[1]) } else { (b[0], b[1], a[1]) };
    let ahead = (corner[0] - from[0]) * (to[0] - corner[0]) + (corner[1] - from[1]) * (to[1] - corner[1]);
    turn(from, corner, to) == 0.0 && ahead < 0.0
}

fn inside(rings: &[Ring], [x, y]: [f64; 2]) -> bool {
    let crossings = rings
        .iter()
        .flat_map(|ring| sides(ring))
        .filter(|[a, b]| (a[1] > y) != (b[1] > y) && x < (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0]);
    crossings.count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(x: f64, y: f64, side: f64) -> Ring {
        vec![[x, y], [x + side, y], [x + side, y + side], [x, y + side]]
    }

    #[test]
    fn a_polygon_comes_alone_or_in_a_feature_and_its_faults_are_told_apart() {
        let ring = "[[106.4,20.8],[106.5,20.8],[106.5,20.9],[106.4,20.8]]";
        let bare = format!(r#"{{"type":"Polygon","coordinates":[{ring}]}}"#);
        let feature = format!(r#"{{"type":"Feature","properties":null,"geometry":{bare}}}"#);
        let whole = format!(r#"{{"type":"FeatureCollection","features":[{feature}]}}"#);
        let multi = format!(r#"{{"type":"MultiPolygon","coordinates":[[{ring}]]}}"#);
        for text in [&bare, &feature, &whole, &multi, &format!("\u{feff}{bare}")] {
            assert_eq!(Polygon::from_geojson(text).unwrap().to_string(), "106.4 20.8, 106.5 20.8, 106.5 20.9");
        }
        let polygon = |ring: &str| Polygon::from_geojson(&format!(r#"{{"type":"Polygon","coordinates":[{ring}]}}"#));
        let many: Vec<String> = (0..502).map(|i| format!("[106.{i:03},20.8]")).collect();
        for (ring, why) in [
            ("[[1,1],[2,1],[2,2]]".to_owned(), "polygon"),
            ("[[1,1],[2,1],[1,1]]".into(), "polygon"),
            ("[[585000,2300000],[585100,2300000],[585100,2300100],[585000,2300000]]".into(), "polygon_degrees"),
            ("[[106,20],[108,20],[108,21],[106,20]]".into(), "polygon_wide"),
            ("[[0,0],[0.5,0.5],[0.5,0],[0,0.5],[0,0]]".into(), "polygon_crosses"),
            ("[[0,0],[0.5,0],[0.2,0],[0.2,0.4],[0,0]]".into(), "polygon_crosses"),
            (format!("[{}]", many.join(",")), "polygon_positions"),
        ] {
            assert_eq!(polygon(&ring), Err(why), "{ring}");
        }
        for text in ["", "[]", "{}", r#"{"type":"Point","coordinates":[1,2]}"#] {
            assert_eq!(Polygon::from_geojson(text), Err("polygon"), "{text}");
        }
        let old = bare.replacen('{', r#"{"crs":{"properties":{"name":"EPSG:9210"}},"#, 1);
        assert_eq!(Polygon::from_geojson(&old), Err("polygon_degrees"));
    }

    #[test]
    fn what_shares_a_point_touches_also_from_inside_and_outside_and_not_in_a_hole() {
        let area = Polygon::new(vec![square(0.0, 0.0, 0.9), square(0.3, 0.3, 0.3)]).unwrap();
        for (x, y, side, touches) in [
            (0.1, 0.1, 0.05, true),
            (-0.5, -0.5, 0.4, false),
            (0.9, 0.9, 0.1, true),
            (0.4, 0.4, 0.1, false),
            (0.25, 0.4, 0.1, true),
            (-1.0, -1.0, 3.0, true),
            (0.91, 0.0, 0.5, false),
        ] {
            assert_eq!(area.touches(&[square(x, y, side)]), touches, "{x} {y} {side}");
        }
        let ring_around_all = [square(-1.0, -1.0, 3.0), square(-0.5, -0.5, 2.0)];
        assert!(!area.touches(&ring_around_all), "the area lies in a hole of the shape");
    }
}

//! State secrets (Circular 17/2010, article 14.2): features with a secret land use or in a secret area are
//! withheld whole, before anything is inspected or kept. Nothing is recorded of them but how many they are.

use serde::{Deserialize, Serialize};

use crate::model::land_use;
use crate::model::shapes::{GeometryKind, GridCoord, Shapes};

/// Why a row is withheld.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    SecretCode,
    SecretArea,
}

impl Reason {
    pub fn text(self) -> &'static str {
        match self {
            Reason::SecretCode => "secret land use",
            Reason::SecretArea => "secret area",
        }
    }
}

type Box2 = [f64; 4];

/// The secrets that one dataset is held against.
#[derive(Clone, Debug)]
pub struct Secrecy {
    codes: Vec<String>,
    /// Polygons in the dataset's own coordinates.
    areas: Shapes<GridCoord>,
    boxes: Vec<Box2>,
}

impl Secrecy {
    /// `areas`: polygons in the zone of the dataset; empty where no area is secret.
    pub fn new(codes: Vec<String>, areas: Shapes<GridCoord>) -> Self {
        let boxes = (0..areas.len()).map(|i| bounds(areas.feature_rings(i))).collect();
        Secrecy { codes, areas, boxes }
    }

    /// Holds nothing back.
    pub fn none() -> Self {
        Secrecy::new(vec![], Shapes::new(GeometryKind::Polygon))
    }

    /// Whether a feature must not go out: `codes` are its land uses, each of one or several joined by `+`;
    /// `shape` holds the feature alone, or nothing.
    pub fn withholds<'a>(&self, codes: impl IntoIterator<Item = &'a str>, shape: &Shapes<GridCoord>) -> Option<Reason> {
        let secret = |code: &str| self.codes.iter().any(|secret| secret == code);
        if codes.into_iter().flat_map(land_use::split).any(secret) {
            return Some(Reason::SecretCode);
        }
        (!self.boxes.is_empty() && self.touches_an_area(shape)).then_some(Reason::SecretArea)
    }

    fn touches_an_area(&self, shape: &Shapes<GridCoord>) -> bool {
        (0..shape.len()).any(|feature| {
            let own = bounds(shape.feature_rings(feature));
            self.boxes
                .iter()
                .enumerate()
                .any(|(area, other)| overlap(own, *other) && self.touches(shape, feature, area))
        })
    }

    /// Whether a border meets a border, or one of the two lies within the other.
    fn touches(&self, shape: &Shapes<GridCoord>, feature: usize, area: usize) -> bool {
        let within = |p: GridCoord| contains(&self.areas, area, p);
        let first = |shapes: &Shapes<GridCoord>, i: usize| -> Vec<GridCoord> {
            shapes.feature_rings(i).filter_map(|ring| ring.first().copied()).collect()
        };
        first(shape, feature).into_iter().any(within)
            || (shape.kind == GeometryKind::Polygon
                && first(&self.areas, area).into_iter().any(|p| contains(shape, feature, p)))
            || self.borders_meet(shape, feature, area)
    }

    fn borders_meet(&self, shape: &Shapes<GridCoord>, feature: usize, area: usize) -> bool {
        let box_of_area = self.boxes[area];
        let near: Vec<Edge> = edges(shape, feature).filter(|edge| overlap(edge_box(*edge), box_of_area)).collect();
        edges(&self.areas, area).any(|border| {
            let box_of_border = edge_box(border);
            near.iter().any(|edge| overlap(edge_box(*edge), box_of_border) && meet(*edge, border))
        })
    }
}

type Edge = (GridCoord, GridCoord);

/// The sides of a feature; a point is a side without length, and only polygons close their rings.
fn edges(shapes: &Shapes<GridCoord>, feature: usize) -> impl Iterator<Item = Edge> {
    let closed = shapes.kind == GeometryKind::Polygon;
    shapes.feature_rings(feature).flat_map(move |ring| {
        let count = if closed || ring.len() == 1 { ring.len() } else { ring.len().saturating_sub(1) };
        (0..count).map(move |i| (ring[i], ring[(i + 1) % ring.len()]))
    })
}

fn edge_box((a, b): Edge) -> Box2 {
    [a[0].min(b[0]), a[1].min(b[1]), a[0].max(b[0]), a[1].max(b[1])]
}

fn bounds<'a>(rings: impl Iterator<Item = &'a [GridCoord]>) -> Box2 {
    rings
        .flatten()
        .fold([f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY], |[w, s, e, n], [x, y]| {
            [w.min(*x), s.min(*y), e.max(*x), n.max(*y)]
        })
}

fn overlap(a: Box2, b: Box2) -> bool {
    a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3]
}

/// Even-odd over all rings of the feature: a hole is outside.
fn contains(shapes: &Shapes<GridCoord>, feature: usize, p: GridCoord) -> bool {
    let mut inside = false;
    for (a, b) in edges(shapes, feature) {
        if (a[1] > p[1]) != (b[1] > p[1]) && p[0] < (b[0] - a[0]) * (p[1] - a[1]) / (b[1] - a[1]) + a[0] {
            inside = !inside;
        }
    }
    inside
}

/// Whether two sides have a point in common, their ends included.
fn meet((a, b): Edge, (c, d): Edge) -> bool {
    let side = |a: GridCoord, b: GridCoord, p: GridCoord| (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]);
    let between =
        |a: GridCoord, b: GridCoord, p: GridCoord| (0..2).all(|k| p[k] >= a[k].min(b[k]) && p[k] <= a[k].max(b[k]));
    let (s1, s2, s3, s4) = (side(c, d, a), side(c, d, b), side(a, b, c), side(a, b, d));
    let cross = |s: f64, t: f64| (s > 0.0 && t < 0.0) || (s < 0.0 && t > 0.0);
    (cross(s1, s2) && cross(s3, s4))
        || (s1 == 0.0 && between(c, d, a))
        || (s2 == 0.0 && between(c, d, b))
        || (s3 == 0.0 && between(a, b, c))
        || (s4 == 0.0 && between(a, b, d))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(kind: GeometryKind, rings: &[&[GridCoord]]) -> Shapes<GridCoord> {
        let mut shape = Shapes::new(kind);
        for ring in rings {
            shape.coords.extend_from_slice(ring);
            shape.end_ring();
        }
        shape.end_part();
        shape.end_feature();
        shape
    }

    fn square(x: f64, y: f64, size: f64) -> Vec<GridCoord> {
        vec![[x, y], [x + size, y], [x + size, y + size], [x, y + size]]
    }

    /// A secret square of 100 m with a hole of 20 m in its middle.
    fn secrecy() -> Secrecy {
        let hole: Vec<GridCoord> = square(40.0, 40.0, 20.0).into_iter().rev().collect();
        Secrecy::new(vec!["CQP".into()], shape(GeometryKind::Polygon, &[&square(0.0, 0.0, 100.0), &hole]))
    }

    #[test]
    fn whatever_touches_a_secret_area_is_withheld_whole() {
        let polygon = |x, y, size| shape(GeometryKind::Polygon, &[&square(x, y, size)]);
        let line = |points: &[GridCoord]| shape(GeometryKind::Line, &[points]);
        let point = |p: GridCoord| shape(GeometryKind::Point, &[&[p]]);
        for (what, feature, withheld) in [
            ("a parcel across the border", polygon(90.0, 10.0, 20.0), true),
            ("a parcel within", polygon(10.0, 10.0, 5.0), true),
            ("a parcel around it all", polygon(-50.0, -50.0, 500.0), true),
            ("a parcel that shares a border", polygon(100.0, 0.0, 10.0), true),
            ("a parcel that touches with a corner", polygon(100.0, 100.0, 10.0), true),
            ("a parcel beside it", polygon(100.1, 0.0, 10.0), false),
            ("a parcel in the hole", polygon(45.0, 45.0, 5.0), false),
            ("a road through it", line(&[[-10.0, 20.0], [200.0, 20.0]]), true),
            ("a road past it", line(&[[-10.0, 120.0], [200.0, 120.0]]), false),
            (
                "a road that ends before the line back would cross",
                line(&[[-10.0, 50.0], [-10.0, 150.0], [200.0, 150.0]]),
                false,
            ),
            ("a name within", point([10.0, 10.0]), true),
            ("a name outside", point([150.0, 10.0]), false),
            ("a name in the hole", point([50.0, 50.0]), false),
        ] {
            assert_eq!(secrecy().withholds([], &feature).is_some(), withheld, "{what}");
        }
    }

    #[test]
    fn a_secret_land_use_is_found_among_several() {
        let nowhere = Shapes::new(GeometryKind::Polygon);
        assert_eq!(secrecy().withholds(["ODT", "CLN+CQP"], &nowhere), Some(Reason::SecretCode));
        assert_eq!(secrecy().withholds(["ODT", "CAN"], &nowhere), None);
        assert_eq!(Secrecy::none().withholds(["CQP"], &nowhere), None);
    }
}

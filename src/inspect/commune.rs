//! Parcels outside their commune, by its boundary itself: the box of a commune holds half of its neighbours.

use std::collections::BTreeMap;
use std::f64::consts::TAU;
use std::ops::ControlFlow;

use super::box_tree::{Box2, BoxTree, around};
use super::finding::{Finding, Severity};
use super::ring::crosses_ray;
use crate::error::{Exit, Fault, Stage};
use crate::model::shapes::{Shapes, WorldCoord};
use crate::project::mercator::degrees_from_world;

/// Parcels and boundaries come from different surveys: what lies over the border by less is not named.
const TOLERANCE_M: f64 = 1.0;

/// The earth's equator in metres, as Web Mercator has it, over the 2³² units of the world.
const UNIT_AT_EQUATOR_M: f64 = TAU * 6_378_137.0 / 4_294_967_296.0;

/// How far a parcel leaves its commune, metres on the ground.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outside {
    /// No corner lies inside; the distance of the farthest.
    Wholly(f64),
    /// Some corners lie inside; the distance of the farthest that does not.
    Partly(f64),
}

/// The boundaries of all communes, each with a tree over its edges.
#[derive(Default)]
pub struct CommuneBorders {
    borders: BTreeMap<String, Border>,
}

struct Border {
    edges: Vec<([f64; 2], [f64; 2])>,
    tree: BoxTree<f64>,
    frame: Box2<f64>,
}

impl CommuneBorders {
    /// One code for each feature; features of one code belong together.
    pub fn new(codes: &[String], boundaries: &Shapes<WorldCoord>) -> Self {
        let mut edges: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for (feature, code) in codes.iter().enumerate().take(boundaries.len()) {
            let of_code = edges.entry(code.clone()).or_default();
            for ring in boundaries.feature_rings(feature) {
                let after = ring.iter().cycle().skip(1);
                of_code.extend(ring.iter().zip(after).map(|(a, b)| (a.map(f64::from), b.map(f64::from))));
            }
        }
        let borders = edges.into_iter().filter_map(|(code, edges)| Some((code, Border::new(edges)?))).collect();
        CommuneBorders { borders }
    }

    /// How far the rings of one parcel lie outside their commune; `None` inside, and when the commune has no
    /// boundary here. About 0.2 µs a corner.
    pub fn outside(&self, code: &str, rings: &[&[WorldCoord]]) -> Option<Outside> {
        let border = self.borders.get(code)?;
        let corners = || rings.iter().copied().flatten();
        let strays: Vec<&WorldCoord> = corners().filter(|corner| !border.contains(corner.map(f64::from))).collect();
        let farthest_m = strays.iter().map(|corner| border.distance_m(**corner)).fold(0.0, f64::max);
        if farthest_m <= TOLERANCE_M {
            return None;
        }
        // A parcel of the neighbour touches the border: its corners lie inside by a rounding, not by a metre.
        let is_well_inside =
            |corner: &WorldCoord| border.contains(corner.map(f64::from)) && border.distance_m(*corner) > TOLERANCE_M;
        Some(if corners().any(is_well_inside) { Outside::Partly(farthest_m) } else { Outside::Wholly(farthest_m) })
    }
}

impl Outside {
    /// As something to print; the caller adds file, feature, commune and place.
    pub fn into_finding(self, code: &str) -> Finding {
        let (kind, severity, problem) = match self {
            Outside::Wholly(metres) => {
                ("outside-commune", Severity::Refusal, format!("lies outside commune {code}, up to {metres:.1} m away"))
            }
            Outside::Partly(metres) => (
                "over-commune-border",
                Severity::Warning,
                format!("reaches {metres:.1} m over the border of commune {code}"),
            ),
        };
        let fault = Fault::new(Stage::Inspect, Exit::Quality, problem)
            .remedy("correct maXa or the shape, or bring the boundary and the survey together");
        Finding::new(kind, severity, fault)
    }
}

impl Border {
    fn new(edges: Vec<([f64; 2], [f64; 2])>) -> Option<Self> {
        let edge_box = |(a, b): &([f64; 2], [f64; 2])| around([a[0], a[1], a[0], a[1]], [b[0], b[1], b[0], b[1]]);
        let frame = edges.iter().map(edge_box).reduce(around)?;
        let tree = BoxTree::new(edges.iter().map(edge_box));
        Some(Border { edges, tree, frame })
    }

    fn contains(&self, p: [f64; 2]) -> bool {
        let mut inside = false;
        let _ = self.tree.visit([p[0], p[1], self.frame[2].max(p[0]), p[1]], &mut |i| {
            let (a, b) = self.edges[i];
            inside ^= crosses_ray(a, b, p);
            ControlFlow::Continue(())
        });
        inside
    }

    /// From the nearest edge: looked for in a square that doubles until it holds one.
    fn distance_m(&self, corner: WorldCoord) -> f64 {
        let unit_m = UNIT_AT_EQUATOR_M * degrees_from_world(corner)[1].to_radians().cos();
        let p = corner.map(f64::from);
        let mut reach = 4.0 * TOLERANCE_M / unit_m;
        loop {
            let mut nearest = f64::INFINITY;
            let _ = self.tree.visit([p[0] - reach, p[1] - reach, p[0] + reach, p[1] + reach], &mut |i| {
                nearest = nearest.min(distance(self.edges[i], p));
                ControlFlow::Continue(())
            });
            if nearest <= reach || reach > 4_294_967_296.0 {
                return nearest * unit_m;
            }
            reach *= 2.0;
        }
    }
}

fn distance((a, b): ([f64; 2], [f64; 2]), p: [f64; 2]) -> f64 {
    super::neighbours::lattice::distance_to(a, b, p).0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::shapes::GeometryKind;

    /// A commune of 100,000 units (about 870 m) at 21° north.
    const WEST: u32 = 3_410_000_000;
    const NORTH: u32 = 1_890_000_000;

    fn borders() -> CommuneBorders {
        let mut shapes = Shapes::new(GeometryKind::Polygon);
        shapes.coords.extend(square(0, 0, 100_000));
        shapes.end_ring();
        shapes.end_part();
        shapes.end_feature();
        CommuneBorders::new(&["99001".to_owned()], &shapes)
    }

    fn square(x: u32, y: u32, side: u32) -> [WorldCoord; 4] {
        let (x, y) = (WEST + x, NORTH + y);
        [[x, y], [x, y + side], [x + side, y + side], [x + side, y]]
    }

    fn outside(ring: &[WorldCoord]) -> Option<Outside> {
        borders().outside("99001", &[ring])
    }

    #[test]
    fn a_parcel_within_its_commune_or_a_metre_over_the_border_is_not_named() {
        assert_eq!(outside(&square(500, 500, 2000)), None);
        assert_eq!(outside(&square(98_050, 500, 2000)), None);
        assert_eq!(borders().outside("99002", &[&square(0, 0, 5)]), None);
    }

    #[test]
    fn a_parcel_over_the_border_is_named_with_metres_on_the_ground() {
        let Some(Outside::Partly(metres)) = outside(&square(99_000, 500, 2000)) else { panic!() };
        let lat = degrees_from_world([WEST, NORTH])[1];
        assert!((metres - 1000.0 * 0.009_330_7 * lat.to_radians().cos()).abs() < 0.01, "{metres} at {lat}");
        let finding = Outside::Partly(metres).into_finding("99001");
        assert_eq!((finding.kind, finding.severity), ("over-commune-border", Severity::Warning));
    }

    #[test]
    fn a_parcel_of_the_neighbour_that_only_touches_the_border_is_outside() {
        assert!(matches!(outside(&square(100_000, 500, 2000)), Some(Outside::Wholly(_))));
        assert!(matches!(outside(&square(99_995, 500, 2000)), Some(Outside::Wholly(_))));
        let Some(far) = outside(&square(9_000_000, 500, 2000)) else { panic!() };
        assert_eq!(far.into_finding("99001").severity, Severity::Refusal);
    }
}

//! Validity of polygons in the plane (OGC 06-103r4, 6.1.11): rings simple, of some area, holes inside.

use crate::model::shapes::{GeometryKind, GridCoord, Shapes};

/// What is wrong with one feature, in words; empty when it is valid. Lines and points have no rules here.
pub fn problems(shapes: &Shapes<GridCoord>, feature: usize) -> Vec<String> {
    if shapes.kind != GeometryKind::Polygon {
        return vec![];
    }
    let mut found = vec![];
    for part in shapes.parts(feature) {
        let rings: Vec<&[GridCoord]> = shapes.rings(part).map(|ring| shapes.ring(ring)).collect();
        found.extend(
            rings.iter().enumerate().filter_map(|(i, ring)| ring_problem(ring).map(|p| format!("ring {}: {p}", i + 1))),
        );
        found.extend(
            rings
                .iter()
                .enumerate()
                .skip(1)
                .filter(|(_, hole)| !inside(hole[0], rings[0]) && !rings[0].contains(&hole[0]))
                .map(|(i, _)| format!("ring {}: the hole lies outside its polygon", i + 1)),
        );
    }
    found
}

fn ring_problem(ring: &[GridCoord]) -> Option<String> {
    if ring.len() < 3 {
        return Some("has fewer than three corners".into());
    }
    if let Some(i) = (0..ring.len()).find(|i| ring[*i] == ring[(i + 1) % ring.len()]) {
        return Some(format!("the point {} stands twice in a row", at(ring[i])));
    }
    if twice_signed_area(ring).abs() < 2e-4 {
        return Some("encloses no area".into());
    }
    crossing(ring).map(|point| format!("crosses itself near {}", at(point)))
}

fn at([easting, northing]: GridCoord) -> String {
    format!("E {easting:.3} N {northing:.3}")
}

/// Twice the area, positive when counter-clockwise. Taken from the first corner, so that the large
/// coordinates of a projected system do not eat the digits.
pub fn twice_signed_area(ring: &[GridCoord]) -> f64 {
    let [x0, y0] = ring[0];
    (1..ring.len().saturating_sub(1))
        .map(|i| (ring[i][0] - x0) * (ring[i + 1][1] - y0) - (ring[i + 1][0] - x0) * (ring[i][1] - y0))
        .sum()
}

/// Area of a feature in square units of its coordinates: outer rings less holes.
pub fn area(shapes: &Shapes<GridCoord>, feature: usize) -> f64 {
    let part_area = |part: usize| {
        let mut areas = shapes.rings(part).map(|ring| twice_signed_area(shapes.ring(ring)).abs() / 2.0);
        areas.next().unwrap_or(0.0) - areas.sum::<f64>()
    };
    shapes.parts(feature).map(part_area).sum()
}

/// A point where two edges that are not neighbours meet. Edges are swept in the order of their west ends,
/// so that long rings stay cheap.
fn crossing(ring: &[GridCoord]) -> Option<GridCoord> {
    let n = ring.len();
    let edge = |i: usize| (ring[i], ring[(i + 1) % n]);
    let west = |i: usize| edge(i).0[0].min(edge(i).1[0]);
    let east = |i: usize| edge(i).0[0].max(edge(i).1[0]);
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|a, b| west(*a).total_cmp(&west(*b)));
    let mut active: Vec<usize> = vec![];
    for i in order {
        active.retain(|j| east(*j) >= west(i));
        for &j in &active {
            let neighbours = (i + 1) % n == j || (j + 1) % n == i;
            if !neighbours && meet(edge(i), edge(j)) {
                return Some(edge(i).0);
            }
        }
        active.push(i);
    }
    None
}

fn meet((a, b): (GridCoord, GridCoord), (c, d): (GridCoord, GridCoord)) -> bool {
    let (d1, d2) = (side(c, d, a), side(c, d, b));
    let (d3, d4) = (side(a, b, c), side(a, b, d));
    if d1 * d2 < 0.0 && d3 * d4 < 0.0 {
        return true;
    }
    (d1 == 0.0 && between(c, d, a))
        || (d2 == 0.0 && between(c, d, b))
        || (d3 == 0.0 && between(a, b, c))
        || (d4 == 0.0 && between(a, b, d))
}

fn side(a: GridCoord, b: GridCoord, p: GridCoord) -> f64 {
    (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])
}

fn between(a: GridCoord, b: GridCoord, p: GridCoord) -> bool {
    (0..2).all(|axis| p[axis] >= a[axis].min(b[axis]) && p[axis] <= a[axis].max(b[axis]))
}

/// Whether a point lies inside a ring, by the even-odd rule.
pub fn inside(p: GridCoord, ring: &[GridCoord]) -> bool {
    let mut inside = false;
    for i in 0..ring.len() {
        let (a, b) = (ring[i], ring[(i + 1) % ring.len()]);
        if (a[1] > p[1]) != (b[1] > p[1]) && p[0] < (b[0] - a[0]) * (p[1] - a[1]) / (b[1] - a[1]) + a[0] {
            inside = !inside;
        }
    }
    inside
}

#[cfg(test)]
mod tests {
    use super::*;

    fn polygon(rings: &[&[GridCoord]]) -> Shapes<GridCoord> {
        let mut shapes = Shapes::new(GeometryKind::Polygon);
        for ring in rings {
            shapes.coords.extend_from_slice(ring);
            shapes.end_ring();
        }
        shapes.end_part();
        shapes.end_feature();
        shapes
    }

    const SQUARE: &[GridCoord] = &[[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]];

    #[test]
    fn a_square_with_a_hole_is_valid_and_has_its_area() {
        let shape = polygon(&[SQUARE, &[[2.0, 2.0], [2.0, 4.0], [4.0, 4.0], [4.0, 2.0]]]);
        assert_eq!(problems(&shape, 0), Vec::<String>::new());
        assert_eq!(area(&shape, 0), 96.0);
    }

    #[test]
    fn a_bow_tie_a_repeated_point_a_sliver_and_a_stray_hole_are_named() {
        let bow = polygon(&[&[[0.0, 0.0], [10.0, 10.0], [10.0, 0.0], [0.0, 11.0]]]);
        assert!(problems(&bow, 0)[0].contains("crosses itself"));
        let repeated = polygon(&[&[[0.0, 0.0], [10.0, 0.0], [10.0, 0.0], [0.0, 10.0]]]);
        assert!(problems(&repeated, 0)[0].contains("stands twice in a row"));
        let sliver = polygon(&[&[[0.0, 0.0], [10.0, 0.0], [20.0, 0.0]]]);
        assert!(problems(&sliver, 0)[0].contains("no area"));
        let stray = polygon(&[SQUARE, &[[20.0, 20.0], [20.0, 21.0], [21.0, 21.0]]]);
        assert!(problems(&stray, 0)[0].contains("outside its polygon"));
    }
}

//! One way to write a shape down, whatever the format it came from: formats turn rings round and start
//! them elsewhere, and the same commune must give the same snapshot.

use super::geometry::twice_signed_area;
use crate::model::shapes::{GeometryKind, GridCoord, Shapes};

/// The same feature with outer rings counter-clockwise and holes clockwise, each ring starting at its lowest
/// (then westmost) corner, holes and parts in the order of those corners. Lines and points stay as they are.
pub fn canonical(shape: &Shapes<GridCoord>, feature: usize) -> Shapes<GridCoord> {
    let mut out = Shapes::new(shape.kind);
    if shape.kind != GeometryKind::Polygon {
        out.append_feature(shape, feature);
        return out;
    }
    let mut parts: Vec<Vec<Vec<GridCoord>>> =
        shape.parts(feature).map(|part| part_rings(shape, part)).filter(|rings| !rings.is_empty()).collect();
    parts.sort_by(|a, b| order(&a[0], &b[0]));
    for ring in parts.into_iter().flat_map(|rings| rings.into_iter().map(Some).chain([None])) {
        match ring {
            Some(ring) => {
                out.coords.extend(ring);
                out.end_ring();
            }
            None => out.end_part(),
        }
    }
    out.end_feature();
    out
}

fn part_rings(shape: &Shapes<GridCoord>, part: usize) -> Vec<Vec<GridCoord>> {
    let mut rings: Vec<Vec<GridCoord>> =
        shape.rings(part).enumerate().map(|(i, ring)| turned(shape.ring(ring), i == 0)).collect();
    if rings.len() > 2 {
        rings[1..].sort_by(|a, b| order(a, b));
    }
    rings
}

fn turned(ring: &[GridCoord], counter_clockwise: bool) -> Vec<GridCoord> {
    let mut ring = ring.to_vec();
    if ring.len() > 2 && (twice_signed_area(&ring) > 0.0) != counter_clockwise {
        ring.reverse();
    }
    let first = (0..ring.len()).min_by(|a, b| corner_order(&ring[*a], &ring[*b])).unwrap_or(0);
    ring.rotate_left(first);
    ring
}

/// Rings that begin at one corner are told apart by what follows.
fn order(a: &[GridCoord], b: &[GridCoord]) -> std::cmp::Ordering {
    let corners = a.iter().zip(b).map(|(a, b)| corner_order(a, b));
    corners.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then).then(a.len().cmp(&b.len()))
}

fn corner_order(a: &GridCoord, b: &GridCoord) -> std::cmp::Ordering {
    a[1].total_cmp(&b[1]).then(a[0].total_cmp(&b[0]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn polygon(parts: &[&[&[GridCoord]]]) -> Shapes<GridCoord> {
        let mut shapes = Shapes::new(GeometryKind::Polygon);
        for part in parts {
            for ring in *part {
                shapes.coords.extend_from_slice(ring);
                shapes.end_ring();
            }
            shapes.end_part();
        }
        shapes.end_feature();
        shapes
    }

    #[test]
    fn direction_start_and_order_of_rings_and_parts_leave_no_trace() {
        let square: [GridCoord; 4] = [[0.0, 0.0], [9.0, 0.0], [9.0, 9.0], [0.0, 9.0]];
        let clockwise: [GridCoord; 4] = [[9.0, 9.0], [9.0, 0.0], [0.0, 0.0], [0.0, 9.0]];
        let (hole_a, hole_b) = ([[1.0, 1.0], [1.0, 2.0], [2.0, 2.0]], [[5.0, 5.0], [5.0, 6.0], [6.0, 6.0]]);
        let other: [GridCoord; 3] = [[20.0, -1.0], [21.0, 0.0], [20.0, 0.0]];
        let one = polygon(&[&[&square, &hole_a, &hole_b], &[&other]]);
        let two = polygon(&[&[&other], &[&clockwise, &hole_b, &hole_a]]);
        assert_eq!(canonical(&one, 0), canonical(&two, 0));
        assert_eq!(canonical(&one, 0).ring(0)[0], [20.0, -1.0]);
        assert_eq!(canonical(&one, 0).coords.len(), one.coords.len());
    }
}

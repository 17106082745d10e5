//! One point inside each polygon: where its number is written.

use rayon::prelude::*;

use super::ring_walk::land_area;
use crate::model::label_point;
use crate::model::shapes::{GeometryKind, Shapes, WorldCoord};

/// A point layer with one point per feature. It depends on the shape alone, so it stays where it is from
/// one edition to the next.
pub fn points(shapes: &Shapes<WorldCoord>) -> Shapes<WorldCoord> {
    let coords: Vec<WorldCoord> = (0..shapes.len()).into_par_iter().map(|i| point(shapes, i)).collect();
    let ends: Vec<u32> = (1..=coords.len() as u32).collect();
    Shapes { kind: GeometryKind::Point, coords, ring_ends: ends.clone(), part_ends: ends.clone(), feature_ends: ends }
}

/// The label point of a feature's largest part; a part that has no area on this grid keeps its first corner.
fn point(shapes: &Shapes<WorldCoord>, feature: usize) -> WorldCoord {
    let part = shapes.parts(feature).max_by_key(|part| {
        let outer = shapes.rings(*part).next();
        (outer.map_or(0, |ring| land_area(shapes.ring(ring)).abs()), std::cmp::Reverse(*part))
    });
    let rings: Vec<Vec<[f64; 2]>> = part
        .into_iter()
        .flat_map(|part| shapes.rings(part))
        .map(|ring| shapes.ring(ring).iter().map(|corner| corner.map(f64::from)).collect())
        .collect();
    match label_point::inside(&rings) {
        Some(found) => found.at.map(|v| v.round() as u32),
        None => shapes.feature_rings(feature).flatten().next().copied().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_of_two_parts_is_labelled_in_the_larger() {
        let mut shapes = Shapes::new(GeometryKind::Polygon);
        for (west, side) in [(0, 10), (100, 40)] {
            shapes.coords.extend([[west, 0], [west, side], [west + side, side], [west + side, 0]]);
            shapes.end_ring();
            shapes.end_part();
        }
        shapes.end_feature();
        assert_eq!(points(&shapes).coords, [[120, 20]]);
    }
}

//! Parcels of one land use dissolved into areas: what is drawn below the parcels' zoom.
//!
//! In a coverage a border between two parcels is passed once in each direction. Where both have the same
//! use the two passes cancel; what remains are the borders of the dissolved areas, exactly, and their
//! areas add up to the parcels'.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::ring_walk::{self, Polygon};
use crate::model::shapes::{GeometryKind, Shapes, WorldCoord};

/// One dissolved area: its group and the ring structure is feature `i` of the shapes.
pub struct Fabric {
    pub groups: Vec<String>,
    pub shapes: Shapes<WorldCoord>,
}

/// Dissolves polygons by group (`groups[i]` is that of feature `i`); one feature per connected area, in
/// the order of group, then of its smallest corner.
pub fn dissolve(shapes: &Shapes<WorldCoord>, groups: &[&str]) -> Fabric {
    let mut members: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (i, group) in groups.iter().enumerate() {
        members.entry(group).or_default().push(i);
    }
    let members: Vec<(&str, Vec<usize>)> = members.into_iter().collect();
    let dissolved: Vec<Vec<Polygon<u32>>> = members
        .par_iter()
        .map(|(_, features)| {
            let rings = features.iter().flat_map(|i| shapes.feature_rings(*i));
            ring_walk::polygons(&ring_walk::cancel(rings.flat_map(ring_walk::borders).collect()))
        })
        .collect();
    let mut fabric = Fabric { groups: vec![], shapes: Shapes::new(GeometryKind::Polygon) };
    for ((group, _), areas) in members.iter().zip(dissolved) {
        for area in areas {
            fabric.groups.push((*group).to_owned());
            push(area, &mut fabric.shapes);
        }
    }
    fabric
}

fn push(area: Polygon<u32>, shapes: &mut Shapes<WorldCoord>) {
    for ring in area {
        shapes.coords.extend(ring);
        shapes.end_ring();
    }
    shapes.end_part();
    shapes.end_feature();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tile::ring_walk::land_area;

    /// Squares of side 10 at the given columns and rows, counter-clockwise with north up.
    fn squares(places: &[(u32, u32)]) -> Shapes<WorldCoord> {
        let mut shapes = Shapes::new(GeometryKind::Polygon);
        for (column, row) in places {
            let (x, y) = (100 + column * 10, 100 + row * 10);
            shapes.coords.extend([[x, y], [x, y + 10], [x + 10, y + 10], [x + 10, y]]);
            shapes.end_ring();
            shapes.end_part();
            shapes.end_feature();
        }
        shapes
    }

    fn total(shapes: &Shapes<WorldCoord>) -> i128 {
        (0..shapes.len()).flat_map(|i| shapes.feature_rings(i)).map(land_area).sum()
    }

    #[test]
    fn neighbours_of_one_use_become_one_area_and_no_area_is_lost() {
        let shapes = squares(&[(0, 0), (1, 0), (2, 0), (1, 1)]);
        let fabric = dissolve(&shapes, &["ONT", "ONT", "LUC", "ONT"]);
        assert_eq!(fabric.groups, ["LUC", "ONT"]);
        assert_eq!(total(&fabric.shapes), total(&shapes));
    }

    #[test]
    fn a_ring_of_parcels_keeps_its_hole() {
        let around: Vec<_> = (0..9).filter(|i| *i != 4).map(|i| (i % 3, i / 3)).collect();
        let fabric = dissolve(&squares(&around), &["LUC"; 8]);
        assert_eq!(fabric.shapes.len(), 1);
        assert_eq!(fabric.shapes.feature_rings(0).count(), 2);
        assert_eq!(total(&fabric.shapes), 8 * 200);
    }

    #[test]
    fn parcels_that_touch_at_a_corner_stay_two_areas() {
        let fabric = dissolve(&squares(&[(0, 0), (1, 1)]), &["CLN", "CLN"]);
        assert_eq!(fabric.groups.len(), 2);
        assert_eq!(total(&fabric.shapes), 400);
    }
}

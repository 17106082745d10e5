//! Parcels of one land use dissolved into areas: what is drawn below the parcels' zoom.
//!
//! In a coverage a border between two parcels is passed once in each direction. Where both have the same
//! use the two passes cancel; what remains are the borders of the dissolved areas, exactly, and their
//! areas add up to the parcels'.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::ring_walk::{self, Border, Polygon};
use crate::model::shapes::{GeometryKind, Shapes, WorldCoord};

/// Dissolved areas: each connected area is one feature of one part, in the order of use, then of its smallest
/// corner.
pub struct Fabric {
    /// The land uses in order.
    pub names: Vec<String>,
    /// By feature: which of `names`.
    pub uses: Vec<u16>,
    pub shapes: Shapes<WorldCoord>,
}

/// Dissolves polygons by group (`groups[i]` is that of feature `i`).
pub fn dissolve(shapes: &Shapes<WorldCoord>, groups: &[&str]) -> Fabric {
    let mut members: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (i, group) in groups.iter().enumerate() {
        members.entry(group).or_default().push(i);
    }
    let (names, members): (Vec<&str>, Vec<Vec<usize>>) = members.into_iter().unzip();
    let borders = |features: &Vec<usize>| -> Vec<Border<u32>> {
        let rings = features.iter().flat_map(|i| shapes.feature_rings(*i));
        rings.flat_map(ring_walk::borders).collect()
    };
    Fabric::joined(names.into_iter().map(str::to_owned).collect(), &members, borders)
}

impl Fabric {
    /// Joins the borders of each use; what is passed in both directions goes.
    pub fn joined<T: Sync>(names: Vec<String>, of_uses: &[T], borders: impl Fn(&T) -> Vec<Border<u32>> + Sync) -> Self {
        let join = |of_use: &T| ring_walk::polygons(&ring_walk::cancel(borders(of_use)));
        let areas: Vec<Vec<Polygon<u32>>> = of_uses.par_iter().with_max_len(1).map(join).collect();
        let mut fabric = Fabric { names, uses: vec![], shapes: Shapes::new(GeometryKind::Polygon) };
        for (i, areas) in areas.into_iter().enumerate() {
            fabric.uses.extend(areas.iter().map(|_| i as u16));
            areas.into_iter().for_each(|area| push(area, &mut fabric.shapes));
        }
        fabric
    }

    /// The features of each use.
    pub fn of_uses(&self) -> Vec<std::ops::Range<usize>> {
        let from = |i: usize| self.uses.partition_point(|of| usize::from(*of) < i);
        (0..self.names.len()).map(|i| from(i)..from(i + 1)).collect()
    }

    /// Twice the area of each use in square world units.
    pub fn twice_areas(&self) -> Vec<i128> {
        let of_feature = |i: usize| self.shapes.feature_rings(i).map(ring_walk::land_area).sum::<i128>();
        self.of_uses().into_iter().map(|features| features.into_par_iter().map(of_feature).sum()).collect()
    }
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
        assert_eq!((fabric.names.len(), fabric.uses.as_slice()), (2, [0, 1].as_slice()));
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
        assert_eq!(fabric.uses.len(), 2);
        assert_eq!(total(&fabric.shapes), 400);
    }
}

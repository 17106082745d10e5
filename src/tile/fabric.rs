//! Parcels of one land use dissolved into areas: what is drawn below the parcels' zoom.
//!
//! In a coverage a border between two parcels is passed once in each direction. Where both have the same
//! use the two passes cancel; what remains are the borders of the dissolved areas, exactly, and their
//! areas add up to the parcels'.

use std::collections::BTreeMap;

use rayon::prelude::*;

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
    let dissolved: Vec<Vec<Area>> = members.par_iter().map(|(_, features)| areas(borders(shapes, features))).collect();
    let mut fabric = Fabric { groups: vec![], shapes: Shapes::new(GeometryKind::Polygon) };
    for ((group, _), areas) in members.iter().zip(dissolved) {
        for area in areas {
            fabric.groups.push((*group).to_owned());
            area.push_to(&mut fabric.shapes);
        }
    }
    fabric
}

type Ring = Vec<WorldCoord>;

/// An outer ring and its holes.
struct Area {
    rings: Vec<Ring>,
}

impl Area {
    fn push_to(self, shapes: &mut Shapes<WorldCoord>) {
        for ring in self.rings {
            shapes.coords.extend(ring);
            shapes.end_ring();
        }
        shapes.end_part();
        shapes.end_feature();
    }
}

/// Directed edges that no edge in the other direction cancels, sorted.
fn borders(shapes: &Shapes<WorldCoord>, features: &[usize]) -> Vec<(WorldCoord, WorldCoord)> {
    let mut edges: Vec<(WorldCoord, WorldCoord)> =
        features.iter().flat_map(|i| shapes.feature_rings(*i)).flat_map(edges_of).collect();
    edges.sort_unstable_by_key(|&(a, b)| (a.min(b), a.max(b), a > b));
    let mut kept = vec![];
    for same_line in edges.chunk_by(|(a, b), (c, d)| (a.min(b), a.max(b)) == (c.min(d), c.max(d))) {
        let forward = same_line.iter().filter(|(a, b)| a < b).count();
        let backward = same_line.len() - forward;
        if forward > backward {
            kept.extend_from_slice(&same_line[..forward - backward]);
        } else {
            kept.extend_from_slice(&same_line[forward..forward + (backward - forward)]);
        }
    }
    kept.sort_unstable();
    kept
}

fn edges_of(ring: &[WorldCoord]) -> impl Iterator<Item = (WorldCoord, WorldCoord)> {
    (0..ring.len()).map(move |i| (ring[i], ring[(i + 1) % ring.len()])).filter(|(a, b)| a != b)
}

/// Joins borders to rings, and holes to the rings around them.
fn areas(borders: Vec<(WorldCoord, WorldCoord)>) -> Vec<Area> {
    let (outer, holes): (Vec<Ring>, Vec<Ring>) = rings(borders).into_iter().partition(|ring| land_area(ring) > 0);
    let mut areas: Vec<Area> = outer.into_iter().map(|ring| Area { rings: vec![ring] }).collect();
    let boxes: Vec<[u32; 4]> = areas.iter().map(|area| ring_box(&area.rings[0])).collect();
    for hole in holes {
        if let Some(i) = around(&hole, &areas, &boxes) {
            areas[i].rings.push(hole);
        }
    }
    areas
}

/// Walks along the borders. Where several leave a corner, the walk turns as sharply as it can to the side
/// where the land lies, so that rings touch at corners but never cross.
fn rings(mut borders: Vec<(WorldCoord, WorldCoord)>) -> Vec<Ring> {
    let mut rings = vec![];
    let mut used = vec![false; borders.len()];
    borders.sort_unstable();
    for first in 0..borders.len() {
        if used[first] {
            continue;
        }
        let mut ring = vec![];
        let mut at = first;
        loop {
            used[at] = true;
            let (from, to) = borders[at];
            ring.push(from);
            if to == borders[first].0 {
                break;
            }
            match next(&borders, &used, from, to) {
                Some(following) => at = following,
                None => break,
            }
        }
        rings.push(ring);
    }
    rings
}

/// The unused border leaving `to` with the sharpest turn to the left (north up), coming from `from`.
fn next(borders: &[(WorldCoord, WorldCoord)], used: &[bool], from: WorldCoord, to: WorldCoord) -> Option<usize> {
    let start = borders.partition_point(|border| border.0 < to);
    let leaving = (start..borders.len()).take_while(|i| borders[*i].0 == to).filter(|i| !used[*i]);
    leaving.max_by(|a, b| turn(from, to, borders[*a].1).total_cmp(&turn(from, to, borders[*b].1)))
}

/// Angle of the turn at `b`, positive to the left with north up.
fn turn(a: WorldCoord, b: WorldCoord, c: WorldCoord) -> f64 {
    let minus = |p: WorldCoord, q: WorldCoord| (f64::from(p[0]) - f64::from(q[0]), f64::from(q[1]) - f64::from(p[1]));
    let ((ux, uy), (vx, vy)) = (minus(b, a), minus(c, b));
    (ux * vy - uy * vx).atan2(ux * vx + uy * vy)
}

/// Twice the area in square world units, positive when counter-clockwise with north up.
pub fn land_area(ring: &[WorldCoord]) -> i128 {
    let cross =
        |(a, b): (WorldCoord, WorldCoord)| i128::from(b[0]) * i128::from(a[1]) - i128::from(a[0]) * i128::from(b[1]);
    edges_of(ring).map(cross).sum()
}

fn ring_box(ring: &[WorldCoord]) -> [u32; 4] {
    ring.iter()
        .fold([u32::MAX, u32::MAX, 0, 0], |b, p| [b[0].min(p[0]), b[1].min(p[1]), b[2].max(p[0]), b[3].max(p[1])])
}

/// The smallest area whose outer ring lies around the hole.
fn around(hole: &[WorldCoord], areas: &[Area], boxes: &[[u32; 4]]) -> Option<usize> {
    let inner = ring_box(hole);
    let holds = |b: &[u32; 4]| b[0] <= inner[0] && b[1] <= inner[1] && b[2] >= inner[2] && b[3] >= inner[3];
    // The middle of an edge lies on no other ring: each border stands once.
    let middle = [0, 1].map(|axis| i64::from(hole[0][axis]) + i64::from(hole[1][axis]));
    (0..areas.len())
        .filter(|i| holds(&boxes[*i]) && encloses(&areas[*i].rings[0], middle))
        .min_by_key(|i| land_area(&areas[*i].rings[0]))
}

/// Even-odd rule with everything doubled, so that middles of edges are whole numbers.
fn encloses(ring: &[WorldCoord], [px, py]: [i64; 2]) -> bool {
    let double = |p: WorldCoord| p.map(|v| i128::from(v) * 2);
    let (px, py) = (i128::from(px), i128::from(py));
    edges_of(ring)
        .filter(|(a, b)| {
            let (a, b) = (double(*a), double(*b));
            if (a[1] > py) == (b[1] > py) {
                return false;
            }
            let side = (b[0] - a[0]) * (py - a[1]) - (px - a[0]) * (b[1] - a[1]);
            if b[1] > a[1] { side > 0 } else { side < 0 }
        })
        .count()
        % 2
        == 1
}

#[cfg(test)]
mod tests {
    use super::*;

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

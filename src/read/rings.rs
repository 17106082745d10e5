//! Rings without an order → polygons: which ring is a hole, and in which outer ring it lies.
//!
//! Shapefiles store a feature's rings one after the other and tell holes by their direction.

use crate::model::shapes::GridCoord;

/// Points that may be looked at for one feature: a second's work. The rings of a province's rivers need less.
const MAX_LOOKS: usize = 400_000_000;

/// For each polygon the indices of its rings, outer ring first; rings keep their order otherwise. Rings are
/// closed or open.
///
/// The greatest ring is an outer one, whatever direction its writer took for outer; rings of the other
/// direction are holes of the smallest outer ring around them, and polygons of their own where none is.
pub fn polygons(rings: &[Vec<GridCoord>]) -> Result<Vec<Vec<usize>>, String> {
    let areas: Vec<f64> = rings.iter().map(|ring| twice_signed_area(ring)).collect();
    let Some(greatest) = (0..rings.len()).max_by(|a, b| areas[*a].abs().total_cmp(&areas[*b].abs())) else {
        return Ok(vec![]);
    };
    let is_hole = |ring: usize| areas[ring] * areas[greatest] < 0.0;
    let boxes: Vec<[f64; 4]> = rings.iter().map(|ring| extent(ring)).collect();
    let mut outers: Vec<usize> = (0..rings.len()).filter(|ring| !is_hole(*ring)).collect();
    outers.sort_by(|a, b| areas[*a].abs().total_cmp(&areas[*b].abs()).then(a.cmp(b)));
    let mut looks = 0;
    let mut around = vec![None; rings.len()];
    for hole in (0..rings.len()).filter(|ring| is_hole(*ring)) {
        looks += outers.len();
        around[hole] = outers.iter().copied().find(|outer| {
            let may_hold = holds(boxes[*outer], boxes[hole]) && looks < MAX_LOOKS;
            looks += if may_hold { rings[*outer].len() } else { 0 };
            may_hold && lies_inside(&rings[hole], &rings[*outer])
        });
        if looks >= MAX_LOOKS {
            return Err("the shape has too many rings to tell which lies in which".into());
        }
    }
    let mut polygons: Vec<Vec<usize>> = vec![vec![]; rings.len()];
    (0..rings.len()).filter(|ring| around[*ring].is_none()).for_each(|ring| polygons[ring].push(ring));
    (0..rings.len())
        .filter_map(|ring| Some((around[ring]?, ring)))
        .for_each(|(outer, ring)| polygons[outer].push(ring));
    polygons.retain(|polygon| !polygon.is_empty());
    Ok(polygons)
}

/// Taken from the first corner, so that large coordinates do not eat the digits.
fn twice_signed_area(ring: &[GridCoord]) -> f64 {
    let [x0, y0] = ring.first().copied().unwrap_or_default();
    ring.windows(2).map(|edge| (edge[0][0] - x0) * (edge[1][1] - y0) - (edge[1][0] - x0) * (edge[0][1] - y0)).sum()
}

/// West, south, east, north.
fn extent(ring: &[GridCoord]) -> [f64; 4] {
    ring.iter().fold([f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY], |[w, s, e, n], [x, y]| {
        [w.min(*x), s.min(*y), e.max(*x), n.max(*y)]
    })
}

fn holds(outer: [f64; 4], inner: [f64; 4]) -> bool {
    outer[0] <= inner[0] && outer[1] <= inner[1] && outer[2] >= inner[2] && outer[3] >= inner[3]
}

/// Decided by the first corner that is not on the outer ring's border: a hole may touch it.
fn lies_inside(hole: &[GridCoord], outer: &[GridCoord]) -> bool {
    hole.iter().take(64).find_map(|corner| side(*corner, outer)).unwrap_or(true)
}

/// Whether a point is inside a ring; `None` on its border.
fn side([x, y]: GridCoord, ring: &[GridCoord]) -> Option<bool> {
    let mut inside = false;
    for i in 0..ring.len() {
        let ([x1, y1], [x2, y2]) = (ring[i], ring[(i + 1) % ring.len()]);
        let turn = (x2 - x1) * (y - y1) - (x - x1) * (y2 - y1);
        let within = x >= x1.min(x2) && x <= x1.max(x2) && y >= y1.min(y2) && y <= y1.max(y2);
        if turn == 0.0 && within {
            return None;
        }
        if (y1 > y) != (y2 > y) && (turn > 0.0) == (y2 > y1) {
            inside = !inside;
        }
    }
    Some(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clockwise(x: f64, y: f64, size: f64) -> Vec<GridCoord> {
        vec![[x, y], [x, y + size], [x + size, y + size], [x + size, y], [x, y]]
    }

    fn counter_clockwise(x: f64, y: f64, size: f64) -> Vec<GridCoord> {
        clockwise(x, y, size).into_iter().rev().collect()
    }

    #[test]
    fn a_hole_goes_to_the_outer_ring_around_it_in_whatever_order() {
        let rings = [
            counter_clockwise(12.0, 2.0, 2.0),
            clockwise(0.0, 0.0, 9.0),
            clockwise(10.0, 0.0, 9.0),
            counter_clockwise(2.0, 2.0, 2.0),
        ];
        assert_eq!(polygons(&rings).unwrap(), [vec![1, 3], vec![2, 0]]);
    }

    #[test]
    fn an_island_in_a_hole_is_a_polygon_and_its_hole_its_own() {
        let rings = [
            clockwise(0.0, 0.0, 9.0),
            counter_clockwise(1.0, 1.0, 7.0),
            clockwise(2.0, 2.0, 5.0),
            counter_clockwise(3.0, 3.0, 1.0),
        ];
        assert_eq!(polygons(&rings).unwrap(), [vec![0, 1], vec![2, 3]]);
    }

    #[test]
    fn a_file_that_turns_everything_round_is_understood() {
        let rings = [counter_clockwise(0.0, 0.0, 9.0), clockwise(2.0, 2.0, 2.0), counter_clockwise(20.0, 0.0, 3.0)];
        assert_eq!(polygons(&rings).unwrap(), [vec![0, 1], vec![2]]);
    }

    #[test]
    fn a_hole_that_touches_the_border_with_a_corner_stays_a_hole() {
        let hole = vec![[0.0, 4.0], [3.0, 3.0], [3.0, 5.0], [0.0, 4.0]];
        let rings = [clockwise(0.0, 0.0, 9.0), hole];
        assert_eq!(polygons(&rings).unwrap(), [vec![0, 1]]);
    }

    #[test]
    fn a_ring_that_nothing_surrounds_is_a_polygon() {
        let rings = [clockwise(0.0, 0.0, 9.0), counter_clockwise(20.0, 0.0, 2.0)];
        assert_eq!(polygons(&rings).unwrap(), [vec![0], vec![1]]);
        assert!(polygons(&[]).unwrap().is_empty());
    }
}

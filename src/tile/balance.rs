//! Brings back the areas of land uses that rounding changed, by corners that go to a neighbouring grid point.
//!
//! A corner between two uses, or between a use and none, is moved when that brings their areas nearer to what they
//! must be, and only where there is room for it ([`plane`](super::plane)).

use super::fabric::NONE;
use super::plane::{FARTHEST, P, Plane, twice};

/// How far corners may go from where rounding put them, in grid units: a quarter of a pixel, and where that is not
/// enough a whole one.
const REACHES: [i64; 3] = [2, 4, FARTHEST];

/// So often borders get new corners.
const SPLITS: usize = 6;

const STEPS: [P; 8] = [[-1, 0], [0, -1], [0, 1], [1, 0], [-1, -1], [-1, 1], [1, -1], [1, 1]];

/// Units that a corner goes at a time: the fewer steps, the less often its neighbourhood is looked at.
const STRIDES: [i64; 2] = [2, 1];

/// What every use still lacks, and how much that may be: twice the area in square units of the grid.
pub struct Scales {
    lacking: Vec<f64>,
    bounds: Vec<f64>,
}

impl Scales {
    /// Both in twice the area in square world units; `unit` is such a square of the grid.
    pub fn new(lacking: &[i128], bounds: &[i128], unit: i128) -> Self {
        // Less than 2^53 units and whole but for a part that never changes: exact sums, whatever the machine.
        let of = |values: &[i128]| values.iter().map(|v| *v as f64 / unit as f64).collect();
        Scales { lacking: of(lacking), bounds: of(bounds) }
    }

    pub fn is_balanced(&self) -> bool {
        (0..self.bounds.len() as u16).all(|of| !self.is_off(of, 1.0))
    }

    /// Whether a use is off by more than a share of its bound.
    fn is_off(&self, of: u16, share: f64) -> bool {
        of != NONE && self.lacking[usize::from(of)].abs() > share * self.bounds[usize::from(of)]
    }

    /// By how much the squares of what is lacking shrink, each use measured by its bound.
    fn gain(&self, [left, right]: [u16; 2], gained: i64) -> f64 {
        let of = |of: u16, gained: f64| match of {
            NONE => 0.0,
            of => {
                let (lacking, bound) = (self.lacking[usize::from(of)], self.bounds[usize::from(of)]);
                gained * (2.0 * lacking - gained) / (bound * bound)
            }
        };
        of(left, gained as f64) + of(right, -gained as f64)
    }

    fn give(&mut self, [left, right]: [u16; 2], gained: i64) {
        for (of, gained) in [(left, gained), (right, -gained)].into_iter().filter(|(of, _)| *of != NONE) {
            self.lacking[usize::from(of)] -= gained as f64;
        }
    }
}

/// Brings every use within its bound as far as corners can be moved; whether all are.
pub fn balance(plane: &mut Plane, scales: &mut Scales) -> bool {
    for _ in 0..SPLITS {
        if move_corners(plane, scales) {
            return true;
        }
        if !split_borders(plane, scales) {
            return false;
        }
    }
    scales.is_balanced()
}

fn move_corners(plane: &mut Plane, scales: &mut Scales) -> bool {
    for reach in REACHES {
        let order = spread(candidates(plane, scales));
        for _ in 0..reach {
            if scales.is_balanced() {
                return true;
            }
            let moved = order.iter().filter(|corner| improve(plane, scales, **corner, reach)).count();
            if moved == 0 {
                break;
            }
        }
    }
    scales.is_balanced()
}

/// Corners at uses that are off.
fn candidates(plane: &Plane, scales: &Scales) -> Vec<u32> {
    let corners = 0..plane.corners.len() as u32;
    corners.filter(|corner| plane.bend(*corner).is_some_and(|bend| is_off(scales, [bend.left, bend.right]))).collect()
}

/// Below half its bound a use is left alone.
fn is_off(scales: &Scales, sides: [u16; 2]) -> bool {
    sides[0] != sides[1] && sides.iter().any(|of| scales.is_off(*of, 0.5))
}

/// What is sorted by place, in an order in which neighbours lie far apart.
fn spread<T: Copy>(sorted: Vec<T>) -> Vec<T> {
    let n = sorted.len();
    let gcd = |mut a: usize, mut b: usize| {
        while b > 0 {
            (a, b) = (b, a % b);
        }
        a
    };
    // Steps of the golden section of the whole; without a common divisor they come everywhere.
    let golden = n * 618 / 1000;
    let step = (golden.max(1)..).find(|step| gcd(*step, n) == 1).unwrap_or(1);
    (0..n).map(|i| sorted[i * step % n]).collect()
}

/// Moves one corner by a unit if that helps; whether it did.
fn improve(plane: &mut Plane, scales: &mut Scales, corner: u32, reach: i64) -> bool {
    let Some(bend) = plane.bend(corner) else { return false };
    let sides = [bend.left, bend.right];
    if !is_off(scales, sides) {
        return false;
    }
    let (a, c, b, origin) = (bend.a, plane.corners[corner as usize], bend.b, plane.origins[corner as usize]);
    let near = |to: &P| (0..2).all(|k| (to[k] - origin[k]).abs() <= reach);
    let strides = STRIDES.iter().flat_map(|by| STEPS.map(|step| step.map(|v| v * by)));
    let steps = strides.map(|step| [c[0] + step[0], c[1] + step[1]]).filter(near);
    let gained = |to: P| twice(a, to, b) - twice(a, c, b);
    let Some(to) =
        best(steps.map(|to| (scales.gain(sides, gained(to)), to)), 0.0, 4, |to| plane.is_free([a, c, b], to))
    else {
        return false;
    };
    scales.give(sides, gained(to));
    plane.corners[corner as usize] = to;
    true
}

/// The free place with the greatest gain over `least`, of the best few.
fn best(places: impl Iterator<Item = (f64, P)>, least: f64, few: usize, is_free: impl Fn(P) -> bool) -> Option<P> {
    let mut best = [(0.0, [0, 0]); STRIDES.len() * STEPS.len()];
    let mut count = 0;
    for place in places.filter(|(gain, _)| *gain > least) {
        best[count] = place;
        count += 1;
    }
    let best = &mut best[..count];
    best.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    best.iter().take(few).map(|(_, to)| *to).find(|to| is_free(*to))
}

/// Where corners alone could not bring back an area, borders get new ones; whether one did.
fn split_borders(plane: &mut Plane, scales: &mut Scales) -> bool {
    let is_off = |border: &u32| plane.sides[*border as usize].iter().any(|of| scales.is_off(*of, 1.0));
    let order = spread((0..plane.ends.len() as u32).filter(is_off).collect());
    let mut any = false;
    for border in &order {
        if scales.is_balanced() {
            return any;
        }
        any |= split(plane, scales, *border, 0.0);
    }
    // Where every step is too large, one away from the goal leaves corners from which the next is smaller.
    any || order.iter().any(|border| split(plane, scales, *border, f64::NEG_INFINITY))
}

/// Puts a corner into a border where that gains more than `least`; whether it did.
fn split(plane: &mut Plane, scales: &mut Scales, border: u32, least: f64) -> bool {
    let sides = plane.sides[border as usize];
    if !is_off(scales, sides) {
        return false;
    }
    let (a, b) = plane.line(border);
    let middle = [0, 1].map(|axis| (a[axis] + b[axis]).div_euclid(2));
    let tried = STEPS.iter().chain(&[[0, 0]]).map(|step| [middle[0] + step[0], middle[1] + step[1]]);
    let places = tried.filter(|to| *to != a && *to != b).map(|to| (scales.gain(sides, twice(a, to, b)), to));
    let Some(to) = best(places, least, STEPS.len() + 1, |to| plane.is_free([a, a, b], to)) else { return false };
    scales.give(sides, twice(a, to, b));
    plane.insert(border, to);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tile::fabric::Edge;
    use crate::tile::grid::Grid;

    /// Two uses side by side, the border between them bent in the middle.
    fn plane() -> Plane {
        let grid = Grid::new(20);
        let line = |from: [u32; 2], to: [u32; 2], left, right| Edge::new(from, to, left, right);
        let mut edges = vec![
            line([1000, 1000], [1000, 1040], 0, NONE),
            line([1000, 1040], [1040, 1040], 0, NONE),
            line([1040, 1040], [1080, 1040], 1, NONE),
            line([1080, 1040], [1080, 1000], 1, NONE),
            line([1080, 1000], [1040, 1000], 1, NONE),
            line([1040, 1000], [1000, 1000], 0, NONE),
            line([1040, 1000], [1042, 1020], 1, 0),
            line([1042, 1020], [1040, 1040], 1, 0),
        ];
        edges.sort_unstable();
        Plane::new(&edges, grid)
    }

    #[test]
    fn what_one_use_lacks_its_neighbour_gives() {
        let (mut plane, mut scales) = (plane(), Scales::new(&[-80, 80], &[10, 10], 1));
        assert!(balance(&mut plane, &mut scales));
        let areas = super::super::fabric::twice_areas(&plane.edges(), 2);
        assert!((areas[0] - (3280 - 80)).abs() <= 10 && (areas[1] - (3120 + 80)).abs() <= 10, "{areas:?}");
    }

    #[test]
    fn a_step_that_is_small_beside_the_bound_counts_too() {
        let scales = Scales::new(&[6_000_000, 0], &[1_000_000, 1_000_000], 1);
        assert!(scales.gain([0, 1], 1) > 0.0 && scales.gain([0, 1], -1) < 0.0);
    }

    #[test]
    fn the_order_has_each_corner_once() {
        for n in [1, 2, 7, 100, 618] {
            let mut order = spread((0..n).collect());
            order.sort_unstable();
            assert_eq!(order, (0..n).collect::<Vec<_>>());
        }
    }
}

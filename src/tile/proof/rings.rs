//! Whether the rings of a polygon are what MVT 2.1 (4.3.4.4) asks for.

use crate::tile::decode::Point;

/// Rings longer than this are checked along a sorted list of edges, shorter ones edge by edge.
const SHORT: usize = 24;

/// Checks outer rings (clockwise on the screen) each followed by its holes.
///
/// # Errors
/// A sentence on the first ring that is not valid.
pub fn check<'r>(rings: impl Iterator<Item = &'r [Point]>) -> Result<(), String> {
    let mut outer: Option<&[Point]> = None;
    for (i, ring) in rings.enumerate() {
        let fault = |problem: &str| Err(format!("ring {} {problem}", i + 1));
        if ring.len() < 3 {
            return fault("has fewer than three corners");
        }
        match (twice_area(ring), outer) {
            (0, _) => return fault("has no area"),
            (area, _) if area > 0 => outer = Some(ring),
            (_, None) => return fault("is a hole without an outer ring"),
            (_, Some(outer)) if !lies_in(ring, outer) => return fault("is a hole outside its outer ring"),
            _ => {}
        }
        if !is_simple(ring) {
            return fault("touches or crosses itself");
        }
    }
    if outer.is_none() { Err("there is no ring".into()) } else { Ok(()) }
}

/// Twice the area in square units, positive when clockwise on the screen.
pub fn twice_area(ring: &[Point]) -> i64 {
    edges(ring).map(|(a, b)| wide(a, b)).sum()
}

fn wide(a: Point, b: Point) -> i64 {
    i64::from(a[0]) * i64::from(b[1]) - i64::from(b[0]) * i64::from(a[1])
}

pub fn edges(ring: &[Point]) -> impl Iterator<Item = (Point, Point)> + Clone {
    (0..ring.len()).map(move |i| (ring[i], ring[if i + 1 == ring.len() { 0 } else { i + 1 }]))
}

fn is_simple(ring: &[Point]) -> bool {
    if is_convex(ring) {
        return true;
    }
    let n = ring.len();
    let turns_back = (0..n).any(|i| {
        let (a, b, c) = (ring[i], ring[(i + 1) % n], ring[(i + 2) % n]);
        a == b || (side(a, b, c) == 0 && dot(a, b, c) <= 0)
    });
    !turns_back && if n <= SHORT { meets_nowhere(ring) } else { meets_nowhere_sorted(ring) }
}

/// Turns one way only, and once around: such a ring meets itself nowhere.
fn is_convex(ring: &[Point]) -> bool {
    let n = ring.len();
    let (mut left, mut right, mut turns) = (false, false, 0);
    let mut before = heading(ring[n - 1], ring[0]);
    for i in 0..n {
        let (a, b, c) = (ring[i], ring[(i + 1) % n], ring[(i + 2) % n]);
        let side = side(a, b, c);
        if side == 0 {
            return false;
        }
        left |= side < 0;
        right |= side > 0;
        let now = heading(a, b);
        turns += usize::from(now != before);
        before = now;
    }
    !(left && right) && turns <= 2
}

fn heading(a: Point, b: Point) -> bool {
    a < b
}

/// Twice the signed area of a triangle.
fn side(a: Point, b: Point, c: Point) -> i64 {
    let d = |p: Point, q: Point, axis: usize| i64::from(q[axis]) - i64::from(p[axis]);
    d(a, b, 0) * d(a, c, 1) - d(a, b, 1) * d(a, c, 0)
}

fn dot(a: Point, b: Point, c: Point) -> i64 {
    let d = |p: Point, q: Point, axis: usize| i64::from(q[axis]) - i64::from(p[axis]);
    d(a, b, 0) * d(b, c, 0) + d(a, b, 1) * d(b, c, 1)
}

fn meets_nowhere(ring: &[Point]) -> bool {
    let n = ring.len();
    let edge = |i: usize| (ring[i], ring[(i + 1) % n]);
    (0..n).all(|i| (i + 2..n).filter(|j| (j + 1) % n != i).all(|j| !meet(edge(i), edge(j))))
}

fn meets_nowhere_sorted(ring: &[Point]) -> bool {
    let n = ring.len();
    let mut sorted: Vec<(i32, i32, usize)> =
        edges(ring).enumerate().map(|(i, (a, b))| (a[0].min(b[0]), a[0].max(b[0]), i)).collect();
    sorted.sort_unstable();
    let edge = |i: usize| (ring[i], ring[(i + 1) % n]);
    let neighbours = |i: usize, j: usize| (i + 1) % n == j || (j + 1) % n == i;
    sorted.iter().enumerate().all(|(k, &(_, east, i))| {
        let later = sorted[k + 1..].iter().take_while(|(west, _, _)| *west <= east);
        later.filter(|(_, _, j)| !neighbours(i, *j)).all(|(_, _, j)| !meet(edge(i), edge(*j)))
    })
}

/// Whether two edges have a point in common.
pub fn meet((a, b): (Point, Point), (c, d): (Point, Point)) -> bool {
    let apart =
        |axis: usize| a[axis].max(b[axis]) < c[axis].min(d[axis]) || c[axis].max(d[axis]) < a[axis].min(b[axis]);
    if apart(0) || apart(1) {
        return false;
    }
    let (p, q) = (side(a, b, c).signum(), side(a, b, d).signum());
    let (r, s) = (side(c, d, a).signum(), side(c, d, b).signum());
    p * q <= 0 && r * s <= 0
}

/// Whether a hole's edges begin inside or on the outer ring.
fn lies_in(hole: &[Point], outer: &[Point]) -> bool {
    edges(hole).all(|(a, b)| {
        let middle = [a[0] + b[0], a[1] + b[1]];
        covers(outer, middle)
    })
}

/// Even-odd rule for a point in half units.
fn covers(ring: &[Point], [px, py]: [i32; 2]) -> bool {
    let crossed = edges(ring).filter(|(a, b)| {
        let (ay, by) = (2 * a[1], 2 * b[1]);
        if (ay > py) == (by > py) {
            return false;
        }
        let x = 2.0 * f64::from(a[0]) + f64::from(py - ay) * f64::from(2 * (b[0] - a[0])) / f64::from(by - ay);
        x < f64::from(px)
    });
    crossed.count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(rings: &[&[Point]]) -> Result<(), String> {
        check(rings.iter().copied())
    }

    const SQUARE: &[Point] = &[[0, 0], [10, 0], [10, 10], [0, 10]];

    #[test]
    fn a_square_with_a_hole_is_valid() {
        assert_eq!(verdict(&[SQUARE, &[[2, 2], [2, 4], [4, 4], [4, 2]]]), Ok(()));
    }

    #[test]
    fn what_is_not_valid_is_said() {
        let bow: &[Point] = &[[0, 0], [10, 10], [10, 0], [0, 12]];
        let spike: &[Point] = &[[0, 0], [10, 0], [10, 10], [20, 10], [10, 10], [0, 10]];
        let touching: &[Point] = &[[0, 0], [10, 0], [10, 10], [5, 0], [0, 10]];
        let far_hole: &[Point] = &[[20, 2], [20, 4], [24, 4], [24, 2]];
        for (rings, words) in [
            (vec![bow], "crosses itself"),
            (vec![spike], "crosses itself"),
            (vec![touching], "crosses itself"),
            (vec![SQUARE, far_hole], "outside its outer ring"),
            (vec![far_hole], "without an outer ring"),
            (vec![&SQUARE[..2]], "fewer than three"),
        ] {
            assert!(verdict(&rings).unwrap_err().contains(words), "{words}");
        }
    }

    #[test]
    fn a_long_ring_is_checked_like_a_short_one() {
        let mut comb: Vec<Point> = (0..40).map(|i| [i * 10, if i % 2 == 0 { 0 } else { 50 }]).collect();
        comb.extend([[390, 100], [0, 100]]);
        assert!(is_simple(&comb));
        comb[21] = [210, 120];
        assert!(!is_simple(&comb));
    }
}

//! Cutting rings and lines at the sides of a tile.

/// A point in tile units relative to the tile's north-west corner.
pub type Point = [i32; 2];

/// Cuts a closed ring (given open) to the square from `min` to `max` on both axes (Sutherland–Hodgman).
/// `spare` is working space. The result may run along the square's sides, outside what is shown.
pub fn ring(points: &mut Vec<Point>, spare: &mut Vec<Point>, min: i32, max: i32) {
    for (axis, bound, keep_less) in [(0, min, false), (0, max, true), (1, min, false), (1, max, true)] {
        let inside = |p: Point| if keep_less { p[axis] <= bound } else { p[axis] >= bound };
        spare.clear();
        for i in 0..points.len() {
            let (a, b) = (points[if i == 0 { points.len() - 1 } else { i - 1 }], points[i]);
            if inside(a) != inside(b) {
                spare.push(cross(a, b, axis, bound));
            }
            if inside(b) {
                spare.push(b);
            }
        }
        std::mem::swap(points, spare);
    }
}

/// The point of segment `a`–`b` at `bound` on `axis`, rounded. The ends are put in order first, so that
/// both neighbours of a border get the same point.
fn cross(a: Point, b: Point, axis: usize, bound: i32) -> Point {
    let (a, b) = if a <= b { (a, b) } else { (b, a) };
    let other = 1 - axis;
    let run = i64::from(b[axis] - a[axis]);
    let sign = run.signum();
    let rise = i64::from(b[other] - a[other]) * sign;
    let along = i64::from(bound - a[axis]);
    let offset = (2 * rise * along + run.abs()).div_euclid(2 * run.abs());
    let mut point = [bound; 2];
    point[other] = a[other] + offset as i32;
    point
}

/// Cuts a line to the square; calls `each` with every piece that remains.
pub fn line(points: &[Point], min: i32, max: i32, mut each: impl FnMut(&[Point])) {
    let mut piece: Vec<Point> = vec![];
    for pair in points.windows(2) {
        let Some((a, b)) = segment(pair[0], pair[1], min, max) else {
            flush(&mut piece, &mut each);
            continue;
        };
        if piece.last() != Some(&a) {
            flush(&mut piece, &mut each);
            piece.push(a);
        }
        if a != b {
            piece.push(b);
        }
    }
    flush(&mut piece, &mut each);
}

fn flush(piece: &mut Vec<Point>, each: &mut impl FnMut(&[Point])) {
    if piece.len() > 1 {
        each(piece);
    }
    piece.clear();
}

/// Liang–Barsky.
fn segment(a: Point, b: Point, min: i32, max: i32) -> Option<(Point, Point)> {
    let (mut enter, mut leave) = (0.0f64, 1.0f64);
    for axis in 0..2 {
        let run = f64::from(b[axis] - a[axis]);
        for (side, room) in [(-run, a[axis] - min), (run, max - a[axis])] {
            let room = f64::from(room);
            if side == 0.0 {
                if room < 0.0 {
                    return None;
                }
            } else if side < 0.0 {
                enter = enter.max(room / side);
            } else {
                leave = leave.min(room / side);
            }
        }
    }
    let at = |t: f64| [0, 1].map(|axis| a[axis] + (f64::from(b[axis] - a[axis]) * t).round() as i32);
    let ends = (if enter > 0.0 { at(enter) } else { a }, if leave < 1.0 { at(leave) } else { b });
    (enter <= leave).then_some(ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(ring_points: &[Point]) -> Vec<Point> {
        let mut points = ring_points.to_vec();
        ring(&mut points, &mut vec![], 0, 100);
        points
    }

    #[test]
    fn a_ring_that_covers_the_square_becomes_the_square() {
        let mut corners = cut(&[[-50, -50], [-50, 150], [150, 150], [150, -50]]);
        corners.sort_unstable();
        assert_eq!(corners, [[0, 0], [0, 100], [100, 0], [100, 100]]);
    }

    #[test]
    fn a_ring_outside_leaves_nothing() {
        assert!(cut(&[[200, 0], [300, 0], [300, 50]]).is_empty());
    }

    #[test]
    fn both_directions_of_a_border_are_cut_at_the_same_point() {
        for (a, b) in [([-7, 13], [110, 90]), ([33, -41], [71, 200]), ([-3, 99], [101, 98])] {
            for (axis, bound) in [(0, 0), (0, 100), (1, 0), (1, 100)] {
                if (a[axis] < bound) != (b[axis] < bound) {
                    let cut = cross(a, b, axis, bound);
                    assert_eq!(cut, cross(b, a, axis, bound));
                    let t = f64::from(bound - a[axis]) / f64::from(b[axis] - a[axis]);
                    let exact = f64::from(a[1 - axis]) + t * f64::from(b[1 - axis] - a[1 - axis]);
                    assert!((f64::from(cut[1 - axis]) - exact).abs() <= 0.5, "{a:?} {b:?}: {cut:?}");
                }
            }
        }
    }

    #[test]
    fn a_line_that_leaves_and_returns_becomes_two_pieces() {
        let mut pieces = vec![];
        line(&[[10, 10], [10, 120], [50, 120], [50, 10]], 0, 100, |piece| pieces.push(piece.to_vec()));
        assert_eq!(pieces, [vec![[10, 10], [10, 100]], vec![[50, 100], [50, 10]]]);
    }
}

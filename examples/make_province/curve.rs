//! Free lines in metres: what roads, rivers and borders follow before they are cut into the grid.
//!
//! Only + − × ÷ and √ are used, which IEEE 754 rounds the same everywhere: no machine's sine shows in
//! the data.

use super::coverage::Point;
use super::random::Random;

/// Metres east and north of the district's south-west corner.
pub type Metres = [f64; 2];

/// Smooth noise in about [-1, 1]: a uniform cubic B-spline over random knots at the whole numbers.
#[derive(Clone, Copy)]
pub struct Wave {
    pub seed: u64,
    pub id: i64,
}

impl Wave {
    pub fn at(self, t: f64) -> f64 {
        let knot = t.floor();
        let u = t - knot;
        let value = |k: i64| Random::new(self.seed, &[self.id, knot as i64 + k]).signed() * 1.5;
        let basis = [
            (1.0 - u) * (1.0 - u) * (1.0 - u),
            3.0 * u * u * u - 6.0 * u * u + 4.0,
            -3.0 * u * u * u + 3.0 * u * u + 3.0 * u + 1.0,
            u * u * u,
        ];
        (0..4).map(|k| basis[k] * value(k as i64 - 1)).sum::<f64>() / 6.0
    }
}

pub fn to_metres(p: Point) -> Metres {
    [f64::from(p[0]) / 1000.0, f64::from(p[1]) / 1000.0]
}

pub fn to_grid(p: Metres) -> Point {
    [(p[0] * 1000.0).round() as i32, (p[1] * 1000.0).round() as i32]
}

pub fn line_to_grid(line: &[Metres]) -> Vec<Point> {
    line.iter().map(|p| to_grid(*p)).collect()
}

pub fn add(a: Metres, b: Metres, scale: f64) -> Metres {
    [a[0] + b[0] * scale, a[1] + b[1] * scale]
}

pub fn minus(a: Metres, b: Metres) -> Metres {
    [a[0] - b[0], a[1] - b[1]]
}

pub fn dot(a: Metres, b: Metres) -> f64 {
    a[0] * b[0] + a[1] * b[1]
}

pub fn length(a: Metres) -> f64 {
    dot(a, a).sqrt()
}

pub fn distance(a: Metres, b: Metres) -> f64 {
    length(minus(a, b))
}

/// The unit vector, or east where there is no direction.
pub fn unit(a: Metres) -> Metres {
    let l = length(a);
    if l > 0.0 { [a[0] / l, a[1] / l] } else { [1.0, 0.0] }
}

/// A quarter turn to the left.
pub fn left_of(a: Metres) -> Metres {
    [-a[1], a[0]]
}

pub fn lerp(a: Metres, b: Metres, t: f64) -> Metres {
    [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t]
}

/// The line moved to its left by `by_m` (to its right where negative), corners mitred.
pub fn offset(line: &[Metres], by_m: f64) -> Vec<Metres> {
    let last = line.len() - 1;
    let normal = |i: usize| left_of(unit(minus(line[i + 1], line[i])));
    (0..=last)
        .map(|i| {
            let (before, after) = (normal(i.saturating_sub(1).min(last - 1)), normal(i.min(last - 1)));
            let bisector = unit(add(before, after, 1.0));
            let stretch = 1.0 / dot(bisector, after).max(0.5);
            add(line[i], bisector, by_m * stretch)
        })
        .collect()
}

/// The line made longer by `by_m` at both ends, straight on.
pub fn extend(line: &[Metres], by_m: f64) -> Vec<Metres> {
    let last = line.len() - 1;
    let start = add(line[0], unit(minus(line[0], line[1])), by_m);
    let end = add(line[last], unit(minus(line[last], line[last - 1])), by_m);
    std::iter::once(start).chain(line.iter().copied()).chain(std::iter::once(end)).collect()
}

/// Whether `point` lies to the left of the line, by its nearest stretch; and how far off it is.
pub fn side(line: &[Metres], point: Metres) -> (bool, f64) {
    let mut nearest = (f64::INFINITY, true);
    for pair in line.windows(2) {
        let along = minus(pair[1], pair[0]);
        let t = (dot(minus(point, pair[0]), along) / dot(along, along).max(1e-9)).clamp(0.0, 1.0);
        let foot = lerp(pair[0], pair[1], t);
        let away = distance(foot, point);
        if away < nearest.0 {
            nearest = (away, dot(left_of(along), minus(point, pair[0])) >= 0.0);
        }
    }
    (nearest.1, nearest.0)
}

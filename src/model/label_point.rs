//! A point inside a polygon, as far from its sides as can be: where its number is written.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Where to write, and how far the nearest side is, both in the units of the rings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LabelPoint {
    pub at: [f64; 2],
    pub room: f64,
}

/// The pole of inaccessibility to a sixteenth of the shape's shorter side: squares are split into quarters,
/// first where most can be gained. `None` for a shape without area. Rings are open; holes count by the
/// even-odd rule; any plane coordinates.
pub fn inside(rings: &[Vec<[f64; 2]>]) -> Option<LabelPoint> {
    let outer = rings.iter().max_by(|a, b| area(a).abs().total_cmp(&area(b).abs()))?;
    let [west, south, east, north] = bounds(outer);
    let side = (east - west).min(north - south);
    if side <= 0.0 || area(outer) == 0.0 {
        return None;
    }
    let mut best = Square::new(centroid(outer)?, 0.0, rings);
    let mut squares: BinaryHeap<Square> = first_squares([west, south, east, north], side, rings).collect();
    while let Some(square) = squares.pop() {
        if square.distance > best.distance {
            best = square;
        }
        if square.reach() - best.distance > side / 16.0 {
            squares.extend(square.quarters(rings));
        }
    }
    let centre = Square::new(centroid(outer)?, 0.0, rings);
    let steady = if centre.distance >= NEARLY * best.distance { centre } else { best };
    (steady.distance > 0.0).then_some(LabelPoint { at: steady.centre, room: steady.distance })
}

/// A centroid with this share of the most room is taken: in a long lot the pole may lie anywhere along the
/// middle line, and a row of lots would have its numbers jump from end to end.
const NEARLY: f64 = 0.7;

/// A square with the distance of its centre from the nearest side, negative outside.
#[derive(Clone, Copy)]
struct Square {
    centre: [f64; 2],
    half: f64,
    distance: f64,
}

impl Square {
    fn new(centre: [f64; 2], half: f64, rings: &[Vec<[f64; 2]>]) -> Self {
        Square { centre, half, distance: distance_inside(rings, centre) }
    }

    /// The most that any point of the square can have.
    fn reach(&self) -> f64 {
        self.distance + self.half * std::f64::consts::SQRT_2
    }

    fn quarters(self, rings: &[Vec<[f64; 2]>]) -> impl Iterator<Item = Square> {
        let half = self.half / 2.0;
        let [x, y] = self.centre;
        [(-half, -half), (half, -half), (-half, half), (half, half)]
            .into_iter()
            .map(move |(dx, dy)| Square::new([x + dx, y + dy], half, rings))
    }
}

impl Ord for Square {
    fn cmp(&self, other: &Self) -> Ordering {
        let centre = |a: &Square| a.centre.map(f64::to_bits);
        self.reach().total_cmp(&other.reach()).then_with(|| centre(self).cmp(&centre(other)))
    }
}

impl PartialOrd for Square {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Square {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Square {}

/// Squares as wide as the shape's shorter side that cover its frame.
fn first_squares(
    [west, south, east, north]: [f64; 4],
    side: f64,
    rings: &[Vec<[f64; 2]>],
) -> impl Iterator<Item = Square> {
    let half = side / 2.0;
    let count = move |length: f64| (length / side).ceil() as u32;
    let columns = 0..count(east - west);
    columns.flat_map(move |i| (0..count(north - south)).map(move |j| (i, j))).map(move |(i, j)| {
        Square::new([west + half + f64::from(i) * side, south + half + f64::from(j) * side], half, rings)
    })
}

fn bounds(ring: &[[f64; 2]]) -> [f64; 4] {
    ring.iter().fold([f64::MAX, f64::MAX, f64::MIN, f64::MIN], |[w, s, e, n], [x, y]| {
        [w.min(*x), s.min(*y), e.max(*x), n.max(*y)]
    })
}

fn distance_inside(rings: &[Vec<[f64; 2]>], point: [f64; 2]) -> f64 {
    let sides = rings.iter().flat_map(|ring| edges(ring));
    let nearest = sides.map(|(a, b)| distance_to(a, b, point)).fold(f64::MAX, f64::min);
    if contains(rings, point) { nearest } else { -nearest }
}

fn distance_to([ax, ay]: [f64; 2], [bx, by]: [f64; 2], [x, y]: [f64; 2]) -> f64 {
    let (dx, dy) = (bx - ax, by - ay);
    let length_2 = dx * dx + dy * dy;
    let t = if length_2 == 0.0 { 0.0 } else { (((x - ax) * dx + (y - ay) * dy) / length_2).clamp(0.0, 1.0) };
    (ax + t * dx - x).hypot(ay + t * dy - y)
}

/// Crossings of the ray to the east: an odd number is inside.
fn contains(rings: &[Vec<[f64; 2]>], [x, y]: [f64; 2]) -> bool {
    let sides = rings.iter().flat_map(|ring| edges(ring));
    let crossed =
        sides.filter(|([ax, ay], [bx, by])| (*ay > y) != (*by > y) && ax + (y - ay) / (by - ay) * (bx - ax) > x);
    crossed.count() % 2 == 1
}

/// Taken from the first corner, like the centroid's sums.
fn area(ring: &[[f64; 2]]) -> f64 {
    let [ox, oy] = ring.first().copied().unwrap_or_default();
    edges(ring).map(|([ax, ay], [bx, by])| (ax - ox) * (by - oy) - (bx - ox) * (ay - oy)).sum::<f64>() / 2.0
}

fn edges(ring: &[[f64; 2]]) -> impl Iterator<Item = ([f64; 2], [f64; 2])> {
    ring.iter().copied().zip(ring.iter().copied().cycle().skip(1))
}

/// Sums are taken from the first corner: projected coordinates are large and areas small.
fn centroid(ring: &[[f64; 2]]) -> Option<[f64; 2]> {
    let [ox, oy] = *ring.first()?;
    let [mut x, mut y, mut doubled] = [0.0; 3];
    for ([ax, ay], [bx, by]) in edges(ring) {
        let cross = (ax - ox) * (by - oy) - (bx - ox) * (ay - oy);
        x += (ax + bx - 2.0 * ox) * cross;
        y += (ay + by - 2.0 * oy) * cross;
        doubled += cross;
    }
    (doubled != 0.0).then(|| [ox + x / (3.0 * doubled), oy + y / (3.0 * doubled)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_is_labelled_in_its_middle() {
        let square = vec![vec![[10.0, 10.0], [14.0, 10.0], [14.0, 14.0], [10.0, 14.0]]];
        assert_eq!(inside(&square), Some(LabelPoint { at: [12.0, 12.0], room: 2.0 }));
    }

    #[test]
    fn a_ring_shaped_parcel_is_labelled_on_its_land_not_in_its_hole() {
        let square = |low: f64, high: f64| vec![[low, low], [high, low], [high, high], [low, high]];
        let rings = vec![square(0.0, 10.0), square(2.0, 8.0)];
        let point = inside(&rings).unwrap();
        assert!(contains(&rings, point.at), "{point:?}");
    }

    #[test]
    fn the_number_of_a_long_lot_stands_in_its_middle() {
        let lot = vec![vec![[0.0, 0.0], [40.0, 0.0], [40.0, 10.2], [0.0, 10.0]]];
        let [x, y] = inside(&lot).unwrap().at;
        assert!((x - 20.0).abs() < 0.2 && (y - 5.05).abs() < 0.1, "{x} {y}");
    }

    #[test]
    fn a_line_has_no_label() {
        assert_eq!(inside(&[vec![[0.0, 0.0], [1.0, 0.0]]]), None);
    }
}

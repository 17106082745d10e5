//! A point inside a polygon for its number.

/// The centroid where it lies inside, else the middle of the widest horizontal chord. `None` for a shape
/// without area. Rings are open; holes count by the even-odd rule; any plane coordinates.
pub fn inside(rings: &[Vec<[f64; 2]>]) -> Option<[f64; 2]> {
    let outer = rings.iter().max_by(|a, b| area(a).abs().total_cmp(&area(b).abs()))?;
    let centre = centroid(outer)?;
    if contains(rings, centre) { Some(centre) } else { widest_chord(rings, outer) }
}

fn area(ring: &[[f64; 2]]) -> f64 {
    edges(ring).map(|([ax, ay], [bx, by])| ax * by - bx * ay).sum::<f64>() / 2.0
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

fn contains(rings: &[Vec<[f64; 2]>], [x, y]: [f64; 2]) -> bool {
    crossings(rings, y).iter().filter(|crossing| **crossing > x).count() % 2 == 1
}

/// Where the rings cross the horizontal line at `y`, sorted.
fn crossings(rings: &[Vec<[f64; 2]>], y: f64) -> Vec<f64> {
    let mut xs: Vec<f64> = rings
        .iter()
        .flat_map(|ring| edges(ring))
        .filter(|([_, ay], [_, by])| (*ay > y) != (*by > y))
        .map(|([ax, ay], [bx, by])| ax + (y - ay) / (by - ay) * (bx - ax))
        .collect();
    xs.sort_by(f64::total_cmp);
    xs
}

fn widest_chord(rings: &[Vec<[f64; 2]>], outer: &[[f64; 2]]) -> Option<[f64; 2]> {
    let (low, high) = outer.iter().fold((f64::MAX, f64::MIN), |(low, high), [_, y]| (low.min(*y), high.max(*y)));
    (1..8)
        .map(|step| low + (high - low) * f64::from(step) / 8.0)
        .flat_map(|y| {
            let xs = crossings(rings, y);
            xs.chunks_exact(2).map(|pair| (pair[1] - pair[0], [(pair[0] + pair[1]) / 2.0, y])).collect::<Vec<_>>()
        })
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, point)| point)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_is_labelled_in_its_middle() {
        let square = vec![vec![[10.0, 10.0], [14.0, 10.0], [14.0, 14.0], [10.0, 14.0]]];
        assert_eq!(inside(&square), Some([12.0, 12.0]));
    }

    #[test]
    fn a_ring_shaped_parcel_is_labelled_on_its_land_not_in_its_hole() {
        let square = |low: f64, high: f64| vec![[low, low], [high, low], [high, high], [low, high]];
        let rings = vec![square(0.0, 10.0), square(2.0, 8.0)];
        let point = inside(&rings).unwrap();
        assert!(contains(&rings, point), "{point:?}");
    }

    #[test]
    fn a_line_has_no_label() {
        assert_eq!(inside(&[vec![[0.0, 0.0], [1.0, 0.0]]]), None);
    }
}

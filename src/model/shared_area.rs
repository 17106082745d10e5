//! How much of one polygon lies in another.

use i_overlay::core::fill_rule::FillRule;
use i_overlay::core::overlay_rule::OverlayRule;
use i_overlay::float::single::SingleFloatOverlay;

use super::shapes::{GridCoord, Shapes};

/// Common area of two features in square metres of their zone, holes left out. Both layers must be in the
/// same zone. Corners are taken to 0.1 mm at worst over a province's width.
pub fn shared_area_m2(a: &Shapes<GridCoord>, i: usize, b: &Shapes<GridCoord>, j: usize) -> f64 {
    let origin = a.feature_rings(i).flatten().next().copied().unwrap_or_default();
    let (subject, clip) = (rings(a, i, origin), rings(b, j, origin));
    let shared = subject.overlay_as::<i64>(&clip, OverlayRule::Intersect, FillRule::EvenOdd);
    shared.iter().map(|part| part.iter().enumerate().map(|(k, ring)| signed(k, area(ring))).sum::<f64>()).sum()
}

/// Area of one feature in square metres, holes left out.
pub fn area_m2(shapes: &Shapes<GridCoord>, feature: usize) -> f64 {
    let of_part =
        |part| shapes.rings(part).enumerate().map(|(k, ring)| signed(k, area(shapes.ring(ring)))).sum::<f64>();
    shapes.parts(feature).map(of_part).sum()
}

/// Rings counted from a near origin: the large coordinates of a zone would eat the digits.
fn rings(shapes: &Shapes<GridCoord>, feature: usize, [east, north]: GridCoord) -> Vec<Vec<GridCoord>> {
    shapes.feature_rings(feature).map(|ring| ring.iter().map(|[x, y]| [x - east, y - north]).collect()).collect()
}

/// The first ring of a part adds its area, the others are holes.
fn signed(nth: usize, area: f64) -> f64 {
    if nth == 0 { area } else { -area }
}

fn area(ring: &[GridCoord]) -> f64 {
    let Some([x0, y0]) = ring.first() else { return 0.0 };
    let twice: f64 =
        ring.windows(2).map(|pair| (pair[0][0] - x0) * (pair[1][1] - y0) - (pair[1][0] - x0) * (pair[0][1] - y0)).sum();
    twice.abs() / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::shapes::GeometryKind;

    fn squares(squares: &[&[[f64; 3]]]) -> Shapes<GridCoord> {
        let mut shapes = Shapes::new(GeometryKind::Polygon);
        for rings in squares {
            for [x, y, side] in *rings {
                shapes.coords.extend([[*x, *y], [x + side, *y], [x + side, y + side], [*x, y + side]]);
                shapes.end_ring();
            }
            shapes.end_part();
            shapes.end_feature();
        }
        shapes
    }

    #[test]
    fn squares_share_what_lies_in_both_without_their_holes() {
        let whole = squares(&[&[[566_500.0, 2_305_600.0, 10.0]]]);
        let half = squares(&[&[[566_505.0, 2_305_600.0, 10.0], [566_506.0, 2_305_601.0, 2.0]]]);
        assert!((shared_area_m2(&whole, 0, &half, 0) - 46.0).abs() < 1e-3);
        assert!((area_m2(&half, 0) - 96.0).abs() < 1e-9);
        let apart = squares(&[&[[566_600.0, 2_305_600.0, 10.0]]]);
        assert_eq!(shared_area_m2(&whole, 0, &apart, 0), 0.0);
    }
}

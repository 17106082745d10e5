//! The area of overlaps and gaps, measured where the borders say that there are some.
//!
//! A general overlay is fifty times as dear as looking at borders: it runs for the few tiles in question only.

use i_overlay::core::fill_rule::FillRule;
use i_overlay::core::overlay_rule::OverlayRule;
use i_overlay::float::single::SingleFloatOverlay;

/// Rings of one polygon.
pub type Rings = Vec<Vec<[f64; 2]>>;

/// Square units.
#[derive(Clone, Copy, Debug, Default)]
pub struct Misfit {
    /// Drawn more than once, and how much of the source lies over itself.
    pub overlap: f64,
    pub overlap_of_source: f64,
    /// Land of the source that is not drawn, in pieces that are more than a unit wide: rounding alone leaves thinner
    /// ones along every outline.
    pub gap: f64,
}

/// Compares what a square (side from 0 to `side`) shows with the source.
pub fn misfit(source: &[Rings], drawn: &[Rings], side: f64) -> Misfit {
    let square: Rings = vec![vec![[0.0, 0.0], [side, 0.0], [side, side], [0.0, side]]];
    let (source, drawn) = (cut(source, &square), cut(drawn, &square));
    let (source_union, drawn_union) = (union(&source), union(&drawn));
    let missing = source_union.overlay(&drawn_union, OverlayRule::Difference, FillRule::NonZero);
    Misfit {
        overlap: (total(&drawn) - area(&drawn_union)).max(0.0),
        overlap_of_source: (total(&source) - area(&source_union)).max(0.0),
        gap: missing.iter().filter(|piece| is_wide(piece)).map(|piece| area(std::slice::from_ref(piece))).sum(),
    }
}

/// Each polygon within the square, by itself.
fn cut(polygons: &[Rings], square: &Rings) -> Vec<Vec<Rings>> {
    polygons.iter().map(|rings| rings.overlay(square, OverlayRule::Intersect, FillRule::EvenOdd)).collect()
}

fn union(polygons: &[Vec<Rings>]) -> Vec<Rings> {
    let all: Vec<Rings> = polygons.iter().flatten().cloned().collect();
    all.overlay(&Vec::<Rings>::new(), OverlayRule::Subject, FillRule::NonZero)
}

fn total(polygons: &[Vec<Rings>]) -> f64 {
    polygons.iter().map(|pieces| area(pieces)).sum()
}

fn area(pieces: &[Rings]) -> f64 {
    pieces.iter().map(|rings| rings.iter().map(|ring| signed(ring)).sum::<f64>().abs()).sum()
}

/// Whether a piece is on average more than a unit wide.
fn is_wide(piece: &Rings) -> bool {
    let sides = |ring: &Vec<[f64; 2]>| {
        let n = ring.len();
        let side = |i: usize| (ring[i][0] - ring[(i + 1) % n][0]).hypot(ring[i][1] - ring[(i + 1) % n][1]);
        (0..n).map(side).sum::<f64>()
    };
    2.0 * area(std::slice::from_ref(piece)) > piece.iter().map(sides).sum::<f64>()
}

fn signed(ring: &[[f64; 2]]) -> f64 {
    let n = ring.len();
    (0..n).map(|i| (ring[i], ring[(i + 1) % n])).map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum::<f64>() / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn box_of(w: f64, n: f64, e: f64, s: f64) -> Rings {
        vec![vec![[w, n], [w, s], [e, s], [e, n]]]
    }

    #[test]
    fn a_missing_lot_is_a_gap_and_a_rounded_side_is_none() {
        let source = [box_of(0.0, 0.0, 50.0, 50.0), box_of(50.0, 0.0, 100.0, 50.0)];
        let rounded = [box_of(0.0, 0.0, 49.6, 50.0), box_of(49.6, 0.0, 99.5, 50.0)];
        assert_eq!(misfit(&source, &rounded, 4096.0).gap, 0.0);
        assert!((misfit(&source, &rounded[..1], 4096.0).gap - 50.4 * 50.0).abs() < 0.1);
    }

    #[test]
    fn what_lies_over_itself_is_measured_in_source_and_tile() {
        let lots = [box_of(0.0, 0.0, 50.0, 50.0), box_of(40.0, 0.0, 90.0, 50.0)];
        let found = misfit(&lots, &lots, 4096.0);
        assert!((found.overlap - 500.0).abs() < 0.1 && (found.overlap_of_source - 500.0).abs() < 0.1);
    }
}

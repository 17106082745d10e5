//! The fabric of one zoom, from that of the next finer one.
//!
//! Nothing finer than half a pixel can be seen, so corners go to a grid of half pixels: two zooms coarser than
//! the tile's own grid, whose 4096 units are drawn at 512 pixels. Borders of one use that meet there cancel, so
//! blocks grow together where the road between them is too narrow to be seen, and the work shrinks with every
//! zoom. What rounding added to one use and took from another, [`balance`] brings back in units of the tile's grid.

use super::balance::{self, Scales};
use super::fabric::{self, Edge, Uses};
use super::grid::Grid;
use super::plane::Plane;
use super::ring_walk::land_area;
use super::snap;
use super::sow::{self, Needs};
use super::straighten;
use crate::model::shapes::{Shapes, WorldCoord};

/// Zooms between the tile's grid and that of half pixels: 4 units.
const HALF_PIXEL: u8 = 2;

/// Rounds of drawing lost uses anew and balancing.
const ROUNDS: usize = 4;

/// A use that lacks more than this share of its land is drawn anew.
const LOST: [i128; 2] = [1, 2];

/// Places of a use that are remembered, the largest first.
const PLACES: usize = 64;

/// What the fabric of every zoom must show.
pub struct Truth {
    /// Twice the area of each use in square world units.
    pub twice_areas: Vec<i128>,
    /// Where the largest parcels of each use lie.
    pub places: Vec<Vec<WorldCoord>>,
}

impl Truth {
    pub fn new(shapes: &Shapes<WorldCoord>, uses: &Uses) -> Self {
        let mut twice_areas = vec![0; uses.names.len()];
        let mut largest: Vec<Vec<(i128, usize)>> = vec![vec![]; uses.names.len()];
        for (i, of) in uses.of.iter().map(|of| usize::from(*of)).enumerate() {
            let area: i128 = shapes.feature_rings(i).map(land_area).sum();
            twice_areas[of] += area;
            largest[of].push((-area, i));
            if largest[of].len() > 2 * PLACES {
                keep_largest(&mut largest[of]);
            }
        }
        let place = |(_, i): &(i128, usize)| middle(shapes.feature_rings(*i).next().unwrap_or_default());
        let places = largest.iter_mut().map(|of| {
            keep_largest(of);
            of.iter().map(place).collect()
        });
        Truth { twice_areas, places: places.collect() }
    }

    /// What each use still lacks.
    fn lacking(&self, edges: &[Edge]) -> Vec<i128> {
        let drawn = fabric::twice_areas(edges, self.twice_areas.len());
        self.twice_areas.iter().zip(drawn).map(|(area, drawn)| area - drawn).collect()
    }
}

fn keep_largest(areas: &mut Vec<(i128, usize)>) {
    areas.sort_unstable();
    areas.truncate(PLACES);
}

fn middle(ring: &[WorldCoord]) -> WorldCoord {
    [0, 1].map(|axis| (ring.iter().map(|p| u64::from(p[axis])).sum::<u64>() / ring.len().max(1) as u64) as u32)
}

/// Generalises; every use keeps its area to [`bound`] where corners can be moved that far.
pub fn at_zoom(finer: Vec<Edge>, truth: &Truth, z: u8) -> Vec<Edge> {
    let (coarse, grid) = (Grid::new(z.saturating_sub(HALF_PIXEL)), Grid::new(z));
    let straight = straighten::straightened(snap::snapped(finer, coarse), coarse);
    let mut edges = snap::snapped(snap::cut(straight, grid), grid);
    let bounds: Vec<i128> = truth.twice_areas.iter().map(|area| bound(*area, grid)).collect();
    for round in 0..ROUNDS {
        let mut lacking = truth.lacking(&edges);
        if lacking.iter().zip(&bounds).all(|(lacking, bound)| lacking.abs() <= *bound) {
            break;
        }
        let mut needs = Needs { lacking: &mut lacking, bounds: &bounds };
        edges = if round == 0 { sow::weed(edges, &mut needs, grid) } else { sow::weed_enough(edges, &mut needs) };
        let mut plane = Plane::new(&edges, grid);
        let sown = sow::sow(&plane, truth, &needs, if round == 0 { LOST } else { [0, 1] });
        if !sown.is_empty() {
            // Corners keep clear of what was sown only when they know it.
            edges.extend(sown);
            edges = fabric::joined(edges);
            plane = Plane::new(&edges, grid);
            lacking = truth.lacking(&edges);
        }
        let balanced = balance::balance(&mut plane, &mut Scales::new(&lacking, &bounds, 1 << (2 * grid.shift())));
        edges = plane.edges();
        if balanced {
            break;
        }
    }
    edges
}

/// How far the drawn area of a use may be off: a thousandth, or half a square of the grid where that is more.
/// Twice the area in square world units, as everywhere.
pub fn bound(twice_area: i128, grid: Grid) -> i128 {
    (twice_area / 1000).max(1 << (2 * grid.shift()))
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::model::shapes::GeometryKind;
    use crate::tile::encode::Prepared;
    use crate::tile::layer::TileLayer;
    use crate::tile::slices::Slices;

    /// Long strips of land that slant over the ends of tiles, every third a road of 5 m.
    fn strips() -> (Shapes<WorldCoord>, Vec<&'static str>) {
        let (mut shapes, mut uses) = (Shapes::new(GeometryKind::Polygon), vec![]);
        let corner = |i: u32, row: u32| {
            let east = i / 3 * 9400 + [0, 4700, 8883][i as usize % 3];
            [3_416_784_000 + east + row * 3301, 1_892_466_000 + row * 40_009 + i * 777 % 1000]
        };
        for (i, row) in (0..90).flat_map(|i| (0..30).map(move |row| (i, row))) {
            shapes.coords.extend([corner(i, row), corner(i, row + 1), corner(i + 1, row + 1), corner(i + 1, row)]);
            shapes.end_ring();
            shapes.end_part();
            shapes.end_feature();
            uses.push(["LUC", "ONT", "DGT"][(i as usize + row as usize / 11) % 3]);
        }
        (shapes, uses)
    }

    #[test]
    fn the_tiles_find_nothing_left_to_bend() {
        let (shapes, uses) = strips();
        let uses = Uses::new(&uses);
        let truth = Truth::new(&shapes, &uses);
        let mut edges = fabric::dissolve(&shapes, &uses);
        for z in (8..=14).rev() {
            edges = at_zoom(edges, &truth, z);
            let (_, shapes) = fabric::areas(&edges, uses.names.len());
            // Without stated areas the layer is one like any other.
            let layer = TileLayer {
                name: String::new(),
                shapes: Cow::Borrowed(&shapes),
                ids: vec![],
                fields: vec![],
                minzoom: z,
                maxzoom: z,
                complete: false,
                coverage: true,
                weld: None,
                inside: None,
                stated_areas: vec![],
            };
            let prepared = [Prepared::new(&layer, true)];
            let noded = Slices::new(&prepared, z, usize::MAX).noded().unwrap();
            assert_eq!(noded[0].as_ref().unwrap().bent(), 0, "z{z}, {} areas", shapes.len());
        }
    }
}

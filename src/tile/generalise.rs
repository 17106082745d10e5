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
use super::sow;
use super::straighten;
use crate::model::shapes::{Shapes, WorldCoord};

/// Zooms between the tile's grid and that of half pixels: 4 units.
const HALF_PIXEL: u8 = 2;

/// Rounds of drawing lost uses anew and balancing.
const ROUNDS: usize = 4;

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
pub fn at_zoom(finer: &[Edge], truth: &Truth, z: u8) -> Vec<Edge> {
    let (coarse, grid) = (Grid::new(z.saturating_sub(HALF_PIXEL)), Grid::new(z));
    let straight = straighten::straightened(&snap::snapped(finer, coarse), coarse);
    let mut edges = snap::snapped(&snap::cut(&straight, grid), grid);
    let bounds: Vec<i128> = truth.twice_areas.iter().map(|area| bound(*area, grid)).collect();
    for _ in 0..ROUNDS {
        let mut lacking = truth.lacking(&edges);
        if lacking.iter().zip(&bounds).all(|(lacking, bound)| lacking.abs() <= *bound) {
            break;
        }
        edges = sow::weed(edges, &mut lacking, &bounds, grid);
        let mut plane = Plane::new(&edges, grid);
        let sown = sow::sow(&plane, truth, &lacking, &bounds);
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

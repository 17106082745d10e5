//! The fabric of one zoom, from that of the next finer one.
//!
//! Nothing finer than half a pixel can be seen, so corners go to a grid of half pixels: two zooms coarser than
//! the tile's own grid, whose 4096 units are drawn at 512 pixels. Borders of one use that meet there cancel, so
//! blocks grow together where the road between them is too narrow to be seen, and the work shrinks with every
//! zoom. What rounding added to one use and took from another, [`balance`] brings back in units of the tile's grid.

use std::borrow::Cow;

use super::balance::{self, Plane};
use super::encode::Prepared;
use super::fabric::Fabric;
use super::grid::Grid;
use super::layer::TileLayer;
use super::noding::Noded;
use super::ring_walk::{self, Border, land_area};
use super::slices::Slices;
use super::straighten;
use crate::error::Result;
use crate::model::shapes::{Shapes, WorldCoord};

/// Zooms between the tile's grid and that of half pixels: 4 units.
const HALF_PIXEL: u8 = 2;

/// Borders that were bent may come near another corner; so often they are looked at again.
const SETTLINGS: usize = 8;

/// Rounds of balancing: after each, borders are looked at as the tiles will draw them.
const ROUNDS: usize = 6;

/// Places of a use that are remembered, the largest first.
const PLACES: usize = 64;

/// What the fabric of every zoom must show.
pub struct Truth {
    /// Twice the area of each use in square world units.
    pub twice_areas: Vec<i128>,
    /// Where the largest areas of each use lie.
    pub places: Vec<Vec<WorldCoord>>,
}

impl Truth {
    pub fn new(exact: &Fabric) -> Self {
        let area = |i: usize| exact.shapes.feature_rings(i).next().map_or(0, land_area);
        let places = |features: std::ops::Range<usize>| {
            let mut largest: Vec<(i128, usize)> = features.map(|i| (-area(i), i)).collect();
            largest.sort_unstable();
            largest.truncate(PLACES);
            largest.into_iter().map(|(_, i)| middle(exact.shapes.feature_rings(i).next().unwrap_or_default())).collect()
        };
        Truth { twice_areas: exact.twice_areas(), places: exact.of_uses().into_iter().map(places).collect() }
    }
}

fn middle(ring: &[WorldCoord]) -> WorldCoord {
    [0, 1].map(|axis| (ring.iter().map(|p| u64::from(p[axis])).sum::<u64>() / ring.len().max(1) as u64) as u32)
}

/// Generalises; every use keeps its area to [`bound`] where corners can be moved that far.
pub fn at_zoom(finer: &Fabric, truth: &Truth, z: u8) -> Result<Fabric> {
    let coarse = Grid::new(z.saturating_sub(HALF_PIXEL));
    let grid = Grid::new(z);
    let settled = settled(finer, coarse)?;
    let kept = straighten::kept(&settled.shapes, coarse);
    let mut fabric = without(&settled, &kept);
    for _ in 0..ROUNDS {
        fabric = self::settled(&fabric, grid)?;
        let mut plane = Plane::new(&fabric, grid);
        if plane.balance(truth) == balance::Moved::Nothing {
            break;
        }
        fabric = plane.fabric(fabric.names);
    }
    Ok(fabric)
}

/// How far the drawn area of a use may be off: a thousandth, or half a square of the grid where that is more.
/// Twice the area in square world units, as everywhere.
pub fn bound(twice_area: i128, grid: Grid) -> i128 {
    (twice_area / 1000).max(1 << (2 * grid.shift()))
}

/// The fabric on a grid, borders bent until none passes through the grid square of a corner.
fn settled(fabric: &Fabric, grid: Grid) -> Result<Fabric> {
    let (mut settled, mut bent) = on_grid(fabric, grid)?;
    for _ in 1..SETTLINGS {
        if bent == 0 {
            break;
        }
        (settled, bent) = on_grid(&settled, grid)?;
    }
    Ok(settled)
}

fn on_grid(fabric: &Fabric, grid: Grid) -> Result<(Fabric, usize)> {
    let layer = TileLayer {
        name: String::new(),
        shapes: Cow::Borrowed(&fabric.shapes),
        ids: vec![],
        fields: vec![],
        minzoom: grid.z,
        maxzoom: grid.z,
        complete: false,
        coverage: true,
        weld: None,
        inside: None,
        stated_areas: vec![(String::new(), 0)],
    };
    let prepared = [Prepared::new(&layer, false)];
    let noded = Slices::new(&prepared, grid.z, usize::MAX).noded()?;
    let noded: &Noded<'_> = noded[0].as_ref().expect("polygons of this zoom are put on its grid");
    let borders = |features: &std::ops::Range<usize>| {
        let (mut ring, mut borders): (Vec<WorldCoord>, Vec<Border<u32>>) = (vec![], vec![]);
        for i in features.clone().flat_map(|feature| fabric.shapes.ring_indices(feature)) {
            noded.ring(i, &mut ring);
            ring.iter_mut().for_each(|point| *point = point.map(|v| v << grid.shift()));
            borders.extend(ring_walk::borders(&ring));
        }
        borders
    };
    Ok((Fabric::joined(fabric.names.clone(), &fabric.of_uses(), borders), noded.bent()))
}

/// The fabric without some of its corners.
fn without(fabric: &Fabric, kept: &[bool]) -> Fabric {
    let shapes: &Shapes<WorldCoord> = &fabric.shapes;
    let borders = |features: &std::ops::Range<usize>| {
        let (mut ring, mut borders): (Vec<WorldCoord>, Vec<Border<u32>>) = (vec![], vec![]);
        for i in features.clone().flat_map(|feature| shapes.ring_indices(feature)) {
            ring.clear();
            ring.extend(shapes.ring_range(i).filter(|k| kept[*k]).map(|k| shapes.coords[k]));
            borders.extend(ring_walk::borders(&ring));
        }
        borders
    };
    Fabric::joined(fabric.names.clone(), &fabric.of_uses(), borders)
}

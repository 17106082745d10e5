//! A zoom cut into stretches of the Hilbert curve, so that its pairs of tile and feature fit into memory.

use std::ops::Range;

use super::encode::Prepared;
use super::grid::{self, Grid};
use super::layer::TileLayer;
use super::noding::Noded;
use super::noding::hit::Hit;
use super::pairs::{Job, Pairs};
use super::rescue;
use crate::error::Result;
use crate::model::shapes::GeometryKind;

/// One feature in so many is looked at to cut the curve evenly.
const SAMPLE: usize = 64;

/// The stretches of one zoom.
pub struct Slices<'p> {
    prepared: &'p [Prepared<'p>],
    z: u8,
    ranges: Vec<Range<u64>>,
    /// The pairs when there is but one stretch: they are needed twice.
    only: Option<Pairs>,
}

impl<'p> Slices<'p> {
    /// Stretches of about `features` features each.
    pub fn new(prepared: &'p [Prepared<'p>], z: u8, features: usize) -> Self {
        let ranges = ranges(prepared, z, features);
        let only = (ranges.len() == 1).then(|| Pairs::new(prepared, z, ranges[0].clone()));
        Slices { prepared, z, ranges, only }
    }

    /// Calls `each` with the tiles of every stretch, in the archive's order.
    pub fn each(&self, mut each: impl FnMut(&[Job<'_>]) -> Result<()>) -> Result<()> {
        match &self.only {
            Some(pairs) => each(&pairs.jobs()),
            None => {
                self.ranges.iter().try_for_each(|range| each(&Pairs::new(self.prepared, self.z, range.clone()).jobs()))
            }
        }
    }

    /// The polygon layers on the grid of the zoom, by the layers' numbers.
    pub fn noded(&self) -> Result<Vec<Option<Noded<'p>>>> {
        let mut noded = vec![];
        for (number, prepared) in self.prepared.iter().enumerate() {
            noded.push(on_grid(prepared, self.z, |noded| self.hits(number, noded))?);
        }
        Ok(noded)
    }

    fn hits(&self, number: usize, noded: &Noded<'p>) -> Result<Vec<Hit>> {
        let mut hits = vec![];
        self.each(|jobs| {
            hits.extend(noded.hits(jobs, number));
            Ok(())
        })?;
        Ok(hits)
    }
}

/// A polygon layer on the grid of a zoom, bent where `hits` says, every feature of a complete one with some area.
///
/// # Errors
/// Those of `hits`.
pub fn on_grid<'p>(
    prepared: &'p Prepared<'p>,
    z: u8,
    hits: impl FnOnce(&Noded<'p>) -> Result<Vec<Hit>>,
) -> Result<Option<Noded<'p>>> {
    let layer = prepared.layer;
    if layer.shapes.kind != GeometryKind::Polygon || !layer.is_at(z) {
        return Ok(None);
    }
    let mut noded = Noded::new(prepared, z);
    // A fabric was bent until nothing is left to bend.
    if !layer.is_on_grid() {
        let hits = hits(&noded)?;
        noded.bend(hits);
    }
    if layer.complete {
        rescue::make_room(&mut noded);
    }
    Ok(Some(noded))
}

/// Cuts the curve so that each stretch begins about the same number of features.
fn ranges(prepared: &[Prepared<'_>], z: u8, features: usize) -> Vec<Range<u64>> {
    let drawn = || prepared.iter().filter(|p| p.layer.is_at(z));
    let total: usize = drawn().map(|p| p.features.len()).sum();
    let mut begins: Vec<u64> = match total > features {
        true => drawn().flat_map(|p| sampled(p.layer, z)).collect(),
        false => vec![],
    };
    begins.sort_unstable();
    let step = (features / SAMPLE).max(1);
    let mut bounds: Vec<u64> = begins.into_iter().step_by(step).skip(1).collect();
    bounds.dedup();
    let whole = grid::ids(z);
    let starts = std::iter::once(whole.start).chain(bounds.iter().copied());
    let ends = bounds.iter().copied().chain([whole.end]);
    starts.zip(ends).map(|(start, end)| start..end).filter(|range| !range.is_empty()).collect()
}

fn sampled(layer: &TileLayer<'_>, z: u8) -> impl Iterator<Item = u64> {
    let corner = |feature: usize| layer.shapes.feature_rings(feature).flatten().next();
    let tile = move |world| grid::tile_id(Grid::new(z).tile_of(world));
    (0..layer.shapes.len()).step_by(SAMPLE).filter_map(move |feature| corner(feature).map(|world| tile(*world)))
}

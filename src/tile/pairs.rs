//! Which features each tile of a zoom shows.

use rayon::prelude::*;

use super::encode::Prepared;
use super::grid::{self, BUFFER, Grid};
use crate::model::shapes::GeometryKind;
use crate::model::tile_coord::TileCoord;

/// Tile id, layer, feature: sorted, they are the archive's order, and within a tile the layers' own.
type Pair = (u64, u16, u32);

/// The features of some tiles of one zoom, in the archive's order.
pub struct Pairs {
    pairs: Vec<Pair>,
}

/// One tile and what it shows.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    pub id: u64,
    pub tile: TileCoord,
    pairs: &'a [Pair],
}

impl Pairs {
    /// Those of the tiles whose ids lie in `range`.
    pub fn new(prepared: &[Prepared<'_>], z: u8, range: std::ops::Range<u64>) -> Self {
        let mut pairs: Vec<Pair> = vec![];
        let drawn = prepared.iter().enumerate().filter(|(_, p)| (p.layer.minzoom..=p.layer.maxzoom).contains(&z));
        for (number, prepared) in drawn {
            let of_feature = |feature: u32| {
                let ids = tiles(prepared, feature as usize, Grid::new(z)).map(grid::tile_id);
                ids.filter(|id| range.contains(id)).map(move |id| (id, number as u16, feature))
            };
            pairs.par_extend(prepared.features.par_iter().copied().with_min_len(256).flat_map_iter(of_feature));
        }
        pairs.par_sort_unstable();
        pairs.dedup();
        Pairs { pairs }
    }

    pub fn jobs(&self) -> Vec<Job<'_>> {
        let of_tile = |pairs: &'_ [Pair]| (pairs[0].0, grid::tile(pairs[0].0));
        self.pairs
            .chunk_by(|a, b| a.0 == b.0)
            .map(|pairs| {
                let (id, tile) = of_tile(pairs);
                Job { id, tile, pairs }
            })
            .collect()
    }
}

impl<'a> Job<'a> {
    /// The features of each layer: number of the layer, numbers of its features.
    pub fn layers(self) -> impl Iterator<Item = (usize, impl Iterator<Item = u32> + Clone + use<'a>)> {
        let of_layer = self.pairs.chunk_by(|a, b| a.1 == b.1);
        of_layer.map(|pairs| (usize::from(pairs[0].1), pairs.iter().map(|pair| pair.2)))
    }

    pub fn of_layer(self, number: usize) -> impl Iterator<Item = u32> + Clone + use<'a> {
        let from = self.pairs.partition_point(|pair| usize::from(pair.1) < number);
        let to = self.pairs.partition_point(|pair| usize::from(pair.1) <= number);
        self.pairs[from..to].iter().map(|pair| pair.2)
    }
}

fn tiles<'p>(prepared: &'p Prepared<'_>, feature: usize, grid: Grid) -> impl Iterator<Item = TileCoord> + use<'p> {
    let shapes = &prepared.layer.shapes;
    let point = shapes.kind == GeometryKind::Point;
    let points = point.then(|| shapes.feature_rings(feature).flatten().map(move |point| grid.tile_of(*point)));
    let around = if point { None } else { grid.unit_box(prepared.boxes[feature]) };
    let boxed = around.into_iter().flat_map(move |around| grid.tiles(around, BUFFER));
    points.into_iter().flatten().chain(boxed)
}

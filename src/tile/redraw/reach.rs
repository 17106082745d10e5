//! Which tiles of a zoom may look otherwise than before, and which features must be looked at to draw them.
//!
//! A border is bent to corners that lie within a unit of it, a parcel without area takes a unit of its neighbour's
//! land, a feature stands whole in each tile that it touches: from what changed, the reach is followed through each
//! of these. It may go too far, never too short; the random edits of `tests/redraw.rs` hold it against full drawings.

use rustc_hash::FxHashSet;

use super::changes::Changes;
use super::ranks::meeting;
use super::region::{Region, WorldBox, common, grown};
use crate::model::shapes::{GeometryKind, WorldCoord};
use crate::model::tile_coord::TileCoord;
use crate::tile::encode::Prepared;
use crate::tile::grid::{self, BUFFER, EXTENT, Grid, origin};
use crate::tile::noding::WHOLE;

/// Beyond this many tiles of a zoom, all is drawn.
pub const MOST_TILES: usize = 1 << 14;

/// A border moves to corners within this many units.
const BEND: u32 = 2;

/// A parcel without area takes land within this many units.
const ROOM: u32 = 8;

/// Ids of the tiles in which a layer may look otherwise.
pub fn tiles(prepared: &Prepared<'_>, ground: &Region, changes: &Changes, z: u8) -> FxHashSet<u64> {
    let mut tiles = Tiles { grid: Grid::new(z), ids: FxHashSet::default() };
    if !prepared.layer.is_at(z) {
        return tiles.ids;
    }
    changes.changes.iter().flat_map(|change| change.boxes).for_each(|around| tiles.add(around));
    if prepared.layer.shapes.kind == GeometryKind::Polygon && !ground.is_empty() {
        borders(prepared, ground, z, &mut tiles);
    }
    tiles.ids
}

struct Tiles {
    grid: Grid,
    ids: FxHashSet<u64>,
}

impl Tiles {
    fn add(&mut self, around: WorldBox) {
        if let Some(around) = self.grid.unit_box(around).filter(|_| self.ids.len() <= MOST_TILES) {
            self.ids.extend(self.grid.tiles(around, BUFFER).take(MOST_TILES + 1).map(grid::tile_id));
        }
    }
}

/// The tiles that show a feature with a border that may run otherwise.
fn borders(prepared: &Prepared<'_>, ground: &Region, z: u8, tiles: &mut Tiles) {
    let grid = Grid::new(z);
    let region = flat(prepared, grid, bent(prepared, grid, ground));
    for feature in meeting(prepared, &region, 0) {
        let around = prepared.boxes[feature as usize];
        match is_long(grid, around) {
            false => tiles.add(around),
            true => region.near(around, 0).for_each(|part| tiles.add(common(part, around))),
        }
    }
}

/// The ground, and the borders that pass it from end to end.
fn bent(prepared: &Prepared<'_>, grid: Grid, ground: &Region) -> Region {
    let margin = BEND << grid.shift();
    let mut boxes = ground.boxes().to_vec();
    for feature in meeting(prepared, ground, margin) {
        for_each_border(prepared, grid.z, feature, |border| {
            if ground.meets(border, margin) {
                boxes.push(border);
            }
        });
    }
    Region::new(boxes.into_iter().map(|around| grown(around, ROOM << grid.shift())).collect())
}

/// The boxes of the borders of a feature that a zoom draws.
fn for_each_border(prepared: &Prepared<'_>, z: u8, feature: u32, mut each: impl FnMut(WorldBox)) {
    let shapes = &prepared.layer.shapes;
    for ring in shapes.ring_indices(feature as usize) {
        let kept = shapes.ring_range(ring).filter(|i| prepared.first_zooms[*i] <= z);
        let corners: Vec<WorldCoord> = kept.map(|i| shapes.coords[i]).collect();
        (0..corners.len()).for_each(|i| each(grid::world_box([corners[i], corners[(i + 1) % corners.len()]].iter())));
    }
}

/// The region, and one after the other the parcels in it that may have no area on the grid: where they find room
/// depends on those beside them.
fn flat(prepared: &Prepared<'_>, grid: Grid, region: Region) -> Region {
    if !prepared.layer.complete {
        return region;
    }
    let may_be_flat = |feature: &u32| is_thin(prepared, grid, *feature);
    let reach = (WHOLE + ROOM) << grid.shift();
    let mut thin: Vec<u32> = meeting(prepared, &region, reach).into_iter().filter(may_be_flat).collect();
    let mut boxes = region.boxes().to_vec();
    let mut region = region;
    loop {
        let (found, left): (Vec<u32>, Vec<u32>) =
            thin.into_iter().partition(|feature| region.meets(prepared.boxes[*feature as usize], 0));
        if found.is_empty() {
            return region;
        }
        boxes.extend(found.iter().map(|feature| grown(prepared.boxes[*feature as usize], ROOM << grid.shift())));
        (region, thin) = (Region::new(boxes.clone()), left);
    }
}

/// Whether a feature is on average less than two units wide.
fn is_thin(prepared: &Prepared<'_>, grid: Grid, feature: u32) -> bool {
    let shapes = &prepared.layer.shapes;
    let (mut twice, mut border) = (0.0, 0.0);
    for ring in shapes.feature_rings(feature as usize) {
        for i in 0..ring.len() {
            let [a, b] = [ring[i], ring[(i + 1) % ring.len()]]
                .map(|p| [0, 1].map(|axis| f64::from(p[axis]) - f64::from(ring[0][axis])));
            twice += b[0] * a[1] - a[0] * b[1];
            border += (b[0] - a[0]).hypot(b[1] - a[1]);
        }
    }
    twice <= 2.0 * f64::from(grid.unit()) * border
}

fn is_long(grid: Grid, around: WorldBox) -> bool {
    let limit = i64::from(WHOLE);
    grid.unit_box(around).is_some_and(|[w, n, e, s]| e - w > limit || s - n > limit)
}

/// Where corners count when some tiles are drawn: around each tile as far as a feature that is drawn whole can
/// reach, and along the borders of longer ones.
pub fn around(prepared: &Prepared<'_>, z: u8, tiles: &[TileCoord]) -> Region {
    let grid = Grid::new(z);
    let near = Region::new(tiles.iter().map(|tile| tile_box(*tile, BUFFER as u32 + BEND)).collect());
    let mut boxes: Vec<WorldBox> = tiles.iter().map(|tile| tile_box(*tile, WHOLE + BUFFER as u32 + ROOM)).collect();
    let is_cut = |feature: &u32| is_long(grid, prepared.boxes[*feature as usize]);
    if prepared.layer.shapes.kind == GeometryKind::Polygon {
        for feature in meeting(prepared, &near, 0).into_iter().filter(is_cut) {
            for_each_border(prepared, z, feature, |border| {
                if near.meets(border, 0) {
                    boxes.push(grown(border, BEND << grid.shift()));
                }
            });
        }
    }
    Region::new(boxes)
}

/// A tile and some units around it, in world units.
pub fn tile_box(tile: TileCoord, units: u32) -> WorldBox {
    let shift = Grid::new(tile.z).shift();
    let world = |unit: i64| (unit.max(0) << shift).min(i64::from(u32::MAX)) as u32;
    let [west, north] = origin(tile);
    let (less, more) = (i64::from(units), i64::from(units) + i64::from(EXTENT));
    [world(west - less), world(north - less), world(west + more), world(north + more)]
}

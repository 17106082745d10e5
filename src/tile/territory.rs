//! Which communes a tile belongs to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::grid::{BUFFER, EXTENT};
use super::identity::BoundsE7;
use crate::config::dataset::DatasetKind;
use crate::config::site::SiteConfig;
use crate::error::{Exit, Fault, Result, Stage};
use crate::model::shapes::{Shapes, WorldCoord};
use crate::model::tile_coord::TileCoord;
use crate::project::mercator::degrees_from_world;
use crate::snapshot::{Content, Snapshot, store};

/// The land of all communes of a site, by their codes.
pub struct Territory {
    /// In the order of the codes.
    communes: Vec<Commune>,
}

struct Commune {
    code: String,
    edges: Vec<Edge>,
    /// West, north, east, south of all edges.
    frame: [u32; 4],
}

/// From a corner to the next, in world units.
type Edge = [WorldCoord; 2];

/// West, north, east, south in world units, all inclusive; the squares at the world's edge reach beyond it.
type Square = [i64; 4];

impl Territory {
    /// The communes of the approved boundaries that nothing took the place of.
    ///
    /// # Errors
    /// Exit 3 when there are none; those of opening a snapshot.
    pub fn open(site: &Path, config: &SiteConfig) -> Result<Self> {
        let approved = store::approved_records(site, config)?;
        let superseded: BTreeSet<&String> =
            approved.iter().filter_map(|(record, _)| record.supersedes.as_ref()).collect();
        let records = approved.iter().map(|(record, _)| record);
        let current = records.filter(|r| r.kind == DatasetKind::DiaGioi && !superseded.contains(&r.dataset));
        let snapshots: Vec<Snapshot> =
            current.map(|record| store::open(site, config, &record.dataset)).collect::<Result<_>>()?;
        let territory = Self::of(&snapshots);
        if territory.communes.is_empty() {
            return Err(Fault::new(Stage::Snapshot, Exit::Input, "no boundaries of communes have been approved")
                .file("snapshots")
                .remedy("approve a dataset of kind dia_gioi first")
                .into());
        }
        Ok(territory)
    }

    /// The communes among the boundaries of some snapshots.
    pub fn of(snapshots: &[Snapshot]) -> Self {
        let layers = snapshots.iter().filter_map(|snapshot| match &snapshot.content {
            Content::Boundaries(boundaries) => Some(&boundaries.units),
            _ => None,
        });
        let units =
            layers.flat_map(|layer| layer.rows.iter().enumerate().map(move |(i, unit)| (unit, &layer.world, i)));
        Self::new(
            units.filter(|(unit, ..)| unit.level != "tinh").map(|(unit, world, i)| (unit.code.as_str(), world, i)),
        )
    }

    /// One code for each feature; features of one code belong together. Rings count by the even-odd rule.
    pub fn new<'a>(units: impl Iterator<Item = (&'a str, &'a Shapes<WorldCoord>, usize)>) -> Self {
        let mut edges: BTreeMap<&str, Vec<Edge>> = BTreeMap::new();
        for (code, shapes, feature) in units {
            let of_code = edges.entry(code).or_default();
            for ring in shapes.feature_rings(feature) {
                of_code.extend(ring.iter().zip(ring.iter().cycle().skip(1)).map(|(a, b)| [*a, *b]));
            }
        }
        let communes = edges.into_iter().filter_map(|(code, edges)| {
            let frame = edges.iter().map(frame).reduce(around)?;
            Some(Commune { code: code.to_owned(), edges, frame })
        });
        Territory { communes: communes.collect() }
    }

    /// All codes.
    pub fn codes(&self) -> BTreeSet<String> {
        self.communes.iter().map(|commune| commune.code.clone()).collect()
    }

    /// The box around some communes; `None` when there is none of them.
    pub fn bounds(&self, codes: &BTreeSet<String>) -> Option<BoundsE7> {
        let communes = self.communes.iter().filter(|commune| codes.contains(&commune.code));
        let [w, n, e, s] = communes.map(|commune| commune.frame).reduce(around)?;
        let ([west, north], [east, south]) = (degrees_from_world([w, n]), degrees_from_world([e, s]));
        Some([west, south, east, north].map(|degrees| (degrees * 1e7).round() as i32))
    }

    pub fn finder(&self) -> Finder<'_> {
        Finder { territory: self, way: vec![] }
    }

    /// The commune nearest to a tile; the smaller code of two that are equally near. Communes whose box is
    /// farther than what was found are not looked at, nor edges whose box is.
    fn nearest(&self, tile: TileCoord) -> Option<usize> {
        let square = square(tile, 0).map(|v| v as f64);
        let frames = self.communes.iter().map(|commune| apart_2(commune.frame.map(f64::from), square));
        let mut order: Vec<(f64, usize)> = frames.zip(0..).collect();
        order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut best: Option<(f64, usize)> = None;
        for (least, number) in order {
            if best.is_some_and(|(distance, _)| least > distance) {
                break;
            }
            for edge in &self.communes[number].edges {
                if best.is_none_or(|(distance, _)| apart_2(frame(edge).map(f64::from), square) <= distance) {
                    let found = (distance_2(edge, square), number);
                    best = Some(best.map_or(found, |best| if found < best { found } else { best }));
                }
            }
        }
        best.map(|(_, number)| number)
    }
}

/// Answers for tiles in the order of an archive: each zoom's edges are sought among those of the zoom above,
/// and neighbours on the Hilbert curve share most of the way down.
pub struct Finder<'a> {
    territory: &'a Territory,
    way: Vec<Step>,
}

/// A tile on the way down, and what of the communes touches it.
struct Step {
    tile: TileCoord,
    /// Communes that hold it whole.
    inside: Vec<usize>,
    /// Edges that touch it, by commune and number.
    edges: Vec<(usize, usize)>,
}

impl Finder<'_> {
    /// Whether a tile belongs to one of `codes`: it belongs to each commune whose land, widened by the tile's
    /// buffer, touches it, and where none does, to the nearest. So each tile belongs to one at least.
    pub fn belongs(&mut self, tile: TileCoord, codes: &BTreeSet<String>) -> bool {
        self.owners(tile).into_iter().any(|number| codes.contains(&self.territory.communes[number].code))
    }

    fn owners(&mut self, tile: TileCoord) -> BTreeSet<usize> {
        self.walk_to(tile);
        let step = self.way.last().expect("the way ends at the tile");
        let touching = step.edges.iter().map(|(number, _)| *number).chain(step.inside.iter().copied());
        let owners: BTreeSet<usize> = touching.collect();
        if owners.is_empty() { self.territory.nearest(tile).into_iter().collect() } else { owners }
    }

    fn walk_to(&mut self, tile: TileCoord) {
        while self.way.last().is_some_and(|step| !holds(step.tile, tile)) {
            self.way.pop();
        }
        if self.way.is_empty() {
            self.way.push(self.first());
        }
        let reached = self.way.len() as u8;
        for z in reached..=tile.z {
            let up = tile.z - z;
            let step = self.below(&self.way[usize::from(z) - 1], TileCoord { z, x: tile.x >> up, y: tile.y >> up });
            self.way.push(step);
        }
    }

    /// The whole world, which every edge touches.
    fn first(&self) -> Step {
        let communes = self.territory.communes.iter().enumerate();
        let edges = communes.flat_map(|(number, commune)| (0..commune.edges.len()).map(move |edge| (number, edge)));
        Step { tile: TileCoord { z: 0, x: 0, y: 0 }, inside: vec![], edges: edges.collect() }
    }

    /// What touches a tile also touches the tile above, buffers included.
    fn below(&self, above: &Step, tile: TileCoord) -> Step {
        let widened = square(tile, BUFFER);
        let edge = |(number, edge): &(usize, usize)| &self.territory.communes[*number].edges[*edge];
        let edges: Vec<(usize, usize)> = above.edges.iter().filter(|at| touches(edge(at), widened)).copied().collect();
        let mut inside = above.inside.clone();
        let middle = [(widened[0] + widened[2]) / 2, (widened[1] + widened[3]) / 2];
        for of_commune in above.edges.chunk_by(|a, b| a.0 == b.0) {
            let number = of_commune[0].0;
            let crossed = edges.binary_search_by_key(&number, |(number, _)| *number).is_ok();
            if !crossed && contains(&self.territory.communes[number].edges, middle) {
                inside.push(number);
            }
        }
        Step { tile, inside, edges }
    }
}

/// Whether a tile lies in another, or is it.
fn holds(above: TileCoord, tile: TileCoord) -> bool {
    above.z <= tile.z && (tile.x >> (tile.z - above.z), tile.y >> (tile.z - above.z)) == (above.x, above.y)
}

/// A tile with `buffer` units of its grid around it.
pub fn square(tile: TileCoord, buffer: i32) -> Square {
    let side = 1i64 << (32 - u32::from(tile.z));
    let around = side / i64::from(EXTENT) * i64::from(buffer);
    let (west, north) = (i64::from(tile.x) * side, i64::from(tile.y) * side);
    [west - around, north - around, west + side + around, north + side + around]
}

/// Whether an edge has a point in common with a square: neither a side of the square nor the edge itself parts
/// them. Exact.
fn touches([a, b]: &Edge, [west, north, east, south]: Square) -> bool {
    let ([ax, ay], [bx, by]) = (a.map(i64::from), b.map(i64::from));
    if ax.max(bx) < west || ax.min(bx) > east || ay.max(by) < north || ay.min(by) > south {
        return false;
    }
    let side =
        |x: i64, y: i64| (i128::from(bx - ax) * i128::from(y - ay) - i128::from(by - ay) * i128::from(x - ax)).signum();
    let first = side(west, north);
    first == 0 || [(east, north), (east, south), (west, south)].into_iter().any(|(x, y)| side(x, y) != first)
}

/// Whether a point that is on no edge lies inside, by the crossings of a ray to the east. Exact.
fn contains(edges: &[Edge], [x, y]: [i64; 2]) -> bool {
    let crossed = edges.iter().filter(|[a, b]| {
        let ([ax, ay], [bx, by]) = (a.map(i64::from), b.map(i64::from));
        if (ay > y) == (by > y) {
            return false;
        }
        let cross = i128::from(bx - ax) * i128::from(y - ay) - i128::from(by - ay) * i128::from(x - ax);
        (cross > 0) == (by > ay)
    });
    crossed.count() % 2 == 1
}

fn frame([[ax, ay], [bx, by]]: &Edge) -> [u32; 4] {
    [*ax.min(bx), *ay.min(by), *ax.max(bx), *ay.max(by)]
}

/// The frame around two.
fn around(a: [u32; 4], b: [u32; 4]) -> [u32; 4] {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
}

/// The square of the distance between two boxes; 0 where they overlap.
fn apart_2(a: [f64; 4], b: [f64; 4]) -> f64 {
    let [dx, dy] = [0, 1].map(|axis| (a[axis] - b[axis + 2]).max(b[axis] - a[axis + 2]).max(0.0));
    dx * dx + dy * dy
}

/// The square of the distance between an edge and a square that it does not touch.
fn distance_2([a, b]: &Edge, [west, north, east, south]: [f64; 4]) -> f64 {
    let (a, b) = (a.map(f64::from), b.map(f64::from));
    let to_square = |[x, y]: [f64; 2]| {
        let (dx, dy) = (x - x.clamp(west, east), y - y.clamp(north, south));
        dx * dx + dy * dy
    };
    let corners = [[west, north], [east, north], [east, south], [west, south]];
    let to_edge = corners.map(|corner| point_distance_2(a, b, corner));
    to_edge.into_iter().fold(to_square(a).min(to_square(b)), f64::min)
}

fn point_distance_2([ax, ay]: [f64; 2], [bx, by]: [f64; 2], [x, y]: [f64; 2]) -> f64 {
    let (dx, dy) = (bx - ax, by - ay);
    let length_2 = dx * dx + dy * dy;
    let t = if length_2 == 0.0 { 0.0 } else { (((x - ax) * dx + (y - ay) * dy) / length_2).clamp(0.0, 1.0) };
    let (ex, ey) = (ax + t * dx - x, ay + t * dy - y);
    ex * ex + ey * ey
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::shapes::GeometryKind;

    /// A tile of z16 and its north-west corner; 16 world units to a unit, 65536 to its side.
    const TILE: TileCoord = TileCoord { z: 16, x: 52137, y: 28885 };
    const SIDE: i64 = 65536;

    /// Polygons with corners in world units from the tile's north-west corner.
    fn territory(communes: &[(&'static str, &[[i64; 2]])]) -> Territory {
        let mut shapes = Shapes::new(GeometryKind::Polygon);
        for (_, ring) in communes {
            let origin = [i64::from(TILE.x) * SIDE, i64::from(TILE.y) * SIDE];
            shapes.coords.extend(ring.iter().map(|p| [(origin[0] + p[0]) as u32, (origin[1] + p[1]) as u32]));
            shapes.end_ring();
            shapes.end_part();
            shapes.end_feature();
        }
        Territory::new(communes.iter().enumerate().map(|(i, (code, _))| (*code, &shapes, i)))
    }

    fn owners(territory: &Territory, tile: TileCoord) -> Vec<String> {
        let mut finder = territory.finder();
        finder.owners(tile).into_iter().map(|number| territory.communes[number].code.clone()).collect()
    }

    fn rectangle([west, north, east, south]: [i64; 4]) -> Vec<[i64; 2]> {
        vec![[west, north], [west, south], [east, south], [east, north]]
    }

    #[test]
    fn a_tile_belongs_to_the_communes_that_reach_into_its_buffer_and_to_no_other() {
        let buffer = i64::from(BUFFER) * 16;
        let near = rectangle([SIDE + buffer, 0, 2 * SIDE, SIDE]);
        let far = rectangle([-SIDE, 0, -buffer - 1, SIDE]);
        let land = territory(&[("1", &near), ("2", &far)]);
        assert_eq!(owners(&land, TILE), ["1"]);
    }

    #[test]
    fn a_commune_whose_box_but_not_whose_land_holds_a_tile_does_not_own_it() {
        // An L whose inner corner looks at the tile.
        let far = 4 * SIDE;
        let corner = [[-far, -far], [-far, far], [far, far], [far, 3 * SIDE], [-3 * SIDE, 3 * SIDE], [-3 * SIDE, -far]];
        let land = territory(&[("1", &corner), ("2", &rectangle([0, 0, SIDE, SIDE]))]);
        assert_eq!(owners(&land, TILE), ["2"]);
    }

    #[test]
    fn a_tile_in_the_midst_of_a_commune_is_its_own_and_one_in_a_hole_is_not() {
        let (out, hole) = (
            rectangle([-9 * SIDE, -9 * SIDE, 9 * SIDE, 9 * SIDE]),
            rectangle([-2 * SIDE, -2 * SIDE, 3 * SIDE, 3 * SIDE]),
        );
        assert_eq!(owners(&territory(&[("1", &out)]), TILE), ["1"]);
        // Two features of one code: by the even-odd rule the second is a hole in the first.
        let land = territory(&[("1", &out), ("1", &hole), ("2", &hole)]);
        assert_eq!(owners(&land, TILE), ["2"]);
    }

    #[test]
    fn a_tile_that_nobody_touches_belongs_to_the_nearest_and_of_two_to_the_smaller_code() {
        let (west, east) = (rectangle([-9 * SIDE, 0, -3 * SIDE, SIDE]), rectangle([4 * SIDE, 0, 9 * SIDE, SIDE]));
        assert_eq!(owners(&territory(&[("2", &west), ("1", &east)]), TILE), ["1"]);
        let nearer = rectangle([-9 * SIDE, 0, -3 * SIDE + 1, SIDE]);
        assert_eq!(owners(&territory(&[("2", &nearer), ("1", &east)]), TILE), ["2"]);
    }

    #[test]
    fn the_way_taken_before_does_not_show_in_an_answer() {
        let slanted = [[-5 * SIDE, -3 * SIDE], [-2 * SIDE, 5 * SIDE], [6 * SIDE, 4 * SIDE], [SIDE, -4 * SIDE]];
        let land = territory(&[("1", &slanted), ("2", &rectangle([0, 0, 9 * SIDE, 9 * SIDE]))]);
        let mut finder = land.finder();
        for z in [16u8, 14, 18, 17, 9] {
            for (dx, dy) in [(0i64, 0i64), (5, 4), (-6, 1), (3, -4), (1, 1)] {
                let place = |v: u32, d: i64| (((i64::from(v) + d) << 4) >> (20 - z)) as u32;
                let tile = TileCoord { z, x: place(TILE.x, dx), y: place(TILE.y, dy) };
                let alone = land.finder().owners(tile);
                assert_eq!(finder.owners(tile), alone, "{tile:?}");
                assert!(!alone.is_empty());
            }
        }
    }
}

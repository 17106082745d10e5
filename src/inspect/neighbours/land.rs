//! The land of single parcels: where two of them cover the same, and whose a place is.

use std::ops::ControlFlow;
use std::sync::OnceLock;

use i_overlay::core::fill_rule::FillRule;
use i_overlay::core::overlay_rule::OverlayRule;
use i_overlay::float::single::SingleFloatOverlay;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::lattice::Lattice;
use crate::inspect::box_tree::{Box2, BoxTree, around, meet};
use crate::inspect::geometry::twice_signed_area;
use crate::inspect::ring::{Ring, Side};
use crate::model::shapes::{GridCoord, Shapes};

/// Rings of a parcel, with trees over those that are long.
pub struct Land<'a> {
    pub rings: Vec<Ring<'a>>,
    pub frame: Box2<f64>,
}

/// From here on a parcel's rings and their trees are kept: rivers and roads have hundreds of neighbours.
const KEPT_FROM_POINTS: usize = 128;

/// Every parcel of a layer by its place.
pub struct Lands<'a> {
    shapes: &'a Shapes<GridCoord>,
    tree: BoxTree<f32>,
    /// Parcel of each leaf of the tree, which stand in Hilbert order.
    order: Vec<u32>,
    corner: GridCoord,
    kept: FxHashMap<u32, OnceLock<Land<'a>>>,
}

/// A piece of land that two parcels claim.
#[derive(Clone, Debug, PartialEq)]
pub struct Common {
    pub area_m2: f64,
    pub perimeter_m: f64,
    /// Outer ring and holes, open.
    pub rings: Vec<Vec<GridCoord>>,
}

impl Common {
    /// Mean width: of a strip its width, of a square half its side.
    pub fn width_m(&self) -> f64 {
        2.0 * self.area_m2 / self.perimeter_m
    }
}

impl<'a> Lands<'a> {
    pub fn new(shapes: &'a Shapes<GridCoord>, lattice: &Lattice) -> Self {
        let corner = lattice.coord([0.0; 2]);
        let frames: Vec<Box2<f32>> = (0..shapes.len())
            .into_par_iter()
            .map(|i| frame(shapes, i).map_or([f32::INFINITY; 4], |frame| outward(frame, corner)))
            .collect();
        let middle = |frame: &Box2<f32>| [(frame[0] + frame[2]) / 2.0, (frame[1] + frame[3]) / 2.0];
        let mut order: Vec<(u64, u32)> =
            frames.par_iter().enumerate().map(|(i, frame)| (hilbert(middle(frame)), i as u32)).collect();
        order.par_sort_unstable();
        let order: Vec<u32> = order.into_iter().map(|(_, i)| i).collect();
        let tree = BoxTree::new(order.iter().map(|i| frames[*i as usize]));
        let is_long = |i: &usize| shapes.feature_rings(*i).map(<[_]>::len).sum::<usize>() >= KEPT_FROM_POINTS;
        let kept = (0..shapes.len()).filter(is_long).map(|i| (i as u32, OnceLock::new())).collect();
        Lands { shapes, tree, order, corner, kept }
    }

    /// Calls `visit` with every parcel whose box meets `frame`.
    pub fn visit(&self, frame: Box2<f64>, visit: &mut dyn FnMut(u32) -> ControlFlow<()>) {
        let _ = self.tree.visit(outward(frame, self.corner), &mut |leaf| visit(self.order[leaf]));
    }

    /// Runs `f` with the land of a parcel.
    pub fn with<R>(&self, parcel: u32, f: impl FnOnce(&Land<'a>) -> R) -> R {
        match self.kept.get(&parcel) {
            Some(cell) => f(cell.get_or_init(|| Land::new(self.shapes, parcel as usize))),
            None => f(&Land::new(self.shapes, parcel as usize)),
        }
    }

    /// Whether any parcel covers a point; its border counts as covered.
    pub fn covered(&self, point: GridCoord) -> bool {
        let mut covered = false;
        self.visit([point[0], point[1], point[0], point[1]], &mut |parcel| {
            covered = self.with(parcel, |land| land.side_of(point) != Side::Outside);
            if covered { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        covered
    }
}

fn frame(shapes: &Shapes<GridCoord>, feature: usize) -> Option<Box2<f64>> {
    shapes.feature_rings(feature).flatten().map(|[x, y]| [*x, *y, *x, *y]).reduce(around)
}

/// As metres from the layer's corner in single precision, 4 cm to each side: at 400 km these are exact to 3 cm.
fn outward(frame: Box2<f64>, corner: GridCoord) -> Box2<f32> {
    let low = |axis: usize| (frame[axis] - corner[axis] - 0.04) as f32;
    let high = |axis: usize| (frame[axis + 2] - corner[axis] + 0.04) as f32;
    [low(0), low(1), high(0), high(1)]
}

/// Place on a Hilbert curve over cells of 4 m.
fn hilbert([x, y]: [f32; 2]) -> u64 {
    let (mut x, mut y) = ((x / 4.0) as u32 & 0xf_ffff, (y / 4.0) as u32 & 0xf_ffff);
    let mut place = 0;
    for bit in (0..20).rev() {
        let (rx, ry) = (x >> bit & 1, y >> bit & 1);
        place = place << 2 | u64::from((3 * rx) ^ ry);
        if ry == 0 {
            if rx == 1 {
                (x, y) = (!x & 0xf_ffff, !y & 0xf_ffff);
            }
            (x, y) = (y, x);
        }
    }
    place
}

impl<'a> Land<'a> {
    fn new(shapes: &'a Shapes<GridCoord>, feature: usize) -> Self {
        let first = shapes.parts(feature);
        let mut rings = Vec::with_capacity(first.len());
        for part in first {
            rings.extend(shapes.rings(part).map(|ring| Ring::new(shapes.ring(ring))).filter(|r| !r.points.is_empty()));
        }
        let frame = rings.iter().map(|ring| ring.frame).reduce(around).unwrap_or([0.0; 4]);
        Land { rings, frame }
    }

    pub fn side_of(&self, point: GridCoord) -> Side {
        let mut inside = false;
        for ring in &self.rings {
            match ring.side_of(point) {
                Side::Border => return Side::Border,
                side => inside ^= side == Side::Inside,
            }
        }
        if inside { Side::Inside } else { Side::Outside }
    }

    pub fn area_m2(&self) -> f64 {
        self.rings.iter().map(|ring| twice_signed_area(ring.points) / 2.0).sum::<f64>().abs()
    }

    /// Whether two parcels may cover the same land deeper than one and a half `depth_m`: a border crosses the
    /// other's, or land beside the middle of an edge is the other's too. Cheap; says "yes" a little too often.
    pub fn may_overlap(&self, other: &Land<'_>, depth_m: f64) -> bool {
        let [a, b] = [self.frame, other.frame];
        let common = [a[0].max(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].min(b[3])];
        if common[2] - common[0] <= depth_m || common[3] - common[1] <= depth_m {
            return false;
        }
        self.enters(other, common, depth_m) || other.enters(self, common, depth_m)
    }

    fn enters(&self, other: &Land<'_>, common: Box2<f64>, depth_m: f64) -> bool {
        self.rings.iter().any(|ring| {
            let mut enters = false;
            let _ = ring.visit_edges(common, &mut |(a, b)| {
                let [x, y] = beside_middle(a, b, 1.5 * depth_m);
                enters = other.crossed_by(a, b, depth_m)
                    || (meet(common, [x, y, x, y]) && other.side_of([x, y]) == Side::Inside);
                if enters { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            enters
        })
    }

    /// Whether an edge crosses the border with all ends farther than `depth_m` from the other's line.
    fn crossed_by(&self, a: GridCoord, b: GridCoord, depth_m: f64) -> bool {
        use crate::inspect::ring::side;
        let length = (b[0] - a[0]).hypot(b[1] - a[1]);
        let frame = around([a[0], a[1], a[0], a[1]], [b[0], b[1], b[0], b[1]]);
        self.rings.iter().any(|ring| {
            let hit = ring.visit_edges(frame, &mut |(c, d)| {
                let (c_off, d_off) = (side(a, b, c) / length, side(a, b, d) / length);
                if c_off * d_off >= 0.0 || c_off.abs().min(d_off.abs()) <= depth_m {
                    return ControlFlow::Continue(());
                }
                let other = (d[0] - c[0]).hypot(d[1] - c[1]);
                let (a_off, b_off) = (side(c, d, a) / other, side(c, d, b) / other);
                let crosses = a_off * b_off < 0.0 && a_off.abs().min(b_off.abs()) > depth_m;
                if crosses { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            hit.is_break()
        })
    }

    /// What two parcels both cover, exactly to a micrometre.
    pub fn common(&self, other: &Land<'_>) -> Vec<Common> {
        let [a, b] = [self.frame, other.frame];
        let window = [a[0].max(b[0]) - 1.0, a[1].max(b[1]) - 1.0, a[2].min(b[2]) + 1.0, a[3].min(b[3]) + 1.0];
        let origin = [window[0], window[1]];
        let (subject, clip) = (self.within(window, origin), other.within(window, origin));
        let shapes = subject.overlay(&clip, OverlayRule::Intersect, FillRule::NonZero);
        shapes.into_iter().map(|rings| common(rings, origin)).collect()
    }

    /// The rings cut to a window, from its corner: of a river of a province only the bend that is asked for.
    fn within(&self, window: Box2<f64>, origin: GridCoord) -> Vec<Vec<GridCoord>> {
        let moved = |ring: &Ring<'_>| ring.points.iter().map(|[x, y]| [x - origin[0], y - origin[1]]).collect();
        let [width, height] = [window[2] - origin[0], window[3] - origin[1]];
        let cut = |ring: &Ring<'_>| {
            let mut points: Vec<GridCoord> = moved(ring);
            for (axis, limit, sign) in [(0, 0.0, 1.0), (0, width, -1.0), (1, 0.0, 1.0), (1, height, -1.0)] {
                points = keep_side(&points, axis, limit, sign);
            }
            points
        };
        self.rings.iter().filter(|ring| meet(ring.frame, window)).map(cut).filter(|ring| ring.len() > 2).collect()
    }
}

/// The place a little to the left of an edge's middle, on the parcel's own land.
fn beside_middle(a: GridCoord, b: GridCoord, off_m: f64) -> GridCoord {
    let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
    let scale = off_m / dx.hypot(dy);
    [(a[0] + b[0]) / 2.0 - dy * scale, (a[1] + b[1]) / 2.0 + dx * scale]
}

/// The part of a ring on one side of a line parallel to an axis (Sutherland and Hodgman).
fn keep_side(ring: &[GridCoord], axis: usize, limit: f64, sign: f64) -> Vec<GridCoord> {
    let inner = |p: GridCoord| (p[axis] - limit) * sign >= 0.0;
    if ring.iter().all(|p| inner(*p)) {
        return ring.to_vec();
    }
    let mut kept = Vec::with_capacity(ring.len());
    for i in 0..ring.len() {
        let (a, b) = (ring[if i == 0 { ring.len() - 1 } else { i - 1 }], ring[i]);
        if inner(a) != inner(b) {
            let t = (limit - a[axis]) / (b[axis] - a[axis]);
            let mut cut = [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])];
            cut[axis] = limit;
            kept.push(cut);
        }
        if inner(b) {
            kept.push(b);
        }
    }
    kept
}

/// Rings near the origin → a piece in the coordinates of the layer.
pub fn common(rings: Vec<Vec<GridCoord>>, origin: GridCoord) -> Common {
    let areas: Vec<f64> = rings.iter().map(|ring| twice_signed_area(ring).abs() / 2.0).collect();
    let area_m2 = areas.first().copied().unwrap_or(0.0) - areas.iter().skip(1).sum::<f64>();
    let perimeter_m = rings.iter().map(|ring| perimeter(ring)).sum();
    let back = |ring: Vec<GridCoord>| ring.into_iter().map(|[x, y]| [x + origin[0], y + origin[1]]).collect();
    Common { area_m2, perimeter_m, rings: rings.into_iter().map(back).collect() }
}

fn perimeter(ring: &[GridCoord]) -> f64 {
    (0..ring.len())
        .map(|i| {
            let (a, b) = (ring[i], ring[(i + 1) % ring.len()]);
            (b[0] - a[0]).hypot(b[1] - a[1])
        })
        .sum()
}

/// A point inside some rings (even-odd): the middle of the widest passage along some lines from west to east.
/// Works for a strip a millimetre wide, where the search for the roomiest point does not end.
pub fn inner_point(rings: &[Vec<GridCoord>]) -> Option<GridCoord> {
    let mut levels: Vec<f64> = rings.iter().flatten().map(|p| p[1]).collect();
    levels.sort_by(f64::total_cmp);
    levels.dedup();
    let between: Vec<f64> = levels.windows(2).map(|pair| (pair[0] + pair[1]) / 2.0).collect();
    let step = between.len().div_ceil(15).max(1);
    let mut best: Option<(f64, GridCoord)> = None;
    for y in between.iter().step_by(step) {
        let mut passed: Vec<f64> = rings.iter().flat_map(|ring| crossings(ring, *y)).collect();
        passed.sort_by(f64::total_cmp);
        for pair in passed.chunks_exact(2) {
            if best.is_none_or(|(width, _)| pair[1] - pair[0] > width) {
                best = Some((pair[1] - pair[0], [(pair[0] + pair[1]) / 2.0, *y]));
            }
        }
    }
    best.map(|(_, point)| point)
}

fn crossings(ring: &[GridCoord], y: f64) -> impl Iterator<Item = f64> {
    (0..ring.len()).filter_map(move |i| {
        let (a, b) = (ring[i], ring[(i + 1) % ring.len()]);
        ((a[1] > y) != (b[1] > y)).then(|| a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]))
    })
}

//! Brings back the areas of land uses that rounding changed, by corners that go to a neighbouring grid point.
//!
//! A corner between two uses, or between a use and none, is moved when that brings their areas nearer to what they
//! must be, and only where no border is crossed and no other corner comes into a border's grid square: then the
//! tiles draw exactly what stands here. A use that rounding lost gets a small area where its largest one lay.

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::fabric::Fabric;
use super::generalise::{Truth, bound};
use super::grid::{BUFFER, EXTENT, Grid};
use super::ring_walk::{self, Border};
use crate::model::shapes::WorldCoord;

type P = [i64; 2];

/// Side of a bucket of borders, as a power of two of grid units.
const BUCKET: u32 = 4;

/// How far a corner may go from where rounding put it, in grid units: a quarter of a pixel, and where that is not
/// enough a whole one.
const REACHES: [i64; 3] = [2, 4, 8];

/// A border longer than this stays as it is: its neighbourhood is too large to look at.
const LONGEST: i64 = 256;

/// How far from its place a lost use is drawn at most, in grid units.
const SEARCH: i64 = 400;

/// So many free places around one are looked at for one that is not the use's own land.
const TRIES: usize = 8;

/// Where there is no other ring at a corner: no land lies there.
const NONE: u32 = u32::MAX;
/// Where a corner cannot be moved: more than two borders meet there.
const NODE: u32 = u32::MAX - 1;
/// The use of land that is no longer drawn.
const DROPPED: u16 = u16::MAX;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Moved {
    Nothing,
    Corners,
}

/// A coverage in units of a grid, and which borders pass through which bucket.
pub struct Plane {
    grid: Grid,
    points: Vec<P>,
    before: Vec<u32>,
    after: Vec<u32>,
    uses: Vec<u16>,
    /// The corners of each area.
    areas: Vec<Range<usize>>,
    /// The same corner in the ring of the neighbour.
    twins: Vec<u32>,
    buckets: FxHashMap<u64, Vec<u32>>,
    /// Twice the area in world units that a use still lacks.
    lacking: Vec<i128>,
    /// Areas drawn for uses that were lost, and the use they lie in.
    seeds: Vec<Seed>,
}

struct Seed {
    land: u16,
    within: Option<u16>,
    ring: Vec<P>,
}

impl Plane {
    pub fn new(fabric: &Fabric, grid: Grid) -> Self {
        let shapes = &fabric.shapes;
        let n = shapes.coords.len();
        let points: Vec<P> = shapes.coords.iter().map(|p| p.map(|v| i64::from(v >> grid.shift()))).collect();
        let (mut before, mut after, mut uses) = (vec![0; n], vec![0; n], vec![0; n]);
        let mut areas = vec![];
        for feature in 0..shapes.len() {
            let rings = shapes.ring_indices(feature);
            areas.push(shapes.ring_range(rings.start).start..shapes.ring_range(rings.end - 1).end);
            for ring in shapes.ring_indices(feature) {
                let range = shapes.ring_range(ring);
                for i in range.clone() {
                    let next = if i + 1 == range.end { range.start } else { i + 1 };
                    (after[i], before[next], uses[i]) = (next as u32, i as u32, fabric.uses[feature]);
                }
            }
        }
        let twins = vec![];
        let mut plane = Plane {
            grid,
            points,
            before,
            after,
            uses,
            areas,
            twins,
            buckets: FxHashMap::default(),
            lacking: fabric.twice_areas().into_iter().map(|area| -area).collect(),
            seeds: vec![],
        };
        plane.twins = plane.find_twins();
        plane
    }

    fn find_twins(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.points.len() as u32).collect();
        order.sort_unstable_by_key(|i| (self.points[*i as usize], *i));
        let mut twins = vec![NODE; order.len()];
        for same in order.chunk_by(|a, b| self.points[*a as usize] == self.points[*b as usize]) {
            match *same {
                [one] => twins[one as usize] = NONE,
                [one, other] if self.next(one) == self.last(other) && self.last(one) == self.next(other) => {
                    (twins[one as usize], twins[other as usize]) = (other, one);
                }
                _ => {}
            }
        }
        twins
    }

    fn at(&self, i: u32) -> P {
        self.points[i as usize]
    }

    fn next(&self, i: u32) -> P {
        self.at(self.after[i as usize])
    }

    fn last(&self, i: u32) -> P {
        self.at(self.before[i as usize])
    }

    /// Brings every use within its bound as far as corners can be moved.
    pub fn balance(&mut self, truth: &Truth) -> Moved {
        self.lacking.iter_mut().zip(&truth.twice_areas).for_each(|(lacking, area)| *lacking += area);
        let bounds: Vec<i128> = truth.twice_areas.iter().map(|area| bound(*area, self.grid)).collect();
        if self.is_balanced(&bounds) {
            return Moved::Nothing;
        }
        self.fill_buckets();
        self.weed(&bounds);
        if self.sow(truth, &bounds) {
            // Corners keep clear of what was sown only when they know it.
            return Moved::Corners;
        }
        let order = self.candidates();
        let origins = self.points.clone();
        for reach in REACHES {
            for _ in 0..reach {
                let moved = order.iter().filter(|i| self.improve(**i, &origins, reach, &bounds)).count();
                if moved == 0 || self.is_balanced(&bounds) {
                    break;
                }
            }
            if self.is_balanced(&bounds) {
                return Moved::Corners;
            }
        }
        self.split_borders(&bounds);
        Moved::Corners
    }

    fn is_balanced(&self, bounds: &[i128]) -> bool {
        self.lacking.iter().zip(bounds).all(|(lacking, bound)| lacking.abs() <= *bound)
    }

    /// Corners of two borders, spread over the whole layer in an order of their own.
    fn candidates(&self) -> Vec<u32> {
        let mut order: Vec<(u64, u32)> = (0..self.points.len() as u32)
            .filter(|i| {
                self.twins[*i as usize] == NONE || (self.twins[*i as usize] > *i && self.twins[*i as usize] != NODE)
            })
            .map(|i| (spread(self.at(i)), i))
            .collect();
        order.sort_unstable();
        order.into_iter().map(|(_, i)| i).collect()
    }

    /// Moves one corner by a unit if that helps; whether it did.
    fn improve(&mut self, i: u32, origins: &[P], reach: i64, bounds: &[i128]) -> bool {
        let twin = self.twins[i as usize];
        let Some((land, other)) = self.sides(i, twin, bounds) else { return false };
        let (a, c, b) = (self.last(i), self.at(i), self.next(i));
        let mut best: Vec<(i128, P)> = STEPS
            .iter()
            .map(|step| [c[0] + step[0], c[1] + step[1]])
            .filter(|to| (0..2).all(|k| (to[k] - origins[i as usize][k]).abs() <= reach))
            .map(|to| (self.gain(land, other, self.world(twice(a, to, b) - twice(a, c, b)), bounds), to))
            .filter(|(gain, _)| *gain > 0)
            .collect();
        best.sort_unstable_by_key(|(gain, to)| (-gain, *to));
        let Some((_, to)) = best.into_iter().take(3).find(|(_, to)| self.is_free([a, c, b], *to)) else { return false };
        self.give(land, other, self.world(twice(a, to, b) - twice(a, c, b)));
        self.points[i as usize] = to;
        if twin != NONE {
            self.points[twin as usize] = to;
        }
        true
    }

    /// The use of a border's land and that of the other side, when one of them is off.
    fn sides(&self, i: u32, twin: u32, bounds: &[i128]) -> Option<(usize, Option<usize>)> {
        let of = |i: u32| Some(self.uses[i as usize]).filter(|of| *of != DROPPED).map(usize::from);
        let (land, other) = (of(i)?, if twin == NONE { None } else { of(twin) });
        let is_off = |of: usize| 2 * self.lacking[of].abs() > bounds[of];
        (other != Some(land) && (is_off(land) || other.is_some_and(is_off))).then_some((land, other))
    }

    fn give(&mut self, land: usize, other: Option<usize>, gained: i128) {
        self.lacking[land] -= gained;
        if let Some(other) = other {
            self.lacking[other] += gained;
        }
    }

    fn world(&self, units: i64) -> i128 {
        i128::from(units) << (2 * self.grid.shift())
    }

    /// By how much the squares of what is lacking shrink, each use measured by its bound.
    fn gain(&self, land: usize, other: Option<usize>, gained: i128, bounds: &[i128]) -> i128 {
        let of = |of: usize, gained: i128| {
            let lacking = self.lacking[of];
            // In thousandths of the bound's square: whole numbers, the same on every machine.
            let square = |v: i128| v * 1000 / bounds[of] * (v * 1000 / bounds[of]);
            square(lacking) - square(lacking - gained)
        };
        of(land, gained) + other.map_or(0, |other| of(other, -gained))
    }

    /// Whether the corner `c` between `a` and `b` can go to `to` while borders meet at corners only, a grid square
    /// apart. Where there is no corner yet, `c` is `a`.
    fn is_free(&self, [a, c, b]: [P; 3], to: P) -> bool {
        let long = |p: P| (0..2).any(|k| (p[k] - c[k]).abs() > LONGEST);
        if long(a)
            || long(b)
            || (a != c && is_on_line(c))
            || crosses_line(a, to)
            || crosses_line(to, b)
            || side(a, to, b) == 0
        {
            return false;
        }
        if passes(a, to, b) || passes(to, b, a) || (a != c && (holds(a, c, to, b) || holds(b, c, to, a))) {
            return false;
        }
        let around = [0, 1].map(|k| {
            let (low, high) = (a[k].min(b[k]).min(c[k]).min(to[k]), a[k].max(b[k]).max(c[k]).max(to[k]));
            (low - 1, high + 1)
        });
        self.borders_in(around).all(|k| self.is_clear_of(k, a, c, b, to))
    }

    /// The same for one border (from corner `k` to the next) of the neighbourhood.
    fn is_clear_of(&self, k: u32, a: P, c: P, b: P, to: P) -> bool {
        let (p, q) = (self.at(k), self.next(k));
        if if a == c { (p, q) == (a, b) || (q, p) == (a, b) } else { p == c || q == c } {
            return true;
        }
        let corner = |p: P| {
            p == a
                || p == b
                || !(p == to || passes(a, to, p) || passes(to, b, p) || holds(a, c, to, p) || holds(b, c, to, p))
        };
        corner(p)
            && corner(q)
            && !passes(p, q, to)
            && (a == c || !meets((p, q), (c, to)))
            && [a, b].iter().all(|end| p == *end || q == *end || !meets((p, q), (*end, to)))
    }

    fn fill_buckets(&mut self) {
        for i in 0..self.points.len() as u32 {
            let (p, q) = (self.at(i), self.next(i));
            for bucket in along(p, q) {
                self.buckets.entry(bucket).or_default().push(i);
            }
        }
    }

    /// Borders that pass through a box, or near it: some twice.
    fn borders_in(&self, [(west, east), (north, south)]: [(i64, i64); 2]) -> impl Iterator<Item = u32> + '_ {
        // Corners have gone up to the greatest reach since the buckets were filled.
        let reach = REACHES[REACHES.len() - 1];
        let cells = move |low: i64, high: i64| (low - reach) >> BUCKET..=(high + reach) >> BUCKET;
        let keys = cells(north, south).flat_map(move |y| cells(west, east).map(move |x| key(x, y)));
        keys.filter_map(|key| self.buckets.get(&key)).flatten().copied()
    }
}

impl Plane {
    /// Where corners alone could not bring back an area, borders get new ones.
    fn split_borders(&mut self, bounds: &[i128]) {
        let off: Vec<bool> = self.lacking.iter().zip(bounds).map(|(lacking, bound)| lacking.abs() > *bound).collect();
        let is_off = |of: u16| of != DROPPED && off[usize::from(of)];
        let mut order: Vec<(u64, u32)> = (0..self.points.len() as u32)
            .filter(|i| is_off(self.uses[*i as usize]))
            .map(|i| (spread(self.at(i)), i))
            .collect();
        order.sort_unstable();
        let mut twins: FxHashMap<(P, P), Option<u32>> =
            order.iter().map(|(_, i)| ((self.at(*i), self.next(*i)), None)).collect();
        for i in 0..self.points.len() as u32 {
            if let Some(twin) = twins.get_mut(&(self.next(i), self.at(i))) {
                *twin = Some(i);
            }
        }
        let before = self.points.len();
        // A border that was split from its other side is no longer among them.
        let twin = |plane: &Plane, i: u32| twins.get(&(plane.at(i), plane.next(i))).copied();
        for (_, i) in &order {
            if self.is_balanced(bounds) {
                return;
            }
            if let Some(twin) = twin(self, *i) {
                self.split(*i, twin, bounds, 1);
            }
        }
        // Where every step is too large, one away from the goal leaves corners from which the next is smaller.
        if self.points.len() == before {
            let _ = order.iter().any(|(_, i)| twin(self, *i).is_some_and(|t| self.split(*i, t, bounds, i128::MIN)));
        }
    }

    /// Puts a corner into a border where that gains at least so much; whether it did.
    fn split(&mut self, i: u32, twin: Option<u32>, bounds: &[i128], least: i128) -> bool {
        let Some((land, other)) = self.sides(i, twin.unwrap_or(NONE), bounds) else { return false };
        let (a, b) = (self.at(i), self.next(i));
        let middle = [0, 1].map(|k| (a[k] + b[k]).div_euclid(2));
        let tried = STEPS.iter().chain(&[[0, 0]]).map(|step| [middle[0] + step[0], middle[1] + step[1]]);
        let mut best: Vec<(i128, P)> = tried
            .filter(|to| *to != a && *to != b)
            .map(|to| (self.gain(land, other, self.world(twice(a, to, b)), bounds), to))
            .filter(|(gain, _)| *gain >= least)
            .collect();
        best.sort_unstable_by_key(|(gain, to)| (-gain, *to));
        let Some((_, to)) = best.into_iter().find(|(_, to)| self.is_free([a, a, b], *to)) else { return false };
        self.give(land, other, self.world(twice(a, to, b)));
        self.insert(i, to);
        twin.into_iter().for_each(|twin| self.insert(twin, to));
        true
    }

    /// A new corner on the border that begins at corner `i`.
    fn insert(&mut self, i: u32, to: P) {
        let (new, next) = (self.points.len() as u32, self.after[i as usize]);
        self.points.push(to);
        self.uses.push(self.uses[i as usize]);
        self.before.push(i);
        self.after.push(next);
        self.after[i as usize] = new;
        self.before[next as usize] = new;
        for bucket in along(to, self.at(next)) {
            self.buckets.entry(bucket).or_default().push(new);
        }
        for bucket in along(self.at(i), to) {
            self.buckets.entry(bucket).or_default().push(i);
        }
    }

    /// Gives small areas of a use that has more than its borders could give up to a neighbour.
    fn weed(&mut self, bounds: &[i128]) {
        let lengths = self.lengths();
        let surplus = |plane: &Plane, of: usize| -plane.lacking[of] > bounds[of].max(plane.world(lengths[of]) / 2);
        if !(0..lengths.len()).any(|of| surplus(self, of)) {
            return;
        }
        let borders: FxHashMap<(P, P), u32> =
            (0..self.points.len() as u32).map(|i| ((self.at(i), self.next(i)), i)).collect();
        let area = |plane: &Plane, area: &Range<usize>| -> i128 {
            let twice = |i: usize| {
                let (p, q) = (plane.at(i as u32), plane.next(i as u32));
                i128::from(q[0] * p[1] - p[0] * q[1])
            };
            area.clone().map(twice).sum::<i128>() << (2 * plane.grid.shift())
        };
        let mut largest: Vec<(i128, Range<usize>)> = self.areas.iter().map(|of| (area(self, of), of.clone())).collect();
        largest.sort_unstable_by_key(|(area, corners)| (-area, corners.start));
        for (area, corners) in largest {
            let of = usize::from(self.uses[corners.start]);
            if surplus(self, of) && area <= -2 * self.lacking[of] {
                let neighbour = self.neighbour(&borders, corners.clone());
                self.lacking[of] += area;
                if let Some(neighbour) = neighbour {
                    self.lacking[usize::from(neighbour)] -= area;
                }
                corners.for_each(|i| self.uses[i] = neighbour.unwrap_or(DROPPED));
            }
        }
    }

    /// The use with the longest border along an area; `None` where no land lies around it.
    fn neighbour(&self, borders: &FxHashMap<(P, P), u32>, corners: Range<usize>) -> Option<u16> {
        let own = self.uses[corners.start];
        let mut along = vec![0; self.lacking.len()];
        for i in corners {
            let (p, q) = (self.at(i as u32), self.next(i as u32));
            let beside = borders.get(&(q, p)).map(|twin| self.uses[*twin as usize]);
            if let Some(of) = beside.filter(|of| *of != own && *of != DROPPED) {
                along[usize::from(of)] += (p[0] - q[0]).abs().max((p[1] - q[1]).abs());
            }
        }
        let longest = (0..along.len()).max_by_key(|of| (along[*of], std::cmp::Reverse(*of)))?;
        (along[longest] > 0).then_some(longest as u16)
    }
}

const STEPS: [P; 8] = [[-1, 0], [0, -1], [0, 1], [1, 0], [-1, -1], [-1, 1], [1, -1], [1, 1]];

impl Plane {
    /// Draws a small area for each use that has lost more than half of its land; whether there was one.
    fn sow(&mut self, truth: &Truth, bounds: &[i128]) -> bool {
        for (land, bound) in bounds.iter().enumerate() {
            let lacking = self.lacking[land];
            if lacking <= (*bound).max(truth.twice_areas[land] / 2) {
                continue;
            }
            let units = (lacking >> (2 * self.grid.shift())) as i64;
            let places = truth.places[land].iter();
            let seed = places.map(|place| place.map(|v| i64::from(v >> self.grid.shift()))).find_map(|place| {
                let ring = small_area(units.clamp(1, 2 * 24 * 24));
                self.free_place(place, &ring, land as u16).map(|at| at_place(&ring, at))
            });
            if let Some(ring) = seed {
                let within = self.use_at(ring[0]);
                self.seeds.push(Seed { land: land as u16, within, ring });
            }
        }
        !self.seeds.is_empty()
    }

    /// Length of the borders of each use, in grid units.
    fn lengths(&self) -> Vec<i64> {
        let mut lengths = vec![0; self.lacking.len()];
        for i in 0..self.points.len() as u32 {
            let (p, q) = (self.at(i), self.next(i));
            if self.uses[i as usize] == DROPPED {
                continue;
            }
            lengths[self.uses[i as usize] as usize] += (0..2).map(|k| (p[k] - q[k]).abs()).max().unwrap_or(0);
        }
        lengths
    }

    /// The nearest place where an area lies within one other, or on no land, with room around it.
    fn free_place(&self, place: P, ring: &[P], land: u16) -> Option<P> {
        let size = [0, 1].map(|k| ring.iter().map(|p| p[k]).max().unwrap_or(0));
        let near = |d: i64| {
            let row = move |y: i64| (-d..=d).map(move |x| [x, y]);
            let column = move |x: i64| (1 - d..d).map(move |y| [x, y]);
            row(-d).chain(row(d)).chain(column(-d)).chain(column(d))
        };
        let offsets = (0..SEARCH / 3).flat_map(near).map(|[x, y]| [place[0] + 3 * x, place[1] + 3 * y]);
        let free = offsets.filter(|at| at.iter().all(|v| *v > 2)).filter(|at| {
            let room = [0, 1].map(|k| (at[k] - 2, at[k] + size[k] + 2));
            let no_line = (0..2).all(|k| (room[k].0..=room[k].1).all(|v| !is_line(v)));
            let sown = self.seeds.iter().flat_map(|seed| &seed.ring);
            let no_seed = || sown.clone().all(|p| (0..2).any(|k| p[k] < room[k].0 - 26 || p[k] > room[k].1 + 26));
            no_line && no_seed() && self.borders_in(room).all(|i| !touches(self.at(i), self.next(i), room))
        });
        free.take(TRIES).find(|at| self.use_at(*at) != Some(land))
    }

    /// The use of the land at a point that lies on no border.
    fn use_at(&self, at: P) -> Option<u16> {
        let mut crossed = vec![0u32; self.lacking.len()];
        for i in 0..self.points.len() as u32 {
            let (p, q) = (self.at(i), self.next(i));
            let drawn = self.uses[i as usize] != DROPPED;
            if drawn && (p[1] > at[1]) != (q[1] > at[1]) && (side(p, q, at) > 0) == (q[1] > p[1]) {
                crossed[self.uses[i as usize] as usize] += 1;
            }
        }
        crossed.iter().position(|times| times % 2 == 1).map(|of| of as u16)
    }

    /// The coverage as it is now.
    pub fn fabric(&self, names: Vec<String>) -> Fabric {
        let world = |p: P| p.map(|v| (v as u32) << self.grid.shift());
        let mut borders: Vec<Vec<Border<u32>>> = vec![vec![]; names.len()];
        for i in (0..self.points.len() as u32).filter(|i| self.uses[*i as usize] != DROPPED) {
            borders[self.uses[i as usize] as usize].push((world(self.at(i)), world(self.next(i))));
        }
        for seed in &self.seeds {
            let ring: Vec<WorldCoord> = seed.ring.iter().map(|p| world(*p)).collect();
            borders[usize::from(seed.land)].extend(ring_walk::borders(&ring));
            if let Some(within) = seed.within {
                borders[usize::from(within)].extend(ring_walk::borders(&ring).map(|(a, b)| (b, a)));
            }
        }
        Fabric::joined(names, &borders, |borders: &Vec<Border<u32>>| borders.clone())
    }
}

/// A ring around about so many half squares, counter-clockwise with north up, from (0, 0).
fn small_area(halves: i64) -> Vec<P> {
    if halves < 2 {
        return vec![[0, 0], [0, 1], [1, 1]];
    }
    let side = (1..=halves).take_while(|v| 2 * v * v <= halves).last().unwrap_or(1);
    let width = (side..=2 * side).min_by_key(|w| (halves - 2 * w * (halves / (2 * w)).max(1)).abs()).unwrap_or(side);
    let height = (halves / (2 * width)).max(1);
    vec![[0, 0], [0, height], [width, height], [width, 0]]
}

fn at_place(ring: &[P], at: P) -> Vec<P> {
    ring.iter().map(|p| [p[0] + at[0], p[1] + at[1]]).collect()
}

/// Twice the area that lies left of a–c–b with north up, measured from the line a–b.
fn twice(a: P, c: P, b: P) -> i64 {
    -side(a, c, b)
}

/// Twice the signed area of a triangle, positive when clockwise on the screen.
fn side(a: P, b: P, c: P) -> i64 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

/// Whether a border passes through the grid square of a corner, as [`super::noding`] asks; its ends do not count.
fn passes(a: P, b: P, corner: P) -> bool {
    if corner == a || corner == b {
        return false;
    }
    let near = |k: usize| 2 * corner[k] + 1 >= 2 * a[k].min(b[k]) && 2 * corner[k] - 1 <= 2 * a[k].max(b[k]);
    near(0) && near(1) && 2 * side(a, b, corner).abs() <= (b[0] - a[0]).abs() + (b[1] - a[1]).abs()
}

/// Whether a triangle holds a point, its borders included.
fn holds(a: P, b: P, c: P, p: P) -> bool {
    let sides = [side(a, b, p), side(b, c, p), side(c, a, p)];
    side(a, b, c) != 0 && (sides.iter().all(|v| *v >= 0) || sides.iter().all(|v| *v <= 0))
}

fn meets((a, b): (P, P), (c, d): (P, P)) -> bool {
    let apart = |k: usize| a[k].max(b[k]) < c[k].min(d[k]) || c[k].max(d[k]) < a[k].min(b[k]);
    let across = |p: P, q: P, r: P, s: P| side(p, q, r).signum() * side(p, q, s).signum() <= 0;
    !apart(0) && !apart(1) && across(a, b, c, d) && across(c, d, a, b)
}

/// Whether a border comes into a box: exact enough to keep out of its way.
fn touches(p: P, q: P, [(west, east), (north, south)]: [(i64, i64); 2]) -> bool {
    let corners = [[west, north], [west, south], [east, south], [east, north]];
    let within = (west..=east).contains(&p[0]) && (north..=south).contains(&p[1]);
    within || (0..4).any(|k| meets((p, q), (corners[k], corners[(k + 1) % 4])))
}

/// The lines where long borders are cut: each tile's buffer beyond its sides.
fn is_line(v: i64) -> bool {
    let (extent, buffer) = (i64::from(EXTENT), i64::from(BUFFER));
    let into = v.rem_euclid(extent);
    into == buffer || into == extent - buffer
}

fn is_on_line(p: P) -> bool {
    p.iter().any(|v| is_line(*v))
}

fn crosses_line(p: P, q: P) -> bool {
    (0..2).any(|k| (p[k].min(q[k])..=p[k].max(q[k])).any(is_line))
}

/// The buckets that a border passes, a unit around it included.
fn along(p: P, q: P) -> impl Iterator<Item = u64> {
    let (a, b) = if p <= q { (p, q) } else { (q, p) };
    let (first, last) = ((a[0] - 1) >> BUCKET, (b[0] + 1) >> BUCKET);
    (first..=last).flat_map(move |x| {
        let at = |v: i64| match b[0] - a[0] {
            0 => a[1],
            run => a[1] + (b[1] - a[1]) * (v.clamp(a[0], b[0]) - a[0]) / run,
        };
        let (left, right) = match b[0] - a[0] {
            0 => (a[1], b[1]),
            _ => (at((x << BUCKET) - 1), at(((x + 1) << BUCKET) + 1)),
        };
        ((left.min(right) - 2) >> BUCKET..=(left.max(right) + 2) >> BUCKET).map(move |y| key(x, y))
    })
}

fn key(x: i64, y: i64) -> u64 {
    (x as u64) << 32 | (y as u64 & 0xffff_ffff)
}

/// Mixes a place so that neighbours in the order lie far apart.
fn spread([x, y]: P) -> u64 {
    ((x as u64) << 32 | y as u64)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .rotate_left(29)
        .wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_area_has_about_the_size_asked_for() {
        for halves in 1..400 {
            let ring = small_area(halves);
            let area: i64 = (0..ring.len())
                .map(|i| (ring[i], ring[(i + 1) % ring.len()]))
                .map(|(a, b)| b[0] * a[1] - a[0] * b[1])
                .sum();
            assert!(area > 0 && (area - halves).abs() <= 2 + halves / 8, "{halves}: {area}");
        }
    }

    #[test]
    fn a_border_is_found_in_every_bucket_that_it_passes() {
        for q in [[300, 7], [-5, 220], [90, 91], [0, 0], [16, 400]] {
            let found: Vec<u64> = along([3, 4], q).collect();
            for t in 0..=1000 {
                let at = [0, 1].map(|k| ([3i64, 4][k] * (1000 - t) + q[k] * t).div_euclid(1000) >> BUCKET);
                assert!(found.contains(&key(at[0], at[1])), "{q:?} {t}");
            }
        }
    }
}

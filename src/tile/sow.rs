//! Uses that a zoom would show far too much or nothing of: small areas are given away, others drawn anew.

use super::fabric::{self, Edge, NONE};
use super::generalise::Truth;
use super::grid::Grid;
use super::plane::{P, Plane, is_line, touches};
use super::ring_walk::{self, Border, Polygon, land_area};
use crate::model::shapes::WorldCoord;

/// How far from its place a lost use is drawn at most, in grid units.
const SEARCH: i64 = 400;

/// The largest area that is given away or drawn anew, in half squares of the grid: 3 pixels a side.
const LARGEST: i64 = 2 * 24 * 24;

/// So many free places around one are looked at for one that is not the use's own land.
const TRIES: usize = 8;

/// Twice the area in square world units that each use lacks, and that it may lack.
pub struct Needs<'a> {
    pub lacking: &'a mut [i128],
    pub bounds: &'a [i128],
}

impl Needs<'_> {
    fn surplus(&self, of: u16) -> i128 {
        -self.lacking[usize::from(of)]
    }

    fn uses(&self) -> std::ops::Range<u16> {
        0..self.lacking.len() as u16
    }
}

/// Gives areas of a use that has more than its borders could give up to a neighbour, the largest first that fit and
/// are no larger than what may be drawn anew: a block of a town must not change its colour.
pub fn weed(mut edges: Vec<Edge>, needs: &mut Needs<'_>, grid: Grid) -> Vec<Edge> {
    let lengths = lengths(&edges, needs.lacking.len());
    let least = |of: u16| ((lengths[usize::from(of)] << grid.shift()) / 2).max(needs.bounds[usize::from(of)]);
    let least: Vec<i128> = needs.uses().map(least).collect();
    let is_too_much = |needs: &Needs<'_>, of: u16| needs.surplus(of) > least[usize::from(of)];
    let many: Vec<u16> = needs.uses().filter(|of| is_too_much(needs, *of)).collect();
    let largest = i128::from(LARGEST) << (2 * grid.shift());
    for (of, area) in many.iter().flat_map(|of| by_size(&edges, *of)).collect::<Vec<_>>() {
        if is_too_much(needs, of) && twice(&area) <= largest.min(2 * needs.surplus(of)) {
            give_away(&mut edges, &area, of, needs);
        }
    }
    if many.is_empty() { edges } else { fabric::joined(edges) }
}

/// Gives away areas of each use that has too much until it has not, the smallest that is enough: what the use then
/// lacks can be drawn as it must be.
pub fn weed_enough(mut edges: Vec<Edge>, needs: &mut Needs<'_>) -> Vec<Edge> {
    let is_too_much = |needs: &Needs<'_>, of: u16| needs.surplus(of) > needs.bounds[usize::from(of)];
    let many: Vec<u16> = needs.uses().filter(|of| is_too_much(needs, *of)).collect();
    for of in &many {
        let mut areas = by_size(&edges, *of);
        while is_too_much(needs, *of) && !areas.is_empty() {
            let enough = areas.iter().rposition(|(_, area)| twice(area) >= needs.surplus(*of));
            let (of, area) = areas.remove(enough.unwrap_or(0));
            give_away(&mut edges, &area, of, needs);
        }
    }
    if many.is_empty() { edges } else { fabric::joined(edges) }
}

fn give_away(edges: &mut [Edge], area: &Polygon<u32>, of: u16, needs: &mut Needs<'_>) {
    let neighbour = neighbour(edges, area, of, needs.lacking.len());
    needs.lacking[usize::from(of)] += twice(area);
    if neighbour != NONE {
        needs.lacking[usize::from(neighbour)] -= twice(area);
    }
    area.iter().flat_map(|ring| ring_walk::borders(ring)).for_each(|border| give(edges, border, of, neighbour));
}

fn twice(area: &Polygon<u32>) -> i128 {
    area.iter().map(|ring| land_area(ring)).sum()
}

/// The areas of a use, the largest first.
fn by_size(edges: &[Edge], of: u16) -> Vec<(u16, Polygon<u32>)> {
    let areas = ring_walk::polygons(&fabric::borders(edges, of));
    let mut areas: Vec<(u16, Polygon<u32>)> = areas.into_iter().map(|area| (of, area)).collect();
    areas.sort_by_cached_key(|(_, area)| (-twice(area), area[0].iter().min().copied()));
    areas
}

/// The use with the longest border along an area.
fn neighbour(edges: &[Edge], area: &Polygon<u32>, of: u16, uses: usize) -> u16 {
    let mut along = vec![0u64; uses];
    for (from, to) in area.iter().flat_map(|ring| ring_walk::borders(ring)) {
        let beside = at(edges, (from, to), of).map(|i| beside(&edges[i], (from, to)));
        if let Some(beside) = beside.filter(|beside| *beside != NONE && *beside != of) {
            along[usize::from(beside)] += u64::from(from[0].abs_diff(to[0]).max(from[1].abs_diff(to[1])));
        }
    }
    let longest = (0..uses).max_by_key(|of| (along[*of], std::cmp::Reverse(*of))).filter(|of| along[*of] > 0);
    longest.map_or(NONE, |of| of as u16)
}

/// The edge on which a border with the land of a use on its left lies.
fn at(edges: &[Edge], (from, to): Border<u32>, of: u16) -> Option<usize> {
    let (a, b) = (from.min(to), from.max(to));
    let first = edges.partition_point(|edge| (edge.a, edge.b) < (a, b));
    let same = edges[first..].iter().take_while(|edge| (edge.a, edge.b) == (a, b));
    same.zip(first..).find(|(edge, _)| of == if from < to { edge.left } else { edge.right }).map(|(_, i)| i)
}

fn beside(edge: &Edge, (from, to): Border<u32>) -> u16 {
    if from < to { edge.right } else { edge.left }
}

fn give(edges: &mut [Edge], border: Border<u32>, of: u16, neighbour: u16) {
    if let Some(i) = at(edges, border, of) {
        let side = if border.0 < border.1 { &mut edges[i].left } else { &mut edges[i].right };
        *side = neighbour;
    }
}

/// Length of the borders of each use in world units.
fn lengths(edges: &[Edge], uses: usize) -> Vec<i128> {
    let mut lengths = vec![0; uses];
    for edge in edges {
        let length = edge.a[0].abs_diff(edge.b[0]).max(edge.a[1].abs_diff(edge.b[1]));
        let sides = [edge.left, edge.right].into_iter().filter(|of| *of != NONE);
        sides.for_each(|of| lengths[usize::from(of)] += i128::from(length));
    }
    lengths
}

/// Borders of a small area for each use that lacks more than its bound, and more than a share of its land.
pub fn sow(plane: &Plane, truth: &Truth, needs: &Needs<'_>, share: [i128; 2]) -> Vec<Edge> {
    let mut seeds: Vec<Vec<P>> = vec![];
    let mut edges = vec![];
    let shift = plane.grid.shift();
    for (land, (lacking, bound)) in needs.lacking.iter().zip(needs.bounds).enumerate() {
        if *lacking <= (*bound).max(truth.twice_areas[land] * share[0] / share[1]) {
            continue;
        }
        let units = (lacking >> (2 * shift)) as i64;
        let ring = small_area(units.clamp(1, LARGEST));
        let places = truth.places[land].iter().map(|place| place.map(|v| i64::from(v >> shift)));
        let Some(at) = places.into_iter().find_map(|place| free_place(plane, place, &ring, land as u16, &seeds)) else {
            continue;
        };
        let within = plane.use_at(at);
        let ring: Vec<P> = ring.iter().map(|p| [p[0] + at[0], p[1] + at[1]]).collect();
        let world: Vec<WorldCoord> = ring.iter().map(|p| p.map(|v| (v as u32) << shift)).collect();
        edges.extend(ring_walk::borders(&world).map(|(from, to)| Edge::new(from, to, land as u16, within)));
        seeds.push(ring);
    }
    edges
}

/// The nearest place where an area lies within one other, or on no land, with room around it.
fn free_place(plane: &Plane, place: P, ring: &[P], land: u16, seeds: &[Vec<P>]) -> Option<P> {
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
        let no_seed = || {
            let sown = seeds.iter().flatten();
            sown.clone().all(|p| (0..2).any(|k| p[k] < room[k].0 - 26 || p[k] > room[k].1 + 26))
        };
        let no_border = |border: u32| {
            let (p, q) = plane.line(border);
            !touches(p, q, room)
        };
        no_line && no_seed() && plane.borders_in(room).all(no_border)
    });
    free.take(TRIES).find(|at| plane.use_at(*at) != land)
}

/// A ring around so many half squares, but for one, counter-clockwise with north up, from (0, 0): a rectangle without a
/// corner.
fn small_area(halves: i64) -> Vec<P> {
    if halves < 2 {
        return vec![[0, 0], [0, 1], [1, 1]];
    }
    let height = (1..=halves).take_while(|v| 2 * v * v <= halves).last().unwrap_or(1);
    let width = (halves - 1) / (2 * height) + 1;
    let less = 2 * width * height - halves;
    let across = 1 + i64::from(less > height);
    let mut ring = vec![[0, 0], [0, height], [width, height], [width, less / across], [width - across, 0]];
    if less / across == 0 {
        ring.truncate(3);
        ring.push([width, 0]);
    }
    ring.dedup();
    ring
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_area_has_the_size_asked_for_but_for_half_a_square() {
        for halves in 1..1200 {
            let ring = small_area(halves);
            let area: i64 = (0..ring.len())
                .map(|i| (ring[i], ring[(i + 1) % ring.len()]))
                .map(|(a, b)| b[0] * a[1] - a[0] * b[1])
                .sum();
            assert!((area - halves).abs() <= 1, "{halves}: {area} {ring:?}");
            assert!((0..ring.len()).all(|i| ring[i] != ring[(i + 1) % ring.len()]), "{halves}: {ring:?}");
        }
    }

    #[test]
    fn an_area_too_many_becomes_its_neighbours() {
        let square = |w: u32, n: u32, s: u32, of, out| {
            let corners = [[w, n], [w, n + s], [w + s, n + s], [w + s, n]];
            (0..4).map(move |i| Edge::new(corners[i], corners[(i + 1) % 4], of, out))
        };
        let mut edges: Vec<Edge> = square(1000, 1000, 100, 0, NONE)
            .chain(square(1010, 1010, 10, 1, 0))
            .chain(square(1050, 1050, 12, 1, 0))
            .collect();
        edges.sort_unstable();
        let mut lacking = [200, -200];
        let mut needs = Needs { lacking: &mut lacking, bounds: &[10, 10] };
        let left = weed(edges, &mut needs, Grid::new(20));
        assert_eq!((fabric::twice_areas(&left, 2), lacking.to_vec()), (vec![20_000 - 200, 200], vec![-88, 88]));
    }
}

//! Uses that a zoom would show far too much or nothing of: small areas are given away, others drawn anew.

use super::fabric::{self, Edge, NONE};
use super::generalise::Truth;
use super::grid::Grid;
use super::plane::{P, Plane, is_line, touches};
use super::ring_walk::{self, Border, Polygon, land_area};
use crate::model::shapes::WorldCoord;

/// How far from its place a lost use is drawn at most, in grid units.
const SEARCH: i64 = 400;

/// So many free places around one are looked at for one that is not the use's own land.
const TRIES: usize = 8;

/// Gives areas of a use that has more than its borders could give up to a neighbour, the largest first that fit.
/// `lacking` and `bounds` are twice the area in square world units.
pub fn weed(edges: Vec<Edge>, lacking: &mut [i128], bounds: &[i128], grid: Grid) -> Vec<Edge> {
    let lengths = lengths(&edges, lacking.len());
    let least: Vec<i128> = (lengths.iter().zip(bounds)).map(|(of, bound)| *bound.max(&((of << grid.shift()) / 2))).collect();
    let surplus = |lacking: &[i128], of: u16| -lacking[usize::from(of)] > least[usize::from(of)];
    let many: Vec<u16> = (0..lacking.len() as u16).filter(|of| surplus(lacking, *of)).collect();
    if many.is_empty() {
        return edges;
    }
    let mut edges = edges;
    for (of, area) in by_size(&edges, &many) {
        let twice: i128 = area.iter().map(|ring| land_area(ring)).sum();
        if surplus(lacking, of) && twice <= -2 * lacking[usize::from(of)] {
            let neighbour = neighbour(&edges, &area, of, lacking.len());
            lacking[usize::from(of)] += twice;
            if neighbour != NONE {
                lacking[usize::from(neighbour)] -= twice;
            }
            area.iter().flat_map(|ring| ring_walk::borders(ring)).for_each(|border| give(&mut edges, border, of, neighbour));
        }
    }
    fabric::joined(edges)
}

/// The areas of some uses, the largest first.
fn by_size(edges: &[Edge], uses: &[u16]) -> Vec<(u16, Polygon<u32>)> {
    let of_use = |of: u16| ring_walk::polygons(&fabric::borders(edges, of)).into_iter().map(move |area| (of, area));
    let mut areas: Vec<(u16, Polygon<u32>)> = uses.iter().flat_map(|of| of_use(*of)).collect();
    areas.sort_by_cached_key(|(of, area)| (-area.iter().map(|ring| land_area(ring)).sum::<i128>(), *of, area[0].iter().min().copied()));
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

/// Borders of a small area for each use that has lost more than half of its land.
pub fn sow(plane: &Plane, truth: &Truth, lacking: &[i128], bounds: &[i128]) -> Vec<Edge> {
    let mut seeds: Vec<Vec<P>> = vec![];
    let mut edges = vec![];
    let shift = plane.grid.shift();
    for (land, (lacking, bound)) in lacking.iter().zip(bounds).enumerate() {
        if *lacking <= (*bound).max(truth.twice_areas[land] / 2) {
            continue;
        }
        let units = (lacking >> (2 * shift)) as i64;
        let ring = small_area(units.clamp(1, 2 * 24 * 24));
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
        let left = weed(edges, &mut lacking, &[10, 10], Grid::new(20));
        assert_eq!((fabric::twice_areas(&left, 2), lacking.to_vec()), (vec![20_000 - 200, 200], vec![-88, 88]));
    }
}

//! A line swept from north to south over the outline of what is drawn.
//!
//! Along the line land begins and ends in turn: an edge heading north has land to its east, one heading south has
//! land to its west. Where two of one kind follow each other something is drawn twice, or an outline is missing.
//! Only neighbours on the line are compared (Shamos and Hoey 1976), in whole numbers.

use std::cmp::Ordering;

use crate::tile::decode::Point;

#[derive(Clone, Copy, PartialEq, Eq)]
struct Edge {
    north: Point,
    south: Point,
    land_to_the_east: bool,
}

/// How often land does not begin and end in turn, or two edges cross. Edges have the land on their right as seen
/// on the screen, and are in balance at every corner.
pub fn folds(edges: &[(Point, Point)]) -> u64 {
    let mut starts: Vec<Edge> = edges.iter().filter(|(a, b)| a[1] != b[1]).map(|(a, b)| edge(*a, *b)).collect();
    starts.sort_unstable_by(|a, b| a.north[1].cmp(&b.north[1]).then(a.north[0].cmp(&b.north[0])).then(heading(a, b)));
    let mut ends: Vec<Edge> = starts.clone();
    ends.sort_unstable_by_key(|edge| (edge.south[1], edge.south[0]));
    let mut line = Line::default();
    let (mut starts, mut ends) = (starts.into_iter().peekable(), ends.into_iter().peekable());
    while let Some(end) = ends.peek() {
        let y = starts.peek().map_or(end.south[1], |start| start.north[1].min(end.south[1]));
        line.changed.clear();
        while let Some(edge) = ends.next_if(|edge| edge.south[1] == y) {
            line.remove(edge);
        }
        while let Some(edge) = starts.next_if(|edge| edge.north[1] == y) {
            line.insert(edge);
        }
        line.check();
    }
    line.folds
}

fn edge(a: Point, b: Point) -> Edge {
    match a[1] < b[1] {
        true => Edge { north: a, south: b, land_to_the_east: false },
        false => Edge { north: b, south: a, land_to_the_east: true },
    }
}

/// Which of two edges from one corner lies to the west below it.
fn heading(a: &Edge, b: &Edge) -> Ordering {
    side(a.north, a.south, b.south).cmp(&0)
}

/// Twice the area of a triangle; positive when `p` lies west of an edge that runs south.
fn side(north: Point, south: Point, p: Point) -> i64 {
    let d = |q: Point, axis: usize| i64::from(q[axis]) - i64::from(north[axis]);
    d(south, 0) * d(p, 1) - d(south, 1) * d(p, 0)
}

fn cross(a: &Edge, b: &Edge) -> bool {
    let apart =
        |p: &Edge, q: &Edge| side(p.north, p.south, q.north).signum() * side(p.north, p.south, q.south).signum();
    apart(a, b) < 0 && apart(b, a) < 0
}

/// The edges that the line passes, from west to east.
#[derive(Default)]
struct Line {
    edges: Vec<Edge>,
    /// Places that have other neighbours than before.
    changed: Vec<usize>,
    folds: u64,
}

impl Line {
    fn remove(&mut self, edge: Edge) {
        let first = self.edges.partition_point(|other| side(other.north, other.south, edge.south) < 0);
        let place = (first..self.edges.len().min(first + 64)).find(|i| self.edges[*i] == edge);
        match place.or_else(|| self.edges.iter().position(|other| *other == edge)) {
            Some(place) => {
                self.folds += u64::from(place < first);
                self.edges.remove(place);
                self.note(place, false);
            }
            None => self.folds += 1,
        }
    }

    fn insert(&mut self, edge: Edge) {
        let is_west = |other: &Edge| match side(other.north, other.south, edge.north) {
            0 => side(other.north, other.south, edge.south) < 0,
            aside => aside < 0,
        };
        let place = self.edges.partition_point(is_west);
        self.edges.insert(place, edge);
        self.note(place, true);
    }

    fn note(&mut self, place: usize, inserted: bool) {
        for changed in &mut self.changed {
            if inserted && *changed >= place {
                *changed += 1;
            } else if !inserted && *changed > place {
                *changed -= 1;
            }
        }
        self.changed.push(place);
    }

    /// Looks at both neighbours of every place that changed.
    fn check(&mut self) {
        for place in &self.changed {
            for right in *place..=place + 1 {
                let (west, east) = (right.checked_sub(1).and_then(|i| self.edges.get(i)), self.edges.get(right));
                let land_between = west.is_some_and(|edge| edge.land_to_the_east);
                let in_turn = east.is_none_or(|edge| edge.land_to_the_east != land_between);
                let all_ended = east.is_some() || !land_between;
                let crossed = west.zip(east).is_some_and(|(west, east)| cross(west, east));
                self.folds += u64::from(!in_turn || !all_ended || crossed);
            }
        }
    }
}

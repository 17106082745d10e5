//! What is left open, as closed loops: each has land on its left and, where nothing crosses, one face of
//! no one's land on its right.

use rayon::prelude::*;

use super::lattice::{Point, float};
use super::snap::{Piece, leaving, side};

/// Pieces in the order in which they are walked.
pub struct Loop {
    pub pieces: Vec<u32>,
    /// Twice the area, in square units: negative when the loop goes round a face of no one's land.
    pub doubled_area: f64,
    pub perimeter: f64,
}

#[derive(Default)]
pub struct Traced {
    /// In the order of their first piece.
    pub loops: Vec<Loop>,
    /// The loop of each piece.
    pub loop_of: Vec<u32>,
    /// Pieces that meet in a corner where land overlaps: what comes and what leaves do not take turns around it.
    pub tangled: Vec<(u32, u32)>,
}

pub fn trace(pieces: &[Piece]) -> Traced {
    let (next, tangled) = next_pieces(pieces);
    let mut loop_of = vec![u32::MAX; pieces.len()];
    let mut loops = vec![];
    for first in 0..pieces.len() {
        if loop_of[first] != u32::MAX {
            continue;
        }
        let mut walked = vec![];
        let mut at = first;
        while loop_of.get(at).is_some_and(|walked| *walked == u32::MAX) {
            loop_of[at] = loops.len() as u32;
            walked.push(at as u32);
            at = next[at] as usize;
        }
        let doubled_area = doubled_area(pieces, &walked);
        let perimeter = walked.iter().map(|i| length(&pieces[*i as usize])).sum();
        loops.push(Loop { pieces: walked, doubled_area, perimeter });
    }
    Traced { loops, loop_of, tangled }
}

fn length(piece: &Piece) -> f64 {
    let (a, b) = (float(piece.edge.from), float(piece.edge.to));
    (b[0] - a[0]).hypot(b[1] - a[1])
}

/// Taken from the loop's first corner, so that large coordinates do not eat the digits.
fn doubled_area(pieces: &[Piece], walked: &[u32]) -> f64 {
    let first = float(pieces[walked[0] as usize].edge.from);
    walked.iter().map(|i| side(first, float(pieces[*i as usize].edge.from), float(pieces[*i as usize].edge.to))).sum()
}

/// The piece after each piece; `u32::MAX` where none is left, which takes land that is covered very often.
fn next_pieces(pieces: &[Piece]) -> (Vec<u32>, Vec<(u32, u32)>) {
    let mut next: Vec<u32> = pieces
        .par_iter()
        .map(|piece| {
            let out = leaving(pieces, piece.edge.to);
            if out.len() == 1 { out.start as u32 } else { u32::MAX }
        })
        .collect();
    let mut branching: Vec<(Point, u32)> =
        (0..pieces.len()).filter(|i| next[*i] == u32::MAX).map(|i| (pieces[i].edge.to, i as u32)).collect();
    branching.sort_unstable();
    let mut tangled = vec![];
    for coming in branching.chunk_by(|a, b| a.0 == b.0) {
        let mut out: Vec<usize> = leaving(pieces, coming[0].0).collect();
        if !take_turns(pieces, coming, &out) {
            tangled.extend(coming.iter().map(|(_, piece)| (coming[0].1, *piece)));
            tangled.extend(out.iter().map(|piece| (coming[0].1, *piece as u32)));
        }
        for (_, piece) in coming {
            let edge = &pieces[*piece as usize].edge;
            let turn = |i: &usize| turn(edge.to, edge.from, pieces[*i].edge.to);
            if let Some(first) = (0..out.len()).min_by(|a, b| turn(&out[*a]).total_cmp(&turn(&out[*b]))) {
                next[*piece as usize] = out.remove(first) as u32;
            }
        }
    }
    (next, tangled)
}

/// Whether, around a corner, a piece that leaves follows each that comes, in another direction.
fn take_turns(pieces: &[Piece], coming: &[(Point, u32)], out: &[usize]) -> bool {
    let centre = coming[0].0;
    let mut around: Vec<(f64, bool)> = vec![];
    around.extend(coming.iter().map(|(_, piece)| (angle(centre, pieces[*piece as usize].edge.from), true)));
    around.extend(out.iter().map(|piece| (angle(centre, pieces[*piece].edge.to), false)));
    around.sort_by(|a, b| a.0.total_cmp(&b.0));
    let last = around[around.len() - 1];
    let apart = around.windows(2).all(|pair| pair[0].0 != pair[1].0 && pair[0].1 != pair[1].1);
    apart && last.1 != around[0].1
}

fn angle(centre: Point, p: Point) -> f64 {
    let (c, p) = (float(centre), float(p));
    (p[1] - c[1]).atan2(p[0] - c[0])
}

/// The angle from one direction to another, counter-clockwise: the first piece met so bounds the same face.
/// Straight back comes last.
fn turn(centre: Point, from: Point, to: Point) -> f64 {
    let turn = (angle(centre, to) - angle(centre, from)).rem_euclid(std::f64::consts::TAU);
    if turn == 0.0 { std::f64::consts::TAU } else { turn }
}

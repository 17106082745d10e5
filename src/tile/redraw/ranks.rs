//! From which zoom each corner is drawn, worked out again only where borders changed.
//!
//! Corners are ranked along an arc, from one node to the next ([`crate::tile::coverage`]). Where a feature changed, its
//! own corners and those of the arcs that pass its ground get another rank; all others keep what they had.

use rustc_hash::FxHashSet;

use super::changes::{Changes, NEW};
use super::drawn::DrawnLayer;
use super::region::{Region, WorldBox};
use crate::model::shapes::{GeometryKind, Shapes, WorldCoord};
use crate::tile::coverage;
use crate::tile::encode::Prepared;
use crate::tile::grid;
use crate::tile::layer::TileLayer;

/// Nodes are looked for this far around what changed, in world units: 150 m. An arc that is longer is followed
/// farther than need be.
const NEAR: u32 = 1 << 14;

/// A layer ready to be drawn, and where its borders may run otherwise than before.
pub fn ranked<'a>(
    layer: &'a TileLayer<'a>,
    boxes: Vec<WorldBox>,
    last: &DrawnLayer,
    changes: &Changes,
) -> (Prepared<'a>, Region) {
    let first_zooms = kept(layer, last, changes);
    let mut prepared = Prepared::with(layer, boxes, first_zooms);
    let ground = match (layer.shapes.kind, layer.is_on_grid()) {
        (GeometryKind::Point, _) | (_, true) => changes.ground(),
        (GeometryKind::Line, _) => lines(&mut prepared, changes),
        (GeometryKind::Polygon, _) => polygons(&mut prepared, changes),
    };
    (prepared, ground)
}

/// What was worked out before; 0 for features that have other corners now.
fn kept(layer: &TileLayer<'_>, last: &DrawnLayer, changes: &Changes) -> Vec<u8> {
    let mut first_zooms = vec![0; layer.shapes.coords.len()];
    for (feature, was) in changes.same_shape.iter().enumerate().filter(|(_, was)| **was != NEW) {
        let (was, now) = (*was as usize, layer.shapes.coords_of(feature));
        let start = if was == 0 { 0 } else { last.ends[was - 1] as usize };
        first_zooms[now.clone()].copy_from_slice(&last.first_zooms[start..start + now.len()]);
    }
    first_zooms
}

fn lines(prepared: &mut Prepared<'_>, changes: &Changes) -> Region {
    let changed = changes.same_shape.iter().enumerate().filter(|(_, was)| **was == NEW).map(|(i, _)| i as u32);
    let changed: Vec<u32> = changed.collect();
    let zooms = coverage::first_zooms(&prepared.layer.shapes.select(&changed));
    assign(prepared, &changed, &zooms, |_| true);
    changes.ground()
}

fn polygons(prepared: &mut Prepared<'_>, changes: &Changes) -> Region {
    let ground = changes.ground();
    if ground.is_empty() {
        return ground;
    }
    let shapes = prepared.layer.shapes.select(&meeting(prepared, &ground, NEAR));
    let Arcs { corners, mut boxes } = passing(&shapes, &ground);
    boxes.extend(ground.boxes());
    let ground = Region::new(boxes);
    let around = meeting(prepared, &ground, 0);
    let shapes = prepared.layer.shapes.select(&around);
    let is_whole = |ring: usize| shapes.ring(ring).iter().all(|corner| corners.contains(corner));
    let zooms = coverage::first_zooms_where(&shapes, is_whole);
    assign(prepared, &around, &zooms, |corner| corners.contains(&corner));
    ground
}

/// The features whose boxes come near a region.
pub fn meeting(prepared: &Prepared<'_>, region: &Region, margin: u32) -> Vec<u32> {
    let boxes = prepared.boxes.iter().enumerate();
    boxes.filter(|(_, around)| region.meets(**around, margin)).map(|(i, _)| i as u32).collect()
}

/// Gives the corners of some features that `is_meant` says yes to the zooms of their copies, in their order.
fn assign(prepared: &mut Prepared<'_>, features: &[u32], zooms: &[u8], is_meant: impl Fn(WorldCoord) -> bool) {
    let shapes = &prepared.layer.shapes;
    let places = features.iter().flat_map(|feature| shapes.coords_of(*feature as usize));
    for (i, zoom) in places.zip(zooms).filter(|(i, _)| is_meant(shapes.coords[*i])) {
        prepared.first_zooms[i] = *zoom;
    }
}

/// Arcs that pass a region.
struct Arcs {
    corners: FxHashSet<WorldCoord>,
    boxes: Vec<WorldBox>,
}

fn passing(shapes: &Shapes<WorldCoord>, ground: &Region) -> Arcs {
    let nodes = coverage::nodes(shapes);
    let mut arcs = Arcs { corners: FxHashSet::default(), boxes: vec![] };
    for ring in 0..shapes.ring_ends.len() {
        let (corners, nodes) = (shapes.ring(ring), &nodes[shapes.ring_range(ring)]);
        let on_arcs = on_arcs(corners, nodes, ground);
        for run in runs(&on_arcs) {
            let corners = || run.iter().map(|i| corners[*i]);
            arcs.corners.extend(corners());
            arcs.boxes.push(grid::world_box(corners().collect::<Vec<_>>().iter()));
        }
    }
    arcs
}

/// Which corners of a ring lie on arcs that pass the ground. Nodes outside of it are what they were.
fn on_arcs(ring: &[WorldCoord], is_node: &[bool], ground: &Region) -> Vec<bool> {
    let n = ring.len();
    let here: Vec<bool> = ring.iter().map(|corner| ground.holds(*corner)).collect();
    let ends = |i: usize| is_node[i] && !here[i];
    if !here.contains(&true) {
        return here;
    }
    // A ring with fewer nodes than these may keep other corners for want of them.
    if (0..n).filter(|i| ends(*i)).count() < 3 {
        return vec![true; n];
    }
    let mut on_arcs = here.clone();
    for start in (0..n).filter(|i| here[*i]) {
        for step in [1, n - 1] {
            let mut at = (start + step) % n;
            while !here[at] {
                on_arcs[at] = true;
                if ends(at) {
                    break;
                }
                at = (at + step) % n;
            }
        }
    }
    on_arcs
}

/// The stretches of a ring that are marked, each as its corners' numbers.
fn runs(marked: &[bool]) -> Vec<Vec<usize>> {
    let n = marked.len();
    let Some(gap) = (0..n).find(|i| !marked[*i]) else { return vec![(0..n).collect()] };
    let around: Vec<usize> = (0..n).map(|i| (gap + i) % n).collect();
    around.chunk_by(|a, b| marked[*a] == marked[*b]).filter(|run| marked[run[0]]).map(<[usize]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arc_is_followed_from_the_changed_ground_to_its_nodes() {
        let ring = [[0, 0], [0, 10], [0, 20], [0, 30], [50, 30], [50, 20], [50, 10], [50, 0]];
        let nodes = [true, false, false, true, true, false, false, true];
        let ground = Region::new(vec![[0, 9, 1, 11]]);
        assert_eq!(on_arcs(&ring, &nodes, &ground), [true, true, true, true, false, false, false, false]);
        assert!(on_arcs(&ring, &[false; 8], &ground).iter().all(|on| *on));
    }

    #[test]
    fn a_run_goes_on_over_the_beginning_of_the_ring() {
        assert_eq!(runs(&[true, false, true, true]), [vec![2, 3, 0]]);
        assert_eq!(runs(&[true, true]), [vec![0, 1]]);
        assert!(runs(&[false, false]).is_empty());
    }
}

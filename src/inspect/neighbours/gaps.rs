//! Land between neighbours that is no one's: closed faces, and strips that open onto a road.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use i_overlay::core::fill_rule::FillRule;
use i_overlay::core::overlay_rule::OverlayRule;
use i_overlay::float::single::SingleFloatOverlay;
use rustc_hash::FxHashSet;

use super::Tolerances;
use super::edges::Edge;
use super::land::{Common, Lands, common, inner_point};
use super::lattice::{Lattice, distance_to, float};
use super::loops::{Loop, Traced};
use super::snap::Snapped;
use crate::inspect::box_tree::{Box2, BoxTree, of_points};
use crate::inspect::ring::{Ring, Side};
use crate::model::shapes::GridCoord;

pub struct Gap {
    /// The parcels around it, in order.
    pub parcels: Vec<u32>,
    pub area_m2: f64,
    pub width_m: f64,
    pub at: GridCoord,
    pub outline: Vec<GridCoord>,
}

#[derive(Default)]
pub struct Gaps {
    /// In the order of the parcels around them.
    pub found: Vec<Gap>,
    /// Faces of no one's land too large to be gaps: roads, water, land not surveyed.
    pub uncovered_faces: usize,
    pub within_tolerance: usize,
    /// Width of the widest of these, metres.
    pub widest_m: f64,
}

/// What the search looks at.
pub struct Borders<'a> {
    pub open: &'a [Edge],
    pub snapped: &'a Snapped,
    pub traced: &'a Traced,
    pub lattice: &'a Lattice,
    pub lands: &'a Lands<'a>,
    pub tolerances: &'a Tolerances,
}

impl Borders<'_> {
    pub fn gaps(&self) -> Gaps {
        let mut gaps = Gaps::default();
        // Open edges that bound a gap already found, by index.
        let mut bounding = FxHashSet::default();
        let components = self.components();
        let tangled: FxHashSet<u32> = components.iter().flatten().copied().collect();
        self.faces(&tangled, &mut gaps, &mut bounding);
        for component in &components {
            self.tangled_faces(component, &mut gaps, &mut bounding);
        }
        self.slits(&bounding, &mut gaps);
        gaps.found.sort_by(|a, b| a.parcels.cmp(&b.parcels).then_with(|| a.at[0].total_cmp(&b.at[0])));
        gaps
    }

    /// Faces whose borders nothing crosses.
    fn faces(&self, tangled: &FxHashSet<u32>, gaps: &mut Gaps, bounding: &mut FxHashSet<u32>) {
        let loops = &self.traced.loops;
        let sound = |i: &usize| !tangled.contains(&(*i as u32));
        let islands: Vec<usize> = (0..loops.len()).filter(sound).filter(|i| loops[*i].doubled_area > 0.0).collect();
        let frames = islands.iter().map(|i| self.frame(&loops[*i]));
        let tree = BoxTree::new(frames);
        for i in (0..loops.len()).filter(sound).filter(|i| loops[*i].doubled_area < 0.0) {
            let face = self.face(&loops[i], &islands, &tree);
            match face {
                Some((piece, within)) => {
                    let around = within.iter().chain([&i]).flat_map(|i| &loops[*i].pieces);
                    let around: Vec<u32> = around.map(|p| self.snapped.pieces[*p as usize].parent).collect();
                    self.judge(piece, around, gaps, bounding);
                }
                None => gaps.uncovered_faces += 1,
            }
        }
    }

    /// The face inside a loop, with the loops of land in it; `None` when it is large.
    fn face(&self, outer: &Loop, islands: &[usize], tree: &BoxTree<f64>) -> Option<(Common, Vec<usize>)> {
        let step_m = self.lattice.step_m;
        let frame = self.frame(outer);
        let mut within = vec![];
        let _ = tree.visit(frame, &mut |i| {
            let leaf = tree.leaf(i);
            if leaf[0] >= frame[0] && leaf[1] >= frame[1] && leaf[2] <= frame[2] && leaf[3] <= frame[3] {
                within.push(islands[i]);
            }
            ControlFlow::Continue(())
        });
        let loops = &self.traced.loops;
        let area = |within: &[usize]| -> f64 {
            let islands: f64 = within.iter().map(|i| loops[*i].doubled_area).sum();
            (-outer.doubled_area - islands) / 2.0 * step_m * step_m
        };
        let perimeter = |within: &[usize]| -> f64 {
            (outer.perimeter + within.iter().map(|i| loops[*i].perimeter).sum::<f64>()) * step_m
        };
        let is_small = |within: &[usize]| {
            let (area_m2, perimeter_m) = (area(within), perimeter(within));
            area_m2 < self.tolerances.gap_area_m2 || 2.0 * area_m2 < self.tolerances.gap_width_m * perimeter_m
        };
        // All loops in the box are more land than there is: what is large even so needs no closer look.
        if !is_small(&within) {
            return None;
        }
        let points = self.points(outer);
        let ring = Ring::new(&points);
        within.retain(|i| ring.side_of_ring(&Ring::new(&self.points(&loops[*i]))) == Side::Inside);
        self.outermost(&mut within);
        let rings = std::iter::once(points).chain(within.iter().map(|i| self.points(&loops[*i]))).collect();
        is_small(&within).then(|| (Common { area_m2: area(&within), perimeter_m: perimeter(&within), rings }, within))
    }

    /// Leaves out loops that lie in another of them.
    fn outermost(&self, within: &mut Vec<usize>) {
        let loops = &self.traced.loops;
        within.sort_by(|a, b| loops[*b].doubled_area.total_cmp(&loops[*a].doubled_area).then(a.cmp(b)));
        let mut kept: Vec<usize> = vec![];
        for i in within.iter().copied() {
            let points = self.points(&loops[i]);
            let inner = Ring::new(&points);
            let inside = |j: &usize| Ring::new(&self.points(&loops[*j])).side_of_ring(&inner) == Side::Inside;
            if !kept.iter().any(inside) {
                kept.push(i);
            }
        }
        *within = kept;
    }

    /// Names a small face, or counts it as within the tolerance.
    fn judge(&self, face: Common, around: Vec<u32>, gaps: &mut Gaps, bounding: &mut FxHashSet<u32>) {
        let width_m = face.width_m();
        let Some(at) = inner_point(&face.rings).filter(|at| !self.lands.covered(*at)) else { return };
        if face.area_m2 < self.tolerances.named_area_m2 || width_m < self.tolerances.same_m {
            gaps.within_tolerance += 1;
            gaps.widest_m = gaps.widest_m.max(width_m);
            return;
        }
        let parcels: BTreeSet<u32> = around.iter().map(|i| self.open[*i as usize].owner).collect();
        bounding.extend(around);
        let outline = face.rings.into_iter().next().unwrap_or_default();
        gaps.found.push(Gap { parcels: parcels.into_iter().collect(), area_m2: face.area_m2, width_m, at, outline });
    }

    /// Loops that cross each other, together.
    fn components(&self) -> Vec<Vec<u32>> {
        let crossing: FxHashSet<u32> = self.snapped.crossings.iter().flat_map(|(e, f)| [*e, *f]).collect();
        let mut loops_of: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
        for (piece, at) in self.snapped.pieces.iter().zip(&self.traced.loop_of) {
            if crossing.contains(&piece.parent) {
                loops_of.entry(piece.parent).or_default().insert(*at);
            }
        }
        let of = |edge: &u32| loops_of.get(edge).into_iter().flatten().copied();
        let mut groups = Groups::default();
        for (e, f) in &self.snapped.crossings {
            let together: Vec<u32> = of(e).chain(of(f)).collect();
            together.iter().for_each(|i| groups.join(together[0], *i));
        }
        for (a, b) in &self.traced.tangled {
            groups.join(self.traced.loop_of[*a as usize], self.traced.loop_of[*b as usize]);
        }
        groups.all()
    }

    /// Faces among loops that cross: by how often a place is covered, counted from outside all of them.
    fn tangled_faces(&self, component: &[u32], gaps: &mut Gaps, bounding: &mut FxHashSet<u32>) {
        let rings: Vec<Vec<GridCoord>> =
            component.iter().map(|i| self.points(&self.traced.loops[*i as usize])).collect();
        let Some([west, south, ..]) = of_points(rings.iter().flatten().copied()) else { return };
        let origin = [west, south];
        let local: Vec<Vec<GridCoord>> =
            rings.iter().map(|ring| ring.iter().map(|[x, y]| [x - west, y - south]).collect()).collect();
        let nothing: Vec<Vec<GridCoord>> = vec![];
        let covered = |rule| local.overlay(&nothing, OverlayRule::Subject, rule);
        // Less than outside is only where outside is land.
        let mut faces: Vec<Vec<Vec<GridCoord>>> = covered(FillRule::Negative);
        if faces.is_empty() && !self.is_in_land(&rings) {
            let holes = covered(FillRule::Positive).into_iter().flat_map(|shape| shape.into_iter().skip(1));
            faces = holes.map(|hole| vec![hole]).collect();
        }
        let edges: BTreeSet<u32> = component
            .iter()
            .flat_map(|i| &self.traced.loops[*i as usize].pieces)
            .map(|piece| self.snapped.pieces[*piece as usize].parent)
            .collect();
        for face in faces.into_iter().map(|rings| common(rings, origin)) {
            let small = face.area_m2 < self.tolerances.gap_area_m2 || face.width_m() < self.tolerances.gap_width_m;
            if small {
                let around = self.around(&face, &edges);
                self.judge(face, around, gaps, bounding);
            } else if inner_point(&face.rings).is_some_and(|at| !self.lands.covered(at)) {
                gaps.uncovered_faces += 1;
            }
        }
    }

    /// Whether land lies just west of the westernmost corner.
    fn is_in_land(&self, rings: &[Vec<GridCoord>]) -> bool {
        let west = rings.iter().flatten().min_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
        west.is_some_and(|[x, y]| self.lands.covered([x - 2.0 * self.tolerances.same_m, *y]))
    }

    /// The open edges on which the edges of a face lie.
    fn around(&self, face: &Common, edges: &BTreeSet<u32>) -> Vec<u32> {
        let reach = 2.0 * self.tolerances.same_m;
        let middles = face.rings.iter().flat_map(|ring| {
            let after = ring.iter().cycle().skip(1);
            ring.iter().zip(after).map(|(a, b)| [(a[0] + b[0]) / 2.0, (a[1] + b[1]) / 2.0])
        });
        let middles: Vec<GridCoord> = middles.collect();
        let lies_on = |i: &u32| {
            let edge = &self.open[*i as usize];
            let (a, b) = (self.coord(edge.from), self.coord(edge.to));
            middles.iter().any(|middle| distance_to(a, b, *middle).0 <= reach)
        };
        edges.iter().copied().filter(lies_on).collect()
    }

    /// Strips between two facing borders that no face closes.
    fn slits(&self, bounding: &FxHashSet<u32>, gaps: &mut Gaps) {
        let step_m = self.lattice.step_m;
        let mut between: BTreeMap<(u32, u32), Vec<Strip>> = BTreeMap::new();
        for facing in &self.snapped.facings {
            let (e, f) = facing.edges;
            if bounding.contains(&e) && bounding.contains(&f) {
                continue;
            }
            let (a, b) = (self.open[e as usize].owner, self.open[f as usize].owner);
            let strip: Vec<GridCoord> = facing.strip.iter().map(|p| self.lattice.coord(*p)).collect();
            let length_m = facing.length * step_m;
            between.entry((a.min(b), a.max(b))).or_default().push((length_m, facing.distance * step_m, strip));
        }
        for ((a, b), strips) in between {
            let length_m: f64 = strips.iter().map(|strip| strip.0).sum();
            let area_m2: f64 = strips.iter().map(|(length_m, distance_m, _)| length_m * distance_m).sum();
            let Some((_, _, outline)) = strips.into_iter().max_by(|a, b| a.0.total_cmp(&b.0)) else { continue };
            let at = [0, 1].map(|axis| outline.iter().map(|p| p[axis]).sum::<f64>() / 4.0);
            if length_m > self.tolerances.slit_length_m && !self.lands.covered(at) {
                gaps.found.push(Gap { parcels: vec![a, b], area_m2, width_m: area_m2 / length_m, at, outline });
            }
        }
    }

    fn coord(&self, point: [u32; 2]) -> GridCoord {
        self.lattice.coord(float(point))
    }

    fn points(&self, walked: &Loop) -> Vec<GridCoord> {
        walked.pieces.iter().map(|i| self.coord(self.snapped.pieces[*i as usize].edge.from)).collect()
    }

    fn frame(&self, walked: &Loop) -> Box2<f64> {
        let points = walked.pieces.iter().map(|i| self.coord(self.snapped.pieces[*i as usize].edge.from));
        of_points(points).unwrap_or_default()
    }
}

/// Length and mean distance in metres, and the corners.
type Strip = (f64, f64, Vec<GridCoord>);

/// Things that belong together, found pair by pair.
#[derive(Default)]
struct Groups {
    parent: BTreeMap<u32, u32>,
}

impl Groups {
    fn find(&mut self, mut i: u32) -> u32 {
        while let Some(next) = self.parent.get(&i).copied().filter(|next| *next != i) {
            let beyond = self.parent.get(&next).copied().unwrap_or(next);
            self.parent.insert(i, beyond);
            i = beyond;
        }
        self.parent.entry(i).or_insert(i);
        i
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.find(a), self.find(b));
        self.parent.insert(a.max(b), a.min(b));
    }

    fn all(mut self) -> Vec<Vec<u32>> {
        let members: Vec<u32> = self.parent.keys().copied().collect();
        let mut groups: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for i in members {
            groups.entry(self.find(i)).or_default().push(i);
        }
        groups.into_values().collect()
    }
}

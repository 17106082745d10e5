//! Neighbours in one coverage: land that two parcels claim, and strips between parcels that none does.
//!
//! Parcels of one survey share their borders, so almost every directed edge is met by its opposite
//! ([`edges`]). The number of parcels that cover a place changes only across the others: corners that lie on
//! a neighbour's edge are joined to it first ([`snap`]), then the parcels that own what is left are compared
//! with all that lie near ([`overlaps`]), and the faces it encloses are measured ([`loops`], [`gaps`]).
//! Everything is measured in VN-2000, in metres.

pub mod edges;
pub mod gaps;
pub mod land;
pub mod lattice;
pub mod loops;
pub mod overlaps;
pub mod snap;

use std::collections::BTreeSet;

use self::gaps::{Borders, Gap};
use self::land::{Lands, inner_point};
use self::lattice::Lattice;
use self::overlaps::Overlap;
use super::finding::{Finding, Severity};
use crate::error::{Exit, Fault, Stage};
use crate::model::shapes::{GeometryKind, GridCoord, Shapes};

/// What is too small to be a fault, and what too large to be let through. Metres and square metres.
#[derive(Clone, Debug, PartialEq)]
pub struct Tolerances {
    /// Corners and borders closer than this are the same: files carry coordinates to the millimetre, and a
    /// corner put on a neighbour's edge is rounded off it by up to half of one.
    pub same_m: f64,
    /// Overlaps and gaps under this are counted, not named: 0.01 m² is a tenth of what `dienTich` is written to.
    pub named_area_m2: f64,
    /// An overlap over this is refused: it changes what somebody's certificate says …
    pub overlap_refused_m2: f64,
    /// … and so does one as wide as this, more than any survey of a parcel may err.
    pub overlap_refused_width_m: f64,
    /// Uncovered land narrower than this is a gap, wider a path or a ditch that is no one's parcel.
    pub gap_width_m: f64,
    /// Uncovered land smaller than this is a gap whatever its shape.
    pub gap_area_m2: f64,
    /// Facing borders closer than this are meant to be one …
    pub slit_width_m: f64,
    /// … where they face each other over more than this.
    pub slit_length_m: f64,
    /// After so many overlaps the search stops: such a layer is not a coverage, and the list no longer helps.
    pub most_findings: usize,
}

impl Default for Tolerances {
    fn default() -> Self {
        Tolerances {
            same_m: 0.001,
            named_area_m2: 0.01,
            overlap_refused_m2: 1.0,
            overlap_refused_width_m: 0.5,
            gap_width_m: 0.5,
            gap_area_m2: 1.0,
            slit_width_m: 0.10,
            slit_length_m: 0.5,
            most_findings: 100_000,
        }
    }
}

/// What was found between the parcels of a layer.
#[derive(Debug, Default)]
pub struct Neighbours {
    /// Overlaps and same places by parcels, then gaps by parcels.
    pub findings: Vec<Finding>,
    /// For each finding the features it is about, so that the caller can name their communes.
    pub owners: Vec<Vec<u32>>,
    pub matched_edges: u64,
    /// Edges at roads, water and the rim of the layer, and at faults.
    pub unmatched_edges: u64,
    pub overlap_area_m2: f64,
    pub gap_area_m2: f64,
    /// Steps, overlaps and gaps that are too small to name.
    pub within_tolerance: usize,
    /// The greatest distance between borders that were taken as one, metres.
    pub largest_step_m: f64,
    /// Faces of land that is no parcel's, too large to be gaps.
    pub uncovered_faces: usize,
    /// Whether there were more overlaps than are listed.
    pub cut_short: bool,
}

/// Compares all parcels of a layer with their neighbours. `shapes` holds valid polygons (outer rings
/// counter-clockwise, holes clockwise) in one zone of VN-2000; `name` is how a feature is called in a report.
///
/// The result is the same on any number of threads. Other kinds of geometry have no neighbours.
pub fn check(
    shapes: &Shapes<GridCoord>,
    name: &(dyn Fn(usize) -> String + Sync),
    tolerances: &Tolerances,
) -> Neighbours {
    if shapes.kind != GeometryKind::Polygon || shapes.is_empty() {
        return Neighbours::default();
    }
    let lattice = Lattice::of(shapes);
    let matched = edges::open_edges(shapes, &lattice);
    let lands = Lands::new(shapes, &lattice);
    let snapped = snap::snap(&matched.open, &lattice, tolerances.same_m, tolerances.slit_width_m);
    let suspects: BTreeSet<u32> =
        snapped.pieces.iter().map(|piece| piece.edge.owner).chain(matched.doubled.iter().copied()).collect();
    let overlaps = overlaps::find(&lands, shapes.len(), suspects.into_iter().collect(), tolerances);
    let traced = loops::trace(&snapped.pieces);
    let borders = Borders {
        open: &matched.open,
        snapped: &snapped,
        traced: &traced,
        lattice: &lattice,
        lands: &lands,
        tolerances,
    };
    let gaps = borders.gaps();
    let mut neighbours = Neighbours {
        matched_edges: matched.matched,
        unmatched_edges: matched.open.len() as u64,
        overlap_area_m2: overlaps.found.iter().map(|overlap| overlap.area_m2).sum(),
        gap_area_m2: gaps.found.iter().map(|gap| gap.area_m2).sum(),
        within_tolerance: snapped.moved + overlaps.within_tolerance + gaps.within_tolerance,
        largest_step_m: (snapped.farthest * lattice.step_m).max(overlaps.widest_m).max(gaps.widest_m),
        uncovered_faces: gaps.uncovered_faces,
        cut_short: overlaps.cut_short,
        ..Neighbours::default()
    };
    for overlap in overlaps.found {
        neighbours.owners.push(vec![overlap.parcels.0, overlap.parcels.1]);
        neighbours.findings.push(overlap_finding(overlap, name, tolerances));
    }
    for gap in gaps.found {
        neighbours.findings.push(gap_finding(&gap, name));
        neighbours.owners.push(gap.parcels);
    }
    neighbours
}

fn overlap_finding(overlap: Overlap, name: &dyn Fn(usize) -> String, tolerances: &Tolerances) -> Finding {
    let (a, b) = overlap.parcels;
    let other = name(b as usize);
    let (kind, problem) = match overlap.same_place {
        true => ("same-place", format!("lies in the same place as {other}: {:.2} m²", overlap.area_m2)),
        false => {
            let (area_m2, width_m) = (overlap.area_m2, overlap.width_m);
            ("overlap", format!("overlaps {other}: {area_m2:.2} m², {width_m:.3} m wide on average"))
        }
    };
    let is_refused =
        overlap.area_m2 > tolerances.overlap_refused_m2 || overlap.width_m > tolerances.overlap_refused_width_m;
    let severity = if is_refused { Severity::Refusal } else { Severity::Warning };
    let remedy = match overlap.same_place {
        true => "keep one of the two, or take the land of the one out of the other",
        false => "survey the common border again and give it to both parcels alike",
    };
    let fault = Fault::new(Stage::Inspect, Exit::Quality, problem).feature(name(a as usize)).remedy(remedy);
    let mut finding = Finding::new(kind, severity, fault).area_m2(overlap.area_m2);
    finding.at = inner_point(&overlap.largest.rings);
    finding.outline(overlap.largest.rings.into_iter().next().unwrap_or_default())
}

/// Parcels around a gap that are named; a gap along a road can have hundreds.
const NAMED_AROUND: usize = 6;

fn gap_finding(gap: &Gap, name: &dyn Fn(usize) -> String) -> Finding {
    let others: Vec<String> = gap.parcels.iter().skip(1).take(NAMED_AROUND).map(|i| name(*i as usize)).collect();
    let more = gap.parcels.len().saturating_sub(1 + NAMED_AROUND);
    let and_more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let beside = if others.is_empty() { "its own parts".to_owned() } else { others.join(", ") + &and_more };
    let problem =
        format!("leaves a gap of {:.2} m², {:.3} m wide on average, between it and {beside}", gap.area_m2, gap.width_m);
    let mut fault = Fault::new(Stage::Inspect, Exit::Quality, problem)
        .remedy("give the land to one of the parcels, or survey the common border again");
    if let Some(first) = gap.parcels.first() {
        fault = fault.feature(name(*first as usize));
    }
    Finding::new("gap", Severity::Warning, fault).at(gap.at).area_m2(gap.area_m2).outline(gap.outline.clone())
}

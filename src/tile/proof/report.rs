//! What was found, per layer and zoom.

use std::collections::BTreeMap;

use serde::Serialize;

use super::distance::{Errors, metres};
use super::measure::Misfit;
use super::polygons::ROUNDING;
use super::tile::{LayerSeen, TileSeen};
use super::truth::Truth;
use crate::error::{Exit, Fault, Stage};
use crate::model::shapes::GeometryKind;
use crate::model::tile_coord::TileCoord;
use crate::tile::grid::Grid;
use crate::tile::layer::TileLayer;
use crate::tile::set::SetFacts;

/// What one layer looks like at one zoom.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ZoomReport {
    pub layer: String,
    pub z: u8,
    pub tiles: u64,
    pub features_in: u64,
    /// Features of which at least one tile shows a part.
    pub features_drawn: u64,
    /// Bytes of the tiles that show the layer.
    pub bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage: Option<CoverageReport>,
    /// Points that do not lie in the polygon they name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels_outside: Option<u64>,
    /// Of a generalised layer: what its land uses must show together, and what the tiles show.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub areas: Vec<AreaReport>,
}

/// A use of more than five hundred grid squares is shown to a tenth of a per cent.
const LEAST_BOUND_PERCENT: f64 = 0.1;

/// The area of all features of one value. Metres are on the ground in the middle of the layer.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AreaReport {
    pub value: String,
    pub area_m2: f64,
    pub drawn_m2: f64,
    pub difference_percent: f64,
    /// A tenth of a percent, or half a square of the grid where that is more.
    pub bound_percent: f64,
}

impl AreaReport {
    pub fn is_within_bound(&self) -> bool {
        self.difference_percent.abs() <= self.bound_percent
    }

    /// Whether land is shown that is not there: a hundredth is more than rounding leaves of a use that has room.
    fn misleads(&self) -> bool {
        let has_room = self.bound_percent < 1.05 * LEAST_BOUND_PERCENT;
        has_room && self.difference_percent.abs() > 1.0
    }
}

/// How the polygons of a layer are drawn at one zoom. Metres are on the ground.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CoverageReport {
    pub vertices: u64,
    /// Side of a grid unit in the middle of the layer.
    pub unit_m: f64,
    /// Distance of the source's corners from the drawn border: 99 in 100 stay below, and none is more.
    pub border_error_99_m: f64,
    pub border_error_greatest_m: f64,
    /// Drawn area less the source's, of all features together and of the one that differs most.
    pub area_m2: f64,
    pub area_error_m2: f64,
    pub area_error_greatest_m2: f64,
    /// Features whose area differs by more than their border can have moved.
    pub areas_off: u64,
    /// Places, and square metres, that polygons cover twice; and that none covers though the source does.
    pub overlaps: u64,
    pub overlap_m2: f64,
    pub gaps: u64,
    pub gap_m2: f64,
}

/// Sums up tiles in the order in which they come.
pub struct Ledger<'a> {
    layers: &'a [TileLayer<'a>],
    /// By zoom, then by the layer's number.
    pages: BTreeMap<(u8, usize), Page>,
    faults: Vec<Fault>,
}

#[derive(Default)]
struct Page {
    tiles: u64,
    bytes: u64,
    /// Square units by feature, of points and lines one each; NaN where nothing is drawn.
    areas: Vec<f64>,
    vertices: u64,
    overlaps: u64,
    gaps: u64,
    misfit_m2: Misfit,
    errors: Errors,
    labels_outside: u64,
}

impl<'a> Ledger<'a> {
    pub fn new(layers: &'a [TileLayer<'a>]) -> Self {
        Ledger { layers, pages: BTreeMap::new(), faults: vec![] }
    }

    pub fn enter(&mut self, seen: TileSeen, facts: &SetFacts) {
        for layer in seen.layers {
            self.judge(&layer, seen.tile, facts);
            let features = self.layers[layer.layer].shapes.len();
            let page = self.pages.entry((seen.tile.z, layer.layer)).or_default();
            page.areas.resize(features, f64::NAN);
            page.bytes += seen.bytes;
            page.enter(layer, seen.tile);
        }
        self.faults.extend(seen.faults.into_iter().map(|problem| fault(facts, seen.tile, problem)));
    }

    /// An overlap that the source does not have, and a gap, are faults.
    fn judge(&mut self, seen: &LayerSeen, tile: TileCoord, facts: &SetFacts) {
        let Some(polygons) = &seen.polygons else { return };
        let name = &self.layers[seen.layer].name;
        let Misfit { overlap, overlap_of_source, gap } = seen.misfit;
        if polygons.overlaps > 0 && !is_the_sources_own(overlap, overlap_of_source) {
            let problem = format!("'{name}' overlaps in {} places, {overlap:.1} square units", polygons.overlaps);
            self.faults.push(fault(facts, tile, problem));
        }
        // What lies over itself has borders on both sides that nothing cancels.
        if polygons.gaps > 0 && (overlap_of_source < 0.5 || gap > 0.0) {
            let problem = format!("'{name}' gapes along {} edges, {gap:.1} square units wider than one", polygons.gaps);
            self.faults.push(fault(facts, tile, problem));
        }
    }

    pub fn take_faults(&mut self) -> Vec<Fault> {
        std::mem::take(&mut self.faults)
    }

    pub fn reports(self, truths: &[Truth<'_>]) -> Vec<ZoomReport> {
        let mut pages = self.pages;
        let zooms = |(number, layer): (usize, &'a TileLayer<'a>)| {
            (layer.minzoom..=layer.maxzoom).map(move |z| (number, layer, z))
        };
        let all = self.layers.iter().enumerate().flat_map(zooms);
        all.map(|(number, layer, z)| pages.remove(&(z, number)).unwrap_or_default().report(layer, &truths[number], z))
            .collect()
    }
}

impl Page {
    fn enter(&mut self, seen: LayerSeen, tile: TileCoord) {
        self.tiles += 1;
        self.labels_outside += seen.labels_outside;
        let mut add = |feature: u32, area: f64| {
            let sum = &mut self.areas[feature as usize];
            *sum = if sum.is_nan() { area } else { *sum + area };
        };
        seen.others.iter().for_each(|feature| add(*feature, 1.0));
        let Some(polygons) = seen.polygons else { return };
        polygons.areas.iter().for_each(|(feature, area)| add(*feature, *area));
        let square_m = metres(1.0, tile).powi(2);
        self.vertices += polygons.vertices;
        self.overlaps += polygons.overlaps;
        self.gaps += polygons.gaps;
        self.misfit_m2.overlap += seen.misfit.overlap * square_m;
        self.misfit_m2.gap += seen.misfit.gap * square_m;
        self.errors.join(&polygons.errors);
    }

    fn report(self, layer: &TileLayer<'_>, truth: &Truth<'_>, z: u8) -> ZoomReport {
        ZoomReport {
            layer: layer.name.clone(),
            z,
            tiles: self.tiles,
            features_in: layer.shapes.len() as u64,
            features_drawn: self.areas.iter().filter(|area| !area.is_nan()).count() as u64,
            bytes: self.bytes,
            labels_outside: layer.inside.as_ref().map(|_| self.labels_outside),
            areas: if layer.is_on_grid() { self.areas(truth, z) } else { vec![] },
            coverage: (layer.shapes.kind == GeometryKind::Polygon && self.tiles > 0).then(|| self.coverage(truth, z)),
        }
    }

    /// Sums up the drawn areas by the value of the first field.
    fn areas(&self, truth: &Truth<'_>, z: u8) -> Vec<AreaReport> {
        let drawn = truth.by_first_value(&self.areas);
        let unit_m = truth.metres_per_unit(z);
        let square_unit = f64::from(Grid::new(z).unit()).powi(2);
        let report = |(value, twice): &(String, i128)| {
            let units = *twice as f64 / 2.0 / square_unit;
            let drawn = drawn.get(value.as_str()).copied().unwrap_or(0.0);
            AreaReport {
                value: value.clone(),
                area_m2: rounded(units * unit_m * unit_m),
                drawn_m2: rounded(drawn * unit_m * unit_m),
                difference_percent: percent(drawn - units, units),
                bound_percent: percent(0.5f64.max(units * LEAST_BOUND_PERCENT / 100.0), units),
            }
        };
        truth.layer.stated_areas.iter().map(report).collect()
    }

    fn coverage(&self, truth: &Truth<'_>, z: u8) -> CoverageReport {
        let unit_m = truth.metres_per_unit(z);
        let m2 = |units2: f64| units2 * unit_m * unit_m;
        let drawn = self.areas.iter().map(|area| if area.is_nan() { 0.0 } else { *area });
        let errors: Vec<f64> = drawn.zip(truth.areas_units2(z)).map(|(drawn, area)| drawn - area).collect();
        let is_off = |(i, error): &(usize, &f64)| error.abs() > truth.leeway_units2(*i, z, ROUNDING);
        CoverageReport {
            vertices: self.vertices,
            unit_m: rounded(unit_m),
            border_error_99_m: rounded(self.errors.percentile_99_units() * unit_m),
            border_error_greatest_m: rounded(self.errors.greatest_m),
            area_m2: rounded(m2(truth.areas_units2(z).sum())),
            area_error_m2: rounded(m2(errors.iter().sum())),
            area_error_greatest_m2: rounded(m2(errors.iter().map(|error| error.abs()).fold(0.0, f64::max))),
            areas_off: errors.iter().enumerate().filter(is_off).count() as u64,
            overlaps: self.overlaps,
            overlap_m2: rounded(self.misfit_m2.overlap),
            gaps: self.gaps,
            gap_m2: rounded(self.misfit_m2.gap),
        }
    }
}

/// To a millionth of a percent: tiles' areas are summed up where they were cut.
fn percent(part: f64, whole: f64) -> f64 {
    (part / whole * 1e8).round() / 1e6 + 0.0
}

/// Approved parcels that lie over each other do so in tiles, rounded: by up to as much again.
fn is_the_sources_own(overlap: f64, overlap_of_source: f64) -> bool {
    overlap_of_source >= 0.5 && overlap <= 2.0 * overlap_of_source + 1.0
}

/// To a thousandth: a report is read by people.
fn rounded(v: f64) -> f64 {
    (v * 1000.0).round() / 1000.0 + 0.0
}

fn fault(facts: &SetFacts, tile: TileCoord, problem: String) -> Fault {
    Fault::new(Stage::Tile, Exit::Quality, problem)
        .file(&facts.id)
        .feature(format!("tile {}/{}/{}", tile.z, tile.x, tile.y))
        .remedy("this is a fault of congbo: report it with the dataset that causes it")
}

/// Complete layers that lost a feature, and labels that lie outside.
pub fn losses(facts: &SetFacts, layers: &[TileLayer<'_>], reports: &[ZoomReport]) -> Vec<Fault> {
    let complete = |r: &ZoomReport| layers.iter().any(|l| l.name == r.layer && l.is_at(r.z) && l.complete);
    let fault = |report: &ZoomReport, problem: String, remedy: &str| {
        Fault::new(Stage::Tile, Exit::Quality, problem)
            .file(format!("tiles/{}.toml", facts.id))
            .feature(&report.layer)
            .remedy(remedy)
    };
    let lost = reports.iter().filter(|r| complete(r) && r.features_drawn < r.features_in).map(|report| {
        let missing = report.features_in - report.features_drawn;
        let problem = format!("{missing} of {} features are not drawn at z{}", report.features_in, report.z);
        fault(report, problem, "raise the layer's minzoom: at this zoom they are smaller than the tile grid")
    });
    let is_coverage = |name: &str| layers.iter().any(|layer| layer.name == name && layer.coverage);
    let areas_off = |r: &ZoomReport| r.coverage.as_ref().map_or(0, |coverage| coverage.areas_off);
    let misdrawn = reports.iter().filter(|r| is_coverage(&r.layer) && areas_off(r) > 0).map(|report| {
        let problem = format!("{} features have not the area of the source at z{}", areas_off(report), report.z);
        fault(report, problem, "this is a fault of congbo: report it with the dataset that causes it")
    });
    let outside = reports.iter().filter(|r| r.labels_outside.is_some_and(|n| n > 0)).map(|report| {
        let problem =
            format!("{} labels lie outside what they name at z{}", report.labels_outside.unwrap_or(0), report.z);
        fault(report, problem, "this is a fault of congbo: report it with the dataset that causes it")
    });
    let beyond = |r: &'_ ZoomReport| r.areas.iter().filter(|area| area.misleads()).cloned().collect::<Vec<_>>();
    let unequal = reports.iter().flat_map(|report| beyond(report).into_iter().map(move |area| (report, area)));
    let unequal = unequal.map(|(report, area)| {
        let problem = format!(
            "'{}' shows {:.0} m² at z{} where the source has {:.0}: {:+.3} %, the bound is {:.3} %",
            area.value, area.drawn_m2, report.z, area.area_m2, area.difference_percent, area.bound_percent
        );
        fault(report, problem, "raise the layer's minzoom: at this zoom there is no room to draw each use's area")
    });
    lost.chain(misdrawn).chain(outside).chain(unequal).collect()
}

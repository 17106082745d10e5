//! Drawings made at build time: one map sheet to scale, and the sheets of a commune.

use std::fmt::Write as _;

use super::cadastre::SheetParcels;
use super::catalogue::{Commune, Sheet};
use super::template;
use crate::model::label_point::{self, LabelPoint};

/// The inside of an `<svg>`, whose units are millimetres on paper.
pub struct Drawing {
    pub width_mm: f64,
    pub height_mm: f64,
    /// 1000 for 1:1000.
    pub scale: u32,
    /// Length of the scale bar in metres and in millimetres on paper.
    pub bar_m: u32,
    pub bar_mm: u32,
    pub body: String,
}

/// Scales of Vietnamese cadastral maps, and two smaller ones for what does not fit.
const SCALES: [u32; 7] = [200, 500, 1_000, 2_000, 5_000, 10_000, 25_000];
/// What an A4 page leaves beside its margins, the frame's figures, the scale bar and the legend.
const PAPER_MM: [f64; 2] = [176.0, 220.0];
/// Room around the drawing for the figures of the grid.
const MARGIN_MM: f64 = 6.0;

/// VN-2000 metres → millimetres on paper, y downward.
struct Frame {
    west_m: f64,
    south_m: f64,
    east_m: f64,
    north_m: f64,
    scale: u32,
}

impl Frame {
    /// `None` for a sheet without a single coordinate.
    fn around(coords: impl Iterator<Item = [f64; 2]>) -> Option<Self> {
        let mut bounds: Option<[f64; 4]> = None;
        for [e, n] in coords {
            let [w, s, x, y] = bounds.unwrap_or([e, n, e, n]);
            bounds = Some([w.min(e), s.min(n), x.max(e), y.max(n)]);
        }
        let [west_m, south_m, east_m, north_m] = bounds?;
        let fits = |scale: &&u32| {
            let mm = 1000.0 / f64::from(**scale);
            (east_m - west_m) * mm <= PAPER_MM[0] && (north_m - south_m) * mm <= PAPER_MM[1]
        };
        let scale = *SCALES.iter().find(fits).unwrap_or(&50_000);
        Some(Frame { west_m, south_m, east_m, north_m, scale })
    }

    fn mm(&self, metres: f64) -> f64 {
        metres * 1000.0 / f64::from(self.scale)
    }

    fn x(&self, easting_m: f64) -> f64 {
        MARGIN_MM + self.mm(easting_m - self.west_m)
    }

    fn y(&self, northing_m: f64) -> f64 {
        MARGIN_MM + self.mm(self.north_m - northing_m)
    }

    fn width(&self) -> f64 {
        2.0 * MARGIN_MM + self.mm(self.east_m - self.west_m)
    }

    fn height(&self) -> f64 {
        2.0 * MARGIN_MM + self.mm(self.north_m - self.south_m)
    }

    fn path(&self, rings: &[Vec<[f64; 2]>]) -> String {
        let mut d = String::new();
        for ring in rings {
            for (i, [e, n]) in ring.iter().enumerate() {
                let _ = write!(d, "{}{:.2} {:.2}", if i == 0 { 'M' } else { 'L' }, self.x(*e), self.y(*n));
            }
            d.push('Z');
        }
        d
    }
}

/// Every parcel of a sheet from its VN-2000 coordinates, north up, its number on it and a link to its row.
/// `None` when the sheet has no geometry.
pub fn sheet(sheet: &SheetParcels) -> Option<Drawing> {
    let frame = Frame::around(sheet.rows().iter().flat_map(|row| sheet.grid_rings(*row)).flatten())?;
    let mut body = grid_crosses(&frame);
    let mut numbers = String::new();
    for (row, parcel) in sheet.iter() {
        let rings = sheet.grid_rings(row);
        let (d, fill) = (frame.path(&rings), template::colour(&parcel.land_use));
        let _ = write!(
            body,
            "<a href=\"#{0}\" tabindex=\"-1\"><path d=\"{d}\" fill=\"{fill}\" fill-opacity=\"0.3\" fill-rule=\"evenodd\"/></a>",
            parcel.number
        );
        if let Some(point) = label_point::inside(&rings) {
            write_number(&mut numbers, &frame, point, parcel.number);
        }
    }
    let _ = write!(body, "<g class=\"numbers\" text-anchor=\"middle\">{numbers}</g>");
    let bar_mm = 50;
    Some(Drawing {
        width_mm: frame.width(),
        height_mm: frame.height(),
        scale: frame.scale,
        bar_m: frame.scale * bar_mm / 1000,
        bar_mm,
        body,
    })
}

/// As large as the parcel's width allows between 0.8 and 2.3 mm: a smaller number would be a smudge.
fn write_number(out: &mut String, frame: &Frame, point: LabelPoint, number: u32) {
    let [e, n] = point.at;
    let digits = number.to_string();
    // A digit is 0.6 of its height wide; the rest keeps neighbours apart.
    // A single digit is limited by its height, not by its width.
    let width_em = 0.75 * (digits.len() as f64).max(1.6);
    let size_mm = (2.0 * frame.mm(point.room) / width_em).clamp(0.8, 2.3);
    let (x, y) = (frame.x(e), frame.y(n) + size_mm * 0.35);
    let _ = write!(out, "<text x=\"{x:.2}\" y=\"{y:.2}\" font-size=\"{size_mm:.1}\">{digits}</text>");
}

/// Crosses every 10 cm on paper with their coordinates at the frame, as on printed sheets.
fn grid_crosses(frame: &Frame) -> String {
    let step = f64::from(frame.scale) / 10.0;
    let multiples = |low: f64, high: f64| {
        let first = (low / step).ceil() as i64;
        (first..=(high / step).floor() as i64).map(move |i| i as f64 * step)
    };
    let mut out = String::from("<g class=\"grid\">");
    let (left, bottom) = (MARGIN_MM * 0.5, frame.height() - MARGIN_MM * 0.35);
    for e in multiples(frame.west_m, frame.east_m) {
        let x = frame.x(e);
        let _ = write!(out, "<text x=\"{x:.2}\" y=\"{bottom:.2}\" text-anchor=\"middle\">{e:.0}</text>");
        for n in multiples(frame.south_m, frame.north_m) {
            let y = frame.y(n);
            let _ = write!(out, "<path d=\"M{:.2} {y:.2}h4M{x:.2} {:.2}v4\"/>", x - 2.0, y - 2.0);
        }
    }
    for n in multiples(frame.south_m, frame.north_m) {
        let y = frame.y(n);
        let turned = format!("rotate(-90 {left:.2} {y:.2})");
        let _ = write!(
            out,
            "<text x=\"{left:.2}\" y=\"{y:.2}\" text-anchor=\"middle\" transform=\"{turned}\">{n:.0}</text>"
        );
    }
    out.push_str("</g>");
    out
}

/// The sheets of a commune as the hulls of their parcels, each a link; Web Mercator, which keeps angles.
/// `None` when there is nothing to draw.
pub fn overview(commune: &Commune, prefix: &str) -> Option<Drawing> {
    let hulls: Vec<(&Sheet, &[[f64; 2]])> = commune.sheets.values().map(|sheet| (sheet, &*sheet.facts.hull)).collect();
    let coords = || hulls.iter().flat_map(|(_, hull)| hull.iter());
    let low = coords().copied().reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1])])?;
    let high = coords().copied().reduce(|a, b| [a[0].max(b[0]), a[1].max(b[1])])?;
    let longest = (high[0] - low[0]).max(high[1] - low[1]).max(1.0);
    let place = |[x, y]: [f64; 2]| [2.0 + (x - low[0]) / longest * 160.0, 2.0 + (y - low[1]) / longest * 160.0];
    let [mut body, mut numbers] = [String::new(), String::new()];
    for (sheet, hull) in hulls.iter().filter(|(_, hull)| hull.len() > 2) {
        let hull: Vec<[f64; 2]> = hull.iter().map(|point| place(*point)).collect();
        write_hull(&mut body, sheet, commune, prefix, &hull);
        write_sheet_number(&mut numbers, sheet.number, &hull);
    }
    // Hulls of neighbours overlap a little; their numbers stand above them all.
    let _ = write!(body, "<g class=\"numbers\" text-anchor=\"middle\">{numbers}</g>");
    let [width_mm, height_mm] = place(high).map(|far| far + 2.0);
    Some(Drawing { width_mm, height_mm, scale: 0, bar_m: 0, bar_mm: 0, body })
}

fn write_hull(body: &mut String, sheet: &Sheet, commune: &Commune, prefix: &str, hull: &[[f64; 2]]) {
    let points = hull.iter().map(|[x, y]| format!("{x:.1},{y:.1}")).collect::<Vec<_>>().join(" ");
    let path = sheet.path(commune);
    let _ = write!(body, "<a href=\"{prefix}{path}\" tabindex=\"-1\"><polygon points=\"{points}\"/></a>");
}

fn write_sheet_number(numbers: &mut String, number: u32, hull: &[[f64; 2]]) {
    let [x, y] = label_point::inside(&[hull.to_vec()]).map_or(hull[0], |point| point.at);
    let _ = write!(numbers, "<text x=\"{x:.1}\" y=\"{:.1}\" font-size=\"5\">{number}</text>", y + 1.8);
}

/// Convex hull of a sheet in world units, by Andrew's monotone chain.
pub fn hull(sheet: &SheetParcels) -> Vec<[f64; 2]> {
    let mut points: Vec<[f64; 2]> = sheet.rows().iter().flat_map(|row| sheet.world_rings(*row)).flatten().collect();
    points.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    points.dedup();
    if points.len() < 3 {
        return points;
    }
    let mut lower = half_hull(points.iter().copied());
    let mut upper = half_hull(points.iter().rev().copied());
    lower.pop();
    upper.pop();
    lower.append(&mut upper);
    lower
}

fn half_hull(points: impl Iterator<Item = [f64; 2]>) -> Vec<[f64; 2]> {
    let turn = |o: [f64; 2], a: [f64; 2], b: [f64; 2]| (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0]);
    let mut chain: Vec<[f64; 2]> = vec![];
    for point in points {
        while chain.len() > 1 && turn(chain[chain.len() - 2], chain[chain.len() - 1], point) <= 0.0 {
            chain.pop();
        }
        chain.push(point);
    }
    chain
}

//! Does the data lie where it says it does? Swapped axes and a wrong meridian look plausible in a table.

use crate::error::{Exit, Fault, Stage};
use crate::model::crs::Vn2000Zone;
use crate::model::shapes::GridCoord;
use crate::project::vn2000::Transformer;

/// How far data may reach over the box of its communes: surveys of neighbours differ by metres, a wrong
/// meridian moves everything by 26 km at least.
const TOLERANCE_DEG: f64 = 0.005;

/// West, south, east, north in degrees.
pub type Bounds = [f64; 4];

/// The smallest box around some points.
pub fn bounds(points: impl Iterator<Item = [f64; 2]>) -> Option<Bounds> {
    points.fold(None, |bounds, [x, y]| match bounds {
        None => Some([x, y, x, y]),
        Some([w, s, e, n]) => Some([w.min(x), s.min(y), e.max(x), n.max(y)]),
    })
}

/// The smallest box around two boxes.
pub fn join(a: Option<Bounds>, b: Option<Bounds>) -> Option<Bounds> {
    let corners = a.into_iter().chain(b).flat_map(|[w, s, e, n]| [[w, s], [e, n]]);
    bounds(corners)
}

/// Refuses eastings and northings that stand in each other's place. Within Vietnam eastings lie between
/// 100 and 950 km and northings between 900 and 2,650 km.
pub fn check_axes([west, south, east, north]: Bounds) -> Option<Fault> {
    let is_easting = |v: f64| (100_000.0..950_000.0).contains(&v);
    let is_northing = |v: f64| (900_000.0..2_650_000.0).contains(&v);
    if is_easting(west) && is_easting(east) && is_northing(south) && is_northing(north) {
        return None;
    }
    let degrees = west.abs() <= 180.0 && east.abs() <= 180.0 && south.abs() <= 180.0 && north.abs() <= 180.0;
    let (problem, remedy) = if is_northing(west) && is_easting(south) {
        ("the axes are swapped: northing stands where easting should", "export with X = east and Y = north")
    } else if degrees {
        ("the coordinates are degrees, not metres of VN-2000", "export in the VN-2000 zone that crs names")
    } else {
        ("the coordinates lie outside every VN-2000 zone of Vietnam", "check crs and the export")
    };
    Some(Fault::new(Stage::Inspect, Exit::Input, problem).remedy(remedy))
}

/// Refuses data outside `allowed`; tries the other zones to name the one that would fit.
///
/// `grid` is the box of the data in metres, `degrees` the same after projection.
pub fn check_place(grid: Bounds, degrees: Bounds, allowed: Bounds, zone: Vn2000Zone) -> Option<Fault> {
    if within(degrees, allowed) {
        return None;
    }
    let problem = format!(
        "in {} the data lies at {}, outside its communes at {}",
        String::from(zone),
        box_text(degrees),
        box_text(allowed)
    );
    let fitting = Vn2000Zone::all().find(|other| *other != zone && lies_within(grid, *other, allowed));
    let remedy = match fitting {
        Some(other) => format!("the meridian is wrong: {} ({}) would fit", String::from(other), other.meridian_text()),
        None => "check crs, communes and the export".to_owned(),
    };
    Some(Fault::new(Stage::Inspect, Exit::Input, problem).remedy(remedy))
}

/// Whether the box `grid`, in metres of `zone`, lies in the box `allowed`, in degrees.
pub fn lies_within([west, south, east, north]: Bounds, zone: Vn2000Zone, allowed: Bounds) -> bool {
    let transformer = Transformer::new(zone);
    let corners: [GridCoord; 4] = [[west, south], [east, south], [west, north], [east, north]];
    let projected: Result<Vec<_>, _> = corners.iter().map(|corner| transformer.degrees_from_grid(*corner)).collect();
    projected.ok().and_then(|corners| bounds(corners.into_iter())).is_some_and(|b| within(b, allowed))
}

fn within(inner: Bounds, outer: Bounds) -> bool {
    inner[0] >= outer[0] - TOLERANCE_DEG
        && inner[1] >= outer[1] - TOLERANCE_DEG
        && inner[2] <= outer[2] + TOLERANCE_DEG
        && inner[3] <= outer[3] + TOLERANCE_DEG
}

fn box_text([w, s, e, n]: Bounds) -> String {
    format!("{w:.4}–{e:.4}°E {s:.4}–{n:.4}°N")
}

//! Whose copy a file is, by the corners at which its rings begin ([`crate::supply::mark`]).
//!
//! Each ring of the file is found again in the edition by its place and its number of corners; which of the
//! edition's corners it begins at is compared with what each granted request would have. With a ring of n corners
//! another request agrees by chance once in n times, so a few dozen parcels tell requests apart; fewer do not, and
//! nothing is said then.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Request, ticket};
use crate::account::office::Office;
use crate::account::{Refused, Result};
use crate::project::vn2000::Transformer;
use crate::release::{self, OpenEdition};
use crate::supply::polygon::{Ring, bounds};
use crate::supply::{Area, Format, source};

/// How sure a request has to be named: by chance in one of a million files at most.
const MOST_CHANCE_LOG10: f64 = -6.0;

/// A corner is one of the edition's when it lies no further from it; formats and transformations stay far below.
const NEAR_M: f64 = 0.3;
/// Another corner must lie so much further away.
const CLEAR_M: f64 = 0.1;

const METRES_PER_DEGREE: f64 = 111_320.0;
/// Cells in which shapes are looked up: about a metre.
const CELL_DEG: f64 = 1e-5;

/// What the rings of a file say.
#[derive(Clone, Debug, PartialEq)]
pub struct Agreement {
    pub request: String,
    /// Rings that were found again in the edition, and how many of them begin as the request's would.
    pub rings: usize,
    pub agree: usize,
    /// How many would agree by chance.
    pub expected: f64,
    /// The logarithm of an upper bound on the chance that any other request's file looks so.
    pub chance_log10: f64,
}

/// A ring of the edition, and the corner at which the file's ring begins.
struct Seen {
    ring: Ring,
    begins: usize,
}

/// The granted request whose mark the rings carry; `None` where none stands out.
pub fn find(
    office: &Office,
    outlines: &[Ring],
    open: &impl Fn(&str) -> Result<OpenEdition>,
) -> Result<Option<Agreement>> {
    if outlines.is_empty() {
        return Ok(None);
    }
    let mut editions: BTreeMap<String, Vec<Request>> = BTreeMap::new();
    for request in office.read(delivered)? {
        editions.entry(request.edition.clone()).or_default().push(request);
    }
    let candidates = editions.values().map(Vec::len).sum::<usize>();
    let mut best: Option<Agreement> = None;
    for (name, requests) in editions {
        let Ok(edition) = open(&name) else { continue };
        let seen = seen(&edition, outlines)?;
        for request in &requests {
            let found = compare(office, request, &seen, candidates);
            if best.as_ref().is_none_or(|best| found.chance_log10 < best.chance_log10) {
                best = Some(found);
            }
        }
    }
    Ok(best.filter(|best| best.chance_log10 <= MOST_CHANCE_LOG10))
}

/// Requests of which something with outlines went out.
fn delivered(db: &rusqlite::Connection) -> Result<Vec<Request>> {
    let mut statement = db.prepare("SELECT DISTINCT code FROM delivery JOIN request ON request.id = request")?;
    let codes: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let requests: Vec<Request> = codes.iter().map(|code| Request::by_code(db, code)).collect::<Result<_>>()?;
    Ok(requests.into_iter().filter(|request| Format::has_outlines(request.output.format)).collect())
}

fn compare(office: &Office, request: &Request, seen: &[Seen], candidates: usize) -> Agreement {
    let mark = ticket::mark(office, &request.code);
    let agree = seen.iter().filter(|seen| mark.begins(&seen.ring) == seen.begins).count();
    let expected: f64 = seen.iter().map(|seen| 1.0 / seen.ring.len() as f64).sum();
    let chance_log10 = chance_log10(seen.len(), agree, expected) + (candidates as f64).log10();
    Agreement { request: request.code.clone(), rings: seen.len(), agree, expected, chance_log10 }
}

/// An upper bound (Chernoff; by Hoeffding 1956 it holds for unequal chances with their mean) on the chance that
/// `agree` of `rings` or more agree where `expected` would.
fn chance_log10(rings: usize, agree: usize, expected: f64) -> f64 {
    if rings == 0 {
        return 0.0;
    }
    let (n, share, chance) = (rings as f64, agree as f64 / rings as f64, expected / rings as f64);
    if share <= chance {
        return 0.0;
    }
    let part = |share: f64, chance: f64| if share == 0.0 { 0.0 } else { share * (share / chance).ln() };
    -n * (part(share, chance) + part(1.0 - share, 1.0 - chance)) / std::f64::consts::LN_10
}

/// Finds the file's rings in an edition.
fn seen(edition: &OpenEdition, outlines: &[Ring]) -> Result<Vec<Seen>> {
    let outlines = in_degrees(edition, outlines);
    let mut cells: BTreeMap<[i64; 2], Vec<&Ring>> = BTreeMap::new();
    for ring in &outlines {
        cells.entry(cell(ring)).or_default().push(ring);
    }
    let mut found = vec![];
    let area = Area::Box(bounds(outlines.iter().flatten()));
    source::each_of_edition(edition, &area, |feature| {
        for ring in feature.polygons.iter_mut().filter_map(|rings| rings.first_mut()) {
            let begins = near(&cells, ring).and_then(|of_file| begins(ring, of_file));
            found.extend(begins.map(|begins| Seen { ring: std::mem::take(ring), begins }));
        }
    })
    .or_else(|e| if e.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(Refused::from(e)) })?;
    Ok(found)
}

/// The file's ring that lies where a ring of the edition does and has as many corners.
fn near<'a>(cells: &BTreeMap<[i64; 2], Vec<&'a Ring>>, ring: &Ring) -> Option<&'a Ring> {
    let [x, y] = cell(ring);
    let around = (-1..=1).flat_map(|dx| (-1..=1).map(move |dy| [x + dx, y + dy]));
    let mut fitting = around.filter_map(|cell| cells.get(&cell)).flatten().filter(|other| other.len() == ring.len());
    // Two at one place are no evidence of either.
    let first = fitting.next()?;
    fitting.next().is_none().then_some(*first)
}

/// The edition's corner that the file's ring begins at, where it is clear which.
fn begins(ring: &Ring, of_file: &Ring) -> Option<usize> {
    let [x, y] = *of_file.first()?;
    let distance = |corner: &[f64; 2]| {
        let east = (corner[0] - x) * METRES_PER_DEGREE * y.to_radians().cos();
        east.hypot((corner[1] - y) * METRES_PER_DEGREE)
    };
    let mut by_distance: Vec<(f64, usize)> = ring.iter().map(distance).zip(0..).collect();
    by_distance.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (first, second) = (by_distance.first()?, by_distance.get(1)?);
    (first.0 <= NEAR_M && second.0 >= first.0 + CLEAR_M).then_some(first.1)
}

/// The middle of a ring's box.
fn cell(ring: &Ring) -> [i64; 2] {
    let [west, south, east, north] = bounds(ring.iter());
    [(west + east) / 2.0, (south + north) / 2.0].map(|middle| (middle / CELL_DEG).floor() as i64)
}

/// Degrees of WGS 84, whether the file has degrees or metres of VN-2000, in either order.
fn in_degrees(edition: &OpenEdition, outlines: &[Ring]) -> Vec<Ring> {
    let whole = bounds(outlines.iter().flatten());
    if whole[0] >= -180.0 && whole[2] <= 180.0 && whole[1] >= -180.0 && whole[3] <= 180.0 {
        // Nowhere in Viet Nam is the latitude greater than the longitude.
        let swapped = whole[0] < whole[1];
        let turned = |[x, y]: &[f64; 2]| if swapped { [*y, *x] } else { [*x, *y] };
        return outlines.iter().map(|ring| ring.iter().map(turned).collect()).collect();
    }
    let swapped = whole[0] > whole[1];
    let dataset = |path: &str| source::parts(path).map(|(_, dataset)| dataset.to_owned());
    let mut datasets = edition.manifest.files.iter().filter_map(|file| dataset(&file.path));
    let Some(zone) = datasets.find_map(|dataset| release::zone(Path::new(&edition.dir), &dataset)) else {
        return vec![];
    };
    let transformer = Transformer::new(zone);
    let turned = |[x, y]: &[f64; 2]| transformer.degrees_from_grid(if swapped { [*y, *x] } else { [*x, *y] }).ok();
    outlines.iter().filter_map(|ring| ring.iter().map(turned).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_rings_say_nothing_and_dozens_say_who() {
        assert!(chance_log10(4, 4, 1.0) > MOST_CHANCE_LOG10, "four of four rings with four corners");
        assert!(chance_log10(12, 12, 3.0) < -7.0);
        assert!(chance_log10(100, 25, 25.0) == 0.0 && chance_log10(100, 30, 25.0) > -1.0, "chance itself");
        assert!(chance_log10(100, 60, 25.0) < -10.0, "also where four of ten were drawn anew");
        assert_eq!(chance_log10(0, 0, 0.0), 0.0);
    }

    #[test]
    fn a_corner_is_known_by_its_place_and_not_where_two_lie_together() {
        let ring: Ring = vec![[106.0, 20.0], [106.001, 20.0], [106.001, 20.001], [106.000_000_5, 20.0]];
        let from = |corner: [f64; 2]| begins(&ring, &vec![corner, [0.0, 0.0]]);
        assert_eq!(from([106.001_000_5, 20.001]), Some(2));
        assert_eq!(from([106.000_000_2, 20.0]), None, "two corners lie five centimetres apart");
        assert_eq!(from([106.000_5, 20.000_5]), None, "no corner is near");
    }
}

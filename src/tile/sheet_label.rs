//! One point in each map sheet (*tờ bản đồ*): where its number is written.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::label;
use super::layer::stable_id;
use crate::model::field::{Fields, Value};
use crate::model::shapes::{GeometryKind, Shapes, WorldCoord};

/// Candidates lie on one grid for the whole world, this far apart in world units: 18 m in Vietnam, 4 pixels at
/// z14.
const STEP: u32 = 1 << 11;

/// Rings of candidates around the centre: beyond 1.2 km the land is elsewhere.
const RINGS: i64 = 64;

/// The sheets of a layer of parcels, in the order of commune and number.
pub struct Sheets<'a, T> {
    pub points: Shapes<WorldCoord>,
    pub ids: Vec<u64>,
    /// The first parcel of each, which has commune and sheet as every other of it has.
    pub first_rows: Vec<&'a T>,
}

/// The label points of all sheets, by the parcels' `maXa` and `soHieuToBanDo`.
///
/// The point is the one of a fixed grid that is nearest to the area-weighted centre of the sheet's parcels and
/// lies in one of them. It depends on the land alone: when a parcel is divided or merged, renumbered or put
/// elsewhere in the file, centre and land are as before, and so is the point. Where a border moves, the centre
/// moves by that share of the sheet, and the point stays until it crosses the middle between two grid points.
/// Of points that are equally near, the more northern, then the more western one counts. A sheet whose land
/// holds no grid point near its centre has the label point of its largest parcel.
pub fn sheets<'a, T: Fields>(parcels: &Shapes<WorldCoord>, rows: &[&'a T]) -> Sheets<'a, T> {
    let mut by_sheet: BTreeMap<(String, i64), Vec<usize>> = BTreeMap::new();
    for (i, row) in rows.iter().enumerate() {
        if let (Some(Value::Text(Some(commune))), Some(Value::Integer(Some(sheet)))) =
            (row.value("maXa"), row.value("soHieuToBanDo"))
        {
            by_sheet.entry((commune.into_owned(), sheet)).or_default().push(i);
        }
    }
    let by_sheet: Vec<((String, i64), Vec<usize>)> = by_sheet.into_iter().collect();
    let coords: Vec<WorldCoord> = by_sheet.par_iter().map(|(_, features)| point(parcels, features)).collect();
    let ends: Vec<u32> = (1..=coords.len() as u32).collect();
    let (ring_ends, part_ends, feature_ends) = (ends.clone(), ends.clone(), ends);
    Sheets {
        points: Shapes { kind: GeometryKind::Point, coords, ring_ends, part_ends, feature_ends },
        ids: by_sheet.iter().map(|((commune, sheet), _)| stable_id(&format!("{commune} {sheet}"))).collect(),
        first_rows: by_sheet.iter().map(|(_, features)| rows[features[0]]).collect(),
    }
}

fn point(parcels: &Shapes<WorldCoord>, features: &[usize]) -> WorldCoord {
    let land: Vec<Parcel<'_>> = features.iter().filter_map(|i| Parcel::new(parcels, *i)).collect();
    let near = centre(&land).and_then(|centre| nearest_on_land(centre, &land));
    near.unwrap_or_else(|| of_the_largest(parcels, features))
}

/// A parcel of a sheet with the box around it.
struct Parcel<'a> {
    rings: Vec<&'a [WorldCoord]>,
    frame: [u32; 4],
}

impl<'a> Parcel<'a> {
    fn new(parcels: &'a Shapes<WorldCoord>, feature: usize) -> Option<Self> {
        let rings: Vec<&[WorldCoord]> = parcels.feature_rings(feature).collect();
        let corners = rings.iter().copied().flatten().map(|[x, y]| [*x, *y, *x, *y]);
        let frame = corners.reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])])?;
        Some(Parcel { rings, frame })
    }

    /// Whether a point lies inside, by the crossings of a ray to the east. Exact.
    fn holds(&self, [x, y]: WorldCoord) -> bool {
        let [west, north, east, south] = self.frame;
        if x < west || x > east || y < north || y > south {
            return false;
        }
        let (x, y) = (i128::from(x), i128::from(y));
        let crossed = self.rings.iter().flat_map(|ring| edges(ring)).filter(|([ax, ay], [bx, by])| {
            let cross = (bx - ax) * (y - ay) - (by - ay) * (x - ax);
            (*ay > y) != (*by > y) && (cross > 0) == (by > ay)
        });
        crossed.count() % 2 == 1
    }
}

/// The centre of the land, weighted by its area; in whole numbers, so that it does not matter into which parcels
/// the land is divided. `None` without area.
fn centre(land: &[Parcel<'_>]) -> Option<[i128; 2]> {
    let [ox, oy] = land.iter().map(|parcel| [parcel.frame[0], parcel.frame[1]]).min()?.map(i128::from);
    let [mut x, mut y, mut doubled] = [0i128; 3];
    for ([ax, ay], [bx, by]) in land.iter().flat_map(|parcel| &parcel.rings).flat_map(|ring| edges(ring)) {
        let cross = (ax - ox) * (by - oy) - (bx - ox) * (ay - oy);
        x += (ax + bx - 2 * ox) * cross;
        y += (ay + by - 2 * oy) * cross;
        doubled += cross;
    }
    (doubled != 0).then(|| [ox + x / (3 * doubled), oy + y / (3 * doubled)])
}

fn nearest_on_land(centre: [i128; 2], land: &[Parcel<'_>]) -> Option<WorldCoord> {
    let step = i128::from(STEP);
    let start = centre.map(|v| (v + step / 2).div_euclid(step) as i64);
    let mut best: Option<(i128, WorldCoord)> = None;
    for ring in 0..=RINGS {
        // A point of this ring is at least this far away in x or y.
        let least = (i128::from(ring) * step - step / 2).max(0);
        if best.is_some_and(|(distance, _)| least * least > distance) {
            break;
        }
        let candidates = around(start, ring).filter_map(|[x, y]| grid_point(x).zip(grid_point(y)));
        let on_land = candidates.map(|(x, y)| [x, y]).filter(|at| land.iter().any(|parcel| parcel.holds(*at)));
        let measured = on_land.map(|at| (distance_2(at, centre), at));
        best = best.into_iter().chain(measured).min_by_key(|(distance, [x, y])| (*distance, *y, *x));
    }
    best.map(|(_, at)| at)
}

fn grid_point(number: i64) -> Option<u32> {
    u32::try_from(number * i64::from(STEP)).ok()
}

fn distance_2(at: WorldCoord, centre: [i128; 2]) -> i128 {
    let [dx, dy] = [i128::from(at[0]) - centre[0], i128::from(at[1]) - centre[1]];
    dx * dx + dy * dy
}

/// The grid points of a square ring.
fn around([x, y]: [i64; 2], ring: i64) -> impl Iterator<Item = [i64; 2]> {
    let all = (-ring..=ring).flat_map(move |dy| (-ring..=ring).map(move |dx| (dx, dy)));
    all.filter(move |(dx, dy)| dx.abs().max(dy.abs()) == ring).map(move |(dx, dy)| [x + dx, y + dy])
}

fn of_the_largest(parcels: &Shapes<WorldCoord>, features: &[usize]) -> WorldCoord {
    let area = |feature: usize| parcels.feature_rings(feature).map(twice_area).sum::<i128>().abs();
    let corner = |feature: usize| parcels.feature_rings(feature).flatten().min().copied();
    let largest = features.iter().max_by_key(|i| (area(**i), std::cmp::Reverse(corner(**i))));
    let mut one = Shapes::new(parcels.kind);
    largest.into_iter().for_each(|feature| one.append_feature(parcels, *feature));
    label::points(&one).coords.first().copied().unwrap_or_default()
}

fn twice_area(ring: &[WorldCoord]) -> i128 {
    edges(ring).map(|([ax, ay], [bx, by])| ax * by - bx * ay).sum()
}

type Corner = [i128; 2];

fn edges(ring: &[WorldCoord]) -> impl Iterator<Item = (Corner, Corner)> {
    let next = ring.iter().cycle().skip(1);
    ring.iter().zip(next).map(|(a, b)| (a.map(i128::from), b.map(i128::from)))
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    /// Somewhere on the grid of candidates.
    const CORNER: WorldCoord = [1667 * STEP * 1000, 924 * STEP * 1000];

    struct Lot(&'static str, i64);

    impl Fields for Lot {
        const NAMES: &'static [&'static str] = &["maXa", "soHieuToBanDo"];

        fn value(&self, field: &str) -> Option<Value<'_>> {
            match field {
                "maXa" => Some(Value::Text(Some(Cow::Borrowed(self.0)))),
                "soHieuToBanDo" => Some(Value::Integer(Some(self.1))),
                _ => None,
            }
        }
    }

    /// Rectangles west, north, east, south in steps of the grid from [`CORNER`].
    fn land(rectangles: &[[f64; 4]]) -> Shapes<WorldCoord> {
        let mut shapes = Shapes::new(GeometryKind::Polygon);
        let at = |axis: usize, steps: f64| CORNER[axis] + (steps * f64::from(STEP)) as u32;
        for [w, n, e, s] in rectangles {
            shapes.coords.extend([[w, n], [w, s], [e, s], [e, n]].map(|[x, y]| [at(0, *x), at(1, *y)]));
            shapes.end_ring();
            shapes.end_part();
            shapes.end_feature();
        }
        shapes
    }

    /// Where the only sheet is labelled, in steps.
    fn labelled(rectangles: &[[f64; 4]]) -> [f64; 2] {
        let all: Vec<usize> = (0..rectangles.len()).collect();
        let at = point(&land(rectangles), &all);
        std::array::from_fn(|axis| f64::from(at[axis] - CORNER[axis]) / f64::from(STEP))
    }

    #[test]
    fn a_sheet_is_labelled_near_the_middle_of_its_land() {
        assert_eq!(labelled(&[[0.0, 0.0, 10.2, 8.2]]), [5.0, 4.0]);
    }

    #[test]
    fn dividing_merging_and_reordering_parcels_leave_the_label_where_it_is() {
        let whole = labelled(&[[0.0, 0.0, 10.2, 8.2]]);
        assert_eq!(labelled(&[[0.0, 0.0, 4.8, 8.2], [4.8, 0.0, 10.2, 8.2]]), whole);
        assert_eq!(labelled(&[[4.8, 3.9, 10.2, 8.2], [4.8, 0.0, 10.2, 3.9], [0.0, 0.0, 4.8, 8.2]]), whole);
    }

    #[test]
    fn a_border_that_moves_a_little_does_not_move_the_label() {
        assert_eq!(labelled(&[[0.0, 0.0, 10.4, 8.1]]), labelled(&[[0.0, 0.0, 10.2, 8.2]]));
    }

    #[test]
    fn a_sheet_around_water_is_labelled_on_its_land() {
        let shore = [[0.0, 0.0, 20.0, 3.5], [0.0, 16.5, 20.0, 20.0], [0.0, 3.5, 3.5, 16.5], [16.5, 3.5, 20.0, 16.5]];
        let [x, y] = labelled(&shore);
        assert!([x, y] == [10.0, 3.0], "{x} {y}: the northern of four that are equally near");
    }

    #[test]
    fn a_sheet_without_a_grid_point_is_labelled_in_its_largest_parcel() {
        let [x, y] = labelled(&[[0.1, 0.1, 0.3, 0.3], [0.4, 0.1, 0.9, 0.5]]);
        assert!(x > 0.4 && x < 0.9 && y > 0.1 && y < 0.5, "{x} {y}");
    }

    #[test]
    fn sheets_of_one_number_in_two_communes_are_two() {
        let shapes = land(&[[0.0, 0.0, 4.0, 4.0], [40.0, 0.0, 44.0, 4.0], [4.0, 0.0, 6.0, 4.0]]);
        let lots = [Lot("99002", 7), Lot("99001", 7), Lot("99002", 7)];
        let found = sheets(&shapes, &lots.iter().collect::<Vec<_>>());
        assert_eq!(found.first_rows.iter().map(|lot| lot.0).collect::<Vec<_>>(), ["99001", "99002"]);
        assert_eq!(found.points.len(), 2);
        assert_ne!(found.ids[0], found.ids[1]);
    }
}

//! Validity of polygons in the plane (OGC 06-103r4, 6.1.11): rings simple, of some area, holes inside, parts
//! apart; and what is valid but looks wrong: spikes, slivers, points that nearly coincide.

use super::box_tree::{Box2, BoxTree};
use super::finding::{Finding, Severity};
use super::ring::{Meeting, Ring, Side, crosses_ray};
use crate::error::{Exit, Fault, Stage};
use crate::model::shapes::{GeometryKind, GridCoord, Shapes};

/// Rings with more points than this are named: a parcel has tens of points, a river hundreds.
const MANY_POINTS: usize = 100_000;
/// Points closer than this cannot be told apart: coordinates are written to the millimetre.
const NEARLY_SAME_M: f64 = 0.001;
/// A spike has two legs longer than this…
const SPIKE_LEG_M: f64 = 0.01;
/// … and an angle of less than one degree (its tangent).
const SPIKE_TANGENT: f64 = 0.017_455;
/// Nothing that can be held as land is smaller than this…
const SLIVER_AREA_M2: f64 = 0.1;
/// … or, as twice the area over the perimeter, narrower.
const SLIVER_WIDTH_M: f64 = 0.01;

/// What is wrong with a feature at one place.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// Kind in kebab case, of those in `docs/findings.md`.
    pub kind: &'static str,
    pub severity: Severity,
    /// In words, with the number of the ring.
    pub text: String,
    /// Easting and northing in the dataset's zone; `None` when there is no coordinate to name.
    pub at: Option<GridCoord>,
    /// The ring that is meant, open.
    pub outline: Vec<GridCoord>,
}

impl Problem {
    /// As something to print, count and draw; the caller adds file, feature and commune.
    pub fn into_finding(self) -> Finding {
        let fault = Fault::new(Stage::Inspect, Exit::Quality, self.text)
            .remedy("correct the shape in the source and export it again");
        let mut finding = Finding::new(self.kind, self.severity, fault).outline(self.outline);
        finding.at = self.at;
        finding
    }
}

/// Everything that is wrong with one feature; empty when it is valid. Lines and points have no rules here.
///
/// Well under a microsecond a point; nothing is allocated for a sound parcel but the list of its rings.
pub fn problems(shapes: &Shapes<GridCoord>, feature: usize) -> Vec<Problem> {
    if shapes.kind != GeometryKind::Polygon {
        return vec![];
    }
    let mut found = vec![];
    let mut outers = vec![];
    for part in shapes.parts(feature) {
        let sound = part_rings(shapes, part, &mut found);
        // Rings are compared with each other only when each of them is sound in itself.
        if let Some(rings) = sound.filter(|rings| rings.len() > 1 || shapes.parts(feature).len() > 1) {
            check_holes(&rings, &mut found);
            outers.push(rings);
        }
    }
    if outers.len() > 1 {
        check_parts(&outers, &mut found);
    }
    found
}

/// Checks each ring of a part for itself; the rings when all are sound.
fn part_rings<'a>(shapes: &'a Shapes<GridCoord>, part: usize, found: &mut Vec<Problem>) -> Option<Vec<Ring<'a>>> {
    let mut rings = vec![];
    let mut all_sound = true;
    let (mut area_m2, mut perimeter_m) = (0.0, 0.0);
    for (i, index) in shapes.rings(part).enumerate() {
        let points = shapes.ring(index);
        let before = found.len();
        match check_ring(points, i + 1, found) {
            Ok((ring, size)) => {
                area_m2 += if i == 0 { size.area_m2 } else { -size.area_m2 };
                perimeter_m += size.perimeter_m;
                rings.push(ring);
            }
            Err(problem) => {
                all_sound = false;
                found.truncate(before);
                found.push(*problem);
            }
        }
    }
    let outer = rings.first().filter(|_| all_sound)?;
    if area_m2 < SLIVER_AREA_M2 || 2.0 * area_m2 < SLIVER_WIDTH_M * perimeter_m {
        let width_m = 2.0 * area_m2 / perimeter_m;
        let text = format!("is a sliver of {area_m2:.3} m², {width_m:.3} m wide on average");
        found.push(warning("sliver", text, outer.points[0], outer.points));
    }
    Some(rings)
}

struct Size {
    area_m2: f64,
    perimeter_m: f64,
}

/// The ring and its size, or the reason why it cannot be used. Warnings are pushed.
fn check_ring<'a>(
    points: &'a [GridCoord],
    number: usize,
    found: &mut Vec<Problem>,
) -> Result<(Ring<'a>, Size), Box<Problem>> {
    let refuse = |kind, text: &str, place: Option<GridCoord>| {
        Box::new(refusal(kind, format!("ring {number}: {text}"), place, points))
    };
    if !points.iter().flatten().all(|v| v.is_finite()) {
        return Err(Box::new(Problem {
            outline: vec![],
            ..*refuse("not-a-number", "has a coordinate that is not a number", None)
        }));
    }
    if points.len() < 3 {
        return Err(refuse("ring-too-short", "has fewer than three corners", points.first().copied()));
    }
    let walk = walk(points);
    if let Some(point) = walk.repeated {
        return Err(refuse("repeated-point", &format!("the point {} stands twice in a row", at(point)), Some(point)));
    }
    let area_m2 = twice_signed_area(points).abs() / 2.0;
    if area_m2 < 1e-4 {
        return Err(refuse("no-area", "encloses no area", Some(points[0])));
    }
    let ring = Ring::new(points);
    match ring.crossing() {
        Ok(None) => {}
        Ok(Some(point)) => {
            return Err(refuse("self-crossing", &format!("crosses itself near {}", at(point)), Some(point)));
        }
        Err(_) => {
            return Err(refuse("too-tangled", "has too many edges side by side to be checked", Some(points[0])));
        }
    }
    warn_of_ring(points, number, &walk, found);
    Ok((ring, Size { area_m2, perimeter_m: walk.perimeter_m }))
}

fn warn_of_ring(points: &[GridCoord], number: usize, walk: &Walk, found: &mut Vec<Problem>) {
    if let Some(point) = walk.near_point {
        let text = format!("ring {number}: the point {} lies less than 1 mm from the next", at(point));
        found.push(warning("near-point", text + &more(walk.near_points), point, points));
    }
    if let Some(point) = walk.spike {
        let text = format!("ring {number}: turns back in a spike at {}", at(point));
        found.push(warning("spike", text + &more(walk.spikes), point, points));
    }
    if points.len() > MANY_POINTS {
        let text = format!("ring {number}: has {} points", points.len());
        found.push(warning("many-points", text, points[0], &[]));
    }
}

fn more(count: usize) -> String {
    if count > 1 { format!(", and {} more such points", count - 1) } else { String::new() }
}

/// What one walk along a ring sees.
#[derive(Default)]
struct Walk {
    perimeter_m: f64,
    repeated: Option<GridCoord>,
    near_point: Option<GridCoord>,
    near_points: usize,
    spike: Option<GridCoord>,
    spikes: usize,
}

fn walk(points: &[GridCoord]) -> Walk {
    let mut walk = Walk::default();
    let mut before = points[points.len() - 1];
    for (i, &here) in points.iter().enumerate() {
        let after = points[if i + 1 == points.len() { 0 } else { i + 1 }];
        let (back, on) = ([before[0] - here[0], before[1] - here[1]], [after[0] - here[0], after[1] - here[1]]);
        let length_m = on[0].hypot(on[1]);
        walk.perimeter_m += length_m;
        if here == after {
            walk.repeated = walk.repeated.or(Some(here));
        } else if length_m < NEARLY_SAME_M {
            walk.near_point = walk.near_point.or(Some(here));
            walk.near_points += 1;
        }
        if is_spike(back, on) {
            walk.spike = walk.spike.or(Some(here));
            walk.spikes += 1;
        }
        before = here;
    }
    walk
}

fn is_spike(back: [f64; 2], on: [f64; 2]) -> bool {
    let along = back[0] * on[0] + back[1] * on[1];
    let across = back[0] * on[1] - back[1] * on[0];
    let long = |leg: [f64; 2]| leg[0] * leg[0] + leg[1] * leg[1] > SPIKE_LEG_M * SPIKE_LEG_M;
    along > 0.0 && across.abs() < SPIKE_TANGENT * along && long(back) && long(on)
}

/// Holes lie inside the outer ring and apart from each other; they may touch in points.
fn check_holes(rings: &[Ring<'_>], found: &mut Vec<Problem>) {
    let mut stray = vec![false; rings.len()];
    for (i, hole) in rings.iter().enumerate().skip(1) {
        let problem = match rings[0].meeting(hole) {
            Err(_) => Some(("too-tangled", "has too many edges side by side to be checked".to_owned(), None)),
            Ok(Some(Meeting::Cross(p))) => Some(("rings-cross", format!("crosses ring 1 near {}", at(p)), Some(p))),
            Ok(_) if rings[0].side_of_ring(hole) != Side::Inside => {
                Some(("hole-outside", "the hole lies outside its polygon".to_owned(), None))
            }
            Ok(Some(Meeting::Along(p))) => Some(("rings-touch", format!("runs along ring 1 near {}", at(p)), Some(p))),
            Ok(None) => None,
        };
        stray[i] = problem.is_some();
        found.extend(problem.map(|(kind, text, place)| {
            refusal(kind, format!("ring {}: {text}", i + 1), place.or(Some(hole.points[0])), hole.points)
        }));
    }
    for_pairs(&rings[1..], &mut |a, b| {
        let (i, j) = (a + 1, b + 1);
        if stray[i] || stray[j] {
            return;
        }
        let text = match rings[i].meeting(&rings[j]) {
            Ok(Some(Meeting::Cross(p))) => Some(("rings-cross", format!("crosses ring {} near {}", i + 1, at(p)))),
            Ok(Some(Meeting::Along(p))) => Some(("rings-touch", format!("runs along ring {} near {}", i + 1, at(p)))),
            _ if nested(&rings[i], &rings[j]) => Some(("rings-cross", format!("overlaps ring {}", i + 1))),
            _ => None,
        };
        found.extend(text.map(|(kind, text)| {
            refusal(kind, format!("ring {}: {text}", j + 1), Some(rings[j].points[0]), rings[j].points)
        }));
    });
}

/// Parts of one feature may touch but not cover the same land; a part may lie in a hole of another.
fn check_parts(parts: &[Vec<Ring<'_>>], found: &mut Vec<Problem>) {
    let outers: Vec<Ring<'_>> = parts.iter().map(|rings| Ring::new(rings[0].points)).collect();
    for_pairs(&outers, &mut |i, j| {
        let meetings = parts[i].iter().flat_map(|a| parts[j].iter().map(move |b| a.meeting(b)));
        let mut along = None;
        for meeting in meetings {
            match meeting {
                Ok(Some(Meeting::Cross(p))) => {
                    let text = format!("part {} overlaps part {} near {}", j + 1, i + 1, at(p));
                    return found.push(refusal("parts-overlap", text, Some(p), outers[j].points));
                }
                Ok(Some(Meeting::Along(p))) => along = along.or(Some(p)),
                _ => {}
            }
        }
        if covers(&parts[i], &outers[j]) || covers(&parts[j], &outers[i]) {
            let text = format!("part {} overlaps part {}", j + 1, i + 1);
            found.push(refusal("parts-overlap", text, Some(outers[j].points[0]), outers[j].points));
        } else if let Some(p) = along {
            let text = format!("part {} shares a border with part {} near {}", j + 1, i + 1, at(p));
            found.push(warning("parts-touch", text, p, outers[j].points));
        }
    });
}

/// Whether a ring that crosses no ring of the part lies on the part's land.
fn covers(part: &[Ring<'_>], ring: &Ring<'_>) -> bool {
    part[0].side_of_ring(ring) != Side::Outside && part[1..].iter().all(|hole| hole.side_of_ring(ring) == Side::Outside)
}

fn nested(a: &Ring<'_>, b: &Ring<'_>) -> bool {
    a.side_of_ring(b) != Side::Outside || b.side_of_ring(a) != Side::Outside
}

/// Every pair of rings whose boxes meet, the earlier first.
fn for_pairs(rings: &[Ring<'_>], visit: &mut dyn FnMut(usize, usize)) {
    if rings.len() < 2 {
        return;
    }
    let mut order: Vec<usize> = (0..rings.len()).collect();
    order.sort_by(|a, b| rings[*a].frame[0].total_cmp(&rings[*b].frame[0]));
    let frame = |i: usize| -> Box2<f64> { rings[order[i]].frame };
    let tree = BoxTree::new((0..order.len()).map(frame));
    for i in 0..order.len() {
        let mut met = vec![];
        let _ = tree.visit(frame(i), &mut |j| {
            if j > i {
                met.push(j);
            }
            std::ops::ControlFlow::Continue(())
        });
        met.sort_unstable();
        met.into_iter().for_each(|j| visit(order[i].min(order[j]), order[i].max(order[j])));
    }
}

fn refusal(kind: &'static str, text: String, at: Option<GridCoord>, outline: &[GridCoord]) -> Problem {
    Problem { kind, severity: Severity::Refusal, text, at, outline: outline.to_vec() }
}

fn warning(kind: &'static str, text: String, at: GridCoord, outline: &[GridCoord]) -> Problem {
    Problem { kind, severity: Severity::Warning, text, at: Some(at), outline: outline.to_vec() }
}

/// `E 512345.678 N 2300000.000`.
pub fn at([easting, northing]: GridCoord) -> String {
    format!("E {easting:.3} N {northing:.3}")
}

/// Twice the area, positive when counter-clockwise. Taken from the first corner, so that the large
/// coordinates of a projected system do not eat the digits.
pub fn twice_signed_area(ring: &[GridCoord]) -> f64 {
    let Some([x0, y0]) = ring.first().copied() else { return 0.0 };
    (1..ring.len().saturating_sub(1))
        .map(|i| (ring[i][0] - x0) * (ring[i + 1][1] - y0) - (ring[i + 1][0] - x0) * (ring[i][1] - y0))
        .sum()
}

/// Area of a feature in square units of its coordinates: outer rings less holes.
pub fn area(shapes: &Shapes<GridCoord>, feature: usize) -> f64 {
    let part_area = |part: usize| {
        let mut areas = shapes.rings(part).map(|ring| twice_signed_area(shapes.ring(ring)).abs() / 2.0);
        areas.next().unwrap_or(0.0) - areas.sum::<f64>()
    };
    shapes.parts(feature).map(part_area).sum()
}

/// Whether a point lies inside a ring, by the even-odd rule.
pub fn inside(p: GridCoord, ring: &[GridCoord]) -> bool {
    (0..ring.len()).filter(|i| crosses_ray(ring[*i], ring[(i + 1) % ring.len()], p)).count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn polygon(parts: &[&[&[GridCoord]]]) -> Shapes<GridCoord> {
        let mut shapes = Shapes::new(GeometryKind::Polygon);
        for part in parts {
            for ring in *part {
                shapes.coords.extend_from_slice(ring);
                shapes.end_ring();
            }
            shapes.end_part();
        }
        shapes.end_feature();
        shapes
    }

    fn kinds(parts: &[&[&[GridCoord]]]) -> Vec<&'static str> {
        problems(&polygon(parts), 0).iter().map(|problem| problem.kind).collect()
    }

    fn square(x: f64, y: f64, side: f64) -> Vec<GridCoord> {
        vec![[x, y], [x + side, y], [x + side, y + side], [x, y + side]]
    }

    const SQUARE: &[GridCoord] = &[[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]];

    #[test]
    fn a_square_with_a_hole_is_valid_and_has_its_area() {
        let shape = polygon(&[&[SQUARE, &[[2.0, 2.0], [2.0, 4.0], [4.0, 4.0], [4.0, 2.0]]]]);
        assert_eq!(problems(&shape, 0), vec![]);
        assert_eq!(area(&shape, 0), 96.0);
    }

    #[test]
    fn a_bow_tie_a_repeated_point_a_sliver_and_a_stray_hole_are_named() {
        assert_eq!(kinds(&[&[&[[0.0, 0.0], [10.0, 10.0], [10.0, 0.0], [0.0, 11.0]]]]), ["self-crossing"]);
        assert_eq!(kinds(&[&[&[[0.0, 0.0], [10.0, 0.0], [10.0, 0.0], [0.0, 10.0]]]]), ["repeated-point"]);
        assert_eq!(kinds(&[&[&[[0.0, 0.0], [10.0, 0.0], [20.0, 0.0]]]]), ["no-area"]);
        assert_eq!(kinds(&[&[SQUARE, &square(20.0, 20.0, 1.0)]]), ["hole-outside"]);
        assert_eq!(kinds(&[&[&SQUARE[..2]]]), ["ring-too-short"]);
        assert_eq!(kinds(&[&[&[[0.0, 0.0], [f64::NAN, 0.0], [1.0, 1.0]]]]), ["not-a-number"]);
    }

    #[test]
    fn the_place_and_the_ring_of_a_problem_can_be_drawn() {
        let found = problems(&polygon(&[&[SQUARE, &square(20.0, 20.0, 1.0)]]), 0);
        assert_eq!(found[0].at, Some([20.0, 20.0]));
        assert_eq!(found[0].outline, square(20.0, 20.0, 1.0));
        assert_eq!(found[0].text, "ring 2: the hole lies outside its polygon");
    }

    #[test]
    fn holes_that_cross_lie_in_each_other_or_share_a_line_are_refused() {
        let hole = square(2.0, 2.0, 3.0);
        assert_eq!(kinds(&[&[SQUARE, &hole, &square(4.0, 4.0, 3.0)]]), ["rings-cross"]);
        assert_eq!(kinds(&[&[SQUARE, &hole, &square(3.0, 3.0, 1.0)]]), ["rings-cross"]);
        assert_eq!(kinds(&[&[SQUARE, &hole, &hole]]), ["rings-touch"]);
        assert_eq!(kinds(&[&[SQUARE, &hole, &square(5.0, 3.0, 1.0)]]), ["rings-touch"]);
        assert_eq!(kinds(&[&[SQUARE, &square(0.0, 3.0, 1.0)]]), ["rings-touch"]);
        assert_eq!(kinds(&[&[SQUARE, &square(8.0, 8.0, 4.0)]]), ["rings-cross"]);
    }

    #[test]
    fn holes_may_touch_in_points() {
        assert!(kinds(&[&[SQUARE, &square(2.0, 2.0, 3.0), &square(5.0, 5.0, 3.0)]]).is_empty());
        assert!(kinds(&[&[SQUARE, &[[0.0, 5.0], [3.0, 4.0], [3.0, 6.0]]]]).is_empty());
    }

    #[test]
    fn parts_may_lie_in_holes_and_touch_but_not_overlap() {
        let hole = square(2.0, 2.0, 5.0);
        assert!(kinds(&[&[SQUARE, &hole], &[&square(3.0, 3.0, 1.0)]]).is_empty());
        assert!(kinds(&[&[SQUARE], &[&square(10.0, 10.0, 1.0)]]).is_empty());
        assert_eq!(kinds(&[&[SQUARE], &[&square(10.0, 2.0, 1.0)]]), ["parts-touch"]);
        assert_eq!(kinds(&[&[SQUARE], &[&square(9.0, 9.0, 5.0)]]), ["parts-overlap"]);
        assert_eq!(kinds(&[&[SQUARE], &[&square(2.0, 2.0, 1.0)]]), ["parts-overlap"]);
        assert_eq!(kinds(&[&[SQUARE], &[SQUARE]]), ["parts-overlap"]);
        assert_eq!(kinds(&[&[&square(2.0, 2.0, 1.0)], &[SQUARE, &square(7.0, 7.0, 1.0)]]), ["parts-overlap"]);
    }

    #[test]
    fn spikes_slivers_and_points_that_nearly_coincide_are_warned_of() {
        let spike = [[0.0, 0.0], [10.0, 0.0], [10.0, 5.0], [30.0, 5.02], [10.0, 5.05], [10.0, 10.0], [0.0, 10.0]];
        assert_eq!(kinds(&[&[&spike]]), ["spike"]);
        let near = [[0.0, 0.0], [10.0, 0.0], [10.0, 0.0005], [10.0, 10.0], [0.0, 10.0]];
        assert_eq!(kinds(&[&[&near]]), ["near-point"]);
        assert_eq!(kinds(&[&[&square(0.0, 0.0, 0.3)]]), ["sliver"]);
        assert_eq!(kinds(&[&[&[[0.0, 0.0], [50.0, 0.0], [50.0, 0.009], [0.0, 0.009]]]]), ["sliver"]);
        let found = problems(&polygon(&[&[&spike]]), 0);
        assert_eq!((found[0].severity, found[0].at), (Severity::Warning, Some([30.0, 5.02])));
    }

    #[test]
    fn a_comb_of_a_hundred_thousand_vertical_edges_is_checked_in_well_under_a_second() {
        let mut comb: Vec<GridCoord> =
            (0..100_000).map(|i| [f64::from(i / 2), if i % 4 == 0 || i % 4 == 3 { 1000.0 } else { 1.0 }]).collect();
        let tooth = comb[50_001];
        comb.extend([[60_000.0, 0.0], [-1.0, 0.0], [-1.0, 1000.0]]);
        let start = std::time::Instant::now();
        let found = problems(&polygon(&[&[&comb]]), 0);
        assert_eq!(found.iter().map(|p| p.kind).collect::<Vec<_>>(), ["many-points"]);
        comb[50_001] = [tooth[0] + 7.5, tooth[1]];
        assert_eq!(problems(&polygon(&[&[&comb]]), 0)[0].kind, "self-crossing");
        assert!(start.elapsed().as_secs_f64() < 1.0, "{:?}", start.elapsed());
    }

    #[test]
    fn a_hatching_that_no_search_gets_through_is_refused_in_time() {
        let hatching: Vec<GridCoord> = (0..100_000)
            .map(|i| {
                let step = f64::from(i / 2) * 0.01;
                if (i % 4) % 3 == 0 { [step, 0.0] } else { [step + 3000.0, 5000.0] }
            })
            .chain([[5000.0, -1.0], [-1.0, -1.0]])
            .collect();
        assert_eq!(problems(&polygon(&[&[&hatching]]), 0)[0].kind, "too-tangled");
    }

    #[test]
    fn long_rings_and_short_ones_are_judged_alike() {
        let star = |n: usize, turn: f64| -> Vec<GridCoord> {
            let corner = |i: usize| {
                let angle = std::f64::consts::TAU * i as f64 / n as f64 * turn;
                let r = if i.is_multiple_of(2) { 100.0 } else { 60.0 };
                [r * angle.cos(), r * angle.sin()]
            };
            (0..n).map(corner).collect()
        };
        for n in [8, 30, 34, 200, 2000] {
            let ring = star(n, 1.0);
            assert!(!kinds(&[&[&ring]]).contains(&"self-crossing"), "{n}");
            let sides = |p| (Ring::new(&ring).side_of(p) == Side::Inside, inside(p, &ring));
            for p in [[0.0, 0.0], [59.0, 1.0], [99.0, 30.0], [-70.0, 3.0], [200.0, 0.0]] {
                let (one, other) = sides(p);
                assert_eq!(one, other, "{n} {p:?}");
            }
            assert_eq!(kinds(&[&[&star(n, 2.01)]]), ["self-crossing"], "{n}");
        }
    }
}

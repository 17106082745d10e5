//! Inspection of whole layers: neighbours that overlap or leave gaps, and how long it takes.

use std::time::Instant;

use congbo::inspect::finding::{Finding, Severity};
use congbo::inspect::neighbours::{Neighbours, Tolerances, check};
use congbo::inspect::{geometry, neighbours};
use congbo::model::shapes::{GeometryKind, GridCoord, Shapes};
use proptest::prelude::*;

type Ring = Vec<GridCoord>;

/// Rings of parcels of one part: outer, then holes.
type Parcel = Vec<Ring>;

const CORNER: GridCoord = [512_000.0, 2_300_000.0];

/// A layer of parcels; the rings are given from the corner (0, 0).
fn layer(parcels: &[Parcel]) -> Shapes<GridCoord> {
    let mut shapes = Shapes::new(GeometryKind::Polygon);
    for parcel in parcels {
        for ring in parcel {
            shapes.coords.extend(ring.iter().map(|[x, y]| [CORNER[0] + x, CORNER[1] + y]));
            shapes.end_ring();
        }
        shapes.end_part();
        shapes.end_feature();
    }
    shapes
}

fn rectangle(x: f64, y: f64, width: f64, height: f64) -> Ring {
    vec![[x, y], [x + width, y], [x + width, y + height], [x, y + height]]
}

/// `columns` × `rows` four-sided parcels of about 20 m whose corners are shaken, written to the millimetre.
fn quilt(columns: usize, rows: usize, seed: u64) -> Vec<Parcel> {
    let corner = |i: usize, j: usize| {
        let shake = |salt: u64| {
            let mixed = (seed ^ salt ^ ((i as u64) << 32 | j as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15))
                .wrapping_mul(0xd6e8_feb8_6659_fd93);
            ((mixed >> 40) % 8000) as f64 / 1000.0 - 4.0
        };
        [i as f64 * 20.0 + shake(1), j as f64 * 20.0 + shake(2)].map(|v| (v * 1000.0).round() / 1000.0)
    };
    let mut parcels = vec![];
    for j in 0..rows {
        for i in 0..columns {
            parcels.push(vec![vec![corner(i, j), corner(i + 1, j), corner(i + 1, j + 1), corner(i, j + 1)]]);
        }
    }
    parcels
}

fn checked(parcels: &[Parcel]) -> Neighbours {
    check(&layer(parcels), &|i| format!("parcel {i}"), &Tolerances::default())
}

fn kinds(found: &Neighbours) -> Vec<&'static str> {
    found.findings.iter().map(|finding| finding.kind).collect()
}

fn shift(parcel: &mut Parcel, dx: f64, dy: f64) {
    parcel.iter_mut().flatten().for_each(|point| *point = [point[0] + dx, point[1] + dy]);
}

/// 5 × 5 squares of 20 m: number 12 is in the middle.
fn squares() -> Vec<Parcel> {
    (0..25).map(|i| vec![rectangle(f64::from(i % 5) * 20.0, f64::from(i / 5) * 20.0, 20.0, 20.0)]).collect()
}

fn near(value: f64, expected: f64) -> bool {
    (value - expected).abs() <= 0.01 * expected
}

fn lies_in(finding: &Finding, x: (f64, f64), y: (f64, f64)) -> bool {
    let [e, n] = finding.at.unwrap();
    let (e, n) = (e - CORNER[0], n - CORNER[1]);
    e >= x.0 && e <= x.1 && n >= y.0 && n <= y.1
}

#[test]
fn an_exact_coverage_has_no_finding_and_every_inner_edge_is_matched() {
    let found = checked(&squares());
    assert!(found.findings.is_empty(), "{:#?}", found.findings);
    assert_eq!((found.matched_edges, found.unmatched_edges), (80, 20));
    assert_eq!((found.within_tolerance, found.uncovered_faces), (0, 0));
}

#[test]
fn a_parcel_shifted_by_some_millimetres_or_half_a_metre_overlaps_one_neighbour_and_leaves_a_gap_to_the_other() {
    for by in [0.005, 0.04, 0.45] {
        let mut parcels = squares();
        shift(&mut parcels[12], by, 0.0);
        let found = checked(&parcels);
        assert_eq!(kinds(&found), ["overlap", "gap"], "{by}: {:#?}", found.findings);
        assert!(near(found.overlap_area_m2, 20.0 * by), "{by}: {}", found.overlap_area_m2);
        let gap = &found.findings[1];
        assert!(near(found.gap_area_m2, 20.0 * by), "{by}: {}", found.gap_area_m2);
        assert!(lies_in(&found.findings[0], (60.0, 60.0 + by), (40.0, 60.0)), "{:?}", found.findings[0].at);
        assert!(lies_in(gap, (40.0, 40.0 + by), (40.0, 60.0)), "{:?}", gap.at);
        assert_eq!(found.owners[0], [12, 13]);
        assert!(found.owners[1].contains(&11) && found.owners[1].contains(&12), "{:?}", found.owners[1]);
        let expected = if by > 0.05 { Severity::Refusal } else { Severity::Warning };
        assert_eq!((found.findings[0].severity, gap.severity), (expected, Severity::Warning));
    }
}

#[test]
fn a_parcel_shifted_by_a_metre_overlaps_and_what_it_leaves_is_wide_enough_for_a_path() {
    let mut parcels = squares();
    shift(&mut parcels[12], 1.0, 0.0);
    let found = checked(&parcels);
    assert_eq!(kinds(&found), ["overlap"]);
    assert!(near(found.overlap_area_m2, 20.0) && found.findings[0].severity == Severity::Refusal);
    assert_eq!(found.uncovered_faces, 1);
}

#[test]
fn a_shift_across_both_axes_is_measured_on_all_four_sides() {
    let mut parcels = squares();
    shift(&mut parcels[12], 0.3, 0.2);
    let found = checked(&parcels);
    let overlaps: Vec<f64> =
        found.findings.iter().filter(|f| f.kind == "overlap").map(|f| f.area_m2.unwrap()).collect();
    // The neighbours to the north-east, east and north; those diagonal to the shift by corners.
    assert!(near(overlaps.iter().sum(), 20.0 * 20.0 - 19.7 * 19.8), "{overlaps:?}");
    assert!(near(found.gap_area_m2, 20.0 * 20.0 - 19.7 * 19.8), "{}", found.gap_area_m2);
}

#[test]
fn a_shift_under_a_millimetre_is_counted_and_measured_but_not_named() {
    let mut parcels = squares();
    shift(&mut parcels[12], 0.0006, 0.0);
    let found = checked(&parcels);
    assert!(found.findings.is_empty(), "{:#?}", found.findings);
    assert!(found.within_tolerance > 0 && near(found.largest_step_m, 0.0006), "{found:?}");
}

#[test]
fn a_missing_parcel_is_land_not_surveyed_and_no_gap() {
    let mut parcels = squares();
    parcels.remove(12);
    let found = checked(&parcels);
    assert!(found.findings.is_empty());
    assert_eq!(found.uncovered_faces, 1);
}

#[test]
fn a_parcel_that_stands_twice_is_in_the_same_place_as_itself() {
    let mut parcels = squares();
    parcels.push(parcels[12].clone());
    let found = checked(&parcels);
    assert_eq!(kinds(&found), ["same-place"]);
    assert_eq!((found.owners[0].as_slice(), found.findings[0].severity), (&[12, 25][..], Severity::Refusal));
    assert!(near(found.overlap_area_m2, 400.0));
}

#[test]
fn a_parcel_within_another_is_in_the_same_place() {
    let mut parcels = squares();
    parcels.push(vec![rectangle(45.0, 45.0, 5.0, 5.0)]);
    let found = checked(&parcels);
    assert_eq!(kinds(&found), ["same-place"]);
    assert!(near(found.overlap_area_m2, 25.0));
    assert!(lies_in(&found.findings[0], (45.0, 50.0), (45.0, 50.0)));
}

#[test]
fn a_layer_that_came_twice_a_metre_aside_is_found_in_its_middle_too() {
    let mut parcels = squares();
    let mut copy = squares();
    copy.iter_mut().for_each(|parcel| shift(parcel, 7.0, 0.0));
    parcels.extend(copy);
    let found = checked(&parcels);
    // 93 m of 100 in each of five rows are covered twice.
    assert!(near(found.overlap_area_m2, 93.0 * 100.0), "{}", found.overlap_area_m2);
    assert!(found.owners.iter().any(|pair| pair == &[12, 37]), "the middle of both");
    assert_eq!(found.gap_area_m2, 0.0);
}

#[test]
fn a_corner_on_a_neighbours_edge_is_no_gap_even_when_it_is_rounded_off_it() {
    let slanted = vec![vec![[0.0, 0.0], [30.0, 7.001], [30.0, 30.0], [0.0, 30.0]]];
    // 13 m along the edge the line is at 3.03377: written as 3.034.
    let west = vec![vec![[0.0, -20.0], [13.0, -20.0], [13.0, 3.034], [0.0, 0.0]]];
    let east = vec![vec![[13.0, -20.0], [30.0, -20.0], [30.0, 7.001], [13.0, 3.034]]];
    let found = checked(&[slanted, west, east]);
    assert!(found.findings.is_empty(), "{:#?}", found.findings);
    assert_eq!(found.within_tolerance, 1);
    assert!(found.largest_step_m > 0.0 && found.largest_step_m < 0.001);
}

#[test]
fn a_hole_filled_by_another_parcel_is_whole_and_one_filled_too_tightly_leaves_a_ring() {
    let hole: Ring = rectangle(5.0, 5.0, 10.0, 10.0).into_iter().rev().collect();
    let around = vec![rectangle(0.0, 0.0, 20.0, 20.0), hole];
    assert!(checked(&[around.clone(), vec![rectangle(5.0, 5.0, 10.0, 10.0)]]).findings.is_empty());
    let found = checked(&[around.clone(), vec![rectangle(5.02, 5.02, 9.96, 9.96)]]);
    assert_eq!(kinds(&found), ["gap"]);
    assert!(near(found.gap_area_m2, 100.0 - 9.96 * 9.96), "{}", found.gap_area_m2);
    assert_eq!(found.owners[0], [0, 1]);
    let empty = checked(&[around]);
    assert_eq!((empty.findings.len(), empty.uncovered_faces), (0, 1));
}

#[test]
fn islands_of_land_apart_from_each_other_have_nothing_to_do_with_each_other() {
    let islands: Vec<Parcel> = (0..50).map(|i| vec![rectangle(f64::from(i) * 37.0, 3.0, 20.0, 20.0)]).collect();
    let found = checked(&islands);
    assert!(found.findings.is_empty());
    assert_eq!((found.matched_edges, found.unmatched_edges), (0, 200));
}

#[test]
fn a_slit_that_opens_onto_the_road_is_a_gap() {
    let found = checked(&[vec![rectangle(0.0, 0.0, 20.0, 30.0)], vec![rectangle(20.04, 0.0, 20.0, 30.0)]]);
    assert_eq!(kinds(&found), ["gap"]);
    assert!(near(found.gap_area_m2, 0.04 * 30.0), "{}", found.gap_area_m2);
    let alley = checked(&[vec![rectangle(0.0, 0.0, 20.0, 30.0)], vec![rectangle(20.2, 0.0, 20.0, 30.0)]]);
    assert!(alley.findings.is_empty());
}

#[test]
fn the_order_of_the_source_does_not_change_what_is_found() {
    let mut parcels = quilt(12, 12, 7);
    for i in [13, 40, 77, 100] {
        shift(&mut parcels[i], 0.4, 0.1);
    }
    let found = checked(&parcels);
    let mut reversed = parcels.clone();
    reversed.reverse();
    let back = checked(&reversed);
    assert_eq!(found.findings.len(), back.findings.len());
    assert!((found.overlap_area_m2 - back.overlap_area_m2).abs() < 1e-6);
    assert!((found.gap_area_m2 - back.gap_area_m2).abs() < 1e-6);
}

#[test]
fn one_thread_and_many_find_the_same() {
    let mut parcels = quilt(30, 30, 3);
    (0..900).step_by(11).for_each(|i| shift(&mut parcels[i], 0.07, -0.2));
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        format!("{:?}", pool.install(|| checked(&parcels)))
    };
    assert_eq!(run(1), run(4));
}

#[test]
fn what_no_coverage_can_be_ends_without_a_panic() {
    let far = vec![vec![[0.0, 0.0], [9e8, 0.0], [9e8, 9e8]]];
    let odd = vec![vec![[0.0, f64::NAN], [1.0, 0.0], [1.0, 1.0]]];
    let short = vec![vec![[0.0, 0.0]]];
    let bow = vec![vec![[0.0, 0.0], [10.0, 10.0], [10.0, 0.0], [0.0, 11.0]]];
    checked(&[far, odd, short, bow.clone(), bow]);
    checked(&[]);
    checked(&[vec![]]);
    check(&Shapes::new(GeometryKind::Line), &|_| unreachable!(), &Tolerances::default());
}

#[test]
fn thousands_of_copies_of_one_parcel_stop_the_search_and_not_the_machine() {
    let copies: Vec<Parcel> = (0..3_000).map(|_| vec![rectangle(0.0, 0.0, 20.0, 20.0)]).collect();
    let found =
        check(&layer(&copies), &|i| i.to_string(), &Tolerances { most_findings: 1000, ..Tolerances::default() });
    assert!(found.cut_short && found.findings.len() >= 1000);
}

/// A quilt whose parcels are halved at random, so that corners meet edges.
fn halved(columns: usize, rows: usize, seed: u64) -> Vec<Parcel> {
    let mut parcels = vec![];
    for (i, parcel) in quilt(columns, rows, seed).into_iter().enumerate() {
        let ring = &parcel[0];
        if (seed >> (i % 60)) & 1 == 0 {
            parcels.push(parcel);
            continue;
        }
        let middle = |a: GridCoord, b: GridCoord| {
            [(a[0] + b[0]) / 2.0, (a[1] + b[1]) / 2.0].map(|v| (v * 1000.0).round() / 1000.0)
        };
        let (south, north) = (middle(ring[0], ring[1]), middle(ring[2], ring[3]));
        parcels.push(vec![vec![ring[0], south, north, ring[3]]]);
        parcels.push(vec![vec![south, ring[1], ring[2], north]]);
    }
    parcels
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_coverages_have_no_finding(seed in any::<u64>(), columns in 1usize..15, rows in 1usize..15) {
        let found = checked(&halved(columns, rows, seed));
        prop_assert!(found.findings.is_empty(), "{:#?}", found.findings);
        prop_assert_eq!(found.uncovered_faces, 0);
        prop_assert!(found.largest_step_m < 0.001);
    }

    /// The land is the same before and after: what one parcel now covers of another it has left elsewhere.
    #[test]
    fn a_parcel_moved_within_a_random_coverage_overlaps_as_much_as_it_uncovers(
        seed in any::<u64>(), dx in -2.0..2.0f64, dy in -2.0..2.0f64,
    ) {
        let mut parcels = quilt(7, 7, seed);
        let (dx, dy) = ((dx * 1000.0_f64).round() / 1000.0, (dy * 1000.0_f64).round() / 1000.0);
        prop_assume!(dx.hypot(dy) > 0.02);
        shift(&mut parcels[24], dx, dy);
        let tolerances = Tolerances { named_area_m2: 1e-6, same_m: 1e-4, gap_width_m: 50.0, ..Tolerances::default() };
        let found = check(&layer(&parcels), &|i| i.to_string(), &tolerances);
        prop_assert!(found.overlap_area_m2 > 0.0);
        prop_assert!((found.overlap_area_m2 - found.gap_area_m2).abs() <= 0.01 * found.overlap_area_m2,
            "{} {}", found.overlap_area_m2, found.gap_area_m2);
    }
}

#[test]
#[ignore = "a measurement: cargo test --release --test inspect -- --ignored --nocapture"]
fn how_long_a_million_parcels_take() {
    let shapes = layer(&quilt(1000, 1000, 1));
    let started = Instant::now();
    let found = neighbours::check(&shapes, &|i| i.to_string(), &Tolerances::default());
    println!("neighbours of {} parcels, {} edges matched: {:?}", shapes.len(), found.matched_edges, started.elapsed());
    assert!(found.findings.is_empty());
    let started = Instant::now();
    let problems: usize = (0..shapes.len()).map(|i| geometry::problems(&shapes, i).len()).sum();
    println!("shapes, one core: {:?}", started.elapsed());
    assert_eq!(problems, 0);
    // Every block of 4 × 4 parcels apart from the next by a road: half of the parcels face one.
    let mut blocks = quilt(1000, 1000, 1);
    for (i, parcel) in blocks.iter_mut().enumerate() {
        shift(parcel, (i % 1000 / 4) as f64 * 12.0, (i / 1000 / 4) as f64 * 12.0);
    }
    let shapes = layer(&blocks);
    let started = Instant::now();
    let found = neighbours::check(&shapes, &|i| i.to_string(), &Tolerances::default());
    println!("with roads, {} edges unmatched: {:?}", found.unmatched_edges, started.elapsed());
}

#[test]
fn every_kind_of_finding_in_the_code_stands_in_the_documentation_and_no_other() {
    let made = regex::Regex::new(r#"Finding::new\(\s*"([a-z-]+)""#).unwrap();
    let compound = regex::Regex::new(r#""([a-z]+(?:-[a-z]+)+)""#).unwrap();
    let (mut in_code, mut all_code) = (std::collections::BTreeSet::new(), String::new());
    for file in ["src/inspect", "src/snapshot"].into_iter().flat_map(code_below) {
        let code = std::fs::read_to_string(&file).unwrap();
        let code = code.split("#[cfg(test)]").next().unwrap();
        in_code.extend(made.captures_iter(code).map(|found| found[1].to_owned()));
        if file.starts_with("src/inspect") {
            in_code.extend(compound.captures_iter(code).map(|found| found[1].to_owned()));
        }
        all_code.push_str(code);
    }
    let document = std::fs::read_to_string("docs/findings.md").unwrap();
    let row = regex::Regex::new(r"(?m)^\| `([a-z-]+)` \| \S.* \| \S.* \| \S.* \|$").unwrap();
    let documented: std::collections::BTreeSet<String> =
        row.captures_iter(&document).map(|found| found[1].to_owned()).collect();
    let missing: Vec<_> = in_code.difference(&documented).collect();
    assert!(missing.is_empty(), "not in docs/findings.md: {missing:?}");
    let unknown: Vec<_> = documented.iter().filter(|kind| !all_code.contains(&format!("\"{kind}\""))).collect();
    assert!(unknown.is_empty(), "no code finds {unknown:?}");
    assert!(in_code.len() > 20);
}

fn code_below(folder: &str) -> Vec<std::path::PathBuf> {
    let mut folders = vec![std::path::PathBuf::from(folder)];
    let mut files = vec![];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files
}

/// Writes the map of faults where a foreign reader can open it: `CONGBO_FAULT_MAP=FILE cargo test …`.
#[test]
fn the_map_of_faults_holds_polygons_lines_and_points_in_the_zone_of_the_data() {
    use flatgeobuf::{FallibleStreamingIterator, FeatureProperties, FgbReader, GeometryType};
    let mut parcels = squares();
    shift(&mut parcels[12], 0.3, 0.2);
    let mut findings = checked(&parcels).findings;
    let fault = || {
        congbo::error::Fault::new(congbo::error::Stage::Inspect, congbo::error::Exit::Quality, "is odd")
            .feature("parcel 7")
    };
    findings.push(Finding::new("spike", Severity::Warning, fault()).at(CORNER).commune("99001"));
    let line = vec![CORNER, [CORNER[0] + 5.0, CORNER[1]]];
    findings.push(Finding::new("sliver", Severity::Warning, fault()).outline(line));
    findings.push(Finding::new("no-price", Severity::Warning, fault()));
    let zone = congbo::model::crs::Vn2000Zone::from_epsg(9210).unwrap();
    let bytes = congbo::inspect::fault_map::encode(&findings, zone).unwrap();
    if let Ok(file) = std::env::var("CONGBO_FAULT_MAP") {
        std::fs::write(file, &bytes).unwrap();
    }
    let mut reader = FgbReader::open(std::io::Cursor::new(&bytes)).unwrap().select_all().unwrap();
    assert_eq!(reader.header().crs().unwrap().code(), 9210);
    assert_eq!(reader.header().geometry_type(), GeometryType::Unknown);
    let mut kinds = vec![];
    while let Some(feature) = reader.next().unwrap() {
        kinds.push((feature.property::<String>("kind").unwrap(), feature.geometry().unwrap().type_()));
    }
    assert_eq!(kinds.len(), findings.len() - 1, "the one of a table has no place");
    assert!(kinds.contains(&("spike".to_owned(), GeometryType::Point)));
    assert!(kinds.contains(&("sliver".to_owned(), GeometryType::LineString)));
    assert!(kinds.contains(&("overlap".to_owned(), GeometryType::Polygon)));
    assert!(congbo::inspect::fault_map::encode(&[], zone).is_ok());
}

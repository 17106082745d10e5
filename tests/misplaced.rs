//! Data in the wrong place looks right in a table: a thousand datasets with a wrong meridian, swapped axes, a
//! wrong scale or a shift are offered for approval, and none may pass.

mod demo_site;

use std::path::Path;

use congbo::config::dataset::Source;
use congbo::error::Result;
use congbo::model::crs::Vn2000Zone;
use congbo::model::shapes::{GridCoord, Shapes};
use congbo::progress::Silent;
use congbo::project::vn2000::Transformer;
use congbo::read::{self, DeclaredCrs, Each, Row, Table};
use congbo::snapshot::approve::approve;
use congbo::snapshot::signature::{self, Signer};
use demo_site::DemoSite;

const DATASET: &str = "content/data/thua-dat-an-minh";
const MUTANTS: usize = 1_000;

/// A source whose coordinates somebody got wrong.
struct Mutated<'a> {
    columns: Vec<String>,
    rows: &'a [(Row, Shapes<GridCoord>)],
    wrong: Box<dyn Fn(GridCoord) -> GridCoord>,
}

impl Table for Mutated<'_> {
    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn crs(&self) -> DeclaredCrs {
        DeclaredCrs::Unknown
    }

    fn rows(&self, columns: &[&str], each: &mut Each<'_>) -> Result<()> {
        let wanted: Vec<usize> =
            columns.iter().map(|name| self.columns.iter().position(|column| column == name).unwrap()).collect();
        self.rows.iter().try_for_each(|(row, shape)| {
            let values = wanted.iter().map(|i| row.values[*i].clone()).collect();
            each(Row { place: row.place.clone(), values }, Ok(shape.map(|coord| (self.wrong)(*coord))))
        })
    }
}

/// What happened to the coordinates, and the zone the dataset then claims.
struct Mistake {
    name: String,
    claimed: u16,
    wrong: Box<dyn Fn(GridCoord) -> GridCoord>,
}

/// Draws mistakes in turn; `seed` moves what has a size.
fn mistake(seed: usize, truth: u16) -> Mistake {
    let zones: Vec<u16> = Vn2000Zone::all().map(|zone| zone.epsg).collect();
    let other = zones.iter().copied().filter(|zone| *zone != truth).nth(seed / 8 % (zones.len() - 1)).unwrap();
    let metres = 120.0 + (seed * 7 % 1900) as f64;
    let turn = seed as f64;
    let mistake =
        |name: String, claimed: u16, wrong: Box<dyn Fn(GridCoord) -> GridCoord>| Mistake { name, claimed, wrong };
    match seed % 8 {
        0 => mistake(format!("claims EPSG:{other}"), other, Box::new(|coord| coord)),
        1 => mistake(format!("is exported in EPSG:{other}"), truth, reprojected(truth, other)),
        2 => mistake("northing first".into(), truth, Box::new(|[e, n]| [n, e])),
        3 => mistake(format!("northing first, claims EPSG:{other}"), other, Box::new(|[e, n]| [n, e])),
        4 => mistake(
            "scale 0.9996 of UTM".into(),
            truth,
            Box::new(|[e, n]| [500_000.0 + (e - 500_000.0) * 0.9996 / 0.9999, n * 0.9996 / 0.9999]),
        ),
        5 => mistake(
            format!("shifted by {metres} m"),
            truth,
            Box::new(move |[e, n]| [e + metres * turn.cos(), n + metres * turn.sin()]),
        ),
        6 => mistake("zone number before the easting".into(), truth, Box::new(|[e, n]| [e + 48_000_000.0, n])),
        _ => mistake("degrees".into(), truth, degrees(truth, seed.is_multiple_of(16))),
    }
}

fn reprojected(from: u16, to: u16) -> Box<dyn Fn(GridCoord) -> GridCoord> {
    let [from, to] = [from, to].map(|epsg| Transformer::new(Vn2000Zone::from_epsg(epsg).unwrap()));
    Box::new(move |coord| to.grid_from_degrees(from.degrees_from_grid(coord).unwrap()).unwrap())
}

fn degrees(from: u16, latitude_first: bool) -> Box<dyn Fn(GridCoord) -> GridCoord> {
    let from = Transformer::new(Vn2000Zone::from_epsg(from).unwrap());
    Box::new(move |coord| {
        let [lon, lat] = from.degrees_from_grid(coord).unwrap();
        if latitude_first { [lat, lon] } else { [lon, lat] }
    })
}

#[test]
fn none_of_a_thousand_misplaced_datasets_is_approved_and_the_true_one_is() {
    let keys = tempfile::tempdir().unwrap();
    signature::make_key(&keys.path().join("approver"), None).unwrap();
    let site = DemoSite::approved(&keys.path().join("approver.key"));
    let signer = Signer::open(&keys.path().join("approver.key"), None).unwrap();
    let place = own_dataset(&site);
    let description = std::fs::read_to_string(place.join("dataset.toml")).unwrap();
    let (columns, rows) = parcels(site.path());
    let try_one = |mistake: Mistake| {
        std::fs::write(
            place.join("dataset.toml"),
            description.replace("EPSG:9210", &format!("EPSG:{}", mistake.claimed)),
        )
        .unwrap();
        let wrong = std::cell::RefCell::new(Some(mistake.wrong));
        let open = |_: &Path, _: &Path, _: &Source| -> Result<Box<dyn Table>> {
            let wrong = wrong.take().unwrap();
            Ok(Box::new(Mutated { columns: columns.clone(), rows, wrong }))
        };
        (approve(site.path(), Path::new(DATASET), &signer, &open, &Silent).is_ok(), mistake.name)
    };
    let (approved, _) = try_one(Mistake { name: "none".into(), claimed: 9210, wrong: Box::new(|coord| coord) });
    assert!(approved, "the true dataset is refused");
    let passed: Vec<String> = (0..MUTANTS)
        .map(|seed| try_one(mistake(seed, 9210)))
        .filter(|(approved, _)| *approved)
        .map(|(_, name)| name)
        .collect();
    assert!(passed.is_empty(), "{} misplaced datasets passed: {passed:?}", passed.len());
}

/// The dataset as a folder of its own, so that its description can be changed.
fn own_dataset(site: &DemoSite) -> std::path::PathBuf {
    let content = site.path().join("content");
    let original = std::fs::read_link(&content).unwrap();
    std::fs::remove_file(&content).unwrap();
    let place = site.path().join(DATASET);
    std::fs::create_dir_all(&place).unwrap();
    for entry in std::fs::read_dir(original.join("data/thua-dat-an-minh")).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), place.join(entry.file_name())).unwrap();
    }
    place
}

/// Every fifth parcel of the commune, of which the whole extent remains.
fn parcels(site: &Path) -> (Vec<String>, &'static [(Row, Shapes<GridCoord>)]) {
    let config = congbo::config::dataset::DatasetConfig::load(site, Path::new(DATASET)).unwrap();
    let table = read::open(site, &Path::new(DATASET).join(&config.source[0].file), &config.source[0]).unwrap();
    let columns = table.columns().to_vec();
    let mut rows = vec![];
    let names: Vec<&str> = columns.iter().map(String::as_str).collect();
    table
        .rows(&names, &mut |row, shape| {
            rows.push((row, shape.unwrap()));
            Ok(())
        })
        .unwrap();
    let kept: Vec<_> = rows.into_iter().enumerate().filter(|(i, _)| i % 5 == 0).map(|(_, row)| row).collect();
    (columns, kept.leak())
}

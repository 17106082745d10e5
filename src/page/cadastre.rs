//! Parcels: a province has more of them than memory should hold. What the pages must know of every map sheet is
//! gathered once; the parcels themselves pass by, a commune at a time.

use std::collections::BTreeMap;
use std::path::Path;

use rayon::prelude::*;

use super::{lonlat, sheet_drawing};
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::model::parcel::Parcel;
use crate::model::shapes::{Shapes, WorldCoord};
use crate::snapshot::succession::Standing;
use crate::snapshot::{Content, Layer, Snapshot, parcel_runs};

pub struct Cadastre<'s> {
    site_dir: &'s Path,
    current: &'s [Snapshot],
    /// Dataset → commune and sheet number → what is known of the sheet; superseded datasets among them.
    sheets: BTreeMap<&'s str, BTreeMap<(String, u32), SheetFacts>>,
}

/// What is known of a map sheet without its parcels.
pub struct SheetFacts {
    /// The parcels' numbers: first and last of each run, in order.
    pub numbers: Vec<[u32; 2]>,
    pub parcels: usize,
    /// Sum of the approved areas.
    pub area_m2: f64,
    /// West, south, east, north in degrees; `None` when no parcel has a coordinate.
    pub bounds: Option<[f64; 4]>,
    /// Convex hull in world units.
    pub hull: Vec<[f64; 2]>,
}

/// The parcels of one map sheet, while they are in memory.
pub struct SheetParcels<'p> {
    layer: &'p Layer<Parcel>,
    /// Rows of the layer in the order of their parcel numbers.
    rows: Vec<usize>,
}

/// The parcels of one commune out of one dataset.
pub struct Run<'s> {
    layer: RunLayer<'s>,
    /// Rows of the layer.
    rows: Vec<usize>,
}

enum RunLayer<'s> {
    InMemory(&'s Layer<Parcel>),
    Read(Box<Layer<Parcel>>),
}

impl<'s> Cadastre<'s> {
    /// Reads the parcels of every dataset once.
    ///
    /// # Errors
    /// All faults of all datasets that cannot be read again.
    pub fn survey(site_dir: &'s Path, standing: &'s Standing) -> Result<Self> {
        let mut faults = vec![];
        let mut sheets = BTreeMap::new();
        for snapshot in standing.all().filter(|snapshot| holds_parcels(snapshot)) {
            match sheets_of(site_dir, snapshot) {
                Ok(found) => {
                    sheets.insert(snapshot.id.as_str(), found);
                }
                Err(failure) => faults.extend(failure.faults),
            }
        }
        Failure::unless_empty(faults).map(|()| Cadastre { site_dir, current: &standing.current, sheets })
    }

    /// The sheets of one dataset in the order of commune and number.
    pub fn sheets(&self, dataset: &str) -> impl Iterator<Item = (&str, u32, &SheetFacts)> {
        let of_dataset = self.sheets.get(dataset).into_iter().flatten();
        of_dataset.map(|((commune, number), facts)| (commune.as_str(), *number, facts))
    }

    /// How many parcels of a commune a dataset holds, and the box around them in degrees.
    pub fn extent(&self, dataset: &str, commune: &str) -> (u64, Option<[f64; 4]>) {
        let of_commune = || self.sheets(dataset).filter(|(code, ..)| *code == commune);
        let bounds = of_commune().filter_map(|(.., facts)| facts.bounds).reduce(lonlat::union);
        (of_commune().map(|(.., facts)| facts.parcels as u64).sum(), bounds)
    }

    /// Hands over the current parcels of each commune out of each dataset, and lets go of them before the next.
    pub fn each_run(&self, mut take: impl FnMut(Run<'s>) -> Result<()>) -> Result<()> {
        self.current.iter().try_for_each(|snapshot| runs(self.site_dir, snapshot, &mut take))
    }

    /// Hands over the current parcels of each commune, those of all its datasets together.
    pub fn each_commune(
        &self,
        mut take: impl FnMut(&str, &BTreeMap<u32, SheetParcels<'_>>) -> Result<()>,
    ) -> Result<()> {
        let mut waiting: BTreeMap<String, Vec<Run>> = BTreeMap::new();
        self.each_run(|run| {
            let commune = run.commune().to_owned();
            let runs = waiting.entry(commune.clone()).or_default();
            runs.push(run);
            if runs.len() < self.datasets_of(&commune) {
                return Ok(());
            }
            let runs = waiting.remove(&commune).unwrap_or_default();
            take(&commune, &runs.iter().flat_map(Run::sheets).collect())
        })
    }

    fn datasets_of(&self, commune: &str) -> usize {
        let holds = |snapshot: &&Snapshot| self.sheets(&snapshot.id).any(|(code, ..)| code == commune);
        self.current.iter().filter(holds).count()
    }
}

fn holds_parcels(snapshot: &Snapshot) -> bool {
    matches!(snapshot.content, Content::Parcels(_) | Content::ParcelsOnDisk)
}

fn sheets_of(site_dir: &Path, snapshot: &Snapshot) -> Result<BTreeMap<(String, u32), SheetFacts>> {
    let mut found = BTreeMap::new();
    runs(site_dir, snapshot, &mut |run: Run| {
        let sheets: Vec<(u32, SheetParcels)> = run.sheets().collect();
        let facts: Vec<(u32, SheetFacts)> =
            sheets.par_iter().map(|(number, parcels)| (*number, SheetFacts::of(parcels))).collect();
        for (number, facts) in facts {
            if found.insert((run.commune().to_owned(), number), facts).is_some() {
                return Err(out_of_order(snapshot, run.commune()).into());
            }
        }
        Ok(())
    })?;
    Ok(found)
}

/// The gate writes the rows of a commune one behind the other; two runs of one commune would be half a page each.
fn out_of_order(snapshot: &Snapshot, commune: &str) -> Fault {
    Fault::new(Stage::Page, Exit::Verification, "holds the parcels of a commune in several places")
        .file(format!("snapshots/{}", snapshot.id))
        .feature(format!("commune {commune}"))
        .remedy("approve the dataset again")
}

fn runs<'s>(site_dir: &Path, snapshot: &'s Snapshot, take: &mut impl FnMut(Run<'s>) -> Result<()>) -> Result<()> {
    match &snapshot.content {
        Content::Parcels(layer) => {
            let mut by_commune: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
            for (row, parcel) in layer.rows.iter().enumerate() {
                by_commune.entry(&parcel.commune_code).or_default().push(row);
            }
            by_commune.into_values().try_for_each(|rows| take(Run { layer: RunLayer::InMemory(layer), rows }))
        }
        Content::ParcelsOnDisk => parcel_runs::read(site_dir, snapshot)?.try_for_each(|layer| {
            let layer = layer?;
            take(Run { rows: (0..layer.rows.len()).collect(), layer: RunLayer::Read(Box::new(layer)) })
        }),
        _ => Ok(()),
    }
}

impl Run<'_> {
    fn layer(&self) -> &Layer<Parcel> {
        match &self.layer {
            RunLayer::InMemory(layer) => layer,
            RunLayer::Read(layer) => layer,
        }
    }

    fn commune(&self) -> &str {
        self.rows.first().map_or("", |row| self.layer().rows[*row].commune_code.as_str())
    }

    /// By number.
    fn sheets(&self) -> impl Iterator<Item = (u32, SheetParcels<'_>)> {
        let layer = self.layer();
        let mut by_number: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for row in &self.rows {
            by_number.entry(layer.rows[*row].sheet).or_default().push(*row);
        }
        by_number.into_iter().map(move |(number, mut rows)| {
            rows.sort_by_key(|row| (layer.rows[*row].number, *row));
            (number, SheetParcels { layer, rows })
        })
    }

    /// All parcels as one sheet would hold them.
    pub fn parcels(&self) -> SheetParcels<'_> {
        SheetParcels { layer: self.layer(), rows: self.rows.clone() }
    }
}

impl SheetFacts {
    fn of(parcels: &SheetParcels) -> Self {
        let bounds = parcels.rows.iter().filter_map(|row| lonlat::feature_bounds(parcels.world(), *row));
        SheetFacts {
            numbers: ranges(parcels.iter().map(|(_, parcel)| parcel.number)),
            parcels: parcels.rows.len(),
            area_m2: parcels.iter().map(|(_, parcel)| parcel.area_m2).sum(),
            bounds: bounds.reduce(lonlat::union),
            hull: sheet_drawing::hull(parcels),
        }
    }

    /// Every parcel number, in order.
    pub fn each_number(&self) -> impl Iterator<Item = u32> {
        self.numbers.iter().flat_map(|[first, last]| *first..=*last)
    }
}

/// First and last of each run; the numbers come in order.
fn ranges(numbers: impl Iterator<Item = u32>) -> Vec<[u32; 2]> {
    let mut runs: Vec<[u32; 2]> = vec![];
    for number in numbers {
        match runs.last_mut() {
            Some([_, last]) if number <= *last + 1 => *last = number,
            _ => runs.push([number, number]),
        }
    }
    runs
}

impl<'p> SheetParcels<'p> {
    /// Row and parcel, in the order of numbers.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &'p Parcel)> {
        let layer = self.layer;
        self.rows.iter().map(move |row| (*row, &*layer.rows[*row]))
    }

    pub fn rows(&self) -> &[usize] {
        &self.rows
    }

    pub fn world(&self) -> &'p Shapes<WorldCoord> {
        &self.layer.world
    }

    /// Rings of one parcel in VN-2000 metres: easting, northing.
    pub fn grid_rings(&self, row: usize) -> Vec<Vec<[f64; 2]>> {
        self.layer.grid.feature_rings(row).map(<[_]>::to_vec).collect()
    }

    /// Rings of one parcel in world units.
    pub fn world_rings(&self, row: usize) -> Vec<Vec<[f64; 2]>> {
        let to_f64 = |ring: &[WorldCoord]| ring.iter().map(|c| c.map(f64::from)).collect();
        self.layer.world.feature_rings(row).map(to_f64).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_a_row_are_one_range() {
        assert_eq!(ranges([1, 2, 3, 5, 7, 8].into_iter()), [[1, 3], [5, 5], [7, 8]]);
        assert!(ranges(std::iter::empty()).is_empty());
    }
}

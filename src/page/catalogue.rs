//! The snapshots turned round: from datasets that hold communes to communes that hold data.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::cadastre::{Cadastre, SheetFacts};
use super::lonlat;
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::model::admin_unit::AdminUnit;
use crate::model::coefficient::Coefficient;
use crate::model::land_use_plan::PlanZone;
use crate::model::price_table::PriceRow;
use crate::model::shapes::{Shapes, WorldCoord};
use crate::model::statistics::StatisticsRow;
use crate::model::text;
use crate::snapshot::succession::{Standing, Succession};
use crate::snapshot::{Content, Layer, Snapshot};

pub struct Catalogue<'a> {
    /// What is current.
    pub snapshots: &'a [Snapshot],
    pub superseded: &'a [Snapshot],
    pub succession: &'a Succession,
    pub cadastre: &'a Cadastre<'a>,
    /// By five-digit code.
    pub communes: BTreeMap<&'a str, Commune<'a>>,
    /// Superseded price tables and plans alone, by commune: they keep their pages and are found nowhere else.
    pub past: BTreeMap<&'a str, Commune<'a>>,
}

pub struct Commune<'a> {
    pub code: &'a str,
    /// As the boundary dataset writes it (`Xã An Minh`); without one as the price table does, else the code.
    pub name: &'a str,
    pub unit: Option<Unit<'a>>,
    pub sheets: BTreeMap<u32, Sheet<'a>>,
    pub prices: Vec<PriceTable<'a>>,
    /// Price tables that may still be commented on: shown in their own place, never as prices.
    pub drafts: Vec<PriceTable<'a>>,
    pub coefficients: Vec<CoefficientTable<'a>>,
    pub plans: Vec<Plan<'a>>,
    pub statistics: Vec<(&'a Snapshot, &'a StatisticsRow)>,
}

pub struct Unit<'a> {
    pub snapshot: &'a Snapshot,
    pub facts: &'a AdminUnit,
    pub world: &'a Shapes<WorldCoord>,
    pub feature: usize,
}

/// A map sheet (*tờ bản đồ*) of one commune.
pub struct Sheet<'a> {
    pub number: u32,
    pub snapshot: &'a Snapshot,
    /// What is known while its parcels are not in memory.
    pub facts: &'a SheetFacts,
}

/// The rows of one commune in one price dataset, in the table's own order.
pub struct PriceTable<'a> {
    pub snapshot: &'a Snapshot,
    pub rows: Vec<&'a PriceRow>,
    /// By date of effect.
    pub amendments: Vec<PriceAmendment<'a>>,
    /// Row number of the table → the amendments that replace the row, wherever their own rows stand.
    pub replaced: BTreeMap<u32, Vec<&'a Snapshot>>,
}

/// The rows of one commune in one amendment of a price table.
pub struct PriceAmendment<'a> {
    pub snapshot: &'a Snapshot,
    pub rows: Vec<&'a PriceRow>,
}

/// The rows of one commune in one dataset of coefficients, in the order of the snapshot.
pub struct CoefficientTable<'a> {
    pub snapshot: &'a Snapshot,
    pub rows: Vec<&'a Coefficient>,
}

/// The zones of one commune in one planning dataset.
pub struct Plan<'a> {
    pub snapshot: &'a Snapshot,
    pub layer: &'a Layer<PlanZone>,
    /// Rows of the layer.
    pub features: Vec<usize>,
}

impl<'a> Catalogue<'a> {
    pub fn new(standing: &'a Standing, cadastre: &'a Cadastre<'a>) -> Result<Self> {
        let mut faults = vec![];
        let mut catalogue = Self::of(&standing.current, standing, cadastre, &mut faults);
        let readable = |s: &&Snapshot| matches!(s.content, Content::Prices(_) | Content::Plans(_));
        let old = standing.superseded.iter().filter(readable);
        let mut past = Self::of(old, standing, cadastre, &mut faults).communes;
        for commune in past.values_mut() {
            commune.name = catalogue.communes.get(commune.code).map_or(commune.name, |current| current.name);
        }
        catalogue.past = past;
        Failure::unless_empty(faults).map(|()| catalogue)
    }

    fn of(
        snapshots: impl IntoIterator<Item = &'a Snapshot, IntoIter: Clone>,
        standing: &'a Standing,
        cadastre: &'a Cadastre<'a>,
        faults: &mut Vec<Fault>,
    ) -> Self {
        let mut catalogue = Catalogue {
            snapshots: &standing.current,
            superseded: &standing.superseded,
            succession: &standing.succession,
            cadastre,
            communes: BTreeMap::new(),
            past: BTreeMap::new(),
        };
        let snapshots = snapshots.into_iter();
        for snapshot in snapshots.clone() {
            let amends = |other: &&Snapshot| standing.succession.amendments(&other.id).any(|id| id == snapshot.id);
            match (&snapshot.content, snapshots.clone().find(amends)) {
                (Content::Prices(rows), Some(base)) => rows.iter().for_each(|row| catalogue.amend(base, snapshot, row)),
                _ => catalogue.add(snapshot, faults),
            }
        }
        catalogue.mark_replaced_rows(snapshots);
        for commune in catalogue.communes.values_mut() {
            commune.sort();
        }
        catalogue
    }

    fn add(&mut self, snapshot: &'a Snapshot, faults: &mut Vec<Fault>) {
        match &snapshot.content {
            Content::Parcels(_) | Content::ParcelsOnDisk => self.add_sheets(snapshot, faults),
            Content::Plans(layer) => (0..layer.rows.len()).for_each(|row| self.add_zone(snapshot, layer, row)),
            Content::Boundaries(boundaries) => self.add_units(snapshot, &boundaries.units),
            Content::Base(_) => {}
            Content::Prices(rows) => rows.iter().for_each(|row| self.add_price(snapshot, row)),
            Content::Statistics(rows) => {
                rows.iter().for_each(|row| self.commune(&row.commune_code).statistics.push((snapshot, row)));
            }
            Content::Coefficients(rows) => rows.iter().for_each(|row| self.add_coefficient(snapshot, row)),
        }
    }

    fn commune(&mut self, code: &'a str) -> &mut Commune<'a> {
        self.communes.entry(code).or_insert_with(|| Commune {
            code,
            name: code,
            unit: None,
            sheets: BTreeMap::new(),
            prices: vec![],
            drafts: vec![],
            coefficients: vec![],
            plans: vec![],
            statistics: vec![],
        })
    }

    /// Sheet numbers are unique within a commune, so two datasets with the same sheet would make one page
    /// out of two surveys.
    fn add_sheets(&mut self, snapshot: &'a Snapshot, faults: &mut Vec<Fault>) {
        for (commune, number, facts) in self.cadastre.sheets(&snapshot.id) {
            let sheet = Sheet { number, snapshot, facts };
            match self.commune(commune).sheets.entry(number) {
                Entry::Vacant(place) => {
                    place.insert(sheet);
                }
                Entry::Occupied(known) => faults.extend(sheet_twice(known.get(), commune, &sheet)),
            }
        }
    }

    fn add_zone(&mut self, snapshot: &'a Snapshot, layer: &'a Layer<PlanZone>, row: usize) {
        let plans = &mut self.commune(&layer.rows[row].commune_code).plans;
        match plans.iter_mut().find(|plan| plan.snapshot.id == snapshot.id) {
            Some(plan) => plan.features.push(row),
            None => plans.push(Plan { snapshot, layer, features: vec![row] }),
        }
    }

    fn add_units(&mut self, snapshot: &'a Snapshot, layer: &'a Layer<AdminUnit>) {
        for (feature, facts) in layer.rows.iter().enumerate().filter(|(_, unit)| unit.level != "tinh") {
            let commune = self.commune(&facts.code);
            commune.name = &facts.name;
            commune.unit = Some(Unit { snapshot, facts, world: &layer.world, feature });
        }
    }

    fn add_price(&mut self, snapshot: &'a Snapshot, row: &'a PriceRow) {
        self.price_table(snapshot, row).rows.push(row);
    }

    fn amend(&mut self, base: &'a Snapshot, amendment: &'a Snapshot, row: &'a PriceRow) {
        let amendments = &mut self.price_table(base, row).amendments;
        match amendments.iter_mut().find(|known| known.snapshot.id == amendment.id) {
            Some(known) => known.rows.push(row),
            None => amendments.push(PriceAmendment { snapshot: amendment, rows: vec![row] }),
        }
    }

    /// The table of a dataset in a row's commune; an amendment may bring it into a commune it was not in.
    fn price_table(&mut self, snapshot: &'a Snapshot, row: &'a PriceRow) -> &mut PriceTable<'a> {
        let commune = self.commune(&row.commune_code);
        if commune.name == commune.code {
            commune.name = &row.commune_name;
        }
        let is_draft = snapshot.record.consultation_until.is_some();
        let tables = if is_draft { &mut commune.drafts } else { &mut commune.prices };
        let known = tables.iter().position(|table| table.snapshot.id == snapshot.id);
        let at = known.unwrap_or_else(|| {
            tables.push(PriceTable { snapshot, rows: vec![], amendments: vec![], replaced: BTreeMap::new() });
            tables.len() - 1
        });
        &mut tables[at]
    }

    /// A row may be replaced from another commune: the unit was renamed or divided.
    fn mark_replaced_rows(&mut self, snapshots: impl Iterator<Item = &'a Snapshot> + Clone) {
        for table in self.communes.values_mut().flat_map(|commune| &mut commune.prices) {
            let amendments = self.succession.amendments(&table.snapshot.id);
            for amendment in amendments.filter_map(|id| snapshots.clone().find(|snapshot| snapshot.id == id)) {
                let Content::Prices(rows) = &amendment.content else { continue };
                for replaced in rows.iter().filter_map(|row| row.replaces_row) {
                    let marks = table.replaced.entry(replaced).or_default();
                    if marks.last().is_none_or(|last| last.id != amendment.id) {
                        marks.push(amendment);
                    }
                }
            }
        }
    }

    fn add_coefficient(&mut self, snapshot: &'a Snapshot, row: &'a Coefficient) {
        let commune = self.commune(&row.commune_code);
        if commune.name == commune.code {
            commune.name = &row.commune_name;
        }
        match commune.coefficients.iter_mut().find(|table| table.snapshot.id == snapshot.id) {
            Some(table) => table.rows.push(row),
            None => commune.coefficients.push(CoefficientTable { snapshot, rows: vec![row] }),
        }
    }

    /// All communes that have a page of prices or plans: today's, then those of superseded data.
    pub fn with_past(&self) -> impl Iterator<Item = &Commune<'a>> {
        self.communes.values().chain(self.past.values())
    }

    /// The snapshots that took the place of a dataset, or of the one it amends.
    pub fn successors(&self, dataset: &str) -> Vec<&'a Snapshot> {
        self.named(self.succession.successors(dataset).iter().map(String::as_str))
    }

    /// Snapshots by name, current or not.
    pub fn named<'n>(&self, names: impl Iterator<Item = &'n str>) -> Vec<&'a Snapshot> {
        let all = || self.snapshots.iter().chain(self.superseded);
        names.filter_map(|name| all().find(|snapshot| snapshot.id == name)).collect()
    }
}

impl CoefficientTable<'_> {
    pub fn path(&self, commune: &Commune) -> String {
        format!("/he-so/{}/{}/", self.snapshot.id, commune.slug())
    }
}

/// A fault for each parcel of the second.
fn sheet_twice(first: &Sheet, commune: &str, second: &Sheet) -> Vec<Fault> {
    let fault = |number: u32| {
        let problem = format!("sheet {} also comes from dataset {}", first.number, first.snapshot.id);
        Fault::new(Stage::Page, Exit::Quality, problem)
            .file(format!("content/data/{}", second.snapshot.id))
            .feature(format!("parcel {commune}-{}-{number}", second.number))
            .remedy("let one dataset supersede the other, or give the sheet its number in the merged commune")
    };
    second.facts.each_number().map(fault).collect()
}

impl<'a> Commune<'a> {
    pub fn slug(&self) -> String {
        text::commune_slug(self.code, self.name)
    }

    pub fn path(&self) -> String {
        format!("/xa/{}/", self.slug())
    }

    /// Tables and drafts.
    pub fn price_tables(&self) -> impl Iterator<Item = &PriceTable<'a>> {
        self.prices.iter().chain(&self.drafts)
    }

    pub fn parcel_count(&self) -> usize {
        self.sheets.values().map(|sheet| sheet.facts.parcels).sum()
    }

    /// West, south, east, north in degrees: of the approved border, or of the sheets where there is none.
    pub fn bounds(&self) -> Option<[f64; 4]> {
        let of_unit = self.unit.as_ref().and_then(|unit| lonlat::feature_bounds(unit.world, unit.feature));
        let of_sheets = || self.sheets.values().filter_map(|sheet| sheet.facts.bounds).reduce(lonlat::union);
        of_unit.or_else(of_sheets)
    }

    /// Datasets that say something about the commune, each once, in the order of the snapshots.
    pub fn snapshots<'s>(&'s self, all: &'s [Snapshot]) -> impl Iterator<Item = &'s Snapshot> {
        all.iter().filter(|snapshot| {
            let is = |other: &Snapshot| other.id == snapshot.id;
            self.unit.as_ref().is_some_and(|unit| is(unit.snapshot))
                || self.sheets.values().any(|sheet| is(sheet.snapshot))
                || self.price_tables().any(|table| table.snapshots().any(is))
                || self.coefficients.iter().any(|table| is(table.snapshot))
                || self.plans.iter().any(|plan| is(plan.snapshot))
                || self.statistics.iter().any(|(snapshot, _)| is(snapshot))
        })
    }

    fn sort(&mut self) {
        self.plans.sort_by_key(|plan| {
            let record = &plan.snapshot.record;
            let whole = record.amends.as_ref().unwrap_or(&plan.snapshot.id);
            (whole, record.amends.is_some(), record.decision.effective_from, &plan.snapshot.id)
        });
        for table in self.prices.iter_mut().chain(&mut self.drafts) {
            table.sort();
        }
    }
}

impl<'a> Plan<'a> {
    pub fn zones(&self) -> impl Iterator<Item = &'a PlanZone> {
        let layer = self.layer;
        self.features.iter().map(move |row| &*layer.rows[*row])
    }
}

impl Sheet<'_> {
    pub fn path(&self, commune: &Commune) -> String {
        format!("/thua-dat/{}/{}/", commune.code, self.number)
    }
}

impl<'a> PriceTable<'a> {
    pub fn path(&self, commune: &Commune) -> String {
        format!("{}{}/", self.folder(), commune.slug())
    }

    /// Where the pages and files of the whole dataset stand.
    pub fn folder(&self) -> String {
        let place = if self.snapshot.record.consultation_until.is_some() { "lay-y-kien" } else { "bang-gia-dat" };
        format!("/{place}/{}/", self.snapshot.id)
    }

    /// The table's dataset and those of its amendments in this commune.
    pub fn snapshots(&self) -> impl Iterator<Item = &'a Snapshot> {
        let rows = (!self.rows.is_empty()).then_some(self.snapshot);
        rows.into_iter().chain(self.amendments.iter().map(|amendment| amendment.snapshot))
    }

    /// Every row with the dataset it comes from: the table's own, then those of its amendments.
    pub fn all_rows(&self) -> impl Iterator<Item = (&'a Snapshot, &'a PriceRow)> {
        let own = self.rows.iter().map(|row| (self.snapshot, *row));
        own.chain(self.amendments.iter().flat_map(|of| of.rows.iter().map(|row| (of.snapshot, *row))))
    }

    /// Anchor of a row on the table's page: an amendment numbers its rows anew.
    pub fn anchor(&self, snapshot: &Snapshot, row: &PriceRow) -> String {
        if snapshot.id == self.snapshot.id { format!("r{}", row.row) } else { format!("{}-r{}", snapshot.id, row.row) }
    }

    /// The amendments that replace a row of the table itself, by date of effect.
    pub fn replaced_by(&self, snapshot: &Snapshot, row: &PriceRow) -> &[&'a Snapshot] {
        let own = snapshot.id == self.snapshot.id;
        self.replaced.get(&row.row).filter(|_| own).map_or(&[], Vec::as_slice)
    }

    fn sort(&mut self) {
        self.rows.sort_by_key(|row| row.row);
        self.amendments.sort_by_key(|of| {
            let decision = &of.snapshot.record.decision;
            (decision.effective_from, decision.date, &of.snapshot.id)
        });
        for amendment in &mut self.amendments {
            amendment.rows.sort_by_key(|row| row.row);
        }
    }
}

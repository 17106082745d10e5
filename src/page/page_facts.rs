//! Of which data a page is: what its head says, and the key by which the next build knows that nothing it shows
//! has changed.

use std::fmt::Write as _;

use serde::Serialize;

use super::catalogue::{Commune, PriceTable, Sheet};
use super::plan;
use super::road::RoadTable;
use super::site::Site;
use super::{Facts, Page};
use crate::config::dataset::DatasetKind;
use crate::digest::{hex, sha256};
use crate::model::price_table::PriceRow;
use crate::snapshot::Snapshot;

impl Page<'_> {
    /// What the head of the page says: of the data on it where it is about some of the data, else of all.
    pub(super) fn facts(&self, site: &Site) -> Facts {
        let of_kind = |kind: DatasetKind| of(site, site.catalogue.snapshots.iter().filter(|s| s.record.kind == kind));
        match self {
            Page::Sheet(commune, sheet) => of(site, of_sheet(commune, sheet)),
            Page::Commune(commune) => {
                let shown: Vec<&Snapshot> = commune.snapshots(site.catalogue.snapshots).collect();
                of(site, shown.into_iter())
            }
            Page::Plan(commune) => of(site, commune.plans.iter().map(|plan| plan.snapshot)),
            Page::CoefficientTable(_, table) => of(site, std::iter::once(table.snapshot)),
            Page::Dataset(record) => of(site, std::iter::once(record.snapshot)),
            Page::Statistics => of_kind(DatasetKind::ThongKe),
            Page::Plans => of_kind(DatasetKind::QuyHoach),
            Page::Units | Page::FormerUnit(_) | Page::Moved(_) => of_land(site),
            Page::PriceTable(_, table) => of_prices(table.snapshots(), table.all_rows()),
            Page::Road(_, road) => of_prices(road.rows().map(|(snapshot, _)| snapshot), road.rows()),
            _ => site.inputs.facts.clone(),
        }
    }

    /// Digest of everything the page and the files beside it are made from but the theme, the configuration and
    /// the program, which [`surroundings`] stand for. `None` for pages that are few and always rendered.
    pub(super) fn key(&self, site: &Site) -> Option<String> {
        let mut inputs = Hashed::default();
        inputs.add(&self.path());
        inputs.add(&self.facts(site).data_digest);
        match self {
            Page::Sheet(commune, sheet) => add_sheet(&mut inputs, commune, sheet),
            Page::PriceTable(commune, table) => {
                add_commune(&mut inputs, commune);
                add_table(&mut inputs, site, commune, table);
            }
            Page::Road(_, road) => {
                for RoadTable { commune, table, rows } in &road.tables {
                    add_commune(&mut inputs, commune);
                    add_decision(&mut inputs, site, table);
                    rows.iter().for_each(|(_, row)| add_before(&mut inputs, site, table, row));
                }
            }
            // Two for every commune there is or was: few pages, but many in a province of many communes.
            Page::Moved(moved) => {
                let (to, name) = moved.target();
                inputs.add(to);
                inputs.add(name);
            }
            _ => return None,
        }
        Some(sha256(inputs.text.as_bytes()))
    }
}

/// What every page shares: the theme, the configuration, the articles in the footer, the program itself.
pub(super) fn surroundings(site: &Site) -> String {
    let mut inputs = Hashed::default();
    inputs.add(&format!("{:?}", site.inputs.site));
    inputs.add(&program());
    inputs.add(&site.theme_digest());
    for language in &site.languages {
        for article in &site.articles {
            inputs.add(&article.link(*language).to_string());
        }
    }
    sha256(inputs.text.as_bytes())
}

/// The version alone would not tell two builds of one version apart.
fn program() -> String {
    let own = std::env::current_exe().ok().and_then(|file| crate::digest::sha256_file(&file).ok());
    own.unwrap_or_else(|| env!("CARGO_PKG_VERSION").to_owned())
}

#[derive(Default)]
struct Hashed {
    text: String,
}

impl Hashed {
    /// Lengths part the texts: two neighbours cannot be taken for one.
    fn add(&mut self, text: &str) {
        let _ = write!(self.text, "{}:{text};", text.len());
    }

    fn add_json(&mut self, value: &impl Serialize) {
        let json = serde_json::to_string(value).expect("rows and records are plain data");
        self.add(&json);
    }
}

/// A sheet shows its parcels, the plans over them and the name of its commune.
fn of_sheet<'s>(commune: &'s Commune<'s>, sheet: &'s Sheet<'s>) -> impl Iterator<Item = &'s Snapshot> + Clone {
    let unit = commune.unit.iter().map(|unit| unit.snapshot);
    std::iter::once(sheet.snapshot).chain(unit).chain(commune.plans.iter().map(|plan| plan.snapshot))
}

fn of<'s>(site: &Site, snapshots: impl Iterator<Item = &'s Snapshot> + Clone) -> Facts {
    Facts::of(snapshots).unwrap_or_else(|| site.inputs.facts.clone())
}

fn of_land(site: &Site) -> Facts {
    let land = |kind| matches!(kind, DatasetKind::DiaGioi | DatasetKind::DiaChinh);
    of(site, site.catalogue.snapshots.iter().filter(|snapshot| land(snapshot.record.kind)))
}

/// Of rows, not of records: a record changes with every row of the province, and a page holds those of a commune
/// or a road.
fn of_prices<'s>(
    snapshots: impl Iterator<Item = &'s Snapshot>,
    rows: impl Iterator<Item = (&'s Snapshot, &'s PriceRow)>,
) -> Facts {
    use sha2::{Digest, Sha256};
    let mut digest = Sha256::new();
    for (snapshot, row) in rows {
        digest.update(snapshot.id.as_bytes());
        digest.update(serde_json::to_vec(row).expect("rows are plain data"));
        digest.update(b"\n");
    }
    let date = snapshots.map(|snapshot| snapshot.record.decision.date).max();
    Facts { data_date: date.unwrap_or(jiff::civil::Date::ZERO), data_digest: hex(&digest.finalize()) }
}

fn add_commune(inputs: &mut Hashed, commune: &Commune) {
    inputs.add(commune.code);
    inputs.add(commune.name);
}

fn add_sheet(inputs: &mut Hashed, commune: &Commune, sheet: &Sheet) {
    add_commune(inputs, commune);
    let numbers: Vec<u32> = commune.sheets.keys().copied().collect();
    let at = numbers.partition_point(|number| *number < sheet.number);
    inputs.add_json(&(at.checked_sub(1).map(|before| numbers[before]), numbers.get(at + 1)));
    for table in &commune.prices {
        inputs.add(&table.path(commune));
        inputs.add_json(&(&table.snapshot.record.title, &table.snapshot.record.decision));
    }
    if !commune.plans.is_empty() {
        inputs.add(&plan::path(commune));
    }
}

fn add_table(inputs: &mut Hashed, site: &Site, commune: &Commune, table: &PriceTable) {
    add_decision(inputs, site, table);
    let rows: Vec<&PriceRow> = table.all_rows().map(|(_, row)| row).collect();
    rows.iter().for_each(|row| add_before(inputs, site, table, row));
    for (snapshot, row) in site.price_history.dropped(&table.snapshot.id, commune.code, &rows) {
        inputs.add(&snapshot.id);
        inputs.add_json(row);
    }
    let today = site.catalogue.communes.get(commune.code);
    inputs.add(&today.map(Commune::path).unwrap_or_default());
    for table in today.iter().flat_map(|today| &today.coefficients) {
        inputs.add_json(&(&table.snapshot.record.decision, table.snapshot.record.consultation_until, &table.rows));
    }
}

/// The words around a table's rows: its decision, its rules, what amends it and what took its place.
fn add_decision(inputs: &mut Hashed, site: &Site, table: &PriceTable) {
    let around = |inputs: &mut Hashed, snapshot: &Snapshot| {
        let record = &snapshot.record;
        inputs.add_json(&(&record.dataset, &record.title, &record.decision, &record.supersedes));
        inputs.add_json(&(&record.amends, record.consultation_until, &record.metadata.rules));
    };
    around(inputs, table.snapshot);
    site.catalogue.successors(&table.snapshot.id).into_iter().for_each(|snapshot| around(inputs, snapshot));
    table.snapshots().for_each(|snapshot| around(inputs, snapshot));
    for (row, by) in &table.replaced {
        inputs.add_json(row);
        by.iter().for_each(|snapshot| around(inputs, snapshot));
    }
}

/// What a row was in the tables before, back to the first.
fn add_before(inputs: &mut Hashed, site: &Site, table: &PriceTable, row: &PriceRow) {
    let (mut dataset, mut row) = (table.snapshot.id.as_str(), row);
    while let Some((snapshot, before)) = site.price_history.before(dataset, row) {
        inputs.add(&snapshot.id);
        inputs.add_json(before);
        (dataset, row) = (snapshot.record.amends.as_deref().unwrap_or(&snapshot.id), before);
    }
}

//! Prices by road: every row of every table that names it, the latest decision first, and how position 1 changed.
//!
//! Roads whose folded names are alike share a page, where each stands under its exact name: an address then
//! never depends on which other roads there are.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::{Value, context};

use super::bar_chart::{self, Series};
use super::catalogue::{Catalogue, Commune, PriceTable};
use super::price_table;
use super::site::At;
use super::template::view;
use crate::error::Result;
use crate::model::price_table::PriceRow;
use crate::model::text;
use crate::snapshot::Snapshot;

pub const LIST: &str = "/duong/";

pub struct Road<'a> {
    /// Exact names, as the tables write them.
    pub names: BTreeSet<&'a str>,
    /// The latest decision first.
    pub tables: Vec<RoadTable<'a>>,
}

/// The rows of a road in one table of one commune.
pub struct RoadTable<'a> {
    pub commune: &'a Commune<'a>,
    pub table: &'a PriceTable<'a>,
    pub rows: Vec<(&'a Snapshot, &'a PriceRow)>,
}

/// `/duong/duong-cau-tre/`.
pub fn path(name: &str) -> String {
    format!("{LIST}{}/", text::slug(name))
}

/// Roads of tables in force and superseded, by slug. Drafts are no prices.
pub fn all<'a>(catalogue: &'a Catalogue<'a>) -> BTreeMap<String, Road<'a>> {
    let mut roads = BTreeMap::<String, Road>::new();
    let tables = catalogue.with_past().flat_map(|commune| commune.prices.iter().map(move |table| (commune, table)));
    for (commune, table) in tables {
        for (snapshot, row) in table.all_rows() {
            let Some(name) = &row.road else { continue };
            let empty = || Road { names: BTreeSet::new(), tables: vec![] };
            let road = roads.entry(text::slug(name)).or_insert_with(empty);
            road.names.insert(name);
            match road.tables.last_mut().filter(|last| std::ptr::eq(last.table, table)) {
                Some(last) => last.rows.push((snapshot, row)),
                None => road.tables.push(RoadTable { commune, table, rows: vec![(snapshot, row)] }),
            }
        }
    }
    for road in roads.values_mut() {
        road.tables.sort_by_key(|of| {
            let decision = &of.table.snapshot.record.decision;
            (std::cmp::Reverse(decision.effective_from), &of.table.snapshot.id, of.commune.code)
        });
    }
    roads
}

impl Road<'_> {
    /// Rows of all tables.
    pub fn rows(&self) -> impl Iterator<Item = (&Snapshot, &PriceRow)> {
        self.tables.iter().flat_map(|of| of.rows.iter().copied())
    }

    fn communes(&self) -> Vec<String> {
        let names: BTreeMap<&str, &str> = self.tables.iter().map(|of| (of.commune.code, of.commune.name)).collect();
        names.into_values().map(str::to_owned).collect()
    }
}

pub fn render_list(at: &At) -> Result<String> {
    let mut letters: BTreeMap<char, Vec<Value>> = BTreeMap::new();
    for (slug, road) in &at.site.roads {
        let name = road.names.iter().copied().collect::<Vec<_>>().join(", ");
        let entry = context! { name, path => format!("{LIST}{slug}/"), communes => road.communes(), rows => road.rows().count() };
        letters.entry(letter(slug)).or_default().push(entry);
    }
    let letters: Vec<Value> =
        letters.into_iter().map(|(letter, roads)| context! { letter => letter.to_string(), roads }).collect();
    at.render("roads.html", context! { letters })
}

/// Nearly every name begins with "Đường": the letter is that of the word after it.
fn letter(slug: &str) -> char {
    let name = slug.strip_prefix("duong-").unwrap_or(slug);
    name.chars().next().unwrap_or('x').to_ascii_uppercase()
}

pub fn render(at: &At, road: &Road) -> Result<String> {
    let view_of = |RoadTable { commune, table, rows }: &RoadTable| {
        let own = |snapshot: &Snapshot| -> Vec<&PriceRow> {
            rows.iter().filter(|(of, _)| of.id == snapshot.id).map(|(_, row)| *row).collect()
        };
        let groups =
            table.snapshots().flat_map(|snapshot| price_table::groups_view(at, table, snapshot, &own(snapshot)));
        let all: Vec<&PriceRow> = rows.iter().map(|(_, row)| *row).collect();
        context! {
            commune => commune.name,
            path => table.path(commune),
            record => view(&table.snapshot.record),
            successors => price_table::successors(at, &table.snapshot.id),
            rules => price_table::rules(table.snapshot, &all),
            groups => groups.collect::<Vec<_>>(),
        }
    };
    let tables: Vec<Value> = road.tables.iter().map(view_of).collect();
    let names: Vec<String> = road.names.iter().map(|name| (*name).to_owned()).collect();
    let (trend, chart) = trend(at, road);
    at.render("road.html", context! { names, communes => road.communes(), tables, trend, chart })
}

/// Position 1 of every row in force that continues an older one, back to the oldest; the table and its drawing.
fn trend(at: &At, road: &Road) -> (Vec<Value>, Option<Value>) {
    let mut lines = vec![];
    let mut series = vec![];
    for RoadTable { table, rows, .. } in &road.tables {
        let in_force = at.site.catalogue.successors(&table.snapshot.id).is_empty();
        for (snapshot, row) in rows.iter().filter(|(s, row)| in_force && table.replaced_by(s, row).is_empty()) {
            let chain = chain(at, table.snapshot, snapshot, row);
            if chain.len() < 2 {
                continue;
            }
            let name = stretch(row);
            lines.push(context! { stretch => &name, land_use => &row.land_use, commune => &row.commune_name, steps => steps(at, &chain) });
            if row.group == "DAT_O" {
                let bars = chain.iter().map(|(s, row)| bar(at, s, row)).collect();
                series.push(Series { title: name, bars });
            }
        }
    }
    let drawn = (!series.is_empty()).then(|| {
        let (body, height) = bar_chart::draw_series(&series);
        context! { body => Value::from_safe_string(body), height }
    });
    (lines, drawn)
}

/// The row and what it was before, the oldest first; only rows with a price in position 1.
fn chain<'s>(
    at: &At<'s>,
    table: &'s Snapshot,
    snapshot: &'s Snapshot,
    row: &'s PriceRow,
) -> Vec<(&'s Snapshot, &'s PriceRow)> {
    let mut chain = vec![(snapshot, row)];
    let mut dataset = table.id.as_str();
    while let Some((before, old)) = at.site.price_history.before(dataset, chain[chain.len() - 1].1) {
        chain.push((before, old));
        dataset = before.record.amends.as_deref().unwrap_or(&before.id);
    }
    chain.retain(|(_, row)| row.price_vnd_per_m2[0].is_some());
    chain.reverse();
    chain
}

fn steps(at: &At, chain: &[(&Snapshot, &PriceRow)]) -> Vec<Value> {
    let mut last: Option<i64> = None;
    let step = |(snapshot, row): &(&Snapshot, &PriceRow)| {
        let vnd = row.price_vnd_per_m2[0].unwrap_or_default();
        let change = last.and_then(|old| super::price_history::change_permille(old, vnd));
        last = Some(vnd);
        context! {
            from => view(row.effective_from),
            decision => &snapshot.record.decision.number,
            vnd,
            figure => price_table::figure_text(at, vnd, row.unit_vnd),
            unit => price_table::unit_text(at, row.unit_vnd),
            path => price_table::page_of_row(at, snapshot, row),
            change => change.map(|change| price_table::change_text(at, change)),
        }
    };
    chain.iter().map(step).collect()
}

fn bar(at: &At, snapshot: &Snapshot, row: &PriceRow) -> bar_chart::SeriesBar {
    let vnd = row.price_vnd_per_m2[0].unwrap_or_default();
    bar_chart::SeriesBar {
        label: snapshot.record.decision.effective_from.year().to_string(),
        value: vnd as f64,
        text: price_table::figure_text(at, vnd, row.unit_vnd),
    }
}

/// The ends of a row's stretch; the whole road by its name.
fn stretch(row: &PriceRow) -> String {
    let ends: Vec<&str> = [&row.from, &row.to].into_iter().filter_map(|end| end.as_deref()).collect();
    if ends.is_empty() { row.road.clone().unwrap_or_default() } else { ends.join(" – ") }
}

//! Land statistics by form and year: the approved figures, and a chart drawn from them.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::{Value, context};

use super::bar_chart::{self, Bar};
use super::site::At;
use super::template;
use super::template::view;
use crate::error::Result;
use crate::model::statistics::StatisticsRow;
use crate::snapshot::{Content, Snapshot};

pub fn render(at: &At) -> Result<String> {
    let forms: Vec<Value> = at
        .site
        .catalogue
        .snapshots
        .iter()
        .filter_map(|snapshot| match &snapshot.content {
            Content::Statistics(rows) => Some((snapshot, rows)),
            _ => None,
        })
        .flat_map(|(snapshot, rows)| forms(at, snapshot, rows.iter().map(|row| &**row)))
        .collect();
    at.render("statistics.html", context! { forms })
}

fn forms<'a>(at: &At, snapshot: &Snapshot, rows: impl Iterator<Item = &'a StatisticsRow>) -> Vec<Value> {
    let mut by_form = BTreeMap::<(&str, u16, Option<&str>), Vec<&StatisticsRow>>::new();
    for row in rows {
        by_form.entry((&row.form, row.year, row.holder.as_deref())).or_default().push(row);
    }
    by_form.into_values().map(|rows| form_view(at, snapshot, &rows)).collect()
}

/// Land uses downward, communes across; a cell holds the approved figure digit for digit.
fn form_view(at: &At, snapshot: &Snapshot, rows: &[&StatisticsRow]) -> Value {
    let (form, year, holder) = (&rows[0].form, rows[0].year, &rows[0].holder);
    let communes: BTreeSet<&str> = rows.iter().map(|row| row.commune_code.as_str()).collect();
    let uses: BTreeSet<&str> = rows.iter().map(|row| row.land_use.as_str()).collect();
    let cell = |land_use: &str, commune: &str| {
        let found = rows.iter().find(|row| row.land_use == land_use && row.commune_code == commune);
        found.map(|row| at.language.decimal(&row.area_ha)).unwrap_or_default()
    };
    let lines: Vec<Value> = uses
        .iter()
        .map(|land_use| {
            let cells: Vec<String> = communes.iter().map(|commune| cell(land_use, commune)).collect();
            context! { land_use => *land_use, cells }
        })
        .collect();
    let (chart, chart_height) = bar_chart::draw(&bars(rows, &uses));
    context! {
        form, year, holder, lines, chart_height,
        record => view(&snapshot.record),
        communes => communes.iter().map(|code| commune_view(at, code)).collect::<Vec<_>>(),
        sources => sources(rows),
        chart => Value::from_safe_string(chart),
    }
}

fn sources(rows: &[&StatisticsRow]) -> Vec<String> {
    let sources: BTreeSet<&String> = rows.iter().filter_map(|row| row.source.as_ref()).collect();
    sources.into_iter().cloned().collect()
}

fn commune_view(at: &At, code: &str) -> Value {
    let commune = &at.site.catalogue.communes[code];
    context! { name => commune.name, path => commune.path() }
}

/// Group totals (`NNP`, `PNN`, …) would dwarf and repeat their parts, so only codes that fill land are drawn
/// when there are any.
fn bars(rows: &[&StatisticsRow], uses: &BTreeSet<&str>) -> Vec<Bar> {
    let is_group =
        |code: &str| crate::model::land_use::find(code).is_some_and(|land_use| land_use.status == "hien_hanh_nhom");
    let has_parts = uses.iter().any(|code| !is_group(code));
    let mut bars: Vec<Bar> = uses
        .iter()
        .filter(|code| !has_parts || !is_group(code))
        .map(|code| {
            let own = rows.iter().filter(|row| row.land_use == *code);
            let value = own.filter_map(|row| row.area_ha.parse::<f64>().ok()).sum();
            Bar { code: (*code).to_owned(), colour: template::colour(code), value }
        })
        .collect();
    bars.sort_by(|a, b| b.value.total_cmp(&a.value).then(a.code.cmp(&b.code)));
    bars
}

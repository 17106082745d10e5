//! One decision on prices: what it says, which communes and roads its tables hold, how its prices are spread.

use minijinja::{Value, context};

use super::bar_chart::{self, Series, SeriesBar};
use super::catalogue::{Commune, PriceTable};
use super::site::{At, Site};
use super::template::view;
use super::{OutputFile, price_files, price_table};
use crate::error::Result;
use crate::model::price_table::PriceRow;
use crate::snapshot::Snapshot;

/// A dataset of prices with its tables by commune.
pub struct PriceDecision<'a> {
    pub snapshot: &'a Snapshot,
    pub tables: Vec<(&'a Commune<'a>, &'a PriceTable<'a>)>,
}

impl PriceDecision<'_> {
    pub fn path(&self) -> String {
        self.tables.first().map(|(_, table)| table.folder()).unwrap_or_default()
    }
}

/// Every price dataset that has tables of its own, drafts and superseded ones among them.
pub fn all<'a>(site: &'a Site<'a>) -> Vec<PriceDecision<'a>> {
    let catalogue = site.catalogue;
    let of = |snapshot: &'a Snapshot| {
        let tables =
            catalogue.with_past().flat_map(|commune| commune.price_tables().map(move |table| (commune, table)));
        let tables: Vec<_> = tables.filter(|(_, table)| table.snapshot.id == snapshot.id).collect();
        (!tables.is_empty()).then_some(PriceDecision { snapshot, tables })
    };
    catalogue.snapshots.iter().chain(catalogue.superseded).filter_map(of).collect()
}

pub fn files(decision: &PriceDecision) -> Vec<OutputFile> {
    let tables: Vec<&PriceTable> = decision.tables.iter().map(|(_, table)| *table).collect();
    price_files::whole(decision.snapshot, &decision.path(), &tables)
}

pub fn render(at: &At, decision: &PriceDecision, files: &[OutputFile]) -> Result<String> {
    let catalogue = at.site.catalogue;
    let record = &decision.snapshot.record;
    let rows: Vec<&PriceRow> =
        decision.tables.iter().flat_map(|(_, table)| table.all_rows().map(|(_, row)| row)).collect();
    let tables = decision.tables.iter();
    let tables = tables.map(|(commune, table)| {
        context! { name => commune.name, path => table.path(commune), rows => table.all_rows().count() }
    });
    let amendments = catalogue.named(catalogue.succession.amendments(&decision.snapshot.id));
    at.render(
        "price_decision.html",
        context! {
            record => view(record),
            consultation_until => view(record.consultation_until),
            successors => price_table::successors(at, &decision.snapshot.id),
            supersedes => catalogue.named(record.supersedes.iter().map(String::as_str)).first().map(|old| {
                context! { path => format!("/bang-gia-dat/{}/", old.id), record => view(&old.record) }
            }),
            amendments => amendments.into_iter().map(|amendment| view(&amendment.record)).collect::<Vec<_>>(),
            attachments => record.attachments.iter().map(|document| {
                context! { title => view(&document.title), path => format!("/du-lieu/ho-so/{}/{}", record.dataset, document.name), bytes => document.bytes }
            }).collect::<Vec<_>>(),
            rules => price_table::rules(decision.snapshot, &rows),
            tables => tables.collect::<Vec<_>>(),
            rows => rows.len(),
            spreads => spreads(at, &rows),
            files => files.iter().map(price_table::file_view).collect::<Vec<_>>(),
        },
    )
}

/// How many rows of each price group fall into which class of position 1, as a table and its drawing.
fn spreads(at: &At, rows: &[&PriceRow]) -> Vec<Value> {
    let mut groups: Vec<(&str, i64, Vec<i64>)> = vec![];
    for row in rows {
        let Some(vnd) = row.price_vnd_per_m2[0] else { continue };
        match groups.iter_mut().find(|(group, unit, _)| *group == row.group && *unit == row.unit_vnd) {
            Some((_, _, prices)) => prices.push(vnd),
            None => groups.push((&row.group, row.unit_vnd, vec![vnd])),
        }
    }
    groups.into_iter().filter(|(_, _, prices)| prices.len() > 1).map(|group| spread(at, group)).collect()
}

fn spread(at: &At, (group, unit_vnd, mut prices): (&str, i64, Vec<i64>)) -> Value {
    prices.sort_unstable();
    let text = |vnd: i64| price_table::figure_text(at, vnd, unit_vnd);
    let classes = classes(&prices);
    let named = |(from, to, rows): &(i64, i64, usize)| (format!("{} – {}", text(*from), text(*to)), *rows);
    let lines: Vec<(String, usize)> = classes.iter().map(named).collect();
    let bars = lines.iter().map(|(class, rows)| SeriesBar {
        label: class.clone(),
        value: *rows as f64,
        text: at.language.integer(*rows as i64),
    });
    let (body, height) = bar_chart::draw_series(&[Series { title: String::new(), bars: bars.collect() }]);
    context! {
        group,
        unit => price_table::unit_text(at, unit_vnd),
        least => text(prices[0]),
        median => text(prices[prices.len() / 2]),
        greatest => text(prices[prices.len() - 1]),
        lines => lines.iter().map(|(class, rows)| context! { class, rows }).collect::<Vec<_>>(),
        chart => Value::from_safe_string(body),
        height,
    }
}

/// Classes with the bounds 1, 2, 5, 10, 20, 50 … that hold the sorted prices: from, below, how many.
fn classes(prices: &[i64]) -> Vec<(i64, i64, usize)> {
    let bounds = (0..18).flat_map(|power| [1, 2, 5].map(|step| step * 10_i64.pow(power)));
    let bounds: Vec<i64> = std::iter::once(0).chain(bounds).collect();
    let within =
        |pair: &[i64]| prices.partition_point(|vnd| *vnd < pair[1]) - prices.partition_point(|vnd| *vnd < pair[0]);
    let counted: Vec<(i64, i64, usize)> = bounds.windows(2).map(|pair| (pair[0], pair[1], within(pair))).collect();
    let first = counted.iter().position(|class| class.2 > 0).unwrap_or(0);
    let last = counted.iter().rposition(|class| class.2 > 0).unwrap_or(0);
    counted[first..=last].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_price_falls_into_one_class() {
        let prices = [0, 1_999_999, 2_000_000, 4_000_000, 24_000_000];
        let classes = classes(&prices);
        assert_eq!(classes.iter().map(|class| class.2).sum::<usize>(), prices.len());
        assert!(classes.contains(&(1_000_000, 2_000_000, 1)) && classes.contains(&(2_000_000, 5_000_000, 2)));
        assert_eq!(classes.last(), Some(&(20_000_000, 50_000_000, 1)));
    }
}

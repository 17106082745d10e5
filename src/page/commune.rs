//! The list of communes, and one commune with everything that is published about it.

use minijinja::{Value, context};

use super::catalogue::Commune;
use super::site::At;
use super::template::view;
use super::{former_unit, plan, sheet_drawing};
use crate::error::Result;

pub fn render_list(at: &At) -> Result<String> {
    let communes: Vec<_> = at.site.catalogue.communes.values().map(|c| entry(c)).collect();
    at.render("communes.html", context! { communes })
}

fn entry(commune: &Commune) -> Value {
    let latest = commune.sheets.values().map(|sheet| sheet.snapshot.record.decision.date).max();
    context! {
        code => commune.code,
        name => commune.name,
        path => commune.path(),
        sheets => commune.sheets.len(),
        parcels => commune.parcel_count(),
        price_path => commune.prices.first().map(|table| table.path(commune)),
        plan_path => (!commune.plans.is_empty()).then(|| plan::path(commune)),
        latest => view(latest),
    }
}

pub fn render(at: &At, commune: &Commune) -> Result<String> {
    let snapshots = at.site.catalogue.snapshots;
    let records: Vec<_> = commune.snapshots(snapshots).map(|s| view(&s.record)).collect();
    let drawing = sheet_drawing::overview(commune, at.language.prefix());
    at.render(
        "commune.html",
        context! {
            commune => entry(commune),
            unit => commune.unit.as_ref().map(|unit| view(unit.facts)),
            sheets => sheets(commune),
            drawing => drawing.as_ref().map(super::sheet::drawing_view),
            prices => prices(commune),
            coefficients => coefficients(commune),
            plans => plans(commune),
            statistics => statistics(commune),
            records,
            former => former_unit::of_commune(at.site, commune.code),
        },
    )
}

fn sheets(commune: &Commune) -> Vec<Value> {
    let view = |sheet: &super::catalogue::Sheet| {
        context! {
            number => sheet.number,
            path => sheet.path(commune),
            parcels => sheet.facts.parcels,
            area_ha => format!("{:.2}", sheet.facts.area_m2 / 10_000.0),
            decision => &sheet.snapshot.record.decision.number,
        }
    };
    commune.sheets.values().map(view).collect()
}

fn prices(commune: &Commune) -> Vec<Value> {
    let view = |table: &super::catalogue::PriceTable| {
        context! { record => view(&table.snapshot.record), path => table.path(commune), rows => table.all_rows().count() }
    };
    commune.prices.iter().map(view).collect()
}

fn coefficients(commune: &Commune) -> Vec<Value> {
    let view = |table: &super::catalogue::CoefficientTable| {
        context! { record => view(&table.snapshot.record), path => table.path(commune), rows => table.rows.len() }
    };
    commune.coefficients.iter().map(view).collect()
}

fn plans(commune: &Commune) -> Vec<Value> {
    let view = |plan: &super::catalogue::Plan| {
        context! { record => view(&plan.snapshot.record), path => plan::path(commune), zones => plan.features.len() }
    };
    commune.plans.iter().map(view).collect()
}

fn statistics(commune: &Commune) -> Vec<Value> {
    let view = |(snapshot, row): &(&crate::snapshot::Snapshot, &crate::model::statistics::StatisticsRow)| {
        context! { row => view(row), decision => &snapshot.record.decision.number }
    };
    commune.statistics.iter().map(view).collect()
}

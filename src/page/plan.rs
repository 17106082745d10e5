//! Land-use plans: the legend, the communes, and each zone with its decision.

use std::collections::BTreeMap;

use minijinja::{Value, context};

use super::catalogue::{Catalogue, Commune, Plan};
use super::site::At;
use super::template::view;
use crate::error::Result;
use crate::model::land_use;
use crate::snapshot::Snapshot;

pub fn path(commune: &Commune) -> String {
    format!("/quy-hoach/{}/", commune.slug())
}

/// The communes that have plans, each once; superseded plans stay on the page of their commune.
pub fn communes<'a>(catalogue: &'a Catalogue<'a>) -> impl Iterator<Item = &'a Commune<'a>> {
    let past_only = catalogue.past.values().filter(|past| current_plans(catalogue, past.code).is_empty());
    catalogue.communes.values().chain(past_only).filter(|commune| !commune.plans.is_empty())
}

fn current_plans<'a>(catalogue: &'a Catalogue<'a>, code: &str) -> &'a [Plan<'a>] {
    catalogue.communes.get(code).map_or(&[], |commune| &commune.plans)
}

fn past_plans<'a>(catalogue: &'a Catalogue<'a>, code: &str) -> &'a [Plan<'a>] {
    catalogue.past.get(code).map_or(&[], |commune| &commune.plans)
}

pub fn render_list(at: &At) -> Result<String> {
    let catalogue = at.site.catalogue;
    let communes: Vec<_> = catalogue.communes.values().filter(|commune| !commune.plans.is_empty()).collect();
    let records: Vec<Value> = catalogue
        .snapshots
        .iter()
        .filter(|snapshot| matches!(snapshot.content, crate::snapshot::Content::Plans(_)))
        .map(|snapshot| view(&snapshot.record))
        .collect();
    at.render(
        "plans.html",
        context! {
            records,
            legend => totals(communes.iter().flat_map(|commune| &commune.plans)),
            communes => communes.iter().map(|commune| entry(commune)).collect::<Vec<_>>(),
            past => catalogue.superseded.iter().filter_map(|snapshot| past_entry(at, snapshot)).collect::<Vec<_>>(),
        },
    )
}

/// A superseded plan and the communes on whose pages it stays.
fn past_entry(at: &At, snapshot: &Snapshot) -> Option<Value> {
    let communes = at.site.catalogue.past.values();
    let with_it = communes.filter(|commune| commune.plans.iter().any(|plan| plan.snapshot.id == snapshot.id));
    let links: Vec<Value> = with_it
        .map(|commune| context! { name => commune.name, path => format!("{}#{}", path(commune), snapshot.id) })
        .collect();
    let successors = super::price_table::successors(at, &snapshot.id);
    (!links.is_empty()).then(|| context! { record => view(&snapshot.record), communes => links, successors })
}

fn entry(commune: &Commune) -> Value {
    let zones: usize = commune.plans.iter().map(|plan| plan.features.len()).sum();
    context! { code => commune.code, name => commune.name, path => path(commune), zones }
}

pub fn render(at: &At, commune: &Commune) -> Result<String> {
    let catalogue = at.site.catalogue;
    let current = current_plans(catalogue, commune.code);
    let plans: Vec<Value> =
        current.iter().chain(past_plans(catalogue, commune.code)).map(|plan| plan_view(at, plan)).collect();
    at.render(
        "plan.html",
        context! {
            commune => context! { code => commune.code, name => commune.name },
            on_map => !current.is_empty(),
            plans,
        },
    )
}

fn plan_view(at: &At, plan: &Plan) -> Value {
    let zones: Vec<Value> = plan
        .zones()
        .map(|zone| context! { zone => view(zone), area => zone.area_m2.map(|area| area.to_string()) })
        .collect();
    let record = &plan.snapshot.record;
    let amended = at.site.catalogue.named(record.amends.iter().map(String::as_str));
    context! {
        record => view(record),
        legend => totals(std::iter::once(plan)),
        zones,
        amends => amended.first().map(|base| view(&base.record)),
        successors => super::price_table::successors(at, &plan.snapshot.id),
    }
}

/// Zones and approved hectares by land-use code, in the order of the codes. A code with a zone whose area
/// was not approved has no total: part of a sum would be read as all of it.
fn totals<'a>(plans: impl Iterator<Item = &'a Plan<'a>>) -> Vec<Value> {
    let mut totals = BTreeMap::<&str, (usize, Option<f64>)>::new();
    for zone in plans.flat_map(Plan::zones) {
        let total = totals.entry(land_use::principal(&zone.land_use)).or_insert((0, Some(0.0)));
        total.0 += 1;
        total.1 = total.1.zip(zone.area_m2).map(|(sum, area)| sum + area);
    }
    let view = |(code, (zones, area_m2)): (&str, (usize, Option<f64>))| {
        context! { code, zones, area_ha => area_m2.map(|area| format!("{:.2}", area / 10_000.0)) }
    };
    totals.into_iter().map(view).collect()
}

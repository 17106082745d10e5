//! Land-use plans: the legend, the communes, and each zone with its decision.

use std::collections::BTreeMap;

use minijinja::{Value, context};

use super::catalogue::{Commune, Plan};
use super::site::At;
use super::template::view;
use crate::error::Result;
use crate::model::land_use;

pub fn path(commune: &Commune) -> String {
    format!("/quy-hoach/{}/", commune.slug())
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
        },
    )
}

fn entry(commune: &Commune) -> Value {
    let zones: usize = commune.plans.iter().map(|plan| plan.zones.len()).sum();
    context! { code => commune.code, name => commune.name, path => path(commune), zones }
}

pub fn render(at: &At, commune: &Commune) -> Result<String> {
    let plans: Vec<Value> = commune.plans.iter().map(plan_view).collect();
    at.render(
        "plan.html",
        context! {
            commune => context! { code => commune.code, name => commune.name, path => commune.path() },
            plans,
            legend => totals(commune.plans.iter()),
        },
    )
}

fn plan_view(plan: &Plan) -> Value {
    let zones: Vec<Value> = plan
        .zones
        .iter()
        .map(|zone| context! { zone => view(zone), area => zone.area_m2.map(|area| area.to_string()) })
        .collect();
    context! { record => view(&plan.snapshot.record), zones }
}

/// Zones and approved hectares by land-use code, in the order of the codes. A code with a zone whose area
/// was not approved has no total: part of a sum would be read as all of it.
fn totals<'a>(plans: impl Iterator<Item = &'a Plan<'a>>) -> Vec<Value> {
    let mut totals = BTreeMap::<&str, (usize, Option<f64>)>::new();
    for zone in plans.flat_map(|plan| &plan.zones) {
        let total = totals.entry(land_use::principal(&zone.land_use)).or_insert((0, Some(0.0)));
        total.0 += 1;
        total.1 = total.1.zip(zone.area_m2).map(|(sum, area)| sum + area);
    }
    let view = |(code, (zones, area_m2)): (&str, (usize, Option<f64>))| {
        context! { code, zones, area_ha => area_m2.map(|area| format!("{:.2}", area / 10_000.0)) }
    };
    totals.into_iter().map(view).collect()
}

//! Drafts that may be commented on (Decree 49/2026): in a place of their own, with the last day, never among
//! what is in force.

use minijinja::context;

use super::catalogue::Catalogue;
use super::site::At;
use super::template::view;
use super::{coefficient_table, price_table};
use crate::error::Result;

pub const PATH: &str = "/lay-y-kien/";

pub fn any(catalogue: &Catalogue) -> bool {
    catalogue.snapshots.iter().any(|snapshot| snapshot.record.consultation_until.is_some())
}

pub fn render(at: &At) -> Result<String> {
    let snapshots = at.site.catalogue.snapshots.iter();
    let communes = at.site.catalogue.communes.values();
    let prices: Vec<_> = snapshots
        .filter(|snapshot| snapshot.record.consultation_until.is_some())
        .filter_map(|snapshot| {
            let dataset = price_table::drafts_of(snapshot, communes.clone());
            (!dataset.is_empty()).then(|| {
                context! {
                    record => view(&snapshot.record),
                    consultation_until => view(snapshot.record.consultation_until),
                    tables => dataset,
                }
            })
        })
        .collect();
    at.render("drafts.html", context! { prices, coefficients => coefficient_table::list(at, true) })
}

//! About the data: every dataset with what it rests on, what is withheld, how to check it.

use minijinja::{Value, context};

use super::home;
use super::site::At;
use super::template::view;
use crate::error::Result;

pub fn render(at: &At) -> Result<String> {
    let view = |snapshot: &crate::snapshot::Snapshot| {
        context! {
            id => &snapshot.id,
            kind => snapshot.record.kind.id(),
            record => view(&snapshot.record),
            meridian => snapshot.record.crs.map(|zone| zone.meridian_text()),
            rows_withheld => snapshot.disclosure.rows_withheld.values().sum::<u64>(),
            consultation_until => view(snapshot.record.consultation_until),
            page => home::page_of(snapshot.record.kind),
        }
    };
    let datasets: Vec<Value> = at.site.catalogue.snapshots.iter().map(view).collect();
    at.render("about_data.html", context! { datasets })
}

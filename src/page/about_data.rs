//! About the data: every dataset with what it rests on, what is withheld, how to check it.

use minijinja::{Value, context};

use super::home;
use super::site::At;
use super::template::view;
use crate::error::Result;
use crate::snapshot::Snapshot;
use crate::snapshot::record::Record;

pub fn render(at: &At) -> Result<String> {
    let catalogue = at.site.catalogue;
    let dataset = |snapshot: &Snapshot| {
        let record = &snapshot.record;
        let links = |snapshots: Vec<&Snapshot>| {
            snapshots.into_iter().map(|snapshot| view(&snapshot.record)).collect::<Vec<_>>()
        };
        context! {
            id => &snapshot.id,
            kind => snapshot.record.kind.id(),
            record => view(&snapshot.record),
            meridian => snapshot.record.crs.map(|zone| zone.meridian_text()),
            due => due_on(at, &snapshot.record),
            page => home::page_of(snapshot.record.kind),
        }
    };
    let datasets: Vec<Value> = catalogue.snapshots.iter().chain(catalogue.superseded).map(dataset).collect();
    at.render("about_data.html", context! { datasets })
}

/// The last day by which the dataset had to be public, where its kind has one; nothing here needs a clock.
fn due_on(at: &At, record: &Record) -> Option<String> {
    let deadline = at.site.inputs.site.deadlines.kinds.get(&record.kind)?;
    Some(deadline.due_on(record.decision.date, &at.site.days_off).to_string())
}

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
            kind => record.kind.id(),
            record => view(record),
            meridian => record.crs.map(|zone| zone.meridian_text()),
            due => due_on(at, record),
            page => home::page_of(record),
            countersigned => snapshot.countersignature.is_some(),
            attachments => view(&record.attachments),
            successors => links(catalogue.successors(&snapshot.id)),
            supersedes => links(catalogue.named(record.supersedes.iter().map(String::as_str))),
            amends => links(catalogue.named(record.amends.iter().map(String::as_str))),
            amendments => links(catalogue.named(catalogue.succession.amendments(&snapshot.id))),
            rows_withheld => snapshot.disclosure.rows_withheld.values().sum::<u64>(),
            consultation_until => view(record.consultation_until),
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

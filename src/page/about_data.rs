//! About the data: every dataset with what it rests on, what is withheld, how to check it.

use minijinja::{Value, context};

use super::site::At;
use super::template::view;
use super::{BorderProof, TileSetFacts, ZoomProof};
use super::{feeds, home, qgis};
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
    at.render("about_data.html", context! { datasets, proofs => proofs(at), feed => feeds::ALL, layers => layers(at) })
}

/// Layers that QGIS adds with one click.
fn layers(at: &At) -> Vec<Value> {
    qgis::all(at.site).into_iter().map(|layer| context! { path => layer.path, title => layer.title }).collect()
}

/// What was found when each archive was decoded again, zoom by zoom.
fn proofs(at: &At) -> Vec<Value> {
    let figure = |metres: f64| at.language.decimal(&format!("{metres:.3}"));
    let line = |proof: &ZoomProof| {
        context! {
            layer => &proof.layer,
            zoom => proof.zoom,
            features_in => proof.features_in,
            features_drawn => proof.features_drawn,
            whole => proof.features_in == proof.features_drawn,
            borders => proof.borders.as_ref().map(|borders| context! {
                gaps => borders.gaps,
                overlaps => borders.overlaps,
                error_99 => figure(borders.error_99_m),
                error_greatest => figure(borders.error_greatest_m),
            }),
        }
    };
    let set = |set: &TileSetFacts| {
        context! {
            id => &set.id,
            title => view(&set.title),
            archive => &set.archive,
            bytes => set.bytes,
            sha256 => &set.sha256,
            minzoom => set.minzoom,
            maxzoom => set.maxzoom,
            gaps => sum(set, |borders| borders.gaps),
            overlaps => sum(set, |borders| borders.overlaps),
            zooms => set.proof.iter().map(line).collect::<Vec<_>>(),
        }
    };
    // What people ask about first stands first and is open.
    let mut sets: Vec<&TileSetFacts> = at.site.inputs.tile_sets.iter().collect();
    sets.sort_by_key(|set| set.id != "thua-dat");
    sets.into_iter().map(set).collect()
}

fn sum(set: &TileSetFacts, of: fn(&BorderProof) -> u64) -> u64 {
    set.proof.iter().filter_map(|proof| proof.borders.as_ref()).map(of).sum()
}

/// The last day by which the dataset had to be public, where its kind has one; nothing here needs a clock.
fn due_on(at: &At, record: &Record) -> Option<String> {
    let deadline = at.site.inputs.site.deadlines.kinds.get(&record.kind)?;
    Some(deadline.due_on(record.decision.date, &at.site.days_off).to_string())
}

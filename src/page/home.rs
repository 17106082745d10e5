//! The first page: search, three ways in, the newest decisions.

use minijinja::context;
use serde::Serialize;

use super::consultation;
use super::site::At;
use super::template::view;
use crate::config::dataset::DatasetKind;
use crate::error::Result;
use crate::snapshot::Snapshot;
use crate::snapshot::record::Record;

const NEWEST: usize = 8;

#[derive(Serialize)]
struct Entry<'a> {
    record: &'a Record,
    path: &'static str,
}

pub fn render(at: &At) -> Result<String> {
    let snapshots = at.site.catalogue.snapshots;
    let latest = |kind| snapshots.iter().filter(|s| s.record.kind == kind).map(|s| s.record.decision.date).max();
    let example = at.site.catalogue.communes.values().find_map(|commune| {
        let sheet = commune.sheets.values().next()?;
        let number = sheet.facts.each_number().next()?;
        Some(context! { sheet => sheet.number, number, commune => commune.name })
    });
    at.render(
        "home.html",
        context! {
            newest => view(newest(snapshots)),
            map_date => view(latest(DatasetKind::DiaChinh)),
            prices_date => view(latest(DatasetKind::GiaDat)),
            plans_date => view(latest(DatasetKind::QuyHoach)),
            example,
        },
    )
}

fn newest(snapshots: &[Snapshot]) -> Vec<Entry<'_>> {
    let mut entries: Vec<Entry> =
        snapshots.iter().map(|snapshot| Entry { record: &snapshot.record, path: page_of(&snapshot.record) }).collect();
    entries.sort_by(|a, b| {
        b.record.decision.date.cmp(&a.record.decision.date).then(a.record.dataset.cmp(&b.record.dataset))
    });
    entries.truncate(NEWEST);
    entries
}

/// The page on which a dataset is read.
pub fn page_of(record: &Record) -> &'static str {
    match record.kind {
        _ if record.consultation_until.is_some() => consultation::PATH,
        DatasetKind::DiaChinh | DatasetKind::DiaGioi => "/xa/",
        DatasetKind::QuyHoach => "/quy-hoach/",
        DatasetKind::GiaDat | DatasetKind::HeSo => "/bang-gia-dat/",
        DatasetKind::ThongKe => "/thong-ke/",
        DatasetKind::Nen => "/ban-do/",
    }
}

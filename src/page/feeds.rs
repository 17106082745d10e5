//! Atom feeds (RFC 4287): every decision, those of each commune, and what became of each.

use std::fmt::Write as _;

use super::OutputFile;
use super::metadata::DatasetRecord;
use super::site::Site;
use crate::snapshot::Snapshot;

/// All decisions.
pub const ALL: &str = "/du-lieu/quyet-dinh.atom";

pub fn all(site: &Site, records: &[DatasetRecord]) -> Vec<OutputFile> {
    let every: Vec<&Snapshot> = site.catalogue.snapshots.iter().chain(site.catalogue.superseded).collect();
    let title = site.inputs.site.site.title.vi.clone();
    let mut files = vec![feed(site, ALL, &title, "/du-lieu/", every)];
    for commune in site.catalogue.communes.values() {
        let snapshots = commune.snapshots(site.catalogue.snapshots).collect();
        let path = format!("{}quyet-dinh.atom", commune.path());
        files.push(feed(site, &path, &format!("{}: {title}", commune.name), &commune.path(), snapshots));
    }
    for record in records {
        let path = format!("{}thay-doi.atom", record.path());
        let title = &record.snapshot.record.title.vi;
        files.push(feed(site, &path, title, &record.path(), story(site, record.snapshot)));
    }
    files
}

/// A decision, what amended it and what took its place.
fn story<'a>(site: &Site<'a>, snapshot: &'a Snapshot) -> Vec<&'a Snapshot> {
    let catalogue = site.catalogue;
    let amendments = catalogue.named(catalogue.succession.amendments(&snapshot.id));
    let mut story = vec![snapshot];
    story.extend(amendments);
    story.extend(catalogue.successors(&snapshot.id));
    story
}

fn feed(site: &Site, path: &str, title: &str, page: &str, mut snapshots: Vec<&Snapshot>) -> OutputFile {
    snapshots.sort_by_key(|snapshot| (std::cmp::Reverse(snapshot.record.decision.date), snapshot.id.clone()));
    snapshots.dedup_by_key(|snapshot| snapshot.id.clone());
    let latest = snapshots.first().map_or(site.inputs.facts.data_date, |snapshot| snapshot.record.decision.date);
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(xml, "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"vi\">");
    let _ = writeln!(xml, "<id>{}</id>", text(&site.url(path)));
    let _ = writeln!(xml, "<title>{}</title>", text(title));
    let _ = writeln!(xml, "<updated>{}</updated>", time(latest));
    let _ = writeln!(xml, "<link rel=\"self\" type=\"application/atom+xml\" href=\"{}\"/>", text(&site.url(path)));
    let _ = writeln!(xml, "<link rel=\"alternate\" type=\"text/html\" href=\"{}\"/>", text(&site.url(page)));
    let _ = writeln!(xml, "<author><name>{}</name></author>", text(&site.inputs.site.province.authority.vi));
    for snapshot in snapshots {
        xml.push_str(&entry(site, snapshot));
    }
    xml.push_str("</feed>\n");
    OutputFile { path: path.to_owned(), bytes: xml.into_bytes() }
}

/// Its id carries the record's digest: the same decision approved anew is another entry.
fn entry(site: &Site, snapshot: &Snapshot) -> String {
    let (record, decision) = (&snapshot.record, &snapshot.record.decision);
    let page = site.url(&format!("/du-lieu/{}/", snapshot.id));
    let digest = crate::digest::sha256(snapshot.record_json.as_bytes());
    let summary = format!(
        "{}, {}. Hiệu lực từ {}. Số dòng: {}.",
        decision.number,
        decision.authority,
        crate::model::text::date_vi(decision.effective_from),
        record.rows
    );
    format!(
        "<entry>\n<id>{}</id>\n<title>{}</title>\n<updated>{}</updated>\n<link rel=\"alternate\" type=\"text/html\" href=\"{}\"/>\n<summary>{}</summary>\n<category term=\"{}\"/>\n</entry>\n",
        text(&site.url(&format!("/du-lieu/ho-so/{}/record.json#{}", snapshot.id, &digest[..16]))),
        text(&format!("{}: {}", decision.number, record.title.vi)),
        time(decision.date),
        text(&page),
        text(&summary),
        record.kind.id(),
    )
}

/// The day of a decision has no hour: its first, in Vietnam.
fn time(date: jiff::civil::Date) -> String {
    format!("{date}T00:00:00+07:00")
}

fn text(text: &str) -> String {
    // Control characters are not allowed in XML 1.0 whatever they are written as.
    let allowed = text.chars().filter(|c| !c.is_control() || matches!(c, '\t' | '\n' | '\r'));
    allowed.collect::<String>().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

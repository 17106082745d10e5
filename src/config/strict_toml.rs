//! Reads a TOML file whose every key must be known, and names all that are not.

use std::path::Path;

use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue};

use crate::error::{Exit, Failure, Fault, Result, Stage};

/// Dotted paths of the keys of `congbo.toml`; `*` stands for any one key, arrays are passed through.
pub const SITE_KEYS: &[&str] = &[
    "province.code",
    "province.name.vi",
    "province.name.en",
    "province.authority.vi",
    "province.authority.en",
    "province.address.vi",
    "province.address.en",
    "province.email",
    "province.phone",
    "province.bounds_deg",
    "site.title.vi",
    "site.title.en",
    "site.public_url",
    "site.languages",
    "site.theme",
    "site.illustrative",
    "site.properties",
    "notice.kind",
    "notice.text.vi",
    "notice.text.en",
    "notice.from",
    "notice.to",
    "error_reports.communes.*.name.vi",
    "error_reports.communes.*.name.en",
    "error_reports.communes.*.address.vi",
    "error_reports.communes.*.address.en",
    "error_reports.communes.*.email",
    "error_reports.communes.*.phone",
    "security.contact",
    "security.expires",
    "approvers.*",
    "deadlines.*",
    "disclosure.allow",
    "disclosure.min_cell_count",
    "secrecy.land_use_codes",
    "secrecy.areas",
    "secrecy.areas_layer",
    "secrecy.areas_sha256",
    "secrecy.areas_crs",
    "deadlines.*.days",
    "deadlines.*.counting",
    "deadlines.*.warn_before_days",
    "sign_off.keys",
    "publisher.keys",
    "publisher.valid_days",
    "retention.editions",
    "retention.days",
    "keys.rotations",
    "keys.revoked",
    "second_person.kinds",
    "serve.listen",
    "serve.metrics",
    "serve.certificate",
    "serve.key",
    "serve.trusted_proxies",
    "serve.forwarded_by",
    "serve.connections",
    "serve.connections_per_address",
    "serve.requests_per_s",
    "serve.burst",
    "serve.downloads",
    "serve.idle_s",
    "serve.drain_s",
    "serve.editions",
    "serve.log_addresses",
    "serve.keys",
    "serve.threads",
    "account.folder",
    "account.heads",
    "account.first_password_days",
    "account.unused_months",
    "account.offboarding_days",
    "account.sessions",
    "account.idle_minutes",
    "account.session_hours",
    "account.form",
    "account.terms_version",
    "account.organisations",
    "account.same_day_until",
    "account.answer_days",
    "account.link_minutes",
    "account.link_uses",
    "account.grant_days",
    "account.features_per_day",
    "account.bytes_per_day",
    "account.password.min_length",
    "account.password.classes",
    "account.password.rotate_months",
    "account.hashing.memory_mib",
    "account.hashing.passes",
];

/// Keys of `dataset.toml`.
pub const DATASET_KEYS: &[&str] = &[
    "kind",
    "title.vi",
    "title.en",
    "communes",
    "crs",
    "supersedes",
    "amends",
    "attachment.title.vi",
    "attachment.title.en",
    "attachment.file",
    "attachment.sha256",
    "attachment.role",
    "attachment.public",
    "source.file",
    "source.layer",
    "source.axes",
    "source.encoding",
    "source.theme",
    "source.sha256",
    "fields.*",
    "withhold.columns",
    "land_use.*",
    "scan.accept",
    "published_table",
    "consultation_until",
    "skip.features",
    "skip.reason",
    "decision.number",
    "decision.date",
    "decision.authority",
    "decision.effective_from",
    "decision.effective_to",
    "decision.acceptance",
    "events",
    "events_sha256",
    "metadata.keywords",
    "metadata.scale",
    "metadata.detail.vi",
    "metadata.detail.en",
    "metadata.model.vi",
    "metadata.model.en",
    "metadata.lineage.vi",
    "metadata.lineage.en",
    "metadata.check_scope.vi",
    "metadata.check_scope.en",
    "metadata.check_method.vi",
    "metadata.check_method.en",
    "metadata.check_result.vi",
    "metadata.check_result.en",
    "metadata.constraints.vi",
    "metadata.constraints.en",
    "metadata.distribution.vi",
    "metadata.distribution.en",
    "metadata.organisation.name.vi",
    "metadata.organisation.name.en",
    "metadata.organisation.address.vi",
    "metadata.organisation.address.en",
    "metadata.organisation.email",
    "metadata.organisation.phone",
    "metadata.update_frequency",
    "metadata.rule.article",
    "metadata.rule.page",
    "metadata.rule.tables",
    "metadata.rule.text.vi",
    "metadata.rule.text.en",
    "decision.retroactive",
];

/// Keys of `tiles/*.toml`.
pub const TILE_SET_KEYS: &[&str] = &[
    "id",
    "title.vi",
    "title.en",
    "budget_bytes",
    "layer.name",
    "layer.from",
    "layer.theme",
    "layer.draw",
    "layer.minzoom",
    "layer.maxzoom",
    "layer.fields",
];

/// Reads `site/file`. Exit 7 when it cannot be read, 2 when it does not hold what it should.
pub fn load<T: DeserializeOwned>(site: &Path, file: &Path, keys: &[&str]) -> Result<T> {
    let text = std::fs::read_to_string(site.join(file)).map_err(|e| Fault::storage(Stage::Config, file, e))?;
    let (table, syntax) = DeTable::parse_recoverable(&text);
    let mut faults: Vec<Fault> = syntax.iter().map(|e| syntax_fault(file, &text, e)).collect();
    if faults.is_empty() {
        check(table.get_ref(), "", &Checked { file, text: &text, keys }, &mut faults);
    }
    Failure::unless_empty(faults)?;
    toml::from_str(&text).map_err(|e| syntax_fault(file, &text, &e).into())
}

struct Checked<'a> {
    file: &'a Path,
    text: &'a str,
    keys: &'a [&'a str],
}

fn check(table: &DeTable<'_>, prefix: &str, checked: &Checked<'_>, faults: &mut Vec<Fault>) {
    for (key, value) in table.iter() {
        let path = if prefix.is_empty() { key.get_ref().to_string() } else { format!("{prefix}.{}", key.get_ref()) };
        if checked.keys.iter().any(|known| covers(known, &path)) {
            for inner in tables(value.get_ref()) {
                check(inner, &path, checked, faults);
            }
        } else {
            faults.push(unknown_key(&path, key.span().start, checked));
        }
    }
}

/// The table of a value, or every table of an array of tables.
fn tables<'a>(value: &'a DeValue<'a>) -> Vec<&'a DeTable<'a>> {
    match value {
        DeValue::Table(table) => vec![table],
        DeValue::Array(items) => items.iter().filter_map(|item| item.get_ref().as_table()).collect(),
        _ => vec![],
    }
}

/// Whether `path` is `known` or a table on the way to it.
fn covers(known: &str, path: &str) -> bool {
    let mut known = known.split('.');
    path.split('.').all(|part| known.next().is_some_and(|k| k == "*" || k == part))
}

fn unknown_key(path: &str, offset: usize, checked: &Checked<'_>) -> Fault {
    let line = line_of(checked.text, offset);
    let candidates = checked.keys.iter().copied().filter(|key| !key.ends_with('*'));
    let remedy = match nearest(path, candidates) {
        Some(near) => format!("did you mean '{near}'? Otherwise remove the line"),
        None => "remove the line; the keys are listed in the sample file".into(),
    };
    Fault::new(Stage::Config, Exit::Usage, format!("line {line}: unknown key '{path}'"))
        .file(checked.file)
        .remedy(remedy)
}

fn syntax_fault(file: &Path, text: &str, error: &toml::de::Error) -> Fault {
    let line = error.span().map(|span| format!("line {}: ", line_of(text, span.start))).unwrap_or_default();
    Fault::new(Stage::Config, Exit::Usage, format!("{line}{}", error.message())).file(file)
}

fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset.min(text.len())].iter().filter(|b| **b == b'\n').count() + 1
}

/// The candidate that differs least from `word`, when it is close enough to be meant.
pub fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // No name of ours is as long, and a file may hold one of a megabyte.
    if word.len() > 256 {
        return None;
    }
    let (distance, near) = candidates
        .map(|candidate| (edit_distance(&word.to_lowercase(), &candidate.to_lowercase()), candidate))
        .min()?;
    (distance <= word.chars().count().div_ceil(3)).then_some(near)
}

/// Levenshtein distance in characters.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (diagonal + usize::from(ca != *cb)).min(above + 1).min(row[j] + 1);
            diagonal = above;
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unknown_key_is_named_with_its_line_and_the_nearest_known_one() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("t.toml"), "id = 'x'\nbudget_byte = 1\n[[layer]]\nmin_zoom = 3\n").unwrap();
        let failure = load::<toml::Table>(folder.path(), Path::new("t.toml"), TILE_SET_KEYS).unwrap_err();
        let said = failure.to_string();
        assert_eq!(failure.exit(), Exit::Usage);
        assert!(said.contains("line 2: unknown key 'budget_byte'\n  fix: did you mean 'budget_bytes'?"), "{said}");
        assert!(said.contains("line 4: unknown key 'layer.min_zoom'\n  fix: did you mean 'layer.minzoom'?"), "{said}");
    }

    #[test]
    fn a_table_on_the_way_to_a_known_key_is_known() {
        assert!(covers("province.name.vi", "province"));
        assert!(covers("approvers.*", "approvers.gia_dat"));
        assert!(!covers("approvers.*", "approver"));
        assert!(!covers("kind", "kind.of"));
    }
}

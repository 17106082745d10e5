//! Which snapshot is current, which was superseded, and which adds to another.
//!
//! A dataset that names another under `supersedes` takes its place: the other stays approved and readable,
//! and is drawn no more. One that names another under `amends` stands beside it as a dated layer. What
//! counts is what was approved, never today's date.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::civil::Date;

use super::record::Record;
use super::trust::Trust;
use super::{Content, Parcels, Snapshot, store};
use crate::config::dataset::{DatasetConfig, DatasetKind};
use crate::config::site::SiteConfig;
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::inspect::finding::{Finding, Severity};
use crate::model::decision::Decision;
use crate::model::text::date_vi;

/// Who took whose place, and who adds to whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Succession {
    /// Dataset → the datasets that took its place; several where a commune was divided.
    successors: BTreeMap<String, Vec<String>>,
    /// Dataset → its amendments by date of effect, then of decision, then by name.
    amendments: BTreeMap<String, Vec<String>>,
    amended: BTreeMap<String, String>,
}

/// The approved snapshots of a site, sorted out.
pub struct Standing {
    /// What is drawn, searched and extracted; amendments among them.
    pub current: Vec<Snapshot>,
    /// What others took the place of, and what amended it.
    pub superseded: Vec<Snapshot>,
    pub succession: Succession,
}

/// What a dataset says about others.
struct Link<'a> {
    dataset: &'a str,
    kind: DatasetKind,
    supersedes: Option<&'a str>,
    amends: Option<&'a str>,
    decision: Option<&'a Decision>,
    /// Still open to comments, and so not decided.
    is_draft: bool,
}

impl<'a> Link<'a> {
    fn of_record(record: &'a Record) -> Self {
        Link {
            dataset: &record.dataset,
            kind: record.kind,
            supersedes: record.supersedes.as_deref(),
            amends: record.amends.as_deref(),
            decision: Some(&record.decision),
            is_draft: record.consultation_until.is_some(),
        }
    }
}

/// Opens every approved snapshot and sorts out which is current.
///
/// # Errors
/// As [`store::open_all`]; exit 2 for links that lead nowhere, in a circle or to another kind of data; 3
/// for amendments of what is not approved, or of rows that are not there.
pub fn open(site: &Path, config: &SiteConfig, parcels: Parcels) -> Result<Standing> {
    Standing::of(store::open_all(site, config, parcels)?)
}

impl Standing {
    /// Sorts out snapshots that were opened.
    ///
    /// # Errors
    /// As [`open`].
    pub fn of(snapshots: Vec<Snapshot>) -> Result<Self> {
        let (succession, mut faults) = Succession::of(snapshots.iter().map(|s| Link::of_record(&s.record)).collect());
        for snapshot in &snapshots {
            let base = snapshot.record.amends.as_ref().and_then(|id| snapshots.iter().find(|other| other.id == *id));
            faults.extend(row_faults(&snapshot.record, &snapshot.content, base.map(|base| &base.content)));
        }
        Failure::unless_empty(faults)?;
        let (current, superseded) = snapshots.into_iter().partition(|snapshot| succession.is_current(&snapshot.id));
        Ok(Standing { current, superseded, succession })
    }

    /// The same with the parcels back on disk, for stages that look at some of them at a time.
    pub fn without_parcels(mut self) -> Self {
        let parcels = |snapshot: &&mut Snapshot| matches!(snapshot.content, Content::Parcels(_));
        self.current.iter_mut().filter(parcels).for_each(|snapshot| snapshot.content = Content::ParcelsOnDisk);
        self
    }

    /// All snapshots, the current ones first.
    pub fn all(&self) -> impl Iterator<Item = &Snapshot> + Clone {
        self.current.iter().chain(&self.superseded)
    }
}

impl Succession {
    fn of(links: Vec<Link<'_>>) -> (Self, Vec<Fault>) {
        let by_name: BTreeMap<&str, &Link<'_>> = links.iter().map(|link| (link.dataset, link)).collect();
        let faults = links.iter().flat_map(|link| faults_of(link, &by_name)).collect();
        let mut succession = Succession::default();
        let mut ordered: Vec<&Link<'_>> = links.iter().collect();
        ordered.sort_by_key(|link| (link.decision.map(|d| (d.effective_from, d.date)), link.dataset));
        for link in ordered {
            let name = || link.dataset.to_owned();
            if let Some(old) = link.supersedes {
                succession.successors.entry(old.to_owned()).or_default().push(name());
            }
            if let Some(base) = link.amends {
                succession.amendments.entry(base.to_owned()).or_default().push(name());
                succession.amended.insert(name(), base.to_owned());
            }
        }
        (succession, faults)
    }

    /// The datasets that took the place of one, or of the one it amends.
    pub fn successors(&self, dataset: &str) -> &[String] {
        let own = self.successors.get(dataset);
        let of_base = || self.successors.get(self.amended.get(dataset)?);
        own.or_else(of_base).map_or(&[], Vec::as_slice)
    }

    pub fn is_current(&self, dataset: &str) -> bool {
        self.successors(dataset).is_empty()
    }

    /// The amendments of a dataset by date of effect; those that were superseded are left out while the
    /// dataset itself is current.
    pub fn amendments(&self, dataset: &str) -> impl Iterator<Item = &str> {
        let all = self.amendments.get(dataset).into_iter().flatten().map(String::as_str);
        all.filter(|amendment| !self.successors.contains_key(*amendment))
    }
}

fn faults_of(link: &Link<'_>, by_name: &BTreeMap<&str, &Link<'_>>) -> Vec<Fault> {
    let mut faults = Vec::from_iter(draft_fault(link));
    if let Some(name) = link.supersedes {
        faults.extend(superseding_fault(link, name, by_name.get(name).copied()));
        if leads_back(link, by_name) {
            faults.push(usage(link, "supersedes itself in a circle".into(), "let the older dataset supersede nothing"));
        }
    }
    if let Some(name) = link.amends {
        faults.extend(amending_fault(link, name, by_name.get(name).copied()));
    }
    faults
}

/// What is not decided takes no place and adds nothing: the table in force would be gone from its page, or a
/// proposed row would stand in it.
fn draft_fault(link: &Link<'_>) -> Option<Fault> {
    let (key, name) = [("supersedes", link.supersedes), ("amends", link.amends)]
        .into_iter()
        .find_map(|(key, name)| Some((key, name.filter(|_| link.is_draft)?)))?;
    let problem = format!("is a draft (consultation_until) and {key} '{name}': what is not decided changes nothing");
    let remedy = format!("take {key} out until it is decided, or take consultation_until out when it is");
    Some(usage(link, problem, &remedy))
}

fn superseding_fault(link: &Link<'_>, name: &str, old: Option<&Link<'_>>) -> Option<Fault> {
    let Some(old) = old else {
        let problem = format!("supersedes '{name}', which is not approved");
        return Some(usage(link, problem, "approve the older dataset first, or correct the name in supersedes"));
    };
    if old.kind != link.kind {
        let problem = format!("supersedes '{name}', which is '{}', not '{}'", old.kind.id(), link.kind.id());
        return Some(usage(link, problem, "name a dataset of the same kind in supersedes"));
    }
    (old.amends != link.amends).then(|| {
        let problem = format!("supersedes '{name}', but only one of the two is an amendment");
        usage(
            link,
            problem,
            "an amendment takes the place of an amendment of the same dataset: give both the same amends",
        )
    })
}

fn amending_fault(link: &Link<'_>, name: &str, base: Option<&Link<'_>>) -> Option<Fault> {
    if !matches!(link.kind, DatasetKind::GiaDat | DatasetKind::QuyHoach) {
        let problem = format!("'{}' cannot be amended", link.kind.id());
        return Some(usage(link, problem, "only gia_dat and quy_hoach are amended; others are superseded"));
    }
    let Some(base) = base else {
        let problem = format!("amends '{name}', which is not approved");
        let fault = Fault::new(Stage::Snapshot, Exit::Input, problem).file(description(link.dataset));
        return Some(fault.remedy("approve the amended dataset first, or correct the name in amends"));
    };
    if base.kind != link.kind {
        let problem = format!("amends '{name}', which is '{}', not '{}'", base.kind.id(), link.kind.id());
        return Some(usage(link, problem, "name a dataset of the same kind in amends"));
    }
    base.amends.map(|root| {
        let problem = format!("amends '{name}', which is an amendment itself");
        usage(link, problem, &format!("name the dataset that both amend: amends = \"{root}\""))
    })
}

fn leads_back(link: &Link<'_>, by_name: &BTreeMap<&str, &Link<'_>>) -> bool {
    let mut seen = BTreeSet::new();
    let mut at = link.supersedes;
    while let Some(name) = at.filter(|name| seen.insert(*name)) {
        if name == link.dataset {
            return true;
        }
        at = by_name.get(name).and_then(|link| link.supersedes);
    }
    false
}

fn usage(link: &Link<'_>, problem: String, remedy: &str) -> Fault {
    Fault::new(Stage::Config, Exit::Usage, problem).file(description(link.dataset)).remedy(remedy)
}

/// Datasets are known by the name of their folder alone; this is where it is by custom.
fn description(dataset: &str) -> String {
    format!("content/data/{dataset}/dataset.toml")
}

/// What speaks against the links of a dataset about to be approved, before a row is read.
pub(super) fn objections(site: &Path, trust: &Trust, dataset: &str, config: &DatasetConfig) -> Vec<Fault> {
    let named: Vec<&String> = [&config.supersedes, &config.amends].into_iter().flatten().collect();
    if named.is_empty() {
        return vec![];
    }
    let records = store::readable_records(site);
    let link = Link {
        dataset,
        kind: config.kind,
        supersedes: config.supersedes.as_deref(),
        amends: config.amends.as_deref(),
        decision: config.decision.as_ref(),
        is_draft: config.consultation_until.is_some(),
    };
    let mut links: Vec<Link<'_>> =
        records.iter().map(Link::of_record).filter(|other| other.dataset != dataset).collect();
    links.push(link);
    let by_name: BTreeMap<&str, &Link<'_>> = links.iter().map(|link| (link.dataset, link)).collect();
    let mut faults = faults_of(&links[links.len() - 1], &by_name);
    // What does not count is not approved, whatever its folder says.
    for held in named.into_iter().filter_map(|name| store::held(site, name).ok()) {
        faults.extend(trust.check(&held).err().into_iter().flat_map(|failure| failure.faults));
    }
    faults
}

/// What speaks against the rows of a dataset about to be approved, whose files lie in `folder`.
pub(super) fn check_rows(site: &Path, config: &SiteConfig, record: &Record, folder: &Path) -> Result<()> {
    if record.kind != DatasetKind::GiaDat {
        return Ok(());
    }
    let base = record.amends.as_ref().map(|base| store::open(site, config, base)).transpose()?;
    let rows = Content::Prices(store::price_rows(folder)?);
    Failure::unless_empty(row_faults(record, &rows, base.as_ref().map(|base| &base.content)))
}

/// Rows of a price amendment whose `thay_cho_stt` names no row of the amended table.
fn row_faults(record: &Record, content: &Content, base: Option<&Content>) -> Vec<Fault> {
    let Content::Prices(rows) = content else { return vec![] };
    let known: BTreeSet<u32> = match (base, &record.amends) {
        (Some(Content::Prices(rows)), _) => rows.iter().map(|row| row.row).collect(),
        (_, None) => BTreeSet::new(),
        // That the amended table is missing is a fault of its own.
        _ => return vec![],
    };
    let replacing = rows.iter().filter_map(|row| Some((row.row, row.replaces_row?)));
    let dangling = replacing.filter(|(_, replaced)| !known.contains(replaced));
    dangling.map(|(row, replaced)| dangling_row(record, row, replaced)).collect()
}

fn dangling_row(record: &Record, row: u32, replaced: u32) -> Fault {
    let (problem, remedy) = match &record.amends {
        Some(base) => (
            format!("thay_cho_stt names row {replaced}, which '{base}' does not have"),
            "write the row number (stt) of the amended table, or leave the cell empty for a row that is added",
        ),
        None => (
            format!("thay_cho_stt names row {replaced}, but the dataset amends nothing"),
            "add amends = \"<dataset>\" to dataset.toml, or take thay_cho_stt out of [fields]",
        ),
    };
    Fault::new(Stage::Snapshot, Exit::Input, problem)
        .file(description(&record.dataset))
        .feature(format!("row {row}"))
        .remedy(remedy)
}

/// What the approver should know about the dates of a record: they are published as they are.
pub(super) fn warnings(site: &Path, record: &Record) -> Vec<Finding> {
    let old = record.supersedes.as_ref().and_then(|name| store::held(site, name).ok());
    let transition = old.and_then(|old| transition(&old.record, record));
    let early = own_dates(&record.decision).map(|problem| ("early-effect", problem, RETROACTIVE));
    early
        .into_iter()
        .chain(transition.map(|problem| ("transition", problem, TRANSITION)))
        .map(|(kind, problem, remedy)| {
            let fault =
                Fault::new(Stage::Snapshot, Exit::Input, problem).file(description(&record.dataset)).remedy(remedy);
            Finding::new(kind, Severity::Warning, fault)
        })
        .collect()
}

const RETROACTIVE: &str = "correct the dates; if it is meant, add retroactive = true to [decision]";
const TRANSITION: &str = "correct effective_from here or effective_to there; if both are so decided, leave them";

fn own_dates(decision: &Decision) -> Option<String> {
    (decision.effective_from < decision.date && !decision.retroactive).then(|| {
        format!(
            "the decision of {} takes effect before its date, on {}",
            date_vi(decision.date),
            date_vi(decision.effective_from)
        )
    })
}

/// What is in force between two datasets. An old one without an end ends where the new one begins.
fn transition(old: &Record, new: &Record) -> Option<String> {
    let begins = new.decision.effective_from;
    if begins < old.decision.effective_from {
        return Some(format!(
            "takes effect on {}, before '{}', which it supersedes, did on {}",
            date_vi(begins),
            old.dataset,
            date_vi(old.decision.effective_from)
        ));
    }
    let ends = old.decision.effective_to?;
    let after = ends.tomorrow().ok()?;
    if begins < after {
        return Some(format!("both this and '{}' are in force {}", old.dataset, from_to(begins, ends)));
    }
    let before = begins.yesterday().ok()?;
    (after < begins).then(|| format!("neither this nor '{}' is in force {}", old.dataset, from_to(after, before)))
}

fn from_to(first: Date, last: Date) -> String {
    format!("from {} to {}", date_vi(first), date_vi(last))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn record(dataset: &str, kind: DatasetKind, supersedes: Option<&str>, amends: Option<&str>, from: &str) -> Record {
        serde_json::from_value(json!({
            "format": 1, "dataset": dataset, "kind": kind, "title": { "vi": dataset }, "communes": [], "crs": null,
            "decision": {
                "number": "00", "date": "2025-12-10", "authority": "UBND", "effective_from": from,
                "effective_to": "2026-06-30", "acceptance": "BB",
            },
            "supersedes": supersedes, "amends": amends, "sources": [], "rows": 0, "bounds_deg": null,
            "disclosed": [], "withheld_columns": 0, "metadata": {}, "files": [],
        }))
        .unwrap()
    }

    fn prices(dataset: &str, supersedes: Option<&str>, amends: Option<&str>) -> Record {
        record(dataset, DatasetKind::GiaDat, supersedes, amends, "2026-01-01")
    }

    fn sorted_out(records: &[Record]) -> (Succession, String) {
        let (succession, faults) = Succession::of(records.iter().map(Link::of_record).collect());
        (succession, faults.iter().map(|fault| format!("exit {} {fault}\n", fault.exit.code())).collect())
    }

    #[test]
    fn the_last_of_a_chain_is_current_and_each_names_the_next() {
        let (s, said) =
            sorted_out(&[prices("a", None, None), prices("b", Some("a"), None), prices("c", Some("b"), None)]);
        assert_eq!(said, "");
        assert_eq!((s.successors("a"), s.successors("b")), (&["b".to_owned()][..], &["c".to_owned()][..]));
        assert!(!s.is_current("a") && !s.is_current("b") && s.is_current("c"));
    }

    #[test]
    fn amendments_stand_in_the_order_of_their_dates_and_go_with_their_table() {
        let amendment = |name, from| record(name, DatasetKind::GiaDat, None, Some("a"), from);
        let late = amendment("b", "2026-05-01");
        let early = amendment("c", "2026-02-01");
        let (s, said) = sorted_out(&[prices("a", None, None), late.clone(), early.clone()]);
        assert_eq!(said, "");
        assert_eq!(s.amendments("a").collect::<Vec<_>>(), ["c", "b"]);
        assert!(s.is_current("b"));
        let (s, _) = sorted_out(&[prices("a", None, None), late, early, prices("z", Some("a"), None)]);
        assert!(!s.is_current("b") && !s.is_current("c"), "the amendments of a superseded table are superseded");
        assert_eq!(s.successors("b"), ["z"]);
    }

    #[test]
    fn a_corrected_amendment_takes_the_place_of_the_first() {
        let records = [prices("a", None, None), prices("b", None, Some("a")), prices("c", Some("b"), Some("a"))];
        let (s, said) = sorted_out(&records);
        assert_eq!(said, "");
        assert_eq!(s.amendments("a").collect::<Vec<_>>(), ["c"]);
        assert!(!s.is_current("b") && s.is_current("a"));
    }

    #[test]
    fn links_that_cannot_be_are_refused_by_name() {
        let plan = |name, supersedes| record(name, DatasetKind::QuyHoach, supersedes, None, "2026-01-01");
        let cases = [
            (
                vec![prices("a", Some("b"), None), prices("b", Some("a"), None)],
                "exit 2",
                "a/dataset.toml: supersedes itself in a circle",
            ),
            (vec![prices("a", Some("a"), None)], "exit 2", "supersedes itself in a circle"),
            (vec![prices("a", Some("x"), None)], "exit 2", "supersedes 'x', which is not approved"),
            (vec![plan("p", None), prices("a", Some("p"), None)], "exit 2", "which is 'quy_hoach', not 'gia_dat'"),
            (vec![prices("a", None, Some("x"))], "exit 3", "amends 'x', which is not approved"),
            (vec![plan("p", None), prices("a", None, Some("p"))], "exit 2", "which is 'quy_hoach', not 'gia_dat'"),
            (
                vec![prices("a", None, None), prices("b", None, Some("a")), prices("c", None, Some("b"))],
                "exit 2",
                "name the dataset that both amend: amends = \"a\"",
            ),
            (
                vec![prices("a", None, None), prices("b", None, Some("a")), prices("c", Some("b"), None)],
                "exit 2",
                "only one of the two is an amendment",
            ),
            (
                vec![record("t", DatasetKind::DiaChinh, None, Some("t"), "2026-01-01")],
                "exit 2",
                "'dia_chinh' cannot be amended",
            ),
        ];
        for (records, exit, expected) in cases {
            let (_, said) = sorted_out(&records);
            assert!(said.starts_with(exit) && said.contains(expected), "{said}");
        }
    }

    #[test]
    fn a_draft_takes_no_place_and_adds_nothing() {
        let draft = |supersedes, amends| Record {
            consultation_until: Some(jiff::civil::date(2026, 3, 1)),
            ..prices("b", supersedes, amends)
        };
        let said = |draft| sorted_out(&[prices("a", None, None), draft]).1;
        let superseding = said(draft(Some("a"), None));
        assert!(superseding.starts_with("exit 2"), "{superseding}");
        assert!(superseding.contains("b/dataset.toml: is a draft (consultation_until) and supersedes 'a'"));
        assert!(superseding.contains("fix: take supersedes out until it is decided"), "{superseding}");
        assert!(said(draft(None, Some("a"))).contains("is a draft (consultation_until) and amends 'a'"));
        assert_eq!(said(draft(None, None)), "");
    }

    #[test]
    fn an_overlap_and_a_hole_between_two_tables_are_named_with_their_days() {
        let old = prices("a", None, None);
        let new = |from| record("b", DatasetKind::GiaDat, Some("a"), None, from);
        assert_eq!(transition(&old, &new("2026-07-01")), None);
        let overlap = transition(&old, &new("2026-06-15")).unwrap();
        assert_eq!(overlap, "both this and 'a' are in force from 15/06/2026 to 30/06/2026");
        let hole = transition(&old, &new("2026-07-10")).unwrap();
        assert_eq!(hole, "neither this nor 'a' is in force from 01/07/2026 to 09/07/2026");
        assert!(transition(&old, &new("2025-07-01")).unwrap().contains("before 'a'"));
        let open = Record { decision: Decision { effective_to: None, ..old.decision.clone() }, ..old };
        assert_eq!(transition(&open, &new("2026-07-10")), None);
    }

    #[test]
    fn a_decision_that_takes_effect_before_its_date_says_so() {
        let early = record("a", DatasetKind::GiaDat, None, None, "2025-12-01").decision;
        assert!(own_dates(&early).unwrap().contains("before its date"));
        assert_eq!(own_dates(&Decision { retroactive: true, ..early }), None);
    }
}

//! `congbo plan`

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};
use std::path::PathBuf;

use super::output::{note, say, stream};
use super::{Context, published};
use crate::config::site::SiteConfig;
use crate::error::{Fault, Result, Stage};
use crate::model::decision::Decision;
use crate::model::text::date_vi;
use crate::plan::change::{Change, ChangeKind, ChangesFile, DatasetPlan, DatasetState};
use crate::plan::changes_map::ChangesMap;
use crate::plan::changes_page::ChangesPage;
use crate::plan::compare::compare;
use crate::plan::{Datasets, sample};
use crate::snapshot::store;

/// Show what publishing the approved data would change, before anything is built
///
/// Compares the approved snapshots with the published edition: for each dataset and commune how many cases
/// would be added, changed and removed, with the first 20 of each; --json prints all of them. Reads
/// snapshots/ and the manifest of dist/current. Writes nothing but, with --out, FOLDER/changes.csv, changes.fgb (on
/// a map) and changes.html.
#[derive(clap::Args)]
pub struct Args {
    /// Folder of the editions, relative to the site folder
    #[arg(long, default_value = "dist", env = "CONGBO_DIST")]
    dist: PathBuf,
    /// Folder for every change with old → new, to send to the communes: changes.csv, .fgb, .html; relative to the site folder
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

/// How many of each kind of change a person is shown.
const EXAMPLES: usize = 20;

pub fn run(context: &Context, args: Args) -> Result<()> {
    let config = SiteConfig::load(&context.site)?;
    let published = published::manifest(&context.site.join(&args.dist))?;
    let before = published.as_ref().map(published::datasets_of).unwrap_or_default();
    let approved = store::approved_records(&context.site, &config)?;
    let after: Datasets = approved.into_iter().map(|(record, digest)| (record.dataset, digest)).collect();
    let sides = Sides { before, after, from: published.map(|manifest| manifest.edition), to: None };
    show(context, &sides, args.out)
}

/// What is compared: the published edition (none before the first) with what is approved, or with another edition.
pub(super) struct Sides {
    pub before: Datasets,
    pub after: Datasets,
    pub from: Option<String>,
    pub to: Option<String>,
}

/// Prints what changes from one side to the other, and writes it to `out`.
pub(super) fn show(context: &Context, sides: &Sides, out: Option<PathBuf>) -> Result<()> {
    let mut files = out.map(|folder| Files::begin(context.site.join(folder))).transpose()?;
    let mut shown = if context.json { Shown::Json(Json::begin()?) } else { Shown::Text(Examples::default()) };
    let plans = compare(&context.site, &sides.before, &sides.after, &mut |change| {
        files.as_mut().map_or(Ok(()), |files| files.take(change))?;
        shown.take(change)
    })?;
    match shown {
        Shown::Json(json) => json.print(sides, &plans)?,
        Shown::Text(examples) => print(sides, &plans, &examples),
    }
    if let Some(files) = files {
        files.finish(sides, &plans)?;
    }
    Ok(())
}

/// The same changes as a table, on a map, and as a page.
struct Files {
    folder: PathBuf,
    table: ChangesFile,
    map: ChangesMap,
    page: ChangesPage,
}

impl Files {
    fn begin(folder: PathBuf) -> Result<Self> {
        let (table, map) = (ChangesFile::begin(&folder)?, ChangesMap::begin(&folder)?);
        Ok(Files { folder, table, map, page: ChangesPage::default() })
    }

    fn take(&mut self, change: &Change) -> Result<()> {
        self.page.add(change);
        self.map.add(change)?;
        self.table.write(change)
    }

    fn finish(self, sides: &Sides, plans: &[DatasetPlan]) -> Result<()> {
        let name = |edition: &Option<String>| edition.clone().unwrap_or_else(|| "chưa có bản công bố".into());
        let title = match &sides.to {
            Some(to) => format!("Thay đổi từ bản {} đến bản {to}", name(&sides.from)),
            None => format!("Thay đổi so với bản {}", name(&sides.from)),
        };
        self.page.finish(&self.folder, &title, plans)?;
        self.map.finish()?;
        note!("written: {}", self.table.finish()?.display());
        Ok(())
    }
}

enum Shown {
    Json(Json),
    Text(Examples),
}

impl Shown {
    fn take(&mut self, change: &Change) -> Result<()> {
        match self {
            Shown::Json(json) => json.take(change),
            Shown::Text(examples) => {
                examples.take(change);
                Ok(())
            }
        }
    }
}

/// Changes as JSON in a temporary file: there may be millions, and nothing is printed before all are known.
struct Json {
    changes: BufWriter<File>,
    first: bool,
}

impl Json {
    fn begin() -> Result<Self> {
        let file = tempfile::tempfile().map_err(unwritten)?;
        Ok(Json { changes: BufWriter::new(file), first: true })
    }

    fn take(&mut self, change: &Change) -> Result<()> {
        let separator = if self.first { "\n    " } else { ",\n    " };
        self.first = false;
        self.changes.write_all(separator.as_bytes()).map_err(unwritten)?;
        serde_json::to_writer(&mut self.changes, change).map_err(|e| unwritten(e.into()).into())
    }

    fn print(self, sides: &Sides, plans: &[DatasetPlan]) -> Result<()> {
        let mut changes = self.changes.into_inner().map_err(|e| unwritten(e.into_error()))?;
        let (from, plans) = (serde_json::json!(sides.from), serde_json::json!(plans));
        let against = match &sides.to {
            None => format!("\"published\": {from}"),
            Some(to) => format!("\"from\": {from},\n  \"to\": {}", serde_json::json!(to)),
        };
        stream(|out| {
            changes.rewind()?;
            write!(out, "{{\n  {against},\n  \"datasets\": {plans},\n  \"changes\": [")?;
            io::copy(&mut changes, out)?;
            out.write_all(b"\n  ]\n}\n")
        })
        .map_err(|e| unwritten(e).into())
    }
}

fn unwritten(cause: io::Error) -> Fault {
    Fault::storage(Stage::Plan, "standard output", cause)
}

/// The first changes of each dataset and kind.
#[derive(Default)]
struct Examples {
    by_kind: BTreeMap<(String, &'static str), Vec<String>>,
}

impl Examples {
    fn take(&mut self, change: &Change) {
        let list = self.by_kind.entry((change.dataset.clone(), heading(change.change))).or_default();
        if list.len() < EXAMPLES {
            list.push(format!("{}: {}", change.feature, change.what));
        }
    }
}

fn heading(change: ChangeKind) -> &'static str {
    match change {
        ChangeKind::Added => "added",
        ChangeKind::Attributes | ChangeKind::Shape | ChangeKind::Both => "changed",
        ChangeKind::Removed => "removed",
    }
}

fn print(sides: &Sides, plans: &[DatasetPlan], examples: &Examples) {
    match (&sides.from, &sides.to) {
        (Some(from), Some(to)) => say!("from edition {from} to edition {to}"),
        (Some(edition), None) => say!("against the published edition {edition}"),
        (None, _) => say!("nothing is published yet: everything is new"),
    }
    for plan in plans {
        print_dataset(plan, examples);
    }
    let cases: u64 = plans.iter().flat_map(|plan| plan.communes.values()).map(|counts| counts.cases()).sum();
    match sample::size(cases as usize) {
        0 if sides.to.is_some() => say!("\nno case changed"),
        _ if sides.to.is_some() => say!("\n{cases} cases changed"),
        0 => say!("\nno case would change"),
        size => say!("\n{cases} cases would change; {size} of them are to be checked before publication"),
    }
}

fn print_dataset(plan: &DatasetPlan, examples: &Examples) {
    let rows: u64 = plan.communes.values().map(|counts| counts.unchanged).sum();
    let replaces = plan.replaces.as_ref().map(|old| format!(" in the place of {old}")).unwrap_or_default();
    match plan.state {
        DatasetState::Unchanged => say!("\n{}: unchanged, {rows} rows", plan.dataset),
        DatasetState::Added => say!("\n{}: new, {}", plan.dataset, decision(&plan.decision)),
        DatasetState::Removed => say!("\n{}: removed, {}", plan.dataset, decision(&plan.published_decision)),
        DatasetState::Changed if plan.decision == plan.published_decision => {
            say!("\n{}: changed{replaces}, {} stays", plan.dataset, decision(&plan.decision));
        }
        DatasetState::Changed => {
            let (old, new) = (decision(&plan.published_decision), decision(&plan.decision));
            say!("\n{}: changed{replaces}, {old} → {new}", plan.dataset);
        }
    }
    if let Some(folder) = &plan.lost_snapshot {
        say!("  {folder} is gone: what was published cannot be compared, everything counts as added");
    }
    if plan.state == DatasetState::Unchanged {
        return;
    }
    let head = ["commune", "added", "attributes", "shape", "both", "removed", "unchanged"];
    say!("  {}", head.map(|cell| format!("{cell:>10}")).join(" "));
    for (commune, counts) in &plan.communes {
        let commune = if commune.is_empty() { "–" } else { commune };
        let counts = [counts.added, counts.attributes, counts.shape, counts.both, counts.removed, counts.unchanged];
        say!("  {commune:>10} {}", counts.map(|count| format!("{count:>10}")).join(" "));
    }
    for lineage in &plan.lineage {
        say!("  {} → {}: {}", lineage.before.join(", "), lineage.after.join(", "), lineage.event.vi());
    }
    for kind in ["added", "changed", "removed"] {
        for (i, line) in examples.by_kind.get(&(plan.dataset.clone(), kind)).into_iter().flatten().enumerate() {
            say!("{}    {line}", if i == 0 { format!("  {kind}:\n") } else { String::new() });
        }
    }
}

fn decision(decision: &Option<Decision>) -> String {
    decision
        .as_ref()
        .map_or("no decision".into(), |decision| format!("decision {} of {}", decision.number, date_vi(decision.date)))
}

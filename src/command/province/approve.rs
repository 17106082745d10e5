//! `congbo approve`

use std::path::{Component, Path, PathBuf};

use super::Context;
use super::output::say;
use super::terminal::Bars;
use crate::config::dataset::Source;
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::read::sandbox;
use crate::snapshot::approve::{Approved, approve};
use crate::snapshot::signature::Signer;

/// Warnings that are printed of a dataset; its report holds all.
const PRINTED_WARNINGS: usize = 20;

/// Check datasets and write their signed snapshots
///
/// Reads each DATASET/dataset.toml and the files it names; writes snapshots/<dataset>/ when everything
/// holds, and nothing when anything does not. All faults of all datasets are printed; what inspection found
/// also goes to reports/<dataset>/ as text, JSON, a text for each commune, and a map of faults (FlatGeobuf).
#[derive(clap::Args)]
pub struct Args {
    /// Dataset folders relative to the site, e.g. content/data/thua-dat-an-minh (boundaries first)
    #[arg(required = true)]
    datasets: Vec<PathBuf>,
    /// Secret key of an approver; CONGBO_KEY_PASSWORD holds its password, if it has one
    #[arg(long, env = "CONGBO_KEY")]
    key: PathBuf,
}

pub fn run(context: &Context, args: Args) -> Result<()> {
    let signer = Signer::open(&args.key, std::env::var("CONGBO_KEY_PASSWORD").ok())?;
    let bars = Bars::new();
    let program = this_program()?;
    let open = |site: &Path, path: &Path, source: &Source| sandbox::open(&program, site, path, source);
    let mut approved = vec![];
    let mut faults = vec![];
    for dataset in &args.datasets {
        match inside_site(dataset).and_then(|dataset| approve(&context.site, dataset, &signer, &open, &bars)) {
            Ok(done) => approved.push(done),
            Err(failure) => faults.extend(failure.faults),
        }
    }
    drop(bars);
    if faults.is_empty() || !context.json {
        print(context, &approved);
    }
    Failure::unless_empty(faults)
}

/// Sources are read by a child process of the same program.
pub(super) fn this_program() -> Result<PathBuf> {
    std::env::current_exe().map_err(|e| Fault::new(Stage::Config, Exit::Unexpected, e.to_string()).into())
}

/// Paths in records and reports are relative to the site, so a dataset cannot lie outside it.
fn inside_site(dataset: &Path) -> Result<&Path> {
    if dataset.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
        return Ok(dataset);
    }
    Err(Fault::new(Stage::Config, Exit::Usage, "the dataset must be a folder inside the site")
        .file(dataset)
        .remedy("give the path relative to the site folder (-C)")
        .into())
}

fn print(context: &Context, approved: &[Approved]) {
    if context.json {
        let records: Vec<_> = approved
            .iter()
            .map(|done| serde_json::json!({ "record": done.record, "disclosure": done.disclosure }))
            .collect();
        say!("{}", serde_json::to_string_pretty(&records).unwrap_or_default());
        return;
    }
    for Approved { record, disclosure, folder, warnings, report } in approved {
        say!(
            "approved {}: {} rows, {} columns withheld, {}",
            record.dataset,
            record.rows,
            record.withheld_columns,
            folder.display()
        );
        for line in disclosure.summary() {
            say!("  {line}");
        }
        for warning in warnings.iter().take(PRINTED_WARNINGS) {
            say!("  {}", warning.fault.to_string().replacen("error", "warning", 1));
        }
        if let Some(report) = report {
            say!("  {} warnings, all in {}", warnings.len(), report.display());
        }
    }
}

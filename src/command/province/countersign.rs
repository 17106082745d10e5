//! `congbo countersign`

use std::path::PathBuf;

use super::Context;
use super::output::say;
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::snapshot::countersign::countersign;
use crate::snapshot::signature::Signer;

/// Sign approved datasets as the second person
///
/// Checks the approved snapshot of each DATASET and writes the second signature beside its record
/// (record.json.2.minisig). The kinds that need one stand under [second_person] in congbo.toml.
#[derive(clap::Args)]
pub struct Args {
    /// Names of approved datasets, or their folders, e.g. content/data/bang-gia-dat-2026
    #[arg(required = true)]
    datasets: Vec<PathBuf>,
    /// Secret key of another approver than the first; CONGBO_KEY_PASSWORD holds its password, if it has one
    #[arg(long, env = "CONGBO_KEY")]
    key: PathBuf,
}

pub fn run(context: &Context, args: Args) -> Result<()> {
    let signer = Signer::open(&args.key, std::env::var("CONGBO_KEY_PASSWORD").ok())?;
    let mut records = vec![];
    let mut faults = vec![];
    for dataset in &args.datasets {
        match name(dataset).and_then(|name| countersign(&context.site, name, &signer)) {
            Ok(done) => {
                if !context.json {
                    let decision = &done.record.decision;
                    say!(
                        "countersigned {}: {} rows, decision {} of {}, {}",
                        done.record.dataset,
                        done.record.rows,
                        decision.number,
                        decision.date,
                        done.file.display()
                    );
                }
                records.push(done.record);
            }
            Err(failure) => faults.extend(failure.faults),
        }
    }
    if context.json && faults.is_empty() {
        say!("{}", serde_json::to_string_pretty(&records).unwrap_or_default());
    }
    Failure::unless_empty(faults)
}

/// A dataset's name is that of its folder.
fn name(dataset: &std::path::Path) -> Result<&str> {
    dataset.file_name().and_then(|name| name.to_str()).ok_or_else(|| {
        Fault::new(Stage::Config, Exit::Usage, "is not the name of a dataset")
            .file(dataset)
            .remedy("give the name of an approved dataset, as under snapshots/")
            .into()
    })
}

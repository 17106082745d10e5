//! `congbo audit`

use std::path::PathBuf;

use serde_json::json;

use super::Context;
use super::office::plan;
use super::output::{say, stream};
use crate::account::office::{LOG, SEAL};
use crate::audit::head::{Head, Heads, read_all};
use crate::audit::seal::Seal;
use crate::audit::verify::verify;
use crate::error::{Exit, Fault, Result, Stage};
use crate::snapshot::signature::listed_key;

/// The log of who did what
#[derive(clap::Subcommand)]
pub enum Verb {
    /// Check every record and every signed head; names the first bad record and exits 6
    Verify(Verify),
    /// Check the log, print it as JSON lines, and put a signed head of it with the others
    Export,
}

#[derive(clap::Args)]
pub struct Verify {
    /// Log to check, e.g. a copy (default: the site's own)
    #[arg(long)]
    log: Option<PathBuf>,
    /// Folder of signed heads (default: [account] heads)
    #[arg(long)]
    heads: Option<PathBuf>,
    /// Public key of the heads: .pub file or text (default: that of the site's seal)
    #[arg(long)]
    key: Option<String>,
}

pub fn run(context: &Context, verb: Verb) -> Result<()> {
    match verb {
        Verb::Verify(args) => check(context, args).map(drop),
        Verb::Export => {
            let plan = plan(&context.site)?;
            let log = plan.folder.join(LOG);
            let (records, hash) = check(context, Verify { log: None, heads: None, key: None })?;
            let storage = |e: std::io::Error| Fault::storage(Stage::Account, LOG, e);
            let seal = Seal::open(&plan.folder.join(SEAL)).map_err(|e| Fault::storage(Stage::Account, SEAL, e))?;
            let head = Head { seq: records, hash, time: jiff::Timestamp::now() };
            Heads::new(plan.heads, seal).write(&head).map_err(storage)?;
            let text = std::fs::read(&log).map_err(storage)?;
            Ok(stream(|out| out.write_all(&text)).map_err(storage)?)
        }
    }
}

fn check(context: &Context, args: Verify) -> Result<(u64, String)> {
    let plan = match (&args.log, &args.heads, &args.key) {
        (Some(_), Some(_), Some(_)) => None,
        _ => Some(plan(&context.site)?),
    };
    let own = |name: &str| plan.as_ref().map(|plan| plan.folder.join(name)).unwrap_or_default();
    let log = args.log.unwrap_or_else(|| own(LOG));
    let key = args.key.unwrap_or_else(|| own(SEAL).with_extension("pub").display().to_string());
    let key = listed_key(std::path::Path::new(""), &key)?;
    let folder = args.heads.or_else(|| plan.map(|plan| plan.heads)).unwrap_or_default();
    let heads = match folder.is_dir() {
        true => read_all(&folder, &[key])
            .map_err(|e| Fault::new(Stage::Account, Exit::Verification, e.to_string()).file(&folder))?,
        false => vec![],
    };
    let checked = verify(&log, &heads).map_err(|e| Fault::storage(Stage::Account, &log, e))?;
    if let Some(bad) = checked.bad {
        return Err(Fault::new(Stage::Account, Exit::Verification, bad.problem)
            .file(&log)
            .feature(format!("record {}", bad.seq))
            .remedy("keep the log as it is, compare it with the last backup, and report the incident")
            .into());
    }
    if context.json {
        say!("{}", json!({ "records": checked.records, "hash": checked.hash, "heads": checked.heads }));
    } else {
        tracing::debug!(records = checked.records, "the log is whole");
        super::output::note!("{} records, whole; {} signed heads agree", checked.records, checked.heads);
    }
    Ok((checked.records, checked.hash))
}

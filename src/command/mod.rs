//! What a person can type: one file per verb, which parses and prints and does nothing else.
//!
//! Offices use packages on any system ([`package`]); all other verbs are the province's ([`province`]).

mod manual;
mod output;
mod package;
#[cfg(unix)]
mod province;
mod publisher;
#[cfg(unix)]
mod terminal;
mod today;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use output::{note, say};

use crate::error::{Exit, Failure, Fault, Result, Stage};

/// Publishes the approved, public land information of a province.
#[derive(Parser)]
#[command(name = "congbo", version, propagate_version = true, after_help = EXIT_CODES)]
struct Cli {
    /// Site folder: holds congbo.toml, content/, tiles/, themes/
    #[arg(short = 'C', long = "site", global = true, default_value = ".", env = "CONGBO_SITE")]
    site: PathBuf,
    /// Threads to work with (default: one per core)
    #[arg(short = 'j', long, global = true, env = "CONGBO_THREADS")]
    threads: Option<usize>,
    /// Print a machine-readable report on standard output
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    verb: Verb,
}

const EXIT_CODES: &str = "Exit codes: 0 done · 1 unexpected · 2 usage or configuration · 3 input refused (approval, checksum, \
signature) · 4 disclosure refused · 5 quality refused (geometry, completeness, budget) · 6 verification failed · 7 storage · 8 a deadline has passed";

#[derive(Subcommand)]
enum Verb {
    #[cfg(unix)]
    #[command(flatten)]
    Province(province::Verb),
    #[command(subcommand)]
    Package(package::Verb),
    Man(manual::Man),
    Completions(manual::Completions),
}

/// What every verb is given.
struct Context {
    site: PathBuf,
    json: bool,
}

/// Runs one command line and prints its errors.
pub fn run(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(e) => {
            let _ = e.print();
            return ExitCode::from(if e.use_stderr() { Exit::Usage.code() } else { 0 });
        }
    };
    let json = cli.json;
    match dispatch(cli).and_then(|()| output::whole()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            report(&failure, json);
            ExitCode::from(failure.exit().code())
        }
    }
}

fn dispatch(cli: Cli) -> Result<()> {
    if let Some(threads) = cli.threads {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().map_err(|e| {
            Failure::from(Fault::new(Stage::Config, Exit::Usage, format!("cannot work with {threads} threads: {e}")))
        })?;
    }
    let context = Context { site: cli.site, json: cli.json };
    match cli.verb {
        #[cfg(unix)]
        Verb::Province(verb) => province::run(&context, verb),
        Verb::Package(verb) => package::run(&context, verb),
        Verb::Man(args) => manual::man(&args, Cli::command()),
        Verb::Completions(args) => {
            manual::completions(&args, Cli::command());
            Ok(())
        }
    }
}

fn report(failure: &Failure, json: bool) {
    note!("{failure}");
    // What is overdue stands in the report of 'check' itself: one document on standard output.
    if json && failure.exit() != Exit::Overdue {
        say!("{}", serde_json::to_string_pretty(failure).unwrap_or_default());
    }
}

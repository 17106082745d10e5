//! What a person can type: one file per verb, which parses and prints and does nothing else.

mod account;
mod approve;
mod audit;
mod build;
mod check;
mod countersign;
mod diff;
mod inspect_source;
mod key;
mod manual;
mod office;
mod output;
mod package;
mod plan;
mod prove;
mod prune;
mod publish;
mod published;
mod publisher;
mod read_source;
mod report;
mod request;
mod rollback;
mod sample;
mod serve;
mod sign_off;
mod terminal;
mod tiles;
mod today;
mod trace;
mod verify;

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
    Approve(approve::Args),
    InspectSource(inspect_source::Args),
    Plan(plan::Args),
    Countersign(countersign::Args),
    Build(build::Args),
    Sample(sample::Args),
    SignOff(sign_off::Args),
    Publish(publish::Args),
    Rollback(rollback::Args),
    Prune(prune::Args),
    Diff(diff::Args),
    Prove(prove::Args),
    Verify(verify::Args),
    #[command(subcommand)]
    Package(package::Verb),
    Serve(serve::Args),
    Check(check::Args),
    #[command(subcommand)]
    Tiles(tiles::Verb),
    #[command(subcommand)]
    Key(key::Verb),
    #[command(subcommand)]
    Account(account::Verb),
    #[command(subcommand)]
    Request(request::Verb),
    #[command(subcommand)]
    Audit(audit::Verb),
    Trace(trace::Args),
    Report(report::Args),
    Man(manual::Man),
    Completions(manual::Completions),
    /// Read one source for a parent process
    #[command(hide = true)]
    ReadSource,
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
        Verb::Approve(args) => approve::run(&context, args),
        Verb::InspectSource(args) => inspect_source::run(&context, args),
        Verb::Plan(args) => plan::run(&context, args),
        Verb::Countersign(args) => countersign::run(&context, args),
        Verb::Build(args) => build::run(&context, args),
        Verb::Sample(args) => sample::run(&context, args),
        Verb::SignOff(args) => sign_off::run(&context, args),
        Verb::Publish(args) => publish::run(&context, args),
        Verb::Rollback(args) => rollback::run(&context, args),
        Verb::Prune(args) => prune::run(&context, args),
        Verb::Diff(args) => diff::run(&context, args),
        Verb::Prove(args) => prove::run(&context, args),
        Verb::Verify(args) => verify::run(&context, args),
        Verb::Package(verb) => package::run(&context, verb),
        Verb::Serve(args) => serve::run(&context.site, args),
        Verb::Check(args) => check::run(&context, args),
        Verb::Tiles(verb) => tiles::run(&context, verb),
        Verb::Key(verb) => key::run(&context, verb),
        Verb::Account(verb) => account::run(&context, verb),
        Verb::Request(verb) => request::run(&context, verb),
        Verb::Audit(verb) => audit::run(&context, verb),
        Verb::Trace(args) => trace::run(&context, &args),
        Verb::Report(args) => report::run(&context, &args),
        Verb::Man(args) => manual::man(&args, Cli::command()),
        Verb::Completions(args) => {
            manual::completions(&args, Cli::command());
            Ok(())
        }
        Verb::ReadSource => read_source::run(),
    }
}

fn report(failure: &Failure, json: bool) {
    note!("{failure}");
    // What is overdue stands in the report of 'check' itself: one document on standard output.
    if json && failure.exit() != Exit::Overdue {
        say!("{}", serde_json::to_string_pretty(failure).unwrap_or_default());
    }
}

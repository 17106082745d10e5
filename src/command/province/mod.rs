//! What the province does on its own servers: everything but the use of packages. These verbs need Unix: reading in a
//! sandbox, keys that only their owner can read, a pointer that is moved in one step.

mod account;
mod approve;
mod audit;
mod build;
mod check;
mod countersign;
mod diff;
mod inspect_source;
mod key;
mod office;
pub mod package;
mod plan;
mod prove;
mod prune;
mod publish;
mod published;
mod read_source;
mod report;
mod request;
mod rollback;
mod sample;
mod serve;
mod sign_off;
mod tiles;
mod trace;
mod verify;

use super::package as packages;
use super::{Context, output, publisher, terminal, today};
use crate::error::Result;

#[derive(clap::Subcommand)]
pub enum Verb {
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
    /// Read one source for a parent process
    #[command(hide = true)]
    ReadSource,
}

pub fn run(context: &Context, verb: Verb) -> Result<()> {
    match verb {
        Verb::Approve(args) => approve::run(context, args),
        Verb::InspectSource(args) => inspect_source::run(context, args),
        Verb::Plan(args) => plan::run(context, args),
        Verb::Countersign(args) => countersign::run(context, args),
        Verb::Build(args) => build::run(context, args),
        Verb::Sample(args) => sample::run(context, args),
        Verb::SignOff(args) => sign_off::run(context, args),
        Verb::Publish(args) => publish::run(context, args),
        Verb::Rollback(args) => rollback::run(context, args),
        Verb::Prune(args) => prune::run(context, args),
        Verb::Diff(args) => diff::run(context, args),
        Verb::Prove(args) => prove::run(context, args),
        Verb::Verify(args) => verify::run(context, args),
        Verb::Serve(args) => serve::run(&context.site, args),
        Verb::Check(args) => check::run(context, args),
        Verb::Tiles(verb) => tiles::run(context, verb),
        Verb::Key(verb) => key::run(context, verb),
        Verb::Account(verb) => account::run(context, verb),
        Verb::Request(verb) => request::run(context, verb),
        Verb::Audit(verb) => audit::run(context, verb),
        Verb::Trace(args) => trace::run(context, &args),
        Verb::Report(args) => report::run(context, &args),
        Verb::ReadSource => read_source::run(),
    }
}

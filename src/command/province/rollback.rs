//! `congbo rollback`: back to an edition that the public saw before.

use std::path::PathBuf;

use super::Context;
use super::output::say;
use super::today::Today;
use crate::error::{Exit, Fault, Result, Stage};
use crate::release;

/// Show the public an edition again that it saw before.
///
/// Takes well under a second: sizes are checked here, and every digest by the server before it takes the edition up.
/// The edition keeps the signature of its publication, so no key is needed; 'congbo publish EDITION --key …' gives it
/// a number of its own. Writes dist/current, and the edition and the day into dist/published.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Name of the edition. [default: the one that was public before this one]
    edition: Option<String>,
    /// Folder of the editions, relative to the site folder.
    #[arg(long, default_value = "dist", env = "CONGBO_DIST")]
    dist: PathBuf,
    #[command(flatten)]
    today: Today,
}

pub fn run(context: &Context, args: Args) -> Result<()> {
    let dist = context.site.join(&args.dist);
    let history = release::history(&dist)?;
    let now = release::current(&dist)?;
    let before = || history.iter().rev().map(|past| &past.edition).find(|name| **name != now).cloned();
    let name = args.edition.or_else(before).ok_or_else(|| never_public("no other edition was public before"))?;
    if !history.iter().any(|past| past.edition == name) {
        return Err(never_public(&format!("the public never saw edition {name}")).into());
    }
    release::roll_back(&dist, &name)?;
    release::record(&dist, &name, args.today.date())?;
    say!("back to {name}");
    Ok(())
}

fn never_public(problem: &str) -> Fault {
    Fault::new(Stage::Release, Exit::Usage, problem)
        .file("dist/published")
        .remedy("congbo publish shows an edition for the first time")
}

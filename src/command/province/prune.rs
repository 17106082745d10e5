//! `congbo prune`: removes editions that nothing asks to keep any more.

use std::path::PathBuf;

use super::Context;
use super::output::say;
use super::today::Today;
use crate::config::site::SiteConfig;
use crate::error::{Exit, Fault, Result, Stage};
use crate::release::retention::{self, Policy};

/// Remove editions that are older than [retention] in congbo.toml asks for.
///
/// Never the public one, nor those that the server keeps under /v/, nor what was public on the 31st of a December, nor
/// one that was not public yet. Signatures and the history of publications stay.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Only list what would be removed
    #[arg(long)]
    dry_run: bool,
    /// Folder of the editions, relative to the site folder
    #[arg(long, default_value = "dist", env = "CONGBO_DIST")]
    dist: PathBuf,
    #[command(flatten)]
    today: Today,
}

pub fn run(context: &Context, args: Args) -> Result<()> {
    let config = SiteConfig::load(&context.site)?;
    let asked = config.retention.ok_or_else(|| {
        Fault::new(Stage::Config, Exit::Usage, "does not say how long editions are kept")
            .file("congbo.toml")
            .remedy("add [retention] with editions = 10 and days = 365")
    })?;
    let dist = context.site.join(&args.dist);
    // The server answers for the public one and those before it.
    let policy = Policy { editions: asked.editions.max(config.serve.editions + 1), days: asked.days };
    let names = retention::superfluous(&dist, &policy, args.today.date())?;
    if !args.dry_run {
        retention::finish(&dist)?;
        names.iter().try_for_each(|name| retention::remove(&dist, name))?;
    }
    if context.json {
        say!("{}", serde_json::json!({ "removed": names, "dry_run": args.dry_run }));
    } else {
        let not = if args.dry_run { " (not removed)" } else { "" };
        names.iter().for_each(|name| say!("{name}{not}"));
        say!("{} editions{not}", names.len());
    }
    Ok(())
}

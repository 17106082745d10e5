//! `congbo check`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use super::output::say;
use super::today::Today;
use super::{Context, published};
use crate::config::days_off;
use crate::config::site::SiteConfig;
use crate::error::{Failure, Result};
use crate::model::text::date_vi;
use crate::plan::deadlines::{self, Due, Published, State, days_text};
use crate::release;
use crate::snapshot::store;

/// Say what is due: which approved data must be public by when, and what is overdue
///
/// Reads [deadlines] in congbo.toml, the approved snapshots, the published edition and dist/published.
/// Writes nothing. Exits 8 when something approved is not public and its last day has passed: for timers.
#[derive(clap::Args)]
pub struct Args {
    /// Folder of the editions, relative to the site folder
    #[arg(long, default_value = "dist", env = "CONGBO_DIST")]
    dist: PathBuf,
    #[command(flatten)]
    today: Today,
}

pub fn run(context: &Context, args: Args) -> Result<()> {
    let config = SiteConfig::load(&context.site)?;
    let days_off = days_off::load(&context.site, &config.deadlines)?;
    let dist = context.site.join(&args.dist);
    let today = args.today.date();
    let due = due(&context.site, &dist, today)?;
    let refreshed_on = release::history(&dist)?.last().map(|publication| publication.date);
    let notices = deadlines::notices(&due, &config.deadlines, &days_off, refreshed_on, today);
    if context.json {
        say!("{:#}", serde_json::json!({ "today": today, "datasets": due, "notices": notices }));
    } else {
        print(&due, &notices);
    }
    Failure::unless_empty(deadlines::overdue(&due))
}

/// What was approved, each with its deadline and the day the public saw it.
pub(super) fn due(site: &Path, dist: &Path, today: Date) -> Result<Vec<Due>> {
    let config = SiteConfig::load(site)?;
    let days_off = days_off::load(site, &config.deadlines)?;
    let records: Vec<_> = store::approved_records(site, &config)?.into_iter().map(|(record, _)| record).collect();
    Ok(deadlines::due(&records, &published(dist)?, &config.deadlines, &days_off, today))
}

/// The decisions of the published edition, and since when the public has seen each.
fn published(dist: &Path) -> Result<Published> {
    let Some(current) = published::manifest(dist)? else { return Ok(Published::new()) };
    let mut since = BTreeMap::new();
    for publication in release::history(dist)?.into_iter().rev() {
        // An edition that was removed since says nothing any more.
        let Ok(manifest) = release::manifest_of(dist, &publication.edition) else { continue };
        since.extend(decisions(&manifest).map(|decision| (decision, publication.date)));
    }
    Ok(decisions(&current).map(|decision| (decision.clone(), since.get(&decision).copied())).collect())
}

fn decisions(manifest: &release::Manifest) -> impl Iterator<Item = (String, String, Date)> {
    manifest.datasets.iter().map(|dataset| (dataset.id.clone(), dataset.decision.number.clone(), dataset.decision.date))
}

fn print(due: &[Due], notices: &[String]) {
    let width = due.iter().map(|due| due.dataset.chars().count()).max().unwrap_or(0).max(7);
    say!(
        "{:width$}  {:9}  {:10}  {:10}  {:10}  {:>4}  state",
        "dataset",
        "kind",
        "decided",
        "due",
        "published",
        "days"
    );
    for due in due {
        say!(
            "{:width$}  {:9}  {:10}  {:10}  {:10}  {:>4}  {}",
            due.dataset,
            due.kind.id(),
            date_vi(due.decided_on),
            due.due_on.map_or("–".into(), date_vi),
            due.published_on.map_or("–".into(), date_vi),
            due.lag_days.map_or("–".into(), |days| days.to_string()),
            state(due)
        );
    }
    for notice in notices {
        say!("warning: {notice}");
    }
}

fn state(due: &Due) -> String {
    let days = due.days_left.unwrap_or_default();
    match due.state {
        State::NoDeadline => "no deadline".into(),
        State::OnTime => "published in time".into(),
        State::Late => "published late".into(),
        State::Published => "published, day not recorded".into(),
        State::Waiting | State::Soon => format!("not published, {} left", days_text(days)),
        State::Overdue => format!("OVERDUE by {}", days_text(-days)),
    }
}

//! `congbo build`

use std::path::PathBuf;
use std::time::Instant;

use super::Context;
use super::output::{note, say};
use super::terminal::Bars;
use crate::build::{BuildReport, Start, build};
use crate::config::site::SiteConfig;
use crate::error::Result;
use crate::release::Edition;
use crate::tile::redraw::{Redrawn, TileReason};

/// Build an edition from the approved snapshots
///
/// Reads snapshots/, content/, tiles/ and themes/; writes dist/releases/<edition>/. Nothing is published:
/// the public sees it after 'congbo publish'.
#[derive(clap::Args)]
pub struct Args {
    /// Folder for editions, relative to the site
    #[arg(long, default_value = "dist", env = "CONGBO_DIST")]
    dist: PathBuf,
    /// Address of the site for absolute links, instead of site.public_url
    #[arg(long, env = "CONGBO_PUBLIC_URL")]
    public_url: Option<String>,
    /// Say of every tile that was drawn again why it was
    #[arg(long)]
    explain: bool,
    /// Draw every tile and render every page, and take none over from the last build
    #[arg(long)]
    draw_all: bool,
}

pub fn run(context: &Context, args: Args) -> Result<()> {
    let started = Instant::now();
    let mut config = SiteConfig::load(&context.site)?;
    if let Some(public_url) = args.public_url {
        config.site.public_url = public_url;
    }
    let bars = Bars::new();
    let from = if args.draw_all { Start::Nothing } else { Start::LastBuild };
    let (edition, report, redrawn) = build(&context.site, &config, &context.site.join(&args.dist), from, &bars)?;
    drop(bars);
    match (context.json, args.explain) {
        (true, true) => say!("{}", serde_json::to_string_pretty(&redrawn).unwrap_or_default()),
        (true, false) => say!("{}", serde_json::to_string_pretty(&report).unwrap_or_default()),
        (false, explain) => {
            print(&edition, &report);
            redrawn.iter().for_each(|set| drawn(set, explain));
        }
    }
    note!("built in {:.1} s", started.elapsed().as_secs_f64());
    Ok(())
}

fn drawn(set: &Redrawn, explain: bool) {
    match &set.all_because {
        Some(why) => say!("{}: all {} tiles drawn: {why}", set.set, set.tiles),
        None => say!("{}: {} of {} tiles drawn again", set.set, set.drawn, set.tiles),
    }
    set.because.iter().filter(|_| explain).for_each(reason);
}

fn reason(tile: &TileReason) {
    let changed: Vec<String> =
        tile.changed.iter().map(|feature| format!("{} {} ({})", feature.layer, feature.id, feature.what)).collect();
    let why = if changed.is_empty() { "beside a change".to_owned() } else { changed.join(", ") };
    let outcome = if tile.same { ": as it was" } else { "" };
    say!("  {}/{}/{} {why}{outcome}", tile.tile.z, tile.tile.x, tile.tile.y);
}

fn print(edition: &Edition, report: &BuildReport) {
    say!("edition {}", edition.name);
    for set in &report.tile_sets {
        say!("  {:12} z{}–{}: {} tiles, {} bytes", set.id, set.minzoom, set.maxzoom, set.tiles, set.bytes);
        for zoom in &set.zooms {
            say!("    {:16} z{:<2} {} of {} drawn", zoom.layer, zoom.z, zoom.features_drawn, zoom.features_in);
            for area in zoom.areas.iter().filter(|area| !area.is_within_bound()) {
                let (off, bound) = (area.difference_percent, area.bound_percent);
                say!("      {} shows {off:+.2} % of its area, beyond {bound:.2} %", area.value);
            }
        }
    }
    say!("  {} pages, {} other files, {} extracts", report.pages.pages, report.pages.files, report.extracts.len());
    if report.pages_taken_over > 0 {
        say!("  {} of the pages had not changed since the edition before", report.pages_taken_over);
    }
}

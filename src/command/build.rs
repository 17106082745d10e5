//! `congbo build`

use std::path::PathBuf;
use std::time::Instant;

use super::Context;
use super::output::{note, say};
use super::terminal::Bars;
use crate::build::{BuildReport, build};
use crate::config::site::SiteConfig;
use crate::error::Result;
use crate::release::Edition;

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
}

pub fn run(context: &Context, args: Args) -> Result<()> {
    let started = Instant::now();
    let mut config = SiteConfig::load(&context.site)?;
    if let Some(public_url) = args.public_url {
        config.site.public_url = public_url;
    }
    let bars = Bars::new();
    let (edition, report) = build(&context.site, &config, &context.site.join(&args.dist), &bars)?;
    drop(bars);
    if context.json {
        say!("{}", serde_json::to_string_pretty(&report).unwrap_or_default());
    } else {
        print(&edition, &report);
    }
    note!("built in {:.1} s", started.elapsed().as_secs_f64());
    Ok(())
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

//! `congbo diff`: what changed from one edition to another.

use std::path::PathBuf;

use super::plan::{self, Sides};
use super::{Context, published};
use crate::error::Result;
use crate::release;

/// Show what changed from one edition to another: parcels, plan zones, price rows and all other cases
///
/// For each dataset and commune how many were added, changed and removed, with the first 20 of each; --json prints
/// all of them, and which parcels were split and merged. Reads the manifests of both editions and the snapshots they
/// were built from. Writes nothing but, with --out, FOLDER/changes.csv, changes.fgb (on a map) and changes.html.
#[derive(clap::Args)]
pub struct Args {
    /// Name of the earlier edition
    from: String,
    /// Name of the later one. [default: the published one]
    to: Option<String>,
    /// Folder of the editions, relative to the site folder
    #[arg(long, default_value = "dist", env = "CONGBO_DIST")]
    dist: PathBuf,
    /// Folder for every change with old → new: changes.csv, .fgb, .html; relative to the site folder
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

pub fn run(context: &Context, args: Args) -> Result<()> {
    let dist = context.site.join(&args.dist);
    let to = args.to.map_or_else(|| release::current(&dist), Ok)?;
    let datasets =
        |edition: &str| release::manifest_of(&dist, edition).map(|manifest| published::datasets_of(&manifest));
    let (before, after) = (datasets(&args.from)?, datasets(&to)?);
    plan::show(context, &Sides { before, after, from: Some(args.from), to: Some(to) }, args.out)
}

//! `congbo publish`: which edition the public sees.

use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::release;

/// Show an edition to the public.
///
/// Checks size and SHA-256 of every file of the edition, then points dist/current at it in one step. A
/// damaged edition is refused (exit 6) and what is published stays published. Writes dist/current.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Name of the edition, such as 2026-01-05-0a1b2c3d; an earlier one takes the site back to it.
    /// [default: the latest]
    pub edition: Option<String>,
    /// Folder of the editions, relative to the site folder.
    #[arg(long, default_value = "dist", env = "CONGBO_DIST")]
    pub dist: PathBuf,
    /// Only list the editions, the published one marked with an asterisk; writes nothing.
    #[arg(long)]
    pub list: bool,
}

pub fn run(site: &Path, args: Args) -> Result<()> {
    let dist = site.join(&args.dist);
    if args.list {
        return list(&dist);
    }
    let name = release::publish(&dist, args.edition.as_deref())?;
    println!("published {name}");
    Ok(())
}

fn list(dist: &Path) -> Result<()> {
    let published = release::current(dist).ok();
    for name in release::releases(dist)? {
        println!("{} {name}", if published.as_ref() == Some(&name) { '*' } else { ' ' });
    }
    Ok(())
}

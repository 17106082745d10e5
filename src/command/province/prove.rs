//! `congbo prove`: that a file, a tile or a row belongs to a signed edition.

use std::path::{Path, PathBuf};

use super::Context;
use super::output::say;
use crate::build::tile_leaves;
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::release::proof::{self, Part};
use crate::release::{self, Proof, parts};

/// Write the proof that a file, a tile or a row of a table belongs to a signed edition
///
/// The proof is a JSON text of one or two kilobytes with the publisher's signature in it. 'congbo verify FILE --proof
/// PROOF' checks it, and so does examples/check_proof.py: no network, no server and no edition is needed.
#[derive(clap::Args)]
pub struct Args {
    /// Path in the edition as manifest.json lists it, e.g. site/index.html; or a tile set, e.g. thua-dat
    path: String,
    /// Tile of a tile set: Z/X/Y
    #[arg(long, value_name = "Z/X/Y", conflicts_with = "row")]
    tile: Option<String>,
    /// Row of a .csv file: its number behind the head, from 1
    #[arg(long, value_name = "N")]
    row: Option<usize>,
    /// Name of the edition. [default: the published one]
    #[arg(long)]
    edition: Option<String>,
    /// Folder of the editions, relative to the site folder
    #[arg(long, default_value = "dist", env = "CONGBO_DIST")]
    dist: PathBuf,
    /// File to write. [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub fn run(context: &Context, args: Args) -> Result<()> {
    let dist = context.site.join(&args.dist);
    let edition = args.edition.clone().map_or_else(|| release::current(&dist), Ok)?;
    let proof = made(&dist, &edition, &args)?;
    let json = serde_json::to_string_pretty(&proof).unwrap_or_default();
    let Some(out) = &args.out else {
        say!("{json}");
        return Ok(());
    };
    std::fs::write(out, json + "\n").map_err(|e| Fault::storage(Stage::Release, out, e))?;
    say!("{}", out.display());
    Ok(())
}

fn made(dist: &Path, edition: &str, args: &Args) -> Result<Proof> {
    let folder = dist.join("releases").join(edition);
    match (&args.tile, args.row) {
        (Some(tile), _) => {
            let path = archive_of(dist, edition, &args.path)?;
            let leaves = tile_leaves(&folder.join(&path))?;
            let wanted = format!("{tile}\0");
            let index = leaves.iter().position(|leaf| leaf.starts_with(&wanted));
            let index = index.ok_or_else(|| absent(&path, &format!("has no tile {tile}")))?;
            proof::make(dist, edition, &path, Some(Part { leaves, index, text: None }))
        }
        (None, Some(row)) => {
            let table = folder.join(&args.path);
            let bytes = std::fs::read(&table).map_err(|e| Fault::storage(Stage::Release, &args.path, e))?;
            let rows = parts::rows(&bytes);
            let text = row.checked_sub(1).and_then(|index| rows.get(index));
            let text = text.ok_or_else(|| absent(&args.path, &format!("has {} rows and no row {row}", rows.len())))?;
            let text = String::from_utf8_lossy(text).into_owned();
            let part = Part { leaves: parts::row_leaves(&bytes), index: row - 1, text: Some(text) };
            proof::make(dist, edition, &args.path, Some(part))
        }
        (None, None) => proof::make(dist, edition, &args.path, None),
    }
}

/// `thua-dat` → `tiles/thua-dat-<digest>.pmtiles`; a path is one already.
fn archive_of(dist: &Path, edition: &str, set: &str) -> Result<String> {
    let manifest = release::manifest_of(dist, edition)?;
    let is_of = |path: &str| {
        let name = path.strip_prefix("tiles/").and_then(|name| name.strip_suffix(".pmtiles"));
        path == set || name.and_then(|name| name.rsplit_once('-')).is_some_and(|(id, _)| id == set)
    };
    let found = manifest.files.into_iter().map(|file| file.path).find(|path| is_of(path));
    found.ok_or_else(|| Failure::from(absent(set, "is no tile set of this edition")))
}

fn absent(path: &str, problem: &str) -> Fault {
    Fault::new(Stage::Release, Exit::Usage, problem).file(path).remedy("see /catalog, or manifest.json of the edition")
}

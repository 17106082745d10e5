//! `congbo tiles`

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::Context;
use super::output::say;
use super::terminal::Bars;
use crate::config::site::SiteConfig;
use crate::error::Result;
use crate::tile::beside::CopyReport;
use crate::tile::cut::{Land, cut};
use crate::tile::export::export;
use crate::tile::identity::BoundsE7;
use crate::tile::merge::merge;
use crate::tile::territory::Territory;

/// Cut and merge archives of tiles, without decoding a tile
#[derive(clap::Subcommand)]
pub enum Verb {
    /// Copy the tiles of some communes, or of a box, into an archive of their own
    ///
    /// Communes lie where the approved boundaries of the site say; a tile belongs to each commune that reaches
    /// into it or its buffer, and to the nearest where none does, so that the archives of all communes hold
    /// every tile. FILE gets its name when it is complete; until then a file that was there stays as it was.
    Cut(Cut),
    /// Copy the tiles of several archives into one
    ///
    /// A tile that is in several must be the same in all (exit 5). The archives of all communes, in any order,
    /// make the archive that they were cut from, byte for byte.
    Merge(Merge),
    /// Write the tiles of an archive for QField, QGIS and programs of phones: MBTiles, or a folder of files
    ///
    /// A name that ends in .mbtiles makes one file (tiles packed by gzip); any other name a folder with
    /// <z>/<x>/<y>.mvt and metadata.json. Cut a commune out first: congbo tiles cut.
    Export(Export),
}

#[derive(clap::Args)]
pub struct Export {
    /// Archive to read, whole or cut
    archive: PathBuf,
    /// File NAME.mbtiles or folder to write; must not be there
    #[arg(long, value_name = "NAME")]
    out: PathBuf,
}

#[derive(clap::Args)]
#[command(group(clap::ArgGroup::new("land").required(true).args(["commune", "area"])))]
pub struct Cut {
    /// Archive to cut from, e.g. dist/current/tiles/thua-dat-….pmtiles; must be whole
    archive: PathBuf,
    /// Code of a commune, e.g. 99001; may stand several times
    #[arg(long, value_name = "CODE")]
    commune: Vec<String>,
    /// Box in degrees (WGS 84) instead of communes: W,S,E,N, e.g. 106.39,20.84,106.4,20.85
    #[arg(long = "box", value_name = "W,S,E,N", value_parser = bounds, allow_hyphen_values = true)]
    area: Option<BoundsE7>,
    #[command(flatten)]
    target: Target,
}

#[derive(clap::Args)]
pub struct Merge {
    /// Archives of one tile set
    #[arg(required = true)]
    archives: Vec<PathBuf>,
    #[command(flatten)]
    target: Target,
}

#[derive(clap::Args)]
struct Target {
    /// Archive to write; one that is there is replaced
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Check and count everything, and write nothing
    #[arg(long)]
    dry_run: bool,
}

pub fn run(context: &Context, verb: Verb) -> Result<()> {
    let bars = Bars::new();
    let (report, target) = match verb {
        Verb::Export(args) => {
            let report = export(&args.archive, &args.out, &bars)?;
            drop(bars);
            if context.json {
                say!("{}", serde_json::to_string_pretty(&report).unwrap_or_default());
            } else {
                say!("{}: '{}', {} tiles, {} bytes", args.out.display(), report.set, report.tiles, report.bytes);
            }
            return Ok(());
        }
        Verb::Merge(args) => (merge(&args.archives, &args.target.out, args.target.dry_run, &bars)?, args.target),
        Verb::Cut(args) => {
            let (out, dry_run) = (&args.target.out, args.target.dry_run);
            let report = match args.area {
                Some(area) => cut(&args.archive, &Land::Box(area), out, dry_run, &bars)?,
                None => {
                    let territory = Territory::open(&context.site, &SiteConfig::load(&context.site)?)?;
                    let codes: BTreeSet<String> = args.commune.into_iter().collect();
                    cut(&args.archive, &Land::Communes(codes, &territory), out, dry_run, &bars)?
                }
            };
            (report, args.target)
        }
    };
    drop(bars);
    if context.json {
        say!("{}", serde_json::to_string_pretty(&report).unwrap_or_default());
    } else {
        print(&report, &target);
    }
    Ok(())
}

fn print(report: &CopyReport, target: &Target) {
    let [west, south, east, north] = report.bounds_deg;
    let what = if report.part.is_some() { "part" } else { "whole" };
    let not = if target.dry_run { " (not written)" } else { "" };
    say!("{}{not}: {} of '{}', {} tiles, {} bytes", target.out.display(), what, report.set, report.tiles, report.bytes);
    say!("  {west},{south},{east},{north}");
    for zoom in &report.zooms {
        say!("  z{:<2} {} tiles, {} bytes", zoom.z, zoom.tiles, zoom.bytes);
    }
}

/// `W,S,E,N` in degrees; what Web Mercator shows.
pub(super) fn bounds(text: &str) -> std::result::Result<BoundsE7, String> {
    let wrong =
        || format!("'{text}' is no box: give west, south, east, north in degrees, e.g. 106.39,20.84,106.4,20.85");
    let sides = text.split(',').map(|side| side.trim().parse());
    let degrees = sides.collect::<Result<Vec<f64>, _>>().map_err(|_| wrong())?;
    let [west, south, east, north]: [f64; 4] = degrees.try_into().map_err(|_| wrong())?;
    let within = |v: f64, most: f64| (-most..=most).contains(&v);
    let is_box = west < east && south < north;
    let on_the_map = within(west, 180.0) && within(east, 180.0) && within(south, 85.06) && within(north, 85.06);
    if is_box && on_the_map { Ok([west, south, east, north].map(|v| (v * 1e7).round() as i32)) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_has_four_sides_in_their_order_on_the_map() {
        assert_eq!(bounds("106.39, 20.84,106.4,20.85"), Ok([1_063_900_000, 208_400_000, 1_064_000_000, 208_500_000]));
        for wrong in ["", "1,2,3", "1,2,3,4,5", "3,2,1,4", "1,4,3,2", "1,2,inf,4", "NaN,2,3,4", "1,2,3,86", "a,2,3,4"] {
            assert!(bounds(wrong).is_err(), "{wrong}");
        }
    }
}

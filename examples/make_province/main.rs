//! Makes invented provinces: the data of the demonstration site, and provinces of any size to measure with.
//!
//! [`land`] lays out a river, roads and blocks by cutting one plane ([`coverage`]) along free lines
//! ([`curve`]); [`subdivide`] and [`parcels`] cut the blocks into lots, gardens and fields. [`numbering`]
//! makes map sheets of them and [`attributes`] says what is written about each. [`site`] writes the
//! demonstration's data sets, [`province`] one big layer, [`whole`] the data sets of a whole province.
#![forbid(unsafe_code)]

pub mod attributes;
pub mod coverage;
pub mod curve;
pub mod dataset_toml;
pub mod geopackage;
pub mod land;
pub mod metadata;
pub mod numbering;
pub mod parcel_files;
pub mod parcels;
pub mod projection;
pub mod province;
pub mod random;
pub mod site;
pub mod subdivide;
pub mod tables;
pub mod wgs84_files;
pub mod whole;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

/// Make an invented province
#[derive(Parser)]
struct Arguments {
    /// Write the demonstration site's data sets (content/data) instead of one big layer
    #[arg(long, conflicts_with_all = ["parcels", "format"])]
    site: bool,
    /// Write a site folder of a whole province: parcels by commune, one price table for all
    #[arg(long, conflicts_with_all = ["site", "format"])]
    whole: bool,
    /// How many communes a whole province has
    #[arg(long, default_value_t = 114, value_parser = clap::value_parser!(u64).range(1..=999))]
    communes: u64,
    /// How many rows its price table has
    #[arg(long, default_value_t = 20_000)]
    price_rows: usize,
    /// How many parcels; up to two million
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..=2_000_000))]
    parcels: u32,
    /// Folder to write into [default: content/data with --site, target/province without]
    #[arg(long)]
    out: Option<PathBuf>,
    /// Another seed makes another province
    #[arg(long, default_value_t = 99)]
    seed: u64,
    /// Which files: gpkg (VN-2000, with private canaries), fgb and geojsonl (WGS 84, public fields)
    #[arg(long, value_delimiter = ',', default_value = "fgb")]
    format: Vec<province::Format>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> geopackage::Result<()> {
    let out = |default: &str| arguments.out.clone().unwrap_or_else(|| PathBuf::from(default));
    if arguments.site {
        site::write(&out("content/data"), arguments.seed)
    } else if arguments.whole {
        let Arguments { parcels, communes, price_rows, seed, .. } = *arguments;
        let size = whole::Size { parcels: parcels as usize, communes, price_rows };
        whole::write(&out("target/whole"), &size, seed)
    } else {
        province::write(&out("target/province"), arguments.parcels as usize, arguments.seed, &arguments.format)
    }
}

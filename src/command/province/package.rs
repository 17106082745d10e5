//! `congbo package build`, `delta` and `index`: an edition, or a part of one, as one file for those who have no network.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use super::output::say;
use super::packages::{keyring, tell_change};
use super::terminal::Bars;
use super::{Context, publisher, tiles};
use crate::config::site::SiteConfig;
use crate::error::{Exit, Fault, Result, Stage};
use crate::package::{self, Area, Keyring, Order, delta};
use crate::release;
use crate::snapshot::rotation;
use crate::snapshot::trust::Trust;
use crate::tile::identity::BoundsE7;
use crate::tile::territory::Territory;

/// The publisher's verbs.
#[derive(clap::Subcommand)]
pub enum Verb {
    /// Put the pages, tables and maps of some communes, or of the province, into one signed file
    ///
    /// Made from a published, signed edition. The file is a ZIP: unpacked, MO-TRANG-NAY.html opens in a browser from
    /// the disk. The same edition gives the same bytes but for the signature.
    Build(Build),
    /// Write what leads from one package to a newer one, signed
    Delta(Delta),
    /// Check the packages and deltas in dist/packages and list them: index.json, a page to choose from, a feed
    ///
    /// The server carries what is listed under /goi/, and notices a new index by itself.
    Index(Index),
}

#[derive(clap::Args)]
#[command(group(clap::ArgGroup::new("land").required(true).args(["commune", "area", "province"])))]
pub struct Build {
    /// Code of a commune, e.g. 99001; may stand several times
    #[arg(long, value_name = "CODE")]
    commune: Vec<String>,
    /// Box in degrees (WGS 84): W,S,E,N, e.g. 106.39,20.84,106.4,20.85; with the pages of the communes that it touches
    #[arg(long = "box", value_name = "W,S,E,N", value_parser = tiles::bounds, allow_hyphen_values = true)]
    area: Option<BoundsE7>,
    /// The whole province
    #[arg(long)]
    province: bool,
    /// The English pages too, where the site has them
    #[arg(long)]
    english: bool,
    /// Also a project for QGIS and QField, in VN-2000, with the tiles as MBTiles and the open files: qgis/ban-do.qgs
    #[arg(long)]
    qgis: bool,
    /// File to write, e.g. 99001.zip; one that is there is replaced
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Secret key of the publisher; CONGBO_KEY_PASSWORD holds its password, if it has one
    #[arg(long, env = "CONGBO_PUBLISHER_KEY")]
    key: PathBuf,
    /// Name of the edition. [default: the published one]
    #[arg(long)]
    edition: Option<String>,
    /// The edition that was public at the end of a day: the yearly copy is --province --as-of 2025-12-31
    #[arg(long, value_name = "YYYY-MM-DD", conflicts_with = "edition")]
    as_of: Option<Date>,
    /// Folder of the editions, relative to the site folder
    #[arg(long, default_value = "dist", env = "CONGBO_DIST")]
    dist: PathBuf,
}

#[derive(clap::Args)]
pub struct Delta {
    /// Package that people have
    from: PathBuf,
    /// Newer package of the same area
    to: PathBuf,
    /// File to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Secret key of the publisher; CONGBO_KEY_PASSWORD holds its password, if it has one
    #[arg(long, env = "CONGBO_PUBLISHER_KEY")]
    key: PathBuf,
}

#[derive(clap::Args)]
pub struct Index {
    /// Folder of the editions, relative to the site folder
    #[arg(long, default_value = "dist", env = "CONGBO_DIST")]
    dist: PathBuf,
}

pub fn run(context: &Context, verb: Verb) -> Result<()> {
    match verb {
        Verb::Build(args) => build(context, args),
        Verb::Delta(args) => {
            let config = SiteConfig::load(&context.site)?;
            let signer = publisher::signer(&context.site, &config, &args.key)?;
            let sign = |bytes: &[u8], comment: &str| publisher::sign(&signer, bytes, comment);
            let ring = Keyring::of(publisher::keys(&context.site, &config)?);
            tell_change(context, &args.out, &delta::make(&args.from, &args.to, &ring, &args.out, &sign)?)
        }
        Verb::Index(args) => index(context, &args),
    }
}

fn build(context: &Context, args: Build) -> Result<()> {
    let site = &context.site;
    let config = SiteConfig::load(site)?;
    let signer = publisher::signer(site, &config, &args.key)?;
    let dist = site.join(&args.dist);
    let edition = match (args.edition, args.as_of) {
        (Some(edition), _) => edition,
        (None, Some(day)) => release::retention::public_on(&dist, day)?.ok_or_else(|| none_yet(day))?,
        (None, None) => release::current(&dist)?,
    };
    let keys = publisher::keys(site, &config)?;
    let units = communes(&dist, &edition)?;
    let (area, name, territory) = if args.province {
        (Area::Province, config.province.name.vi.clone(), None)
    } else if let Some(bounds_e7) = args.area {
        let reached = units.iter().filter(|unit| unit.reaches(bounds_e7));
        let communes: BTreeSet<String> = reached.map(|unit| unit.code.clone()).collect();
        if communes.is_empty() {
            return Err(Fault::new(Stage::Package, Exit::Usage, "no commune of the edition reaches into the box")
                .remedy("give west, south, east, north in degrees, in this order")
                .into());
        }
        let names = names(&units, &communes)?;
        (Area::Box { bounds_e7, communes }, names, None)
    } else {
        let codes: BTreeSet<String> = args.commune.into_iter().collect();
        let names = names(&units, &codes)?;
        (Area::Communes(codes), names, Some(Territory::open(site, &config)?))
    };
    let order = Order {
        dist: &dist,
        edition: &edition,
        province: &config.province.code,
        name,
        public_url: &config.site.public_url,
        area,
        english: args.english,
        qgis: args.qgis,
        territory: territory.as_ref(),
        keys: &keys,
        rotations: statements(site, &config)?,
        revoked: Trust::load(site, &config)?.revoked().cloned().collect(),
    };
    let bars = Bars::new();
    let sign = |bytes: &[u8], comment: &str| publisher::sign(&signer, bytes, comment);
    let report = package::pack(&order, &args.out, &sign, &bars)?;
    drop(bars);
    if context.json {
        say!("{}", serde_json::to_string_pretty(&report).unwrap_or_default());
    } else {
        let package::PackReport { area, edition, number, files, tiles, bytes } = report;
        say!("{}: {area} of edition {edition}, number {number}", args.out.display());
        say!("  {files} files, {tiles} tiles, {bytes} bytes");
    }
    Ok(())
}

fn none_yet(day: Date) -> Fault {
    Fault::new(Stage::Package, Exit::Usage, format!("nothing was public on {day}")).file("dist/published")
}

struct Unit {
    code: String,
    name: String,
    /// West, south, east, north.
    bounds_deg: [f64; 4],
}

impl Unit {
    fn reaches(&self, box_e7: BoundsE7) -> bool {
        let [west, south, east, north] = box_e7.map(|e7| f64::from(e7) / 1e7);
        let [left, bottom, right, top] = self.bounds_deg;
        left <= east && right >= west && bottom <= north && top >= south
    }
}

/// Every commune of an edition, as its search has them.
fn communes(dist: &Path, edition: &str) -> Result<Vec<Unit>> {
    let file = dist.join("releases").join(edition).join("site/search/don-vi.json");
    let text = std::fs::read(&file).map_err(|e| Fault::storage(Stage::Package, "site/search/don-vi.json", e))?;
    let units: serde_json::Value = serde_json::from_slice(&text)
        .map_err(|e| Fault::new(Stage::Package, Exit::Unexpected, e.to_string()).file("site/search/don-vi.json"))?;
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let side = |unit: &serde_json::Value, at: usize| unit[2][at].as_f64().unwrap_or(f64::NAN);
    let listed = units["communes"].as_array().into_iter().flatten();
    let unit = |unit: &serde_json::Value| Unit {
        code: text(&unit[0]),
        name: text(&unit[1]),
        bounds_deg: [0, 1, 2, 3].map(|at| side(unit, at)),
    };
    Ok(listed.map(unit).collect())
}

fn names(units: &[Unit], codes: &BTreeSet<String>) -> Result<String> {
    let names = codes.iter().map(|code| name_of(units, code)).collect::<Result<Vec<_>>>()?;
    Ok(names.join(", "))
}

fn name_of(units: &[Unit], code: &str) -> Result<String> {
    let found = units.iter().find(|unit| unit.code == code).map(|unit| unit.name.clone());
    found.ok_or_else(|| {
        let known: Vec<&str> = units.iter().take(5).map(|unit| unit.code.as_str()).collect();
        Fault::new(Stage::Package, Exit::Usage, format!("the edition has no commune '{code}'"))
            .remedy(format!("give codes of five digits: {}", known.join(", ")))
            .into()
    })
}

/// The statements by which publishers' keys were handed over, with their signatures.
fn statements(site: &Path, config: &SiteConfig) -> Result<Vec<[String; 2]>> {
    let read =
        |file: &Path| std::fs::read_to_string(site.join(file)).map_err(|e| Fault::storage(Stage::Package, file, e));
    let mut statements = vec![];
    for statement in rotation::load_all(site, config)?.into_iter().filter(|statement| statement.rotation.publish) {
        let signature = PathBuf::from(format!("{}.minisig", statement.file.display()));
        statements.push([read(&statement.file)?, read(&signature)?]);
    }
    Ok(statements)
}

fn index(context: &Context, args: &Index) -> Result<()> {
    let config = SiteConfig::load(&context.site)?;
    let (dist, ring) = (context.site.join(&args.dist), keyring(context, None)?);
    let edition = dist.join("releases").join(release::current(&dist)?).join("site");
    let index = package::shelf::index(&dist, &edition, &config.site.public_url, &ring)?;
    if context.json {
        say!("{}", serde_json::to_string_pretty(&index).unwrap_or_default());
    } else {
        say!("{}: {} packages, {} updates", dist.join("packages").display(), index.packages.len(), index.updates.len());
        for package in index.newest() {
            say!("  {} ({}), number {}, {} bytes", package.name, package.area, package.number, package.file.bytes);
        }
    }
    Ok(())
}

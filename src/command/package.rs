//! `congbo package`: an edition, or a part of one, as one file for those who have no network.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use super::output::{note, say};
use super::terminal::Bars;
use super::today::Today;
use super::{Context, publisher, tiles};
use crate::config::site::SiteConfig;
use crate::error::{Exit, Fault, Result, Stage};
use crate::model::text::date_vi;
use crate::package::listing::{Head, Validity};
use crate::package::{self, Area, Keyring, Opened, Order, delta, install};
use crate::release;
use crate::snapshot::rotation;
use crate::snapshot::trust::Trust;
use crate::tile::identity::BoundsE7;
use crate::tile::territory::Territory;

/// Packages for computers without a network: build, verify, install, update
#[derive(clap::Subcommand)]
pub enum Verb {
    /// Put the pages, tables and maps of some communes, or of the province, into one signed file
    ///
    /// Made from a published, signed edition. The file is a ZIP: unpacked, MO-TRANG-NAY.html opens in a browser from
    /// the disk. The same edition gives the same bytes but for the signature.
    Build(Build),
    /// Check that a package is whole and signed by the publisher; nothing is unpacked
    Verify(Check),
    /// Check a package and unpack it into a folder; what was there opens until the new one is whole
    ///
    /// The folder remembers the publisher's key and the greatest number of each area: what is older is refused. A run
    /// that was cut off goes on where it ended.
    Install(Install),
    /// Write what leads from one package to a newer one, signed
    Delta(Delta),
    /// Make the newer package of the older one and a delta; both are checked before, the new one after
    Apply(Apply),
    /// Copy a package piece by piece, each checked; a copy that was cut off, whoever made it, goes on with what it has
    Copy(Copy),
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
pub struct Check {
    package: PathBuf,
    /// Public key of the publisher. [default: those under [publisher] in congbo.toml]
    #[arg(long, value_name = "FILE.pub")]
    key: Option<PathBuf>,
    #[command(flatten)]
    age: Age,
}

/// Whether a package that is no longer valid may be taken.
#[derive(clap::Args)]
struct Age {
    /// Take a package whose last day is over, to look things up; without it that is refused (exit 6)
    #[arg(long)]
    expired: bool,
    #[command(flatten)]
    today: Today,
}

#[derive(clap::Args)]
pub struct Install {
    package: PathBuf,
    /// Folder to unpack into
    #[arg(long, value_name = "FOLDER")]
    into: PathBuf,
    /// Public key of the publisher, for the first package of a folder; it remembers the key
    #[arg(long, value_name = "FILE.pub")]
    key: Option<PathBuf>,
    #[command(flatten)]
    age: Age,
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
pub struct Apply {
    /// Package that is there
    package: PathBuf,
    /// Delta from it to a newer one
    delta: PathBuf,
    /// File to write; may be the old package
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Public key of the publisher. [default: those under [publisher] in congbo.toml]
    #[arg(long, value_name = "FILE.pub")]
    key: Option<PathBuf>,
}

#[derive(clap::Args)]
pub struct Copy {
    /// Package to copy, e.g. on a stick or in a network's folder
    from: PathBuf,
    /// File to write; what is there of it already is used
    to: PathBuf,
    /// Public key of the publisher. [default: those under [publisher] in congbo.toml]
    #[arg(long, value_name = "FILE.pub")]
    key: Option<PathBuf>,
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
        Verb::Verify(args) => {
            let opened = package::open(&args.package, &keyring(context, args.key.as_ref())?)?;
            describe(context, &args.package, &opened);
            args.age.admit(&args.package, &opened.listing.head)
        }
        Verb::Install(args) => unpack(context, &args),
        Verb::Delta(args) => {
            let config = SiteConfig::load(&context.site)?;
            let signer = publisher::signer(&context.site, &config, &args.key)?;
            let sign = |bytes: &[u8], comment: &str| publisher::sign(&signer, bytes, comment);
            let ring = Keyring::of(publisher::keys(&context.site, &config)?);
            changed(context, &args.out, &delta::make(&args.from, &args.to, &ring, &args.out, &sign)?)
        }
        Verb::Apply(args) => {
            let ring = keyring(context, args.key.as_ref())?;
            changed(context, &args.out, &delta::apply(&args.package, &args.delta, &args.out, &ring)?)
        }
        Verb::Copy(args) => {
            let report = package::copy::copy(&args.from, &args.to, &keyring(context, args.key.as_ref())?)?;
            if context.json {
                say!("{}", serde_json::to_string_pretty(&report).unwrap_or_default());
            } else {
                let package::copy::CopyReport { area, number, bytes, kept, copied } = report;
                say!("{}: {area}, bản số {number}, {bytes} byte", args.to.display());
                say!("  {kept} đoạn đã có sẵn, {copied} đoạn vừa chép");
            }
            Ok(())
        }
        Verb::Index(args) => index(context, &args),
    }
}

fn keyring(context: &Context, named: Option<&PathBuf>) -> Result<Keyring> {
    publisher::trusted(&context.site, named).map(Keyring::of)
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

impl Age {
    /// Says what the clock says of a package.
    ///
    /// # Errors
    /// Exit 6 for one that has expired, unless it was asked for.
    fn admit(&self, package: &Path, head: &Head) -> Result<()> {
        let (today, imprint) = (self.today.date(), &head.imprint);
        match head.validity(today) {
            Validity::Current => Ok(()),
            Validity::NotYetMade => {
                let created = date_vi(imprint.created);
                note!(
                    "chú ý: máy báo hôm nay là {}, trước ngày phát hành gói ({created}): đồng hồ của máy sai, không biết được gói còn hạn hay không",
                    date_vi(today)
                );
                Ok(())
            }
            Validity::Expired if self.expired => {
                note!("chú ý: gói đã hết hạn ngày {}, chỉ để tham khảo", date_vi(imprint.expires));
                Ok(())
            }
            Validity::Expired => {
                let (expires, today) = (date_vi(imprint.expires), date_vi(today));
                let problem = format!("gói đã hết hạn ngày {expires}; máy báo hôm nay là {today}");
                Err(Fault::new(Stage::Package, Exit::Verification, problem)
                    .file(package)
                    .remedy("lấy gói mới; nếu ngày của máy sai thì chỉnh lại; chỉ để tham khảo: thêm --expired")
                    .into())
            }
        }
    }
}

pub(super) fn describe(context: &Context, path: &Path, opened: &Opened) {
    let head = &opened.listing.head;
    let (imprint, files) = (&head.imprint, opened.listing.files.len());
    if context.json {
        let report = serde_json::json!({
            "area": head.area, "name": head.name, "imprint": imprint, "data_date": head.data_date,
            "files": files, "bytes": opened.bytes, "key": opened.key,
        });
        say!("{report:#}");
        return;
    }
    say!("{}: gói trọn vẹn, đúng chữ ký của cơ quan công bố", path.display());
    say!("  {} ({}), bản số {}, dữ liệu đến {}", head.name, head.area, imprint.number, date_vi(head.data_date));
    say!("  phát hành {}, hạn dùng đến {}", date_vi(imprint.created), date_vi(imprint.expires));
    say!("  {files} tệp, {} byte", opened.bytes);
}

fn unpack(context: &Context, args: &Install) -> Result<()> {
    let first = args.key.as_ref().map(|file| publisher::public_key(file)).transpose()?;
    let first = first.map(|key| Keyring::of(vec![key.into()]));
    let report = install(&args.package, &args.into, first, &|head| args.age.admit(&args.package, head))?;
    if context.json {
        say!("{}", serde_json::to_string_pretty(&report).unwrap_or_default());
    } else {
        say!("đã cài bản số {} của {} ({} tệp)", report.number, report.area, report.files);
        say!("  mở: {}", report.opens.display());
    }
    Ok(())
}

fn index(context: &Context, args: &Index) -> Result<()> {
    let config = SiteConfig::load(&context.site)?;
    let (dist, ring) = (context.site.join(&args.dist), keyring(context, None)?);
    let frame = dist.join("releases").join(release::current(&dist)?).join("site");
    let index = package::shelf::index(&dist, &frame, &config.site.public_url, &ring)?;
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

fn changed(context: &Context, out: &Path, report: &delta::DeltaReport) -> Result<()> {
    let delta::DeltaReport { area, from, to, bytes, package_bytes } = report;
    if context.json {
        say!("{}", serde_json::to_string_pretty(report).unwrap_or_default());
    } else {
        say!("{}: {area}, bản số {from} → {to}", out.display());
        say!("  bản cập nhật {bytes} byte, gói đầy đủ {package_bytes} byte");
    }
    Ok(())
}

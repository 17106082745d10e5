//! `congbo package`: what an office does with a package, on any system; the publisher's verbs are the province's.

use std::path::{Path, PathBuf};

use super::output::{note, say};
#[cfg(unix)]
use super::province;
use super::today::Today;
use super::{Context, publisher};
use crate::error::{Exit, Fault, Result, Stage};
use crate::model::text::date_vi;
use crate::package::listing::{Head, Validity};
use crate::package::{self, Keyring, Opened, delta, install};

/// Packages for computers without a network: build, verify, install, update
#[derive(clap::Subcommand)]
pub enum Verb {
    #[cfg(unix)]
    #[command(flatten)]
    Publisher(province::package::Verb),
    /// Check that a package is whole and signed by the publisher; nothing is unpacked
    Verify(Check),
    /// Check a package and unpack it into a folder; what was there opens until the new one is whole
    ///
    /// The folder remembers the publisher's key and the greatest number of each area: what is older is refused. A run
    /// that was cut off goes on where it ended.
    Install(Install),
    /// Make the newer package of the older one and a delta; both are checked before, the new one after
    Apply(Apply),
    /// Copy a package piece by piece, each checked; a copy that was cut off, whoever made it, goes on with what it has
    Copy(Copy),
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

pub fn run(context: &Context, verb: Verb) -> Result<()> {
    match verb {
        #[cfg(unix)]
        Verb::Publisher(verb) => province::package::run(context, verb),
        Verb::Verify(args) => {
            let opened = package::open(&args.package, &keyring(context, args.key.as_ref())?)?;
            describe(context, &args.package, &opened);
            args.age.admit(&args.package, &opened.listing.head)
        }
        Verb::Install(args) => unpack(context, &args),
        Verb::Apply(args) => {
            let ring = keyring(context, args.key.as_ref())?;
            tell_change(context, &args.out, &delta::apply(&args.package, &args.delta, &args.out, &ring)?)
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
    }
}

pub fn keyring(context: &Context, named: Option<&PathBuf>) -> Result<Keyring> {
    publisher::trusted(&context.site, named).map(Keyring::of)
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

pub fn describe(context: &Context, path: &Path, opened: &Opened) {
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

/// What became of a package.
pub fn tell_change(context: &Context, out: &Path, report: &delta::DeltaReport) -> Result<()> {
    let delta::DeltaReport { area, from, to, bytes, package_bytes } = report;
    if context.json {
        say!("{}", serde_json::to_string_pretty(report).unwrap_or_default());
    } else {
        say!("{}: {area}, bản số {from} → {to}", out.display());
        say!("  bản cập nhật {bytes} byte, gói đầy đủ {package_bytes} byte");
    }
    Ok(())
}

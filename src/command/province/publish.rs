//! `congbo publish`: which edition the public sees.

use std::path::{Path, PathBuf};

use jiff::Span;

use super::output::say;
use super::today::Today;
use super::{Context, publisher, sample};
use crate::config::site::SiteConfig;
use crate::error::{Exit, Fault, Result, Stage};
use crate::release;

/// Show an edition to the public.
///
/// An edition that changes cases needs the sign-off of their sample (congbo sample, congbo sign-off; exit 3
/// without); one that was published before, or changes nothing, needs none. Checks size and SHA-256 of every
/// file of the edition, then points dist/current at it in one step. A damaged edition is refused (exit 6) and
/// what is published stays published. Writes dist/current, and the edition and the day into dist/published.
///
/// Where congbo.toml has a [publisher], the edition is signed with --key: the next number, the day, the last day of
/// its validity and the root of what it takes the place of go into manifest.json.minisig (exit 3 without a key that
/// is listed there).
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Name of the edition, such as 2026-01-05-0a1b2c3d; an earlier one takes the site back to it.
    /// [default: the latest]
    pub edition: Option<String>,
    /// Secret key of the publisher; CONGBO_KEY_PASSWORD holds its password, if it has one.
    #[arg(long, env = "CONGBO_PUBLISHER_KEY")]
    pub key: Option<PathBuf>,
    /// Folder of the editions, relative to the site folder.
    #[arg(long, default_value = "dist", env = "CONGBO_DIST")]
    pub dist: PathBuf,
    /// Only list the editions, the published one marked with an asterisk; writes nothing.
    #[arg(long)]
    pub list: bool,
    #[command(flatten)]
    pub today: Today,
}

pub fn run(context: &Context, args: Args) -> Result<()> {
    let dist = context.site.join(&args.dist);
    if args.list {
        return list(&dist);
    }
    let name = match args.edition {
        Some(name) => name,
        None => release::latest(&dist)?,
    };
    let before = release::history(&dist)?;
    if !before.iter().any(|publication| publication.edition == name) {
        check_sign_off(context, &args.dist, &name)?;
    }
    let today = args.today.date();
    let config = if context.site.join("congbo.toml").exists() { Some(SiteConfig::load(&context.site)?) } else { None };
    let said = match config.as_ref().and_then(|config| Some((config, config.publisher.as_ref()?))) {
        None => {
            release::publish(&dist, Some(&name))?;
            String::new()
        }
        Some((config, section)) => {
            let key = args.key.as_deref().ok_or_else(unsigned)?;
            let signer = publisher::signer(&context.site, config, key)?;
            let expires = today.saturating_add(Span::new().days(section.valid_days));
            let sign = |bytes: &[u8], comment: &str| publisher::sign(&signer, bytes, comment);
            let imprint = release::publish_signed(&dist, &name, [today, expires], &sign)?;
            format!(", number {}, valid until {}", imprint.number, imprint.expires)
        }
    };
    release::record(&dist, &name, today)?;
    say!("published {name}{said}");
    Ok(())
}

fn unsigned() -> Fault {
    Fault::new(Stage::Release, Exit::Input, "this site publishes signed editions, and no key was given")
        .remedy("congbo publish --key <publisher>.key, or set CONGBO_PUBLISHER_KEY")
}

fn check_sign_off(context: &Context, dist: &Path, name: &str) -> Result<()> {
    let (_, sample) = sample::draw(context, dist, Some(name.to_owned()))?;
    if sample.cases == 0 {
        return Ok(());
    }
    sample.verify(&context.site, &SiteConfig::load(&context.site)?, dist)
}

fn list(dist: &Path) -> Result<()> {
    let published = release::current(dist).ok();
    for name in release::releases(dist)? {
        say!("{} {name}", if published.as_ref() == Some(&name) { '*' } else { ' ' });
    }
    Ok(())
}

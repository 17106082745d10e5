//! `congbo key`

use std::path::PathBuf;

use super::Context;
use super::output::say;
use crate::config::dataset::DatasetKind;
use crate::config::site::SiteConfig;
use crate::error::{Exit, Fault, Result, Stage};
use crate::release;
use crate::snapshot::rotation::{Wanted, rotate};
use crate::snapshot::signature::{self, Signer};

/// Keys of approvers and publishers
#[derive(clap::Subcommand)]
pub enum Verb {
    /// Make a key pair: STEM.key (secret, readable by you only) and STEM.pub (goes into congbo.toml)
    ///
    /// With CONGBO_KEY_PASSWORD set, the secret key is encrypted with it.
    New {
        /// Path without ending, e.g. keys/approver; existing files are never overwritten
        stem: PathBuf,
    },
    /// Hand the rights of a key to a new one, by a statement that the old key signs
    ///
    /// Writes the statement and its signature into the folder of rotations ([keys] rotations). From then on
    /// the new key approves, and the old key vouches only for the records it had signed under snapshots/.
    /// Keep the old key listed under [approvers].
    Rotate(Rotate),
}

#[derive(clap::Args)]
pub struct Rotate {
    /// Secret key that hands over; CONGBO_KEY_PASSWORD holds its password, if it has one
    #[arg(long)]
    old: PathBuf,
    /// Public key (.pub file) that takes over
    #[arg(long)]
    new: PathBuf,
    /// Kind of data to hand over, e.g. gia_dat; may stand several times (default: all that the old key has)
    #[arg(long, value_parser = kind)]
    kind: Vec<DatasetKind>,
    /// Hand over the sign-off of samples (default: where neither this nor a kind is named, if the old key has it)
    #[arg(long)]
    sign_off: bool,
    /// Hand over the publishing (default: as the sign-off); the old key vouches for what was published until now
    #[arg(long)]
    publish: bool,
    /// Folder of the editions, relative to the site folder: what was published until now
    #[arg(long, default_value = "dist", env = "CONGBO_DIST")]
    dist: PathBuf,
    /// File of the statement, relative to the site (default: the next number in the folder of rotations)
    #[arg(long)]
    out: Option<PathBuf>,
}

pub fn run(context: &Context, verb: Verb) -> Result<()> {
    match verb {
        Verb::New { stem } => new(&stem),
        Verb::Rotate(args) => hand_over(context, args),
    }
}

fn new(stem: &std::path::Path) -> Result<()> {
    signature::make_key(stem, std::env::var("CONGBO_KEY_PASSWORD").ok())?;
    say!(
        "{} (keep it secret), {} (list it under [approvers], [sign_off] or [publisher])",
        stem.with_extension("key").display(),
        stem.with_extension("pub").display()
    );
    Ok(())
}

fn hand_over(context: &Context, args: Rotate) -> Result<()> {
    let config = SiteConfig::load(&context.site)?;
    let old = Signer::open(&args.old, std::env::var("CONGBO_KEY_PASSWORD").ok())?;
    let last_publication = release::last_number(&context.site.join(&args.dist))?;
    let wanted = Wanted { kinds: args.kind, sign_off: args.sign_off, publish: args.publish, last_publication };
    let statement = rotate(&context.site, &config, &old, &new_key(&args.new)?, &wanted, args.out)?;
    if context.json {
        say!("{}", serde_json::to_string_pretty(&statement.rotation).unwrap_or_default());
        return Ok(());
    }
    say!(
        "{}: {} goes to the new key; the old one vouches for {} records",
        statement.file.display(),
        statement.rotation.named().join(", "),
        statement.rotation.records.len()
    );
    Ok(())
}

fn new_key(file: &std::path::Path) -> Result<String> {
    match file.to_str().filter(|name| name.ends_with(".pub")) {
        Some(name) => signature::listed_key(std::path::Path::new(""), name),
        None => Err(Fault::new(Stage::Config, Exit::Usage, "is not a public key file")
            .file(file)
            .remedy("give the .pub file of the new key")
            .into()),
    }
}

fn kind(id: &str) -> std::result::Result<DatasetKind, String> {
    DatasetKind::from_id(id).ok_or_else(|| format!("there is no kind of data '{id}'"))
}

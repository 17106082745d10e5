//! `congbo sign-off`

use std::path::PathBuf;

use super::output::say;
use super::{Context, sample};
use crate::config::site::SiteConfig;
use crate::error::Result;
use crate::snapshot::signature::Signer;

/// Sign the filled sample of an edition, so that it may be published
///
/// Every case of the sample must be there with dat; one that is khong_dat refuses the edition (exit 5), a
/// missing, added or empty one the table (exit 3). The key must be listed under [sign_off] in congbo.toml.
/// Writes dist/sign-off/EDITION/sample.csv.minisig, which minisign can verify.
#[derive(clap::Args)]
pub struct Args {
    /// Name of the edition. [default: the latest]
    edition: Option<String>,
    /// Secret key of who checked the sample; CONGBO_KEY_PASSWORD holds its password, if it has one
    #[arg(long, env = "CONGBO_KEY")]
    key: PathBuf,
    /// Folder of the editions, relative to the site folder
    #[arg(long, default_value = "dist", env = "CONGBO_DIST")]
    dist: PathBuf,
}

pub fn run(context: &Context, args: Args) -> Result<()> {
    let signer = Signer::open(&args.key, std::env::var("CONGBO_KEY_PASSWORD").ok())?;
    let config = SiteConfig::load(&context.site)?;
    let (edition, sample) = sample::draw(context, &args.dist, args.edition)?;
    if sample.cases == 0 {
        say!("edition {edition} changes no case: nothing to sign");
        return Ok(());
    }
    let signed = sample.sign(&context.site, &config, &args.dist, &signer)?;
    say!("signed off {edition}, {} of {} cases: {}", sample.chosen.len(), sample.cases, signed.display());
    Ok(())
}

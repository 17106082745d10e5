//! `congbo key new`

use std::path::PathBuf;

use super::Context;
use crate::error::Result;
use crate::snapshot::signature;

/// Approvers' keys
#[derive(clap::Subcommand)]
pub enum Verb {
    /// Make a key pair: STEM.key (secret, readable by you only) and STEM.pub (goes into congbo.toml)
    ///
    /// With CONGBO_KEY_PASSWORD set, the secret key is encrypted with it.
    New {
        /// Path without ending, e.g. keys/approver; existing files are never overwritten
        stem: PathBuf,
    },
}

pub fn run(_context: &Context, verb: Verb) -> Result<()> {
    let Verb::New { stem } = verb;
    signature::make_key(&stem, std::env::var("CONGBO_KEY_PASSWORD").ok())?;
    println!(
        "{} (keep it secret), {} (list it under [approvers])",
        stem.with_extension("key").display(),
        stem.with_extension("pub").display()
    );
    Ok(())
}

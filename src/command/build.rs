//! `congbo build`
use super::Context;
use crate::error::Result;
/// Build an edition from the approved snapshots
#[derive(clap::Args)]
pub struct Args {}
pub fn run(_context: &Context, _args: Args) -> Result<()> {
    Ok(())
}

//! `congbo trace`

use std::path::PathBuf;

use serde_json::json;

use super::Context;
use super::office::{edition, open};
use super::output::say;
use crate::error::{Exit, Fault, Result, Stage};
use crate::request::trace::trace;

/// Find the request that a file came from: who got it, for what, and whether it is as it went out
#[derive(clap::Args)]
pub struct Args {
    file: PathBuf,
    #[arg(long, default_value = "dist", env = "CONGBO_DIST")]
    dist: PathBuf,
}

pub fn run(context: &Context, args: &Args) -> Result<()> {
    let office = open(context)?;
    let dist = context.site.join(&args.dist);
    let traced = trace(&office, &args.file, |name| edition(&dist, name))?;
    let (person, request) = (&traced.person, &traced.request);
    if context.json {
        say!(
            "{}",
            json!({
                "request": request.code, "account": person.name, "full_name": person.full_name, "unit": person.unit,
                "purpose": request.purpose, "area": request.area.to_string(), "edition": request.edition,
                "fetched": traced.fetched, "intact": traced.intact,
            })
        );
    } else {
        say!("{}: {} for {} ({}, {})", request.code, request.area, person.name, person.full_name, person.unit);
        say!("purpose: {}", request.purpose);
        say!("edition {}, fetched {} times", request.edition, traced.fetched);
    }
    match traced.intact {
        Some(true) => Ok(()),
        Some(false) => Err(Fault::new(Stage::Account, Exit::Verification, "the file is not as it went out")
            .file(&args.file)
            .into()),
        None => Err(Fault::new(
            Stage::Account,
            Exit::Verification,
            "its edition is gone: whether it was changed cannot be said",
        )
        .file(&args.file)
        .into()),
    }
}

//! `congbo trace`

use std::path::{Path, PathBuf};

use serde_json::json;

use super::Context;
use super::approve::this_program;
use super::office::{edition, open};
use super::output::{note, say};
use crate::error::{Exit, Fault, Result, Stage};
use crate::read::outlines::{outlines, source};
use crate::read::sandbox;
use crate::request::trace::trace;

/// Find the request that a file came from: who got it, for what, and whether it is as it went out
///
/// Reads what the file says of itself, in any format, and where its outlines begin, in every format that sources may
/// have (GeoPackage, FlatGeobuf, GeoJSON, Shapefile, GML; archives have to be unpacked for it).
#[derive(clap::Args)]
pub struct Args {
    file: PathBuf,
    #[arg(long, default_value = "dist", env = "CONGBO_DIST")]
    dist: PathBuf,
}

pub fn run(context: &Context, args: &Args) -> Result<()> {
    let office = open(context)?;
    let dist = context.site.join(&args.dist);
    let file = std::path::absolute(&args.file).map_err(|e| Fault::storage(Stage::Account, &args.file, e))?;
    let traced = trace(&office, &file, &outlines_of(&context.site, &file), |name| edition(&dist, name))?;
    let (person, request) = (&traced.person, &traced.request);
    if context.json {
        say!(
            "{}",
            json!({
                "request": request.code, "account": person.name, "full_name": person.full_name, "unit": person.unit,
                "purpose": request.purpose, "area": request.area.to_string(), "edition": request.edition,
                "fetched": traced.fetched, "intact": traced.intact, "said": traced.said,
                "marked": traced.marked.as_ref().map(|mark| json!({
                    "request": mark.request, "rings": mark.rings, "agree": mark.agree, "expected": mark.expected,
                    "chance_log10": mark.chance_log10,
                })),
            })
        );
    } else {
        say!("{}: {} for {} ({}, {})", request.code, request.area, person.name, person.full_name, person.unit);
        say!("purpose: {}", request.purpose);
        say!("edition {}, fetched {} times", request.edition, traced.fetched);
        match &traced.said {
            Some(said) if *said == request.code => say!("the file itself says so"),
            Some(said) => say!("the file itself says {said}: its words were changed"),
            None => say!("the file itself does not say where it is from"),
        }
        if let Some(mark) = &traced.marked {
            say!(
                "mark: {} of {} rings begin as in the copy of this request, {:.0} would by chance (at most 1 in 10^{:.0})",
                mark.agree,
                mark.rings,
                mark.expected,
                -mark.chance_log10.ceil()
            );
        }
    }
    match traced.intact {
        Some(true) => Ok(()),
        Some(false) => Err(Fault::new(Stage::Account, Exit::Verification, "the file is not as it went out")
            .file(&args.file)
            .into()),
        None => Err(Fault::new(
            Stage::Account,
            Exit::Verification,
            "its edition or the words of its request are gone: whether it was changed cannot be said",
        )
        .file(&args.file)
        .into()),
    }
}

/// Read in a child process: whoever hands a file in may have made it to do harm. A format without a reader has no
/// outlines to compare.
fn outlines_of(site: &Path, file: &Path) -> Vec<Vec<[f64; 2]>> {
    let read = || {
        let program = this_program()?;
        let (folder, name) = (file.parent().unwrap_or(site), Path::new(file.file_name().unwrap_or_default()));
        outlines(&*sandbox::open(&program, folder, name, &source(name))?)
    };
    read().unwrap_or_else(|failure: crate::error::Failure| {
        note!("the outlines are not compared: {failure}");
        vec![]
    })
}

//! `congbo sample`

use std::path::PathBuf;

use super::output::{note, say};
use super::{Context, published};
use crate::error::Result;
use crate::plan::sign_off::Sample;
use crate::release;

/// Draw the sample of changed cases that a person must check before an edition is published
///
/// One case in ten of all that was added, changed and removed against the published edition (S2 Đ16.3), at
/// least one; drawn by digest, so that everybody gets the same. Writes dist/sign-off/EDITION/sample.csv, to
/// be filled with dat or khong_dat in the column ket_qua; one that lies there already is left as it is.
#[derive(clap::Args)]
pub struct Args {
    /// Name of the edition. [default: the latest]
    edition: Option<String>,
    /// Folder of the editions, relative to the site folder
    #[arg(long, default_value = "dist", env = "CONGBO_DIST")]
    dist: PathBuf,
}

pub fn run(context: &Context, args: Args) -> Result<()> {
    let (edition, sample) = draw(context, &args.dist, args.edition)?;
    for folder in &sample.lost_snapshots {
        note!("{folder} is gone: what was published from it counts as added");
    }
    let file = if sample.cases == 0 { None } else { Some(sample.write(&context.site, &args.dist)?) };
    let file = file.map(|file| file.display().to_string());
    if context.json {
        let report = serde_json::json!({
            "edition": edition, "cases": sample.cases, "sample": sample.chosen.len(), "file": file,
        });
        say!("{report:#}");
    } else if let Some(file) = file {
        say!("{} of {} changed cases to check: {file}", sample.chosen.len(), sample.cases);
    } else {
        say!("edition {edition} changes no case: nothing to check");
    }
    Ok(())
}

/// The sample of an edition, or of the latest, against what is published now.
pub fn draw(context: &Context, dist: &std::path::Path, edition: Option<String>) -> Result<(String, Sample)> {
    let editions = context.site.join(dist);
    let edition = match edition {
        Some(name) => name,
        None => release::latest(&editions)?,
    };
    let data = published::datasets_of(&release::manifest_of(&editions, &edition)?);
    let sample = Sample::new(&context.site, &edition, &published::datasets(&editions)?, &data)?;
    Ok((edition, sample))
}

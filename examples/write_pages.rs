//! Writes the pages of an approved site to a folder and says how long it took, to measure that stage alone:
//! `write_pages SITE OUT`. Nothing is compressed, sealed or published; tiles are not made.
#![forbid(unsafe_code)]

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use congbo::config::site::SiteConfig;
use congbo::error::{Exit, Fault, Result, Stage};
use congbo::page::{self, Facts, Inputs};
use congbo::snapshot::{Parcels, succession};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, site, out] = arguments.as_slice() else {
        eprintln!("usage: write_pages SITE OUT");
        return ExitCode::from(2);
    };
    match write(Path::new(site), Path::new(out)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

fn write(site: &Path, out: &Path) -> Result<()> {
    let started = Instant::now();
    let config = SiteConfig::load(site)?;
    let standing = succession::open(site, &config, Parcels::OnDisk)?;
    let opened_s = started.elapsed().as_secs_f64();
    let nothing = || Fault::new(Stage::Snapshot, Exit::Input, "nothing has been approved yet");
    let facts = Facts::of(standing.all()).ok_or_else(nothing)?;
    let inputs = Inputs { site: &config, site_dir: site, standing: &standing, tile_sets: &[], files: &[], facts };
    let write_file = |path: &str, bytes: &[u8]| {
        let file = out.join(path);
        let written = std::fs::create_dir_all(file.parent().unwrap_or(out)).and_then(|()| std::fs::write(&file, bytes));
        written.map_err(|e| Fault::storage(Stage::Page, &file, e).into())
    };
    let report = page::write(&inputs, &write_file)?;
    let pages_s = started.elapsed().as_secs_f64() - opened_s;
    let page::PageReport { pages, files, bytes } = report;
    println!(
        "{{\"opened_s\": {opened_s:.3}, \"pages_s\": {pages_s:.3}, \"pages\": {pages}, \"files\": {files}, \"bytes\": {bytes}}}"
    );
    Ok(())
}

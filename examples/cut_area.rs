//! Cuts an area out of a FlatGeobuf file as the office does, and prints what it took: milliseconds to the first 64 KiB
//! and to the end, features, bytes, the most memory. `cut_area FILE AREA [fgb|gpkg|…]`, AREA as requests have it:
//! `vung 106.4 20.8 106.45 20.85`.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use congbo::release::OpenEdition;
use congbo::release::manifest::{EditionFacts, FileFacts, Manifest};
use congbo::supply::mark::Mark;
use congbo::supply::provenance::Provenance;
use congbo::supply::{Area, Order, Output, cut};

type Done<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Done<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (file, area, format) = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [file, area] => (file, area, ""),
        [file, area, format] => (file, area, format),
        _ => return Err("usage: cut_area FILE AREA [FORMAT]".into()),
    };
    let folder = tempfile::tempdir()?;
    let edition = edition_of(Path::new(file), folder.path())?;
    let area: Area = area.parse()?;
    let output = Output::parse(format, "", "")?;
    let provenance = provenance();
    let begun = Instant::now();
    let order = Order {
        edition: &edition,
        area: &area,
        within: None,
        output: &output,
        provenance: &provenance,
        mark: Some(Arc::new(Mark::new(b"a bench"))),
        spool: folder.path(),
    };
    let cut = cut(&order)?;
    let mut at = cut.read(0, 64 << 10)?.len() as u64;
    let first_ms = begun.elapsed().as_secs_f64() * 1e3;
    while at < cut.bytes {
        at += cut.read(at, 64 << 10)?.len() as u64;
    }
    let whole_ms = begun.elapsed().as_secs_f64() * 1e3;
    println!("{first_ms:.1} {whole_ms:.1} {} {} {}", cut.features, cut.bytes, most_memory_kib()?);
    Ok(())
}

/// An edition of this one file.
fn edition_of(file: &Path, folder: &Path) -> Done<OpenEdition> {
    let path = "extracts/thua_dat/99001-thua-dat.fgb".to_owned();
    let place = folder.join(&path);
    std::fs::create_dir_all(place.parent().ok_or("no folder")?)?;
    std::os::unix::fs::symlink(std::fs::canonicalize(file)?, &place)?;
    let bytes = std::fs::metadata(file)?.len();
    let facts = FileFacts { path, bytes, sha256: "0".repeat(64), encodings: Default::default(), parts: None };
    let of_edition = EditionFacts { date: "2026-01-05".parse()?, tool_version: String::new(), datasets: vec![] };
    let manifest = Manifest::new(of_edition, vec![facts]);
    Ok(OpenEdition { name: manifest.edition.clone(), dir: folder.to_owned(), manifest, manifest_json: vec![] })
}

fn provenance() -> Provenance {
    let text = String::new;
    Provenance {
        request: "YC-2026-000001".into(),
        purpose: text(),
        area: text(),
        edition: text(),
        root: text(),
        decisions: vec![],
        granted_on: jiff::civil::date(2026, 1, 5),
        terms: "1".into(),
        licence: text(),
        citation: text(),
        source: text(),
    }
}

fn most_memory_kib() -> Done<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no peak")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

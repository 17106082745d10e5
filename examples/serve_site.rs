//! What scripts/bench-serve needs: an archive as an edition, as loose files for a web server, and as a list of
//! addresses; and an edition of a hundred small archives.
//!
//! `serve_site ARCHIVE.pmtiles OUT`

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use congbo::release::{self, EditionFacts, Staging};
use futures_util::TryStreamExt;
use pmtiles::{AsyncPmTilesReader, HashMapCache, PmTilesWriter, TileCoord, TileType};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [archive, out] = arguments.as_slice() else { return Err("usage: serve_site ARCHIVE.pmtiles OUT".into()) };
    let (archive, out) = (Path::new(archive), Path::new(out));
    publish(&out.join("one/dist"), 1, |_, path| Ok(fs::copy(archive, path).map(drop)?))?;
    publish(&out.join("hundred/dist"), 100, small_archive)?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(loose_files(archive, out))
}

/// An edition of `count` archives, each made by `make`.
fn publish(
    dist: &Path,
    count: usize,
    make: impl Fn(usize, &Path) -> Result<(), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let staging = Staging::begin(dist)?;
    staging.write("site/index.html", b"<!doctype html><title>congbo</title>")?;
    for number in 1..=count {
        let id = if count == 1 { "thua-dat".to_owned() } else { format!("thua-dat-{number}") };
        let part = staging.path(&format!("tiles/{id}.part"))?;
        make(number, &part)?;
        staging.add_archive(&id, &part)?;
    }
    let facts = EditionFacts { date: "2026-01-05".parse()?, tool_version: "0.1.0".into(), datasets: vec![] };
    let edition = staging.seal(facts)?;
    release::publish(dist, Some(&edition.name))?;
    Ok(())
}

fn small_archive(number: usize, path: &Path) -> Result<(), Box<dyn Error>> {
    let writer = PmTilesWriter::new(TileType::Mvt).min_zoom(14).max_zoom(14);
    let mut archive = writer.metadata(r#"{"vector_layers":[]}"#).create(File::create(path)?)?;
    for y in 0..256 {
        archive.add_tile(TileCoord::new(14, number as u32, y)?, &vec![y as u8; 4096])?;
    }
    Ok(archive.finalize()?)
}

/// `OUT/www/tiles/thua-dat/Z/X/Y.mvt`, gzip inside; `OUT/all.txt` and `OUT/z16.txt` list them as `Z/X/Y`.
async fn loose_files(archive: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let reader = Arc::new(AsyncPmTilesReader::new_with_cached_path(HashMapCache::default(), archive).await?);
    let entries: Vec<_> = reader.clone().entries().try_collect().await?;
    let mut lists =
        [BufWriter::new(File::create(out.join("all.txt"))?), BufWriter::new(File::create(out.join("z16.txt"))?)];
    for id in entries.iter().flat_map(|entry| entry.iter_coords()) {
        let at = TileCoord::from(id);
        let (z, x, y) = (at.z(), at.x(), at.y());
        let folder = out.join(format!("www/tiles/thua-dat/{z}/{x}"));
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(format!("{y}.mvt")), reader.get_tile(at).await?.ok_or("a tile is missing")?)?;
        for list in lists.iter_mut().take(if z == 16 { 2 } else { 1 }) {
            writeln!(list, "{z}/{x}/{y}")?;
        }
    }
    Ok(())
}

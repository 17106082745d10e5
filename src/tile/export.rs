//! The tiles of an archive in the two other forms that programs of the field take: MBTiles 1.3 and a folder of files.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use pmtiles::{Compression, TileType};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::{Value, json};

use super::grid;
use super::identity::BoundsE7;
use super::stored::{StoredArchive, StoredTile, inflated_tile};
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::model::tile_coord::TileCoord;
use crate::progress::Progress;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One file of SQLite, tiles packed by gzip, rows counted from the south: QGIS, QField, OsmAnd, Locus.
    MbTiles,
    /// `<z>/<x>/<y>.mvt`, not packed, rows counted from the north, beside `metadata.json`: what a program reads from a
    /// disk without a server.
    Folder,
}

impl Form {
    /// By the name that is to be written.
    pub fn of(out: &Path) -> Self {
        if out.extension().is_some_and(|ending| ending == "mbtiles") { Form::MbTiles } else { Form::Folder }
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct ExportReport {
    pub set: String,
    pub tiles: u64,
    /// Of the tiles as they are written.
    pub bytes: u64,
}

/// Writes the tiles of the archive `from` to `out`, which gets its name when it is whole.
///
/// # Errors
/// Exit 2 when `out` is there; 3 for a damaged archive, or one of no vector tiles; 7 when `out` cannot be written.
pub fn export(from: &Path, out: &Path, progress: &dyn Progress) -> Result<ExportReport> {
    let archive = StoredArchive::open(from)?;
    if out.exists() {
        return Err(Fault::new(Stage::Tile, Exit::Usage, "is there already")
            .file(out)
            .remedy("give another name, or remove it first")
            .into());
    }
    progress.begin("export", archive.addressed);
    let beside = beside(out);
    let chosen = Chosen { archive: &archive, bounds_e7: archive.head.bounds_e7, tiles: archive.tiles(), progress };
    let written = match Form::of(out) {
        Form::MbTiles => chosen.mbtiles(&beside),
        Form::Folder => chosen.folder(&beside),
    };
    let named = written.and_then(|report| {
        fs::rename(&beside, out).map_err(|e| Fault::storage(Stage::Tile, out, e))?;
        Ok(report)
    });
    if named.is_err() {
        // The fault that is told is the first one; what stays is not taken for whole.
        let _ = if beside.is_dir() { fs::remove_dir_all(&beside) } else { fs::remove_file(&beside) };
    }
    named
}

fn beside(out: &Path) -> PathBuf {
    let name = out.file_name().unwrap_or_default().to_string_lossy();
    out.with_file_name(format!(".{name}.writing"))
}

/// Tiles of an archive in the order of the ids, and the box around them.
pub struct Chosen<'a, T> {
    pub archive: &'a StoredArchive,
    pub bounds_e7: BoundsE7,
    pub tiles: T,
    pub progress: &'a dyn Progress,
}

impl<T: Iterator<Item = Result<StoredTile>>> Chosen<'_, T> {
    /// What both forms say of the tiles, by the names of MBTiles 1.3.
    fn said(&self) -> Vec<(&'static str, String)> {
        let head = &self.archive.head;
        let [west, south, east, north] = self.bounds_e7.map(|e7| f64::from(e7) / 1e7);
        let text = |key: &str| head.metadata.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let layers = head.metadata.get("vector_layers").cloned().unwrap_or(json!([]));
        vec![
            ("name", text("name")),
            ("format", "pbf".into()),
            ("type", "overlay".into()),
            ("version", "1".into()),
            ("description", text("description")),
            ("attribution", text("attribution")),
            ("bounds", format!("{west},{south},{east},{north}")),
            ("center", format!("{},{},{}", (west + east) / 2.0, (south + north) / 2.0, head.minzoom)),
            ("minzoom", head.minzoom.to_string()),
            ("maxzoom", head.maxzoom.to_string()),
            ("json", json!({ "vector_layers": layers }).to_string()),
        ]
    }

    /// Every tile with its place, packed as it is stored.
    fn each(self, mut take: impl FnMut(TileCoord, &[u8]) -> Result<u64>) -> Result<ExportReport> {
        let archive = self.archive;
        if (archive.head.tile_type, archive.head.tile_compression) != (TileType::Mvt, Compression::Gzip) {
            return Err(super::stored::damaged(&archive.name, "has no vector tiles packed by gzip").into());
        }
        let mut report = ExportReport { set: archive.identity.set.clone(), tiles: 0, bytes: 0 };
        let mut packed = vec![];
        for tile in self.tiles {
            let tile = tile?;
            archive.read(tile, &mut packed)?;
            report.bytes += take(grid::tile(tile.id), &packed)?;
            report.tiles += 1;
            self.progress.advance(1);
        }
        Ok(report)
    }

    /// Writes them as one file of MBTiles, durably; the same tiles make the same bytes.
    ///
    /// # Errors
    /// Exit 3 for an archive of other tiles than vector tiles packed by gzip; 7 when `out` cannot be written.
    pub fn mbtiles(self, out: &Path) -> Result<ExportReport> {
        let failed = |e: rusqlite::Error| Failure::from(Fault::storage(Stage::Tile, out, std::io::Error::other(e)));
        let _ = fs::remove_file(out);
        let mut database = Connection::open(out).map_err(failed)?;
        // What is cut off is begun anew, so nothing is kept to undo it.
        database
            .execute_batch(&format!(
                "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA application_id = {APPLICATION_ID};
             CREATE TABLE metadata (name text, value text);
             CREATE TABLE tiles (zoom_level integer, tile_column integer, tile_row integer, tile_data blob);"
            ))
            .map_err(failed)?;
        let all = database.transaction().map_err(failed)?;
        for (name, value) in self.said() {
            all.execute("INSERT INTO metadata VALUES (?, ?)", (name, value)).map_err(failed)?;
        }
        let mut insert = all.prepare("INSERT INTO tiles VALUES (?, ?, ?, ?)").map_err(failed)?;
        let report = self.each(|tile, packed| {
            let from_south = (1_u32 << tile.z) - 1 - tile.y;
            insert.execute((tile.z, tile.x, from_south, packed)).map_err(failed)?;
            Ok(packed.len() as u64)
        })?;
        drop(insert);
        all.execute_batch("CREATE UNIQUE INDEX tile_index ON tiles (zoom_level, tile_column, tile_row);")
            .map_err(failed)?;
        all.commit().map_err(failed)?;
        database.close().map_err(|(_, e)| failed(e))?;
        let synced = File::open(out).and_then(|file| file.sync_all());
        synced.map_err(|e| Fault::storage(Stage::Tile, out, e))?;
        Ok(report)
    }

    fn folder(self, out: &Path) -> Result<ExportReport> {
        let failed = |e: std::io::Error| Failure::from(Fault::storage(Stage::Tile, out, e));
        if out.exists() {
            fs::remove_dir_all(out).map_err(failed)?;
        }
        let (said, name) = (self.said(), &self.archive.name);
        let report = self.each(|tile, packed| {
            let column = out.join(tile.z.to_string()).join(tile.x.to_string());
            let plain = inflated_tile(packed).map_err(|problem| super::stored::damaged(name, problem))?;
            fs::create_dir_all(&column).map_err(failed)?;
            fs::write(column.join(format!("{}.mvt", tile.y)), &plain).map_err(failed)?;
            Ok(plain.len() as u64)
        })?;
        let facts: serde_json::Map<String, Value> =
            said.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        fs::create_dir_all(out).map_err(failed)?;
        let mut written = File::create(out.join("metadata.json")).map_err(failed)?;
        let text = serde_json::to_string_pretty(&facts).expect("texts are JSON") + "\n";
        written.write_all(text.as_bytes()).and_then(|()| written.sync_all()).map_err(failed)?;
        Ok(report)
    }
}

/// `MPBX`, by which programs know the file without its name.
const APPLICATION_ID: u32 = 0x4d50_4258;

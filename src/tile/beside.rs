//! A copy of tiles, written beside the file that it replaces.

use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use serde::Serialize;
use tempfile::NamedTempFile;

use super::archive::{Archive, Head};
use super::grid;
use super::identity::{Identity, KEY, Part};
use crate::error::{Fault, Result, Stage};
use crate::file_system::sync_dir;

/// What was written, or would be.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CopyReport {
    /// Id of the tile set.
    pub set: String,
    pub tiles: u64,
    /// Size of the archive.
    pub bytes: u64,
    /// West, south, east, north of the header, in degrees.
    pub bounds_deg: [f64; 4],
    /// What of the tile set it holds; none when it is whole.
    pub part: Option<Part>,
    pub zooms: Vec<ZoomCount>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ZoomCount {
    pub z: u8,
    pub tiles: u64,
    /// Of the tiles as they are addressed; what several share stands once in the file.
    pub bytes: u64,
}

/// The tiles of a copy as they come.
pub struct Copying<'a> {
    archive: Archive<&'a mut Sink>,
    path: &'a Path,
    report: CopyReport,
}

/// Writes an archive of the tiles that `fill` adds, and gives it its name once it has reached the disk: a file
/// that was there stays as it was until then. When `dry_run`, everything is done and nothing is kept.
///
/// # Errors
/// Those of `fill`; exit 7 when the file cannot be written.
pub fn copy(
    path: &Path,
    dry_run: bool,
    mut head: Head,
    identity: &Identity,
    fill: impl FnOnce(&mut Copying<'_>) -> Result<()>,
) -> Result<CopyReport> {
    let storage = |e: &dyn std::fmt::Display| Fault::storage(Stage::Tile, path, e);
    head.metadata.insert(KEY.into(), identity.to_json());
    let mut sink = Sink::open(path, dry_run).map_err(|e| storage(&e))?;
    let mut report = filled(&mut sink, path, &head, identity, fill)?;
    report.bytes = sink.bytes;
    sink.keep(path).map_err(|e| storage(&e))?;
    Ok(report)
}

fn filled(
    sink: &mut Sink,
    path: &Path,
    head: &Head,
    identity: &Identity,
    fill: impl FnOnce(&mut Copying<'_>) -> Result<()>,
) -> Result<CopyReport> {
    let storage = |e| Fault::storage(Stage::Tile, path, e);
    let archive = Archive::begin(sink, head).map_err(storage)?;
    let mut copying = Copying { archive, path, report: CopyReport::of(head, identity) };
    fill(&mut copying)?;
    copying.archive.finish().map_err(storage)?;
    Ok(copying.report)
}

impl Copying<'_> {
    /// Takes the tiles once each, in the order of their ids.
    pub fn add(&mut self, id: u64, bytes: &[u8]) -> Result<()> {
        self.archive.add(id, bytes).map_err(|e| Fault::storage(Stage::Tile, self.path, e))?;
        self.report.count(grid::tile(id).z, bytes.len() as u64);
        Ok(())
    }
}

impl CopyReport {
    fn of(head: &Head, identity: &Identity) -> Self {
        let bounds_deg = head.bounds_e7.map(|e7| f64::from(e7) / 1e7);
        let Identity { set, part, .. } = identity.clone();
        CopyReport { set, tiles: 0, bytes: 0, bounds_deg, part, zooms: vec![] }
    }

    fn count(&mut self, z: u8, bytes: u64) {
        self.tiles += 1;
        match self.zooms.last_mut().filter(|zoom| zoom.z == z) {
            Some(zoom) => *zoom = ZoomCount { z, tiles: zoom.tiles + 1, bytes: zoom.bytes + bytes },
            None => self.zooms.push(ZoomCount { z, tiles: 1, bytes }),
        }
    }
}

/// Where a copy goes: a nameless neighbour of the file it becomes, or nowhere.
struct Sink {
    file: Option<NamedTempFile>,
    at: u64,
    /// Size so far.
    bytes: u64,
}

impl Sink {
    fn open(path: &Path, dry_run: bool) -> io::Result<Self> {
        let beside = || {
            let mut builder = tempfile::Builder::new();
            builder.prefix(".congbo-");
            // What the umask leaves of it, as for any other file.
            #[cfg(unix)]
            builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
            let made = builder.tempfile_in(folder(path));
            // The kind alone: tempfile's own words name a path of the machine.
            made.map_err(|e| io::Error::from(e.kind()))
        };
        Ok(Sink { file: if dry_run { None } else { Some(beside()?) }, at: 0, bytes: 0 })
    }

    fn keep(self, path: &Path) -> io::Result<()> {
        let Some(file) = self.file else { return Ok(()) };
        file.as_file().sync_all()?;
        file.persist(path)?;
        sync_dir(folder(path))
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.as_mut().map_or(Ok(bytes.len()), |file| file.write(bytes))?;
        self.at += written as u64;
        self.bytes = self.bytes.max(self.at);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Seek for Sink {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let moved = |from: u64, by: i64| from.checked_add_signed(by).ok_or(io::ErrorKind::InvalidInput);
        self.at = match to {
            SeekFrom::Start(at) => at,
            SeekFrom::Current(by) => moved(self.at, by)?,
            SeekFrom::End(by) => moved(self.bytes, by)?,
        };
        self.file.as_mut().map_or(Ok(self.at), |file| file.seek(SeekFrom::Start(self.at)))
    }
}

//! Parcels of a snapshot read a commune at a time: a province has more of them than memory should hold.
//!
//! The gate wrote rows and shapes side by side in the order of communes, sheets and numbers, so that a commune is
//! one run of each file. Nothing but the ends of rings, parts and features (12 bytes for a parcel) is held for
//! longer.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::{Layer, Snapshot, store};
use crate::disclose::Public;
use crate::error::{Exit, Fault, Result, Stage};
use crate::model::parcel::Parcel;
use crate::model::shapes::{GeometryKind, Shapes};

/// The runs of one snapshot, each the parcels of one commune in the order of sheets and numbers.
pub struct ParcelRuns {
    rows: Window,
    world: Window,
    grid: Window,
    /// Ends of rings, parts and features; the coordinates pass by.
    ends: Shapes<()>,
    /// The first feature that was not handed out.
    next: usize,
    /// The first row of the next run: where one ends is known when the next has begun.
    ahead: Option<Public<Parcel>>,
}

/// Opens the parcels of a snapshot again.
///
/// # Errors
/// Exit 6 when a file differs from what was approved: it may have been changed since the snapshot was opened.
pub fn read(site: &Path, snapshot: &Snapshot) -> Result<ParcelRuns> {
    store::check_files(site, &snapshot.folder, &snapshot.record)?;
    let [rows, world, grid] = store::layer_files(0).map(|name| snapshot.folder.join(name));
    let (mut rows, mut world) = (Window::open(site, rows)?, Window::open(site, world)?);
    let mut grid = Window::open(site, grid)?;
    let kind: GeometryKind = grid.take()?;
    let _of_world: GeometryKind = world.take()?;
    let (parcels, coords): (usize, usize) = (rows.take()?, grid.take()?);
    if world.take::<usize>()? != coords {
        return Err(world.broken("has other coordinates than the grid").into());
    }
    let mut tail = grid.at(site, grid.read_bytes() + coords as u64 * GRID_COORD_BYTES)?;
    let (ring_ends, part_ends, feature_ends) = (tail.take()?, tail.take()?, tail.take()?);
    let ends = Shapes { kind, coords: vec![], ring_ends, part_ends, feature_ends };
    if ends.len() != parcels {
        return Err(rows.broken("has another number of rows than there are shapes").into());
    }
    let ahead = (parcels > 0).then(|| rows.take()).transpose()?;
    Ok(ParcelRuns { rows, world, grid, ends, next: 0, ahead })
}

impl Iterator for ParcelRuns {
    type Item = Result<Layer<Parcel>>;

    fn next(&mut self) -> Option<Self::Item> {
        let first = self.ahead.take()?;
        Some(self.run(first))
    }
}

impl ParcelRuns {
    fn run(&mut self, first: Public<Parcel>) -> Result<Layer<Parcel>> {
        let commune = first.commune_code.clone();
        let kind = self.ends.kind;
        let mut run = Layer { rows: vec![], world: Shapes::new(kind), grid: Shapes::new(kind) };
        let mut row = first;
        loop {
            run.rows.push(row);
            self.world.append(&self.ends, self.next, &mut run.world)?;
            self.grid.append(&self.ends, self.next, &mut run.grid)?;
            self.next += 1;
            if self.next == self.ends.len() {
                return Ok(run);
            }
            row = self.rows.take()?;
            if row.commune_code != commune {
                self.ahead = Some(row);
                return Ok(run);
            }
        }
    }
}

/// A file of postcard values, read front to back through a small buffer.
struct Window {
    path: PathBuf,
    file: File,
    buffer: Vec<u8>,
    /// Bytes of the buffer that were taken.
    taken: usize,
    /// Bytes of the file before the buffer.
    passed: u64,
}

/// Two f64: postcard writes them as they are, so that what comes behind is found without reading them.
const GRID_COORD_BYTES: u64 = 16;
/// Large beside a row, small beside a commune.
const FILL_BYTES: usize = 1 << 18;

impl Window {
    fn open(site: &Path, path: PathBuf) -> Result<Self> {
        let file = File::open(site.join(&path)).map_err(|e| Fault::storage(Stage::Snapshot, &path, e))?;
        Ok(Window { path, file, buffer: vec![], taken: 0, passed: 0 })
    }

    /// The same file from another byte on.
    fn at(&self, site: &Path, byte: u64) -> Result<Self> {
        let mut window = Self::open(site, self.path.clone())?;
        window.file.seek(SeekFrom::Start(byte)).map_err(|e| Fault::storage(Stage::Snapshot, &self.path, e))?;
        Ok(Window { passed: byte, ..window })
    }

    /// How far the file was read.
    fn read_bytes(&self) -> u64 {
        self.passed + self.taken as u64
    }

    fn take<T: DeserializeOwned>(&mut self) -> Result<T> {
        loop {
            let found = postcard::take_from_bytes(&self.buffer[self.taken..]).map(|(value, rest)| (value, rest.len()));
            match found {
                Ok((value, left)) => {
                    self.taken = self.buffer.len() - left;
                    return Ok(value);
                }
                Err(postcard::Error::DeserializeUnexpectedEnd) if self.fill()? => {}
                Err(e) => return Err(self.broken(&e.to_string()).into()),
            }
        }
    }

    /// Takes the coordinates of one feature and closes its rings, parts and itself.
    fn append<C: DeserializeOwned>(&mut self, ends: &Shapes<()>, feature: usize, to: &mut Shapes<C>) -> Result<()> {
        for part in ends.parts(feature) {
            for ring in ends.rings(part) {
                for _ in ends.ring_range(ring) {
                    to.coords.push(self.take()?);
                }
                to.end_ring();
            }
            to.end_part();
        }
        to.end_feature();
        Ok(())
    }

    /// Reads on, more the longer the value is that did not fit; `false` at the end of the file.
    fn fill(&mut self) -> Result<bool> {
        self.buffer.drain(..self.taken);
        self.passed += std::mem::take(&mut self.taken) as u64;
        let more = FILL_BYTES.max(self.buffer.len()) as u64;
        let read = self.file.by_ref().take(more).read_to_end(&mut self.buffer);
        Ok(read.map_err(|e| Fault::storage(Stage::Snapshot, &self.path, e))? > 0)
    }

    fn broken(&self, problem: &str) -> Fault {
        Fault::new(Stage::Snapshot, Exit::Verification, problem).file(&self.path).remedy("approve the dataset again")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::digest::sha256;
    use crate::model::shapes::{GridCoord, WorldCoord};
    use crate::snapshot::{Content, record::Record};

    /// Parcels of 99001 and a last one of 99002; every third has a hole, every seventh a second part.
    fn layer(parcels: u32) -> Layer<Parcel> {
        let mut grid = Shapes::<GridCoord>::new(GeometryKind::Polygon);
        let ring = |grid: &mut Shapes<GridCoord>, at: f64| {
            grid.coords.extend([[at, 0.0], [at + 1.0, 0.25], [at, 1.0 / 3.0]]);
            grid.end_ring();
        };
        for i in 0..parcels {
            ring(&mut grid, f64::from(i));
            (i % 3 == 0).then(|| ring(&mut grid, f64::from(i) + 0.1));
            grid.end_part();
            if i % 7 == 0 {
                ring(&mut grid, f64::from(i) + 0.2);
                grid.end_part();
            }
            grid.end_feature();
        }
        let world = grid.map(|[x, y]| [(x * 1e5) as u32, (y * 1e9) as u32]);
        let row = |i: u32| {
            json!({
                "commune_code": if i + 1 < parcels { "99001" } else { "99002" }, "sheet": i / 100, "number": i,
                "identifier": null, "area_m2": f64::from(i) / 3.0, "land_use": "ONT", "planned_use": null,
                "old_land_use": null, "legal_area_m2": null, "old_commune_code": null, "old_sheet": "7",
                "old_number": null, "address": "Thôn 1".repeat(i as usize % 20), "updated_on": null,
            })
        };
        let rows = (0..parcels).map(|i| serde_json::from_value(row(i)).unwrap()).collect();
        Layer { rows, world, grid }
    }

    /// The layer as the gate leaves it on disk.
    fn written(site: &Path, layer: &Layer<Parcel>) -> Snapshot {
        let contents = [
            postcard::to_stdvec(&layer.rows).unwrap(),
            postcard::to_stdvec(&layer.world).unwrap(),
            postcard::to_stdvec(&layer.grid).unwrap(),
        ];
        let mut files = vec![];
        for (name, bytes) in store::layer_files(0).into_iter().zip(contents) {
            files.push(json!({ "name": name, "bytes": bytes.len(), "sha256": sha256(&bytes) }));
            std::fs::write(site.join(name), bytes).unwrap();
        }
        let record: Record = serde_json::from_value(json!({
            "format": 1, "dataset": "thua-dat", "kind": "dia_chinh", "title": { "vi": "Thửa đất" }, "communes": [],
            "crs": "EPSG:9210", "supersedes": null, "sources": [], "rows": 0, "bounds_deg": null, "disclosed": [],
            "withheld_columns": 0, "metadata": {}, "files": files,
            "decision": {
                "number": "00", "date": "2025-12-10", "authority": "UBND", "effective_from": "2026-01-01",
                "acceptance": "BB",
            },
        }))
        .unwrap();
        let (disclosure, content) = (Default::default(), Content::ParcelsOnDisk);
        Snapshot {
            id: "thua-dat".into(),
            folder: PathBuf::new(),
            record,
            record_json: String::new(),
            signature: String::new(),
            disclosure,
            countersignature: None,
            content,
        }
    }

    #[test]
    fn a_commune_is_a_run_and_nothing_is_lost_where_the_buffer_ends() {
        let site = tempfile::tempdir().unwrap();
        let whole = layer(8_000);
        let snapshot = written(site.path(), &whole);
        let grid_bytes = site.path().join(&store::layer_files(0)[2]).metadata().unwrap().len();
        assert!(grid_bytes > 2 * FILL_BYTES as u64, "{grid_bytes}");
        let runs: Vec<Layer<Parcel>> = read(site.path(), &snapshot).unwrap().collect::<Result<_>>().unwrap();
        assert_eq!(runs.iter().map(|run| run.rows.len()).collect::<Vec<_>>(), [7_999, 1]);
        let mut joined: (Vec<Public<Parcel>>, Shapes<WorldCoord>, Shapes<GridCoord>) =
            (vec![], Shapes::new(GeometryKind::Polygon), Shapes::new(GeometryKind::Polygon));
        for run in runs {
            joined.0.extend(run.rows);
            joined.1.append(&run.world);
            joined.2.append(&run.grid);
        }
        assert!(joined == (whole.rows, whole.world, whole.grid));
    }

    #[test]
    fn a_file_that_was_changed_since_it_was_approved_is_not_read() {
        let site = tempfile::tempdir().unwrap();
        let snapshot = written(site.path(), &layer(3));
        let [rows, ..] = store::layer_files(0);
        let mut bytes = std::fs::read(site.path().join(&rows)).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(site.path().join(&rows), bytes).unwrap();
        let failure = read(site.path(), &snapshot).err().unwrap();
        assert!(failure.to_string().contains("rows.0.postcard: differs from what was approved"), "{failure}");
    }
}

//! Draws the tiles that changed and puts them among those that are taken over.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use rustc_hash::FxHashSet;

use super::changes::NEW;
use super::drawn::{Drawn, DrawnTile, DrawnWriter};
use super::ranks::meeting;
use super::{Edit, Redrawn, TileReason, reach};
use crate::error::{Fault, Result, Stage};
use crate::model::tile_coord::TileCoord;
use crate::progress::Progress;
use crate::tile::archive::Archive;
use crate::tile::encode::Prepared;
use crate::tile::grid;
use crate::tile::noding::Noded;
use crate::tile::pairs::{Job, Pairs};
use crate::tile::proof;
use crate::tile::proof::report::Ledger;
use crate::tile::proof::tile::{TileSeen, digest};
use crate::tile::proof::truth::Truth;
use crate::tile::set::{self, EncodedTile, EnlargedFeatures, SetFacts, TileSetReport, TileSize, Witness};
use crate::tile::slices;
use crate::tile::stored::StoredArchive;

type Dirty = [(u8, FxHashSet<u64>)];

/// Makes the archive; the inner error says why it has to be drawn wholly.
pub fn write(
    path: &Path,
    facts: &SetFacts,
    mut edit: Edit<'_>,
    last: &StoredArchive,
    dirty: &Dirty,
    keep: &Path,
    progress: &dyn Progress,
) -> Result<Result<(TileSetReport, Redrawn), &'static str>> {
    let mut drawn = Drawing::default();
    for (z, ids) in dirty.iter().filter(|(_, ids)| !ids.is_empty()) {
        progress.begin(&format!("tiles {} z{z}", facts.id), ids.len() as u64);
        drawn.zoom(&mut edit, *z, ids)?;
    }
    let Some(sizes) = splice(path, facts, &edit, last, dirty, &drawn.tiles)? else {
        return Ok(Err("the last archive is not the one that was drawn"));
    };
    let mut writer = DrawnWriter::create(keep)?;
    let Some(zooms) = prove(path, facts, &edit, &drawn, dirty, &mut writer)? else {
        return Ok(Err("what the last proof saw cannot be read"));
    };
    let enlarged = drawn.enlarged(&edit);
    let report = set::report(path, facts, edit.layers, sizes, &enlarged)?;
    let report = TileSetReport { zooms, ..report };
    set::refuse_large_tiles(facts, &report)?;
    let because = reasons(&edit, dirty, &drawn.tiles);
    let count = drawn.tiles.len() as u64;
    let redrawn = Redrawn { set: facts.id.clone(), tiles: report.tiles, drawn: count, all_because: None, because };
    writer.finish(&edit.into_drawn(), &enlarged)?;
    Ok(Ok((report, redrawn)))
}

/// What was drawn so far.
#[derive(Default)]
struct Drawing {
    tiles: BTreeMap<u64, EncodedTile>,
    /// By zoom and layer: the features whose drawing was worked out, and those of them that are drawn larger.
    enlarged: BTreeMap<(u8, usize), (FxHashSet<u32>, Vec<u32>)>,
    /// Of each layer, the features that any of the tiles shows.
    shown: Vec<FxHashSet<u32>>,
}

impl Drawing {
    fn zoom(&mut self, edit: &mut Edit<'_>, z: u8, ids: &FxHashSet<u64>) -> Result<()> {
        let tiles: Vec<TileCoord> = ids.iter().map(|id| grid::tile(*id)).collect();
        let regions: Vec<_> = edit.prepared.iter().map(|prepared| reach::around(prepared, z, &tiles)).collect();
        for (prepared, region) in edit.prepared.iter_mut().zip(&regions) {
            prepared.features = meeting(prepared, region, 0);
        }
        let prepared: &[Prepared<'_>] = &edit.prepared;
        let pairs = Pairs::new(prepared, z, grid::ids(z));
        let jobs = pairs.jobs();
        let mut noded = vec![];
        for (number, prepared) in prepared.iter().enumerate() {
            let near = |job: &&Job<'_>| regions[number].meets(reach::tile_box(job.tile, 0), 0);
            let near: Vec<Job<'_>> = jobs.iter().filter(near).copied().collect();
            noded.push(slices::on_grid(prepared, z, |noded| Ok(noded.hits(&near, number)))?);
        }
        let jobs: Vec<Job<'_>> = jobs.iter().filter(|job| ids.contains(&job.id)).copied().collect();
        self.note(&jobs, &noded, z);
        let tiles = set::encode(&jobs, prepared, &noded)?;
        self.tiles.extend(tiles.into_iter().map(|tile| (tile.id, tile)));
        Ok(())
    }

    fn note(&mut self, jobs: &[Job<'_>], noded: &[Option<Noded<'_>>], z: u8) {
        self.shown.resize_with(noded.len(), FxHashSet::default);
        let mut here: Vec<FxHashSet<u32>> = vec![FxHashSet::default(); noded.len()];
        for (number, features) in jobs.iter().flat_map(|job| job.layers()) {
            here[number].extend(features);
        }
        for (number, features) in here.into_iter().enumerate() {
            self.shown[number].extend(&features);
            let larger = noded[number].as_ref().map(Noded::enlarged).unwrap_or_default();
            let larger = larger.into_iter().filter(|feature| features.contains(feature)).collect();
            self.enlarged.insert((z, number), (features, larger));
        }
    }

    /// Those that were drawn larger before and were not looked at, and those that are now.
    fn enlarged(&self, edit: &Edit<'_>) -> Vec<EnlargedFeatures> {
        let mut all: BTreeMap<(u8, usize), Vec<u32>> = BTreeMap::new();
        for before in &edit.last.enlarged {
            let looked_at = self.enlarged.get(&(before.z, before.layer));
            let now = before.features.iter().map(|was| edit.changes[before.layer].number_now[*was as usize]);
            let kept = now.filter(|now| *now != NEW && looked_at.is_none_or(|(at, _)| !at.contains(now)));
            all.entry((before.z, before.layer)).or_default().extend(kept);
        }
        for (key, (_, larger)) in &self.enlarged {
            all.entry(*key).or_default().extend(larger);
        }
        let sorted = |((z, layer), mut features): ((u8, usize), Vec<u32>)| {
            features.sort_unstable();
            EnlargedFeatures { z, layer, features }
        };
        all.into_iter().map(sorted).filter(|enlarged| !enlarged.features.is_empty()).collect()
    }
}

/// Writes all tiles in the order of their ids; `None` when one that is taken over is not as it was.
fn splice(
    path: &Path,
    facts: &SetFacts,
    edit: &Edit<'_>,
    last: &StoredArchive,
    dirty: &Dirty,
    drawn: &BTreeMap<u64, EncodedTile>,
) -> Result<Option<Vec<TileSize>>> {
    let storage = |e: &dyn std::fmt::Display| Fault::storage(Stage::Tile, path.file_name().unwrap_or_default(), e);
    let file = File::create(path).map_err(|e| storage(&e))?;
    let bounds_deg = set::bounds(edit.layers);
    let out = BufWriter::with_capacity(1 << 20, file);
    let mut archive = Archive::create(out, facts, edit.layers, bounds_deg).map_err(|e| storage(&e))?;
    let mut sizes = vec![];
    let mut add = |id: u64, bytes: &[u8]| {
        let coord = grid::tile(id);
        sizes.push(TileSize { bytes: bytes.len() as u32, z: coord.z, x: coord.x, y: coord.y });
        archive.add(id, bytes).map_err(|e| storage(&e))
    };
    let mut new = drawn.values().peekable();
    let mut known = edit.last.tiles.iter();
    let mut bytes = vec![];
    for stored in last.tiles() {
        let Ok(stored) = stored else { return Ok(None) };
        let Some(tile) = known.next().filter(|tile| tile.id == stored.id) else { return Ok(None) };
        if is_dirty(dirty, tile.id) {
            continue;
        }
        while let Some(tile) = new.next_if(|tile| tile.id < stored.id) {
            add(tile.id, &tile.gzipped)?;
        }
        last.read(stored, &mut bytes)?;
        if digest(&bytes) != tile.digest {
            return Ok(None);
        }
        add(tile.id, &bytes)?;
    }
    for tile in new {
        add(tile.id, &tile.gzipped)?;
    }
    archive.finish().map_err(|e| storage(&e))?;
    Ok(known.next().is_none().then_some(sizes))
}

fn is_dirty(dirty: &Dirty, id: u64) -> bool {
    let z = grid::tile(id).z;
    dirty.iter().any(|(zoom, ids)| *zoom == z && ids.contains(&id))
}

/// Looks at the tiles that were drawn, as the finished archive has them, and sums them up with what was seen in the
/// others.
fn prove(
    path: &Path,
    facts: &SetFacts,
    edit: &Edit<'_>,
    drawn: &Drawing,
    dirty: &Dirty,
    writer: &mut DrawnWriter,
) -> Result<Option<Vec<proof::report::ZoomReport>>> {
    let truths: Vec<Truth<'_>> = edit
        .layers
        .iter()
        .enumerate()
        .map(|(i, layer)| {
            let mut shown: Vec<u32> = drawn.shown.get(i).into_iter().flatten().copied().collect();
            shown.sort_unstable();
            Truth::near(layer, &shown)
        })
        .collect();
    let now: Vec<Vec<u32>> = edit.changes.iter().map(|changes| changes.number_now.clone()).collect();
    let mut seen = look(path, &truths, &drawn.tiles)?.into_iter().peekable();
    let mut ledger = Ledger::new(edit.layers);
    let mut enter = |seen: TileSeen| {
        writer.see(&seen)?;
        ledger.enter(seen, facts);
        Ok::<(), crate::error::Failure>(())
    };
    let taken = |tile: &&DrawnTile| !is_dirty(dirty, tile.id);
    for tile in edit.last.tiles.iter().filter(taken) {
        while let Some((_, seen)) = seen.next_if(|(id, _)| *id < tile.id) {
            enter(seen)?;
        }
        let Some(known) = Drawn::seen(&edit.last, tile, &now) else { return Ok(None) };
        enter(known)?;
    }
    for (_, seen) in seen {
        enter(seen)?;
    }
    proof::verdict(ledger, &truths, facts, edit.layers).map(Some)
}

/// The new tiles as a reader of the finished archive gets them.
fn look(path: &Path, truths: &[Truth<'_>], drawn: &BTreeMap<u64, EncodedTile>) -> Result<Vec<(u64, TileSeen)>> {
    let archive = StoredArchive::open(path)?;
    let mut stored = vec![];
    for tile in archive.tiles() {
        let tile = tile?;
        if drawn.contains_key(&tile.id) {
            stored.push(tile);
        }
    }
    proof::tiles(&archive, &stored, truths)
}

/// Why each tile was drawn.
fn reasons(edit: &Edit<'_>, dirty: &Dirty, drawn: &BTreeMap<u64, EncodedTile>) -> Vec<TileReason> {
    let before = |id: u64| edit.last.tiles.iter().find(|tile| tile.id == id).map(|tile| tile.digest);
    let mut ids: Vec<u64> = dirty.iter().flat_map(|(_, ids)| ids).copied().collect();
    ids.sort_unstable();
    let shown = ids.into_iter().filter(|id| drawn.contains_key(id) || before(*id).is_some());
    let reason = |id: u64| TileReason {
        tile: grid::tile(id),
        same: drawn.get(&id).map(|tile| digest(&tile.gzipped)) == before(id),
        changed: edit.changed_in(id),
    };
    shown.map(reason).collect()
}

//! An archive drawn again after an edit: only the tiles that may look otherwise are.
//!
//! Beside the editions lies what the last archive was [`drawn`] from: a [`fingerprint`] of every feature, the zoom
//! from which each corner is drawn, and for every tile what the proof saw in it. [`changes`] finds the features that
//! differ, [`ranks`] and [`reach`] follow where that shows; those tiles are drawn and proved, all others are taken
//! over as they are, each held against its digest. The bytes are those of a full drawing, and so is the report.

pub mod changes;
pub mod drawn;
pub mod fingerprint;
pub mod ranks;
pub mod reach;
pub mod region;
pub mod seen;
mod splice;

use std::path::Path;

use rustc_hash::FxHashSet;
use serde::Serialize;

use self::changes::{ChangeKind, Changes};
use self::drawn::{Drawn, DrawnLayer, DrawnWriter};
use self::fingerprint::Fingerprints;
use self::region::Region;
use super::encode::{self, Prepared};
use super::grid;
use super::layer::TileLayer;
use super::set::{self, SetFacts, TileSetReport};
use super::stored::StoredArchive;
use crate::error::{Exit, Result};
use crate::model::tile_coord::TileCoord;
use crate::progress::Progress;

/// The last archive of a tile set, and the file that says what it was drawn from.
pub struct Last {
    pub archive: std::path::PathBuf,
    pub drawn: std::path::PathBuf,
}

/// What was drawn, and why.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Redrawn {
    pub set: String,
    pub tiles: u64,
    pub drawn: u64,
    /// Why every tile was drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub all_because: Option<String>,
    /// The tiles that were drawn, when it was not all of them.
    pub because: Vec<TileReason>,
}

/// One tile that was drawn again.
#[derive(Clone, Debug, Serialize)]
pub struct TileReason {
    #[serde(flatten)]
    pub tile: TileCoord,
    /// Whether it turned out as it was.
    pub same: bool,
    /// Features in it that changed; of none it lies beside such a feature.
    pub changed: Vec<ChangedFeature>,
}

#[derive(Clone, Debug, Serialize)]
pub struct ChangedFeature {
    pub layer: String,
    pub id: u64,
    pub what: &'static str,
}

/// Makes the archive `path` and checks it, as [`set::write`] does, with what can be taken over from the last one;
/// `keep` is where what it was drawn from is written for the next time.
///
/// # Errors
/// Those of [`set::write`].
pub fn write(
    path: &Path,
    facts: &SetFacts,
    layers: &[TileLayer<'_>],
    last: Option<&Last>,
    keep: &Path,
    progress: &dyn Progress,
) -> Result<(TileSetReport, Redrawn)> {
    let why = match last.map(|last| partly(path, facts, layers, last, keep, progress)) {
        None => Some("nothing was drawn here before".to_owned()),
        Some(Ok(Ok(done))) => return Ok(done),
        Some(Ok(Err(why))) => Some(why.to_owned()),
        // A tile that is not right without every corner is drawn so in all of the archive.
        Some(Err(failure)) if failure.exit() == Exit::Quality => Some("the proof asks for another drawing".to_owned()),
        Some(Err(failure)) => return Err(failure),
    };
    let (report, mut redrawn) = wholly(path, facts, layers, keep, progress)?;
    redrawn.all_because = why;
    Ok((report, redrawn))
}

fn wholly(
    path: &Path,
    facts: &SetFacts,
    layers: &[TileLayer<'_>],
    keep: &Path,
    progress: &dyn Progress,
) -> Result<(TileSetReport, Redrawn)> {
    let mut writer = DrawnWriter::create(keep)?;
    let mut drawing = set::write_before(path, facts, layers, &mut writer, progress)?;
    match drawing.report.every_corner {
        // The next one is tried without first.
        true => drop((writer, std::fs::remove_file(keep))),
        false => writer.finish(&drawn::layers(layers, &mut drawing), &drawing.enlarged)?,
    }
    let tiles = drawing.report.tiles;
    let redrawn = Redrawn { set: facts.id.clone(), tiles, drawn: tiles, ..Redrawn::default() };
    Ok((drawing.report, redrawn))
}

/// The last drawing of a set beside what is to be drawn now.
pub(crate) struct Edit<'a> {
    layers: &'a [TileLayer<'a>],
    last: Drawn,
    changes: Vec<Changes>,
    prepared: Vec<Prepared<'a>>,
    /// Of each layer: where borders may run otherwise than before.
    grounds: Vec<Region>,
    fingerprints: Vec<Fingerprints>,
}

type Done = (TileSetReport, Redrawn);

/// Draws what changed; the inner error says why that is not enough.
fn partly(
    path: &Path,
    facts: &SetFacts,
    layers: &[TileLayer<'_>],
    last: &Last,
    keep: &Path,
    progress: &dyn Progress,
) -> Result<Result<Done, &'static str>> {
    set::refuse_collisions(facts, layers)?;
    let edit = match Edit::new(layers, last) {
        Ok(edit) => edit,
        Err(why) => return Ok(Err(why)),
    };
    let Ok(archive) = StoredArchive::open(&last.archive) else { return Ok(Err("the last archive is not there")) };
    let Some(dirty) = edit.dirty() else { return Ok(Err("most of it changed")) };
    splice::write(path, facts, edit, &archive, &dirty, keep, progress)
}

impl<'a> Edit<'a> {
    fn new(layers: &'a [TileLayer<'a>], last: &Last) -> Result<Self, &'static str> {
        let last = Drawn::read(&last.drawn).ok_or("what it was drawn from is not known")?;
        let keys = || layers.iter().map(drawn::key);
        if !keys().eq(last.layers.iter().map(|layer| layer.key.clone())) {
            return Err("it has other layers or fields");
        }
        let mut edit = Edit { layers, last, changes: vec![], prepared: vec![], grounds: vec![], fingerprints: vec![] };
        for (number, layer) in layers.iter().enumerate() {
            let (boxes, now) = (encode::boxes(&layer.shapes), Fingerprints::of(layer));
            let was = &edit.last.layers[number];
            let changes = Changes::between(was, layer, &boxes, &now).ok_or("features come in another order")?;
            let (prepared, ground) = ranks::ranked(layer, boxes, was, &changes);
            edit.prepared.push(prepared);
            edit.grounds.push(ground);
            edit.changes.push(changes);
            edit.fingerprints.push(now);
        }
        Ok(edit)
    }

    /// The tiles that may look otherwise, by zoom; `None` when they are so many that all may as well be drawn.
    fn dirty(&self) -> Option<Vec<(u8, FxHashSet<u64>)>> {
        let (minzoom, maxzoom) = super::archive::zooms(self.layers);
        let of_zoom = |z: u8| {
            let layers = self.prepared.iter().zip(&self.grounds).zip(&self.changes);
            let of_layers = layers.flat_map(|((prepared, ground), of)| reach::tiles(prepared, ground, of, z));
            (z, of_layers.collect::<FxHashSet<u64>>())
        };
        let dirty: Vec<(u8, FxHashSet<u64>)> = (minzoom..=maxzoom).map(of_zoom).collect();
        let before: FxHashSet<u64> = self.last.tiles.iter().map(|tile| tile.id).collect();
        let is_few = |(_, ids): &(u8, FxHashSet<u64>)| ids.len() <= reach::MOST_TILES;
        let drawn = dirty.iter().flat_map(|(_, ids)| ids).filter(|id| before.contains(id)).count();
        (dirty.iter().all(is_few) && 2 * drawn <= before.len().max(16)).then_some(dirty)
    }

    /// The changed features in a tile.
    fn changed_in(&self, id: u64) -> Vec<ChangedFeature> {
        let tile = grid::tile(id);
        let here = reach::tile_box(tile, grid::BUFFER as u32);
        let of_layer = |(layer, changes): (&TileLayer<'_>, &Changes)| {
            let is_here = |change: &&changes::Change| {
                change.boxes.iter().any(|b| (0..2).all(|axis| b[axis] <= here[axis + 2] && here[axis] <= b[axis + 2]))
            };
            let name = layer.name.clone();
            let changes = changes.changes.iter().filter(|_| layer.is_at(tile.z)).filter(is_here);
            changes.map(|c| ChangedFeature { layer: name.clone(), id: c.id, what: word(c.kind) }).collect::<Vec<_>>()
        };
        self.layers.iter().zip(&self.changes).flat_map(of_layer).collect()
    }

    /// What the next drawing needs of each layer.
    fn into_drawn(self) -> Vec<DrawnLayer> {
        let ranked = self.prepared.into_iter().map(|prepared| prepared.first_zooms);
        let parts = self.layers.iter().zip(self.fingerprints).zip(ranked);
        parts.map(|((layer, prints), zooms)| drawn::layer(layer, prints, zooms)).collect()
    }
}

fn word(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Added => "added",
        ChangeKind::Removed => "removed",
        ChangeKind::Corners => "corners",
        ChangeKind::Fields => "fields",
    }
}

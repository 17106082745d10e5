//! The tiles of some communes, or of a box, as an archive of their own.

use std::collections::BTreeSet;
use std::path::Path;

use super::archive::Head;
use super::beside::{self, CopyReport};
use super::grid;
use super::grid::BUFFER;
use super::identity::{BoundsE7, Identity, Part, clamped};
use super::stored::StoredArchive;
use super::territory::{Territory, square};
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::model::tile_coord::TileCoord;
use crate::progress::Progress;
use crate::project::mercator::world_from_degrees;

/// What is cut out.
pub enum Land<'a> {
    /// Communes by their codes, and where all communes lie.
    Communes(BTreeSet<String>, &'a Territory),
    /// West, south, east, north.
    Box(BoundsE7),
}

/// Copies the tiles of `land` from the archive `from` to `out`, whole and compressed as they are.
///
/// # Errors
/// Exit 2 for land that the archive does not have; 3 for a damaged archive, or one that is a part itself; 7 when
/// `out` cannot be written.
pub fn cut(from: &Path, land: &Land<'_>, out: &Path, dry_run: bool, progress: &dyn Progress) -> Result<CopyReport> {
    let archive = StoredArchive::open(from)?;
    let whole = archive.identity.bounds_e7;
    if archive.identity.part.is_some() {
        return Err(Fault::new(Stage::Tile, Exit::Input, "is a part itself: what it lacks cannot be told from it")
            .file(&archive.name)
            .remedy("cut from the whole archive; 'congbo tiles merge' makes one of all its parts")
            .into());
    }
    let (part, bounds_e7) = land.part(&archive.name, whole)?;
    let part = Some(part).filter(|part| !part.is_whole(whole));
    let identity = Identity { part, ..archive.identity.clone() };
    let bounds_e7 = if identity.part.is_some() { bounds_e7 } else { whole };
    let head = Head { bounds_e7, ..archive.head.clone() };
    progress.begin("cut", archive.addressed);
    let mut keeps = land.chooser(whole);
    beside::copy(out, dry_run, head, &identity, |copying| {
        let mut bytes = vec![];
        for tile in archive.tiles() {
            let tile = tile?;
            if keeps(grid::tile(tile.id)) {
                archive.read(tile, &mut bytes)?;
                copying.add(tile.id, &bytes)?;
            }
            progress.advance(1);
        }
        Ok(())
    })
}

impl Land<'_> {
    /// What the new archive says it holds, and its bounds.
    fn part(&self, name: &str, whole: BoundsE7) -> Result<(Part, BoundsE7)> {
        match self {
            Land::Communes(codes, territory) => {
                let of = territory.codes();
                Failure::unless_empty(codes.difference(&of).map(|code| unknown(code, &of)).collect())?;
                Ok((Part { communes: codes.clone(), of, ..Part::default() }, self.bounds_e7(whole)))
            }
            Land::Box(wanted) => {
                let part = Part { boxes_e7: [*wanted].into(), ..Part::default() };
                let apart = (0..2).any(|axis| wanted[axis] > whole[axis + 2] || wanted[axis + 2] < whole[axis]);
                if apart { Err(elsewhere(name, whole).into()) } else { Ok((part, self.bounds_e7(whole))) }
            }
        }
    }

    /// The box around the land, within the bounds of an archive.
    pub fn bounds_e7(&self, whole: BoundsE7) -> BoundsE7 {
        let land = match self {
            Land::Communes(codes, territory) => territory.bounds(codes).unwrap_or(whole),
            Land::Box(wanted) => *wanted,
        };
        clamped(land, whole)
    }

    /// Whether a tile of the archive with these bounds is of this land.
    pub fn chooser(&self, whole: BoundsE7) -> Box<dyn FnMut(TileCoord) -> bool + '_> {
        match self {
            Land::Communes(codes, territory) => {
                let mut finder = territory.finder();
                Box::new(move |tile| finder.belongs(tile, codes))
            }
            Land::Box(wanted) => {
                let limits = limits(*wanted, whole);
                Box::new(move |tile| {
                    let [west, north, east, south] = square(tile, BUFFER);
                    west <= limits[2] && east >= limits[0] && north <= limits[3] && south >= limits[1]
                })
            }
        }
    }
}

/// A box in world units: west, north, east, south. A side that reaches the border of the whole lets everything
/// beyond it in, so that boxes that leave no land out leave no tile out, wherever rounding and buffer put it.
fn limits([west, south, east, north]: BoundsE7, whole: BoundsE7) -> [i64; 4] {
    let world = |lon: i32, lat: i32| world_from_degrees([lon, lat].map(|e7| f64::from(e7) / 1e7)).map(i64::from);
    let ([w, n], [e, s]) = (world(west, north), world(east, south));
    [
        if west <= whole[0] { i64::MIN } else { w },
        if north >= whole[3] { i64::MIN } else { n },
        if east >= whole[2] { i64::MAX } else { e },
        if south <= whole[1] { i64::MAX } else { s },
    ]
}

fn unknown(code: &str, of: &BTreeSet<String>) -> Fault {
    let known: Vec<&str> = of.iter().take(5).map(String::as_str).collect();
    let more = if of.len() > known.len() { ", …" } else { "" };
    Fault::new(Stage::Tile, Exit::Usage, format!("the approved boundaries have no commune '{code}'"))
        .remedy(format!("give codes of five digits: {}{more}", known.join(", ")))
}

fn elsewhere(name: &str, whole: BoundsE7) -> Fault {
    let bounds = whole.map(|e7| (f64::from(e7) / 1e7).to_string()).join(",");
    Fault::new(Stage::Tile, Exit::Usage, "lies outside of the box")
        .file(name)
        .remedy(format!("give a box that touches {bounds}: west, south, east, north in degrees"))
}

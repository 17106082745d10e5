//! Parts of a tile set as one archive.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::archive::Head;
use super::beside::{self, CopyReport, Copying};
use super::identity::{Identity, KEY, hull};
use super::stored::{StoredArchive, StoredTile, Tiles, address};
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::progress::Progress;

/// Copies every tile of some archives to `out`, in the order of their ids and compressed as they are. The same
/// bytes in any order of the archives; those of the whole archive once no part of it is missing.
///
/// # Errors
/// Exit 2 for archives that are not of one tile set; 3 for a damaged archive, or parts that were cut by other
/// boundaries; 5 naming every tile in which two archives differ; 7 when `out` cannot be written.
pub fn merge(from: &[PathBuf], out: &Path, dry_run: bool, progress: &dyn Progress) -> Result<CopyReport> {
    let archives = open(from)?;
    let Some(first) = archives.first() else {
        let fault = Fault::new(Stage::Tile, Exit::Usage, "there is nothing to merge");
        return Err(fault.remedy("name the archives of the parts").into());
    };
    Failure::unless_empty(archives.iter().skip(1).flat_map(|other| disagreements(first, other)).collect())?;
    let identity = first.identity.joined(archives.iter().skip(1).map(|archive| archive.identity.part.clone()));
    let own = hull(archives.iter().map(|archive| archive.head.bounds_e7));
    let whole = identity.bounds_e7;
    let bounds_e7 = own.filter(|_| identity.part.is_some()).unwrap_or(whole);
    let head = Head { bounds_e7, ..first.head.clone() };
    progress.begin("merge", archives.iter().map(|archive| archive.addressed).sum());
    beside::copy(out, dry_run, head, &identity, |copying| Merging::new(&archives).run(copying, progress))
}

fn open(from: &[PathBuf]) -> Result<Vec<StoredArchive>> {
    let mut archives = vec![];
    let mut faults = vec![];
    for path in from {
        match StoredArchive::open(path) {
            Ok(archive) => archives.push(archive),
            Err(failure) => faults.extend(failure.faults),
        }
    }
    Failure::unless_empty(faults).map(|()| archives)
}

/// What makes two archives parts of different things.
fn disagreements(a: &StoredArchive, b: &StoredArchive) -> Vec<Fault> {
    let fault = |exit, problem: String| Fault::new(Stage::Tile, exit, problem).file(&b.name);
    if a.identity.set != b.identity.set {
        let problem = format!("is of tile set '{}', {} of '{}'", b.identity.set, a.name, a.identity.set);
        return vec![fault(Exit::Usage, problem).remedy("merge the parts of each tile set by themselves")];
    }
    let kind = |archive: &StoredArchive| (archive.head.tile_type, archive.head.tile_compression);
    let zooms = |archive: &StoredArchive| (archive.head.minzoom, archive.head.maxzoom);
    let mut differing: Vec<&str> = vec![];
    differing.extend((kind(a) != kind(b)).then_some("kind or compression of tiles"));
    differing.extend((zooms(a) != zooms(b)).then_some("zooms"));
    differing.extend((a.identity.bounds_e7 != b.identity.bounds_e7).then_some("bounds of the whole tile set"));
    differing.extend((shared(&a.head.metadata) != shared(&b.head.metadata)).then_some("metadata"));
    let remedy = "build all parts from the same approved data with the same tiles/*.toml";
    let mut faults: Vec<Fault> = differing
        .into_iter()
        .map(|what| fault(Exit::Usage, format!("has other {what} than {}", a.name)).remedy(remedy))
        .collect();
    if cut_by_other_land(&a.identity, &b.identity) {
        let problem = format!("was cut by other communes than {}", a.name);
        faults.push(fault(Exit::Input, problem).remedy("cut all parts by the same approved boundaries"));
    }
    faults
}

/// Metadata without what tells parts apart, as text: the order of its keys counts, for it is written again.
fn shared(metadata: &Map<String, Value>) -> String {
    let mut metadata = metadata.clone();
    metadata.insert(KEY.into(), Value::Null);
    Value::Object(metadata).to_string()
}

fn cut_by_other_land(a: &Identity, b: &Identity) -> bool {
    let of = |identity: &Identity| identity.part.as_ref().map(|part| part.of.clone()).filter(|of| !of.is_empty());
    of(a).zip(of(b)).is_some_and(|(a, b)| a != b)
}

/// The archives side by side, each at its next tile.
struct Merging<'a> {
    sources: Vec<Source<'a>>,
    faults: Vec<Fault>,
}

struct Source<'a> {
    archive: &'a StoredArchive,
    tiles: Tiles<'a>,
    next: Option<StoredTile>,
}

impl Source<'_> {
    fn advance(&mut self) -> Result<()> {
        self.next = self.tiles.next().transpose()?;
        Ok(())
    }
}

impl<'a> Merging<'a> {
    fn new(archives: &'a [StoredArchive]) -> Self {
        let source = |archive: &'a StoredArchive| Source { archive, tiles: archive.tiles(), next: None };
        Merging { sources: archives.iter().map(source).collect(), faults: vec![] }
    }

    fn run(mut self, copying: &mut Copying<'_>, progress: &dyn Progress) -> Result<()> {
        self.sources.iter_mut().try_for_each(Source::advance)?;
        let (mut bytes, mut others) = (vec![], vec![]);
        while let Some(id) = self.sources.iter().filter_map(|source| Some(source.next?.id)).min() {
            let having = self.take(id, &mut bytes, &mut others)?;
            // What is refused in the end is not worth writing.
            if self.faults.is_empty() {
                copying.add(id, &bytes)?;
            }
            progress.advance(having);
        }
        Failure::unless_empty(self.faults)
    }

    /// Reads the tile `id` and holds every archive that has it against the first; how many have it.
    fn take(&mut self, id: u64, bytes: &mut Vec<u8>, others: &mut Vec<u8>) -> Result<u64> {
        let mut first: Option<&'a str> = None;
        let mut having = 0;
        let mut lacking = vec![];
        for source in &mut self.sources {
            let archive = source.archive;
            let Some(tile) = source.next.filter(|tile| tile.id == id) else {
                lacking.extend(archive.identity.part.is_none().then_some(archive));
                continue;
            };
            match first {
                None => archive.read(tile, bytes)?,
                Some(first) => {
                    archive.read(tile, others)?;
                    if bytes != others {
                        self.faults.push(fault(id, &archive.name, format!("differs from the one in {first}")));
                    }
                }
            }
            first = first.or(Some(&archive.name));
            source.advance()?;
            having += 1;
        }
        // What is whole and lacks a tile of a part is of another day.
        let problem = format!("is only in {}, but this archive is whole", first.unwrap_or_default());
        self.faults.extend(lacking.into_iter().map(|whole| fault(id, &whole.name, problem.clone())));
        Ok(having)
    }
}

fn fault(id: u64, file: &str, problem: String) -> Fault {
    Fault::new(Stage::Tile, Exit::Quality, problem)
        .file(file)
        .feature(format!("tile {}", address(id)))
        .remedy("build both archives from the same approved data")
}

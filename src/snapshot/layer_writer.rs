//! A layer on its way from the order of its source to the order of the snapshot.
//!
//! Rows wait as the bytes in which they will be stored and shapes as plain coordinates, so that a province of
//! two million parcels needs some hundred megabytes; everything that is derived is made in pieces and written.

use std::io::{self, Write};
use std::path::Path;

use rayon::prelude::*;
use serde::ser::{Serialize, SerializeTuple, Serializer};

use super::gather::Admitted;
use super::store;
use super::writing::Writing;
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::inspect::commune::CommuneBorders;
use crate::inspect::extent::{self, Bounds};
use crate::inspect::finding::{Finding, Severity};
use crate::model::crs::Vn2000Zone;
use crate::model::shapes::{GeometryKind, GridCoord, Shapes, WorldCoord};
use crate::project::mercator::world_from_degrees;
use crate::project::vn2000::Transformer;

/// Features that one task projects and encodes.
const PIECE_FEATURES: usize = 4096;

/// Pieces that wait to be written: a few for each core.
const PIECES: usize = 16;

/// Where the data must lie.
pub struct Place<'a> {
    pub zone: Vn2000Zone,
    pub allowed: Bounds,
    /// The borders that rows may not leave, where the kind of data has such.
    pub borders: Option<CommuneBorders>,
    pub file: &'a Path,
}

/// What was written of a layer.
pub struct Placed {
    pub bounds: Bounds,
    /// Rows that lie elsewhere than they say.
    pub strays: Vec<Finding>,
}

/// Admitted rows in the order of the source.
pub struct LayerRows {
    /// Each row in postcard, one behind the other.
    bytes: Vec<u8>,
    byte_ends: Vec<u64>,
    names: String,
    name_ends: Vec<u32>,
    /// Each row's commune, an index into `commune_codes`.
    communes: Vec<u16>,
    commune_codes: Vec<String>,
    pub grid: Shapes<GridCoord>,
    /// Position in the snapshot → row.
    order: Vec<u32>,
    /// The first row that is drawn as something else than those before.
    mixed: Option<u32>,
}

impl LayerRows {
    pub fn new() -> Self {
        let grid = Shapes::new(GeometryKind::Polygon);
        LayerRows {
            bytes: vec![],
            byte_ends: vec![],
            names: String::new(),
            name_ends: vec![],
            communes: vec![],
            commune_codes: vec![],
            grid,
            order: vec![],
            mixed: None,
        }
    }

    pub fn push<T: Serialize>(&mut self, row: Admitted<T>) {
        let bytes = std::mem::take(&mut self.bytes);
        self.bytes = postcard::to_extend(&row.public, bytes).expect("rows hold nothing that postcard cannot write");
        self.byte_ends.push(self.bytes.len() as u64);
        self.names.push_str(&row.name);
        self.name_ends.push(self.names.len() as u32);
        self.note_commune(row.commune.unwrap_or_default());
        if !self.grid.is_empty() && self.grid.kind != row.shape.kind {
            self.mixed.get_or_insert(self.len() as u32 - 1);
        }
        self.grid.kind = row.shape.kind;
        self.grid.append(&row.shape);
    }

    /// Rows of one commune stand together in most sources.
    fn note_commune(&mut self, code: String) {
        let last = self.communes.last().copied().filter(|last| self.commune_codes[usize::from(*last)] == code);
        let known = last.or_else(|| self.commune_codes.iter().position(|known| *known == code).map(|i| i as u16));
        self.communes.push(known.unwrap_or(self.commune_codes.len() as u16));
        if known.is_none() {
            self.commune_codes.push(code);
        }
    }

    /// The commune of a row, empty when it has none.
    pub fn commune(&self, row: usize) -> &str {
        &self.commune_codes[usize::from(self.communes[row])]
    }

    pub fn len(&self) -> usize {
        self.byte_ends.len()
    }

    /// What a row is called in reports.
    pub fn name(&self, row: usize) -> &str {
        let start = if row == 0 { 0 } else { self.name_ends[row - 1] };
        &self.names[start as usize..self.name_ends[row] as usize]
    }

    /// Puts the rows into the order of their names, then of their first corners: an order that the source's own
    /// does not touch.
    pub fn sort(&mut self) {
        let corner = |row: usize| self.grid.feature_rings(row).next().and_then(|ring| ring.first().copied());
        let key = |row: u32| (self.name(row as usize), corner(row as usize).map(|corner| corner.map(f64::to_bits)));
        let mut order: Vec<u32> = (0..self.len() as u32).collect();
        order.par_sort_unstable_by(|a, b| key(*a).cmp(&key(*b)).then(a.cmp(b)));
        self.order = order;
    }

    /// Names in order, for kinds whose names are keys.
    pub fn sorted_names(&self) -> impl Iterator<Item = &str> {
        self.order.iter().map(|row| self.name(*row as usize))
    }

    /// A layer is points, lines or areas, not some of each.
    pub fn mixture(&self, file: &Path) -> Option<Finding> {
        let name = self.name(self.mixed? as usize);
        let fault =
            Fault::new(Stage::Inspect, Exit::Quality, "is drawn as another kind of shape than the rows before it")
                .file(file)
                .feature(name)
                .remedy("export points, lines and areas as layers of their own");
        Some(Finding::new("mixed-shapes", Severity::Refusal, fault))
    }

    /// Writes `rows`, `world` and `grid` of layer `i`; the layer's box in degrees.
    pub fn write(&self, writing: &mut Writing, i: usize, place: &Place<'_>) -> Result<Placed> {
        let [rows, world, grid] = store::layer_files(i);
        place.check_axes(&self.grid.coords)?;
        writing.file(&rows, |to| self.write_rows(to))?;
        let mut placed = Pieced::default();
        let mut lost = None;
        writing.file(&world, |to| {
            self.write_shapes(to, &|rows, coords, out| {
                let (world, bounds) = place.world(coords)?;
                encode(&Plain(&world), out);
                Ok(Pieced { bounds, strays: self.strays(rows, &world, place) })
            })
            .map(|outcome| match outcome {
                Ok(pieced) => placed = pieced,
                Err(fault) => lost = Some(fault),
            })
        })?;
        if let Some(fault) = lost {
            return Err(fault.into());
        }
        writing.file(&grid, |to| {
            self.write_shapes(to, &|_, coords, out| {
                encode(&Plain(coords), out);
                Ok(Pieced::default())
            })
            .map(|_| ())
        })?;
        let bounds = place.check(&self.grid.coords, placed.bounds)?;
        Ok(Placed { bounds, strays: placed.strays })
    }

    /// Rows of a piece that leave their commune; `world` holds their corners one behind the other.
    fn strays(&self, rows: &[u32], world: &[WorldCoord], place: &Place<'_>) -> Vec<Finding> {
        let Some(borders) = &place.borders else { return vec![] };
        let mut strays = vec![];
        let mut rest = world;
        for row in rows.iter().map(|row| *row as usize) {
            let mut rings = vec![];
            for ring in self.grid.feature_rings(row) {
                let (of_ring, behind) = rest.split_at(ring.len());
                rings.push(of_ring);
                rest = behind;
            }
            let code = self.commune(row);
            strays.extend(
                borders.outside(code, &rings).map(|outside| self.named(row, outside.into_finding(code), place.file)),
            );
        }
        strays
    }

    /// A finding about a row, with all that is known of the row.
    pub fn named(&self, row: usize, finding: Finding, file: &Path) -> Finding {
        let corner = self.grid.feature_rings(row).next().and_then(|ring| ring.first()).copied();
        let fault = finding.fault.clone().file(file);
        let fault = if fault.feature.is_some() { fault } else { fault.feature(self.name(row)) };
        let commune = Some(self.commune(row).to_owned()).filter(|code| !code.is_empty());
        Finding { fault, commune, at: finding.at.or(corner), ..finding }
    }

    fn write_rows(&self, to: &mut dyn Write) -> io::Result<()> {
        to.write_all(&encoded(&self.len()))?;
        self.order.iter().try_for_each(|row| {
            let row = *row as usize;
            let start = if row == 0 { 0 } else { self.byte_ends[row - 1] };
            to.write_all(&self.bytes[start as usize..self.byte_ends[row] as usize])
        })
    }

    /// The layer's [`Shapes`] in postcard, its coordinates by `piece`: what it returns of all pieces is joined.
    fn write_shapes(&self, to: &mut dyn Write, piece: &Piece<'_>) -> io::Result<Joined> {
        to.write_all(&encoded(&self.grid.kind))?;
        to.write_all(&encoded(&self.grid.coords.len()))?;
        let mut joined = Pieced::default();
        let pieces: Vec<&[u32]> = self.order.chunks(PIECE_FEATURES).collect();
        for some in pieces.chunks(PIECES) {
            let made: Vec<_> = some.par_iter().map(|rows| self.piece(rows, piece)).collect();
            for made in made {
                match made {
                    Ok((bytes, mut pieced)) => {
                        to.write_all(&bytes)?;
                        joined.bounds = extent::join(joined.bounds, pieced.bounds);
                        joined.strays.append(&mut pieced.strays);
                    }
                    Err(fault) => return Ok(Err(fault)),
                }
            }
        }
        self.ends().iter().try_for_each(|ends| to.write_all(&encoded(ends)))?;
        Ok(Ok(joined))
    }

    fn piece(&self, rows: &[u32], piece: &Piece<'_>) -> std::result::Result<(Vec<u8>, Pieced), Fault> {
        let rings = rows.iter().flat_map(|row| self.grid.feature_rings(*row as usize));
        let coords: Vec<GridCoord> = rings.flatten().copied().collect();
        let mut bytes = Vec::with_capacity(coords.len() * 16);
        let pieced = piece(rows, &coords, &mut bytes)?;
        Ok((bytes, pieced))
    }

    /// Ends of rings, parts and features in the order of the snapshot.
    fn ends(&self) -> [Vec<u32>; 3] {
        let mut ordered: Shapes<()> = Shapes::new(self.grid.kind);
        let mut coords = 0;
        for row in &self.order {
            for part in self.grid.parts(*row as usize) {
                for ring in self.grid.rings(part) {
                    coords += self.grid.ring_range(ring).len() as u32;
                    ordered.ring_ends.push(coords);
                }
                ordered.end_part();
            }
            ordered.end_feature();
        }
        [ordered.ring_ends, ordered.part_ends, ordered.feature_ends]
    }
}

/// What is learnt of rows while they are written.
#[derive(Default)]
struct Pieced {
    bounds: Option<Bounds>,
    strays: Vec<Finding>,
}

/// Turns the coordinates of some rows into bytes.
type Piece<'a> = dyn Fn(&[u32], &[GridCoord], &mut Vec<u8>) -> Joined + Sync + 'a;

type Joined = std::result::Result<Pieced, Fault>;

/// A slice without its length in front: a piece of a longer sequence.
struct Plain<'a, T>(&'a [T]);

impl<T: Serialize> Serialize for Plain<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut tuple = serializer.serialize_tuple(self.0.len())?;
        self.0.iter().try_for_each(|element| tuple.serialize_element(element))?;
        tuple.end()
    }
}

fn encode<T: Serialize>(value: &T, out: &mut Vec<u8>) {
    *out = postcard::to_extend(value, std::mem::take(out)).expect("shapes hold nothing that postcard cannot write");
}

fn encoded<T: Serialize>(value: &T) -> Vec<u8> {
    let mut out = vec![];
    encode(value, &mut out);
    out
}

impl Place<'_> {
    fn check_axes(&self, grid: &[GridCoord]) -> Result<()> {
        let fault = extent::bounds(grid.iter().copied()).and_then(extent::check_axes);
        fault.map_or(Ok(()), |fault| Err(Failure::from(fault.file(self.file))))
    }

    fn world(&self, grid: &[GridCoord]) -> std::result::Result<(Vec<WorldCoord>, Option<Bounds>), Fault> {
        let transformer = Transformer::new(self.zone);
        let degrees: std::result::Result<Vec<[f64; 2]>, _> =
            grid.iter().map(|coord| transformer.degrees_from_grid(*coord)).collect();
        let degrees = degrees.map_err(|e| Fault::new(Stage::Project, Exit::Input, e.to_string()).file(self.file))?;
        let bounds = extent::bounds(degrees.iter().copied());
        Ok((degrees.into_iter().map(world_from_degrees).collect(), bounds))
    }

    fn check(&self, grid: &[GridCoord], degrees: Option<Bounds>) -> Result<Bounds> {
        let empty = || Fault::new(Stage::Inspect, Exit::Quality, "the source has no feature").file(self.file);
        let grid = extent::bounds(grid.iter().copied()).ok_or_else(empty)?;
        let degrees = degrees.ok_or_else(empty)?;
        match extent::check_place(grid, degrees, self.allowed, self.zone) {
            Some(fault) => Err(fault.file(self.file).into()),
            None => Ok(degrees),
        }
    }
}

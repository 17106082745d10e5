//! All rows of a source, disclosed, inspected and put in order.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rayon::prelude::*;

use super::Layer;
use super::noun::Noun;
use crate::config::dataset::DatasetConfig;
use crate::disclose::Public;
use crate::disclose::rows::Positions;
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::inspect::extent::{self, Bounds};
use crate::inspect::finding::Severity;
use crate::inspect::{duplicates, geometry};
use crate::model::crs::Vn2000Zone;
use crate::model::shapes::{GeometryKind, GridCoord, Shapes};
use crate::progress::Progress;
use crate::project::mercator::world_from_degrees;
use crate::project::vn2000::Transformer;
use crate::read::{Row, Table};

/// One opened source and where it lies, relative to the site folder.
pub struct OpenSource<'a> {
    pub table: Box<dyn Table>,
    pub file: &'a Path,
    pub config: &'a DatasetConfig,
    pub progress: &'a dyn Progress,
}

/// Disclosed rows and their geometry in the source's coordinates.
pub struct Gathered<T> {
    pub rows: Vec<Public<T>>,
    pub grid: Shapes<GridCoord>,
}

impl OpenSource<'_> {
    /// Reads and discloses every row; all faults of all rows are collected.
    pub fn gather<T>(&self, noun: &Noun<T>) -> Result<Gathered<T>> {
        let (columns, positions) = self.wanted();
        let communes: BTreeSet<&str> = self.config.communes.iter().map(String::as_str).collect();
        let mut gathered = Gathered::empty();
        let mut faults = vec![];
        self.table.rows(&columns, &mut |row, shape| {
            self.progress.advance(1);
            match (noun.disclose)(&row, &positions) {
                Ok(public) => {
                    if let Some(code) = (noun.commune)(&public).filter(|code| !communes.contains(code)) {
                        faults.push(self.stray(&row, code));
                    }
                    self.keep(public, shape, &row, noun, &mut gathered, &mut faults);
                }
                Err(found) => faults.extend(found.into_iter().map(|fault| fault.file(self.file))),
            }
            Ok(())
        })?;
        Failure::unless_empty(faults).map(|()| gathered)
    }

    fn keep<T>(
        &self,
        public: Public<T>,
        shape: std::result::Result<Shapes<GridCoord>, String>,
        row: &Row,
        noun: &Noun<T>,
        gathered: &mut Gathered<T>,
        faults: &mut Vec<Fault>,
    ) {
        let name = || format!("{} ({})", (noun.name)(&public), row.place);
        let problems = match &shape {
            Ok(shape) if shape.is_empty() => vec![],
            Ok(shape) => {
                let found = geometry::problems(shape, 0).into_iter();
                found.filter(|problem| problem.severity == Severity::Refusal).map(|problem| problem.text).collect()
            }
            Err(problem) => vec![problem.clone()],
        };
        faults.extend(problems.into_iter().map(|problem| {
            Fault::new(Stage::Inspect, Exit::Quality, problem)
                .file(self.file)
                .feature(name())
                .remedy("correct the shape in the source and export it again")
        }));
        if let Ok(shape) = shape {
            gathered.grid.kind = shape.kind;
            gathered.grid.append(&shape);
            gathered.rows.push(public);
        }
    }

    /// The mapped columns this source has, and where each field's value will stand in a row.
    fn wanted(&self) -> (Vec<&str>, Positions) {
        let present = self.config.fields.iter().filter(|(_, column)| self.table.columns().contains(column));
        let pairs: Vec<(&String, &String)> = present.collect();
        let positions: BTreeMap<String, usize> =
            pairs.iter().enumerate().map(|(i, (field, _))| ((*field).clone(), i)).collect();
        (pairs.into_iter().map(|(_, column)| column.as_str()).collect(), positions)
    }

    fn stray(&self, row: &Row, code: &str) -> Fault {
        Fault::new(Stage::Inspect, Exit::Quality, format!("belongs to commune {code}, which the dataset does not name"))
            .file(self.file)
            .feature(&row.place)
            .remedy(format!("add \"{code}\" to communes, or correct the row"))
    }
}

impl<T> Gathered<T> {
    pub fn empty() -> Self {
        Gathered { rows: vec![], grid: Shapes::new(GeometryKind::Polygon) }
    }

    pub fn append(&mut self, other: Gathered<T>) {
        self.rows.extend(other.rows);
        self.grid.kind = other.grid.kind;
        self.grid.append(&other.grid);
    }

    /// Names that stand twice, for kinds whose names are keys.
    pub fn duplicates(&self, noun: &Noun<T>, file: Option<&Path>) -> Vec<Fault> {
        if !noun.unique {
            return vec![];
        }
        let faults = duplicates::check(self.rows.iter().map(|row| (noun.name)(row)));
        faults.into_iter().map(|fault| file.map_or(fault.clone(), |file| fault.file(file))).collect()
    }

    /// The rows of a table, in the order of their names.
    pub fn into_rows(mut self, noun: &Noun<T>) -> Vec<Public<T>> {
        self.rows.sort_by_cached_key(|row| (noun.name)(row));
        self.rows
    }

    /// Brings the geometry onto the world grid and everything into the order of the names.
    pub fn into_layer(self, noun: &Noun<T>, place: &Place<'_>) -> Result<(Layer<T>, Bounds)> {
        let (rows, mut grid) = ordered(self, noun);
        orient(&mut grid);
        let degrees = place.project(&grid)?;
        let bounds = place.check(&grid.coords, &degrees)?;
        let world = Shapes {
            kind: grid.kind,
            coords: degrees.into_par_iter().map(world_from_degrees).collect(),
            ring_ends: grid.ring_ends.clone(),
            part_ends: grid.part_ends.clone(),
            feature_ends: grid.feature_ends.clone(),
        };
        Ok((Layer { rows, world, grid }, bounds))
    }
}

/// Sorted by name, then by the first corner: an order that the source's own does not touch.
fn ordered<T>(gathered: Gathered<T>, noun: &Noun<T>) -> (Vec<Public<T>>, Shapes<GridCoord>) {
    let corner =
        |i: usize| gathered.grid.feature_rings(i).next().and_then(|ring| ring.first()).copied().unwrap_or([0.0; 2]);
    let mut order: Vec<(String, [u64; 2], usize)> =
        gathered.rows.iter().enumerate().map(|(i, row)| ((noun.name)(row), corner(i).map(f64::to_bits), i)).collect();
    order.sort();
    let mut grid = Shapes::new(gathered.grid.kind);
    for (_, _, i) in &order {
        grid.append_feature(&gathered.grid, *i);
    }
    let mut rows: Vec<Option<Public<T>>> = gathered.rows.into_iter().map(Some).collect();
    (order.into_iter().filter_map(|(_, _, i)| rows[i].take()).collect(), grid)
}

/// Turns outer rings counter-clockwise and holes clockwise: the same shape, in the one way it is stored.
fn orient(grid: &mut Shapes<GridCoord>) {
    if grid.kind != GeometryKind::Polygon {
        return;
    }
    for part in 0..grid.part_ends.len() {
        for (i, ring) in grid.rings(part).enumerate() {
            let range = grid.ring_range(ring);
            let counter_clockwise = geometry::twice_signed_area(&grid.coords[range.clone()]) > 0.0;
            if counter_clockwise != (i == 0) {
                grid.coords[range].reverse();
            }
        }
    }
}

/// Where the data must lie.
pub struct Place<'a> {
    pub zone: Vn2000Zone,
    pub allowed: Bounds,
    pub file: &'a Path,
}

impl Place<'_> {
    fn project(&self, grid: &Shapes<GridCoord>) -> Result<Vec<[f64; 2]>> {
        if let Some(fault) = extent::bounds(grid.coords.iter().copied()).and_then(extent::check_axes) {
            return Err(fault.file(self.file).into());
        }
        let projected: std::result::Result<_, _> = grid
            .coords
            .par_iter()
            .map_init(|| Transformer::new(self.zone), |transformer, coord| transformer.degrees_from_grid(*coord))
            .collect();
        projected.map_err(|e: crate::project::vn2000::OutOfRange| {
            Fault::new(Stage::Project, Exit::Input, e.to_string()).file(self.file).into()
        })
    }

    fn check(&self, grid: &[GridCoord], degrees: &[[f64; 2]]) -> Result<Bounds> {
        let empty = || Fault::new(Stage::Inspect, Exit::Quality, "the source has no feature").file(self.file);
        let grid = extent::bounds(grid.iter().copied()).ok_or_else(empty)?;
        let degrees = extent::bounds(degrees.iter().copied()).ok_or_else(empty)?;
        match extent::check_place(grid, degrees, self.allowed, self.zone) {
            Some(fault) => Err(fault.file(self.file).into()),
            None => Ok(degrees),
        }
    }
}

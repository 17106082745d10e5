//! The outer rings of a file and nothing else of it: no column is read.

use std::path::Path;

use super::Table;
use crate::config::dataset::{Axes, Source};
use crate::error::{Exit, Fault, Result, Stage};
use crate::model::shapes::{GeometryKind, GridCoord};

/// Positions that are kept: a province has as many.
const MOST_POSITIONS: usize = 50_000_000;

/// A source of which only the outlines are wanted.
pub fn source(path: &Path) -> Source {
    Source {
        file: path.display().to_string(),
        layer: None,
        axes: Axes::EastNorth,
        encoding: None,
        theme: None,
        sha256: String::new(),
    }
}

/// Open rings in the file's own coordinates, each beginning where it begins in the file. Shapes that cannot be read
/// are passed over.
pub fn outlines(table: &dyn Table) -> Result<Vec<Vec<GridCoord>>> {
    let mut rings = vec![];
    let mut positions = 0;
    table.rows(&[], &mut |_, shape| {
        let Some(shape) = shape.ok().filter(|shape| shape.kind == GeometryKind::Polygon) else { return Ok(()) };
        for part in 0..shape.part_ends.len() {
            if let Some(outer) = shape.rings(part).next() {
                positions += shape.ring(outer).len();
                rings.push(shape.ring(outer).to_vec());
            }
        }
        match positions > MOST_POSITIONS {
            true => Err(Fault::new(Stage::Read, Exit::Input, "the file has more corners than can be compared").into()),
            false => Ok(()),
        }
    })?;
    Ok(rings)
}

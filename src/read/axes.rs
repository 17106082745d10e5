//! Sources that write northing before easting, as Vietnamese papers do (X = north, Y = east).

use super::{DeclaredCrs, Each, Table};
use crate::error::Result;

/// Turns every coordinate of a table round.
pub struct Swapped(pub Box<dyn Table>);

impl Table for Swapped {
    fn columns(&self) -> &[String] {
        self.0.columns()
    }

    fn crs(&self) -> DeclaredCrs {
        self.0.crs()
    }

    fn rows(&self, columns: &[&str], each: &mut Each<'_>) -> Result<()> {
        self.0.rows(columns, &mut |row, shape| {
            each(row, shape.map(|shape| shape.map(|[northing, easting]| [*easting, *northing])))
        })
    }
}

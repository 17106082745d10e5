//! `changes.fgb`: every case that changed and has a shape, with what changed, for QGIS and any other program.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use flatgeobuf::{ColumnType, FgbCrs, FgbWriter, FgbWriterOptions, GeometryType};
use geozero::wkb::Wkb;
use geozero::{ColumnValue, PropertyProcessor};

use super::change::Change;
use super::table;
use crate::error::{Fault, Result, Stage};

const COLUMNS: [&str; 5] = ["dataset", "commune", "feature", "change", "what"];

/// Of what went the old shape is drawn, of everything else the new one.
pub struct ChangesMap {
    writer: FgbWriter<'static>,
    path: PathBuf,
}

impl ChangesMap {
    pub fn begin(folder: &Path) -> Result<Self> {
        let path = folder.join("changes.fgb");
        let crs = FgbCrs { org: Some("EPSG"), code: 4326, name: Some("WGS 84"), ..FgbCrs::default() };
        // Parcels, zones, roads and names of places stand in one layer: each shape says what it is.
        let options = FgbWriterOptions {
            write_index: true,
            detect_type: false,
            promote_to_multi: false,
            crs,
            title: Some("Thay đổi"),
            ..FgbWriterOptions::default()
        };
        let fault = |e: &dyn std::fmt::Display| Fault::storage(Stage::Plan, &path, e);
        let mut writer =
            FgbWriter::create_with_options("thay_doi", GeometryType::Unknown, options).map_err(|e| fault(&e))?;
        COLUMNS.iter().for_each(|name| writer.add_column(name, ColumnType::String, |_, _| {}));
        Ok(ChangesMap { writer, path })
    }

    pub fn add(&mut self, change: &Change) -> Result<()> {
        let Some(outline) = &change.outline else { return Ok(()) };
        let values = [&change.dataset, &change.commune, &change.feature, change.change.vi(), &change.what];
        let mut properties = Ok(());
        let added = self.writer.add_feature_geom(Wkb(outline.wkb()), |feature| {
            properties = values
                .iter()
                .enumerate()
                .try_for_each(|(at, value)| feature.property(at, COLUMNS[at], &ColumnValue::String(value)).map(|_| ()));
        });
        added.and(properties).map_err(|e| Fault::storage(Stage::Plan, &self.path, e).into())
    }

    /// Gives the file its name.
    pub fn finish(self) -> Result<()> {
        let fault = |e: &dyn std::fmt::Display| Fault::storage(Stage::Plan, &self.path, e);
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let file = tempfile::Builder::new().prefix(".changes-").tempfile_in(folder).map_err(|e| fault(&e))?;
        let to: BufWriter<&File> = BufWriter::new(file.as_file());
        self.writer.write(to).map_err(|e| fault(&e))?;
        file.as_file().sync_all().map_err(|e| fault(&e))?;
        table::readable(file.as_file()).map_err(|e| fault(&e))?;
        file.persist(&self.path).map_err(|e| fault(&e.error))?;
        Ok(())
    }
}

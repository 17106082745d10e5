//! One changed case, and how changes are counted and written down.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::lineage::Lineage;
use super::outline::Outline;
use super::table;
use crate::error::{Fault, Result, Stage};
use crate::model::decision::Decision;

/// What happened to a case between two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    Added,
    /// Attributes only.
    Attributes,
    /// Shape only.
    Shape,
    /// Attributes and shape.
    Both,
    Removed,
}

impl ChangeKind {
    /// As tables for the offices write it: `them`, `sua_thuoc_tinh`, `sua_hinh`, `sua_ca_hai`, `bo`.
    pub fn vi(self) -> &'static str {
        match self {
            ChangeKind::Added => "them",
            ChangeKind::Attributes => "sua_thuoc_tinh",
            ChangeKind::Shape => "sua_hinh",
            ChangeKind::Both => "sua_ca_hai",
            ChangeKind::Removed => "bo",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    pub dataset: String,
    /// Code of the commune; empty for a base feature that names none.
    pub commune: String,
    /// What the offices call it: `99001-5-12` for a parcel, `bảng B05 dòng 12` in a price table; where the
    /// data gives a feature no name of its own, with latitude and longitude of its middle.
    pub feature: String,
    pub change: ChangeKind,
    /// Field by field `old → new`; for what was added or removed, its fields.
    pub what: String,
    /// Its shape, of what went the old one; none for a row of a table.
    #[serde(skip)]
    pub outline: Option<Outline>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub added: u64,
    pub attributes: u64,
    pub shape: u64,
    pub both: u64,
    pub removed: u64,
    pub unchanged: u64,
}

impl Counts {
    pub fn count(&mut self, change: Option<ChangeKind>) {
        *match change {
            Some(ChangeKind::Added) => &mut self.added,
            Some(ChangeKind::Attributes) => &mut self.attributes,
            Some(ChangeKind::Shape) => &mut self.shape,
            Some(ChangeKind::Both) => &mut self.both,
            Some(ChangeKind::Removed) => &mut self.removed,
            None => &mut self.unchanged,
        } += 1;
    }

    /// Everything but what is unchanged.
    pub fn cases(&self) -> u64 {
        self.added + self.attributes + self.shape + self.both + self.removed
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DatasetState {
    Added,
    Changed,
    Removed,
    Unchanged,
}

/// One dataset between two sides.
#[derive(Clone, Debug, Serialize)]
pub struct DatasetPlan {
    pub dataset: String,
    pub state: DatasetState,
    /// The dataset that it is compared with, where that has another name (`supersedes`).
    pub replaces: Option<String>,
    pub published_decision: Option<Decision>,
    pub decision: Option<Decision>,
    /// The published snapshot's folder when it is gone: nothing could be compared, everything counts as added.
    pub lost_snapshot: Option<String>,
    /// By commune's code.
    pub communes: BTreeMap<String, Counts>,
    /// Of parcels: which became which.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lineage: Vec<Lineage>,
}

/// Writes `changes.csv` into a folder, row by row.
pub struct ChangesFile {
    writer: csv::Writer<tempfile::NamedTempFile>,
    path: PathBuf,
}

impl ChangesFile {
    /// Begins beside; nothing has the file's name until [`ChangesFile::finish`].
    pub fn begin(folder: &Path) -> Result<Self> {
        let path = folder.join("changes.csv");
        let storage = |e: std::io::Error| Fault::storage(Stage::Plan, &path, e);
        fs::create_dir_all(folder).map_err(storage)?;
        let mut file = tempfile::Builder::new().prefix(".changes-").tempfile_in(folder).map_err(storage)?;
        file.write_all(table::MARK.as_bytes()).map_err(storage)?;
        let mut changes = ChangesFile { writer: table::writer(file), path };
        changes.row(["dataset", "commune", "feature", "change", "what"])?;
        Ok(changes)
    }

    pub fn write(&mut self, change: &Change) -> Result<()> {
        self.row([&change.dataset, &change.commune, &change.feature, change.change.vi(), &change.what])
    }

    fn row(&mut self, cells: [&str; 5]) -> Result<()> {
        table::row(&mut self.writer, &cells).map_err(|e| Fault::storage(Stage::Plan, &self.path, e).into())
    }

    /// Gives the file its name and returns it.
    pub fn finish(self) -> Result<PathBuf> {
        let fault = |e: &dyn std::fmt::Display| Fault::storage(Stage::Plan, &self.path, e);
        let file = self.writer.into_inner().map_err(|e| fault(&e.error()))?;
        file.as_file().sync_all().map_err(|e| fault(&e))?;
        table::readable(file.as_file()).map_err(|e| fault(&e))?;
        file.persist(&self.path).map_err(|e| fault(&e.error))?;
        Ok(self.path)
    }
}

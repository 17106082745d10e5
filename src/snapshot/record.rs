//! `record.json`: what was approved, by which decision, from which files.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::quality::Quality;

use crate::config::Localised;
use crate::config::dataset::{AttachmentRole, DatasetKind, Source};
use crate::disclose::Public;
use crate::model::crs::Vn2000Zone;
use crate::model::decision::Decision;
use crate::model::metadata::Metadata;

/// Version of the record's form; one of an earlier form cannot be read any more.
pub const FORMAT: u32 = 2;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    pub format: u32,
    pub dataset: String,
    pub kind: DatasetKind,
    pub title: Localised,
    pub communes: Vec<String>,
    pub crs: Option<Vn2000Zone>,
    pub decision: Decision,
    pub supersedes: Option<String>,
    /// Last day on which people may comment: the dataset is a draft (Decree 49/2026).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consultation_until: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amends: Option<String>,
    pub sources: Vec<SourceRecord>,
    pub rows: u64,
    /// Rows left out by `[skip]`, and why.
    pub skipped: Option<Skipped>,
    /// What inspection found odd, and was approved as it is.
    #[serde(default)]
    pub quality: Quality,
    /// West, south, east, north in degrees of WGS 84.
    pub bounds_deg: Option<[f64; 4]>,
    /// Standard names of the fields that were let through.
    pub disclosed: Vec<String>,
    /// How many columns were withheld; their names stay with the source.
    pub withheld_columns: u32,
    /// What the approver says about the data, as far as it cannot be derived.
    pub metadata: Public<Metadata>,
    pub files: Vec<ContentFile>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<AttachmentRecord>,
}

/// A document published with the data: its digest is signed, what it says is not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttachmentRecord {
    /// Path beside the record: `attachments/1-nghi-quyet.pdf`.
    pub name: String,
    pub title: Localised,
    pub role: AttachmentRole,
    pub bytes: u64,
    pub sha256: String,
}

/// A source file as approved. Its name stays with the dataset: files and layers may be named after persons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRecord {
    /// Ending of the file's name: `gpkg`.
    pub format: String,
    pub sha256: String,
}

impl SourceRecord {
    pub fn new(source: &Source) -> Self {
        let ending = source.file.rsplit_once('.').map_or("", |(_, ending)| ending);
        SourceRecord { format: ending.to_ascii_lowercase(), sha256: source.sha256.clone() }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    pub rows: u64,
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentFile {
    pub name: String,
    pub bytes: u64,
    pub sha256: String,
}

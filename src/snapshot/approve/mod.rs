//! The gate: a dataset with a decision, whole, public and in its place becomes a signed snapshot. [`approve`] goes
//! through its steps in their order, one file each.

mod before_rows;
mod content;
mod judgement;
mod place;
mod sources;

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use super::quality::{self, Borders, Quality};
use super::record::{AttachmentRecord, FORMAT, Record, Skipped, SourceRecord};
use super::signature::Signer;
use super::trust::Trust;
use super::writing::Writing;
use super::{attachment, countersign, secret_areas, store, succession};
use crate::config::dataset::{DatasetConfig, Source};
use crate::config::site::SiteConfig;
use crate::disclose::metadata;
use crate::disclose::report::DisclosureReport;
use crate::error::{Exit, Fault, Result, Stage};
use crate::inspect::extent::Bounds;
use crate::inspect::finding::Finding;
use crate::progress::Progress;
use crate::read::Table;

/// What `approve` did.
pub struct Approved {
    pub record: Record,
    pub disclosure: DisclosureReport,
    /// Relative to the site folder.
    pub folder: PathBuf,
    /// What is odd and was approved as it is.
    pub warnings: Vec<Finding>,
    /// Where the findings are written out, relative to the site folder; nowhere when there are none.
    pub report: Option<PathBuf>,
}

/// How a source is opened: site folder, path in it, and what `dataset.toml` says of it.
pub type Open<'a> = dyn Fn(&Path, &Path, &Source) -> Result<Box<dyn Table>> + 'a;

/// Approves `dataset` (a folder relative to `site`) with the signer's key. What inspection finds, refused or
/// not, is written to `reports/<dataset>/`.
///
/// # Errors
/// All faults found: exit 3 without a decision, with a wrong digest, key, meridian or axes; 4 for columns
/// that are not listed or texts that name a person; 5 for geometry and duplicates.
pub fn approve(
    site: &Path,
    dataset: &Path,
    signer: &Signer,
    open: &Open<'_>,
    progress: &dyn Progress,
) -> Result<Approved> {
    let config = SiteConfig::load(site)?;
    let gate = Gate::open(site, dataset, progress)?;
    let outcome = pass(&gate, &config, signer, open);
    let report = quality::write_report(site, &gate.id, gate.config.crs, gate.found.take())?;
    outcome.map(|approved| Approved { report, ..approved })
}

fn pass(gate: &Gate<'_>, config: &SiteConfig, signer: &Signer, open: &Open<'_>) -> Result<Approved> {
    let site = gate.site;
    let trust = Trust::load(site, config)?;
    gate.check(config, &trust, signer)?;
    let secrecy = secret_areas::secrecy(site, config, gate.config.kind, gate.config.crs, open)?;
    let sources = gate.sources(config, &secrecy, open)?;
    let mut writing = Writing::begin(site, &gate.id)?;
    let content = gate.content(config, &sources, open, &mut writing)?;
    gate.check_accepted(&content.disclosure)?;
    writing.file(store::DISCLOSURE, |to| to.write_all(content.disclosure.json().as_bytes()))?;
    let mut record = gate.record(config, &content, &writing)?;
    succession::check_rows(site, config, &record, writing.staging())?;
    record.attachments = gate.attachments(&writing)?;
    let comment = format!(
        "congbo snapshot of {}, decision {} of {}",
        record.dataset, record.decision.number, record.decision.date
    );
    let folder = writing.save(&record, |bytes| signer.sign(bytes, &comment))?;
    countersign::renew(site, &trust, &record.dataset, signer, &comment)?;
    let mut warnings = content.warnings;
    warnings.extend(succession::warnings(site, &record));
    warnings.extend(countersign::reminder(site, &trust, &record));
    Ok(Approved { record, disclosure: content.disclosure, folder, warnings, report: None })
}

/// What was written of the rows.
struct Content {
    rows: u64,
    rows_skipped: u64,
    bounds: Option<Bounds>,
    warnings: Vec<Finding>,
    borders: Option<Borders>,
    disclosure: DisclosureReport,
}

struct Gate<'a> {
    site: &'a Path,
    id: String,
    description: PathBuf,
    config: DatasetConfig,
    files: Vec<PathBuf>,
    /// All that inspection found so far.
    found: RefCell<Vec<Finding>>,
    progress: &'a dyn Progress,
}

impl<'a> Gate<'a> {
    fn open(site: &'a Path, dataset: &Path, progress: &'a dyn Progress) -> Result<Self> {
        let config = DatasetConfig::load(site, dataset)?;
        let id = dataset.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if !is_safe_name(&id) {
            return Err(Fault::new(Stage::Config, Exit::Usage, format!("'{id}' cannot be the name of a dataset"))
                .file(dataset)
                .remedy("name the folder with a-z, 0-9 and dashes")
                .into());
        }
        let files = config.source.iter().map(|source| dataset.join(&source.file)).collect();
        Ok(Gate {
            site,
            id,
            description: dataset.join("dataset.toml"),
            config,
            files,
            found: RefCell::default(),
            progress,
        })
    }

    fn dataset(&self) -> &Path {
        self.description.parent().unwrap_or(Path::new(""))
    }

    /// The documents, written beside the rows.
    fn attachments(&self, writing: &Writing) -> Result<Vec<AttachmentRecord>> {
        let attached = attachment::read_all(self.site, self.dataset(), &self.config)?;
        attached.iter().try_for_each(|attached| writing.document(&attached.record.name, &attached.bytes))?;
        Ok(attached.into_iter().map(|attached| attached.record).collect())
    }

    fn record(&self, site: &SiteConfig, content: &Content, writing: &Writing) -> Result<Record> {
        let decision = self.config.decision.clone().ok_or_else(|| {
            Fault::new(Stage::Snapshot, Exit::Input, "the dataset has no decision").file(&self.description)
        })?;
        Ok(Record {
            format: FORMAT,
            dataset: self.id.clone(),
            kind: self.config.kind,
            title: self.config.title.clone(),
            communes: self.config.communes.clone(),
            crs: self.config.crs,
            decision,
            supersedes: self.config.supersedes.clone(),
            consultation_until: self.config.consultation_until,
            amends: self.config.amends.clone(),
            sources: self.config.source.iter().chain(&self.config.events_source()).map(SourceRecord::new).collect(),
            rows: content.rows,
            skipped: self
                .config
                .skip
                .as_ref()
                .map(|skip| Skipped { rows: content.rows_skipped, reason: skip.reason.clone() }),
            quality: Quality::new(&content.warnings, content.borders.clone()),
            bounds_deg: content.bounds.map(|bounds| bounds.map(|degrees| (degrees * 1e7).round() / 1e7)),
            disclosed: self.config.fields.keys().cloned().collect(),
            withheld_columns: self.config.withhold.columns.len() as u32,
            metadata: metadata::public(self.config.metadata_for(&site.province), &self.description)?,
            files: writing.files(),
            attachments: vec![],
        })
    }
}

fn is_safe_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 64
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

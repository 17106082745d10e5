//! The gate: a dataset with a decision, whole, public and in its place becomes a signed snapshot.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use serde::Serialize;

use super::gather::{Admitted, Gathered, OpenSource};
use super::layer_writer::{LayerRows, Place, Placed};
use super::noun::{self, Noun};
use super::quality::{self, Borders, Quality};
use super::record::{AttachmentRecord, FORMAT, Record, Skipped, SourceRecord};
use super::signature::Signer;
use super::trust::Trust;
use super::writing::Writing;
use super::{attachment, boundaries, countersign, secret_areas, store, succession};
use crate::config::dataset::{DatasetConfig, DatasetKind, Source};
use crate::config::site::SiteConfig;
use crate::disclose::report::DisclosureReport;
use crate::disclose::rules::Rules;
use crate::disclose::secrecy::Secrecy;
use crate::disclose::{allow_list, metadata};
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::inspect::duplicates;
use crate::inspect::extent::{self, Bounds};
use crate::inspect::finding::{Finding, Severity};
use crate::inspect::neighbours::{self, Tolerances};
use crate::inspect::{price_order, statistics_sums};
use crate::model::admin_unit::AdminUnit;
use crate::model::statistics::StatisticsRow;
use crate::progress::Progress;
use crate::read::{self, DeclaredCrs, Table};

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

    /// Everything that can be refused before a row is read.
    fn check(&self, site: &SiteConfig, trust: &Trust, signer: &Signer) -> Result<()> {
        let mut faults = vec![];
        if self.config.decision.is_none() {
            faults.push(
                Fault::new(Stage::Snapshot, Exit::Input, "the dataset has no decision")
                    .file(&self.description)
                    .remedy("add [decision] with number, date, authority, effective_from and acceptance"),
            );
        }
        let key = trust.objection(self.config.kind, &signer.public_key());
        faults.extend(key.map(|fault| fault.file(&self.description)));
        faults.extend(succession::objections(self.site, trust, &self.id, &self.config));
        for (source, file) in self.config.source.iter().zip(&self.files) {
            faults.extend(self.check_path(source).or_else(|| self.check_digest(source, file)));
        }
        if let Some(source) = self.config.events_source() {
            let file = self.description.with_file_name(&source.file);
            faults.extend(self.check_path(&source).or_else(|| self.check_digest(&source, &file)));
        }
        if let Err(failure) = allow_list::check_fields(&self.config, &site.disclosure, &self.description) {
            faults.extend(failure.faults);
        }
        faults.extend(self.check_empty_decision());
        faults.extend(self.check_consultation());
        let said = metadata::public(self.config.metadata_for(&site.province), &self.description);
        faults.extend(said.err().into_iter().flat_map(|failure| failure.faults));
        let attachments = attachment::read_all(self.site, self.dataset(), &self.config);
        faults.extend(attachments.err().into_iter().flat_map(|failure| failure.faults));
        Failure::unless_empty(faults)
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

    /// A description that came from elsewhere must not make this machine read its other files.
    fn check_path(&self, source: &Source) -> Option<Fault> {
        let inside = Path::new(&source.file).components().all(|part| matches!(part, Component::Normal(_)));
        (!inside || source.file.is_empty()).then(|| {
            Fault::new(Stage::Config, Exit::Usage, format!("the source '{}' lies outside the dataset", source.file))
                .file(&self.description)
                .remedy("put the file into the dataset's folder and name it relative to that")
        })
    }

    fn check_digest(&self, source: &Source, file: &Path) -> Option<Fault> {
        if let Some(fault) = read::special_file(self.site, file) {
            return Some(fault);
        }
        let found = match read::source_digest(self.site, file) {
            Ok(digest) => digest,
            Err(e) => return Some(Fault::storage(Stage::Read, file, e)),
        };
        (found != source.sha256).then(|| {
            Fault::new(
                Stage::Snapshot,
                Exit::Input,
                format!("the file's SHA-256 is {found}, not the one that was approved"),
            )
            .file(file)
            .remedy("restore the approved file, or write the new digest after the new file has been accepted")
        })
    }

    fn check_empty_decision(&self) -> Option<Fault> {
        let decision = self.config.decision.as_ref()?;
        let empty =
            [&decision.number, &decision.authority, &decision.acceptance].iter().any(|text| text.trim().is_empty());
        let ends_early = decision.effective_to.is_some_and(|to| to < decision.effective_from);
        (empty || ends_early).then(|| {
            Fault::new(Stage::Snapshot, Exit::Input, "the decision is incomplete or ends before it begins")
                .file(&self.description)
                .remedy("give number, authority and acceptance a value, and put effective_to after effective_from")
        })
    }

    /// Drafts of coefficients are open to comments for ten days at least (Decree 49/2026, appendix).
    fn check_consultation(&self) -> Option<Fault> {
        let until = self.config.consultation_until?;
        let decision = self.config.decision.as_ref()?;
        let may_be_a_draft = matches!(self.config.kind, DatasetKind::HeSo | DatasetKind::GiaDat);
        let days = (until - decision.date).get_days();
        (!may_be_a_draft || days < 10).then(|| {
            let problem = match may_be_a_draft {
                true => format!("the consultation ends {days} days after the draft"),
                false => "only price tables and coefficients are put up for consultation".to_owned(),
            };
            Fault::new(Stage::Config, Exit::Usage, problem)
                .file(&self.description)
                .remedy("put consultation_until at least ten days after the date under [decision], or remove it")
        })
    }

    /// An acceptance that nothing needed would let through what comes later.
    fn check_accepted(&self, disclosure: &DisclosureReport) -> Result<()> {
        let unused = self.config.scan.accept.difference(&disclosure.accepted_cells);
        let fault = |cell: &String| {
            Fault::new(Stage::Disclose, Exit::Usage, format!("[scan] accepts '{cell}', where nothing was objected to"))
                .file(&self.description)
                .remedy("remove the entry from accept")
        };
        Failure::unless_empty(unused.map(fault).collect())
    }

    fn sources<'s>(
        &'s self,
        site: &'s SiteConfig,
        secrecy: &'s Secrecy,
        open: &Open<'_>,
    ) -> Result<Vec<OpenSource<'s>>> {
        let rules = self.rules(site);
        let mut opened = vec![];
        let mut faults = vec![];
        for (number, (source, file)) in (1..).zip(self.config.source.iter().zip(&self.files)) {
            match open(self.site, file, source) {
                Ok(table) => {
                    let (config, progress) = (&self.config, self.progress);
                    opened.push(OpenSource { table, file, number, config, rules, secrecy, progress });
                }
                Err(failure) => faults.extend(failure.faults),
            }
        }
        let anywhere: BTreeSet<String> = opened.iter().flat_map(|source| source.table.columns()).cloned().collect();
        for source in &opened {
            let columns = allow_list::check_columns(&self.config, source.table.columns(), &anywhere, source.file);
            faults.extend(columns.err().into_iter().flat_map(|failure| failure.faults));
            faults.extend(self.check_declared_crs(source));
        }
        Failure::unless_empty(faults).map(|()| opened)
    }

    /// A file that names its zone must name the dataset's.
    fn check_declared_crs(&self, source: &OpenSource<'_>) -> Option<Fault> {
        let declared = match source.table.crs() {
            DeclaredCrs::Unknown => return None,
            DeclaredCrs::Epsg(code) => format!("EPSG:{code}"),
            DeclaredCrs::Other(text) => text,
        };
        let expected = self.config.crs.map_or("nothing".to_owned(), String::from);
        (expected != declared).then(|| {
            Fault::new(Stage::Snapshot, Exit::Input, format!("the file declares {declared}, the dataset {expected}"))
                .file(source.file)
                .remedy("find out which meridian the data has, then correct crs or the export")
        })
    }

    fn content(
        &self,
        site: &SiteConfig,
        sources: &[OpenSource<'_>],
        open: &Open<'_>,
        writing: &mut Writing,
    ) -> Result<Content> {
        self.progress.begin(&format!("approve {}", self.id), 0);
        match self.config.kind {
            DatasetKind::DiaChinh => self.layer(site, sources, &noun::parcel(), writing),
            DatasetKind::QuyHoach => self.layer(site, sources, &noun::plan_zone(), writing),
            DatasetKind::DiaGioi => self.boundaries(site, sources, open, writing),
            DatasetKind::Nen => self.base(site, sources, writing),
            DatasetKind::GiaDat => {
                self.table(sources, &noun::price_row(), &|rows| price_order::check(rows.iter().copied()), writing)
            }
            DatasetKind::ThongKe => {
                let (province, communes) = (&site.province.code, &self.config.communes);
                let communes: Vec<&str> = communes.iter().map(String::as_str).collect();
                let sums = |rows: &[&StatisticsRow]| statistics_sums::check(rows.iter().copied(), province, &communes);
                self.table(sources, &noun::statistics_row(), &sums, writing)
            }
            DatasetKind::HeSo => self.table(sources, &noun::coefficient(), &|_| vec![], writing),
        }
    }

    /// All sources of the dataset as one layer.
    fn layer<T: Serialize + Send + Sync>(
        &self,
        site: &SiteConfig,
        sources: &[OpenSource<'_>],
        noun: &Noun<T>,
        writing: &mut Writing,
    ) -> Result<Content> {
        let mut gathered = Gathered::default();
        let layer = self.gather_layer(sources, noun, &mut gathered, &mut |_| {})?;
        let borders = (self.config.kind == DatasetKind::DiaChinh).then(|| self.neighbours(&layer, &mut gathered));
        let mut warnings = self.judge(&mut gathered)?;
        let Placed { bounds, strays } = layer.write(writing, 0, &self.place(site)?)?;
        warnings.extend(self.refuse(strays)?);
        let (rows, rows_skipped, disclosure) = (layer.len() as u64, gathered.rows_skipped, gathered.disclosure);
        Ok(Content { rows, rows_skipped, bounds: Some(bounds), warnings, borders, disclosure })
    }

    /// Overlaps and gaps between the parcels of the dataset.
    fn neighbours(&self, layer: &LayerRows, gathered: &mut Gathered) -> Borders {
        let file = self.files.first().unwrap_or(&self.description);
        let found = neighbours::check(&layer.grid, &|row| layer.name(row).to_owned(), &Tolerances::default());
        let borders = Borders::new(&found);
        let owners = found.owners.iter().map(|owners| owners.first().map(|row| *row as usize));
        gathered.findings.extend(found.findings.into_iter().zip(owners).map(|(finding, owner)| match owner {
            Some(row) => layer.named(row, finding, file),
            None => finding,
        }));
        if found.cut_short {
            let fault = Fault::new(Stage::Inspect, Exit::Quality, "has more overlaps than can be listed")
                .file(file)
                .remedy("this is not one coverage: look whether parcels stand in it twice, under other numbers");
            gathered.findings.push(Finding::new("overlaps-cut-short", Severity::Refusal, fault));
        }
        borders
    }

    /// Units of today and of before in one layer, and the events that led from one to the other.
    fn boundaries(
        &self,
        site: &SiteConfig,
        sources: &[OpenSource<'_>],
        open: &Open<'_>,
        writing: &mut Writing,
    ) -> Result<Content> {
        let mut gathered = Gathered::default();
        let mut units: Vec<AdminUnit> = vec![];
        let keep = &mut |unit: &AdminUnit| units.push(unit.clone());
        let layer = self.gather_layer(sources, &noun::admin_unit(), &mut gathered, keep)?;
        let warnings = self.judge(&mut gathered)?;
        let events = boundaries::events(self.site, &self.description, self.rules(site), &units, open)?;
        let bounds = layer.write(writing, 0, &self.place(site)?)?.bounds;
        writing.file(&store::events_file(), |to| {
            postcard::to_io(&events, to).map(|_| ()).map_err(std::io::Error::other)
        })?;
        let (rows, rows_skipped, disclosure) = (layer.len() as u64, gathered.rows_skipped, gathered.disclosure);
        Ok(Content { rows, rows_skipped, bounds: Some(bounds), warnings, borders: None, disclosure })
    }

    /// The base layer: one layer per source, each of one theme.
    fn base(&self, site: &SiteConfig, sources: &[OpenSource<'_>], writing: &mut Writing) -> Result<Content> {
        let mut gathered = Gathered::default();
        let mut layers = vec![];
        for (source, config) in sources.iter().zip(&self.config.source) {
            let theme = config.theme.ok_or_else(|| self.no_theme(config))?;
            let (source, noun) = (std::slice::from_ref(source), noun::base_feature(theme));
            layers.push(self.gather_layer(source, &noun, &mut gathered, &mut |_| {})?);
        }
        let warnings = self.judge(&mut gathered)?;
        let place = self.place(site)?;
        let mut bounds = None;
        for (i, layer) in layers.iter().enumerate() {
            bounds = extent::join(bounds, Some(layer.write(writing, i, &place)?.bounds));
        }
        let rows = layers.iter().map(|layer| layer.len() as u64).sum();
        let (rows_skipped, disclosure) = (gathered.rows_skipped, gathered.disclosure);
        Ok(Content { rows, rows_skipped, bounds, warnings, borders: None, disclosure })
    }

    fn rules<'r>(&'r self, site: &'r SiteConfig) -> Rules<'r> {
        Rules { dataset: &self.config, province: &site.disclosure }
    }

    fn gather_layer<T: Serialize + Send + Sync>(
        &self,
        sources: &[OpenSource<'_>],
        noun: &Noun<T>,
        gathered: &mut Gathered,
        seen: &mut dyn FnMut(&T),
    ) -> Result<LayerRows> {
        let mut layer = LayerRows::new();
        let mut admit = |row: Admitted<T>| {
            seen(&row.public);
            layer.push(row);
        };
        let mut faults = vec![];
        for source in sources {
            if let Err(failure) = source.gather(noun, &mut |row| admit(row), gathered) {
                faults.extend(failure.faults);
            }
        }
        // What the rows have said so far counts as well, when a source breaks off in the middle.
        if !faults.is_empty() {
            faults.extend(self.judge(gathered).err().into_iter().flat_map(|failure| failure.faults));
            return Err(Failure { faults });
        }
        layer.sort();
        let file = sources.first().map_or(self.description.as_path(), |source| source.file);
        gathered.findings.extend(layer.mixture(file));
        if noun.unique {
            gathered.findings.extend(duplicates::check(layer.sorted_names(), Some(file)));
        }
        Ok(layer)
    }

    /// Rows without geometry, in the order of their names.
    fn table<T: Serialize + Send + Sync>(
        &self,
        sources: &[OpenSource<'_>],
        noun: &Noun<T>,
        inspect: &dyn Fn(&[&T]) -> Vec<Finding>,
        writing: &mut Writing,
    ) -> Result<Content> {
        let mut gathered = Gathered::default();
        let mut rows = vec![];
        let mut faults = vec![];
        for source in sources {
            let read = source.gather(noun, &mut |row| rows.push(row), &mut gathered);
            faults.extend(read.err().into_iter().flat_map(|failure| failure.faults));
        }
        rows.sort_by(|a, b| a.name.cmp(&b.name));
        if noun.unique {
            let names = rows.iter().map(|row| row.name.as_str());
            gathered.findings.extend(duplicates::check(names, sources.first().map(|source| source.file)));
        }
        let file = self.files.first().unwrap_or(&self.description);
        let found = inspect(&rows.iter().map(|row| &*row.public).collect::<Vec<_>>());
        gathered.findings.extend(found.into_iter().map(|finding| in_file(finding, file)));
        let warnings = self
            .judge(&mut gathered)
            .map_err(|failure| Failure { faults: [failure.faults, faults.clone()].concat() })?;
        Failure::unless_empty(faults)?;
        let rows: Vec<_> = rows.into_iter().map(|row| row.public).collect();
        writing.file(&store::layer_files(0)[0], |to| {
            postcard::to_io(&rows, to).map(|_| ()).map_err(std::io::Error::other)
        })?;
        let (rows, rows_skipped, disclosure) = (rows.len() as u64, gathered.rows_skipped, gathered.disclosure);
        Ok(Content { rows, rows_skipped, bounds: None, warnings, borders: None, disclosure })
    }

    /// Refuses what cannot be published and gives back what is only odd.
    fn judge(&self, gathered: &mut Gathered) -> Result<Vec<Finding>> {
        let warnings = self.refuse(std::mem::take(&mut gathered.findings));
        let unused = Failure::unless_empty(self.unused_skips(gathered));
        match (warnings, unused) {
            (Err(a), Err(b)) => Err(Failure { faults: [a.faults, b.faults].concat() }),
            (warnings, unused) => unused.and(warnings),
        }
    }

    fn refuse(&self, findings: Vec<Finding>) -> Result<Vec<Finding>> {
        self.found.borrow_mut().extend(findings.iter().cloned());
        let (refusals, warnings): (Vec<_>, Vec<_>) =
            findings.into_iter().partition(|finding| finding.severity == Severity::Refusal);
        Failure::unless_empty(refusals.into_iter().map(|finding| finding.fault).collect()).map(|()| warnings)
    }

    /// An entry of `[skip]` that names nothing hides a mistake.
    fn unused_skips(&self, gathered: &Gathered) -> Vec<Fault> {
        let listed = self.config.skip.iter().flat_map(|skip| &skip.features);
        let unused = listed.filter(|entry| !gathered.skips_used.contains(*entry));
        unused
            .map(|entry| {
                Fault::new(Stage::Config, Exit::Usage, format!("[skip] names '{entry}', which is not in the source"))
                    .file(&self.description)
                    .remedy("remove it from [skip] features, or write it as the report does")
            })
            .collect()
    }

    fn no_theme(&self, source: &Source) -> Fault {
        Fault::new(Stage::Config, Exit::Usage, format!("the source '{}' has no theme", source.file))
            .file(&self.description)
            .remedy("add theme = \"giao_thong\", \"thuy_he\" or \"dia_danh\" to [[source]]")
    }

    fn place(&self, site: &SiteConfig) -> Result<Place<'_>> {
        let zone = self.config.crs.ok_or_else(|| {
            Fault::new(Stage::Config, Exit::Usage, "the dataset names no coordinate system")
                .file(&self.description)
                .remedy("add crs = \"EPSG:…\" with the zone of the commune's own meridian")
        })?;
        // The boundaries themselves need no earlier ones, which may not even be readable any more.
        let earlier = (self.config.kind != DatasetKind::DiaGioi).then(|| store::communes(self.site, site));
        let communes = earlier.transpose()?.unwrap_or_default();
        let allowed = self.allowed_bounds(site, &communes.bounds);
        let borders = (self.config.kind == DatasetKind::DiaChinh).then_some(communes.borders);
        let file = self.files.first().unwrap_or(&self.description);
        Ok(Place { zone, allowed, borders, file })
    }

    /// The box of the dataset's communes by the approved boundaries, or the province's where there are none.
    fn allowed_bounds(&self, site: &SiteConfig, communes: &BTreeMap<String, Bounds>) -> Bounds {
        if self.config.kind == DatasetKind::DiaGioi {
            return site.province.bounds_deg;
        }
        let boxes: Option<Vec<Bounds>> = self.config.communes.iter().map(|code| communes.get(code).copied()).collect();
        let corners = boxes.into_iter().flatten().flat_map(|[w, s, e, n]| [[w, s], [e, n]]);
        extent::bounds(corners).unwrap_or(site.province.bounds_deg)
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

fn in_file(finding: Finding, file: &Path) -> Finding {
    let fault = finding.fault.clone().file(file);
    Finding { fault, ..finding }
}

fn is_safe_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 64
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

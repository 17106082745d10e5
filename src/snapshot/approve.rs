//! The gate: a dataset with a decision, whole, public and in its place becomes a signed snapshot.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::gather::{Gathered, OpenSource, Place};
use super::noun::{self, Noun};
use super::record::{ContentFile, Record, SourceRecord};
use super::signature::Signer;
use super::{Content, Layer, secret_areas, store};
use crate::config::dataset::{DatasetConfig, DatasetKind, Source};
use crate::config::site::SiteConfig;
use crate::digest::sha256_file;
use crate::disclose::report::DisclosureReport;
use crate::disclose::rules::Rules;
use crate::disclose::secrecy::Secrecy;
use crate::disclose::{Public, allow_list};
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::inspect::extent::{self, Bounds};
use crate::progress::Progress;
use crate::read::{self, DeclaredCrs};

/// What `approve` did.
pub struct Approved {
    pub record: Record,
    pub disclosure: DisclosureReport,
    /// Relative to the site folder.
    pub folder: PathBuf,
}

/// Approves `dataset` (a folder relative to `site`) with the signer's key.
///
/// # Errors
/// All faults found: exit 3 without a decision, with a wrong digest, key, meridian or axes; 4 for columns
/// that are not listed or texts that name a person; 5 for geometry and duplicates.
pub fn approve(site: &Path, dataset: &Path, signer: &Signer, progress: &dyn Progress) -> Result<Approved> {
    let config = SiteConfig::load(site)?;
    let gate = Gate::open(site, dataset, progress)?;
    gate.check(&config, signer)?;
    let secrecy = secret_areas::secrecy(site, &config, gate.config.kind, gate.config.crs)?;
    let sources = gate.sources(&config, &secrecy)?;
    let (content, bounds, disclosure) = gate.content(&config, &sources)?;
    gate.check_accepted(&disclosure)?;
    let encoded = store::encode(&content, &disclosure);
    let record = gate.record(&content, bounds, store::content_files(&encoded))?;
    let comment = format!(
        "congbo snapshot of {}, decision {} of {}",
        record.dataset, record.decision.number, record.decision.date
    );
    let folder = store::save(site, &record, &encoded, |bytes| signer.sign(bytes, &comment))?;
    Ok(Approved { record, disclosure, folder })
}

struct Gate<'a> {
    site: &'a Path,
    id: String,
    description: PathBuf,
    config: DatasetConfig,
    files: Vec<PathBuf>,
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
        Ok(Gate { site, id, description: dataset.join("dataset.toml"), config, files, progress })
    }

    /// Everything that can be refused before a row is read.
    fn check(&self, site: &SiteConfig, signer: &Signer) -> Result<()> {
        let mut faults = vec![];
        if self.config.decision.is_none() {
            faults.push(
                Fault::new(Stage::Snapshot, Exit::Input, "the dataset has no decision")
                    .file(&self.description)
                    .remedy("add [decision] with number, date, authority, effective_from and acceptance"),
            );
        }
        faults.extend(self.check_key(site, signer)?);
        for (source, file) in self.config.source.iter().zip(&self.files) {
            faults.extend(self.check_digest(source, file));
        }
        if let Err(failure) = allow_list::check_fields(&self.config, &site.disclosure, &self.description) {
            faults.extend(failure.faults);
        }
        faults.extend(self.check_empty_decision());
        faults.extend(self.check_consultation());
        Failure::unless_empty(faults)
    }

    fn check_key(&self, site: &SiteConfig, signer: &Signer) -> Result<Option<Fault>> {
        let kind = self.config.kind.id();
        let keys = store::approver_keys(self.site, site, self.config.kind)?;
        Ok((!keys.contains(&signer.public_key())).then(|| {
            Fault::new(Stage::Snapshot, Exit::Input, format!("this key may not approve '{kind}'"))
                .file(&self.description)
                .remedy(format!("sign with a key listed for {kind} under [approvers] in congbo.toml"))
        }))
    }

    fn check_digest(&self, source: &Source, file: &Path) -> Option<Fault> {
        let found = match sha256_file(&self.site.join(file)) {
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
        let is_draft = matches!(self.config.kind, DatasetKind::HeSo | DatasetKind::GiaDat);
        let days = (until - decision.date).get_days();
        (!is_draft || days < 10).then(|| {
            let problem = match is_draft {
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

    fn sources<'s>(&'s self, site: &'s SiteConfig, secrecy: &'s Secrecy) -> Result<Vec<OpenSource<'s>>> {
        let rules = Rules { dataset: &self.config, province: &site.disclosure };
        let mut opened = vec![];
        let mut faults = vec![];
        for (source, file) in self.config.source.iter().zip(&self.files) {
            match read::open(self.site, file, source) {
                Ok(table) => {
                    let (layer, config, progress) = (source.layer.as_deref(), &self.config, self.progress);
                    opened.push(OpenSource { table, file, layer, config, progress, rules, secrecy });
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

    fn content(&self, site: &SiteConfig, sources: &[OpenSource<'_>]) -> Result<(Content, Option<Bounds>, DisclosureReport)> {
        self.progress.begin(&format!("approve {}", self.id), 0);
        match self.config.kind {
            DatasetKind::DiaChinh => self.layer(site, sources, &noun::parcel(), Content::Parcels),
            DatasetKind::QuyHoach => self.layer(site, sources, &noun::plan_zone(), Content::Plans),
            DatasetKind::DiaGioi => self.layer(site, sources, &noun::admin_unit(), Content::Boundaries),
            DatasetKind::Nen => self.base(site, sources),
            DatasetKind::GiaDat => table(sources, &noun::price_row(), Content::Prices),
            DatasetKind::ThongKe => table(sources, &noun::statistics_row(), Content::Statistics),
            DatasetKind::HeSo => table(sources, &noun::coefficient(), Content::Coefficients),
        }
    }

    /// All sources of the dataset as one layer.
    fn layer<T>(
        &self,
        site: &SiteConfig,
        sources: &[OpenSource<'_>],
        noun: &Noun<T>,
        wrap: fn(Layer<T>) -> Content,
    ) -> Result<(Content, Option<Bounds>, DisclosureReport)> {
        let mut gathered = gather_all(sources, noun)?;
        let disclosure = std::mem::take(&mut gathered.report);
        let (layer, bounds) = gathered.into_layer(noun, &self.place(site)?)?;
        Ok((wrap(layer), Some(bounds), disclosure))
    }

    /// The base layer: one layer per source, each of one theme.
    fn base(&self, site: &SiteConfig, sources: &[OpenSource<'_>]) -> Result<(Content, Option<Bounds>, DisclosureReport)> {
        let mut layers = vec![];
        let mut corners = vec![];
        let mut disclosure = DisclosureReport::default();
        for (source, config) in sources.iter().zip(&self.config.source) {
            let theme = config.theme.ok_or_else(|| self.no_theme(config))?;
            let noun = noun::base_feature(theme);
            let mut gathered = source.gather(&noun)?;
            disclosure.merge(std::mem::take(&mut gathered.report));
            let (layer, [w, s, e, n]) = gathered.into_layer(&noun, &self.place(site)?)?;
            corners.extend([[w, s], [e, n]]);
            layers.push(layer);
        }
        Ok((Content::Base(layers), extent::bounds(corners.into_iter()), disclosure))
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
        Ok(Place { zone, allowed: self.allowed_bounds(site)?, file: &self.description })
    }

    /// The box of the dataset's communes by the approved boundaries, or the province's where there are none.
    fn allowed_bounds(&self, site: &SiteConfig) -> Result<Bounds> {
        if self.config.kind == DatasetKind::DiaGioi {
            return Ok(site.province.bounds_deg);
        }
        let communes = store::commune_bounds(self.site, site)?;
        let boxes: Option<Vec<Bounds>> = self.config.communes.iter().map(|code| communes.get(code).copied()).collect();
        let corners = boxes.into_iter().flatten().flat_map(|[w, s, e, n]| [[w, s], [e, n]]);
        Ok(extent::bounds(corners).unwrap_or(site.province.bounds_deg))
    }

    fn record(&self, content: &Content, bounds: Option<Bounds>, files: Vec<ContentFile>) -> Result<Record> {
        let decision = self.config.decision.clone().ok_or_else(|| {
            Fault::new(Stage::Snapshot, Exit::Input, "the dataset has no decision").file(&self.description)
        })?;
        Ok(Record {
            format: 1,
            dataset: self.id.clone(),
            kind: self.config.kind,
            title: self.config.title.clone(),
            communes: self.config.communes.clone(),
            crs: self.config.crs,
            decision,
            supersedes: self.config.supersedes.clone(),
            consultation_until: self.config.consultation_until,
            sources: self.config.source.iter().map(SourceRecord::new).collect(),
            rows: content.rows(),
            bounds_deg: bounds.map(|bounds| bounds.map(|degrees| (degrees * 1e7).round() / 1e7)),
            disclosed: self.config.fields.keys().cloned().collect(),
            withheld_columns: self.config.withhold.columns.len() as u32,
            files,
        })
    }
}

fn gather_all<T>(sources: &[OpenSource<'_>], noun: &Noun<T>) -> Result<Gathered<T>> {
    let mut all = Gathered::empty();
    let mut faults = vec![];
    for source in sources {
        match source.gather(noun) {
            Ok(gathered) => all.append(gathered),
            Err(failure) => faults.extend(failure.faults),
        }
    }
    faults.extend(all.duplicates(noun, sources.first().map(|source| source.file)));
    Failure::unless_empty(faults).map(|()| all)
}

fn table<T>(
    sources: &[OpenSource<'_>],
    noun: &Noun<T>,
    wrap: fn(Vec<Public<T>>) -> Content,
) -> Result<(Content, Option<Bounds>, DisclosureReport)> {
    let mut gathered = gather_all(sources, noun)?;
    let disclosure = std::mem::take(&mut gathered.report);
    Ok((wrap(gathered.into_rows(noun)), None, disclosure))
}

fn is_safe_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 64
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

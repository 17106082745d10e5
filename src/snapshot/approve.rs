//! The gate: a dataset with a decision, whole, public and in its place becomes a signed snapshot.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::gather::{Gathered, OpenSource, Place};
use super::noun::{self, Noun};
use super::record::{ContentFile, Record, SourceRecord};
use super::signature::Signer;
use super::{Boundaries, Content, Layer, boundaries, store};
use crate::config::dataset::{DatasetConfig, DatasetKind, Source};
use crate::config::site::SiteConfig;
use crate::digest::sha256_file;
use crate::disclose::{Public, allow_list, metadata};
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::inspect::extent::{self, Bounds};
use crate::progress::Progress;
use crate::read::{self, DeclaredCrs};

/// What `approve` did.
pub struct Approved {
    pub record: Record,
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
    let sources = gate.sources()?;
    let (content, bounds) = gate.content(&config, &sources)?;
    let content = boundaries::complete(site, dataset, &gate.config, content)?;
    let encoded = store::encode(&content);
    let record = gate.record(&config, &content, bounds, store::content_files(&encoded))?;
    let comment = format!(
        "congbo snapshot of {}, decision {} of {}",
        record.dataset, record.decision.number, record.decision.date
    );
    let folder = store::save(site, &record, &encoded, |bytes| signer.sign(bytes, &comment))?;
    Ok(Approved { record, folder })
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
        if let Err(failure) = allow_list::check_fields(&self.config, &self.description) {
            faults.extend(failure.faults);
        }
        faults.extend(self.check_empty_decision());
        let said = metadata::public(self.config.metadata_for(&site.province), &self.description);
        faults.extend(said.err().into_iter().flat_map(|failure| failure.faults));
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

    fn sources(&self) -> Result<Vec<OpenSource<'_>>> {
        let mut opened = vec![];
        let mut faults = vec![];
        for (source, file) in self.config.source.iter().zip(&self.files) {
            match read::open(self.site, file, source) {
                Ok(table) => opened.push(OpenSource { table, file, config: &self.config, progress: self.progress }),
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

    fn content(&self, site: &SiteConfig, sources: &[OpenSource<'_>]) -> Result<(Content, Option<Bounds>)> {
        self.progress.begin(&format!("approve {}", self.id), 0);
        match self.config.kind {
            DatasetKind::DiaChinh => self.layer(site, sources, &noun::parcel(), Content::Parcels),
            DatasetKind::QuyHoach => self.layer(site, sources, &noun::plan_zone(), Content::Plans),
            DatasetKind::DiaGioi => self.layer(site, sources, &noun::admin_unit(), |units| {
                Content::Boundaries(Boundaries::of(units))
            }),
            DatasetKind::Nen => self.base(site, sources),
            DatasetKind::GiaDat => table(sources, &noun::price_row(), Content::Prices),
            DatasetKind::ThongKe => table(sources, &noun::statistics_row(), Content::Statistics),
            DatasetKind::HeSo => {
                Err(Fault::new(Stage::Snapshot, Exit::Usage, "coefficients (he_so) cannot be approved")
                    .file(&self.description)
                    .remedy("leave the dataset out: this version of congbo does not publish coefficients")
                    .into())
            }
        }
    }

    /// All sources of the dataset as one layer.
    fn layer<T>(
        &self,
        site: &SiteConfig,
        sources: &[OpenSource<'_>],
        noun: &Noun<T>,
        wrap: fn(Layer<T>) -> Content,
    ) -> Result<(Content, Option<Bounds>)> {
        let gathered = gather_all(sources, noun)?;
        let (layer, bounds) = gathered.into_layer(noun, &self.place(site)?)?;
        Ok((wrap(layer), Some(bounds)))
    }

    /// The base layer: one layer per source, each of one theme.
    fn base(&self, site: &SiteConfig, sources: &[OpenSource<'_>]) -> Result<(Content, Option<Bounds>)> {
        let mut layers = vec![];
        let mut corners = vec![];
        for (source, config) in sources.iter().zip(&self.config.source) {
            let theme = config.theme.ok_or_else(|| self.no_theme(config))?;
            let noun = noun::base_feature(theme);
            let (layer, [w, s, e, n]) = source.gather(&noun)?.into_layer(&noun, &self.place(site)?)?;
            corners.extend([[w, s], [e, n]]);
            layers.push(layer);
        }
        Ok((Content::Base(layers), extent::bounds(corners.into_iter())))
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

    fn record(&self, site: &SiteConfig, content: &Content, bounds: Option<Bounds>, files: Vec<ContentFile>) -> Result<Record> {
        let decision = self.config.decision.clone().ok_or_else(|| {
            Fault::new(Stage::Snapshot, Exit::Input, "the dataset has no decision").file(&self.description)
        })?;
        Ok(Record {
            format: 2,
            dataset: self.id.clone(),
            kind: self.config.kind,
            title: self.config.title.clone(),
            communes: self.config.communes.clone(),
            crs: self.config.crs,
            decision,
            supersedes: self.config.supersedes.clone(),
            sources: self.config.source.iter().chain(&self.config.events_source()).map(SourceRecord::new).collect(),
            rows: content.rows(),
            bounds_deg: bounds.map(|bounds| bounds.map(|degrees| (degrees * 1e7).round() / 1e7)),
            disclosed: self.config.fields.keys().cloned().collect(),
            withheld_columns: self.config.withhold.columns.len() as u32,
            metadata: metadata::public(self.config.metadata_for(&site.province), &self.description)?,
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
) -> Result<(Content, Option<Bounds>)> {
    Ok((wrap(gather_all(sources, noun)?.into_rows(noun)), None))
}

fn is_safe_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 64
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

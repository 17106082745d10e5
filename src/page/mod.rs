//! What people read: pages, price tables, map sheets, the search index and the map's styles.
//!
//! Everything is rendered from approved snapshots alone and handed to `write_file`, so that this stage
//! knows nothing of how a release is kept. Text of the data only ever reaches a page through a template
//! whose autoescape is on; templates fail on an undefined name instead of printing nothing.

mod about_data;
mod article;
mod assets;
mod bar_chart;
mod cadastre;
mod catalogue;
mod coefficient_table;
mod commune;
mod commune_prices;
mod consultation;
mod corners;
mod custom_properties;
mod dataset;
mod dcat;
mod error_report;
mod feeds;
mod former_unit;
mod home;
mod iso19115_3;
mod iso19139;
mod iso_elements;
mod iso_facts;
mod lonlat;
mod map;
mod map_style;
mod metadata;
mod moved;
mod name_index;
mod names;
mod not_found;
mod offline;
mod ogc;
mod packages;
mod page_facts;
mod panel;
mod parcel_sheet;
mod plan;
mod plan_cover;
mod price_decision;
mod price_figure;
mod price_files;
mod price_history;
mod price_table;
mod province_drawing;
mod qgis;
mod qgis_style;
mod road;
mod search_index;
mod search_page;
mod security_txt;
mod sheet;
mod sheet_drawing;
mod site;
mod sitemap;
mod sovereignty;
mod statistics;
mod template;
mod workbook;
mod xml;

use std::collections::BTreeMap;
use std::path::Path;

use jiff::civil::Date;
use rayon::prelude::*;
use serde::Serialize;

use crate::config::Localised;
use crate::config::site::SiteConfig;
use crate::error::{Failure, Fault, Result};
use crate::snapshot::Snapshot;
use crate::snapshot::succession::Standing;
pub use metadata::refuse_empty as refuse_empty_metadata;

use crate::model::language::Language;
use cadastre::{Cadastre, SheetParcels};
use catalogue::{Catalogue, CoefficientTable, Commune, PriceTable, Sheet};
use former_unit::FormerUnit;
use price_decision::PriceDecision;
use road::Road;
use site::{At, Site};

/// All that the pages are made of.
pub struct Inputs<'a> {
    pub site: &'a SiteConfig,
    /// Folder with `themes/` and `content/`.
    pub site_dir: &'a Path,
    pub standing: &'a Standing,
    pub tile_sets: &'a [TileSetFacts],
    /// Open data files that other stages wrote into the same edition.
    pub files: &'a [OpenFile],
    pub facts: Facts,
}

/// One open data file: anybody may fetch it without an account.
#[derive(Clone, Debug)]
pub struct OpenFile {
    /// Path of its address: `/open/dia_gioi/dia-gioi.fgb`.
    pub path: String,
    pub dataset: String,
    pub bytes: u64,
    pub sha256: String,
}

/// What a map style and the catalogue of data must know of one tile archive.
#[derive(Clone, Debug, Serialize)]
pub struct TileSetFacts {
    pub id: String,
    pub title: Localised,
    /// File name below `/archives/`, carrying its digest.
    pub archive: String,
    pub bytes: u64,
    pub sha256: String,
    /// Datasets that are in it.
    pub datasets: Vec<String>,
    pub minzoom: u8,
    pub maxzoom: u8,
    /// West, south, east, north in degrees of WGS 84.
    pub bounds_deg: [f64; 4],
    pub layers: Vec<TileLayerFacts>,
    pub attribution: String,
    /// What decoding the archive again found, by layer and zoom.
    pub proof: Vec<ZoomProof>,
}

/// How one layer is drawn at one zoom; metres on the ground.
#[derive(Clone, Debug, Serialize)]
pub struct ZoomProof {
    pub layer: String,
    pub zoom: u8,
    pub features_in: u64,
    pub features_drawn: u64,
    /// Of layers of polygons.
    pub borders: Option<BorderProof>,
}

#[derive(Clone, Debug, Serialize)]
pub struct BorderProof {
    /// 99 in 100 corners of the source lie nearer to the drawn border.
    pub error_99_m: f64,
    pub error_greatest_m: f64,
    pub gaps: u64,
    pub overlaps: u64,
}

#[derive(Clone, Debug, Serialize)]
pub struct TileLayerFacts {
    pub name: String,
    pub fields: Vec<String>,
}

/// What every page says about the data as a whole.
#[derive(Clone, Debug, Serialize)]
pub struct Facts {
    /// Date of the latest decision.
    pub data_date: Date,
    /// SHA-256 over all records, 64 hex digits.
    pub data_digest: String,
}

impl Facts {
    /// Facts of the given snapshots; `None` when there are none.
    pub fn of<'s>(snapshots: impl Iterator<Item = &'s Snapshot> + Clone) -> Option<Self> {
        use sha2::{Digest, Sha256};
        let data_date = snapshots.clone().map(|snapshot| snapshot.record.decision.date).max()?;
        let mut records: Vec<(&str, &str)> =
            snapshots.map(|snapshot| (snapshot.id.as_str(), snapshot.record_json.as_str())).collect();
        records.sort_unstable();
        let mut digest = Sha256::new();
        for (_, record) in records {
            digest.update(Sha256::digest(record.as_bytes()));
        }
        let data_digest = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Some(Facts { data_date, data_digest })
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PageReport {
    /// HTML pages of all languages.
    pub pages: u64,
    /// Files that are not pages: downloads, indexes, styles, assets.
    pub files: u64,
    pub bytes: u64,
}

/// Where a rendered file goes: a path below the edition (`site/xa/index.html`) and its bytes.
pub type WriteFile<'a> = dyn Fn(&str, &[u8]) -> Result<()> + Sync + 'a;

/// Renders every page and file of the public site.
///
/// # Errors
/// All faults of the run: metadata with an empty group, templates, assets, articles, and sheets that two
/// datasets both bring.
pub fn write(inputs: &Inputs, write_file: &WriteFile) -> Result<PageReport> {
    write_changed(inputs, write_file, &|_, _, _| Ok(None)).map(|written| written.report)
}

/// What a build wrote, and what the next one must know to take pages over.
pub struct Written {
    pub report: PageReport,
    /// How many of the pages were taken over from the earlier edition.
    pub taken_over: u64,
    /// Page → digest of all that it was made from.
    pub keys: BTreeMap<String, String>,
}

/// Takes over the files of a page (its path, its key) from an earlier edition; says how many bytes they have, or
/// `None` when the page must be rendered.
pub type TakeOver<'a> = dyn Fn(&str, &str, &[String]) -> Result<Option<u64>> + Sync + 'a;

/// As [`write`], but pages of which nothing has changed are taken over.
///
/// # Errors
/// As [`write`].
pub fn write_changed(inputs: &Inputs, write_file: &WriteFile, take_over: &TakeOver) -> Result<Written> {
    metadata::refuse_empty(inputs.standing.all())?;
    let cadastre = Cadastre::survey(inputs.site_dir, inputs.standing)?;
    let catalogue = Catalogue::new(inputs.standing, &cadastre)?;
    let site = Site::load(inputs, &catalogue)?;
    map::refuse_incomplete_territory(&site)?;
    let records = metadata::assemble(&site);
    let decisions = price_decision::all(&site);
    let pages = Page::all(&site, &records, &decisions);
    let mut written = write_pages(&site, &pages, write_file, take_over)?;
    for files in [
        coefficient_table::files(&site),
        vec![panel::land_uses()],
        former_unit::files(&site),
        dataset::files(&site, &records),
        dcat::files(&site, &records),
        search_index::all(&site),
        map_style::all(&site),
        sitemap::all(&site, &pages),
        feeds::all(&site, &records),
        security_txt::all(&site),
        qgis::files(&site),
        ogc::all(&site),
        assets::all(&site)?,
        offline::all(&site)?,
    ] {
        written.report.files += files.len() as u64;
        written.report.bytes += write_all(files, write_file)?;
    }
    Ok(written)
}

/// A file below `site/`.
struct OutputFile {
    path: String,
    bytes: Vec<u8>,
}

impl OutputFile {
    fn json(path: impl Into<String>, value: &serde_json::Value) -> Self {
        OutputFile { path: path.into(), bytes: value.to_string().into_bytes() }
    }
}

/// One page, without its language.
enum Page<'a> {
    Home,
    Map,
    EmbeddedMap,
    Search,
    NameIndex,
    Letter(&'a name_index::Letter),
    Communes,
    Commune(&'a Commune<'a>),
    Prices,
    Drafts,
    Roads,
    Road(&'a str, &'a Road<'a>),
    PriceDecision(&'a PriceDecision<'a>),
    PriceTable(&'a Commune<'a>, &'a PriceTable<'a>),
    CoefficientTable(&'a Commune<'a>, &'a CoefficientTable<'a>),
    Sheet(&'a Commune<'a>, &'a Sheet<'a>),
    ParcelSheet,
    Plans,
    Plan(&'a Commune<'a>),
    Statistics,
    Data,
    Dataset(&'a metadata::DatasetRecord<'a>),
    Units,
    FormerUnit(&'a FormerUnit<'a>),
    Article(&'a article::Article),
    ErrorReport,
    Packages,
    Moved(&'a moved::Moved),
    NotFound,
}

impl<'a> Page<'a> {
    fn all(
        site: &'a Site<'a>,
        records: &'a [metadata::DatasetRecord<'a>],
        decisions: &'a [PriceDecision<'a>],
    ) -> Vec<Page<'a>> {
        let mut pages = vec![Page::Home, Page::Map, Page::Search, Page::Communes, Page::Prices, Page::Plans];
        pages.extend([Page::EmbeddedMap, Page::NameIndex, Page::ErrorReport, Page::Packages]);
        pages.extend(site.moved.iter().map(Page::Moved));
        pages.extend(site.letters.iter().map(Page::Letter));
        pages.extend([Page::ParcelSheet, Page::Statistics, Page::Data, Page::Units, Page::NotFound]);
        pages.extend([Page::Drafts, Page::Roads]);
        pages.extend(site.roads.iter().map(|(slug, road)| Page::Road(slug, road)));
        pages.extend(decisions.iter().map(Page::PriceDecision));
        pages.extend(records.iter().map(Page::Dataset));
        pages.extend(site.former_units.iter().map(Page::FormerUnit));
        pages.extend(site.articles.iter().map(Page::Article));
        for commune in site.catalogue.communes.values() {
            pages.push(Page::Commune(commune));
            pages.extend(commune.coefficients.iter().map(|table| Page::CoefficientTable(commune, table)));
            pages.extend(commune.sheets.values().map(|sheet| Page::Sheet(commune, sheet)));
        }
        for commune in site.catalogue.with_past() {
            pages.extend(commune.price_tables().map(|table| Page::PriceTable(commune, table)));
        }
        pages.extend(plan::communes(site.catalogue).map(Page::Plan));
        pages
    }

    /// URL path in Vietnamese; other languages put their prefix before it.
    fn path(&self) -> String {
        match self {
            Page::Home => "/".into(),
            Page::Map => map::PATH.into(),
            Page::EmbeddedMap => map::EMBEDDED_PATH.into(),
            Page::NameIndex => name_index::LIST.into(),
            Page::Letter(letter) => letter.path(),
            Page::Search => "/tim-kiem/".into(),
            Page::Communes => "/xa/".into(),
            Page::Commune(commune) => commune.path(),
            Page::Prices => "/bang-gia-dat/".into(),
            Page::Drafts => consultation::PATH.into(),
            Page::Roads => road::LIST.into(),
            Page::Road(slug, _) => format!("{}{slug}/", road::LIST),
            Page::PriceDecision(decision) => decision.path(),
            Page::PriceTable(commune, table) => table.path(commune),
            Page::CoefficientTable(commune, table) => table.path(commune),
            Page::Sheet(commune, sheet) => sheet.path(commune),
            Page::ParcelSheet => parcel_sheet::PATH.into(),
            Page::Plans => "/quy-hoach/".into(),
            Page::Plan(commune) => plan::path(commune),
            Page::Statistics => "/thong-ke/".into(),
            Page::Data => "/du-lieu/".into(),
            Page::Dataset(record) => record.path(),
            Page::Units => former_unit::LIST.into(),
            Page::FormerUnit(former) => former.path(),
            Page::Article(article) => article.path(),
            Page::ErrorReport => error_report::PATH.into(),
            Page::Packages => packages::PATH.into(),
            Page::Moved(moved) => moved.from.clone(),
            Page::NotFound => "/404.html".into(),
        }
    }

    /// The page in every language, and the files that stand beside it.
    fn files(&self, site: &Site) -> Result<Rendered> {
        match self {
            Page::PriceTable(commune, table) => {
                let beside = price_files::of(site, commune, table);
                let html = self.html(site, |at| price_table::render(at, commune, table, &beside))?;
                Ok(Rendered { html, beside })
            }
            Page::PriceDecision(decision) => {
                let beside = price_decision::files(decision);
                let html = self.html(site, |at| price_decision::render(at, decision, &beside))?;
                Ok(Rendered { html, beside })
            }
            Page::Commune(commune) => {
                let html = self.html(site, |at| commune::render(at, commune))?;
                Ok(Rendered { html, beside: vec![panel::file(commune)] })
            }
            _ => Ok(Rendered { html: self.html(site, |at| self.render(at))?, beside: vec![] }),
        }
    }

    /// As [`Page::files`], of a map sheet.
    fn sheet_files(&self, site: &Site, commune: &Commune, sheet: &Sheet, parcels: &SheetParcels) -> Result<Rendered> {
        let measured = sheet::measure(site, commune, parcels);
        let html = self.html(site, |at| sheet::render(at, commune, sheet, &measured))?;
        Ok(Rendered { html, beside: vec![sheet::file(site, commune, sheet, &measured)] })
    }

    fn html(&self, site: &Site, render: impl Fn(&At) -> Result<String>) -> Result<Vec<OutputFile>> {
        let (path, facts) = (self.path(), self.facts(site));
        let of = |language: &Language| {
            let html = render(&site.at(*language, &path, &facts))?;
            Ok(OutputFile { path: format!("{}{path}", language.prefix()), bytes: html.into_bytes() })
        };
        site.languages.iter().map(of).collect()
    }

    /// Addresses of the files of a page that has a key: the page in every language, and what stands beside it.
    fn outputs(&self, site: &Site) -> Vec<String> {
        let path = self.path();
        let pages = site.languages.iter().map(|language| format!("{}{path}", language.prefix()));
        let beside = match self {
            Page::Sheet(commune, sheet) => vec![sheet::file_path(commune, sheet)],
            Page::PriceTable(commune, table) => price_files::paths(commune, table).to_vec(),
            _ => vec![],
        };
        pages.chain(beside).collect()
    }

    /// Pages without a file beside them.
    fn render(&self, at: &At) -> Result<String> {
        match self {
            Page::Home => home::render(at),
            Page::Map => map::render(at),
            Page::EmbeddedMap => map::render_embedded(at),
            Page::NameIndex => name_index::render_list(at),
            Page::Letter(letter) => name_index::render(at, letter),
            Page::Search => search_page::render(at),
            Page::Communes => commune::render_list(at),
            Page::Prices => price_table::render_list(at),
            Page::Drafts => consultation::render(at),
            Page::Roads => road::render_list(at),
            Page::Road(_, road) => road::render(at, road),
            Page::CoefficientTable(commune, table) => coefficient_table::render(at, commune, table),
            Page::ParcelSheet => parcel_sheet::render(at),
            Page::Plans => plan::render_list(at),
            Page::Plan(commune) => plan::render(at, commune),
            Page::Statistics => statistics::render(at),
            Page::Data => about_data::render(at),
            Page::Dataset(record) => dataset::render(at, record),
            Page::Units => former_unit::render_list(at),
            Page::FormerUnit(former) => former_unit::render(at, former),
            Page::Article(article) => article::render(at, article),
            Page::ErrorReport => error_report::render(at),
            Page::Packages => packages::render(at),
            Page::Moved(moved) => moved::render(at, moved),
            Page::NotFound => not_found::render(at),
            Page::Sheet(..) | Page::PriceTable(..) | Page::PriceDecision(_) | Page::Commune(_) => {
                unreachable!("rendered with its files")
            }
        }
    }
}

/// What one job makes: it is written as soon as it is there, so that no more than a page for each thread is in
/// memory.
struct Rendered {
    html: Vec<OutputFile>,
    beside: Vec<OutputFile>,
}

/// Where pages go, and where pages of the last build are found.
struct Writing<'w> {
    site: &'w Site<'w>,
    around: String,
    write_file: &'w WriteFile<'w>,
    take_over: &'w TakeOver<'w>,
}

fn write_pages(site: &Site, pages: &[Page], write_file: &WriteFile, take_over: &TakeOver) -> Result<Written> {
    let writing = Writing { site, around: page_facts::surroundings(site), write_file, take_over };
    let mut written = Written { report: PageReport::default(), taken_over: 0, keys: BTreeMap::new() };
    let without_parcels: Vec<&Page> = pages.iter().filter(|page| !matches!(page, Page::Sheet(..))).collect();
    let made = without_parcels.par_iter().map(|page| writing.page(page, |page| page.files(site))).collect();
    let mut faults = written.add_all(made);
    site.catalogue.cadastre.each_commune(|code, parcels| {
        let commune = &site.catalogue.communes[code];
        faults.extend(written.add_all(writing.sheets(commune, parcels)));
        let files = search_index::parcels(commune, parcels);
        written.report.files += files.len() as u64;
        written.report.bytes += write_all(files, write_file)?;
        Ok(())
    })?;
    Failure::unless_empty(faults).map(|()| written)
}

impl Writing<'_> {
    fn sheets(&self, commune: &Commune, parcels: &BTreeMap<u32, SheetParcels>) -> Vec<Result<Made>> {
        let sheets: Vec<(&Sheet, &SheetParcels)> =
            parcels.iter().filter_map(|(number, parcels)| Some((commune.sheets.get(number)?, parcels))).collect();
        let write = |(sheet, parcels): &(&Sheet, &SheetParcels)| {
            self.page(&Page::Sheet(commune, sheet), |page| page.sheet_files(self.site, commune, sheet, parcels))
        };
        sheets.par_iter().map(write).collect()
    }

    fn page<'p>(&self, page: &Page<'p>, render: impl Fn(&Page<'p>) -> Result<Rendered>) -> Result<Made> {
        let path = page.path();
        let key = page.key(self.site).map(|key| format!("{}-{key}", self.around));
        if let Some(key) = &key {
            let files: Vec<String> = page.outputs(self.site).iter().map(|path| file_of(path)).collect();
            if let Some(bytes) = (self.take_over)(&path, key, &files)? {
                let pages = self.site.languages.len() as u64;
                let report = PageReport { pages, files: files.len() as u64 - pages, bytes };
                return Ok(Made { path, report, key: Some(key.clone()), taken_over: pages });
            }
        }
        let Rendered { html, beside } = render(page)?;
        let (pages, files) = (html.len() as u64, beside.len() as u64);
        let bytes = write_all(html, self.write_file)? + write_all(beside, self.write_file)?;
        Ok(Made { path, report: PageReport { pages, files, bytes }, key, taken_over: 0 })
    }
}

/// What became of one page.
struct Made {
    path: String,
    report: PageReport,
    key: Option<String>,
    taken_over: u64,
}

impl Written {
    /// The faults of the pages that could not be made.
    fn add_all(&mut self, pages: Vec<Result<Made>>) -> Vec<Fault> {
        let mut faults = vec![];
        for made in pages {
            match made {
                Ok(made) => self.add(made),
                Err(failure) => faults.extend(failure.faults),
            }
        }
        faults
    }

    fn add(&mut self, made: Made) {
        self.report.pages += made.report.pages;
        self.report.files += made.report.files;
        self.report.bytes += made.report.bytes;
        self.taken_over += made.taken_over;
        self.keys.extend(made.key.map(|key| (made.path, key)));
    }
}

fn write_all(files: Vec<OutputFile>, write_file: &WriteFile) -> Result<u64> {
    let mut bytes = 0;
    for file in files {
        write_file(&file_of(&file.path), &file.bytes)?;
        bytes += file.bytes.len() as u64;
    }
    Ok(bytes)
}

/// The file behind a URL path: `/xa/` is `site/xa/index.html`.
fn file_of(path: &str) -> String {
    if path.ends_with('/') { format!("site{path}index.html") } else { format!("site{path}") }
}

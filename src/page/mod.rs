//! What people read: pages, price tables, map sheets, the search index and the map's styles.
//!
//! Everything is rendered from approved snapshots alone and handed to `write_file`, so that this stage
//! knows nothing of how a release is kept. Text of the data only ever reaches a page through a template
//! whose autoescape is on; templates fail on an undefined name instead of printing nothing.

mod about_data;
mod article;
mod assets;
mod bar_chart;
mod catalogue;
mod coefficient_table;
mod commune;
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
mod language;
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
mod panel;
mod plan;
mod price_figure;
mod price_files;
mod price_table;
mod qgis;
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
mod xml;

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

use catalogue::{Catalogue, CoefficientTable, Commune, PriceTable, Sheet};
use former_unit::FormerUnit;
use language::Language;
use site::Site;

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
    metadata::refuse_empty(inputs.standing.all())?;
    let catalogue = Catalogue::new(inputs.standing)?;
    let site = Site::load(inputs, &catalogue)?;
    map::refuse_incomplete_territory(&site)?;
    let records = metadata::assemble(&site);
    let pages = Page::all(&site, &records);
    let mut report = write_pages(&site, &pages, write_file)?;
    for files in [
        price_files::all(&site),
        coefficient_table::files(&site),
        panel::all(&site),
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
        report.files += files.len() as u64;
        report.bytes += write_all(files, write_file)?;
    }
    Ok(report)
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
    PriceTable(&'a Commune<'a>, &'a PriceTable<'a>),
    CoefficientTable(&'a Commune<'a>, &'a CoefficientTable<'a>),
    Sheet(&'a Commune<'a>, &'a Sheet<'a>),
    Plans,
    Plan(&'a Commune<'a>),
    Statistics,
    Data,
    Dataset(&'a metadata::DatasetRecord<'a>),
    Units,
    FormerUnit(&'a FormerUnit<'a>),
    Article(&'a article::Article),
    ErrorReport,
    Moved(&'a moved::Moved),
    NotFound,
}

impl<'a> Page<'a> {
    fn all(site: &'a Site<'a>, records: &'a [metadata::DatasetRecord<'a>]) -> Vec<Page<'a>> {
        let mut pages = vec![Page::Home, Page::Map, Page::Search, Page::Communes, Page::Prices, Page::Plans];
        pages.extend([Page::Statistics, Page::Data, Page::Units, Page::NotFound]);
        pages.extend([Page::EmbeddedMap, Page::NameIndex, Page::ErrorReport]);
        pages.extend(site.moved.iter().map(Page::Moved));
        pages.extend(site.letters.iter().map(Page::Letter));
        pages.extend(records.iter().map(Page::Dataset));
        pages.extend(site.former_units.iter().map(Page::FormerUnit));
        pages.extend(site.articles.iter().map(Page::Article));
        for commune in site.catalogue.communes.values() {
            pages.push(Page::Commune(commune));
            pages.extend(commune.coefficients.iter().map(|table| Page::CoefficientTable(commune, table)));
            pages.extend(commune.sheets.values().map(|sheet| Page::Sheet(commune, sheet)));
        }
        for commune in site.catalogue.with_past() {
            pages.extend(commune.prices.iter().map(|table| Page::PriceTable(commune, table)));
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
            Page::PriceTable(commune, table) => table.path(commune),
            Page::CoefficientTable(commune, table) => table.path(commune),
            Page::Sheet(commune, sheet) => sheet.path(commune),
            Page::Plans => "/quy-hoach/".into(),
            Page::Plan(commune) => plan::path(commune),
            Page::Statistics => "/thong-ke/".into(),
            Page::Data => "/du-lieu/".into(),
            Page::Dataset(record) => record.path(),
            Page::Units => former_unit::LIST.into(),
            Page::FormerUnit(former) => former.path(),
            Page::Article(article) => article.path(),
            Page::ErrorReport => error_report::PATH.into(),
            Page::Moved(moved) => moved.from.clone(),
            Page::NotFound => "/404.html".into(),
        }
    }

    fn render(&self, site: &Site, language: Language) -> Result<String> {
        let path = self.path();
        let at = site.at(language, &path);
        match self {
            Page::Home => home::render(&at),
            Page::Map => map::render(&at),
            Page::EmbeddedMap => map::render_embedded(&at),
            Page::NameIndex => name_index::render_list(&at),
            Page::Letter(letter) => name_index::render(&at, letter),
            Page::Search => search_page::render(&at),
            Page::Communes => commune::render_list(&at),
            Page::Commune(commune) => commune::render(&at, commune),
            Page::Prices => price_table::render_list(&at),
            Page::PriceTable(commune, table) => price_table::render(&at, commune, table),
            Page::CoefficientTable(commune, table) => coefficient_table::render(&at, commune, table),
            Page::Sheet(commune, sheet) => sheet::render(&at, commune, sheet),
            Page::Plans => plan::render_list(&at),
            Page::Plan(commune) => plan::render(&at, commune),
            Page::Statistics => statistics::render(&at),
            Page::Data => about_data::render(&at),
            Page::Dataset(record) => dataset::render(&at, record),
            Page::Units => former_unit::render_list(&at),
            Page::FormerUnit(former) => former_unit::render(&at, former),
            Page::Article(article) => article::render(&at, article),
            Page::ErrorReport => error_report::render(&at),
            Page::Moved(moved) => moved::render(&at, moved),
            Page::NotFound => not_found::render(&at),
        }
    }
}

fn write_pages(site: &Site, pages: &[Page], write_file: &WriteFile) -> Result<PageReport> {
    let jobs: Vec<(&Page, Language)> =
        pages.iter().flat_map(|page| site.languages.iter().map(move |language| (page, *language))).collect();
    let results: Vec<Result<u64>> = jobs
        .par_iter()
        .map(|(page, language)| {
            let html = page.render(site, *language)?;
            write_file(&file_of(&format!("{}{}", language.prefix(), page.path())), html.as_bytes())?;
            Ok(html.len() as u64)
        })
        .collect();
    let mut faults: Vec<Fault> = vec![];
    let mut report = PageReport::default();
    for result in results {
        match result {
            Ok(bytes) => {
                report.pages += 1;
                report.bytes += bytes;
            }
            Err(failure) => faults.extend(failure.faults),
        }
    }
    Failure::unless_empty(faults).map(|()| report)
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

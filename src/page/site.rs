//! What all pages share: configuration, catalogue, theme and the languages.

use std::collections::BTreeMap;
use std::path::PathBuf;

use minijinja::value::Value;
use minijinja::{Environment, context};

use super::article::{self, Article};
use super::assets;
use super::catalogue::Catalogue;
use super::custom_properties::CustomProperties;
use super::former_unit::{self, FormerUnit};
use super::moved::{self, Moved};
use super::name_index::{self, Letter};
use super::plan_cover::PlanCover;
use super::price_history::PriceHistory;
use super::road::{self, Road};
use super::template::view;
use super::{Facts, Inputs, template};
use crate::config::days_off::{self, DaysOff};
use crate::digest::{sha256, sha256_file};
use crate::error::{Exit, Fault, Result, Stage};
use crate::model::language::Language;

pub struct Site<'a> {
    pub inputs: &'a Inputs<'a>,
    pub catalogue: &'a Catalogue<'a>,
    /// Units that were renamed, merged or divided.
    pub former_units: Vec<FormerUnit<'a>>,
    pub languages: Vec<Language>,
    pub articles: Vec<Article>,
    /// Logical name → file name with its digest.
    pub assets: BTreeMap<String, String>,
    pub days_off: DaysOff,
    /// The index of names by letter.
    pub letters: Vec<Letter>,
    /// Addresses that lead on.
    pub moved: Vec<Moved>,
    /// The province's own colours and type.
    pub properties: CustomProperties,
    pub plan_cover: PlanCover<'a>,
    pub price_history: PriceHistory<'a>,
    /// Roads of the price tables by slug.
    pub roads: BTreeMap<String, Road<'a>>,
    engines: Vec<Environment<'static>>,
}

/// One page about to be rendered: its language and its path without the language's prefix.
pub struct At<'a> {
    pub site: &'a Site<'a>,
    pub language: Language,
    path: &'a str,
    facts: &'a Facts,
}

impl<'a> Site<'a> {
    pub fn load(inputs: &'a Inputs<'a>, catalogue: &'a Catalogue<'a>) -> Result<Self> {
        let languages = languages(inputs)?;
        let theme = theme_folder(inputs);
        let assets = assets::names(&theme)?;
        let properties = match &inputs.site.site.properties {
            Some(file) => CustomProperties::load(inputs.site_dir, file)?,
            None => CustomProperties::default(),
        };
        let mut engines = vec![];
        for language in &languages {
            let mut engine = template::engine(*language, &theme)?;
            add_globals(&mut engine, inputs, &assets);
            engines.push(engine);
        }
        let articles = article::load_all(inputs.site_dir)?;
        let former_units = former_unit::all(catalogue)?;
        let price_history = PriceHistory::new(catalogue, &former_units);
        let roads = road::all(catalogue);
        let plan_cover = PlanCover::new(catalogue);
        let days_off = days_off::load(inputs.site_dir, &inputs.site.deadlines)?;
        let (letters, moved) = (vec![], vec![]);
        let mut site = Site {
            inputs,
            catalogue,
            former_units,
            languages,
            articles,
            assets,
            days_off,
            plan_cover,
            price_history,
            roads,
            letters,
            moved,
            properties,
            engines,
        };
        site.letters = name_index::all(&site);
        site.moved = moved::all(&site);
        Ok(site)
    }

    pub fn theme_folder(&self) -> PathBuf {
        theme_folder(self.inputs)
    }

    /// `facts` are those of the data on the page.
    pub fn at(&'a self, language: Language, path: &'a str, facts: &'a Facts) -> At<'a> {
        At { site: self, language, path, facts }
    }

    /// Digest of the theme: templates, words, and the built files, whose names carry their own digests.
    pub fn theme_digest(&self) -> String {
        let theme = self.theme_folder();
        let mut files: Vec<PathBuf> = ["templates", "words"]
            .iter()
            .filter_map(|folder| std::fs::read_dir(theme.join(folder)).ok())
            .flat_map(|folder| folder.filter_map(|entry| Some(entry.ok()?.path())))
            .collect();
        files.sort();
        let texts = files.iter().filter_map(|file| sha256_file(file).ok());
        sha256(format!("{}{:?}", texts.collect::<String>(), self.assets).as_bytes())
    }

    /// Absolute URL of a path, from the configured public URL alone.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.inputs.site.site.public_url.trim_end_matches('/'))
    }

    fn engine(&self, language: Language) -> &Environment<'static> {
        let at = self.languages.iter().position(|other| *other == language);
        &self.engines[at.expect("pages are rendered in the site's languages only")]
    }
}

impl At<'_> {
    pub fn render(&self, template: &str, context: Value) -> Result<String> {
        let alternates: Vec<_> = self.site.languages.iter().map(|language| self.alternate(*language)).collect();
        let here = format!("{}{}", self.language.prefix(), self.path);
        let articles: Vec<_> = self.site.articles.iter().map(|article| article.link(self.language)).collect();
        let facts = view(self.facts);
        let context =
            context! { articles, facts, path => self.path, here => self.site.url(&here), alternates, ..context };
        let engine = self.site.engine(self.language);
        let rendered = engine.get_template(template).and_then(|page| page.render(context));
        rendered.map_err(|e| template::fault(template, &e).feature(here).into())
    }

    fn alternate(&self, language: Language) -> Value {
        let path = format!("{}{}", language.prefix(), self.path);
        context! { id => language.id(), url => self.site.url(&path), path, current => language == self.language }
    }
}

fn theme_folder(inputs: &Inputs) -> PathBuf {
    inputs.site_dir.join("themes").join(&inputs.site.site.theme)
}

fn languages(inputs: &Inputs) -> Result<Vec<Language>> {
    inputs.site.site.languages.iter().map(|id| Language::from_id(id).ok_or_else(|| unknown_language(id))).collect()
}

fn unknown_language(id: &str) -> crate::error::Failure {
    Fault::new(Stage::Page, Exit::Usage, format!("no pages can be written in language '{id}'"))
        .file("congbo.toml")
        .remedy("set languages under [site] to some of \"vi\", \"en\"")
        .into()
}

fn add_globals(engine: &mut Environment<'static>, inputs: &Inputs, assets: &BTreeMap<String, String>) {
    engine.add_global("province", view(&inputs.site.province));
    engine.add_global("site", view(&inputs.site.site));
    engine.add_global("assets", view(assets));
    engine.add_global("notices", view(&inputs.site.notice));
    engine.add_global("properties", inputs.site.site.properties.as_ref().map(|_| super::assets::PROPERTIES));
}

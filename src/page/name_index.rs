//! Index pages: every commune of today and of old, every road, water and place by its first letter, so that all
//! can be found without a script.

use std::collections::BTreeMap;

use minijinja::{Value, context};

use super::names::{self, Name, NameKind};
use super::site::{At, Site};
use crate::error::Result;
use crate::model::search_words::{search_words, telling};
use crate::model::text::{commune_slug, fold};

pub const LIST: &str = "/muc-luc/";

/// One letter, or `0` for names that begin with a figure.
pub struct Letter {
    pub letter: char,
    entries: Vec<Entry>,
}

struct Entry {
    kind: &'static str,
    name: String,
    commune: Option<String>,
    /// Page of text: prices of a road, or a unit.
    path: Option<String>,
    bounds: Option<[f64; 4]>,
}

impl Letter {
    pub fn path(&self) -> String {
        format!("{LIST}{}/", self.letter)
    }
}

/// In the order of the alphabet; each entry under the first of its telling words.
pub fn all(site: &Site) -> Vec<Letter> {
    let mut letters: BTreeMap<char, Vec<Entry>> = BTreeMap::new();
    for entry in entries(site) {
        letters.entry(first_letter(&entry.name)).or_default().push(entry);
    }
    let sorted = |(letter, mut entries): (char, Vec<Entry>)| {
        entries.sort_by_cached_key(|entry| (sort_key(&entry.name), entry.commune.clone(), entry.kind));
        Letter { letter, entries }
    };
    letters.into_iter().map(sorted).collect()
}

fn first_letter(name: &str) -> char {
    let words = search_words(name);
    let first = telling(&words).first().and_then(|word| word.chars().next()).unwrap_or('0');
    if first.is_ascii_lowercase() { first } else { '0' }
}

/// `Đường Lê Lợi` stands under Lê; names alike but for their marks stand together.
fn sort_key(name: &str) -> (String, String) {
    let words = search_words(name);
    (telling(&words).join(" "), fold(name) + name)
}

fn entries(site: &Site) -> Vec<Entry> {
    let units = site.catalogue.communes.values().map(|commune| Entry {
        kind: "xa",
        name: commune.name.to_owned(),
        commune: None,
        path: Some(commune.path()),
        bounds: commune.bounds(),
    });
    let former = site.former_units.iter().map(|former| Entry {
        kind: "xa_cu",
        name: former.name.to_owned(),
        commune: None,
        path: Some(former.path()),
        bounds: former.bounds,
    });
    let named = names::all(site);
    units.chain(former).chain(named.iter().map(|name| named_entry(site, name))).collect()
}

fn named_entry(site: &Site, name: &Name) -> Entry {
    let commune = name.commune.and_then(|code| site.catalogue.communes.get(code));
    let price = name.price.as_ref().zip(commune);
    Entry {
        kind: match name.kind {
            NameKind::Road => "duong",
            NameKind::Water => "thuy_he",
            NameKind::Place => "dia_danh",
        },
        name: name.name.clone(),
        commune: commune.map(|commune| commune.name.to_owned()),
        path: price.map(|((dataset, anchor), commune)| {
            format!("/bang-gia-dat/{dataset}/{}/#{anchor}", commune_slug(commune.code, commune.name))
        }),
        bounds: name.bounds,
    }
}

pub fn render_list(at: &At) -> Result<String> {
    at.render(
        "name_index.html",
        context! { letters => letters(at.site), letter => Value::from(()), entries => Vec::<Value>::new() },
    )
}

pub fn render(at: &At, letter: &Letter) -> Result<String> {
    let entries: Vec<Value> = letter.entries.iter().map(entry_view).collect();
    at.render("name_index.html", context! { letters => letters(at.site), letter => shown(letter.letter), entries })
}

fn letters(site: &Site) -> Vec<Value> {
    let view = |letter: &Letter| context! { letter => shown(letter.letter), path => letter.path(), count => letter.entries.len() };
    site.letters.iter().map(view).collect()
}

fn shown(letter: char) -> String {
    if letter == '0' { "0–9".into() } else { letter.to_uppercase().collect() }
}

fn entry_view(entry: &Entry) -> Value {
    context! {
        kind => entry.kind,
        name => &entry.name,
        commune => &entry.commune,
        path => &entry.path,
        map_box => entry.bounds.map(|bounds| bounds.map(|degrees| degrees.to_string()).join(",")),
    }
}

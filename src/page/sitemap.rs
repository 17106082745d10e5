//! `sitemap.xml` and `robots.txt`.

use std::fmt::Write as _;

use super::site::Site;
use super::{OutputFile, Page};
use crate::model::language::Language;

pub fn all(site: &Site, pages: &[Page]) -> Vec<OutputFile> {
    let mut files = sitemaps(site, &urls(site, pages));
    files.push(OutputFile { path: "/robots.txt".into(), bytes: robots(site).into_bytes() });
    files
}

/// A sitemap may hold no more (sitemaps.org, protocol 0.9).
const MOST_URLS: usize = 50_000;

/// One page: its address in each language, and those as the alternates of each other.
struct Entry {
    url: String,
    alternates: String,
}

/// `sitemap.xml` with all addresses, or with the addresses of the sitemaps that hold them.
fn sitemaps(site: &Site, urls: &[Entry]) -> Vec<OutputFile> {
    let date = site.inputs.facts.data_date.to_string();
    if urls.len() <= MOST_URLS {
        return vec![document("/sitemap.xml".into(), "urlset", "url", urls, &date)];
    }
    let path = |i: usize| format!("/sitemap-{}.xml", i + 1);
    let parts = urls.chunks(MOST_URLS).enumerate().map(|(i, urls)| document(path(i), "urlset", "url", urls, &date));
    let mut files: Vec<OutputFile> = parts.collect();
    let name = |i| Entry { url: site.url(&path(i)), alternates: String::new() };
    let names: Vec<Entry> = (0..files.len()).map(name).collect();
    files.push(document("/sitemap.xml".into(), "sitemapindex", "sitemap", &names, &date));
    files
}

fn urls(site: &Site, pages: &[Page]) -> Vec<Entry> {
    let shown =
        pages.iter().filter(|page| !matches!(page, Page::NotFound | Page::Search | Page::EmbeddedMap | Page::Moved(_)));
    let of = |page: &Page| {
        let path = page.path();
        let url = |language: &Language| escaped(&site.url(&format!("{}{path}", language.prefix())));
        let alternates = alternates(site, &url);
        let entry = |language| Entry { url: url(language), alternates: alternates.clone() };
        site.languages.iter().map(entry).collect::<Vec<_>>()
    };
    shown.flat_map(of).collect()
}

/// Nothing where there is one language; `x-default` is Vietnamese.
fn alternates(site: &Site, url: &impl Fn(&Language) -> String) -> String {
    if site.languages.len() < 2 {
        return String::new();
    }
    let link =
        |id: &str, language| format!("<xhtml:link rel=\"alternate\" hreflang=\"{id}\" href=\"{}\"/>", url(language));
    let each = site.languages.iter().map(|language| link(language.id(), language));
    each.chain(site.languages.first().map(|language| link("x-default", language))).collect()
}

fn escaped(url: &str) -> String {
    url.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

fn document(path: String, root: &str, entry: &str, urls: &[Entry], date: &str) -> OutputFile {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let namespaces =
        "xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" xmlns:xhtml=\"http://www.w3.org/1999/xhtml\"";
    let _ = writeln!(xml, "<{root} {namespaces}>");
    for Entry { url, alternates } in urls {
        let _ = writeln!(xml, "<{entry}><loc>{url}</loc><lastmod>{date}</lastmod>{alternates}</{entry}>");
    }
    let _ = writeln!(xml, "</{root}>");
    OutputFile { path, bytes: xml.into_bytes() }
}

/// Accounts and requests are nobody's search result; earlier editions would compete with the current one.
fn robots(site: &Site) -> String {
    let hidden = ["/tai-khoan/", "/yeu-cau/", "/trich-xuat/", "/v/"].map(|path| format!("Disallow: {path}\n")).concat();
    format!("User-agent: *\n{hidden}Sitemap: {}\n", site.url("/sitemap.xml"))
}

//! `sitemap.xml` and `robots.txt`.

use std::fmt::Write as _;

use super::site::Site;
use super::{OutputFile, Page};

pub fn all(site: &Site, pages: &[Page]) -> Vec<OutputFile> {
    let mut files = sitemaps(site, &urls(site, pages));
    files.push(OutputFile { path: "/robots.txt".into(), bytes: robots(site).into_bytes() });
    files
}

/// A sitemap may hold no more (sitemaps.org, protocol 0.9).
const MOST_URLS: usize = 50_000;

/// `sitemap.xml` with all addresses, or with the addresses of the sitemaps that hold them.
fn sitemaps(site: &Site, urls: &[String]) -> Vec<OutputFile> {
    let date = site.inputs.facts.data_date.to_string();
    if urls.len() <= MOST_URLS {
        return vec![document("/sitemap.xml".into(), "urlset", "url", urls, &date)];
    }
    let path = |i: usize| format!("/sitemap-{}.xml", i + 1);
    let parts = urls.chunks(MOST_URLS).enumerate().map(|(i, urls)| document(path(i), "urlset", "url", urls, &date));
    let mut files: Vec<OutputFile> = parts.collect();
    let names: Vec<String> = (0..files.len()).map(|i| site.url(&path(i))).collect();
    files.push(document("/sitemap.xml".into(), "sitemapindex", "sitemap", &names, &date));
    files
}

fn urls(site: &Site, pages: &[Page]) -> Vec<String> {
    let shown = pages.iter().filter(|page| !matches!(page, Page::NotFound | Page::Search | Page::EmbeddedMap));
    let of = |page: &Page| {
        let path = page.path();
        site.languages.iter().map(|language| site.url(&format!("{}{path}", language.prefix()))).collect::<Vec<_>>()
    };
    shown.flat_map(of).collect()
}

fn document(path: String, root: &str, entry: &str, urls: &[String], date: &str) -> OutputFile {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(xml, "<{root} xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">");
    for url in urls {
        let url = url.replace('&', "&amp;").replace('<', "&lt;");
        let _ = writeln!(xml, "<{entry}><loc>{url}</loc><lastmod>{date}</lastmod></{entry}>");
    }
    let _ = writeln!(xml, "</{root}>");
    OutputFile { path, bytes: xml.into_bytes() }
}

/// Accounts and requests are nobody's search result; earlier editions would compete with the current one.
fn robots(site: &Site) -> String {
    let hidden = ["/tai-khoan/", "/yeu-cau/", "/trich-xuat/", "/v/"].map(|path| format!("Disallow: {path}\n")).concat();
    format!("User-agent: *\n{hidden}Sitemap: {}\n", site.url("/sitemap.xml"))
}

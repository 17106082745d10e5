//! `sitemap.xml` and `robots.txt`.

use std::fmt::Write as _;

use super::site::Site;
use super::{OutputFile, Page};

pub fn all(site: &Site, pages: &[Page]) -> Vec<OutputFile> {
    vec![
        OutputFile { path: "/sitemap.xml".into(), bytes: sitemap(site, pages).into_bytes() },
        OutputFile { path: "/robots.txt".into(), bytes: robots(site).into_bytes() },
    ]
}

fn sitemap(site: &Site, pages: &[Page]) -> String {
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n",
    );
    for page in pages.iter().filter(|page| !matches!(page, Page::NotFound)) {
        for language in &site.languages {
            let url = site.url(&format!("{}{}", language.prefix(), page.path()));
            let url = url.replace('&', "&amp;").replace('<', "&lt;");
            let _ = writeln!(xml, "<url><loc>{url}</loc><lastmod>{}</lastmod></url>", site.inputs.facts.data_date);
        }
    }
    xml.push_str("</urlset>\n");
    xml
}

/// Accounts and requests are nobody's search result; earlier editions would compete with the current one.
fn robots(site: &Site) -> String {
    let hidden = ["/tai-khoan/", "/yeu-cau/", "/trich-xuat/", "/v/"].map(|path| format!("Disallow: {path}\n")).concat();
    format!("User-agent: *\n{hidden}Sitemap: {}\n", site.url("/sitemap.xml"))
}

//! Pages, styles, scripts and pictures of the site.

use super::prepared;
use crate::serve::edition::{Edition, Page, Prepared};
use crate::serve::headers::Cache;
use crate::serve::request::{Answer, Asked, Found};
use crate::serve::site::Generation;

pub(super) fn page(edition: &Edition, generation: &Generation, asked: &Asked<'_>) -> Answer {
    let cache = if is_digest_named(asked.path) { Cache::Immutable } else { Cache::Revalidate };
    match find(edition, generation, asked.path) {
        Some(Page::File(file)) => Answer::Found(prepared(file, cache, asked)),
        Some(Page::Moved(target)) => Answer::Moved(target.clone()),
        None => Answer::Missing(not_found_page(edition, asked)),
    }
}

/// A page loaded just before a swap may still ask for its own scripts; their names say which ones.
fn find<'a>(edition: &'a Edition, generation: &'a Generation, path: &str) -> Option<&'a Page> {
    let elsewhere = || {
        let editions = std::iter::once(&generation.current).chain(&generation.earlier);
        editions.filter(|_| is_digest_named(path)).find_map(|edition| edition.pages.get(path))
    };
    edition.pages.get(path).or_else(elsewhere)
}

/// `/assets/<name>-<digest>.<ext>` as themes name their outputs: ten digits of the content's SHA-256.
fn is_digest_named(path: &str) -> bool {
    let Some(name) = path.strip_prefix("/assets/") else { return false };
    let Some((_, rest)) = name.rsplit_once('-') else { return false };
    let hash = rest.split('.').next().unwrap_or_default();
    let is_digest = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    hash.len() == 10 && hash.len() < rest.len() && hash.bytes().all(is_digest)
}

/// The 404 page of the language asked in, or the site's.
fn not_found_page(edition: &Edition, asked: &Asked<'_>) -> Option<Found> {
    let language = asked.path.split('/').nth(1).unwrap_or_default();
    let page = file(edition, &format!("/{language}/404.html")).or_else(|| file(edition, "/404.html"))?;
    Some(prepared(page, Cache::Revalidate, asked))
}

fn file<'a>(edition: &'a Edition, path: &str) -> Option<&'a Prepared> {
    match edition.pages.get(path)? {
        Page::File(file) => Some(file),
        Page::Moved(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::is_digest_named;

    #[test]
    fn only_names_with_a_digest_are_kept_for_ever() {
        assert!(
            is_digest_named("/assets/app-1a2b3c4d5e.js")
                && is_digest_named("/assets/be-vietnam-pro-latin-600-9503dec2a7.woff2")
        );
        for path in [
            "/assets/app.js",
            "/assets/app-1A2B3C4D5E.js",
            "/assets/app-1a2b3c4d5e",
            "/app-1a2b3c4d5e.js",
            "/assets/a-1a2b3c4.js",
        ] {
            assert!(!is_digest_named(path), "{path}");
        }
    }
}

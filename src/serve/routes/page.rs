//! Pages, styles, scripts and pictures of the site.

use super::prepared;
use crate::serve::edition::{Edition, Page, Prepared};
use crate::serve::headers::Cache;
use crate::serve::request::{Answer, Asked, Found};
use crate::serve::site::Generation;

pub(super) fn page(generation: &Generation, asked: &Asked<'_>) -> Answer {
    let cache = if is_digest_named(asked.path) { Cache::Immutable } else { Cache::Revalidate };
    match find(generation, asked.path) {
        Some(Page::File(file)) => Answer::Found(prepared(file, cache, asked)),
        Some(Page::Moved(target)) => Answer::Moved(target.clone()),
        None => Answer::Missing(not_found_page(&generation.current, asked)),
    }
}

/// A page loaded just before a swap may still ask for its own scripts; their names say which ones.
fn find<'a>(generation: &'a Generation, path: &str) -> Option<&'a Page> {
    let previous = || {
        let edition = generation.previous.as_ref().filter(|_| is_digest_named(path))?;
        edition.pages.get(path)
    };
    generation.current.pages.get(path).or_else(previous)
}

/// `/assets/<name>-<HASH>.<ext>`, as esbuild names its outputs: eight of A-Z and 2-7.
fn is_digest_named(path: &str) -> bool {
    let Some(name) = path.strip_prefix("/assets/") else { return false };
    let Some((_, rest)) = name.rsplit_once('-') else { return false };
    let hash = rest.split('.').next().unwrap_or_default();
    hash.len() == 8 && hash.len() < rest.len() && hash.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
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
        assert!(is_digest_named("/assets/app-1A2B3C4D.js") && is_digest_named("/assets/be-vietnam-pro-QWERTY23.woff2"));
        for path in [
            "/assets/app.js",
            "/assets/app-1a2b3c4d.js",
            "/assets/app-1A2B3C4D",
            "/app-1A2B3C4D.js",
            "/assets/a-1A2B3C4.js",
        ] {
            assert!(!is_digest_named(path), "{path}");
        }
    }
}

//! `/v/<edition>/…`: an edition that the public saw before, or the one it sees now, under its own name.
//!
//! Pages there are as they were; their links lead to today's pages, their scripts, styles and archives (whose
//! names carry digests) to what they had. The TileJSON is told where the edition's tiles are. `/v/` lists them.

use hyper::header::HeaderValue;

use super::{route_in, unknown};
use crate::digest::sha256;
use crate::serve::edition::Edition;
use crate::serve::encoding::Coding;
use crate::serve::headers::{Cache, etag};
use crate::serve::request::{Answer, Asked, Content, Found};
use crate::serve::site::Generation;

pub(super) async fn route(generation: &Generation, rest: &str, asked: &Asked<'_>) -> Answer {
    if rest.is_empty() {
        return list(generation);
    }
    let name = rest.split('/').next().unwrap_or_default();
    let mut editions = std::iter::once(&generation.current).chain(&generation.earlier);
    let Some(edition) = editions.find(|edition| edition.name == name) else { return unknown() };
    let path = &rest[name.len()..];
    if path.is_empty() {
        return moved(name, "/");
    }
    if let Some(id) = path.strip_prefix("/tiles/").and_then(|file| file.strip_suffix(".json")) {
        return tilejson(edition, id).await;
    }
    let asked = Asked { path, ..*asked };
    match route_in(edition, generation, &asked).await {
        Answer::Found(found) if found.cache == Cache::Tile => Answer::Found(Found { cache: Cache::Immutable, ..found }),
        Answer::Empty(_) => Answer::Empty(Cache::Immutable),
        Answer::Moved(target) => moved(name, target.to_str().unwrap_or("/")),
        other => other,
    }
}

fn moved(name: &str, path: &str) -> Answer {
    HeaderValue::try_from(format!("/v/{name}{path}")).map_or_else(|_| unknown(), Answer::Moved)
}

/// The document of the edition, its tiles under the edition's name.
async fn tilejson(edition: &Edition, id: &str) -> Answer {
    let Some(document) = edition.tile_sets.get(id).and_then(|set| set.tilejson.as_ref()) else { return unknown() };
    let stored = match document.identity.whole().await {
        Ok(stored) => stored,
        Err(cause) => return Answer::Broken(cause),
    };
    named(&stored, &edition.name).map_or_else(unknown, json)
}

/// What can be asked for: the edition of today, and those before it, the newest first.
fn list(generation: &Generation) -> Answer {
    let about = |edition: &Edition| {
        // An edition's name begins with the date of its data.
        let date = edition.name.get(..10).filter(|date| date.parse::<jiff::civil::Date>().is_ok());
        serde_json::json!({ "name": edition.name, "date": date })
    };
    let earlier: Vec<_> = generation.earlier.iter().map(|edition| about(edition)).collect();
    json(serde_json::json!({ "current": generation.current.name, "editions": earlier }).to_string())
}

fn json(text: String) -> Answer {
    Answer::Found(Found {
        content_type: "application/json",
        cache: Cache::Revalidate,
        coding: Coding::Identity,
        negotiated: false,
        ranged: false,
        etag: etag(&sha256(text.as_bytes())[..32]),
        content: Content::Bytes(text.into()),
    })
}

fn named(document: &[u8], edition: &str) -> Option<String> {
    let mut document: serde_json::Value = serde_json::from_slice(document).ok()?;
    for address in document.get_mut("tiles")?.as_array_mut()? {
        let told = address.as_str()?.replacen("/tiles/", &format!("/v/{edition}/tiles/"), 1);
        *address = told.into();
    }
    Some(document.to_string())
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn tiles_are_told_to_be_under_the_editions_name() {
        let document = br#"{"tilejson":"3.0.0","tiles":["https://a.vn/tiles/x/{z}/{x}/{y}.mvt"],"name":"/tiles/"}"#;
        let expected = r#"{"tilejson":"3.0.0","tiles":["https://a.vn/v/E/tiles/x/{z}/{x}/{y}.mvt"],"name":"/tiles/"}"#;
        assert_eq!(named(document, "E").as_deref(), Some(expected));
        assert_eq!(named(b"{}", "E"), None);
    }
}

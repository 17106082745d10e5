//! One file for each kind of address.

mod archive;
mod catalog;
mod earlier;
mod health;
mod open;
mod packages;
mod page;
mod tile;
mod tilejson;

use hyper::StatusCode;

use super::edition::{Edition, Prepared, Text};
use super::encoding::Coding;
use super::headers::Cache;
use super::request::{Answer, Asked, Content, Found};
use super::site::{Generation, Site};

/// Where earlier editions can be asked for.
pub const EARLIER: &str = "/v/";

/// Packages for computers without a network, and the pages that list them.
const PACKAGES: &str = "/goi/";
const PACKAGES_IN_ENGLISH: &str = "/en/goi/";

/// Finds what a path means. Nothing is decoded and nothing joined: an address that is not in the
/// edition's map, in exactly this spelling, is 404.
pub async fn route(site: &Site, generation: &Generation, asked: &Asked<'_>) -> Answer {
    match asked.path {
        "/health" => return health::alive(),
        "/ready" => return health::ready(site, &generation.current),
        _ => {}
    }
    if asked.path.starts_with(PACKAGES) || asked.path == PACKAGES_IN_ENGLISH {
        let listed = packages::file(&site.packages(), asked.path);
        // Until packages were listed, the page of the edition says so.
        let page = || page::page(&generation.current, generation, asked);
        return listed.unwrap_or_else(|| if asked.path.ends_with('/') { page() } else { unknown() });
    }
    match asked.path.strip_prefix(EARLIER) {
        Some(rest) => earlier::route(generation, rest, asked).await,
        None => route_in(&generation.current, generation, asked).await,
    }
}

/// The addresses of one edition.
async fn route_in(edition: &Edition, generation: &Generation, asked: &Asked<'_>) -> Answer {
    if let Some(rest) = asked.path.strip_prefix("/tiles/") {
        return match rest.strip_suffix(".json").filter(|id| !id.contains('/')) {
            Some(id) => tilejson::document(edition, id, asked),
            None => tile::tile(edition, rest, asked).await,
        };
    }
    match asked.path {
        "/manifest.json" => return text("application/json", &edition.manifest),
        "/manifest.json.minisig" => {
            return edition
                .signature
                .as_ref()
                .map_or_else(unknown, |signature| text("text/plain; charset=utf-8", signature));
        }
        "/catalog" => return catalog::list(edition),
        _ => {}
    }
    if let Some(name) = asked.path.strip_prefix("/archives/") {
        return archive::file(generation, name);
    }
    if asked.path.starts_with("/open/") || asked.path.starts_with("/metadata/") {
        return open::file(edition, asked);
    }
    page::page(edition, generation, asked)
}

/// 404 for programs: one plain line.
fn unknown() -> Answer {
    Answer::Refused(StatusCode::NOT_FOUND, "There is nothing at this address.\n")
}

fn text(content_type: &'static str, text: &Text) -> Answer {
    Answer::Found(Found {
        content_type,
        cache: Cache::Revalidate,
        coding: Coding::Identity,
        negotiated: false,
        ranged: false,
        etag: text.etag.clone(),
        content: Content::Bytes(text.bytes.clone()),
    })
}

fn prepared(file: &Prepared, cache: Cache, asked: &Asked<'_>) -> Found {
    let (coding, chosen) = file.choose(&asked.accepted);
    Found {
        content_type: file.content_type,
        cache,
        coding,
        negotiated: file.is_negotiable(),
        ranged: false,
        etag: chosen.etag.clone(),
        content: Content::File(chosen.clone()),
    }
}

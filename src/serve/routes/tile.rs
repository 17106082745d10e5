//! `/tiles/<id>/<z>/<x>/<y>.mvt`: one tile, as it lies in the archive.

use std::io;

use hyper::StatusCode;
use hyper::header::HeaderValue;
use pmtiles::{TileCoord, TileId};

use super::unknown;
use crate::serve::edition::{Edition, TileSet};
use crate::serve::encoding::{Coding, inflate_capped};
use crate::serve::headers::{Cache, etag};
use crate::serve::request::{Answer, Asked, Content, Found};

/// The build's budget for a packed tile is 512 KiB; none inflates to sixteen times that.
const MAX_TILE_BYTES: usize = 8 << 20;

/// 404 for an unknown set or a zoom it does not have, 400 for what is no tile address, 204 for an empty tile.
pub(super) async fn tile(edition: &Edition, rest: &str, asked: &Asked<'_>) -> Answer {
    let mut parts = rest.split('/');
    let (Some(id), Some(z), Some(x), Some(file), None) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return unknown();
    };
    let Some(tile_set) = edition.tile_sets.get(id) else { return unknown() };
    let Some(y) = file.strip_suffix(".mvt").or_else(|| file.strip_suffix(".pbf")) else { return unknown() };
    let (Some(z), Some(x), Some(y)) = (number(z), number(x), number(y)) else { return bad_coordinate() };
    let zooms = tile_set.archive.minzoom..=tile_set.archive.maxzoom;
    let Some(zoom) = u8::try_from(z).ok().filter(|zoom| zooms.contains(zoom)) else {
        return Answer::Refused(StatusCode::NOT_FOUND, "The tile set does not have this zoom.\n");
    };
    let Ok(coord) = TileCoord::new(zoom, x, y) else { return bad_coordinate() };
    match found(tile_set, TileId::from(coord).value(), asked).await {
        Ok(Some(found)) => Answer::Found(found),
        Ok(None) => Answer::Empty(Cache::Tile),
        Err(cause) => Answer::Broken(cause),
    }
}

/// The bytes go out as they lie in the archive; only a client without gzip gets them inflated.
async fn found(tile_set: &TileSet, id: u64, asked: &Asked<'_>) -> io::Result<Option<Found>> {
    let archive = &tile_set.archive;
    let Some(span) = archive.find(id)? else { return Ok(None) };
    let coding = asked.accepted.choose(false, archive.gzip);
    let bytes = match (archive.gzip && coding == Coding::Identity, asked.unseen) {
        (true, _) => inflate_capped(&archive.read(span).await?, MAX_TILE_BYTES)?,
        (false, true) => archive.read_for_system(span).await?,
        (false, false) => archive.read(span).await?,
    };
    Ok(Some(Found {
        content_type: "application/vnd.mapbox-vector-tile",
        cache: Cache::Tile,
        coding,
        negotiated: false,
        ranged: false,
        etag: tag(&tile_set.digest, span.offset, coding),
        content: Content::Tile(bytes),
    }))
}

/// Which archive, which bytes of it, in which encoding: a tag of a tile stays while its archive does.
fn tag(digest: &str, offset: u64, coding: Coding) -> HeaderValue {
    etag(&format!("{digest}-{offset:x}-{}", if coding == Coding::Gzip { "gz" } else { "id" }))
}

/// One spelling for each number: no sign, no leading zero, so that every tile has one address.
fn number(text: &str) -> Option<u32> {
    let canonical = text == "0" || !text.starts_with('0');
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| canonical && digits)
}

fn bad_coordinate() -> Answer {
    Answer::Refused(StatusCode::BAD_REQUEST, "This is not the address of a tile.\n")
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn a_number_has_one_spelling() {
        assert_eq!((number("0"), number("7"), number("4294967295")), (Some(0), Some(7), Some(u32::MAX)));
        for text in ["", "00", "01", "+1", "-1", " 1", "1 ", "1.0", "1e3", "0x1", "4294967296", "١", "%31"] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}

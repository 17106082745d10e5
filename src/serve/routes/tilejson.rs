//! `/tiles/<id>.json`: TileJSON 3 of a tile set, as the build wrote it.

use super::{prepared, unknown};
use crate::serve::edition::Edition;
use crate::serve::headers::Cache;
use crate::serve::request::{Answer, Asked};

pub(super) fn document(edition: &Edition, id: &str, asked: &Asked<'_>) -> Answer {
    match edition.tile_sets.get(id).and_then(|tile_set| tile_set.tilejson.as_ref()) {
        Some(document) => Answer::Found(prepared(document, Cache::Revalidate, asked)),
        None => unknown(),
    }
}

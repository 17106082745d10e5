//! `/open/<layer>/<file>` and `/metadata/…`: open data, without an account (anonymous by law).

use super::{prepared, unknown};
use crate::serve::edition::Edition;
use crate::serve::encoding::Accepted;
use crate::serve::headers::Cache;
use crate::serve::request::{Answer, Asked, Found};

/// A part is always of the plain file: FlatGeobuf clients read by the offsets in it.
pub(super) fn file(edition: &Edition, asked: &Asked<'_>) -> Answer {
    let Some(file) = edition.open.get(asked.path) else { return unknown() };
    let accepted = if asked.wants_part { Accepted::default() } else { asked.accepted };
    let asked = Asked { accepted, ..*asked };
    Answer::Found(Found { ranged: true, ..prepared(file, Cache::Revalidate, &asked) })
}

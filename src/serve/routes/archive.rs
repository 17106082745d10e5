//! `/archives/<id>-<digest>.pmtiles`: a whole archive, by byte ranges.

use super::unknown;
use crate::serve::encoding::Coding;
use crate::serve::headers::{Cache, content_type};
use crate::serve::request::{Answer, Content, Found};
use crate::serve::site::Generation;

/// Never in an encoding: ranges count the archive's own bytes.
pub(super) fn file(generation: &Generation, name: &str) -> Answer {
    let earlier = || generation.earlier.iter().find_map(|edition| edition.archives.get(name));
    let Some(file) = generation.current.archives.get(name).or_else(earlier) else { return unknown() };
    Answer::Found(Found {
        content_type: content_type(name),
        cache: Cache::Immutable,
        coding: Coding::Identity,
        negotiated: false,
        ranged: true,
        etag: file.etag.clone(),
        content: Content::File(file.clone()),
    })
}

//! `/health` and `/ready`, for whoever keeps the server running.

use std::sync::atomic::Ordering;

use hyper::StatusCode;
use hyper::body::Bytes;

use crate::serve::edition::Edition;
use crate::serve::encoding::Coding;
use crate::serve::headers::{Cache, etag};
use crate::serve::request::{Answer, Content, Found};
use crate::serve::site::Site;

/// The process answers.
pub(super) fn alive() -> Answer {
    line("ok", "ok\n".into())
}

/// Every digest of the edition was found right, and its signature where one is asked for, and more requests are
/// welcome; its name tells which one, and a second line who signed it.
pub(super) fn ready(site: &Site, edition: &Edition) -> Answer {
    if site.draining.load(Ordering::Relaxed) {
        return Answer::Refused(StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    match site.is_ready() {
        true => line(&edition.name, format!("{}\n{}", edition.name, signed(edition))),
        false => Answer::Refused(StatusCode::SERVICE_UNAVAILABLE, "not verified\n"),
    }
}

/// By which key, and where it was published by congbo under which number and until when.
fn signed(edition: &Edition) -> String {
    let Some(signed) = &edition.signed else { return String::new() };
    let imprint = signed.imprint.as_ref();
    let said = imprint.map(|imprint| format!(" number {} valid until {}", imprint.number, imprint.expires));
    format!("signed by {}{}\n", signed.key_id, said.unwrap_or_default())
}

fn line(tag: &str, text: String) -> Answer {
    Answer::Found(Found {
        content_type: "text/plain; charset=utf-8",
        cache: Cache::NoStore,
        coding: Coding::Identity,
        negotiated: false,
        ranged: false,
        etag: etag(tag),
        content: Content::Bytes(Bytes::from(text)),
    })
}

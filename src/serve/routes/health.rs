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
/// welcome; its name tells which one.
pub(super) fn ready(site: &Site, edition: &Edition) -> Answer {
    if site.draining.load(Ordering::Relaxed) {
        return Answer::Refused(StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    match site.is_ready() {
        true => line(&edition.name, format!("{}\n", edition.name)),
        false => Answer::Refused(StatusCode::SERVICE_UNAVAILABLE, "not verified\n"),
    }
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

//! One request, read from top to bottom.

use std::future::{Future, poll_fn};
use std::io;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::Poll;
use std::time::Duration;

use hyper::body::{Body as HttpBody, Bytes};
use hyper::header::{
    ACCEPT_RANGES, ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE,
    ETAG, HeaderName, HeaderValue, LOCATION, RETRY_AFTER, TRANSFER_ENCODING, VARY, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{HeaderMap, Method, Request, Response, StatusCode, Version};

use super::body::Body;
use super::conditional::{self, Outcome};
use super::encoding::{Accepted, Coding};
use super::headers::{self, Cache};
use super::metrics::Refusal;
use super::range::{self, Span};
use super::routes;
use super::site::Site;
use super::stored_file::StoredFile;

/// The page that others may show in a frame, in every language.
const EMBEDDED_MAP: &str = "/ban-do/nhung/";
/// RFC 9530.
const REPR_DIGEST: HeaderName = HeaderName::from_static("repr-digest");
/// Longer addresses are refused: ours are under 200 bytes.
pub(super) const MAX_URI_BYTES: usize = 4096;

/// When to ask again after a download found no place.
const DOWNLOADS_RETRY_S: u64 = 5;

/// What a route needs to know of a request.
pub struct Asked<'a> {
    pub path: &'a str,
    pub accepted: Accepted,
    /// A part was asked for, and parts are of the plain file.
    pub wants_part: bool,
    /// The answer goes to the socket as it is: no encryption, no frames that would copy it.
    pub unseen: bool,
}

/// What a route answers.
pub enum Answer {
    Found(Found),
    /// 204: a tile without anything in it.
    Empty(Cache),
    Moved(HeaderValue),
    /// 404, with the site's own page where it has one.
    Missing(Option<Found>),
    Refused(StatusCode, &'static str),
    /// 500; the cause is for the log alone.
    Broken(io::Error),
}

/// The representation that was chosen.
pub struct Found {
    pub content_type: &'static str,
    pub cache: Cache,
    pub coding: Coding,
    /// Another client may get another encoding under the same address.
    pub negotiated: bool,
    /// Parts may be asked for.
    pub ranged: bool,
    pub etag: HeaderValue,
    pub content: Content,
}

pub enum Content {
    Bytes(Bytes),
    File(Arc<StoredFile>),
    /// A tile, for which headers are ready.
    Tile(Bytes),
}

impl Content {
    fn length(&self) -> u64 {
        match self {
            Content::Bytes(bytes) | Content::Tile(bytes) => bytes.len() as u64,
            Content::File(file) => file.bytes,
        }
    }

    async fn body(&self, span: Range<u64>, site: &Site) -> io::Result<Body> {
        match self {
            Content::Bytes(bytes) => Ok(bytes.slice(span.start as usize..span.end as usize).into()),
            Content::File(file) => file.body(span, &site.downloads).await,
            Content::Tile(bytes) => Ok(bytes.clone().into()),
        }
    }
}

/// Answers one request. Never fails: what goes wrong has a status.
pub async fn respond<B: HttpBody>(site: &Site, asked: &Request<B>) -> Response<Body> {
    let response = match (refuse(site, asked), asked.method()) {
        (Some((status, reason)), _) => closing(plain(status, reason)),
        (None, &Method::GET | &Method::HEAD) => look_up(site, asked).await,
        (None, &Method::OPTIONS) => options(),
        (None, _) => method_not_allowed(),
    };
    let mut response = protected(site, response);
    if asked.uri().path().ends_with(EMBEDDED_MAP) {
        headers::allow_framing(response.headers_mut());
    }
    if asked.uri().path().starts_with(routes::EARLIER) {
        set(response.headers_mut(), HeaderName::from_static("x-robots-tag"), "noindex");
    }
    if asked.method() == Method::HEAD {
        *response.body_mut() = Body::empty();
    }
    response
}

/// The answer to one request too many.
pub fn too_many(site: &Site, wait: Duration) -> Response<Body> {
    let text = "Too many requests of this address. Ask again in a few moments.\n";
    protected(site, retry(plain(StatusCode::TOO_MANY_REQUESTS, text), wait.as_secs() + 1))
}

/// Adds what protects visitors, where it is not there yet.
pub(super) fn protected(site: &Site, mut response: Response<Body>) -> Response<Body> {
    if !response.headers().contains_key(X_CONTENT_TYPE_OPTIONS) {
        let mut headers = site.headers.every_answer.clone();
        headers.extend(std::mem::take(response.headers_mut()));
        *response.headers_mut() = headers;
    }
    response
}

/// What is refused whatever it asks for: a foreign or missing host, an endless address, anything with a body.
fn refuse<B: HttpBody>(site: &Site, asked: &Request<B>) -> Option<(StatusCode, &'static str)> {
    if let Err(status) = site.hosts.check(asked.version(), asked.uri(), asked.headers()) {
        return Some((status, "This server does not answer under that host name.\n"));
    }
    if asked.uri().path_and_query().is_some_and(|path| path.as_str().len() > MAX_URI_BYTES) {
        return Some((StatusCode::URI_TOO_LONG, "The address is too long.\n"));
    }
    refuse_body(asked).map(|status| (status, "Nothing may be sent here.\n"))
}

/// Nothing public takes a body; one that is announced is never read.
fn refuse_body<B: HttpBody>(asked: &Request<B>) -> Option<StatusCode> {
    let headers = asked.headers();
    let is_zero = |length: &HeaderValue| length.as_bytes().iter().all(|&digit| digit == b'0');
    if headers.contains_key(TRANSFER_ENCODING) {
        return Some(StatusCode::BAD_REQUEST);
    }
    if headers.contains_key(CONTENT_ENCODING) {
        return Some(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    let announced = !headers.get_all(CONTENT_LENGTH).iter().all(is_zero);
    (announced || !asked.body().is_end_stream()).then_some(StatusCode::PAYLOAD_TOO_LARGE)
}

/// Route, then condition, then range, then body.
async fn look_up<B>(site: &Site, asked: &Request<B>) -> Response<Body> {
    let generation = site.generation();
    let question = Asked {
        path: asked.uri().path(),
        accepted: Accepted::of(asked.headers()),
        wants_part: asked.method() == Method::GET && asked.headers().contains_key(hyper::header::RANGE),
        unseen: asked.version() != Version::HTTP_2 && site.certificate.is_none(),
    };
    match routes::route(site, &generation, &question).await {
        Answer::Found(found) => represent(site, asked, found).await,
        Answer::Missing(page) => missing(site, page).await,
        Answer::Empty(cache) => {
            let mut response = status(StatusCode::NO_CONTENT);
            response.headers_mut().insert(CACHE_CONTROL, cache.value());
            response
        }
        Answer::Moved(target) => moved(target, asked.uri().query()),
        Answer::Refused(status, reason) => plain(status, reason),
        Answer::Broken(cause) => broken(question.path, &cause),
    }
}

async fn represent<B>(site: &Site, asked: &Request<B>, found: Found) -> Response<Body> {
    match conditional::evaluate(asked.headers(), &found.etag) {
        Outcome::NotModified => return describe(site, StatusCode::NOT_MODIFIED, &found),
        Outcome::Failed => return plain(StatusCode::PRECONDITION_FAILED, "The file has changed.\n"),
        Outcome::Proceed => {}
    }
    let length = found.content.length();
    let may_be_part = found.ranged && asked.method() == Method::GET;
    let span = match may_be_part && conditional::range_holds(asked.headers(), &found.etag) {
        true => range::span(asked.headers(), length),
        false => Span::Whole,
    };
    match span {
        Span::Whole => send(site, asked, &found, StatusCode::OK, 0..length).await,
        Span::Part(part) => {
            let within = format!("bytes {}-{}/{length}", part.start, part.end - 1);
            let response = send(site, asked, &found, StatusCode::PARTIAL_CONTENT, part).await;
            match response.status() {
                StatusCode::PARTIAL_CONTENT => with(response, CONTENT_RANGE, &within),
                _ => response,
            }
        }
        Span::Unsatisfiable => {
            let refused = plain(StatusCode::RANGE_NOT_SATISFIABLE, "The file is shorter than that.\n");
            with(refused, CONTENT_RANGE, &format!("bytes */{length}"))
        }
    }
}

async fn send<B>(site: &Site, asked: &Request<B>, found: &Found, code: StatusCode, span: Range<u64>) -> Response<Body> {
    let length = span.end - span.start;
    let mut response = describe(site, code, found);
    let headers = response.headers_mut();
    if !matches!(found.content, Content::Tile(_)) {
        set(headers, CONTENT_TYPE, found.content_type);
        found.coding.header().into_iter().for_each(|coding| drop(headers.insert(CONTENT_ENCODING, coding)));
    }
    headers.insert(CONTENT_LENGTH, length.into());
    if asked.method() == Method::HEAD {
        return response;
    }
    match found.content.body(span, site).await {
        Ok(body) => *response.body_mut() = body,
        Err(cause) if cause.kind() == io::ErrorKind::WouldBlock => return no_place(site),
        Err(cause) => return broken(asked.uri().path(), &cause),
    }
    response
}

/// The headers that a 304 shares with the answer it stands for.
fn describe(site: &Site, code: StatusCode, found: &Found) -> Response<Body> {
    let mut response = status(code);
    let headers = response.headers_mut();
    match (&found.content, found.coding) {
        (Content::Tile(_), Coding::Gzip) => headers.clone_from(&site.headers.gzip_tile),
        (Content::Tile(_), _) => headers.clone_from(&site.headers.tile),
        _ => {}
    }
    headers.insert(ETAG, found.etag.clone());
    headers.insert(CACHE_CONTROL, found.cache.value());
    if found.negotiated {
        headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    }
    if found.ranged {
        headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    }
    // Whoever puts a file together of parts can tell whether it is whole. Archives bear their digest in their name.
    if let (true, Cache::Revalidate, Coding::Identity, Content::File(file)) =
        (found.ranged, found.cache, found.coding, &found.content)
    {
        file.repr_digest().into_iter().for_each(|digest| drop(headers.insert(REPR_DIGEST, digest)));
    }
    response
}

/// Other answers are not held up by many downloads: these have a budget of their own.
pub(super) fn no_place(site: &Site) -> Response<Body> {
    site.metrics.refused(Refusal::Downloads);
    let text = "Too many downloads are under way. Ask again in a few moments.\n";
    retry(plain(StatusCode::SERVICE_UNAVAILABLE, text), DOWNLOADS_RETRY_S)
}

async fn missing(site: &Site, page: Option<Found>) -> Response<Body> {
    let not_found = || plain(StatusCode::NOT_FOUND, "There is nothing at this address.\n");
    let Some(page) = page else { return not_found() };
    let length = page.content.length();
    let Ok(body) = page.content.body(0..length, site).await else { return not_found() };
    let mut response = status(StatusCode::NOT_FOUND);
    *response.body_mut() = body;
    set(response.headers_mut(), CONTENT_TYPE, page.content_type);
    response.headers_mut().insert(CONTENT_LENGTH, length.into());
    response.headers_mut().insert(CACHE_CONTROL, Cache::Revalidate.value());
    if let Some(coding) = page.coding.header() {
        response.headers_mut().insert(CONTENT_ENCODING, coding);
    }
    if page.negotiated {
        set(response.headers_mut(), VARY, "Accept-Encoding");
    }
    response
}

fn moved(target: HeaderValue, query: Option<&str>) -> Response<Body> {
    let target = match (query, target.to_str()) {
        (Some(query), Ok(path)) => HeaderValue::from_str(&format!("{path}?{query}")).unwrap_or(target),
        _ => target,
    };
    let mut response = plain(StatusCode::PERMANENT_REDIRECT, "The page is at its address with a slash.\n");
    response.headers_mut().insert(LOCATION, target);
    response.headers_mut().insert(CACHE_CONTROL, Cache::Revalidate.value());
    response
}

fn options() -> Response<Body> {
    let mut response = status(StatusCode::NO_CONTENT);
    set(response.headers_mut(), ALLOW, headers::ALLOWED_METHODS);
    headers::allow_cross_origin(response.headers_mut());
    response
}

fn method_not_allowed() -> Response<Body> {
    let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "This address can only be read.\n");
    set(response.headers_mut(), ALLOW, headers::ALLOWED_METHODS);
    response
}

/// The visitor gets one sentence, the log the cause.
pub(super) fn broken(path: &str, cause: &io::Error) -> Response<Body> {
    tracing::error!(path, %cause, "could not be read");
    plain(StatusCode::INTERNAL_SERVER_ERROR, "This could not be read. The operators have been told.\n")
}

pub(super) fn plain(code: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = status(code);
    *response.body_mut() = text.into();
    set(response.headers_mut(), CONTENT_TYPE, "text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_LENGTH, text.len().into());
    response.headers_mut().insert(CACHE_CONTROL, Cache::NoStore.value());
    response
}

/// After a refusal like this the rest of the connection cannot be trusted to be a request.
pub(super) fn closing(mut response: Response<Body>) -> Response<Body> {
    set(response.headers_mut(), CONNECTION, "close");
    response
}

pub(super) fn retry(mut response: Response<Body>, after_s: u64) -> Response<Body> {
    response.headers_mut().insert(RETRY_AFTER, after_s.into());
    response
}

fn with(mut response: Response<Body>, name: HeaderName, value: &str) -> Response<Body> {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
    response
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}

fn status(code: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = code;
    response
}

/// A panic costs one request its answer, not the server its life.
pub async fn shielded(site: &Site, answer: impl Future<Output = Response<Body>>) -> Response<Body> {
    unpanicked(answer).await.unwrap_or_else(|| {
        site.metrics.panics.fetch_add(1, Relaxed);
        protected(site, broken("", &io::Error::other("a request panicked")))
    })
}

async fn unpanicked<T>(answer: impl Future<Output = T>) -> Option<T> {
    let mut answer = pin!(answer);
    let outcome = poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(cx))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(response)) => Poll::Ready(Some(response)),
        Err(_) => Poll::Ready(None),
    });
    outcome.await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_costs_one_answer() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let answered = runtime.block_on(unpanicked(async {
            tokio::task::yield_now().await;
            if std::env::args().count() > 0 {
                panic!("on purpose");
            }
            7
        }));
        assert_eq!(answered, None);
        assert_eq!(runtime.block_on(unpanicked(async { 7 })), Some(7));
    }
}

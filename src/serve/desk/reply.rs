//! What the desk answers, and what keeps it between the server and one person.

use std::ops::Range;
use std::sync::Arc;

use hyper::body::Bytes;
use hyper::header::{
    ACCEPT_RANGES, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, CACHE_CONTROL, CONTENT_DISPOSITION,
    CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, LOCATION, RETRY_AFTER, SET_COOKIE,
};
use hyper::{Response, StatusCode};

use super::shell;
use super::template::{self, Page};
use super::visit::Visit;
use crate::account::{Office, Person, Refused};
use crate::request::ticket;
use crate::serve::body::{Body, Source};
use crate::serve::request::{no_place, plain, protected};
use crate::serve::site::Site;
use crate::supply::Cut;

pub struct Reply {
    status: StatusCode,
    cookies: Vec<String>,
    content: Content,
}

enum Content {
    Page(Page),
    Moved(String),
    Text { kind: &'static str, name: String, text: String },
    Download(Box<Download>),
}

/// An extract on its way to somebody. Its beginning stands in the log.
pub struct Download {
    pub office: Arc<Office>,
    pub who: Person,
    pub code: String,
    pub name: String,
    pub cut: Arc<Cut>,
    /// `None` for a question about the file only.
    pub span: Option<Range<u64>>,
}

struct OfCut(Arc<Cut>);

impl Source for OfCut {
    fn span(&self, start: u64, length: u64) -> std::io::Result<Bytes> {
        let piece = self.0.read(start, length)?;
        match piece.len() as u64 == length {
            true => Ok(piece.into()),
            false => Err(std::io::Error::other("the extract is shorter than it was")),
        }
    }
}

impl Reply {
    pub fn page(page: Page) -> Reply {
        let status = if page.whole { StatusCode::OK } else { StatusCode::INTERNAL_SERVER_ERROR };
        Reply { status, cookies: vec![], content: Content::Page(page) }
    }

    /// After a form: the page to look at, so that nothing is sent twice.
    pub fn see(visit: &Visit, path: &str) -> Reply {
        let to = format!("{}{path}", visit.language.prefix());
        Reply { status: StatusCode::SEE_OTHER, cookies: vec![], content: Content::Moved(to) }
    }

    pub fn text(kind: &'static str, name: String, text: String) -> Reply {
        Reply { status: StatusCode::OK, cookies: vec![], content: Content::Text { kind, name, text } }
    }

    pub fn download(download: Download) -> Reply {
        let whole = 0..download.cut.bytes;
        let is_part = download.span.as_ref().is_some_and(|span| *span != whole);
        let status = if is_part { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
        Reply { status, cookies: vec![], content: Content::Download(Box::new(download)) }
    }

    /// One sentence that says why not; the cause goes to the log of the server.
    pub fn refused(visit: &Visit, refused: &Refused) -> Reply {
        if let Refused::Unavailable(cause) = refused {
            tracing::error!(cause, "accounts cannot be used");
        }
        Reply::page(template::refusal(visit, refused)).with_status(status_of(refused))
    }

    pub fn with_status(mut self, status: StatusCode) -> Reply {
        self.status = status;
        self
    }

    pub fn with_cookie(mut self, name: &str, value: &str, rest: &str) -> Reply {
        self.cookies.push(format!("{name}={value}; {rest}"));
        self
    }

    pub async fn response(self, site: &Site, visit: &Visit) -> Response<Body> {
        let mut response = match self.content {
            Content::Page(page) => html(shell::around(site, visit, &page).await),
            Content::Moved(to) => moved(&to),
            Content::Text { kind, name, text } => attached(kind, &name, text),
            Content::Download(download) => going_out(site, *download),
        };
        if !response.status().is_server_error() {
            *response.status_mut() = self.status;
        }
        if matches!(self.status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("30"));
        }
        for cookie in self.cookies.iter().filter_map(|cookie| HeaderValue::from_str(cookie).ok()) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        response
    }
}

pub fn status_of(refused: &Refused) -> StatusCode {
    match refused {
        Refused::Forbidden => StatusCode::FORBIDDEN,
        Refused::Absent => StatusCode::NOT_FOUND,
        Refused::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Refused::Limited => StatusCode::TOO_MANY_REQUESTS,
        Refused::Busy | Refused::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// Nothing of the desk is kept by a cache, shown in a frame, read by a page of others or found by a search engine.
pub fn kept_private(site: &Site, response: Response<Body>, head_only: bool) -> Response<Body> {
    let mut response = protected(site, response);
    let headers = response.headers_mut();
    headers.remove(ACCESS_CONTROL_ALLOW_ORIGIN);
    headers.remove(ACCESS_CONTROL_EXPOSE_HEADERS);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex"));
    headers.insert(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin"));
    if head_only {
        *response.body_mut() = Body::empty();
    }
    response
}

fn html(text: String) -> Response<Body> {
    with_text("text/html; charset=utf-8", text)
}

fn attached(kind: &'static str, name: &str, text: String) -> Response<Body> {
    let mut response = with_text(kind, text);
    attach(&mut response, name);
    response
}

fn with_text(kind: &'static str, text: String) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(CONTENT_LENGTH, text.len().into());
    *response.body_mut() = Bytes::from(text).into();
    response
}

fn attach(response: &mut Response<Body>, name: &str) {
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        response.headers_mut().insert(CONTENT_DISPOSITION, value);
    }
}

fn moved(to: &str) -> Response<Body> {
    let mut response = plain(StatusCode::SEE_OTHER, "The next page is at another address.\n");
    if let Ok(to) = HeaderValue::from_str(to) {
        response.headers_mut().insert(LOCATION, to);
    }
    response
}

fn going_out(site: &Site, download: Download) -> Response<Body> {
    let Download { office, who, code, name, cut, span } = download;
    let Ok(place) = site.downloads.clone().try_acquire_owned() else {
        note_end(office, who, code, 0, false);
        return no_place(site);
    };
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    let length = span.as_ref().map_or(cut.bytes, |span| span.end - span.start);
    headers.insert(CONTENT_LENGTH, length.into());
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", cut.tag)) {
        headers.insert(ETAG, tag);
    }
    if let Some(span) = span {
        if span != (0..cut.bytes) {
            let within = format!("bytes {}-{}/{}", span.start, span.end - 1, cut.bytes);
            HeaderValue::from_str(&within).into_iter().for_each(|within| drop(headers.insert(CONTENT_RANGE, within)));
        }
        let hear = move |sent| note_end(office, who, code, sent, sent == length);
        *response.body_mut() = Body::witnessed(Arc::new(OfCut(cut)), span, place, hear);
    }
    attach(&mut response, &name);
    response
}

/// The log is written beside the threads that answer.
fn note_end(office: Arc<Office>, who: Person, code: String, sent: u64, whole: bool) {
    let note = move || {
        if let Err(cause) = ticket::note_end(&office, &who, &code, sent, whole) {
            tracing::error!(%cause, "the end of a download could not be written down");
        }
    };
    match tokio::runtime::Handle::try_current() {
        Ok(runtime) => drop(runtime.spawn_blocking(note)),
        Err(_) => note(),
    }
}

//! One request to the desk, read whole: at most 64 KiB of one form, within ten seconds.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, TRANSFER_ENCODING};
use hyper::{HeaderMap, Method, Request, StatusCode};

use super::multipart;
use crate::model::language::Language;

const MOST_BYTES: usize = 64 << 10;
const MOST_FIELDS: usize = 32;
const WITHIN: Duration = Duration::from_secs(10);
const FORM: &str = "application/x-www-form-urlencoded";

/// The one address that takes a form with a file.
const TAKES_FILE: &str = "/yeu-cau/";

type Turned = (StatusCode, &'static str);

/// What a visitor sent.
pub struct Visit {
    pub method: Method,
    /// Without the language before it.
    pub path: String,
    pub language: Language,
    /// The network it came from.
    pub place: String,
    pub headers: HeaderMap,
    cookies: BTreeMap<String, String>,
    form: BTreeMap<String, String>,
}

impl Visit {
    pub async fn read(asked: &mut Request<Incoming>, client: Option<IpAddr>) -> Result<Visit, Turned> {
        let form = match *asked.method() {
            Method::POST => {
                let boundary = multipart::boundary(asked.headers());
                read_form(asked.body_mut(), boundary.as_deref()).await?
            }
            _ => BTreeMap::new(),
        };
        let whole = asked.uri().path();
        let (language, path) = match whole.strip_prefix("/en/") {
            Some(rest) => (Language::En, format!("/{rest}")),
            None => (Language::Vi, whole.to_owned()),
        };
        let headers = asked.headers().clone();
        let (method, place, cookies) = (asked.method().clone(), network(client), cookies(&headers));
        Ok(Visit { method, path, language, place, headers, cookies, form })
    }

    pub fn is_post(&self) -> bool {
        self.method == Method::POST
    }

    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    /// A field of the form; empty when it was not sent.
    pub fn field(&self, name: &str) -> &str {
        self.form.get(name).map_or("", String::as_str)
    }
}

/// Nothing is sent with what only reads.
pub fn refuse_body(asked: &Request<Incoming>) -> Option<Turned> {
    let announced = asked.headers().contains_key(TRANSFER_ENCODING) || !asked.body().is_end_stream();
    announced.then_some((StatusCode::PAYLOAD_TOO_LARGE, "Nothing may be sent here.\n"))
}

/// A form of one kind, of known and bounded length.
pub fn refuse_form(asked: &Request<Incoming>) -> Option<Turned> {
    let headers = asked.headers();
    let mut lengths = headers.get_all(CONTENT_LENGTH).iter();
    let length = lengths.next().and_then(|length| length.to_str().ok()).and_then(|length| length.parse::<usize>().ok());
    let is_form = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(FORM)));
    let path = asked.uri().path();
    let takes_file = path.strip_prefix("/en").unwrap_or(path) == TAKES_FILE;
    let is_form = is_form || (takes_file && multipart::boundary(headers).is_some());
    if headers.contains_key(CONTENT_ENCODING) || !is_form {
        return Some((StatusCode::UNSUPPORTED_MEDIA_TYPE, "Only a plain form is taken here.\n"));
    }
    // HTTP/2 needs no length: what comes is counted.
    let chunked = headers.contains_key(TRANSFER_ENCODING) || lengths.next().is_some();
    match length {
        _ if chunked => Some((StatusCode::LENGTH_REQUIRED, "The length of a form must be known.\n")),
        Some(length) if length > MOST_BYTES => Some((StatusCode::PAYLOAD_TOO_LARGE, "The form is too large.\n")),
        _ => None,
    }
}

async fn read_form(body: &mut Incoming, boundary: Option<&str>) -> Result<BTreeMap<String, String>, Turned> {
    let read = tokio::time::timeout(WITHIN, Limited::new(body, MOST_BYTES).collect()).await;
    let bytes = match read {
        Err(_) => return Err((StatusCode::REQUEST_TIMEOUT, "The form took too long.\n")),
        Ok(Err(_)) => return Err((StatusCode::PAYLOAD_TOO_LARGE, "The form is too large, or was cut off.\n")),
        Ok(Ok(whole)) => whole.to_bytes(),
    };
    let fields = match boundary {
        Some(boundary) => multipart::parse(&bytes, boundary, MOST_FIELDS),
        None => parse_form(&bytes),
    };
    fields.ok_or((StatusCode::BAD_REQUEST, "That is not a form.\n"))
}

/// Fields by name. `None` when it is no form, a name stands twice, or there are too many.
fn parse_form(bytes: &[u8]) -> Option<BTreeMap<String, String>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut fields = BTreeMap::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if fields.len() == MOST_FIELDS || fields.insert(decoded(name)?, decoded(value)?).is_some() {
            return None;
        }
    }
    Some(fields)
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let pair = [rest.next()?, rest.next()?];
                let pair = std::str::from_utf8(&pair).ok().filter(|pair| !pair.starts_with('+'))?;
                bytes.push(u8::from_str_radix(pair, 16).ok()?);
            }
            byte => bytes.push(byte),
        }
    }
    // A text with a zero byte is nothing that a person typed.
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

/// A name that stands twice counts for nothing: another site below the domain may have set one of them.
fn cookies(headers: &HeaderMap) -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let mut twice = vec![];
    let lists = headers.get_all(COOKIE).iter().filter_map(|list| list.to_str().ok());
    for (name, value) in lists.flat_map(|list| list.split(';')).filter_map(|pair| pair.trim().split_once('=')) {
        if found.insert(name.to_owned(), value.to_owned()).is_some() {
            twice.push(name.to_owned());
        }
    }
    twice.iter().for_each(|name| drop(found.remove(name)));
    found
}

/// The /24 or /64 of an address: enough to count guesses, too little to follow a person.
fn network(client: Option<IpAddr>) -> String {
    match client.map(|address| address.to_canonical()) {
        Some(IpAddr::V4(v4)) => {
            let [a, b, c, _] = v4.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        Some(IpAddr::V6(v6)) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        None => "local".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_as_browsers_write_it_and_nothing_else() {
        let form = parse_form("ten=B%C3%A1o+c%C3%A1o&trong=&mot".as_bytes()).unwrap();
        assert_eq!(form["ten"], "Báo cáo");
        assert_eq!((form["trong"].as_str(), form["mot"].as_str()), ("", ""));
        for wrong in ["a=%", "a=%4", "a=%zz", "a=%+1", "a=%ff", "a=%00", "a=1&a=2"] {
            assert!(parse_form(wrong.as_bytes()).is_none(), "{wrong}");
        }
        let many = "x".repeat(40).char_indices().map(|(i, c)| format!("{c}{i}=1&")).collect::<String>();
        assert!(parse_form(many.as_bytes()).is_none());
    }

    #[test]
    fn a_cookie_that_stands_twice_counts_for_nothing() {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, "a=1; b=2; a=3".parse().unwrap());
        assert_eq!(cookies(&headers).into_iter().collect::<Vec<_>>(), [("b".to_owned(), "2".to_owned())]);
    }
}

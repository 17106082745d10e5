//! Under which names the server answers.

use std::net::{IpAddr, SocketAddr};

use hyper::header::HOST;
use hyper::{HeaderMap, StatusCode, Uri, Version};

/// Names from the configured public URL and the listening addresses, in lower case.
///
/// Any other name is refused: a page under a name that an attacker's DNS points here (rebinding) would
/// otherwise share an origin with the site.
#[derive(Debug)]
pub struct AllowedHosts(Vec<String>);

impl AllowedHosts {
    pub fn new(public_url: &str, listen: &[SocketAddr]) -> Self {
        let mut names = public_names(public_url);
        for address in listen {
            let own = match address.ip() {
                IpAddr::V4(v4) => v4.to_string(),
                IpAddr::V6(v6) => format!("[{v6}]"),
            };
            for local in [own.as_str(), "localhost", "127.0.0.1", "[::1]"] {
                names.extend((address.port() == 80).then(|| local.to_owned()));
                names.push(format!("{local}:{}", address.port()));
            }
        }
        AllowedHosts(names)
    }

    /// The status to refuse with: 400 for none, several or contradicting names, 421 for a foreign one.
    pub fn check(&self, version: Version, uri: &Uri, headers: &HeaderMap) -> Result<(), StatusCode> {
        let mut named = headers.get_all(HOST).iter();
        let (header, more) = (named.next(), named.next());
        let authority = uri.authority().map(|authority| authority.as_str());
        if more.is_some() || (header.is_none() && version == Version::HTTP_11) {
            return Err(StatusCode::BAD_REQUEST);
        }
        let header = header.map(|value| value.to_str()).transpose().map_err(|_| StatusCode::BAD_REQUEST)?;
        match (authority, header) {
            (Some(a), Some(b)) if !a.eq_ignore_ascii_case(b) => Err(StatusCode::BAD_REQUEST),
            (Some(name), _) | (None, Some(name)) => self.check_name(name),
            // HTTP/1.0 knows no Host; HTTP/2 always has an authority.
            (None, None) if version == Version::HTTP_10 => Ok(()),
            (None, None) => Err(StatusCode::BAD_REQUEST),
        }
    }

    fn check_name(&self, name: &str) -> Result<(), StatusCode> {
        match self.0.iter().any(|allowed| allowed.eq_ignore_ascii_case(name)) {
            true => Ok(()),
            false => Err(StatusCode::MISDIRECTED_REQUEST),
        }
    }
}

/// `https://a.vn` answers to `a.vn` and `a.vn:443`.
fn public_names(public_url: &str) -> Vec<String> {
    let (rest, port) = match (public_url.strip_prefix("https://"), public_url.strip_prefix("http://")) {
        (Some(rest), _) => (rest, ":443"),
        (_, Some(rest)) => (rest, ":80"),
        _ => return Vec::new(),
    };
    let name = rest.split('/').next().unwrap_or_default().to_ascii_lowercase();
    match name.strip_suffix(port) {
        Some(bare) => vec![bare.to_owned(), name.clone()],
        None => vec![format!("{name}{port}"), name.clone()],
    }
}

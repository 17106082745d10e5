//! Forms come from our own pages. Two proofs, each enough against another site's page: where the browser says the
//! form comes from, and a token that only our page knows.

use hyper::body::Incoming;
use hyper::header::{HOST, HeaderName, ORIGIN};
use hyper::{Request, StatusCode};

use super::visit::Visit;
use crate::account::session::SignedIn;
use crate::account::{Office, Refused};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses a form whose browser says that it comes from elsewhere, and one whose browser says nothing.
pub fn refuse_foreign(asked: &Request<Incoming>) -> Option<(StatusCode, &'static str)> {
    let header = |name: &HeaderName| {
        let mut values = asked.headers().get_all(name).iter();
        let value = values.next().map(|value| value.to_str().unwrap_or(""));
        if values.next().is_some() { Some("") } else { value }
    };
    let authority = asked.uri().authority().map(|authority| authority.as_str());
    let host = authority.or_else(|| header(&HOST)).unwrap_or("");
    let ours = is_ours(header(&SEC_FETCH_SITE), header(&ORIGIN), host);
    (!ours).then_some((StatusCode::FORBIDDEN, "This form was not sent from a page of this site.\n"))
}

fn is_ours(site: Option<&str>, origin: Option<&str>, host: &str) -> bool {
    let same = |origin: &str| {
        let rest = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        rest.is_some_and(|named| !named.is_empty() && named.eq_ignore_ascii_case(host))
    };
    match (site, origin) {
        (Some(site), Some(origin)) => site == "same-origin" && same(origin),
        (Some(site), None) => site == "same-origin",
        (None, Some(origin)) => same(origin),
        (None, None) => false,
    }
}

/// The token of the session has to come back with every form but that of signing in, which has no session yet.
pub fn check_token(office: &Office, visit: &Visit, session: Option<&SignedIn>) -> Result<(), Refused> {
    if visit.path == "/tai-khoan/dang-nhap/" {
        return Ok(());
    }
    match session {
        Some(session) if office.csrf_holds(session, visit.field("ma_bieu_mau")) => Ok(()),
        Some(_) => Err(Refused::Forbidden),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::is_ours;

    #[test]
    fn s19_only_what_a_browser_sends_from_our_own_page_is_ours() {
        let host = "dat.example.vn";
        assert!(is_ours(Some("same-origin"), Some("https://dat.example.vn"), host));
        assert!(is_ours(Some("same-origin"), None, host));
        assert!(is_ours(None, Some("https://DAT.example.vn"), host));
        for (site, origin) in [
            (None, None),
            (Some("cross-site"), None),
            (Some("same-site"), Some("https://dat.example.vn")),
            (Some("none"), None),
            (Some("cross-site"), Some("https://dat.example.vn")),
            (Some("same-origin"), Some("https://evil.example")),
            (Some("same-origin"), Some("null")),
            (None, Some("null")),
            (None, Some("https://dat.example.vn.evil.example")),
            (None, Some("https://evil.example/dat.example.vn")),
            (None, Some("ftp://dat.example.vn")),
            (Some(""), Some("https://dat.example.vn")),
        ] {
            assert!(!is_ours(site, origin, host), "{site:?} {origin:?}");
        }
    }
}

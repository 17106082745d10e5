//! `/.well-known/security.txt` (RFC 9116): whom to tell of a weakness of the site.

use super::OutputFile;
use super::site::Site;

const PATH: &str = "/.well-known/security.txt";

/// The site's article on security, where it has one.
const POLICY: &str = "/an-toan/";

pub fn all(site: &Site) -> Vec<OutputFile> {
    let Some(security) = &site.inputs.site.security else { return vec![] };
    let mut text = format!(
        "Contact: {}\nExpires: {}T23:59:59+07:00\nPreferred-Languages: vi, en\nCanonical: {}\n",
        security.contact,
        security.expires,
        site.url(PATH),
    );
    if site.articles.iter().any(|article| article.path() == POLICY) {
        text.push_str(&format!("Policy: {}\n", site.url(POLICY)));
    }
    vec![OutputFile { path: PATH.into(), bytes: text.into_bytes() }]
}

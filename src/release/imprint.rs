//! What a publisher signs: which edition, its number, from when to when, and what it takes the place of.
//!
//! It is the trusted comment of `manifest.json.minisig`: `minisign -V` prints it, and one line of 300 letters is all
//! that a proof of a single tile needs to carry. The manifest itself holds no number and no date of publication, so
//! that an edition has the same bytes whoever builds it and whenever.

use std::fmt;
use std::path::Path;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::manifest::check_edition_name;
use super::minisig::Minisig;
use crate::error::{Exit, Fault, Result, Stage};
use crate::model::checking_key;

/// Name of the signature beside `manifest.json`.
pub const SIGNATURE: &str = "manifest.json.minisig";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imprint {
    pub edition: String,
    /// Greater than that of every publication before.
    pub number: u64,
    /// Merkle root of the edition, hexadecimal.
    pub root: String,
    /// The day of publication, and the last day on which it may be taken for current.
    pub created: Date,
    pub expires: Date,
    /// Root of the edition that the public saw before: publications are a chain.
    pub previous: Option<String>,
}

impl fmt::Display for Imprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let previous = self.previous.as_deref().unwrap_or("none");
        let Imprint { edition, number, root, created, expires, .. } = self;
        write!(
            f,
            "congbo edition={edition} number={number} root={root} created={created} expires={expires} previous={previous}"
        )
    }
}

impl Imprint {
    /// Reads a trusted comment; none unless it is written exactly as congbo writes it.
    pub fn parse(comment: &str) -> Option<Self> {
        let mut words = comment.strip_prefix("congbo ")?.split(' ');
        let mut value = |key: &str| words.next()?.strip_prefix(key)?.strip_prefix('=').map(str::to_owned);
        let (edition, number, root) = (value("edition")?, value("number")?, value("root")?);
        let (created, expires, previous) = (value("created")?, value("expires")?, value("previous")?);
        let read = Imprint {
            edition,
            number: number.parse().ok()?,
            root,
            created: created.parse().ok()?,
            expires: expires.parse().ok()?,
            previous: Some(previous).filter(|previous| previous != "none"),
        };
        let rooted = |root: &String| root.len() == 64 && root.bytes().all(|b| b.is_ascii_hexdigit());
        let sound = check_edition_name(&read.edition).is_ok()
            && rooted(&read.root)
            && read.previous.iter().all(rooted)
            && read.edition.ends_with(&read.root[..8])
            && read.created <= read.expires;
        (sound && read.to_string() == comment).then_some(read)
    }
}

/// A key that may publish.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublisherKey {
    /// minisign's base64 text.
    pub key: String,
    /// A key that handed over vouches for publications up to this number, and for nothing after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_number: Option<u64>,
}

impl From<String> for PublisherKey {
    fn from(key: String) -> Self {
        PublisherKey { key, last_number: None }
    }
}

impl PublisherKey {
    /// Whether it may have signed a publication with this number; one without any is of no key that handed over.
    pub fn covers(&self, number: Option<u64>) -> bool {
        self.last_number.is_none_or(|last| number.is_some_and(|number| number <= last))
    }
}

/// A signature that one of the listed keys made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// None where somebody signed the manifest by hand and wrote another comment.
    pub imprint: Option<Imprint>,
    /// Id of the key as minisign prints it.
    pub key_id: String,
}

/// Checks that one of `keys` signed `bytes`, in its time.
///
/// # Errors
/// In words, why the signature does not count.
pub fn check_signature(keys: &[PublisherKey], bytes: &[u8], text: &str) -> Result<Signed, &'static str> {
    let minisig = Minisig::parse(text).ok_or("is no signature in minisign's prehashed format")?;
    let decoded = minisign_verify::Signature::decode(text).map_err(|_| "is no signature in minisign's format")?;
    let made = |key: &&PublisherKey| {
        checking_key::open(&key.key).is_some_and(|public| public.verify(bytes, &decoded, false).is_ok())
    };
    let key = keys.iter().find(made).ok_or("is not signed by a listed key")?;
    let imprint = Imprint::parse(&minisig.comment);
    match key.covers(imprint.as_ref().map(|imprint| imprint.number)) {
        true => Ok(Signed { imprint, key_id: minisig.signer() }),
        false => Err("is signed by a key that had handed over to another before"),
    }
}

/// Checks the signature of an edition: by one of `keys`, and of this edition's own root.
///
/// # Errors
/// Exit 6 for an edition that is not signed, or not by one of them; 7 when its manifest cannot be read.
pub fn check_edition(dir: &Path, keys: &[PublisherKey]) -> Result<Signed> {
    let name = dir.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    check_copy(dir, &name, keys)
}

/// The same for the edition `name` in a folder that may have another name.
pub fn check_copy(dir: &Path, name: &str, keys: &[PublisherKey]) -> Result<Signed> {
    let (manifest, signature) = (dir.join("manifest.json"), dir.join(SIGNATURE));
    let refused = |problem: &str| {
        Fault::new(Stage::Release, Exit::Verification, problem)
            .file(format!("releases/{name}/{SIGNATURE}"))
            .remedy("publish it with a key listed under [publisher] keys, or publish another edition")
    };
    let bytes = std::fs::read(&manifest).map_err(|e| Fault::storage(Stage::Release, &manifest, e))?;
    let text = std::fs::read_to_string(&signature).map_err(|_| refused("is not signed"))?;
    let signed = check_signature(keys, &bytes, &text).map_err(refused)?;
    match &signed.imprint {
        Some(imprint) if imprint.edition != name => Err(refused("is the signature of another edition").into()),
        _ => Ok(signed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn imprint() -> Imprint {
        Imprint {
            edition: "2026-01-05-0a1b2c3d".into(),
            number: 12,
            root: format!("{}0a1b2c3d", "0".repeat(56)),
            created: "2026-01-12".parse().unwrap(),
            expires: "2026-07-11".parse().unwrap(),
            previous: None,
        }
    }

    #[test]
    fn an_imprint_is_read_only_as_it_is_written() {
        let text = imprint().to_string();
        assert_eq!(Imprint::parse(&text), None, "the edition is not named after this root");
        let sound = Imprint { root: format!("0a1b2c3d{}", "0".repeat(56)), ..imprint() };
        let text = sound.to_string();
        assert_eq!(Imprint::parse(&text), Some(sound));
        for other in [text.replace("=12", "=012"), text.replace("=12", "=+12"), format!("{text} "), text.to_uppercase()]
        {
            assert_eq!(Imprint::parse(&other), None, "{other}");
        }
    }

    #[test]
    fn a_key_that_handed_over_vouches_for_numbers_up_to_its_last() {
        let key = PublisherKey { key: String::new(), last_number: Some(7) };
        assert!(key.covers(Some(7)) && !key.covers(Some(8)) && !key.covers(None));
        assert!(PublisherKey::from(String::new()).covers(None));
    }
}

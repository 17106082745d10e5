//! The publisher's keys of a site, as the verbs that sign and check ask for them.

use std::path::{Path, PathBuf};

use crate::config::site::SiteConfig;
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::release::PublisherKey;
#[cfg(unix)]
use crate::release::minisig::UNTRUSTED_COMMENT;
use crate::snapshot::signature;
#[cfg(unix)]
use crate::snapshot::signature::Signer;
use crate::snapshot::trust::Trust;

/// Keys that may have signed what was published, each with the end of its time.
pub fn keys(site: &Path, config: &SiteConfig) -> Result<Vec<PublisherKey>> {
    readable(site, config)?;
    let keys = Trust::load(site, config)?.publisher_keys();
    Ok(keys.into_iter().map(|(key, last_number)| PublisherKey { key, last_number }).collect())
}

/// Keys to check by: the named public key file, or those of the site.
pub fn trusted(site: &Path, named: Option<&PathBuf>) -> Result<Vec<PublisherKey>> {
    let Some(file) = named else {
        let found = keys(site, &SiteConfig::load(site)?)?;
        return if found.is_empty() { Err(no_publisher().into()) } else { Ok(found) };
    };
    public_key(file).map(|key| vec![key.into()])
}

/// The key in a `.pub` file.
pub fn public_key(file: &Path) -> Result<String> {
    match file.to_str().filter(|name| name.ends_with(".pub")) {
        Some(name) => signature::listed_key(Path::new(""), name),
        None => Err(Fault::new(Stage::Config, Exit::Usage, "is not a public key file")
            .file(file)
            .remedy("give the .pub file of the publisher")
            .into()),
    }
}

/// Opens a publisher's secret key; one that may not publish today is refused (exit 3).
#[cfg(unix)]
pub fn signer(site: &Path, config: &SiteConfig, file: &Path) -> Result<Signer> {
    readable(site, config)?;
    let signer = Signer::open(file, std::env::var("CONGBO_KEY_PASSWORD").ok())?;
    match Trust::load(site, config)?.publisher_objection(&signer.public_key()) {
        Some(objection) => Err(objection.file("congbo.toml").feature(signer.public_key()).into()),
        None => Ok(signer),
    }
}

/// Every listed key is one that can be read.
fn readable(site: &Path, config: &SiteConfig) -> Result<()> {
    let listed = config.publisher.iter().flat_map(|section| &section.keys);
    let faults = listed.filter_map(|key| signature::listed_key(site, key).err()).flat_map(|failure| failure.faults);
    Failure::unless_empty(faults.collect())
}

#[cfg(unix)]
pub fn sign(signer: &Signer, bytes: &[u8], comment: &str) -> Result<String> {
    signer.sign_as(bytes, comment, UNTRUSTED_COMMENT)
}

pub fn no_publisher() -> Fault {
    Fault::new(Stage::Config, Exit::Usage, "no publisher's key is known")
        .file("congbo.toml")
        .remedy("add [publisher] with keys = [\"keys/….pub\"], or give the key: --key FILE.pub")
}

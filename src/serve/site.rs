//! What is being served at this moment, and how it gives way to the next edition.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Semaphore;

use super::access_log::AccessLog;
use super::clients::Clients;
use super::desk::Desk;
use super::edition::Edition;
use super::headers::HeaderSets;
use super::hosts::AllowedHosts;
use super::limits::Limits;
use super::metrics::Metrics;
use super::packages::Packages;
use super::proxies::Proxies;
use super::tls::Certificate;
use super::{Options, edition_signature, listener};
use crate::error::Result;
use crate::release::{self, PublisherKey};

pub struct Site {
    pub hosts: AllowedHosts,
    /// Without a slash at its end.
    pub public_url: String,
    pub limits: Limits,
    pub proxies: Proxies,
    pub clients: Clients,
    pub metrics: Arc<Metrics>,
    pub log: Option<AccessLog>,
    pub certificate: Option<Certificate>,
    pub headers: HeaderSets,
    /// Places for connections, for downloads, and for those who find none.
    pub places: Arc<Semaphore>,
    pub downloads: Arc<Semaphore>,
    pub turned_away: Arc<Semaphore>,
    /// Set when the server is asked to stop, so that a balancer sends nobody more.
    pub draining: AtomicBool,
    /// Every digest of the edition was found right since the server began.
    pub verified: AtomicBool,
    /// Public keys of which one must have signed an edition; none asks for no signature.
    keys: Vec<PublisherKey>,
    /// How many earlier editions can be asked for.
    editions: usize,
    generation: ArcSwap<Generation>,
    packages: ArcSwap<Packages>,
    pub desk: Option<Arc<Desk>>,
}

/// One request sees one generation from start to end.
pub struct Generation {
    pub current: Arc<Edition>,
    /// Editions that the public saw before, latest first: under `/v/<edition>/`, and their digest names under
    /// their own address, so that a page that was loaded before a swap finds its scripts and archives.
    pub earlier: Vec<Arc<Edition>>,
}

impl Site {
    pub fn new(
        edition: Edition,
        dist: &Path,
        options: &Options,
        addresses: &[SocketAddr],
        certificate: Option<Certificate>,
    ) -> Self {
        let metrics = Arc::new(Metrics::default());
        let limits = options.limits.clone();
        // Over TLS, ended here or by the proxy in front, browsers are told to keep to it.
        let https = options.public_url.starts_with("https://");
        Site {
            hosts: AllowedHosts::new(&options.public_url, addresses),
            public_url: options.public_url.trim_end_matches('/').to_owned(),
            proxies: options.proxies.clone(),
            clients: Clients::new(&limits),
            log: options.log.map(|addresses| AccessLog::begin(addresses, metrics.clone())),
            metrics,
            certificate,
            headers: HeaderSets::new(https),
            places: Arc::new(Semaphore::new(limits.connections)),
            downloads: Arc::new(Semaphore::new(limits.downloads)),
            turned_away: listener::turned_away(),
            limits,
            draining: AtomicBool::new(false),
            verified: AtomicBool::new(false),
            keys: options.keys.clone(),
            editions: options.editions,
            desk: options.desk.clone().map(|plan| Arc::new(Desk::new(plan, dist.to_owned()))),
            generation: ArcSwap::from_pointee(Generation { current: Arc::new(edition), earlier: Vec::new() }),
            packages: ArcSwap::from_pointee(Packages::read(dist, options.public_url.trim_end_matches('/'))),
        }
    }

    pub fn generation(&self) -> arc_swap::Guard<Arc<Generation>> {
        self.generation.load()
    }

    pub fn packages(&self) -> arc_swap::Guard<Arc<Packages>> {
        self.packages.load()
    }

    fn follow_packages(&self, dist: &Path) {
        if self.packages().is_stale(dist) {
            self.packages.store(Arc::new(Packages::read(dist, &self.public_url)));
        }
    }

    pub fn is_ready(&self) -> bool {
        self.verified.load(Relaxed) && !self.draining.load(Relaxed)
    }

    fn advance(&self, edition: Edition) {
        let before = self.generation.load_full();
        let mut earlier: Vec<_> = std::iter::once(&before.current).chain(&before.earlier).cloned().collect();
        earlier.retain(|kept| kept.name != edition.name);
        earlier.truncate(self.editions);
        self.generation.store(Arc::new(Generation { current: Arc::new(edition), earlier }));
    }

    /// Adds the editions that the public saw before this server began, as far as they are still there.
    async fn find_earlier(&self, dist: &Path) {
        let history = release::history(dist).unwrap_or_default();
        for publication in history.iter().rev() {
            let now = self.generation.load_full();
            let known = |name: &str| now.current.name == name || now.earlier.iter().any(|kept| kept.name == name);
            if now.earlier.len() >= self.editions {
                return;
            }
            if known(&publication.edition) {
                continue;
            }
            if let Ok(edition) = Edition::open(dist.to_owned(), publication.edition.clone()).await {
                let mut earlier = now.earlier.clone();
                earlier.push(Arc::new(edition));
                self.generation.store(Arc::new(Generation { current: now.current.clone(), earlier }));
            }
        }
    }

    /// Reads every file of the edition once more, as it lies on disk.
    async fn verify(&self, dist: &Path) -> bool {
        let (dist, name) = (dist.to_owned(), self.generation().current.name.clone());
        let opened = tokio::task::spawn_blocking(move || release::open_edition(&dist, &name).map(drop)).await;
        match opened {
            Ok(Ok(())) => self.verified.store(true, Relaxed),
            Ok(Err(failure)) => {
                self.metrics.editions_refused.fetch_add(1, Relaxed);
                tracing::error!(cause = %failure, "the edition is damaged: publish another one; until then it is not ready");
            }
            Err(failed) => tracing::error!(cause = %failed, "the edition could not be verified"),
        }
        self.verified.load(Relaxed)
    }
}

/// Verifies what is served, finds earlier editions, then looks at `dist/current` every `period`, and at once on
/// SIGHUP.
///
/// A damaged or unsigned edition is refused with a line in the log, and what was served goes on being served;
/// it is looked at again when it is published again, or on SIGHUP.
pub async fn follow_pointer(site: Arc<Site>, dist: PathBuf, period: Duration) {
    let mut hangup = signal(SignalKind::hangup()).ok();
    site.find_earlier(&dist).await;
    let mut refused = if site.verify(&dist).await { None } else { Pointer::read(&dist) };
    loop {
        tokio::select! {
            () = tokio::time::sleep(period) => {}
            () = received(&mut hangup) => refused = None,
        }
        site.certificate.iter().for_each(Certificate::follow);
        site.follow_packages(&dist);
        // A pointer that cannot be read now is read again in a moment; the old edition stands.
        let Some(pointer) = Pointer::read(&dist) else { continue };
        let is_current = pointer.edition == site.generation().current.name;
        if refused.as_ref() == Some(&pointer) || (is_current && site.verified.load(Relaxed)) {
            continue;
        }
        if is_current {
            refused = if site.verify(&dist).await { None } else { Some(pointer) };
            continue;
        }
        match take_up(&site, &dist, &pointer.edition).await {
            Ok(edition) => {
                tracing::info!(edition = edition.name, "edition swapped in");
                site.metrics.swaps.fetch_add(1, Relaxed);
                site.advance(edition);
                site.verified.store(true, Relaxed);
            }
            Err(failure) => {
                tracing::error!(edition = pointer.edition, cause = %failure, "edition refused");
                site.metrics.editions_refused.fetch_add(1, Relaxed);
                refused = Some(pointer);
            }
        }
    }
}

/// Opens an edition with every digest, and its signature where one is asked for.
async fn take_up(site: &Site, dist: &Path, name: &str) -> Result<Edition> {
    let signed = edition_signature::check(dist, name, &site.keys)?;
    Ok(Edition::load(dist.to_owned(), name.to_owned()).await?.signed_as(signed))
}

/// The pointer as it was put there: publishing the same edition again makes another one.
#[derive(PartialEq, Eq)]
struct Pointer {
    edition: String,
    made: SystemTime,
}

impl Pointer {
    fn read(dist: &Path) -> Option<Self> {
        let made = std::fs::symlink_metadata(dist.join("current")).and_then(|link| link.modified()).ok()?;
        Some(Pointer { edition: release::current(dist).ok()?, made })
    }
}

async fn received(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

//! What is being served at this moment, and how it gives way to the next edition.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::edition::Edition;
use super::hosts::AllowedHosts;
use crate::release;

pub struct Site {
    pub address: SocketAddr,
    pub hosts: AllowedHosts,
    /// The public reaches the site by TLS (ended by the proxy in front): browsers are told to keep to it.
    pub https: bool,
    /// Set when the server is asked to stop, so that a balancer sends nobody more.
    pub draining: AtomicBool,
    generation: ArcSwap<Generation>,
}

/// One request sees one generation from start to end.
pub struct Generation {
    pub current: Arc<Edition>,
    /// Archives and hashed assets of the edition before, for pages that were loaded before the swap. Their
    /// names carry their digest, so nothing of two editions can be mixed under one name.
    pub previous: Option<Arc<Edition>>,
}

impl Site {
    pub fn new(edition: Edition, public_url: &str, address: SocketAddr) -> Self {
        let generation = Generation { current: Arc::new(edition), previous: None };
        Site {
            address,
            hosts: AllowedHosts::new(public_url, address),
            https: public_url.starts_with("https://"),
            draining: AtomicBool::new(false),
            generation: ArcSwap::from_pointee(generation),
        }
    }

    pub fn generation(&self) -> Arc<Generation> {
        self.generation.load_full()
    }

    fn advance(&self, edition: Edition) {
        let previous = Some(self.generation().current.clone());
        self.generation.store(Arc::new(Generation { current: Arc::new(edition), previous }));
    }
}

/// Looks at `dist/current` every `period`, and at once on SIGHUP.
///
/// A damaged edition is refused with a line in the log, and what was served goes on being served; it is
/// looked at again when it is published again, or on SIGHUP.
pub async fn follow_pointer(site: Arc<Site>, dist: PathBuf, period: Duration) {
    let mut hangup = signal(SignalKind::hangup()).ok();
    let mut refused = None;
    loop {
        tokio::select! {
            () = tokio::time::sleep(period) => {}
            () = received(&mut hangup) => refused = None,
        }
        // A pointer that cannot be read now is read again in a moment; the old edition stands.
        let Some(pointer) = Pointer::read(&dist) else { continue };
        if pointer.edition == site.generation().current.name || refused.as_ref() == Some(&pointer) {
            continue;
        }
        match Edition::load(dist.clone()).await {
            Ok(edition) => {
                tracing::info!(edition = edition.name, "edition swapped in");
                site.advance(edition);
            }
            Err(failure) => {
                tracing::error!(edition = pointer.edition, cause = %failure, "edition refused");
                refused = Some(pointer);
            }
        }
    }
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

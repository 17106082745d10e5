//! The port: how many may connect, and how the server stops.

use std::collections::hash_map::Entry;
use std::future::Future;
use std::net::IpAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper_util::server::graceful::GracefulShutdown;
use rustc_hash::FxHashMap;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::connection;
use super::site::Site;

/// Every limit of the port, each against one way of holding a server up.
#[derive(Clone, Debug)]
pub struct Limits {
    /// A connection costs at most about 100 KiB: 4,096 of them stay under 400 MiB.
    pub connections: usize,
    /// One address (an IPv6 /64) cannot take all of them. Behind a proxy, which is one address, raise it.
    pub connections_per_address: usize,
    /// From connecting until it is clear which protocol is spoken.
    pub first_bytes: Duration,
    /// From the first byte of a request to the end of its headers; also how long a connection may idle.
    pub header: Duration,
    /// A client that takes less than 1 KiB/s over this time is cut off.
    pub write_stall: Duration,
    /// How long requests in flight may take to end after SIGTERM.
    pub drain: Duration,
    /// How often `dist/current` is looked at.
    pub pointer_poll: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connections: 4096,
            connections_per_address: 64,
            first_bytes: Duration::from_secs(10),
            header: Duration::from_secs(10),
            write_stall: Duration::from_secs(30),
            drain: Duration::from_secs(10),
            pointer_poll: Duration::from_secs(1),
        }
    }
}

/// Accepts connections until `stop` is ready; returns when the last one ended, or after the drain time.
pub async fn accept_until(listener: TcpListener, site: Arc<Site>, limits: Limits, stop: impl Future<Output = ()>) {
    let graceful = GracefulShutdown::new();
    let (stopping, _) = tokio::sync::watch::channel(());
    let places = Arc::new(Semaphore::new(limits.connections));
    let addresses = Arc::new(Addresses::default());
    let mut stop = std::pin::pin!(stop);
    loop {
        let (stream, address, place) = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            () = &mut stop => break,
        };
        let Some(seat) = addresses.take(address, limits.connections_per_address) else { continue };
        let connected = connection::Connected { site: site.clone(), limits: limits.clone(), address };
        let (watcher, stopping) = (graceful.watcher(), stopping.subscribe());
        tokio::spawn(async move {
            connection::carry(connected, stream, watcher, stopping).await;
            drop((seat, place));
        });
    }
    drop(listener);
    site.draining.store(true, Ordering::Relaxed);
    let _ = stopping.send(());
    let _ = tokio::time::timeout(limits.drain, graceful.shutdown()).await;
}

/// Waits for a free place before accepting: who comes too much waits in the kernel's queue.
async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> (TcpStream, IpAddr, OwnedSemaphorePermit) {
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { std::future::pending().await };
        match listener.accept().await {
            Ok((stream, address)) => return (stream, address.ip().to_canonical(), place),
            // Out of file descriptors, or a client gone before it was accepted: others may still be served.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

/// Open connections by address.
#[derive(Default)]
struct Addresses(Mutex<FxHashMap<u128, usize>>);

/// One connection of an address; gives its place back when dropped.
struct Seat {
    addresses: Arc<Addresses>,
    key: u128,
}

impl Addresses {
    fn take(self: &Arc<Self>, address: IpAddr, most: usize) -> Option<Seat> {
        let key = subscriber(address);
        let mut counts = self.counts();
        let count = counts.entry(key).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Seat { addresses: self.clone(), key })
    }

    fn counts(&self) -> MutexGuard<'_, FxHashMap<u128, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Entry::Occupied(mut count) = self.addresses.counts().entry(self.key) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

/// An IPv4 address, or the /64 that one IPv6 subscriber owns whole.
fn subscriber(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(v4.to_bits()),
        IpAddr::V6(v6) => v6.to_bits() >> 64 << 64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_gets_its_places_and_gives_them_back() {
        let addresses = Arc::new(Addresses::default());
        let one: IpAddr = [192, 0, 2, 1].into();
        let first = addresses.take(one, 2);
        let second = addresses.take(one, 2);
        assert!(first.is_some() && second.is_some());
        assert!(addresses.take(one, 2).is_none());
        assert!(addresses.take([192, 0, 2, 2].into(), 2).is_some());
        drop(first);
        assert!(addresses.take(one, 2).is_some());
        drop(second);
        assert!(addresses.counts().is_empty());
    }

    #[test]
    fn the_addresses_of_one_ipv6_subscriber_count_as_one() {
        let in_64 = |last: u16| subscriber(IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, last]));
        assert_eq!(in_64(1), in_64(2));
        assert_ne!(in_64(1), subscriber(IpAddr::from([0x2001, 0xdb8, 0, 2, 0, 0, 0, 1])));
    }
}

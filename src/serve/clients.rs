//! Who is asking, how often, and over how many connections.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::limits::Limits;

/// Addresses remembered at one time; whoever comes when all are in use shares one allowance.
const MOST: usize = 65_536;

/// Every address that is connected, or was lately.
pub struct Clients {
    begun: Instant,
    connections: usize,
    /// Nanoseconds between two requests at the allowed rate; 0 when nobody counts.
    interval: u64,
    /// How far ahead of that rate a client may be.
    tolerance: u64,
    // The standard hasher: keys come from whoever connects.
    known: Mutex<HashMap<u128, Arc<Client>>>,
    crowd: Arc<Client>,
}

/// One IPv4 address, or one IPv6 /64.
#[derive(Default)]
pub struct Client {
    connections: AtomicUsize,
    /// When all requests so far would have been due at the allowed rate (the GCRA's one number).
    due: AtomicU64,
}

/// One connection of a client; gives its place back when dropped.
pub struct Seat(pub Arc<Client>);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Relaxed);
    }
}

impl Clients {
    pub fn new(limits: &Limits) -> Self {
        let interval = 1_000_000_000u64.checked_div(limits.requests_per_s.into()).unwrap_or(0);
        Clients {
            begun: Instant::now(),
            connections: limits.connections_per_address,
            interval,
            tolerance: interval.saturating_mul(limits.burst.into()),
            known: Mutex::default(),
            crowd: Arc::default(),
        }
    }

    pub fn client(&self, address: IpAddr) -> Arc<Client> {
        let key = subscriber(address);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST && !known.contains_key(&key) {
            let now = self.now();
            known.retain(|_, client| Arc::strong_count(client) > 1 || client.due.load(Relaxed) > now);
            if known.len() >= MOST {
                return self.crowd.clone();
            }
        }
        known.entry(key).or_default().clone()
    }

    /// A place for one more connection, if the client has one left.
    pub fn seat(&self, client: &Arc<Client>) -> Option<Seat> {
        let before = client.connections.fetch_add(1, Relaxed);
        let seat = Seat(client.clone());
        (before < self.connections).then_some(seat)
    }

    /// Counts one request; when it is one too many, how long to wait before the next.
    pub fn admit(&self, client: &Client) -> Result<(), Duration> {
        if self.interval == 0 {
            return Ok(());
        }
        let now = self.now();
        let next = |due: u64| Some(due.max(now) + self.interval).filter(|due| due - now <= self.tolerance);
        let admitted = client.due.fetch_update(Relaxed, Relaxed, next);
        admitted
            .map(drop)
            .map_err(|due| Duration::from_nanos((due + self.interval).saturating_sub(now + self.tolerance)))
    }

    fn now(&self) -> u64 {
        self.begun.elapsed().as_nanos() as u64
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

    fn clients(connections_per_address: usize, requests_per_s: u32, burst: u32) -> Clients {
        Clients::new(&Limits { connections_per_address, requests_per_s, burst, ..Limits::default() })
    }

    #[test]
    fn an_address_gets_its_places_and_gives_them_back() {
        let clients = clients(2, 0, 0);
        let one = clients.client([192, 0, 2, 1].into());
        let (first, second) = (clients.seat(&one), clients.seat(&one));
        assert!(first.is_some() && second.is_some());
        assert!(clients.seat(&one).is_none());
        assert!(clients.seat(&clients.client([192, 0, 2, 2].into())).is_some());
        drop(first);
        assert!(clients.seat(&clients.client([192, 0, 2, 1].into())).is_some());
    }

    #[test]
    fn the_addresses_of_one_ipv6_subscriber_count_as_one() {
        let in_64 = |last: u16| subscriber(IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, last]));
        assert_eq!(in_64(1), in_64(2));
        assert_ne!(in_64(1), subscriber(IpAddr::from([0x2001, 0xdb8, 0, 2, 0, 0, 0, 1])));
    }

    #[test]
    fn a_client_may_run_ahead_by_its_burst_and_then_at_its_rate() {
        let clients = clients(64, 10, 5);
        let one = clients.client([192, 0, 2, 1].into());
        assert_eq!((0..20).filter(|_| clients.admit(&one).is_ok()).count(), 5);
        let wait = clients.admit(&one).unwrap_err();
        assert!(wait > Duration::ZERO && wait <= Duration::from_millis(100), "{wait:?}");
        assert!(clients.admit(&clients.client([192, 0, 2, 2].into())).is_ok(), "others are not held up");
        std::thread::sleep(wait + Duration::from_millis(1));
        assert!(clients.admit(&one).is_ok());
    }

    #[test]
    fn who_is_gone_is_forgotten_before_anybody_is_lumped_together() {
        let clients = clients(64, 0, 0);
        for i in 0..MOST as u32 {
            clients.client(IpAddr::from(i.to_be_bytes()));
        }
        let next = clients.client([250, 0, 0, 1].into());
        assert!(!Arc::ptr_eq(&next, &clients.crowd));
        assert!(clients.known.lock().unwrap().len() < 10);
    }
}

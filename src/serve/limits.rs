//! Every limit of the server, each against one way of holding it up. They are published in docs/operating.md.

use std::time::Duration;

#[derive(Clone, Debug)]
pub struct Limits {
    /// A connection costs at most about 100 KiB: 4,096 of them stay under 400 MiB.
    pub connections: usize,
    /// One address (an IPv6 /64) cannot take all of them. Trusted proxies are not counted.
    pub connections_per_address: usize,
    /// Requests a second of one address, over a longer time; 0 means that nobody counts.
    pub requests_per_s: u32,
    /// How many may come at once: a map that opens asks for some hundred tiles.
    pub burst: u32,
    /// Answers that are read from disk piece by piece, at one time.
    pub downloads: usize,
    /// From connecting until it is clear which protocol is spoken, a TLS handshake included.
    pub first_bytes: Duration,
    /// From the first byte of a request to the end of its headers.
    pub header: Duration,
    /// How long a connection is kept without a request.
    pub idle: Duration,
    /// A client that takes less than 1 KiB/s over this time is cut off.
    pub write_stall: Duration,
    /// How long requests in flight may take to end after SIGTERM.
    pub drain: Duration,
    /// How often `dist/current` and the certificate are looked at.
    pub pointer_poll: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connections: 4096,
            connections_per_address: 64,
            requests_per_s: 200,
            burst: 2000,
            downloads: 256,
            first_bytes: Duration::from_secs(10),
            header: Duration::from_secs(10),
            idle: Duration::from_secs(30),
            write_stall: Duration::from_secs(30),
            drain: Duration::from_secs(10),
            pointer_poll: Duration::from_secs(1),
        }
    }
}

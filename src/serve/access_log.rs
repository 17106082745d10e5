//! One JSON line on stderr for each request; nobody's full address is written down.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Instant;

use hyper::body::Body as _;
use hyper::{Request, Response};

use super::body::Body;

/// Longer paths are cut: a line stays under 8 KiB.
const MAX_PATH_BYTES: usize = 512;

/// Sends log lines to stderr as JSON, unless the program has set up its own.
pub fn install() {
    let lines = tracing_subscriber::fmt().json().flatten_event(true).with_writer(std::io::stderr);
    let filter = tracing_subscriber::EnvFilter::try_from_env("CONGBO_LOG").unwrap_or_else(|_| "info".into());
    let _ = lines.with_env_filter(filter).with_target(false).try_init();
}

/// A request on its way.
pub struct Entry {
    method: String,
    path: String,
    client: IpAddr,
    begun: Instant,
}

impl Entry {
    pub fn begin<B>(asked: &Request<B>, address: IpAddr) -> Self {
        let method = asked.method().as_str().chars().take(16).collect();
        Entry { method, path: shortened(asked.uri().path()), client: network_of(address), begun: Instant::now() }
    }

    /// Writes the line; control characters and quotes are escaped by the JSON writer.
    pub fn end(self, response: &Response<Body>) {
        tracing::info!(
            method = self.method,
            path = self.path,
            status = response.status().as_u16(),
            bytes = response.body().size_hint().exact().unwrap_or_default(),
            ms = self.begun.elapsed().as_secs_f64() * 1000.0,
            client = %self.client,
            "request"
        );
    }
}

fn shortened(path: &str) -> String {
    let end = (0..=MAX_PATH_BYTES.min(path.len())).rev().find(|&end| path.is_char_boundary(end)).unwrap_or(0);
    path[..end].to_owned()
}

/// The /24 or /48 of an address: enough to see an attack, too little to follow a person.
fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(v4) => Ipv4Addr::from_bits(v4.to_bits() >> 8 << 8).into(),
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 80 << 80).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_cut_to_their_network() {
        assert_eq!(network_of([203, 0, 113, 77].into()).to_string(), "203.0.113.0");
        let v6: IpAddr = "2001:db8:1:2:3:4:5:6".parse().unwrap();
        assert_eq!(network_of(v6).to_string(), "2001:db8:1::");
    }

    #[test]
    fn long_paths_are_cut_between_characters() {
        assert_eq!(shortened(&"đ".repeat(600)).len(), MAX_PATH_BYTES);
        assert_eq!(shortened("/a"), "/a");
    }
}

//! `[serve]` of `congbo.toml`: how the server meets the public. Every key has a default.

use serde::Deserialize;

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServeConfig {
    /// `ADDR:PORT` or `unix:PATH`.
    pub listen: String,
    /// `ADDR:PORT` of the counts; empty for none.
    pub metrics: String,
    /// PEM files, relative to the site folder: the certificate with its chain, and its key.
    pub certificate: Option<String>,
    pub key: Option<String>,
    /// Addresses and networks of proxies in front, or "unix": whoever may connect to the socket.
    pub trusted_proxies: Vec<String>,
    /// The header in which they name the client.
    pub forwarded_by: ForwardedHeader,
    pub connections: usize,
    pub connections_per_address: usize,
    /// 0: nobody counts.
    pub requests_per_s: u32,
    pub burst: u32,
    pub downloads: usize,
    pub idle_s: u64,
    pub drain_s: u64,
    /// How many earlier editions can be asked for under /v/.
    pub editions: usize,
    /// How much of a client's address a line of the log holds.
    pub log_addresses: LogAddresses,
    /// Public keys as under `[approvers]`: an edition that none of them signed is not served.
    pub keys: Vec<String>,
    /// Threads that answer; 0 takes one for each core.
    pub threads: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum ForwardedHeader {
    #[serde(rename = "X-Forwarded-For")]
    XForwardedFor,
    Forwarded,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogAddresses {
    Network,
    Whole,
    None,
}

impl Default for ServeConfig {
    fn default() -> Self {
        ServeConfig {
            listen: "127.0.0.1:8080".into(),
            metrics: String::new(),
            certificate: None,
            key: None,
            trusted_proxies: vec![],
            forwarded_by: ForwardedHeader::XForwardedFor,
            connections: 4096,
            connections_per_address: 64,
            requests_per_s: 200,
            burst: 2000,
            downloads: 256,
            idle_s: 30,
            drain_s: 10,
            editions: 3,
            log_addresses: LogAddresses::Network,
            keys: vec![],
            threads: 0,
        }
    }
}

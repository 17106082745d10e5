//! One JSON line on stderr for each request; nobody's full address is written down unless the operator says so.
//!
//! Lines are gathered and written by a thread of their own: a system call for each request would cost as much as
//! answering it, and a reader that stands still would hold the server up. It writes every 200 ms, under load as soon
//! as 64 KiB are there: on one core, a fifth of a second's lines in one piece held everybody up for 3 ms.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::metrics::Metrics;

/// Longer paths are cut: a line stays under 8 KiB.
const MAX_PATH_BYTES: usize = 512;

/// What may wait for a reader; after that lines are lost and counted.
const MAX_WAITING_BYTES: usize = 8 << 20;

const EVERY: Duration = Duration::from_millis(200);

/// Written without waiting any longer.
const PIECE_BYTES: usize = 64 << 10;

/// How much of a client's address is written down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Addresses {
    /// The /24 or /48: enough to see an attack, too little to follow a person.
    #[default]
    Network,
    Whole,
    None,
}

/// Sends what is not a request to stderr as JSON, unless the program has set up its own; panics too.
pub fn install() {
    let lines = tracing_subscriber::fmt().json().flatten_event(true).with_writer(std::io::stderr);
    let filter = tracing_subscriber::EnvFilter::try_from_env("CONGBO_LOG").unwrap_or_else(|_| "info".into());
    let _ = lines.with_env_filter(filter).with_target(false).try_init();
    // Where, but not what: a message may quote what it choked on.
    std::panic::set_hook(Box::new(|panicked| {
        let place = panicked.location().map(|place| format!("{}:{}", place.file(), place.line()));
        tracing::error!(place, "panicked");
    }));
}

/// Gathers the lines; dropping it writes what is left.
pub struct AccessLog {
    waiting: Arc<Waiting>,
    addresses: Addresses,
    metrics: Arc<Metrics>,
    writer: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Waiting {
    lines: Mutex<Lines>,
    due: Condvar,
}

#[derive(Default)]
struct Lines {
    text: String,
    /// No more will come.
    over: bool,
    second: u64,
    /// `2026-11-22T13:05:09`, made once a second.
    moment: String,
}

/// One answered request.
pub struct Entry<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub status: u16,
    pub bytes: u64,
    pub took: Duration,
    pub client: Option<IpAddr>,
    pub protocol: &'static str,
}

impl AccessLog {
    /// Lines go to stderr.
    pub fn begin(addresses: Addresses, metrics: Arc<Metrics>) -> Self {
        let waiting = Arc::new(Waiting::default());
        let lines = waiting.clone();
        let writer = std::thread::Builder::new().name("access log".into()).spawn(move || lines.write_until_over());
        AccessLog { waiting, addresses, metrics, writer: writer.ok() }
    }

    /// Writes what waits, now.
    pub fn flush(&self) {
        self.waiting.write(&mut String::new());
    }

    pub fn note(&self, entry: &Entry<'_>) {
        let mut lines = self.waiting.lock();
        let before = lines.text.len();
        match before < MAX_WAITING_BYTES {
            true => lines.add(entry, self.addresses),
            false => drop(self.metrics.lines_lost.fetch_add(1, Relaxed)),
        }
        let is_full = (before..lines.text.len()).contains(&PIECE_BYTES);
        drop(lines);
        if is_full {
            self.waiting.due.notify_one();
        }
    }
}

impl Drop for AccessLog {
    fn drop(&mut self) {
        self.waiting.lock().over = true;
        self.waiting.due.notify_one();
        if let Some(thread) = self.writer.take() {
            let _ = thread.join();
        }
    }
}

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_until_over(&self) {
        let mut text = String::new();
        let mut over = false;
        while !over {
            let more = |lines: &mut Lines| !lines.over && lines.text.len() <= PIECE_BYTES;
            let waited = self.due.wait_timeout_while(self.lock(), EVERY, more);
            over = waited.unwrap_or_else(PoisonError::into_inner).0.over;
            self.write(&mut text);
        }
    }

    /// `text` comes and goes empty: its memory is used again.
    fn write(&self, text: &mut String) {
        let mut out = std::io::stderr().lock();
        std::mem::swap(text, &mut self.lock().text);
        // Nobody is there to be told that the log cannot be written.
        let _ = out.write_all(text.as_bytes());
        text.clear();
    }
}

impl Lines {
    fn add(&mut self, entry: &Entry<'_>, addresses: Addresses) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        if now.as_secs() != self.second {
            self.second = now.as_secs();
            let moment = jiff::Timestamp::from_second(now.as_secs() as i64).unwrap_or_default();
            self.moment = moment.to_string().trim_end_matches('Z').to_owned();
        }
        let text = &mut self.text;
        let _ = write!(
            text,
            "{{\"timestamp\":\"{}.{:03}Z\",\"level\":\"INFO\",\"message\":\"request\"",
            self.moment,
            now.subsec_millis()
        );
        text.push_str(",\"method\":\"");
        escape(text, cut(entry.method, 16));
        text.push_str("\",\"path\":\"");
        escape(text, cut(entry.path, MAX_PATH_BYTES));
        let us = entry.took.as_micros();
        let _ = write!(
            text,
            "\",\"protocol\":\"{}\",\"status\":{},\"bytes\":{},\"ms\":{}.{:03}",
            entry.protocol,
            entry.status,
            entry.bytes,
            us / 1000,
            us % 1000
        );
        if let Some(client) = shown(entry.client, addresses) {
            let _ = write!(text, ",\"client\":\"{client}\"");
        }
        text.push_str("}\n");
    }
}

/// JSON's escapes, and those of what a terminal or a line reader could take for an order.
fn escape(text: &mut String, value: &str) {
    for c in value.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            ' '..='~' => text.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(text, "\\u{unit:04x}");
                }
            }
        }
    }
}

fn cut(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    &text[..end]
}

fn shown(client: Option<IpAddr>, addresses: Addresses) -> Option<IpAddr> {
    match addresses {
        Addresses::None => None,
        Addresses::Whole => client,
        Addresses::Network => client.map(network_of),
    }
}

fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(v4) => Ipv4Addr::from_bits(v4.to_bits() >> 8 << 8).into(),
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 80 << 80).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(method: &str, path: &str, client: &str, addresses: Addresses) -> serde_json::Value {
        let mut lines = Lines::default();
        let took = Duration::from_micros(12_345);
        let client = client.parse().ok();
        lines.add(&Entry { method, path, status: 404, bytes: 7, took, client, protocol: "1.1" }, addresses);
        assert_eq!(lines.text.matches('\n').count(), 1);
        assert!(lines.text.len() < 8192 && lines.text.is_ascii());
        serde_json::from_str(&lines.text).unwrap()
    }

    #[test]
    fn a_line_is_json_whatever_was_asked() {
        for path in ["/a\"b\\c", "/\r\n{\"status\":200}", "/\u{1b}[2J", "/\u{2028}\u{2029}", "/đ😀", "/\u{0}\u{7f}"]
        {
            assert_eq!(line("GET", path, "203.0.113.77", Addresses::Network)["path"], path);
        }
        let long = line("M".repeat(99).as_str(), &"đ".repeat(1 << 20), "", Addresses::Network);
        assert_eq!((long["method"].as_str().unwrap().len(), long["path"].as_str().unwrap().len()), (16, 512));
    }

    #[test]
    fn a_line_tells_when_what_and_how_long() {
        let line = line("GET", "/a", "203.0.113.77", Addresses::Network);
        assert_eq!((&line["ms"], &line["status"], &line["bytes"]), (&12.345.into(), &404.into(), &7.into()));
        assert!(line["timestamp"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
    }

    #[test]
    fn addresses_are_cut_to_their_network_unless_the_operator_says_otherwise() {
        let client = |address: &str, addresses| line("GET", "/", address, addresses)["client"].clone();
        assert_eq!(client("203.0.113.77", Addresses::Network), "203.0.113.0");
        assert_eq!(client("2001:db8:1:2:3:4:5:6", Addresses::Network), "2001:db8:1::");
        assert_eq!(client("203.0.113.77", Addresses::Whole), "203.0.113.77");
        assert!(client("203.0.113.77", Addresses::None).is_null());
    }
}

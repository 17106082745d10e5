//! What the server counts, in Prometheus' text format. Nothing of a person is in it: no address, no path.

use std::fmt::Write;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// The statuses that the server gives; anything else is counted as 0.
const STATUSES: [u16; 21] =
    [0, 200, 204, 206, 304, 308, 400, 404, 405, 412, 413, 414, 415, 416, 421, 429, 431, 500, 501, 503, 505];

/// Upper bounds in microseconds, from the last byte of a request's head until its answer is ready to be sent.
const BUCKETS_US: [u64; 8] = [50, 100, 250, 1_000, 5_000, 25_000, 100_000, 1_000_000];

/// Why somebody was turned away before or instead of an answer.
#[derive(Clone, Copy, Debug)]
pub enum Refusal {
    /// The server has as many connections as it may.
    Connections,
    /// The address has.
    ConnectionsOfAddress,
    /// Too many requests of one address.
    Rate,
    /// As many downloads as there may be.
    Downloads,
    /// A deadline passed.
    Deadline,
    /// More bytes than any client has reason to send.
    Intake,
    Tls,
}

const REFUSALS: [(Refusal, &str); 7] = [
    (Refusal::Connections, "connections"),
    (Refusal::ConnectionsOfAddress, "connections_of_address"),
    (Refusal::Rate, "rate"),
    (Refusal::Downloads, "downloads"),
    (Refusal::Deadline, "deadline"),
    (Refusal::Intake, "intake"),
    (Refusal::Tls, "tls"),
];

#[derive(Default)]
pub struct Metrics {
    answers: [AtomicU64; STATUSES.len()],
    durations: [AtomicU64; BUCKETS_US.len() + 1],
    duration_ns: AtomicU64,
    bytes: AtomicU64,
    refused: [AtomicU64; REFUSALS.len()],
    pub connections: AtomicU64,
    pub connections_open: AtomicI64,
    pub panics: AtomicU64,
    pub swaps: AtomicU64,
    pub editions_refused: AtomicU64,
    pub lines_lost: AtomicU64,
}

impl Metrics {
    pub fn answered(&self, status: u16, bytes: u64, took: Duration) {
        let at = STATUSES.iter().position(|known| *known == status).unwrap_or(0);
        self.answers[at].fetch_add(1, Relaxed);
        let us = took.as_micros() as u64;
        let bucket = BUCKETS_US.iter().position(|bound| us <= *bound).unwrap_or(BUCKETS_US.len());
        self.durations[bucket].fetch_add(1, Relaxed);
        self.duration_ns.fetch_add(took.as_nanos() as u64, Relaxed);
        self.bytes.fetch_add(bytes, Relaxed);
    }

    pub fn refused(&self, why: Refusal) {
        self.refused[why as usize].fetch_add(1, Relaxed);
    }

    /// The page, for the edition that is being served and how many are kept.
    pub fn page(&self, edition: &str, editions: usize, is_ready: bool) -> String {
        let mut page = String::with_capacity(4096);
        self.requests(&mut page);
        family(&mut page, "congbo_refused_total", "counter", "Turned away, by reason.");
        for (refusal, name) in REFUSALS {
            let count = self.refused[refusal as usize].load(Relaxed);
            let _ = writeln!(page, "congbo_refused_total{{reason=\"{name}\"}} {count}");
        }
        family(&mut page, "congbo_edition_info", "gauge", "The edition that is being served.");
        let _ = writeln!(page, "congbo_edition_info{{edition=\"{edition}\"}} 1");
        for (name, kind, help, value) in [
            ("congbo_connections_total", "counter", "Connections accepted.", self.connections.load(Relaxed) as i64),
            ("congbo_connections_open", "gauge", "Connections open.", self.connections_open.load(Relaxed)),
            ("congbo_panics_total", "counter", "Requests that panicked.", self.panics.load(Relaxed) as i64),
            (
                "congbo_edition_swaps_total",
                "counter",
                "Editions taken up since the start.",
                self.swaps.load(Relaxed) as i64,
            ),
            (
                "congbo_editions_refused_total",
                "counter",
                "Editions refused as damaged or unsigned.",
                self.editions_refused.load(Relaxed) as i64,
            ),
            ("congbo_editions", "gauge", "Editions that can be asked for.", editions as i64),
            ("congbo_ready", "gauge", "1 once the edition's digests and signature were found right.", is_ready.into()),
            (
                "congbo_log_lines_lost_total",
                "counter",
                "Log lines that nobody took in time.",
                self.lines_lost.load(Relaxed) as i64,
            ),
        ] {
            family(&mut page, name, kind, help);
            let _ = writeln!(page, "{name} {value}");
        }
        process(&mut page);
        page
    }

    fn requests(&self, page: &mut String) {
        family(page, "congbo_requests_total", "counter", "Answers by status.");
        for (at, status) in STATUSES.iter().enumerate() {
            let count = self.answers[at].load(Relaxed);
            if count > 0 {
                let _ = writeln!(page, "congbo_requests_total{{status=\"{status}\"}} {count}");
            }
        }
        family(page, "congbo_answer_bytes_total", "counter", "Bytes of bodies, as announced.");
        let _ = writeln!(page, "congbo_answer_bytes_total {}", self.bytes.load(Relaxed));
        family(page, "congbo_request_seconds", "histogram", "From a request's head to its answer's.");
        let mut count = 0;
        for (at, bound) in BUCKETS_US.iter().enumerate() {
            count += self.durations[at].load(Relaxed);
            let _ = writeln!(page, "congbo_request_seconds_bucket{{le=\"{}\"}} {count}", *bound as f64 / 1e6);
        }
        count += self.durations[BUCKETS_US.len()].load(Relaxed);
        let _ = writeln!(page, "congbo_request_seconds_bucket{{le=\"+Inf\"}} {count}");
        let _ = writeln!(page, "congbo_request_seconds_sum {}", self.duration_ns.load(Relaxed) as f64 / 1e9);
        let _ = writeln!(page, "congbo_request_seconds_count {count}");
    }
}

fn family(page: &mut String, name: &str, kind: &str, help: &str) {
    let _ = write!(page, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
}

/// Under the names that every Prometheus client library gives them.
fn process(page: &mut String) {
    let cpu = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    family(page, "process_cpu_seconds_total", "counter", "Processor time.");
    let _ = writeln!(page, "process_cpu_seconds_total {}.{:09}", cpu.tv_sec, cpu.tv_nsec);
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let resident =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix("kB")?.trim().parse().ok());
    if let Some(kib) = resident.map(|kib: u64| kib * 1024) {
        family(page, "process_resident_memory_bytes", "gauge", "Memory in use.");
        let _ = writeln!(page, "process_resident_memory_bytes {kib}");
    }
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        family(page, "process_open_fds", "gauge", "Open files and sockets.");
        let _ = writeln!(page, "process_open_fds {}", open.count());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted_by_status_and_time() {
        let metrics = Metrics::default();
        metrics.answered(200, 1000, Duration::from_micros(40));
        metrics.answered(200, 500, Duration::from_micros(300));
        metrics.answered(418, 0, Duration::from_secs(9));
        metrics.refused(Refusal::Rate);
        let page = metrics.page("2026-01-05-0a1b2c3d", 2, true);
        for line in [
            "congbo_requests_total{status=\"200\"} 2",
            "congbo_requests_total{status=\"0\"} 1",
            "congbo_answer_bytes_total 1500",
            "congbo_request_seconds_bucket{le=\"0.00005\"} 1",
            "congbo_request_seconds_bucket{le=\"0.001\"} 2",
            "congbo_request_seconds_bucket{le=\"+Inf\"} 3",
            "congbo_request_seconds_count 3",
            "congbo_refused_total{reason=\"rate\"} 1",
            "congbo_edition_info{edition=\"2026-01-05-0a1b2c3d\"} 1",
            "congbo_ready 1",
        ] {
            assert!(page.lines().any(|found| found == line), "{line}\n{page}");
        }
    }

    #[test]
    fn every_reason_stands_at_its_own_place() {
        for (at, (refusal, _)) in REFUSALS.iter().enumerate() {
            assert_eq!(*refusal as usize, at);
        }
    }
}

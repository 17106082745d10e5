//! What a connection is doing and since when, so that one timer that seldom wakes holds all its deadlines.
//!
//! A timer of its own for each request costs more than answering a small one. Here a request costs two
//! writes of a number; the timer wakes at the earliest deadline there could be and looks again.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use super::limits::Limits;

/// Phases, in the two lowest bits; above them milliseconds since the connection began.
const IDLE: u64 = 0;
const HEAD: u64 = 1;
const ANSWERING: u64 = 2;
const TAKING: u64 = 3;

#[derive(Debug)]
pub struct Pulse {
    begun: Instant,
    phase: AtomicU64,
    /// Answers that are on their way: more than one on HTTP/2.
    answers: AtomicU32,
    /// Requests that were admitted since somebody last asked.
    admitted: AtomicU32,
    header: Duration,
    idle: Duration,
    write_stall: Duration,
}

/// The largest piece of an answer at the slowest pace: so long nothing may be asked of it.
const SLOWEST_PIECE: Duration = Duration::from_secs(128);

impl Pulse {
    pub fn new(limits: &Limits) -> Self {
        let &Limits { header, idle, write_stall, .. } = limits;
        let (phase, answers, admitted) = (AtomicU64::new(IDLE), AtomicU32::new(0), AtomicU32::new(0));
        Pulse { begun: Instant::now(), phase, answers, admitted, header, idle, write_stall }
    }

    /// Bytes of a request came (HTTP/1): from the first of them its head has a deadline.
    pub fn bytes_came(&self) {
        if self.phase.load(Relaxed) & 3 == IDLE {
            self.phase.store(self.now() | HEAD, Relaxed);
        }
    }

    pub fn request_came(&self) {
        self.answers.fetch_add(1, Relaxed);
        self.phase.store(self.now() | ANSWERING, Relaxed);
    }

    pub fn request_admitted(&self) {
        self.admitted.fetch_add(1, Relaxed);
    }

    pub fn take_admitted(&self) -> u32 {
        self.admitted.swap(0, Relaxed)
    }

    /// Another piece of an answer was asked for: the client takes it.
    pub fn piece_taken(&self) {
        self.phase.store(self.now() | TAKING, Relaxed);
    }

    /// What was handed over whole still goes out: the wait for the next request begins after it.
    pub fn wrote(&self) {
        if self.phase.load(Relaxed) & 3 == IDLE {
            self.phase.store(self.now() | IDLE, Relaxed);
        }
    }

    pub fn answer_ended(&self) {
        if self.answers.fetch_sub(1, Relaxed) == 1 {
            self.phase.store(self.now() | IDLE, Relaxed);
        }
    }

    /// How long until the client has run out of time, zero when it has.
    pub fn left(&self) -> Duration {
        let phase = self.phase.load(Relaxed);
        let since = Duration::from_millis(phase >> 2);
        let allowed = match phase & 3 {
            // Over HTTP/2 a client that opens no window takes nothing, and no write has to wait.
            ANSWERING => self.write_stall,
            TAKING => self.write_stall + SLOWEST_PIECE,
            HEAD => self.header,
            _ => self.idle,
        };
        (since + allowed).saturating_sub(self.begun.elapsed())
    }

    fn now(&self) -> u64 {
        (self.begun.elapsed().as_millis() as u64) << 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pulse(header_ms: u64, idle_ms: u64) -> Pulse {
        let (header, idle) = (Duration::from_millis(header_ms), Duration::from_millis(idle_ms));
        Pulse::new(&Limits { header, idle, ..Limits::default() })
    }

    #[test]
    fn a_head_has_less_time_than_an_idle_connection_and_more_bytes_give_it_no_more() {
        let pulse = pulse(50, 60_000);
        assert!(pulse.left() > Duration::from_secs(50));
        pulse.bytes_came();
        assert!(pulse.left() <= Duration::from_millis(50));
        std::thread::sleep(Duration::from_millis(60));
        pulse.bytes_came();
        assert_eq!(pulse.left(), Duration::ZERO);
    }

    #[test]
    fn an_answer_under_way_is_not_idle_and_the_last_one_begins_the_wait_anew() {
        let pulse = pulse(20, 40);
        pulse.request_came();
        pulse.request_came();
        std::thread::sleep(Duration::from_millis(50));
        assert!(pulse.left() > Duration::ZERO);
        pulse.answer_ended();
        assert!(pulse.left() > Duration::from_secs(10), "one is still on its way");
        pulse.piece_taken();
        assert!(pulse.left() > Duration::from_secs(100));
        pulse.answer_ended();
        assert!(pulse.left() > Duration::from_millis(20));
        std::thread::sleep(Duration::from_millis(50));
        assert_eq!(pulse.left(), Duration::ZERO);
    }
}

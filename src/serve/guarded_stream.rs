//! A stream that gives back the bytes read in advance, and gives up on clients that do not take theirs or send
//! more than anybody has reason to.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use super::pulse::Pulse;

/// The slowest client that is still served.
const MIN_BYTES_PER_S: u64 = 1024;

/// Over HTTP/2 a client sends heads and a frame of 13 bytes for some ten thousand it got. Whoever sends more than
/// this, and a KiB for each request that was admitted, is not asking but flooding (PING, SETTINGS, CONTINUATION,
/// resets). Over HTTP/1 nothing can be sent but heads, whose size is limited.
const INTAKE_BYTES_PER_S: f64 = 256.0 * 1024.0;
const INTAKE_BYTES_PER_REQUEST: f64 = 1024.0;
const INTAKE_BURST: f64 = 1024.0 * 1024.0;

pub struct GuardedStream<S> {
    stream: S,
    read_before: Vec<u8>,
    stall: Duration,
    pulse: Option<Arc<Pulse>>,
    /// Bytes that come are of a request; on HTTP/2 they may be the protocol's own.
    tells_reads: bool,
    /// Written since the pulse was told: single frames of HTTP/2 are no progress.
    untold: u64,
    intake: Intake,
    /// Runs from the moment a write had to wait until enough of it got through.
    waiting: Option<Pin<Box<Sleep>>>,
    written_while_waiting: u64,
}

impl<S> GuardedStream<S> {
    /// Reads give `read_before` first. A write that moves less than 1 KiB/s over `stall` fails.
    pub fn new(stream: S, read_before: Vec<u8>, stall: Duration) -> Self {
        let intake = Intake { left: INTAKE_BURST, at: Instant::now() };
        let (pulse, tells_reads, untold, waiting, written_while_waiting) = (None, false, 0, None, 0);
        GuardedStream { stream, read_before, stall, pulse, tells_reads, untold, intake, waiting, written_while_waiting }
    }

    /// Tells `pulse` when an answer gets on, and with `reads` also when bytes come.
    pub fn telling(mut self, pulse: Arc<Pulse>, reads: bool) -> Self {
        (self.pulse, self.tells_reads) = (Some(pulse), reads);
        self
    }

    fn wrote(&mut self, bytes: u64) {
        self.untold += bytes;
        if self.untold >= MIN_BYTES_PER_S {
            self.untold = 0;
            self.pulse.iter().for_each(|pulse| pulse.wrote());
        }
    }

    fn watch_write(&mut self, cx: &mut Context<'_>, outcome: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match outcome {
            Poll::Pending => {
                let stall = self.stall;
                let waiting = self.waiting.get_or_insert_with(|| Box::pin(tokio::time::sleep(stall)));
                ready!(waiting.as_mut().poll(cx));
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
            Poll::Ready(Ok(written)) => {
                self.wrote(written as u64);
                self.written_while_waiting += written as u64;
                if self.written_while_waiting >= MIN_BYTES_PER_S * self.stall.as_secs().max(1) {
                    self.forgive();
                }
                Poll::Ready(Ok(written))
            }
            failed => failed,
        }
    }

    fn forgive(&mut self) {
        self.waiting = None;
        self.written_while_waiting = 0;
    }
}

/// What a client may still send: refilled as time passes, looked at only once the first megabyte is used up.
struct Intake {
    left: f64,
    at: Instant,
}

impl Intake {
    fn take(&mut self, bytes: usize, admitted: impl Fn() -> u32) -> io::Result<()> {
        self.left -= bytes as f64;
        if self.left >= 0.0 {
            return Ok(());
        }
        let now = Instant::now();
        let since = now.duration_since(self.at).as_secs_f64();
        let earned = since * INTAKE_BYTES_PER_S + f64::from(admitted()) * INTAKE_BYTES_PER_REQUEST;
        self.left = (self.left + earned).min(INTAKE_BURST);
        self.at = now;
        match self.left >= 0.0 {
            true => Ok(()),
            false => Err(io::Error::new(io::ErrorKind::QuotaExceeded, "the client floods")),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for GuardedStream<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.read_before.is_empty() {
            let before = buf.filled().len();
            ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
            let came = buf.filled().len() - before;
            if self.tells_reads {
                self.pulse.iter().filter(|_| came > 0).for_each(|pulse| pulse.bytes_came());
                return Poll::Ready(Ok(()));
            }
            let GuardedStream { intake, pulse, .. } = &mut *self;
            return Poll::Ready(intake.take(came, || pulse.as_ref().map_or(0, |pulse| pulse.take_admitted())));
        }
        let length = self.read_before.len().min(buf.remaining());
        buf.put_slice(&self.read_before[..length]);
        self.read_before.drain(..length);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for GuardedStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.watch_write(cx, outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.watch_write(cx, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        // hyper flushes when all it held is written: the client took everything.
        if flushed.is_ready() {
            self.forgive();
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    fn block_on<F: Future>(future: F) -> F::Output {
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
    }

    #[test]
    fn bytes_read_in_advance_come_first() {
        block_on(async {
            let (ours, mut theirs) = tokio::io::duplex(64);
            let mut stream = GuardedStream::new(ours, b"GET ".to_vec(), Duration::from_secs(1));
            theirs.write_all(b"/").await.unwrap();
            drop(theirs);
            let mut text = String::new();
            stream.read_to_string(&mut text).await.unwrap();
            assert_eq!(text, "GET /");
        });
    }

    #[test]
    fn a_client_that_sends_more_than_heads_is_cut_off() {
        let mut intake = Intake { left: INTAKE_BURST, at: Instant::now() };
        assert!(intake.take(INTAKE_BURST as usize, || 0).is_ok());
        assert!(intake.take(INTAKE_BURST as usize, || 0).is_err());
        let mut busy = Intake { left: 0.0, at: Instant::now() };
        assert!(busy.take(100_000, || 1000).is_ok(), "a thousand requests of a hundred bytes");
        let mut patient = Intake { left: 0.0, at: Instant::now() - Duration::from_secs(2) };
        assert!(patient.take(INTAKE_BYTES_PER_S as usize, || 0).is_ok());
    }

    #[test]
    fn a_client_that_takes_nothing_is_cut_off() {
        block_on(async {
            let (ours, _theirs) = tokio::io::duplex(16);
            let mut stream = GuardedStream::new(ours, Vec::new(), Duration::from_millis(50));
            let failed = stream.write_all(&[0; 64]).await.unwrap_err();
            assert_eq!(failed.kind(), io::ErrorKind::TimedOut);
        });
    }

    #[test]
    fn a_client_that_takes_enough_is_served_however_long_it_lasts() {
        block_on(async {
            let (ours, mut theirs) = tokio::io::duplex(1024);
            let mut stream = GuardedStream::new(ours, Vec::new(), Duration::from_millis(100));
            let reader = tokio::spawn(async move {
                let mut piece = [0; 1024];
                let mut total = 0;
                while total < 8192 {
                    tokio::time::sleep(Duration::from_millis(40)).await;
                    total += theirs.read(&mut piece).await.unwrap();
                }
                total
            });
            stream.write_all(&[7; 8192]).await.unwrap();
            assert_eq!(reader.await.unwrap(), 8192);
        });
    }
}

//! One connection: which protocol, within which limits, until when.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::Poll;
use std::time::{Duration, Instant};

use hyper::body::{Body as _, Incoming};
use hyper::header::{CONNECTION, HeaderValue};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Request, Response, Version};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::sync::watch;

use super::access_log::Entry;
use super::body::Body;
use super::clients::Client;
use super::desk;
use super::guarded_stream::GuardedStream;
use super::metrics::Refusal;
use super::pulse::Pulse;
use super::request;
use super::site::Site;

/// What HTTP/2 begins with (RFC 9113, section 3.4).
const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const MAX_HEADER_BYTES: usize = 16 * 1024;
const MAX_HEADERS: usize = 64;

/// HTTP/1 cannot say that it wants no more requests but in an answer. So when the server stops, a connection
/// waits this long for a request that may be on its way, and is closed behind its answer.
const LULL: Duration = Duration::from_millis(500);

/// Who is on the other side.
pub struct Connected {
    pub site: Arc<Site>,
    /// `None` on a Unix socket.
    pub address: Option<IpAddr>,
    /// Whom requests are counted for, unless a trusted proxy names another.
    pub client: Arc<Client>,
    pub proxy: bool,
}

/// Carries a connection to its end; whatever goes wrong on it concerns nobody else.
pub async fn carry<S>(connected: Connected, mut stream: S, mut stopping: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let site = connected.site.clone();
    // hyper-util's own protocol detection waits without limit; so the first bytes are read here.
    let started = tokio::select! {
        started = tokio::time::timeout(site.limits.first_bytes, first_bytes(&mut stream)) => started,
        () = stopped_and_waited(&mut stopping) => return,
    };
    let Ok(Ok(first)) = started else {
        site.metrics.refused(Refusal::Deadline);
        return;
    };
    let is_http2 = first == HTTP2_PREFACE;
    let pulse = Arc::new(Pulse::new(&site.limits));
    let guarded = GuardedStream::new(stream, first, site.limits.write_stall).telling(pulse.clone(), !is_http2);
    if !is_http2 {
        pulse.bytes_came();
    }
    let (connected, told) = (Arc::new(connected), pulse.clone());
    let service = service_fn(move |asked| answer(connected.clone(), told.clone(), asked));
    let io = TokioIo::new(guarded);
    let held = Held { site: &site, pulse: &pulse, stopping, lull: if is_http2 { Duration::ZERO } else { LULL } };
    match is_http2 {
        true => held.until_over(http2_limits().serve_connection(io, service), |conn| conn.graceful_shutdown()).await,
        false => held.until_over(http1_limits().serve_connection(io, service), |conn| conn.graceful_shutdown()).await,
    }
}

/// Ready a moment after the server was asked to stop: a request may be on its way.
pub async fn stopped_and_waited(stopping: &mut watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stopping| *stopping).await;
    tokio::time::sleep(LULL).await;
}

/// A connection and what may end it.
struct Held<'a> {
    site: &'a Site,
    pulse: &'a Pulse,
    stopping: watch::Receiver<bool>,
    lull: Duration,
}

impl Held<'_> {
    /// Until the client is done, runs out of time, or the server stops and nothing is under way.
    async fn until_over<C>(mut self, connection: C, end_well: fn(Pin<&mut C>))
    where
        C: Future<Output = hyper::Result<()>>,
    {
        let mut connection = pin!(connection);
        let mut timer = pin!(tokio::time::sleep(self.pulse.left()));
        let asked_to_stop = self.stopping.clone();
        let mut stopping = pin!(self.stopping.wait_for(|stopping| *stopping));
        // The word to stop is waited for once; after that a look at its version is enough.
        let (mut waits, mut stopped, mut warned) = (false, false, false);
        let over = std::future::poll_fn(|cx| {
            if let Poll::Ready(ended) = connection.as_mut().poll(cx) {
                return Poll::Ready(Some(ended));
            }
            let look = !waits || asked_to_stop.has_changed().unwrap_or(true);
            waits = true;
            if !stopped && look && stopping.as_mut().poll(cx).is_ready() {
                stopped = true;
                timer.as_mut().reset((Instant::now() + self.lull).into());
            }
            while timer.as_mut().poll(cx).is_ready() {
                let left = self.pulse.left();
                if left.is_zero() && warned {
                    return Poll::Ready(None);
                }
                if left.is_zero() || (stopped && !warned) {
                    // HTTP/2 is told that no more requests are wanted; who was silent all along sees the end.
                    warned = true;
                    end_well(connection.as_mut());
                    cx.waker().wake_by_ref();
                }
                timer.as_mut().reset((Instant::now() + left.max(Duration::from_millis(250))).into());
            }
            Poll::Pending
        });
        match over.await {
            None => self.site.metrics.refused(Refusal::Deadline),
            Some(Err(e)) if is_flood(&e) => self.site.metrics.refused(Refusal::Intake),
            Some(_) if warned && !*asked_to_stop.borrow() => self.site.metrics.refused(Refusal::Deadline),
            Some(_) => {}
        }
    }
}

fn is_flood(failed: &hyper::Error) -> bool {
    let mut cause = std::error::Error::source(failed);
    while let Some(error) = cause {
        if error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::QuotaExceeded) {
            return true;
        }
        cause = error.source();
    }
    false
}

async fn answer(
    connected: Arc<Connected>,
    pulse: Arc<Pulse>,
    mut asked: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let begun = Instant::now();
    pulse.request_came();
    let site = &*connected.site;
    let forwarded = if connected.proxy { site.proxies.client(asked.headers()) } else { None };
    let admitted = match forwarded {
        Some(address) => site.clients.admit(&site.clients.client(address)),
        // A proxy that does not say for whom it asks is not held up for all of them.
        None if connected.proxy => Ok(()),
        None => site.clients.admit(&connected.client),
    };
    let mut response = match admitted {
        Ok(()) => {
            pulse.request_admitted();
            match site.desk.as_ref().filter(|_| desk::takes(asked.uri().path())) {
                Some(desk) => {
                    let client = forwarded.or(connected.address);
                    request::shielded(site, desk::respond(desk, site, &mut asked, client)).await
                }
                None => request::shielded(site, request::respond(site, &asked)).await,
            }
        }
        Err(wait) => {
            site.metrics.refused(Refusal::Rate);
            request::too_many(site, wait)
        }
    };
    let entry = Entry {
        method: asked.method().as_str(),
        path: asked.uri().path(),
        status: response.status().as_u16(),
        bytes: response.body().size_hint().exact().unwrap_or_default(),
        took: begun.elapsed(),
        client: forwarded.or(connected.address),
        protocol: if asked.version() == Version::HTTP_2 { "2" } else { "1.1" },
    };
    site.metrics.answered(entry.status, entry.bytes, entry.took);
    if let Some(log) = &site.log {
        log.note(&entry);
    }
    if site.draining.load(Relaxed) && asked.version() != Version::HTTP_2 {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response.body_mut().tell_when_over(pulse);
    Ok(response)
}

/// Reads until the bytes are the preface of HTTP/2 or cannot become it.
async fn first_bytes(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut first = Vec::with_capacity(HTTP2_PREFACE.len());
    while first.len() < HTTP2_PREFACE.len() && HTTP2_PREFACE.starts_with(&first) {
        let room = (HTTP2_PREFACE.len() - first.len()) as u64;
        if (&mut *stream).take(room).read_buf(&mut first).await? == 0 {
            break;
        }
    }
    Ok(first)
}

/// Without a timer: [`Pulse`] holds the deadlines.
fn http1_limits() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.header_read_timeout(None);
    builder.max_header_size(MAX_HEADER_BYTES).max_headers(MAX_HEADERS).max_buf_size(64 * 1024);
    builder
}

fn http2_limits() -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder.timer(TokioTimer::new());
    builder.max_concurrent_streams(100).max_header_list_size(MAX_HEADER_BYTES as u32);
    // A stream reset by the client still costs what was begun for it (rapid reset).
    builder.max_pending_accept_reset_streams(20).max_local_error_reset_streams(100);
    // Nothing is received but heads; what is sent waits for the client's own window.
    builder.initial_stream_window_size(16 * 1024).initial_connection_window_size(64 * 1024);
    builder.max_send_buf_size(64 * 1024);
    builder.keep_alive_interval(Duration::from_secs(20)).keep_alive_timeout(Duration::from_secs(10));
    builder
}

//! One connection: which protocol, within which limits.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::Watcher;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::body::Body;
use super::guarded_stream::GuardedStream;
use super::listener::Limits;
use super::site::Site;
use super::{access_log, request};

/// What HTTP/2 begins with (RFC 9113, section 3.4).
const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const MAX_HEADER_BYTES: usize = 16 * 1024;
const MAX_HEADERS: usize = 64;

pub struct Connected {
    pub site: Arc<Site>,
    pub limits: Limits,
    pub address: IpAddr,
}

/// Carries a connection to its end; whatever goes wrong on it concerns nobody else.
pub async fn carry(connected: Connected, mut stream: TcpStream, watcher: Watcher, mut stopping: watch::Receiver<()>) {
    let _ = stream.set_nodelay(true);
    // hyper-util's own protocol detection waits without limit; so the first bytes are read here.
    let started = tokio::select! {
        started = tokio::time::timeout(connected.limits.first_bytes, first_bytes(&mut stream)) => started,
        _ = stopping.changed() => return,
    };
    let Ok(Ok(first)) = started else { return };
    let is_http2 = first == HTTP2_PREFACE;
    let limits = connected.limits.clone();
    let io = TokioIo::new(GuardedStream::new(stream, first, limits.write_stall));
    let connected = Arc::new(connected);
    let service = service_fn(move |asked| answer(connected.clone(), asked));
    let _ = match is_http2 {
        true => watcher.watch(http2_limits().serve_connection(io, service)).await,
        false => watcher.watch(http1_limits(limits.header).serve_connection(io, service)).await,
    };
}

async fn answer(connected: Arc<Connected>, asked: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    let entry = access_log::Entry::begin(&asked, connected.address);
    let response = request::shielded(request::respond(&connected.site, &asked)).await;
    entry.end(&response);
    Ok(response)
}

/// Reads until the bytes are the preface of HTTP/2 or cannot become it.
async fn first_bytes(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut first = Vec::with_capacity(HTTP2_PREFACE.len());
    while first.len() < HTTP2_PREFACE.len() && HTTP2_PREFACE.starts_with(&first) {
        let room = (HTTP2_PREFACE.len() - first.len()) as u64;
        if (&mut *stream).take(room).read_buf(&mut first).await? == 0 {
            break;
        }
    }
    Ok(first)
}

fn http1_limits(header: Duration) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(header);
    builder.max_header_size(MAX_HEADER_BYTES).max_headers(MAX_HEADERS);
    builder
}

fn http2_limits() -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder.timer(TokioTimer::new());
    builder.max_concurrent_streams(100).max_header_list_size(MAX_HEADER_BYTES as u32);
    // A stream reset by the client still costs what was begun for it (rapid reset).
    builder.max_pending_accept_reset_streams(20).max_local_error_reset_streams(100);
    builder.keep_alive_interval(Duration::from_secs(20)).keep_alive_timeout(Duration::from_secs(10));
    builder
}

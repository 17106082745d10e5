//! `/metrics`, on a port of its own that is never public: counts are for the operator.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE, HOST, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::listener::Port;
use super::site::Site;

/// Whoever reads the counts needs one connection, for a moment.
const AT_ONCE: usize = 8;
const WITHIN: Duration = Duration::from_secs(10);

pub async fn serve(port: Port, site: Arc<Site>) {
    let Port::Tcp(port) = port else { return };
    let Ok(listener) = TcpListener::from_std(port) else { return };
    let places = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let site = site.clone();
        tokio::spawn(async move {
            let service = service_fn(move |asked| {
                let answer = answer(&site, &asked);
                async move { Ok::<_, Infallible>(answer) }
            });
            let mut http = hyper::server::conn::http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(WITHIN).keep_alive(false);
            let _ = tokio::time::timeout(WITHIN, http.serve_connection(TokioIo::new(stream), service)).await;
            drop(place);
        });
    }
}

fn answer(site: &Site, asked: &Request<Incoming>) -> Response<Full<Bytes>> {
    let plain = |status, text: String| {
        let mut response = Response::new(Full::new(text.into()));
        *response.status_mut() = status;
        let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, kind);
        response
    };
    if !is_literal_host(asked) {
        return plain(StatusCode::MISDIRECTED_REQUEST, "Ask by address.\n".into());
    }
    if asked.method() != Method::GET {
        let mut refused = plain(StatusCode::METHOD_NOT_ALLOWED, "This can only be read.\n".into());
        refused.headers_mut().insert(ALLOW, HeaderValue::from_static("GET"));
        return refused;
    }
    if asked.uri().path() != "/metrics" {
        return plain(StatusCode::NOT_FOUND, "The counts are at /metrics.\n".into());
    }
    let generation = site.generation();
    let editions = 1 + generation.earlier.len();
    plain(StatusCode::OK, site.metrics.page(&generation.current.name, editions, site.is_ready()))
}

/// A name would let a page elsewhere reach the counts through its visitor's browser (DNS rebinding).
fn is_literal_host(asked: &Request<Incoming>) -> bool {
    let host = asked.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    host.parse::<std::net::SocketAddr>().is_ok()
        || host.parse::<std::net::IpAddr>().is_ok()
        || host.split(':').next() == Some("localhost")
}

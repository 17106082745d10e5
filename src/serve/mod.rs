//! The server: carries one published edition to the public, and nothing else.
//!
//! [`listener`] opens the ports and counts who comes in, [`connection`] holds one client to its deadlines,
//! [`request`] reads one request from top to bottom, [`routes`] has one file for each kind of address. What can
//! be asked for is a map made from the edition's manifest ([`edition`]): a path from a client is looked up there
//! and never joined to a folder. [`limits`] lists every limit. [`desk`] is the one part that takes anything in:
//! sign-in, requests and downloads, with a budget of its own; the public part does not notice when it is down.
//!
//! It imports none of the stages that see source data; `tests/architecture.rs` holds that.

pub mod access_log;
pub mod body;
pub mod clients;
pub mod conditional;
pub mod connection;
pub mod desk;
pub mod edition;
pub mod edition_signature;
pub mod encoding;
pub mod guarded_stream;
pub mod headers;
pub mod hosts;
pub mod limits;
pub mod listener;
pub mod metrics;
pub mod metrics_port;
pub mod notify;
pub mod packages;
pub mod proxies;
pub mod pulse;
pub mod range;
pub mod request;
pub mod routes;
pub mod site;
pub mod stored_file;
pub mod tile_archive;
pub mod tls;

use std::future::Future;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use access_log::AccessLog;
pub use access_log::Addresses;
pub use limits::Limits;
pub use listener::Listen;
use listener::Port;
pub use proxies::{ForwardedBy, Network, Proxies};
use site::Site;
pub use tls::CertificateFiles;

use crate::account::Plan;
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::release::{self, PublisherKey};

#[derive(Clone, Debug)]
pub struct Options {
    /// Port 0 lets the system choose. Ports that systemd opened take its place.
    pub listen: Listen,
    /// `[site] public_url`: its host is accepted beside the listening address.
    pub public_url: String,
    pub limits: Limits,
    pub proxies: Proxies,
    pub certificate: Option<CertificateFiles>,
    /// Where the counts can be read; never a public address.
    pub metrics: Option<SocketAddr>,
    /// `None` writes no line for requests.
    pub log: Option<Addresses>,
    /// How many earlier editions can be asked for under `/v/`.
    pub editions: usize,
    /// Public keys of which one must have signed an edition; none asks for no signature.
    pub keys: Vec<PublisherKey>,
    /// Accounts, requests and extracts; `None` leaves their addresses to the edition.
    pub desk: Option<Plan>,
}

impl Options {
    pub fn new(listen: Listen, public_url: &str) -> Self {
        let limits = Limits::default();
        let (proxies, certificate, metrics) = (Proxies::default(), None, None);
        let (log, editions, keys, desk) = (Some(Addresses::default()), 3, Vec::new(), None);
        let public_url = public_url.into();
        Options { listen, public_url, limits, proxies, certificate, metrics, log, editions, keys, desk }
    }

    /// Everything that is wrong with them, before a port is opened.
    fn check(&self) -> Result<()> {
        let mut faults = Vec::new();
        if let Listen::Tcp(address) = &self.listen {
            faults.extend(self.plain_on_public(*address));
        }
        if let Some(address) = self.metrics.filter(|address| listener::is_public(address.ip())) {
            let problem = format!("metrics on {address} could be read by anybody");
            faults.push(usage(problem).remedy("choose a loopback or private address under [serve] metrics"));
        }
        Failure::unless_empty(faults)
    }

    fn plain_on_public(&self, address: SocketAddr) -> Option<Fault> {
        let refused = listener::is_public(address.ip()) && self.certificate.is_none() && self.proxies.is_empty();
        let remedy = "give a certificate and its key under [serve], or list the proxy in front of the server under \
            [serve] trusted_proxies, or listen on 127.0.0.1";
        let problem = || format!("{address} is a public address, and plain HTTP can be read and changed on its way");
        refused.then(|| usage(problem()).remedy(remedy))
    }
}

/// A server whose port is open and whose edition was found.
pub struct Server {
    ports: Vec<Port>,
    metrics: Option<Port>,
    site: Arc<Site>,
    dist: PathBuf,
}

impl Server {
    /// Opens the published edition below `dist` and the port; nothing is answered before [`serve`](Server::serve).
    pub async fn bind(dist: &Path, options: Options) -> Result<Server> {
        options.check()?;
        let certificate = options.certificate.clone().map(tls::Certificate::load).transpose()?;
        let name = release::current(dist)?;
        let signed = edition_signature::check(dist, &name, &options.keys)?;
        let edition = edition::Edition::open(dist.to_owned(), name).await?.signed_as(signed);
        let mut ports = Port::inherited().map_err(|e| usage(format!("the sockets given by systemd: {e}")))?;
        if ports.is_empty() {
            ports.push(open(&options.listen)?);
        }
        let addresses: Vec<SocketAddr> = ports.iter().filter_map(Port::address).collect();
        if let Some(fault) = addresses.iter().find_map(|address| options.plain_on_public(*address)) {
            return Err(fault.into());
        }
        let metrics = options.metrics.map(|address| open(&Listen::Tcp(address))).transpose()?;
        let site = Arc::new(Site::new(edition, dist, &options, &addresses, certificate));
        Ok(Server { ports, metrics, site, dist: dist.to_owned() })
    }

    /// Of the first TCP port.
    pub fn address(&self) -> Option<SocketAddr> {
        self.ports.iter().find_map(Port::address)
    }

    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().and_then(Port::address)
    }

    /// Name of the edition that is being served.
    pub fn edition(&self) -> String {
        self.site.generation().current.name.clone()
    }

    /// Answers until `stop` is ready, then lets requests in flight end.
    pub async fn serve(self, stop: impl Future<Output = ()>) {
        self.serve_on(1, stop).await;
    }

    /// The same on `threads` threads, each with connections of its own: none waits for another's lock.
    pub async fn serve_on(self, threads: usize, stop: impl Future<Output = ()>) {
        let Server { ports, metrics, site, dist } = self;
        let (tell, stopping) = watch::channel(false);
        let period = site.limits.pointer_poll;
        let follower = tokio::spawn(site::follow_pointer(site.clone(), dist, period));
        let counts = metrics.map(|port| tokio::spawn(metrics_port::serve(port, site.clone())));
        let others: Vec<_> = (1..threads).filter_map(|_| another_thread(&ports, &site, &stopping)).collect();
        let doors = tokio::spawn(listener::accept_until(ports, site.clone(), stopping));
        stop.await;
        site.draining.store(true, Relaxed);
        let _ = tell.send(true);
        if let Ok(Err(cause)) = doors.await {
            tracing::error!(%cause, "a port could not be used");
        }
        for thread in others {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
        follower.abort();
        counts.iter().for_each(tokio::task::JoinHandle::abort);
        site.log.iter().for_each(AccessLog::flush);
    }
}

fn another_thread(
    ports: &[Port],
    site: &Arc<Site>,
    stopping: &watch::Receiver<bool>,
) -> Option<std::thread::JoinHandle<()>> {
    let ports: Vec<Port> = ports.iter().map(Port::try_clone).collect::<std::io::Result<_>>().ok()?;
    let (site, stopping) = (site.clone(), stopping.clone());
    let work = move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        let _ = runtime.block_on(listener::accept_until(ports, site, stopping));
        runtime.shutdown_background();
    };
    std::thread::Builder::new().name("requests".into()).spawn(work).ok()
}

/// Serves until SIGTERM or SIGINT; prints one line on stdout once requests are answered.
pub async fn run(dist: &Path, options: Options, threads: usize) -> Result<()> {
    access_log::install();
    let scheme = if options.certificate.is_some() { "https" } else { "http" };
    let listen = options.listen.clone();
    let server = Server::bind(dist, options).await?;
    let mut terminate = signal(SignalKind::terminate()).map_err(no_signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(no_signals)?;
    let place = server.address().map_or(listen.to_string(), |address| format!("{scheme}://{address}/"));
    let line = format!("congbo: {} on {place}\n", server.edition());
    // Who started the server may have closed its output; that is no reason not to serve.
    let _ = std::io::stdout().write_all(line.as_bytes()).and_then(|()| std::io::stdout().flush());
    notify::tell("READY=1");
    let stop = async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        notify::tell("STOPPING=1");
    };
    server.serve_on(threads, stop).await;
    Ok(())
}

/// Everything that `run` would refuse, without opening a port: options, certificate, edition, signature.
pub async fn check(dist: &Path, options: &Options) -> Result<String> {
    let mut faults = Vec::new();
    faults.extend(options.check().err().map(|failure| failure.faults).unwrap_or_default());
    let certificate = options.certificate.clone().map(tls::Certificate::load).transpose();
    faults.extend(certificate.err().map(|failure| failure.faults).unwrap_or_default());
    let edition = async {
        let name = release::current(dist)?;
        edition_signature::check(dist, &name, &options.keys)?;
        edition::Edition::load(dist.to_owned(), name).await.map(|edition| edition.name)
    };
    match edition.await {
        Ok(name) => Failure::unless_empty(faults).map(|()| name),
        Err(failure) => {
            faults.extend(failure.faults);
            Err(Failure { faults })
        }
    }
}

fn open(listen: &Listen) -> Result<Port> {
    Port::open(listen).map_err(|cause| {
        usage(format!("cannot listen on {listen}: {cause}"))
            .remedy("choose another address with -l ADDR:PORT, or stop what uses this one")
            .into()
    })
}

fn usage(problem: String) -> Fault {
    Fault::new(Stage::Serve, Exit::Usage, problem)
}

fn no_signals(cause: std::io::Error) -> Failure {
    Fault::new(Stage::Serve, Exit::Unexpected, format!("cannot listen for signals: {cause}")).into()
}

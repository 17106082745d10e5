//! The server: carries one published edition to the public, and nothing else.
//!
//! [`listener`] holds the limits of a connection, [`request`] reads one request from top to bottom,
//! [`routes`] has one file for each kind of address. What can be asked for is a map made from the
//! edition's manifest ([`edition`]): a path from a client is looked up there and never joined to a folder.
//!
//! It imports none of the stages that see source data; `tests/architecture.rs` holds that.

pub mod access_log;
pub mod body;
pub mod conditional;
pub mod connection;
pub mod edition;
pub mod encoding;
pub mod guarded_stream;
pub mod headers;
pub mod hosts;
pub mod listener;
pub mod range;
pub mod request;
pub mod routes;
pub mod site;
pub mod stored_file;

use std::future::Future;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

pub use listener::Limits;
use site::Site;

use crate::error::{Exit, Failure, Fault, Result, Stage};

#[derive(Clone, Debug)]
pub struct Options {
    /// Port 0 lets the system choose.
    pub listen: SocketAddr,
    /// `[site] public_url`: its host is accepted beside the listening address.
    pub public_url: String,
    pub limits: Limits,
}

/// A server whose port is open and whose edition was checked.
pub struct Server {
    listener: TcpListener,
    site: Arc<Site>,
    dist: PathBuf,
    limits: Limits,
}

impl Server {
    /// Opens the published edition below `dist` and the port; nothing is answered before [`serve`](Server::serve).
    pub async fn bind(dist: &Path, options: Options) -> Result<Server> {
        let edition = edition::Edition::load(dist.to_owned()).await?;
        let listener = TcpListener::bind(options.listen).await.map_err(|e| cannot_listen(options.listen, e))?;
        let address = listener.local_addr().map_err(|e| cannot_listen(options.listen, e))?;
        let site = Arc::new(Site::new(edition, &options.public_url, address));
        Ok(Server { listener, site, dist: dist.to_owned(), limits: options.limits })
    }

    pub fn address(&self) -> SocketAddr {
        self.site.address
    }

    /// Name of the edition that is being served.
    pub fn edition(&self) -> String {
        self.site.generation().current.name.clone()
    }

    /// Answers until `stop` is ready, then lets requests in flight end.
    pub async fn serve(self, stop: impl Future<Output = ()>) {
        let watcher = tokio::spawn(site::follow_pointer(self.site.clone(), self.dist, self.limits.pointer_poll));
        listener::accept_until(self.listener, self.site, self.limits, stop).await;
        watcher.abort();
    }
}

/// Serves until SIGTERM or SIGINT; prints one line on stdout once requests are answered.
pub async fn run(dist: &Path, options: Options) -> Result<()> {
    access_log::install();
    let server = Server::bind(dist, options).await?;
    let mut terminate = signal(SignalKind::terminate()).map_err(no_signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(no_signals)?;
    let line = format!("congbo: {} on http://{}/\n", server.edition(), server.address());
    // Who started the server may have closed its output; that is no reason not to serve.
    let _ = std::io::stdout().write_all(line.as_bytes()).and_then(|()| std::io::stdout().flush());
    server
        .serve(async move {
            tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        })
        .await;
    Ok(())
}

fn cannot_listen(address: SocketAddr, cause: std::io::Error) -> Failure {
    Fault::new(Stage::Serve, Exit::Usage, format!("cannot listen on {address}: {cause}"))
        .remedy("choose another address with -l ADDR:PORT, or stop what uses this one")
        .into()
}

fn no_signals(cause: std::io::Error) -> Failure {
    Fault::new(Stage::Serve, Exit::Unexpected, format!("cannot listen for signals: {cause}")).into()
}

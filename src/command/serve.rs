//! `congbo serve`: carry the published edition to the public.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::config::site::SiteConfig;
use crate::error::{Exit, Fault, Result, Stage};
use crate::serve::{self, Limits, Options};

/// Serve the published edition over HTTP.
///
/// Reads dist/current and follows it: a newly published edition is taken up within a second (at once on
/// SIGHUP), a damaged one is refused. Writes nothing. Prints one line on stdout once it answers, one JSON
/// line per request on stderr. SIGTERM lets requests in flight end, for at most 10 seconds.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Address and port to listen on; port 0 takes a free one.
    #[arg(short, long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8080", env = "CONGBO_LISTEN")]
    pub listen: SocketAddr,
    /// URL under which the public reaches the site; its host name is answered. [default: the one in congbo.toml]
    #[arg(long, value_name = "URL", env = "CONGBO_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// Folder of the editions, relative to the site folder.
    #[arg(long, default_value = "dist", env = "CONGBO_DIST")]
    pub dist: PathBuf,
    /// Most connections at one time.
    #[arg(long, value_name = "N", default_value_t = 4096, env = "CONGBO_CONNECTIONS")]
    pub connections: usize,
    /// Most connections of one address at one time; behind a proxy, which is one address, as many as in all.
    #[arg(long, value_name = "N", default_value_t = 64, env = "CONGBO_CONNECTIONS_PER_ADDRESS")]
    pub connections_per_address: usize,
}

pub fn run(site: &Path, args: Args) -> Result<()> {
    let public_url = match args.public_url {
        Some(url) => url,
        None => SiteConfig::load(site)?.site.public_url,
    };
    let limits = Limits {
        connections: args.connections,
        connections_per_address: args.connections_per_address,
        ..Limits::default()
    };
    let options = Options { listen: args.listen, public_url, limits };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(no_threads)?;
    let outcome = runtime.block_on(serve::run(&site.join(&args.dist), options));
    // A read from a disk that hangs must not keep a stopped server alive.
    runtime.shutdown_background();
    outcome
}

fn no_threads(cause: std::io::Error) -> Fault {
    Fault::new(Stage::Serve, Exit::Unexpected, format!("cannot start threads: {cause}"))
}

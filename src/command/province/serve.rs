//! `congbo serve`: carry the published edition to the public.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::output::say;
use super::publisher;
use crate::account::Plan;
use crate::config::serve::{ForwardedHeader, LogAddresses, ServeConfig};
use crate::config::site::SiteConfig;
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::package::{self, Keyring};
use crate::release::PublisherKey;
use crate::serve::{self, Addresses, CertificateFiles, ForwardedBy, Limits, Listen, Options, Proxies};
use crate::snapshot::signature;

/// Serve the published edition over HTTP.
///
/// Reads dist/current and follows it: a newly published edition is taken up within a second (at once on
/// SIGHUP), a damaged one is refused. Writes nothing. Prints one line on stdout once it answers, one JSON
/// line per request on stderr. SIGTERM lets requests in flight end, for at most 10 seconds. Sockets that
/// systemd opened are taken over. Certificates, proxies and limits stand under [serve] in congbo.toml;
/// docs/operating.md explains them.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Package to serve instead of the site's own edition: it is checked whole first, and no congbo.toml is needed.
    #[arg(value_name = "PACKAGE")]
    pub package: Option<PathBuf>,
    /// Public key of the publisher, to check the package by. [default: those under [publisher] in congbo.toml]
    #[arg(long, value_name = "FILE.pub", requires = "package")]
    pub key: Option<PathBuf>,
    /// Address and port to listen on (port 0 takes a free one), or unix:PATH. [default: 127.0.0.1:8080]
    #[arg(short, long, value_name = "ADDR:PORT", env = "CONGBO_LISTEN")]
    pub listen: Option<String>,
    /// URL under which the public reaches the site; its host name is answered. [default: the one in congbo.toml]
    #[arg(long, value_name = "URL", env = "CONGBO_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// Folder of the editions, relative to the site folder.
    #[arg(long, default_value = "dist", env = "CONGBO_DIST")]
    pub dist: PathBuf,
    /// Most connections at one time. [default: 4096]
    #[arg(long, value_name = "N", env = "CONGBO_CONNECTIONS")]
    pub connections: Option<usize>,
    /// Most connections of one address at one time; trusted proxies are not counted. [default: 64]
    #[arg(long, value_name = "N", env = "CONGBO_CONNECTIONS_PER_ADDRESS")]
    pub connections_per_address: Option<usize>,
    /// Requests a second of one address over a longer time; 0 for no limit. [default: 200]
    #[arg(long, value_name = "N", env = "CONGBO_REQUESTS_PER_S")]
    pub requests_per_s: Option<u32>,
    /// Where the counts for Prometheus can be read, at /metrics; never a public address. [default: nowhere]
    #[arg(long, value_name = "ADDR:PORT", env = "CONGBO_METRICS")]
    pub metrics: Option<String>,
    /// Only check the configuration, the certificate and every file of the edition; open no port.
    #[arg(long)]
    pub check_config: bool,
}

pub fn run(site: &Path, args: Args) -> Result<()> {
    let (mut options, threads) = options(site, &args)?;
    // The threads that answer have a runtime each; this one follows the pointer and answers too.
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().build().map_err(no_threads)?;
    // Unpacked for as long as it is served.
    let unpacked = args.package.as_ref().map(|package| unpacked(site, package, args.key.as_ref())).transpose()?;
    let dist = unpacked.as_ref().map_or_else(|| site.join(&args.dist), |folder| folder.path().to_owned());
    if unpacked.is_some() {
        options.keys.clear();
    }
    let outcome = match args.check_config {
        true => runtime.block_on(serve::check(&dist, &options)).map(|edition| say!("{edition} can be served")),
        false => runtime.block_on(serve::run(&dist, options, threads)),
    };
    // A read from a disk that hangs must not keep a stopped server alive.
    runtime.shutdown_background();
    outcome
}

/// Flags over the file. Without congbo.toml, as where only editions are kept, a public URL must be given.
fn options(site: &Path, args: &Args) -> Result<(Options, usize)> {
    let alone = args.public_url.is_some() || args.package.is_some();
    let has_file = !alone || site.join("congbo.toml").exists();
    let config = if has_file { Some(SiteConfig::load(site)?) } else { None };
    let public_url = match (&args.public_url, &config) {
        (Some(url), _) => url.clone(),
        (None, Some(config)) => config.site.public_url.clone(),
        (None, None) => String::new(),
    };
    // A package has pages and nothing else: no desk, and no other editions.
    let published = config.as_ref().filter(|_| args.package.is_none());
    let desk = published.map(|config| Plan::of(site, config)).transpose()?.flatten();
    // Whoever publishes signed editions serves no other.
    let publishers = published.map_or(Ok(vec![]), |config| publisher::keys(site, config))?;
    let file = config.map(|config| config.serve).unwrap_or_default();
    let mut faults = Vec::new();
    let listen = parsed::<Listen>("listen", args.listen.as_ref().unwrap_or(&file.listen), &mut faults);
    let metrics = args.metrics.as_ref().unwrap_or(&file.metrics);
    let metrics = if metrics.is_empty() { None } else { parsed::<SocketAddr>("metrics", metrics, &mut faults) };
    let proxies = proxies(&file, &mut faults);
    let certificate = certificate(site, &file, &mut faults);
    let keys = if file.keys.is_empty() { publishers } else { keys(site, &file, &mut faults) };
    Failure::unless_empty(faults)?;
    let Some(listen) = listen else { return Err(usage("listen", "names no address").into()) };
    let log = match file.log_addresses {
        LogAddresses::Network => Addresses::Network,
        LogAddresses::Whole => Addresses::Whole,
        LogAddresses::None => Addresses::None,
    };
    let options = Options {
        limits: limits(args, &file),
        proxies,
        certificate,
        metrics,
        log: Some(log),
        editions: file.editions,
        keys,
        desk,
        ..Options::new(listen, &public_url)
    };
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    Ok((options, if file.threads == 0 { cores() } else { file.threads }))
}

/// The files of a package as an edition that can be served; nothing is written before all of it was found right.
fn unpacked(site: &Path, package: &Path, key: Option<&PathBuf>) -> Result<tempfile::TempDir> {
    let ring = Keyring::of(publisher::trusted(site, key)?);
    let opened = package::open(package, &ring)?;
    let folder = tempfile::tempdir().map_err(|e| Fault::storage(Stage::Package, package, e))?;
    package::as_edition(&opened, folder.path())?;
    Ok(folder)
}

fn limits(args: &Args, file: &ServeConfig) -> Limits {
    Limits {
        connections: args.connections.unwrap_or(file.connections),
        connections_per_address: args.connections_per_address.unwrap_or(file.connections_per_address),
        requests_per_s: args.requests_per_s.unwrap_or(file.requests_per_s),
        burst: file.burst,
        downloads: file.downloads,
        idle: Duration::from_secs(file.idle_s),
        drain: Duration::from_secs(file.drain_s),
        ..Limits::default()
    }
}

fn proxies(file: &ServeConfig, faults: &mut Vec<Fault>) -> Proxies {
    let header = match file.forwarded_by {
        ForwardedHeader::XForwardedFor => ForwardedBy::XForwardedFor,
        ForwardedHeader::Forwarded => ForwardedBy::Forwarded,
    };
    let named = file.trusted_proxies.iter().filter(|name| *name != "unix");
    let networks = named.filter_map(|name| parsed("trusted_proxies", name, faults)).collect();
    Proxies { networks, unix: file.trusted_proxies.iter().any(|name| name == "unix"), header }
}

fn certificate(site: &Path, file: &ServeConfig, faults: &mut Vec<Fault>) -> Option<CertificateFiles> {
    match (&file.certificate, &file.key) {
        (Some(certificate), Some(key)) => {
            Some(CertificateFiles { certificate: site.join(certificate), key: site.join(key) })
        }
        (None, None) => None,
        _ => {
            faults.push(usage("certificate", "and key are of use only together").remedy("give both, or neither"));
            None
        }
    }
}

fn keys(site: &Path, file: &ServeConfig, faults: &mut Vec<Fault>) -> Vec<PublisherKey> {
    let listed = file.keys.iter().map(|key| signature::listed_key(site, key));
    let found = listed.filter_map(|key| key.map_err(|failure| faults.extend(failure.faults)).ok());
    found.map(PublisherKey::from).collect()
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(key: &str, text: &str, faults: &mut Vec<Fault>) -> Option<T> {
    text.parse().map_err(|e: T::Err| faults.push(usage(key, &format!("= '{text}': {e}")))).ok()
}

fn usage(key: &str, problem: &str) -> Fault {
    Fault::new(Stage::Serve, Exit::Usage, format!("[serve] {key} {problem}")).file("congbo.toml")
}

fn no_threads(cause: std::io::Error) -> Fault {
    Fault::new(Stage::Serve, Exit::Unexpected, format!("cannot start threads: {cause}"))
}

//! The ports: where clients come in, how many may, and how the server stops.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::net::UnixListener as StdUnixListener;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};

use super::clients::Seat;
use super::connection::{self, Connected};
use super::metrics::Refusal;
use super::site::Site;

/// How many may be told at one time that there is no place; others are closed without a word.
const TURNED_AWAY_AT_ONCE: usize = 512;
/// How many may wait in the system's queue to be accepted.
const QUEUE: i32 = 1024;
const TURNED_AWAY_WITHIN: Duration = Duration::from_millis(500);

const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nConnection: close\r\n\
    Cache-Control: no-store\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 50\r\n\
    \r\nAll places are taken. Ask again in a few moments.\n";
const TOO_MANY: &[u8] = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 2\r\nConnection: close\r\n\
    Cache-Control: no-store\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 50\r\n\
    \r\nYour address has all the connections it may have.\n";

/// Where to listen: `127.0.0.1:8080`, `[::1]:8080` or `unix:/run/congbo/socket`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix("unix:") {
            Some(path) if !path.is_empty() => Ok(Listen::Unix(path.into())),
            Some(_) => Err("a path is missing after 'unix:'".into()),
            None => text.parse().map(Listen::Tcp).map_err(|_| format!("'{text}' is neither ADDR:PORT nor unix:PATH")),
        }
    }
}

impl std::fmt::Display for Listen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Listen::Tcp(address) => address.fmt(f),
            Listen::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// Anybody may reach this address: it is none of the machine itself or of a private network.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let shared = v4.octets()[0] == 100 && (64..128).contains(&v4.octets()[1]);
            !(v4.is_loopback() || v4.is_private() || v4.is_link_local() || shared)
        }
        IpAddr::V6(v6) => !(v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local()),
    }
}

/// An open port. It can be given to several threads, which then take connections in turn.
pub enum Port {
    Tcp(std::net::TcpListener),
    Unix(StdUnixListener),
}

impl Port {
    /// Opens a port; a Unix socket that nobody answers on any more is replaced.
    pub fn open(listen: &Listen) -> io::Result<Port> {
        let port = match listen {
            Listen::Tcp(address) => Port::Tcp(tcp(*address)?),
            Listen::Unix(path) => {
                if std::os::unix::net::UnixStream::connect(path)
                    .is_err_and(|e| e.kind() == io::ErrorKind::ConnectionRefused)
                {
                    std::fs::remove_file(path)?;
                }
                Port::Unix(StdUnixListener::bind(path)?)
            }
        };
        port.nonblocking()
    }

    /// The ports that systemd opened for us, in its order; none when it did not.
    pub fn inherited() -> io::Result<Vec<Port>> {
        let mut given = listenfd::ListenFd::from_env();
        let mut ports = Vec::new();
        for at in 0..given.len() {
            let port = match given.take_tcp_listener(at) {
                Ok(tcp) => tcp.map(Port::Tcp),
                Err(_) => given.take_unix_listener(at)?.map(Port::Unix),
            };
            if let Some(port) = port {
                ports.push(port.nonblocking()?);
            }
        }
        Ok(ports)
    }

    fn nonblocking(self) -> io::Result<Port> {
        match &self {
            Port::Tcp(port) => port.set_nonblocking(true)?,
            Port::Unix(port) => port.set_nonblocking(true)?,
        }
        Ok(self)
    }

    pub fn try_clone(&self) -> io::Result<Port> {
        match self {
            Port::Tcp(port) => port.try_clone().map(Port::Tcp),
            Port::Unix(port) => port.try_clone().map(Port::Unix),
        }
    }

    /// `None` for a Unix socket.
    pub fn address(&self) -> Option<SocketAddr> {
        match self {
            Port::Tcp(port) => port.local_addr().ok(),
            Port::Unix(_) => None,
        }
    }
}

/// The standard library queues 128 who wait to be accepted; listening again makes it more.
fn tcp(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let port = std::net::TcpListener::bind(address)?;
    rustix::net::listen(&port, QUEUE)?;
    Ok(port)
}

/// Accepts connections on every port until `stopping` says so; returns when the last one ended, or after the
/// drain time.
pub async fn accept_until(ports: Vec<Port>, site: Arc<Site>, stopping: watch::Receiver<bool>) -> io::Result<()> {
    let (alive, mut over) = mpsc::channel::<()>(1);
    let mut doors = tokio::task::JoinSet::new();
    for port in ports {
        let door = Arc::new(Door { site: site.clone(), stopping: stopping.clone(), alive: alive.clone() });
        match port {
            Port::Tcp(port) => doors.spawn(tcp_door(TcpListener::from_std(port)?, door)),
            Port::Unix(port) => doors.spawn(unix_door(UnixListener::from_std(port)?, door)),
        };
    }
    drop(alive);
    while doors.join_next().await.is_some() {}
    site.draining.store(true, Relaxed);
    let _ = tokio::time::timeout(site.limits.drain, over.recv()).await;
    Ok(())
}

struct Door {
    site: Arc<Site>,
    stopping: watch::Receiver<bool>,
    /// Each connection holds one; when the last is dropped the server may end.
    alive: mpsc::Sender<()>,
}

async fn tcp_door(listener: TcpListener, door: Arc<Door>) {
    let mut stopping = door.stopping.clone();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopping.wait_for(|stopping| *stopping) => break,
        };
        match accepted {
            Ok((stream, from)) => door.welcome_tcp(stream, from.ip().to_canonical()),
            Err(e) => door.wait_after(&e).await,
        }
    }
    // Who waits in the queue when the server stops is still let in.
    for _ in 0..QUEUE {
        let Some(Ok((stream, from))) = listener.accept().now_or_never() else { return };
        door.welcome_tcp(stream, from.ip().to_canonical());
    }
}

async fn unix_door(listener: UnixListener, door: Arc<Door>) {
    let mut stopping = door.stopping.clone();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopping.wait_for(|stopping| *stopping) => break,
        };
        match accepted {
            Ok((stream, _)) => door.welcome_unix(stream),
            Err(e) => door.wait_after(&e).await,
        }
    }
    for _ in 0..QUEUE {
        let Some(Ok((stream, _))) = listener.accept().now_or_never() else { return };
        door.welcome_unix(stream);
    }
}

impl Door {
    /// Out of file descriptors, or a client gone before it was accepted: others may still be served.
    async fn wait_after(&self, failed: &io::Error) {
        tracing::warn!(cause = %failed, "no connection could be accepted");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    fn welcome_tcp(self: &Arc<Self>, stream: TcpStream, address: IpAddr) {
        let site = &self.site;
        let _ = stream.set_nodelay(true);
        let client = site.clients.client(address);
        let proxy = site.proxies.trust(Some(address));
        let place = match self.place(&client, proxy) {
            Ok(place) => place,
            Err(why) => return self.turn_away(stream, why),
        };
        let connected = Connected { site: site.clone(), address: Some(address), client, proxy };
        let door = self.clone();
        tokio::spawn(async move {
            match &door.site.certificate {
                None => connection::carry(connected, stream, door.stopping.clone()).await,
                Some(certificate) => door.carry_encrypted(certificate.acceptor(), connected, stream).await,
            }
            drop(place);
        });
    }

    fn welcome_unix(self: &Arc<Self>, stream: UnixStream) {
        let client = self.site.clients.client(Ipv4Addr::UNSPECIFIED.into());
        let place = match self.place(&client, true) {
            Ok(place) => place,
            Err(why) => return self.turn_away(stream, why),
        };
        let connected =
            Connected { site: self.site.clone(), address: None, client, proxy: self.site.proxies.trust(None) };
        let stopping = self.stopping.clone();
        tokio::spawn(async move {
            connection::carry(connected, stream, stopping).await;
            drop(place);
        });
    }

    fn place(&self, client: &Arc<super::clients::Client>, proxy: bool) -> Result<Place, Refusal> {
        let site = &self.site;
        let seat = site.clients.seat(client);
        if seat.is_none() && !proxy {
            return Err(Refusal::ConnectionsOfAddress);
        }
        let permit = site.places.clone().try_acquire_owned().map_err(|_| Refusal::Connections)?;
        site.metrics.connections.fetch_add(1, Relaxed);
        site.metrics.connections_open.fetch_add(1, Relaxed);
        Ok(Place { site: site.clone(), _seat: seat, _permit: permit, _alive: self.alive.clone() })
    }

    async fn carry_encrypted(&self, acceptor: tokio_rustls::TlsAcceptor, connected: Connected, stream: TcpStream) {
        let mut stopping = self.stopping.clone();
        let greeted = tokio::select! {
            greeted = tokio::time::timeout(self.site.limits.first_bytes, acceptor.accept(stream)) => greeted,
            () = connection::stopped_and_waited(&mut stopping) => return,
        };
        match greeted {
            Ok(Ok(stream)) => connection::carry(connected, stream, self.stopping.clone()).await,
            _ => self.site.metrics.refused(Refusal::Tls),
        }
    }

    /// Says why and when to come again, where a word costs little; over TLS the word itself would be dear.
    fn turn_away(&self, stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static, why: Refusal) {
        self.site.metrics.refused(why);
        let Ok(turn) = self.site.turned_away.clone().try_acquire_owned() else { return };
        if self.site.certificate.is_some() {
            return;
        }
        let answer = if matches!(why, Refusal::Connections) { FULL } else { TOO_MANY };
        tokio::spawn(async move {
            let _ = tokio::time::timeout(TURNED_AWAY_WITHIN, part_from(stream, answer)).await;
            drop(turn);
        });
    }
}

/// Reads on after the answer: closing over unread bytes would take the answer back.
async fn part_from(mut stream: impl AsyncRead + AsyncWrite + Unpin, answer: &[u8]) -> io::Result<()> {
    stream.write_all(answer).await?;
    stream.shutdown().await?;
    let mut unread = [0; 1024];
    for _ in 0..64 {
        if stream.read(&mut unread).await? == 0 {
            break;
        }
    }
    Ok(())
}

/// Everything that one connection holds.
struct Place {
    site: Arc<Site>,
    _seat: Option<Seat>,
    _permit: OwnedSemaphorePermit,
    _alive: mpsc::Sender<()>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.site.metrics.connections_open.fetch_sub(1, Relaxed);
    }
}

/// Places for those who are told that there is none.
pub fn turned_away() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(TURNED_AWAY_AT_ONCE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_public_unless_it_is_of_the_machine_or_a_private_network() {
        for (address, expected) in [
            ("127.0.0.1", false),
            ("::1", false),
            ("10.1.2.3", false),
            ("172.16.0.1", false),
            ("192.168.1.1", false),
            ("100.64.0.1", false),
            ("169.254.1.1", false),
            ("fd00::1", false),
            ("fe80::1", false),
            ("::ffff:10.0.0.1", false),
            ("0.0.0.0", true),
            ("::", true),
            ("203.0.113.1", true),
            ("172.32.0.1", true),
            ("2001:db8::1", true),
        ] {
            assert_eq!(is_public(address.parse().unwrap()), expected, "{address}");
        }
    }

    #[test]
    fn a_place_to_listen_is_an_address_or_a_socket() {
        assert_eq!("127.0.0.1:80".parse(), Ok(Listen::Tcp(([127, 0, 0, 1], 80).into())));
        assert_eq!("unix:/run/a".parse(), Ok(Listen::Unix("/run/a".into())));
        for wrong in ["localhost", "127.0.0.1", "unix:", "/run/a", ""] {
            assert!(wrong.parse::<Listen>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn who_is_turned_away_gets_a_whole_answer() {
        for answer in [FULL, TOO_MANY] {
            let text = std::str::from_utf8(answer).unwrap();
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            assert!(head.ends_with(&format!("\r\nContent-Length: {}", body.len())), "{text}");
        }
    }
}

//! An edition made for the server's tests, a server in this process, and a client that hides nothing.
#![allow(dead_code)]

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use congbo::release::{self, Edition, EditionFacts, Staging};
use congbo::serve::{Limits, Listen, Options, Server};
use pmtiles::{PmTilesWriter, TileCoord, TileType};
use tempfile::TempDir;
use tokio::sync::oneshot;

// ---------------------------------------------------------------- the edition

/// Zoom 10 holds one tile, zoom 11 none, zoom 12 enough of them for leaf directories.
pub const ZOOMS: (u8, u8) = (10, 12);
pub const FGB_BYTES: usize = 5000;

pub fn tile_text(edition: &str, z: u8, x: u32, y: u32) -> String {
    format!("{edition}: tile {z}/{x}/{y} of a map that was made up; ")
        .repeat(1 + (x as usize * 7 + y as usize * 13) % 5)
}

/// So many tiles of zoom 12 (over 16,384 entries) that the archive has leaf directories.
pub fn scattered() -> impl Iterator<Item = TileCoord> {
    let first = pmtiles::PYRAMID_SIZE_BY_ZOOM[12];
    (0..17_000u64).map(move |i| TileCoord::from(pmtiles::TileId::new(first + i * 980 + i * i % 977).unwrap()))
}

pub fn fgb() -> Vec<u8> {
    (0..FGB_BYTES).map(|i| (i * 31 % 251) as u8).collect()
}

pub fn page(edition: &str) -> String {
    format!("<!doctype html><title>{edition}</title>{}", "<p>Công bố thông tin đất đai</p>".repeat(60))
}

pub fn write_archive(path: &Path, edition: &str) {
    let file = fs::File::create(path).unwrap();
    let writer = PmTilesWriter::new(TileType::Mvt).min_zoom(ZOOMS.0).max_zoom(ZOOMS.1);
    let mut archive = writer.metadata(r#"{"vector_layers":[]}"#).create(file).unwrap();
    for coord in std::iter::once(TileCoord::new(10, 813, 451).unwrap()).chain(scattered()) {
        let text = tile_text(edition, coord.z(), coord.x(), coord.y());
        archive.add_tile(coord, text.as_bytes()).unwrap();
    }
    archive.finalize().unwrap();
}

pub fn seal(dist: &Path, title: &str) -> Edition {
    seal_with(dist, title, |_| {})
}

/// The same with more in it.
pub fn seal_with(dist: &Path, title: &str, more: impl FnOnce(&Staging)) -> Edition {
    let staging = Staging::begin(dist).unwrap();
    let write = |name: &str, bytes: &[u8]| staging.write(name, bytes).unwrap();
    write("site/index.html", page(title).as_bytes());
    write("site/xa/99001-an-minh/index.html", page(&format!("{title} An Minh")).as_bytes());
    write("site/404.html", page("Không có").as_bytes());
    write("site/en/404.html", page("Nothing here").as_bytes());
    write("site/style.css", "p { color: black }\n".repeat(100).as_bytes());
    write("site/short.txt", b"short\n");
    write("site/edition.txt", title.as_bytes());
    write(&format!("site/assets/app-{}.js", if title == "hai" { "bbbbbbbbb2" } else { "aaaaaaaaa1" }), b"export {}\n");
    write("tiles/parcels.json", br#"{"tilejson":"3.0.0","tiles":["/tiles/parcels/{z}/{x}/{y}.mvt"]}"#);
    write("open/thua-dat/99001.fgb", &fgb());
    write("open/gia-dat/99001.csv", "a;b\n".repeat(500).as_bytes());
    write("open/thua-dat/large.fgb", &vec![5; 3 << 20]);
    write("metadata/thua-dat/record.json", b"{}");
    write("metadata/private/secret.json", b"{\"secret\":1}");
    write("extracts/thua-dat/99001.fgb", b"EXTRACT");
    write("report.json", b"{}");
    let streamed = staging.path("tiles/parcels.part").unwrap();
    write_archive(&streamed, title);
    staging.add_archive("parcels", &streamed).unwrap();
    more(&staging);
    let facts = EditionFacts { date: "2026-01-05".parse().unwrap(), tool_version: "0.1.0".into(), datasets: vec![] };
    staging.seal(facts).unwrap()
}

/// Changes a sealed file in place, which its permissions forbid to everybody but root.
pub fn overwrite(path: &Path, text: &str) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(path, text).unwrap();
}

// ---------------------------------------------------------------- the server and a small client

pub struct Running {
    pub dist: TempDir,
    pub edition: Edition,
    pub address: SocketAddr,
    pub stop: Option<oneshot::Sender<()>>,
    pub thread: Option<JoinHandle<()>>,
}

pub fn start() -> Running {
    start_as(options())
}

pub fn options() -> Options {
    let listen = Listen::Tcp(([127, 0, 0, 1], 0).into());
    let limits = Limits { pointer_poll: Duration::from_millis(20), ..Limits::default() };
    Options { log: None, limits, ..Options::new(listen, "https://dat.example.vn") }
}

pub fn start_with(limits: Limits) -> Running {
    start_as(Options { limits, ..options() })
}

pub fn start_as(options: Options) -> Running {
    let dist = tempfile::tempdir().unwrap();
    let edition = seal(dist.path(), "một");
    release::publish(dist.path(), None).unwrap();
    start_on(dist, edition, options)
}

pub fn start_on(dist: TempDir, edition: Edition, options: Options) -> Running {
    let (tell, told) = std::sync::mpsc::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let folder = dist.path().to_owned();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async move {
            let server = Server::bind(&folder, options).await.unwrap();
            tell.send(server.address().unwrap()).unwrap();
            server
                .serve(async {
                    let _ = stopped.await;
                })
                .await;
        });
    });
    let address = told.recv().unwrap();
    let server = Running { dist, edition, address, stop: Some(stop), thread: Some(thread) };
    let ready = format!("GET /ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    within(Duration::from_secs(20), || server.raw(ready.as_bytes()).filter(|answer| answer.status == 200));
    server
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

#[derive(Debug, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(key, _)| key == name);
        let value = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "{name} twice");
        value
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Running {
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    pub fn host(&self) -> String {
        self.address.to_string()
    }

    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut stream = self.connect();
        self.ask_on(&mut stream, method, path, headers)
    }

    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[])
    }

    pub fn ask_on(&self, stream: &mut TcpStream, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let request = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n{headers}\r\n", self.host());
        stream.write_all(request.as_bytes()).unwrap();
        read_answer(stream, method == "HEAD").expect("an answer")
    }

    /// Sends bytes as they are; `None` when the connection closes without an answer.
    pub fn raw(&self, request: &[u8]) -> Option<Answer> {
        let mut stream = self.connect();
        let _ = stream.write_all(request);
        read_answer(&mut stream, false)
    }

    pub fn archive_name(&self) -> String {
        archive_of(&self.edition)
    }

    pub fn archive(&self) -> Vec<u8> {
        fs::read(self.edition.dir.join("tiles").join(self.archive_name())).unwrap()
    }

    pub fn archive_path(&self) -> String {
        format!("/archives/{}", self.archive_name())
    }
}

pub fn read_answer(stream: &mut TcpStream, head_only: bool) -> Option<Answer> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return None,
        }
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.trim_end().split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines.map(|line| line.split_once(": ").unwrap_or((line.trim_end_matches(':'), "")));
    let headers: Vec<_> = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    let length =
        headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, value)| value.parse().unwrap());
    let bodyless = head_only || status == 204 || status == 304;
    let mut body = vec![0; if bodyless { 0 } else { length }];
    stream.read_exact(&mut body).ok()?;
    Some(Answer { status, headers, body })
}

/// `parcels-0123456789abcdef.pmtiles` → the digits.
pub fn digest_of(archive: &str) -> &str {
    archive.strip_suffix(".pmtiles").unwrap().rsplit_once('-').unwrap().1
}

pub fn archive_of(edition: &Edition) -> String {
    let listed = fs::read_dir(edition.dir.join("tiles")).unwrap();
    let mut names = listed.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.find(|name| name.ends_with(".pmtiles")).unwrap()
}

pub fn gunzip(packed: &[u8]) -> Vec<u8> {
    congbo::serve::encoding::inflate_capped(packed, 1 << 24).unwrap().to_vec()
}

pub fn unbrotli(packed: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    brotli::BrotliDecompress(&mut &packed[..], &mut plain).unwrap();
    plain
}

pub const GZIP: (&str, &str) = ("Accept-Encoding", "gzip");
pub const TILE: &str = "/tiles/parcels/10/813/451.mvt";

/// Time until the server closes, or `None` when it has not within ten seconds.
pub fn closes_after(stream: &mut TcpStream) -> Option<Duration> {
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let begun = Instant::now();
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest) {
        Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => None,
        _ => Some(begun.elapsed()),
    }
}

pub fn within<T>(patience: Duration, mut tried: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        match tried() {
            Some(value) => return value,
            None => assert!(begun.elapsed() < patience, "not within {patience:?}"),
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A frame of RFC 9113, section 4.1.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// HPACK without any compression: every field spelled out.
pub fn fields(fields: &[(&str, &str)]) -> Vec<u8> {
    let spelled = fields.iter().map(|(name, value)| {
        [&[0, name.len() as u8], name.as_bytes(), &[value.len() as u8], value.as_bytes()].concat()
    });
    spelled.collect::<Vec<_>>().concat()
}

/// First byte of the answer's header block (`:status` comes first) and its data.
pub fn read_http2(stream: &mut TcpStream) -> (u8, Vec<u8>) {
    try_read_http2(stream).unwrap()
}

/// The same; an error when the connection ends, or the stream is reset, before the answer did.
pub fn try_read_http2(stream: &mut TcpStream) -> std::io::Result<(u8, Vec<u8>)> {
    let (mut status, mut data) = (0, Vec::new());
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head)?;
        let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
        stream.read_exact(&mut payload)?;
        match head[3] {
            0 => data.extend(&payload),
            1 => status = payload.into_iter().find(|byte| byte & 0xe0 != 0x20).unwrap(),
            3 => return Err(ErrorKind::ConnectionReset.into()),
            _ => continue,
        }
        if head[4] & 1 == 1 {
            return Ok((status, data));
        }
    }
}

pub fn ask_http2(server: &Running, path: &str, authority: &str, has_body: bool) -> (u8, Vec<u8>) {
    let block = fields(&[(":method", "GET"), (":scheme", "http"), (":path", path), (":authority", authority)]);
    let mut stream = server.connect();
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").unwrap();
    stream.write_all(&frame(4, 0, 0, &[])).unwrap();
    stream.write_all(&frame(1, if has_body { 4 } else { 5 }, 1, &block)).unwrap();
    read_http2(&mut stream)
}

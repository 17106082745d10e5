//! The server as its operator meets it: proxies, limits, counts, certificates, sockets, earlier editions, signals.

mod serving;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use congbo::release;
use congbo::serve::{Limits, Options, Proxies};
use minisign::KeyPair;
use serving::*;
use tempfile::TempDir;

// ---------------------------------------------------------------- who asks, and how often

fn few(requests_per_s: u32, burst: u32) -> Limits {
    Limits { requests_per_s, burst, pointer_poll: Duration::from_millis(20), ..Limits::default() }
}

#[test]
fn too_many_requests_are_told_when_to_come_again() {
    let server = start_with(few(5, 30));
    let mut stream = server.connect();
    let answers: Vec<_> = (0..60).map(|_| server.ask_on(&mut stream, "GET", "/short.txt", &[])).collect();
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status == 429).collect();
    assert!(refused.len() >= 25 && refused.len() < 60, "{}", refused.len());
    for answer in &refused {
        assert_eq!(answer.header("retry-after"), Some("1"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
    within(Duration::from_secs(5), || {
        (server.ask_on(&mut stream, "GET", "/short.txt", &[]).status == 200).then_some(())
    });
}

fn behind(networks: &[&str]) -> Proxies {
    Proxies { networks: networks.iter().map(|text| text.parse().unwrap()).collect(), ..Proxies::default() }
}

#[test]
fn only_a_trusted_proxy_is_believed_for_whom_it_asks() {
    let ask = |server: &Running, client: &str| {
        server.ask("GET", "/short.txt", &[("X-Forwarded-For", client), ("Forwarded", "for=198.51.100.9")]).status
    };
    let trusting = start_as(Options { limits: few(1, 12), proxies: behind(&["127.0.0.1"]), ..options() });
    let of_one: Vec<u16> = (0..30).map(|_| ask(&trusting, "203.0.113.1")).collect();
    assert!(of_one.contains(&429), "the client behind the proxy is counted");
    assert_eq!(ask(&trusting, "203.0.113.2"), 200, "another client is not");
    assert_eq!(ask(&trusting, "203.0.113.1, 203.0.113.3"), 200, "who is nearest counts, not who is claimed");
    let open = start_with(few(1, 12));
    let claimed: Vec<u16> = (0..30).map(|i| ask(&open, &format!("203.0.113.{i}"))).collect();
    assert!(claimed.contains(&429), "whoever it claims to be, it is one address");
}

#[test]
fn a_trusted_proxy_may_have_more_connections_than_an_address() {
    let limits = Limits { connections_per_address: 3, ..few(0, 0) };
    let server = start_as(Options { limits, proxies: behind(&["127.0.0.0/8"]), ..options() });
    let mut held: Vec<TcpStream> = (0..10).map(|_| server.connect()).collect();
    for stream in &mut held {
        assert_eq!(server.ask_on(stream, "GET", "/short.txt", &[]).status, 200);
    }
}

#[test]
fn who_finds_no_place_is_told_at_once_and_finds_one_when_others_leave() {
    let server = start_with(Limits { connections: 4, ..few(0, 0) });
    let held: Vec<TcpStream> = (0..4).map(|_| server.connect()).collect();
    std::thread::sleep(Duration::from_millis(100));
    let begun = Instant::now();
    let request = format!("GET /short.txt HTTP/1.1\r\nHost: {}\r\n\r\n", server.host());
    let answer = server.raw(request.as_bytes()).expect("an answer");
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("2")));
    assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
    drop(held);
    within(Duration::from_secs(5), || server.raw(request.as_bytes()).filter(|answer| answer.status == 200));
}

#[test]
fn downloads_have_places_of_their_own() {
    let server = start_with(Limits { downloads: 1, ..few(0, 0) });
    let mut busy = server.connect();
    let request = format!("GET /open/thua-dat/large.fgb HTTP/1.1\r\nHost: {}\r\n\r\n", server.host());
    for _ in 0..10 {
        // More than any buffer between the two holds: the last is still under way.
        busy.write_all(request.as_bytes()).unwrap();
    }
    let second = within(Duration::from_secs(30), || {
        // The ten are told to wait, one after the other, when the request below was first: then they ask again.
        busy.write_all(request.as_bytes()).unwrap();
        let answer = server.get("/open/thua-dat/large.fgb");
        (answer.status == 503).then_some(answer)
    });
    assert_eq!(second.header("retry-after"), Some("5"));
    assert_eq!(server.get("/").status, 200, "pages do not wait for downloads");
    drop(busy);
    within(Duration::from_secs(30), || (server.get("/open/thua-dat/large.fgb").status == 200).then_some(()));
}

// ---------------------------------------------------------------- what lies on disk

#[test]
fn an_archive_cut_short_under_the_server_costs_its_tiles_and_nothing_else() {
    let server = start();
    assert_eq!(server.ask("GET", TILE, &[GZIP]).status, 200);
    let path = server.edition.dir.join("tiles").join(server.archive_name());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    let tiles = u64::from_le_bytes(server.archive()[56..64].try_into().unwrap()); // PMTiles 3, header
    file.set_len(tiles).unwrap();
    for (path, headers) in [(TILE, &[GZIP][..]), (TILE, &[]), ("/tiles/parcels/12/2048/2048.mvt", &[GZIP])] {
        let status = server.ask("GET", path, headers).status;
        assert!([204, 500].contains(&status), "{path}: {status}");
    }
    assert_eq!(server.ask("GET", TILE, &[GZIP]).status, 500);
    let range = format!("bytes={tiles}-{}", tiles + 9);
    let part = server.ask("GET", &server.archive_path(), &[("Range", &range)]);
    assert_eq!((part.status, part.header("content-range")), (500, None));
    assert_eq!(server.get("/").status, 200);
}

#[test]
fn a_damaged_edition_is_not_ready_though_what_is_whole_of_it_is_served() {
    let dist = tempfile::tempdir().unwrap();
    let edition = seal(dist.path(), "một");
    release::publish(dist.path(), None).unwrap();
    let archive = edition.dir.join("tiles").join(archive_of(&edition));
    let mut bytes = fs::read(&archive).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::set_permissions(&archive, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(&archive, &bytes).unwrap();
    let site = Program::start(dist, &["--metrics", "127.0.0.1:0"], "");
    std::thread::sleep(Duration::from_millis(700));
    assert_eq!(site.get("/ready").status, 503);
    assert_eq!(site.get("/").status, 200);
    let archive =
        site.site.path().join("dist/releases").join(&edition.name).join("tiles").join(archive.file_name().unwrap());
    let mended = {
        *bytes.last_mut().unwrap() ^= 1;
        bytes
    };
    fs::write(&archive, mended).unwrap();
    site.signal("HUP");
    within(Duration::from_secs(5), || (site.get("/ready").status == 200).then_some(()));
}

#[test]
fn an_edition_is_served_under_its_own_name_as_long_as_it_is_kept() {
    let server = start_as(Options { editions: 1, ..options() });
    let first = server.edition.clone();
    let named = |name: &str, path: &str| server.get(&format!("/v/{name}{path}"));
    assert_eq!(named(&first.name, "/edition.txt").text(), "một", "the current one has its name too");
    let publish = |title: &str| {
        let next = seal(server.dist.path(), title);
        assert_eq!(named(&next.name, "/edition.txt").status, 404, "not before it is public");
        release::publish(server.dist.path(), Some(&next.name)).unwrap();
        within(Duration::from_secs(10), || (server.get("/edition.txt").text() == title).then_some(()));
        next
    };
    let next = publish("hai");
    let old = named(&first.name, "/edition.txt");
    assert_eq!((old.status, old.text().as_str(), old.header("x-robots-tag")), (200, "một", Some("noindex")));
    let list: serde_json::Value = serde_json::from_slice(&server.get("/v/").body).unwrap();
    assert_eq!(
        (&list["current"], &list["editions"][0]["name"]),
        (&next.name.clone().into(), &first.name.clone().into())
    );
    assert_eq!(list["editions"][0]["date"], first.name[..10]);
    let tile = named(&first.name, TILE);
    assert_eq!(tile.text(), tile_text("một", 10, 813, 451));
    assert_eq!(tile.header("cache-control"), Some("public, max-age=31536000, immutable"));
    let tilejson: serde_json::Value = serde_json::from_slice(&named(&first.name, "/tiles/parcels.json").body).unwrap();
    let expected = format!("/v/{}/tiles/parcels/{{z}}/{{x}}/{{y}}.mvt", first.name);
    assert_eq!(tilejson["tiles"][0], expected.as_str());
    assert_eq!(named(&first.name, "/manifest.json").body, fs::read(first.dir.join("manifest.json")).unwrap());
    for (path, target) in [("", "/"), ("/xa/99001-an-minh", "/xa/99001-an-minh/")] {
        let moved = named(&first.name, path);
        assert_eq!(moved.header("location"), Some(format!("/v/{}{target}", first.name).as_str()));
    }
    for path in ["/extracts/thua-dat/99001.fgb", "/ready", "/v/x/", "/../edition.txt"] {
        assert_eq!(named(&first.name, path).status, 404, "{path}");
    }
    publish("ba");
    assert_eq!(named(&first.name, "/edition.txt").status, 404, "one earlier edition is kept");
}

#[test]
fn editions_that_the_public_saw_before_the_server_began_are_found_again() {
    let dist = tempfile::tempdir().unwrap();
    let (first, never, last) = (seal(dist.path(), "một"), seal(dist.path(), "hai"), seal(dist.path(), "ba"));
    for (edition, day) in [(&first, "2026-01-12"), (&last, "2026-02-12")] {
        release::record(dist.path(), &edition.name, day.parse().unwrap()).unwrap();
    }
    release::publish(dist.path(), Some(&last.name)).unwrap();
    let server = start_on(dist, last, options());
    assert_eq!(server.get(&format!("/v/{}/edition.txt", first.name)).text(), "một");
    assert_eq!(server.get(&format!("/v/{}/edition.txt", never.name)).status, 404);
}

#[test]
fn an_edition_that_no_listed_key_signed_is_not_served() {
    let keys = KeyPair::generate_unencrypted_keypair().unwrap();
    let listed = vec![keys.pk.to_base64().into()];
    let sign = |edition: &release::Edition, with: &KeyPair| {
        let manifest = edition.dir.join("manifest.json");
        let signed = minisign::sign(None, &with.sk, fs::File::open(&manifest).unwrap(), None, None).unwrap();
        let path = edition.dir.join("manifest.json.minisig");
        let _ = fs::remove_file(&path);
        fs::write(path, signed.to_string()).unwrap();
    };
    let dist = tempfile::tempdir().unwrap();
    let edition = seal(dist.path(), "một");
    release::publish(dist.path(), None).unwrap();
    let options = Options { keys: listed, ..options() };
    let refused = |dist: &Path| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(congbo::serve::Server::bind(dist, options.clone())).err().map(|failure| failure.to_string())
    };
    assert!(refused(dist.path()).unwrap().contains("is not signed"));
    sign(&edition, &KeyPair::generate_unencrypted_keypair().unwrap());
    assert!(refused(dist.path()).unwrap().contains("is not signed"), "another key");
    sign(&edition, &keys);
    let server = start_on(dist, edition, options.clone());
    let next = seal(server.dist.path(), "hai");
    release::publish(server.dist.path(), Some(&next.name)).unwrap();
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(server.get("/edition.txt").text(), "một", "an unsigned one is not taken up");
    sign(&next, &keys);
    release::publish(server.dist.path(), Some(&next.name)).unwrap();
    within(Duration::from_secs(10), || (server.get("/edition.txt").text() == "hai").then_some(()));
}

// ---------------------------------------------------------------- the program

/// `congbo serve` on a site folder of its own.
struct Program {
    child: Child,
    address: String,
    site: TempDir,
}

const CONFIG: &str = r#"
[province]
code = "99"
name = { vi = "Tỉnh Minh Họa" }
authority = { vi = "Sở Minh Họa" }
address = { vi = "Số 0" }
bounds_deg = [106.2, 20.6, 106.6, 21.0]
[site]
title = { vi = "Minh Họa" }
public_url = "http://localhost"
[approvers]
"#;

fn site_of(dist: TempDir, config: &str) -> TempDir {
    let site = tempfile::tempdir().unwrap();
    fs::rename(dist.keep(), site.path().join("dist")).unwrap();
    fs::write(site.path().join("congbo.toml"), format!("{CONFIG}{config}")).unwrap();
    site
}

fn published() -> TempDir {
    let dist = tempfile::tempdir().unwrap();
    seal(dist.path(), "một");
    release::publish(dist.path(), None).unwrap();
    dist
}

fn serve(site: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_congbo"));
    command.arg("-C").arg(site).arg("serve").args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl Program {
    fn start(dist: TempDir, arguments: &[&str], config: &str) -> Program {
        let site = site_of(dist, config);
        let mut child = serve(site.path(), &[&["-l", "127.0.0.1:0"], arguments].concat()).spawn().unwrap();
        let address = listening(&mut child);
        Program { child, address, site }
    }

    fn get(&self, path: &str) -> Answer {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream
            .write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes())
            .unwrap();
        read_answer(&mut stream, false).unwrap()
    }

    fn signal(&self, name: &str) {
        assert!(
            Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().unwrap().success()
        );
    }

    /// What it wrote to stderr, after SIGTERM.
    fn end(mut self) -> String {
        self.signal("TERM");
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(0), "{log}");
        log
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The address of `congbo: EDITION on http://ADDRESS/`.
fn listening(child: &mut Child) -> String {
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let place = line.trim_end().split(" on ").nth(1).unwrap_or_else(|| panic!("{line:?}"));
    place.trim_start_matches("http://").trim_start_matches("https://").trim_end_matches('/').to_owned()
}

fn refusal(config: &str, arguments: &[&str]) -> (i32, String) {
    let site = site_of(published(), config);
    let output = serve(site.path(), arguments).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn plain_http_on_a_public_address_is_refused_unless_a_proxy_stands_in_front() {
    for address in ["0.0.0.0:0", "[::]:0"] {
        let (code, error) = refusal("", &["-l", address, "--check-config"]);
        assert_eq!(code, 2);
        assert!(error.contains("is a public address") && error.contains("trusted_proxies"), "{error}");
    }
    let site = site_of(published(), "[serve]\ntrusted_proxies = [\"10.0.0.1\"]\n");
    let output = serve(site.path(), &["-l", "0.0.0.0:0", "--check-config"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn checking_the_configuration_names_everything_that_is_wrong_and_opens_nothing() {
    let config = "[serve]\nlisten = \"here\"\nmetrics = \"there\"\ncertificate = \"a.pem\"\ntrusted_proxies = [\"10.0.0.0/40\"]\n";
    let (code, error) = refusal(config, &["--check-config"]);
    assert_eq!(code, 2);
    for part in ["listen = 'here'", "metrics = 'there'", "certificate and key", "'10.0.0.0/40'"] {
        assert!(error.contains(part), "{part}: {error}");
    }
    let (code, error) = refusal("[serve]\nlisten_on = \"x\"\n", &["--check-config"]);
    assert_eq!(code, 2);
    assert!(error.contains("listen_on"), "{error}");
    let (code, error) = refusal("", &["--metrics", "0.0.0.0:0", "--check-config"]);
    assert_eq!((code, error.contains("could be read by anybody")), (2, true), "{error}");
}

#[test]
fn counts_are_on_a_port_of_their_own_and_tell_nothing_about_people() {
    let dist = published();
    let port = { TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port() };
    let site = Program::start(dist, &["--metrics", &format!("127.0.0.1:{port}")], "");
    for path in ["/", "/secret-path-of-somebody", "/short.txt"] {
        site.get(path);
    }
    let ask = |host: &str, path: &str| {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).unwrap();
        read_answer(&mut stream, false).unwrap()
    };
    let page = ask("127.0.0.1", "/metrics");
    assert_eq!(page.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let text = page.text();
    for line in [
        "congbo_requests_total{status=\"200\"} 2",
        "congbo_requests_total{status=\"404\"} 1",
        "congbo_connections_total 3",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(!text.contains("127.0.0.1") && !text.contains("secret"), "{text}");
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(value.parse::<f64>().is_ok() && name.starts_with(|c: char| c.is_ascii_lowercase()), "{line}");
    }
    assert_eq!(ask("evil.example", "/metrics").status, 421);
    assert_eq!(ask("localhost", "/").status, 404);
}

#[test]
fn every_line_of_the_log_is_one_of_json_whatever_is_sent() {
    let site = Program::start(published(), &[], "");
    for request in [
        "GET /a\"b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".to_owned(),
        "GET /\u{2028}đ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".to_owned(),
        format!("GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: \u{1b}]0;x\u{7}{}\r\n\r\n", "u".repeat(1 << 20)),
        "GET / HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 1.2.3.4\\n{}\r\nConnection: close\r\n\r\n".to_owned(),
    ] {
        let mut stream = TcpStream::connect(&site.address).unwrap();
        let _ = stream.write_all(request.as_bytes());
        let _ = read_answer(&mut stream, false);
    }
    let log = site.end();
    let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().filter(|line| line["message"] == "request").count() >= 2, "{log}");
    assert!(log.lines().all(|line| line.len() < 8192 && line.is_ascii()));
    assert!(!log.contains("1.2.3.4") && !log.contains("uuuu"));
}

#[test]
fn a_unix_socket_is_a_port_and_a_forgotten_one_is_replaced() {
    let site = site_of(published(), "[serve]\ntrusted_proxies = [\"unix\"]\n");
    let socket = site.path().join("socket");
    drop(UnixListener::bind(&socket).unwrap());
    let listen = format!("unix:{}", socket.display());
    let mut child = serve(site.path(), &["-l", &listen]).spawn().unwrap();
    listening(&mut child);
    let mut stream = UnixStream::connect(&socket).unwrap();
    stream.write_all(b"GET /short.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("short\n"), "{answer}");
}

#[test]
fn sockets_that_systemd_opened_are_taken_over_and_it_is_told_when_the_server_is_ready() {
    let site = site_of(published(), "");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let notified = std::os::unix::net::UnixDatagram::bind(site.path().join("notify")).unwrap();
    notified.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let fd: OwnedFd = listener.into();
    // As systemd does it: descriptor 3, and the process's own number in the environment.
    let script = format!(
        "exec 3<&0; export LISTEN_PID=$$ LISTEN_FDS=1; exec {} -C {} serve",
        env!("CARGO_BIN_EXE_congbo"),
        site.path().display()
    );
    let mut child = Command::new("sh")
        .args(["-c", &script])
        .env("NOTIFY_SOCKET", site.path().join("notify"))
        .stdin(Stdio::from(fd))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    assert_eq!(listening(&mut child), address.to_string());
    let mut told = [0; 64];
    let length = notified.recv(&mut told).unwrap();
    assert_eq!(&told[..length], b"READY=1");
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /short.txt HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let answer = read_answer(&mut stream, false).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(answer.text(), "short\n");
}

#[test]
fn out_of_file_descriptors_the_server_waits_and_recovers() {
    let site = site_of(published(), "");
    let script = format!(
        "ulimit -n 64; exec {} -C {} serve -l 127.0.0.1:0 --connections 4096 --connections-per-address 4096",
        env!("CARGO_BIN_EXE_congbo"),
        site.path().display()
    );
    let mut child =
        Command::new("sh").args(["-c", &script]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let address = listening(&mut child);
    let held: Vec<_> = (0..200).filter_map(|_| TcpStream::connect(&address).ok()).collect();
    std::thread::sleep(Duration::from_millis(300));
    drop(held);
    let answer = within(Duration::from_secs(15), || {
        let mut stream = TcpStream::connect(&address).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
        stream.write_all(b"GET /short.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").ok()?;
        read_answer(&mut stream, false)
    });
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(answer.text(), "short\n");
}

// ---------------------------------------------------------------- TLS

/// A certificate of a day, by openssl; its name tells which one it is.
fn certificate(folder: &Path, name: &str) {
    let status = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"])
        .args(["-subj", &format!("/CN={name}"), "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
        .arg("-keyout")
        .arg(folder.join("key.new"))
        .arg("-out")
        .arg(folder.join("certificate.new"))
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    fs::set_permissions(folder.join("key.new"), fs::Permissions::from_mode(0o600)).unwrap();
    for file in ["key", "certificate"] {
        fs::rename(folder.join(format!("{file}.new")), folder.join(format!("{file}.pem"))).unwrap();
    }
}

const TLS: &str = "[serve]\ncertificate = \"certificate.pem\"\nkey = \"key.pem\"\n";

/// What `openssl s_client` prints after it asked for a file.
fn s_client(address: &str, options: &[&str]) -> String {
    let mut child = Command::new("openssl")
        .args(["s_client", "-connect", address, "-servername", "localhost", "-ign_eof"])
        .args(options)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let request = b"GET /short.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let _ = child.stdin.take().unwrap().write_all(request);
    let output = child.wait_with_output().unwrap();
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

#[test]
fn tls_is_spoken_in_two_versions_and_a_new_certificate_is_taken_up_without_a_dropped_connection() {
    let site = site_of(published(), TLS);
    certificate(site.path(), "first");
    let mut child = serve(site.path(), &["-l", "127.0.0.1:0"]).spawn().unwrap();
    let program = Program { address: listening(&mut child), child, site };
    for version in ["-tls1_2", "-tls1_3"] {
        let answer = s_client(&program.address, &[version]);
        assert!(answer.contains("CN = first") && answer.contains("\r\n\r\nshort\n"), "{version}: {answer}");
    }
    for version in ["-tls1", "-tls1_1"] {
        assert!(!s_client(&program.address, &[version]).contains("short"), "{version}");
    }
    let mut kept = Command::new("openssl")
        .args(["s_client", "-connect", &program.address, "-quiet", "-no_ign_eof"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = kept.stdin.take().unwrap();
    let mut answers = BufReader::new(kept.stdout.take().unwrap());
    let mut asked = || {
        input.write_all(b"GET /short.txt HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        loop {
            let mut line = String::new();
            assert!(answers.read_line(&mut line).unwrap() > 0, "the connection was dropped");
            if line == "short\n" {
                return;
            }
        }
    };
    asked();
    certificate(program.site.path(), "second");
    within(Duration::from_secs(10), || s_client(&program.address, &[]).contains("CN = second").then_some(()));
    asked();
    fs::write(program.site.path().join("certificate.pem"), "nonsense").unwrap();
    std::thread::sleep(Duration::from_millis(1500));
    assert!(s_client(&program.address, &[]).contains("CN = second"), "a broken one is not taken up");
    asked();
    kept.kill().unwrap();
    kept.wait().unwrap();
}

#[test]
fn a_key_that_others_may_read_is_refused() {
    let site = site_of(published(), TLS);
    certificate(site.path(), "first");
    fs::set_permissions(site.path().join("key.pem"), fs::Permissions::from_mode(0o640)).unwrap();
    let output = serve(site.path(), &["--check-config"]).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), error.contains("may read this key")), (Some(2), true), "{error}");
}

#[test]
fn the_manual_and_the_completions_know_every_verb() {
    let folder = tempfile::tempdir().unwrap();
    let congbo = |arguments: &[&str]| Command::new(env!("CARGO_BIN_EXE_congbo")).args(arguments).output().unwrap();
    let help = String::from_utf8(congbo(&["--help"]).stdout).unwrap();
    let verbs = help.split("Commands:").nth(1).unwrap().split("Options:").next().unwrap();
    let verbs: Vec<&str> =
        verbs.lines().filter_map(|line| line.split_whitespace().next()).filter(|verb| *verb != "help").collect();
    assert!(verbs.contains(&"serve") && verbs.len() > 10, "{verbs:?}");
    assert!(congbo(&["man", folder.path().to_str().unwrap()]).status.success());
    for shell in ["bash", "zsh", "fish"] {
        let script = String::from_utf8(congbo(&["completions", shell]).stdout).unwrap();
        for verb in &verbs {
            assert!(script.contains(verb), "{shell} does not know {verb}");
        }
    }
    for verb in &verbs {
        let page = fs::read_to_string(folder.path().join(format!("congbo-{verb}.1"))).unwrap();
        assert!(page.contains(".SH NAME"), "{verb}");
    }
}

/// Every address of the loopback network is the machine's own: clients with addresses of their own.
#[test]
fn one_address_that_takes_all_it_may_leaves_the_others_theirs() {
    let server = start_with(Limits { connections_per_address: 2, ..few(1, 4) });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let from = |last: u8| {
        let connected = runtime.block_on(async {
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            socket.bind(([127, 0, 0, last], 0).into()).unwrap();
            socket.connect(server.address).await.unwrap().into_std().unwrap()
        });
        connected.set_nonblocking(false).unwrap();
        connected
    };
    let _held: Vec<_> = (0..8).map(|_| from(2)).collect();
    assert_eq!(server.ask_on(&mut from(3), "GET", "/short.txt", &[]).status, 200);
}

#[test]
fn the_published_limits_are_those_of_the_program() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operating.md")).unwrap();
    let limits = Limits::default();
    let thousands = |number: usize| match number {
        1000.. => format!("{},{:03}", number / 1000, number % 1000),
        _ => number.to_string(),
    };
    for (what, value) in [
        ("connections", thousands(limits.connections)),
        ("connections of one address (IPv6: /64)", thousands(limits.connections_per_address)),
        ("requests of one address over a longer time", format!("{} a second", limits.requests_per_s)),
        ("requests of one address at once", thousands(limits.burst as usize)),
        ("answers over 1 MiB under way", thousands(limits.downloads)),
        ("time to the first bytes, TLS included", format!("{} s", limits.first_bytes.as_secs())),
        ("time from the first byte of a head to its end", format!("{} s", limits.header.as_secs())),
        ("time without a request", format!("{} s", limits.idle.as_secs())),
        ("pace of taking an answer", format!("1 KiB/s over {} s", limits.write_stall.as_secs())),
        ("requests in flight after SIGTERM", format!("{} s", limits.drain.as_secs())),
    ] {
        assert!(page.contains(&format!("\n| {what} | {value} |")), "{what}: {value}");
    }
}

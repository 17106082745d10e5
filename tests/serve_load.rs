//! The server under load, briefly; `scripts/prove` runs the same for long, with the figures that count.

mod serving;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use congbo::release::{self, Edition};
use serving::*;
use tempfile::TempDir;

fn setting(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |value| value.parse().unwrap())
}

/// `congbo serve` on two editions of which the first is published.
struct Program {
    child: Child,
    address: String,
    site: TempDir,
    editions: [Edition; 2],
}

impl Program {
    fn start(arguments: &[&str]) -> Program {
        let site = tempfile::tempdir().unwrap();
        let dist = site.path().join("dist");
        let editions = ["một", "hai"].map(|title| seal(&dist, title));
        release::publish(&dist, Some(&editions[0].name)).unwrap();
        Program::on(site, editions, arguments)
    }

    fn on(site: TempDir, editions: [Edition; 2], arguments: &[&str]) -> Program {
        let mut child = Command::new(env!("CARGO_BIN_EXE_congbo"))
            .arg("-C")
            .arg(site.path())
            .args(["serve", "-l", "127.0.0.1:0", "--public-url", "http://localhost", "--requests-per-s", "0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim_end().trim_end_matches('/').rsplit('/').next().unwrap().to_owned();
        Program { child, address, site, editions }
    }

    fn connect(&self) -> std::io::Result<TcpStream> {
        let stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    fn resident_mib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let kib = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        kib.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One answer; `None` when the connection ended before its first byte, an error when in its midst.
fn ask(stream: &mut TcpStream, path: &str) -> Result<Option<Answer>, String> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n");
    if stream.write_all(request.as_bytes()).is_err() {
        return Ok(None);
    }
    let mut first = [0];
    match stream.peek(&mut first) {
        Ok(1) => read_answer(stream, false).map(Some).ok_or_else(|| "an answer was cut off".into()),
        _ => Ok(None),
    }
}

#[test]
fn swaps_under_load_mix_nothing_and_fail_nothing() {
    let seconds = setting("SWAP_SECONDS", 3);
    let program = Program::start(&[]);
    let dist = program.site.path().join("dist");
    let archives = program.editions.each_ref().map(archive_of);
    let (done, answers) = (AtomicBool::new(false), AtomicU64::new(0));
    let swaps = std::thread::scope(|scope| {
        for client in 0..4 {
            let (program, archives, done, answers) = (&program, &archives, &done, &answers);
            scope.spawn(move || {
                let mut stream = program.connect().unwrap();
                while !done.load(Relaxed) {
                    let tile = ask(&mut stream, TILE).unwrap().expect("an answer");
                    assert_eq!(tile.status, 200);
                    let tag = tile.header("etag").unwrap();
                    let of = archives.iter().position(|name| tag.contains(digest_of(name))).expect("a known archive");
                    assert_eq!(gunzip(&tile.body), tile_text(["một", "hai"][of], 10, 813, 451).as_bytes());
                    let archive = format!("/archives/{}", archives[client % 2]);
                    let whole = ask(&mut stream, if client < 2 { &archive } else { "/style.css" }).unwrap().unwrap();
                    assert!([200, 404].contains(&whole.status), "{}", whole.status);
                    answers.fetch_add(2, Relaxed);
                }
            });
        }
        let (begun, mut swaps) = (Instant::now(), 0);
        while begun.elapsed() < Duration::from_secs(seconds) {
            swaps += 1;
            release::publish(&dist, Some(&program.editions[swaps % 2].name)).unwrap();
            program.signal("HUP");
            std::thread::sleep(Duration::from_millis(100));
        }
        done.store(true, Relaxed);
        swaps
    });
    println!("{swaps} swaps in {seconds} s, {} answers: 0 mixed, 0 failed", answers.load(Relaxed));
}

#[test]
fn stopping_drops_and_cuts_nothing() {
    let mut answers = 0;
    for _ in 0..setting("DRAINS", 2) {
        let mut program = Program::start(&[]);
        let (stopping, answered) = (AtomicBool::new(false), AtomicU64::new(0));
        let ended = std::thread::scope(|scope| {
            for client in 0..10u64 {
                let (program, stopping, answered) = (&program, &stopping, &answered);
                // 10 clients, each a request every 10 ms; half of them over a new connection each time.
                scope.spawn(move || {
                    let connect = || (stopping.load(Relaxed), program.connect().ok());
                    // Who connects after the signal may be refused; who was connected before must be answered.
                    let (mut late, mut kept) = connect();
                    let mut next = Instant::now() + Duration::from_millis(client);
                    loop {
                        std::thread::sleep(next.saturating_duration_since(Instant::now()));
                        next += Duration::from_millis(10);
                        if client % 2 == 0 {
                            (late, kept) = connect();
                        }
                        let Some(stream) = kept.as_mut() else {
                            assert!(late, "refused before the end");
                            return;
                        };
                        let path = if answered.load(Relaxed) % 50 == 0 { "/open/thua-dat/large.fgb" } else { TILE };
                        match ask(stream, path).expect("whole answers") {
                            Some(answer) => {
                                assert_eq!(answer.status, 200);
                                answered.fetch_add(1, Relaxed);
                                if answer.header("connection") == Some("close") {
                                    (late, kept) = connect();
                                }
                            }
                            None if late => return,
                            None => panic!("a request was dropped, stopping: {}", stopping.load(Relaxed)),
                        }
                    }
                });
            }
            std::thread::sleep(Duration::from_millis(500));
            let begun = Instant::now();
            stopping.store(true, Relaxed);
            program.signal("TERM");
            begun
        });
        assert_eq!(program.child.wait().unwrap().code(), Some(0));
        assert!(ended.elapsed() < Duration::from_secs(10), "{:?}", ended.elapsed());
        answers += answered.load(Relaxed);
    }
    println!("{answers} answers, 0 dropped, 0 cut");
}

/// Clients without end: `connections` at a time, each over a new connection whenever it was turned away.
fn crowd(program: &Program, connections: usize, time: Duration) -> (u64, u64, Duration) {
    let (good, refused, slowest) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let until = Instant::now() + time;
    std::thread::scope(|scope| {
        for _ in 0..connections {
            scope.spawn(|| {
                let mut kept = None;
                while Instant::now() < until {
                    let begun = Instant::now();
                    let Ok(mut stream) = kept.take().map_or_else(|| program.connect(), Ok) else { continue };
                    match ask(&mut stream, TILE) {
                        Ok(Some(answer)) if answer.status == 200 => {
                            good.fetch_add(1, Relaxed);
                            kept = Some(stream);
                        }
                        Ok(Some(answer)) => {
                            assert_eq!(answer.status, 503);
                            assert!(answer.header("retry-after").is_some());
                            refused.fetch_add(1, Relaxed);
                            slowest.fetch_max(begun.elapsed().as_millis() as u64, Relaxed);
                            std::thread::sleep(Duration::from_millis(100));
                        }
                        // Turned away without a word: there were more than could be told.
                        Ok(None) => drop(refused.fetch_add(1, Relaxed)),
                        Err(e) => panic!("{e}"),
                    }
                }
            });
        }
    });
    (good.into_inner(), refused.into_inner(), Duration::from_millis(slowest.into_inner()))
}

#[test]
fn a_crowd_four_times_too_large_is_turned_away_in_part_and_the_rest_is_served() {
    let seconds = setting("OVERLOAD_SECONDS", 2);
    let program = Program::start(&["--connections", "64", "--connections-per-address", "4096"]);
    let (peak, none, _) = crowd(&program, 60, Duration::from_secs(seconds.min(10)));
    assert_eq!(none, 0);
    let (good, refused, slowest) = crowd(&program, 256, Duration::from_secs(seconds));
    assert!(refused > 0 && good > 0);
    let after = Instant::now();
    within(Duration::from_secs(2), || {
        ask(&mut program.connect().ok()?, TILE).ok()?.filter(|answer| answer.status == 200)
    });
    let per_s = |count: u64, seconds: u64| count / seconds;
    println!(
        "peak {}/s; with four times as many {}/s, {refused} turned away, within {slowest:?}; whole again after {:?}",
        per_s(peak, seconds.min(10)),
        per_s(good, seconds),
        after.elapsed()
    );
    if seconds >= 20 {
        assert!(per_s(good, seconds) * 10 >= per_s(peak, seconds.min(10)) * 8);
    }
}

#[test]
fn idle_connections_cost_little_and_hold_nobody_up() {
    let count = setting("IDLE", 300) as usize;
    let most = (count + 64).to_string();
    let program = Program::start(&["--connections", &most, "--connections-per-address", &most]);
    let before = program.resident_mib();
    let mut held = Vec::new();
    for _ in 0..count {
        let mut stream = program.connect().unwrap();
        stream.write_all(b"GET /short.txt HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        held.push(stream);
    }
    for stream in &mut held {
        assert_eq!(read_answer(stream, false).unwrap().status, 200);
    }
    let mut active = program.connect().unwrap();
    let mut took: Vec<Duration> = (0..1000)
        .map(|_| {
            let begun = Instant::now();
            assert_eq!(ask(&mut active, TILE).unwrap().unwrap().status, 200);
            begun.elapsed()
        })
        .collect();
    took.sort();
    let (resident, p99) = (program.resident_mib(), took[990]);
    println!("{count} idle: {resident} MiB ({before} before), p99 of an active one {p99:?}");
    assert!(resident < 400, "{resident} MiB");
    assert!(p99 < Duration::from_millis(if count > 1000 { 20 } else { 200 }), "{p99:?}");
    // Whoever is held may ask again.
    held[0].write_all(b"GET /short.txt HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    assert_eq!(read_answer(&mut held[0], false).unwrap().status, 200);
    held[0].set_read_timeout(Some(Duration::from_millis(1))).unwrap();
    let _ = held[0].read(&mut [0]);
}

/// As a proxy does: a connection that is never at rest is not a flood.
#[test]
fn one_connection_may_ask_as_fast_as_it_is_answered() {
    let program = Program::start(&[]);
    let mut stream = program.connect().unwrap();
    let padding = format!("X-Padding: {}\r\n", "x".repeat(900));
    let request = format!("GET /short.txt HTTP/1.1\r\nHost: localhost\r\n{padding}\r\n");
    for _ in 0..4000 {
        stream.write_all(request.as_bytes()).unwrap();
        assert_eq!(read_answer(&mut stream, false).unwrap().status, 200);
    }
}

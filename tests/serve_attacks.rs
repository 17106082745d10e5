//! What an attacker sends, byte for byte, and what comes back: a table over HTTP/1.1, floods over HTTP/2, ranges
//! and archives made to do harm.

mod serving;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use congbo::release;
use congbo::serve::Limits;
use congbo::serve::tile_archive::TileArchive;
use serving::*;

/// No answer: the connection is closed.
const CUT: u16 = 0;

/// Name, request (`{H}` is the server's own name), statuses that are right. After a refusal of the framing the
/// rest of the bytes must not be taken for another request.
const CASES: &[(&str, &str, &[u16])] = &[
    // Where one request ends and the next begins.
    (
        "length and chunks",
        "GET / HTTP/1.1\r\nHost: {H}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /style.css HTTP/1.1\r\nHost: {H}\r\n\r\n",
        &[400],
    ),
    (
        "chunks and length",
        "GET / HTTP/1.1\r\nHost: {H}\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\nGET /style.css HTTP/1.1\r\nHost: {H}\r\n\r\n",
        &[400],
    ),
    (
        "chunks twice",
        "GET / HTTP/1.1\r\nHost: {H}\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        &[400],
    ),
    ("chunks of chunks", "GET / HTTP/1.1\r\nHost: {H}\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", &[400]),
    (
        "identity, then chunks",
        "GET / HTTP/1.1\r\nHost: {H}\r\nTransfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n",
        &[400],
    ),
    ("gzip in transfer", "GET / HTTP/1.1\r\nHost: {H}\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", &[400]),
    ("misspelt chunks", "GET / HTTP/1.1\r\nHost: {H}\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", &[400]),
    ("chunks behind a tab", "GET / HTTP/1.1\r\nHost: {H}\r\nTransfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n", &[400]),
    (
        "chunks behind a vertical tab",
        "GET / HTTP/1.1\r\nHost: {H}\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
        &[400],
    ),
    (
        "chunks before the colon's blank",
        "GET / HTTP/1.1\r\nHost: {H}\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        &[400],
    ),
    (
        "chunks on a folded line",
        "GET / HTTP/1.1\r\nHost: {H}\r\nX: y\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        &[400],
    ),
    ("chunks in HTTP/1.0", "GET / HTTP/1.0\r\nHost: {H}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", &[400]),
    ("two lengths", "GET / HTTP/1.1\r\nHost: {H}\r\nContent-Length: 0\r\nContent-Length: 44\r\n\r\n", &[400]),
    (
        "two equal lengths",
        "GET / HTTP/1.1\r\nHost: {H}\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nGET /",
        &[400, 413],
    ),
    ("a list of lengths", "GET / HTTP/1.1\r\nHost: {H}\r\nContent-Length: 0, 0\r\n\r\n", &[400]),
    ("a signed length", "GET / HTTP/1.1\r\nHost: {H}\r\nContent-Length: +5\r\n\r\nabcde", &[400]),
    ("a negative length", "GET / HTTP/1.1\r\nHost: {H}\r\nContent-Length: -5\r\n\r\n", &[400]),
    ("a hexadecimal length", "GET / HTTP/1.1\r\nHost: {H}\r\nContent-Length: 0x5\r\n\r\nabcde", &[400]),
    ("a length beyond 64 bits", "GET / HTTP/1.1\r\nHost: {H}\r\nContent-Length: 18446744073709551616\r\n\r\n", &[400]),
    ("a terabyte", "POST / HTTP/1.1\r\nHost: {H}\r\nContent-Length: 1099511627776\r\n\r\n", &[413]),
    ("a body with GET", "GET / HTTP/1.1\r\nHost: {H}\r\nContent-Length: 5\r\n\r\nabcde", &[413]),
    ("a body with HEAD", "HEAD / HTTP/1.1\r\nHost: {H}\r\nContent-Length: 5\r\n\r\nabcde", &[413]),
    ("a body that waits", "POST / HTTP/1.1\r\nHost: {H}\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n", &[413]),
    (
        "a body in gzip",
        "POST / HTTP/1.1\r\nHost: {H}\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nabcde",
        &[415],
    ),
    ("a body said to be deflated", "GET / HTTP/1.1\r\nHost: {H}\r\nContent-Encoding: deflate\r\n\r\n", &[415]),
    ("a bare CR for a line", "GET / HTTP/1.1\rHost: {H}\r\r", &[400, CUT]),
    ("a bare CR in a value", "GET / HTTP/1.1\r\nHost: {H}\r\nX: a\rb\r\n\r\n", &[400]),
    ("a NUL in a value", "GET / HTTP/1.1\r\nHost: {H}\r\nX: a\0b\r\n\r\n", &[400]),
    ("a NUL in a name", "GET / HTTP/1.1\r\nHost: {H}\r\nX\0: a\r\n\r\n", &[400]),
    ("a blank in a name", "GET / HTTP/1.1\r\nHost: {H}\r\nX Y: a\r\n\r\n", &[400]),
    ("a name of nothing", "GET / HTTP/1.1\r\nHost: {H}\r\n: a\r\n\r\n", &[400]),
    ("a line without a colon", "GET / HTTP/1.1\r\nHost: {H}\r\nnonsense\r\n\r\n", &[400]),
    ("a folded value", "GET / HTTP/1.1\r\nHost: {H}\r\nX: a\r\n b\r\n\r\n", &[400]),
    ("a blank before the first header", "GET / HTTP/1.1\r\n Host: {H}\r\n\r\n", &[400]),
    ("two requests in one target", "GET /HTTP/1.1\r\nHost: {H}\r\n\r\n", &[400]),
    // What HTTP is not.
    ("TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\x7c\x03\x03\r\n\r\n", &[400, CUT]),
    ("SSH", "SSH-2.0-OpenSSH_9.2\r\n\r\n", &[400, CUT]),
    ("SMTP", "EHLO example.org\r\n\r\n", &[400, CUT]),
    ("nothing but lines", "\r\n\r\n\r\n\r\n", &[400, CUT]),
    ("HTTP/0.9", "GET /\r\n\r\n", &[400]),
    ("HTTP/2.0 in words", "GET / HTTP/2.0\r\nHost: {H}\r\n\r\n", &[400, 505]),
    ("HTTP/1.9", "GET / HTTP/1.9\r\nHost: {H}\r\n\r\n", &[400, 505]),
    ("http in small letters", "GET / http/1.1\r\nHost: {H}\r\n\r\n", &[400, 505]),
    ("a tab between the words", "GET\t/\tHTTP/1.1\r\nHost: {H}\r\n\r\n", &[400]),
    (
        "an upgrade to HTTP/2",
        "GET /short.txt HTTP/1.1\r\nHost: {H}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
        &[200],
    ),
    (
        "an upgrade to a web socket",
        "GET /short.txt HTTP/1.1\r\nHost: {H}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAA\r\nSec-WebSocket-Version: 13\r\n\r\n",
        &[200],
    ),
    // Methods.
    ("POST", "POST / HTTP/1.1\r\nHost: {H}\r\nContent-Length: 0\r\n\r\n", &[405]),
    ("PUT", "PUT /new.txt HTTP/1.1\r\nHost: {H}\r\nContent-Length: 0\r\n\r\n", &[405]),
    ("DELETE", "DELETE /short.txt HTTP/1.1\r\nHost: {H}\r\n\r\n", &[405]),
    ("TRACE", "TRACE / HTTP/1.1\r\nHost: {H}\r\nCookie: secret\r\n\r\n", &[405]),
    ("CONNECT", "CONNECT example.org:443 HTTP/1.1\r\nHost: {H}\r\n\r\n", &[400, 405, 421]),
    ("PROPFIND", "PROPFIND / HTTP/1.1\r\nHost: {H}\r\n\r\n", &[405]),
    ("a method in small letters", "get / HTTP/1.1\r\nHost: {H}\r\n\r\n", &[405]),
    ("a method of its own", "JEFF / HTTP/1.1\r\nHost: {H}\r\n\r\n", &[405]),
    ("a method with a bracket", "GE(T / HTTP/1.1\r\nHost: {H}\r\n\r\n", &[400]),
    (
        "another method in a header",
        "GET /short.txt HTTP/1.1\r\nHost: {H}\r\nX-HTTP-Method-Override: DELETE\r\n\r\n",
        &[200],
    ),
    // Names.
    ("no host", "GET / HTTP/1.1\r\n\r\n", &[400]),
    ("two hosts", "GET / HTTP/1.1\r\nHost: {H}\r\nHost: {H}\r\n\r\n", &[400]),
    ("a foreign host", "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", &[421]),
    ("an empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", &[421]),
    ("a host with a path", "GET / HTTP/1.1\r\nHost: {H}/x\r\n\r\n", &[421]),
    ("a host with a user", "GET / HTTP/1.1\r\nHost: user@{H}\r\n\r\n", &[421]),
    ("a host behind a comma", "GET / HTTP/1.1\r\nHost: {H}, evil.example\r\n\r\n", &[421]),
    ("a foreign target", "GET http://evil.example/ HTTP/1.1\r\nHost: {H}\r\n\r\n", &[400]),
    (
        "a foreign forwarded host",
        "GET /tiles/parcels.json HTTP/1.1\r\nHost: {H}\r\nX-Forwarded-Host: evil.example\r\n\r\n",
        &[200],
    ),
    // Sizes.
    ("an address of 5,000 bytes", "GET /{A5000} HTTP/1.1\r\nHost: {H}\r\n\r\n", &[414]),
    ("a query of 5,000 bytes", "GET /?{A5000} HTTP/1.1\r\nHost: {H}\r\n\r\n", &[414]),
    ("an address of 70,000 bytes", "GET /{A70000} HTTP/1.1\r\nHost: {H}\r\n\r\n", &[414, 431]),
    ("a header of 20,000 bytes", "GET / HTTP/1.1\r\nHost: {H}\r\nX: {A20000}\r\n\r\n", &[431]),
    ("a header name of 20,000 bytes", "GET / HTTP/1.1\r\nHost: {H}\r\n{A20000}: x\r\n\r\n", &[431]),
    ("65 headers", "GET / HTTP/1.1\r\nHost: {H}\r\n{X64}\r\n", &[431]),
    ("1,000 headers", "GET / HTTP/1.1\r\nHost: {H}\r\n{X1000}\r\n", &[431]),
    ("headers without end", "GET / HTTP/1.1\r\nHost: {H}\r\n{X9000}", &[431]),
    ("a method of 20,000 bytes", "{A20000} / HTTP/1.1\r\nHost: {H}\r\n\r\n", &[400, 431]),
    // Paths.
    ("dots", "GET /../../outside.txt HTTP/1.1\r\nHost: {H}\r\n\r\n", &[404]),
    ("dots in percents", "GET /%2e%2e/%2e%2e/outside.txt HTTP/1.1\r\nHost: {H}\r\n\r\n", &[404]),
    ("slashes in percents", "GET /..%2f..%2foutside.txt HTTP/1.1\r\nHost: {H}\r\n\r\n", &[404]),
    ("percents in percents", "GET /%252e%252e/outside.txt HTTP/1.1\r\nHost: {H}\r\n\r\n", &[404]),
    ("overlong UTF-8", "GET /%c0%ae%c0%ae/outside.txt HTTP/1.1\r\nHost: {H}\r\n\r\n", &[404]),
    ("backslashes", "GET /..\\..\\outside.txt HTTP/1.1\r\nHost: {H}\r\n\r\n", &[400, 404]),
    ("a NUL in percents", "GET /short.txt%00.html HTTP/1.1\r\nHost: {H}\r\n\r\n", &[404]),
    ("a real NUL", "GET /short.txt\0 HTTP/1.1\r\nHost: {H}\r\n\r\n", &[400]),
    ("a parameter", "GET /short.txt;x=y HTTP/1.1\r\nHost: {H}\r\n\r\n", &[404]),
    ("capitals", "GET /SHORT.TXT HTTP/1.1\r\nHost: {H}\r\n\r\n", &[404]),
    ("a trailing dot", "GET /short.txt. HTTP/1.1\r\nHost: {H}\r\n\r\n", &[404]),
    ("two slashes", "GET //short.txt HTTP/1.1\r\nHost: {H}\r\n\r\n", &[404]),
    ("another scheme", "GET file:///etc/passwd HTTP/1.1\r\nHost: {H}\r\n\r\n", &[400, 404]),
    ("no slash", "GET short.txt HTTP/1.1\r\nHost: {H}\r\n\r\n", &[400]),
    ("a fragment", "GET /short.txt#x HTTP/1.1\r\nHost: {H}\r\n\r\n", &[200, 400, 404]),
    ("the process", "GET /proc/self/environ HTTP/1.1\r\nHost: {H}\r\n\r\n", &[404]),
    ("the lock", "GET /.lock HTTP/1.1\r\nHost: {H}\r\n\r\n", &[404]),
    ("an extract", "GET /extracts/thua-dat/99001.fgb HTTP/1.1\r\nHost: {H}\r\n\r\n", &[404]),
    ("an extract of an edition", "GET /v/../extracts/thua-dat/99001.fgb HTTP/1.1\r\nHost: {H}\r\n\r\n", &[404]),
    ("an edition that was never public", "GET /v/2026-01-05-00000000/ HTTP/1.1\r\nHost: {H}\r\n\r\n", &[404]),
    ("private metadata", "GET /metadata/private/secret.json HTTP/1.1\r\nHost: {H}\r\n\r\n", &[404]),
    ("a prepared encoding by its name", "GET /style.css.br HTTP/1.1\r\nHost: {H}\r\n\r\n", &[404]),
    ("the counts", "GET /metrics HTTP/1.1\r\nHost: {H}\r\n\r\n", &[404]),
    // Tiles.
    ("a tile beyond the last", "GET /tiles/parcels/10/1024/0.mvt HTTP/1.1\r\nHost: {H}\r\n\r\n", &[400]),
    ("a tile beyond 32 bits", "GET /tiles/parcels/10/4294967296/0.mvt HTTP/1.1\r\nHost: {H}\r\n\r\n", &[400]),
    ("a tile beyond 64 bits", "GET /tiles/parcels/10/18446744073709551616/0.mvt HTTP/1.1\r\nHost: {H}\r\n\r\n", &[400]),
    ("a negative tile", "GET /tiles/parcels/10/-1/0.mvt HTTP/1.1\r\nHost: {H}\r\n\r\n", &[400]),
    ("a tile with a sign", "GET /tiles/parcels/10/+1/0.mvt HTTP/1.1\r\nHost: {H}\r\n\r\n", &[400]),
    ("a zoom beyond all", "GET /tiles/parcels/255/0/0.mvt HTTP/1.1\r\nHost: {H}\r\n\r\n", &[404]),
    ("a tile of letters", "GET /tiles/parcels/a/b/c.mvt HTTP/1.1\r\nHost: {H}\r\n\r\n", &[400]),
    ("a tile of another kind", "GET /tiles/parcels/10/1/1.png HTTP/1.1\r\nHost: {H}\r\n\r\n", &[404]),
    ("a tile set of dots", "GET /tiles/../10/1/1.mvt HTTP/1.1\r\nHost: {H}\r\n\r\n", &[404]),
    ("a tile in fullwidth figures", "GET /tiles/parcels/10/%EF%BC%91/1.mvt HTTP/1.1\r\nHost: {H}\r\n\r\n", &[400]),
    // Ranges and conditions.
    ("many ranges", "GET /open/thua-dat/99001.fgb HTTP/1.1\r\nHost: {H}\r\nRange: bytes={R1300}\r\n\r\n", &[200, 416]),
    (
        "overlapping ranges",
        "GET /open/thua-dat/99001.fgb HTTP/1.1\r\nHost: {H}\r\nRange: bytes=0-,0-,0-,0-,0-,0-\r\n\r\n",
        &[200, 416],
    ),
    (
        "a range beyond 64 bits",
        "GET /open/thua-dat/99001.fgb HTTP/1.1\r\nHost: {H}\r\nRange: bytes=18446744073709551616-\r\n\r\n",
        &[416],
    ),
    (
        "a range that ends at 64 bits",
        "GET /open/thua-dat/99001.fgb HTTP/1.1\r\nHost: {H}\r\nRange: bytes=0-18446744073709551615\r\n\r\n",
        &[206],
    ),
    ("a range of nothing", "GET /open/thua-dat/99001.fgb HTTP/1.1\r\nHost: {H}\r\nRange: bytes=-0\r\n\r\n", &[416]),
    ("a range backwards", "GET /open/thua-dat/99001.fgb HTTP/1.1\r\nHost: {H}\r\nRange: bytes=9-1\r\n\r\n", &[200]),
    (
        "a range of a tile",
        "GET /tiles/parcels/10/813/451.mvt HTTP/1.1\r\nHost: {H}\r\nRange: bytes=0-0\r\n\r\n",
        &[200],
    ),
    ("a match with nothing", "GET /short.txt HTTP/1.1\r\nHost: {H}\r\nIf-Match: \"x\"\r\n\r\n", &[412]),
    ("a match without an end", "GET /short.txt HTTP/1.1\r\nHost: {H}\r\nIf-None-Match: \"{A5000}\r\n\r\n", &[200]),
    ("a coding bomb", "GET /short.txt HTTP/1.1\r\nHost: {H}\r\nAccept-Encoding: {C1000}\r\n\r\n", &[200]),
];

fn spelled(request: &str, host: &str) -> Vec<u8> {
    let ranges = (0..1300).map(|i| format!("{i}-{i}")).collect::<Vec<_>>().join(",");
    let mut request = request.replace("{H}", host).replace("{R1300}", &ranges);
    for count in [5000, 20_000, 70_000] {
        request = request.replace(&format!("{{A{count}}}"), &"a".repeat(count));
    }
    for count in [64, 1000, 9000] {
        request = request.replace(&format!("{{X{count}}}"), &"X: y\r\n".repeat(count));
    }
    request.replace("{C1000}", &"gzip;q=0.1,".repeat(1000)).into_bytes()
}

#[test]
fn every_attack_over_http_1_gets_the_answer_it_should() {
    let short = Duration::from_millis(1500);
    let server = start_with(Limits { first_bytes: short, header: short, idle: short, ..Limits::default() });
    fs::write(server.dist.path().join("outside.txt"), "OUTSIDE").unwrap();
    let mut wrong = Vec::new();
    for (name, request, expected) in CASES {
        let mut stream = server.connect();
        let _ = stream.write_all(&spelled(request, &server.host()));
        let answer = read_answer(&mut stream, request.starts_with("HEAD"));
        let status = answer.as_ref().map_or(CUT, |answer| answer.status);
        if !expected.contains(&status) {
            wrong.push(format!("{name}: {status} instead of {expected:?}"));
        }
        for answer in answer.iter().filter(|answer| answer.header("server").is_some() || tells_too_much(&answer.text()))
        {
            wrong.push(format!("{name}: tells {}", answer.text()));
        }
        if [400, 413, 414, 415, 421, 431].contains(&status) && read_answer(&mut stream, false).is_some() {
            wrong.push(format!("{name}: what followed was taken for a request"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(CASES.len() >= 88, "{} cases", CASES.len());
    assert_eq!(server.get("/short.txt").status, 200);
}

fn tells_too_much(text: &str) -> bool {
    ["OUTSIDE", "EXTRACT", "secret", "root:", "/tmp/", "hyper", "evil.example"].iter().any(|word| text.contains(word))
}

// ---------------------------------------------------------------- HTTP/2

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A connection on which both sides have said hello.
fn http2(server: &Running) -> TcpStream {
    let mut stream = server.connect();
    stream.write_all(&[PREFACE, &frame(4, 0, 0, &[])].concat()).unwrap();
    stream
}

fn head_of(server: &Running, path: &str) -> Vec<u8> {
    fields(&[(":method", "GET"), (":scheme", "http"), (":path", path), (":authority", &server.host())])
}

/// Writes `flood` again and again, until the server has enough of it.
fn ends_within(mut stream: TcpStream, patience: Duration, mut flood: impl FnMut(u32) -> Vec<u8>) -> Option<u32> {
    let mut reader = stream.try_clone().unwrap();
    std::thread::spawn(move || while matches!(reader.read(&mut [0; 65536]), Ok(1..)) {});
    stream.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    let begun = Instant::now();
    for round in 0.. {
        if stream.write_all(&flood(round)).is_err() {
            return Some(round);
        }
        if begun.elapsed() > patience {
            return None;
        }
    }
    None
}

fn resident_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap().trim().trim_end_matches(" kB").parse().unwrap()
}

/// A flood as the frames of its nth round.
type Flood<'a> = (&'a str, Box<dyn Fn(u32) -> Vec<u8> + 'a>);

#[test]
fn no_flood_over_http_2_lasts_costs_memory_or_holds_others_up() {
    let server = start();
    let head = head_of(&server, TILE);
    let stream_id = |round: u32, i: u32| 1 + 2 * (round * 64 + i);
    let many = |make: &dyn Fn(u32) -> Vec<u8>| (0..64).flat_map(make).collect::<Vec<u8>>();
    let floods: Vec<Flood> = vec![
        (
            "rapid reset",
            Box::new(|round| {
                many(&|i| {
                    [frame(1, 5, stream_id(round, i), &head), frame(3, 0, stream_id(round, i), &[0, 0, 0, 8])].concat()
                })
            }),
        ),
        (
            "heads without end",
            Box::new(|round| match round {
                0 => frame(1, 1, 1, &head),
                _ => many(&|_| frame(9, 0, 1, &fields(&[("x-more", "aaaaaaaaaaaaaaaa")]))),
            }),
        ),
        (
            "empty pieces of a head",
            Box::new(|round| if round == 0 { frame(1, 1, 1, &head) } else { many(&|_| frame(9, 0, 1, &[])) }),
        ),
        (
            "empty data",
            Box::new(|round| if round == 0 { frame(1, 4, 1, &head) } else { many(&|_| frame(0, 0, 1, &[])) }),
        ),
        ("settings", Box::new(|_| many(&|_| frame(4, 0, 0, &[])))),
        ("pings", Box::new(|_| many(&|i| frame(6, 0, 0, &u64::from(i).to_be_bytes())))),
        ("priorities", Box::new(|_| many(&|i| frame(2, 0, 1 + 2 * i, &[0, 0, 0, 0, 1])))),
        ("windows", Box::new(|_| many(&|_| frame(8, 0, 0, &[0, 0, 0, 1])))),
        ("unknown frames", Box::new(|_| many(&|_| frame(0xbe, 0, 0, &[0; 16])))),
        ("a frame too large", Box::new(|_| frame(6, 0, 0, &[0; 20_000]))),
        ("data on a stream that is not", Box::new(|_| many(&|_| frame(0, 0, 9999, &[7; 100])))),
    ];
    let before = resident_kib();
    for (name, flood) in floods {
        let ended = ends_within(http2(&server), Duration::from_secs(20), flood);
        assert!(ended.is_some(), "{name} is still taken");
        let begun = Instant::now();
        assert_eq!(server.ask("GET", TILE, &[GZIP]).status, 200, "{name}: others are served");
        assert!(begun.elapsed() < Duration::from_secs(2), "{name}: others wait {:?}", begun.elapsed());
    }
    let grown = resident_kib().saturating_sub(before);
    assert!(grown < 32 * 1024, "{grown} KiB more");
}

#[test]
fn a_head_that_unpacks_to_more_than_it_may_is_refused() {
    let server = start();
    // One entry of the dynamic table (4,000 bytes), then named 60,000 times in as many bytes.
    let name = [&[0x40, 6][..], b"x-bomb", &[0x7f, 0xa1, 0x1e], &[b'a'; 4000]].concat();
    let block = [head_of(&server, TILE), name, vec![0xbe; 16_000 - 5000]].concat();
    let mut stream = http2(&server);
    let _ = stream.write_all(&frame(1, 5, 1, &block));
    let (status, data) = try_read_http2(&mut stream).unwrap_or_default();
    assert!(status != 0x88 && data.is_empty(), "status {status:x}");
    assert_eq!(server.get("/short.txt").status, 200);
}

#[test]
fn an_idle_connection_of_http_2_is_let_go_though_it_answers_every_ping() {
    let server = start_with(Limits { idle: Duration::from_millis(400), ..Limits::default() });
    let mut stream = http2(&server);
    stream.write_all(&frame(1, 5, 1, &head_of(&server, "/short.txt"))).unwrap();
    assert_eq!(read_http2(&mut stream).1, b"short\n");
    let begun = Instant::now();
    let mut reader = stream.try_clone().unwrap();
    let closed = std::thread::spawn(move || {
        while matches!(reader.read(&mut [0; 4096]), Ok(1..)) {}
        begun.elapsed()
    });
    while begun.elapsed() < Duration::from_secs(5) && stream.write_all(&frame(6, 0, 0, &[1; 8])).is_ok() {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(closed.join().unwrap() < Duration::from_secs(3));
}

#[test]
fn a_stream_whose_window_stays_shut_holds_its_connection_no_longer_than_any_other() {
    let short = Duration::from_millis(300);
    let server = start_with(Limits { idle: short, write_stall: short, ..Limits::default() });
    let mut stream = server.connect();
    // The first window is 0: nothing may be sent on a stream until the client says so, which it never does.
    stream.write_all(&[PREFACE, &frame(4, 0, 0, &[0, 4, 0, 0, 0, 0])].concat()).unwrap();
    stream.write_all(&frame(1, 5, 1, &head_of(&server, TILE))).unwrap();
    let closed = closes_after(&mut stream).expect("closed");
    assert!(closed < Duration::from_secs(5), "{closed:?}");
}

// ---------------------------------------------------------------- ranges

#[test]
fn many_random_ranges_are_exactly_those_slices() {
    let count: usize = std::env::var("RANGES").map_or(300, |count| count.parse().unwrap());
    let server = start();
    let (archive, path) = (server.archive(), server.archive_path());
    let length = archive.len();
    let mut random = Random(11);
    let mut stream = server.connect();
    for i in 0..count {
        if i % 1000 == 999 {
            stream = server.connect(); // The published number of requests that may come at once is kept to.
            std::thread::sleep(Duration::from_secs(5));
        }
        let (first, last) = (random.below(length), random.below(length * 2));
        let (header, slice) = match random.below(3) {
            0 => (format!("bytes={first}-{last}"), &archive[first..(last + 1).clamp(first, length)]),
            1 => (format!("bytes={first}-"), &archive[first..]),
            _ => (format!("bytes=-{last}"), &archive[length - last.min(length)..]),
        };
        let answer = server.ask_on(&mut stream, "GET", &path, &[("Range", &header)]);
        match answer.status {
            206 => assert!(answer.body == slice, "{header}"),
            416 => assert!(header == "bytes=-0"),
            200 => assert!(last < first && header.starts_with(&format!("bytes={first}-{last}")), "{header}"),
            other => panic!("{header}: {other}"),
        }
    }
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        self.0 >> 20
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}

// ---------------------------------------------------------------- archives

/// A small archive with leaf directories, as sound as any.
fn sound() -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sound.pmtiles");
    write_archive(&path, "một");
    fs::read(path).unwrap()
}

fn set(archive: &[u8], at: usize, value: u64) -> Vec<u8> {
    let mut changed = archive.to_vec();
    changed[at..at + 8].copy_from_slice(&value.to_le_bytes());
    changed
}

fn number(archive: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(archive[at..at + 8].try_into().unwrap())
}

/// An archive whose root directory is `root`, plain or in gzip.
fn with_root(archive: &[u8], root: &[u8], gzip: bool) -> Vec<u8> {
    let mut changed = archive.to_vec();
    let at = changed.len() as u64;
    changed.extend_from_slice(root);
    changed[97] = if gzip { 2 } else { 1 };
    let changed = set(&changed, 8, at);
    set(&changed, 16, root.len() as u64)
}

fn packed(plain: &[u8]) -> Vec<u8> {
    let mut compressor = libdeflater::Compressor::new(libdeflater::CompressionLvl::best());
    let mut packed = vec![0; compressor.gzip_compress_bound(plain.len())];
    let length = compressor.gzip_compress(plain, &mut packed).unwrap();
    packed.truncate(length);
    packed
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// Count, ids, runs, lengths, offsets.
fn directory(columns: &[u64]) -> Vec<u8> {
    columns.iter().flat_map(|value| varint(*value)).collect()
}

fn hostile() -> Vec<(&'static str, Vec<u8>)> {
    let sound = sound();
    let (leaves, tiles) = (number(&sound, 40), number(&sound, 56));
    let leaf_of_itself = directory(&[1, 0, 0, 9, 1]);
    let mut circle = with_root(&sound, &leaf_of_itself, false);
    let at = circle.len() as u64;
    circle.extend(directory(&[1, 0, 0, 5, 1]));
    circle = set(&set(&circle, 40, at), 48, 9.min(circle.len() as u64 - at));
    vec![
        ("a root of nothing", with_root(&sound, &[], false)),
        (
            "a root that inflates to 4 GiB",
            with_root(
                &sound,
                &{
                    let mut gzip = packed(&[0; 1 << 20]);
                    let end = gzip.len() - 4;
                    gzip[end..].fill(0xff);
                    gzip
                },
                true,
            ),
        ),
        ("a root that inflates to 64 MiB", with_root(&sound, &packed(&vec![0; 64 << 20]), true)),
        ("a root of a billion entries", with_root(&sound, &[0xff, 0xff, 0xff, 0xff, 0x03, 0, 0, 0], false)),
        ("a root of 2^63 entries", with_root(&sound, &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], false)),
        ("a number without end", with_root(&sound, &[0xff; 64], false)),
        ("ids beyond all tiles", with_root(&sound, &directory(&[2, u64::MAX, 1, 1, 1, 1, 1, 1, 1]), false)),
        (
            "a tile outside of the file",
            with_root(&sound, &directory(&[1, 0, u32::MAX.into(), 100, u64::MAX - 200]), false),
        ),
        (
            "a tile of 4 GiB",
            with_root(&set(&sound, 64, tiles), &directory(&[1, 0, u32::MAX.into(), u32::MAX.into(), 1]), false),
        ),
        ("a tile of nothing", with_root(&sound, &directory(&[1, 0, u32::MAX.into(), 0, 1]), false)),
        ("a leaf outside of the file", with_root(&sound, &directory(&[1, 0, 0, 100, u64::MAX - 200]), false)),
        ("a leaf that is the whole file", with_root(&sound, &directory(&[1, 0, 0, u32::MAX.into(), 1]), false)),
        ("leaves in a circle", circle),
        ("a leaf directory of noise", {
            let mut noise = sound.clone();
            noise[leaves as usize..leaves as usize + 64].fill(0xa5);
            noise
        }),
        ("tiles of noise", {
            let mut noise = sound.clone();
            let from = tiles as usize;
            noise[from..].fill(0x5a);
            noise
        }),
        ("tiles that inflate to 4 GiB", {
            let mut noise = sound.clone();
            let end = noise.len();
            noise[tiles as usize..end].fill(0xff);
            noise
        }),
    ]
}

#[test]
fn hostile_archives_are_errors_of_one_request_and_others_are_served() {
    let dist = tempfile::tempdir().unwrap();
    let hostile = hostile();
    assert_eq!(hostile.len(), 16);
    let edition = seal_with(dist.path(), "một", |staging| {
        for (i, (_, archive)) in hostile.iter().enumerate() {
            let part = staging.path(&format!("tiles/hostile-{i}.part")).unwrap();
            fs::write(&part, archive).unwrap();
            staging.add_archive(&format!("hostile-{i}"), &part).unwrap();
        }
    });
    release::publish(dist.path(), None).unwrap();
    let server = start_on(dist, edition, options());
    let before = resident_kib();
    for (i, (name, _)) in hostile.iter().enumerate() {
        for tile in ["10/813/451", "12/1000/1000", "12/0/0"] {
            let begun = Instant::now();
            let answer = server.get(&format!("/tiles/hostile-{i}/{tile}.mvt"));
            assert!([204, 500].contains(&answer.status), "{name} {tile}: {}", answer.status);
            assert!(begun.elapsed() < Duration::from_millis(500), "{name}: {:?}", begun.elapsed());
        }
        assert_eq!(server.get(TILE).status, 200, "{name}");
    }
    let grown = resident_kib().saturating_sub(before);
    assert!(grown < 64 * 1024, "{grown} KiB more");
}

#[test]
fn no_mutant_of_an_archive_panics_runs_on_or_takes_memory() {
    let count: usize = std::env::var("MUTANTS").map_or(2000, |count| count.parse().unwrap());
    let sound = sound();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mutant.pmtiles");
    let first = pmtiles::TileCoord::new(10, 813, 451).unwrap();
    let tiles = std::iter::once(first).chain(scattered().step_by(1500));
    let ids: Vec<u64> = tiles.map(|at| pmtiles::TileId::from(at).value()).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut random = Random(23);
    let (mut refused, mut found, mut slowest) = (0, 0, Duration::ZERO);
    // Header and directories are where a byte can mislead.
    let section = |at: usize| number(&sound, at) as usize..(number(&sound, at) + number(&sound, at + 8)) as usize;
    let (header, root, leaves) = (0..127, section(8), section(40));
    assert!(!leaves.is_empty(), "an archive with leaf directories");
    let before = resident_kib();
    for _ in 0..count {
        let mut mutant = sound.clone();
        for _ in 0..1 + random.below(8) {
            let within = [&header, &root, &leaves][random.below(3)];
            mutant[within.start + random.below(within.len())] = random.next() as u8;
        }
        if random.below(10) == 0 {
            let end = random.below(mutant.len());
            mutant.truncate(end);
        }
        fs::write(&path, &mutant).unwrap();
        let begun = Instant::now();
        let file = Arc::new(fs::File::open(&path).unwrap());
        // As if the file were whole: what lies behind its end must be an error too.
        match TileArchive::open(file, sound.len() as u64) {
            Err(_) => refused += 1,
            Ok(archive) => {
                for id in &ids {
                    let tile = archive.find(*id).ok().flatten().map(|span| runtime.block_on(archive.read(span)));
                    found += usize::from(tile.is_some_and(|tile| tile.is_ok()));
                }
            }
        }
        slowest = slowest.max(begun.elapsed());
    }
    let grown = resident_kib().saturating_sub(before);
    println!("{count} mutants: {refused} refused, {found} tiles found, slowest {slowest:?}, {grown} KiB more");
    assert!(refused > 0 && found > 0);
    assert!(slowest < Duration::from_millis(500), "{slowest:?}");
    assert!(grown < 64 * 1024, "{grown} KiB more");
}

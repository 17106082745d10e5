//! The server over TCP: every address with its statuses, headers and limits.

mod serving;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use congbo::release;
use congbo::serve::Limits;
use serving::*;

// ---------------------------------------------------------------- pages

#[test]
fn a_page_is_served_with_its_length_its_tag_and_what_protects_the_visitor() {
    let server = start();
    let answer = server.get("/");
    assert_eq!((answer.status, answer.text()), (200, page("một")));
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(answer.header("content-length"), Some(page("một").len().to_string().as_str()));
    assert_eq!(answer.header("cache-control"), Some("no-cache"));
    assert_eq!(answer.header("vary"), Some("Accept-Encoding"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("referrer-policy"), Some("same-origin"));
    assert_eq!(answer.header("cross-origin-opener-policy"), Some("same-origin"));
    assert!(answer.header("permissions-policy").unwrap().contains("geolocation=(self)"));
    assert_eq!(answer.header("strict-transport-security"), Some("max-age=31536000"));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.header("server"), None);
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"));
    assert!(!policy.contains("unsafe"));
}

#[test]
fn a_folder_without_its_slash_moves_to_the_address_with_it() {
    let server = start();
    assert_eq!(server.get("/xa/99001-an-minh/").text(), page("một An Minh"));
    for (path, target) in [
        ("/xa/99001-an-minh", "/xa/99001-an-minh/"),
        ("/xa/99001-an-minh?q=1", "/xa/99001-an-minh/?q=1"),
        ("/xa/99001-an-minh/index.html", "/xa/99001-an-minh/"),
        ("/index.html", "/"),
    ] {
        let answer = server.get(path);
        assert_eq!((answer.status, answer.header("location")), (308, Some(target)), "{path}");
    }
    assert_eq!(server.get("/xa/").status, 404, "a folder without a page is nothing");
}

#[test]
fn an_unknown_page_gets_the_sites_own_404_in_its_language() {
    let server = start();
    let vietnamese = server.get("/khong-co/");
    assert_eq!((vietnamese.status, vietnamese.text()), (404, page("Không có")));
    assert_eq!(vietnamese.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(server.get("/en/none").text(), page("Nothing here"));
    let packed = server.ask("GET", "/khong-co/", &[GZIP]);
    assert_eq!(gunzip(&packed.body), page("Không có").as_bytes());
    let program = server.get("/tiles/nothing.json");
    assert_eq!(program.header("content-type"), Some("text/plain; charset=utf-8"));
}

#[test]
fn the_best_prepared_encoding_goes_out_and_each_has_a_tag_of_its_own() {
    let server = start();
    let mut tags = Vec::new();
    for (accepted, coding) in
        [("br, gzip", Some("br")), ("gzip", Some("gzip")), ("br;q=0.1, gzip", Some("gzip")), ("identity", None)]
    {
        let answer = server.ask("GET", "/", &[("Accept-Encoding", accepted)]);
        assert_eq!(answer.header("content-encoding"), coding, "{accepted}");
        let plain = match coding {
            Some("br") => unbrotli(&answer.body),
            Some(_) => gunzip(&answer.body),
            None => answer.body.clone(),
        };
        assert_eq!(plain, page("một").as_bytes(), "{accepted}");
        tags.push(answer.header("etag").unwrap().to_owned());
    }
    assert_eq!(tags[1], tags[2]);
    tags.dedup();
    assert_eq!(tags.len(), 3);
    let short = server.ask("GET", "/short.txt", &[("Accept-Encoding", "br, gzip")]);
    assert_eq!((short.header("content-encoding"), short.text().as_str()), (None, "short\n"));
}

#[test]
fn what_the_client_has_is_not_sent_again() {
    let server = start();
    let archive = server.archive_path();
    for path in [
        "/",
        "/style.css",
        TILE,
        "/tiles/parcels.json",
        "/open/thua-dat/99001.fgb",
        "/manifest.json",
        "/catalog",
        &archive,
    ] {
        for accepted in ["gzip", "br", "identity"] {
            let first = server.ask("GET", path, &[("Accept-Encoding", accepted)]);
            let tag = first.header("etag").unwrap().to_owned();
            assert_eq!(first.status, 200);
            for list in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".into()] {
                let again = server.ask("GET", path, &[("Accept-Encoding", accepted), ("If-None-Match", &list)]);
                assert_eq!((again.status, again.body.len()), (304, 0), "{path} {accepted} {list}");
                for name in ["etag", "cache-control", "vary"] {
                    assert_eq!(again.header(name), first.header(name), "{path} {name}");
                }
            }
            let other = [("Accept-Encoding", accepted), ("If-None-Match", "\"other\"")];
            assert_eq!(server.ask("GET", path, &other).body, first.body);
        }
    }
    let tag = server.ask("GET", "/", &[GZIP]).header("etag").unwrap().to_owned();
    let other_encoding = server.ask("GET", "/", &[("If-None-Match", &tag)]);
    assert_eq!(other_encoding.status, 200, "the tag of the gzip form is not that of the plain one");
    assert_eq!(server.ask("GET", "/", &[("If-Match", "\"other\"")]).status, 412);
}

#[test]
fn names_with_a_digest_are_kept_for_ever_and_others_are_asked_for_again() {
    let server = start();
    let archive = server.archive_path();
    for (path, cache) in [
        ("/assets/app-aaaaaaaaa1.js", "public, max-age=31536000, immutable"),
        (archive.as_str(), "public, max-age=31536000, immutable"),
        ("/style.css", "no-cache"),
        ("/tiles/parcels.json", "no-cache"),
        (TILE, "public, max-age=300, must-revalidate"),
        ("/health", "no-store"),
    ] {
        assert_eq!(server.get(path).header("cache-control"), Some(cache), "{path}");
    }
}

#[test]
fn head_tells_what_get_would_send() {
    let server = start();
    let archive = server.archive_path();
    let paths = [
        "/",
        "/style.css",
        "/khong-co",
        "/xa/99001-an-minh",
        TILE,
        "/tiles/parcels/11/0/0.mvt",
        "/tiles/parcels.json",
        "/tiles/parcels/10/9999/0.mvt",
        "/open/thua-dat/99001.fgb",
        "/open/thua-dat/large.fgb",
        "/catalog",
        "/manifest.json",
        "/health",
        "/ready",
        &archive,
    ];
    for path in paths {
        for accepted in ["gzip", "identity"] {
            let without_date =
                |answer: Answer| -> Vec<_> { answer.headers.into_iter().filter(|(name, _)| name != "date").collect() };
            let get = server.ask("GET", path, &[("Accept-Encoding", accepted)]);
            let head = server.ask("HEAD", path, &[("Accept-Encoding", accepted)]);
            assert_eq!(head.status, get.status, "{path}");
            assert_eq!(without_date(head), without_date(get), "{path} {accepted}");
        }
    }
}

#[test]
fn several_requests_share_a_connection() {
    let server = start();
    let mut stream = server.connect();
    for path in ["/", "/khong-co", "/short.txt", TILE, "/open/thua-dat/large.fgb", "/"] {
        let expected = server.get(path);
        assert_eq!(server.ask_on(&mut stream, "GET", path, &[]).body, expected.body, "{path}");
    }
    let head = server.ask_on(&mut stream, "HEAD", "/", &[]);
    assert_eq!(head.status, 200);
    assert_eq!(server.ask_on(&mut stream, "GET", "/short.txt", &[]).text(), "short\n", "nothing followed the head");
}

// ---------------------------------------------------------------- tiles

#[test]
fn a_tile_goes_out_as_it_lies_in_the_archive() {
    let server = start();
    for path in [TILE, "/tiles/parcels/10/813/451.pbf"] {
        let answer = server.ask("GET", path, &[("Accept-Encoding", "gzip, br")]);
        assert_eq!((answer.status, answer.header("content-encoding")), (200, Some("gzip")));
        assert_eq!(answer.header("content-type"), Some("application/vnd.mapbox-vector-tile"));
        assert_eq!(answer.header("vary"), Some("Accept-Encoding"));
        assert_eq!(gunzip(&answer.body), tile_text("một", 10, 813, 451).as_bytes());
        let archive = server.archive();
        assert!(archive.windows(answer.body.len()).any(|window| window == answer.body), "the archive's own bytes");
    }
}

#[test]
fn a_client_without_gzip_gets_the_tile_inflated() {
    let server = start();
    for accepted in [None, Some("identity"), Some("gzip;q=0"), Some("br"), Some("*;q=0")] {
        let headers: Vec<_> = accepted.iter().map(|value| ("Accept-Encoding", *value)).collect();
        let answer = server.ask("GET", TILE, &headers);
        assert_eq!(answer.header("content-encoding"), None, "{accepted:?}");
        assert_eq!(answer.text(), tile_text("một", 10, 813, 451));
        assert_eq!(answer.header("content-length"), Some(answer.body.len().to_string().as_str()));
    }
    let tag = |headers: &[(&str, &str)]| server.ask("GET", TILE, headers).header("etag").unwrap().to_owned();
    assert_ne!(tag(&[]), tag(&[GZIP]));
    assert!(tag(&[]).contains(digest_of(&server.archive_name())), "a tile's tag names the archive its bytes are from");
}

#[test]
fn tiles_are_found_through_leaf_directories() {
    let server = start();
    let mut stream = server.connect();
    for coord in scattered().step_by(197) {
        let path = format!("/tiles/parcels/12/{}/{}.mvt", coord.x(), coord.y());
        assert_eq!(server.ask_on(&mut stream, "GET", &path, &[]).text(), tile_text("một", 12, coord.x(), coord.y()));
    }
    let leaf_bytes = u64::from_le_bytes(server.archive()[48..56].try_into().unwrap()); // PMTiles 3, header
    assert!(leaf_bytes > 0, "the archive has leaf directories");
}

#[test]
fn a_tile_address_is_full_empty_unknown_or_wrong() {
    let server = start();
    for (path, status) in [
        ("10/813/451.mvt", 200),
        ("10/0/0.mvt", 204),
        ("11/2047/2047.mvt", 204),
        ("12/4095/4095.mvt", 204),
        ("9/0/0.mvt", 404),
        ("0/0/0.mvt", 404),
        ("13/0/0.mvt", 404),
        ("22/0/0.mvt", 404),
        ("31/0/0.mvt", 404),
        ("32/0/0.mvt", 404),
        ("255/0/0.mvt", 404),
        ("256/0/0.mvt", 404),
        ("4294967295/0/0.mvt", 404),
        ("10/1024/0.mvt", 400),
        ("10/0/1024.mvt", 400),
        ("10/4294967295/0.mvt", 400),
        ("10/4294967296/0.mvt", 400),
        ("10/99999999999999999999/0.mvt", 400),
        ("10/-1/0.mvt", 400),
        ("10/+1/0.mvt", 400),
        ("010/0/0.mvt", 400),
        ("10/00/0.mvt", 400),
        ("10/0/01.mvt", 400),
        ("10/a/0.mvt", 400),
        ("10/1.0/0.mvt", 400),
        ("10/1e2/0.mvt", 400),
        ("10//0.mvt", 400),
        ("10/0/.mvt", 400),
        ("10/%30/0.mvt", 400),
        ("a/0/0.mvt", 400),
        ("10/0/0.png", 404),
        ("10/0/0", 404),
        ("10/0/0/0.mvt", 404),
        ("10/0.mvt", 404),
        ("", 404),
    ] {
        assert_eq!(server.get(&format!("/tiles/parcels/{path}")).status, status, "{path}");
    }
    assert_eq!(server.get("/tiles/other/10/0/0.mvt").status, 404);
    assert_eq!(server.get("/tiles/other/x/0/0.mvt").status, 404);
    let empty = server.get("/tiles/parcels/10/0/0.mvt");
    assert_eq!((empty.body.len(), empty.header("content-type")), (0, None));
}

#[test]
fn the_tile_set_describes_itself() {
    let server = start();
    let answer = server.get("/tiles/parcels.json");
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    assert!(answer.text().contains("\"tilejson\":\"3.0.0\""));
    assert_eq!(server.get("/tiles/other.json").status, 404);
    assert_eq!(server.get("/tiles/.json").status, 404);
}

// ---------------------------------------------------------------- archives and open data

#[test]
fn a_range_of_an_archive_is_exactly_that_slice() {
    let server = start();
    let (archive, path) = (server.archive(), server.archive_path());
    let length = archive.len();
    let mut stream = server.connect();
    let mut seed = 7usize;
    for _ in 0..400 {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let first = (seed >> 17) % length;
        let last = first + (seed >> 40) % (length - first);
        let answer = server.ask_on(&mut stream, "GET", &path, &[("Range", &format!("bytes={first}-{last}"))]);
        assert_eq!(answer.status, 206);
        assert!(answer.body == archive[first..=last], "{first}-{last}");
        assert_eq!(answer.header("content-range"), Some(format!("bytes {first}-{last}/{length}").as_str()));
        assert_eq!(answer.header("content-encoding"), None);
    }
    let header = server.ask("GET", &path, &[("Range", "bytes=0-126"), ("Accept-Encoding", "gzip, br")]);
    assert_eq!((&header.body[..7], header.header("content-encoding")), (&b"PMTiles"[..], None));
    let suffix = server.ask("GET", &path, &[("Range", "bytes=-5")]);
    assert_eq!((suffix.status, suffix.body.as_slice()), (206, &archive[length - 5..]));
    let open_end = server.ask("GET", &path, &[("Range", &format!("bytes={}-", length - 3))]);
    assert_eq!(open_end.body, archive[length - 3..]);
}

#[test]
fn ranges_that_cannot_be_answered() {
    let server = start();
    let (archive, path) = (server.archive(), server.archive_path());
    for range in [format!("bytes={}-", archive.len()), "bytes=99999999999999999999-".into(), "bytes=-0".into()] {
        let answer = server.ask("GET", &path, &[("Range", &range)]);
        assert_eq!(answer.status, 416, "{range}");
        assert_eq!(answer.header("content-range"), Some(format!("bytes */{}", archive.len()).as_str()));
    }
    for range in ["bytes=0-1,3-4", "bytes=0-,0-,0-,0-", "bytes=5-2", "bytes=a-", "lines=0-1", "bytes=0 - 1"] {
        let answer = server.ask("GET", &path, &[("Range", range)]);
        assert_eq!((answer.status, answer.body.len()), (200, archive.len()), "{range}");
    }
    let twice = server.ask("GET", &path, &[("Range", "bytes=0-1"), ("Range", "bytes=2-3")]);
    assert_eq!(twice.status, 200);
    let head = server.ask("HEAD", &path, &[("Range", "bytes=0-1")]);
    assert_eq!((head.status, head.header("accept-ranges")), (200, Some("bytes")));
    let page = server.ask("GET", "/", &[("Range", "bytes=0-1")]);
    assert_eq!((page.status, page.header("accept-ranges")), (200, None), "pages have no ranges");
}

#[test]
fn if_range_gives_the_part_only_of_the_same_bytes() {
    let server = start();
    for path in [server.archive_path(), "/open/thua-dat/99001.fgb".into()] {
        let tag = server.get(&path).header("etag").unwrap().to_owned();
        let ask = |tag: &str| server.ask("GET", &path, &[("Range", "bytes=0-9"), ("If-Range", tag)]);
        assert_eq!((ask(&tag).status, ask(&tag).body.len()), (206, 10));
        for other in ["\"other\"", &format!("W/{tag}"), "Sun, 22 Nov 2026 00:00:00 GMT"] {
            assert_eq!(ask(other).status, 200, "{other}");
        }
    }
}

#[test]
fn open_data_needs_no_account_and_is_read_in_parts() {
    let server = start();
    let whole = server.get("/open/thua-dat/99001.fgb");
    assert_eq!((whole.status, whole.header("content-type")), (200, Some("application/flatgeobuf")));
    assert_eq!(whole.body, fgb());
    let part = server.ask("GET", "/open/thua-dat/99001.fgb", &[("Range", "bytes=100-199")]);
    assert_eq!((part.status, part.body.as_slice()), (206, &fgb()[100..200]));
    let large = server.get("/open/thua-dat/large.fgb");
    assert!(large.body == vec![5; 3 << 20]);
    let most = server.ask("GET", "/open/thua-dat/large.fgb", &[("Range", "bytes=1-2999999")]);
    assert_eq!((most.status, most.body.len()), (206, 2_999_999));
    let table = server.ask("GET", "/open/gia-dat/99001.csv", &[GZIP]);
    assert_eq!(gunzip(&table.body), "a;b\n".repeat(500).as_bytes());
    let part = server.ask("GET", "/open/gia-dat/99001.csv", &[GZIP, ("Range", "bytes=0-3")]);
    assert_eq!((part.header("content-encoding"), part.text().as_str()), (None, "a;b\n"), "parts are of the plain file");
}

#[test]
fn extracts_private_metadata_and_the_report_have_no_address() {
    let server = start();
    assert_eq!(server.get("/metadata/thua-dat/record.json").text(), "{}");
    for path in [
        "/extracts/thua-dat/99001.fgb",
        "/open/../extracts/thua-dat/99001.fgb",
        "/open/extracts/thua-dat/99001.fgb",
        "/metadata/private/secret.json",
        "/report.json",
        "/site/index.html",
        "/tiles/../report.json",
        "/style.css.br",
        "/index.html.gz",
        "/manifest.json.minisig",
    ] {
        let answer = server.get(path);
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.text().contains("EXTRACT") && !answer.text().contains("secret"), "{path}");
    }
}

#[test]
fn the_catalog_and_the_manifest_tell_what_there_is() {
    let server = start();
    let manifest = server.get("/manifest.json");
    assert_eq!(manifest.body, fs::read(server.edition.dir.join("manifest.json")).unwrap());
    let catalog: serde_json::Value = serde_json::from_slice(&server.get("/catalog").body).unwrap();
    assert_eq!(catalog["edition"], server.edition.name.as_str());
    assert_eq!(catalog["tile_sets"][0]["id"], "parcels");
    assert_eq!(catalog["tile_sets"][0]["maxzoom"], ZOOMS.1);
    for list in ["archives", "open"] {
        assert!(!catalog[list].as_array().unwrap().is_empty());
        for entry in catalog[list].as_array().unwrap() {
            let answer = server.ask("HEAD", entry["url"].as_str().unwrap(), &[]);
            assert_eq!(answer.header("content-length"), Some(entry["bytes"].to_string().as_str()));
        }
    }
    assert_eq!(server.get("/health").text(), "ok\n");
    assert_eq!(server.get("/ready").text(), format!("{}\n", server.edition.name));
}

// ---------------------------------------------------------------- what is refused

#[test]
fn a_path_never_leads_out_of_the_map() {
    let server = start();
    fs::write(server.dist.path().join("outside.txt"), "OUTSIDE").unwrap();
    let hostname = fs::read("/etc/passwd").unwrap();
    for path in [
        "/../outside.txt",
        "/../../outside.txt",
        "/../../../outside.txt",
        "/site/../../../outside.txt",
        "/%2e%2e/%2e%2e/outside.txt",
        "/%2E%2E/%2E%2E/outside.txt",
        "/..%2f..%2foutside.txt",
        "/..%5c..%5coutside.txt",
        "/.%2e/outside.txt",
        "/%252e%252e/outside.txt",
        "/..;/outside.txt",
        "/....//outside.txt",
        "/..\\..\\outside.txt",
        "//etc/passwd",
        "/%00/etc/passwd",
        "/style.css%00.html",
        "/%2fetc/passwd",
        "/%c0%ae%c0%ae/outside.txt",
        "/assets/../style.css",
        "/./style.css",
        "//style.css",
        "/style%2ecss",
        "/STYLE.CSS",
        "/style.css/",
        "/.lock",
        "/open/thua-dat/../../../../outside.txt",
        "/archives/../../../outside.txt",
        "/tiles/../../outside.txt.json",
        "/proc/self/environ",
        "/.well-known/../outside.txt",
        "/xa//99001-an-minh/",
        "/style.css;a=b",
        "/~root/",
    ] {
        let answer = server.get(path);
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.text().contains("OUTSIDE") && answer.body != hostname, "{path}");
    }
    for path in [&b"/\0"[..], b"/style.css\0", b"/a b", b"/\x7f", b"/\x01"] {
        let request = [b"GET ", path, b" HTTP/1.1\r\nHost: ", server.host().as_bytes(), b"\r\n\r\n"].concat();
        assert_eq!(server.raw(&request).map_or(400, |answer| answer.status), 400, "{path:?}");
    }
}

#[test]
fn a_link_planted_in_the_edition_is_not_followed() {
    let server = start();
    let outside = server.dist.path().join("outside.txt");
    fs::write(&outside, "short\n").unwrap();
    std::os::unix::fs::symlink(&outside, server.edition.dir.join("site/planted.txt")).unwrap();
    assert_eq!(server.get("/planted.txt").status, 404);
    let listed = server.edition.dir.join("site/short.txt");
    fs::remove_file(&listed).unwrap();
    std::os::unix::fs::symlink(&outside, &listed).unwrap();
    assert_eq!(server.get("/short.txt").status, 500, "same size and same bytes, but a link");
}

#[test]
fn a_file_changed_under_the_server_is_an_error_and_the_others_are_served() {
    let server = start();
    overwrite(&server.edition.dir.join("site/short.txt"), "SHORT\n");
    overwrite(&server.edition.dir.join("open/thua-dat/large.fgb"), "cut");
    fs::remove_file(server.edition.dir.join("site/style.css")).unwrap();
    for path in ["/short.txt", "/open/thua-dat/large.fgb", "/style.css"] {
        let answer = server.get(path);
        assert_eq!(answer.status, 500, "{path}");
        assert!(!answer.text().contains(server.dist.path().to_str().unwrap()), "no path of the machine");
    }
    assert_eq!(server.get("/").status, 200);
}

#[test]
fn only_reading_is_allowed() {
    let server = start();
    for method in ["POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "get", "LINK"] {
        for path in ["/", TILE, "/khong-co"] {
            let answer = server.ask(method, path, &[]);
            assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD, OPTIONS")), "{method} {path}");
        }
    }
    let connect = format!("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n\r\n", server.host());
    assert_eq!(server.raw(connect.as_bytes()).unwrap().status, 405);
}

#[test]
fn pages_of_others_may_ask_before_they_read() {
    let server = start();
    let answer = server.ask(
        "OPTIONS",
        &server.archive_path(),
        &[("Origin", "https://example.org"), ("Access-Control-Request-Headers", "range")],
    );
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (204, Some("*")));
    assert!(answer.header("access-control-allow-headers").unwrap().contains("Range"));
    assert!(answer.header("access-control-expose-headers").unwrap().contains("Content-Range"));
    assert_eq!(answer.header("access-control-allow-credentials"), None);
}

#[test]
fn only_the_hosts_own_names_are_answered() {
    let server = start();
    let port = server.address.port();
    let ask = |hosts: &[String]| {
        let hosts: String = hosts.iter().map(|host| format!("Host: {host}\r\n")).collect();
        server.raw(format!("GET / HTTP/1.1\r\n{hosts}\r\n").as_bytes()).unwrap().status
    };
    for host in
        ["dat.example.vn".into(), "DAT.example.vn:443".into(), format!("127.0.0.1:{port}"), format!("localhost:{port}")]
    {
        assert_eq!(ask(&[host]), 200);
    }
    for host in [
        "example.org",
        "dat.example.vn.evil.org",
        "dat.example.vn:8080",
        "127.0.0.1:1",
        "evil@dat.example.vn",
        "localhost",
        "",
    ] {
        assert_eq!(ask(&[host.into()]), 421, "{host}");
    }
    let good: String = "dat.example.vn".into();
    assert_eq!(ask(&[]), 400);
    assert_eq!(ask(&[good.clone(), good.clone()]), 400);
    let absolute = |target: &str| format!("GET http://{target}/ HTTP/1.1\r\nHost: dat.example.vn\r\n\r\n");
    assert_eq!(server.raw(absolute("dat.example.vn").as_bytes()).unwrap().status, 200);
    assert_eq!(server.raw(absolute("evil.org").as_bytes()).unwrap().status, 400);
    assert_eq!(server.raw(b"GET / HTTP/1.0\r\n\r\n").unwrap().status, 200);
}

#[test]
fn nothing_may_be_sent_and_whoever_tries_is_cut_off() {
    let server = start();
    for (headers, status) in [
        ("Content-Length: 5\r\n", 413),
        ("Content-Length: 1099511627776\r\n", 413),
        ("Transfer-Encoding: chunked\r\n", 400),
        ("Transfer-Encoding: chunked, chunked\r\n", 400),
        ("Transfer-Encoding: identity\r\n", 400),
        ("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", 400),
        ("Content-Length: 5\r\nContent-Length: 6\r\n", 400),
        ("Content-Length: -1\r\n", 400),
        ("Content-Length: 5, 5\r\n", 400),
        ("Content-Encoding: gzip\r\n", 415),
    ] {
        for method in ["GET", "POST", "HEAD"] {
            let request = format!("{method} /short.txt HTTP/1.1\r\nHost: {}\r\n{headers}\r\n", server.host());
            let mut stream = server.connect();
            stream.write_all(request.as_bytes()).unwrap();
            let answer = read_answer(&mut stream, method == "HEAD").expect("an answer");
            assert_eq!(answer.status, status, "{method} {headers}");
            // Whatever follows is not taken for a request.
            let _ = stream.write_all(format!("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", server.host()).as_bytes());
            assert!(read_answer(&mut stream, false).is_none(), "{method} {headers}: the connection is closed");
        }
    }
    assert_eq!(server.ask("GET", "/short.txt", &[("Content-Length", "0")]).status, 200);
}

#[test]
fn heads_that_are_too_long_are_refused() {
    let server = start();
    assert_eq!(server.get(&format!("/{}", "a".repeat(4090))).status, 404);
    assert_eq!(server.get(&format!("/{}", "a".repeat(4096))).status, 414);
    assert_eq!(server.get(&format!("/?{}", "a".repeat(5000))).status, 414);
    let long = "a".repeat(20_000);
    assert_eq!(server.ask("GET", "/", &[("X-Long", &long)]).status, 431);
    let many: Vec<(&str, &str)> = vec![("X-Many", "1"); 65];
    assert_eq!(server.ask("GET", "/", &many).status, 431);
    for garbage in [&b"GET\r\n\r\n"[..], b"\x16\x03\x01\x02\x00\x01", b"GET / HTTP/9.9\r\n\r\n", b"GET /\r\n\r\n"] {
        assert!(server.raw(garbage).is_none_or(|answer| answer.status == 400), "{garbage:?}");
    }
    assert_eq!(server.get("/").status, 200);
}

// ---------------------------------------------------------------- HTTP/2

#[test]
fn http_2_reads_the_same_edition_under_the_same_rules() {
    let server = start();
    // Static table of HPACK: 0x88 is status 200, 0x8d is 404; others are spelled out (name index 8).
    let (status, data) = ask_http2(&server, "/short.txt", "dat.example.vn", false);
    assert_eq!((status, data.as_slice()), (0x88, &b"short\n"[..]));
    assert_eq!(ask_http2(&server, TILE, &server.host(), false).1, tile_text("một", 10, 813, 451).as_bytes());
    assert_eq!(ask_http2(&server, "/khong-co", &server.host(), false).0, 0x8d);
    let (status, data) = ask_http2(&server, "/short.txt", "evil.org", false);
    assert!(status != 0x88 && !data.starts_with(b"short"), "a foreign host");
    let (status, data) = ask_http2(&server, "/short.txt", &server.host(), true);
    assert!(status != 0x88 && !data.starts_with(b"short"), "a body was announced");
}

// ---------------------------------------------------------------- time and numbers

#[test]
fn slow_clients_are_let_go() {
    let short = Duration::from_millis(300);
    let server = start_with(Limits { first_bytes: short, header: short, idle: short, ..Limits::default() });
    for beginning in ["", "P", "PRI * HT", "G", "GET / HTTP/1.1\r\nHost: a", "GET / HTTP/1.1\r\n"] {
        let mut stream = server.connect();
        stream.write_all(beginning.as_bytes()).unwrap();
        let closed = closes_after(&mut stream).unwrap_or_else(|| panic!("{beginning:?} is still open"));
        assert!(closed < Duration::from_secs(3), "{beginning:?} {closed:?}");
    }
    let mut dripping = server.connect();
    let begun = Instant::now();
    let mut dripped = 0;
    while begun.elapsed() < Duration::from_secs(3)
        && dripping.write_all(b"GET / HTTP/1.1\r\nX: y"[dripped % 19..][..1].as_ref()).is_ok()
    {
        dripped += 1;
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(begun.elapsed() < Duration::from_secs(3), "one byte at a time does not hold a connection");
    let mut idle = server.connect();
    assert_eq!(server.ask_on(&mut idle, "GET", "/short.txt", &[]).status, 200);
    assert!(closes_after(&mut idle).unwrap() < Duration::from_secs(3), "idle after a request");
    assert_eq!(server.get("/").status, 200);
}

#[test]
fn a_client_that_does_not_take_its_answer_is_let_go() {
    let server = start_with(Limits { write_stall: Duration::from_millis(300), ..Limits::default() });
    let mut stream = server.connect();
    let mut asked = 0;
    let begun = Instant::now();
    // Asks on and on and never reads: once all buffers are full the server must give up, not wait.
    let request = format!("GET /open/thua-dat/large.fgb HTTP/1.1\r\nHost: {}\r\n\r\n", server.host());
    stream.set_write_timeout(Some(Duration::from_secs(1))).unwrap();
    while begun.elapsed() < Duration::from_secs(10) && stream.write_all(request.as_bytes()).is_ok() {
        asked += 1;
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(begun.elapsed() < Duration::from_secs(8), "{asked} requests and still connected");
}

#[test]
fn one_address_cannot_take_every_connection() {
    let server = start_with(Limits { connections_per_address: 3, ..Limits::default() });
    let mut held: Vec<TcpStream> = (0..3).map(|_| server.connect()).collect();
    for stream in &mut held {
        assert_eq!(server.ask_on(stream, "GET", "/short.txt", &[]).status, 200);
    }
    let request = format!("GET /short.txt HTTP/1.1\r\nHost: {}\r\n\r\n", server.host());
    let fourth = server.raw(request.as_bytes()).expect("an answer");
    assert_eq!((fourth.status, fourth.header("retry-after")), (429, Some("2")));
    held.pop();
    within(Duration::from_secs(10), || server.raw(request.as_bytes()).filter(|answer| answer.status == 200));
}

#[test]
fn stopping_lets_a_download_end_and_closes_idle_connections() {
    let mut server = start();
    let mut idle = server.connect();
    server.ask_on(&mut idle, "GET", "/short.txt", &[]);
    let mut busy = server.connect();
    let request = format!("GET /open/thua-dat/large.fgb HTTP/1.1\r\nHost: {}\r\n\r\n", server.host());
    busy.write_all(request.as_bytes()).unwrap();
    let mut begun = [0; 1000];
    busy.read_exact(&mut begun).unwrap();
    drop(server.stop.take());
    assert!(closes_after(&mut idle).unwrap() < Duration::from_secs(2));
    let mut rest = Vec::new();
    busy.read_to_end(&mut rest).unwrap();
    let head = begun.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    assert_eq!(begun.len() - head + rest.len(), 3 << 20, "nothing was cut off");
    let ended = Instant::now();
    server.thread.take().unwrap().join().unwrap();
    assert!(ended.elapsed() < Duration::from_secs(2));
    assert!(TcpStream::connect(server.address).is_err());
}

// ---------------------------------------------------------------- the next edition

#[test]
fn a_published_edition_is_taken_up_and_old_digest_names_stay() {
    let server = start();
    let old_archive = server.archive_path();
    let next = seal(server.dist.path(), "hai");
    assert_eq!(server.get("/edition.txt").text(), "một", "sealing alone changes nothing");
    release::publish(server.dist.path(), Some(&next.name)).unwrap();
    within(Duration::from_secs(10), || (server.get("/edition.txt").text() == "hai").then_some(()));
    assert_eq!(server.get(TILE).text(), tile_text("hai", 10, 813, 451));
    assert_eq!(server.get("/ready").text(), format!("{}\n", next.name));
    assert_eq!(server.ask("GET", &old_archive, &[("Range", "bytes=0-6")]).text(), "PMTiles");
    assert_eq!(server.get("/assets/app-aaaaaaaaa1.js").status, 200, "for pages that were loaded before");
    assert_eq!(server.get("/assets/app-bbbbbbbbb2.js").status, 200);
    release::publish(server.dist.path(), Some(&server.edition.name)).unwrap();
    within(Duration::from_secs(10), || (server.get("/edition.txt").text() == "một").then_some(()));
}

#[test]
fn a_damaged_edition_is_refused_and_the_old_one_stays() {
    let server = start();
    let next = seal(server.dist.path(), "hai");
    overwrite(&next.dir.join("site/short.txt"), "SHORT\n");
    // As somebody might who moves the pointer by hand.
    let pointer = server.dist.path().join("current");
    fs::remove_file(&pointer).unwrap();
    assert_eq!(server.get("/edition.txt").text(), "một", "without a pointer too");
    std::os::unix::fs::symlink(Path::new("releases").join(&next.name), &pointer).unwrap();
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(server.get("/edition.txt").text(), "một");
    overwrite(&next.dir.join("site/short.txt"), "short\n");
    release::publish(server.dist.path(), Some(&next.name)).unwrap();
    within(Duration::from_secs(10), || (server.get("/edition.txt").text() == "hai").then_some(()));
}

#[test]
fn a_swap_under_load_never_fails_a_request_nor_mixes_editions() {
    // Three clients ask as fast as they are answered.
    let server = start_with(Limits { requests_per_s: 0, ..options().limits });
    let editions = [server.edition.clone(), seal(server.dist.path(), "hai")];
    let archives = editions.each_ref().map(archive_of);
    let titles = ["một", "hai"];
    let done = std::sync::atomic::AtomicBool::new(false);
    let seen = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    let mut stream = server.connect();
                    let mut seen = [0, 0];
                    while !done.load(std::sync::atomic::Ordering::Relaxed) {
                        let tile = server.ask_on(&mut stream, "GET", TILE, &[]);
                        let tag = tile.header("etag").unwrap();
                        let of = archives.iter().position(|name| tag.contains(digest_of(name)));
                        let of = of.expect("a tag of an edition's archive");
                        assert_eq!(
                            tile.text(),
                            tile_text(titles[of], 10, 813, 451),
                            "tag and bytes are of one edition"
                        );
                        let text = server.ask_on(&mut stream, "GET", "/edition.txt", &[]);
                        assert!(titles.contains(&text.text().as_str()));
                        seen[of] += 1;
                    }
                    seen
                })
            })
            .collect();
        for swap in 0..12 {
            release::publish(server.dist.path(), Some(&editions[(swap + 1) % 2].name)).unwrap();
            std::thread::sleep(Duration::from_millis(100));
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        clients.into_iter().map(|client| client.join().unwrap()).fold([0, 0], |a, b| [a[0] + b[0], a[1] + b[1]])
    });
    assert!(seen[0] > 0 && seen[1] > 0, "both editions were seen: {seen:?}");
}

// ---------------------------------------------------------------- the program

#[test]
fn the_program_says_where_it_listens_and_ends_well_on_sigterm() {
    let site = tempfile::tempdir().unwrap();
    let edition = seal(&site.path().join("dist"), "một");
    release::publish(&site.path().join("dist"), None).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_congbo"))
        .arg("-C")
        .arg(site.path())
        .args(["serve", "-l", "127.0.0.1:0", "--public-url", "http://localhost"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(program.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let address = line.strip_prefix(&format!("congbo: {} on http://", edition.name)).expect(&line);
    let mut stream = TcpStream::connect(address.trim_end().trim_end_matches('/')).unwrap();
    stream.write_all(b"GET /%22%0a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    assert_eq!(read_answer(&mut stream, false).unwrap().status, 404);
    assert!(Command::new("kill").args(["-TERM", &program.id().to_string()]).status().unwrap().success());
    let output = program.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let log = String::from_utf8(output.stderr).unwrap();
    let entries: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let request = entries.iter().find(|entry| entry["message"] == "request").unwrap();
    assert_eq!((&request["path"], &request["status"]), (&"/%22%0a".into(), &404.into()));
    assert_eq!(request["client"], "127.0.0.0", "nobody's full address");
}

// ---------------------------------------------------------------- packages

/// A shelf with one file of 3,000 bytes.
fn shelve(dist: &Path, name: &str) -> Vec<u8> {
    let folder = release::shelf::folder(dist);
    fs::create_dir_all(&folder).unwrap();
    let bytes: Vec<u8> = (0..3000_u32).map(|n| (n % 251) as u8).collect();
    let facts = |name: &str, bytes: &[u8]| {
        fs::write(folder.join(name), bytes).unwrap();
        let (name, sha256) = (name.to_owned(), congbo::digest::sha256(bytes));
        release::shelf::ShelfFile { name, bytes: bytes.len() as u64, sha256 }
    };
    let day = |day: &str| day.parse().unwrap();
    let package = release::shelf::PackageFacts {
        file: facts(name, &bytes),
        area: "99001".into(),
        name: "Xã A".into(),
        edition: "2026-01-05-0a1b2c3d".into(),
        number: 1,
        data_date: day("2026-01-05"),
        created: day("2026-01-12"),
        expires: day("2026-07-11"),
        files: 3,
        unpacked_bytes: 9000,
    };
    let pages = vec![facts("index.html", page("gói").as_bytes()), facts("goi.atom", b"<feed/>")];
    let index = release::shelf::PackageIndex {
        format: release::shelf::FORMAT.into(),
        packages: vec![package],
        updates: vec![],
        pages,
    };
    fs::write(folder.join("index.json"), serde_json::to_string(&index).unwrap()).unwrap();
    bytes
}

#[test]
fn a_package_is_fetched_in_parts_that_go_together_and_its_digest_goes_with_them() {
    let server = start();
    assert_eq!(server.get("/goi/").status, 404, "nothing was put out yet");
    let bytes = shelve(server.dist.path(), "99001-1.zip");
    // The server notices by itself.
    let whole =
        within(Duration::from_secs(10), || Some(server.get("/goi/99001-1.zip")).filter(|answer| answer.status == 200));
    assert_eq!(whole.body, bytes);
    assert_eq!(whole.header("content-type"), Some("application/zip"));
    assert_eq!(whole.header("accept-ranges"), Some("bytes"));
    assert!(whole.header("repr-digest").unwrap().starts_with("sha-256=:"));
    let tag = whole.header("etag").unwrap().to_owned();
    let rest = server.ask("GET", "/goi/99001-1.zip", &[("Range", "bytes=1000-"), ("If-Range", &tag)]);
    assert_eq!((rest.status, &rest.body[..]), (206, &bytes[1000..]));
    assert_eq!(rest.header("repr-digest"), whole.header("repr-digest"), "of the whole, whatever the part");
    let changed = server.ask("GET", "/goi/99001-1.zip", &[("Range", "bytes=1000-"), ("If-Range", "\"other\"")]);
    assert_eq!((changed.status, changed.body.len()), (200, 3000), "another file: all of it");
    assert_eq!(server.get("/goi/").text(), page("gói"));
    assert!(server.get("/goi/index.json").text().contains("99001-1.zip"));
    assert_eq!(server.get("/goi/goi.atom").header("content-type"), Some("application/atom+xml"));
    for path in ["/goi/other.zip", "/goi/../manifest.json", "/goi/%69ndex.json", "/en/goi/"] {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
}

#[test]
fn a_package_that_was_changed_on_the_disk_is_not_sent() {
    let server = start();
    shelve(server.dist.path(), "99001-1.zip");
    within(Duration::from_secs(10), || Some(server.get("/goi/")).filter(|answer| answer.status == 200));
    fs::write(release::shelf::folder(server.dist.path()).join("99001-1.zip"), vec![7; 3000]).unwrap();
    assert_eq!(server.get("/goi/99001-1.zip").status, 500);
    fs::write(release::shelf::folder(server.dist.path()).join("99001-1.zip"), b"short").unwrap();
    assert_eq!(server.ask("GET", "/goi/99001-1.zip", &[("Range", "bytes=0-9")]).status, 500);
}

//! The desk over HTTP: signing in, asking, deciding and fetching, as a browser does it without JavaScript; and the
//! public site while the desk is down.

mod office;
mod serving;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use congbo::account::Person;
use congbo::account::role::Role;
use congbo::serve::Options;
use office::{Bureau, PASSWORD, publish};
use serving::{Answer, Running, options, start_on};

/// Somebody at a browser: keeps cookies, follows what it is told.
struct Browser<'a> {
    server: &'a Running,
    cookies: BTreeMap<String, String>,
    /// Of the last page.
    csrf: String,
}

impl<'a> Browser<'a> {
    fn new(server: &'a Running) -> Self {
        Browser { server, cookies: BTreeMap::new(), csrf: String::new() }
    }

    fn cookie(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn get(&mut self, path: &str) -> Answer {
        self.get_with(path, &[])
    }

    fn get_with(&mut self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let cookie = self.cookie();
        let mut all = vec![("Cookie", cookie.as_str())];
        all.extend(headers);
        let answer = self.server.ask("GET", path, &all);
        self.keep(&answer);
        answer
    }

    fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf.clone();
        let mut all = vec![("ma_bieu_mau", csrf.as_str())];
        all.extend(fields);
        let origin = format!("http://{}", self.server.host());
        self.send(path, &all, &[("Origin", &origin), ("Sec-Fetch-Site", "same-origin")])
    }

    fn send(&mut self, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Answer {
        let body =
            fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&");
        let typed = headers.iter().any(|(name, _)| *name == "Content-Type");
        let kind = if typed { "" } else { "Content-Type: application/x-www-form-urlencoded\r\n" };
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\n{kind}{headers}Content-Length: {}\r\n\r\n{body}",
            self.server.host(),
            self.cookie(),
            body.len()
        );
        let answer = self.server.raw(request.as_bytes()).expect("an answer");
        self.keep(&answer);
        answer
    }

    fn keep(&mut self, answer: &Answer) {
        for (_, cookie) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (pair, rest) = cookie.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            assert!(rest.contains("Secure") && rest.contains("HttpOnly") && rest.contains("SameSite="), "{cookie}");
            match value {
                "" => self.cookies.remove(name),
                value => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        if let Some((_, rest)) = answer.text().split_once("name=\"ma_bieu_mau\" value=\"") {
            self.csrf = rest[..64].to_owned();
        }
    }

    /// Signs in with a chosen password and looks at a page, which brings the token.
    fn sign_in(&mut self, name: &str) {
        let answer = self.post("/tai-khoan/dang-nhap/", &[("ten", name), ("mat_khau", PASSWORD)]);
        assert_eq!((answer.status, answer.header("location")), (303, Some("/tai-khoan/")), "{}", answer.text());
        assert_eq!(self.get("/tai-khoan/").status, 200);
    }
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// A server with a desk, at the time of the machine.
fn start() -> (Bureau, Running) {
    let bureau = Bureau::new();
    let now = congbo::account::clock::vietnam_time(jiff::Timestamp::now().as_second());
    bureau.at(&now.to_string());
    let dist = tempfile::tempdir().unwrap();
    let opened = publish(dist.path());
    let edition = congbo::release::Edition { name: opened.name, dir: opened.dir };
    let server = start_on(dist, edition, Options { desk: Some(bureau.plan.clone()), ..uncounted() });
    (bureau, server)
}

/// One address asks as often as it likes.
fn uncounted() -> Options {
    let mut options = options();
    options.limits.requests_per_s = 0;
    options
}

fn people(bureau: &Bureau) -> [Person; 4] {
    // The founder's first password is of another day.
    [
        bureau.open("tochuc", Role::Organisation, &["*"]),
        bureau.open("vanthu", Role::Clerk, &[]),
        bureau.open("duyet1", Role::Approver, &[]),
        bureau.open("duyet2", Role::Approver, &[]),
    ]
}

const PURPOSE: &str = "Lập quy hoạch chi tiết khu dân cư <script>";

#[test]
fn from_the_first_password_to_the_file_and_back_to_its_request() {
    let (bureau, server) = start();
    people(&bureau);
    let first = bureau.made("anminh", Role::CommuneStaff, &["99001"]);
    let mut browser = Browser::new(&server);
    let page = browser.get("/tai-khoan/");
    assert!(page.text().contains("<title>Đăng nhập</title>") && page.text().contains("Chân trang"), "{}", page.text());
    assert_eq!(browser.get("/en/tai-khoan/").text().matches("Sign in").count(), 3);
    let answer = browser.post("/tai-khoan/dang-nhap/", &[("ten", "anminh"), ("mat_khau", &first)]);
    assert_eq!((answer.status, answer.header("location")), (303, Some("/tai-khoan/mat-khau/")));
    let before = browser.cookies["__Host-phien"].clone();
    for path in ["/tai-khoan/", "/yeu-cau/", "/yeu-cau/YC-2026-000001/", "/trich-xuat/YC-2026-000001/bien-nhan.json"] {
        let answer = browser.get(path);
        assert_eq!((answer.status, answer.header("location")), (303, Some("/tai-khoan/mat-khau/")), "{path}");
    }
    assert_eq!(browser.get("/tai-khoan/mat-khau/").status, 200);
    let fields = [("cu", first.as_str()), ("moi", PASSWORD), ("lai", "khác hẳn thế"), ("dieu_khoan", "1")];
    assert_eq!(browser.post("/tai-khoan/mat-khau/", &fields).status, 422);
    let fields = [("cu", first.as_str()), ("moi", PASSWORD), ("lai", PASSWORD), ("dieu_khoan", "1")];
    assert_eq!(browser.post("/tai-khoan/mat-khau/", &fields).header("location"), Some("/tai-khoan/"));
    assert_ne!(browser.cookies["__Host-phien"], before, "a new session after the password");

    let form = browser.get("/yeu-cau/");
    assert!(form.status == 200 && form.text().contains(&browser.csrf), "{}", form.text());
    let refused = browser.post("/yeu-cau/", &[("xa", "99001"), ("muc_dich", "ngắn"), ("dieu_khoan", "1")]);
    assert_eq!(refused.status, 422, "{}", refused.text());
    assert!(
        refused.text().contains("value=\"99001\"") && refused.text().contains(">ngắn</textarea>"),
        "what was typed stays"
    );
    let foreign = browser.post("/yeu-cau/", &[("xa", "99002"), ("muc_dich", PURPOSE), ("dieu_khoan", "1")]);
    assert_eq!(foreign.status, 403);
    let filed = browser.post("/yeu-cau/", &[("xa", "99001"), ("muc_dich", PURPOSE), ("dieu_khoan", "1")]);
    let place = filed.header("location").unwrap().to_owned();
    let code = place.trim_matches('/').split('/').nth(1).unwrap().to_owned();
    let slip = browser.get(&place).text();
    assert!(
        slip.contains("&lt;script&gt;")
            && !slip.contains("cư <script>")
            && slip.contains("Mẫu số 14")
            && slip.contains("<dd>xã 99001</dd>"),
        "{slip}"
    );
    assert!(!slip.contains("/trich-xuat/"));

    let mut clerk = Browser::new(&server);
    clerk.sign_in("vanthu");
    assert!(clerk.get(&place).text().contains("/phi/"));
    assert_eq!(clerk.post(&format!("{place}phi/"), &[("dong", "300.000")]).status, 303);
    assert!(clerk.get(&place).text().contains("300.000 đồng"));
    assert_eq!(clerk.post(&format!("{place}bien-lai/"), &[("so", "BL 0001")]).status, 303);
    assert_eq!(clerk.post(&format!("{place}duyet/"), &[]).status, 403);
    for (name, again) in [("duyet1", 422), ("duyet2", 403)] {
        let mut approver = Browser::new(&server);
        approver.sign_in(name);
        assert!(approver.get("/yeu-cau/").text().contains(&code));
        assert_eq!(approver.post(&format!("{place}duyet/"), &[]).status, 303);
        assert_eq!(approver.post(&format!("{place}duyet/"), &[]).status, again, "{name}");
    }

    assert!(browser.get(&place).text().contains("FlatGeobuf"));
    let leave = browser.post(&format!("/trich-xuat/{code}/"), &[]);
    let file = leave.header("location").unwrap().to_owned();
    assert_eq!(file, format!("/trich-xuat/{code}/{}.fgb", code.to_lowercase()));
    let got = browser.get(&file);
    assert_eq!(got.status, 200);
    assert_eq!(&got.body[..8], b"fgb\x03fgb\x00");
    assert_eq!(got.header("cache-control"), Some("no-store"));
    assert_eq!(got.header("access-control-allow-origin"), None);
    let path = bureau.folder.path().join("tep.fgb");
    std::fs::write(&path, &got.body).unwrap();
    let receipt = browser.get(&format!("/trich-xuat/{code}/bien-nhan.json")).text();
    let signature = browser.get(&format!("/trich-xuat/{code}/bien-nhan.json.minisig")).text();
    assert!(congbo::audit::seal::holds(&[bureau.office.seal.public_key()], receipt.as_bytes(), &signature));
    assert!(receipt.contains(&congbo::digest::sha256(&got.body)));
    let open = |name: &str| {
        congbo::release::open_edition(server.dist.path(), name).map_err(|_| congbo::account::Refused::Absent)
    };
    let traced = congbo::request::trace::trace(&bureau.office, &path, &[], open).unwrap();
    assert_eq!((traced.request.code, traced.intact), (code.clone(), Some(true)));

    // A broken download goes on, and costs no use.
    let tag = got.header("etag").unwrap().to_owned();
    for _ in 0..4 {
        let part = browser.get_with(&file, &[("Range", "bytes=1000-1999"), ("If-Range", &tag)]);
        assert_eq!((part.status, part.body.as_slice()), (206, &got.body[1000..2000]));
    }
    assert_eq!(browser.get_with(&file, &[("Range", "bytes=99999999-")]).status, 416);
    assert_eq!([browser.get(&file).status, browser.get(&file).status, browser.get(&file).status], [200, 200, 403]);
    serving::within(std::time::Duration::from_secs(5), || bureau.log().contains("download.end").then_some(()));
    let log = bureau.log();
    for action in
        ["sign_in", "password.change", "request.file", "request.approve", "download.ticket", "download.begin", "denied"]
    {
        assert!(log.contains(&format!("\"action\":\"{action}\"")), "{action}");
    }
    for cookie in browser.cookies.values() {
        assert!(!log.contains(cookie.as_str()));
    }
    assert_eq!(congbo::audit::verify::verify(bureau.office.log.path(), &[]).unwrap().bad, None);

    // What was handed out before sign-out opens nothing after it.
    let kept = browser.cookie();
    assert_eq!(browser.post("/tai-khoan/thoat/", &[]).status, 303);
    assert_eq!(server.ask("GET", "/yeu-cau/", &[("Cookie", &kept)]).header("location"), Some("/tai-khoan/"));
}

#[test]
fn s19_no_form_of_another_site_changes_anything_and_no_get_does() {
    let (bureau, server) = start();
    people(&bureau);
    let mut browser = Browser::new(&server);
    browser.sign_in("tochuc");
    let (csrf, origin) = (browser.csrf.clone(), format!("http://{}", server.host()));
    let own: [(&str, &str); 2] = [("Origin", &origin), ("Sec-Fetch-Site", "same-origin")];
    let filing = [("xa", "99001"), ("muc_dich", "Lập quy hoạch chi tiết"), ("dieu_khoan", "1")];
    let with = |token: &str| {
        let mut fields = vec![("ma_bieu_mau".to_owned(), token.to_owned())];
        fields.extend(filing.map(|(name, value)| (name.to_owned(), value.to_owned())));
        fields
    };
    let mut other = Browser::new(&server);
    other.sign_in("vanthu");
    let foreign = other.csrf.clone();
    let mut changed = csrf.clone().into_bytes();
    changed[0] = if changed[0] == b'0' { b'1' } else { b'0' };
    let changed = String::from_utf8(changed).unwrap();
    let tricks: [(&str, &[(&str, &str)]); 12] = [
        ("", &own),
        (&changed, &own),
        (&foreign, &own),
        (&csrf[..63], &own),
        (&csrf, &[]),
        (&csrf, &[("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site")]),
        (&csrf, &[("Origin", "null"), ("Sec-Fetch-Site", "same-origin")]),
        (&csrf, &[("Sec-Fetch-Site", "same-site")]),
        (&csrf, &[("Sec-Fetch-Site", "none")]),
        (&csrf, &[("Origin", "https://evil.example")]),
        (&csrf, &[("Referer", "https://evil.example/")]),
        (&csrf, &[("Origin", "http://127.0.0.1"), ("Sec-Fetch-Site", "same-origin")]),
    ];
    for (i, (token, headers)) in tricks.iter().enumerate() {
        let fields = with(token);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(browser.send("/yeu-cau/", &fields, headers).status, 403, "trick {i}");
    }
    let whole = with(&csrf);
    let whole: Vec<_> = whole.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    for (kind, status) in [
        ("text/plain", 415),
        ("multipart/mixed; boundary=x", 415),
        ("multipart/form-data; boundary=x", 400),
        ("application/json", 415),
        ("application/x-www-form-urlencoded2", 415),
    ] {
        let headers = [own[0], own[1], ("Content-Type", kind)];
        assert_eq!(browser.send("/yeu-cau/", &whole, &headers).status, status, "{kind}");
        assert_eq!(browser.send("/tai-khoan/thoat/", &whole, &headers).status, 415, "{kind}");
    }
    let query = "/yeu-cau/?xa=99001&muc_dich=Lap+quy+hoach+chi+tiet&dieu_khoan=1";
    assert_eq!(browser.get(query).status, 200);
    for path in ["/tai-khoan/thoat/", "/tai-khoan/khoa/", "/tai-khoan/thoat-het/"] {
        browser.get(path);
    }
    let count = |bureau: &Bureau| bureau.office.read(|db| congbo::request::Request::list(db, None)).unwrap().len();
    assert_eq!(count(&bureau), 0);
    assert_eq!(browser.get("/tai-khoan/").status, 200, "still signed in");
    assert_eq!(browser.send("/yeu-cau/", &whole, &own).status, 303);
    assert_eq!(count(&bureau), 1);
}

#[test]
fn what_is_sent_is_bounded_and_a_session_cannot_be_given_to_somebody() {
    let (bureau, server) = start();
    people(&bureau);
    let mut browser = Browser::new(&server);
    // A number that somebody planted is not taken over.
    let planted = "ab".repeat(32);
    browser.cookies.insert("__Host-phien".into(), planted.clone());
    browser.sign_in("tochuc");
    assert_ne!(browser.cookies["__Host-phien"], planted);
    let large = "x".repeat(70_000);
    assert_eq!(browser.post("/yeu-cau/", &[("muc_dich", &large)]).status, 413);
    let many: Vec<(String, &str)> = (0..40).map(|i| (format!("f{i}"), "1")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    assert_eq!(browser.post("/yeu-cau/", &many).status, 400);
    for (method, path, status) in
        [("PUT", "/tai-khoan/", 405), ("DELETE", "/yeu-cau/", 405), ("POST", "/", 405), ("POST", "/xa/", 405)]
    {
        assert_eq!(server.ask(method, path, &[]).status, status, "{method} {path}");
    }
    let with_body = format!("GET /tai-khoan/ HTTP/1.1\r\nHost: {}\r\nContent-Length: 5\r\n\r\nhello", server.host());
    assert_eq!(server.raw(with_body.as_bytes()).unwrap().status, 413);
    let chunked = format!(
        "POST /tai-khoan/dang-nhap/ HTTP/1.1\r\nHost: {0}\r\nOrigin: http://{0}\r\nTransfer-Encoding: chunked\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n3\r\na=b\r\n0\r\n\r\n",
        server.host()
    );
    assert_eq!(server.raw(chunked.as_bytes()).unwrap().status, 411);
    // Somebody else's request is not there for who may not see it, in the same words as one that is not there.
    let filed =
        browser.post("/yeu-cau/", &[("xa", "99001"), ("muc_dich", "Lập quy hoạch chi tiết"), ("dieu_khoan", "1")]);
    let place = filed.header("location").unwrap().to_owned();
    bureau.open("tochuc2", Role::Organisation, &["*"]);
    let mut other = Browser::new(&server);
    other.sign_in("tochuc2");
    let (there, nowhere) = (other.get(&place), other.get("/yeu-cau/YC-2026-999999/"));
    assert_eq!((there.status, nowhere.status), (404, 404));
    assert_eq!(there.text(), nowhere.text().replace("YC-2026-999999", place.split('/').nth(2).unwrap()));
    assert_eq!(other.post(&format!("{place}rut/"), &[]).status, 403);
}

#[test]
fn an_area_is_pasted_or_sent_as_a_file_without_a_script_and_a_wrong_one_is_told_why() {
    let (bureau, server) = start();
    people(&bureau);
    let mut browser = Browser::new(&server);
    browser.sign_in("tochuc");
    let form = browser.get("/yeu-cau/").text();
    assert!(form.contains("enctype=\"multipart/form-data\"") && form.contains("type=\"file\" id=\"tep\""), "{form}");
    let polygon = |ring: &str| format!("{{\"type\":\"Polygon\",\"coordinates\":[[{ring}]]}}");
    let drawn = polygon("[106.3,20.84],[106.4,20.84],[106.4,20.86],[106.3,20.84]");
    let origin = format!("http://{}", server.host());
    let headers = |kind: &'static str| -> Vec<(&str, String)> {
        vec![("Origin", origin.clone()), ("Sec-Fetch-Site", "same-origin".into()), ("Content-Type", kind.into())]
    };
    let send = |fields: &[(&str, &str)], file: &str| {
        let csrf = browser.csrf.clone();
        let base = [("ma_bieu_mau", csrf.as_str()), ("muc_dich", PURPOSE), ("dieu_khoan", "1")];
        let mut body: String = base
            .iter()
            .chain(fields)
            .map(|(name, value)| format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"))
            .collect();
        body += &format!(
            "--x\r\nContent-Disposition: form-data; name=\"tep\"; filename=\"v.geojson\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n{file}\r\n--x--\r\n"
        );
        let headers = headers("multipart/form-data; boundary=x");
        let head: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let request = format!(
            "POST /yeu-cau/ HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\n{head}Content-Length: {}\r\n\r\n{body}",
            server.host(),
            browser.cookie(),
            body.len()
        );
        server.raw(request.as_bytes()).expect("an answer")
    };
    let chosen = [("dinh_dang", "gpkg"), ("he_toa_do", "vn2000"), ("truong_maXa", "1"), ("truong_dienTich", "1")];
    let by_file = send(&chosen, &drawn);
    assert_eq!(by_file.status, 303, "{}", by_file.text());
    let pasted = send(&[("da_giac", &drawn)], "");
    assert_eq!(pasted.status, 303, "{}", pasted.text());
    let metres = polygon("[585000,2300000],[585100,2300000],[585100,2300100],[585000,2300000]");
    let crossed = polygon("[106.3,20.8],[106.4,20.9],[106.4,20.8],[106.3,20.9],[106.3,20.8]");
    for (fields, file, said) in [
        (vec![], metres.as_str(), "phải theo độ"),
        (vec![], &crossed, "cắt hoặc chạm"),
        (vec![], "<gml/>", "đúng một đa giác"),
        (vec![("xa", "99001")], &drawn, "Ghi một khu vực"),
        (vec![("da_giac", drawn.as_str()), ("dinh_dang", "geojson"), ("he_toa_do", "vn2000")], "", "chỉ theo WGS 84"),
    ] {
        let refused = send(&fields, file);
        assert!(refused.status == 422 && refused.text().contains(said), "{said}: {}", refused.text());
    }
    let page = browser.get(by_file.header("location").unwrap()).text();
    let said = ["đa giác, số đỉnh 3", "GeoPackage 1.3, VN-2000", "<dd>Mã xã; Diện tích</dd>"];
    assert!(said.iter().all(|said| page.contains(said)), "{page}");
    let told = browser.get("/yeu-cau/kha-nang.json");
    let told: serde_json::Value = serde_json::from_str(&told.text()).unwrap();
    assert_eq!((&told["mayOrder"], &told["layers"][0]["supportsPolygonSelection"]), (&true.into(), &true.into()));
    assert_eq!(server.ask("GET", "/yeu-cau/kha-nang.json", &[]).status, 303, "nobody else is told");
}

#[test]
fn e05_anybody_checks_a_confirmation_without_an_account_and_learns_nothing_of_a_person() {
    let (bureau, server) = start();
    let [_, _, approver, _] = people(&bureau);
    let name = congbo::release::current(server.dist.path()).unwrap();
    let edition = congbo::release::open_edition(server.dist.path(), &name).unwrap();
    let made = congbo::request::confirm::confirm_sheet(&bureau.office, &approver, "99001-1", &edition).unwrap();
    let mut anybody = Browser::new(&server);
    assert!(anybody.get("/xac-nhan/").text().contains("Mã xác nhận"));
    let found = anybody.post("/xac-nhan/", &[("ma", &made.code.to_uppercase())]);
    let place = format!("/xac-nhan/{}/", made.code);
    assert_eq!((found.status, found.header("location")), (303, Some(place.as_str())));
    let page = anybody.get(&place).text();
    for said in ["Còn hiệu lực.", &made.digest, &made.edition, "tờ bản đồ 1, xã 99001", "minisign"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(!page.contains("duyet1") && !page.contains("CHỦ SỬ DỤNG"), "{page}");
    let (slip, signature) =
        (anybody.get(&format!("{place}phieu.json")), anybody.get(&format!("{place}phieu.json.minisig")));
    assert!(congbo::audit::seal::holds(&[bureau.office.seal.public_key()], &slip.body, &signature.text()));
    assert_eq!(anybody.post("/xac-nhan/", &[("ma", "aaaa-bbbb-cccc-dddd")]).status, 422);
    assert_eq!(anybody.get("/xac-nhan/aaaa-bbbb-cccc-dddd/").status, 404);
    congbo::request::confirm::withdraw(&bureau.office, &approver, &made.code).unwrap();
    assert!(anybody.get(&format!("/en{place}")).text().contains("Withdrawn on"));
}

#[test]
fn with_the_database_locked_or_gone_the_public_notices_nothing() {
    let (bureau, server) = start();
    people(&bureau);
    let database = bureau.plan.folder.join(congbo::account::office::DATABASE);
    let mut browser = Browser::new(&server);
    browser.sign_in("tochuc");
    let public = |requests: usize| {
        let failed = AtomicUsize::new(0);
        let begun = std::time::Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mut stream = server.connect();
                    for _ in 0..requests / 4 {
                        let answer = server.ask_on(&mut stream, "GET", "/", &[]);
                        failed.fetch_add(usize::from(answer.status != 200), Relaxed);
                    }
                });
            }
        });
        assert_eq!(failed.load(Relaxed), 0);
        begun.elapsed()
    };
    let usual = public(1000);
    let holder = rusqlite::Connection::open(&database).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let locked = std::thread::scope(|scope| {
        let signing = scope.spawn(|| {
            let mut visitor = Browser::new(&server);
            visitor.post("/tai-khoan/dang-nhap/", &[("ten", "tochuc"), ("mat_khau", PASSWORD)]).status
        });
        let took = public(1000);
        assert_eq!(signing.join().unwrap(), 503);
        took
    });
    assert!(locked < usual * 5 + std::time::Duration::from_secs(1), "{usual:?}, {locked:?} with the database locked");
    drop(holder);
    // Without the log nothing is done at the desk.
    let log = bureau.plan.folder.join(congbo::account::office::LOG);
    std::fs::rename(&log, log.with_extension("away")).unwrap();
    let mut visitor = Browser::new(&server);
    assert_eq!(visitor.post("/tai-khoan/dang-nhap/", &[("ten", "tochuc"), ("mat_khau", PASSWORD)]).status, 503);
    public(1000);
    std::fs::rename(log.with_extension("away"), &log).unwrap();
    visitor.sign_in("tochuc");
    std::fs::remove_dir_all(&bureau.plan.folder).unwrap();
    public(1000);
    let (dist, options) = (tempfile::tempdir().unwrap(), Options { desk: Some(bureau.plan.clone()), ..options() });
    let opened = publish(dist.path());
    let edition = congbo::release::Edition { name: opened.name, dir: opened.dir };
    let server = start_on(dist, edition, options);
    assert_eq!(server.get("/").status, 200);
    let down = server.get("/tai-khoan/");
    assert_eq!(down.status, 503);
    assert!(down.text().contains("Các trang công khai vẫn xem được"), "{}", down.text());
}

#[test]
fn the_second_factor_is_asked_for_on_a_page_of_its_own() {
    let (bureau, server) = start();
    bureau.open("duyet", Role::Approver, &[]);
    bureau.office.begin_second_factor("duyet", "99").unwrap();
    let secret = bureau.person("duyet").totp.unwrap();
    let mut browser = Browser::new(&server);
    let answer = browser.post("/tai-khoan/dang-nhap/", &[("ten", "duyet"), ("mat_khau", PASSWORD)]);
    assert_eq!(answer.header("location"), Some("/tai-khoan/ma/"));
    assert_eq!(browser.get("/yeu-cau/").header("location"), Some("/tai-khoan/ma/"));
    assert!(browser.get("/tai-khoan/ma/").text().contains("autocomplete=\"one-time-code\""));
    assert_eq!(browser.post("/tai-khoan/ma/", &[("ma", "000000")]).status, 422);
    let code = congbo::account::second_factor::code_at(&secret, jiff::Timestamp::now().as_second()).unwrap();
    assert_eq!(browser.post("/tai-khoan/ma/", &[("ma", &code)]).header("location"), Some("/tai-khoan/"));
    assert_eq!(browser.get("/en/tai-khoan/").status, 200);
}

#[test]
fn without_accounts_the_page_of_the_edition_stands_there() {
    let dist = tempfile::tempdir().unwrap();
    let opened = publish(dist.path());
    let edition = congbo::release::Edition { name: opened.name, dir: opened.dir };
    let server = start_on(dist, edition, options());
    assert!(server.get("/tai-khoan/").text().contains("Chưa mở"));
    assert_eq!(server.ask("POST", "/tai-khoan/dang-nhap/", &[]).status, 405);
}

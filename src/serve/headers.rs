//! Headers that every answer bears, and the few values others are built from.

use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, VARY, X_CONTENT_TYPE_OPTIONS,
};

pub const ALLOWED_METHODS: &str = "GET, HEAD, OPTIONS";

/// Nothing but what is named, nothing from elsewhere, nothing inline; `blob:` is how MapLibre starts its worker.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
    font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self' blob:; base-uri 'none'; \
    frame-ancestors 'none'; form-action 'self'";

const PERMISSIONS: &str = "geolocation=(self), camera=(), microphone=(), payment=(), usb=()";

/// Headers made once: an answer begins as a copy of one of these.
pub struct HeaderSets {
    /// What protects visitors, and opens the public data to pages of others (it is public by law).
    pub every_answer: HeaderMap,
    /// A tile, without and with gzip. A browser never shows one by itself: what a page may do is not said here.
    pub tile: HeaderMap,
    pub gzip_tile: HeaderMap,
}

impl HeaderSets {
    pub fn new(https: bool) -> Self {
        let data = data_headers(https);
        let mut every_answer = data.clone();
        let mut set =
            |name: HeaderName, value: &'static str| every_answer.insert(name, HeaderValue::from_static(value));
        set(CONTENT_SECURITY_POLICY, CONTENT_POLICY);
        set(REFERRER_POLICY, "same-origin");
        set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
        set(HeaderName::from_static("permissions-policy"), PERMISSIONS);
        let mut tile = data;
        tile.insert(CONTENT_TYPE, HeaderValue::from_static("application/vnd.mapbox-vector-tile"));
        tile.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
        let mut gzip_tile = tile.clone();
        gzip_tile.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        HeaderSets { every_answer, tile, gzip_tile }
    }
}

fn data_headers(https: bool) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(24);
    let mut set = |name: HeaderName, value: &'static str| headers.insert(name, HeaderValue::from_static(value));
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    set(ACCESS_CONTROL_EXPOSE_HEADERS, "ETag, Content-Length, Content-Range, Accept-Ranges, Content-Encoding");
    if https {
        set(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    headers
}

/// Pages of others may show this one in a frame: the map that is made for it, which has nothing to be tricked into.
pub fn allow_framing(headers: &mut HeaderMap) {
    let policy = CONTENT_POLICY.replace("frame-ancestors 'none'", "frame-ancestors *");
    let policy = HeaderValue::from_str(&policy).expect("the policy is plain text");
    headers.insert(CONTENT_SECURITY_POLICY, policy);
}

/// What a page of another origin may ask with (the answer to a preflight).
pub fn allow_cross_origin(headers: &mut HeaderMap) {
    let mut set = |name: HeaderName, value: &'static str| headers.insert(name, HeaderValue::from_static(value));
    set(ACCESS_CONTROL_ALLOW_METHODS, ALLOWED_METHODS);
    set(ACCESS_CONTROL_ALLOW_HEADERS, "Range, If-Range, If-Match, If-None-Match");
    set(ACCESS_CONTROL_MAX_AGE, "86400");
}

/// How long an answer may be used without asking again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cache {
    /// The name carries the digest: the bytes under it never change.
    Immutable,
    /// Asked again every time; the answer is mostly a 304.
    Revalidate,
    /// Tiles keep their address across editions. Five minutes spare a phone hundreds of questions while
    /// the map is panned to and fro, and are the longest that two editions can meet on one screen.
    Tile,
    /// Never kept.
    NoStore,
}

impl Cache {
    pub fn value(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Cache::Immutable => "public, max-age=31536000, immutable",
            Cache::Revalidate => "no-cache",
            Cache::Tile => "public, max-age=300, must-revalidate",
            Cache::NoStore => "no-store",
        })
    }
}

/// A strong entity tag of plain characters.
pub fn etag(tag: &str) -> HeaderValue {
    // Callers pass hexadecimal; anything else would make a tag that never matches, which is safe.
    HeaderValue::try_from(format!("\"{tag}\"")).unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}

/// Media type by file name extension.
pub fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "jsonld" => "application/ld+json",
        "geojson" => "application/geo+json",
        "webmanifest" => "application/manifest+json",
        "xml" => "application/xml",
        "atom" => "application/atom+xml",
        "qlr" => "application/xml",
        "txt" | "minisig" | "pub" => "text/plain; charset=utf-8",
        "md" => "text/markdown; charset=utf-8",
        "csv" => "text/csv; charset=utf-8",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "pdf" => "application/pdf",
        "p7s" => "application/pkcs7-signature",
        "pbf" => "application/x-protobuf",
        "fgb" => "application/flatgeobuf",
        "gpkg" => "application/geopackage+sqlite3",
        "pmtiles" => "application/vnd.pmtiles",
        "zip" => "application/zip",
        _ => "application/octet-stream",
    }
}

//! What a file that was granted says of itself wherever it is carried (S3 Đ13.3, Đ18; QĐ E11, E14, E15).

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Stands under `cung_cap` in the file's own metadata, or beside it in the same archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// Code of the request: by it the office finds who asked, and nobody else can.
    pub request: String,
    pub purpose: String,
    pub area: String,
    pub edition: String,
    /// Merkle root of the edition.
    pub root: String,
    pub decisions: Vec<String>,
    pub granted_on: Date,
    pub terms: String,
    pub licence: String,
    pub citation: String,
    pub source: String,
}

/// The key in the file's metadata.
pub const KEY: &str = "cung_cap";

/// The name of the sidecar in an archive.
pub const SIDECAR: &str = "NGUON-GOC.txt";

/// What may be done with the file, in the words of the rules.
pub const LICENCE: &str = "Chỉ dùng vào mục đích ghi trong phiếu yêu cầu; không chuyển cho bên thứ ba khi chưa được \
    đồng ý; không làm sai lệch; ghi nguồn khi sử dụng. Thông tin công bố, không thay thế trích lục.";

impl Provenance {
    pub fn json(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// `{"cung_cap":{"request":…}}` on one line: what [`request_in`] finds again.
    pub fn line(&self) -> String {
        serde_json::json!({ KEY: self.json() }).to_string()
    }

    /// In words, for people: one pair for each fact.
    pub fn words(&self) -> Vec<(&'static str, String)> {
        vec![
            ("Mã yêu cầu", self.request.clone()),
            ("Mục đích sử dụng", self.purpose.clone()),
            ("Khu vực", self.area.clone()),
            ("Bản công bố", self.edition.clone()),
            ("Mã băm của bản công bố (gốc Merkle)", self.root.clone()),
            ("Quyết định", self.decisions.join("; ")),
            ("Ngày cung cấp", crate::model::text::date_vi(self.granted_on)),
            ("Điều khoản", format!("bản {}", self.terms)),
            ("Giấy phép", self.licence.clone()),
            ("Trích dẫn", self.citation.clone()),
            ("Nguồn", self.source.clone()),
        ]
    }
}

/// The code of the request in the bytes of a file (of an archive: of a part of it), whatever its format: it stands
/// in JSON, which workbooks and GML hold with its quotation marks escaped.
pub fn request_in(bytes: &[u8]) -> Option<String> {
    ["\"cung_cap\":{\"request\":\"", "&quot;cung_cap&quot;:{&quot;request&quot;:&quot;"].iter().find_map(|before| {
        let at = bytes.windows(before.len()).position(|window| window == before.as_bytes())? + before.len();
        let code: String = bytes[at..].iter().take(32).map(|byte| char::from(*byte)).collect();
        let code = code.split(['"', '&']).next()?.to_owned();
        let is_code = code.starts_with("YC-") && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        is_code.then_some(code)
    })
}

#[cfg(test)]
mod tests {
    use super::request_in;

    #[test]
    fn the_code_is_found_as_json_and_as_escaped_json_and_nowhere_else() {
        let found = Some("YC-2026-000012".to_owned());
        assert_eq!(request_in(br#"xx{"cung_cap":{"request":"YC-2026-000012","purpose":""#), found);
        assert_eq!(request_in(b"<c>{&quot;cung_cap&quot;:{&quot;request&quot;:&quot;YC-2026-000012&quot;,"), found);
        for other in
            [&br#""request":"YC-2026-000012""#[..], b"YC-2026-000012", br#""cung_cap":{"request":"DROP TABLE""#]
        {
            assert_eq!(request_in(other), None);
        }
    }
}

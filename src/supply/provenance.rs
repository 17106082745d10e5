//! What a file that was granted says of itself wherever it is carried (S3 Đ13.3, Đ18; QĐ E11, E14, E15).

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Stands under `cung_cap` in the file's own metadata.
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

/// What may be done with the file, in the words of the rules.
pub const LICENCE: &str = "Chỉ dùng vào mục đích ghi trong phiếu yêu cầu; không chuyển cho bên thứ ba khi chưa được \
    đồng ý; không làm sai lệch; ghi nguồn khi sử dụng. Thông tin công bố, không thay thế trích lục.";

//! Land price tables (*bảng giá đất*).

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// One row of an approved table. Money is whole đồng per square metre: never a float.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceRow {
    /// Row number in the approved table (*stt*).
    pub row: u32,
    /// Table within the decision (*ma_bang*), e.g. `B05`.
    pub table: String,
    pub decision_number: String,
    pub issued_on: Date,
    pub effective_from: Date,
    pub effective_to: Option<Date>,
    pub commune_code: String,
    pub commune_name: String,
    /// Area of a former province or district whose table still applies (*dia_ban_cu*).
    pub old_area: Option<String>,
    /// Price group (*nhom_gia*), e.g. `DAT_O`.
    pub group: String,
    pub land_use: String,
    /// Shape of the table (*loai_bang*): `duong`, `khu_vuc`, `nong_nghiep`, …
    pub shape: String,
    pub road: Option<String>,
    pub from: Option<String>,
    pub to: Option<String>,
    /// Area within the commune (*khu_vuc*).
    pub zone: Option<String>,
    /// Positions 1–5 (*vị trí*), đồng per square metre.
    pub price_vnd_per_m2: [Option<i64>; 5],
    /// What one unit of the approved table is in đồng, so that the page shows the table's own figures.
    pub unit_vnd: i64,
    pub note: Option<String>,
    pub source_page: Option<u32>,
    /// In an amendment: the row number of the amended table whose place this row takes (*thay_cho_stt*).
    pub replaces_row: Option<u32>,
}

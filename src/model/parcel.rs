//! Parcels (*thửa đất*).

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The public attributes of a parcel. Nothing about persons, rights or certificates has a field here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parcel {
    /// Five-digit commune code (*maXa*), text because of leading zeros.
    pub commune_code: String,
    /// Sheet number (*soHieuToBanDo*), unique within a commune.
    pub sheet: u32,
    /// Parcel number (*soThuTuThua*), unique within a sheet.
    pub number: u32,
    /// Twelve-character geohash of the label point (*maDinhDanhThuaDat*): taken from the input, never recomputed.
    pub identifier: Option<String>,
    /// Measured area (*dienTich*) in square metres, as approved.
    pub area_m2: f64,
    /// Land-use codes joined by `+` (*kyHieuMucDichSuDung*), e.g. `ONT+CLN`.
    pub land_use: String,
    /// The codes as written, where an older list was translated to its successors.
    pub old_land_use: Option<String>,
    /// Area on the certificate (*dienTichPhapLy*) in square metres: only where the province publishes it.
    pub legal_area_m2: Option<f64>,
    /// Planned use (*mucDichSuDungQuyHoach*).
    pub planned_use: Option<String>,
    pub old_commune_code: Option<String>,
    pub old_sheet: Option<String>,
    pub old_number: Option<String>,
    /// Hamlet, street and commune; never a house number (*diaChiThuaDat*, coarse).
    pub address: Option<String>,
    /// Day of the last change (*thoiDiemCapNhat*).
    pub updated_on: Option<Date>,
}

impl Parcel {
    /// `<commune>-<sheet>-<number>`: the key a citizen holds on paper, used in reports and anchors.
    pub fn code(&self) -> String {
        format!("{}-{}-{}", self.commune_code, self.sheet, self.number)
    }
}

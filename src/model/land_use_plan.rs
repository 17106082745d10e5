//! Land-use plans (*quy hoạch, kế hoạch sử dụng đất*).

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// One zone of an approved plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanZone {
    /// Planned land-use code (*maKyHieuDat*).
    pub land_use: String,
    /// The codes as written, where an older list was translated to its successors.
    pub old_land_use: Option<String>,
    pub commune_code: String,
    /// Area as approved (*dienTich*), square metres.
    pub area_m2: Option<f64>,
    /// Period (*kyQuyHoach*), e.g. `2021-2030`.
    pub period: String,
    /// Level (*capQuyHoach*): `tinh` or `xa`.
    pub level: Option<String>,
    pub decision_number: String,
    pub approved_on: Option<Date>,
    pub authority: Option<String>,
    /// `hieu_luc`, `chua_hieu_luc` or `het_hieu_luc` (*trangThai*).
    pub status: Option<String>,
    /// Name of the works (*tenCongTrinh*); never an investor.
    pub project_name: Option<String>,
}

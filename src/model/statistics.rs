//! Land statistics and inventory (*thống kê, kiểm kê đất đai*).

use serde::{Deserialize, Serialize};

/// One cell of an approved form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatisticsRow {
    /// Form (*biểu*), e.g. `01/TKKK`.
    pub form: String,
    pub commune_code: String,
    pub land_use: String,
    /// Area in hectares exactly as approved, a decimal point and no grouping: `127.70`.
    pub area_ha: String,
    pub year: u16,
    pub source: Option<String>,
}

//! Land statistics and inventory (*thống kê, kiểm kê đất đai*).

use serde::{Deserialize, Serialize};

/// One cell of an approved form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatisticsRow {
    /// Form (*biểu*), e.g. `01/TKKK`.
    pub form: String,
    pub commune_code: String,
    pub land_use: String,
    /// Category of users and managers (*doiTuong*), one of [`HOLDERS`].
    pub holder: Option<String>,
    /// How many objects stand behind the figure (*soDoiTuong*).
    pub objects: Option<u32>,
    /// Area in hectares exactly as approved, a decimal point and no grouping: `127.70`.
    pub area_ha: String,
    pub year: u16,
    pub source: Option<String>,
}

/// The categories of land users and managers of the statistics forms: never a name.
pub const HOLDERS: [&str; 12] = [
    "cá nhân",
    "hộ gia đình",
    "hộ gia đình, cá nhân",
    "tổ chức",
    "tổ chức trong nước",
    "tổ chức kinh tế",
    "cơ quan nhà nước",
    "đơn vị sự nghiệp công lập",
    "tổ chức nước ngoài",
    "người gốc Việt Nam định cư ở nước ngoài",
    "cộng đồng dân cư",
    "tổ chức tôn giáo",
];

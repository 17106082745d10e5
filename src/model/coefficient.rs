//! Adjustment coefficients of land prices (*hệ số điều chỉnh giá đất*).

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// One row of a decision's table. The figure stays the decimal text of the decision: never a float.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coefficient {
    pub decision_number: String,
    pub effective_from: Date,
    pub effective_to: Option<Date>,
    pub commune_code: String,
    pub commune_name: String,
    /// Land-use code (*loai_dat*).
    pub land_use: String,
    /// Area or road (*khu_vuc_hoac_duong*); `None` where the row holds for the whole commune (`*`).
    pub place: Option<String>,
    /// Position (*vi_tri*); `None` where the row holds for all (`*`).
    pub position: Option<u8>,
    /// Kind of coefficient (*loai_he_so*): `bien_dong_thi_truong`, `quy_hoach`, `yeu_to_khac`.
    pub kind: String,
    /// Level within the kind (*muc*), e.g. a range of the floor area ratio.
    pub level: Option<String>,
    /// Digits with a point before decimals, as decided: `1.15`.
    pub value: String,
}

impl Coefficient {
    /// What no two rows of a dataset may share: where, for what, and which level.
    pub fn key(&self) -> String {
        let everywhere = || "*".to_owned();
        format!(
            "coefficient {} {} {} {} {} {} {}",
            self.commune_code,
            self.land_use,
            self.place.clone().unwrap_or_else(everywhere),
            self.position.map_or_else(everywhere, |position| position.to_string()),
            self.kind,
            self.level.as_deref().unwrap_or("-"),
            self.decision_number,
        )
    }
}

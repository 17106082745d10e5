//! The public fields of nouns with geometry by the names of the standard (TT 17/2010, TT 19/2026): what
//! tiles carry and extracts hold.

use std::borrow::Cow;

use super::admin_unit::AdminUnit;
use super::base_feature::BaseFeature;
use super::land_use_plan::PlanZone;
use super::parcel::Parcel;

/// A value of one field; the variant is the same for every row of a kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    Text(Option<Cow<'a, str>>),
    Integer(Option<i64>),
    Real(Option<f64>),
}

pub trait Fields {
    /// Every field of the kind, in the order of the standard.
    const NAMES: &'static [&'static str];

    /// The value of a field; `None` when the kind has no such field.
    fn value(&self, field: &str) -> Option<Value<'_>>;
}

impl Fields for Parcel {
    const NAMES: &'static [&'static str] = &[
        "maXa",
        "soHieuToBanDo",
        "soThuTuThua",
        "maDinhDanhThuaDat",
        "dienTich",
        "kyHieuMucDichSuDung",
        "kyHieuMucDichSuDungCu",
        "dienTichPhapLy",
        "mucDichSuDungQuyHoach",
        "soHieuToBanDoCu",
        "soThuTuThuaCu",
        "maXaCu",
        "diaChiThuaDat",
        "thoiDiemCapNhat",
    ];

    fn value(&self, field: &str) -> Option<Value<'_>> {
        match field {
            "maXa" => text(&self.commune_code),
            "soHieuToBanDo" => Some(Value::Integer(Some(self.sheet.into()))),
            "soThuTuThua" => Some(Value::Integer(Some(self.number.into()))),
            "maDinhDanhThuaDat" => maybe(&self.identifier),
            "dienTich" => Some(Value::Real(Some(self.area_m2))),
            "kyHieuMucDichSuDung" => text(&self.land_use),
            "kyHieuMucDichSuDungCu" => maybe(&self.old_land_use),
            "dienTichPhapLy" => Some(Value::Real(self.legal_area_m2)),
            "mucDichSuDungQuyHoach" => maybe(&self.planned_use),
            "soHieuToBanDoCu" => maybe(&self.old_sheet),
            "soThuTuThuaCu" => maybe(&self.old_number),
            "maXaCu" => maybe(&self.old_commune_code),
            "diaChiThuaDat" => maybe(&self.address),
            "thoiDiemCapNhat" => date(&self.updated_on),
            _ => None,
        }
    }
}

impl Fields for PlanZone {
    const NAMES: &'static [&'static str] = &[
        "maKyHieuDat",
        "maKyHieuDatCu",
        "maXa",
        "dienTich",
        "kyQuyHoach",
        "capQuyHoach",
        "soQuyetDinh",
        "ngayPheDuyet",
        "coQuanPheDuyet",
        "trangThai",
        "tenCongTrinh",
    ];

    fn value(&self, field: &str) -> Option<Value<'_>> {
        match field {
            "maKyHieuDat" => text(&self.land_use),
            "maKyHieuDatCu" => maybe(&self.old_land_use),
            "maXa" => text(&self.commune_code),
            "dienTich" => Some(Value::Real(self.area_m2)),
            "kyQuyHoach" => text(&self.period),
            "capQuyHoach" => maybe(&self.level),
            "soQuyetDinh" => text(&self.decision_number),
            "ngayPheDuyet" => date(&self.approved_on),
            "coQuanPheDuyet" => maybe(&self.authority),
            "trangThai" => maybe(&self.status),
            "tenCongTrinh" => maybe(&self.project_name),
            _ => None,
        }
    }
}

impl Fields for AdminUnit {
    const NAMES: &'static [&'static str] = &["maXa", "maTinh", "ten", "loai", "nghiQuyet", "hieuLucTu", "hieuLucDen"];

    fn value(&self, field: &str) -> Option<Value<'_>> {
        match field {
            "maXa" => text(&self.code),
            "maTinh" => maybe(&self.province_code),
            "ten" => text(&self.name),
            "loai" => text(&self.level),
            "nghiQuyet" => maybe(&self.resolution),
            "hieuLucTu" => date(&self.effective_from),
            "hieuLucDen" => date(&self.effective_to),
            _ => None,
        }
    }
}

impl Fields for BaseFeature {
    const NAMES: &'static [&'static str] = &["ten", "loai", "maXa"];

    fn value(&self, field: &str) -> Option<Value<'_>> {
        match field {
            "ten" => maybe(&self.name),
            "loai" => text(&self.class),
            "maXa" => maybe(&self.commune_code),
            _ => None,
        }
    }
}

fn text(value: &str) -> Option<Value<'_>> {
    Some(Value::Text(Some(Cow::Borrowed(value))))
}

fn maybe(value: &Option<String>) -> Option<Value<'_>> {
    Some(Value::Text(value.as_deref().map(Cow::Borrowed)))
}

fn date(value: &Option<jiff::civil::Date>) -> Option<Value<'_>> {
    Some(Value::Text(value.map(|date| Cow::Owned(date.to_string()))))
}

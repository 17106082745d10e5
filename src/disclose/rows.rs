//! Rows → [`Public`] nouns, one function per kind of data.

use std::collections::BTreeMap;

use super::Public;
use super::cells::Cells;
use super::value_scan::coarse_address;
use crate::error::{Exit, Fault};
use crate::model::admin_unit::AdminUnit;
use crate::model::base_feature::{BaseFeature, Theme};
use crate::model::land_use;
use crate::model::land_use_plan::PlanZone;
use crate::model::parcel::Parcel;
use crate::model::price_table::PriceRow;
use crate::model::statistics::StatisticsRow;
use crate::model::unit_event::{UnitChange, UnitEvent};
use crate::read::Row;

/// Standard field name → index into a row's values.
pub type Positions = BTreeMap<String, usize>;

/// One disclosed row, or every fault of it.
pub type Disclosed<T> = Result<Public<T>, Vec<Fault>>;

pub fn parcel(row: &Row, positions: &Positions) -> Disclosed<Parcel> {
    disclosed(row, positions, |cells| Parcel {
        commune_code: commune(cells, "maXa"),
        sheet: cells.ordinal("soHieuToBanDo"),
        number: cells.ordinal("soThuTuThua"),
        identifier: identifier(cells),
        area_m2: area(cells, "dienTich"),
        land_use: land_uses(cells, "kyHieuMucDichSuDung"),
        planned_use: cells.optional_text("mucDichSuDungQuyHoach"),
        old_commune_code: cells.optional_text("maXaCu"),
        old_sheet: cells.optional_text("soHieuToBanDoCu"),
        old_number: cells.optional_text("soThuTuThuaCu"),
        address: address(cells),
        updated_on: cells.optional_date("thoiDiemCapNhat"),
    })
}

pub fn plan_zone(row: &Row, positions: &Positions) -> Disclosed<PlanZone> {
    disclosed(row, positions, |cells| PlanZone {
        land_use: land_uses(cells, "maKyHieuDat"),
        commune_code: commune(cells, "maXa"),
        area_m2: cells.optional_real("dienTich"),
        period: cells.text("kyQuyHoach"),
        level: cells.optional_text("capQuyHoach"),
        decision_number: cells.text("soQuyetDinh"),
        approved_on: cells.optional_date("ngayPheDuyet"),
        authority: cells.optional_text("coQuanPheDuyet"),
        status: cells.optional_text("trangThai"),
        project_name: cells.optional_text("tenCongTrinh"),
    })
}

pub fn base_feature(row: &Row, positions: &Positions, theme: Theme) -> Disclosed<BaseFeature> {
    disclosed(row, positions, |cells| BaseFeature {
        theme,
        name: cells.optional_text("ten"),
        class: cells.text("loai"),
        commune_code: cells.optional_text("maXa"),
    })
}

pub fn admin_unit(row: &Row, positions: &Positions) -> Disclosed<AdminUnit> {
    disclosed(row, positions, |cells| AdminUnit {
        code: unit_code(cells),
        province_code: cells.optional_text("maTinh"),
        name: cells.text("ten"),
        level: cells.text("loai"),
        resolution: cells.optional_text("nghiQuyet"),
        effective_from: cells.optional_date("hieuLucTu"),
        effective_to: cells.optional_date("hieuLucDen"),
    })
}

/// Columns of a file of events; every one is public.
pub const UNIT_EVENT_COLUMNS: [&str; 8] =
    ["loai", "nghi_quyet", "ngay", "ma_cu", "ten_cu", "ma_moi", "ten_moi", "ghi_chu"];

pub fn unit_event(row: &Row, positions: &Positions) -> Disclosed<UnitEvent> {
    disclosed(row, positions, |cells| {
        let kind = cells.code(
            "loai",
            |id| UnitChange::from_id(id).is_some(),
            "one of doi_ten, nhap, tach, dieu_chinh, chuyen",
        );
        UnitEvent {
            change: UnitChange::from_id(&kind).unwrap_or(UnitChange::DoiTen),
            resolution: cells.text("nghi_quyet"),
            effective_on: cells.date("ngay"),
            old_code: commune(cells, "ma_cu"),
            old_name: cells.text("ten_cu"),
            new_code: commune(cells, "ma_moi"),
            new_name: cells.text("ten_moi"),
            note: cells.optional_text("ghi_chu"),
        }
    })
}

pub fn price_row(row: &Row, positions: &Positions) -> Disclosed<PriceRow> {
    disclosed(row, positions, |cells| {
        let unit_vnd = unit(cells);
        PriceRow {
            row: cells.ordinal("stt"),
            table: cells.text("ma_bang"),
            decision_number: cells.text("so_van_ban"),
            issued_on: cells.date("ngay_ban_hanh"),
            effective_from: cells.date("hieu_luc_tu"),
            effective_to: cells.optional_date("hieu_luc_den"),
            commune_code: commune(cells, "ma_xa"),
            commune_name: cells.text("ten_xa"),
            old_area: cells.optional_text("dia_ban_cu"),
            group: cells.text("nhom_gia"),
            land_use: cells.text("loai_dat"),
            shape: cells.text("loai_bang"),
            road: cells.optional_text("ten_duong"),
            from: cells.optional_text("tu"),
            to: cells.optional_text("den"),
            zone: cells.optional_text("khu_vuc"),
            price_vnd_per_m2: [1, 2, 3, 4, 5].map(|position| price(cells, &format!("vi_tri_{position}"), unit_vnd)),
            unit_vnd,
            note: cells.optional_text("ghi_chu"),
            source_page: cells.optional_integer("trang_nguon").and_then(|page| u32::try_from(page).ok()),
            replaces_row: cells.optional_ordinal("thay_cho_stt"),
        }
    })
}

pub fn statistics_row(row: &Row, positions: &Positions) -> Disclosed<StatisticsRow> {
    disclosed(row, positions, |cells| StatisticsRow {
        form: cells.text("bieu"),
        commune_code: commune(cells, "maXa"),
        land_use: cells.text("loaiDat"),
        area_ha: cells.code("dienTich", is_decimal, "a decimal such as 127.70"),
        year: u16::try_from(cells.integer("nam")).unwrap_or(0),
        source: cells.optional_text("nguonSoLieu"),
    })
}

fn disclosed<T>(row: &Row, positions: &Positions, build: impl FnOnce(&mut Cells<'_>) -> T) -> Disclosed<T> {
    let mut cells = Cells::new(row, positions);
    let value = build(&mut cells);
    if cells.faults.is_empty() { Ok(Public::new(value)) } else { Err(cells.faults) }
}

fn commune(cells: &mut Cells<'_>, field: &str) -> String {
    cells.code(field, |code| is_digits(code, 5), "a commune code of five digits")
}

/// A commune is named by its own code; the row of the province has none and is named by the province's.
fn unit_code(cells: &mut Cells<'_>) -> String {
    let field = if cells.optional_text("maXa").is_some() { "maXa" } else { "maTinh" };
    cells.code(field, |code| is_digits(code, 5) || is_digits(code, 2), "a code of two or five digits")
}

/// Geohash alphabet: no a, i, l, o.
fn identifier(cells: &mut Cells<'_>) -> Option<String> {
    let identifier = cells.optional_text("maDinhDanhThuaDat")?;
    let fits = identifier.len() == 12 && identifier.bytes().all(|b| b"0123456789bcdefghjkmnpqrstuvwxyz".contains(&b));
    if !fits {
        cells.fault("maDinhDanhThuaDat", Exit::Input, "is not a geohash of 12 characters", "correct it in the source");
    }
    Some(identifier)
}

fn area(cells: &mut Cells<'_>, field: &str) -> f64 {
    let area_m2 = cells.real(field);
    if area_m2 < 0.0 {
        cells.fault(field, Exit::Input, "is negative", "correct the cell in the source");
    }
    area_m2
}

fn land_uses(cells: &mut Cells<'_>, field: &str) -> String {
    let codes = cells.text(field);
    for code in land_use::split(&codes).filter(|code| land_use::find(code).is_none()) {
        cells.fault(field, Exit::Input, &format!("'{code}' is not a land-use code"), "correct the code in the source");
    }
    codes
}

/// The value scan would refuse what coarsening drops, so it looks at what is left.
fn address(cells: &mut Cells<'_>) -> Option<String> {
    let faults_before = cells.faults.len();
    let written = cells.optional_text("diaChiThuaDat")?;
    let coarse = coarse_address(&written);
    if coarse.as_deref().is_none_or(|kept| super::value_scan::objection(kept).is_none()) {
        cells.faults.truncate(faults_before);
    }
    coarse
}

/// đồng in one unit of the table: `1000 đồng/m2` is 1,000.
fn unit(cells: &mut Cells<'_>) -> i64 {
    let written = cells.text("don_vi");
    match written.replace(' ', "").to_lowercase().as_str() {
        "đồng/m2" | "đồng/m²" => 1,
        "1000đồng/m2" | "1000đồng/m²" | "nghìnđồng/m2" | "nghìnđồng/m²" => 1_000,
        "1000000đồng/m2" | "triệuđồng/m2" | "triệuđồng/m²" => 1_000_000,
        _ => {
            cells.fault("don_vi", Exit::Input, "is not a known unit", "write 'đồng/m2' or '1000 đồng/m2'");
            1
        }
    }
}

/// A figure of the table in đồng; a fraction of the table's unit is kept exactly (`14690.5` thousand).
fn price(cells: &mut Cells<'_>, field: &str, unit_vnd: i64) -> Option<i64> {
    let written = cells.optional_figure(field)?;
    let price = in_vnd(&written, unit_vnd);
    if price.is_none() {
        cells.fault(
            field,
            Exit::Input,
            "is not a price in whole đồng",
            "write digits, a point before decimals, no grouping",
        );
    }
    price
}

/// Decimal text times the unit, when that is a whole number: no float ever holds money.
fn in_vnd(written: &str, unit_vnd: i64) -> Option<i64> {
    let (whole, fraction) = written.split_once('.').unwrap_or((written, ""));
    let fraction = fraction.trim_end_matches('0');
    let digits = format!("{whole}{fraction}");
    if whole.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let scaled = digits.parse::<i64>().ok()?.checked_mul(unit_vnd)?;
    let scale = 10i64.checked_pow(fraction.len() as u32)?;
    (scaled % scale == 0).then_some(scaled / scale)
}

fn is_digits(code: &str, length: usize) -> bool {
    code.len() == length && code.bytes().all(|b| b.is_ascii_digit())
}

fn is_decimal(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    [whole, fraction].iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::in_vnd;

    #[test]
    fn a_price_is_whole_dong_exactly() {
        assert_eq!(in_vnd("60000", 1_000), Some(60_000_000));
        assert_eq!(in_vnd("14690.5", 1_000), Some(14_690_500));
        assert_eq!(in_vnd("0.1", 1_000_000), Some(100_000));
        assert_eq!(in_vnd("14690.50", 1_000), Some(14_690_500));
        for refused in ["0.0005", "-5", "1e3", "", ".5", "14.690,5", "99999999999999999999"] {
            assert_eq!(in_vnd(refused, 1_000), None, "{refused}");
        }
    }
}

//! Rows → [`Public`] nouns, one function per kind of data.

use std::collections::BTreeMap;

use super::Public;
use super::cells::Cells;
use super::coarse_address::coarse_address;
use super::person_name::Meant;
use super::report::{Outcome, Tally};
use super::rules::Rules;
use crate::error::{Exit, Fault};
use crate::model::admin_unit::AdminUnit;
use crate::model::base_feature::{BaseFeature, Theme};
use crate::model::coefficient::Coefficient;
use crate::model::land_use::{self, LandUse, Standing};
use crate::model::land_use_plan::PlanZone;
use crate::model::parcel::Parcel;
use crate::model::price_table::PriceRow;
use crate::model::statistics::{HOLDERS, StatisticsRow};
use crate::model::unit_event::{UnitChange, UnitEvent};
use crate::read::Row;

/// Standard field name → index into a row's values.
pub type Positions = BTreeMap<String, usize>;

/// One disclosed row, or every fault of it.
pub type Disclosed<T> = Result<Public<T>, Vec<Fault>>;

pub fn parcel(row: &Row, positions: &Positions, rules: &Rules, tally: &mut Tally) -> Disclosed<Parcel> {
    disclosed(row, positions, rules, tally, |cells| {
        let commune_code = commune(cells, "maXa");
        let (sheet, number) = (cells.ordinal("soHieuToBanDo"), cells.ordinal("soThuTuThua"));
        cells.name = format!("parcel {commune_code}-{sheet:05}-{number:06}");
        let (land_use, old_land_use) = land_uses(cells, "kyHieuMucDichSuDung");
        Parcel {
            commune_code,
            sheet,
            number,
            identifier: identifier(cells),
            area_m2: area(cells, "dienTich"),
            land_use,
            old_land_use,
            legal_area_m2: cells.optional_real("dienTichPhapLy"),
            planned_use: cells.optional_text("mucDichSuDungQuyHoach"),
            old_commune_code: cells.optional_text("maXaCu"),
            old_sheet: cells.optional_text("soHieuToBanDoCu"),
            old_number: cells.optional_text("soThuTuThuaCu"),
            address: address(cells),
            updated_on: cells.optional_date("thoiDiemCapNhat"),
        }
    })
}

pub fn plan_zone(row: &Row, positions: &Positions, rules: &Rules, tally: &mut Tally) -> Disclosed<PlanZone> {
    disclosed(row, positions, rules, tally, |cells| {
        let (land_use, old_land_use) = land_uses(cells, "maKyHieuDat");
        PlanZone {
            land_use,
            old_land_use,
            commune_code: commune(cells, "maXa"),
            area_m2: cells.optional_real("dienTich"),
            period: cells.text("kyQuyHoach"),
            level: cells.optional_text("capQuyHoach"),
            decision_number: cells.text("soQuyetDinh"),
            approved_on: cells.optional_date("ngayPheDuyet"),
            authority: cells.optional_text("coQuanPheDuyet"),
            status: cells.optional_text("trangThai"),
            project_name: cells.optional_text("tenCongTrinh"),
        }
    })
}

pub fn base_feature(
    row: &Row,
    positions: &Positions,
    rules: &Rules,
    tally: &mut Tally,
    theme: Theme,
) -> Disclosed<BaseFeature> {
    disclosed(row, positions, rules, tally, |cells| BaseFeature {
        theme,
        name: cells.place_name("ten"),
        class: cells.text("loai"),
        commune_code: cells.optional_text("maXa"),
    })
}

pub fn admin_unit(row: &Row, positions: &Positions, rules: &Rules, tally: &mut Tally) -> Disclosed<AdminUnit> {
    disclosed(row, positions, rules, tally, |cells| AdminUnit {
        code: unit_code(cells),
        province_code: cells.optional_text("maTinh"),
        name: cells.place_name("ten").unwrap_or_else(|| cells.text("ten")),
        level: cells.text("loai"),
        resolution: cells.optional_text("nghiQuyet"),
        effective_from: cells.optional_date("hieuLucTu"),
        effective_to: cells.optional_date("hieuLucDen"),
    })
}

/// Columns of a file of events; every one is public.
pub const UNIT_EVENT_COLUMNS: [&str; 8] =
    ["loai", "nghi_quyet", "ngay", "ma_cu", "ten_cu", "ma_moi", "ten_moi", "ghi_chu"];

pub fn unit_event(row: &Row, positions: &Positions, rules: &Rules, tally: &mut Tally) -> Disclosed<UnitEvent> {
    disclosed(row, positions, rules, tally, |cells| {
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

pub fn price_row(row: &Row, positions: &Positions, rules: &Rules, tally: &mut Tally) -> Disclosed<PriceRow> {
    disclosed(row, positions, rules, tally, |cells| {
        let number = cells.ordinal("stt");
        cells.name = format!("row {number:06}");
        let unit_vnd = unit(cells);
        PriceRow {
            row: number,
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
            road: cells.place_name("ten_duong"),
            from: cells.optional_text("tu"),
            to: cells.optional_text("den"),
            zone: cells.optional_text("khu_vuc"),
            price_vnd_per_m2: ["vi_tri_1", "vi_tri_2", "vi_tri_3", "vi_tri_4", "vi_tri_5"]
                .map(|position| price(cells, position, unit_vnd)),
            unit_vnd,
            note: cells.optional_text("ghi_chu"),
            source_page: cells.optional_integer("trang_nguon").and_then(|page| u32::try_from(page).ok()),
            replaces_row: cells.optional_ordinal("thay_cho_stt"),
        }
    })
}

pub fn coefficient(row: &Row, positions: &Positions, rules: &Rules, tally: &mut Tally) -> Disclosed<Coefficient> {
    disclosed(row, positions, rules, tally, |cells| Coefficient {
        decision_number: cells.text("so_quyet_dinh"),
        effective_from: cells.date("hieu_luc_tu"),
        effective_to: cells.optional_date("hieu_luc_den"),
        commune_code: commune(cells, "ma_xa"),
        commune_name: cells.text("ten_xa"),
        land_use: cells.text("loai_dat"),
        place: cells.place_name("khu_vuc_hoac_duong").filter(|place| place != EVERYWHERE),
        position: position(cells),
        kind: cells.text("loai_he_so"),
        level: cells.optional_text("muc"),
        value: cells.code("gia_tri", is_positive, "a coefficient such as 1.15"),
    })
}

pub fn statistics_row(row: &Row, positions: &Positions, rules: &Rules, tally: &mut Tally) -> Disclosed<StatisticsRow> {
    disclosed(row, positions, rules, tally, |cells| StatisticsRow {
        form: cells.text("bieu"),
        commune_code: commune(cells, "maXa"),
        land_use: cells.text("loaiDat"),
        holder: holder(cells),
        objects: objects(cells),
        area_ha: cells.code("dienTich", is_decimal, "a decimal such as 127.70, without grouping"),
        year: u16::try_from(cells.integer("nam")).unwrap_or(0),
        source: cells.optional_text("nguonSoLieu"),
    })
}

/// How a decision writes that a row holds for every area, road or position.
const EVERYWHERE: &str = "*";

/// `1` to `5`, or `*` for all.
fn position(cells: &mut Cells<'_>) -> Option<u8> {
    let written = cells.text("vi_tri");
    let position = written.parse().ok().filter(|position| (1..=5).contains(position));
    if position.is_none() && !written.is_empty() && written != EVERYWHERE {
        cells.fault("vi_tri", Exit::Input, "is not a position", "write 1 to 5, or * for all positions");
    }
    position
}

/// A category of the forms; anything else could be a name.
fn holder(cells: &mut Cells<'_>) -> Option<String> {
    let written = cells.written("doiTuong")?.to_lowercase();
    let category = HOLDERS.into_iter().find(|category| *category == written);
    if category.is_none() {
        cells.fault(
            "doiTuong",
            Exit::Disclosure,
            "is not a category of land users",
            &format!("write one of: {}", HOLDERS.join("; ")),
        );
    }
    category.map(str::to_owned)
}

/// The number of objects behind a cell: of too few, one could be told.
fn objects(cells: &mut Cells<'_>) -> Option<u32> {
    let objects = u32::try_from(cells.optional_integer("soDoiTuong")?);
    let least = cells.rules.least_objects();
    match objects {
        Err(_) => cells.fault("soDoiTuong", Exit::Input, "is negative or too large", "correct the cell in the source"),
        Ok(count) if count > 0 && count < least => cells.fault(
            "soDoiTuong",
            Exit::Disclosure,
            &format!("stands for fewer than {least} objects"),
            "join the row with another, or add published_table = true if its authority has published the table",
        ),
        Ok(_) => {}
    }
    objects.ok()
}

fn disclosed<T>(
    row: &Row,
    positions: &Positions,
    rules: &Rules,
    tally: &mut Tally,
    build: impl FnOnce(&mut Cells<'_>) -> T,
) -> Disclosed<T> {
    *tally = Tally::default();
    let mut cells = Cells::new(row, positions, rules, tally);
    let value = build(&mut cells);
    if cells.faults.is_empty() { Ok(Public::new(value)) } else { Err(cells.faults) }
}

fn commune(cells: &mut Cells<'_>, field: &'static str) -> String {
    cells.code(field, |code| is_digits(code, 5), "a commune code of five digits")
}

/// A commune is named by its own code; the row of the province has none and is named by the province's.
fn unit_code(cells: &mut Cells<'_>) -> String {
    let field = if cells.is_present("maXa") { "maXa" } else { "maTinh" };
    cells.code(field, |code| is_digits(code, 5) || is_digits(code, 2), "a code of two or five digits")
}

/// Geohash alphabet: no a, i, l, o. All of Vietnam lies in `w`, so that no number of a person has this form.
fn identifier(cells: &mut Cells<'_>) -> Option<String> {
    let identifier = cells.written("maDinhDanhThuaDat")?;
    let alphabet = b"0123456789bcdefghjkmnpqrstuvwxyz";
    let fits =
        identifier.len() == 12 && identifier.starts_with('w') && identifier.bytes().all(|b| alphabet.contains(&b));
    if !fits {
        let problem = "is not a geohash of 12 characters in Vietnam";
        cells.fault("maDinhDanhThuaDat", Exit::Input, problem, "correct it in the source");
    }
    Some(identifier)
}

fn area(cells: &mut Cells<'_>, field: &'static str) -> f64 {
    let area_m2 = cells.real(field);
    if area_m2 < 0.0 {
        cells.fault(field, Exit::Input, "is negative", "correct the cell in the source");
    }
    area_m2
}

/// The codes in force, and the codes as written where one of them is old (Circular 17/2010, article 12.3:
/// what does not conform is standardised first).
fn land_uses(cells: &mut Cells<'_>, field: &'static str) -> (String, Option<String>) {
    let written = cells.text(field);
    let mut codes: Vec<String> = vec![];
    for code in land_use::split(&written) {
        let code = successor(cells, field, code);
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    if land_use::split(&written).all(|code| codes.iter().any(|kept| kept == code)) {
        return (written, None);
    }
    cells.tally.set(field, Outcome::Translated);
    (codes.join("+"), Some(written))
}

/// The code in force that a code stands for; a code that is not public knowledge is never printed.
fn successor(cells: &mut Cells<'_>, field: &'static str, code: &str) -> String {
    match (cells.rules.successor(code), land_use::find(code).map(LandUse::standing)) {
        (Some(decided), _) => return decided.to_owned(),
        (None, Some(Standing::Replaced(new))) => return new.to_owned(),
        (None, Some(Standing::InForce)) => {}
        (None, Some(Standing::Ambiguous(candidates))) => {
            let list = match candidates.is_empty() {
                true => "its successor".to_owned(),
                false => candidates.join(" or "),
            };
            let example = candidates.first().copied().unwrap_or("…");
            cells.fault(
                field,
                Exit::Input,
                &format!("'{code}' is an old land-use code without a single successor"),
                &format!("decide for {list} under [land_use] in dataset.toml: {code} = \"{example}\""),
            );
        }
        (None, None) => {
            let shown = if is_code(code) { format!("'{code}' is not") } else { "is not".to_owned() };
            cells.fault(field, Exit::Input, &format!("{shown} a land-use code"), "correct the code in the source");
        }
    }
    code.to_owned()
}

/// Three letters or a few more: nothing that could be a name or a number of a person.
fn is_code(text: &str) -> bool {
    (2..=5).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// Only the coarse parts are looked at by the scan: what is left out may name anybody.
fn address(cells: &mut Cells<'_>) -> Option<String> {
    let written = cells.written("diaChiThuaDat")?;
    let coarse = coarse_address(&written);
    match coarse.as_deref() {
        None => cells.tally.set("diaChiThuaDat", Outcome::LeftOut),
        Some(kept) if kept != written => cells.tally.set("diaChiThuaDat", Outcome::Coarsened),
        Some(_) => {}
    }
    cells.scan("diaChiThuaDat", coarse.as_deref()?, Meant::Any);
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
fn price(cells: &mut Cells<'_>, field: &'static str, unit_vnd: i64) -> Option<i64> {
    let written = cells.written(field)?;
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

/// A decimal with a figure that is not zero.
fn is_positive(text: &str) -> bool {
    is_decimal(text) && text.bytes().any(|b| (b'1'..=b'9').contains(&b))
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

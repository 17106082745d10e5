//! Which fields of which kind of data may be published. Whatever is not here is not.

use std::collections::BTreeSet;
use std::path::Path;

use super::private_columns::{self, PrivateGroup};
use crate::config::dataset::{DatasetConfig, DatasetKind};
use crate::config::site::Disclosure;
use crate::config::strict_toml::nearest;
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::model::land_use::{self, LandUse, Standing};
use crate::model::text::fold;

/// A field of the standard that may be published.
pub struct Field {
    pub name: &'static str,
    pub required: bool,
    /// Private unless the province switches it on in `[disclosure] allow`.
    pub by_permission: bool,
    /// Column names of real exports, folded to letters and digits: `SO_TO` and `Số tờ` are `soto`.
    aliases: &'static [&'static str],
}

const fn must(name: &'static str, aliases: &'static [&'static str]) -> Field {
    Field { name, required: true, by_permission: false, aliases }
}

const fn may(name: &'static str, aliases: &'static [&'static str]) -> Field {
    Field { name, required: false, by_permission: false, aliases }
}

const PARCEL: &[Field] = &[
    must("maXa", &["xaid", "madvhc", "maxaphuong", "madonvihanhchinh", "maphuong"]),
    must("soHieuToBanDo", &["shbando", "soto", "tobando", "sotobando", "shto", "sohieuto", "to"]),
    must("soThuTuThua", &["shthua", "sothua", "sttthua", "sothututhuadat", "sohieuthua", "thua"]),
    must("dienTich", &["area", "dtich", "dientichthua", "dientichm2", "dientichdo", "shapearea"]),
    must(
        "kyHieuMucDichSuDung",
        &["loaidat", "mdsd", "mdsd2003", "mucdichsudung", "kyhieuloaidat", "maloaidat", "mucdich"],
    ),
    may("maDinhDanhThuaDat", &["mathua", "mathuadat", "thuadatid", "madinhdanh"]),
    Field {
        name: "dienTichPhapLy",
        required: false,
        by_permission: true,
        aliases: &["dientichpl", "dtpl", "dtphaply"],
    },
    may("mucDichSuDungQuyHoach", &["loaimucdichsudungquyhoachid", "mucdichquyhoach", "mdsdqh"]),
    may("soHieuToBanDoCu", &["sotocu", "shbandocu", "tobandocu", "tocu"]),
    may("soThuTuThuaCu", &["sothuacu", "shthuacu", "sttthuacu", "thuacu"]),
    may("maXaCu", &["tenxacu", "phuongxacu", "xacu"]),
    may("diaChiThuaDat", &["diachi", "diachithua", "vitrithua", "xudong"]),
    may("thoiDiemCapNhat", &["ngaycapnhat", "capnhatngay"]),
];

const PLAN: &[Field] = &[
    must("maKyHieuDat", &["kyhieudat", "loaidatqh", "maqh", "maloaidatqh", "loaidat", "maldqh", "loaidatquyhoach"]),
    must("maXa", &["xaid", "madvhc", "madonvihanhchinh"]),
    must("kyQuyHoach", &["ky", "giaidoan", "namquyhoach"]),
    must("soQuyetDinh", &["soqd", "quyetdinh", "sovanban"]),
    may("dienTich", &["area", "dtich", "dientichqh", "shapearea"]),
    may("capQuyHoach", &["cap"]),
    may("ngayPheDuyet", &["ngayqd", "ngayquyetdinh"]),
    may("coQuanPheDuyet", &["coquan", "coquanbanhanh"]),
    may("trangThai", &["tinhtrang"]),
    may("tenCongTrinh", &["congtrinh", "tenduan", "duan"]),
];

const BASE: &[Field] = &[
    must("loai", &["phanloai", "loaihinh", "class", "loaidoituong", "capduong"]),
    may("ten", &["name", "tengoi", "diadanh", "tenduong", "tensong"]),
    may("maXa", &["xaid", "madvhc"]),
];

const BOUNDARY: &[Field] = &[
    must("maXa", &["xaid", "madvhc", "madonvihanhchinh"]),
    must("ten", &["tenxa", "tendvhc", "name", "tendonvihanhchinh"]),
    must("loai", &["cap", "loaidvhc", "capdvhc"]),
    may("maTinh", &["tinhid", "mat"]),
    may("nghiQuyet", &["songhiquyet", "sonq"]),
    may("hieuLucTu", &["tungay"]),
    may("hieuLucDen", &["denngay"]),
];

const PRICE: &[Field] = &[
    must("stt", &["sothutu", "tt"]),
    must("ma_bang", &["bang", "sobang"]),
    must("so_van_ban", &["soquyetdinh", "songhiquyet", "soqd"]),
    must("ngay_ban_hanh", &["ngayqd", "ngayquyetdinh"]),
    must("hieu_luc_tu", &["tungay", "ngayhieuluc"]),
    may("hieu_luc_den", &["denngay"]),
    may("ma_tinh", &["tinhid"]),
    must("ma_xa", &["xaid", "madvhc", "maxaphuong"]),
    must("ten_xa", &["xa", "phuongxa", "xaphuong", "tenxaphuong"]),
    may("dia_ban_cu", &["diabancu", "xacu"]),
    must("nhom_gia", &["nhom"]),
    must("loai_dat", &["mdsd", "mucdichsudung"]),
    must("loai_bang", &["dangbang"]),
    may("ten_duong", &["duong", "duongpho", "tenduongpho", "tuyenduong"]),
    may("tu", &["diemdau", "tudoan", "doantu"]),
    may("den", &["diemcuoi", "dendoan", "doanden"]),
    may("khu_vuc", &["khuvuc"]),
    must("vi_tri_1", &["vt1", "giavt1", "giavitri1"]),
    may("vi_tri_2", &["vt2", "giavt2", "giavitri2"]),
    may("vi_tri_3", &["vt3", "giavt3", "giavitri3"]),
    may("vi_tri_4", &["vt4", "giavt4", "giavitri4"]),
    may("vi_tri_5", &["vt5", "giavt5", "giavitri5"]),
    must("don_vi", &["dvt", "donvitinh"]),
    may("ghi_chu", &["chuthich"]),
    may("trang_nguon", &["trang"]),
    may("thay_cho_stt", &["thaychodong"]),
    may("minh_hoa", &[]),
];

const COEFFICIENT: &[Field] = &[
    must("so_quyet_dinh", &["sovanban", "soqd"]),
    must("hieu_luc_tu", &["tungay", "ngayhieuluc"]),
    may("hieu_luc_den", &["denngay"]),
    must("ma_xa", &["xaid", "madvhc", "maxaphuong"]),
    must("ten_xa", &["xa", "phuongxa", "xaphuong", "tenxaphuong"]),
    must("loai_dat", &["mdsd", "mucdichsudung"]),
    must("khu_vuc_hoac_duong", &["khuvuc", "duong", "tenduong"]),
    must("vi_tri", &["vt"]),
    must("loai_he_so", &["loaihs"]),
    may("muc", &["mucdo"]),
    must("gia_tri", &["heso", "hesok", "k"]),
    may("minh_hoa", &[]),
];

const STATISTICS: &[Field] = &[
    must("bieu", &["mabieu", "sobieu"]),
    must("maXa", &["xaid", "madvhc"]),
    must("loaiDat", &["maloaidat", "mdsd"]),
    must("dienTich", &["dientichha", "area"]),
    must("nam", &["namthongke"]),
    may("nguonSoLieu", &["nguon"]),
    may("doiTuong", &["doituongsudung", "loaidoituong"]),
    may("soDoiTuong", &["soluongdoituong", "sothua"]),
];

/// The public fields of one kind of data.
pub fn allowed(kind: DatasetKind) -> &'static [Field] {
    match kind {
        DatasetKind::DiaChinh => PARCEL,
        DatasetKind::QuyHoach => PLAN,
        DatasetKind::Nen => BASE,
        DatasetKind::DiaGioi => BOUNDARY,
        DatasetKind::GiaDat => PRICE,
        DatasetKind::ThongKe => STATISTICS,
        DatasetKind::HeSo => COEFFICIENT,
    }
}

/// A column's name as names are compared: without case, marks and separators.
pub fn column_key(column: &str) -> String {
    fold(column).replace(' ', "")
}

/// The public field that a column of this name holds in real exports.
pub fn field_of(kind: DatasetKind, column: &str) -> Option<&'static Field> {
    let key = column_key(column);
    allowed(kind).iter().find(|field| column_key(field.name) == key || field.aliases.contains(&key.as_str()))
}

/// The private group that a column is known to belong to, by its name alone.
pub fn private_group(column: &str) -> Option<&'static PrivateGroup> {
    private_columns::group_of(&column_key(column))
}

/// Checks `[fields]`, `[land_use]` and the province's permissions against the list of the kind: exit 4 for
/// what may not be published, 2 for a required field that is missing.
pub fn check_fields(config: &DatasetConfig, province: &Disclosure, file: &Path) -> Result<()> {
    let list = allowed(config.kind);
    let mut faults = vec![];
    for (field, column) in &config.fields {
        match list.iter().find(|known| known.name == *field) {
            None => faults.push(not_public(field, column, list, file)),
            Some(known) => faults.extend(check_mapped(known, column, config.kind, province, file)),
        }
    }
    for field in list.iter().filter(|field| field.required && !config.fields.contains_key(field.name)) {
        faults.push(
            Fault::new(Stage::Disclose, Exit::Usage, format!("the required field '{}' has no column", field.name))
                .file(file)
                .remedy(format!("add {} = \"…\" under [fields]", field.name)),
        );
    }
    faults.extend(config.land_use.iter().filter_map(|(old, new)| check_successor(old, new, file)));
    faults.extend(province.allow.iter().filter_map(|name| check_permission(name)));
    Failure::unless_empty(faults)
}

fn not_public(name: &str, column: &str, list: &'static [Field], file: &Path) -> Fault {
    let remedy = match (private_group(name).or_else(|| private_group(column)), near_field(name, list)) {
        (Some(group), _) => format!("{}: move its column to [withhold]", described(group)),
        (None, Some(near)) => format!("did you mean '{near}'? Otherwise move its column to [withhold]"),
        (None, None) => "move its column to [withhold]".to_owned(),
    };
    Fault::new(Stage::Disclose, Exit::Disclosure, format!("'{name}' is not a public field of this kind of data"))
        .file(file)
        .remedy(remedy)
}

/// A public name does not make a private column public, nor one that the province has not switched on.
fn check_mapped(field: &Field, column: &str, kind: DatasetKind, province: &Disclosure, file: &Path) -> Option<Fault> {
    if field.by_permission && !province.allow.iter().any(|name| name == field.name) {
        let remedy = format!(
            "move its column to [withhold]; the province may publish it: [disclosure] allow = [\"{}\"] in congbo.toml",
            field.name
        );
        let problem = format!("'{}' is private unless the province decides otherwise", field.name);
        return Some(Fault::new(Stage::Disclose, Exit::Disclosure, problem).file(file).remedy(remedy));
    }
    let group = private_group(column).filter(|_| field_of(kind, column).is_none())?;
    Some(
        Fault::new(Stage::Disclose, Exit::Disclosure, format!("the column '{column}' of '{}' is private", field.name))
            .file(file)
            .remedy(format!("{}: withhold it", described(group))),
    )
}

fn check_successor(old: &str, new: &str, file: &Path) -> Option<Fault> {
    let fault = |problem: String, remedy: &str| {
        Some(Fault::new(Stage::Disclose, Exit::Usage, problem).file(file).remedy(remedy.to_owned()))
    };
    match (land_use::find(old).map(LandUse::standing), land_use::find(new).map(LandUse::standing)) {
        (None | Some(Standing::InForce), _) => {
            fault(format!("[land_use] names '{old}', which is not an old land-use code"), "remove the line")
        }
        (_, Some(Standing::InForce)) => None,
        _ => {
            fault(format!("[land_use] leads '{old}' to '{new}', which is not in force"), "name a code that is in force")
        }
    }
}

fn check_permission(name: &str) -> Option<Fault> {
    let known = PARCEL.iter().any(|field| field.by_permission && field.name == name);
    (!known).then(|| {
        Fault::new(
            Stage::Config,
            Exit::Usage,
            format!("[disclosure] allow names '{name}', which cannot be switched on"),
        )
        .file("congbo.toml")
        .remedy("the only field that a province may switch on is dienTichPhapLy")
    })
}

/// `personal data, group Nguoi (Law 91/2025/QH15; …)`.
pub fn described(group: &PrivateGroup) -> String {
    format!("{}, group {} ({})", group.what, group.name, group.law)
}

/// The public name that differs least from a column's name, in names and aliases.
fn near_field(column: &str, list: &'static [Field]) -> Option<&'static str> {
    let key = column_key(column);
    let names: Vec<(String, &str)> = list
        .iter()
        .flat_map(|field| {
            let aliases = field.aliases.iter().map(|alias| (*alias).to_owned());
            aliases.chain([column_key(field.name)]).map(|alias| (alias, field.name))
        })
        .collect();
    // Two letters more or less make another word of a short name.
    let near = nearest(&key, names.iter().map(|(alias, _)| alias.as_str()).filter(|alias| alias.len() > 3))?;
    names.iter().find(|(alias, _)| alias == near).map(|(_, name)| *name)
}

/// Every column of a source must be mapped or withheld, and every mapped one must be there.
///
/// A dataset of several sources may have an optional column in only some of them: `anywhere` holds the
/// columns of all.
pub fn check_columns(
    config: &DatasetConfig,
    columns: &[String],
    anywhere: &BTreeSet<String>,
    file: &Path,
) -> Result<()> {
    let mapped = |column: &String| config.fields.values().any(|c| c == column);
    let withheld = |column: &String| config.withhold.columns.contains(column);
    let mut faults: Vec<Fault> = columns
        .iter()
        .filter(|column| !mapped(column) && !withheld(column))
        .map(|column| unlisted(column, config.kind, file))
        .collect();
    let required = |name: &str| allowed(config.kind).iter().any(|field| field.required && field.name == name);
    for (field, column) in config.fields.iter().filter(|(_, column)| !columns.contains(column)) {
        if required(field) || !anywhere.contains(column) {
            faults.push(absent(field, column, columns, file));
        }
    }
    Failure::unless_empty(faults)
}

/// A table whose columns are fixed must have exactly these.
pub fn check_exact_columns(columns: &[String], expected: &[&str], file: &Path) -> Result<()> {
    let strange = columns.iter().filter(|column| !expected.contains(&column.as_str())).map(|column| {
        let near = nearest(column, expected.iter().copied()).map(|near| format!("did you mean '{near}'? Otherwise "));
        Fault::new(Stage::Disclose, Exit::Disclosure, format!("the column '{column}' is not public"))
            .file(file)
            .remedy(format!("{}remove the column", near.unwrap_or_default()))
    });
    let missing = expected.iter().filter(|name| !columns.iter().any(|column| column == *name)).map(|name| {
        Fault::new(Stage::Disclose, Exit::Input, format!("there is no column '{name}'"))
            .file(file)
            .remedy(format!("the columns are {}", expected.join(", ")))
    });
    Failure::unless_empty(strange.chain(missing).collect())
}

fn absent(field: &str, column: &str, columns: &[String], file: &Path) -> Fault {
    let near = nearest(column, columns.iter().map(String::as_str)).map(|n| format!("; did you mean '{n}'?"));
    Fault::new(Stage::Disclose, Exit::Input, format!("there is no column '{column}' (field '{field}')"))
        .file(file)
        .remedy(format!("correct the column of '{field}' under [fields]{}", near.unwrap_or_default()))
}

fn unlisted(column: &str, kind: DatasetKind, file: &Path) -> Fault {
    let remedy = match (field_of(kind, column), private_group(column), near_field(column, allowed(kind))) {
        (Some(field), ..) => format!("add {} = \"{column}\" under [fields], or list it under [withhold]", field.name),
        (_, Some(group), _) => format!("{}: withhold it: add \"{column}\" to [withhold] columns", described(group)),
        (.., Some(near)) => {
            format!("add \"{column}\" to [withhold] columns, or map it under [fields] if it is '{near}'")
        }
        _ => format!("add \"{column}\" to [withhold] columns, or map it under [fields] if it is public"),
    };
    Fault::new(Stage::Disclose, Exit::Disclosure, format!("the column '{column}' is neither public nor withheld"))
        .file(file)
        .remedy(remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [DatasetKind; 7] = [
        DatasetKind::DiaChinh,
        DatasetKind::QuyHoach,
        DatasetKind::GiaDat,
        DatasetKind::HeSo,
        DatasetKind::ThongKe,
        DatasetKind::DiaGioi,
        DatasetKind::Nen,
    ];

    #[test]
    fn columns_are_known_whatever_their_case_marks_and_separators() {
        for (column, field) in [
            ("SO_TO", "soHieuToBanDo"),
            ("sohieutobando", "soHieuToBanDo"),
            ("Số tờ", "soHieuToBanDo"),
            ("SHTHUA", "soThuTuThua"),
            ("số thửa", "soThuTuThua"),
            ("DIENTICHPL", "dienTichPhapLy"),
            ("MDSD2003", "kyHieuMucDichSuDung"),
            ("phuongxa cu", "maXaCu"),
        ] {
            assert_eq!(field_of(DatasetKind::DiaChinh, column).map(|field| field.name), Some(field), "{column}");
        }
        assert_eq!(field_of(DatasetKind::GiaDat, "VT1").map(|field| field.name), Some("vi_tri_1"));
        assert_eq!(field_of(DatasetKind::HeSo, "Hệ số K").map(|field| field.name), Some("gia_tri"));
    }

    #[test]
    fn every_private_column_of_the_standard_is_known_by_its_group() {
        for (columns, group) in [
            ("TenChu TENCHU hoTen CCCD CMND soGiayTo ngaySinh diaChiThuongTru dienThoai maSoThue maDoiTuong", "Nguoi"),
            ("tenToChuc", "ToChuc"),
            ("soPhatHanh soVaoSo soSerial maVach ngayCap", "GiayChungNhan"),
            ("nguonGoc thoiHanSuDung hinhThucSuDung GTQUYENSDD", "QuyenSuDung"),
            ("DANGTRANHCHAP thongTinHanChe theChap", "HanCheQuyen"),
            ("dangKyBienDong hopDong", "GiaoDich"),
            ("duongDanHoSo HSKTFILEPATH", "HoSoQuet"),
            ("DC_NHA DC_CONGTRINH", "TaiSan"),
            ("NGUOICAPNHATID nguoiTao uId", "NguoiCapNhat"),
            ("giaDatCuThe giaTrungDauGia giaChuyenNhuong GD_GIATHUADAT", "GiaThuaDat"),
        ] {
            for column in columns.split(' ') {
                assert_eq!(private_group(column).map(|group| group.name), Some(group), "{column}");
            }
        }
    }

    #[test]
    fn no_public_name_or_alias_is_that_of_a_private_column() {
        for field in KINDS.into_iter().flat_map(allowed) {
            for name in field.aliases.iter().copied().chain([field.name]) {
                assert_eq!(private_group(name), None, "{name}");
            }
        }
    }

    #[test]
    fn no_two_fields_of_a_kind_have_one_alias() {
        for kind in KINDS {
            for field in allowed(kind) {
                for name in field.aliases.iter().copied().chain([field.name]) {
                    assert_eq!(field_of(kind, name).map(|found| found.name), Some(field.name), "{} {name}", kind.id());
                }
            }
        }
    }

    #[test]
    fn an_unknown_column_gets_the_nearest_known_name() {
        let said = unlisted("soHieuToBanDoo", DatasetKind::DiaChinh, Path::new("x.gpkg")).to_string();
        assert!(said.contains("if it is 'soHieuToBanDo'"), "{said}");
        let said = unlisted("CCCD", DatasetKind::DiaChinh, Path::new("x.gpkg")).to_string();
        assert!(said.contains("personal data, group Nguoi (Law 91/2025/QH15"), "{said}");
    }
}

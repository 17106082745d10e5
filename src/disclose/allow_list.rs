//! Which fields of which kind of data may be published. Whatever is not here is not.

use std::collections::BTreeSet;
use std::path::Path;

use crate::config::dataset::{DatasetConfig, DatasetKind};
use crate::config::strict_toml::nearest;
use crate::error::{Exit, Failure, Fault, Result, Stage};

/// A field of the standard that may be published.
pub struct Field {
    pub name: &'static str,
    pub required: bool,
    /// Column names seen in real exports, for the remedy of an unlisted column.
    aliases: &'static [&'static str],
}

const fn must(name: &'static str, aliases: &'static [&'static str]) -> Field {
    Field { name, required: true, aliases }
}

const fn may(name: &'static str, aliases: &'static [&'static str]) -> Field {
    Field { name, required: false, aliases }
}

const PARCEL: &[Field] = &[
    must("maXa", &["MaXa", "MAXA", "xaID", "XAID"]),
    must("soHieuToBanDo", &["SoHieuToBanDo", "SHBANDO", "SOTO", "so_to"]),
    must("soThuTuThua", &["SoThuTuThua", "SHTHUA", "SOTHUA", "so_thua"]),
    must("dienTich", &["DienTich", "DIENTICH", "area"]),
    must("kyHieuMucDichSuDung", &["KyHieuMucDichSuDung", "LOAIDAT", "MDSD", "MDSD2003"]),
    may("maDinhDanhThuaDat", &["maThua", "maThuaDat", "MaThuaDat", "THUADATID"]),
    may("mucDichSuDungQuyHoach", &["loaiMucDichSuDungQuyHoachId"]),
    may("soHieuToBanDoCu", &["SOHIEUTOBANDOCU"]),
    may("soThuTuThuaCu", &["SOTHUTUTHUACU"]),
    may("maXaCu", &["tenXaCu"]),
    may("diaChiThuaDat", &["DiaChi", "DIACHITHUADAT"]),
    may("thoiDiemCapNhat", &["ngayCapNhat", "THOIDIEMCAPNHAT"]),
];

const PLAN: &[Field] = &[
    must("maKyHieuDat", &[]),
    must("maXa", &[]),
    must("kyQuyHoach", &[]),
    must("soQuyetDinh", &[]),
    may("dienTich", &[]),
    may("capQuyHoach", &[]),
    may("ngayPheDuyet", &[]),
    may("coQuanPheDuyet", &[]),
    may("trangThai", &[]),
    may("tenCongTrinh", &[]),
];

const BASE: &[Field] = &[must("loai", &[]), may("ten", &[]), may("maXa", &[])];

const BOUNDARY: &[Field] = &[
    must("maXa", &[]),
    must("ten", &[]),
    must("loai", &[]),
    may("maTinh", &[]),
    may("nghiQuyet", &[]),
    may("hieuLucTu", &[]),
    may("hieuLucDen", &[]),
];

const PRICE: &[Field] = &[
    must("stt", &[]),
    must("ma_bang", &[]),
    must("so_van_ban", &[]),
    must("ngay_ban_hanh", &[]),
    must("hieu_luc_tu", &[]),
    may("hieu_luc_den", &[]),
    may("ma_tinh", &[]),
    must("ma_xa", &[]),
    must("ten_xa", &[]),
    may("dia_ban_cu", &[]),
    must("nhom_gia", &[]),
    must("loai_dat", &[]),
    must("loai_bang", &[]),
    may("ten_duong", &[]),
    may("tu", &[]),
    may("den", &[]),
    may("khu_vuc", &[]),
    must("vi_tri_1", &[]),
    may("vi_tri_2", &[]),
    may("vi_tri_3", &[]),
    may("vi_tri_4", &[]),
    may("vi_tri_5", &[]),
    must("don_vi", &[]),
    may("ghi_chu", &[]),
    may("trang_nguon", &[]),
    may("thay_cho_stt", &[]),
    may("minh_hoa", &[]),
];

const STATISTICS: &[Field] = &[
    must("bieu", &[]),
    must("maXa", &[]),
    must("loaiDat", &[]),
    must("dienTich", &[]),
    must("nam", &[]),
    may("nguonSoLieu", &[]),
];

/// The public fields of one kind of data. Coefficients are approved by a later kind of snapshot and have none.
pub fn allowed(kind: DatasetKind) -> &'static [Field] {
    match kind {
        DatasetKind::DiaChinh => PARCEL,
        DatasetKind::QuyHoach => PLAN,
        DatasetKind::Nen => BASE,
        DatasetKind::DiaGioi => BOUNDARY,
        DatasetKind::GiaDat => PRICE,
        DatasetKind::ThongKe => STATISTICS,
        DatasetKind::HeSo => &[],
    }
}

/// Checks `[fields]` against the list of the kind: exit 4 for a field that may not be published, 2 for a
/// required one that is missing.
pub fn check_fields(config: &DatasetConfig, file: &Path) -> Result<()> {
    let list = allowed(config.kind);
    let mut faults = vec![];
    for field in config.fields.keys().filter(|name| !list.iter().any(|field| field.name == **name)) {
        faults.push(not_public(field, list, file));
    }
    for field in list.iter().filter(|field| field.required && !config.fields.contains_key(field.name)) {
        faults.push(
            Fault::new(Stage::Disclose, Exit::Usage, format!("the required field '{}' has no column", field.name))
                .file(file)
                .remedy(format!("add {} = \"…\" under [fields]", field.name)),
        );
    }
    Failure::unless_empty(faults)
}

fn not_public(name: &str, list: &[Field], file: &Path) -> Fault {
    let remedy = match nearest(name, list.iter().map(|field| field.name)) {
        Some(near) => format!("did you mean '{near}'? Otherwise move its column to [withhold]"),
        None => "move its column to [withhold]".to_owned(),
    };
    Fault::new(Stage::Disclose, Exit::Disclosure, format!("'{name}' is not a public field of this kind of data"))
        .file(file)
        .remedy(remedy)
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
    let field = allowed(kind).iter().find(|f| f.name == column || f.aliases.contains(&column));
    let remedy = match field {
        Some(field) => format!("add {} = \"{column}\" under [fields], or list it under [withhold]", field.name),
        None => format!("add \"{column}\" to [withhold] columns, or map it under [fields] if it is public"),
    };
    Fault::new(Stage::Disclose, Exit::Disclosure, format!("the column '{column}' is neither public nor withheld"))
        .file(file)
        .remedy(remedy)
}

//! Parcel files as land offices export them: each office with its own column names, and with columns that
//! must never be read.

use std::path::Path;

use rusqlite::types::Value;

use super::attributes::{Record, canary};
use super::geopackage::{Geometry, Layer, Package, Result};
use super::projection::Zone;

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Field {
    CommuneCode,
    Sheet,
    Number,
    Identifier,
    Area,
    LandUse,
    OldSheet,
    OldNumber,
    OldCommuneCode,
    Address,
    UpdatedOn,
    Owner,
    IdentityNumber,
    HomeAddress,
    Phone,
    Certificate,
    RegisterEntry,
    InDispute,
    ValueOfRight,
    Dossier,
    Official,
}

/// One office's habits.
pub struct Export {
    pub layer: &'static str,
    pub geometry_column: &'static str,
    pub columns: &'static [(&'static str, &'static str, Field)],
}

pub const AN_MINH: Export = Export {
    layer: "ThuaDat",
    geometry_column: "SHAPE",
    columns: &[
        ("MaXa", "TEXT(5)", Field::CommuneCode),
        ("SoHieuToBanDo", "INTEGER", Field::Sheet),
        ("SoThuTuThua", "INTEGER", Field::Number),
        ("MaThuaDat", "TEXT(12)", Field::Identifier),
        ("DienTich", "REAL", Field::Area),
        ("KyHieuMucDichSuDung", "TEXT(20)", Field::LandUse),
        ("SOHIEUTOBANDOCU", "TEXT(10)", Field::OldSheet),
        ("SOTHUTUTHUACU", "TEXT(10)", Field::OldNumber),
        ("maXaCu", "TEXT(5)", Field::OldCommuneCode),
        ("DiaChi", "TEXT(200)", Field::Address),
        ("ngayCapNhat", "DATE", Field::UpdatedOn),
        ("TenChu", "TEXT(100)", Field::Owner),
        ("SoGiayTo", "TEXT(12)", Field::IdentityNumber),
        ("diaChiThuongTru", "TEXT(200)", Field::HomeAddress),
        ("dienThoai", "TEXT(15)", Field::Phone),
        ("soPhatHanh", "TEXT(20)", Field::Certificate),
        ("soVaoSo", "TEXT(20)", Field::RegisterEntry),
        ("DANGTRANHCHAP", "BOOLEAN", Field::InDispute),
        ("GTQUYENSDD", "INTEGER", Field::ValueOfRight),
        ("duongDanHoSo", "TEXT(100)", Field::Dossier),
        ("NGUOICAPNHATID", "TEXT(30)", Field::Official),
    ],
};

pub const BEN_LUA: Export = Export {
    layer: "DC_THUADAT",
    geometry_column: "geom",
    columns: &[
        ("THUADATID", "TEXT(12)", Field::Identifier),
        ("XAID", "TEXT(5)", Field::CommuneCode),
        ("SOTO", "INTEGER", Field::Sheet),
        ("SOTHUA", "INTEGER", Field::Number),
        ("TENCHU", "TEXT(100)", Field::Owner),
        ("CCCD", "TEXT(12)", Field::IdentityNumber),
        ("DIACHITHUADAT", "TEXT(200)", Field::Address),
        ("DIENTICH", "REAL", Field::Area),
        ("LOAIDAT", "TEXT(20)", Field::LandUse),
        ("SOTOCU", "TEXT(10)", Field::OldSheet),
        ("SOTHUACU", "TEXT(10)", Field::OldNumber),
        ("MAXACU", "TEXT(5)", Field::OldCommuneCode),
        ("THOIDIEMCAPNHAT", "DATE", Field::UpdatedOn),
        ("NOITHUONGTRU", "TEXT(200)", Field::HomeAddress),
        ("SODIENTHOAI", "TEXT(15)", Field::Phone),
        ("SOSERIAL", "TEXT(20)", Field::Certificate),
        ("SOVAOSO", "TEXT(20)", Field::RegisterEntry),
        ("DANGTRANHCHAP", "BOOLEAN", Field::InDispute),
        ("GTQUYENSDD", "INTEGER", Field::ValueOfRight),
        ("HSKTFILEPATH", "TEXT(100)", Field::Dossier),
        ("uId", "TEXT(30)", Field::Official),
    ],
};

/// Owners that were in the file once: every export of an office that never compacts carries some.
const FORMER_OWNERS: u32 = 60;

impl Field {
    /// The standard's name of a public field; nothing for what is private.
    pub fn standard_name(self) -> Option<&'static str> {
        Some(match self {
            Field::CommuneCode => "maXa",
            Field::Sheet => "soHieuToBanDo",
            Field::Number => "soThuTuThua",
            Field::Identifier => "maDinhDanhThuaDat",
            Field::Area => "dienTich",
            Field::LandUse => "kyHieuMucDichSuDung",
            Field::OldSheet => "soHieuToBanDoCu",
            Field::OldNumber => "soThuTuThuaCu",
            Field::OldCommuneCode => "maXaCu",
            Field::Address => "diaChiThuaDat",
            Field::UpdatedOn => "thoiDiemCapNhat",
            _ => return None,
        })
    }

    fn value(self, record: &Record) -> Value {
        let n = record.canary;
        match self {
            Field::CommuneCode => Value::Text(record.commune_code.clone()),
            Field::Sheet => Value::Integer(record.sheet.into()),
            Field::Number => Value::Integer(record.number.into()),
            Field::Identifier => Value::Text(record.identifier.clone()),
            Field::Area => Value::Real(record.area_m2),
            Field::LandUse => Value::Text(record.land_use.to_owned()),
            Field::OldSheet => number_or_null(record.old_sheet),
            Field::OldNumber => number_or_null(record.old_number),
            Field::OldCommuneCode => Value::Text(record.old_commune_code.clone()),
            Field::Address => Value::Text(record.address.clone()),
            Field::UpdatedOn => Value::Text(record.updated_on.clone()),
            Field::Owner => Value::Text(canary::owner(n)),
            Field::IdentityNumber => Value::Text(canary::identity_number(n)),
            Field::HomeAddress => Value::Text(canary::home_address(n)),
            Field::Phone => Value::Text(canary::phone(n)),
            Field::Certificate => Value::Text(canary::certificate(n)),
            Field::RegisterEntry => Value::Text(canary::register_entry(n)),
            Field::InDispute => Value::Integer(n.is_multiple_of(53).into()),
            Field::ValueOfRight => Value::Integer(canary::value_of_right(n)),
            Field::Dossier => Value::Text(canary::dossier(n)),
            Field::Official => Value::Text(canary::official(n)),
        }
    }
}

fn number_or_null(number: Option<u32>) -> Value {
    number.map_or(Value::Null, |number| Value::Text(number.to_string()))
}

/// An open parcel file.
pub struct ParcelFile {
    export: &'static Export,
    columns: Vec<(&'static str, &'static str)>,
    zone: Zone,
    package: Package,
}

impl ParcelFile {
    pub fn create(path: &Path, export: &'static Export, zone: Zone) -> Result<Self> {
        let columns = export.columns.iter().map(|(name, kind, _)| (*name, *kind)).collect();
        let file = ParcelFile { export, columns, zone, package: Package::create(path)? };
        file.package.add_layer(&layer_of(export, &file.columns, zone))?;
        Ok(file)
    }

    pub fn write(&mut self, records: &[Record]) -> Result<()> {
        self.write_with(records.iter(), |_, value| value)
    }

    /// Leaves former owners on the file's free pages.
    pub fn write_and_forget_former_owners(&mut self, records: &[Record]) -> Result<()> {
        let mut n = 0;
        let owner = self.export.columns.iter().find(|column| column.2 == Field::Owner).expect("every export has it").0;
        self.write_with(records.iter().take(FORMER_OWNERS as usize), |field, value| match field {
            Field::Owner => {
                n += 1;
                Value::Text(canary::former_owner(n))
            }
            _ => value,
        })?;
        self.package.forget(&layer_of(self.export, &self.columns, self.zone), owner, "CHỦ CŨ CANARY %")
    }

    fn write_with<'a>(
        &mut self,
        records: impl Iterator<Item = &'a Record>,
        mut change: impl FnMut(Field, Value) -> Value,
    ) -> Result<()> {
        let layer = layer_of(self.export, &self.columns, self.zone);
        let columns = self.export.columns;
        let rows = records.map(|record| {
            let values = columns.iter().map(|(_, _, field)| change(*field, field.value(record))).collect();
            (Geometry::MultiPolygon(&record.polygons), values)
        });
        self.package.insert(&layer, rows)
    }

    pub fn close(self) -> Result<()> {
        self.package.close()
    }
}

fn layer_of<'a>(export: &Export, columns: &'a [(&'static str, &'static str)], zone: Zone) -> Layer<'a> {
    Layer { name: export.layer, geometry_column: export.geometry_column, geometry_type: "MULTIPOLYGON", zone, columns }
}

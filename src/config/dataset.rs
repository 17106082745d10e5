//! `dataset.toml`: what one dataset is, where it comes from, and by which decision it is public.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::site::Province;
use super::{Localised, strict_toml};
use crate::error::Result;
use crate::model::base_feature::Theme;
use crate::model::crs::Vn2000Zone;
use crate::model::date;
use crate::model::decision::Decision;
use crate::model::metadata::{Metadata, Organisation};

/// The component databases (Decision of Hải Phòng, article 3.1) and what surrounds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DatasetKind {
    /// Cadastre (*địa chính*): parcels.
    DiaChinh,
    /// Land-use plans (*quy hoạch*).
    QuyHoach,
    /// Price tables (*giá đất*).
    GiaDat,
    /// Price coefficients (*hệ số điều chỉnh*).
    HeSo,
    /// Statistics (*thống kê*).
    ThongKe,
    /// Boundaries (*địa giới*).
    DiaGioi,
    /// Base layer (*nền*).
    Nen,
}

impl DatasetKind {
    /// The kind of a name used in files and URLs.
    pub fn from_id(id: &str) -> Option<Self> {
        use DatasetKind::{DiaChinh, DiaGioi, GiaDat, HeSo, Nen, QuyHoach, ThongKe};
        [DiaChinh, QuyHoach, GiaDat, HeSo, ThongKe, DiaGioi, Nen].into_iter().find(|kind| kind.id() == id)
    }

    /// The name used in files and URLs: `dia_chinh`.
    pub fn id(self) -> &'static str {
        match self {
            DatasetKind::DiaChinh => "dia_chinh",
            DatasetKind::QuyHoach => "quy_hoach",
            DatasetKind::GiaDat => "gia_dat",
            DatasetKind::HeSo => "he_so",
            DatasetKind::ThongKe => "thong_ke",
            DatasetKind::DiaGioi => "dia_gioi",
            DatasetKind::Nen => "nen",
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatasetConfig {
    pub kind: DatasetKind,
    pub title: Localised,
    /// Five-digit codes of the communes the dataset covers.
    pub communes: Vec<String>,
    /// Zone of the dataset's coordinates; tables have none.
    #[serde(default)]
    pub crs: Option<Vn2000Zone>,
    pub source: Vec<Source>,
    /// Standard field name → column of the source.
    pub fields: BTreeMap<String, String>,
    #[serde(default)]
    pub withhold: Withhold,
    /// Old land-use code → the successor that was decided, for codes with more than one.
    #[serde(default)]
    pub land_use: BTreeMap<String, String>,
    #[serde(default)]
    pub scan: Scan,
    /// The source is a table that its authority has published already: its cells may be small.
    #[serde(default)]
    pub published_table: bool,
    /// Last day on which people may comment on a draft of prices or coefficients.
    #[serde(default, deserialize_with = "date::deserialize_option")]
    pub consultation_until: Option<Date>,
    /// Rows that are wrong in the source and left out with the approver's knowledge.
    #[serde(default)]
    pub skip: Option<Skip>,
    /// Absent when nobody has decided yet: such a dataset is refused.
    #[serde(default)]
    pub decision: Option<Decision>,
    /// Dataset whose place this one takes.
    #[serde(default)]
    pub supersedes: Option<String>,
    /// Changes of administrative units that led to these boundaries: a CSV file beside `dataset.toml`.
    #[serde(default)]
    pub events: Option<String>,
    #[serde(default)]
    pub events_sha256: Option<String>,
    /// What cannot be derived and must be said about the data (Circular 17/2010, article 6).
    #[serde(default)]
    pub metadata: Metadata,
    /// Price table or plan to which this one adds, and some of whose rows it replaces.
    #[serde(default)]
    pub amends: Option<String>,
    #[serde(default)]
    pub attachment: Vec<Attachment>,
}

/// A document published with the dataset, as it is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    pub title: Localised,
    /// Path relative to the dataset's folder.
    pub file: String,
    pub sha256: String,
    pub role: AttachmentRole,
    /// Whoever writes `true` has read the document, its annexes and its properties: congbo cannot.
    #[serde(default)]
    pub public: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttachmentRole {
    /// The decision itself (*quyết định, nghị quyết*).
    Decision,
    /// The acceptance record (*biên bản nghiệm thu*).
    Acceptance,
    /// Explanatory report (*thuyết minh*).
    Explanation,
    /// A detached official signature (*chữ ký số*, `.p7s`).
    OfficialSignature,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Path relative to the dataset's folder.
    pub file: String,
    /// Layer of a GeoPackage, sheet of a workbook; formats with one table need none.
    #[serde(default)]
    pub layer: Option<String>,
    /// Order of the coordinates in the file.
    #[serde(default)]
    pub axes: Axes,
    /// Encoding of a Shapefile's texts where its `.cpg` does not say: `utf-8`, `tcvn3`, `windows-1258`.
    #[serde(default)]
    pub encoding: Option<Encoding>,
    /// Theme of a base layer's source.
    #[serde(default)]
    pub theme: Option<Theme>,
    /// SHA-256 of the file; of a Shapefile that of `.shp`, `.shx`, `.dbf`, `.prj` and `.cpg` one behind the other,
    /// as far as they are there.
    pub sha256: String,
}

/// Papers write X = north, Y = east; EPSG's VN-2000 systems have easting first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Axes {
    #[default]
    EastNorth,
    NorthEast,
}

/// Encodings of Vietnamese text in old exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Encoding {
    #[serde(rename = "utf-8")]
    Utf8,
    /// TCVN 5712:1993, the letters of the `.VnTime` fonts.
    #[serde(rename = "tcvn3")]
    Tcvn3,
    #[serde(rename = "windows-1258")]
    Windows1258,
}

/// What the value scan objects to and the approver answers for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scan {
    /// Cells by row and field, as the fault names them: `row 000012 tu`.
    #[serde(default)]
    pub accept: BTreeSet<String>,
}

/// Columns known to be there and never read.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withhold {
    #[serde(default)]
    pub columns: Vec<String>,
}

/// Rows left out, by name (`parcel 99001-00025-000113`) or place (`fid 12`): no parcel vanishes unnoticed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skip {
    pub features: Vec<String>,
    /// Why, in a sentence that the record keeps.
    pub reason: String,
}

impl DatasetConfig {
    /// Reads `<dataset>/dataset.toml`; `dataset` is relative to the site folder.
    pub fn load(site: &Path, dataset: &Path) -> Result<Self> {
        strict_toml::load(site, &dataset.join("dataset.toml"), strict_toml::DATASET_KEYS)
    }

    /// `[metadata]`, with the publishing authority as the organisation where the dataset names none.
    pub fn metadata_for(&self, province: &Province) -> Metadata {
        let publisher = || Organisation {
            name: province.authority.clone(),
            address: Some(province.address.clone()),
            email: province.email.clone(),
            phone: province.phone.clone(),
        };
        let organisation = self.metadata.organisation.clone().or_else(|| Some(publisher()));
        Metadata { organisation, ..self.metadata.clone() }
    }

    /// The file of events as a source, when the dataset has one; without a digest it fits no file.
    pub fn events_source(&self) -> Option<Source> {
        Some(Source {
            file: self.events.clone()?,
            layer: None,
            axes: Axes::default(),
            encoding: None,
            theme: None,
            sha256: self.events_sha256.clone().unwrap_or_default(),
        })
    }
}

//! What an extract is handed out as: a format, a coordinate system, a choice of fields.

use crate::model::named::named;
use crate::model::tier::Layer;

named!(
    /// What the file is.
    Format {
        FlatGeobuf = "fgb",
        GeoPackage = "gpkg",
        GeoJson = "geojson",
        /// Outlines as WKT.
        Csv = "csv",
        /// One point inside each parcel.
        CsvPoint = "csv-diem",
        Gml = "gml",
        Xlsx = "xlsx",
        Shapefile = "shp",
        Dxf = "dxf",
    }
);

named!(
    /// Degrees of WGS 84 (EPSG:4326), or metres of VN-2000 in the zone of the data.
    Crs { Wgs84 = "wgs84", Vn2000 = "vn2000" }
);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    pub format: Format,
    pub crs: Crs,
    /// Names of the fields in the order of the standard; none is all of them.
    pub fields: Vec<String>,
}

impl Default for Output {
    fn default() -> Self {
        Output { format: Format::FlatGeobuf, crs: Crs::Wgs84, fields: vec![] }
    }
}

impl Format {
    /// The ending of the file: of formats with files beside them that of an archive.
    pub fn ending(self) -> &'static str {
        match self {
            Format::Csv | Format::CsvPoint => "csv.zip",
            Format::Gml => "gml.zip",
            Format::Shapefile => "shp.zip",
            _ => self.id(),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Format::FlatGeobuf => "FlatGeobuf",
            Format::GeoPackage => "GeoPackage 1.3",
            Format::GeoJson => "GeoJSON (RFC 7946)",
            Format::Csv => "CSV, WKT",
            Format::CsvPoint => "CSV, x y",
            Format::Gml => "GML 3.2",
            Format::Xlsx => "XLSX",
            Format::Shapefile => "Shapefile",
            Format::Dxf => "DXF (R12)",
        }
    }

    /// RFC 7946 knows WGS 84 alone; a drawing is in metres.
    pub fn takes(self, crs: Crs) -> bool {
        match self {
            Format::GeoJson => crs == Crs::Wgs84,
            Format::Dxf => crs == Crs::Vn2000,
            _ => true,
        }
    }

    /// Whether outlines are in it, and with them the recipient's mark.
    pub fn has_outlines(self) -> bool {
        !matches!(self, Format::CsvPoint | Format::Xlsx)
    }
}

impl Output {
    /// `fields` are names in any order; all of them is as good as none.
    ///
    /// # Errors
    /// A word of `[refused]`: `field`, `format_crs`.
    pub fn new(format: Format, crs: Crs, fields: &[&str]) -> Result<Output, &'static str> {
        let granted = &Layer::Parcels.terms().fields;
        if fields.iter().any(|field| !granted.contains(field)) {
            return Err("field");
        }
        if !format.takes(crs) {
            return Err("format_crs");
        }
        let mut chosen: Vec<String> =
            granted.iter().filter(|field| fields.contains(field)).map(|field| (*field).to_owned()).collect();
        if chosen.len() == granted.len() {
            chosen.clear();
        }
        Ok(Output { format, crs, fields: chosen })
    }

    /// From what a person wrote; an empty word is the usual one, and fields are parted by commas or spaces.
    pub fn parse(format: &str, crs: &str, fields: &str) -> Result<Output, &'static str> {
        let format = if format.is_empty() { Some(Format::FlatGeobuf) } else { Format::from_id(format) };
        let format = format.ok_or("format")?;
        let usual = if format.takes(Crs::Wgs84) { Crs::Wgs84 } else { Crs::Vn2000 };
        let crs = if crs.is_empty() { Some(usual) } else { Crs::from_id(crs) };
        let fields: Vec<&str> = fields.split([',', ' ', ';']).filter(|field| !field.is_empty()).collect();
        Output::new(format, crs.ok_or("crs")?, &fields)
    }

    /// Whether it can go out as it lies in the edition.
    pub fn is_as_it_lies(&self) -> bool {
        *self == Output::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_in_the_order_of_the_standard_and_all_of_them_is_none() {
        let output = Output::parse("gpkg", "vn2000", "dienTich, maXa").unwrap();
        assert_eq!(output.fields, ["maXa", "dienTich"]);
        let all = Layer::Parcels.terms().fields.join(",");
        assert!(Output::parse("", "", &all).unwrap().is_as_it_lies());
        assert!(!Output::parse("fgb", "vn2000", "").unwrap().is_as_it_lies());
        assert_eq!(Output::parse("dxf", "", "").unwrap().crs, Crs::Vn2000);
        for (format, crs, fields, why) in [
            ("dwg", "", "", "format"),
            ("gpkg", "utm", "", "crs"),
            ("geojson", "vn2000", "", "format_crs"),
            ("dxf", "wgs84", "", "format_crs"),
            ("gpkg", "", "maXa,chuSuDung", "field"),
        ] {
            assert_eq!(Output::parse(format, crs, fields), Err(why));
        }
    }
}

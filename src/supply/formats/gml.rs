//! GML 3.2 of Simple Features (level 0) in an archive, with its schema and the provenance beside it. Positions have
//! the order of axes of the system they name: latitude first in WGS 84, easting first in VN-2000.

use std::io::{self, Write};
use std::path::Path;

use super::{Archive, Job, LAYER, Row};
use crate::supply::feature::{Kind, Value};
use crate::supply::polygon;

const NAMESPACE: &str = "urn:vn:cong-bo-dat-dai:thua-dat:1.0";

pub fn write(job: &Job<'_>, path: &Path) -> io::Result<()> {
    let mut archive = Archive::create(path)?;
    let stem = job.stem();
    let out = archive.begin(&format!("{stem}.gml"))?;
    let system = format!("urn:ogc:def:crs:EPSG::{}", job.frame.epsg());
    let [west, south, east, north] = bounds(job)?;
    let [low, high] = [place(job, &[west, south]), place(job, &[east, north])];
    write!(
        out,
        // GDAL takes the system of a layer from this box alone, where there is a schema.
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<cb:TapThuaDat gml:id=\"tap\" xmlns:cb=\"{NAMESPACE}\" \
         xmlns:gml=\"http://www.opengis.net/gml/3.2\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xsi:schemaLocation=\"{NAMESPACE} {stem}.xsd\">\n<gml:metaDataProperty><gml:GenericMetaData>{}\
         </gml:GenericMetaData></gml:metaDataProperty>\n<gml:boundedBy><gml:Envelope srsName=\"{system}\" \
         srsDimension=\"2\"><gml:lowerCorner>{low}</gml:lowerCorner><gml:upperCorner>{high}</gml:upperCorner>\
         </gml:Envelope></gml:boundedBy>\n",
        escaped(&job.order.provenance.line())
    )?;
    let fields = job.fields();
    let mut number = 0;
    job.rows(|row| {
        number += 1;
        write!(out, "<cb:thanhPhan><cb:{LAYER} gml:id=\"t{number}\">")?;
        out.write_all(shape(job, &row, &system, number).as_bytes())?;
        for ((name, _), value) in fields.iter().zip(&row.values) {
            match value {
                Value::Nothing => {}
                Value::Integer(integer) => write!(out, "<cb:{name}>{integer}</cb:{name}>")?,
                Value::Real(real) => write!(out, "<cb:{name}>{real}</cb:{name}>")?,
                Value::Text(text) => write!(out, "<cb:{name}>{}</cb:{name}>", escaped(text))?,
            }
        }
        writeln!(out, "</cb:{LAYER}></cb:thanhPhan>")
    })?;
    out.write_all(b"</cb:TapThuaDat>\n")?;
    archive.add(&format!("{stem}.xsd"), schema(&fields).as_bytes())?;
    archive.finish(job, "")
}

fn shape(job: &Job<'_>, row: &Row, system: &str, number: u64) -> String {
    let ring = |ring: &Vec<[f64; 2]>| {
        let places: Vec<String> = ring.iter().chain(ring.first()).map(|corner| place(job, corner)).collect();
        format!("<gml:LinearRing><gml:posList>{}</gml:posList></gml:LinearRing>", places.join(" "))
    };
    let polygon = |(i, rings): (usize, &Vec<Vec<[f64; 2]>>)| {
        let holes: String =
            rings[1..].iter().map(|hole| format!("<gml:interior>{}</gml:interior>", ring(hole))).collect();
        format!(
            "<gml:surfaceMember><gml:Polygon gml:id=\"t{number}.{i}\" srsName=\"{system}\"><gml:exterior>{}\
             </gml:exterior>{holes}</gml:Polygon></gml:surfaceMember>",
            ring(&rings[0])
        )
    };
    let members: String = row.polygons.iter().enumerate().map(polygon).collect();
    format!(
        "<cb:ranh><gml:MultiSurface gml:id=\"t{number}.r\" srsName=\"{system}\" srsDimension=\"2\">{members}\
         </gml:MultiSurface></cb:ranh>"
    )
}

fn place(job: &Job<'_>, [x, y]: &[f64; 2]) -> String {
    let [x, y] = [x, y].map(|number| job.frame.text(*number));
    if job.frame.is_degrees() { format!("{y} {x}") } else { format!("{x} {y}") }
}

/// A box around all, from the boxes of the index: nothing has to be decoded for it.
fn bounds(job: &Job<'_>) -> io::Result<[f64; 4]> {
    let mut corners = vec![];
    for leaf in job.selection.taken.iter().flat_map(|(_, leaves)| leaves) {
        let node = &leaf.node;
        for corner in
            [[node.min_x, node.min_y], [node.min_x, node.max_y], [node.max_x, node.min_y], [node.max_x, node.max_y]]
        {
            corners.push(job.frame.place(corner)?);
        }
    }
    Ok(polygon::bounds(corners.iter()))
}

fn escaped(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control())
        .map(|c| match c {
            '&' => "&amp;".into(),
            '<' => "&lt;".into(),
            '>' => "&gt;".into(),
            '"' => "&quot;".into(),
            c => c.to_string(),
        })
        .collect()
}

fn schema(fields: &[(&str, Kind)]) -> String {
    let elements: String = fields
        .iter()
        .map(|(name, kind)| {
            let kind = match kind {
                Kind::Integer => "long",
                Kind::Real => "double",
                Kind::Text => "string",
            };
            format!("<xs:element name=\"{name}\" type=\"xs:{kind}\" minOccurs=\"0\"/>\n")
        })
        .collect();
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<xs:schema targetNamespace="{NAMESPACE}" xmlns:cb="{NAMESPACE}" xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:gmlsf="http://www.opengis.net/gmlsf/2.0" xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified" version="1.0">
<xs:annotation><xs:appinfo source="http://schemas.opengis.net/gmlsfProfile/2.0/gmlsfLevels.xsd"><gmlsf:ComplianceLevel>0</gmlsf:ComplianceLevel></xs:appinfo></xs:annotation>
<xs:import namespace="http://www.opengis.net/gml/3.2" schemaLocation="http://schemas.opengis.net/gml/3.2.1/gml.xsd"/>
<xs:element name="TapThuaDat" type="cb:TapThuaDatType" substitutionGroup="gml:AbstractGML"/>
<xs:complexType name="TapThuaDatType"><xs:complexContent><xs:extension base="gml:AbstractFeatureType"><xs:sequence minOccurs="0" maxOccurs="unbounded">
<xs:element name="thanhPhan"><xs:complexType><xs:complexContent><xs:extension base="gml:AbstractFeatureMemberType"><xs:sequence><xs:element ref="gml:AbstractFeature"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType></xs:element>
</xs:sequence></xs:extension></xs:complexContent></xs:complexType>
<xs:element name="{LAYER}" type="cb:{LAYER}Type" substitutionGroup="gml:AbstractFeature"/>
<xs:complexType name="{LAYER}Type"><xs:complexContent><xs:extension base="gml:AbstractFeatureType"><xs:sequence>
<xs:element name="ranh" type="gml:MultiSurfacePropertyType"/>
{elements}</xs:sequence></xs:extension></xs:complexContent></xs:complexType>
</xs:schema>
"#
    )
}

//! GML 3.1 and 3.2 feature collections, streamed twice: first to learn the feature types, their columns and
//! the coordinate system, then for the rows. Names count without their namespaces, so GDAL's files, WFS
//! answers and the exports of land-information systems are read alike.
//!
//! A feature is any element inside a `…Member` of the collection. Its children with plain text are its
//! columns, the one with a geometry is its shape; `gml:id` and `boundedBy` are neither. A column that holds
//! further elements is a column too, so that it must be listed or withheld, but its rows are refused.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use super::gml_geometry::{self, ShapeReader};
use super::xml::{MAX_TEXT_BYTES, Tag, Token, Xml, XmlFault};
use super::{DeclaredCrs, Each, Row, Table, Value};
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::model::shapes::{GeometryKind, GridCoord, Shapes};

/// Columns of one feature type; a register of parcels has about 60.
const MAX_COLUMNS: usize = 4_096;
/// Names under which exports keep the shape; such a property counts as geometry even where it only refers.
const GEOMETRY_PROPERTIES: [&str; 6] = ["geometryProperty", "geometry", "geom", "the_geom", "shape", "msGeometry"];

pub struct Gml {
    absolute: PathBuf,
    path: PathBuf,
    layer: String,
    kind: FeatureType,
    crs: DeclaredCrs,
}

#[derive(Default)]
struct FeatureType {
    /// In the order in which they first appear, over all features.
    columns: Vec<String>,
    geometries: BTreeSet<String>,
}

impl Gml {
    /// Opens one feature type; without a name the file must have exactly one.
    pub fn open(site: &Path, path: &Path, layer: Option<&str>) -> Result<Self> {
        let absolute = site.join(path);
        let mut survey = survey(&absolute, path)?;
        let layer = choose(&survey, layer).map_err(|problem| {
            Fault::new(Stage::Read, Exit::Input, problem).file(path).remedy("name an existing layer in [[source]]")
        })?;
        let crs = survey.crs().map_err(|problem| {
            Fault::new(Stage::Read, Exit::Input, problem)
                .file(path)
                .remedy("export each coordinate system as a file of its own")
        })?;
        let kind = survey.types.remove(&layer).unwrap_or_default();
        Ok(Gml { absolute, path: path.to_owned(), layer, kind, crs })
    }
}

/// Names of the feature types of a file.
pub fn layers(site: &Path, path: &Path) -> Result<Vec<String>> {
    Ok(survey(&site.join(path), path)?.types.into_keys().collect())
}

impl Table for Gml {
    fn columns(&self) -> &[String] {
        &self.kind.columns
    }

    fn crs(&self) -> DeclaredCrs {
        self.crs.clone()
    }

    fn rows(&self, columns: &[&str], each: &mut Each<'_>) -> Result<()> {
        let mut number = 0;
        let mut visitor = Rows { table: self, columns, number: &mut number, each };
        walk(open(&self.absolute, &self.path)?, &mut visitor).map_err(|stop| stop.failure(&self.path))
    }
}

fn open(absolute: &Path, path: &Path) -> Result<Xml<BufReader<File>>> {
    let file = File::open(absolute).map_err(|e| Fault::storage(Stage::Read, path, e))?;
    Ok(Xml::new(BufReader::with_capacity(1 << 16, file)))
}

fn survey(absolute: &Path, path: &Path) -> Result<Survey> {
    let mut survey = Survey::default();
    walk(open(absolute, path)?, &mut survey).map_err(|stop| stop.failure(path))?;
    Ok(survey)
}

fn choose(survey: &Survey, wanted: Option<&str>) -> std::result::Result<String, String> {
    let names: Vec<&String> = survey.types.keys().collect();
    match (wanted, names.as_slice()) {
        (None, []) => Err("the file has no feature members".into()),
        (None, [only]) => Ok((*only).clone()),
        (Some(name), _) if survey.types.contains_key(name) => Ok(name.to_owned()),
        (Some(name), _) => Err(format!("there is no layer '{name}'; the layers are {}", listed(&names))),
        (None, _) => Err(format!("the file has several layers: {}", listed(&names))),
    }
}

fn listed(names: &[&String]) -> String {
    names.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ")
}

/// Why a walk ended before the end.
enum Stop {
    Xml(XmlFault),
    /// What the caller's `each` returned.
    Caller(Failure),
}

impl From<XmlFault> for Stop {
    fn from(fault: XmlFault) -> Self {
        Stop::Xml(fault)
    }
}

impl Stop {
    fn failure(self, path: &Path) -> Failure {
        match self {
            Stop::Caller(failure) => failure,
            Stop::Xml(fault) => Fault::new(Stage::Read, Exit::Input, format!("the GML cannot be read: {fault}"))
                .file(path)
                .remedy("export the layer again as GML 3.2 in UTF-8, and check that the copy is whole")
                .into(),
        }
    }
}

/// What one of the two passes does with what it meets.
trait Visitor<R: BufRead> {
    /// Reads one feature to its end; its start tag has been read.
    fn feature(&mut self, xml: &mut Xml<R>, name: String) -> Result<(), Stop>;

    /// Takes note of an element outside features.
    fn element(&mut self, tag: &Tag<'_>);
}

fn walk<R: BufRead>(mut xml: Xml<R>, visitor: &mut dyn Visitor<R>) -> Result<(), Stop> {
    loop {
        match xml.next()? {
            Token::Start(tag) => {
                let cut = is_cut_answer(&tag);
                visitor.element(&tag);
                collection(&mut xml, cut, visitor)?;
            }
            Token::Eof => return Ok(()),
            _ => {}
        }
    }
}

/// A service that answers with fewer features than it found says so in two attributes.
fn is_cut_answer(tag: &Tag<'_>) -> bool {
    let count = |name| tag.number::<u64>(name);
    count("numberMatched").zip(count("numberReturned")).is_some_and(|(matched, returned)| returned < matched)
}

fn collection<R: BufRead>(xml: &mut Xml<R>, cut: bool, visitor: &mut dyn Visitor<R>) -> Result<(), Stop> {
    const CUT: &str = "the service cut its answer short: ask it for all features";
    if cut {
        return Err(xml.fault(CUT).into());
    }
    loop {
        match xml.next()? {
            Token::Start(tag) => {
                let (name, reference) = (tag.local(), tag.attribute("href").is_some());
                visitor.element(&tag);
                match name.as_str() {
                    "truncatedResponse" => return Err(xml.fault(CUT).into()),
                    _ if !is_member(&name) => others(xml, visitor)?,
                    _ if reference => {
                        return Err(xml.fault("a feature is only referred to (xlink:href): export it whole").into());
                    }
                    _ => members(xml, visitor)?,
                }
            }
            Token::End | Token::Eof => return Ok(()),
            _ => {}
        }
    }
}

/// `featureMember`, `featureMembers`, `member`, `thuaDatMember`.
fn is_member(name: &str) -> bool {
    let name = name.strip_suffix('s').unwrap_or(name);
    name == "member" || name.ends_with("Member")
}

fn members<R: BufRead>(xml: &mut Xml<R>, visitor: &mut dyn Visitor<R>) -> Result<(), Stop> {
    loop {
        match xml.next()? {
            Token::Start(tag) if tag.local().ends_with("FeatureCollection") => {
                let cut = is_cut_answer(&tag);
                visitor.element(&tag);
                collection(xml, cut, visitor)?;
            }
            Token::Start(tag) => {
                let name = tag.local();
                visitor.feature(xml, name)?;
            }
            Token::End | Token::Eof => return Ok(()),
            _ => {}
        }
    }
}

/// What is neither member nor feature: the extent, names, remarks.
fn others<R: BufRead>(xml: &mut Xml<R>, visitor: &mut dyn Visitor<R>) -> Result<(), Stop> {
    let outside = xml.depth() - 1;
    while xml.depth() > outside {
        if let Token::Start(tag) = xml.next()? {
            visitor.element(&tag);
        }
    }
    Ok(())
}

/// The first pass.
#[derive(Default)]
struct Survey {
    types: BTreeMap<String, FeatureType>,
    crs_names: BTreeSet<String>,
}

impl Survey {
    /// All names must mean one system.
    fn crs(&self) -> std::result::Result<DeclaredCrs, String> {
        let declared = self.crs_names.iter().map(|name| declared_crs(name)).collect::<Vec<_>>();
        match declared.split_first() {
            None => Ok(DeclaredCrs::Unknown),
            Some((first, rest)) if rest.iter().all(|other| other == first) => Ok(first.clone()),
            Some(_) => Err("the file names several coordinate systems (srsName)".into()),
        }
    }
}

impl<R: BufRead> Visitor<R> for Survey {
    fn element(&mut self, tag: &Tag<'_>) {
        // A few names are enough to see that they differ.
        if self.crs_names.len() < 16
            && let Some(name) = tag.attribute("srsName").filter(|name| !name.trim().is_empty())
        {
            self.crs_names.insert(name);
        }
    }

    fn feature(&mut self, xml: &mut Xml<R>, name: String) -> Result<(), Stop> {
        let mut kind = self.types.remove(&name).unwrap_or_default();
        let outside = xml.depth() - 1;
        while xml.depth() > outside {
            if let Token::Start(tag) = xml.next()? {
                let property = tag.local();
                let refers = tag.attribute("href").is_some();
                let holds = self.property(xml)?;
                match holds {
                    _ if property == "boundedBy" => {}
                    Holds::Geometry => kind.add_geometry(property),
                    Holds::Text if refers && GEOMETRY_PROPERTIES.contains(&property.as_str()) => {
                        kind.add_geometry(property);
                    }
                    _ => kind.add_column(property),
                }
            }
            if kind.columns.len() + kind.geometries.len() > MAX_COLUMNS || self.types.len() > MAX_COLUMNS {
                return Err(xml.fault(format!("there are more than {MAX_COLUMNS} columns")).into());
            }
        }
        self.types.insert(name, kind);
        Ok(())
    }
}

enum Holds {
    Text,
    Geometry,
    Elements,
}

impl Survey {
    /// Reads one property to its end and says what it holds.
    fn property<R: BufRead>(&mut self, xml: &mut Xml<R>) -> Result<Holds, XmlFault> {
        let outside = xml.depth() - 1;
        let mut holds = Holds::Text;
        while xml.depth() > outside {
            match xml.next()? {
                Token::Start(tag) => {
                    Visitor::<R>::element(self, &tag);
                    let name = tag.local();
                    if matches!(holds, Holds::Text) {
                        holds = if gml_geometry::is_geometry(&name) { Holds::Geometry } else { Holds::Elements };
                    }
                    xml.limit_text(gml_geometry::text_limit(&name));
                }
                Token::End => xml.limit_text(MAX_TEXT_BYTES),
                _ => {}
            }
        }
        Ok(holds)
    }
}

impl FeatureType {
    fn add_column(&mut self, name: String) {
        if !self.geometries.contains(&name) && !self.columns.contains(&name) {
            self.columns.push(name);
        }
    }

    /// What holds a geometry in one feature is no column of another.
    fn add_geometry(&mut self, name: String) {
        self.columns.retain(|column| *column != name);
        self.geometries.insert(name);
    }
}

/// `urn:ogc:def:crs:EPSG::9210`, `EPSG:9210`, `http://www.opengis.net/def/crs/EPSG/0/9210` and
/// `http://www.opengis.net/gml/srs/epsg.xml#9210`. The order of axes is not taken from the form: VN-2000's
/// systems have easting first in all of them, and a dataset that differs says so itself.
fn declared_crs(name: &str) -> DeclaredCrs {
    let name = name.trim();
    let code = name.rsplit([':', '/', '#']).next().and_then(|code| code.parse().ok());
    let names_epsg = name.to_ascii_lowercase().contains("epsg") && !name.contains(',');
    match code.filter(|_| names_epsg) {
        Some(code) => DeclaredCrs::Epsg(code),
        None => DeclaredCrs::Other(name.chars().filter(|c| !c.is_control()).take(80).collect()),
    }
}

/// The second pass.
struct Rows<'a, 'b> {
    table: &'a Gml,
    columns: &'a [&'a str],
    number: &'a mut u64,
    each: &'a mut Each<'b>,
}

impl<R: BufRead> Visitor<R> for Rows<'_, '_> {
    fn element(&mut self, _tag: &Tag<'_>) {}

    fn feature(&mut self, xml: &mut Xml<R>, name: String) -> Result<(), Stop> {
        if name != self.table.layer {
            return gml_geometry::skip(xml).map_err(Stop::Xml);
        }
        *self.number += 1;
        let mut feature = Feature::new(self.columns.len());
        let outside = xml.depth() - 1;
        while xml.depth() > outside {
            if let Token::Start(tag) = xml.next()? {
                let property =
                    Property { name: tag.local(), nil: tag.is_true("nil"), refers: tag.attribute("href").is_some() };
                self.property(xml, &property, &mut feature)?;
            }
        }
        let row = Row { place: format!("feature {}", self.number), values: std::mem::take(&mut feature.values) };
        (self.each)(row, feature.finish(!self.table.kind.geometries.is_empty())).map_err(Stop::Caller)
    }
}

struct Property {
    name: String,
    nil: bool,
    refers: bool,
}

impl Rows<'_, '_> {
    fn property<R: BufRead>(&self, xml: &mut Xml<R>, property: &Property, feature: &mut Feature) -> Result<(), Stop> {
        if self.table.kind.geometries.contains(&property.name) {
            return feature.geometry(xml, property).map_err(Stop::Xml);
        }
        match self.columns.iter().position(|column| *column == property.name) {
            Some(i) => feature.text(xml, property, i).map_err(Stop::Xml),
            None => gml_geometry::skip(xml).map_err(Stop::Xml),
        }
    }
}

/// One row as it fills.
struct Feature {
    values: Vec<Value>,
    shape: Option<std::result::Result<Shapes<GridCoord>, String>>,
    fault: Option<String>,
}

impl Feature {
    fn new(columns: usize) -> Self {
        Feature { values: vec![Value::Null; columns], shape: None, fault: None }
    }

    fn text<R: BufRead>(&mut self, xml: &mut Xml<R>, property: &Property, i: usize) -> Result<(), XmlFault> {
        match xml.text()? {
            None => self.refuse(format!("{} holds further elements instead of a text", property.name)),
            Some(text) if property.nil || text.trim().is_empty() => {}
            Some(_) if self.values[i] != Value::Null => self.refuse(format!("{} stands there twice", property.name)),
            Some(text) => self.values[i] = Value::Text(text.trim().to_owned()),
        }
        Ok(())
    }

    fn geometry<R: BufRead>(&mut self, xml: &mut Xml<R>, property: &Property) -> Result<(), XmlFault> {
        let outside = xml.depth() - 1;
        while xml.depth() > outside {
            if let Token::Start(tag) = xml.next()? {
                let mut shape = ShapeReader::default();
                let start = gml_geometry::Start::of(&tag);
                shape.read(xml, start)?;
                if self.shape.replace(shape.finish()).is_some() {
                    self.refuse("the feature has two geometries".into());
                }
            }
        }
        if property.refers && self.shape.is_none() {
            self.refuse("the geometry is only referred to (xlink:href): export it in place".into());
        }
        Ok(())
    }

    fn refuse(&mut self, problem: String) {
        self.fault.get_or_insert(problem);
    }

    /// A type without any geometry is a table.
    fn finish(self, has_geometry: bool) -> std::result::Result<Shapes<GridCoord>, String> {
        match (self.fault, self.shape) {
            (Some(fault), _) => Err(fault),
            (None, Some(shape)) => shape,
            (None, None) if has_geometry => Err("there is no geometry".into()),
            (None, None) => Ok(Shapes::new(GeometryKind::Point)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms_of_a_coordinate_systems_name_mean_the_same() {
        for name in [
            "EPSG:9210",
            "urn:ogc:def:crs:EPSG::9210",
            "urn:ogc:def:crs:EPSG:9.6:9210",
            "http://www.opengis.net/def/crs/EPSG/0/9210",
            "http://www.opengis.net/gml/srs/epsg.xml#9210",
        ] {
            assert_eq!(declared_crs(name), DeclaredCrs::Epsg(9210), "{name}");
        }
        for name in ["VN2000_105-45", "urn:ogc:def:crs,crs:EPSG::9210,crs:EPSG::5773", "urn:ogc:def:crs:OGC:1.3:CRS84"]
        {
            assert_eq!(declared_crs(name), DeclaredCrs::Other(name.into()));
        }
    }

    #[test]
    fn members_are_known_by_the_end_of_their_name() {
        for name in ["featureMember", "featureMembers", "member", "members", "thuaDatMember"] {
            assert!(is_member(name), "{name}");
        }
        for name in ["boundedBy", "remember", "name", "Membership"] {
            assert!(!is_member(name), "{name}");
        }
    }
}

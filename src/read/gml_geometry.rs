//! GML geometries with straight edges → [`Shapes`]. Curves, references and collections are refused by name,
//! as a fault of their feature: reading goes on with the next.

use std::io::BufRead;

use geozero::GeomProcessor;

use super::geometry::ShapesBuilder;
use super::xml::{MAX_TEXT_BYTES, Tag, Token, Xml, XmlFault};
use crate::model::shapes::{GeometryKind, GridCoord, Shapes};

/// No parcel or zone of a province has more.
const MAX_POINTS: usize = 1_000_000;
/// A million points at 20 digits each coordinate stay below.
const MAX_COORDINATE_BYTES: usize = 64 << 20;

const STRAIGHT: [&str; 14] = [
    "Point",
    "MultiPoint",
    "LineString",
    "Curve",
    "CompositeCurve",
    "MultiCurve",
    "MultiLineString",
    "Polygon",
    "Surface",
    "CompositeSurface",
    "MultiSurface",
    "MultiPolygon",
    "LinearRing",
    "Ring",
];
const CURVED: [&str; 16] = [
    "Arc",
    "ArcString",
    "ArcByBulge",
    "ArcStringByBulge",
    "ArcByCenterPoint",
    "Circle",
    "CircleByCenterPoint",
    "CubicSpline",
    "BSpline",
    "Bezier",
    "Clothoid",
    "Geodesic",
    "GeodesicString",
    "OffsetCurve",
    "OrientableCurve",
    "OrientableSurface",
];
const OTHER: [&str; 12] = [
    "MultiGeometry",
    "GeometryCollection",
    "GeometricComplex",
    "PolyhedralSurface",
    "TriangulatedSurface",
    "Tin",
    "Solid",
    "CompositeSolid",
    "MultiSolid",
    "Envelope",
    "Box",
    "Grid",
];
const REMARKS: [&str; 5] = ["metaDataProperty", "description", "descriptionReference", "identifier", "name"];

/// Whether an element inside a property makes it a geometry property.
pub fn is_geometry(name: &str) -> bool {
    STRAIGHT.contains(&name) || CURVED.contains(&name) || OTHER.contains(&name)
}

/// Coordinate lists may be longer than other texts.
pub fn text_limit(name: &str) -> usize {
    if matches!(name, "posList" | "coordinates") { MAX_COORDINATE_BYTES } else { MAX_TEXT_BYTES }
}

/// Passes over the element that was opened last, geometries included.
pub fn skip<R: BufRead>(xml: &mut Xml<R>) -> Result<(), XmlFault> {
    let outside = xml.depth() - 1;
    while xml.depth() > outside {
        match xml.next()? {
            Token::Start(tag) => {
                let limit = text_limit(&tag.local());
                xml.limit_text(limit);
            }
            Token::End => xml.limit_text(MAX_TEXT_BYTES),
            _ => {}
        }
    }
    Ok(())
}

/// What counts of a start tag inside a geometry.
pub struct Start {
    name: String,
    refers: bool,
    dimension: Option<usize>,
    /// `interpolation` of a segment that is not straight.
    curved: bool,
    /// Decimal sign, and what stands between numbers and between points of `coordinates`.
    signs: [char; 3],
}

impl Start {
    pub fn of(tag: &Tag<'_>) -> Self {
        let sign = |name, default| tag.attribute(name).and_then(|text| text.chars().next()).unwrap_or(default);
        Start {
            name: tag.local(),
            refers: tag.attribute("href").is_some(),
            dimension: tag.number("srsDimension"),
            curved: tag.attribute("interpolation").is_some_and(|how| !matches!(how.as_str(), "linear" | "planar")),
            signs: [sign("decimal", '.'), sign("cs", ','), sign("ts", ' ')],
        }
    }
}

/// Reads one feature's geometry. What is wrong is kept, and reading goes on to the end of the element.
#[derive(Default)]
pub struct ShapeReader {
    builder: ShapesBuilder,
    kind: Option<GeometryKind>,
    /// The ring, line or point that is being read.
    line: Vec<GridCoord>,
    dimension: Option<usize>,
    points: usize,
    coordinate_bytes: usize,
    fault: Option<String>,
}

impl ShapeReader {
    /// # Errors
    /// A sentence saying what is wrong with the geometry.
    pub fn finish(mut self) -> Result<Shapes<GridCoord>, String> {
        if self.kind.is_none() {
            self.refuse("the geometry is empty");
        }
        let whole = self.builder.end_feature();
        match self.fault {
            Some(fault) => Err(fault),
            None => whole.map(|()| self.builder.shapes),
        }
    }

    /// Reads the geometry that `start` opened, to its end.
    pub fn read<R: BufRead>(&mut self, xml: &mut Xml<R>, start: Start) -> Result<(), XmlFault> {
        let outer_dimension = self.dimension;
        self.dimension = start.dimension.or(outer_dimension);
        match start.name.as_str() {
            _ if start.refers => {
                self.refuse_and_skip(xml, "a part of the geometry is only referred to (xlink:href)")?
            }
            "Polygon" | "PolygonPatch" | "Rectangle" | "Triangle" => self.polygon(xml, &start)?,
            "Surface" | "CompositeSurface" | "MultiSurface" | "MultiPolygon" | "MultiCurve" | "MultiLineString"
            | "MultiPoint" => self.parts(xml)?,
            "LineString" | "Curve" | "CompositeCurve" => self.open_line(xml, start)?,
            "Point" => self.point(xml)?,
            _ => self.refuse_element(xml, &start)?,
        }
        self.dimension = outer_dimension;
        Ok(())
    }

    /// Members, patches: every child of a child is a geometry.
    fn parts<R: BufRead>(&mut self, xml: &mut Xml<R>) -> Result<(), XmlFault> {
        self.grandchildren(xml, |reader, xml, start| reader.read(xml, start))
    }

    fn grandchildren<R: BufRead>(
        &mut self,
        xml: &mut Xml<R>,
        mut each: impl FnMut(&mut Self, &mut Xml<R>, Start) -> Result<(), XmlFault>,
    ) -> Result<(), XmlFault> {
        let parent = xml.depth();
        while xml.depth() >= parent {
            let depth = xml.depth();
            if let Token::Start(tag) = xml.next()? {
                let start = Start::of(&tag);
                match start.name.as_str() {
                    name if REMARKS.contains(&name) => skip(xml)?,
                    _ if start.refers => {
                        self.refuse_and_skip(xml, "a part of the geometry is only referred to (xlink:href)")?;
                    }
                    _ if depth > parent => each(self, xml, start)?,
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn polygon<R: BufRead>(&mut self, xml: &mut Xml<R>, start: &Start) -> Result<(), XmlFault> {
        self.becomes(GeometryKind::Polygon);
        if start.curved {
            self.refuse("curves are refused: a patch is not planar; export straight segments");
        }
        let parent = xml.depth();
        let mut rings = 0;
        while xml.depth() >= parent {
            if let Token::Start(tag) = xml.next()? {
                let start = Start::of(&tag);
                match start.name.as_str() {
                    "exterior" | "outerBoundaryIs" if rings == 0 => self.ring(xml, &mut rings)?,
                    "interior" | "innerBoundaryIs" if rings > 0 => self.ring(xml, &mut rings)?,
                    name if REMARKS.contains(&name) => skip(xml)?,
                    _ => self.refuse_and_skip(xml, "the rings of a polygon are out of order")?,
                }
            }
        }
        if rings == 0 {
            self.refuse("a polygon has no outer ring");
        }
        self.tell(|builder| builder.polygon_end(true, 0));
        Ok(())
    }

    /// `exterior` or `interior`.
    fn ring<R: BufRead>(&mut self, xml: &mut Xml<R>, rings: &mut usize) -> Result<(), XmlFault> {
        let parent = xml.depth();
        while xml.depth() >= parent {
            if let Token::Start(tag) = xml.next()? {
                let start = Start::of(&tag);
                self.curve(xml, start)?;
                self.flush(|builder| builder.linestring_end(false, 0));
                *rings += 1;
            }
        }
        Ok(())
    }

    fn open_line<R: BufRead>(&mut self, xml: &mut Xml<R>, start: Start) -> Result<(), XmlFault> {
        self.becomes(GeometryKind::Line);
        self.curve(xml, start)?;
        if self.line.len() < 2 {
            self.refuse("a line has fewer than two points");
        }
        self.flush(|builder| builder.linestring_end(true, 0));
        Ok(())
    }

    fn point<R: BufRead>(&mut self, xml: &mut Xml<R>) -> Result<(), XmlFault> {
        self.becomes(GeometryKind::Point);
        self.coordinates(xml)?;
        if self.line.len() != 1 {
            self.refuse("a point has not exactly one position");
        }
        self.flush(|builder| builder.point_end(0));
        Ok(())
    }

    /// Adds a curve's points to the line that is being read; pieces must begin where the last one ended.
    fn curve<R: BufRead>(&mut self, xml: &mut Xml<R>, start: Start) -> Result<(), XmlFault> {
        match start.name.as_str() {
            _ if start.refers => self.refuse_and_skip(xml, "a part of the geometry is only referred to (xlink:href)"),
            "LineStringSegment" if start.curved => {
                self.refuse_and_skip(xml, "curves are refused: a segment is not linear; export straight segments")
            }
            "LinearRing" | "LineString" | "LineStringSegment" => {
                let outer_dimension = self.dimension;
                self.dimension = start.dimension.or(outer_dimension);
                let before = std::mem::take(&mut self.line);
                self.coordinates(xml)?;
                self.join(before);
                self.dimension = outer_dimension;
                Ok(())
            }
            "Curve" | "CompositeCurve" | "Ring" => {
                self.grandchildren(xml, |reader, xml, start| reader.curve(xml, start))
            }
            _ => self.refuse_element(xml, &start),
        }
    }

    fn join(&mut self, mut before: Vec<GridCoord>) {
        if !before.is_empty() {
            if before.last() != self.line.first() {
                self.refuse("the pieces of a curve do not join");
            }
            before.extend(self.line.drain(..).skip(1));
            self.line = before;
        }
    }

    /// `pos`, `posList` and `coordinates` of the element that was opened last, to its end.
    fn coordinates<R: BufRead>(&mut self, xml: &mut Xml<R>) -> Result<(), XmlFault> {
        let parent = xml.depth();
        while xml.depth() >= parent {
            if let Token::Start(tag) = xml.next()? {
                let start = Start::of(&tag);
                match start.name.as_str() {
                    "pos" | "posList" | "coordinates" => self.list(xml, &start)?,
                    name if REMARKS.contains(&name) => skip(xml)?,
                    _ => self.refuse_and_skip(xml, "positions are written in a form that is not supported")?,
                }
            }
        }
        Ok(())
    }

    fn list<R: BufRead>(&mut self, xml: &mut Xml<R>, start: &Start) -> Result<(), XmlFault> {
        xml.limit_text(text_limit(&start.name));
        let text = xml.text()?;
        xml.limit_text(MAX_TEXT_BYTES);
        let Some(text) = text else {
            self.refuse("positions hold further elements");
            return Ok(());
        };
        self.coordinate_bytes += text.len();
        if self.coordinate_bytes > MAX_COORDINATE_BYTES {
            self.refuse("the coordinates of one feature are longer than 64 MiB");
            return Ok(());
        }
        let declared = start.dimension.or(self.dimension);
        match start.name.as_str() {
            "coordinates" => self.take_tuples(&text, start.signs),
            "pos" => self.take_positions(&text, text.split_ascii_whitespace().count()),
            _ => self.take_positions(&text, declared.unwrap_or(2)),
        }
        Ok(())
    }

    fn take_positions(&mut self, text: &str, dimension: usize) {
        if !matches!(dimension, 2 | 3) {
            self.refuse("a position has neither two nor three numbers");
            return;
        }
        let mut numbers = text.split_ascii_whitespace();
        while let Some(x) = numbers.next() {
            let y = numbers.next();
            let whole = dimension == 2 || numbers.next().is_some();
            if !self.take(x, y.filter(|_| whole)) {
                return;
            }
        }
    }

    fn take_tuples(&mut self, text: &str, [decimal, between_numbers, between_points]: [char; 3]) {
        let is_break = |c: char| c == between_points || (between_points.is_whitespace() && c.is_ascii_whitespace());
        for tuple in text.split(is_break).map(str::trim).filter(|tuple| !tuple.is_empty()) {
            let tuple: Vec<String> = tuple.split(between_numbers).map(|n| n.trim().replace(decimal, ".")).collect();
            let y = tuple.get(1).filter(|_| tuple.len() <= 3);
            if !self.take(&tuple[0], y.map(String::as_str)) {
                return;
            }
        }
    }

    /// Adds one point; false ends the list.
    fn take(&mut self, x: &str, y: Option<&str>) -> bool {
        self.points += 1;
        let Some(point) = y.and_then(|y| Some([x.parse().ok()?, y.parse().ok()?])) else {
            self.refuse("a position is not made of whole pairs of numbers");
            return false;
        };
        self.line.push(point);
        if self.points > MAX_POINTS {
            self.refuse("the geometry has more than 1000000 points");
        }
        self.points <= MAX_POINTS
    }

    fn becomes(&mut self, kind: GeometryKind) {
        if *self.kind.get_or_insert(kind) != kind {
            self.refuse("a collection of geometries is not one shape");
        }
        self.builder.shapes.kind = kind;
    }

    /// Hands the points over and ends what they make up.
    fn flush(&mut self, end: impl FnOnce(&mut ShapesBuilder) -> geozero::error::Result<()>) {
        for [x, y] in std::mem::take(&mut self.line) {
            self.tell(|builder| builder.xy(x, y, 0));
        }
        self.tell(end);
    }

    fn tell(&mut self, what: impl FnOnce(&mut ShapesBuilder) -> geozero::error::Result<()>) {
        if let Err(e) = what(&mut self.builder) {
            self.refuse(&e.to_string());
        }
    }

    fn refuse_element<R: BufRead>(&mut self, xml: &mut Xml<R>, start: &Start) -> Result<(), XmlFault> {
        let problem = match start.name.as_str() {
            "MultiGeometry" | "GeometryCollection" => "a collection of geometries is not one shape".to_owned(),
            name if CURVED.contains(&name) => format!("curves are refused: {name}; export straight segments"),
            name if is_geometry(name) => format!("a geometry of the kind {name} is not supported"),
            _ => "an unknown element stands in the geometry".to_owned(),
        };
        self.refuse_and_skip(xml, &problem)
    }

    fn refuse_and_skip<R: BufRead>(&mut self, xml: &mut Xml<R>, problem: &str) -> Result<(), XmlFault> {
        self.refuse(problem);
        skip(xml)
    }

    fn refuse(&mut self, problem: &str) {
        if self.fault.is_none() {
            self.fault = Some(problem.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(gml: &str) -> Result<Shapes<GridCoord>, String> {
        let mut xml = Xml::new(gml.as_bytes());
        let mut reader = ShapeReader::default();
        let Ok(Token::Start(tag)) = xml.next() else { panic!("no element") };
        let start = Start::of(&tag);
        reader.read(&mut xml, start).unwrap();
        assert_eq!(xml.depth(), 0, "the element was not read to its end");
        reader.finish()
    }

    const RING: &str = "<LinearRing><posList>0 0 4 0 4 4 0 0</posList></LinearRing>";

    fn outer(ring: &str) -> String {
        format!("<exterior>{ring}</exterior>")
    }

    #[test]
    fn every_spelling_of_one_polygon_gives_the_same_shape() {
        let plain = read(&format!("<Polygon>{}</Polygon>", outer(RING))).unwrap();
        assert_eq!((plain.kind, plain.len(), plain.ring(0).len()), (GeometryKind::Polygon, 1, 3));
        let segment = |points: &str| format!("<LineStringSegment><posList>{points}</posList></LineStringSegment>");
        let curve = |points: &str| {
            format!("<curveMember><Curve><segments>{}</segments></Curve></curveMember>", segment(points))
        };
        let two_segments = format!("{}{}", segment("0 0 4 0"), segment("4 0 4 4 0 0"));
        for ring in [
            "<LinearRing><pos>0 0</pos><pos>4 0</pos><pos>4 4</pos><pos>0 0</pos></LinearRing>".to_owned(),
            "<LinearRing><posList srsDimension='3'>0 0 9 4 0 9 4 4 9 0 0 9</posList></LinearRing>".to_owned(),
            "<LinearRing srsDimension='3'><posList>0 0 9 4 0 9 4 4 9 0 0 9</posList></LinearRing>".to_owned(),
            "<LinearRing><coordinates>0,0 4,0\n4,4 0,0</coordinates></LinearRing>".to_owned(),
            "<LinearRing><coordinates decimal=',' cs=':' ts=';'>0,0:0;4:0,0;4:4;0:0</coordinates></LinearRing>"
                .to_owned(),
            format!("<Ring>{}{}</Ring>", curve("0 0 4 0"), curve("4 0 4 4 0 0")),
            format!("<Ring><curveMember><Curve><segments>{two_segments}</segments></Curve></curveMember></Ring>"),
        ] {
            assert_eq!(read(&format!("<Polygon>{}</Polygon>", outer(&ring))).as_ref(), Ok(&plain), "{ring}");
        }
        let patch = format!("<PolygonPatch>{}</PolygonPatch>", outer(RING));
        let polygon = format!("<Polygon>{}</Polygon>", outer(RING));
        for whole in [
            format!("<Surface><patches>{patch}</patches></Surface>"),
            format!(
                "<MultiSurface><surfaceMember><Surface><patches>{patch}</patches></Surface></surfaceMember></MultiSurface>"
            ),
            format!("<MultiSurface><surfaceMembers>{polygon}</surfaceMembers></MultiSurface>"),
            format!("<MultiPolygon><polygonMember>{polygon}</polygonMember></MultiPolygon>"),
            format!("<CompositeSurface><surfaceMember>{polygon}</surfaceMember></CompositeSurface>"),
            format!("<Polygon><name>x</name><outerBoundaryIs>{RING}</outerBoundaryIs></Polygon>"),
        ] {
            assert_eq!(read(&whole).as_ref(), Ok(&plain), "{whole}");
        }
    }

    #[test]
    fn holes_and_parts_are_kept_apart() {
        let hole = "<interior><LinearRing><posList>1 1 2 1 2 2 1 1</posList></LinearRing></interior>";
        let polygon = format!("<surfaceMember><Polygon>{}{hole}</Polygon></surfaceMember>", outer(RING));
        let shapes = read(&format!("<MultiSurface>{polygon}{polygon}</MultiSurface>")).unwrap();
        assert_eq!((shapes.ring_ends, shapes.part_ends, shapes.feature_ends), (vec![3, 6, 9, 12], vec![2, 4], vec![2]));
    }

    #[test]
    fn lines_and_points_are_read() {
        let line = read(
            "<MultiCurve><curveMember><LineString><posList>1 2 3 4</posList></LineString></curveMember></MultiCurve>",
        );
        let line = line.unwrap();
        assert_eq!((line.kind, line.coords), (GeometryKind::Line, vec![[1.0, 2.0], [3.0, 4.0]]));
        let points = read(
            "<MultiPoint><pointMembers><Point><pos>1 2</pos></Point><Point><pos>3 4 5</pos></Point></pointMembers></MultiPoint>",
        );
        let points = points.unwrap();
        assert_eq!((points.kind, points.coords), (GeometryKind::Point, vec![[1.0, 2.0], [3.0, 4.0]]));
    }

    #[test]
    fn curves_and_references_are_refused_by_name() {
        for name in ["Arc", "Circle", "ArcByCenterPoint", "GeodesicString"] {
            let curve = format!("<Curve><segments><{name}><posList>0 0 1 1 2 0</posList></{name}></segments></Curve>");
            assert_eq!(read(&curve).unwrap_err(), format!("curves are refused: {name}; export straight segments"));
        }
        let circular =
            "<LineStringSegment interpolation='circularArc3Points'><posList>0 0 1 1</posList></LineStringSegment>";
        assert!(read(&format!("<Curve><segments>{circular}</segments></Curve>")).unwrap_err().contains("not linear"));
        assert!(read("<MultiSurface><surfaceMember href='#a'/></MultiSurface>").unwrap_err().contains("xlink:href"));
        assert!(read("<MultiGeometry/>").unwrap_err().contains("not one shape"));
        assert!(read("<Solid/>").unwrap_err().contains("Solid"));
    }

    #[test]
    fn what_is_wrong_with_a_shape_is_said() {
        let ring = |points: &str| {
            read(&format!(
                "<Polygon>{}</Polygon>",
                outer(&format!("<LinearRing><posList>{points}</posList></LinearRing>"))
            ))
        };
        assert_eq!(ring("0 0 4 0 4 4 0 1").unwrap_err(), "ring 1 is not closed");
        assert!(ring("0 0 4 0 4").unwrap_err().contains("whole pairs"));
        assert!(ring("0 0 4 x 4 4 0 0").unwrap_err().contains("whole pairs"));
        assert!(ring("0 0 NaN 0 4 4 0 0").unwrap_err().contains("not a number"));
        assert!(ring("0 0 1e999 0 4 4 0 0").unwrap_err().contains("not a number"));
        assert!(ring(&"0 0 ".repeat(MAX_POINTS + 1)).unwrap_err().contains("1000000 points"));
        assert_eq!(read("<MultiSurface/>").unwrap_err(), "the geometry is empty");
        assert_eq!(read("<Polygon/>").unwrap_err(), "a polygon has no outer ring");
        assert!(read("<Point><pos>1 2</pos><pos>1 2</pos></Point>").unwrap_err().contains("exactly one"));
        let mixed = "<MultiCurve><curveMember><LineString><posList>1 2 3 4</posList></LineString></curveMember>\
                     <pointMember><Point><pos>1 2</pos></Point></pointMember></MultiCurve>";
        assert!(read(mixed).unwrap_err().contains("not one shape"));
    }
}

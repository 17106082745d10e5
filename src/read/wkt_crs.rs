//! Definitions of coordinate systems as text (WKT 1 of OGC and of ESRI, WKT 2) → [`DeclaredCrs`].
//!
//! Names are not trusted: a zone of VN-2000 is known by its datum, its projection and its parameters, and an
//! EPSG code that contradicts them is not believed.

use super::DeclaredCrs;
use crate::model::crs::Vn2000Zone;

/// No definition in use is longer.
const MAX_BYTES: usize = 64 * 1024;

/// Nesting of a compound system with a bound base is about ten.
const MAX_DEPTH: u8 = 32;

/// VN-2000 → WGS 84 in metres (EPSG operation 6960): exports under another datum's name carry it.
const SHIFT_M: [f64; 3] = [-191.90441429, -39.30318279, -111.45032835];

/// What a definition declares; texts that say "undefined" declare nothing.
pub fn declared(text: &str) -> DeclaredCrs {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0' || c == '\u{feff}');
    if text.is_empty() || text.eq_ignore_ascii_case("undefined") {
        return DeclaredCrs::Unknown;
    }
    match parse(text) {
        Some(root) => root.declared(),
        None => other(text),
    }
}

/// What a file declares that gives a code and a definition beside it: the code, unless they contradict each other.
pub fn agreed(code: i32, definition: DeclaredCrs) -> DeclaredCrs {
    match definition {
        DeclaredCrs::Epsg(defined) if defined != code => {
            other(&format!("EPSG:{code}, but with the parameters of EPSG:{defined}"))
        }
        DeclaredCrs::Other(said) if said.starts_with("EPSG:") || is_vn2000(code) => DeclaredCrs::Other(said),
        _ => DeclaredCrs::Epsg(code),
    }
}

fn other(text: &str) -> DeclaredCrs {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(80).collect();
    DeclaredCrs::Other(line.trim().to_owned())
}

/// `KEYWORD["text", 1.5, INNER[…], word]`
#[derive(Debug, Default)]
struct Node {
    keyword: String,
    texts: Vec<String>,
    numbers: Vec<f64>,
    children: Vec<Node>,
}

impl Node {
    fn is(&self, keywords: &[&str]) -> bool {
        keywords.iter().any(|keyword| self.keyword.eq_ignore_ascii_case(keyword))
    }

    fn child(&self, keywords: &[&str]) -> Option<&Node> {
        self.children.iter().find(|child| child.is(keywords))
    }

    /// This node or the first below it, in the order of the text.
    fn first(&self, keywords: &[&str]) -> Option<&Node> {
        if self.is(keywords) { Some(self) } else { self.children.iter().find_map(|child| child.first(keywords)) }
    }

    fn name(&self) -> &str {
        self.texts.first().map_or("", String::as_str)
    }

    fn declared(&self) -> DeclaredCrs {
        let geographic = ["GEOGCS", "GEOGCRS", "GEODCRS", "GEOGRAPHICCRS", "GEODETICCRS"];
        if let Some(projected) = self.first(&["PROJCS", "PROJCRS", "PROJECTEDCRS"]) {
            projected.agreed(projected.projected())
        } else if let Some(degrees) = self.first(&geographic) {
            degrees.agreed(degrees.geographic())
        } else if self.is(&["LOCAL_CS", "ENGCRS", "ENGINEERINGCRS"]) {
            DeclaredCrs::Unknown
        } else {
            other(self.name())
        }
    }

    /// The code that is written, unless the definition says another; else what the definition says.
    fn agreed(&self, computed: Option<i32>) -> DeclaredCrs {
        let written = self.code();
        match (written, computed) {
            (Some(code), Some(computed)) if code != computed => {
                other(&format!("EPSG:{code}, but with the parameters of EPSG:{computed}"))
            }
            (Some(code), None) if is_vn2000(code) => {
                other(&format!("EPSG:{code}, but with parameters that it has not"))
            }
            (Some(code), _) | (None, Some(code)) => DeclaredCrs::Epsg(code),
            (None, None) => other(self.name()),
        }
    }

    /// `AUTHORITY["EPSG","9210"]` or `ID["EPSG",9210]` of this system itself, not of its parts.
    fn code(&self) -> Option<i32> {
        let id = self.children.iter().find(|child| child.is(&["AUTHORITY", "ID"]) && child.name() == "EPSG")?;
        id.texts.get(1).and_then(|code| code.parse().ok()).or_else(|| id.numbers.first().map(|code| *code as i32))
    }

    fn geographic(&self) -> Option<i32> {
        if self.is_on_vn2000() {
            Some(4756)
        } else {
            ["wgs1984", "wgs84", "worldgeodeticsystem1984"].contains(&self.datum().as_str()).then_some(4326)
        }
    }

    /// EPSG code of the zone of VN-2000 that the parameters make.
    fn projected(&self) -> Option<i32> {
        let method = plain(self.first(&["PROJECTION", "METHOD"])?.name());
        let parameter = |names: &[&str]| self.parameter(names);
        let near = |value: Option<f64>, expected: f64| value.is_some_and(|value| (value - expected).abs() < 1e-6);
        let fits = ["transversemercator", "gausskruger"].contains(&method.as_str())
            && self.is_on_vn2000()
            && self.is_metric()
            && near(parameter(&["falseeasting"]), 500_000.0)
            && near(parameter(&["falsenorthing"]).or(Some(0.0)), 0.0)
            && near(parameter(&["latitudeoforigin", "latitudeofnaturalorigin"]).or(Some(0.0)), 0.0);
        let meridian_deg = parameter(&["centralmeridian", "longitudeoforigin", "longitudeofnaturalorigin"])?;
        let scale = parameter(&["scalefactor", "scalefactoratnaturalorigin"]);
        if !fits {
            return None;
        }
        if near(scale, 0.9999) {
            // Papers write the meridian in minutes; ten decimals of a degree are what files keep of it.
            let zone = Vn2000Zone::all().find(|zone| near(Some(meridian_deg), zone.meridian_deg()))?;
            return Some(i32::from(zone.epsg));
        }
        let six_degrees = [(105.0, 3405), (111.0, 3406)];
        six_degrees.iter().find(|zone| near(scale, 0.9996) && near(Some(meridian_deg), zone.0)).map(|zone| zone.1)
    }

    fn parameter(&self, names: &[&str]) -> Option<f64> {
        let own = self.children.iter().find(|child| child.is(&["PARAMETER"]) && names.contains(&&*plain(child.name())));
        match own {
            Some(parameter) => parameter.numbers.first().copied(),
            None => self.child(&["CONVERSION"])?.parameter(names),
        }
    }

    fn is_metric(&self) -> bool {
        let own_unit = self.child(&["UNIT", "LENGTHUNIT"]);
        let unit = own_unit.or_else(|| self.child(&["AXIS"])?.child(&["LENGTHUNIT"]));
        unit.is_some_and(|unit| unit.numbers.first() == Some(&1.0))
    }

    fn is_on_vn2000(&self) -> bool {
        let shifted = self.first(&["TOWGS84"]).is_some_and(|shift| {
            shift.numbers.len() >= 3 && SHIFT_M.iter().zip(&shift.numbers).all(|(a, b)| (a - b).abs() < 1e-3)
        });
        shifted || ["vietnam2000", "vn2000"].contains(&self.datum().as_str())
    }

    /// `D_Vietnam_2000`, `Vietnam 2000`, `VN-2000` → letters and figures, without ESRI's prefix.
    fn datum(&self) -> String {
        let name = self.first(&["DATUM", "GEODETICDATUM", "ENSEMBLE"]).map_or("", Node::name);
        plain(name.strip_prefix("D_").unwrap_or(name))
    }
}

fn is_vn2000(code: i32) -> bool {
    u16::try_from(code).is_ok_and(|code| Vn2000Zone::from_epsg(code).is_some())
}

fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// The one definition of a text; nothing may stand behind it.
fn parse(text: &str) -> Option<Node> {
    let mut parser = Parser { rest: text };
    let root = (text.len() <= MAX_BYTES).then(|| parser.node(0)).flatten()?;
    parser.skip_space();
    parser.rest.is_empty().then_some(root)
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, wanted: &[char]) -> Option<char> {
        self.skip_space();
        let found = self.rest.chars().next().filter(|c| wanted.contains(c))?;
        self.rest = &self.rest[found.len_utf8()..];
        Some(found)
    }

    fn word(&mut self) -> String {
        self.skip_space();
        let end = self.rest.find(|c: char| !(c.is_ascii_alphanumeric() || "_+-.".contains(c)));
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        word.to_owned()
    }

    fn node(&mut self, depth: u8) -> Option<Node> {
        let keyword = self.word();
        self.take(&['[', '(']).filter(|_| !keyword.is_empty() && depth < MAX_DEPTH)?;
        let mut node = Node { keyword, ..Node::default() };
        loop {
            self.argument(&mut node, depth)?;
            match self.take(&[',', ']', ')'])? {
                ',' => {}
                _ => return Some(node),
            }
        }
    }

    fn argument(&mut self, node: &mut Node, depth: u8) -> Option<()> {
        self.skip_space();
        if self.rest.starts_with('"') {
            node.texts.push(self.quoted()?);
            return Some(());
        }
        let before = self.rest;
        let word = self.word();
        if self.rest.trim_start().starts_with(['[', '(']) {
            self.rest = before;
            node.children.push(self.node(depth + 1)?);
        } else if let Ok(number) = word.parse() {
            node.numbers.push(number);
        }
        Some(())
    }

    /// A quotation mark inside is written twice.
    fn quoted(&mut self) -> Option<String> {
        let mut text = String::new();
        loop {
            let (part, rest) = self.rest[1..].split_once('"')?;
            text.push_str(part);
            self.rest = rest;
            if !rest.starts_with('"') {
                return Some(text);
            }
            text.push('"');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn esri(datum: &str, meridian: &str, scale: &str) -> String {
        format!(
            r#"PROJCS["VN_2000_TM_3_of_the_province",GEOGCS["GCS_{datum}",DATUM["{datum}",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",{meridian}],PARAMETER["Scale_Factor",{scale}],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]"#
        )
    }

    #[test]
    fn every_zone_is_known_by_its_parameters() {
        for zone in Vn2000Zone::all() {
            for datum in ["D_Vietnam_2000", "Vietnam_2000", "VN_2000", "D_VN-2000"] {
                let found = declared(&esri(datum, &zone.meridian_deg().to_string(), "0.9999"));
                assert_eq!(found, DeclaredCrs::Epsg(i32::from(zone.epsg)), "{datum}");
            }
        }
    }

    #[test]
    fn zones_of_six_degrees_are_told_apart() {
        assert_eq!(declared(&esri("D_Vietnam_2000", "105", "0.9996")), DeclaredCrs::Epsg(3405));
        assert_eq!(declared(&esri("D_Vietnam_2000", "105", "0.9999")), DeclaredCrs::Epsg(5897));
    }

    #[test]
    fn another_datum_or_meridian_is_no_zone() {
        for wkt in [esri("D_WGS_1984", "105.75", "0.9999"), esri("D_Vietnam_2000", "105.8", "0.9999")] {
            assert_eq!(declared(&wkt), DeclaredCrs::Other("VN_2000_TM_3_of_the_province".into()));
        }
    }

    #[test]
    fn the_shift_to_wgs_84_tells_the_datum_where_the_name_does_not() {
        let wkt = esri("D_WGS_1984", "105.75", "0.9999").replace(
            "SPHEROID[",
            "TOWGS84[-191.90441429,-39.30318279,-111.45032835,-0.00928836,0.01975479,-0.00427372,0.252906278],SPHEROID[",
        );
        assert_eq!(declared(&wkt), DeclaredCrs::Epsg(9210));
    }

    #[test]
    fn a_code_is_believed_unless_the_parameters_say_another() {
        let with_code = |wkt: &str, code: &str| format!("{},AUTHORITY[\"EPSG\",\"{code}\"]]", &wkt[..wkt.len() - 1]);
        let right = with_code(&esri("VN_2000", "105.75", "0.9999"), "9210");
        assert_eq!(declared(&right), DeclaredCrs::Epsg(9210));
        let wrong = with_code(&esri("VN_2000", "106", "0.9999"), "9210");
        assert_eq!(declared(&wrong), DeclaredCrs::Other("EPSG:9210, but with the parameters of EPSG:9211".into()));
        let stretched = with_code(&esri("VN_2000", "105.75", "1"), "9210");
        assert_eq!(declared(&stretched), DeclaredCrs::Other("EPSG:9210, but with parameters that it has not".into()));
    }

    #[test]
    fn wkt_2_and_degrees_are_read() {
        let projected = r#"PROJCRS["VN-2000 / TM-3 105-45",BASEGEOGCRS["VN-2000",DATUM["Vietnam 2000",ELLIPSOID["WGS 84",6378137,298.257223563,LENGTHUNIT["metre",1]]],ID["EPSG",4756]],CONVERSION["TM-3",METHOD["Transverse Mercator",ID["EPSG",9807]],PARAMETER["Latitude of natural origin",0],PARAMETER["Longitude of natural origin",105.75],PARAMETER["Scale factor at natural origin",0.9999],PARAMETER["False easting",500000],PARAMETER["False northing",0]],CS[Cartesian,2],AXIS["easting",east],LENGTHUNIT["metre",1]]"#;
        assert_eq!(declared(projected), DeclaredCrs::Epsg(9210));
        let degrees =
            r#"GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137,298.25]],UNIT["Degree",0.017]]"#;
        assert_eq!(declared(degrees), DeclaredCrs::Epsg(4326));
        assert_eq!(declared(&degrees.replace("D_WGS_1984", "D_Vietnam_2000")), DeclaredCrs::Epsg(4756));
    }

    #[test]
    fn undefined_declares_nothing_and_rubbish_is_shown_shortened() {
        for nothing in ["", "undefined", " \0", "LOCAL_CS[\"Undefined Cartesian SRS\"]"] {
            assert_eq!(declared(nothing), DeclaredCrs::Unknown, "{nothing}");
        }
        assert_eq!(declared("x\ny"), DeclaredCrs::Other("x y".into()));
        let followed = esri("VN_2000", "105.75", "0.9999") + "UTF-8";
        assert!(matches!(declared(&followed), DeclaredCrs::Other(_)));
        assert!(matches!(declared(&"A[".repeat(30_000)), DeclaredCrs::Other(_)));
        let whole = esri("VN_2000", "105.75", "0.9999");
        for end in 1..whole.len() {
            assert!(matches!(declared(&whole[..end]), DeclaredCrs::Other(_)), "cut at {end}");
        }
    }
}

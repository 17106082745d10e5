//! A drawing for CAD: DXF of release 12, which every program reads and which needs no handles. Closed polylines on
//! layer THUA_DAT, a text inside each parcel on layer SO_THUA, in metres of VN-2000; provenance in comments.
//! Attributes other than those of the text have no place in it.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::{Job, Row};
use crate::model::label_point;
use crate::supply::feature::Value;

const OUTLINES: &str = "THUA_DAT";
const LABELS: &str = "SO_THUA";

/// What stands in a parcel, as far as it was granted.
const LABEL: [&str; 3] = ["soThuTuThua", "kyHieuMucDichSuDung", "dienTich"];

/// Letters are no higher than this, and no higher than a third of the room.
const MOST_HEIGHT_M: f64 = 2.5;

pub fn write(job: &Job<'_>, path: &Path) -> io::Result<()> {
    let mut out = BufWriter::new(File::create_new(path)?);
    for (name, said) in job.order.provenance.words() {
        comment(&mut out, &format!("{name}: {said}"))?;
    }
    comment(&mut out, &format!("{} (EPSG:{}), X = easting, Y = northing", job.frame.name(), job.frame.epsg()))?;
    writeln!(out, "999\r\n{}\r", escaped_keeping_quotes(&job.order.provenance.line()))?;
    out.write_all(HEAD.replace('\n', "\r\n").as_bytes())?;
    let labelled: Vec<Option<usize>> =
        LABEL.iter().map(|wanted| job.fields().iter().position(|(name, _)| name == wanted)).collect();
    job.rows(|row| {
        for ring in row.polygons.iter().flatten() {
            polyline(&mut out, job, ring)?;
        }
        label(&mut out, job, &row, &labelled)
    })?;
    out.write_all(b"0\r\nENDSEC\r\n0\r\nEOF\r\n")?;
    out.flush()
}

const HEAD: &str = "0\nSECTION\n2\nHEADER\n9\n$ACADVER\n1\nAC1009\n0\nENDSEC\n0\nSECTION\n2\nTABLES\n0\nTABLE\n2\nLTYPE\n70\n1\n0\nLTYPE\n2\nCONTINUOUS\n70\n0\n3\nSolid line\n72\n65\n73\n0\n40\n0.0\n0\nENDTAB\n0\nTABLE\n2\nLAYER\n70\n2\n0\nLAYER\n2\nTHUA_DAT\n70\n0\n62\n7\n6\nCONTINUOUS\n0\nLAYER\n2\nSO_THUA\n70\n0\n62\n1\n6\nCONTINUOUS\n0\nENDTAB\n0\nENDSEC\n0\nSECTION\n2\nENTITIES\n";

fn polyline(out: &mut impl Write, job: &Job<'_>, ring: &[[f64; 2]]) -> io::Result<()> {
    write!(out, "0\r\nPOLYLINE\r\n8\r\n{OUTLINES}\r\n66\r\n1\r\n10\r\n0.0\r\n20\r\n0.0\r\n30\r\n0.0\r\n70\r\n1\r\n")?;
    for [x, y] in ring {
        let (x, y) = (job.frame.text(*x), job.frame.text(*y));
        write!(out, "0\r\nVERTEX\r\n8\r\n{OUTLINES}\r\n10\r\n{x}\r\n20\r\n{y}\r\n30\r\n0.0\r\n")?;
    }
    write!(out, "0\r\nSEQEND\r\n8\r\n{OUTLINES}\r\n")
}

fn label(out: &mut impl Write, job: &Job<'_>, row: &Row, labelled: &[Option<usize>]) -> io::Result<()> {
    let words: Vec<String> = labelled.iter().flatten().filter_map(|i| word(&row.values[*i])).collect();
    let rings: Vec<_> = row.polygons.iter().flatten().cloned().collect();
    let Some(place) = label_point::inside(&rings).filter(|_| !words.is_empty()) else { return Ok(()) };
    let [x, y] = place.at.map(|number| job.frame.text(number));
    let height = (place.room / 3.0).min(MOST_HEIGHT_M);
    let text = escaped(&words.join(" "));
    write!(
        out,
        "0\r\nTEXT\r\n8\r\n{LABELS}\r\n10\r\n{x}\r\n20\r\n{y}\r\n30\r\n0.0\r\n40\r\n{height:.2}\r\n1\r\n{text}\r\n"
    )
}

fn word(value: &Value) -> Option<String> {
    match value {
        Value::Nothing => None,
        Value::Integer(integer) => Some(integer.to_string()),
        Value::Real(real) => Some(real.to_string()),
        Value::Text(text) => Some(text.clone()),
    }
}

/// A comment: readers pass over it, people see it in an editor. Long ones are parted.
fn comment(out: &mut impl Write, text: &str) -> io::Result<()> {
    let letters: Vec<char> = text.chars().collect();
    letters.chunks(30).try_for_each(|part| write!(out, "999\r\n{}\r\n", escaped(&part.iter().collect::<String>())))
}

/// The release knows ASCII alone; other letters are written by their number, a backslash too.
fn escaped(text: &str) -> String {
    let plain = |c: char| (c.is_ascii() && !c.is_ascii_control() && c != '\\').then_some(c);
    text.chars().map(|c| plain(c).map_or_else(|| format!("\\U+{:04X}", u32::from(c)), String::from)).collect()
}

/// JSON in ASCII: its own escapes stay.
fn escaped_keeping_quotes(json: &str) -> String {
    json.chars().map(|c| if c.is_ascii() { c.to_string() } else { format!("\\u{:04x}", u32::from(c)) }).collect()
}

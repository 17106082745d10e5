//! dBASE III tables (.dbf), the attributes of a Shapefile.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use super::Value;
use crate::error::{Exit, Fault, Result, Stage};

/// A table whose head has been read; the reader stands before the first record.
pub struct Dbf {
    pub fields: Vec<Field>,
    pub records: u64,
    reader: BufReader<File>,
    record_bytes: usize,
}

pub struct Field {
    /// As the file holds it, in the file's encoding.
    pub name: Vec<u8>,
    kind: u8,
    /// Bytes of a record, counted from its mark of deletion.
    range: std::ops::Range<usize>,
}

/// Memos lie in a file of their own, and binary figures are of other programs than those that write Shapefiles.
const UNREAD: &str = "is of a type that is not read: export it as text, number or date";

/// What a record's cell holds before texts are decoded.
#[derive(Debug, PartialEq)]
pub enum Cell<'a> {
    Text(&'a [u8]),
    Value(Value),
}

impl Dbf {
    /// `path` is the one that faults name.
    pub fn open(absolute: &Path, path: &Path) -> Result<Self> {
        let storage = |e: std::io::Error| Fault::storage(Stage::Read, path, e);
        let file = File::open(absolute).map_err(storage)?;
        let bytes = file.metadata().map_err(storage)?.len();
        let mut reader = BufReader::with_capacity(1 << 18, file);
        let mut head = [0; 32];
        if bytes < 33 {
            return Err(damaged(path, "it is too short").into());
        }
        reader.read_exact(&mut head).map_err(storage)?;
        let records = u64::from(u32::from_le_bytes([head[4], head[5], head[6], head[7]]));
        let head_bytes = usize::from(u16::from_le_bytes([head[8], head[9]]));
        let record_bytes = usize::from(u16::from_le_bytes([head[10], head[11]]));
        let content_bytes = head_bytes as u64 + records * record_bytes as u64;
        if head_bytes < 33 || record_bytes == 0 || content_bytes > bytes {
            return Err(damaged(path, "it is cut off, or a count in its head is false").into());
        }
        let mut descriptions = vec![0; head_bytes - 32];
        reader.read_exact(&mut descriptions).map_err(storage)?;
        let fields = fields(&descriptions, record_bytes).map_err(|problem| damaged(path, problem))?;
        // What follows the records is the mark of the end and padding: a digest over several files holds them
        // apart only when none has room for another.
        check_tail(absolute, content_bytes).map_err(storage)?.map_err(|problem| damaged(path, problem))?;
        Ok(Dbf { fields, records, reader, record_bytes })
    }

    /// Reads the next record into `record`.
    pub fn next(&mut self, record: &mut Vec<u8>) -> std::io::Result<()> {
        record.resize(self.record_bytes, 0);
        self.reader.read_exact(record)
    }
}

/// Whether a record is marked as deleted; its cells must not be looked at.
pub fn is_deleted(record: &[u8]) -> bool {
    record.first() == Some(&b'*')
}

impl Field {
    /// One cell of a record, or what is wrong with it.
    pub fn cell<'a>(&self, record: &'a [u8]) -> std::result::Result<Cell<'a>, &'static str> {
        if !b"CNFDLM".contains(&self.kind) {
            return Err(UNREAD);
        }
        let bytes = record[self.range.clone()].trim_ascii_end();
        let bytes = &bytes[..bytes.iter().rposition(|b| *b != 0).map_or(0, |last| last + 1)];
        if bytes.trim_ascii().is_empty() {
            return Ok(Cell::Value(Value::Null));
        }
        match self.kind {
            b'C' => Ok(Cell::Text(bytes.trim_ascii_end())),
            b'N' | b'F' => number(bytes.trim_ascii()).map(Cell::Value),
            b'D' => date(bytes.trim_ascii()).map(Cell::Value),
            b'L' => truth(bytes).map(Cell::Value),
            _ => Err(UNREAD),
        }
    }
}

/// Descriptions of 32 bytes each, ended by a carriage return.
fn fields(descriptions: &[u8], record_bytes: usize) -> std::result::Result<Vec<Field>, &'static str> {
    let mut fields = vec![];
    let mut start = 1;
    for description in descriptions.chunks(32) {
        if description[0] == b'\r' {
            break;
        }
        let description: &[u8; 32] = description.try_into().map_err(|_| "its head is cut off")?;
        let name = description[..11].split(|b| *b == 0).next().unwrap_or_default().trim_ascii().to_vec();
        let end = start + usize::from(description[16]);
        fields.push(Field { name, kind: description[11], range: start..end });
        start = end;
    }
    if start != record_bytes { Err("its fields do not fill its records") } else { Ok(fields) }
}

fn check_tail(absolute: &Path, content_bytes: u64) -> std::io::Result<std::result::Result<(), &'static str>> {
    use std::io::{Seek, SeekFrom};
    let mut file = File::open(absolute)?;
    file.seek(SeekFrom::Start(content_bytes))?;
    let mut tail = vec![];
    file.take(4097).read_to_end(&mut tail)?;
    let is_padding = tail.len() <= 4096 && tail.iter().all(|b| [0x1a, 0, b' ', b'\r', b'\n'].contains(b));
    Ok(if is_padding { Ok(()) } else { Err("something follows its records") })
}

/// A figure that did not fit its column was replaced by stars.
fn number(digits: &[u8]) -> std::result::Result<Value, &'static str> {
    if digits.iter().all(|b| *b == b'*') {
        return Err("did not fit its column when the table was written (***)");
    }
    let text = std::str::from_utf8(digits).map_err(|_| "is not a number")?;
    let is_number = digits.iter().all(|b| b.is_ascii_digit() || b"+-.eE".contains(b)) && text.parse::<f64>().is_ok();
    if is_number { Ok(Value::figure(text)) } else { Err("is not a number") }
}

fn date(digits: &[u8]) -> std::result::Result<Value, &'static str> {
    let text = std::str::from_utf8(digits).unwrap_or_default();
    match (text.len(), text.bytes().all(|b| b.is_ascii_digit()), text) {
        (8, true, "00000000") => Ok(Value::Null),
        (8, true, day) => Ok(Value::Text(format!("{}-{}-{}", &day[..4], &day[4..6], &day[6..]))),
        _ => Err("is not a date"),
    }
}

fn truth(mark: &[u8]) -> std::result::Result<Value, &'static str> {
    match mark {
        b"T" | b"t" | b"Y" | b"y" => Ok(Value::Integer(1)),
        b"F" | b"f" | b"N" | b"n" => Ok(Value::Integer(0)),
        b"?" => Ok(Value::Null),
        _ => Err("is neither true nor false"),
    }
}

fn damaged(path: &Path, problem: &str) -> Fault {
    Fault::new(Stage::Read, Exit::Input, format!("the table cannot be read: {problem}"))
        .file(path)
        .remedy("export the Shapefile again, and check that the copy is whole")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(kind: u8, content: &str) -> std::result::Result<Cell<'_>, &'static str> {
        Field { name: vec![], kind, range: 0..content.len() }.cell(content.as_bytes())
    }

    #[test]
    fn figures_keep_their_digits() {
        assert_eq!(cell(b'N', "   12"), Ok(Cell::Value(Value::Integer(12))));
        assert_eq!(cell(b'N', "14690.50"), Ok(Cell::Value(Value::Text("14690.5".into()))));
        assert_eq!(cell(b'F', "152.000"), Ok(Cell::Value(Value::Integer(152))));
        assert_eq!(cell(b'N', "      "), Ok(Cell::Value(Value::Null)));
    }

    #[test]
    fn what_is_no_figure_is_not_taken_for_one() {
        assert!(cell(b'N', "*****").unwrap_err().contains("did not fit"));
        for wrong in ["12,5", "1 2", "nan", "inf", "0x1"] {
            assert_eq!(cell(b'N', wrong), Err("is not a number"), "{wrong}");
        }
    }

    #[test]
    fn dates_are_written_as_iso_has_them() {
        assert_eq!(cell(b'D', "20260105"), Ok(Cell::Value(Value::Text("2026-01-05".into()))));
        assert_eq!(cell(b'D', "00000000"), Ok(Cell::Value(Value::Null)));
        assert_eq!(cell(b'D', "5/1/2026"), Err("is not a date"));
    }

    #[test]
    fn texts_lose_their_padding_only() {
        assert_eq!(cell(b'C', " Tổ 5   "), Ok(Cell::Text(" Tổ 5".as_bytes())));
        assert_eq!(cell(b'C', "x\0\0"), Ok(Cell::Text(b"x")));
        assert_eq!(cell(b'L', "T"), Ok(Cell::Value(Value::Integer(1))));
        assert_eq!(cell(b'M', "0001"), Err(UNREAD));
        assert_eq!(cell(b'I', "\0\0\0\0"), Err(UNREAD));
    }
}

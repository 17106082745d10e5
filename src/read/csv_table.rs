//! CSV in UTF-8 (RFC 4180) or the encoding that the dataset names, with comma, semicolon or tab between the cells; lines that begin with `#` are
//! comments. Rows without any content are passed over, a bad row is refused alone and the others are read.
//!
//! The file is taken apart here and not by a library, because a library mends: a quote that is never closed
//! would swallow every row after it as one cell.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use super::cell_text::one_line;
use super::{DeclaredCrs, Each, Row, Table, Value, text_encoding};
use crate::config::dataset::Encoding;
use crate::error::{Exit, Fault, Result, Stage};
use crate::model::shapes::{GeometryKind, Shapes};

/// The longest rows of price tables have about 2 KB.
const MAX_ROW_BYTES: usize = 1 << 20;
/// One byte each: comma, semicolon (Excel where the comma is the decimal sign), tab.
const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

#[derive(Debug)]
pub struct CsvTable {
    absolute: PathBuf,
    path: PathBuf,
    encoding: Encoding,
    separator: u8,
    columns: Vec<String>,
}

impl CsvTable {
    /// Opens the file and reads its head.
    pub fn open(site: &Path, path: &Path, encoding: Option<Encoding>) -> Result<Self> {
        let encoding = encoding.unwrap_or(Encoding::Utf8);
        let mut table =
            CsvTable { absolute: site.join(path), path: path.to_owned(), encoding, separator: b',', columns: vec![] };
        table.separator = table.find_separator()?;
        table.columns = table.head()?;
        Ok(table)
    }

    fn records(&self) -> Result<Records<BufReader<File>>> {
        let file = File::open(&self.absolute).map_err(|e| Fault::storage(Stage::Read, &self.path, e))?;
        Ok(Records { input: BufReader::new(file), separator: self.separator, line: 0 })
    }

    /// The head line decides, and only when it holds one kind of separator outside quotes.
    fn find_separator(&self) -> Result<u8> {
        let Some(head) = self.next(&mut self.records()?)? else {
            return Err(self.fault("the table is empty", "save the table with its head line").into());
        };
        let found: Vec<u8> = SEPARATORS.into_iter().filter(|separator| head.unquoted.contains(separator)).collect();
        match found.as_slice() {
            [] => Ok(b','),
            [only] => Ok(*only),
            _ => Err(self
                .fault(
                    "the head line holds several of comma, semicolon and tab",
                    "put column names that hold one of them between quotes",
                )
                .into()),
        }
    }

    fn head(&self) -> Result<Vec<String>> {
        let head = self.next(&mut self.records()?)?.unwrap_or_default();
        let columns =
            head.texts(self.encoding).map_err(|problem| self.fault(&problem, "save the table as 'CSV UTF-8'"))?;
        let mut named: Vec<&String> = columns.iter().filter(|name| !name.is_empty()).collect();
        named.sort();
        match named.windows(2).find(|pair| pair[0] == pair[1]) {
            None => Ok(columns),
            Some(pair) => {
                Err(self.fault(&format!("two columns are called '{}'", pair[0]), "rename one of them").into())
            }
        }
    }

    fn next(&self, records: &mut Records<BufReader<File>>) -> Result<Option<Record>> {
        records.next().map_err(|e| match e.kind() {
            io::ErrorKind::InvalidData => self.fault(&e.to_string(), "save the table as 'CSV UTF-8'").into(),
            _ => Fault::storage(Stage::Read, &self.path, e).into(),
        })
    }

    fn fault(&self, problem: &str, remedy: &str) -> Fault {
        Fault::new(Stage::Read, Exit::Input, problem).file(&self.path).remedy(remedy)
    }

    /// What the row says under the wanted columns, and what is wrong with it.
    fn cells(&self, record: &Record, wanted: &[Option<usize>]) -> std::result::Result<Vec<Value>, String> {
        let cells = record.texts(self.encoding)?;
        if let Some(unnamed) =
            (0..cells.len()).find(|i| !cells[*i].is_empty() && self.columns.get(*i).is_some_and(String::is_empty))
        {
            return Err(format!("cell {} holds something, but its column has no name", unnamed + 1));
        }
        if cells.len() != self.columns.len() {
            return Err(format!("the row has {} cells, the head has {}", cells.len(), self.columns.len()));
        }
        let value = |i: &Option<usize>| match i.map_or("", |i| &cells[i]) {
            "" => Value::Null,
            text => Value::Text(text.to_owned()),
        };
        Ok(wanted.iter().map(value).collect())
    }
}

impl Table for CsvTable {
    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn crs(&self) -> DeclaredCrs {
        DeclaredCrs::Unknown
    }

    fn rows(&self, columns: &[&str], each: &mut Each<'_>) -> Result<()> {
        let position = |wanted: &&str| self.columns.iter().position(|column| column == wanted);
        let wanted: Vec<Option<usize>> = columns.iter().map(position).collect();
        let mut records = self.records()?;
        self.next(&mut records)?;
        while let Some(record) = self.next(&mut records)? {
            if record.is_blank() {
                continue;
            }
            let place = format!("line {}", record.line);
            match self.cells(&record, &wanted) {
                Ok(values) => each(Row { place, values }, Ok(Shapes::new(GeometryKind::Point)))?,
                Err(problem) => each(Row { place, values: vec![Value::Null; wanted.len()] }, Err(problem))?,
            }
        }
        Ok(())
    }
}

/// One record as bytes.
#[derive(Default)]
struct Record {
    /// The line it begins in, from 1.
    line: u64,
    cells: Vec<Vec<u8>>,
    /// Everything outside quotes.
    unquoted: Vec<u8>,
    fault: Option<&'static str>,
}

impl Record {
    fn is_blank(&self) -> bool {
        self.fault.is_none() && self.cells.iter().all(|cell| cell.trim_ascii().is_empty())
    }

    fn texts(&self, encoding: Encoding) -> std::result::Result<Vec<String>, String> {
        if let Some(fault) = self.fault {
            return Err(fault.to_owned());
        }
        let text = |(i, cell): (usize, &Vec<u8>)| text(cell, encoding).map_err(|e| format!("cell {} {e}", i + 1));
        self.cells.iter().enumerate().map(text).collect()
    }
}

fn text(cell: &[u8], encoding: Encoding) -> std::result::Result<String, String> {
    match text_encoding::decode(cell, encoding)? {
        text if text.contains('\0') => Err("holds a NUL byte".to_owned()),
        text => Ok(one_line(&text)),
    }
}

/// Where in a cell the next byte stands.
#[derive(Clone, Copy, PartialEq)]
enum At {
    Start,
    Bare,
    Quoted,
    /// Behind a quote that ends the cell or, doubled, stands for itself.
    Quote,
}

struct Records<R> {
    input: R,
    separator: u8,
    /// Lines that have been read.
    line: u64,
}

impl<R: BufRead> Records<R> {
    /// The next record that is no comment.
    ///
    /// # Errors
    /// `InvalidData`: a row that is too long or whose quote is never closed, after which nothing can be told.
    fn next(&mut self) -> io::Result<Option<Record>> {
        loop {
            let first = self.line + 1;
            let mut line = vec![];
            if !self.read_line(&mut line, MAX_ROW_BYTES)? {
                return Ok(None);
            }
            if first == 1 {
                check_start(&mut line)?;
            }
            if !line.starts_with(b"#") && !line.trim_ascii().is_empty() {
                return self.record(line, first).map(Some);
            }
        }
    }

    fn record(&mut self, mut line: Vec<u8>, first: u64) -> io::Result<Record> {
        let mut record = Record { line: first, cells: vec![vec![]], ..Record::default() };
        let mut at = At::Start;
        let mut left_bytes = MAX_ROW_BYTES;
        loop {
            left_bytes = left_bytes.saturating_sub(line.len());
            for byte in &line {
                at = record.take(*byte, at, self.separator);
            }
            if at != At::Quoted {
                record.check_line_ends();
                return Ok(record);
            }
            line.clear();
            if !self.read_line(&mut line, left_bytes)? {
                return Err(invalid(format!("line {first}: a quote is opened and never closed")));
            }
        }
    }

    /// One line with its end, or false when there is none.
    fn read_line(&mut self, line: &mut Vec<u8>, limit_bytes: usize) -> io::Result<bool> {
        let read = io::Read::take(&mut self.input, limit_bytes as u64 + 1).read_until(b'\n', line)?;
        self.line += u64::from(read > 0);
        if read > limit_bytes {
            return Err(invalid(format!("line {}: the row is longer than 1 MiB", self.line)));
        }
        Ok(read > 0)
    }
}

impl Record {
    fn take(&mut self, byte: u8, at: At, separator: u8) -> At {
        if at != At::Quoted {
            self.unquoted.push(byte);
        }
        match (at, byte) {
            (At::Start, b'"') => At::Quoted,
            (At::Quoted, b'"') => At::Quote,
            (At::Quote, b'"') => self.push(byte, At::Quoted),
            (At::Quoted, _) => self.push(byte, At::Quoted),
            (_, _) if byte == separator => {
                self.cells.push(vec![]);
                At::Start
            }
            (_, b'\r' | b'\n') => at,
            (At::Quote, _) => {
                self.fault.get_or_insert("something stands behind a closing quote");
                At::Bare
            }
            (At::Bare, b'"') => {
                self.fault.get_or_insert("a quote stands inside a cell that does not begin with one");
                At::Bare
            }
            (At::Start | At::Bare, _) => self.push(byte, At::Bare),
        }
    }

    /// Files of old Macintoshes have one line, as far as everybody else can see.
    fn check_line_ends(&mut self) {
        let lone = |pair: &[u8]| pair[0] == b'\r' && pair[1] != b'\n';
        if self.unquoted.windows(2).any(lone) {
            self.fault.get_or_insert("lines end in a carriage return alone");
        }
    }

    fn push(&mut self, byte: u8, at: At) -> At {
        if let Some(cell) = self.cells.last_mut() {
            cell.push(byte);
        }
        at
    }
}

/// Takes the byte order mark off; a file in UTF-16 is named as what it is.
fn check_start(line: &mut Vec<u8>) -> io::Result<()> {
    match line.as_slice() {
        [0xef, 0xbb, 0xbf, ..] => {
            line.drain(..3);
            Ok(())
        }
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Err(invalid("the file is in UTF-16".into())),
        [b'P', b'K', 3, 4, ..] | [0xd0, 0xcf, 0x11, 0xe0, ..] => Err(invalid("the file is a workbook, not CSV".into())),
        _ => Ok(()),
    }
}

fn invalid(problem: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(content: &[u8]) -> std::result::Result<(tempfile::TempDir, CsvTable), String> {
        let site = tempfile::tempdir().unwrap();
        std::fs::write(site.path().join("gia.csv"), content).unwrap();
        let table = CsvTable::open(site.path(), Path::new("gia.csv"), None).map_err(|e| e.to_string())?;
        Ok((site, table))
    }

    /// Place, then the cells or the fault of every row.
    fn read(content: &[u8]) -> Vec<String> {
        let (_site, table) = open(content).unwrap();
        let columns: Vec<&str> = table.columns.iter().filter(|name| !name.is_empty()).map(String::as_str).collect();
        let mut rows = vec![];
        let text = |value: &Value| match value {
            Value::Text(text) => text.clone(),
            other => format!("{other:?}"),
        };
        let ended = table.rows(&columns, &mut |row, shape| {
            let said = shape.err().unwrap_or_else(|| row.values.iter().map(text).collect::<Vec<_>>().join("|"));
            rows.push(format!("{}: {said}", row.place));
            Ok(())
        });
        rows.extend(ended.err().map(|failure| failure.faults[0].problem.clone()));
        rows
    }

    #[test]
    fn comma_semicolon_and_tab_are_told_by_the_head() {
        for separator in [",", ";", "\t"] {
            let file = "ten|gia\nĐường A|14.690,5\n".replace(',', if separator == "," { "." } else { "," });
            let rows = read(file.replace('|', separator).as_bytes());
            assert!(rows[0].starts_with("line 2: Đường A|14.690"), "{rows:?}");
        }
        assert!(open(b"ten,gia;don vi\n").unwrap_err().contains("several of comma"));
        assert_eq!(read(b"\"ten, cu\";gia\nA;1\n"), ["line 2: A|1"]);
    }

    #[test]
    fn marks_comments_quotes_and_blank_rows_are_understood() {
        let file = "\u{feff}# minh họa\r\nten,gia\r\n\r\n\"Đường\r\n\"\"A\"\"\",\u{a0}60 000 \r\n,\r\n=1+1,@x\r\n";
        assert_eq!(read(file.as_bytes()), ["line 4: Đường \"A\"|60 000", "line 7: =1+1|@x"]);
    }

    #[test]
    fn a_bad_row_is_refused_alone_and_without_its_content() {
        let file = b"ten,gia,\nA,1,\nSECRET,2\nSECRET,3,,\nS\xff,4,\nS\0,5,\n\"S\"x,6,\nS\"x,7,\nS,8,SECRET\nB,9,\n";
        assert_eq!(
            read(file),
            [
                "line 2: A|1",
                "line 3: the row has 2 cells, the head has 3",
                "line 4: the row has 4 cells, the head has 3",
                "line 5: cell 1 is not UTF-8",
                "line 6: cell 1 holds a NUL byte",
                "line 7: something stands behind a closing quote",
                "line 8: a quote stands inside a cell that does not begin with one",
                "line 9: cell 3 holds something, but its column has no name",
                "line 10: B|9",
            ]
        );
    }

    #[test]
    fn a_quote_that_is_never_closed_swallows_nothing_in_silence() {
        assert_eq!(read(b"ten,gia\nA,1\n\"B,2\nC,3\n"), ["line 2: A|1", "line 3: a quote is opened and never closed"]);
    }

    #[test]
    fn a_row_may_not_be_longer_than_a_mebibyte() {
        let long = [b"ten,gia\nA,1\n".as_slice(), &vec![b'x'; MAX_ROW_BYTES + 1], b",2\n"].concat();
        assert_eq!(read(&long), ["line 2: A|1", "line 3: the row is longer than 1 MiB"]);
        let quoted = [b"ten,gia\n\"".as_slice(), &b"x\n".repeat(MAX_ROW_BYTES), b"\",2\n"].concat();
        assert!(read(&quoted)[0].ends_with("longer than 1 MiB"));
    }

    #[test]
    fn what_is_no_table_is_named() {
        assert!(open(b"a,b,a\n1,2,3\n").unwrap_err().contains("two columns are called 'a'"));
        assert!(open(b"\xff\xfea\0,\0b\0").unwrap_err().contains("UTF-16"));
        assert!(open(b"PK\x03\x04....").unwrap_err().contains("workbook"));
        assert!(open(b"a,b\r1,2\r3,4\r").unwrap_err().contains("carriage return alone"));
        assert!(open(b"# nothing\n").unwrap_err().contains("empty"));
        assert!(open(b"a,\xff\n").unwrap_err().contains("UTF-8"));
    }
}

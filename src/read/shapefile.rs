//! Shapefiles (ESRI, July 1998): shapes in `.shp`, their places in `.shx`, attributes in `.dbf`; beside them
//! `.prj` with the coordinate system and `.cpg` with the encoding of texts.
//!
//! The three files are held against each other record by record, so that no shape gets another's attributes.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::dbf::{self, Cell, Dbf};
use super::geometry::{CUT_OFF, ShapesBuilder};
use super::{DeclaredCrs, Each, MAX_FEATURE_BYTES, Row, Table, Value, rings, text_encoding, wkt_crs};
use crate::config::dataset::Encoding;
use crate::error::{Exit, Fault, Result, Stage};
use crate::model::shapes::{GridCoord, Shapes};

const HEADER_BYTES: u64 = 100;

/// A definition of a coordinate system takes 500 bytes, a name of an encoding ten.
const MAX_PRJ_BYTES: u64 = 64 * 1024;
const MAX_CPG_BYTES: u64 = 64;

pub struct Shapefile {
    absolute: PathBuf,
    path: PathBuf,
    columns: Vec<String>,
    texts: Texts,
    crs: DeclaredCrs,
    kind: i32,
    records: u64,
}

/// In which encodings the table's texts may be: the dataset's word goes before the file's.
struct Texts {
    chosen: Option<Encoding>,
    /// Of the `.cpg`, where the dataset names another.
    contradicting: Option<Encoding>,
}

/// The files a Shapefile is read from, as far as they are there: `.shp`, `.shx`, `.dbf`, `.prj`, `.cpg`.
pub fn files(shp: &Path) -> Vec<PathBuf> {
    let siblings = ["shx", "dbf", "prj", "cpg"].iter().filter_map(|ending| sibling(shp, ending));
    std::iter::once(shp.to_owned()).chain(siblings).collect()
}

/// Old programs write endings in capitals.
fn sibling(shp: &Path, ending: &str) -> Option<PathBuf> {
    [ending.to_owned(), ending.to_ascii_uppercase()]
        .iter()
        .map(|ending| shp.with_extension(ending))
        .find(|file| file.is_file())
}

impl Shapefile {
    /// Opens all files and holds their heads against each other; `encoding` is the dataset's.
    pub fn open(site: &Path, path: &Path, encoding: Option<Encoding>) -> Result<Self> {
        let absolute = site.join(path);
        let (kind, _) = header(&absolute, path)?;
        if kind == 31 {
            return Err(Fault::new(Stage::Read, Exit::Input, "shapes of surfaces (MultiPatch) are not areas")
                .file(path)
                .remedy("export the layer as polygons")
                .into());
        }
        let (_, index_bytes) = header(&needed(&absolute, path, "shx")?, path)?;
        let table = Dbf::open(&needed(&absolute, path, "dbf")?, &path.with_extension("dbf"))?;
        let records = (index_bytes - HEADER_BYTES) / 8;
        if table.records != records {
            let counts = format!("there are {records} shapes and {} rows", table.records);
            return Err(damaged(path, &counts).into());
        }
        let texts = Texts::new(encoding, small_text(&absolute, path, "cpg", MAX_CPG_BYTES)?.as_deref());
        let columns = texts.columns(&table).map_err(|problem| texts.fault(path, &problem))?;
        let prj = small_text(&absolute, path, "prj", MAX_PRJ_BYTES)?;
        let crs = prj.as_deref().map_or(DeclaredCrs::Unknown, wkt_crs::declared);
        Ok(Shapefile { absolute, path: path.to_owned(), columns, texts, crs, kind, records })
    }

    fn records(&self) -> Result<Records> {
        let storage = |e: io::Error| Fault::storage(Stage::Read, &self.path, e);
        let open = |file: &Path| File::open(file).map(|file| BufReader::with_capacity(1 << 18, file));
        let mut index = open(&needed(&self.absolute, &self.path, "shx")?).map_err(storage)?;
        index.seek(SeekFrom::Start(HEADER_BYTES)).map_err(storage)?;
        let shapes = open(&self.absolute).map_err(storage)?;
        let bytes = shapes.get_ref().metadata().map_err(storage)?.len();
        let dbf = needed(&self.absolute, &self.path, "dbf")?;
        Ok(Records { index, shapes, bytes, position: 0, table: Dbf::open(&dbf, &self.path.with_extension("dbf"))? })
    }

    /// Values of the record, and the first of its cells that could not be read.
    fn values(
        &self,
        table: &Dbf,
        record: &[u8],
        wanted: &[Option<usize>],
    ) -> std::result::Result<(Vec<Value>, Option<String>), String> {
        let mut problem = None;
        let mut values = vec![];
        for position in wanted {
            let Some(i) = *position else {
                values.push(Value::Null);
                continue;
            };
            let value = match table.fields[i].cell(record) {
                Ok(Cell::Value(value)) => Ok(value),
                Ok(Cell::Text(bytes)) => self.texts.decode(bytes, &self.columns[i])?.map(Value::Text),
                Err(problem) => Err(problem.to_owned()),
            };
            values.push(value.unwrap_or_else(|said| {
                problem.get_or_insert(format!("the cell '{}' {said}", self.columns[i]));
                // A value that no field accepts, so that nothing takes the cell for an empty one.
                Value::Text("\u{fffd}".into())
            }));
        }
        Ok((values, problem))
    }
}

impl Table for Shapefile {
    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn crs(&self) -> DeclaredCrs {
        self.crs.clone()
    }

    fn rows(&self, columns: &[&str], each: &mut Each<'_>) -> Result<()> {
        let wanted: Vec<Option<usize>> =
            columns.iter().map(|wanted| self.columns.iter().position(|column| column == wanted)).collect();
        let mut records = self.records()?;
        let (mut record, mut content) = (vec![], vec![]);
        for number in 1..=self.records {
            records.table.next(&mut record).map_err(|e| Fault::storage(Stage::Read, &self.path, e))?;
            records.content(number, dbf::is_deleted(&record), &mut content).map_err(|stop| stop.fault(&self.path))?;
            if dbf::is_deleted(&record) {
                continue;
            }
            let values = self.values(&records.table, &record, &wanted);
            let (values, problem) = values.map_err(|problem| self.texts.fault(&self.path, &problem))?;
            let shape = problem.map_or_else(|| shape(&content, self.kind), Err);
            each(Row { place: format!("record {number}"), values }, shape)?;
        }
        Ok(())
    }
}

/// The three files side by side.
struct Records {
    index: BufReader<File>,
    shapes: BufReader<File>,
    bytes: u64,
    position: u64,
    table: Dbf,
}

enum Stop {
    Io(io::Error),
    Damaged(String),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Stop::Io(error)
    }
}

impl Stop {
    fn fault(self, path: &Path) -> Fault {
        match self {
            Stop::Io(e) => Fault::storage(Stage::Read, path, e),
            Stop::Damaged(problem) => damaged(path, &problem),
        }
    }
}

impl Records {
    /// Reads the content of the next record, where the index says it is; a record that is `skipped` is stepped over.
    fn content(&mut self, number: u64, skipped: bool, content: &mut Vec<u8>) -> std::result::Result<(), Stop> {
        let mut entry = [0; 8];
        self.index.read_exact(&mut entry)?;
        let [offset, bytes] = [0, 4].map(|at| 2 * u64::from(u32::from_be_bytes(four(&entry, at))));
        if skipped {
            return Ok(());
        }
        if offset < HEADER_BYTES || offset + 8 + bytes > self.bytes || bytes > MAX_FEATURE_BYTES as u64 {
            return Err(Stop::Damaged(format!("record {number} does not lie in the .shp")));
        }
        if offset != self.position {
            self.shapes.seek(SeekFrom::Start(offset))?;
        }
        let mut head = [0; 8];
        self.shapes.read_exact(&mut head)?;
        let [found, length] = [0, 4].map(|at| u64::from(u32::from_be_bytes(four(&head, at))));
        if found != number || 2 * length != bytes {
            return Err(Stop::Damaged(format!("the .shx does not belong to the .shp: record {number} is not there")));
        }
        content.resize(bytes as usize, 0);
        self.shapes.read_exact(content)?;
        self.position = offset + 8 + bytes;
        Ok(())
    }
}

impl Texts {
    fn new(configured: Option<Encoding>, cpg: Option<&str>) -> Self {
        let named = cpg.and_then(text_encoding::named);
        let contradicting = named.filter(|named| configured.is_some_and(|configured| configured != *named));
        Texts { chosen: configured.or(named), contradicting }
    }

    fn columns(&self, table: &Dbf) -> std::result::Result<Vec<String>, String> {
        let mut names: Vec<String> = vec![];
        for (i, field) in table.fields.iter().enumerate() {
            let name = self.decode(&field.name, "")?;
            let name = name.map_err(|problem| format!("the name of column {} {problem}", i + 1))?;
            if names.contains(&name) {
                return Err(format!("the column '{name}' stands twice"));
            }
            names.push(name);
        }
        Ok(names)
    }

    /// The inner error is the cell's, the outer one the file's: nobody knows its encoding.
    fn decode(&self, bytes: &[u8], column: &str) -> std::result::Result<std::result::Result<String, String>, String> {
        if bytes.is_ascii() {
            return Ok(Ok(bytes.iter().map(|byte| char::from(*byte)).collect()));
        }
        let chosen = self.chosen.ok_or("it does not say in which encoding its texts are")?;
        let text = text_encoding::decode(bytes, chosen);
        let otherwise = self.contradicting.and_then(|encoding| text_encoding::decode(bytes, encoding).ok());
        match otherwise {
            Some(otherwise) if text.as_ref() != Ok(&otherwise) => {
                Err(format!("its .cpg names another encoding than the dataset, and texts of '{column}' fit both"))
            }
            _ => Ok(text),
        }
    }

    fn fault(&self, path: &Path, problem: &str) -> Fault {
        let remedy = match self.contradicting {
            None => "add encoding = \"tcvn3\", \"windows-1258\" or \"utf-8\" to [[source]], as the texts were typed",
            Some(_) => "find out how the texts were typed, then correct encoding in [[source]] or the .cpg",
        };
        Fault::new(Stage::Read, Exit::Input, format!("the Shapefile cannot be read: {problem}"))
            .file(path)
            .remedy(remedy)
    }
}

/// Shape type and size of a `.shp` or `.shx`, both of which begin alike.
fn header(file: &Path, path: &Path) -> Result<(i32, u64)> {
    let storage = |e: io::Error| Fault::storage(Stage::Read, path, e);
    let mut opened = File::open(file).map_err(storage)?;
    let bytes = opened.metadata().map_err(storage)?.len();
    let ending = file.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let damaged = |problem: &str| damaged(path, &format!("the .{ending} {problem}"));
    let mut start = [0; HEADER_BYTES as usize];
    if bytes < HEADER_BYTES {
        return Err(damaged("is too short").into());
    }
    opened.read_exact(&mut start).map_err(storage)?;
    if u32::from_be_bytes(four(&start, 0)) != 9994 || u32::from_le_bytes(four(&start, 28)) != 1000 {
        return Err(damaged("does not begin as one does").into());
    }
    // Nothing may stand behind the records: a digest over all files would not tell to which it belongs.
    if 2 * u64::from(u32::from_be_bytes(four(&start, 24))) != bytes {
        return Err(damaged("is not as long as it says").into());
    }
    if ending == "shx" && !(bytes - HEADER_BYTES).is_multiple_of(8) {
        return Err(damaged("does not end with an entry").into());
    }
    Ok((i32::from_le_bytes(four(&start, 32)), bytes))
}

fn needed(shp: &Path, path: &Path, ending: &str) -> Result<PathBuf> {
    sibling(shp, ending).ok_or_else(|| {
        Fault::new(Stage::Read, Exit::Input, format!("there is no .{ending} beside it"))
            .file(path)
            .remedy("put .shp, .shx and .dbf of one export beside each other, with .prj and .cpg where there are any")
            .into()
    })
}

fn small_text(shp: &Path, path: &Path, ending: &str, max_bytes: u64) -> Result<Option<String>> {
    let Some(file) = sibling(shp, ending) else { return Ok(None) };
    let storage = |e: io::Error| Fault::storage(Stage::Read, path.with_extension(ending), e);
    let mut bytes = vec![];
    File::open(file).and_then(|file| file.take(max_bytes + 1).read_to_end(&mut bytes)).map_err(storage)?;
    if bytes.len() as u64 > max_bytes {
        return Err(damaged(path, &format!("the .{ending} is longer than one can be")).into());
    }
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

/// The content of one record, a shape of the file's kind; Z and M are left where they are, behind the points.
fn shape(content: &[u8], of_file: i32) -> std::result::Result<Shapes<GridCoord>, String> {
    let kind = content.get(..4).map(|bytes| i32::from_le_bytes(four(bytes, 0))).ok_or(CUT_OFF)?;
    let mut builder = ShapesBuilder::default();
    match kind {
        0 => return Err("there is no geometry".into()),
        31 => return Err("a shape of surfaces (MultiPatch) is not an area".into()),
        _ if kind != of_file => return Err(format!("shape type {kind} stands in a file of type {of_file}")),
        1 | 11 | 21 => {
            for [x, y] in points(content, 4, 1)? {
                builder.coord(x, y);
            }
            builder.end_points();
        }
        8 | 18 | 28 => {
            for [x, y] in points(content, 40, count(content, 36)?)? {
                builder.coord(x, y);
            }
            builder.end_points();
        }
        3 | 13 | 23 => {
            for line in parts(content)? {
                line.iter().for_each(|[x, y]| builder.coord(*x, *y));
                builder.end_line();
            }
        }
        5 | 15 | 25 => areas(&parts(content)?, &mut builder)?,
        _ => return Err(format!("shape type {kind} is not supported")),
    }
    builder.finish()
}

fn areas(parts: &[Vec<GridCoord>], builder: &mut ShapesBuilder) -> std::result::Result<(), String> {
    for polygon in rings::polygons(parts)? {
        for ring in polygon {
            parts[ring].iter().for_each(|[x, y]| builder.coord(*x, *y));
            builder.end_ring();
        }
        builder.end_polygon();
    }
    Ok(())
}

/// Box, number of parts, number of points, first point of each part, points.
fn parts(content: &[u8]) -> std::result::Result<Vec<Vec<GridCoord>>, String> {
    let (parts, all) = (count(content, 36)?, count(content, 40)?);
    let starts_end = parts.checked_mul(4).and_then(|bytes| bytes.checked_add(44)).ok_or(CUT_OFF)?;
    let starts = content.get(44..starts_end).ok_or(CUT_OFF)?;
    let mut bounds: Vec<usize> =
        starts.chunks_exact(4).map(|start| u32::from_le_bytes(four(start, 0)) as usize).collect();
    let points: Vec<GridCoord> = points(content, starts_end, all)?.collect();
    bounds.push(all);
    if parts == 0 || bounds[0] != 0 || !bounds.is_sorted() {
        return Err(CUT_OFF.into());
    }
    Ok(bounds.windows(2).map(|range| points[range[0]..range[1]].to_vec()).collect())
}

fn points(content: &[u8], at: usize, number: usize) -> std::result::Result<impl Iterator<Item = GridCoord>, String> {
    let end = number.checked_mul(16).and_then(|bytes| bytes.checked_add(at)).ok_or(CUT_OFF)?;
    let bytes = content.get(at..end).ok_or(CUT_OFF)?;
    let ordinate = |bytes: &[u8]| bytes.try_into().map_or(f64::NAN, f64::from_le_bytes);
    Ok(bytes.chunks_exact(16).map(move |pair| [ordinate(&pair[..8]), ordinate(&pair[8..])]))
}

fn count(content: &[u8], at: usize) -> std::result::Result<usize, String> {
    let bytes = content.get(at..at + 4).ok_or(CUT_OFF)?;
    Ok(u32::from_le_bytes(four(bytes, 0)) as usize)
}

/// Four bytes of a header that is known to have them.
fn four(bytes: &[u8], at: usize) -> [u8; 4] {
    [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]
}

fn damaged(path: &Path, problem: &str) -> Fault {
    Fault::new(Stage::Read, Exit::Input, format!("the Shapefile cannot be read: {problem}"))
        .file(path)
        .remedy("export the layer again, and copy .shp, .shx and .dbf of one export")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQUARE: [GridCoord; 5] = [[0.0, 0.0], [0.0, 4.0], [4.0, 4.0], [4.0, 0.0], [0.0, 0.0]];

    fn polygon(kind: i32, rings: &[&[GridCoord]]) -> Vec<u8> {
        let points: usize = rings.iter().map(|ring| ring.len()).sum();
        let mut bytes = [&kind.to_le_bytes()[..], &[0; 32]].concat();
        bytes.extend([rings.len() as u32, points as u32].into_iter().flat_map(u32::to_le_bytes));
        let mut start = 0u32;
        for ring in rings {
            bytes.extend(start.to_le_bytes());
            start += ring.len() as u32;
        }
        bytes.extend(rings.iter().copied().flatten().flatten().flat_map(|number| number.to_le_bytes()));
        bytes
    }

    /// A whole Shapefile of squares, with one text column `ten` of these contents.
    fn write(folder: &Path, texts: &[&[u8]], encoding: Option<&str>) {
        let shape = polygon(5, &[&SQUARE]);
        let words = |bytes: usize| (bytes as u32 / 2).to_be_bytes();
        let head = |bytes: usize| {
            let mut head = vec![0; 100];
            head[..4].copy_from_slice(&9994u32.to_be_bytes());
            head[24..28].copy_from_slice(&words(100 + bytes));
            head[28..32].copy_from_slice(&1000u32.to_le_bytes());
            head[32..36].copy_from_slice(&5u32.to_le_bytes());
            head
        };
        let mut shp = head(texts.len() * (8 + shape.len()));
        let mut shx = head(texts.len() * 8);
        let mut dbf = vec![0; 32];
        dbf[4..8].copy_from_slice(&(texts.len() as u32).to_le_bytes());
        dbf[8] = 65;
        dbf[10] = 21;
        dbf.extend(*b"ten\0\0\0\0\0\0\0\0C\0\0\0\0\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\r");
        for (i, text) in texts.iter().enumerate() {
            shx.extend(words(shp.len()));
            shx.extend(words(shape.len()));
            shp.extend((i as u32 + 1).to_be_bytes());
            shp.extend(words(shape.len()));
            shp.extend(&shape);
            let (mark, text) = text.strip_prefix(b"*").map_or((b' ', *text), |deleted| (b'*', deleted));
            dbf.push(mark);
            dbf.extend(text);
            dbf.extend(vec![b' '; 20 - text.len()]);
        }
        dbf.push(0x1a);
        for (ending, bytes) in [("shp", shp), ("shx", shx), ("dbf", dbf)] {
            std::fs::write(folder.join("t").with_extension(ending), bytes).unwrap();
        }
        if let Some(encoding) = encoding {
            std::fs::write(folder.join("t.cpg"), encoding).unwrap();
        }
    }

    type Texts = Vec<(String, Value, Option<String>)>;

    fn read(folder: &Path, encoding: Option<Encoding>) -> Result<Texts> {
        let table = Shapefile::open(folder, Path::new("t.shp"), encoding)?;
        let mut read = vec![];
        table.rows(&["ten"], &mut |mut row, shape| {
            read.push((row.place, row.values.remove(0), shape.err()));
            Ok(())
        })?;
        Ok(read)
    }

    fn texts(folder: &Path, encoding: Option<Encoding>) -> Vec<Value> {
        read(folder, encoding).unwrap().into_iter().map(|row| row.1).collect()
    }

    #[test]
    fn a_deleted_row_is_left_out_with_its_shape() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &[b"A", b"*HIDDEN", b"C"], None);
        let places: Vec<String> = read(folder.path(), None).unwrap().into_iter().map(|row| row.0).collect();
        assert_eq!(places, ["record 1", "record 3"]);
        assert_eq!(texts(folder.path(), None), [Value::Text("A".into()), Value::Text("C".into())]);
    }

    #[test]
    fn texts_are_decoded_as_the_dataset_or_the_file_says() {
        let folder = tempfile::tempdir().unwrap();
        let expected = [Value::Text("Thửa đất".into())];
        write(folder.path(), &[b"Th\xf6a \xae\xcat"], None);
        assert_eq!(texts(folder.path(), Some(Encoding::Tcvn3)), expected);
        write(folder.path(), &["Thửa đất".as_bytes()], Some("UTF-8"));
        assert_eq!(texts(folder.path(), None), expected);
        write(folder.path(), &[b"Th\xfd\xd2a \xf0\xe2\xect"], Some("1258"));
        assert_eq!(texts(folder.path(), None), expected);
    }

    #[test]
    fn texts_of_unknown_encoding_are_refused_with_the_remedy() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &[b"plain", b"Th\xf6a"], Some("ISO-8859-1"));
        let said = read(folder.path(), None).unwrap_err().to_string();
        assert!(said.contains("does not say in which encoding") && said.contains("encoding = \"tcvn3\""), "{said}");
        write(folder.path(), &[b"plain"], None);
        assert_eq!(texts(folder.path(), None), [Value::Text("plain".into())]);
    }

    #[test]
    fn a_cpg_that_contradicts_the_dataset_stops_the_run_only_where_both_fit() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &["đất".as_bytes()], Some("UTF-8"));
        let said = read(folder.path(), Some(Encoding::Tcvn3)).unwrap_err().to_string();
        assert!(said.contains("names another encoding") && !said.contains("đất"), "{said}");
        // Bytes of TCVN3 that are no UTF-8: the .cpg was never true.
        write(folder.path(), &[b"\xae\xcat"], Some("UTF-8"));
        assert_eq!(texts(folder.path(), Some(Encoding::Tcvn3)), [Value::Text("đất".into())]);
    }

    #[test]
    fn a_byte_that_is_no_letter_is_a_fault_of_its_row() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &[b"A", b"\x93", b"C"], None);
        let rows = read(folder.path(), Some(Encoding::Tcvn3)).unwrap();
        assert_eq!(rows[1].2.as_deref(), Some("the cell 'ten' holds byte 93, no letter of TCVN3"));
        assert_eq!((&rows[0].2, &rows[2].2), (&None, &None));
    }

    #[test]
    fn files_that_do_not_belong_together_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = |ending: &str| folder.path().join("t").with_extension(ending);
        write(folder.path(), &[b"A", b"B"], None);
        let dbf = std::fs::read(file("dbf")).unwrap();
        write(folder.path(), &[b"A", b"B", b"C"], None);
        std::fs::write(file("dbf"), dbf).unwrap();
        let said = read(folder.path(), None).unwrap_err().to_string();
        assert!(said.contains("there are 3 shapes and 2 rows"), "{said}");
        write(folder.path(), &[b"A", b"B"], None);
        let mut shx = std::fs::read(file("shx")).unwrap();
        let (first, second) = shx[100..].split_at_mut(8);
        first.swap_with_slice(second);
        std::fs::write(file("shx"), shx).unwrap();
        assert!(read(folder.path(), None).unwrap_err().to_string().contains("does not belong to the .shp"));
        for ending in ["shx", "dbf"] {
            write(folder.path(), &[b"A"], None);
            std::fs::remove_file(file(ending)).unwrap();
            assert!(read(folder.path(), None).unwrap_err().to_string().contains(&format!("there is no .{ending}")));
        }
    }

    #[test]
    fn whatever_belongs_to_the_source_is_in_its_digest() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &[b"A"], Some("UTF-8"));
        std::fs::write(folder.path().join("t.PRJ"), "undefined").unwrap();
        let digest = || super::super::source_digest(folder.path(), Path::new("t.shp")).unwrap();
        let whole: Vec<u8> = ["shp", "shx", "dbf", "PRJ", "cpg"]
            .iter()
            .flat_map(|ending| std::fs::read(folder.path().join("t").with_extension(ending)).unwrap())
            .collect();
        assert_eq!(digest(), crate::digest::sha256(&whole));
        for ending in ["shp", "shx", "dbf", "PRJ", "cpg"] {
            let before = digest();
            std::fs::OpenOptions::new()
                .append(true)
                .open(folder.path().join("t").with_extension(ending))
                .and_then(|mut file| std::io::Write::write_all(&mut file, b"x"))
                .unwrap();
            assert_ne!(digest(), before, "{ending}");
        }
    }

    #[test]
    fn bytes_cannot_move_from_one_file_of_the_digest_to_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let file = |ending: &str| folder.path().join("t").with_extension(ending);
        for (ending, more) in [("shp", &b"xx"[..]), ("shx", &[0; 8]), ("dbf", b"PROJCS[")] {
            write(folder.path(), &[b"A"], None);
            let bytes = [std::fs::read(file(ending)).unwrap(), more.to_vec()].concat();
            std::fs::write(file(ending), bytes).unwrap();
            assert!(read(folder.path(), None).is_err(), "{ending}");
        }
    }

    #[test]
    fn counts_that_do_not_fit_are_refused_before_memory_is_asked_for() {
        let whole = polygon(5, &[&SQUARE]);
        assert_eq!(shape(&whole, 5).unwrap().coords.len(), 4);
        for at in [36, 40] {
            let mut false_count = whole.clone();
            false_count[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
            assert_eq!(shape(&false_count, 5).unwrap_err(), CUT_OFF);
        }
        for end in 0..whole.len() {
            assert!(shape(&whole[..end], 5).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn measured_shapes_are_read_and_surfaces_refused_by_name() {
        for kind in [15, 25] {
            let measured = [polygon(kind, &[&SQUARE]), vec![0; 56]].concat();
            assert_eq!(shape(&measured, kind).unwrap().coords.len(), 4);
        }
        assert!(shape(&polygon(31, &[&SQUARE]), 31).unwrap_err().contains("MultiPatch"));
        assert_eq!(shape(&polygon(5, &[&SQUARE[..4]]), 5).unwrap_err(), "ring 1 is not closed");
        assert_eq!(shape(&[0; 4], 5).unwrap_err(), "there is no geometry");
    }
}

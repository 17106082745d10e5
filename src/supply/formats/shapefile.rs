//! A Shapefile in an archive: `.shp`, `.shx`, `.dbf`, `.prj`, `.cpg` (UTF-8). Its limits: names of ten characters
//! (the list of both stands in the provenance beside it), texts of 254 bytes, two gigabytes.

use std::fs::{self, File};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

use super::{Archive, Job, Row};
use crate::supply::feature::{Kind, Value};
use crate::supply::{damaged, refused};

/// Standard name → name of at most ten characters.
const SHORT: [(&str, &str); 14] = [
    ("maXa", "maXa"),
    ("soHieuToBanDo", "soTo"),
    ("soThuTuThua", "soThua"),
    ("maDinhDanhThuaDat", "maDinhDanh"),
    ("dienTich", "dienTich"),
    ("kyHieuMucDichSuDung", "mucDich"),
    ("kyHieuMucDichSuDungCu", "mucDichCu"),
    ("dienTichPhapLy", "dtPhapLy"),
    ("mucDichSuDungQuyHoach", "mucDichQH"),
    ("soHieuToBanDoCu", "soToCu"),
    ("soThuTuThuaCu", "soThuaCu"),
    ("maXaCu", "maXaCu"),
    ("diaChiThuaDat", "diaChi"),
    ("thoiDiemCapNhat", "capNhat"),
];

const POLYGON: i32 = 5;
const MOST_TEXT_BYTES: usize = 254;
/// Integers up to here are exact in every reader.
const INTEGER_WIDTH: usize = 18;
const REAL_WIDTH: usize = 24;
const REAL_DIGITS: u8 = 15;
/// Sizes are counted in 16-bit words of 31 bits.
const MOST_BYTES: u64 = 2 << 30;

pub fn write(job: &Job<'_>, path: &Path) -> io::Result<()> {
    let at = |ending: &str| job.folder.join(ending);
    let widths = widths(job)?;
    let mut shapes = Shapes::create(&at("shp"), &at("shx"))?;
    let mut table = Table::create(job, &at("dbf"), &widths)?;
    job.rows(|row| {
        shapes.add(&row)?;
        table.add(&row)
    })?;
    shapes.finish()?;
    table.finish()?;
    let (mut archive, stem) = (Archive::create(path)?, job.stem());
    for ending in ["shp", "shx", "dbf"] {
        let mut part = File::open(at(ending))?;
        io::copy(&mut part, archive.begin(&format!("{stem}.{ending}"))?)?;
        fs::remove_file(at(ending))?;
    }
    archive.add(&format!("{stem}.prj"), job.frame.wkt_esri().as_bytes())?;
    archive.add(&format!("{stem}.cpg"), b"UTF-8")?;
    let names: String = job.fields().iter().map(|(name, _)| format!("Cột {} = {name}\r\n", short(name))).collect();
    archive.finish(job, &names)
}

fn short(name: &str) -> &str {
    SHORT.iter().find(|(long, _)| *long == name).map_or_else(|| &name[..name.len().min(10)], |(_, short)| short)
}

/// The bytes that each field needs: texts are as wide as the longest.
fn widths(job: &Job<'_>) -> io::Result<Vec<usize>> {
    let (chosen, fields) = (job.chosen(), job.fields());
    let mut widths: Vec<usize> = fields
        .iter()
        .map(|(_, kind)| match kind {
            Kind::Integer => INTEGER_WIDTH,
            Kind::Real => REAL_WIDTH,
            Kind::Text => 1,
        })
        .collect();
    job.selection.each(|feature| {
        for (width, i) in widths.iter_mut().zip(&chosen) {
            if let Value::Text(text) = &feature.values[*i] {
                *width = (*width).max(text.len());
            }
        }
        Ok(())
    })?;
    if widths.iter().any(|width| *width > MOST_TEXT_BYTES) { Err(refused("text_long")) } else { Ok(widths) }
}

/// `.shp` and `.shx`.
struct Shapes {
    shp: BufWriter<File>,
    shx: BufWriter<File>,
    bytes: u64,
    count: i32,
    bounds: [f64; 4],
}

impl Shapes {
    fn create(shp: &Path, shx: &Path) -> io::Result<Shapes> {
        let mut both = [BufWriter::new(File::create_new(shp)?), BufWriter::new(File::create_new(shx)?)];
        for file in &mut both {
            file.write_all(&[0; 100])?;
        }
        let [shp, shx] = both;
        let bounds = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
        Ok(Shapes { shp, shx, bytes: 100, count: 0, bounds })
    }

    fn add(&mut self, row: &Row) -> io::Result<()> {
        let record = record(row);
        let words = (record.len() / 2) as i32;
        self.count += 1;
        self.shx.write_all(&((self.bytes / 2) as i32).to_be_bytes())?;
        self.shx.write_all(&words.to_be_bytes())?;
        self.shp.write_all(&self.count.to_be_bytes())?;
        self.shp.write_all(&words.to_be_bytes())?;
        self.shp.write_all(&record)?;
        self.bytes += 8 + record.len() as u64;
        let (own, all) = (row.bounds(), &mut self.bounds);
        *all = [all[0].min(own[0]), all[1].min(own[1]), all[2].max(own[2]), all[3].max(own[3])];
        if self.bytes > MOST_BYTES { Err(refused("file_large")) } else { Ok(()) }
    }

    fn finish(self) -> io::Result<()> {
        let index = 100 + 8 * u64::from(self.count.unsigned_abs());
        for (mut file, bytes) in [(self.shp, self.bytes), (self.shx, index)] {
            file.seek(SeekFrom::Start(0))?;
            let mut head = vec![];
            head.extend(9994i32.to_be_bytes());
            head.extend([0; 20]);
            head.extend(((bytes / 2) as i32).to_be_bytes());
            head.extend(1000i32.to_le_bytes());
            head.extend(POLYGON.to_le_bytes());
            self.bounds.iter().for_each(|number| head.extend(number.to_le_bytes()));
            head.extend([0; 32]);
            file.write_all(&head)?;
            file.flush()?;
        }
        Ok(())
    }
}

/// A polygon: outer rings run clockwise, holes against it, each beginning where it began.
fn record(row: &Row) -> Vec<u8> {
    let rings: Vec<_> = row.polygons.iter().flatten().collect();
    let mut bytes = POLYGON.to_le_bytes().to_vec();
    row.bounds().iter().for_each(|number| bytes.extend(number.to_le_bytes()));
    bytes.extend((rings.len() as i32).to_le_bytes());
    let positions: usize = rings.iter().map(|ring| ring.len() + 1).sum();
    bytes.extend((positions as i32).to_le_bytes());
    let mut begin = 0i32;
    for ring in &rings {
        bytes.extend(begin.to_le_bytes());
        begin += ring.len() as i32 + 1;
    }
    for ring in &rings {
        let turned = ring.first().into_iter().chain(ring.iter().rev());
        turned.flatten().for_each(|number| bytes.extend(number.to_le_bytes()));
    }
    bytes
}

/// `.dbf`: dBase III.
struct Table {
    out: BufWriter<File>,
    widths: Vec<usize>,
    count: u32,
    head: Vec<u8>,
}

impl Table {
    fn create(job: &Job<'_>, path: &Path, widths: &[usize]) -> io::Result<Table> {
        let fields = job.fields();
        let day = job.order.provenance.granted_on;
        let mut head = vec![3, (day.year() - 1900).clamp(0, 255) as u8, day.month() as u8, day.day() as u8];
        head.extend([0; 4]);
        head.extend((32 * (fields.len() as u16 + 1) + 1).to_le_bytes());
        head.extend((1 + widths.iter().sum::<usize>() as u16).to_le_bytes());
        head.extend([0; 20]);
        for ((name, kind), width) in fields.iter().zip(widths) {
            let (letter, digits) = match kind {
                Kind::Integer => (b'N', 0),
                Kind::Real => (b'N', REAL_DIGITS),
                Kind::Text => (b'C', 0),
            };
            let mut field = [0; 32];
            let name = short(name).as_bytes();
            field[..name.len()].copy_from_slice(name);
            (field[11], field[16], field[17]) = (letter, *width as u8, digits);
            head.extend(field);
        }
        head.push(13);
        let mut out = BufWriter::new(File::create_new(path)?);
        out.write_all(&head)?;
        Ok(Table { out, widths: widths.to_vec(), count: 0, head })
    }

    fn add(&mut self, row: &Row) -> io::Result<()> {
        let mut record = vec![b' '];
        for (value, width) in row.values.iter().zip(&self.widths) {
            let (text, right) = match value {
                Value::Nothing => (String::new(), false),
                Value::Integer(integer) => (integer.to_string(), true),
                Value::Real(real) => (real.to_string(), true),
                Value::Text(text) => (text.clone(), false),
            };
            let gap = width.checked_sub(text.len()).ok_or_else(|| damaged("a value is wider than its field"))?;
            let gap = vec![b' '; gap];
            record.extend(if right { [&gap, text.as_bytes()].concat() } else { [text.as_bytes(), &gap].concat() });
        }
        self.count += 1;
        self.out.write_all(&record)
    }

    fn finish(mut self) -> io::Result<()> {
        self.out.write_all(&[26])?;
        self.out.seek(SeekFrom::Start(0))?;
        self.head[4..8].copy_from_slice(&self.count.to_le_bytes());
        self.out.write_all(&self.head)?;
        self.out.flush()
    }
}

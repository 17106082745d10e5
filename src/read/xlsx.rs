//! XLSX (ECMA-376), streamed part by part. The parts are read here and not by a library, because libraries
//! turn numbers into floats on the way: a price must come out digit for digit, and a float that is none be seen.
//!
//! The texts of a workbook stand in one list for all columns, so the list is in memory as a whole; only the
//! cells of the columns that were asked for leave this folder.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::path::Path;

use jiff::ToSpan;
use jiff::civil::date;

use super::Table;
use super::cell_text::shortest_decimal;
use super::sheet::{self, Cell, MAX_COLUMNS, MAX_ROWS, Merge, Part, Sheet, SheetRow, SheetTable, Stop, unreadable};
use super::sheet_part::{self, Broken};
use super::xml::{Tag, Token, Xml, XmlFault};
use super::zip_guard::Package;
use crate::error::Result;

/// Opens one sheet; without a name the workbook must have exactly one that is visible.
pub fn open(site: &Path, path: &Path, layer: Option<&str>) -> Result<Box<dyn Table>> {
    let mut book = Workbook::open(&site.join(path)).map_err(|problem| unreadable(path, problem))?;
    let names: Vec<String> = book.sheets.iter().map(|(name, _)| name.clone()).collect();
    let name = sheet::choose(path, &names, layer)?;
    let part = book.sheets.iter().find(|(sheet, _)| sheet == name).map(|(_, part)| part.clone());
    book.load_strings().map_err(|problem| unreadable(path, problem))?;
    Ok(Box::new(SheetTable::open(XlsxSheet { book, part: part.unwrap_or_default() }, path, name)?))
}

/// Names of the visible sheets.
pub fn layers(site: &Path, path: &Path) -> Result<Vec<String>> {
    let book = Workbook::open(&site.join(path)).map_err(|problem| unreadable(path, problem))?;
    Ok(book.sheets.into_iter().map(|(name, _)| name).collect())
}

struct Workbook {
    package: Package,
    /// Name and part of every visible worksheet.
    sheets: Vec<(String, String)>,
    strings_part: Option<String>,
    strings: Strings,
    /// What the numbers of each cell style are.
    styles: Vec<Kind>,
    counts_from_1904: bool,
}

impl Workbook {
    fn open(absolute: &Path) -> Result<Self, String> {
        let package = Package::open(absolute)?;
        let main = relations(&package, "")?.part("officeDocument").ok_or("the archive is not an XLSX workbook")?;
        let parts = relations(&package, &main)?;
        let mut book = Workbook {
            sheets: vec![],
            strings_part: parts.part("sharedStrings"),
            strings: Strings::default(),
            styles: vec![],
            counts_from_1904: false,
            package,
        };
        book.list_sheets(&main, &parts)?;
        if let Some(styles) = parts.part("styles") {
            book.styles = read_part(&book.package, &styles, read_styles)?;
        }
        Ok(book)
    }

    fn list_sheets(&mut self, main: &str, parts: &Relations) -> Result<(), String> {
        let mut listed = vec![];
        let mut counts_from_1904 = false;
        read_part(&self.package, main, |xml| {
            each_start(xml, |tag, _| match tag.local().as_str() {
                "sheet" => listed.push((tag.attribute("name"), tag.attribute("id"), tag.attribute("state"))),
                "workbookPr" => counts_from_1904 = tag.is_true("date1904"),
                _ => {}
            })
        })?;
        self.counts_from_1904 = counts_from_1904;
        for (name, id, state) in listed {
            let hidden = state.is_some_and(|state| state != "visible");
            let part = id.and_then(|id| parts.0.get(&id)).filter(|(kind, _)| kind == "worksheet");
            if let (Some(name), Some((_, part)), false) = (name, part, hidden) {
                self.sheets.push((name, part.clone()));
            }
        }
        Ok(())
    }

    fn load_strings(&mut self) -> Result<(), String> {
        if let Some(part) = &self.strings_part {
            self.strings = read_part(&self.package, part, read_strings)?;
        }
        Ok(())
    }
}

type PartXml<'a> = Xml<&'a mut dyn BufRead>;

/// Reads a part as XML; problems name the part and its line.
fn read_part<T>(
    package: &Package,
    part: &str,
    read: impl FnOnce(&mut PartXml<'_>) -> Result<T, XmlFault>,
) -> Result<T, String> {
    package.read(part, |input| read(&mut Xml::new(input)))?.map_err(|fault| format!("part '{part}' {fault}"))
}

/// Calls `each` with every start tag and its depth.
fn each_start<R: BufRead>(xml: &mut Xml<R>, mut each: impl FnMut(&Tag<'_>, usize)) -> Result<(), XmlFault> {
    loop {
        let depth = xml.depth() + 1;
        match xml.next()? {
            Token::Start(tag) => each(&tag, depth),
            Token::Eof => return Ok(()),
            _ => {}
        }
    }
}

/// By id: the last word of the kind, and the part.
struct Relations(BTreeMap<String, (String, String)>);

impl Relations {
    fn part(&self, kind: &str) -> Option<String> {
        self.0.values().find(|(found, _)| found == kind).map(|(_, part)| part.clone())
    }
}

fn relations(package: &Package, part: &str) -> Result<Relations, String> {
    let (folder, file) = part.rsplit_once('/').unwrap_or(("", part));
    let list = if folder.is_empty() { format!("_rels/{file}.rels") } else { format!("{folder}/_rels/{file}.rels") };
    let mut found = BTreeMap::new();
    read_part(package, &list, |xml| {
        each_start(xml, |tag, _| {
            let external = tag.attribute("TargetMode").is_some_and(|mode| mode == "External");
            let named = (tag.attribute("Id"), tag.attribute("Type"), tag.attribute("Target"));
            if let ((Some(id), Some(kind), Some(target)), false) = (named, external) {
                let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
                found.insert(id, (kind, resolved(folder, &target)));
            }
        })
    })?;
    Ok(Relations(found))
}

/// `worksheets/sheet1.xml` in `xl` → `xl/worksheets/sheet1.xml`.
fn resolved(folder: &str, target: &str) -> String {
    let mut steps: Vec<&str> = if target.starts_with('/') { vec![] } else { folder.split('/').collect() };
    for step in target.split('/') {
        match step {
            "" | "." => {}
            ".." => drop(steps.pop()),
            step => steps.push(step),
        }
    }
    steps.retain(|step| !step.is_empty());
    steps.join("/")
}

/// All texts of a workbook, one after the other.
#[derive(Default)]
struct Strings {
    text: String,
    ends: Vec<u32>,
}

impl Strings {
    fn get(&self, i: usize) -> Option<&str> {
        let end = *self.ends.get(i)? as usize;
        let start = i.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        self.text.get(start..end)
    }
}

fn read_strings(xml: &mut PartXml<'_>) -> Result<Strings, XmlFault> {
    let mut strings = Strings::default();
    loop {
        match xml.next()? {
            Token::Start(tag) if tag.local() == "si" => {
                let text = rich_text(xml)?;
                strings.text.push_str(&text);
                strings.ends.push(u32::try_from(strings.text.len()).map_err(|_| xml.fault("the texts are too long"))?);
            }
            Token::Eof => return Ok(strings),
            _ => {}
        }
    }
}

/// The text of `si` or `is`, without fonts and without the reading aids of Japanese.
fn rich_text<R: BufRead>(xml: &mut Xml<R>) -> Result<String, XmlFault> {
    let outside = xml.depth() - 1;
    let mut text = String::new();
    while xml.depth() > outside {
        if let Token::Start(tag) = xml.next()? {
            match tag.local().as_str() {
                "t" => text.push_str(&xml.text()?.unwrap_or_default()),
                "rPh" => xml.skip()?,
                _ => {}
            }
        }
    }
    Ok(unescaped(&text))
}

/// Characters that XML cannot hold are written `_x000D_`.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("_x") {
        let code = rest.get(at + 2..at + 6).filter(|_| rest.as_bytes().get(at + 6) == Some(&b'_'));
        let hex = code.filter(|code| code.bytes().all(|b| b.is_ascii_hexdigit()));
        let decoded = hex.and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32);
        let taken = if decoded.is_some() { 7 } else { 2 };
        out.push_str(&rest[..at]);
        match decoded {
            Some(c) => out.push(c),
            None => out.push_str("_x"),
        }
        rest = &rest[at + taken..];
    }
    out + rest
}

/// What a number is, by the format of its cell.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Number,
    Date,
    Time,
    Duration,
}

fn read_styles(xml: &mut PartXml<'_>) -> Result<Vec<Kind>, XmlFault> {
    let mut formats: BTreeMap<u32, Kind> = BTreeMap::new();
    let mut styles = vec![];
    let mut list = String::new();
    each_start(xml, |tag, depth| {
        let name = tag.local();
        match name.as_str() {
            _ if depth == 2 => list = name,
            "numFmt" if list == "numFmts" => {
                let format = (tag.number("numFmtId"), tag.attribute("formatCode"));
                if let (Some(id), Some(code)) = format {
                    formats.insert(id, kind_of_format(&code));
                }
            }
            "xf" if list == "cellXfs" => {
                let id = tag.number("numFmtId").unwrap_or(0);
                styles.push(formats.get(&id).copied().unwrap_or_else(|| kind_of_builtin(id)));
            }
            _ => {}
        }
    })?;
    Ok(styles)
}

/// ECMA-376 part 1, 18.8.30; 27 to 36 and 50 to 58 are dates in eastern languages.
fn kind_of_builtin(id: u32) -> Kind {
    match id {
        14..=17 | 22 | 27..=31 | 36 | 50..=54 | 57 | 58 => Kind::Date,
        18..=21 | 32..=35 | 45 | 47 | 55 | 56 => Kind::Time,
        46 => Kind::Duration,
        _ => Kind::Number,
    }
}

/// Looks for the letters of dates and times outside quotes, escapes and brackets.
fn kind_of_format(code: &str) -> Kind {
    let (mut letters, mut elapsed) = (String::new(), false);
    let mut chars = code.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => drop(chars.by_ref().find(|c| *c == '"')),
            '\\' | '_' | '*' => drop(chars.next()),
            '[' => {
                let inside: String = chars.by_ref().take_while(|c| *c != ']').collect();
                elapsed |= !inside.is_empty() && inside.chars().all(|c| "hmsHMS".contains(c));
            }
            ';' => break,
            c => letters.push(c.to_ascii_lowercase()),
        }
    }
    match () {
        () if elapsed => Kind::Duration,
        () if letters.contains(['y', 'd']) => Kind::Date,
        () if letters.contains(['h', 's']) => Kind::Time,
        () if letters.contains('m') => Kind::Date,
        () => Kind::Number,
    }
}

struct XlsxSheet {
    book: Workbook,
    part: String,
}

impl Sheet for XlsxSheet {
    fn walk(&self, each: &mut dyn FnMut(Part) -> Result<(), Stop>) -> Result<(), Stop> {
        sheet_part::walk(&self.book.package, &self.part, |xml| self.parts(xml, each))
    }
}

impl XlsxSheet {
    fn parts<R: BufRead>(
        &self,
        xml: &mut Xml<R>,
        each: &mut dyn FnMut(Part) -> Result<(), Stop>,
    ) -> Result<(), Broken> {
        let mut number = 0;
        loop {
            let depth = xml.depth() + 1;
            let part = match xml.next()? {
                Token::Start(tag) if depth == 3 && tag.local() == "row" => {
                    let written: Option<u32> = tag.number("r");
                    let row = written.unwrap_or(number + 1);
                    if row <= number || row > MAX_ROWS {
                        return Err(xml.fault("the rows are out of order, or too many").into());
                    }
                    number = row;
                    Part::Row(self.row(xml, row)?)
                }
                Token::Start(tag) if depth == 3 && tag.local() == "mergeCell" => {
                    let range = tag.attribute("ref");
                    let merge = range.as_deref().and_then(merge);
                    Part::Merge(merge.ok_or_else(|| xml.fault("a merged range is malformed"))?)
                }
                Token::Eof => return Ok(()),
                _ => continue,
            };
            each(part).map_err(Broken::Stop)?;
        }
    }

    fn row<R: BufRead>(&self, xml: &mut Xml<R>, number: u32) -> Result<SheetRow, XmlFault> {
        let mut row = SheetRow { number, cells: vec![] };
        let mut next_column = 0;
        let outside = xml.depth() - 1;
        while xml.depth() > outside {
            if let Token::Start(tag) = xml.next()?
                && tag.local() == "c"
            {
                let (column, at_row) = match tag.attribute("r") {
                    None => (next_column, number),
                    Some(place) => cell_place(&place).unwrap_or((MAX_COLUMNS, number)),
                };
                let style = tag.number("s").unwrap_or(0);
                let kind = tag.attribute("t").unwrap_or_default();
                if column < next_column || column >= MAX_COLUMNS || at_row != number {
                    return Err(xml.fault("the cells of a row are out of order, or too many"));
                }
                next_column = column + 1;
                row.cells.extend(self.cell(xml, &kind, style)?.map(|cell| (column, cell)));
            }
        }
        Ok(row)
    }

    fn cell<R: BufRead>(&self, xml: &mut Xml<R>, kind: &str, style: usize) -> Result<Option<Cell>, XmlFault> {
        let (mut value, mut formula) = (None, false);
        let outside = xml.depth() - 1;
        while xml.depth() > outside {
            if let Token::Start(tag) = xml.next()? {
                match tag.local().as_str() {
                    "v" => value = xml.text()?,
                    "is" => value = Some(rich_text(xml)?),
                    name => {
                        formula |= name == "f";
                        xml.skip()?;
                    }
                }
            }
        }
        Ok(match value {
            None if formula => Some(Cell::Refused(
                "holds a formula without its result: open the workbook, recalculate and save it".into(),
            )),
            None => None,
            Some(value) => self.meaning(&value, kind, style),
        })
    }

    fn meaning(&self, value: &str, kind: &str, style: usize) -> Option<Cell> {
        match kind {
            "s" => match value.trim().parse().ok().and_then(|i| self.book.strings.get(i)) {
                Some(text) => Cell::text(text),
                None => Some(Cell::Refused("refers to a text that the workbook does not have".into())),
            },
            "str" => Cell::text(&unescaped(value)),
            "inlineStr" => Cell::text(value),
            "d" => Some(iso_date(value)),
            "b" => Some(Cell::Refused("holds TRUE or FALSE instead of a text or number".into())),
            "e" => Some(Cell::Refused(format!("holds the error {}", known_error(value)))),
            "" | "n" if value.trim().is_empty() => None,
            "" | "n" => Some(self.number(value, style)),
            _ => Some(Cell::Refused("is of a kind that is not known".into())),
        }
    }

    fn number(&self, written: &str, style: usize) -> Cell {
        let kind = self.book.styles.get(style).copied().unwrap_or(Kind::Number);
        let figure = match kind {
            Kind::Number => shortest_decimal(written).map_err(|problem| format!("holds a number that {problem}")),
            Kind::Duration => Err("holds a duration instead of a text, number or date".into()),
            Kind::Date | Kind::Time => serial_date(written, kind, self.book.counts_from_1904),
        };
        figure.map_or_else(Cell::Refused, Cell::Figure)
    }
}

/// Errors are shown by their code, and only when it is one.
pub fn known_error(code: &str) -> &str {
    const CODES: [&str; 9] = ["#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#SPILL!", "#CALC!"];
    CODES.into_iter().find(|known| *known == code.trim()).unwrap_or("of a formula")
}

/// Checks a date that is written out, and drops a time of day that is midnight.
pub fn iso_date(written: &str) -> Cell {
    let written = written.trim().trim_end_matches('Z');
    let (day, time) = written.split_once('T').unwrap_or((written, ""));
    let is_day = day.len() == 10 && day.parse::<jiff::civil::Date>().is_ok();
    let is_time = time.is_empty() || time.parse::<jiff::civil::Time>().is_ok();
    match () {
        () if !is_day || !is_time => Cell::Refused("holds a date that is none".into()),
        () if time.chars().all(|c| "0:.".contains(c)) => Cell::Figure(day.to_owned()),
        () => Cell::Figure(written.to_owned()),
    }
}

/// Days since the end of 1899 (or the beginning of 1904) → `2026-01-31`, `2026-01-31T07:30:00`, `07:30:00`.
fn serial_date(written: &str, kind: Kind, from_1904: bool) -> Result<String, String> {
    const NONE: &str = "holds a date that is none";
    let serial: f64 = written.trim().parse().map_err(|_| NONE)?;
    if !(0.0..2_958_466.0).contains(&serial) {
        return Err(NONE.into());
    }
    let seconds = (serial * 86_400.0).round() as i64;
    let (days, time_s) = (seconds / 86_400, seconds % 86_400);
    let time = format!("{:02}:{:02}:{:02}", time_s / 3600, time_s / 60 % 60, time_s % 60);
    if kind == Kind::Time && days == 0 {
        return Ok(time);
    }
    // Day 60 of the first count is 29 February 1900, which was none; before it the count is one day off.
    let first = match days {
        _ if from_1904 => date(1904, 1, 1),
        60 => return Err(NONE.into()),
        0..60 => date(1899, 12, 31),
        _ => date(1899, 12, 30),
    };
    let day = first.checked_add(days.days()).map_err(|_| NONE)?;
    Ok(if time_s == 0 { day.to_string() } else { format!("{day}T{time}") })
}

/// `F12` → column 5, row 12.
fn cell_place(place: &str) -> Option<(u32, u32)> {
    let letters = place.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (letters, digits) = place.split_at(letters);
    let lengths_fit = (1..=3).contains(&letters.len()) && (1..=7).contains(&digits.len());
    if !lengths_fit || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let column = letters.bytes().fold(0, |column, b| column * 26 + u32::from(b.to_ascii_uppercase() - b'A') + 1);
    digits.parse().ok().filter(|row| (1..=MAX_ROWS).contains(row) && column <= MAX_COLUMNS).map(|row| (column - 1, row))
}

/// `A5:A9`.
fn merge(range: &str) -> Option<Merge> {
    let (from, to) = range.split_once(':').unwrap_or((range, range));
    let ((first_column, first_row), (last_column, last_row)) = (cell_place(from)?, cell_place(to)?);
    let ordered = first_row <= last_row && first_column <= last_column;
    ordered.then_some(Merge { first_row, first_column, last_row, last_column })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_tell_dates_from_money() {
        for code in ["dd/mm/yyyy", "yyyy\\-mm\\-dd;@", "[$-42A]dd mmmm yyyy", "mmm"] {
            assert_eq!(kind_of_format(code), Kind::Date, "{code}");
        }
        for code in [
            "General",
            "#,##0",
            "#,##0 \"đồng/m2\"",
            "#,##0\\ [$VND]",
            "0.00E+00",
            "0%",
            "@",
            "[Red]0.0",
            "_-* #,##0_d",
        ] {
            assert_eq!(kind_of_format(code), Kind::Number, "{code}");
        }
        assert_eq!((kind_of_format("hh:mm"), kind_of_format("[h]:mm")), (Kind::Time, Kind::Duration));
    }

    #[test]
    fn serial_numbers_become_dates() {
        let day = |serial: &str| serial_date(serial, Kind::Date, false);
        assert_eq!(day("46053").as_deref(), Ok("2026-01-31"));
        assert_eq!(day("1").as_deref(), Ok("1900-01-01"));
        assert_eq!(day("61").as_deref(), Ok("1900-03-01"));
        assert_eq!(day("46053.3125").as_deref(), Ok("2026-01-31T07:30:00"));
        assert_eq!(serial_date("0.3125", Kind::Time, false).as_deref(), Ok("07:30:00"));
        assert_eq!(serial_date("44591", Kind::Date, true).as_deref(), Ok("2026-01-31"));
        for none in ["60", "-1", "1e9", "x", "NaN"] {
            assert!(day(none).is_err(), "{none}");
        }
    }

    #[test]
    fn places_and_ranges_are_checked() {
        assert_eq!(cell_place("XFD1048576"), Some((16_383, 1_048_576)));
        for place in ["", "A", "1", "A0", "XFE1", "A1048577", "AAAA1", "A1B", "Ă1", "A+1"] {
            assert_eq!(cell_place(place), None, "{place}");
        }
        assert_eq!(merge("B2:A1"), None);
        assert_eq!(merge("A1:B2"), Some(Merge { first_row: 1, first_column: 0, last_row: 2, last_column: 1 }));
    }

    #[test]
    fn escaped_characters_come_back() {
        assert_eq!(unescaped("Đường_x000D_\nA_x005F_x_xđ_xZZZZ__x"), "Đường\r\nA_x_xđ_xZZZZ__x");
    }

    #[test]
    fn targets_stay_in_the_archive() {
        assert_eq!(resolved("xl", "worksheets/sheet1.xml"), "xl/worksheets/sheet1.xml");
        assert_eq!(resolved("xl", "/xl/./styles.xml"), "xl/styles.xml");
        assert_eq!(resolved("xl", "../../../etc/passwd"), "etc/passwd");
    }

    #[test]
    fn written_dates_are_checked() {
        assert_eq!(iso_date("2026-01-31T00:00:00.000"), Cell::Figure("2026-01-31".into()));
        assert_eq!(iso_date("2026-01-31T07:30:00"), Cell::Figure("2026-01-31T07:30:00".into()));
        for none in ["2026-02-30", "31/01/2026", "", "2026-01-31Tx"] {
            assert!(matches!(iso_date(none), Cell::Refused(_)), "{none}");
        }
    }
}

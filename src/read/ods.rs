//! ODS (OpenDocument 1.2 and 1.3), streamed. Cells and rows that a file merely counts are held against what a
//! spreadsheet can hold before they are written out.

use std::collections::BTreeSet;
use std::io::BufRead;
use std::path::Path;

use super::Table;
use super::cell_text::shortest_decimal;
use super::sheet::{
    self, Cell, MAX_COLUMNS, MAX_ROWS, Merge, Part, Sheet, SheetRow, SheetTable, Stop, too_many, unreadable,
};
use super::sheet_part::{self, Broken};
use super::xlsx::{iso_date, known_error};
use super::xml::{Tag, Token, Xml, XmlFault};
use super::zip_guard::Package;
use crate::error::Result;

const CONTENT: &str = "content.xml";
/// Document, body, spreadsheet, table.
const SHEET_DEPTH: usize = 4;
/// Text of one row, repeated cells written out.
const MAX_ROW_BYTES: usize = 16 << 20;

/// Opens one sheet; without a name the workbook must have exactly one that is visible.
pub fn open(site: &Path, path: &Path, layer: Option<&str>) -> Result<Box<dyn Table>> {
    let fault = |problem: String| unreadable(path, problem);
    let package = Package::open(&site.join(path)).map_err(fault)?;
    let sheets = sheets(&package).map_err(fault)?;
    let names: Vec<String> = sheets.iter().map(|(name, _)| name.clone()).collect();
    let name = sheet::choose(path, &names, layer)?;
    let index = sheets.iter().find(|(sheet, _)| sheet == name).map_or(0, |(_, index)| *index);
    Ok(Box::new(SheetTable::open(OdsSheet { package, index }, path, name)?))
}

/// Names of the visible sheets.
pub fn layers(site: &Path, path: &Path) -> Result<Vec<String>> {
    let sheets = Package::open(&site.join(path)).and_then(|package| sheets(&package));
    Ok(sheets.map_err(|problem| unreadable(path, problem))?.into_iter().map(|(name, _)| name).collect())
}

/// Name and index of every visible sheet.
fn sheets(package: &Package) -> Result<Vec<(String, usize)>, String> {
    let locked = package.read("META-INF/manifest.xml", |input| find(&mut Xml::new(input), "encryption-data"))?;
    if locked.map_err(|fault| format!("the manifest {fault}"))? {
        return Err("the workbook is locked with a password: save it without one".into());
    }
    let listed = package.read(CONTENT, |input| list(&mut Xml::new(input)))?;
    listed.map_err(|fault| format!("part '{CONTENT}' {fault}"))
}

fn find<R: BufRead>(xml: &mut Xml<R>, name: &str) -> Result<bool, XmlFault> {
    loop {
        match xml.next()? {
            Token::Start(tag) if tag.local() == name => return Ok(true),
            Token::Eof => return Ok(false),
            _ => {}
        }
    }
}

fn list<R: BufRead>(xml: &mut Xml<R>) -> Result<Vec<(String, usize)>, XmlFault> {
    let mut hidden_styles = BTreeSet::new();
    let (mut sheets, mut index, mut style) = (vec![], 0, String::new());
    loop {
        let depth = xml.depth() + 1;
        match xml.next()? {
            Token::Start(tag) => match tag.local().as_str() {
                "style" => style = tag.attribute("name").unwrap_or_default(),
                "table-properties" if tag.attribute("display").is_some_and(|display| display == "false") => {
                    hidden_styles.insert(style.clone());
                }
                "table" if depth == SHEET_DEPTH => {
                    let hidden = tag.attribute("style-name").is_some_and(|style| hidden_styles.contains(&style));
                    let name = tag.attribute("name").filter(|_| !hidden);
                    sheets.extend(name.map(|name| (name, index)));
                    index += 1;
                }
                _ => {}
            },
            Token::Eof => return Ok(sheets),
            _ => {}
        }
    }
}

struct OdsSheet {
    package: Package,
    /// Among all sheets, hidden ones too.
    index: usize,
}

impl Sheet for OdsSheet {
    fn walk(&self, each: &mut dyn FnMut(Part) -> Result<(), Stop>) -> Result<(), Stop> {
        sheet_part::walk(&self.package, CONTENT, |xml| {
            let mut walk = Walk { next_row: 1, each };
            walk.find(xml, self.index).and_then(|()| walk.sheet(xml))
        })
    }
}

struct Walk<'a> {
    /// From 1.
    next_row: u64,
    each: &'a mut dyn FnMut(Part) -> Result<(), Stop>,
}

impl Walk<'_> {
    fn find<R: BufRead>(&self, xml: &mut Xml<R>, index: usize) -> Result<(), Broken> {
        let mut left = index;
        loop {
            let depth = xml.depth() + 1;
            match xml.next()? {
                Token::Start(tag) if depth == SHEET_DEPTH && tag.local() == "table" => match left.checked_sub(1) {
                    Some(fewer) => left = fewer,
                    None => return Ok(()),
                },
                Token::Eof => return Err(xml.fault("the sheet is gone").into()),
                _ => {}
            }
        }
    }

    fn sheet<R: BufRead>(&mut self, xml: &mut Xml<R>) -> Result<(), Broken> {
        while xml.depth() >= SHEET_DEPTH {
            if let Token::Start(tag) = xml.next()? {
                match tag.local().as_str() {
                    "table-row" => {
                        let times = repeated(&tag, "number-rows-repeated");
                        self.row(xml, times)?;
                    }
                    // Groups and heading rows are looked into, drawings and forms are not.
                    "table-row-group" | "table-header-rows" | "table-rows" => {}
                    _ => xml.skip()?,
                }
            }
        }
        Ok(())
    }

    fn row<R: BufRead>(&mut self, xml: &mut Xml<R>, times: u64) -> Result<(), Broken> {
        let mut row = RowBuilder::default();
        let outside = xml.depth() - 1;
        while xml.depth() > outside {
            if let Token::Start(tag) = xml.next()? {
                let head = CellHead::of(&tag);
                let known = matches!(tag.local().as_str(), "table-cell" | "covered-table-cell");
                if !known {
                    xml.skip()?;
                } else if let Err(problem) = row.add(&head, head.cell(xml)?) {
                    return Err(xml.fault(problem).into());
                }
            }
        }
        self.emit(&row, times)
    }

    /// Gives out a row as often as it stands there; empty ones are only counted.
    fn emit(&mut self, row: &RowBuilder, times: u64) -> Result<(), Broken> {
        let first = self.next_row;
        self.next_row = first.saturating_add(times);
        if row.cells.is_empty() {
            return Ok(());
        }
        if self.next_row > u64::from(MAX_ROWS) + 1 {
            return Err(Broken::Stop(Stop::Unreadable(too_many("rows"))));
        }
        for number in (first..self.next_row).map(|number| number as u32) {
            for (column, columns, rows) in &row.merges {
                let last_row = number.saturating_add(rows - 1).min(MAX_ROWS);
                let last_column = column.saturating_add(columns - 1).min(MAX_COLUMNS - 1);
                let merge = Merge { first_row: number, first_column: *column, last_row, last_column };
                (self.each)(Part::Merge(merge)).map_err(Broken::Stop)?;
            }
            (self.each)(Part::Row(SheetRow { number, cells: row.cells.clone() })).map_err(Broken::Stop)?;
        }
        Ok(())
    }
}

#[derive(Default)]
struct RowBuilder {
    next_column: u64,
    cells: Vec<(u32, Cell)>,
    /// Column, columns and rows of merged cells.
    merges: Vec<(u32, u32, u32)>,
    bytes: usize,
}

impl RowBuilder {
    fn add(&mut self, head: &CellHead, cell: Option<Cell>) -> Result<(), String> {
        let first = self.next_column;
        self.next_column = first.saturating_add(head.times);
        let Some(cell) = cell else { return Ok(()) };
        if self.next_column > u64::from(MAX_COLUMNS) {
            return Err(too_many("columns"));
        }
        let (Cell::Text(text) | Cell::Figure(text) | Cell::Refused(text)) = &cell;
        self.bytes += text.len() * head.times as usize;
        if self.bytes > MAX_ROW_BYTES {
            return Err("a row holds more than 16 MiB of text".into());
        }
        for column in (first..self.next_column).map(|column| column as u32) {
            if head.columns > 1 || head.rows > 1 {
                self.merges.push((column, head.columns, head.rows));
            }
            self.cells.push((column, cell.clone()));
        }
        Ok(())
    }
}

/// The attributes of a cell.
struct CellHead {
    times: u64,
    columns: u32,
    rows: u32,
    kind: String,
    value: Option<String>,
    has_formula: bool,
    is_error: bool,
}

impl CellHead {
    fn of(tag: &Tag<'_>) -> Self {
        // LibreOffice says the kind twice, and only the second one knows errors.
        let kinds = tag.attributes("value-type");
        let kind = kinds.first().cloned().unwrap_or_default();
        let value = match kind.as_str() {
            "string" => tag.attribute("string-value"),
            "date" => tag.attribute("date-value"),
            "time" => tag.attribute("time-value"),
            _ => tag.attribute("value"),
        };
        CellHead {
            times: repeated(tag, "number-columns-repeated"),
            columns: tag.number("number-columns-spanned").unwrap_or(1).max(1),
            rows: tag.number("number-rows-spanned").unwrap_or(1).max(1),
            is_error: kinds.iter().any(|kind| kind == "error"),
            has_formula: tag.attribute("formula").is_some(),
            kind,
            value,
        }
    }

    fn cell<R: BufRead>(&self, xml: &mut Xml<R>) -> Result<Option<Cell>, XmlFault> {
        let shown = paragraphs(xml)?;
        let refused = |problem: String| Some(Cell::Refused(problem));
        Ok(match (self.kind.as_str(), &self.value) {
            _ if self.is_error => refused(format!("holds the error {}", known_error(&shown))),
            ("", _) if self.has_formula => {
                refused("holds a formula without its result: open the workbook, recalculate and save it".into())
            }
            ("" | "string", None) => Cell::text(&shown),
            ("string", Some(text)) => Cell::text(text),
            ("float" | "percentage" | "currency", Some(number)) => Some(match shortest_decimal(number) {
                Ok(figure) => Cell::Figure(figure),
                Err(problem) => Cell::Refused(format!("holds a number that {problem}")),
            }),
            ("date", Some(day)) => Some(iso_date(day)),
            ("time", _) => refused("holds a duration instead of a text, number or date".into()),
            ("boolean", _) => refused("holds TRUE or FALSE instead of a text or number".into()),
            _ => refused("is of a kind that is not known".into()),
        })
    }
}

fn repeated(tag: &Tag<'_>, name: &str) -> u64 {
    tag.number(name).unwrap_or(1).max(1)
}

/// The text that a cell shows, its paragraphs as lines; remarks and drawings are no text of the cell.
fn paragraphs<R: BufRead>(xml: &mut Xml<R>) -> Result<String, XmlFault> {
    let outside = xml.depth() - 1;
    let mut text = String::new();
    while xml.depth() > outside {
        if let Token::Start(tag) = xml.next()? {
            match tag.local().as_str() {
                "p" | "h" => paragraph(xml, &mut text)?,
                _ => xml.skip()?,
            }
        }
    }
    Ok(text)
}

fn paragraph<R: BufRead>(xml: &mut Xml<R>, text: &mut String) -> Result<(), XmlFault> {
    const MOST_BLANKS: usize = 1_024;
    let outside = xml.depth() - 1;
    if !text.is_empty() {
        text.push('\n');
    }
    while xml.depth() > outside {
        match xml.next()? {
            Token::Text(piece) => text.extend(piece.chars().map(|c| if c.is_ascii_whitespace() { ' ' } else { c })),
            Token::Start(tag) => match tag.local().as_str() {
                "s" => {
                    let blanks = tag.number("c").unwrap_or(1).min(MOST_BLANKS);
                    text.extend(std::iter::repeat_n(' ', blanks));
                }
                "tab" => text.push(' '),
                "line-break" => text.push('\n'),
                "span" | "a" | "ruby" | "ruby-base" => {}
                _ => xml.skip()?,
            },
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(xml: &str) -> Option<Cell> {
        let mut xml = Xml::new(xml.as_bytes());
        let Ok(Token::Start(tag)) = xml.next() else { panic!("no element") };
        let head = CellHead::of(&tag);
        head.cell(&mut xml).unwrap()
    }

    #[test]
    fn a_cell_says_what_it_holds_and_not_how_it_shows_it() {
        let figure = |text: &str| Some(Cell::Figure(text.into()));
        assert_eq!(cell("<c value-type='float' value='14690.5'><p>14.690,50</p></c>"), figure("14690.5"));
        assert_eq!(cell("<c value-type='currency' value='1E3'><p>1.000 ₫</p></c>"), figure("1000"));
        assert_eq!(cell("<c value-type='date' date-value='2026-01-31'><p>31/01/26</p></c>"), figure("2026-01-31"));
        let text = "<c value-type='string'><annotation><p>SECRET</p></annotation><p>Đường<s c='2'/>A</p><p><span>B</span><line-break/>C</p></c>";
        assert_eq!(cell(text), Some(Cell::Text("Đường  A B C".into())));
        assert_eq!(cell("<c/>"), None);
    }

    #[test]
    fn what_is_no_text_or_number_is_refused() {
        let refused = |xml: &str| match cell(xml) {
            Some(Cell::Refused(problem)) => problem,
            other => panic!("{other:?}"),
        };
        assert!(refused("<c value-type='boolean' boolean-value='true'/>").contains("TRUE"));
        assert!(
            refused("<c a:formula='=1/0' value-type='string' x:value-type='error'><p>#DIV/0!</p></c>")
                .contains("#DIV/0!")
        );
        assert!(refused("<c value-type='string' x:value-type='error'><p>SECRET</p></c>").contains("of a formula"));
        assert!(refused("<c formula='=A1'/>").contains("without its result"));
        assert!(refused("<c value-type='float' value='0.30000000000000004'/>").contains("15 digits"));
        assert!(refused("<c value-type='void'/>").contains("not known"));
    }
}

//! A sheet of a workbook as a table, whatever the workbook's format.
//!
//! Price tables are made to be printed. What is understood of that, and nothing else:
//!
//! * Titles stand above the table. Its heading is the first row with the most filled cells and without
//!   figures (a year counts as a word), together with the rows that merged cells or gaps join to it.
//!   Names over several rows are joined: "Vị trí" over "1" is `Vị trí 1`.
//! * A cell that is merged over several rows holds for each of them. A cell that is merged over several named
//!   columns is refused when one of them is asked for: which of them it means cannot be known.
//! * Passed over are rows without content, the heading repeated on a new page, the row `1 2 3 …` (four
//!   columns or more) or `(1) (2) (3)` under a heading, and a row that is nothing but one merged text over
//!   the whole width, such as "I. CÁC PHƯỜNG". They hold no figures; every other row is delivered.
//! * Content in a column without a name is a fault of its row.
//! * Hidden rows and columns are rows and columns; hidden sheets are no layers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::cell_text::one_line;
use super::{DeclaredCrs, Each, Row, Table, Value};
use crate::error::{Exit, Fault, Result, Stage};
use crate::model::shapes::{GeometryKind, Shapes};

/// What spreadsheets can hold.
pub const MAX_ROWS: u32 = 1_048_576;
pub const MAX_COLUMNS: u32 = 16_384;
const MAX_CELL_BYTES: usize = 128 << 10;
const MAX_MERGES: usize = 1_000_000;
/// A heading stands among the first rows that hold anything.
const HEADING_ROWS: usize = 100;
const MAX_HEADING_MERGES: usize = 2_000;
/// Rows of one heading.
const MAX_HEADING_HEIGHT: u32 = 4;
/// Cells of one sheet, long ones counted several times: repeated cells cost a file nothing.
const MAX_CELLS: u64 = 50_000_000;

#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Text(String),
    /// A date, or a number as its shortest decimal.
    Figure(String),
    /// What is wrong, without the value: `holds the error #REF!`.
    Refused(String),
}

/// A row with its filled cells from left to right, columns counted from 0.
#[derive(Clone, Debug, Default)]
pub struct SheetRow {
    /// As people see it, from 1.
    pub number: u32,
    pub cells: Vec<(u32, Cell)>,
}

impl SheetRow {
    fn cell(&self, column: u32) -> Option<&Cell> {
        self.cells.binary_search_by_key(&column, |(at, _)| *at).ok().map(|i| &self.cells[i].1)
    }
}

/// Cells that show as one; the first holds the content. Rows count from 1, columns from 0; both ends belong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Merge {
    pub first_row: u32,
    pub first_column: u32,
    pub last_row: u32,
    pub last_column: u32,
}

/// What a sheet's reader reports: rows from top to bottom, merges in any order.
pub enum Part {
    Row(SheetRow),
    Merge(Merge),
}

/// Why reading a sheet ended: a sentence, or what the caller of the rows returned.
pub enum Stop {
    Unreadable(String),
    Caller(crate::error::Failure),
}

impl From<String> for Stop {
    fn from(problem: String) -> Self {
        Stop::Unreadable(problem)
    }
}

/// A sheet that can be read any number of times.
pub trait Sheet {
    fn walk(&self, each: &mut dyn FnMut(Part) -> Result<(), Stop>) -> Result<(), Stop>;
}

pub struct SheetTable<S> {
    sheet: S,
    path: PathBuf,
    name: String,
    merges: Vec<Merge>,
    heading: Heading,
    columns: Vec<String>,
}

impl<S: Sheet> SheetTable<S> {
    /// Reads the sheet once to find its merged cells and its heading.
    pub fn open(sheet: S, path: &Path, name: &str) -> Result<Self> {
        let fault = |problem| unreadable(path, problem);
        let mut merges = vec![];
        let mut first = vec![];
        let mut cells = 0;
        let walked = sheet.walk(&mut |part| {
            if let Part::Row(row) = &part {
                count(&mut cells, row)?;
            }
            match part {
                Part::Merge(_) if merges.len() >= MAX_MERGES => return Err(Stop::Unreadable(too_many("merged cells"))),
                Part::Merge(merge) => merges.push(merge),
                Part::Row(row) if first.len() < HEADING_ROWS && !row.cells.is_empty() => first.push(row),
                Part::Row(_) => {}
            }
            Ok(())
        });
        walked.map_err(|stop| stop.failure(path))?;
        merges.sort();
        let heading = Heading::find(&first, &merges).map_err(|problem| fault(format!("sheet '{name}': {problem}")))?;
        let columns = heading.names.values().cloned().collect();
        Ok(SheetTable { sheet, path: path.to_owned(), name: name.to_owned(), merges, heading, columns })
    }
}

/// Adds the cells of a row to those of the sheet.
fn count(cells: &mut u64, row: &SheetRow) -> Result<(), Stop> {
    *cells += row.cells.iter().map(|(_, cell)| cost(cell.shown())).sum::<u64>();
    if *cells > MAX_CELLS { Err(Stop::Unreadable(too_many("cells"))) } else { Ok(()) }
}

fn cost(text: &str) -> u64 {
    1 + text.len() as u64 / 64
}

impl Stop {
    fn failure(self, path: &Path) -> crate::error::Failure {
        match self {
            Stop::Caller(failure) => failure,
            Stop::Unreadable(problem) => unreadable(path, problem).into(),
        }
    }
}

/// The sheet called for by name; without a name the file must have exactly one.
pub fn choose<'a>(path: &Path, sheets: &'a [String], wanted: Option<&str>) -> Result<&'a String> {
    let listed = sheets.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
    let problem = match (wanted, sheets) {
        (None, [only]) => return Ok(only),
        (Some(name), _) => match sheets.iter().find(|sheet| *sheet == name) {
            Some(found) => return Ok(found),
            None => format!("there is no sheet '{name}'; the sheets are {listed}"),
        },
        (None, []) => "the workbook has no visible sheet".to_owned(),
        (None, _) => format!("the workbook has several sheets: {listed}"),
    };
    let remedy = "name an existing, visible sheet as layer in [[source]]";
    Err(Fault::new(Stage::Read, Exit::Input, problem).file(path).remedy(remedy).into())
}

pub fn unreadable(path: &Path, problem: impl Into<String>) -> Fault {
    Fault::new(Stage::Read, Exit::Input, problem)
        .file(path)
        .remedy("open the workbook in a spreadsheet program, correct it, and save it again as .xlsx or .ods")
}

pub fn too_many(what: &str) -> String {
    format!("the sheet has more {what} than a spreadsheet can hold")
}

impl<S: Sheet> Table for SheetTable<S> {
    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn crs(&self) -> DeclaredCrs {
        DeclaredCrs::Unknown
    }

    fn rows(&self, columns: &[&str], each: &mut Each<'_>) -> Result<()> {
        let wanted = columns.iter().map(|column| self.heading.column(column)).collect();
        let mut reading =
            Reading { table: self, wanted, covers: Covers::new(&self.merges), delivered: 0, at_heading: true };
        let walked = self.sheet.walk(&mut |part| match part {
            Part::Row(row) => reading.row(row, each),
            Part::Merge(_) => Ok(()),
        });
        walked.map_err(|stop| stop.failure(&self.path))
    }
}

/// The second pass.
struct Reading<'a, S> {
    table: &'a SheetTable<S>,
    wanted: Vec<Option<u32>>,
    covers: Covers<'a>,
    delivered: u64,
    /// The last row was the heading, or its repetition.
    at_heading: bool,
}

impl<S> Reading<'_, S> {
    fn row(&mut self, row: SheetRow, each: &mut Each<'_>) -> Result<(), Stop> {
        self.covers.enter(&row);
        if self.is_passed_over(&row) {
            return Ok(());
        }
        let (values, faults) = self.values(&row);
        // What is merged over many rows counts in each of them.
        let filled = values.iter().map(|value| if let Value::Text(text) = value { cost(text) } else { 0 });
        self.delivered += filled.sum::<u64>();
        if self.delivered > MAX_CELLS {
            return Err(Stop::Unreadable(too_many("cells")));
        }
        let shape = if faults.is_empty() { Ok(Shapes::new(GeometryKind::Point)) } else { Err(faults.join("; ")) };
        each(Row { place: format!("row {}", row.number), values }, shape).map_err(Stop::Caller)
    }

    fn is_passed_over(&mut self, row: &SheetRow) -> bool {
        let heading = &self.table.heading;
        if row.number <= heading.last_row || row.cells.is_empty() {
            return true;
        }
        if heading.is_repeated_by(row) {
            self.at_heading = true;
            return true;
        }
        let at_heading = std::mem::take(&mut self.at_heading);
        (at_heading && heading.is_numbered_by(row)) || (row.cells.len() == 1 && self.is_divider(row))
    }

    /// One merged text over the whole width.
    fn is_divider(&self, row: &SheetRow) -> bool {
        let named = &self.table.heading.names;
        let (Some((first, _)), Some((last, _))) = (named.first_key_value(), named.last_key_value()) else {
            return false;
        };
        row.cells.iter().any(|(column, cell)| {
            let text = matches!(cell, Cell::Text(text) if !is_figure(text));
            let whole = |cover: &Cover| cover.merge.first_column <= *first && cover.merge.last_column >= *last;
            text && self.covers.at(*column, row.number).is_some_and(whole)
        })
    }

    fn values(&self, row: &SheetRow) -> (Vec<Value>, Vec<String>) {
        let mut faults = vec![];
        let unnamed = row.cells.iter().find(|(column, _)| self.is_unnamed(*column, row.number));
        if let Some((column, _)) = unnamed {
            faults.push(format!("{} holds something, but its column has no heading", self.place(*column, row.number)));
        }
        let value = |column: &Option<u32>| match column.and_then(|column| self.cell(column, row).transpose()) {
            None => Value::Null,
            Some(Ok(Cell::Text(text) | Cell::Figure(text))) => Value::Text(text),
            Some(Ok(Cell::Refused(problem)) | Err(problem)) => {
                let column = column.unwrap_or_default();
                faults.push(format!("{} {problem}", self.place(column, row.number)));
                Value::Null
            }
        };
        (self.wanted.iter().map(value).collect(), faults)
    }

    /// What a person sees in the cell: its own content, or that of the merged cells it belongs to.
    fn cell(&self, column: u32, row: &SheetRow) -> Result<Option<Cell>, String> {
        let own = row.cell(column).cloned();
        let Some(cover) = self.covers.at(column, row.number) else { return Ok(own) };
        let hides = own.is_some() && self.covers.covers(column, row.number);
        match &cover.content {
            _ if hides => Err("lies under merged cells and holds something of its own".into()),
            None => Ok(None),
            Some(_)
                if self.table.heading.names.range(cover.merge.first_column..=cover.merge.last_column).count() > 1 =>
            {
                Err("is merged over several columns: split the cells and fill each".into())
            }
            Some(content) => Ok(Some(content.clone())),
        }
    }

    fn is_unnamed(&self, column: u32, row: u32) -> bool {
        let named = &self.table.heading.names;
        match self.covers.at(column, row) {
            None => !named.contains_key(&column),
            Some(cover) => named.range(cover.merge.first_column..=cover.merge.last_column).next().is_none(),
        }
    }

    fn place(&self, column: u32, row: u32) -> String {
        format!("sheet '{}' cell {}{row}", self.table.name, column_letters(column))
    }
}

impl Cell {
    /// # Errors
    /// The text is longer than spreadsheets allow.
    pub fn text(text: &str) -> Option<Cell> {
        match one_line(text) {
            line if line.is_empty() => None,
            line if line.len() > MAX_CELL_BYTES => Some(Cell::Refused("holds more text than a cell can".into())),
            line => Some(Cell::Text(line)),
        }
    }

    fn shown(&self) -> &str {
        let (Cell::Text(text) | Cell::Figure(text) | Cell::Refused(text)) = self;
        text
    }

    fn is_word(&self) -> bool {
        matches!(self, Cell::Text(text) | Cell::Figure(text) if !is_figure(text))
    }
}

/// Digits with signs, points, brackets and blanks; a year alone is a word, since columns are named after years.
fn is_figure(text: &str) -> bool {
    let figure = text.chars().any(|c| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || " .,-+%/:T()".contains(c));
    figure && !text.parse::<u32>().is_ok_and(|year| text.len() == 4 && (1900..=2100).contains(&year))
}

/// `F` for 5, as the letters above a sheet.
pub fn column_letters(column: u32) -> String {
    let mut letters = vec![];
    let mut rest = column + 1;
    while rest > 0 {
        letters.push(b'A' + ((rest - 1) % 26) as u8);
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().map(|letter| *letter as char).collect()
}

/// The merged cells that reach into the row that is being read.
struct Covers<'a> {
    coming: std::slice::Iter<'a, Merge>,
    next: Option<&'a Merge>,
    /// By first column; what has ended is left there until something takes its place.
    open: BTreeMap<u32, Cover>,
}

struct Cover {
    merge: Merge,
    content: Option<Cell>,
}

impl<'a> Covers<'a> {
    fn new(merges: &'a [Merge]) -> Self {
        let mut coming = merges.iter();
        Covers { next: coming.next(), coming, open: BTreeMap::new() }
    }

    /// Opens what begins in this row, or began in rows above that hold nothing.
    fn enter(&mut self, row: &SheetRow) {
        while let Some(merge) = self.next.filter(|merge| merge.first_row <= row.number) {
            let begins_here = merge.first_row == row.number;
            let content = row.cell(merge.first_column).filter(|_| begins_here).cloned();
            let cover = Cover { merge: *merge, content };
            self.open.insert(merge.first_column, cover);
            self.next = self.coming.next();
        }
    }

    fn at(&self, column: u32, row: u32) -> Option<&Cover> {
        let (_, cover) = self.open.range(..=column).next_back()?;
        (column <= cover.merge.last_column && row <= cover.merge.last_row).then_some(cover)
    }

    /// Whether the cell is part of merged cells whose content stands elsewhere.
    fn covers(&self, column: u32, row: u32) -> bool {
        self.at(column, row).is_some_and(|cover| (cover.merge.first_row, cover.merge.first_column) != (row, column))
    }
}

/// Where the table's columns are named.
#[derive(Debug)]
struct Heading {
    last_row: u32,
    names: BTreeMap<u32, String>,
    /// The filled cells of each of its rows, to know them again.
    rows: Vec<Vec<(u32, String)>>,
}

impl Heading {
    fn find(rows: &[SheetRow], merges: &[Merge]) -> Result<Self, String> {
        let last_row = rows.last().map_or(0, |row| row.number);
        let near = merges.iter().take_while(|merge| merge.first_row <= last_row).take(MAX_HEADING_MERGES + 1);
        let near: Vec<Merge> = near.copied().collect();
        if near.len() > MAX_HEADING_MERGES {
            return Err("more merged cells stand around the heading than a table has".into());
        }
        Top { rows, merges: &near }.heading()
    }

    fn column(&self, name: &str) -> Option<u32> {
        self.names.iter().find(|(_, named)| *named == name).map(|(column, _)| *column)
    }

    fn is_repeated_by(&self, row: &SheetRow) -> bool {
        let equals = |known: &Vec<(u32, String)>| {
            known.len() == row.cells.len()
                && known.iter().zip(&row.cells).all(|((i, text), (j, cell))| i == j && text == cell.shown())
        };
        self.rows.iter().any(equals)
    }

    /// `1 2 3 4` or `(1) (2) (3)` under every column and nothing else.
    fn is_numbered_by(&self, row: &SheetRow) -> bool {
        if row.cells.len() != self.names.len() || !row.cells.iter().all(|(i, _)| self.names.contains_key(i)) {
            return false;
        }
        let shown = || row.cells.iter().map(|(_, cell)| cell.shown());
        let counted = row.cells.len() >= 4 && shown().zip(1..).all(|(text, n): (&str, u32)| text == n.to_string());
        let in_brackets = |text: &str| {
            let inner = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or_default();
            inner.chars().count() == 1 && inner.chars().all(char::is_alphanumeric)
                || (1..=3).contains(&inner.len()) && inner.bytes().all(|b| b.is_ascii_digit())
        };
        counted || (row.cells.len() >= 2 && shown().all(in_brackets))
    }
}

/// The first rows of a sheet.
struct Top<'a> {
    rows: &'a [SheetRow],
    merges: &'a [Merge],
}

impl Top<'_> {
    fn heading(&self) -> Result<Heading, String> {
        let (mut first, mut last) = (self.widest().ok_or("no row looks like the heading of a table")?, 0);
        last = last.max(first);
        last = self.grow_down(first, last);
        first = self.grow_up(first, last);
        last = self.grow_down(first, last);
        let names = self.names(first, last);
        if let Some(twice) = duplicate(&names) {
            return Err(format!("two columns are called '{twice}': rename one of them"));
        }
        let block = self.rows.iter().filter(|row| (first..=last).contains(&row.number));
        let shown = |row: &SheetRow| row.cells.iter().map(|(i, cell)| (*i, cell.shown().to_owned())).collect();
        Ok(Heading { last_row: last, names, rows: block.map(shown).collect() })
    }

    /// Number of the first row with the most filled cells and no figures; cells that reach in from above count.
    fn widest(&self) -> Option<u32> {
        let mut best: Option<(usize, u32)> = None;
        for row in self.rows.iter().filter(|row| row.cells.iter().all(|(_, cell)| cell.is_word())) {
            let from_above =
                self.merges.iter().filter(|merge| merge.first_row < row.number && row.number <= merge.last_row);
            let filled = row.cells.len() + from_above.filter(|merge| self.content(merge).is_some()).count();
            if filled >= 2 && best.is_none_or(|(most, _)| filled > most) {
                best = Some((filled, row.number));
            }
        }
        best.map(|(_, number)| number)
    }

    /// Adds the rows into which cells of the block reach, and a row of finer names under its merged cells.
    fn grow_down(&self, first: u32, mut last: u32) -> u32 {
        let end = first + MAX_HEADING_HEIGHT;
        let inside = |merge: &&Merge| (first..=last).contains(&merge.first_row) && merge.last_row < end;
        last = self.merges.iter().filter(inside).map(|merge| merge.last_row).fold(last, u32::max);
        while last + 1 < end && self.refines(last) {
            last += 1;
        }
        last
    }

    /// Whether every cell below row `above` stands under cells merged over several columns, and none is a
    /// figure but the numbers 1, 2, 3 …
    fn refines(&self, above: u32) -> bool {
        let Some(row) = self.row(above + 1) else { return false };
        let wide = |merge: &&Merge| merge.last_row == above && merge.last_column > merge.first_column;
        let parents: Vec<&Merge> =
            self.merges.iter().filter(wide).filter(|merge| self.content(merge).is_some()).collect();
        let has_parent = |column: u32| parents.iter().any(|m| (m.first_column..=m.last_column).contains(&column));
        let figures: Vec<&str> =
            row.cells.iter().filter(|(_, cell)| !cell.is_word()).map(|(_, cell)| cell.shown()).collect();
        let counted = figures.iter().zip(1..).all(|(text, n): (&&str, u32)| **text == n.to_string());
        counted && row.cells.iter().all(|(column, _)| has_parent(*column))
    }

    /// Adds rows above that fill columns the block leaves empty, or tell apart columns of the same name.
    fn grow_up(&self, mut first: u32, last: u32) -> u32 {
        let reach_in = self.merges.iter().filter(|merge| merge.first_row < first && merge.last_row >= first);
        first = reach_in.filter(|m| self.content(m).is_some()).map(|merge| merge.first_row).fold(first, u32::min);
        while let Some(above) = first.checked_sub(1).and_then(|number| self.row(number)) {
            let names = self.names(first, last);
            let fills = above.cells.len() >= 2 && above.cells.iter().any(|(column, _)| self.is_gap(*column, &names));
            if last + 1 - above.number > MAX_HEADING_HEIGHT || !(fills || duplicate(&names).is_some()) {
                break;
            }
            first -= 1;
        }
        first
    }

    /// An empty column between named ones.
    fn is_gap(&self, column: u32, names: &BTreeMap<u32, String>) -> bool {
        !names.contains_key(&column) && names.last_key_value().is_some_and(|(last, _)| column < *last)
    }

    fn names(&self, first: u32, last: u32) -> BTreeMap<u32, String> {
        let block = || self.rows.iter().filter(|row| (first..=last).contains(&row.number));
        let own = block().flat_map(|row| row.cells.last()).map(|(column, _)| *column);
        let merged =
            self.merges.iter().filter(|m| m.first_row <= last && m.last_row >= first && self.content(m).is_some());
        let width = own.chain(merged.map(|merge| merge.last_column)).max().map_or(0, |column| column + 1);
        let inside: Vec<Merge> =
            self.merges.iter().filter(|m| m.first_row <= last && m.last_row >= first).copied().collect();
        let mut names = BTreeMap::new();
        let mut before = vec![];
        for column in 0..width.min(MAX_COLUMNS) {
            let anchors = self.anchors(&inside, column, first, last);
            // The second column of one heading that nothing divides belongs to the first.
            if !anchors.is_empty() && anchors != before {
                let parts: Vec<&str> = anchors.iter().filter_map(|(row, column)| self.shown(*row, *column)).collect();
                names.insert(column, parts.join(" "));
            }
            before = anchors;
        }
        names
    }

    /// Row and column of the filled cells that stand over a column, from top to bottom, each once.
    fn anchors(&self, merges: &[Merge], column: u32, first: u32, last: u32) -> Vec<(u32, u32)> {
        let mut anchors: Vec<(u32, u32)> = vec![];
        for row in first..=last {
            let spans = |m: &&Merge| {
                (m.first_row..=m.last_row).contains(&row) && (m.first_column..=m.last_column).contains(&column)
            };
            let anchor = merges.iter().find(spans).map_or((row, column), |m| (m.first_row, m.first_column));
            if self.shown(anchor.0, anchor.1).is_some() && !anchors.contains(&anchor) {
                anchors.push(anchor);
            }
        }
        anchors
    }

    fn content(&self, merge: &Merge) -> Option<&str> {
        self.shown(merge.first_row, merge.first_column)
    }

    fn shown(&self, row: u32, column: u32) -> Option<&str> {
        self.row(row)?.cell(column).map(Cell::shown)
    }

    fn row(&self, number: u32) -> Option<&SheetRow> {
        self.rows.binary_search_by_key(&number, |row| row.number).ok().map(|i| &self.rows[i])
    }
}

fn duplicate(names: &BTreeMap<u32, String>) -> Option<&String> {
    let mut sorted: Vec<&String> = names.values().collect();
    sorted.sort();
    sorted.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows written as text, cells between `|`; `_` is empty, a figure is a figure.
    struct Written(&'static [&'static str], &'static [&'static str]);

    impl Sheet for Written {
        fn walk(&self, each: &mut dyn FnMut(Part) -> Result<(), Stop>) -> Result<(), Stop> {
            for (i, line) in self.0.iter().enumerate() {
                let cells = line.split('|').map(str::trim).zip(0..).filter(|(text, _)| *text != "_");
                let cell = |text: &str| match text.strip_prefix('#') {
                    Some(error) => Cell::Refused(format!("holds the error #{error}")),
                    None if text.parse::<f64>().is_ok() => Cell::Figure(text.into()),
                    None => Cell::Text(text.into()),
                };
                let cells = cells.map(|(text, column)| (column, cell(text))).collect();
                each(Part::Row(SheetRow { number: i as u32 + 1, cells }))?;
            }
            self.1.iter().try_for_each(|range| each(Part::Merge(merge(range))))
        }
    }

    /// `A1:B2`.
    fn merge(range: &str) -> Merge {
        let corner = |text: &str| (u32::from(text.as_bytes()[0] - b'A'), text[1..].parse().unwrap());
        let (from, to) = range.split_once(':').unwrap();
        let ((first_column, first_row), (last_column, last_row)) = (corner(from), corner(to));
        Merge { first_row, first_column, last_row, last_column }
    }

    fn open(sheet: Written) -> Result<SheetTable<Written>> {
        SheetTable::open(sheet, Path::new("gia.xlsx"), "Bảng 1")
    }

    fn columns(sheet: Written) -> Vec<String> {
        open(sheet).unwrap_or_else(|e| panic!("{e}")).columns
    }

    fn rows(sheet: Written) -> Vec<String> {
        let table = open(sheet).unwrap_or_else(|e| panic!("{e}"));
        let wanted: Vec<&str> = table.columns.iter().map(String::as_str).collect();
        let mut said = vec![];
        let text = |value: &Value| if let Value::Text(text) = value { text.clone() } else { "_".into() };
        let each = &mut |row: Row, shape: std::result::Result<Shapes<_>, String>| {
            let values = row.values.iter().map(text).collect::<Vec<_>>().join("|");
            said.push(format!("{}: {}", row.place, shape.err().unwrap_or(values)));
            Ok(())
        };
        table.rows(&wanted, each).unwrap();
        said
    }

    #[test]
    fn titles_above_the_table_are_no_heading() {
        let sheet = Written(
            &[
                "ỦY BAN NHÂN DÂN|_|CỘNG HÒA|_",
                "BẢNG GIÁ ĐẤT",
                "Đơn vị: 1000 đồng/m2",
                "_",
                "STT|Tên đường|Giá|Ghi chú",
                "1|Đường A|60000|_",
            ],
            &["A1:B1", "C1:D1", "A2:D2"],
        );
        assert_eq!(rows(sheet), ["row 6: 1|Đường A|60000|_"]);
    }

    #[test]
    fn a_heading_over_two_rows_is_joined() {
        let expected = ["STT", "Tên đường", "Vị trí 1", "Vị trí 2", "Ghi chú"];
        let under = ["STT|Tên đường|Vị trí|_|Ghi chú", "_|_|1|2|_", "7|Đường A|60000|36000|_"];
        let with = |merges| columns(Written(Box::leak(Box::new(under)), merges));
        assert_eq!(with(&["A1:A2", "B1:B2", "C1:D1", "E1:E2"]), expected);
        assert_eq!(with(&["C1:D1"]), expected);
        let words = Written(
            &["STT|Đoạn đường|_|Giá|_|_", "_|Từ|Đến|VT 1|VT 2|VT 3", "1|Cầu A|Cầu B|3|2|1"],
            &["A1:A2", "B1:C1", "D1:F1"],
        );
        assert_eq!(columns(words), ["STT", "Đoạn đường Từ", "Đoạn đường Đến", "Giá VT 1", "Giá VT 2", "Giá VT 3"]);
        let gaps = Written(
            &["STT|Đoạn đường|_|Giá|_|_", "_|Từ|Đến|VT 1|VT 2|VT 3", "1|Cầu A|Cầu B|3|2|1"],
            &["B1:C1", "D1:F1"],
        );
        assert_eq!(columns(gaps)[..2], ["STT", "Đoạn đường Từ"]);
    }

    #[test]
    fn years_over_equal_names_tell_columns_apart() {
        let sheet = Written(&["_|2025|_|2026|_", "Đường|VT 1|VT 2|VT 1|VT 2", "A|1|2|3|4"], &["B1:C1", "D1:E1"]);
        assert_eq!(columns(sheet), ["Đường", "2025 VT 1", "2025 VT 2", "2026 VT 1", "2026 VT 2"]);
        let twice = open(Written(&["Đường|Giá|Giá", "A|1|2"], &[])).err().unwrap();
        assert!(twice.to_string().contains("two columns are called 'Giá'"), "{twice}");
    }

    #[test]
    fn a_cell_merged_over_rows_holds_for_each_of_them() {
        let sheet = Written(&["Đường|Từ|Giá", "A|x|1", "_|y|2", "_|z|3", "B|x|4"], &["A2:A4"]);
        assert_eq!(rows(sheet), ["row 2: A|x|1", "row 3: A|y|2", "row 4: A|z|3", "row 5: B|x|4"]);
        let whole_rows = Written(&["Đường|Giá", "A|1", "_|_", "B|2"], &["A2:A3", "B2:B3"]);
        assert_eq!(rows(whole_rows), ["row 2: A|1", "row 4: B|2"]);
    }

    #[test]
    fn a_cell_merged_over_named_columns_is_refused() {
        let sheet = Written(&["Đường|Từ|Đến|Giá", "Toàn tuyến A|_|_|5", "B|x|y|6"], &["A2:C2"]);
        let rows = rows(sheet);
        assert!(rows[0].starts_with("row 2: sheet 'Bảng 1' cell A2 is merged over several columns"), "{rows:?}");
        assert_eq!(rows[1], "row 3: B|x|y|6");
        let one_heading = Written(&["Đường|_|Giá", "A|_|5"], &["A1:B1", "A2:B2"]);
        assert_eq!(super::tests::rows(one_heading), ["row 2: A|5"]);
    }

    #[test]
    fn only_unmistakable_rows_are_passed_over() {
        let sheet = Written(
            &[
                "STT|Đường|VT1|VT2",
                "1|2|3|4",
                "I. PHƯỜNG AN MINH|_|_|_",
                "1|A|60000|36000",
                "_|_|_|_",
                "STT|Đường|VT1|VT2",
                "(1)|(2)|(3)|(4)",
                "1|2|3|4",
                "II. Không gộp ô|_|_|_",
                "100|_|_|_",
                "2|B|5|4",
            ],
            &["A3:D3", "A10:D10"],
        );
        let rows = rows(sheet);
        assert_eq!(rows[0], "row 4: 1|A|60000|36000");
        // One row of numbers is passed over under each heading, no second one.
        assert_eq!(rows[1], "row 8: 1|2|3|4");
        assert_eq!(rows[2], "row 9: II. Không gộp ô|_|_|_");
        assert!(rows[3].starts_with("row 10: sheet 'Bảng 1' cell A10 is merged"), "{rows:?}");
        assert_eq!(rows[4], "row 11: 2|B|5|4");
    }

    #[test]
    fn what_is_wrong_with_a_cell_is_named_with_its_place() {
        let sheet = Written(&["Đường|Giá|_", "A|#REF!|_", "B|1|SECRET", "C|2|_"], &[]);
        assert_eq!(
            rows(sheet),
            [
                "row 2: sheet 'Bảng 1' cell B2 holds the error #REF!",
                "row 3: sheet 'Bảng 1' cell C3 holds something, but its column has no heading",
                "row 4: C|2",
            ]
        );
    }

    #[test]
    fn columns_have_the_letters_above_the_sheet() {
        assert_eq!([0, 25, 26, 701, 702, 16_383].map(column_letters), ["A", "Z", "AA", "ZZ", "AAA", "XFD"]);
    }
}

//! Walks over JSON of any size and cuts out one value at a time, without looking into it.
//!
//! Memory stays at one value; nesting and the size of a value have limits. What is inside is read by serde.

use std::io::{self, BufRead};

/// A GeoJSON multi-polygon nests to eight; values that are objects add a few.
const MAX_DEPTH: u32 = 64;

pub struct JsonScanner<R> {
    reader: R,
    /// Where the next byte stands, counted from 1.
    pub line: u64,
    pub column: u64,
}

/// Why the walk ended.
pub enum Stop {
    Io(io::Error),
    /// What is wrong at the scanner's line and column.
    Syntax(&'static str),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Stop::Io(error)
    }
}

impl<R: BufRead> JsonScanner<R> {
    pub fn new(reader: R) -> Self {
        JsonScanner { reader, line: 1, column: 1 }
    }

    /// Steps over a mark of byte order.
    pub fn skip_bom(&mut self) -> io::Result<()> {
        if self.reader.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
            self.reader.consume(3);
        }
        Ok(())
    }

    /// The next byte that is not white space, left where it is; `None` at the end.
    pub fn peek(&mut self) -> io::Result<Option<u8>> {
        loop {
            match self.reader.fill_buf()?.first().copied() {
                Some(space @ (b' ' | b'\t' | b'\r' | b'\n')) => self.step(space),
                other => return Ok(other),
            }
        }
    }

    /// Steps over `wanted`, or says that it is not there.
    pub fn expect(&mut self, wanted: u8, otherwise: &'static str) -> Result<(), Stop> {
        match self.peek()? {
            Some(found) if found == wanted => {
                self.step(found);
                Ok(())
            }
            _ => Err(Stop::Syntax(otherwise)),
        }
    }

    /// Steps over a comma, or over `end` and says that it was the last.
    pub fn comma_or(&mut self, end: u8) -> Result<bool, Stop> {
        match self.peek()? {
            Some(b',') => self.expect(b',', "").map(|()| true),
            Some(found) if found == end => self.expect(end, "").map(|()| false),
            None => Err(Stop::Syntax("the file ends here and is not whole")),
            _ => Err(Stop::Syntax("a comma or a closing bracket is missing")),
        }
    }

    /// Puts the bytes of the next value into `value`, at most `max_bytes`.
    pub fn value(&mut self, value: &mut Vec<u8>, max_bytes: usize) -> Result<(), Stop> {
        value.clear();
        self.peek()?;
        let mut walk = Walk::default();
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                return match walk.is_whole_at_end(value) {
                    true => Ok(()),
                    false => Err(Stop::Syntax("the file ends here and is not whole")),
                };
            }
            let (taken, end) = walk.over(buffer);
            value.extend_from_slice(&buffer[..taken]);
            let lines = buffer[..taken].iter().filter(|b| **b == b'\n').count();
            let last_line = buffer[..taken].iter().rev().take_while(|b| **b != b'\n').count() as u64;
            self.line += lines as u64;
            self.column = if lines == 0 { self.column + last_line } else { 1 + last_line };
            self.reader.consume(taken);
            match end {
                Some(Ok(())) if value.is_empty() => return Err(Stop::Syntax("a value is missing")),
                Some(Ok(())) => return Ok(()),
                Some(Err(problem)) => return Err(Stop::Syntax(problem)),
                None if value.len() > max_bytes => return Err(Stop::Syntax("a value is larger than can be read")),
                None => {}
            }
        }
    }

    fn step(&mut self, byte: u8) {
        self.reader.consume(1);
        if byte == b'\n' {
            self.line += 1;
            self.column = 1;
        } else {
            self.column += 1;
        }
    }
}

/// Where in a value the walk is.
#[derive(Default)]
struct Walk {
    depth: u32,
    /// One bit for each open bracket: set for `{`.
    braces: u64,
    in_text: bool,
    escaped: bool,
}

impl Walk {
    /// Number of bytes that belong to the value, and how it ended if it did.
    fn over(&mut self, bytes: &[u8]) -> (usize, Option<Result<(), &'static str>>) {
        for (i, byte) in bytes.iter().enumerate() {
            if self.in_text {
                self.inside_text(*byte);
                if !self.in_text && self.depth == 0 {
                    return (i + 1, Some(Ok(())));
                }
                continue;
            }
            match byte {
                b'"' => self.in_text = true,
                b'{' | b'[' if self.depth == MAX_DEPTH => return (i, Some(Err("values are nested too deeply"))),
                b'{' | b'[' => {
                    self.braces = self.braces << 1 | u64::from(*byte == b'{');
                    self.depth += 1;
                }
                b'}' | b']' if self.depth > 0 => {
                    if (self.braces & 1 == 1) != (*byte == b'}') {
                        return (i, Some(Err("brackets do not match")));
                    }
                    self.braces >>= 1;
                    self.depth -= 1;
                    if self.depth == 0 {
                        return (i + 1, Some(Ok(())));
                    }
                }
                // A number or a word ends where the next thing begins.
                b',' | b':' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n' if self.depth == 0 => {
                    return (i, Some(Ok(())));
                }
                _ => {}
            }
        }
        (bytes.len(), None)
    }

    fn inside_text(&mut self, byte: u8) {
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' => self.escaped = true,
            b'"' => self.in_text = false,
            _ => {}
        }
    }

    /// A number may be the last thing of a file; an open bracket or text may not.
    fn is_whole_at_end(&self, value: &[u8]) -> bool {
        !value.is_empty() && self.depth == 0 && !self.in_text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufReader;

    fn first(json: &str, buffer_bytes: usize) -> Result<String, String> {
        let mut scanner = JsonScanner::new(BufReader::with_capacity(buffer_bytes, json.as_bytes()));
        let mut value = vec![];
        match scanner.value(&mut value, 1 << 20) {
            Ok(()) => Ok(String::from_utf8(value).unwrap()),
            Err(Stop::Syntax(problem)) => Err(format!("{}:{}: {problem}", scanner.line, scanner.column)),
            Err(Stop::Io(e)) => panic!("{e}"),
        }
    }

    #[test]
    fn one_value_is_cut_out_whatever_it_holds_and_however_it_is_buffered() {
        for (json, value) in [
            (r#" {"a": "}\"]"} , 1"#, r#"{"a": "}\"]"}"#),
            ("[1,[2],{}]x", "[1,[2],{}]"),
            ("12.5e3]", "12.5e3"),
            (r#""a\\" : 1"#, r#""a\\""#),
            ("null", "null"),
        ] {
            for buffer_bytes in 1..12 {
                assert_eq!(first(json, buffer_bytes).as_deref(), Ok(value));
            }
        }
    }

    #[test]
    fn what_is_not_a_value_is_named_with_line_and_column() {
        assert_eq!(first("{\"a\":\n [1}", 4).unwrap_err(), "2:4: brackets do not match");
        assert_eq!(first("{\"a\": [1", 4).unwrap_err(), "1:9: the file ends here and is not whole");
        assert_eq!(first(" ,", 4).unwrap_err(), "1:2: a value is missing");
        assert!(first(&"[".repeat(65), 8).unwrap_err().contains("nested too deeply"));
        assert!(first(&format!("\"{}", "x".repeat(2 << 20)), 4096).unwrap_err().contains("larger"));
    }
}

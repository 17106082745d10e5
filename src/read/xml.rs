//! XML as a stream that no file can turn against its reader: no document type, no entity but the five of
//! XML itself, limits on depth, attributes and text, and never more than one element's text in memory.
//! Nothing that a document names (schemas, links) is ever opened.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, BufRead, Read};

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

/// GML of a parcel nests about 15 deep, a sheet of a workbook 8.
pub const MAX_DEPTH: usize = 64;
const MAX_ATTRIBUTES: usize = 256;
/// Text of one element, but for coordinate lists; also the length of one tag, comment or instruction.
pub const MAX_TEXT_BYTES: usize = 1 << 20;

/// One step of a document. An empty element comes as `Start` and `End`.
pub enum Token<'a> {
    Start(Tag<'a>),
    /// A piece of text, resolved; one text may come in several pieces.
    Text(Cow<'a, str>),
    End,
    /// A comment, an instruction or the declaration.
    Nothing,
    Eof,
}

/// A start tag whose attributes are known to be well-formed.
pub struct Tag<'a>(BytesStart<'a>);

impl Tag<'_> {
    /// Name without its namespace prefix.
    pub fn local(&self) -> String {
        self.0.local_name().as_ref().to_owned()
    }

    /// Value of the first attribute with this name, whatever its prefix.
    pub fn attribute(&self, local: &str) -> Option<String> {
        self.attributes(local).into_iter().next()
    }

    /// Values of all attributes with this name: `office:value-type` and `calcext:value-type`.
    pub fn attributes(&self, local: &str) -> Vec<String> {
        let mut attributes = self.0.attributes();
        let named = attributes.with_checks(false).flatten().filter(|a| a.key.local_name().as_ref() == local);
        named.filter_map(|a| a.normalized_value(XmlVersion::Implicit1_0).ok().map(Cow::into_owned)).collect()
    }

    /// A number in an attribute; `None` as well when it is not one.
    pub fn number<T: std::str::FromStr>(&self, local: &str) -> Option<T> {
        self.attribute(local)?.trim().parse().ok()
    }

    /// `xsi:nil`, `hidden` and their like.
    pub fn is_true(&self, local: &str) -> bool {
        self.attribute(local).is_some_and(|value| matches!(value.trim(), "true" | "1"))
    }
}

/// Where and why reading ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XmlFault {
    line: u64,
    byte: u64,
    problem: String,
}

impl fmt::Display for XmlFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} (byte {}): {}", self.line, self.byte, self.problem)
    }
}

pub struct Xml<R> {
    reader: Reader<Meter<R>>,
    buffer: Vec<u8>,
    depth: usize,
    text_bytes: usize,
    max_text_bytes: usize,
}

impl<R: BufRead> Xml<R> {
    pub fn new(input: R) -> Self {
        let mut reader = Reader::from_reader(Meter { input, lines: 0, taken: 0, limit: MAX_TEXT_BYTES });
        reader.config_mut().expand_empty_elements = true;
        Xml { reader, buffer: vec![], depth: 0, text_bytes: 0, max_text_bytes: MAX_TEXT_BYTES }
    }

    /// Number of open elements.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// Allows longer (or again shorter) texts from here on.
    pub fn limit_text(&mut self, bytes: usize) {
        self.max_text_bytes = bytes;
    }

    /// # Errors
    /// What is malformed, forbidden or beyond a limit; nothing can be read after it.
    pub fn next(&mut self) -> Result<Token<'_>, XmlFault> {
        let meter = self.reader.get_mut();
        (meter.taken, meter.limit) = (0, self.max_text_bytes);
        if self.buffer.capacity() > MAX_TEXT_BYTES {
            self.buffer = vec![];
        }
        self.buffer.clear();
        let event = self.reader.read_event_into(&mut self.buffer);
        let (line, byte) = (self.reader.get_ref().lines + 1, self.reader.buffer_position());
        let place = |problem: String| XmlFault { line, byte, problem };
        match event.map_err(|e| place(e.to_string()))? {
            Event::Start(start) => {
                self.text_bytes = 0;
                self.depth += 1;
                check(&start, self.depth).map_err(place)?;
                Ok(Token::Start(Tag(start)))
            }
            Event::End(_) => {
                self.text_bytes = 0;
                self.depth -= 1;
                Ok(Token::End)
            }
            Event::Text(text) => piece(text.xml10_content(), &mut self.text_bytes, self.max_text_bytes).map_err(place),
            Event::CData(text) => piece(text.xml10_content(), &mut self.text_bytes, self.max_text_bytes).map_err(place),
            Event::GeneralRef(name) => {
                let resolved = match name.resolve_char_ref().map_err(|e| place(e.to_string()))? {
                    Some(c) => Cow::Owned(c.to_string()),
                    None => Cow::Borrowed(predefined(&name).map_err(place)?),
                };
                piece(resolved, &mut self.text_bytes, self.max_text_bytes).map_err(place)
            }
            Event::Decl(declaration) => match declaration.encoding() {
                None => Ok(Token::Nothing),
                Some(Ok(name)) if ["utf-8", "us-ascii"].contains(&name.to_lowercase().as_str()) => Ok(Token::Nothing),
                Some(_) => Err(place("the encoding is not UTF-8: export the file in UTF-8".into())),
            },
            Event::DocType(_) => Err(place("a document type (DOCTYPE) is refused".into())),
            Event::Comment(_) | Event::PI(_) => Ok(Token::Nothing),
            Event::Empty(_) => Err(place("an empty element was not expanded".into())),
            Event::Eof if self.depth > 0 => Err(place("the file ends inside an element: it is cut off".into())),
            Event::Eof => Ok(Token::Eof),
        }
    }

    /// Reads on to the end of the element that was opened last.
    pub fn skip(&mut self) -> Result<(), XmlFault> {
        let outside = self.depth.saturating_sub(1);
        while self.depth > outside {
            self.next()?;
        }
        Ok(())
    }

    /// The text of the element that was opened last, read to its end; `None` when it holds elements.
    pub fn text(&mut self) -> Result<Option<String>, XmlFault> {
        let outside = self.depth.saturating_sub(1);
        let (mut text, mut plain) = (String::new(), true);
        while self.depth > outside {
            match self.next()? {
                Token::Text(piece) if plain => text.push_str(&piece),
                Token::Start(_) => plain = false,
                _ => {}
            }
        }
        Ok(plain.then_some(text))
    }

    /// A fault of the content, at the place that was reached.
    pub fn fault(&self, problem: impl Into<String>) -> XmlFault {
        let (line, byte) = (self.reader.get_ref().lines + 1, self.reader.buffer_position());
        XmlFault { line, byte, problem: problem.into() }
    }
}

fn check(start: &BytesStart<'_>, depth: usize) -> Result<(), String> {
    if depth > MAX_DEPTH {
        return Err(format!("elements are nested more than {MAX_DEPTH} deep"));
    }
    // Counting comes first: looking for duplicates costs the square of the number.
    if start.attributes().with_checks(false).take(MAX_ATTRIBUTES + 1).count() > MAX_ATTRIBUTES {
        return Err(format!("an element has more than {MAX_ATTRIBUTES} attributes"));
    }
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|e| format!("an attribute is malformed: {e}"))?;
        attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|e| format!("an attribute is malformed: {e}"))?;
    }
    Ok(())
}

fn piece<'a>(text: Cow<'a, str>, so_far: &mut usize, limit: usize) -> Result<Token<'a>, String> {
    *so_far += text.len();
    if *so_far > limit { Err(too_long(limit)) } else { Ok(Token::Text(text)) }
}

fn too_long(limit: usize) -> String {
    format!("a text or tag is longer than {} MiB", limit >> 20)
}

fn predefined(name: &str) -> Result<&'static str, String> {
    match name {
        "lt" => Ok("<"),
        "gt" => Ok(">"),
        "amp" => Ok("&"),
        "apos" => Ok("'"),
        "quot" => Ok("\""),
        _ => Err("an entity other than the five of XML is refused".into()),
    }
}

/// Counts lines, and lets no more through for one event than the limit.
struct Meter<R> {
    input: R,
    lines: u64,
    taken: usize,
    limit: usize,
}

impl<R: BufRead> Read for Meter<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.fill_buf()?.read(out)?;
        self.consume(n);
        Ok(n)
    }
}

impl<R: BufRead> BufRead for Meter<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.taken > self.limit {
            return Err(io::Error::other(too_long(self.limit)));
        }
        self.input.fill_buf()
    }

    fn consume(&mut self, n: usize) {
        self.taken += n;
        // The buffer is still there: a second look at it reads nothing.
        if let Ok(buffer) = self.input.fill_buf() {
            self.lines += buffer[..n].iter().filter(|byte| **byte == b'\n').count() as u64;
        }
        self.input.consume(n);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(document: &str) -> String {
        let mut xml = Xml::new(document.as_bytes());
        loop {
            match xml.next() {
                Ok(Token::Eof) => return "nothing".into(),
                Ok(_) => {}
                Err(fault) => return fault.to_string(),
            }
        }
    }

    #[test]
    fn only_the_five_entities_and_characters_are_resolved() {
        let mut xml = Xml::new(&b"<a>&lt;&gt;&amp;&apos;&quot;&#273;&#x111;<![CDATA[<b>]]></a>"[..]);
        xml.next().unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(xml.text().unwrap().unwrap(), "<>&'\"đđ<b>");
        assert!(fault("<a>&nbsp;</a>").contains("entity"));
        assert!(fault("<a b='&xxe;'/>").contains("attribute"));
    }

    #[test]
    fn a_document_type_ends_the_reading_at_once() {
        assert!(fault("<?xml version='1.0'?>\n<!DOCTYPE a [<!ENTITY b 'c'>]>\n<a>&b;</a>").contains("DOCTYPE"));
        assert!(fault("<!doctype a><a/>").contains("DOCTYPE"));
    }

    #[test]
    fn depth_attributes_and_text_have_limits() {
        let deep = |n: usize| format!("{}{}", "<a>".repeat(n), "</a>".repeat(n));
        assert_eq!(fault(&deep(64)), "nothing");
        assert!(fault(&deep(65)).contains("64 deep"));
        let wide = |n: usize| format!("<a {}/>", (0..n).map(|i| format!("b{i}='' ")).collect::<String>());
        assert_eq!(fault(&wide(256)), "nothing");
        assert!(fault(&wide(257)).contains("256 attributes"));
        assert!(fault(&format!("<a>{}</a>", "x".repeat(MAX_TEXT_BYTES + 1))).contains("1 MiB"));
        let pieces = "<![CDATA[x]]>".repeat(MAX_TEXT_BYTES + 1);
        assert!(fault(&format!("<a>{pieces}</a>")).contains("1 MiB"));
    }

    #[test]
    fn malformed_xml_is_named_by_its_line() {
        assert!(fault("<a>\n<b>\n</a>").starts_with("line 3 (byte "));
        assert!(fault("<a>\n<b/>").contains("cut off"));
        assert!(fault("<a b='1' b='2'/>").contains("attribute"));
        assert!(fault("<?xml version='1.0' encoding='windows-1258'?><a/>").contains("UTF-8"));
    }
}

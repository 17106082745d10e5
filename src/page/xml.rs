//! A small writer of XML: what it writes is well-formed, for elements are opened and closed in one place and
//! every text is escaped.

use std::fmt::Write as _;

/// A document being written, indented by two spaces a level.
pub struct Xml {
    text: String,
    depth: usize,
}

pub type Attributes<'a> = &'a [(&'a str, &'a str)];

impl Xml {
    /// A whole document of one root element.
    pub fn document(root: &str, attributes: Attributes, inside: impl FnOnce(&mut Xml)) -> Vec<u8> {
        let mut xml = Xml { text: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".into(), depth: 0 };
        xml.within(root, attributes, inside);
        xml.text.into_bytes()
    }

    /// An element with elements inside.
    pub fn within(&mut self, name: &str, attributes: Attributes, inside: impl FnOnce(&mut Xml)) {
        self.open(name, attributes);
        self.text.push_str(">\n");
        self.depth += 1;
        inside(self);
        self.depth -= 1;
        self.indent();
        let _ = writeln!(self.text, "</{name}>");
    }

    /// Elements nested in each other, the last of which holds others.
    pub fn path(&mut self, names: &[&str], inside: impl FnOnce(&mut Xml)) {
        match names {
            [] => inside(self),
            [name, rest @ ..] => self.within(name, &[], |xml| xml.path(rest, inside)),
        }
    }

    /// An element with a text.
    pub fn leaf(&mut self, name: &str, attributes: Attributes, text: &str) {
        self.open(name, attributes);
        let _ = writeln!(self.text, ">{}</{name}>", escape(text));
    }

    fn open(&mut self, name: &str, attributes: Attributes) {
        self.indent();
        let _ = write!(self.text, "<{name}");
        for (key, value) in attributes {
            let _ = write!(self.text, " {key}=\"{}\"", escape(value));
        }
    }

    fn indent(&mut self) {
        self.text.extend(std::iter::repeat_n("  ", self.depth));
    }
}

/// The characters that end a text or an attribute; XML 1.0 knows no control character but these three.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' | '\n' | '\r' => escaped.push(' '),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_cannot_become_elements() {
        let bytes = Xml::document("a", &[("href", "\"><b/>")], |xml| xml.leaf("c", &[], "<d> & \u{1} ]]>"));
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a href=\"&quot;&gt;&lt;b/&gt;\">\n  \
            <c>&lt;d&gt; &amp;  ]]&gt;</c>\n</a>\n";
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    }
}

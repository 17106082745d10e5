//! What stands in a file and can be proved by itself: the tiles of an archive, the rows of a table.
//!
//! Each such file has a tree of its own (RFC 6962). One leaf is the part's name, a NUL and the SHA-256 of its bytes
//! in hexadecimal. A tile's name is `z/x/y`, and its bytes are those that a client draws: plain, however a mirror
//! packs them. A row's name is its number among the rows of its file, from 1; its bytes are the line as it stands
//! in the CSV file, without the end of the line.

use serde::{Deserialize, Serialize};

use super::merkle;
use crate::digest::{hex, sha256};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartKind {
    Tiles,
    Rows,
}

/// The tree of a file's parts, as the manifest has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parts {
    pub kind: PartKind,
    pub count: u64,
    /// Merkle root, hexadecimal.
    pub root: String,
}

impl Parts {
    /// `leaves` in the order of the file; none for a file without parts.
    pub fn of(kind: PartKind, leaves: &[String]) -> Option<Parts> {
        let count = leaves.len() as u64;
        (count > 0).then(|| Parts { kind, count, root: hex(&merkle::root(leaves)) })
    }

    /// As a leaf of the edition's own tree says it.
    pub(super) fn in_leaf(&self) -> String {
        let kind = match self.kind {
            PartKind::Tiles => "tiles",
            PartKind::Rows => "rows",
        };
        format!("\0{kind}\0{}\0{}", self.count, self.root)
    }
}

/// The leaf of one part.
pub fn leaf(name: &str, sha256: &str) -> String {
    format!("{name}\0{sha256}")
}

/// The leaves of a table's rows.
pub fn row_leaves(csv: &[u8]) -> Vec<String> {
    rows(csv).iter().zip(1..).map(|(row, number)| leaf(&format!("{number}"), &sha256(row))).collect()
}

/// The lines behind the head of a CSV file (RFC 4180), as they are, without their ends.
pub fn rows(csv: &[u8]) -> Vec<&[u8]> {
    let (mut rows, mut start, mut quoted) = (vec![], 0, false);
    for (at, byte) in csv.iter().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => {
                rows.push(&csv[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    if start < csv.len() {
        rows.push(&csv[start..]);
    }
    rows.iter().skip(1).map(|row| row.strip_suffix(b"\r").unwrap_or(row)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_break_in_quotes_ends_no_row() {
        let csv = b"\xef\xbb\xbfa,b\r\n1,\"x\r\ny \"\"z\"\r\n2,\r\n";
        assert_eq!(rows(csv), [&b"1,\"x\r\ny \"\"z\""[..], b"2,"]);
        assert_eq!(rows(b"a,b\n1,2"), [b"1,2"]);
        assert!(rows(b"").is_empty() && rows(b"a,b\r\n").is_empty());
    }

    #[test]
    fn a_file_without_parts_has_no_tree() {
        assert_eq!(Parts::of(PartKind::Rows, &[]), None);
        assert_eq!(Parts::of(PartKind::Rows, &row_leaves(b"a\n1\n2\n")).unwrap().count, 2);
    }
}

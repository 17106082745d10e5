//! The form of a line, and what binds it to the one before.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::digest::sha256;

/// What the first line has in place of the line before it.
pub const NOTHING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A text of an act is cut here, so that a line stays under 8 KiB whatever a client sent.
const MAX_TEXT_BYTES: usize = 600;
const MAX_LINE_BYTES: u64 = 8 << 10;

/// Behind the body of a line: its own digest.
const BEFORE_HASH: &str = ",\"hash\":\"";
const AFTER_BODY_BYTES: usize = BEFORE_HASH.len() + 64 + "\"}".len();

/// Nine digits could be an identity number of a person: longer runs are never written.
const MOST_DIGITS: usize = 8;

/// One act, as it is told to the log.
#[derive(Clone, Debug, Default)]
pub struct Act {
    /// Number of the account, or who acted without one: `congbo`, `visitor`.
    pub actor: String,
    /// `sign_in`, `request.approve`, `download.begin`, …
    pub action: &'static str,
    /// What it was done to.
    pub object: String,
    pub request: String,
    pub purpose: String,
    /// `ok`, or why not.
    pub result: String,
    pub edition: String,
    pub features: u64,
    pub bytes: u64,
}

/// One line of the log, in the order of its fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    pub seq: u64,
    pub time: Timestamp,
    pub actor: String,
    pub action: String,
    pub object: String,
    pub request: String,
    pub purpose: String,
    pub result: String,
    pub edition: String,
    pub features: u64,
    pub bytes: u64,
    /// Digest of the line before.
    pub prev: String,
}

/// Where a log ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tail {
    pub bytes: u64,
    pub seq: u64,
    pub hash: String,
}

/// The line for an act behind `tail`, and the tail that it makes.
pub(super) fn line_after(tail: &Tail, act: &Act, now: Timestamp) -> io::Result<(String, Tail)> {
    let record = Record {
        seq: tail.seq + 1,
        time: now,
        actor: text(&act.actor),
        action: text(act.action),
        object: text(&act.object),
        request: text(&act.request),
        purpose: without_numbers(&text(&act.purpose)),
        result: text(&act.result),
        edition: text(&act.edition),
        features: act.features,
        bytes: act.bytes,
        prev: if tail.seq == 0 { NOTHING.to_owned() } else { tail.hash.clone() },
    };
    let body = serde_json::to_string(&record).map_err(io::Error::other)?;
    let body = escaped(body.strip_suffix('}').unwrap_or(&body));
    let hash = sha256(body.as_bytes());
    let line = format!("{body}{BEFORE_HASH}{hash}\"}}\n");
    let tail = Tail { bytes: tail.bytes + line.len() as u64, seq: record.seq, hash };
    Ok((line, tail))
}

/// A line without its end, when its digest is that of its body.
pub fn read_line(line: &[u8]) -> Result<(Record, String), &'static str> {
    let line = std::str::from_utf8(line).map_err(|_| "is not text")?;
    let at = line.len().checked_sub(AFTER_BODY_BYTES).filter(|at| line.is_char_boundary(*at)).ok_or("is too short")?;
    let (body, rest) = line.split_at(at);
    let hash = rest.strip_prefix(BEFORE_HASH).and_then(|rest| rest.strip_suffix("\"}")).ok_or("has no digest")?;
    if sha256(body.as_bytes()) != hash {
        return Err("is not what its digest says");
    }
    let record = serde_json::from_str(&format!("{body}}}")).map_err(|_| "is not a record")?;
    Ok((record, hash.to_owned()))
}

/// The last whole line of a log, and how many bytes of a torn one stand behind it.
pub(super) fn tail_of(file: &File, bytes: u64) -> io::Result<(Tail, u64)> {
    let start = bytes.saturating_sub(2 * MAX_LINE_BYTES);
    let mut end = vec![0; (bytes - start) as usize];
    file.read_exact_at(&mut end, start)?;
    let Some(last) = end.iter().rposition(|byte| *byte == b'\n') else {
        return if start == 0 { Ok((Tail::default(), bytes)) } else { Err(no_log("it has no end of a line")) };
    };
    let torn = (end.len() - last - 1) as u64;
    let from = end[..last].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let (record, hash) = read_line(&end[from..last]).map_err(no_log)?;
    Ok((Tail { bytes: bytes - torn, seq: record.seq, hash }, torn))
}

fn no_log(problem: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the last line of the audit log {problem}"))
}

/// The beginning of a text.
fn text(text: &str) -> String {
    let end = (0..=text.len().min(MAX_TEXT_BYTES)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text[..end].to_owned()
}

/// Runs of digits as long as an identity number are left out, wherever somebody wrote one.
fn without_numbers(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut digits = String::new();
    for c in text.chars().chain(['\0']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        kept.push_str(if digits.len() > MOST_DIGITS { "[…]" } else { &digits });
        digits.clear();
        if c != '\0' {
            kept.push(c);
        }
    }
    kept
}

/// Whatever a terminal or another program could take for the end of a line is written as its number.
fn escaped(json: &str) -> String {
    let plain = |c: char| !(c.is_control() || ('\u{2028}'..='\u{2029}').contains(&c));
    json.chars().map(|c| if plain(c) { c.to_string() } else { format!("\\u{:04x}", c as u32) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(act: &Act) -> String {
        line_after(&Tail::default(), act, Timestamp::UNIX_EPOCH).unwrap().0
    }

    #[test]
    fn what_a_client_sends_stays_one_short_line() {
        for hostile in ["a\r\nb", "\u{1b}[2J", "\u{2028}\u{2029}\u{85}\u{7f}", "\"}{\"seq\":9", &"x".repeat(1 << 20)] {
            let line =
                line(&Act { actor: hostile.into(), object: hostile.into(), result: hostile.into(), ..Act::default() });
            assert_eq!(line.matches(['\n', '\r', '\u{2028}', '\u{85}', '\u{1b}']).count(), 1, "{line}");
            assert!(line.len() < 8 << 10);
            assert!(read_line(line.trim_end().as_bytes()).is_ok());
        }
    }

    #[test]
    fn numbers_of_persons_are_left_out_of_a_purpose() {
        let line = line(&Act { purpose: "của ông 012345678901, tờ 12345678".into(), ..Act::default() });
        assert!(!line.contains("012345678901") && line.contains("của ông […], tờ 12345678"), "{line}");
    }
}

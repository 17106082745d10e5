//! Is the log what was written? Names the first record that is not.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use super::chain::{NOTHING, Record, read_line};
use super::head::Head;

/// What a check of the whole log found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    pub records: u64,
    /// Digest of the last good line.
    pub hash: String,
    /// Heads that the log agrees with.
    pub heads: usize,
    pub bad: Option<Bad>,
}

/// The first record that is not what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bad {
    pub seq: u64,
    pub problem: String,
}

/// Reads a log from its first line and holds it against `heads`.
pub fn verify(path: &Path, heads: &[Head]) -> io::Result<Checked> {
    verify_lines(BufReader::new(File::open(path)?), heads, &mut |_| {})
}

/// The same for any source of bytes; `each` sees every good record.
pub fn verify_lines(mut log: impl BufRead, heads: &[Head], each: &mut dyn FnMut(&Record)) -> io::Result<Checked> {
    let mut checked = Checked { hash: NOTHING.to_owned(), ..Checked::default() };
    let mut line = vec![];
    while checked.bad.is_none() {
        line.clear();
        if log.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        match next(&checked, &line, heads) {
            Ok((record, hash)) => {
                each(&record);
                checked.heads += heads.iter().filter(|head| head.seq == record.seq).count();
                (checked.records, checked.hash) = (record.seq, hash);
            }
            Err(problem) => checked.bad = Some(Bad { seq: checked.records + 1, problem: problem.to_owned() }),
        }
    }
    let beyond = heads.iter().map(|head| head.seq).max().filter(|seq| *seq > checked.records);
    if let (None, Some(seq)) = (&checked.bad, beyond) {
        let problem = format!("is missing: the log was cut off; record {seq} was signed");
        checked.bad = Some(Bad { seq: checked.records + 1, problem });
    }
    Ok(checked)
}

fn next(before: &Checked, line: &[u8], heads: &[Head]) -> Result<(Record, String), &'static str> {
    let line = line.strip_suffix(b"\n").ok_or("is cut off in its middle")?;
    let (record, hash) = read_line(line)?;
    if record.seq != before.records + 1 {
        return Err("has another number: records were taken out, put in or moved");
    }
    if record.prev != before.hash {
        return Err("does not follow the record before it");
    }
    match heads.iter().any(|head| head.seq == record.seq && head.hash != hash) {
        true => Err("is another one than was signed"),
        false => Ok((record, hash)),
    }
}

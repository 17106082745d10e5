//! What a verb prints, line by line. Who reads may stop early (`congbo plan --json | head`): nobody is told
//! more then, and the work is done all the same, with its own exit code.

use std::fmt;
use std::io::{self, Write};
use std::sync::OnceLock;

use crate::error::{Exit, Fault, Result, Stage};

/// The first error of standard output but that of a reader that went away.
static LOST: OnceLock<String> = OnceLock::new();

/// A line of the result, on standard output.
macro_rules! say {
    ($($line:tt)*) => { $crate::command::output::result(format_args!($($line)*)) };
}

/// A line beside the result, on standard error.
macro_rules! note {
    ($($line:tt)*) => { $crate::command::output::remark(format_args!($($line)*)) };
}

pub(super) use {note, say};

pub(super) fn result(line: fmt::Arguments<'_>) {
    if let Err(e) = stream(|out| writeln!(out, "{line}")) {
        let _ = LOST.set(e.to_string());
    }
}

/// A result of many lines; what stays unwritten because its reader went away is no error.
pub(super) fn stream(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    match write(&mut io::stdout().lock()) {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

pub(super) fn remark(line: fmt::Arguments<'_>) {
    // There is no other place left to say that this one failed.
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Refuses (exit 7) a result that its reader, who is still there, has not got whole.
pub(super) fn whole() -> Result<()> {
    LOST.get().map_or(Ok(()), |problem| {
        Err(Fault::new(Stage::Config, Exit::Storage, format!("standard output cannot be written: {problem}"))
            .remedy("what is said above was done; make room, or print to another place")
            .into())
    })
}

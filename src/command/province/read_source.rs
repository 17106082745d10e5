//! The hidden verb `read-source`: the child process in which sources are read.

use std::io;

use crate::error::{Exit, Fault, Result, Stage};
use crate::read::sandbox;

pub fn run() -> Result<()> {
    sandbox::serve(&mut io::stdin().lock(), &mut io::stdout().lock())
        .map_err(|e| Fault::new(Stage::Read, Exit::Unexpected, e.to_string()).into())
}

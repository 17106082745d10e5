//! Any bytes → every row that a reader makes of them, in this process and without the limits of the child in
//! which the program reads: what panics, overflows or never ends is seen here first.

#[path = "reading.rs"]
pub mod reading;

use std::sync::OnceLock;

use reading::Reading;

/// One input of a fuzzer; a target has one reader for its whole life.
pub fn try_out(reader: &str, input: &[u8]) {
    static READING: OnceLock<Reading> = OnceLock::new();
    READING.get_or_init(|| Reading::of(reader)).rows(input);
}

//! Any bytes as a source of the reader `geopackage`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| congbo_fuzz::try_out("geopackage", input));

//! Encodings prepared once, at sealing, so that serving never compresses.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use brotli::enc::BrotliEncoderParams;
use libdeflater::{CompressionLvl, Compressor};

use super::manifest::{EncodedFacts, Encodings};
use super::storage;
use crate::digest::sha256;
use crate::error::Result;

/// Under this size the headers weigh more than what is saved.
const MIN_BYTES: usize = 512;
const LONG_BYTES: usize = 4 << 20;
const SHARED_BY_ALL: [&str; 3] = ["css", "js", "mjs"];
const TEXT_LIKE: [&str; 12] =
    ["html", "css", "js", "mjs", "json", "geojson", "svg", "xml", "txt", "csv", "webmanifest", "md"];

/// Writes `<file>.br` and `<file>.gz` beside a text-like file, each only where it is smaller.
///
/// Pictures, fonts, archives and FlatGeobuf are packed already or read by ranges.
pub(super) fn prepare(file: &Path) -> Result<Encodings> {
    if !extension_in(file, &TEXT_LIKE) {
        return Ok(Encodings::default());
    }
    let plain = fs::read(file).map_err(|e| storage(file, e))?;
    if plain.len() < MIN_BYTES {
        return Ok(Encodings::default());
    }
    let br = brotli(&plain, file).map_err(|e| storage(file, e))?;
    Ok(Encodings {
        br: keep_smaller(&plain, br, &sibling(file, ".br"))?,
        gzip: keep_smaller(&plain, gzip(&plain), &sibling(file, ".gz"))?,
    })
}

/// `a/b.css` and `.br` give `a/b.css.br`.
pub(super) fn sibling(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn extension_in(file: &Path, list: &[&str]) -> bool {
    file.extension().and_then(|extension| extension.to_str()).is_some_and(|extension| list.contains(&extension))
}

fn keep_smaller(plain: &[u8], packed: Vec<u8>, path: &Path) -> Result<Option<EncodedFacts>> {
    if packed.len() >= plain.len() {
        return Ok(None);
    }
    fs::write(path, &packed).map_err(|e| storage(path, e))?;
    Ok(Some(EncodedFacts { bytes: packed.len() as u64, sha256: sha256(&packed) }))
}

/// Scripts and styles, which every visitor loads, are packed as tightly as can be: a sixth less, at 2 s a MiB.
/// For pages level 9 was measured to save nothing over level 5, and to take ten times as long.
fn brotli(plain: &[u8], file: &Path) -> io::Result<Vec<u8>> {
    let quality = if extension_in(file, &SHARED_BY_ALL) && plain.len() <= LONG_BYTES { 11 } else { 5 };
    let params = BrotliEncoderParams { quality, lgwin: 22, size_hint: plain.len(), ..Default::default() };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &plain[..], &mut packed, &params)?;
    Ok(packed)
}

/// libdeflate writes neither time nor name into the gzip header: same bytes in, same bytes out.
fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut compressor = Compressor::new(CompressionLvl::new(9).unwrap_or_default());
    let mut packed = vec![0; compressor.gzip_compress_bound(plain.len())];
    // The bound leaves room by definition; an empty result would simply not be smaller than `plain`.
    let length = compressor.gzip_compress(plain, &mut packed).unwrap_or(packed.len());
    packed.truncate(length);
    packed
}

//! SHA-256 of files.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

/// Lower-case hexadecimal SHA-256 of a file, read in pieces.
pub fn sha256_file(path: &Path) -> io::Result<String> {
    sha256_files(&[path])
}

/// Lower-case hexadecimal SHA-256 of files one behind the other.
pub fn sha256_files(paths: &[impl AsRef<Path>]) -> io::Result<String> {
    let mut hasher = Sha256::new();
    for path in paths {
        feed(&mut hasher, File::open(path)?)?;
    }
    Ok(hex(&hasher.finalize()))
}

fn feed(hasher: &mut Sha256, mut file: File) -> io::Result<()> {
    let mut buffer = vec![0; 1 << 18];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(()),
            n => hasher.update(&buffer[..n]),
        }
    }
}

/// Lower-case hexadecimal SHA-256 of bytes.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

//! Workbooks are ZIP archives. Every archive is walked to its end, counting, before a part of it is used.

use std::cell::RefCell;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use zip::ZipArchive;
use zip::read::ZipFile;

const MAX_ENTRIES: usize = 10_000;
/// A million rows of a price table inflate to about 200 MB.
const MAX_TOTAL_BYTES: u64 = 512 << 20;
/// Sheets shrink to a tenth or twentieth, bombs to a thousandth.
const MAX_RATIO: u64 = 200;
/// A part this small may shrink as much as it likes.
const SMALL_BYTES: u64 = 64 << 10;

/// An archive whose parts may be read.
pub struct Package {
    archive: RefCell<ZipArchive<BufReader<File>>>,
}

impl Package {
    /// # Errors
    /// A sentence that names the part and the limit.
    pub fn open(absolute: &Path) -> Result<Self, String> {
        let mut file = BufReader::new(File::open(absolute).map_err(|e| e.to_string())?);
        check_signature(&mut file)?;
        check_entry_count(&mut file)?;
        let mut archive = ZipArchive::new(file).map_err(|e| format!("the archive is damaged: {e}"))?;
        if archive.has_duplicate_names() {
            return Err("two parts of the archive have the same name".into());
        }
        let mut total_bytes = 0;
        for i in 0..archive.len() {
            total_bytes += check_part(&mut archive, i, MAX_TOTAL_BYTES - total_bytes)?;
        }
        Ok(Package { archive: RefCell::new(archive) })
    }

    /// Lets `read` have one part, inflated as a stream.
    ///
    /// # Errors
    /// There is no such part.
    pub fn read<T>(&self, name: &str, read: impl FnOnce(&mut dyn BufRead) -> T) -> Result<T, String> {
        let mut archive = self.archive.borrow_mut();
        let part = archive.by_name(name).map_err(|_| format!("the workbook has no part '{name}'"))?;
        Ok(read(&mut BufReader::with_capacity(1 << 16, part.take(MAX_TOTAL_BYTES))))
    }
}

/// Says of two common mix-ups what they are.
fn check_signature(file: &mut (impl Read + Seek)) -> Result<(), String> {
    let mut start = vec![];
    file.take(8).read_to_end(&mut start).map_err(|e| e.to_string())?;
    match start.as_slice() {
        [b'P', b'K', ..] => Ok(()),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => Err("the workbook is locked with a password, or is an old .xls".into()),
        _ => Err("the file is not a workbook: a workbook is a ZIP archive".into()),
    }
}

/// Reads the number of entries where every reader finds it, before anything is allocated for them.
fn check_entry_count(file: &mut (impl Read + Seek)) -> Result<(), String> {
    const RECORD_BYTES: u64 = 22;
    let length = file.seek(SeekFrom::End(0)).map_err(|e| e.to_string())?;
    let from = length.saturating_sub(RECORD_BYTES + (1 << 16));
    file.seek(SeekFrom::Start(from)).map_err(|e| e.to_string())?;
    let mut tail = vec![];
    file.read_to_end(&mut tail).map_err(|e| e.to_string())?;
    let counts = tail.windows(RECORD_BYTES as usize).filter(|w| w.starts_with(b"PK\x05\x06"));
    for record in counts {
        if usize::from(u16::from_le_bytes([record[10], record[11]])) > MAX_ENTRIES {
            return Err(too_many_entries());
        }
    }
    Ok(())
}

fn too_many_entries() -> String {
    format!("the archive has more than {MAX_ENTRIES} parts")
}

/// Checks one part and returns how large it really is.
fn check_part(archive: &mut ZipArchive<BufReader<File>>, i: usize, left_bytes: u64) -> Result<u64, String> {
    if i >= MAX_ENTRIES {
        return Err(too_many_entries());
    }
    let entry = archive.by_index_data(i).map_err(|e| format!("the archive is damaged: {e}"))?;
    if entry.encrypted() {
        return Err("the workbook is locked with a password: save it without one".into());
    }
    let mut part = archive.by_index(i).map_err(|e| format!("the archive is damaged: {e}"))?;
    check_name(part.name_raw())?;
    if part.is_symlink() {
        return Err(format!("part {} of the archive is a link", i + 1));
    }
    let allowed_bytes = (part.compressed_size().saturating_mul(MAX_RATIO)).max(SMALL_BYTES);
    let inflated_bytes = inflate(&mut part, allowed_bytes.min(left_bytes)).map_err(|problem| match problem {
        Damage::TooLarge if allowed_bytes < left_bytes => {
            format!("part {} of the archive inflates to more than {MAX_RATIO} times its size", i + 1)
        }
        Damage::TooLarge => format!("the archive inflates to more than {} MiB", MAX_TOTAL_BYTES >> 20),
        Damage::DocumentType => {
            format!("part {} of the archive has a document type (DOCTYPE), which is refused", i + 1)
        }
        Damage::Unreadable(e) => format!("part {} of the archive is damaged: {e}", i + 1),
    })?;
    if inflated_bytes != part.size() {
        return Err(format!("part {} of the archive is not as large as it says", i + 1));
    }
    Ok(inflated_bytes)
}

/// A name is a relative path with forward slashes: the only kind that workbooks have.
fn check_name(raw: &[u8]) -> Result<(), String> {
    let name = std::str::from_utf8(raw).map_err(|_| "a part's name is not UTF-8")?;
    let path = name.strip_suffix('/').unwrap_or(name);
    let clean = path.split('/').all(|step| !matches!(step, "" | "." | ".."));
    if clean && !name.contains(['\\', ':']) && !name.chars().any(char::is_control) {
        Ok(())
    } else {
        Err("the name of a part leads out of the archive, or is malformed".into())
    }
}

enum Damage {
    TooLarge,
    DocumentType,
    Unreadable(std::io::Error),
}

/// Counts what a part inflates to, keeping none of it, and looks for a document type on the way. The search
/// is for the bytes alone: a workbook has no reason to hold them in a comment either.
fn inflate(part: &mut ZipFile<'_, BufReader<File>>, limit_bytes: u64) -> Result<u64, Damage> {
    const MARK: &[u8] = b"<!DOCTYPE";
    let searched = [b".xml".as_slice(), b".rels"].iter().any(|end| part.name_raw().to_ascii_lowercase().ends_with(end));
    let mut window = vec![0; MARK.len() + (1 << 16)];
    let (mut kept, mut total_bytes) = (0, 0);
    loop {
        let n = part.read(&mut window[kept..]).map_err(Damage::Unreadable)?;
        if n == 0 {
            return Ok(total_bytes);
        }
        total_bytes += n as u64;
        if total_bytes > limit_bytes {
            return Err(Damage::TooLarge);
        }
        let filled = kept + n;
        let at_mark = |i: &usize| window[*i..filled].get(..MARK.len()).is_some_and(|w| w.eq_ignore_ascii_case(MARK));
        if searched && (0..filled).filter(|i| window[*i] == b'<').any(|i| at_mark(&i)) {
            return Err(Damage::DocumentType);
        }
        kept = filled.min(MARK.len() - 1);
        window.copy_within(filled - kept..filled, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::check_name;

    #[test]
    fn names_that_lead_out_of_the_archive_are_refused() {
        for name in ["xl/workbook.xml", "[Content_Types].xml", "META-INF/", "Bảng giá.xml"] {
            assert!(check_name(name.as_bytes()).is_ok(), "{name}");
        }
        for name in ["../a", "/etc/passwd", "a/../../b", "a\\b", "C:/a", "a//b", "", "a\0b", "./a"] {
            assert!(check_name(name.as_bytes()).is_err(), "{name}");
        }
        assert!(check_name(b"\xff.xml").is_err());
    }
}

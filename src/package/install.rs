//! A package → a folder that a person opens, and what that folder remembers.
//!
//! ```text
//! <folder>/
//!   MO-TRANG-NAY.html      leads to the newest package: replaced by one rename
//!   congbo-goi.json        trusted keys, and for each area the number below which nothing is taken
//!   99001/ban-12/…         the files of number 12, whole
//! ```
//! Neither links nor permissions are needed: it works on the FAT of a stick.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::durable::{put, sync};
use super::from_disk::PAGES;
use super::keyring::Keyring;
use super::listing::{Head, Listed};
use super::opened::{self, Opened};
use super::pack::opening_page;

use crate::digest::{sha256, sha256_file};
use crate::error::{Exit, Failure, Fault, Result, Stage};

const STATE: &str = "congbo-goi.json";
const OPENING: &str = "MO-TRANG-NAY.html";

/// What a folder knows of the packages it was given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    pub keyring: Keyring,
    /// By area.
    pub areas: BTreeMap<String, Installed>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Installed {
    /// The greatest number that was seen: nothing older is taken.
    pub number: u64,
    /// Digest of the listing of that number.
    pub listing_sha256: String,
    pub edition: String,
}

impl State {
    /// # Errors
    /// Exit 6 for a state that cannot be understood: without it an older package could be taken for new.
    pub fn load(folder: &Path) -> Result<Self> {
        let path = folder.join(STATE);
        match fs::read(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(State::default()),
            Err(e) => Err(Fault::storage(Stage::Package, STATE, e).into()),
            Ok(text) => serde_json::from_slice(&text).map_err(|_| {
                Fault::new(Stage::Package, Exit::Verification, "tệp ghi nhớ của thư mục gói không đọc được")
                    .file(STATE)
                    .remedy("cài lại vào một thư mục mới, với khóa công khai nhận từ cơ quan công bố")
                    .into()
            }),
        }
    }

    fn save(&self, folder: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self).expect("a state is plain data") + "\n";
        put(&folder.join(STATE), text.as_bytes())
    }

    /// Refuses what is older than what was seen, and another package under a number that was seen.
    fn admit(&self, opened: &Opened) -> Result<()> {
        let (area, number) = (&opened.listing.head.area, opened.listing.head.imprint.number);
        let refused = |problem: String, remedy: &str| {
            let fault = Fault::new(Stage::Package, Exit::Verification, problem).feature(format!("khu vực {area}"));
            Err(fault.remedy(remedy).into())
        };
        match self.areas.get(area) {
            Some(seen) if number < seen.number => refused(
                format!("gói số {number} cũ hơn gói số {} đã cài ở đây", seen.number),
                "dùng gói mới hơn; không thay dữ liệu mới bằng dữ liệu cũ",
            ),
            Some(seen) if number == seen.number && seen.listing_sha256 != sha256(opened.text.as_bytes()) => refused(
                format!("đã có một gói khác mang cùng số {number}"),
                "hỏi cơ quan công bố gói nào đúng; không dùng gói này trước khi rõ",
            ),
            _ => Ok(()),
        }
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct InstallReport {
    pub area: String,
    pub number: u64,
    pub files: usize,
    /// Files that were there from a run that was cut off.
    pub resumed: usize,
    pub opens: PathBuf,
}

/// Checks a package whole and unpacks it below `folder`. What was there opens until the new one is whole.
///
/// `first` is the publisher's key that a person brought; a folder that has keys keeps its own. `admits` is asked when
/// the package was found whole, and may refuse it (for its age).
///
/// # Errors
/// Exit 2 where no key is known; 6 for a package that is damaged, foreign, or older than one that was seen; 7 when
/// the folder cannot be written.
pub fn install(
    package: &Path,
    folder: &Path,
    first: Option<Keyring>,
    admits: &dyn Fn(&Head) -> Result<()>,
) -> Result<InstallReport> {
    fs::create_dir_all(folder).map_err(|e| Fault::storage(Stage::Package, folder, e))?;
    let _one_at_a_time = lock(folder)?;
    let mut state = State::load(folder)?;
    if state.keyring.keys.is_empty() {
        state.keyring = first.ok_or_else(no_key)?;
    }
    let opened = opened::open(package, &state.keyring)?;
    state.admit(&opened)?;
    admits(&opened.listing.head)?;
    let head = &opened.listing.head;
    let (area, number) = (head.area.clone(), head.imprint.number);
    let name = format!("ban-{number}");
    let resumed = unpack(&opened, &folder.join(&area), &name)?;
    state.keyring.learn(&opened.listing);
    let (edition, listing_sha256) = (head.imprint.edition.clone(), sha256(opened.text.as_bytes()));
    state.areas.insert(area.clone(), Installed { number, listing_sha256, edition });
    state.save(folder)?;
    put(&folder.join(OPENING), opening_page(&format!("{area}/{name}/{PAGES}")).as_bytes())?;
    Ok(InstallReport { area, number, files: opened.listing.files.len(), resumed, opens: folder.join(OPENING) })
}

fn no_key() -> Failure {
    Fault::new(Stage::Package, Exit::Usage, "thư mục này chưa có khóa công khai của cơ quan công bố")
        .remedy("thêm --key KHOA.pub: tệp nhận trực tiếp từ cơ quan công bố, không phải từ USB chứa gói")
        .into()
}

/// Unpacks into a folder beside, and renames it; says how many files were there already.
fn unpack(opened: &Opened, parent: &Path, name: &str) -> Result<usize> {
    let (whole, begun) = (parent.join(name), parent.join(format!("{name}.dang-giai")));
    if whole.exists() {
        return Ok(opened.listing.files.len());
    }
    let resumed = unpack_into(opened, &begun)?;
    fs::rename(&begun, &whole).map_err(|e| Fault::storage(Stage::Package, name, e))?;
    sync(parent)?;
    Ok(resumed)
}

/// Writes every file that is not there yet as it should be.
pub fn unpack_into(opened: &Opened, folder: &Path) -> Result<usize> {
    let offsets = opened.offsets();
    let placed: Vec<bool> = opened
        .listing
        .files
        .par_iter()
        .zip(&offsets)
        .map(|(file, offset)| place(opened, file, *offset, folder))
        .collect::<Result<_>>()?;
    Ok(placed.into_iter().filter(|was_there| *was_there).count())
}

fn place(opened: &Opened, file: &Listed, offset: u64, folder: &Path) -> Result<bool> {
    let path = folder.join(&file.path);
    if sha256_file(&path).is_ok_and(|found| found == file.sha256) {
        return Ok(true);
    }
    let bytes = opened.read(file, offset)?;
    let fault = |e: std::io::Error| Fault::storage(Stage::Package, &file.path, e);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(fault)?;
    }
    let mut written = File::create(&path).map_err(fault)?;
    written.write_all(&bytes).and_then(|()| written.sync_all()).map_err(fault)?;
    Ok(false)
}

fn lock(folder: &Path) -> Result<File> {
    let path = folder.join(".khoa");
    let file = File::create(&path).map_err(|e| Fault::storage(Stage::Package, &path, e))?;
    file.try_lock().map_err(|_| {
        Fault::new(Stage::Package, Exit::Usage, "một lần cài khác đang chạy trong thư mục này")
            .remedy("đợi lần cài đó xong rồi chạy lại")
    })?;
    Ok(file)
}

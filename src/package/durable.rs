//! Files that are there whole or not at all, whatever is pulled or killed.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use crate::error::{Fault, Result, Stage};
use crate::file_system::sync_dir;

/// Written beside, made durable, then renamed.
pub fn put(path: &Path, bytes: &[u8]) -> Result<()> {
    let beside = path.with_extension("dang-ghi");
    let fault = |e: std::io::Error| Fault::storage(Stage::Package, path.file_name().unwrap_or_default(), e);
    let mut file = File::create(&beside).map_err(fault)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(fault)?;
    fs::rename(&beside, path).map_err(fault)?;
    sync(folder_of(path))
}

/// Makes the names in a folder durable.
pub fn sync(folder: &Path) -> Result<()> {
    sync_dir(folder).map_err(|e| Fault::storage(Stage::Package, folder, e).into())
}

pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

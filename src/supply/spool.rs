//! Files that are made whole before they go out: once for each order, in a folder that only the office reads.
//!
//! The name of a file follows from all that it is made of, and the same order gives the same bytes: one that was
//! swept away is made again, and a broken download goes on in it.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::formats::{self, Job};
use super::frame::Frame;
use super::source::Selection;
use super::{Cut, Order};
use crate::digest::sha256;

/// A leave holds for a quarter of an hour; a slow download holds its file open.
const KEPT: Duration = Duration::from_secs(60 * 60);

/// One file is made at a time: each reads the disk and takes a core for itself.
static TURN: Mutex<()> = Mutex::new(());

pub fn cut(order: &Order<'_>, selection: &Selection) -> io::Result<Cut> {
    let name = name_of(order, selection)?;
    let path = order.spool.join(&name);
    if !path.exists() {
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        if !path.exists() {
            make(order, selection, &path)?;
        }
    }
    Cut::of_file(File::open(&path)?, name[..32].to_owned(), selection.features)
}

fn make(order: &Order<'_>, selection: &Selection, path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(order.spool)?;
    sweep(order.spool);
    let folder = tempfile::tempdir_in(order.spool)?;
    let made = folder.path().join("whole");
    let frame = Frame::of(order, selection)?;
    let job = Job { order, selection, frame, columns: selection.columns()?, folder: folder.path() };
    formats::write(&job, &made)?;
    fs::rename(made, path)
}

/// Takes away what nobody can be fetching any more, and what a crash left. What another process is taking away at
/// the same time, or what cannot go now, is no reason to refuse anybody a file.
fn sweep(folder: &Path) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for (path, about) in entries.filter_map(|entry| Some((entry.path(), entry.metadata().ok()?))) {
        let is_old = about.modified().is_ok_and(|at| at.elapsed().is_ok_and(|age| age > KEPT));
        let removed = match is_old {
            true if about.is_dir() => fs::remove_dir_all(&path),
            true => fs::remove_file(&path),
            false => Ok(()),
        };
        if let Err(cause) = removed {
            tracing::warn!(%cause, "a file of the spool could not be taken away");
        }
    }
}

/// All that the bytes follow from.
fn name_of(order: &Order<'_>, selection: &Selection) -> io::Result<String> {
    let mut identity = format!(
        "{} {} {} {:?} {}",
        env!("CARGO_PKG_VERSION"),
        order.output.format.id(),
        order.output.crs.id(),
        order.output.fields,
        order.provenance.line()
    );
    identity.extend(order.mark.iter().map(|mark| mark.name()));
    for (source, leaves) in &selection.taken {
        identity.push_str(&format!(" {} {}", source.sha256, leaves.len()));
    }
    Ok(sha256(identity.as_bytes()))
}

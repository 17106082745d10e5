//! What Unix and Windows do differently with files. Windows has the verbs for packages alone ([`crate::command`]).

use std::fs::File;
use std::io;
use std::path::Path;

#[cfg(unix)]
pub use std::os::unix::fs::FileExt;
#[cfg(unix)]
pub use std::os::unix::fs::symlink;
#[cfg(windows)]
pub use std::os::windows::fs::symlink_dir as symlink;

/// Bytes at a place of a file; the place from which the file is read otherwise is moved.
#[cfg(windows)]
pub trait FileExt {
    /// How many bytes were read; 0 at the end of the file.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
    /// # Errors
    /// `UnexpectedEof` where the file ends early.
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;
}

#[cfg(windows)]
impl FileExt for File {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(self, buffer, offset)
    }

    fn read_exact_at(&self, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
        while !buffer.is_empty() {
            match self.read_at(buffer, offset) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(n) => (buffer, offset) = (&mut buffer[n..], offset + n as u64),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    fn write_all_at(&self, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
        while !bytes.is_empty() {
            match std::os::windows::fs::FileExt::seek_write(self, bytes, offset) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(n) => (bytes, offset) = (&bytes[n..], offset + n as u64),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }
}

/// Makes the names in a folder durable. Windows opens no folder as a file, and its file systems keep a journal of names.
pub fn sync_dir(folder: &Path) -> io::Result<()> {
    if cfg!(windows) { Ok(()) } else { File::open(folder).and_then(|folder| folder.sync_all()) }
}

/// Who may do what with a file, as the mode of Unix; Windows knows only whether it may be written.
pub fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    #[cfg(unix)]
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(mode);
    #[cfg(windows)]
    let permissions = {
        let mut permissions = file.metadata()?.permissions();
        permissions.set_readonly(mode & 0o200 == 0);
        permissions
    };
    file.set_permissions(permissions)
}

//! Files that are complete or absent: written aside, synced, renamed.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

/// A file or folder that could not be read or written.
///
/// # Examples
/// ```
/// use std::io::ErrorKind;
///
/// use train::{FileError, write_atomic};
///
/// let root = tempfile::tempdir()?;
/// let error = write_atomic(&root.path().join("absent/samples.png"), b"").unwrap_err();
/// assert!(error.to_string().contains("samples.png cannot be written: "));
/// assert_eq!((error.source.kind(), error.is_exhausted()), (ErrorKind::NotFound, false));
/// // A full disk is no mistake of the one who asked.
/// let full = FileError { source: ErrorKind::StorageFull.into(), ..error };
/// assert!(full.is_exhausted());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Error)]
#[error("{path} cannot be {action}: {source}")]
pub struct FileError {
    /// The file or folder.
    pub path: PathBuf,
    /// What was tried: `read`, `written`, ...
    pub action: &'static str,
    /// What the system said.
    pub source: io::Error,
}

impl FileError {
    pub(crate) fn at(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self { path: path.to_owned(), action, source }
    }

    /// Whether the device gave out under a request that was in order: a full disk, a quota, a failing drive.
    pub fn is_exhausted(&self) -> bool {
        use io::ErrorKind as Kind;
        matches!(self.source.kind(), Kind::StorageFull | Kind::QuotaExceeded | Kind::FileTooLarge | Kind::WriteZero)
    }
}

/// How the names begin of files and folders that were being written when the process ended.
pub(crate) const UNFINISHED: &str = ".writing-";

/// Writes a file so that a reader, or a crash at any moment, sees the old content or the new, never a part.
///
/// # Errors
/// Names the file; nothing new is left behind.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    write_atomic_with(path, |file| file.write_all(bytes))
}

/// The same for content that is written piece by piece.
///
/// # Errors
/// Names the file; nothing new is left behind. An error of `write` that is not about the file comes back as its source.
pub fn write_atomic_with(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), FileError> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let write = || {
        // Errors of a temporary file name its path, which nobody knows: a missing folder is said here.
        std::fs::metadata(folder)?;
        let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder)?;
        // On the inner file: errors of the outer one name the temporary path, which nobody knows.
        let mut out = BufWriter::with_capacity(1 << 18, file.as_file_mut());
        write(&mut out)?;
        out.flush()?;
        drop(out);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // A temporary file is private; a result is as readable as any other file.
            file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
        }
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        sync_folder(folder)
    };
    write().map_err(FileError::at(path, "written"))
}

/// A file without a name, which the system removes when it is closed, however the process ends.
///
/// # Errors
/// Names the folder.
pub fn temporary_file(folder: &Path) -> Result<File, FileError> {
    tempfile::tempfile_in(folder).map_err(FileError::at(folder, "used for a temporary file"))
}

/// Removes the files of a folder that interrupted writes have left behind.
///
/// # Errors
/// Names the file that could not be removed.
pub(crate) fn clean(folder: &Path) -> Result<(), FileError> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(()) };
    for entry in entries.flatten() {
        let path = entry.path();
        if entry.file_name().to_str().is_some_and(|name| name.starts_with(UNFINISHED)) && path.is_file() {
            std::fs::remove_file(&path).map_err(FileError::at(&path, "removed"))?;
        }
    }
    Ok(())
}

/// Makes the entries of a folder survive a loss of power.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    Ok(())
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    std::fs::read(path).map_err(FileError::at(path, "read"))
}

pub(crate) fn create_folder(path: &Path) -> Result<(), FileError> {
    std::fs::create_dir_all(path).map_err(FileError::at(path, "created"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_that_fails_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        write_atomic(&path, b"old").unwrap();
        // A folder in the way of the rename.
        let blocked = folder.path().join("b");
        std::fs::create_dir(&blocked).unwrap();
        std::fs::write(blocked.join("kept"), b"").unwrap();
        let message = write_atomic(&blocked, b"new").unwrap_err().to_string();
        assert!(message.contains("b cannot be written"), "{message}");
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}

//! A run: its name, its two folders, and the order among all runs of a root.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use thiserror::Error;

use crate::files::UNFINISHED;
use crate::suggest::did_you_mean;
use crate::{Checkpoint, FileError, files};

/// Why a run cannot be made or found.
///
/// # Examples
/// ```
/// use train::{Run, RunError};
///
/// let root = tempfile::tempdir()?;
/// Run::named(root.path(), "vae-1")?.lock()?;
/// let error = Run::find(root.path(), Some("vae1")).unwrap_err();
/// assert!(error.to_string().ends_with("; it holds vae-1; did you mean `vae-1`?"));
/// assert!(matches!(error, RunError::Missing { .. }));
/// assert!(matches!(Run::named(root.path(), "../vae-1"), Err(RunError::Name { .. })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RunError {
    /// A name that is not one.
    #[error(
        "`{name}` is not a name for a run: use letters, digits, `.`, `_` and `-`, starting with a letter or digit, at most 64 of them"
    )]
    Name {
        /// The name as given.
        name: String,
    },
    /// A run that must not be overwritten.
    #[error(
        "run {name} exists already ({what}); choose another --run, continue it with --resume, or replace it with --force"
    )]
    Exists {
        /// The run.
        name: String,
        /// What is there.
        what: String,
    },
    /// A run that is not there.
    #[error("there is no run {name} in {root}{known}")]
    Missing {
        /// The run.
        name: String,
        /// Where `checkpoints/` and `outputs/` were looked for.
        root: PathBuf,
        /// The runs that are there, and the nearest.
        known: String,
    },
    /// A root without any run.
    #[error("there is no trained run in {root}; train one with `elbo train vae`, or name another --root")]
    None {
        /// Where `checkpoints/` was looked for.
        root: PathBuf,
    },
    /// A run that another process is training.
    #[error("run {name} is being trained by another process; wait for it, or choose another --run")]
    Busy {
        /// The run.
        name: String,
    },
    /// A file or folder.
    #[error(transparent)]
    File(#[from] FileError),
}

/// A run: `<root>/checkpoints/<name>/` and `<root>/outputs/<name>/`.
///
/// # Examples
/// ```
/// use std::path::Path;
///
/// use train::Run;
///
/// let root = tempfile::tempdir()?;
/// let run = Run::first_free(root.path(), "vae")?;
/// assert_eq!((run.name(), run.exists()), ("vae-1", false));
/// assert_eq!(run.output("samples.png").strip_prefix(root.path())?, Path::new("outputs/vae-1/samples.png"));
/// let lock = run.lock()?;
/// assert_eq!(Run::first_free(root.path(), "vae")?.name(), "vae-2");
/// run.remove(&lock)?;
/// assert!(!run.exists());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    root: PathBuf,
    name: String,
}

/// The right to write a run, held until it is dropped or the process ends in any way.
///
/// # Examples
/// ```
/// use train::{Run, RunError};
///
/// let root = tempfile::tempdir()?;
/// let run = Run::named(root.path(), "plane")?;
/// let lock = run.lock()?;
/// assert!(matches!(run.lock(), Err(RunError::Busy { name }) if name == "plane"));
/// drop(lock);
/// assert!(run.lock().is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct RunLock {
    _file: File,
}

/// A name that is taken: the folder of results is there and empty. Unless it is filled, it goes when this is dropped.
///
/// # Examples
/// ```
/// use train::Run;
///
/// let root = tempfile::tempdir()?;
/// let run = Run::named(root.path(), "cavi-1")?;
/// let claim = run.claim()?;
/// assert!(claim.is_some() && run.claim()?.is_none());
/// // Nothing was written, and the name is free again.
/// drop(claim);
/// assert!(!run.exists());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Claim {
    /// The folder, and the one around it if that was made too.
    made: Vec<PathBuf>,
}

impl Drop for Claim {
    fn drop(&mut self) {
        for folder in &self.made {
            // One that holds anything stays.
            let _ = fs::remove_dir(folder);
        }
    }
}

impl Run {
    /// The run of a name, whether it exists or not.
    ///
    /// # Errors
    /// When the name could leave its folder or hide in it.
    pub fn named(root: &Path, name: &str) -> Result<Self, RunError> {
        let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let starts = name.starts_with(|c: char| c.is_ascii_alphanumeric());
        if !starts || !name.chars().all(valid) || name.len() > 64 {
            return Err(RunError::Name { name: name.to_owned() });
        }
        Ok(Self { root: root.to_owned(), name: name.to_owned() })
    }

    /// The first free of `<prefix>-1`, `<prefix>-2`, ...
    ///
    /// # Errors
    /// When the prefix is not a name.
    pub fn first_free(root: &Path, prefix: &str) -> Result<Self, RunError> {
        let mut number = 1_u64;
        loop {
            let run = Self::named(root, &format!("{prefix}-{number}"))?;
            if !run.exists() {
                return Ok(run);
            }
            number += 1;
        }
    }

    /// A run that has a checkpoint: the one named, or else the latest.
    ///
    /// # Errors
    /// When there is none; the message lists those that are there.
    pub fn find(root: &Path, name: Option<&str>) -> Result<Self, RunError> {
        let Some(name) = name else {
            return Self::latest(root).ok_or_else(|| RunError::None { root: root.to_owned() });
        };
        let run = Self::named(root, name)?;
        if run.exists() {
            return Ok(run);
        }
        let names: Vec<String> = Self::all(root).into_iter().map(|run| run.name).collect();
        let known = match names.as_slice() {
            [] => "; it holds none at all".to_owned(),
            names => format!("; it holds {}{}", names.join(", "), did_you_mean(name, names.iter().map(String::as_str))),
        };
        Err(RunError::Missing { name: name.to_owned(), root: root.to_owned(), known })
    }

    /// Every run with a checkpoint folder, by name.
    pub fn all(root: &Path) -> Vec<Self> {
        let Ok(entries) = fs::read_dir(root.join("checkpoints")) else { return Vec::new() };
        let mut runs: Vec<Self> = entries
            .flatten()
            .filter(|entry| entry.path().is_dir())
            .filter_map(|entry| Self::named(root, entry.file_name().to_str()?).ok())
            .collect();
        runs.sort_by(|a, b| a.name.cmp(&b.name));
        runs
    }

    /// The run whose newest checkpoint is the newest of all.
    fn latest(root: &Path) -> Option<Self> {
        let written =
            |run: &Self| -> Option<SystemTime> { fs::metadata(Checkpoint::newest_folder(run)?).ok()?.modified().ok() };
        Self::all(root)
            .into_iter()
            .filter_map(|run| Some((written(&run)?, run)))
            .max_by_key(|(time, _)| *time)
            .map(|(_, run)| run)
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where `checkpoints/` and `outputs/` lie.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of checkpoints.
    pub fn checkpoints(&self) -> PathBuf {
        self.root.join("checkpoints").join(&self.name)
    }

    /// The folder of results.
    pub fn outputs(&self) -> PathBuf {
        self.root.join("outputs").join(&self.name)
    }

    /// A file among the results.
    pub fn output(&self, file: &str) -> PathBuf {
        self.outputs().join(file)
    }

    /// Whether either folder is there.
    pub fn exists(&self) -> bool {
        self.checkpoints().exists() || self.outputs().exists()
    }

    /// What a replacement would lose, in words.
    pub fn describe(&self) -> String {
        match Checkpoint::latest(self) {
            Ok(Some(checkpoint)) => {
                let done = checkpoint.position().epochs;
                format!("{done} epoch{}, {} steps", if done == 1 { "" } else { "s" }, checkpoint.position().step)
            }
            Ok(None) => "no complete checkpoint".to_owned(),
            Err(_) => "a checkpoint that cannot be read".to_owned(),
        }
    }

    /// Takes the name, for a run that has results alone: nothing where another process has taken it.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn claim(&self) -> Result<Option<Claim>, RunError> {
        let (outputs, around) = (self.outputs(), self.root.join("outputs"));
        let is_new = !around.exists();
        files::create_folder(&around)?;
        match fs::create_dir(&outputs) {
            Ok(()) => {
                Ok(Some(Claim { made: [Some(outputs), is_new.then_some(around)].into_iter().flatten().collect() }))
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(None),
            Err(error) => Err(FileError::at(&outputs, "created")(error).into()),
        }
    }

    /// Puts files in the place of all results, as a whole: the folder is the old one until the new one is complete. Between
    /// the two renames that exchange them the old one lies beside it, under a hidden name.
    /// `fill` writes into the folder that it is given.
    ///
    /// # Errors
    /// When a folder cannot be made, moved or removed, or `fill` fails.
    pub fn replace_outputs<E: From<FileError>>(&self, fill: impl FnOnce(&Path) -> Result<(), E>) -> Result<(), E> {
        let outputs = self.outputs();
        let aside = |what: &str| outputs.with_file_name(format!("{UNFINISHED}{what}-{}", self.name));
        let (new, old) = (aside("new"), aside("old"));
        for left in [&new, &old] {
            if left.exists() {
                fs::remove_dir_all(left).map_err(FileError::at(left, "removed"))?;
            }
        }
        files::create_folder(&new)?;
        fill(&new).inspect_err(|_| {
            let _ = fs::remove_dir_all(&new);
        })?;
        if outputs.exists() {
            fs::rename(&outputs, &old).map_err(FileError::at(&outputs, "replaced"))?;
        }
        fs::rename(&new, &outputs).map_err(FileError::at(&outputs, "created"))?;
        if old.exists() {
            fs::remove_dir_all(&old).map_err(FileError::at(&old, "removed"))?;
        }
        Ok(())
    }

    /// Makes both folders and takes the right to write them.
    ///
    /// # Errors
    /// When a folder cannot be made, or another process holds the right.
    pub fn lock(&self) -> Result<RunLock, RunError> {
        files::create_folder(&self.checkpoints())?;
        files::create_folder(&self.outputs()).inspect_err(|_| {
            // Half a run would stand in the way of the next; one that holds anything stays.
            let _ = fs::remove_dir(self.checkpoints());
        })?;
        let path = self.checkpoints().join("lock");
        let file = File::create(&path).map_err(FileError::at(&path, "created"))?;
        match file.try_lock() {
            Ok(()) => Ok(RunLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(RunError::Busy { name: self.name.clone() }),
            // A file system without locks: two processes on one run are then the user's to avoid.
            Err(TryLockError::Error(_)) => Ok(RunLock { _file: file }),
        }
    }

    /// Removes everything of the run but the folders and the lock.
    ///
    /// # Errors
    /// Names the entry that could not be removed.
    pub fn clear(&self, _lock: &RunLock) -> Result<(), RunError> {
        for folder in [self.checkpoints(), self.outputs()] {
            let entries = fs::read_dir(&folder).map_err(FileError::at(&folder, "read"))?;
            let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
            // What an earlier removal has left begins with a dot: it goes first, out of the way of this one.
            paths.sort();
            for path in paths.into_iter().filter(|path| !path.ends_with("lock")) {
                let removed = if path.is_dir() { remove_folder(&path) } else { fs::remove_file(&path) };
                removed.map_err(FileError::at(&path, "removed"))?;
            }
        }
        Ok(())
    }

    /// Removes the run as a whole, so that its name is free again.
    ///
    /// # Errors
    /// Names the entry that could not be removed.
    pub fn remove(&self, lock: &RunLock) -> Result<(), RunError> {
        self.clear(lock)?;
        for folder in [self.outputs(), self.checkpoints()] {
            fs::remove_dir_all(&folder).map_err(FileError::at(&folder, "removed"))?;
        }
        Ok(())
    }
}

/// Removes a folder that is complete or absent at every moment: renamed first, then emptied.
fn remove_folder(path: &Path) -> std::io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if name.starts_with(UNFINISHED) {
        return fs::remove_dir_all(path);
    }
    let aside = path.with_file_name(format!("{UNFINISHED}{name}"));
    fs::rename(path, &aside)?;
    fs::remove_dir_all(&aside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_folder() {
        for name in ["a/b", "..", "", ".hidden", "-x", "a b", "a\0", "é", &"x".repeat(65)] {
            let message = Run::named(Path::new("."), name).unwrap_err().to_string();
            assert!(message.contains("is not a name for a run: use letters"), "{message}");
        }
        assert_eq!(Run::named(Path::new("."), "vae-1.b_2").unwrap().name(), "vae-1.b_2");
    }

    #[test]
    fn the_first_free_name_skips_what_is_there_in_either_folder() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("checkpoints/vae-1")).unwrap();
        fs::create_dir_all(root.path().join("outputs/vae-2")).unwrap();
        assert_eq!(Run::first_free(root.path(), "vae").unwrap().name(), "vae-3");
    }

    #[test]
    fn a_missing_run_is_answered_with_those_that_are_there() {
        let root = tempfile::tempdir().unwrap();
        assert!(Run::find(root.path(), None).unwrap_err().to_string().contains("train one with `elbo train vae`"));
        assert!(Run::find(root.path(), Some("x")).unwrap_err().to_string().ends_with("it holds none at all"));
        fs::create_dir_all(root.path().join("checkpoints/vae-1")).unwrap();
        let message = Run::find(root.path(), Some("vae1")).unwrap_err().to_string();
        assert!(message.ends_with("it holds vae-1; did you mean `vae-1`?"), "{message}");
    }

    #[test]
    fn a_name_is_claimed_once_and_free_again_unless_it_is_filled() {
        let root = tempfile::tempdir().unwrap();
        let run = Run::named(root.path(), "cavi-1").unwrap();
        let claim = run.claim().unwrap().unwrap();
        assert!(run.claim().unwrap().is_none());
        drop(claim);
        assert!(!run.exists());
        let claim = run.claim().unwrap().unwrap();
        let fill = |text: &'static str| move |folder: &Path| files::write_atomic(&folder.join("a"), text.as_bytes());
        run.replace_outputs(fill("old")).unwrap();
        drop(claim);
        let failing = |folder: &Path| files::write_atomic(&folder.join("absent/a"), b"new");
        run.replace_outputs(failing).unwrap_err();
        assert_eq!(fs::read(run.output("a")).unwrap(), b"old");
        run.replace_outputs(fill("new")).unwrap();
        assert_eq!(fs::read(run.output("a")).unwrap(), b"new");
        assert_eq!(fs::read_dir(root.path().join("outputs")).unwrap().count(), 1);
    }

    #[test]
    fn a_run_has_one_writer() {
        let root = tempfile::tempdir().unwrap();
        let run = Run::named(root.path(), "a").unwrap();
        let lock = run.lock().unwrap();
        assert!(run.lock().unwrap_err().to_string().contains("is being trained by another process"));
        drop(lock);
        run.lock().unwrap();
    }
}

//! The files of a checkpoint, the names of its folders, and their checksums.

use std::fs;
use std::path::{Path, PathBuf};

use super::CheckpointError;
use crate::{Run, files, sha256};

/// The version of the layout below.
pub(super) const FORMAT: u64 = 1;

pub(super) const MODEL: &str = "model.bpk";
pub(super) const OPTIMIZER: &str = "optimizer.bpk";
/// What the estimator keeps from earlier steps; absent where it keeps nothing.
pub(super) const ESTIMATOR: &str = "estimator.bpk";
pub(super) const STATE: &str = "state.json";
/// In the format of `sha256sum --check`.
pub(super) const CHECKSUMS: &str = "checksums.sha256";

pub(super) fn epoch_name(epoch: u64) -> String {
    format!("epoch-{epoch:05}")
}

/// The folders of a run with a prefix, in the order of their names, which is the order of their numbers.
pub(super) fn folders(run: &Run, prefix: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(run.checkpoints()) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .filter(|entry| {
            entry.file_name().to_str().is_some_and(|name| name.starts_with(prefix)) && entry.path().is_dir()
        })
        .map(|entry| entry.path())
        .collect();
    found.sort();
    found
}

pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, CheckpointError> {
    if !path.exists() {
        return Err(CheckpointError::Missing { path: path.to_owned() });
    }
    Ok(files::read(path)?)
}

pub(super) fn read_verified(path: &Path) -> Result<Vec<u8>, CheckpointError> {
    let bytes = read_file(path)?;
    verify(path, &bytes)?;
    Ok(bytes)
}

pub(super) fn verify(path: &Path, bytes: &[u8]) -> Result<(), CheckpointError> {
    let sums = read_file(&path.with_file_name(CHECKSUMS))?;
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let line = format!("{}  {name}", sha256([bytes]));
    if String::from_utf8_lossy(&sums).lines().any(|known| known == line) {
        return Ok(());
    }
    Err(CheckpointError::Damaged { path: path.to_owned() })
}

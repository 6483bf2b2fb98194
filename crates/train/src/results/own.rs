//! What the files of our own runs say.

use std::fs;
use std::path::{Path, PathBuf};

use super::Manifest;
use crate::{Evaluation, FileError, Metrics, TrainError, files};

/// What is known of one of our runs.
pub(super) struct Own {
    pub(super) folder: PathBuf,
    pub(super) manifest: Manifest,
    pub(super) evaluation: Option<Evaluation>,
    pub(super) metrics: Metrics,
}

impl Own {
    fn read(folder: PathBuf) -> Result<Option<Self>, TrainError> {
        let Some(manifest) = read_json::<Manifest>(&folder.join("manifest.json"))? else { return Ok(None) };
        let evaluation = read_json::<Evaluation>(&folder.join("evaluation.json"))?;
        let metrics = Metrics::read(&folder.join("metrics.jsonl"), u64::MAX)?;
        Ok(Some(Self { folder, manifest, evaluation, metrics }))
    }

    pub(super) fn seed(&self) -> u64 {
        self.manifest.config.training.seed
    }

    pub(super) fn epochs(&self) -> Option<u64> {
        self.metrics.epochs.last().map(|entry| entry.epoch)
    }

    /// Whether two runs differ by their seeds alone, so that their mean says something.
    pub(super) fn is_alike(&self, other: &Self) -> bool {
        let config = |own: &Self| {
            let mut config = own.manifest.config.clone();
            config.training.seed = 0;
            config
        };
        let nll = |own: &Self| own.evaluation.as_ref().map(|e| (e.particles, e.images, e.epochs));
        self.seed() != other.seed()
            && self.manifest.data.sha256 == other.manifest.data.sha256
            && config(self) == config(other)
            && self.epochs() == other.epochs()
            && nll(self) == nll(other)
    }
}

/// The runs in `assets/results/`, then those of `outputs/` that are not there.
///
/// # Errors
/// When a file of a run exists and cannot be read.
pub(super) fn own_runs(root: &Path) -> Result<Vec<Own>, TrainError> {
    let mut runs: Vec<Own> = Vec::new();
    for parent in [root.join("assets").join("results"), root.join("outputs")] {
        for folder in run_folders(&parent) {
            if let Some(own) = Own::read(folder)?
                && !runs.iter().any(|known| known.manifest.run == own.manifest.run)
            {
                runs.push(own);
            }
        }
    }
    Ok(runs)
}

fn run_folders(parent: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else { return Vec::new() };
    let mut folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Option<T>, TrainError> {
    if !path.exists() {
        return Ok(None);
    }
    let value = serde_json::from_slice(&files::read(path)?).map_err(|error| FileError {
        path: path.to_owned(),
        action: "read",
        source: error.into(),
    })?;
    Ok(Some(value))
}

//! Published runs, ours beside those of the literature.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::checkpoint::DataIdentity;
use crate::{Evaluation, FileError, Metrics, Run, TrainConfig, TrainError, files};

/// How a run came about: `manifest.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The run.
    pub run: String,
    /// The command line, word by word.
    pub command: Vec<String>,
    /// The version of this program.
    pub elbo: String,
    /// The version of Burn.
    pub burn: String,
    /// The backend, as `--backend` names it.
    pub backend: String,
    /// The device, in words.
    pub device: String,
    /// Threads.
    pub threads: usize,
    /// Seconds since 1970 at the start of the last training or resumption.
    pub started: u64,
    /// The binarisation protocol.
    pub protocol: String,
    /// The data.
    pub data: DataIdentity,
    /// The number of weights.
    pub parameters: usize,
    /// The resolved configuration.
    pub config: TrainConfig,
}

/// A row of the literature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// What was trained.
    pub name: String,
    /// The protocol of its data; never compared across protocols.
    pub protocol: String,
    /// The test ELBO, nats per image.
    #[serde(default)]
    pub elbo: Option<f64>,
    /// The test NLL, nats per image.
    #[serde(default)]
    pub nll: Option<f64>,
    /// Particles of the NLL.
    #[serde(default)]
    pub particles: Option<usize>,
    /// Active units.
    #[serde(default)]
    pub active_units: Option<usize>,
    /// Where the numbers stand.
    pub source: String,
}

/// A row of the table, ours or theirs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ResultRow {
    /// What was trained: a run, or a row of the literature.
    pub name: String,
    /// The protocol.
    pub protocol: String,
    /// Whether the protocol gives log-likelihoods.
    pub is_likelihood: bool,
    /// Whether the row is ours.
    pub ours: bool,
    /// Epochs trained, where known.
    pub epochs: Option<u64>,
    /// The one-sample ELBO over all test images, or the published one.
    pub elbo: Option<f64>,
    /// `-L_K`.
    pub nll: Option<f64>,
    /// `K`.
    pub particles: Option<usize>,
    /// Images of the NLL.
    pub images: Option<usize>,
    /// Active units.
    pub active_units: Option<usize>,
    /// A paper, or the folder of a run.
    pub source: String,
}

#[derive(Deserialize)]
struct PublishedFile {
    row: Vec<Published>,
}

/// The rows of the literature that are compiled in.
///
/// # Panics
/// Never: a test parses them.
pub fn published() -> Vec<Published> {
    let file: PublishedFile =
        toml::from_str(include_str!("../../../assets/published.toml")).expect("a test parses the published rows");
    file.row
}

/// Ours and theirs, grouped by protocol: the runs in `assets/results/`, then those of `outputs/` that are not there.
///
/// # Errors
/// When a file of a run exists and cannot be read.
pub fn results(root: &Path) -> Result<Vec<ResultRow>, TrainError> {
    let mut rows = Vec::new();
    let tracked = root.join("assets").join("results");
    for folder in run_folders(&tracked).into_iter().chain(run_folders(&root.join("outputs"))) {
        if let Some(row) = own_row(&folder)?
            && !rows.iter().any(|known: &ResultRow| known.name == row.name)
        {
            rows.push(row);
        }
    }
    rows.extend(published().into_iter().map(|row| ResultRow {
        is_likelihood: row.protocol != "grey",
        name: row.name,
        protocol: row.protocol,
        ours: false,
        epochs: None,
        elbo: row.elbo,
        nll: row.nll,
        particles: row.particles,
        images: None,
        active_units: row.active_units,
        source: row.source,
    }));
    // Stable: ours before theirs within a protocol.
    rows.sort_by(|a, b| a.protocol.cmp(&b.protocol));
    Ok(rows)
}

fn run_folders(parent: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else { return Vec::new() };
    let mut folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn own_row(folder: &Path) -> Result<Option<ResultRow>, TrainError> {
    let Some(manifest) = read_json::<Manifest>(&folder.join("manifest.json"))? else { return Ok(None) };
    let evaluation = read_json::<Evaluation>(&folder.join("evaluation.json"))?;
    let metrics = Metrics::read(&folder.join("metrics.jsonl"), u64::MAX)?;
    let last = metrics.epochs.last();
    Ok(Some(ResultRow {
        name: manifest.run,
        is_likelihood: manifest.config.data.protocol.is_likelihood(),
        protocol: manifest.protocol,
        ours: true,
        epochs: last.map(|entry| entry.epoch),
        elbo: last.map(|entry| entry.test.elbo),
        nll: evaluation.as_ref().map(|e| e.nll),
        particles: evaluation.as_ref().map(|e| e.particles),
        images: evaluation.as_ref().map(|e| e.images),
        active_units: evaluation.as_ref().map(|e| e.active_units),
        source: folder.display().to_string(),
    }))
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

/// The files of a run that are small enough to be tracked.
const TRACKED: [&str; 4] = ["manifest.json", "metrics.jsonl", "evaluation.json", "samples.png"];

/// Copies the small files of a run to `assets/results/<run>/` and returns that folder.
///
/// # Errors
/// When a file is missing (with the command that makes it), or the run is published and `replace` is not set.
pub fn publish(run: &Run, replace: bool) -> Result<PathBuf, TrainError> {
    let target = run.root().join("assets").join("results").join(run.name());
    if target.exists() && !replace {
        return Err(TrainError::Argument {
            flag: "--publish",
            value: run.name().to_owned(),
            must: format!("a run that is not in {} yet, or come with --force to replace it", target.display()),
        });
    }
    let mut contents = Vec::new();
    for name in TRACKED {
        let path = run.output(name);
        if !path.exists() {
            let must = match name {
                "evaluation.json" => format!("an evaluated run: run `elbo evaluate {}` first", run.name()),
                _ => format!("a finished run: {} is missing", path.display()),
            };
            return Err(TrainError::Argument { flag: "--publish", value: run.name().to_owned(), must });
        }
        contents.push((name, files::read(&path)?));
    }
    files::create_folder(&target)?;
    for (name, bytes) in contents {
        files::write_atomic(&target.join(name), &bytes)?;
    }
    Ok(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_rows_parse_and_never_mix_protocols() {
        let rows = published();
        assert!(rows.len() > 5);
        for row in &rows {
            assert!(row.elbo.is_some() || row.nll.is_some(), "{}", row.name);
            assert!(
                ["threshold", "dynamic", "larochelle-static", "grey"].contains(&row.protocol.as_str()),
                "{}",
                row.protocol
            );
        }
    }
}

//! Checkpoints: one folder each, complete or absent, checked byte by byte when read.

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use burn::module::Module;
use burn::optim::ModuleOptimizer;
use burn::store::ModuleRecord;
use burn::tensor::{Bytes, Device};
use burn_pack::{Reader, Writer};
use models::Vae;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::files::UNFINISHED;
use crate::metrics::Sums;
use crate::{FileError, Run, RunLock, TrainConfig, files};

/// The version of Burn that writes the weights: the one that the workspace pins.
pub const BURN_VERSION: &str = "0.22.1";

/// The version of the layout below.
const FORMAT: u64 = 1;

const MODEL: &str = "model.bpk";
const OPTIMIZER: &str = "optimizer.bpk";
const STATE: &str = "state.json";
/// In the format of `sha256sum --check`.
const CHECKSUMS: &str = "checksums.sha256";

/// Why a checkpoint cannot be read or written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// A file whose bytes are not those that were written.
    #[error(
        "{path} is damaged: its sha256 is not the one in {CHECKSUMS}; restore the file from a copy, or train again with --force"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// A file that is not there.
    #[error("{path} is missing from its checkpoint; restore it from a copy, or train again with --force")]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A state that is not one.
    #[error("{path} is not the state of a checkpoint: {message}")]
    State {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// A format of the future.
    #[error(
        "{path} has checkpoint format {found}, but this elbo reads {FORMAT}: it was written by a newer elbo; use that one"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The format found.
        found: u64,
    },
    /// Weights of another model.
    #[error("{path} does not hold the weights of the model that {STATE} beside it describes: {message}")]
    Architecture {
        /// The file.
        path: PathBuf,
        /// What Burn said.
        message: String,
    },
    /// A run that has no complete checkpoint.
    #[error("run {run} has no complete checkpoint{hint}")]
    None {
        /// The run.
        run: String,
        /// What there is.
        hint: String,
    },
    /// The weights could not be turned into bytes.
    #[error("the weights cannot be serialised: {0}")]
    Serialise(String),
    /// A file or folder.
    #[error(transparent)]
    File(#[from] FileError),
}

/// Which epochs keep their weights after later ones; the newest checkpoint always stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Only the newest.
    Last,
    /// Every epoch.
    All,
    /// Every n-th epoch.
    Every(u64),
}

impl Keep {
    pub(crate) fn keeps(self, epoch: u64) -> bool {
        match self {
            Self::Last => false,
            Self::All => true,
            Self::Every(n) => epoch.is_multiple_of(n),
        }
    }
}

impl FromStr for Keep {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match (text, text.strip_prefix("every:").map(str::parse)) {
            ("last", _) => Ok(Self::Last),
            ("all", _) => Ok(Self::All),
            (_, Some(Ok(n))) if n > 0 => Ok(Self::Every(n)),
            _ => Err(format!("`{text}` is not one of last, all, every:N (N at least 1)")),
        }
    }
}

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// Epochs done.
    pub epochs: u64,
    /// Batches done of the epoch after them.
    pub batches: usize,
    /// Steps since the start of the run.
    pub step: u64,
    /// Running sums of the half-done epoch.
    pub(crate) sums: Sums,
    /// Seconds of training in the half-done epoch.
    pub(crate) seconds: f64,
}

/// Which data a run was trained on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataIdentity {
    /// The name of the data set.
    pub name: String,
    /// The checksum of its four files.
    pub sha256: String,
    /// The pixels of an image: height and width.
    pub shape: [usize; 2],
}

/// Everything but the tensors. It holds nothing that may differ between two runs of one seed: no time of day, no
/// backend, no number of threads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StateFile {
    format: u64,
    elbo: String,
    burn: String,
    position: Position,
    data: DataIdentity,
    config: TrainConfig,
}

/// A complete checkpoint on disk, its state read and checked.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    folder: PathBuf,
    state: StateFile,
}

/// What a checkpoint is written from.
pub(crate) struct Snapshot<'a> {
    pub(crate) vae: &'a Vae,
    pub(crate) optimizer: &'a ModuleOptimizer,
    pub(crate) position: Position,
    pub(crate) data: &'a DataIdentity,
    pub(crate) config: &'a TrainConfig,
}

impl Checkpoint {
    /// The newest complete checkpoint of a run, if it has one.
    ///
    /// # Errors
    /// When the newest is damaged.
    pub fn latest(run: &Run) -> Result<Option<Self>, CheckpointError> {
        Self::newest_folder(run).map(Self::open).transpose()
    }

    /// The newest checkpoint, or the kept weights of an epoch.
    ///
    /// # Errors
    /// When there is none, or it is damaged.
    pub fn find(run: &Run, epoch: Option<u64>) -> Result<Self, CheckpointError> {
        let found = match epoch {
            None => Self::latest(run)?,
            Some(epoch) => {
                let kept = run.checkpoints().join(epoch_name(epoch));
                match Self::latest(run)? {
                    Some(latest) if latest.state.position.epochs == epoch && latest.state.position.batches == 0 => {
                        Some(latest)
                    }
                    _ if kept.is_dir() => Some(Self::open(kept)?),
                    _ => None,
                }
            }
        };
        found.ok_or_else(|| {
            let hint = match epoch {
                None => "; train it again with --force".to_owned(),
                Some(epoch) => format!(" of epoch {epoch}; train with --keep all to keep every epoch"),
            };
            CheckpointError::None { run: run.name().to_owned(), hint }
        })
    }

    /// The folder of the newest complete checkpoint.
    pub(crate) fn newest_folder(run: &Run) -> Option<PathBuf> {
        folders(run, "step-").into_iter().next_back()
    }

    /// The epochs whose weights a run has kept, in order.
    pub fn kept_epochs(run: &Run) -> Vec<u64> {
        let number = |folder: PathBuf| folder.file_name()?.to_str()?.strip_prefix("epoch-")?.parse().ok();
        folders(run, "epoch-").into_iter().filter_map(number).collect()
    }

    fn open(folder: PathBuf) -> Result<Self, CheckpointError> {
        let path = folder.join(STATE);
        let bytes = read_file(&path)?;
        let invalid = |message: String| CheckpointError::State { path: path.clone(), message };
        // A newer format may have other files, so its number comes before every check.
        let value: serde_json::Value = match serde_json::from_slice(&bytes) {
            Ok(value) => value,
            Err(_) if verify(&path, &bytes).is_err() => return Err(CheckpointError::Damaged { path }),
            Err(error) => return Err(invalid(error.to_string())),
        };
        match value.get("format").and_then(serde_json::Value::as_u64) {
            Some(FORMAT) => {}
            Some(found) if found > FORMAT => return Err(CheckpointError::Newer { path, found }),
            _ => return Err(invalid("it has no valid `format`".to_owned())),
        }
        verify(&path, &bytes)?;
        let state = serde_json::from_value(value).map_err(|error| invalid(error.to_string()))?;
        Ok(Self { folder, state })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// How far the run had come.
    pub fn position(&self) -> Position {
        self.state.position
    }

    /// The configuration of the run.
    pub fn config(&self) -> &TrainConfig {
        &self.state.config
    }

    /// The data of the run.
    pub fn data(&self) -> &DataIdentity {
        &self.state.data
    }

    /// The weights, on a device.
    ///
    /// # Errors
    /// When the file is missing, damaged, or holds another model.
    pub fn model(&self, device: &Device) -> Result<Vae, CheckpointError> {
        let path = self.folder.join(MODEL);
        let bytes = read_verified(&path)?;
        let wrong = |message: String| CheckpointError::Architecture { path: path.clone(), message };
        let StateFile { config, data, .. } = &self.state;
        let record =
            ModuleRecord::from_bytes(Bytes::from_bytes_vec(bytes)).map_err(|error| wrong(error.to_string()))?;
        let vae = config.model.init(data.shape.iter().product(), config.training.seed, device);
        vae.try_load_record(record).map_err(|error| wrong(error.to_string()))
    }

    /// The optimiser. Burn puts its state on the process's default device first: the binary sets that to the chosen one.
    ///
    /// # Errors
    /// When the file is missing or damaged.
    pub fn optimizer(&self) -> Result<ModuleOptimizer, CheckpointError> {
        let path = self.folder.join(OPTIMIZER);
        let bytes = Bytes::from_bytes_vec(read_verified(&path)?);
        let optimizer = self.state.config.optimizer.init();
        optimizer.from_bytes(bytes).map_err(|error| CheckpointError::State { path, message: error.to_string() })
    }

    /// Writes the newest checkpoint of a run, then removes the one before.
    pub(crate) fn save(run: &Run, snapshot: &Snapshot<'_>) -> Result<(), CheckpointError> {
        let name = format!("step-{:010}", snapshot.position.step);
        write_folder(run, &name, snapshot, true)?;
        for older in folders(run, "step-").into_iter().filter(|folder| !folder.ends_with(&name)) {
            fs::remove_dir_all(&older).map_err(FileError::at(&older, "removed"))?;
        }
        Ok(())
    }

    /// Keeps the weights of an epoch, without the optimiser.
    pub(crate) fn keep(run: &Run, snapshot: &Snapshot<'_>) -> Result<(), CheckpointError> {
        write_folder(run, &epoch_name(snapshot.position.epochs), snapshot, false)
    }

    /// Removes what an interrupted write has left behind.
    ///
    /// # Errors
    /// Names the folder that could not be removed.
    pub fn clean(run: &Run, _lock: &RunLock) -> Result<(), CheckpointError> {
        for stranded in folders(run, UNFINISHED) {
            fs::remove_dir_all(&stranded).map_err(FileError::at(&stranded, "removed"))?;
        }
        Ok(files::clean(&run.outputs())?)
    }
}

fn epoch_name(epoch: u64) -> String {
    format!("epoch-{epoch:05}")
}

/// The folders of a run with a prefix, in the order of their names, which is the order of their numbers.
fn folders(run: &Run, prefix: &str) -> Vec<PathBuf> {
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

fn write_folder(run: &Run, name: &str, snapshot: &Snapshot<'_>, with_optimizer: bool) -> Result<(), CheckpointError> {
    let target = run.checkpoints().join(name);
    if target.exists() {
        // Complete, since only a rename brings it here; of the same step, since the run continued from it.
        return Ok(());
    }
    let state = StateFile {
        format: FORMAT,
        elbo: env!("CARGO_PKG_VERSION").to_owned(),
        burn: BURN_VERSION.to_owned(),
        position: snapshot.position,
        data: snapshot.data.clone(),
        config: snapshot.config.clone(),
    };
    let serialise = |error: &dyn std::fmt::Display| CheckpointError::Serialise(error.to_string());
    let model = snapshot.vae.clone().into_record().into_bytes().map_err(|error| serialise(&error))?;
    let state = serde_json::to_vec_pretty(&state).map_err(|error| serialise(&error))?;
    let mut files = vec![(MODEL, model.to_vec()), (STATE, state)];
    if with_optimizer {
        files.push((OPTIMIZER, optimizer_bytes(snapshot.optimizer)?));
    }
    let sums: String = files.iter().map(|(name, bytes)| format!("{}  {name}\n", sha256(bytes))).collect();
    files.push((CHECKSUMS, sums.into_bytes()));

    let aside = run.checkpoints().join(format!("{UNFINISHED}{name}"));
    let written = write_aside(&aside, &files).and_then(|()| {
        fs::rename(&aside, &target).map_err(FileError::at(&target, "written"))?;
        files::sync_folder(&run.checkpoints()).map_err(FileError::at(&target, "written"))
    });
    if written.is_err() {
        // The error at hand says more than a failure to tidy up would.
        let _ = fs::remove_dir_all(&aside);
    }
    Ok(written?)
}

fn write_aside(aside: &Path, files: &[(&str, Vec<u8>)]) -> Result<(), FileError> {
    files::create_folder(aside)?;
    for (name, bytes) in files {
        files::write_atomic(&aside.join(name), bytes)?;
    }
    files::sync_folder(aside).map_err(FileError::at(aside, "written"))
}

/// The optimiser's record with its tensors in the order of their names: Burn keeps them in a hash map, whose order
/// differs between processes.
fn optimizer_bytes(optimizer: &ModuleOptimizer) -> Result<Vec<u8>, CheckpointError> {
    let serialise = |error: &dyn std::fmt::Display| CheckpointError::Serialise(error.to_string());
    let bytes = optimizer.into_bytes().map_err(|error| serialise(&error))?;
    let reader = Reader::from_bytes(bytes).map_err(|error| serialise(&error))?;
    let (scalars, metadata) = (reader.scalars().clone(), reader.metadata().clone());
    let mut writer = Writer::new(reader.into_tensors().map_err(|error| serialise(&error))?);
    for (key, value) in &scalars {
        writer = writer.with_scalar(key, *value);
    }
    for (key, value) in &metadata {
        writer = writer.with_metadata(key, value);
    }
    Ok(writer.into_bytes().map_err(|error| serialise(&error))?.to_vec())
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn read_file(path: &Path) -> Result<Vec<u8>, CheckpointError> {
    if !path.exists() {
        return Err(CheckpointError::Missing { path: path.to_owned() });
    }
    Ok(files::read(path)?)
}

fn read_verified(path: &Path) -> Result<Vec<u8>, CheckpointError> {
    let bytes = read_file(path)?;
    verify(path, &bytes)?;
    Ok(bytes)
}

fn verify(path: &Path, bytes: &[u8]) -> Result<(), CheckpointError> {
    let sums = read_file(&path.with_file_name(CHECKSUMS))?;
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let line = format!("{}  {name}", sha256(bytes));
    if String::from_utf8_lossy(&sums).lines().any(|known| known == line) {
        return Ok(());
    }
    Err(CheckpointError::Damaged { path: path.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keep_parses_what_it_documents_and_refuses_the_rest() {
        assert_eq!("last".parse(), Ok(Keep::Last));
        assert_eq!("all".parse(), Ok(Keep::All));
        assert_eq!("every:5".parse(), Ok(Keep::Every(5)));
        for text in ["every:0", "every:", "every:x", "first", ""] {
            assert!(text.parse::<Keep>().unwrap_err().contains("last, all, every:N"), "{text}");
        }
        assert_eq!([4, 5, 10].map(|epoch| Keep::Every(5).keeps(epoch)), [false, true, true]);
        assert!(!Keep::Last.keeps(1) && Keep::All.keeps(1));
    }

    /// The pinned version in the workspace manifest is the one that every checkpoint names.
    #[test]
    fn the_version_of_burn_is_the_pinned_one() {
        assert!(include_str!("../../../Cargo.toml").contains(&format!("burn = {{ version = \"={BURN_VERSION}\"")));
    }
}

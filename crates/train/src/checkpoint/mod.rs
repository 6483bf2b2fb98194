//! Checkpoints: one folder each, complete or absent, checked byte by byte when read.

mod error;
mod keep;
mod layout;
mod state;
mod write;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use burn::module::Module;
use burn::optim::ModuleOptimizer;
use burn::store::ModuleRecord;
use burn::tensor::{Bytes, Device};
use burn_pack::Reader;
use models::{EstimatorState, Vae};

pub use error::CheckpointError;
pub use keep::Keep;
pub use state::{BURN_VERSION, DataIdentity, Position};
pub(crate) use write::{Snapshot, keep_epoch, save_newest};

use crate::files::UNFINISHED;
use crate::{FileError, Run, RunLock, TrainConfig, files};
use layout::{ESTIMATOR, FORMAT, MODEL, OPTIMIZER, STATE, epoch_name, folders, read_file, read_verified, verify};
use state::StateFile;
use write::module_bytes;

/// A complete checkpoint on disk, its state read and checked.
///
/// # Examples
/// Of a run of two epochs that has ended:
///
/// ```
/// use burn::tensor::Device;
/// use train::{Checkpoint, State};
///
/// # let residence = train::Residence::Host;
/// # let (mnist, root) = (train::data::embedded_mnist_test()?, tempfile::tempdir()?);
/// # let mut config = train::load_config("two", None)?;
/// # (config.model.encoder, config.model.decoder) = (vec![8], vec![8]);
/// # config.training.epochs = 2;
/// # let train = &train::Batches::new(mnist.test.take(250)?, config.data.protocol);
/// # let (config, test, device) = (&config, train, &burn::tensor::Device::flex());
/// # let data = &train::DataIdentity { name: mnist.name, sha256: mnist.sha256, shape: [28, 28] };
/// # let run = &train::Run::named(root.path(), "plane")?;
/// # let (lock, keep) = (&run.lock()?, train::Keep::Last);
/// # let session = train::Session { run, lock, config, train, test, data, device, residence, keep };
/// # train::fit(&session, train::State::fresh(config, train, device), &mut ())?;
/// let device = Device::flex();
/// let (checkpoint, vae) = Checkpoint::find_model(run, None, &device)?;
/// assert_eq!(checkpoint.config().training.epochs, 2);
/// assert_eq!(vae.encode(test.test(0..3, &device)).mean().dims(), [3, 2]);
/// // With the moments of its optimiser the model can be trained further.
/// let state = State::resume(&checkpoint, &device)?;
/// assert_eq!(state.parameters(), 13_396);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Checkpoint {
    folder: PathBuf,
    state: StateFile,
}

impl Checkpoint {
    /// The newest complete checkpoint of a run, if it has one.
    ///
    /// # Errors
    /// When the newest is damaged.
    pub fn latest(run: &Run) -> Result<Option<Self>, CheckpointError> {
        steady(run, || Self::newest_folder(run).map(Self::open).transpose())
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
                let is_asked = |at: Position| at.epochs == epoch && at.batches == 0;
                match kept.is_dir() {
                    true => Some(Self::open(kept)?),
                    false => Self::latest(run)?.filter(|latest| is_asked(latest.position())),
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

    /// The newest checkpoint, or the kept weights of an epoch, with its model on a device.
    ///
    /// # Errors
    /// When there is none, or it is damaged.
    pub fn find_model(run: &Run, epoch: Option<u64>, device: &Device) -> Result<(Self, Vae), CheckpointError> {
        steady(run, || {
            let checkpoint = Self::find(run, epoch)?;
            let vae = checkpoint.model(device)?;
            Ok((checkpoint, vae))
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

    /// What the estimator keeps from earlier steps of the model, if it does; on the device of the model.
    ///
    /// # Errors
    /// When the file is missing, damaged, or of another estimator.
    pub fn estimator(&self, vae: &Vae) -> Result<Option<EstimatorState>, CheckpointError> {
        let TrainConfig { objective, training, .. } = &self.state.config;
        let Some(first) = EstimatorState::first(objective.estimator, vae, training.seed) else { return Ok(None) };
        let path = self.folder.join(ESTIMATOR);
        let bytes = Bytes::from_bytes_vec(read_verified(&path)?);
        let invalid = |message: String| CheckpointError::State { path: path.clone(), message };
        let record = ModuleRecord::from_bytes(bytes).map_err(|error| invalid(error.to_string()))?;
        first.try_load_record(record).map(Some).map_err(|error| invalid(error.to_string()))
    }

    /// The optimiser of the model, and of the network that an estimator trains beside it. Burn puts its state on the process's
    /// default device first: the binary sets that to the chosen one.
    ///
    /// # Errors
    /// When the file is missing, damaged, or belongs to other weights.
    pub fn optimizer(&self, estimator: Option<&EstimatorState>) -> Result<ModuleOptimizer, CheckpointError> {
        let path = self.folder.join(OPTIMIZER);
        let bytes = Bytes::from_bytes_vec(read_verified(&path)?);
        let weights = Bytes::from_bytes_vec(read_verified(&self.folder.join(MODEL))?);
        let invalid = |message: String| CheckpointError::State { path: path.clone(), message };
        // Burn takes any moments, and panics at the first step where their shapes do not fit.
        let shapes = |bytes| shapes(bytes).map_err(|error| invalid(error.to_string()));
        let (of_moments, mut trained) = (shapes(bytes.clone())?, shapes(weights)?);
        if let Some(network) = estimator.and_then(EstimatorState::network) {
            trained.extend(shapes(Bytes::from_bytes_vec(module_bytes(network)?))?);
        }
        if of_moments != trained {
            return Err(CheckpointError::Moments { path });
        }
        let optimizer = self.state.config.optimizer.init();
        optimizer.from_bytes(bytes).map_err(|error| invalid(error.to_string()))
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

/// Parameters by their ids, each with its shape.
type Shapes = BTreeSet<(Option<u64>, Vec<usize>)>;

/// The parameters that a file has tensors for.
fn shapes(bytes: Bytes) -> Result<Shapes, burn_pack::Error> {
    let tensors = Reader::from_bytes(bytes)?.into_tensors()?;
    Ok(tensors.iter().map(|tensor| (tensor.param_id, tensor.shape.to_vec())).collect())
}

/// Reads a run that another process may be training: where the newest checkpoint was replaced while it was read, the one
/// that replaced it is read.
fn steady<T>(run: &Run, read: impl Fn() -> Result<T, CheckpointError>) -> Result<T, CheckpointError> {
    loop {
        let newest = Checkpoint::newest_folder(run);
        let result = read();
        if result.is_ok() || Checkpoint::newest_folder(run) == newest {
            return result;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_checkpoint_that_is_replaced_while_it_is_read_is_read_again() {
        let root = tempfile::tempdir().unwrap();
        let run = Run::named(root.path(), "a").unwrap();
        let [old, new] = ["step-0000000001", "step-0000000002"].map(|name| run.checkpoints().join(name));
        fs::create_dir_all(&old).unwrap();
        let reads = Cell::new(0);
        let missing = || Err(CheckpointError::Missing { path: old.join(MODEL) });
        let read = || {
            reads.set(reads.get() + 1);
            if reads.get() > 1 {
                return Ok(());
            }
            fs::rename(&old, &new).unwrap();
            missing()
        };
        steady(&run, read).unwrap();
        assert_eq!(reads.get(), 2);
        // What is missing from a checkpoint that stays is missing.
        assert!(matches!(steady::<()>(&run, missing), Err(CheckpointError::Missing { .. })));
    }
}

//! Writing a checkpoint: aside, synced, renamed.

use std::fs;
use std::path::Path;

use burn::module::Module;
use burn::optim::ModuleOptimizer;
use burn_pack::{Reader, Writer};
use models::{EstimatorState, Vae};

use super::layout::{CHECKSUMS, ESTIMATOR, FORMAT, MODEL, OPTIMIZER, STATE, epoch_name, folders};
use super::state::StateFile;
use super::{BURN_VERSION, CheckpointError, DataIdentity, Position};
use crate::files::UNFINISHED;
use crate::{FileError, Run, TrainConfig, files, sha256};

/// What a checkpoint is written from.
pub(crate) struct Snapshot<'a> {
    pub(crate) vae: &'a Vae,
    pub(crate) optimizer: &'a ModuleOptimizer,
    pub(crate) estimator: Option<&'a EstimatorState>,
    pub(crate) position: Position,
    pub(crate) data: &'a DataIdentity,
    pub(crate) config: &'a TrainConfig,
}

/// Writes the newest checkpoint of a run, then removes the one before.
pub(crate) fn save_newest(run: &Run, snapshot: &Snapshot<'_>) -> Result<(), CheckpointError> {
    let name = format!("step-{:010}", snapshot.position.step);
    write_folder(run, &name, snapshot, true)?;
    for older in folders(run, "step-").into_iter().filter(|folder| !folder.ends_with(&name)) {
        fs::remove_dir_all(&older).map_err(FileError::at(&older, "removed"))?;
    }
    Ok(())
}

/// Keeps the weights of an epoch, without what training needs to go on.
pub(crate) fn keep_epoch(run: &Run, snapshot: &Snapshot<'_>) -> Result<(), CheckpointError> {
    write_folder(run, &epoch_name(snapshot.position.epochs), snapshot, false)
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
    let model = module_bytes(snapshot.vae)?;
    let state = serde_json::to_vec_pretty(&state).map_err(|error| serialise(&error))?;
    let mut files = vec![(MODEL, model), (STATE, state)];
    if with_optimizer {
        files.push((OPTIMIZER, optimizer_bytes(snapshot.optimizer)?));
        if let Some(estimator) = snapshot.estimator {
            files.push((ESTIMATOR, module_bytes(estimator)?));
        }
    }
    let sums: String = files.iter().map(|(name, bytes)| format!("{}  {name}\n", sha256([bytes]))).collect();
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

pub(super) fn module_bytes<M: Module>(module: &M) -> Result<Vec<u8>, CheckpointError> {
    let bytes = module.clone().into_record().into_bytes();
    Ok(bytes.map_err(|error| CheckpointError::Serialise(error.to_string()))?.to_vec())
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

//! Why a checkpoint cannot be read or written.

use std::path::PathBuf;

use thiserror::Error;

use super::layout::{CHECKSUMS, FORMAT, MODEL, STATE};
use crate::FileError;

/// Why a checkpoint cannot be read or written.
///
/// # Examples
/// ```
/// use train::{Checkpoint, CheckpointError, Run};
///
/// let root = tempfile::tempdir()?;
/// let error = Checkpoint::find(&Run::named(root.path(), "vae-1")?, Some(3)).unwrap_err();
/// assert!(matches!(error, CheckpointError::None { .. }));
/// assert_eq!(
///     error.to_string(),
///     "run vae-1 has no complete checkpoint of epoch 3; train with --keep all to keep every epoch"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
    /// Moments of another model.
    #[error(
        "{path} does not hold Adam's moments of the weights in {MODEL} beside it; restore both from one copy, or train again with --force"
    )]
    Moments {
        /// The file.
        path: PathBuf,
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

//! Why training, evaluation or a picture did not come about.

use thiserror::Error;

use crate::config::ValueError;
use crate::data::DataError;
use crate::{CheckpointError, ConfigError, FileError, RunError};

/// Whether a request was impossible, or went wrong on the way.
///
/// # Examples
/// ```
/// use train::{Failure, TrainError, load_config};
///
/// let exit_code = |error: &TrainError| match error.failure() {
///     Failure::Request => 2,
///     Failure::Running => 1,
/// };
/// let misspelt = TrainError::from(load_config("notebok", None).unwrap_err());
/// assert_eq!(exit_code(&misspelt), 2);
/// assert_eq!(exit_code(&TrainError::Device("out of memory".to_owned())), 1);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// What was asked cannot be done: flags, files, runs, checkpoints or backends that cannot be used.
    Request,
    /// It failed while running: a full disk, a loss that is not a number, a device that gave out.
    Running,
}

/// Any failure of this crate.
///
/// # Examples
/// Errors of all parts become one with `?`:
///
/// ```
/// use train::data::embedded_mnist_test;
/// use train::{Batches, TrainError, load_config};
///
/// fn test_images(preset: &str) -> Result<Batches, TrainError> {
///     let config = load_config(preset, None)?;
///     config.validate()?;
///     Ok(Batches::new(embedded_mnist_test()?.test, config.data.protocol))
/// }
/// assert_eq!(test_images("two")?.len(), 10_000);
/// let error = test_images("iwae_2").unwrap_err();
/// assert!(matches!(&error, TrainError::Config(_)) && error.to_string().ends_with("did you mean `iwae-2`?"));
/// # Ok::<(), TrainError>(())
/// ```
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TrainError {
    /// The training loss is not finite.
    #[error(
        "{term} became {value} at step {step} (epoch {epoch}): training stopped, and {kept}. Lower --learning-rate (it is {learning_rate}) and train again"
    )]
    NotFinite {
        /// The term of the ELBO, and the images if they are not those of training.
        term: String,
        /// Its value over the batch, or over the test images.
        value: f64,
        /// The step, from 1.
        step: u64,
        /// The epoch, from 1.
        epoch: u64,
        /// What is left of the run.
        kept: String,
        /// The step size.
        learning_rate: f64,
    },
    /// The test ELBO is not finite.
    #[error("{term} is {value} on the test images; lower --learning-rate and train again")]
    TestNotFinite {
        /// The term of the ELBO.
        term: &'static str,
        /// Its sum.
        value: f64,
    },
    /// A gradient that is measured is not finite.
    #[error(
        "the gradient by {estimator} in {layer} is not finite within the first {draw} draws: choose other --estimators, or an earlier --epoch"
    )]
    GradientNotFinite {
        /// The estimator.
        estimator: &'static str,
        /// The weights.
        layer: String,
        /// Draws done.
        draw: usize,
    },
    /// The device failed.
    #[error("the device failed: {0}; try --backend flex")]
    Device(String),
    /// Nothing is left to train.
    #[error("run {run} has {done} epochs already; --epochs is the total, so ask for more than {done}")]
    NothingLeft {
        /// The run.
        run: String,
        /// Epochs done.
        done: u64,
    },
    /// A resumption that would change the run.
    #[error(
        "{key} is {asked}, but run {run} was trained with {trained}; on --resume only --epochs, --threads, --backend and --keep may differ. Leave the flag out, or train a new run"
    )]
    Differs {
        /// The run.
        run: String,
        /// The key that differs.
        key: String,
        /// The value asked for.
        asked: String,
        /// The value of the run.
        trained: String,
    },
    /// Data other than the run's.
    #[error("run {run} was trained on {trained}, but the data given is {given}; pass the same folder as --data")]
    OtherData {
        /// The run.
        run: String,
        /// The run's data and its sha256.
        trained: String,
        /// The given data and its sha256.
        given: String,
    },
    /// An index past the end.
    #[error("{flag} asks for test image {index}, but there are {images}: the last is {}", .images - 1)]
    Image {
        /// The flag.
        flag: &'static str,
        /// The index asked for.
        index: usize,
        /// The number of test images.
        images: usize,
    },
    /// A number that a command cannot use.
    #[error("{flag} is {value}; it must be {must}")]
    Argument {
        /// The flag.
        flag: &'static str,
        /// The value.
        value: String,
        /// What it must be.
        must: String,
    },
    /// A latent whose codes cannot be moved as asked.
    #[error("{what} needs a Gaussian latent, and that of this run is {latent}; choose a run of --latent gaussian")]
    Latent {
        /// What was asked for.
        what: &'static str,
        /// The latent of the run.
        latent: &'static str,
    },
    /// Two protocols in one table.
    #[error(
        "run {a} is under {protocol_a} and run {b} under {protocol_b}: their numbers are about different data and never share a column; ask for one protocol at a time"
    )]
    Protocols {
        /// A run.
        a: String,
        /// Its protocol.
        protocol_a: String,
        /// Another run.
        b: String,
        /// The other protocol.
        protocol_b: String,
    },
    /// The weights could not be written in another format.
    #[error("the weights cannot be exported: {0}")]
    Export(String),
    /// The data.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A value of the configuration.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// The run.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// A figure.
    #[error(transparent)]
    Figure(#[from] figures::FigureError),
}

impl TrainError {
    /// A number that a flag must not have.
    pub(crate) fn argument(flag: &'static str, value: impl ToString, must: impl Into<String>) -> Self {
        Self::Argument { flag, value: value.to_string(), must: must.into() }
    }

    /// Whether the request was impossible, or failed while running.
    pub fn failure(&self) -> Failure {
        match self {
            Self::NotFinite { .. } | Self::TestNotFinite { .. } | Self::GradientNotFinite { .. } | Self::Device(_) => {
                Failure::Running
            }
            Self::File(error) | Self::Run(RunError::File(error)) | Self::Checkpoint(CheckpointError::File(error))
                if error.is_exhausted() =>
            {
                Failure::Running
            }
            _ => Failure::Request,
        }
    }
}

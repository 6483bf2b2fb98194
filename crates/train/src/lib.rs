//! Training, evaluation and pictures of variational autoencoders: data, loop, checkpoints, runs.
//!
//! The crate prints nothing and reads no clock: progress, time and interruptions pass through an [`Observer`]. Devices
//! come in as arguments. A run is a folder of checkpoints and a folder of results, both under one root ([`Run`]).
//!
//! | what | where |
//! |---|---|
//! | everything that decides the numbers of a run | [`TrainConfig`], from [`load_config`] or [`resolve_config`] |
//! | images, from IDX files or MNIST inside | [`data`], then [`Batches`] under a [`Protocol`] |
//! | `max E[ELBO]`, step by step, resumed to the byte | [`fit`](fit()), [`Session`], [`State`], [`Checkpoint`] |
//! | the test ELBO after each epoch | [`Metrics`] |
//! | `-L_K = -E[log (1/K) sum_k w_k]` | [`evaluate`](evaluate()), [`Evaluation`] |
//! | what the encoder loses | [`amortisation_gap`] |
//! | `log p(x)` between two bounds, by annealing | [`sandwich`] |
//! | pictures of a model | [`sample`], [`reconstruct`], [`interpolate`], [`manifold`], [`latents`] |
//! | weights for PyTorch | [`export`](export()) |
//! | gradient estimators, on a Gaussian and on a VAE | [`toy`], [`gradients`]; the mean of the score, [`score`] |
//!
//! ```
//! let preset = train::load_config("two", None)?;
//! preset.validate().expect("a preset is valid");
//! assert_eq!(preset.model.latent.size(), 2);
//! // A slip of the pen is answered with what was meant.
//! let error = train::load_config("notebok", None).unwrap_err();
//! assert!(error.to_string().contains("did you mean `notebook`?"), "{error}");
//! # Ok::<(), train::ConfigError>(())
//! ```
//!
//! `examples/own_images.rs` is a whole run on images of one's own.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may panic"))]

pub mod data;
pub mod gradients;
pub mod score;
pub mod toy;

mod annealing;
mod batches;
mod checkpoint;
mod config;
mod digest;
mod epoch;
mod error;
mod evaluate;
mod export;
mod files;
mod fit;
mod initialization;
mod latent_space;
mod metrics;
mod observer;
mod optimizer;
mod pictures;
mod preset;
mod protocol;
mod results;
mod resume;
mod run;
mod schedule;
mod suggest;
mod test_elbo;
#[cfg(test)]
mod testing;

pub use annealing::{OverImages, Sandwich, SandwichConfig, SimulatedImages, TestImages, sandwich};
pub use batches::{Batches, Order};
pub use checkpoint::{BURN_VERSION, Checkpoint, CheckpointError, DataIdentity, Keep, Position};
pub use config::{DataConfig, TrainConfig, TrainingConfig, ValueError};
pub use digest::{Hashed, sha256};
pub use epoch::Residence;
pub use error::{Failure, TrainError};
pub use evaluate::{
    AmortisationGap, Collapse, Evaluation, EvaluationConfig, ParetoSummary, ParticleBound, RefinementConfig,
    amortisation_gap, evaluate,
};
pub use export::{export, export_reference};
pub use files::{FileError, temporary_file, write_atomic, write_atomic_with};
pub use fit::{Outcome, Session, State, fit};
pub use initialization::{InitializationConfig, OutputBias};
pub use latent_space::{LatentStatistics, latent_statistics};
pub use metrics::{EpochMetrics, Metrics, Terms};
pub use observer::Observer;
pub use optimizer::{OptimizerConfig, OptimizerKind};
pub use pictures::{Picture, Pixels, interpolate, latents, manifold, reconstruct, sample};
pub use preset::{ConfigError, PRESETS, load_config, resolve_config};
pub use protocol::Protocol;
pub use results::{Manifest, Published, ResultRow, publish, published, results, results_of};
pub use resume::check_resumption;
pub use run::{Claim, Run, RunError, RunLock};
pub use schedule::LearningRateSchedule;
pub use suggest::{did_you_mean, nearest};

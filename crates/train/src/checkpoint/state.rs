//! What a checkpoint holds beside the tensors: position, data, configuration.

use serde::{Deserialize, Serialize};

use crate::TrainConfig;
use crate::metrics::Sums;

/// The version of Burn that writes the weights: the one that the workspace pins.
pub const BURN_VERSION: &str = "0.22.1";

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
pub(super) struct StateFile {
    pub(super) format: u64,
    pub(super) elbo: String,
    pub(super) burn: String,
    pub(super) position: Position,
    pub(super) data: DataIdentity,
    pub(super) config: TrainConfig,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pinned version in the workspace manifest is the one that every checkpoint names.
    #[test]
    fn the_version_of_burn_is_the_pinned_one() {
        assert!(include_str!("../../../../Cargo.toml").contains(&format!("burn = {{ version = \"={BURN_VERSION}\"")));
    }
}

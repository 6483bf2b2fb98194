//! What a checkpoint holds beside the tensors: position, data, configuration.

use serde::{Deserialize, Serialize};

use crate::TrainConfig;
use crate::metrics::Sums;

/// The version of Burn that writes the weights: the one that the workspace pins.
pub const BURN_VERSION: &str = "0.22.1";

/// How far a run has come.
///
/// # Examples
/// Two epochs of 250 images, 100 a step:
///
/// ```
/// use train::{Checkpoint, Position};
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
/// let start = Position::default();
/// assert_eq!((start.epochs, start.batches, start.step), (0, 0, 0));
/// let end = Checkpoint::find(run, None)?.position();
/// // The last step of an epoch takes the 50 images that are left.
/// assert_eq!((end.epochs, end.batches, end.step), (2, 0, 6));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
///
/// # Examples
/// ```
/// use train::{DataIdentity, sha256};
///
/// let identity = |images: &[u8], labels: &[u8]| DataIdentity {
///     name: "mine".to_owned(),
///     sha256: sha256([images, labels]),
///     shape: [1, 2],
/// };
/// assert_eq!(identity(&[0, 255], &[1]), identity(&[0, 255], &[1]));
/// // One grey less is another data set, and no run goes on with it.
/// assert_ne!(identity(&[0, 255], &[1]), identity(&[0, 254], &[1]));
/// ```
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

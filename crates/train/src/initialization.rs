//! Where the weights of a run begin.

use models::FirstWeights;
use serde::{Deserialize, Serialize};

use crate::Batches;

/// What the first weights are drawn from, and the first bias of the pixels.
///
/// # Examples
/// ```
/// use models::FirstWeights;
/// use train::{InitializationConfig, OutputBias, load_config};
///
/// let paper = load_config("iwae-paper", None)?.initialization;
/// let InitializationConfig { weights, output_bias } = paper;
/// assert_eq!((weights, output_bias), (FirstWeights::Glorot, OutputBias::TrainMean));
/// // A preset that does not name it has the weights of PyTorch's layers.
/// assert!(load_config("iwae", None)?.initialization.is_default());
/// # Ok::<(), train::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InitializationConfig {
    /// The law of the first weights of every layer.
    pub weights: FirstWeights,
    /// The first bias of the decoder's output.
    pub output_bias: OutputBias,
}

/// The first bias of the decoder's output, before any code has a say.
///
/// # Examples
/// With `first_elbo` that trains on MNIST with a learning rate of nothing:
///
/// ```
/// use train::OutputBias;
///
/// # let first_elbo = |output_bias| -> Result<f64, Box<dyn std::error::Error>> {
/// #     let residence = train::Residence::Host;
/// #     let (mnist, root) = (train::data::embedded_mnist_test()?, tempfile::tempdir()?);
/// #     let mut config = train::load_config("two", None)?;
/// #     (config.model.encoder, config.model.decoder) = (vec![8], vec![8]);
/// #     (config.training.epochs, config.optimizer.learning_rate) = (1, 1e-30);
/// #     config.initialization.output_bias = output_bias;
/// #     let train = &train::Batches::new(mnist.test.take(250)?, config.data.protocol);
/// #     let (config, test, device) = (&config, train, &burn::tensor::Device::flex());
/// #     let data = &train::DataIdentity { name: mnist.name, sha256: mnist.sha256, shape: [28, 28] };
/// #     let run = &train::Run::named(root.path(), "plane")?;
/// #     let (lock, keep) = (&run.lock()?, train::Keep::Last);
/// #     let session = train::Session { run, lock, config, train, test, data, device, residence, keep };
/// #     match train::fit(&session, train::State::fresh(config, train, device), &mut ())? {
/// #         train::Outcome::Finished(_, metrics) => Ok(metrics.epochs[0].train.elbo),
/// #         train::Outcome::Interrupted(_) => unreachable!("nobody asks to stop"),
/// #     }
/// # };
/// // To know how often each pixel is lit is worth 300 nats an image before the first step.
/// assert!(first_elbo(OutputBias::Weights)? < -500.0);
/// assert!(first_elbo(OutputBias::TrainMean)? > -250.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutputBias {
    /// That of any other layer.
    #[default]
    Weights,
    /// The logits of the training images' mean, kept between 0.001 and 0.999, as in the program of Burda et al. (2016).
    TrainMean,
}

impl InitializationConfig {
    /// Whether this is the default, which needs no mention in a file.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// `logit(clip(mean, 0.001, 0.999))` of each pixel's grey over the training images.
pub(crate) fn mean_logits(train: &Batches) -> Vec<f32> {
    let images = train.images();
    let mut sums = vec![0_u64; train.pixels()];
    for index in 0..train.len() {
        for (sum, &grey) in sums.iter_mut().zip(images.image(index)) {
            *sum += u64::from(grey);
        }
    }
    let logit = |p: f64| (p / (1.0 - p)).ln();
    let mean = |sum: u64| sum as f64 / (255.0 * train.len() as f64);
    sums.into_iter().map(|sum| logit(mean(sum).clamp(0.001, 0.999)) as f32).collect()
}

//! Where the weights of a run begin.

use models::FirstWeights;
use serde::{Deserialize, Serialize};

use crate::Batches;

/// What the first weights are drawn from, and the first bias of the pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InitializationConfig {
    /// The law of the first weights of every layer.
    pub weights: FirstWeights,
    /// The first bias of the decoder's output.
    pub output_bias: OutputBias,
}

/// The first bias of the decoder's output, before any code has a say.
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

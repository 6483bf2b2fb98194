//! What the sandwich says: `sandwich.json`.

use serde::{Deserialize, Serialize};

/// A mean over images, in nats per image.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct OverImages {
    /// The mean.
    pub mean: f64,
    /// Its standard error; null for one image.
    pub standard_error: Option<f64>,
}

impl OverImages {
    pub(super) fn of(values: &[f64]) -> Self {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let squares = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
        Self { mean, standard_error: (values.len() > 1).then(|| (squares / (n - 1.0) / n).sqrt()) }
    }
}

/// The result: `sandwich.json`. All bounds are of `log p(x)`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sandwich {
    /// The run.
    pub run: String,
    /// Epochs trained.
    pub epochs: u64,
    /// The binarisation protocol of the test images.
    pub protocol: String,
    /// Whether the protocol makes `log p(x)` a log-likelihood; false for grey pixels.
    pub is_likelihood: bool,
    /// Images of either kind.
    pub images: usize,
    /// Chains an image.
    pub chains: usize,
    /// `T`.
    pub temperatures: usize,
    /// Leapfrog steps at each temperature.
    pub leapfrog_steps: usize,
    /// `K` of `importance`.
    pub particles: usize,
    /// The seed of all draws.
    pub seed: u64,
    /// Of images simulated from the model.
    pub simulated: SimulatedImages,
    /// Of the first test images.
    pub test: TestImages,
}

/// Bounds of images that the model has simulated.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SimulatedImages {
    /// By annealing from the prior: at most `log p(x)` in expectation.
    pub lower: OverImages,
    /// By annealing back from the code that made the image: at least `log p(x)` in expectation.
    pub upper: OverImages,
    /// `upper - lower`.
    pub gap: OverImages,
    /// `L_K`.
    pub importance: OverImages,
    /// `upper - importance`: at most so much is `L_K` below `log p(x)`.
    pub importance_gap: OverImages,
    /// The share of accepted steps from the prior on.
    pub acceptance: f64,
}

/// Bounds of test images.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TestImages {
    /// By annealing from the prior.
    pub lower: OverImages,
    /// `L_K`.
    pub importance: OverImages,
    /// `lower - importance`: positive where annealing is the tighter bound.
    pub difference: OverImages,
    /// The share of accepted steps.
    pub acceptance: f64,
}

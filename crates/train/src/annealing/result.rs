//! What the sandwich says: `sandwich.json`.

use serde::{Deserialize, Serialize};

/// A mean over images, in nats per image.
///
/// # Examples
/// Of three `test` images, and of one:
///
/// ```
/// use train::{SandwichConfig, sandwich};
///
/// # use train::{Batches, data::embedded_mnist_test, load_config};
/// # let (config, device) = (load_config("two", None)?, burn::tensor::Device::flex());
/// # let test = Batches::new(embedded_mnist_test()?.test.take(10)?, config.data.protocol);
/// # let vae = config.model.init(test.pixels(), 1, &device);
/// let config =
///     SandwichConfig { images: 3, chains: 4, temperatures: 5, leapfrog_steps: 2, particles: 10, seed: 1 };
/// let three = sandwich(&vae, &test, config, &device, &|_| {})?.test.lower;
/// assert!(three.mean < 0.0 && three.standard_error.is_some_and(|error| error > 0.0));
/// let one = sandwich(&vae, &test, SandwichConfig { images: 1, ..config }, &device, &|_| {})?.test.lower;
/// assert_eq!(one.standard_error, None);
/// # Ok::<(), train::TrainError>(())
/// ```
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
///
/// # Examples
/// Of a `vae` that was not trained:
///
/// ```
/// use train::{SandwichConfig, sandwich};
///
/// # use train::{Batches, data::embedded_mnist_test, load_config};
/// # let (config, device) = (load_config("two", None)?, burn::tensor::Device::flex());
/// # let test = Batches::new(embedded_mnist_test()?.test.take(10)?, config.data.protocol);
/// # let vae = config.model.init(test.pixels(), 1, &device);
/// let config =
///     SandwichConfig { images: 2, chains: 8, temperatures: 10, leapfrog_steps: 2, particles: 100, seed: 1 };
/// let result = sandwich(&vae, &test, config, &device, &|_| {})?;
/// assert!(result.simulated.lower.mean < result.simulated.upper.mean);
/// // Where the two are close, the lower bound of the test images is believed as well.
/// assert!(result.simulated.gap.mean < 1.0);
/// // The model was not trained: a bit for each pixel.
/// assert!((result.test.lower.mean + 784.0 * 2_f64.ln()).abs() < 2.0);
/// # Ok::<(), train::TrainError>(())
/// ```
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
///
/// # Examples
/// Of two images that a `vae` has made:
///
/// ```
/// use train::{SandwichConfig, SimulatedImages, sandwich};
///
/// # use train::{Batches, data::embedded_mnist_test, load_config};
/// # let (config, device) = (load_config("two", None)?, burn::tensor::Device::flex());
/// # let test = Batches::new(embedded_mnist_test()?.test.take(10)?, config.data.protocol);
/// # let vae = config.model.init(test.pixels(), 1, &device);
/// let config =
///     SandwichConfig { images: 2, chains: 4, temperatures: 5, leapfrog_steps: 2, particles: 10, seed: 1 };
/// let result = sandwich(&vae, &test, config, &device, &|_| {})?;
/// let SimulatedImages { lower, upper, gap, acceptance, .. } = result.simulated;
/// assert!((gap.mean - (upper.mean - lower.mean)).abs() < 1e-9);
/// // The step sizes were chosen so that most steps are accepted.
/// assert!((0.5..1.0).contains(&acceptance));
/// # Ok::<(), train::TrainError>(())
/// ```
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
///
/// # Examples
/// Of two `test` images under a `vae` that was not trained:
///
/// ```
/// use train::{SandwichConfig, TestImages, sandwich};
///
/// # use train::{Batches, data::embedded_mnist_test, load_config};
/// # let (config, device) = (load_config("two", None)?, burn::tensor::Device::flex());
/// # let test = Batches::new(embedded_mnist_test()?.test.take(10)?, config.data.protocol);
/// # let vae = config.model.init(test.pixels(), 1, &device);
/// let config =
///     SandwichConfig { images: 2, chains: 4, temperatures: 5, leapfrog_steps: 2, particles: 100, seed: 1 };
/// let result = sandwich(&vae, &test, config, &device, &|_| {})?;
/// let TestImages { lower, importance, difference, .. } = result.test;
/// assert!((difference.mean - (lower.mean - importance.mean)).abs() < 1e-9);
/// // Five temperatures are few: the encoder's posterior gives the tighter bound.
/// assert!(difference.mean < 0.0);
/// # Ok::<(), train::TrainError>(())
/// ```
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

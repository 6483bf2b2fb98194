//! The evidence between two bounds: bidirectional Monte Carlo (Grosse, Ghahramani and Adams, 2015).
//!
//! Annealed importance sampling walks from the prior `p(z)` through `p(z) p(x | z)^beta` to the posterior; its weights have the
//! mean `p(x)`, so that the mean of their logarithm is a lower bound of `log p(x)`. For an image simulated from the model, the
//! code that made it is an exact draw of its posterior; from there the same walk backwards gives an upper bound. Where the two
//! meet, the lower bound of the test images may be believed, which have no upper one (Wu, Burda, Salakhutdinov and Grosse,
//! 2017).

mod chains;
mod hamiltonian;
mod result;
mod schedule;

use burn::tensor::{Device, Tensor};
use distributions::{Distribution, Noise, Purpose};
use models::{LatentNoise, LogMeanExp, Vae};

use self::chains::{Block, Pass};
pub use self::result::{OverImages, Sandwich, SimulatedImages, TestImages};
use self::schedule::inverse_temperatures;
use crate::evaluate::{ImageDraws, image_bound};
use crate::{Batches, TrainError};

/// Chains held at a time, and at least those of one image.
const CHAINS: usize = 1600;

/// How much to compute.
///
/// # Examples
/// Of a `vae` and its `test` images:
///
/// ```
/// use std::sync::atomic::{AtomicUsize, Ordering};
///
/// use train::{SandwichConfig, sandwich};
///
/// # use train::{Batches, data::embedded_mnist_test, load_config};
/// # let (config, device) = (load_config("two", None)?, burn::tensor::Device::flex());
/// # let test = Batches::new(embedded_mnist_test()?.test.take(10)?, config.data.protocol);
/// # let vae = config.model.init(test.pixels(), 1, &device);
/// let config =
///     SandwichConfig { images: 2, chains: 4, temperatures: 5, leapfrog_steps: 2, particles: 10, seed: 1 };
/// let done = AtomicUsize::new(0);
/// let progress = |images| {
///     done.fetch_add(images, Ordering::Relaxed);
/// };
/// sandwich(&vae, &test, config, &device, &progress)?;
/// // Five passes of two images, each with a step between two temperatures.
/// assert_eq!((config.steps(), done.into_inner()), (40, 40));
/// # Ok::<(), train::TrainError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SandwichConfig {
    /// Images simulated from the model, and the first images of the test set.
    pub images: usize,
    /// Chains an image.
    pub chains: usize,
    /// `T`, the temperatures from the prior to the posterior.
    pub temperatures: usize,
    /// Leapfrog steps at each of them.
    pub leapfrog_steps: usize,
    /// `K` of the importance-weighted bound that stands beside them.
    pub particles: usize,
    /// The seed of all draws.
    pub seed: u64,
}

impl SandwichConfig {
    /// What `progress` of [`sandwich`] adds up to.
    pub fn steps(&self) -> usize {
        self.images.saturating_mul(PASSES).saturating_mul(self.temperatures.saturating_sub(1))
    }
}

/// Two passes that find step sizes, two from the prior and one back to it.
const PASSES: usize = 5;

/// Bounds `log p(x)` of simulated and of test images by annealed importance sampling.
///
/// `progress` is told the number of images that made a step, [`SandwichConfig::steps`] in total.
///
/// # Errors
/// When the latent is not Gaussian, a count is zero or too large, a bound is not finite, or the device fails.
pub fn sandwich(
    vae: &Vae,
    test: &Batches,
    config: SandwichConfig,
    device: &Device,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<Sandwich, TrainError> {
    check(vae, test, config)?;
    let betas = inverse_temperatures(config.temperatures);
    let size = (CHAINS / config.chains).max(1);
    let mut simulated = Bounds::default();
    let mut tested = Bounds::default();
    for first in (0..config.images).step_by(size) {
        let range = first..config.images.min(first + size);
        let (codes, images) = simulate(vae, range.clone(), config.seed, device);
        let block = Block { first, images, vae, config: &config, betas: &betas, progress };
        let sizes = block.tune(Pass::TuneSimulated)?;
        simulated.add(&block, block.forward(Pass::ForwardSimulated, &sizes)?)?;
        simulated.upper.extend(block.reverse(codes, &sizes)?.chunks_exact(config.chains).map(upper_bound));

        let block = Block { images: test.test(range, device), ..block };
        let sizes = block.tune(Pass::TuneTest)?;
        tested.add(&block, block.forward(Pass::ForwardTest, &sizes)?)?;
    }
    let all = [&simulated.lower, &simulated.upper, &simulated.importance, &tested.lower, &tested.importance];
    if let Some(&value) = all.into_iter().flatten().find(|bound| !bound.is_finite()) {
        return Err(TrainError::TestNotFinite { term: "a bound of log p(x)", value });
    }
    let over = |a: &[f64], b: &[f64]| OverImages::of(&a.iter().zip(b).map(|(a, b)| a - b).collect::<Vec<_>>());
    Ok(Sandwich {
        run: String::new(),
        epochs: 0,
        protocol: test.protocol().to_string(),
        is_likelihood: test.protocol().is_likelihood(),
        images: config.images,
        chains: config.chains,
        temperatures: config.temperatures,
        leapfrog_steps: config.leapfrog_steps,
        particles: config.particles,
        seed: config.seed,
        simulated: SimulatedImages {
            lower: OverImages::of(&simulated.lower),
            upper: OverImages::of(&simulated.upper),
            gap: over(&simulated.upper, &simulated.lower),
            importance: OverImages::of(&simulated.importance),
            importance_gap: over(&simulated.upper, &simulated.importance),
            acceptance: simulated.acceptance(),
        },
        test: TestImages {
            lower: OverImages::of(&tested.lower),
            importance: OverImages::of(&tested.importance),
            difference: over(&tested.lower, &tested.importance),
            acceptance: tested.acceptance(),
        },
    })
}

fn check(vae: &Vae, test: &Batches, config: SandwichConfig) -> Result<(), TrainError> {
    if !vae.latent().is_gaussian() {
        return Err(TrainError::Latent { what: "the sandwich of log p(x)", latent: vae.latent().name() });
    }
    for (flag, value) in [
        ("--chains", config.chains),
        ("--temperatures", config.temperatures),
        ("--leapfrog-steps", config.leapfrog_steps),
        ("--particles", config.particles),
    ] {
        if value == 0 {
            return Err(TrainError::argument(flag, 0, "at least 1"));
        }
    }
    for (flag, value, most) in
        [("--chains", config.chains, MOST_CHAINS), ("--temperatures", config.temperatures, MOST_TEMPERATURES)]
    {
        if value > most {
            return Err(TrainError::argument(flag, value, format!("at most {most}")));
        }
    }
    if !(1..=test.len()).contains(&config.images) {
        return Err(TrainError::argument("--images", config.images, format!("1 to {}", test.len())));
    }
    Ok(())
}

/// The chains of one image are held together.
const MOST_CHAINS: usize = 10_000;

/// A step size is held for every image of a block and every temperature.
const MOST_TEMPERATURES: usize = 100_000;

/// Codes of the prior, `[images, latent]`, and images that the model makes of them, `[images, pixels]`: each from a stream of its
/// own.
fn simulate(vae: &Vae, range: std::ops::Range<usize>, seed: u64, device: &Device) -> (Tensor<2>, Tensor<2>) {
    let pairs = range.map(|index| {
        let mut noise = Noise::new(seed, Purpose::SimulatedImages, index as u64, 0);
        let code = vae.prior_codes(LatentNoise::Free(noise.normal([1, vae.latent().size()], device)));
        (code.clone(), vae.decode(code).sample(&mut noise))
    });
    let (codes, images): (Vec<_>, Vec<_>) = pairs.unzip();
    (Tensor::cat(codes, 0), Tensor::cat(images, 0))
}

/// The bounds of images as their blocks are done.
#[derive(Default)]
struct Bounds {
    lower: Vec<f64>,
    upper: Vec<f64>,
    importance: Vec<f64>,
    /// Summed over images.
    accepted: f64,
}

impl Bounds {
    /// Adds the lower bounds of a block, by annealing and by importance weights.
    fn add(&mut self, block: &Block<'_>, (weights, acceptance): (Vec<f64>, f64)) -> Result<(), TrainError> {
        let SandwichConfig { chains, particles, seed, .. } = *block.config;
        let count = block.images.dims()[0];
        self.lower.extend(weights.chunks_exact(chains).map(log_mean_exp));
        self.accepted += acceptance * count as f64;
        let importance = kernels::map(count, |row| {
            let image = block.images.clone().narrow(0, row, 1);
            let q = block.vae.encode(image.clone());
            image_bound(block.vae, &image, &q, ImageDraws { particles, seed, index: block.first + row })
        });
        for bound in importance {
            self.importance.push(bound?.bound);
        }
        Ok(())
    }

    fn acceptance(&self) -> f64 {
        self.accepted / self.lower.len() as f64
    }
}

/// `log (1/M) sum_m w_m`.
fn log_mean_exp(log_weights: &[f64]) -> f64 {
    let mut bound = LogMeanExp::default();
    bound.extend(log_weights.iter().copied());
    bound.value()
}

/// `-log (1/M) sum_m 1 / w_m`.
fn upper_bound(log_weights: &[f64]) -> f64 {
    let inverse: Vec<f64> = log_weights.iter().map(|log| -log).collect();
    -log_mean_exp(&inverse)
}

#[cfg(test)]
mod tests;

//! The amortisation gap: what the encoder loses against a posterior of each image's own.
//!
//! `L[q*] - L[q]`, where `q` is the encoder's posterior of an image and `q*` the best one of the same family (Cremer, Li and
//! Duvenaud, 2018). What is left to `log p(x)` is the approximation gap: the family's own.

use burn::tensor::{Device, Tensor};
use distributions::{Gaussian, Noise, Purpose};
use models::{LatentNoise, Pair, Posterior, Vae};
use serde::{Deserialize, Serialize};

use super::{ImageBound, ImageDraws, image_bound};
use crate::{Batches, TrainError};

/// Images refined at a time. Noise is keyed by the image, so that no number hangs on it.
const BLOCK: usize = 50;

/// Draws of an image in each step of the refinement.
const DRAWS: usize = 8;

/// Adam's first step size; it falls to 0 along a line, so that the last steps average over noise.
const LEARNING_RATE: f64 = 0.03;

/// How to refine, and how to evaluate what comes of it.
///
/// # Examples
/// Of the first two `test` images, under a `vae` that was not trained:
///
/// ```
/// use train::{RefinementConfig, TrainError, amortisation_gap};
///
/// # use train::{Batches, data::embedded_mnist_test, load_config};
/// # let (config, device) = (load_config("two", None)?, burn::tensor::Device::flex());
/// # let test = Batches::new(embedded_mnist_test()?.test.take(10)?, config.data.protocol);
/// # let vae = config.model.init(test.pixels(), 1, &device);
/// let gap = |steps| -> Result<f64, TrainError> {
///     let config = RefinementConfig { steps, images: 2, particles: 20, seed: 1 };
///     Ok(amortisation_gap(&vae, &test, config, &device, &|_| {})?.gap)
/// };
/// // More steps of Adam take the posterior of an image nearer to its best one.
/// assert!(gap(20)? > gap(2)?);
/// assert_eq!(gap(0).unwrap_err().to_string(), "--refine is 0; it must be at least 1");
/// # Ok::<(), TrainError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefinementConfig {
    /// Steps of Adam.
    pub steps: usize,
    /// The first images of the test set, in file order.
    pub images: usize,
    /// Draws an image of the evaluation, before and after.
    pub particles: usize,
    /// The seed of all draws.
    pub seed: u64,
}

/// The amortisation gap over images, in nats per image.
///
/// # Examples
/// Of a `vae` that was not trained and the first three `test` images:
///
/// ```
/// use train::{RefinementConfig, amortisation_gap};
///
/// # use train::{Batches, data::embedded_mnist_test, load_config};
/// # let (config, device) = (load_config("two", None)?, burn::tensor::Device::flex());
/// # let test = Batches::new(embedded_mnist_test()?.test.take(10)?, config.data.protocol);
/// # let vae = config.model.init(test.pixels(), 1, &device);
/// let config = RefinementConfig { steps: 30, images: 3, particles: 50, seed: 1 };
/// let result = amortisation_gap(&vae, &test, config, &device, &|_| {})?;
/// assert!(result.refined_elbo > result.amortised_elbo);
/// assert_eq!(result.gap, result.refined_elbo - result.amortised_elbo);
/// // What is left to `log p(x)` is the family's own.
/// assert_eq!(result.approximation_gap, -result.refined_nll - result.refined_elbo);
/// # Ok::<(), train::TrainError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AmortisationGap {
    /// Images refined.
    pub images: usize,
    /// Steps of Adam.
    pub steps: usize,
    /// Draws an image of both ELBOs.
    pub particles: usize,
    /// The ELBO under the encoder's posterior.
    pub amortised_elbo: f64,
    /// The ELBO under the refined one, from the same draws.
    pub refined_elbo: f64,
    /// `refined_elbo - amortised_elbo`: a lower bound of the gap, since refinement ends somewhere before the best posterior.
    pub gap: f64,
    /// Its standard error over images; null for one image.
    pub gap_standard_error: Option<f64>,
    /// `-L_K` under the refined posterior.
    pub refined_nll: f64,
    /// `L_K - refined_elbo`: what no posterior of this family can win, as far as `L_K` meets `log p(x)`.
    pub approximation_gap: f64,
}

/// Refines the posterior of the first test images by Adam on the ELBO, from the encoder's output on, and evaluates both on the
/// same draws.
///
/// `progress` is told the number of images that made a step.
///
/// # Errors
/// When the latent is not Gaussian, a count is zero or too large, an ELBO is not finite, or the device fails.
pub fn amortisation_gap(
    vae: &Vae,
    test: &Batches,
    config: RefinementConfig,
    device: &Device,
    progress: &dyn Fn(usize),
) -> Result<AmortisationGap, TrainError> {
    let RefinementConfig { steps, images, particles, seed } = config;
    for (flag, value) in [("--refine", steps), ("--particles", particles)] {
        if value == 0 {
            return Err(TrainError::argument(flag, 0, "at least 1"));
        }
    }
    if !(1..=test.len()).contains(&images) {
        return Err(TrainError::argument("--refine-images", images, format!("1 to {}", test.len())));
    }
    let mut pairs = Vec::with_capacity(images);
    for start in (0..images).step_by(BLOCK) {
        let range = start..images.min(start + BLOCK);
        let batch = test.test(range.clone(), device);
        let amortised = parameters(&vae.encode(batch.clone()), vae.latent().name())?;
        let plan = Plan { first: start, steps, seed };
        let refined = refine(vae, &batch, amortised.clone(), &plan, progress);
        let evaluated = kernels::map(range.len(), |row| {
            let image = batch.clone().narrow(0, row, 1);
            let draws = ImageDraws { particles, seed, index: start + row };
            let of = |parameters: &Parameters| {
                let own = parameters.clone().map(|parameter| parameter.narrow(0, row, 1));
                image_bound(vae, &image, &gaussian(own), draws)
            };
            Ok::<_, TrainError>((of(&amortised)?, of(&refined)?))
        });
        for pair in evaluated {
            pairs.push(pair?);
        }
    }

    let n = pairs.len() as f64;
    let elbo = |bound: &ImageBound| bound.log_likelihood - bound.kl;
    let mean = |of: &dyn Fn(&(ImageBound, ImageBound)) -> f64| pairs.iter().map(of).sum::<f64>() / n;
    let (before, after) = (mean(&|(q, _)| elbo(q)), mean(&|(_, q)| elbo(q)));
    for (term, value) in [("the ELBO", before), ("the refined ELBO", after)] {
        if !value.is_finite() {
            return Err(TrainError::TestNotFinite { term, value });
        }
    }
    let bound = mean(&|(_, q)| q.bound);
    let squares = mean(&|(q, refined)| (elbo(refined) - elbo(q) - (after - before)).powi(2));
    Ok(AmortisationGap {
        images,
        steps,
        particles,
        amortised_elbo: before,
        refined_elbo: after,
        gap: after - before,
        gap_standard_error: (images > 1).then(|| (squares / (n - 1.0)).sqrt()),
        refined_nll: -bound,
        approximation_gap: bound - after,
    })
}

/// Which images are refined, and how long.
struct Plan {
    /// The number of the first.
    first: usize,
    steps: usize,
    seed: u64,
}

/// `loc` and `log_scale` of Gaussian posteriors, both `[images, latent]`.
type Parameters = [Tensor<2>; 2];

fn parameters(posterior: &Posterior, latent: &'static str) -> Result<Parameters, TrainError> {
    let Posterior::Gaussian(Pair { q, .. }) = posterior else {
        return Err(TrainError::Latent { what: "the amortisation gap", latent });
    };
    Ok([q.loc(), q.log_scale()])
}

fn gaussian([loc, log_scale]: Parameters) -> Posterior {
    let p = Gaussian::standard_like(&loc);
    Posterior::Gaussian(Pair { q: Gaussian::from_log_scale(loc, log_scale), p })
}

/// Adam on the parameters of each image's posterior: they share nothing but the batch.
fn refine(
    vae: &Vae,
    images: &Tensor<2>,
    amortised: Parameters,
    &Plan { first, steps, seed }: &Plan,
    progress: &dyn Fn(usize),
) -> Parameters {
    let device = images.device().autodiff();
    let frozen = vae.frozen();
    let [count, pixels] = images.dims();
    let repeated = images.clone().reshape([count, 1, pixels]).expand([count, DRAWS, pixels]);
    let repeated = Tensor::from_inner(repeated.reshape([count * DRAWS, pixels]));

    let mut values = amortised;
    let mut moments = values.clone().map(|value| [value.zeros_like(), value.zeros_like()]);
    let size = values[0].dims()[1];
    for step in 0..steps {
        let mut eps = vec![0.0; count * DRAWS * size];
        for (row, eps) in eps.chunks_exact_mut(DRAWS * size).enumerate() {
            Noise::new(seed, Purpose::Refinement, (first + row) as u64, step as u64).fill_normal(eps);
        }
        let eps = Tensor::from_data(burn::tensor::TensorData::new(eps, [count * DRAWS, size]), &device);
        let leaves = values.map(|value| Tensor::from_inner(value).require_grad());
        let posterior = gaussian(leaves.clone()).repeat(DRAWS);
        let elbo = frozen.elbo_of(&posterior, repeated.clone(), LatentNoise::Free(eps));
        let gradients = elbo.value().sum().div_scalar(-(DRAWS as f64)).backward();

        let rate = LEARNING_RATE * (1.0 - step as f64 / steps as f64);
        values = [0, 1].map(|i| {
            let leaf = &leaves[i];
            let gradient = leaf.grad(&gradients).unwrap_or_else(|| leaf.clone().inner().zeros_like());
            leaf.clone().inner() - adam(&mut moments[i], gradient, step, rate)
        });
        progress(count);
    }
    values
}

/// A step of Adam (Kingma and Ba, 2015, algorithm 1).
fn adam([first, second]: &mut [Tensor<2>; 2], gradient: Tensor<2>, step: usize, rate: f64) -> Tensor<2> {
    const BETA: [f64; 2] = [0.9, 0.999];
    const EPSILON: f64 = 1e-8;
    *first = first.clone() * BETA[0] + gradient.clone() * (1.0 - BETA[0]);
    *second = second.clone() * BETA[1] + gradient.powi_scalar(2) * (1.0 - BETA[1]);
    let [first_part, second_part] = BETA.map(|beta| 1.0 - beta.powf(step as f64 + 1.0));
    first.clone().div_scalar(first_part) * rate / (second.clone().div_scalar(second_part).sqrt() + EPSILON)
}

#[cfg(test)]
mod tests;

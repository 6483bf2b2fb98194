//! The importance-weighted evaluation of a trained model: test ELBO, NLL and active units.

use burn::tensor::Device;
use distributions::{Noise, Purpose};
use models::{LogMeanExp, Vae};
use serde::{Deserialize, Serialize};

use crate::latent_space::{latent_statistics, upper_active_units};
use crate::{Batches, TrainError};

/// Particles drawn at a time. The noise is keyed by this block, so that the first `K` particles of an image are the same
/// for every `K`, and memory does not grow with `K`.
const BLOCK: usize = 100;

/// How to evaluate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EvaluationConfig {
    /// `K`, the particles an image.
    pub particles: usize,
    /// The first images of the test set, in file order.
    pub images: usize,
    /// The seed of the draws.
    pub seed: u64,
}

/// The result of an evaluation: `evaluation.json`, in nats per image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// The run.
    pub run: String,
    /// Epochs trained.
    pub epochs: u64,
    /// The binarisation protocol: numbers under two protocols are never compared.
    pub protocol: String,
    /// Whether the protocol makes `log p(x)` a log-likelihood; false for grey pixels.
    pub is_likelihood: bool,
    /// Images evaluated.
    pub images: usize,
    /// Particles an image.
    pub particles: usize,
    /// The seed of the draws.
    pub seed: u64,
    /// `log_likelihood - kl`.
    pub elbo: f64,
    /// The mean of `log p(x | z)` over images and particles.
    pub log_likelihood: f64,
    /// The mean of `KL(q(z | x) || p(z))` over images, in closed form; of two stochastic layers, over images and particles.
    pub kl: f64,
    /// `-L_K`, an upper bound of the true negative log-likelihood in expectation (trap D18).
    pub nll: f64,
    /// The standard error of `nll` over images; null for one image.
    pub nll_standard_error: Option<f64>,
    /// The standard error of `nll` from the draws alone, over blocks of particles; null for fewer than two.
    pub nll_monte_carlo_standard_error: Option<f64>,
    /// `-L_K` for fewer particles, from the same draws: a larger `K` is never worse (trap D18).
    #[serde(default)]
    pub bounds: Vec<ParticleBound>,
    /// Latent variables whose posterior mean has a variance above 0.01 over the whole test set (Burda et al. 2016); a
    /// categorical one counts once, by the sum over its classes. Of two stochastic layers, those of the lower one.
    pub active_units: usize,
    /// The same of the upper one of two stochastic layers, whose mean is taken at the mean of the lower one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upper_active_units: Option<usize>,
}

/// A bound of a number of particles that divides that of the evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ParticleBound {
    /// `K`.
    pub particles: usize,
    /// The mean of `-L_K` over images and over all disjoint blocks of `K` draws, in nats per image.
    pub nll: f64,
}

/// Numbers of particles of which each divides the next and all divide the last, which is `particles`.
fn rungs(particles: usize) -> Vec<usize> {
    let smaller = [1, 10, 100, 1000].into_iter().filter(|&k| k < particles && particles.is_multiple_of(k));
    smaller.chain([particles]).collect()
}

/// The mean of `L_K` over disjoint blocks of `K` draws, as they come.
struct Rung {
    particles: usize,
    block: LogMeanExp,
    sum: f64,
}

impl Rung {
    fn new(particles: usize) -> Self {
        Self { particles, block: LogMeanExp::default(), sum: 0.0 }
    }

    /// Adds the draw of this number, from 1.
    fn push(&mut self, log_weight: f64, number: usize) {
        self.block.push(log_weight);
        if number.is_multiple_of(self.particles) {
            self.sum += self.block.value();
            self.block = LogMeanExp::default();
        }
    }
}

/// What one image contributes.
struct ImageBound {
    /// Of every rung.
    bounds: Vec<f64>,
    log_likelihood: f64,
    kl: f64,
    bound: f64,
    monte_carlo_variance: f64,
}

/// Evaluates a model on the first images of the test set: the ELBO and `-L_K` from the same draws.
///
/// `progress` is told the number of images done, from any thread.
///
/// # Errors
/// When a count is zero or too large, a term is not finite, or the device fails.
pub fn evaluate(
    vae: &Vae,
    test: &Batches,
    config: EvaluationConfig,
    device: &Device,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<Evaluation, TrainError> {
    let argument = |flag, value: usize, must: String| TrainError::Argument { flag, value: value.to_string(), must };
    if config.particles == 0 {
        return Err(argument("--particles", 0, "at least 1".to_owned()));
    }
    if !(1..=test.len()).contains(&config.images) {
        return Err(argument("--images", config.images, format!("1 to {}, or all", test.len())));
    }
    let bounds = kernels::map(config.images, |index| {
        let bound = image_bound(vae, test, index, config, device);
        progress(1);
        bound
    });
    let bounds = bounds.into_iter().collect::<Result<Vec<_>, _>>()?;

    let n = bounds.len() as f64;
    let mean = |of: fn(&ImageBound) -> f64| bounds.iter().map(of).sum::<f64>() / n;
    let (log_likelihood, kl, bound) = (mean(|b| b.log_likelihood), mean(|b| b.kl), mean(|b| b.bound));
    for (term, value) in [("log_likelihood", log_likelihood), ("kl", kl), ("nll", -bound)] {
        if !value.is_finite() {
            return Err(TrainError::TestNotFinite { term, value });
        }
    }
    let rung = |(i, &particles): (usize, &usize)| ParticleBound {
        particles,
        nll: -bounds.iter().map(|b| b.bounds[i]).sum::<f64>() / n,
    };
    let squares = bounds.iter().map(|b| (b.bound - bound).powi(2)).sum::<f64>();
    let monte_carlo = bounds.iter().map(|b| b.monte_carlo_variance).sum::<f64>();
    Ok(Evaluation {
        run: String::new(),
        epochs: 0,
        protocol: test.protocol().to_string(),
        is_likelihood: test.protocol().is_likelihood(),
        images: config.images,
        particles: config.particles,
        seed: config.seed,
        elbo: log_likelihood - kl,
        log_likelihood,
        kl,
        nll: -bound,
        nll_standard_error: (bounds.len() > 1).then(|| (squares / (n - 1.0) / n).sqrt()),
        nll_monte_carlo_standard_error: (config.particles > 1).then(|| monte_carlo.sqrt() / n),
        bounds: rungs(config.particles).iter().enumerate().map(rung).collect(),
        active_units: latent_statistics(vae, test, device)?.active_units(),
        upper_active_units: upper_active_units(vae, test, device)?,
    })
}

/// `L_K` of one image: `log (1/K) sum_k p(x, z_k) / q(z_k | x)`, streamed block by block.
fn image_bound(
    vae: &Vae,
    test: &Batches,
    index: usize,
    config: EvaluationConfig,
    device: &Device,
) -> Result<ImageBound, TrainError> {
    let image = test.test(std::iter::once(index), device);
    let q = vae.encode(image.clone());
    let read = |tensor: burn::tensor::Tensor<1>| {
        tensor.try_into_vec_as::<f32>().map_err(|error| TrainError::Device(error.to_string()))
    };
    let closed = q.kl().map(read).transpose()?.map(|kl| f64::from(kl[0]));

    let (mut log_likelihood, mut log_ratio) = (0.0, 0.0);
    let mut bound = LogMeanExp::default();
    let mut rungs: Vec<Rung> = rungs(config.particles).into_iter().map(Rung::new).collect();
    let mut groups = vec![LogMeanExp::default(); GROUPS.min(config.particles)];
    let mut particle = 0;
    for (block, start) in (0..config.particles).step_by(BLOCK).enumerate() {
        let count = BLOCK.min(config.particles - start);
        // K cuts the noise of the last block short and never changes it.
        let mut noise = Noise::new(config.seed, Purpose::EvaluationLatent, index as u64, block as u64);
        let eps = vae.latent().noise(&mut noise, count, device);
        let weights = vae.log_weights(image.clone(), &q, eps);
        let (likelihoods, ratios) = (read(weights.log_likelihood)?, read(weights.log_ratio)?);
        for (likelihood, ratio) in likelihoods.into_iter().zip(ratios) {
            log_likelihood += f64::from(likelihood);
            log_ratio += f64::from(ratio);
            let log_weight = f64::from(likelihood) + f64::from(ratio);
            bound.push(log_weight);
            let group = (particle as u128 * groups.len() as u128 / config.particles as u128) as usize;
            groups[group].push(log_weight);
            particle += 1;
            rungs.iter_mut().for_each(|rung| rung.push(log_weight, particle));
        }
    }
    Ok(ImageBound {
        log_likelihood: log_likelihood / config.particles as f64,
        kl: closed.unwrap_or(-log_ratio / config.particles as f64),
        bounds: rungs.iter().map(|rung| rung.sum / (config.particles / rung.particles) as f64).collect(),
        bound: bound.value(),
        monte_carlo_variance: monte_carlo_variance(bound.value(), &groups),
    })
}

/// Groups of particles whose means are compared: enough for a standard error that is itself good to a sixth.
const GROUPS: usize = 20;

/// The variance of `L_K` over draws, to first order (the delta method): that of the mean weight, estimated from the means
/// of groups of particles, divided by its square.
fn monte_carlo_variance(bound: f64, groups: &[LogMeanExp]) -> f64 {
    let n = groups.len() as f64;
    if groups.len() < 2 || !bound.is_finite() {
        return 0.0;
    }
    // Means relative to the mean of all, so that no exponential overflows.
    let relative = groups.iter().map(|group| (group.value() - bound).exp());
    relative.map(|mean| (mean - 1.0).powi(2)).sum::<f64>() / (n - 1.0) / n
}

#[cfg(test)]
mod tests;

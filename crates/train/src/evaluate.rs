//! The importance-weighted evaluation of a trained model: test ELBO, NLL, and whether to believe them.

mod collapse;
mod image;
mod pareto;
mod refine;
mod rungs;

use burn::tensor::Device;
use models::Vae;
use serde::{Deserialize, Serialize};

pub use self::collapse::Collapse;
pub(crate) use self::image::{ImageBound, ImageDraws, image_bound};
pub use self::pareto::ParetoSummary;
pub use self::refine::{AmortisationGap, RefinementConfig, amortisation_gap};
pub use self::rungs::ParticleBound;
use self::rungs::rungs;
use crate::latent_space::{latent_statistics, upper_active_units};
use crate::{Batches, TrainError};

/// How to evaluate.
///
/// # Examples
/// ```
/// use train::data::embedded_mnist_test;
/// use train::{Batches, EvaluationConfig, Protocol};
///
/// let test = Batches::new(embedded_mnist_test()?.test, Protocol::Dynamic);
/// // The NLL of Burda et al. (2016).
/// let config = EvaluationConfig { particles: 5000, images: test.len(), seed: 1 };
/// config.check(&test)?;
/// let message = EvaluationConfig { images: 10_001, ..config }.check(&test).unwrap_err().to_string();
/// assert_eq!(message, "--images is 10001; it must be 1 to 10000, or all");
/// # Ok::<(), train::TrainError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EvaluationConfig {
    /// `K`, the particles an image.
    pub particles: usize,
    /// The first images of the test set, in file order.
    pub images: usize,
    /// The seed of the draws.
    pub seed: u64,
}

impl EvaluationConfig {
    /// Whether there are so many test images, and anything to do with them.
    ///
    /// # Errors
    /// When a count is zero or too large.
    pub fn check(&self, test: &Batches) -> Result<(), TrainError> {
        if self.particles == 0 {
            return Err(TrainError::argument("--particles", 0, "at least 1"));
        }
        if !(1..=test.len()).contains(&self.images) {
            return Err(TrainError::argument("--images", self.images, format!("1 to {}, or all", test.len())));
        }
        Ok(())
    }
}

/// The result of an evaluation: `evaluation.json`, in nats per image.
///
/// # Examples
/// ```
/// use burn::tensor::Device;
/// use train::data::embedded_mnist_test;
/// use train::{Batches, EvaluationConfig, evaluate, load_config};
///
/// let (config, device) = (load_config("two", None)?, Device::flex());
/// let test = Batches::new(embedded_mnist_test()?.test.take(10)?, config.data.protocol);
/// let vae = config.model.init(test.pixels(), 1, &device);
/// let asked = EvaluationConfig { particles: 100, images: 10, seed: 1 };
/// let evaluation = evaluate(&vae, &test, asked, &device, &|_| {})?;
/// assert!(evaluation.nll < -evaluation.elbo);
/// // A model that has seen nothing pays a bit for each pixel.
/// assert!((evaluation.nll - 784.0 * 2_f64.ln()).abs() < 2.0);
/// # Ok::<(), train::TrainError>(())
/// ```
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
    /// k-hat of the importance weights: whether `nll` can be trusted. Null for fewer than 21 particles.
    #[serde(default)]
    pub pareto_k: Option<ParetoSummary>,
    /// How the posterior has collapsed, if it has.
    #[serde(default)]
    pub collapse: Option<Collapse>,
    /// What the encoder loses against a posterior of each image's own, where asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amortisation: Option<AmortisationGap>,
}

impl Evaluation {
    /// The fewest particles whose weights have a k-hat.
    pub const LEAST_PARETO_PARTICLES: usize = pareto::LEAST_PARTICLES;
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
    config.check(test)?;
    let bounds = kernels::map(config.images, |index| {
        let image = test.test(std::iter::once(index), device);
        let q = vae.encode(image.clone());
        let EvaluationConfig { particles, seed, .. } = config;
        let bound = image_bound(vae, &image, &q, ImageDraws { particles, seed, index });
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
        nll: -bounds.iter().map(|b| b.rungs[i]).sum::<f64>() / n,
    };
    let active_units = latent_statistics(vae, test, device)?.active_units();
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
        active_units,
        upper_active_units: upper_active_units(vae, test, device)?,
        pareto_k: ParetoSummary::of(bounds.iter().filter_map(|b| b.pareto_shape).collect()),
        collapse: Collapse::of(vae.latent(), kl, active_units),
        amortisation: None,
    })
}

#[cfg(test)]
mod tests;

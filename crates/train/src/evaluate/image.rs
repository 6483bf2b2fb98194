//! What one image contributes to an evaluation: its importance weights, streamed block by block.

use burn::tensor::{Device, Tensor};
use distributions::{Noise, Purpose};
use models::{LogMeanExp, Posterior, Vae};

use super::pareto::Tail;
use super::rungs::Rungs;
use crate::TrainError;

/// Particles drawn at a time. The noise is keyed by this block, so that the first `K` particles of an image are the same
/// for every `K`, and memory does not grow with `K`.
const BLOCK: usize = 100;

/// Groups of particles whose means are compared: enough for a standard error that is itself good to a sixth.
const GROUPS: usize = 20;

/// The draws of one image.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ImageDraws {
    /// `K`.
    pub(crate) particles: usize,
    /// The seed of the draws.
    pub(crate) seed: u64,
    /// The number of the image, which keys them.
    pub(crate) index: usize,
}

/// What one image contributes, in nats.
pub(crate) struct ImageBound {
    /// `L_K` of every rung.
    pub(crate) rungs: Vec<f64>,
    /// The mean of `log p(x | z)`.
    pub(crate) log_likelihood: f64,
    /// `KL(q(z | x) || p(z))`, in closed form; where it has none, its mean over the draws.
    pub(crate) kl: f64,
    /// `L_K`.
    pub(crate) bound: f64,
    /// The variance of `L_K` over draws.
    pub(crate) monte_carlo_variance: f64,
    /// k-hat of the weights, where they have one.
    pub(crate) pareto_shape: Option<f64>,
}

/// `L_K` of one image, `[1, pixels]`, under a posterior of its own: `log (1/K) sum_k p(x, z_k) / q(z_k | x)`.
///
/// # Errors
/// When the device fails.
pub(crate) fn image_bound(
    vae: &Vae,
    image: &Tensor<2>,
    q: &Posterior,
    draws: ImageDraws,
) -> Result<ImageBound, TrainError> {
    let ImageDraws { particles, seed, index } = draws;
    let device: Device = image.device();
    let read =
        |tensor: Tensor<1>| tensor.try_into_vec_as::<f32>().map_err(|error| TrainError::Device(error.to_string()));
    let closed = q.kl().map(read).transpose()?.map(|kl| f64::from(kl[0]));

    let (mut log_likelihood, mut log_ratio) = (0.0, 0.0);
    let mut tail = Tail::new(particles);
    let mut rungs = Rungs::new(particles);
    let mut groups = vec![LogMeanExp::default(); GROUPS.min(particles)];
    let mut particle = 0;
    for (block, start) in (0..particles).step_by(BLOCK).enumerate() {
        let count = BLOCK.min(particles - start);
        // K cuts the noise of the last block short and never changes it.
        let mut noise = Noise::new(seed, Purpose::EvaluationLatent, index as u64, block as u64);
        let eps = vae.latent().noise(&mut noise, count, &device);
        let weights = vae.log_weights(image.clone(), q, eps);
        let (likelihoods, ratios) = (read(weights.log_likelihood)?, read(weights.log_ratio)?);
        for (likelihood, ratio) in likelihoods.into_iter().zip(ratios) {
            log_likelihood += f64::from(likelihood);
            log_ratio += f64::from(ratio);
            let log_weight = f64::from(likelihood) + f64::from(ratio);
            tail.push(log_weight);
            let group = (particle as u128 * groups.len() as u128 / particles as u128) as usize;
            groups[group].push(log_weight);
            rungs.push(log_weight);
            particle += 1;
        }
    }
    let rungs = rungs.means();
    let bound = rungs[rungs.len() - 1];
    Ok(ImageBound {
        log_likelihood: log_likelihood / particles as f64,
        kl: closed.unwrap_or(-log_ratio / particles as f64),
        rungs,
        bound,
        monte_carlo_variance: monte_carlo_variance(bound, &groups),
        pareto_shape: tail.shape(),
    })
}

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

//! Self-tuning landing: the score of a Gaussian `q` as a control variate whose weights are learnt.

use burn::module::{Module, Param};
use burn::tensor::{Gradients, Tensor, TensorData};

use super::particles::{LogTerms, Particles, mean};
use crate::latent::Route;
use crate::linear::LinearFactory;

/// What stays of the weights at each step: a batch of 100 images tells little of them, a hundred such batches enough.
const DECAY: f64 = 0.99;

/// The score of a Gaussian `q` as a control variate whose weights are learnt.
///
/// ```text
/// g = path - c score,  path = d/dz [log p(x, z) - log q(z; stop phi)] dz/dphi,
/// score = eps / s in loc,  eps^2 - 1 in log_scale,  z = loc + s eps
/// ```
/// With `c = 1` this is the total derivative, with `c = 0` the path derivative, and every `c` has the same mean. The variance of the
/// gradient in `loc` or `log_scale`, summed over the images of a batch as in the bias of a Gaussian head, is least at
///
/// ```text
/// c* = sum_i Cov(path_i, score_i) / sum_i Var(score_i),  Var(score) = 1/s^2 in loc,  2 in log_scale
/// ```
/// over the images `i`, where `Cov(path, score) = E[path score]`, since `E[score] = 0`. For one Gaussian against another,
/// `c* = 1 - s^2 / S^2` (the laboratory's). One `c` a latent dimension and parameter follows the estimates of earlier steps,
///
/// ```text
/// c <- d c + (1 - d) sum_i path_i score_i / sum_i Var(score_i),  c = 1 at first
/// ```
/// and so never holds the draws that it is used with (trap D13). It is not clamped.
///
/// # Examples
/// Before the first step it is the total derivative, and the gradients of each step move its weights
/// (`vae`, `images` and `eps` as on the [front page](crate), of one latent dimension and with autodiff).
///
/// ```
/// # use burn::tensor::{Device, Tensor};
/// # use distributions::{Noise, Purpose};
/// # use models::{Activation, LatentConfig, VaeConfig};
/// use models::{EstimatorState, GradientEstimator, ObjectiveConfig};
///
/// # let device = Device::flex().autodiff();
/// # let latent = LatentConfig::Gaussian { size: 1 };
/// # let config = VaeConfig { encoder: vec![8], decoder: vec![8], activation: Activation::Tanh, latent };
/// # let vae = config.init(4, 1, &device);
/// # let images = Tensor::<2>::from_floats([[1.0, 0.0, 1.0, 0.0]], &device);
/// # let eps = latent.noise(&mut Noise::new(1, Purpose::TrainingLatent, 1, 0), 1, &device);
/// let objective = ObjectiveConfig { estimator: GradientEstimator::SelfTuning, ..Default::default() };
/// let Some(first) = EstimatorState::first(objective.estimator, &vae, 1) else { panic!("it keeps a state") };
/// let (terms, pending) = first.terms(&vae, images, eps, (&objective, 0));
/// let next = pending.learn(&terms.loss().backward(), |network, _| network);
/// let [before, after] = [first, next].map(|state| match state {
///     EstimatorState::SelfTuning(tuning) => tuning.weights().map(|c| c.into_scalar::<f32>()),
///     EstimatorState::MovingAverage(_) | EstimatorState::Learned(_) => panic!("it stays what it is"),
/// });
/// assert_eq!(before, [1.0, 1.0]);
/// assert!(after[0] != 1.0 && after[1] != 1.0);
/// ```
#[derive(Module, Debug)]
pub struct SelfTuning {
    /// Of `loc`, `[latent]`, without autodiff.
    loc: Param<Tensor<1>>,
    /// Of `log_scale`, `[latent]`, without autodiff.
    log_scale: Param<Tensor<1>>,
}

/// What the weights learn from, once there are gradients: of `rows` draws, without autodiff.
#[derive(Debug)]
pub(super) struct Draws {
    /// Zeros that were added to the draws, `[rows, latent]`: their gradient is that of the draws.
    probe: Tensor<2>,
    eps: Tensor<2>,
    log_scale: Tensor<2>,
}

impl SelfTuning {
    /// The weights of the total derivative.
    pub(super) fn new(factory: &mut LinearFactory<'_>, latent: usize) -> Self {
        let mut ones = || factory.numbers(TensorData::new(vec![1.0_f32; latent], [latent]));
        Self { loc: ones(), log_scale: ones() }
    }

    /// The weights of the scores in `loc` and in `log_scale`, each `[latent]`.
    pub fn weights(&self) -> [Tensor<1>; 2] {
        [self.loc.val(), self.log_scale.val()]
    }

    /// The terms of the particles, and what is differentiated, `[batch]`. That has the value of the objective: the score enters as
    /// `c stop(score) (phi - stop(phi))`.
    ///
    /// # Panics
    /// When the latent is not a Gaussian, or a function of one.
    pub(super) fn estimate(&self, particles: &Particles<'_>, kl_weight: f64) -> (LogTerms, Tensor<1>, Draws) {
        let [loc, log_scale] = particles.location_scale();
        let (eps, log_s) = (particles.eps(), log_scale.clone().inner());
        let probe = loc.zeros_like().detach().require_grad();
        let terms = particles.weigh(&Route::Probed(Box::new(probe.clone())));
        // c score, [rows, latent]
        let in_loc = self.loc.val().unsqueeze::<2>() * eps.clone() * (-log_s.clone()).exp();
        let in_log_scale = self.log_scale.val().unsqueeze::<2>() * (eps.clone().powi_scalar(2) - 1.0);
        let control = in_loc * (loc.clone() - loc.detach()) + in_log_scale * (log_scale.clone() - log_scale.detach());
        let control = mean(particles.unfold(control.sum_dim(1).squeeze_dim(1)));
        let target = mean(terms.log_weights(kl_weight)) - control;
        (terms, target, Draws { probe, eps, log_scale: log_s })
    }

    /// The weights after a step whose loss had these gradients.
    ///
    /// # Panics
    /// When the gradients are not those of the step's loss.
    pub(super) fn learn(self, draws: &Draws, gradients: &Gradients) -> Self {
        let Draws { probe, eps, log_scale } = draws;
        let Some(gradient) = probe.grad(gradients) else {
            panic!("the gradients are those of the loss of the step, on a device with autodiff");
        };
        // The loss is minus the mean over the rows. d/dlog_scale = d/dz s eps, and d/dloc times score eps / s is that over s^2.
        let path = gradient.mul_scalar(-(eps.dims()[0] as f64)) * log_scale.clone().exp() * eps.clone();
        let precision = log_scale.clone().mul_scalar(-2.0).exp();
        let columns = |rows: Tensor<2>| rows.sum_dim(0).squeeze_dim::<1>(0);
        let in_loc = columns(path.clone() * precision.clone()) / columns(precision);
        let in_log_scale = columns(path * (eps.clone().powi_scalar(2) - 1.0)).div_scalar(2.0 * eps.dims()[0] as f64);
        let follow =
            |old: Param<Tensor<1>>, new: Tensor<1>| old.map(|old| old.mul_scalar(DECAY) + new.mul_scalar(1.0 - DECAY));
        Self { loc: follow(self.loc, in_loc), log_scale: follow(self.log_scale, in_log_scale) }
    }
}

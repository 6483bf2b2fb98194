//! What an estimator keeps from earlier steps: a value that a step reads, and that its gradients renew.

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Gradients, Tensor};

use super::baseline::{BaselineNetwork, LearnedBaseline, MovingAverage};
use super::particles::{Particles, mean};
use super::score_function::{Baseline, score_function};
use super::self_tuning::{Draws, SelfTuning};
use super::{GradientEstimator, ObjectiveConfig};
use crate::elbo::Estimate;
use crate::latent::Route;
use crate::linear::LinearFactory;
use crate::{LatentNoise, TrainingTerms, Vae};

/// What an estimator keeps from earlier steps.
///
/// [`terms`](Self::terms) reads it and leaves it as it is, so that nothing of a batch is in what is used with that batch (trap D13);
/// [`Pending::learn`] gives the next one.
///
/// # Examples
/// A loop hands the state from step to step; three estimators keep one
/// (`vae`, `images`, `latent` and `device` as on the [front page](crate), on a device with autodiff).
///
/// ```
/// # use burn::tensor::{Device, Tensor};
/// # use models::{Activation, LatentConfig, VaeConfig};
/// use distributions::{Noise, Purpose};
/// use models::{EstimatorState, GradientEstimator, ObjectiveConfig};
///
/// # let device = Device::flex().autodiff();
/// # let latent = LatentConfig::Gaussian { size: 2 };
/// # let config = VaeConfig { encoder: vec![8], decoder: vec![8], activation: Activation::Tanh, latent };
/// # let vae = config.init(4, 1, &device);
/// # let images = Tensor::<2>::from_floats([[1.0, 0.0, 1.0, 0.0]], &device);
/// let first = |name: &str| EstimatorState::first(name.parse().ok()?, &vae, 1);
/// let objective = ObjectiveConfig { estimator: GradientEstimator::SelfTuning, ..Default::default() };
/// let Some(mut state) = first("self-tuning") else { panic!("it keeps a state") };
/// for step in 0..2 {
///     let eps = latent.noise(&mut Noise::new(1, Purpose::TrainingLatent, 1, step), 1, &device);
///     let (terms, pending) = state.terms(&vae, images.clone(), eps, (&objective, step));
///     state = pending.learn(&terms.loss().backward(), |network, _| network);
/// }
/// assert_eq!(GradientEstimator::NAMES.iter().filter(|name| first(name).is_some()).count(), 3);
/// ```
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant, reason = "one at a time, and never in a collection")]
pub enum EstimatorState {
    /// Of `self-tuning`.
    SelfTuning(SelfTuning),
    /// Of `score-function-moving-average`.
    MovingAverage(MovingAverage),
    /// Of `score-function-learned`.
    Learned(LearnedBaseline),
}

/// A state, and what a step will add to it once there are gradients.
///
/// # Examples
/// The network of a learnt baseline descends its own error, by the gradients of two layers
/// (`vae`, `images` and `eps` as on the [front page](crate), on a device with autodiff).
///
/// ```
/// # use burn::tensor::{Device, Tensor};
/// # use distributions::{Noise, Purpose};
/// # use models::{Activation, LatentConfig, VaeConfig};
/// use kernels::Adam;
/// use models::{EstimatorState, GradientEstimator, ObjectiveConfig};
///
/// # let device = Device::flex().autodiff();
/// # let latent = LatentConfig::Gaussian { size: 2 };
/// # let config = VaeConfig { encoder: vec![8], decoder: vec![8], activation: Activation::Tanh, latent };
/// # let vae = config.init(4, 1, &device);
/// # let images = Tensor::<2>::from_floats([[1.0, 0.0, 1.0, 0.0]], &device);
/// # let eps = latent.noise(&mut Noise::new(1, Purpose::TrainingLatent, 1, 0), 1, &device);
/// let estimator = GradientEstimator::ScoreFunctionLearned;
/// let objective = ObjectiveConfig { estimator, ..ObjectiveConfig::default() };
/// let Some(state) = EstimatorState::first(estimator, &vae, 1) else { panic!("it keeps a state") };
/// let (terms, pending) = state.terms(&vae, images, eps, (&objective, 0));
/// let (mut optimizer, mut tensors) = (Adam::new([0.9, 0.999], 1e-8).init(), 0);
/// let next = pending.learn(&terms.loss().backward(), |network, gradients| {
///     tensors = gradients.len();
///     optimizer.step(1e-3, network, gradients)
/// });
/// assert!(next.network().is_some() && tensors == 4);
/// ```
#[derive(Debug)]
pub struct Pending(Lesson);

#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "one at a time, and never in a collection")]
enum Lesson {
    SelfTuning(SelfTuning, Draws),
    /// With the log weights of the batch, `[batch, K]`.
    MovingAverage(MovingAverage, Tensor<2>),
    Learned {
        baseline: LearnedBaseline,
        /// `f - b_psi(x)`, `[batch, K]`.
        rest: Tensor<2>,
        /// `[1]`, with a gradient in the network alone.
        loss: Tensor<1>,
    },
}

impl EstimatorState {
    /// The state before the first step of a run of a seed; none where the estimator keeps none.
    pub fn first(estimator: GradientEstimator, vae: &Vae, seed: u64) -> Option<Self> {
        use GradientEstimator as E;
        let weight = vae.output.weight.val();
        let (pixels, device) = (weight.dims()[1], weight.device());
        let factory = &mut LinearFactory::beside(seed, &device);
        match estimator {
            E::SelfTuning => Some(Self::SelfTuning(SelfTuning::new(factory, vae.latent().size()))),
            E::ScoreFunctionMovingAverage => Some(Self::MovingAverage(MovingAverage::new(factory))),
            E::ScoreFunctionLearned => Some(Self::Learned(LearnedBaseline::new(factory, pixels))),
            E::TotalDerivative
            | E::PathDerivative
            | E::ScoreFunction
            | E::ScoreFunctionLeaveOneOut
            | E::Dreg
            | E::Vimco
            | E::StraightThrough => None,
        }
    }

    /// The network that is trained beside the model, where there is one.
    pub fn network(&self) -> Option<&BaselineNetwork> {
        match self {
            Self::Learned(baseline) => Some(&baseline.network),
            Self::SelfTuning(_) | Self::MovingAverage(_) => None,
        }
    }

    /// What a training step maximises and reports, as [`Vae::objective_terms`] has it for the other estimators, and what the state will
    /// learn from it.
    ///
    /// # Shapes
    /// - `images`: `[batch, pixels]`
    /// - `eps`: of `batch * particles` codes
    ///
    /// # Panics
    /// When the noise is that of another latent, or of another number of codes; self-tuning when the latent is no Gaussian.
    pub fn terms(
        &self,
        vae: &Vae,
        images: Tensor<2>,
        eps: LatentNoise,
        (objective, step): (&ObjectiveConfig, u64),
    ) -> (TrainingTerms, Pending) {
        let kl_weight = objective.kl_weight(step);
        let particles = Particles::new(vae, images.clone(), eps, objective.particles);
        let (terms, target, lesson) = match self {
            Self::SelfTuning(tuning) => {
                let (terms, target, draws) = tuning.estimate(&particles, kl_weight);
                (terms, target, Lesson::SelfTuning(tuning.clone(), draws))
            }
            Self::MovingAverage(average) => {
                let terms = particles.weigh(&Route::Score);
                let target = score_function(&terms, kl_weight, Baseline::Given(average.value().unsqueeze()));
                let signal = terms.signal(kl_weight).detach();
                (terms, target, Lesson::MovingAverage(average.clone(), signal))
            }
            Self::Learned(baseline) => {
                let terms = particles.weigh(&Route::Score);
                let (own, center) = (baseline.network.forward(images), baseline.center.value().unsqueeze::<2>());
                let target = score_function(&terms, kl_weight, Baseline::Given(own.clone() + center.clone()));
                let rest = terms.signal(kl_weight).detach() - own;
                let loss = (rest.clone() - center).powi_scalar(2).mean();
                (terms, target, Lesson::Learned { baseline: baseline.clone(), rest: rest.detach(), loss })
            }
        };
        let value = mean(terms.signal(kl_weight));
        let elbo = particles.elbo(&terms);
        let estimate = Some(Estimate { value, target, bound: kl_weight >= 1.0 });
        (TrainingTerms { elbo, surrogate: None, estimate }, Pending(lesson))
    }
}

impl Pending {
    /// The squared error of a learnt baseline, `[1]`, with a gradient in its network alone.
    #[cfg(test)]
    pub(super) fn baseline_loss(&self) -> Option<Tensor<1>> {
        match &self.0 {
            Lesson::Learned { loss, .. } => Some(loss.clone()),
            Lesson::SelfTuning(..) | Lesson::MovingAverage(..) => None,
        }
    }

    /// The state of the next step, from the gradients of this step's loss. `descend` is a step of the optimiser on the network of a learnt
    /// baseline, whose gradients are those of its own squared error.
    ///
    /// # Panics
    /// When the gradients are not those of the step's loss, or the device has no autodiff.
    pub fn learn(
        self,
        gradients: &Gradients,
        descend: impl FnOnce(BaselineNetwork, GradientsParams) -> BaselineNetwork,
    ) -> EstimatorState {
        match self.0 {
            Lesson::SelfTuning(tuning, draws) => EstimatorState::SelfTuning(tuning.learn(&draws, gradients)),
            Lesson::MovingAverage(average, signal) => EstimatorState::MovingAverage(average.follow(signal)),
            Lesson::Learned { baseline: LearnedBaseline { network, center }, rest, loss } => {
                let gradients = GradientsParams::from_grads(loss.backward(), &network);
                let center = center.follow(rest);
                EstimatorState::Learned(LearnedBaseline { network: descend(network, gradients), center })
            }
        }
    }
}

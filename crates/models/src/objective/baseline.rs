//! Baselines of the score function that are made of earlier batches: their average, and a network of the image.

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::{Tensor, TensorData};

use crate::linear::{LinearFactory, affine};
use crate::{Activation, Mlp};

/// What stays of the average at each step: that of the laboratory.
const DECAY: f64 = 0.99;

/// The hidden units of the network, as in NVIL's experiments.
const HIDDEN: usize = 100;

/// An exponential moving average of the mean of a batch:
///
/// ```text
/// b = sum / mass,  then  sum <- d sum + (1 - d) mean,  mass <- d mass + (1 - d),  both 0 at first
/// ```
/// The baseline of a batch holds earlier batches only (trap D13); before the first it is 0.
///
/// # Examples
/// After one batch it is the mean of that batch, undiminished by the zero that it began with
/// (`vae`, `images` and `eps` as on the [front page](crate), on a device with autodiff).
///
/// ```
/// # use burn::tensor::{Device, Tensor};
/// # use distributions::{Noise, Purpose};
/// # use models::{Activation, LatentConfig, VaeConfig};
/// use models::{EstimatorState, GradientEstimator, ObjectiveConfig};
///
/// # let device = Device::flex().autodiff();
/// # let latent = LatentConfig::Gaussian { size: 2 };
/// # let config = VaeConfig { encoder: vec![8], decoder: vec![8], activation: Activation::Tanh, latent };
/// # let vae = config.init(4, 1, &device);
/// # let images = Tensor::<2>::from_floats([[1.0, 0.0, 1.0, 0.0], [0.0, 0.0, 1.0, 1.0]], &device);
/// # let eps = latent.noise(&mut Noise::new(1, Purpose::TrainingLatent, 1, 0), 2, &device);
/// let estimator = GradientEstimator::ScoreFunctionMovingAverage;
/// let objective = ObjectiveConfig { estimator, ..ObjectiveConfig::default() };
/// let Some(first) = EstimatorState::first(estimator, &vae, 1) else { panic!("it keeps a state") };
/// let (terms, pending) = first.terms(&vae, images, eps, (&objective, 0));
/// let next = pending.learn(&terms.loss().backward(), |network, _| network);
/// let (Some(estimate), EstimatorState::MovingAverage(average)) = (terms.estimate, next) else {
///     panic!("it stays what it is");
/// };
/// let [mean, average] = [estimate.value.mean(), average.value()].map(|value| value.into_scalar::<f32>());
/// assert!((average - mean).abs() < 1e-4);
/// ```
#[derive(Module, Debug)]
pub struct MovingAverage {
    /// `[1]`, without autodiff.
    sum: Param<Tensor<1>>,
    /// `[1]`, without autodiff.
    mass: Param<Tensor<1>>,
}

impl MovingAverage {
    pub(super) fn new(factory: &mut LinearFactory<'_>) -> Self {
        let mut zero = || factory.numbers(TensorData::new(vec![0.0_f32], [1]));
        Self { sum: zero(), mass: zero() }
    }

    /// The average, `[1]`.
    pub fn value(&self) -> Tensor<1> {
        // Before the first batch, 0 over the least mass there is.
        self.sum.val() / self.mass.val().clamp_min(f32::MIN_POSITIVE)
    }

    /// The average with one batch more, whatever its values `[batch, K]` are of.
    pub(super) fn follow(self, values: Tensor<2>) -> Self {
        let mean = values.inner().mean();
        Self {
            sum: self.sum.map(|sum| sum.mul_scalar(DECAY) + mean.mul_scalar(1.0 - DECAY)),
            mass: self.mass.map(|mass| mass.mul_scalar(DECAY) + (1.0 - DECAY)),
        }
    }
}

/// `b(x)`, from an image to a number: one hidden layer of 100 tanh units.
///
/// # Examples
/// It is trained beside the model, and has weights of its own: here for images of 4 pixels
/// (`vae` as on the [front page](crate)).
///
/// ```
/// # use burn::tensor::{Device, Tensor};
/// # use models::{Activation, LatentConfig, VaeConfig};
/// use burn::module::Module;
/// use models::{BaselineNetwork, EstimatorState, GradientEstimator};
///
/// # let device = Device::flex();
/// # let latent = LatentConfig::Gaussian { size: 2 };
/// # let config = VaeConfig { encoder: vec![8], decoder: vec![8], activation: Activation::Tanh, latent };
/// # let vae = config.init(4, 1, &device);
/// let state = EstimatorState::first(GradientEstimator::ScoreFunctionLearned, &vae, 1);
/// let network: Option<&BaselineNetwork> = state.as_ref().and_then(EstimatorState::network);
/// assert_eq!(network.map(Module::num_params), Some((4 + 1) * 100 + 100 + 1));
/// ```
#[derive(Module, Debug)]
pub struct BaselineNetwork {
    hidden: Mlp,
    output: Linear,
}

impl BaselineNetwork {
    pub(super) fn new(factory: &mut LinearFactory<'_>, pixels: usize) -> Self {
        Self { hidden: Mlp::new(factory, pixels, &[HIDDEN], Activation::Tanh), output: factory.linear(HIDDEN, 1) }
    }

    /// `[batch, pixels]` to `[batch, 1]`: it never sees a code.
    pub(super) fn forward(&self, images: Tensor<2>) -> Tensor<2> {
        affine(&self.output, self.hidden.forward(images))
    }
}

/// The baseline of NVIL (Mnih and Gregor 2014, section 2.3): a network of the image, and the moving average of what it leaves.
///
/// ```text
/// b = b_psi(x) + average of f - b_psi(x) over earlier batches;  psi descends (f - b)^2
/// ```
/// NVIL's division by `max(1, deviation)` is left out, since it scales the gradient and so changes its mean.
///
/// # Examples
/// A draw that the baseline has seen has no advantage left, by the `center` alone: the network stays here
/// (`vae`, `images` and `eps` as on the [front page](crate), on a device with autodiff).
///
/// ```
/// # use burn::tensor::{Device, Tensor};
/// # use distributions::{Noise, Purpose};
/// # use models::{Activation, GradientEstimator, LatentConfig, ObjectiveConfig, VaeConfig};
/// use models::{EstimatorState, LearnedBaseline};
///
/// # let device = Device::flex().autodiff();
/// # let latent = LatentConfig::Gaussian { size: 2 };
/// # let config = VaeConfig { encoder: vec![8], decoder: vec![8], activation: Activation::Tanh, latent };
/// # let vae = config.init(4, 1, &device);
/// # let images = Tensor::<2>::from_floats([[1.0, 0.0, 1.0, 0.0]], &device);
/// # let eps = latent.noise(&mut Noise::new(1, Purpose::TrainingLatent, 1, 0), 1, &device);
/// # let estimator = GradientEstimator::ScoreFunctionLearned;
/// # let objective = ObjectiveConfig { estimator, ..ObjectiveConfig::default() };
/// # let Some(first) = EstimatorState::first(estimator, &vae, 1) else { panic!("it keeps a state") };
/// // `objective` has the estimator `score-function-learned`, whose first state is `first`.
/// let step = |state: &EstimatorState| {
///     let (terms, pending) = state.terms(&vae, images.clone(), eps.clone(), (&objective, 0));
///     let next = pending.learn(&terms.loss().backward(), |network, _| network);
///     (next, terms.estimate.map_or(f32::NAN, |of| (of.target - of.value).abs().into_scalar::<f32>()))
/// };
/// let (next, advantage) = step(&first);
/// assert!(advantage > 0.1 && step(&next).1 < 1e-4);
/// let EstimatorState::Learned(LearnedBaseline { center, .. }) = next else { panic!("it stays what it is") };
/// assert_ne!(center.value().into_scalar::<f32>(), 0.0);
/// ```
#[derive(Module, Debug)]
pub struct LearnedBaseline {
    /// `b_psi`.
    pub network: BaselineNetwork,
    /// The average of `f - b_psi(x)`.
    pub center: MovingAverage,
}

impl LearnedBaseline {
    pub(super) fn new(factory: &mut LinearFactory<'_>, pixels: usize) -> Self {
        Self { network: BaselineNetwork::new(factory, pixels), center: MovingAverage::new(factory) }
    }
}

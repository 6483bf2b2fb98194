//! Two stochastic layers of Gaussians, `x -> h1 -> h2`: a latent whose prior is a model of its own.

use burn::module::Module;
use burn::tensor::Tensor;
use distributions::Gaussian;

use super::law::{Latent, Law};
use super::{GaussianLatent, LatentNoise};
use crate::linear::LinearFactory;
use crate::{Activation, Mlp};

/// The latent of Burda et al. (2016), section 5: `q(h1, h2 | x) = q(h1 | x) q(h2 | h1)` against `p(h1, h2) = p(h2) p(h1 | h2)`, where
/// `p(h2) = N(0, I)` and the rest are Gaussians with a diagonal covariance. The code, which the decoder sees, is `h1`.
#[derive(Module, Debug)]
pub(crate) struct StackedLatent {
    /// The heads of `q(h1 | x)`.
    pub(crate) lower: GaussianLatent,
    /// `q(h2 | h1)`.
    pub(crate) inference: Conditional,
    /// `p(h1 | h2)`.
    pub(crate) generation: Conditional,
}

/// A Gaussian over one layer given the other: hidden layers, and two linear heads.
///
/// # Examples
/// From 3 numbers of `h1` through layers of 5 and 4 units to the two heads of 2 numbers of `h2`.
///
/// ```
/// # use burn::tensor::{Device, Tensor};
/// use burn::module::Module;
/// use models::{Activation, LatentConfig, Pair, Posterior, Stacked, VaeConfig};
///
/// let latent = LatentConfig::Stacked { size: 3, upper: 2, hidden: [5, 4] };
/// let config = VaeConfig { encoder: vec![8], decoder: vec![8], activation: Activation::Tanh, latent };
/// # let images = Tensor::<2>::from_floats([[1.0, 0.0, 1.0, 0.0]], &Device::flex());
/// let posterior = config.init(4, 1, &images.device()).encode(images);
/// let Posterior::Stacked(Pair { q: Stacked::Posterior { upper, .. }, .. }) = posterior else {
///     panic!("the latent has two layers");
/// };
/// assert_eq!(upper.num_params(), (3 + 1) * 5 + (5 + 1) * 4 + 2 * (4 + 1) * 2);
/// ```
#[derive(Module, Debug)]
pub struct Conditional {
    pub(crate) hidden: Mlp,
    pub(crate) heads: GaussianLatent,
}

/// The sizes of a [`StackedLatent`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    pub(super) lower: usize,
    pub(super) upper: usize,
    /// From `h1` to `h2`; from `h2` to `h1` in reverse.
    pub(super) hidden: [usize; 2],
}

impl StackedLatent {
    pub(super) fn new(factory: &mut LinearFactory<'_>, d_input: usize, sizes: Sizes, activation: Activation) -> Self {
        let Sizes { lower, upper, hidden: [first, second] } = sizes;
        let mut conditional = |d_input, hidden: [usize; 2], size| Conditional {
            hidden: Mlp::new(factory, d_input, &hidden, activation),
            heads: GaussianLatent::new(factory, hidden[1], size),
        };
        let inference = conditional(lower, [first, second], upper);
        let generation = conditional(upper, [second, first], lower);
        Self { lower: GaussianLatent::new(factory, d_input, lower), inference, generation }
    }
}

impl Conditional {
    /// The law of one layer, given codes of the other.
    fn given(&self, codes: Tensor<2>) -> Gaussian<2> {
        self.heads.posterior(self.hidden.forward(codes))
    }

    /// The same weights, which no gradient reaches. One still passes through, to the codes that are given.
    fn stop(&self) -> Self {
        self.clone().no_grad()
    }
}

/// A law of both layers: the marginal of one, and the other given it. A draw is `[batch, h1 + h2]`.
///
/// # Examples
/// Noise is of both layers, a code is `h1` alone, and there is no divergence in closed form.
///
/// ```
/// # use burn::tensor::{Device, Tensor};
/// # use models::{Activation, LatentConfig, VaeConfig};
/// use models::{LatentNoise, Pair, Posterior, Stacked};
///
/// # let device = Device::flex();
/// # let latent = LatentConfig::Stacked { size: 3, upper: 2, hidden: [5, 4] };
/// # let config = VaeConfig { encoder: vec![8], decoder: vec![8], activation: Activation::Tanh, latent };
/// # let vae = config.init(4, 1, &device);
/// # let images = Tensor::<2>::from_floats([[1.0, 0.0, 1.0, 0.0]], &device);
/// // The latent of `vae` is `Stacked { size: 3, upper: 2, hidden: [5, 4] }`.
/// let posterior = vae.encode(images);
/// assert!(posterior.kl().is_none());
/// let codes = posterior.transform(LatentNoise::Free(Tensor::zeros([1, 3 + 2], &device)));
/// let Posterior::Stacked(Pair { q: Stacked::Posterior { lower, .. }, .. }) = posterior else {
///     panic!("the latent has two layers");
/// };
/// assert_eq!(codes.try_into_vec_as::<f32>()?, lower.loc().try_into_vec_as::<f32>()?);
/// # Ok::<(), burn::tensor::TensorReadError>(())
/// ```
#[derive(Debug, Clone)]
pub enum Stacked {
    /// `q(h1 | x) q(h2 | h1)`.
    Posterior {
        /// Over `[batch, h1]`.
        lower: Gaussian<2>,
        /// Of `h2`.
        upper: Conditional,
    },
    /// `p(h1 | h2) p(h2)`.
    Prior {
        /// Of `h1`.
        lower: Conditional,
        /// Over `[batch, h2]`.
        upper: Gaussian<2>,
    },
}

impl Stacked {
    /// The size of `h1`.
    fn lower_size(&self) -> usize {
        match self {
            Self::Posterior { lower, .. } => lower.loc().dims()[1],
            Self::Prior { lower, .. } => lower.heads.loc.weight.dims()[1],
        }
    }

    /// The location of `q(h2 | h1)` at the mean of `h1`, or of `p(h2)`, `[batch, h2]`.
    pub(super) fn upper_mean(&self) -> Tensor<2> {
        match self {
            Self::Posterior { lower, upper } => upper.given(lower.loc()).loc(),
            Self::Prior { upper, .. } => upper.loc(),
        }
    }

    /// Columns of both layers as `h1` and `h2`.
    fn split(&self, both: Tensor<2>) -> [Tensor<2>; 2] {
        let (lower, columns) = (self.lower_size(), both.dims()[1]);
        [both.clone().narrow(1, 0, lower), both.narrow(1, lower, columns - lower)]
    }
}

impl Law for Stacked {
    /// Noise of both layers, `[batch, h1 + h2]`.
    fn draw(&self, noise: LatentNoise) -> Tensor<2> {
        let [eps1, eps2] = self.split(noise.free()).map(LatentNoise::Free);
        let layers = match self {
            Self::Posterior { lower, upper } => {
                let h1 = lower.draw(eps1);
                let h2 = upper.given(h1.clone()).draw(eps2);
                [h1, h2]
            }
            Self::Prior { lower, upper } => {
                let h2 = upper.draw(eps2);
                let h1 = lower.given(h2.clone()).draw(eps1);
                [h1, h2]
            }
        };
        Tensor::cat(layers.to_vec(), 1)
    }

    /// `h1`.
    fn code(&self, drawn: Tensor<2>) -> Tensor<2> {
        let [h1, _] = self.split(drawn);
        h1
    }

    /// `log q(h1 | x) + log q(h2 | h1)`, or `log p(h2) + log p(h1 | h2)`.
    fn log_prob(&self, drawn: Tensor<2>) -> Tensor<1> {
        let [h1, h2] = self.split(drawn);
        match self {
            Self::Posterior { lower, upper } => Law::log_prob(lower, h1.clone()) + Law::log_prob(&upper.given(h1), h2),
            Self::Prior { lower, upper } => Law::log_prob(upper, h2.clone()) + Law::log_prob(&lower.given(h2), h1),
        }
    }

    /// None: `q(h2 | h1)` and `p(h1 | h2)` are not linear.
    fn kl(&self, _: &Self) -> Option<Tensor<1>> {
        None
    }

    /// `E_q[h1]`. Of the prior it is `E[h1 | h2]` at the mean of `h2`, for want of a closed form.
    fn mean(&self) -> Tensor<2> {
        match self {
            Self::Posterior { lower, .. } => lower.loc(),
            Self::Prior { lower, upper } => lower.given(upper.loc()).loc(),
        }
    }

    fn repeat(&self, count: usize) -> Self {
        match self {
            Self::Posterior { lower, upper } => Self::Posterior { lower: lower.repeat(count), upper: upper.clone() },
            Self::Prior { lower, upper } => Self::Prior { lower: lower.clone(), upper: upper.repeat(count) },
        }
    }

    /// The weights of `q(h2 | h1)` are stopped and `h1` is not: `log q(h2 | h1)` depends on it, and a path derivative that forgets so is
    /// not zero at the exact posterior (trap D9).
    fn stop(&self) -> Self {
        match self {
            Self::Posterior { lower, upper } => Self::Posterior { lower: lower.stop(), upper: upper.stop() },
            Self::Prior { lower, upper } => Self::Prior { lower: lower.stop(), upper: upper.stop() },
        }
    }
}

impl Latent for StackedLatent {
    type Law = Stacked;

    fn posterior(&self, hidden: Tensor<2>) -> Stacked {
        Stacked::Posterior { lower: self.lower.posterior(hidden), upper: self.inference.clone() }
    }

    fn prior(&self, count: usize) -> Stacked {
        Stacked::Prior { lower: self.generation.clone(), upper: self.inference.heads.prior(count) }
    }
}

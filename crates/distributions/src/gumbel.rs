//! The Gumbel distribution of maxima, from its location and scale.

use burn::tensor::Tensor;

use crate::parameters::{finite, inner_uniform, positive, same_shape, uniform_like};
use crate::special::ln_gamma;
use crate::{
    Distribution, DistributionError, Entropy, KlDivergence, Moments, Noise, NoiseTransform, Reparameterized, sum_events,
};

/// Euler's constant, the mean of a standard Gumbel.
const EULER: f64 = 0.577_215_664_901_532_9;

/// `Gumbel(loc, scale)`, with distribution function `exp(-exp(-(x - loc) / scale))`, over values `[batch, event..]`.
///
/// # Examples
/// The largest of several Gumbels picks a class with the probability whose logarithm is its location:
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use distributions::{Distribution, Gumbel, Noise, Purpose, one_hot_argmax};
///
/// let p = Tensor::<2>::from_floats([[0.2, 0.3, 0.5]], &Device::flex());
/// let loc = p.clone().log().expand([10_000, 3]);
/// let scores = Gumbel::from_log_scale(loc.clone(), loc.zeros_like());
/// let classes = one_hot_argmax(scores.sample(&mut Noise::new(1, Purpose::Test, 0, 0)));
/// let frequencies = classes.mean_dim(0);
/// assert!((frequencies - p).abs().max().into_scalar::<f32>() < 0.02);
/// ```
#[derive(Debug, Clone)]
pub struct Gumbel<const D: usize> {
    loc: Tensor<D>,
    log_scale: Tensor<D>,
}

/// A standard Gumbel for each uniform: `g = -log(-log u)`, finite for every `u` in `[0, 1]`. At 0 it would be minus infinity,
/// and at 1 plus infinity, which makes a softmax NaN (trap D22); an epsilon inside the logarithms would shift every draw,
/// and vanishes in `f32` next to 1.
pub(crate) fn standard_gumbel<const D: usize>(uniform: Tensor<D>) -> Tensor<D> {
    -(-inner_uniform(uniform).log()).log()
}

impl<const D: usize> Gumbel<D> {
    /// Gumbels from `loc` and `scale`, both `[batch, event..]`.
    ///
    /// # Errors
    /// When the shapes differ, a location is not finite, or a scale is not positive and finite. The check reads both
    /// tensors back to the host; training code uses [`from_log_scale`](Self::from_log_scale).
    pub fn new(loc: Tensor<D>, scale: Tensor<D>) -> Result<Self, DistributionError> {
        same_shape(&loc, &scale)?;
        finite(&loc, "loc of a Gumbel")?;
        positive(&scale, "scale of a Gumbel", "use `Gumbel::from_log_scale` to learn it unconstrained")?;
        Ok(Self::from_log_scale(loc, scale.log()))
    }

    /// Gumbels from `loc` and `log_scale = ln(scale)`, both `[batch, event..]`: any finite values are valid.
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn from_log_scale(loc: Tensor<D>, log_scale: Tensor<D>) -> Self {
        assert_eq!(loc.dims(), log_scale.dims(), "loc and log_scale must share one shape");
        Self { loc, log_scale }
    }

    /// The locations, `[batch, event..]`.
    pub fn loc(&self) -> Tensor<D> {
        self.loc.clone()
    }

    /// The scales, `[batch, event..]`.
    pub fn scale(&self) -> Tensor<D> {
        self.log_scale().exp()
    }

    /// The logarithms of the scales, `[batch, event..]`.
    pub fn log_scale(&self) -> Tensor<D> {
        self.log_scale.clone()
    }
}

impl<const D: usize> Distribution<D> for Gumbel<D> {
    fn sample(&self, noise: &mut Noise) -> Tensor<D> {
        self.rsample(noise).detach()
    }

    /// `log p(x) = sum_i -(y_i + exp(-y_i)) - ln scale_i`, `y = (x - loc) / scale`.
    fn log_prob(&self, value: Tensor<D>) -> Tensor<1> {
        let standard = (value - self.loc()) * (-self.log_scale()).exp();
        sum_events(-(standard.clone() + (-standard).exp()) - self.log_scale())
    }
}

impl<const D: usize> Reparameterized<D> for Gumbel<D> {
    fn rsample(&self, noise: &mut Noise) -> Tensor<D> {
        self.transform(self.noise(noise))
    }
}

impl<const D: usize> NoiseTransform<D> for Gumbel<D> {
    /// Uniforms in (0, 1).
    fn noise(&self, noise: &mut Noise) -> Tensor<D> {
        uniform_like(&self.loc, noise)
    }

    /// `x = loc - scale log(-log u)`, the inverse distribution function; finite for every `u` in `[0, 1]` (trap D22).
    ///
    /// The grid of `u` ends `2^-24` from 0 and from 1, and so `(x - loc) / scale` at -2.81 and at 16.6.
    fn transform(&self, eps: Tensor<D>) -> Tensor<D> {
        self.loc() + self.scale() * standard_gumbel(eps)
    }
}

impl<const D: usize> Moments<D> for Gumbel<D> {
    /// `loc + scale gamma`, with Euler's constant `gamma = 0.5772`.
    fn mean(&self) -> Tensor<D> {
        self.loc() + self.scale().mul_scalar(EULER)
    }

    /// `(pi scale)^2 / 6`.
    fn variance(&self) -> Tensor<D> {
        self.log_scale().mul_scalar(2.0).exp().mul_scalar(std::f64::consts::PI.powi(2) / 6.0)
    }
}

impl<const D: usize> Entropy for Gumbel<D> {
    /// `H = sum_i ln scale_i + gamma + 1`.
    fn entropy(&self) -> Tensor<1> {
        sum_events(self.log_scale() + (EULER + 1.0))
    }
}

impl<const D: usize> KlDivergence for Gumbel<D> {
    /// `KL(q || p) = sum_i ln(b_p / b_q) + gamma (r - 1) - 1 + d + exp(ln Gamma(1 + r) - d)`, with the scales `b`,
    /// `r = b_q / b_p` and `d = (loc_q - loc_p) / b_p`.
    fn kl_divergence(&self, p: &Self) -> Tensor<1> {
        let log_ratio = self.log_scale() - p.log_scale();
        let ratio = log_ratio.clone().exp();
        let distance = (self.loc() - p.loc()) * (-p.log_scale()).exp();
        let last = (ln_gamma(ratio.clone() + 1.0) - distance.clone()).exp();
        sum_events(-log_ratio + (ratio - 1.0).mul_scalar(EULER) - 1.0 + distance + last)
    }
}

#[cfg(test)]
mod tests;

//! The Gaussian with a diagonal covariance.

use burn::tensor::Tensor;

use crate::parameters::{finite, positive, same_shape};
use crate::{
    Distribution, DistributionError, Entropy, KlDivergence, Moments, Noise, NoiseTransform, Reparameterized, sum_events,
};

/// `ln(2 pi) / 2`, the constant of a Gaussian's log-density.
const HALF_LN_TWO_PI: f64 = 0.918_938_533_204_672_7;

/// `N(loc, diag(scale^2))`, over values `[batch, event..]`.
///
/// The scale is kept as its logarithm, so that no scale underflows and log-densities need no logarithm.
///
/// # Examples
/// ```
/// use burn::tensor::{Device, Tensor};
/// use distributions::{Distribution, Gaussian, NoiseTransform};
///
/// let device = Device::flex();
/// let [loc, scale] = [[[1.0, -1.0]], [[0.5, 2.0]]].map(|values| Tensor::<2>::from_floats(values, &device));
/// let q = Gaussian::new(loc.clone(), scale)?;
/// // One standard deviation above the mean of each event.
/// let z = q.transform(Tensor::ones([1, 2], &device));
/// assert_eq!(z.clone().try_into_vec_as::<f32>()?, [1.5, 1.0]);
/// // There the density is exp(-1/2) of its peak in each of the two: 1 nat lower.
/// let drop = (q.log_prob(loc) - q.log_prob(z)).into_scalar::<f32>();
/// assert!((drop - 1.0).abs() < 1e-5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Gaussian<const D: usize> {
    loc: Tensor<D>,
    log_scale: Tensor<D>,
}

impl<const D: usize> Gaussian<D> {
    /// A Gaussian from `loc` and `scale`, both `[batch, event..]`.
    ///
    /// # Errors
    /// When the shapes differ, a location is not finite, or a scale is not positive and finite. The check reads both
    /// tensors back to the host; training code uses [`from_log_scale`](Self::from_log_scale).
    pub fn new(loc: Tensor<D>, scale: Tensor<D>) -> Result<Self, DistributionError> {
        same_shape(&loc, &scale)?;
        finite(&loc, "loc of a Gaussian")?;
        positive(&scale, "scale of a Gaussian", "use `Gaussian::from_log_scale` to learn it unconstrained")?;
        Ok(Self::from_log_scale(loc, scale.log()))
    }

    /// A Gaussian from `loc` and `log_scale = ln(scale)`, both `[batch, event..]`: any finite values are valid.
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn from_log_scale(loc: Tensor<D>, log_scale: Tensor<D>) -> Self {
        assert_eq!(loc.dims(), log_scale.dims(), "loc and log_scale must share one shape");
        Self { loc, log_scale }
    }

    /// A Gaussian from `loc` and `log_variance = 2 ln(scale)`, both `[batch, event..]` (Kingma and Welling, 2014).
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn from_log_variance(loc: Tensor<D>, log_variance: Tensor<D>) -> Self {
        Self::from_log_scale(loc, log_variance.mul_scalar(0.5))
    }

    /// `N(0, I)` with the shape and the device of `like`.
    pub fn standard_like(like: &Tensor<D>) -> Self {
        Self::from_log_scale(like.zeros_like(), like.zeros_like())
    }

    /// The locations, `[batch, event..]`.
    pub fn loc(&self) -> Tensor<D> {
        self.loc.clone()
    }

    /// The standard deviations, `[batch, event..]`.
    pub fn scale(&self) -> Tensor<D> {
        self.log_scale.clone().exp()
    }

    /// The logarithms of the standard deviations, `[batch, event..]`.
    pub fn log_scale(&self) -> Tensor<D> {
        self.log_scale.clone()
    }
}

impl<const D: usize> Distribution<D> for Gaussian<D> {
    fn sample(&self, noise: &mut Noise) -> Tensor<D> {
        self.rsample(noise).detach()
    }

    /// `log p(x) = sum_i -1/2 ((x_i - loc_i) / scale_i)^2 - ln scale_i - 1/2 ln(2 pi)`.
    fn log_prob(&self, value: Tensor<D>) -> Tensor<1> {
        let standard = (value - self.loc()) * (-self.log_scale()).exp();
        sum_events(-standard.powi_scalar(2).mul_scalar(0.5) - self.log_scale() - HALF_LN_TWO_PI)
    }
}

impl<const D: usize> Reparameterized<D> for Gaussian<D> {
    fn rsample(&self, noise: &mut Noise) -> Tensor<D> {
        self.transform(self.noise(noise))
    }
}

impl<const D: usize> NoiseTransform<D> for Gaussian<D> {
    /// Standard normals.
    fn noise(&self, noise: &mut Noise) -> Tensor<D> {
        noise.normal(self.loc.dims(), &self.loc.device()).cast(self.loc.dtype())
    }

    /// `z = loc + scale * eps` (Kingma and Welling 2014, section 2.4).
    fn transform(&self, eps: Tensor<D>) -> Tensor<D> {
        self.loc() + self.scale() * eps
    }
}

impl<const D: usize> Moments<D> for Gaussian<D> {
    /// `loc`.
    fn mean(&self) -> Tensor<D> {
        self.loc()
    }

    /// `scale^2`.
    fn variance(&self) -> Tensor<D> {
        self.log_scale().mul_scalar(2.0).exp()
    }
}

impl<const D: usize> Entropy for Gaussian<D> {
    /// `H = sum_i ln scale_i + 1/2 (1 + ln(2 pi))`.
    fn entropy(&self) -> Tensor<1> {
        sum_events(self.log_scale() + (HALF_LN_TWO_PI + 0.5))
    }
}

impl<const D: usize> KlDivergence for Gaussian<D> {
    /// `KL(q || p) = sum_i 1/2 [((loc_q - loc_p) / scale_p)^2 + (exp(d) - 1 - d)]`, `d = 2 (ln scale_q - ln scale_p)`.
    ///
    /// Against `N(0, I)` it is the closed form of Kingma and Welling (2014), appendix B. The bracket uses
    /// `expm1(d) = tanh(d / 2) (exp(d) + 1)`, since `exp(d) - 1` cancels where `d` is near 0, as it is for every latent
    /// that the decoder ignores (trap D7).
    fn kl_divergence(&self, p: &Self) -> Tensor<1> {
        let standard = (self.loc() - p.loc()) * (-p.log_scale()).exp();
        let d = (self.log_scale() - p.log_scale()).mul_scalar(2.0);
        let expm1 = d.clone().mul_scalar(0.5).tanh() * (d.clone().exp() + 1.0);
        sum_events((standard.powi_scalar(2) + (expm1 - d)).mul_scalar(0.5))
    }
}

#[cfg(test)]
mod tests;

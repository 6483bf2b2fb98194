//! The log-normal distribution, from the location and scale of its logarithm.

use burn::tensor::Tensor;

use crate::parameters::{expm1, finite, positive, same_shape, sum_inside};
use crate::{
    Distribution, DistributionError, Entropy, Gaussian, KlDivergence, Moments, Noise, NoiseTransform, Reparameterized,
    sum_events,
};

/// `ln(2 pi) / 2`, the constant of a Gaussian's log-density.
const HALF_LN_TWO_PI: f64 = 0.918_938_533_204_672_7;

/// `LogNormal(loc, scale)`: values `x > 0`, `[batch, event..]`, with `ln x ~ N(loc, scale^2)`.
///
/// # Examples
/// ```
/// use burn::tensor::{Device, Tensor};
/// use distributions::{Gaussian, KlDivergence, LogNormal, Moments, NoiseTransform};
///
/// let zero = Tensor::<2>::zeros([1, 1], &Device::flex());
/// let q = LogNormal::from_log_scale(zero.clone(), zero.clone());
/// // The median is exp(loc); the mean lies above it, at exp(loc + scale^2 / 2).
/// assert_eq!(q.transform(zero.clone()).into_scalar::<f32>(), 1.0);
/// assert!((q.mean().into_scalar::<f32>() - 0.5_f32.exp()).abs() < 1e-5);
/// // A divergence is that of the Gaussians of the logarithms.
/// let p = LogNormal::from_log_scale(zero.clone() + 3.0, zero.clone());
/// let of_logs = Gaussian::from_log_scale(zero.clone(), zero.clone()).kl_divergence(p.log());
/// assert_eq!(q.kl_divergence(&p).into_scalar::<f32>(), of_logs.into_scalar::<f32>());
/// ```
#[derive(Debug, Clone)]
pub struct LogNormal<const D: usize> {
    log: Gaussian<D>,
}

impl<const D: usize> LogNormal<D> {
    /// Log-normal variables from `loc` and `scale`, both `[batch, event..]`, those of `ln x`.
    ///
    /// # Errors
    /// When the shapes differ, a location is not finite, or a scale is not positive and finite. The check reads both
    /// tensors back to the host; training code uses [`from_log_scale`](Self::from_log_scale).
    pub fn new(loc: Tensor<D>, scale: Tensor<D>) -> Result<Self, DistributionError> {
        same_shape(&loc, &scale)?;
        finite(&loc, "loc of a log-normal variable")?;
        positive(
            &scale,
            "scale of a log-normal variable",
            "use `LogNormal::from_log_scale` to learn it unconstrained",
        )?;
        Ok(Self::from_log_scale(loc, scale.log()))
    }

    /// Log-normal variables from `loc` and `log_scale = ln(scale)`, both `[batch, event..]`: any finite values are valid.
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn from_log_scale(loc: Tensor<D>, log_scale: Tensor<D>) -> Self {
        Self { log: Gaussian::from_log_scale(loc, log_scale) }
    }

    /// The Gaussian of `ln x`.
    pub fn log(&self) -> &Gaussian<D> {
        &self.log
    }

    /// `scale^2`.
    fn squared_scale(&self) -> Tensor<D> {
        self.log.log_scale().mul_scalar(2.0).exp()
    }
}

impl<const D: usize> Distribution<D> for LogNormal<D> {
    fn sample(&self, noise: &mut Noise) -> Tensor<D> {
        self.rsample(noise).detach()
    }

    /// `log p(x) = sum_i -1/2 ((ln x_i - loc_i) / scale_i)^2 - ln scale_i - 1/2 ln(2 pi) - ln x_i`: the last term is the
    /// Jacobian (trap D30). Minus infinity where any `x_i <= 0`, with no gradient from there.
    fn log_prob(&self, value: Tensor<D>) -> Tensor<1> {
        let outside = value.clone().greater_elem(0.0).bool_not();
        let log_value = value.mask_fill(outside.clone(), 1.0).log();
        let standard = (log_value.clone() - self.log.loc()) * (-self.log.log_scale()).exp();
        let of_log = -standard.powi_scalar(2).mul_scalar(0.5) - self.log.log_scale() - HALF_LN_TWO_PI;
        sum_inside(of_log - log_value, outside)
    }
}

impl<const D: usize> Reparameterized<D> for LogNormal<D> {
    fn rsample(&self, noise: &mut Noise) -> Tensor<D> {
        self.transform(self.noise(noise))
    }
}

impl<const D: usize> NoiseTransform<D> for LogNormal<D> {
    /// Standard normals.
    fn noise(&self, noise: &mut Noise) -> Tensor<D> {
        self.log.noise(noise)
    }

    /// `x = exp(loc + scale * eps)`.
    fn transform(&self, eps: Tensor<D>) -> Tensor<D> {
        self.log.transform(eps).exp()
    }
}

impl<const D: usize> Moments<D> for LogNormal<D> {
    /// `exp(loc + scale^2 / 2)`.
    fn mean(&self) -> Tensor<D> {
        (self.log.loc() + self.squared_scale().mul_scalar(0.5)).exp()
    }

    /// `(exp(scale^2) - 1) exp(2 loc + scale^2)`.
    fn variance(&self) -> Tensor<D> {
        expm1(self.squared_scale()) * (self.log.loc().mul_scalar(2.0) + self.squared_scale()).exp()
    }
}

impl<const D: usize> Entropy for LogNormal<D> {
    /// `H = sum_i loc_i + ln scale_i + 1/2 (1 + ln(2 pi))`.
    fn entropy(&self) -> Tensor<1> {
        self.log.entropy() + sum_events(self.log.loc())
    }
}

impl<const D: usize> KlDivergence for LogNormal<D> {
    /// That of the Gaussians of the logarithms: a divergence does not change under a map that can be undone.
    fn kl_divergence(&self, p: &Self) -> Tensor<1> {
        self.log.kl_divergence(&p.log)
    }
}

#[cfg(test)]
mod tests;

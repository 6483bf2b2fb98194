//! The logit-normal distribution over (0, 1), from the location and scale of its logit.

use burn::tensor::{Tensor, activation};

use crate::parameters::{finite, open_unit, positive, same_shape, sum_inside};
use crate::{Distribution, DistributionError, Gaussian, KlDivergence, Noise, NoiseTransform, Reparameterized};

/// `ln(2 pi) / 2`, the constant of a Gaussian's log-density.
const HALF_LN_TWO_PI: f64 = 0.918_938_533_204_672_7;

/// `LogitNormal(loc, scale)`: values `0 < x < 1`, `[batch, event..]`, with `ln(x / (1 - x)) ~ N(loc, scale^2)`.
///
/// Mean, variance and entropy have no closed form.
///
/// # Examples
/// ```
/// use burn::tensor::{Device, Tensor};
/// use distributions::{Distribution, LogitNormal, NoiseTransform};
///
/// let filled = |x: f32| Tensor::<2>::from_floats([[x]], &Device::flex());
/// let q = LogitNormal::new(filled(0.0), filled(3.0))?;
/// // Wide on the logit scale, it has two peaks, near 0 and near 1, which are as high.
/// let at = |x: f32| q.log_prob(filled(x)).into_scalar::<f32>();
/// assert!(at(0.01) > at(0.5) && (at(0.01) - at(0.99)).abs() < 1e-4);
/// // A draw far out rounds to 1; its logit does not.
/// assert_eq!(q.transform(filled(10.0)).into_scalar::<f32>(), 1.0);
/// assert_eq!(q.logit().transform(filled(10.0)).into_scalar::<f32>(), 30.0);
/// # Ok::<(), distributions::DistributionError>(())
/// ```
#[derive(Debug, Clone)]
pub struct LogitNormal<const D: usize> {
    logit: Gaussian<D>,
}

impl<const D: usize> LogitNormal<D> {
    /// Logit-normal variables from `loc` and `scale`, both `[batch, event..]`, those of the logit.
    ///
    /// # Errors
    /// When the shapes differ, a location is not finite, or a scale is not positive and finite. The check reads both
    /// tensors back to the host; training code uses [`from_log_scale`](Self::from_log_scale).
    pub fn new(loc: Tensor<D>, scale: Tensor<D>) -> Result<Self, DistributionError> {
        same_shape(&loc, &scale)?;
        finite(&loc, "loc of a logit-normal variable")?;
        positive(
            &scale,
            "scale of a logit-normal variable",
            "use `LogitNormal::from_log_scale` to learn it unconstrained",
        )?;
        Ok(Self::from_log_scale(loc, scale.log()))
    }

    /// Logit-normal variables from `loc` and `log_scale = ln(scale)`, both `[batch, event..]`: any finite values are valid.
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn from_log_scale(loc: Tensor<D>, log_scale: Tensor<D>) -> Self {
        Self { logit: Gaussian::from_log_scale(loc, log_scale) }
    }

    /// The Gaussian of the logit: its draws stay finite where `x` rounds to 0 or 1.
    pub fn logit(&self) -> &Gaussian<D> {
        &self.logit
    }
}

impl<const D: usize> Distribution<D> for LogitNormal<D> {
    fn sample(&self, noise: &mut Noise) -> Tensor<D> {
        self.rsample(noise).detach()
    }

    /// `log p(x) = sum_i -1/2 ((logit x_i - loc_i) / scale_i)^2 - ln scale_i - 1/2 ln(2 pi) - ln x_i - ln(1 - x_i)`.
    ///
    /// Minus infinity outside the open interval, with no gradient from there. A draw that has rounded to 0 or 1 counts as
    /// outside.
    fn log_prob(&self, value: Tensor<D>) -> Tensor<1> {
        let (outside, inside) = open_unit(value);
        let (log_one, log_zero) = (inside.clone().log(), (-inside).log1p());
        let logit = log_one.clone() - log_zero.clone();
        let standard = (logit - self.logit.loc()) * (-self.logit.log_scale()).exp();
        let of_logit = -standard.powi_scalar(2).mul_scalar(0.5) - self.logit.log_scale() - HALF_LN_TWO_PI;
        sum_inside(of_logit - log_one - log_zero, outside)
    }
}

impl<const D: usize> Reparameterized<D> for LogitNormal<D> {
    fn rsample(&self, noise: &mut Noise) -> Tensor<D> {
        self.transform(self.noise(noise))
    }
}

impl<const D: usize> NoiseTransform<D> for LogitNormal<D> {
    /// Standard normals.
    fn noise(&self, noise: &mut Noise) -> Tensor<D> {
        self.logit.noise(noise)
    }

    /// `x = sigmoid(loc + scale * eps)`.
    fn transform(&self, eps: Tensor<D>) -> Tensor<D> {
        activation::sigmoid(self.logit.transform(eps))
    }
}

impl<const D: usize> KlDivergence for LogitNormal<D> {
    /// That of the Gaussians of the logits: a divergence does not change under a map that can be undone.
    fn kl_divergence(&self, p: &Self) -> Tensor<1> {
        self.logit.kl_divergence(&p.logit)
    }
}

#[cfg(test)]
mod tests;

//! The Laplace distribution, from its location and scale.

use burn::tensor::Tensor;

use crate::parameters::{expm1_minus, finite, inner_uniform, positive, same_shape, uniform_like};
use crate::{
    Distribution, DistributionError, Entropy, KlDivergence, Moments, Noise, NoiseTransform, Reparameterized, sum_events,
};

/// `Laplace(loc, scale)`, with density `exp(-|x - loc| / scale) / (2 scale)`, over values `[batch, event..]`.
///
/// # Examples
/// ```
/// use burn::tensor::{Device, Tensor};
/// use distributions::{Distribution, Laplace, NoiseTransform};
///
/// let device = Device::flex();
/// let [loc, scale] = [1.0, 2.0].map(|x| Tensor::<2>::from_floats([[x]], &device));
/// let prior = Laplace::new(loc, scale)?;
/// // Half of the values lie within ln 2 scales of the location: that is where the upper quartile is.
/// let quartile = prior.transform(Tensor::from_floats([[0.75]], &device));
/// assert!((quartile.into_scalar::<f32>() - (1.0 + 2.0 * 2.0_f32.ln())).abs() < 1e-5);
/// // The log-density falls by 1 nat a scale, however far out.
/// let at = |x: f32| prior.log_prob(Tensor::from_floats([[x]], &device)).into_scalar::<f32>();
/// assert!((at(101.0) - at(103.0) - 1.0).abs() < 1e-5);
/// # Ok::<(), distributions::DistributionError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Laplace<const D: usize> {
    loc: Tensor<D>,
    log_scale: Tensor<D>,
}

impl<const D: usize> Laplace<D> {
    /// Laplace variables from `loc` and `scale`, both `[batch, event..]`.
    ///
    /// # Errors
    /// When the shapes differ, a location is not finite, or a scale is not positive and finite. The check reads both
    /// tensors back to the host; training code uses [`from_log_scale`](Self::from_log_scale).
    pub fn new(loc: Tensor<D>, scale: Tensor<D>) -> Result<Self, DistributionError> {
        same_shape(&loc, &scale)?;
        finite(&loc, "loc of a Laplace variable")?;
        positive(&scale, "scale of a Laplace variable", "use `Laplace::from_log_scale` to learn it unconstrained")?;
        Ok(Self::from_log_scale(loc, scale.log()))
    }

    /// Laplace variables from `loc` and `log_scale = ln(scale)`, both `[batch, event..]`: any finite values are valid.
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

impl<const D: usize> Distribution<D> for Laplace<D> {
    fn sample(&self, noise: &mut Noise) -> Tensor<D> {
        self.rsample(noise).detach()
    }

    /// `log p(x) = sum_i -|x_i - loc_i| / scale_i - ln(2 scale_i)`.
    fn log_prob(&self, value: Tensor<D>) -> Tensor<1> {
        let distance = (value - self.loc()).abs() * (-self.log_scale()).exp();
        sum_events(-distance - self.log_scale() - std::f64::consts::LN_2)
    }
}

impl<const D: usize> Reparameterized<D> for Laplace<D> {
    fn rsample(&self, noise: &mut Noise) -> Tensor<D> {
        self.transform(self.noise(noise))
    }
}

impl<const D: usize> NoiseTransform<D> for Laplace<D> {
    /// Uniforms in (0, 1).
    fn noise(&self, noise: &mut Noise) -> Tensor<D> {
        uniform_like(&self.loc, noise)
    }

    /// `x = loc - scale sign(u - 1/2) ln(2 min(u, 1 - u))`, the inverse distribution function; finite for every `u` in
    /// `[0, 1]`. The grid of `u` ends `2^-24` from 0 and from 1, and so `|x - loc| / scale` at 15.9.
    fn transform(&self, eps: Tensor<D>) -> Tensor<D> {
        let u = inner_uniform(eps);
        let nearest = u.clone().min_pair(-u.clone() + 1.0);
        self.loc() - self.scale() * (u - 0.5).sign() * nearest.mul_scalar(2.0).log()
    }
}

impl<const D: usize> Moments<D> for Laplace<D> {
    /// `loc`.
    fn mean(&self) -> Tensor<D> {
        self.loc()
    }

    /// `2 scale^2`.
    fn variance(&self) -> Tensor<D> {
        self.log_scale().mul_scalar(2.0).exp().mul_scalar(2.0)
    }
}

impl<const D: usize> Entropy for Laplace<D> {
    /// `H = sum_i 1 + ln(2 scale_i)`.
    fn entropy(&self) -> Tensor<1> {
        sum_events(self.log_scale() + (1.0 + std::f64::consts::LN_2))
    }
}

impl<const D: usize> KlDivergence for Laplace<D> {
    /// `KL(q || p) = sum_i (r - 1 - ln r) + r (exp(-d) - 1 + d)` with the scales `b`, `r = b_q / b_p` and
    /// `d = |loc_q - loc_p| / b_q`.
    fn kl_divergence(&self, p: &Self) -> Tensor<1> {
        let log_ratio = self.log_scale() - p.log_scale();
        let distance = (self.loc() - p.loc()).abs() * (-self.log_scale()).exp();
        sum_events(expm1_minus(log_ratio.clone()) + log_ratio.exp() * expm1_minus(-distance))
    }
}

#[cfg(test)]
mod tests;

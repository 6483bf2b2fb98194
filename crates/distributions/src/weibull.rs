//! The Weibull distribution, from its concentration and scale.

use burn::tensor::Tensor;

use crate::parameters::{expm1, inner_uniform, positive, same_shape, sum_inside, uniform_like};
use crate::special::{host, ln_gamma, unary};
use crate::{
    Distribution, DistributionError, Entropy, KlDivergence, Moments, Noise, NoiseTransform, Reparameterized, sum_events,
};

/// Euler's constant.
const EULER: f64 = 0.577_215_664_901_532_9;

/// `Weibull(concentration, scale)`, with distribution function `1 - exp(-(x / scale)^k)`, `k = concentration`, over values
/// `x > 0`, `[batch, event..]`.
///
/// Both parameters are kept as logarithms, which a network can learn unconstrained.
///
/// # Examples
/// ```
/// use burn::tensor::{Device, Tensor};
/// use distributions::{Distribution, Exponential, Moments, Weibull};
///
/// let filled = |x: f32| Tensor::<2>::from_floats([[x]], &Device::flex());
/// // With concentration 1 nothing ages: an exponential of rate 1 / scale.
/// let ageless = Weibull::new(filled(1.0), filled(2.0))?.log_prob(filled(3.0));
/// let exponential = Exponential::new(filled(0.5))?.log_prob(filled(3.0));
/// assert!((ageless - exponential).into_scalar::<f32>().abs() < 1e-5);
/// // With concentration 2 it is Rayleigh's law, of mean scale sqrt(pi) / 2.
/// let rayleigh = Weibull::new(filled(2.0), filled(2.0))?;
/// assert!((rayleigh.mean().into_scalar::<f32>() - std::f32::consts::PI.sqrt()).abs() < 1e-5);
/// # Ok::<(), distributions::DistributionError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Weibull<const D: usize> {
    log_concentration: Tensor<D>,
    log_scale: Tensor<D>,
}

impl<const D: usize> Weibull<D> {
    /// Weibull variables from `concentration` (the shape) and `scale`, both `[batch, event..]`.
    ///
    /// # Errors
    /// When the shapes differ, or an entry is not positive and finite. The check reads both tensors back to the host;
    /// training code uses [`from_logs`](Self::from_logs).
    pub fn new(concentration: Tensor<D>, scale: Tensor<D>) -> Result<Self, DistributionError> {
        let mend = "use `Weibull::from_logs` to learn it unconstrained";
        same_shape(&concentration, &scale)?;
        positive(&concentration, "concentration of a Weibull variable", mend)?;
        positive(&scale, "scale of a Weibull variable", mend)?;
        Ok(Self::from_logs(concentration.log(), scale.log()))
    }

    /// Weibull variables from the logarithms of both parameters, `[batch, event..]`: any finite values are valid.
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn from_logs(log_concentration: Tensor<D>, log_scale: Tensor<D>) -> Self {
        assert_eq!(log_concentration.dims(), log_scale.dims(), "both parameters must share one shape");
        Self { log_concentration, log_scale }
    }

    /// The concentrations `k`, `[batch, event..]`.
    pub fn concentration(&self) -> Tensor<D> {
        self.log_concentration.clone().exp()
    }

    /// The logarithms of the scales, `[batch, event..]`.
    pub fn log_scale(&self) -> Tensor<D> {
        self.log_scale.clone()
    }

    /// `1 / k`.
    fn inverse_concentration(&self) -> Tensor<D> {
        (-self.log_concentration.clone()).exp()
    }
}

impl<const D: usize> Distribution<D> for Weibull<D> {
    fn sample(&self, noise: &mut Noise) -> Tensor<D> {
        self.rsample(noise).detach()
    }

    /// `log p(x) = sum_i ln k - ln scale + (k - 1) y - exp(k y)`, `y = ln x - ln scale`; minus infinity where any `x_i <= 0`,
    /// with no gradient from there.
    fn log_prob(&self, value: Tensor<D>) -> Tensor<1> {
        let outside = value.clone().greater_elem(0.0).bool_not();
        let y = value.mask_fill(outside.clone(), 1.0).log() - self.log_scale();
        let power = self.concentration() * y.clone();
        let density = self.log_concentration.clone() - self.log_scale() + power.clone() - y - power.exp();
        sum_inside(density, outside)
    }
}

impl<const D: usize> Reparameterized<D> for Weibull<D> {
    fn rsample(&self, noise: &mut Noise) -> Tensor<D> {
        self.transform(self.noise(noise))
    }
}

impl<const D: usize> NoiseTransform<D> for Weibull<D> {
    /// Uniforms in (0, 1).
    fn noise(&self, noise: &mut Noise) -> Tensor<D> {
        uniform_like(&self.log_scale, noise)
    }

    /// `x = scale (-log(1 - u))^(1 / k)`, the inverse distribution function; finite, with a finite gradient, for every `u` in
    /// `[0, 1]`.
    fn transform(&self, eps: Tensor<D>) -> Tensor<D> {
        let log_exponential = (-(-inner_uniform(eps)).log1p()).log();
        (self.log_scale() + log_exponential * self.inverse_concentration()).exp()
    }
}

impl<const D: usize> Moments<D> for Weibull<D> {
    /// `scale Gamma(1 + 1 / k)`.
    fn mean(&self) -> Tensor<D> {
        (self.log_scale() + ln_gamma(self.inverse_concentration() + 1.0)).exp()
    }

    /// `scale^2 (Gamma(1 + 2 / k) - Gamma(1 + 1 / k)^2)`, as `mean^2 (exp(d) - 1)` with
    /// `d = ln Gamma(1 + 2 / k) - 2 ln Gamma(1 + 1 / k)`.
    fn variance(&self) -> Tensor<D> {
        let log_ratio = unary(
            self.inverse_concentration(),
            |t| host::ln_gamma(1.0 + 2.0 * t) - 2.0 * host::ln_gamma(1.0 + t),
            |t| 2.0 * (host::digamma(1.0 + 2.0 * t) - host::digamma(1.0 + t)),
        );
        self.mean().powi_scalar(2) * expm1(log_ratio)
    }
}

impl<const D: usize> Entropy for Weibull<D> {
    /// `H = sum_i gamma (1 - 1 / k) + ln scale - ln k + 1`, with Euler's constant `gamma`.
    fn entropy(&self) -> Tensor<1> {
        let of_shape = self.inverse_concentration().mul_scalar(-EULER) - self.log_concentration.clone();
        sum_events(of_shape + self.log_scale() + (EULER + 1.0))
    }
}

impl<const D: usize> KlDivergence for Weibull<D> {
    /// `KL(q || p) = sum_i -ln r + gamma (r - 1) - 1 - d + exp(ln Gamma(1 + r) + d)`, `r = k_p / k_q` and
    /// `d = k_p (ln scale_q - ln scale_p)`: that of the two Gumbels of `-ln x`.
    fn kl_divergence(&self, p: &Self) -> Tensor<1> {
        let log_ratio = p.log_concentration.clone() - self.log_concentration.clone();
        let ratio = log_ratio.clone().exp();
        let distance = p.concentration() * (self.log_scale() - p.log_scale());
        let last = (ln_gamma(ratio.clone() + 1.0) + distance.clone()).exp();
        sum_events(-log_ratio + (ratio - 1.0).mul_scalar(EULER) - 1.0 - distance + last)
    }
}

#[cfg(test)]
mod tests;

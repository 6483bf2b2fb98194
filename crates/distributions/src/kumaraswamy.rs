//! The Kumaraswamy distribution over (0, 1), from its two concentrations.

use burn::tensor::Tensor;

use crate::parameters::{expm1, inner_uniform, open_unit, positive, same_shape, sum_inside, uniform_like};
use crate::special::{digamma, log_beta, log1mexp};
use crate::{Distribution, DistributionError, Entropy, Moments, Noise, NoiseTransform, Reparameterized, sum_events};

/// Euler's constant.
const EULER: f64 = 0.577_215_664_901_532_9;

/// Nothing is closer to `log x = 0` than this: at 0 the density would be infinite or NaN, and below `f32`'s smallest numbers the
/// gradient of `ln(1 - x^a)` would overflow.
const LEAST_LOG: f64 = 1e-37;

/// What to do instead of a concentration that is not positive.
const MEND: &str = "use `Kumaraswamy::from_logs` to learn it unconstrained";

/// `Kumaraswamy(a, b)`, with distribution function `1 - (1 - x^a)^b` over values `0 < x < 1`, `[batch, event..]`; as in a
/// beta variable, `a = concentration1` pulls towards 1, and `b = concentration0` towards 0.
///
/// Both parameters are kept as logarithms, which a network can learn unconstrained. The divergence of two has no closed
/// form.
///
/// # Examples
/// With `concentration0 = 1` it is a beta variable; unlike that, it has its quantiles in closed form.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use distributions::{Beta, Distribution, Kumaraswamy, NoiseTransform};
///
/// let filled = |x: f32| Tensor::<2>::from_floats([[x]], &Device::flex());
/// let [kumaraswamy, beta] = [
///     Kumaraswamy::new(filled(3.0), filled(1.0))?.log_prob(filled(0.7)),
///     Beta::new(filled(3.0), filled(1.0))?.log_prob(filled(0.7)),
/// ];
/// assert!((kumaraswamy - beta).into_scalar::<f32>().abs() < 1e-5);
/// // The median solves 1 - (1 - x^2)^2 = 1/2.
/// let median = Kumaraswamy::new(filled(2.0), filled(2.0))?.transform(filled(0.5)).into_scalar::<f32>();
/// assert!(((1.0 - median.powi(2)).powi(2) - 0.5).abs() < 1e-5);
/// # Ok::<(), distributions::DistributionError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Kumaraswamy<const D: usize> {
    log_concentration1: Tensor<D>,
    log_concentration0: Tensor<D>,
}

impl<const D: usize> Kumaraswamy<D> {
    /// Kumaraswamy variables from `concentration1` and `concentration0`, both `[batch, event..]`.
    ///
    /// # Errors
    /// When the shapes differ, or an entry is not positive and finite. The check reads both tensors back to the host;
    /// training code uses [`from_logs`](Self::from_logs).
    pub fn new(concentration1: Tensor<D>, concentration0: Tensor<D>) -> Result<Self, DistributionError> {
        same_shape(&concentration1, &concentration0)?;
        positive(&concentration1, "concentration1 of a Kumaraswamy variable", MEND)?;
        positive(&concentration0, "concentration0 of a Kumaraswamy variable", MEND)?;
        Ok(Self::from_logs(concentration1.log(), concentration0.log()))
    }

    /// Kumaraswamy variables from the logarithms of both concentrations, `[batch, event..]`: any finite values are valid.
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn from_logs(log_concentration1: Tensor<D>, log_concentration0: Tensor<D>) -> Self {
        assert_eq!(log_concentration1.dims(), log_concentration0.dims(), "both parameters must share one shape");
        Self { log_concentration1, log_concentration0 }
    }

    /// The logarithms of the concentrations `a`, `[batch, event..]`.
    pub fn log_concentration1(&self) -> Tensor<D> {
        self.log_concentration1.clone()
    }

    /// The logarithms of the concentrations `b`, `[batch, event..]`.
    pub fn log_concentration0(&self) -> Tensor<D> {
        self.log_concentration0.clone()
    }

    /// The concentrations `a`, `[batch, event..]`.
    pub fn concentration1(&self) -> Tensor<D> {
        self.log_concentration1.clone().exp()
    }

    /// The concentrations `b`, `[batch, event..]`.
    pub fn concentration0(&self) -> Tensor<D> {
        self.log_concentration0.clone().exp()
    }

    /// `log x = log(1 - u^(1 / b)) / a` at uniforms `eps`: finite where `x` itself rounds to 0 or 1. Below a `concentration0` of
    /// 0.2 the largest draws are held at `log x = -1e-37`, where the density is finite and too small.
    ///
    /// # Shapes
    /// - `eps`: `[batch, event..]`, as from [`noise`](NoiseTransform::noise)
    /// - returns: `[batch, event..]`
    pub fn transform_log(&self, eps: Tensor<D>) -> Tensor<D> {
        let inverse = |log: &Tensor<D>| (-log.clone()).exp();
        let log = log1mexp(-inner_uniform(eps).log() * inverse(&self.log_concentration0));
        (log * inverse(&self.log_concentration1)).clamp_max(-LEAST_LOG)
    }

    /// `log p(x)` in nats at `log x < 0`: the density of `x`, not of `log x`.
    ///
    /// # Shapes
    /// - `log_value`: `[batch, event..]`
    /// - returns: `[batch]`
    pub fn log_prob_of_log(&self, log_value: Tensor<D>) -> Tensor<1> {
        sum_events(self.log_density(log_value))
    }

    fn log_density(&self, log_value: Tensor<D>) -> Tensor<D> {
        let power = self.concentration1() * log_value.clone();
        let rest = (self.concentration0() - 1.0) * log1mexp((-power.clone()).clamp_min(LEAST_LOG));
        self.log_concentration1.clone() + self.log_concentration0.clone() + power - log_value + rest
    }

    /// `ln E x^n = ln b + ln B(1 + n / a, b)`.
    fn log_moment(&self, n: f64) -> Tensor<D> {
        let first = (-self.log_concentration1.clone()).exp().mul_scalar(n) + 1.0;
        self.log_concentration0.clone() + log_beta(first, self.concentration0())
    }
}

impl<const D: usize> Distribution<D> for Kumaraswamy<D> {
    fn sample(&self, noise: &mut Noise) -> Tensor<D> {
        self.rsample(noise).detach()
    }

    /// `log p(x) = sum_i ln a + ln b + (a - 1) ln x + (b - 1) ln(1 - x^a)`.
    ///
    /// Minus infinity outside the open interval, with no gradient from there. A draw that has rounded to 0 or 1 counts as
    /// outside: take [`log_prob_of_log`](Self::log_prob_of_log) of [`transform_log`](Self::transform_log) instead.
    fn log_prob(&self, value: Tensor<D>) -> Tensor<1> {
        let (outside, inside) = open_unit(value);
        sum_inside(self.log_density(inside.log()), outside)
    }
}

impl<const D: usize> Reparameterized<D> for Kumaraswamy<D> {
    fn rsample(&self, noise: &mut Noise) -> Tensor<D> {
        self.transform(self.noise(noise))
    }
}

impl<const D: usize> NoiseTransform<D> for Kumaraswamy<D> {
    /// Uniforms in (0, 1).
    fn noise(&self, noise: &mut Noise) -> Tensor<D> {
        uniform_like(&self.log_concentration1, noise)
    }

    /// `x = (1 - u^(1 / b))^(1 / a)`, the inverse distribution function at `1 - u`.
    fn transform(&self, eps: Tensor<D>) -> Tensor<D> {
        self.transform_log(eps).exp()
    }
}

impl<const D: usize> Moments<D> for Kumaraswamy<D> {
    /// `b B(1 + 1 / a, b)`.
    fn mean(&self) -> Tensor<D> {
        self.log_moment(1.0).exp()
    }

    /// `b B(1 + 2 / a, b) - mean^2`, as `mean^2 (exp(d) - 1)` with `d = ln E x^2 - 2 ln E x`.
    fn variance(&self) -> Tensor<D> {
        let log_mean = self.log_moment(1.0);
        let log_ratio = self.log_moment(2.0) - log_mean.clone().mul_scalar(2.0);
        log_mean.mul_scalar(2.0).exp() * expm1(log_ratio)
    }
}

impl<const D: usize> Entropy for Kumaraswamy<D> {
    /// `H = sum_i (1 - 1 / b) + (1 - 1 / a) (psi(b + 1) + gamma) - ln a - ln b`, with Euler's constant `gamma`.
    fn entropy(&self) -> Tensor<1> {
        let rest = |log: &Tensor<D>| -(-log.clone()).exp() + 1.0;
        let harmonic = digamma(self.concentration0() + 1.0) + EULER;
        let of_logs = self.log_concentration1.clone() + self.log_concentration0.clone();
        sum_events(rest(&self.log_concentration0) + rest(&self.log_concentration1) * harmonic - of_logs)
    }
}

#[cfg(test)]
mod tests;

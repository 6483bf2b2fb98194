//! The Poisson distribution, from its rate.

use burn::tensor::Tensor;

use crate::parameters::{positive, sum_inside};
use crate::saddle_point::deviance;
use crate::special::{host::ln_gamma, host_values, like, stirling_error};
use crate::{Distribution, DistributionError, KlDivergence, Moments, Noise, sum_events};

/// `ln(2 pi) / 2`.
const HALF_LN_TWO_PI: f64 = 0.918_938_533_204_672_7;

/// From this rate up, draws come by rejection; below, by a product of uniforms.
const LARGE_RATE: f64 = 10.0;

/// A rate that single precision can still divide by.
const LEAST_RATE: f64 = 1e-37;

/// `Poisson(rate)`, over counts `0, 1, 2, ..`, `[batch, event..]`; its draws are not differentiable.
///
/// The logarithm of the rate is what a network can learn unconstrained. The rate is kept beside it: that of a million, made
/// again from its rounded logarithm, has lost four digits.
///
/// # Examples
/// ```
/// use burn::tensor::{Device, Tensor};
/// use distributions::{Distribution, Moments, Poisson};
///
/// let clicks = Poisson::new(Tensor::<2>::from_floats([[4.0]], &Device::flex()))?;
/// assert_eq!(clicks.mean().into_scalar::<f32>(), clicks.variance().into_scalar::<f32>());
/// let at = |k: f32| clicks.log_prob(Tensor::from_floats([[k]], &Device::flex())).into_scalar::<f32>();
/// // No click at all has the probability exp(-rate); 3 and 4 are the two modes of a rate of 4.
/// assert!((at(0.0) + 4.0).abs() < 1e-5 && (at(3.0) - at(4.0)).abs() < 1e-5);
/// assert_eq!(at(2.5), f32::NEG_INFINITY);
/// # Ok::<(), distributions::DistributionError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Poisson<const D: usize> {
    rate: Tensor<D>,
    log_rate: Tensor<D>,
}

impl<const D: usize> Poisson<D> {
    /// Poisson variables from their rates, `[batch, event..]`, which are their means.
    ///
    /// # Errors
    /// When a rate is not positive and finite. The check reads the tensor back to the host; training code uses
    /// [`from_log_rate`](Self::from_log_rate).
    pub fn new(rate: Tensor<D>) -> Result<Self, DistributionError> {
        positive(&rate, "rate of a Poisson variable", "use `Poisson::from_log_rate` to learn it unconstrained")?;
        Ok(Self { log_rate: rate.clone().log(), rate })
    }

    /// Poisson variables from the logarithms of their rates, `[batch, event..]`: any finite values are valid.
    pub fn from_log_rate(log_rate: Tensor<D>) -> Self {
        Self { rate: log_rate.clone().exp(), log_rate }
    }

    /// The rates, `[batch, event..]`.
    pub fn rate(&self) -> Tensor<D> {
        self.rate.clone()
    }

    /// The logarithms of the rates, `[batch, event..]`.
    pub fn log_rate(&self) -> Tensor<D> {
        self.log_rate.clone()
    }
}

impl<const D: usize> Distribution<D> for Poisson<D> {
    fn sample(&self, noise: &mut Noise) -> Tensor<D> {
        let draws = host_values(&self.log_rate).into_iter().map(|log_rate| draw(log_rate, noise)).collect();
        like(&self.log_rate, draws)
    }

    /// `log p(k) = sum_i k ln rate - rate - ln k!`, by the saddle point (Loader 2000, trap D41):
    /// `-ln(2 pi k) / 2 - delta(k) - k (r - 1 - ln r)` with `r = rate / k`: at a rate of 1e6 the terms of the first form are
    /// 1e7 and cancel.
    ///
    /// Minus infinity where any value is negative or not whole, with no gradient from there.
    fn log_prob(&self, value: Tensor<D>) -> Tensor<1> {
        let is_count = value.clone().greater_equal_elem(0.0).bool_and(value.clone().floor().equal(value.clone()));
        let is_zero = value.clone().equal_elem(0.0);
        let k = value.mask_fill(is_zero.clone().bool_or(is_count.clone().bool_not()), 1.0);
        let deviance = deviance(k.clone(), self.rate(), self.log_rate());
        let positive = -k.clone().log().mul_scalar(0.5) - HALF_LN_TWO_PI - stirling_error(k) - deviance;
        sum_inside(positive.mask_where(is_zero, -self.rate()), is_count.bool_not())
    }
}

/// One count; NaN for a rate that is not a number or infinite.
fn draw(log_rate: f64, noise: &mut Noise) -> f64 {
    let rate = log_rate.exp();
    if !rate.is_finite() {
        return f64::NAN;
    }
    if rate < LARGE_RATE { by_product(rate, noise) } else { by_rejection(rate, log_rate, noise) }
}

/// The number of arrivals before `rate`: uniforms are multiplied until the product falls below `exp(-rate)`.
fn by_product(rate: f64, noise: &mut Noise) -> f64 {
    let (end, mut product, mut count) = ((-rate).exp(), uniform(noise), 0.0);
    while product > end {
        product *= uniform(noise);
        count += 1.0;
    }
    count
}

/// Transformed rejection with squeezes (Hoermann 1993, algorithm PTRS), for rates from 10; the constants are his.
fn by_rejection(rate: f64, log_rate: f64, noise: &mut Noise) -> f64 {
    let b = 0.931 + 2.53 * rate.sqrt();
    let a = -0.059 + 0.024_83 * b;
    let inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
    let squeeze = 0.9277 - 3.6224 / (b - 2.0);
    loop {
        let (u, v) = (uniform(noise) - 0.5, uniform(noise));
        let edge = 0.5 - u.abs();
        let k = ((2.0 * a / edge + b) * u + rate + 0.43).floor();
        if edge >= 0.07 && v <= squeeze {
            return k;
        }
        if k < 0.0 || (edge < 0.013 && v > edge) {
            continue;
        }
        let log_ratio = (v * inverse_alpha / (a / (edge * edge) + b)).ln();
        if log_ratio <= k * log_rate - rate - ln_gamma(k + 1.0) {
            return k;
        }
    }
}

/// `(k + 1/2) / 2^32`, never 0 and never 1.
fn uniform(noise: &mut Noise) -> f64 {
    (f64::from(noise.next_word()) + 0.5) * 2.0_f64.powi(-32)
}

impl<const D: usize> Moments<D> for Poisson<D> {
    /// `rate`.
    fn mean(&self) -> Tensor<D> {
        self.rate()
    }

    /// `rate`.
    fn variance(&self) -> Tensor<D> {
        self.rate()
    }
}

impl<const D: usize> KlDivergence for Poisson<D> {
    /// `KL(q || p) = sum_i rate_q (r - 1 - ln r)` with `r = rate_p / rate_q`.
    fn kl_divergence(&self, p: &Self) -> Tensor<1> {
        // A rate that underflows is nothing beside the other, and must not divide it.
        let rate = self.rate().clamp_min(LEAST_RATE);
        sum_events(deviance(rate, p.rate(), p.log_rate()))
    }
}

#[cfg(test)]
mod tests;

//! The gamma distribution by implicit reparameterisation, from its concentration and rate.

use burn::tensor::Tensor;

use crate::marsaglia_tsang::GammaDraws;
use crate::parameters::{expm1_minus, positive, same_shape, sum_inside};
use crate::saddle_point::deviance;
use crate::special::{each, gamma_entropy, gamma_kl, gamma_log_gradient, host_values, like, ln_gamma, stirling_error};
use crate::{Distribution, DistributionError, Entropy, KlDivergence, Moments, Noise, Reparameterized, sum_events};

/// `ln(2 pi) / 2`.
const HALF_LN_TWO_PI: f64 = 0.918_938_533_204_672_7;

/// `Gamma(concentration, rate)`, with density `rate^a / Gamma(a) z^(a-1) exp(-rate z)` over values `z > 0`,
/// `[batch, event..]`.
///
/// Samples are drawn and differentiated as logarithms: for a concentration of 0.01 two of five are 0 in `f32` (trap D41).
/// They come by rejection, so that there is no noise free of the parameters; gradients are implicit (Figurnov, Mohamed and
/// Mnih 2018), right for concentrations from 0.01 to 1e4 (trap D26).
///
/// # Examples
/// Draws follow their concentration, although it is no location and no scale:
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use distributions::{Gamma, Noise, Purpose, Reparameterized};
///
/// let concentration = Tensor::<2>::from_floats([[3.0]], &Device::flex().autodiff()).require_grad();
/// let many = concentration.clone().expand([10_000, 1]);
/// let q = Gamma::from_log_rate(many.clone(), many.zeros_like());
/// let z = q.rsample(&mut Noise::new(1, Purpose::Test, 0, 0));
/// // E[z] = concentration / rate, with rate 1: the gradient of the mean is 1.
/// let gradients = z.mean().backward();
/// let slope = concentration.grad(&gradients).ok_or("no gradient")?.into_scalar::<f32>();
/// assert!((slope - 1.0).abs() < 0.02);
/// # Ok::<(), &str>(())
/// ```
#[derive(Debug, Clone)]
pub struct Gamma<const D: usize> {
    concentration: Tensor<D>,
    log_rate: Tensor<D>,
}

impl<const D: usize> Gamma<D> {
    /// Gamma variables from `concentration` (the shape) and `rate`, both `[batch, event..]`: the means are
    /// `concentration / rate`.
    ///
    /// # Errors
    /// When the shapes differ, or an entry is not positive and finite. The check reads both tensors back to the host;
    /// training code uses [`from_log_rate`](Self::from_log_rate).
    pub fn new(concentration: Tensor<D>, rate: Tensor<D>) -> Result<Self, DistributionError> {
        same_shape(&concentration, &rate)?;
        positive(&concentration, "concentration of a gamma variable", "learn its logarithm, and take the exponential")?;
        positive(&rate, "rate of a gamma variable", "use `Gamma::from_log_rate` to learn it unconstrained")?;
        Ok(Self::from_log_rate(concentration, rate.log()))
    }

    /// Gamma variables from `concentration`, which must be positive, and `log_rate = ln(rate)`, both `[batch, event..]`.
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn from_log_rate(concentration: Tensor<D>, log_rate: Tensor<D>) -> Self {
        assert_eq!(concentration.dims(), log_rate.dims(), "concentration and log_rate must share one shape");
        Self { concentration, log_rate }
    }

    /// The concentrations, `[batch, event..]`.
    pub fn concentration(&self) -> Tensor<D> {
        self.concentration.clone()
    }

    /// The logarithms of the rates, `[batch, event..]`.
    pub fn log_rate(&self) -> Tensor<D> {
        self.log_rate.clone()
    }

    /// The rates, `[batch, event..]`.
    pub fn rate(&self) -> Tensor<D> {
        self.log_rate().exp()
    }

    /// Draws `log z`, differentiable in both parameters: finite where `z` underflows (trap D41).
    ///
    /// The draw for rate 1 is `stop(log z) + stop(d log z / da) (a - stop(a))`: exact in value, right in gradient.
    pub fn rsample_log(&self, noise: &mut Noise) -> Tensor<D> {
        let mut draws = GammaDraws::new(noise);
        let concentrations = host_values(&self.concentration);
        let logs: Vec<f64> = concentrations.iter().map(|&a| draws.log_gamma(a)).collect();
        let a = self.concentration();
        if !a.is_tracked() {
            // No one will ask for the gradient, which costs more than the draw.
            return like(&a, logs) - self.log_rate();
        }
        let slopes = each(logs.len(), |i| gamma_log_gradient(concentrations[i], logs[i]));
        let standard = like(&a, logs) + like(&a, slopes) * (a.clone() - a.detach());
        standard - self.log_rate()
    }

    /// `log p(z)` in nats at `log z`, for draws that underflow: the density of `z`, not of `log z`.
    ///
    /// # Shapes
    /// - `log_value`: `[batch, event..]`
    /// - returns: `[batch]`
    pub fn log_prob_of_log(&self, log_value: Tensor<D>) -> Tensor<1> {
        // log f = a ln(rate z) - rate z - ln Gamma(a) - ln z
        let log_scaled = log_value.clone() + self.log_rate();
        let terms = self.concentration() * log_scaled.clone() - log_scaled.exp() - ln_gamma(self.concentration());
        sum_events(terms - log_value)
    }
}

impl<const D: usize> Distribution<D> for Gamma<D> {
    fn sample(&self, noise: &mut Noise) -> Tensor<D> {
        self.rsample(noise).detach()
    }

    /// `log p(z) = sum_i a ln rate + (a - 1) ln z - rate z - ln Gamma(a)`, by the saddle point (Loader 2000, trap D41):
    /// `ln a / 2 - ln(2 pi) / 2 - delta(a) - a (r - 1 - ln r) - ln z` with `r = rate z / a` and the error `delta` of
    /// Stirling's formula: at a concentration of 1e4 the terms of the first form are 1e5 and cancel.
    ///
    /// Minus infinity where any `z_i <= 0`, with no gradient from there.
    fn log_prob(&self, value: Tensor<D>) -> Tensor<1> {
        let a = self.concentration();
        let outside = value.clone().greater_elem(0.0).bool_not();
        let inside = value.mask_fill(outside.clone(), 1.0);
        let log_scaled = inside.clone().log() + self.log_rate();
        let deviance = deviance(a.clone(), inside.clone() * self.rate(), log_scaled);
        let density = a.clone().log().mul_scalar(0.5) - HALF_LN_TWO_PI - stirling_error(a) - deviance - inside.log();
        sum_inside(density, outside)
    }
}

impl<const D: usize> Reparameterized<D> for Gamma<D> {
    fn rsample(&self, noise: &mut Noise) -> Tensor<D> {
        self.rsample_log(noise).exp()
    }
}

impl<const D: usize> Moments<D> for Gamma<D> {
    /// `concentration / rate`.
    fn mean(&self) -> Tensor<D> {
        self.concentration() * (-self.log_rate()).exp()
    }

    /// `concentration / rate^2`.
    fn variance(&self) -> Tensor<D> {
        self.concentration() * self.log_rate().mul_scalar(-2.0).exp()
    }
}

impl<const D: usize> Entropy for Gamma<D> {
    /// `H = sum_i a - ln rate + ln Gamma(a) + (1 - a) psi(a)`.
    fn entropy(&self) -> Tensor<1> {
        sum_events(gamma_entropy(self.concentration()) - self.log_rate())
    }
}

impl<const D: usize> KlDivergence for Gamma<D> {
    /// `KL(q || p) = sum_i (a - b) psi(a) - ln Gamma(a) + ln Gamma(b) + b d + a (exp(-d) - 1)` with the concentrations `a` of
    /// `q` and `b` of `p`, and `d = ln rate_q - ln rate_p`.
    fn kl_divergence(&self, p: &Self) -> Tensor<1> {
        let (a, b) = (self.concentration(), p.concentration());
        let d = self.log_rate() - p.log_rate();
        let of_shapes = gamma_kl(a.clone(), b.clone());
        // b d + a (exp(-d) - 1) = (b - a) d + a (exp(-d) - 1 + d)
        sum_events(of_shapes + (b - a.clone()) * d.clone() + a * expm1_minus(-d))
    }
}

#[cfg(test)]
mod tests;

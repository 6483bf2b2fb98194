//! The beta distribution by implicit reparameterisation, from its two concentrations.

use burn::tensor::{Tensor, activation};

use crate::parameters::{open_unit, positive, same_shape, sum_inside};
use crate::saddle_point::deviance;
use crate::special::{digamma, gamma_entropy, gamma_kl, stirling_error};
use crate::{
    Distribution, DistributionError, Entropy, Gamma, KlDivergence, Moments, Noise, Reparameterized, sum_events,
};

/// `ln(2 pi) / 2`.
const HALF_LN_TWO_PI: f64 = 0.918_938_533_204_672_7;

/// What to do instead of a concentration that is not positive.
const MEND: &str = "learn its logarithm, and take the exponential";

/// `Beta(a, b)`, with density `x^(a - 1) (1 - x)^(b - 1) / B(a, b)` over values `0 < x < 1`, `[batch, event..]`;
/// `a = concentration1` pulls towards 1, and `b = concentration0` towards 0.
///
/// A draw is the sigmoid of the difference of two log-gammas, which is finite where the gammas underflow (trap D41).
/// Gradients are implicit, through those of [`Gamma`].
///
/// # Examples
/// The posterior of a coin: the concentrations count heads and tails, one of each before the first toss.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use distributions::{Beta, KlDivergence, Moments};
///
/// let counts = |n: f32| Tensor::<2>::from_floats([[n]], &Device::flex());
/// let prior = Beta::new(counts(1.0), counts(1.0))?;
/// let after_three_heads = Beta::new(counts(4.0), counts(1.0))?;
/// // Laplace's rule of succession: (3 + 1) / (3 + 2).
/// assert_eq!(after_three_heads.mean().into_scalar::<f32>(), 0.8);
/// // The prior is uniform, so that the divergence is the negative entropy of 4 x^3: ln 4 - 3/4.
/// let kl = after_three_heads.kl_divergence(&prior).into_scalar::<f32>();
/// assert!((kl - (4.0_f32.ln() - 0.75)).abs() < 1e-5);
/// # Ok::<(), distributions::DistributionError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Beta<const D: usize> {
    concentration1: Tensor<D>,
    concentration0: Tensor<D>,
}

impl<const D: usize> Beta<D> {
    /// Beta variables from `concentration1` and `concentration0`, both `[batch, event..]`.
    ///
    /// # Errors
    /// When the shapes differ, or an entry is not positive and finite. The check reads both tensors back to the host;
    /// training code uses [`from_concentrations`](Self::from_concentrations).
    pub fn new(concentration1: Tensor<D>, concentration0: Tensor<D>) -> Result<Self, DistributionError> {
        same_shape(&concentration1, &concentration0)?;
        positive(&concentration1, "concentration1 of a beta variable", MEND)?;
        positive(&concentration0, "concentration0 of a beta variable", MEND)?;
        Ok(Self::from_concentrations(concentration1, concentration0))
    }

    /// Beta variables from `concentration1` and `concentration0`, both `[batch, event..]`, which must be positive: unchecked.
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn from_concentrations(concentration1: Tensor<D>, concentration0: Tensor<D>) -> Self {
        assert_eq!(concentration1.dims(), concentration0.dims(), "the concentrations must share one shape");
        Self { concentration1, concentration0 }
    }

    /// The concentrations `a`, `[batch, event..]`.
    pub fn concentration1(&self) -> Tensor<D> {
        self.concentration1.clone()
    }

    /// The concentrations `b`, `[batch, event..]`.
    pub fn concentration0(&self) -> Tensor<D> {
        self.concentration0.clone()
    }

    /// `a + b`, `[batch, event..]`.
    fn total(&self) -> Tensor<D> {
        self.concentration1() + self.concentration0()
    }

    /// Draws `logit x = log x - log(1 - x)`, differentiable in both parameters: finite where `x` is 0 or 1 in `f32`
    /// (trap D41). Each of the two gammas has a stream of its own, so that a smaller batch draws the first values of a larger.
    pub fn rsample_logit(&self, noise: &mut Noise) -> Tensor<D> {
        let mut log_gamma = |a: Tensor<D>| {
            let log_rate = a.zeros_like();
            Gamma::from_log_rate(a, log_rate).rsample_log(&mut Noise::from_key(noise.next_key()))
        };
        log_gamma(self.concentration1()) - log_gamma(self.concentration0())
    }

    /// `log p(x)` in nats at `logit x`, for draws that underflow: the density of `x`, not of its logit.
    ///
    /// # Shapes
    /// - `logit`: `[batch, event..]`
    /// - returns: `[batch]`
    pub fn log_prob_of_logit(&self, logit: Tensor<D>) -> Tensor<1> {
        let [log_one, log_zero] = [logit.clone(), -logit].map(activation::log_sigmoid);
        sum_events(self.log_density([log_one.clone().exp(), log_zero.clone().exp()], [log_one, log_zero]))
    }

    /// At `[x, 1 - x]` and their logarithms.
    fn log_density(&self, [one, zero]: [Tensor<D>; 2], [log_one, log_zero]: [Tensor<D>; 2]) -> Tensor<D> {
        let (a, b, total) = (self.concentration1(), self.concentration0(), self.total());
        let log_total = total.clone().log();
        let of_one = deviance(a.clone(), one * total.clone(), log_one.clone() + log_total.clone());
        let of_zero = deviance(b.clone(), zero * total.clone(), log_zero.clone() + log_total);
        let front = |a: Tensor<D>| a.clone().log().mul_scalar(0.5) - HALF_LN_TWO_PI - stirling_error(a);
        front(a) + front(b) - front(total) - of_one - of_zero - log_one - log_zero
    }
}

impl<const D: usize> Distribution<D> for Beta<D> {
    fn sample(&self, noise: &mut Noise) -> Tensor<D> {
        self.rsample(noise).detach()
    }

    /// `log p(x) = sum_i (a - 1) ln x + (b - 1) ln(1 - x) - ln B(a, b)`, by the saddle point (Loader 2000, trap D41), as
    /// [`Dirichlet`](crate::Dirichlet) has it for `[x, 1 - x]`.
    ///
    /// Minus infinity outside the open interval, with no gradient from there. A draw that has rounded to 0 or 1 counts as
    /// outside: take [`log_prob_of_logit`](Self::log_prob_of_logit) of [`rsample_logit`](Self::rsample_logit) instead.
    fn log_prob(&self, value: Tensor<D>) -> Tensor<1> {
        let (outside, one) = open_unit(value);
        let (log_one, log_zero) = (one.clone().log(), (-one.clone()).log1p());
        sum_inside(self.log_density([one.clone(), -one + 1.0], [log_one, log_zero]), outside)
    }
}

impl<const D: usize> Reparameterized<D> for Beta<D> {
    fn rsample(&self, noise: &mut Noise) -> Tensor<D> {
        activation::sigmoid(self.rsample_logit(noise))
    }
}

impl<const D: usize> Moments<D> for Beta<D> {
    /// `a / (a + b)`.
    fn mean(&self) -> Tensor<D> {
        self.concentration1() / self.total()
    }

    /// `a b / ((a + b)^2 (a + b + 1))`.
    fn variance(&self) -> Tensor<D> {
        self.mean() * (self.concentration0() / self.total()) / (self.total() + 1.0)
    }
}

impl<const D: usize> Entropy for Beta<D> {
    /// `H = sum_i h(a) + h(b) - h(a + b) - psi(a + b)` with the entropy `h(a)` of `Gamma(a, 1)`.
    fn entropy(&self) -> Tensor<1> {
        let of_both = gamma_entropy(self.concentration1()) + gamma_entropy(self.concentration0());
        sum_events(of_both - gamma_entropy(self.total()) - digamma(self.total()))
    }
}

impl<const D: usize> KlDivergence for Beta<D> {
    /// `KL(q || p) = sum_i g(a_q, a_p) + g(b_q, b_p) - g(a_q + b_q, a_p + b_p)` with
    /// `g(a, b) = KL(Gamma(a, 1) || Gamma(b, 1))`.
    fn kl_divergence(&self, p: &Self) -> Tensor<1> {
        let of_one = gamma_kl(self.concentration1(), p.concentration1());
        let of_zero = gamma_kl(self.concentration0(), p.concentration0());
        sum_events(of_one + of_zero - gamma_kl(self.total(), p.total()))
    }
}

#[cfg(test)]
mod tests;

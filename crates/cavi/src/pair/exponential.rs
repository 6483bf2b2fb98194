//! An exponential likelihood with a gamma prior on its rate.

use serde::{Deserialize, Serialize};

use super::{ConjugatePair, GammaPosterior, check_gamma_prior, gamma_kl};
use crate::CaviError;
use crate::special::digamma;

/// `x | lambda ~ Exponential(rate lambda)`, `lambda ~ Gamma(shape alpha, rate beta)`.
///
/// # Examples
/// ```
/// use cavi::{ConjugatePair, ExponentialGamma};
///
/// let pair = ExponentialGamma::new(2.0, 1.0)?;
/// // t(x) = (1, x): two waits that sum to 3.
/// let q = pair.update(&[2.0, 3.0]);
/// assert_eq!((q.shape, q.rate), (4.0, 4.0));
/// // The density of no wait at all is the expected rate, 1; the tail is longer than that of its exponential.
/// assert!((pair.log_predictive(&q, &[0.0]).exp() - 1.0).abs() < 1e-12);
/// assert!(pair.log_predictive(&q, &[10.0]) > -10.0);
/// # Ok::<(), cavi::CaviError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ExponentialGamma {
    alpha: f64,
    beta: f64,
}

impl ExponentialGamma {
    /// The pair of a prior of shape `alpha` and rate `beta`.
    ///
    /// # Errors
    /// When either is not positive and finite.
    pub fn new(alpha: f64, beta: f64) -> Result<Self, CaviError> {
        check_gamma_prior(alpha, beta)?;
        Ok(Self { alpha, beta })
    }
}

impl ConjugatePair for ExponentialGamma {
    type Posterior = GammaPosterior;

    fn columns(&self) -> usize {
        1
    }

    fn features(&self) -> usize {
        2
    }

    /// `t = (1, x)`, `log h = 0`.
    fn sufficient_statistics(&self, x: &[f64], t: &mut [f64]) -> f64 {
        t.copy_from_slice(&[1.0, x[0]]);
        0.0
    }

    fn outside_support(&self, x: f64) -> Option<&'static str> {
        (x < 0.0).then_some("a number that is not negative, which an exponential one must be")
    }

    /// `a = alpha + N`, `b = beta + sum r x`.
    fn update(&self, statistics: &[f64]) -> GammaPosterior {
        GammaPosterior { shape: self.alpha + statistics[0], rate: self.beta + statistics[1] }
    }

    /// `E_q[ln lambda - lambda x] = psi(a) - ln b - x a / b`.
    fn expected_natural(&self, q: &GammaPosterior, eta: &mut [f64]) {
        eta.copy_from_slice(&[digamma(q.shape) - q.rate.ln(), -q.shape / q.rate]);
    }

    fn kl_divergence(&self, q: &GammaPosterior) -> f64 {
        gamma_kl(*q, GammaPosterior { shape: self.alpha, rate: self.beta })
    }

    /// The Lomax density `a b^a / (b + x)^(a + 1)`.
    fn log_predictive(&self, q: &GammaPosterior, x: &[f64]) -> f64 {
        let GammaPosterior { shape, rate } = *q;
        shape.ln() + shape * rate.ln() - (shape + 1.0) * (rate + x[0]).ln()
    }
}

//! A Poisson likelihood with a gamma prior on its rate.

use serde::{Deserialize, Serialize};

use super::{ConjugatePair, GammaPosterior, check_gamma_prior, gamma_kl};
use crate::CaviError;
use crate::special::{digamma, ln_gamma, log_binomial};

/// `s | lambda ~ Poisson(lambda)`, `lambda ~ Gamma(shape alpha, rate beta)`.
///
/// # Examples
/// ```
/// use cavi::{ConjugatePair, PoissonGamma};
///
/// let pair = PoissonGamma::new(3.0, 2.0)?;
/// // t(s) = (1, s): four events of strengths that sum to 10.
/// let q = pair.update(&[4.0, 10.0]);
/// assert_eq!((q.shape, q.rate), (13.0, 6.0));
/// // The predictive is a negative binomial: none with the probability (b / (1 + b))^a.
/// assert!((pair.log_predictive(&q, &[0.0]).exp() - (6.0_f64 / 7.0).powi(13)).abs() < 1e-12);
/// # Ok::<(), cavi::CaviError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PoissonGamma {
    alpha: f64,
    beta: f64,
}

impl PoissonGamma {
    /// The pair of a prior of shape `alpha` and rate `beta`.
    ///
    /// # Errors
    /// When either is not positive and finite.
    pub fn new(alpha: f64, beta: f64) -> Result<Self, CaviError> {
        check_gamma_prior(alpha, beta)?;
        Ok(Self { alpha, beta })
    }

    /// The shape of the prior.
    pub fn alpha(&self) -> f64 {
        self.alpha
    }

    /// The rate of the prior.
    pub fn beta(&self) -> f64 {
        self.beta
    }
}

impl ConjugatePair for PoissonGamma {
    type Posterior = GammaPosterior;

    fn columns(&self) -> usize {
        1
    }

    fn features(&self) -> usize {
        2
    }

    /// `t = (1, s)`, `log h = -ln s!`.
    fn sufficient_statistics(&self, x: &[f64], t: &mut [f64]) -> f64 {
        t.copy_from_slice(&[1.0, x[0]]);
        -ln_gamma(x[0] + 1.0)
    }

    fn outside_support(&self, x: f64) -> Option<&'static str> {
        (x < 0.0 || x.fract() != 0.0).then_some("a count (0, 1, 2, ..), which a Poisson strength must be")
    }

    /// `a = alpha + sum r s`, `b = beta + N`.
    fn update(&self, statistics: &[f64]) -> GammaPosterior {
        GammaPosterior { shape: self.alpha + statistics[1], rate: self.beta + statistics[0] }
    }

    /// `E_q[s ln lambda - lambda] = s (psi(a) - ln b) - a / b`.
    fn expected_natural(&self, q: &GammaPosterior, eta: &mut [f64]) {
        eta.copy_from_slice(&[-q.shape / q.rate, digamma(q.shape) - q.rate.ln()]);
    }

    fn kl_divergence(&self, q: &GammaPosterior) -> f64 {
        gamma_kl(*q, GammaPosterior { shape: self.alpha, rate: self.beta })
    }

    /// The negative binomial `NB(s; a, p = b / (1 + b))`:
    /// `ln Gamma(a + s) - ln Gamma(a) - ln s! + a ln p + s ln(1 - p)`, without its cancellation (trap D41).
    fn log_predictive(&self, q: &GammaPosterior, x: &[f64]) -> f64 {
        let GammaPosterior { shape, rate } = *q;
        if x[0] == 0.0 {
            return -shape * rate.recip().ln_1p();
        }
        let total = shape + x[0];
        (shape / total).ln() + log_binomial(shape, total, rate / (1.0 + rate), (1.0 + rate).recip())
    }
}

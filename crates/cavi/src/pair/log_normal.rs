//! A log-normal likelihood of known precision with a normal prior on the mean of the logarithm.

use serde::{Deserialize, Serialize};

use super::normal::NormalFixedPrecision;
use super::{ConjugatePair, NormalPosterior};
use crate::CaviError;

/// `ln x | mu ~ N(mu, 1 / tau)`, `mu ~ N(nu, 1 / rho)`: assignment 1.1, alternative 2.
///
/// # Examples
/// ```
/// use cavi::{ConjugatePair, LogNormal};
///
/// let pair = LogNormal::new(2.0, 0.3, 0.5)?;
/// let q = pair.prior();
/// // p(x) = p(ln x) / x: the density of the normal at the logarithm, with its Jacobian.
/// let normal = pair.logarithm().log_predictive(&q, &[5.0_f64.ln()]).exp();
/// assert!((pair.log_predictive(&q, &[5.0]).exp() - normal / 5.0).abs() < 1e-12);
/// assert_eq!(pair.outside_support(0.0), Some("a positive number, which a log-normal distance must be"));
/// # Ok::<(), cavi::CaviError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LogNormal {
    log: NormalFixedPrecision,
}

impl LogNormal {
    /// The pair of a precision `tau` of the logarithm and a prior of mean `nu` and precision `rho`.
    ///
    /// # Errors
    /// When a precision is not positive and finite, or `nu` is not finite.
    pub fn new(tau: f64, nu: f64, rho: f64) -> Result<Self, CaviError> {
        Ok(Self { log: NormalFixedPrecision::new(tau, vec![nu], rho)? })
    }

    /// The same pair with another centre of the logarithms.
    pub fn with_centre(self, centre: f64) -> Self {
        Self { log: self.log.with_centre(vec![centre]) }
    }

    /// The normal pair of the logarithm.
    pub fn logarithm(&self) -> &NormalFixedPrecision {
        &self.log
    }
}

impl ConjugatePair for LogNormal {
    type Posterior = NormalPosterior;

    fn columns(&self) -> usize {
        1
    }

    fn features(&self) -> usize {
        self.log.features()
    }

    /// As for the normal at `ln x`, with the Jacobian `-ln x` in `log h` (trap D30).
    fn sufficient_statistics(&self, x: &[f64], t: &mut [f64]) -> f64 {
        let logarithm = x[0].ln();
        self.log.sufficient_statistics(&[logarithm], t) - logarithm
    }

    fn outside_support(&self, x: f64) -> Option<&'static str> {
        (x <= 0.0).then_some("a positive number, which a log-normal distance must be")
    }

    fn update(&self, statistics: &[f64]) -> NormalPosterior {
        self.log.update(statistics)
    }

    fn expected_natural(&self, q: &NormalPosterior, eta: &mut [f64]) {
        self.log.expected_natural(q, eta);
    }

    fn kl_divergence(&self, q: &NormalPosterior) -> f64 {
        self.log.kl_divergence(q)
    }

    /// The normal predictive of `ln x`, with the Jacobian `1/x`.
    fn log_predictive(&self, q: &NormalPosterior, x: &[f64]) -> f64 {
        let logarithm = x[0].ln();
        self.log.log_predictive(q, &[logarithm]) - logarithm
    }
}

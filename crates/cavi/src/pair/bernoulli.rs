//! A Bernoulli likelihood with a beta prior on its probability.

use serde::{Deserialize, Serialize};

use super::{BetaPosterior, ConjugatePair, dirichlet_kl};
use crate::CaviError;
use crate::error::require;
use crate::special::digamma;

/// `x | p ~ Bernoulli(p)`, `p ~ Beta(a, b)`.
///
/// # Examples
/// ```
/// use cavi::{BernoulliBeta, ConjugatePair};
///
/// let pair = BernoulliBeta::new(1.0, 1.0)?;
/// // t(x) = (1, x): four events, three of them ones.
/// let q = pair.update(&[4.0, 3.0]);
/// // Laplace's rule of succession: (3 + 1) / (4 + 2).
/// assert!((pair.log_predictive(&q, &[1.0]).exp() - 4.0 / 6.0).abs() < 1e-12);
/// assert_eq!(pair.outside_support(0.5), Some("0 or 1, which a Bernoulli variable must be"));
/// # Ok::<(), cavi::CaviError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BernoulliBeta {
    a: f64,
    b: f64,
}

impl BernoulliBeta {
    /// The pair of a prior with pseudo-counts `a` of ones and `b` of zeros.
    ///
    /// # Errors
    /// When either is not positive and finite.
    pub fn new(a: f64, b: f64) -> Result<Self, CaviError> {
        require(a.is_finite() && a > 0.0, "a", a, "positive: it is a pseudo-count")?;
        require(b.is_finite() && b > 0.0, "b", b, "positive: it is a pseudo-count")?;
        Ok(Self { a, b })
    }
}

impl ConjugatePair for BernoulliBeta {
    type Posterior = BetaPosterior;

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
        (x != 0.0 && x != 1.0).then_some("0 or 1, which a Bernoulli variable must be")
    }

    /// `a* = a + sum r x`, `b* = b + N - sum r x`.
    fn update(&self, statistics: &[f64]) -> BetaPosterior {
        BetaPosterior { a: self.a + statistics[1], b: self.b + (statistics[0] - statistics[1]) }
    }

    /// `E_q[x ln p + (1 - x) ln(1 - p)]`, with `E ln p = psi(a) - psi(a + b)` and `E ln(1 - p) = psi(b) - psi(a + b)`.
    fn expected_natural(&self, q: &BetaPosterior, eta: &mut [f64]) {
        let total = digamma(q.a + q.b);
        let (one, zero) = (digamma(q.a) - total, digamma(q.b) - total);
        eta.copy_from_slice(&[zero, one - zero]);
    }

    fn kl_divergence(&self, q: &BetaPosterior) -> f64 {
        dirichlet_kl(&[q.a, q.b], &[self.a, self.b])
    }

    /// `a / (a + b)` for a one, `b / (a + b)` for a zero.
    fn log_predictive(&self, q: &BetaPosterior, x: &[f64]) -> f64 {
        let count = if x[0] == 1.0 { q.a } else { q.b };
        (count / (q.a + q.b)).ln()
    }
}

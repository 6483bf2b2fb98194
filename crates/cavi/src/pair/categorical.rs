//! A categorical likelihood with a Dirichlet prior on its probabilities.

use serde::{Deserialize, Serialize};

use super::{ConjugatePair, DirichletPosterior, dirichlet_kl};
use crate::CaviError;
use crate::error::require;
use crate::special::digamma;

/// `x | p ~ Categorical(p)` over `0..classes`, `p ~ Dirichlet(concentration)`.
///
/// # Examples
/// ```
/// use cavi::{CategoricalDirichlet, ConjugatePair};
///
/// let pair = CategoricalDirichlet::new(vec![0.5; 3])?;
/// let mut t = [0.0; 3];
/// pair.sufficient_statistics(&[2.0], &mut t);
/// assert_eq!(t, [0.0, 0.0, 1.0]);
/// // After that one event: (0.5 + 1) / (1.5 + 1) for its class, 0.5 / 2.5 for another.
/// let q = pair.update(&t);
/// assert!((pair.log_predictive(&q, &[2.0]).exp() - 0.6).abs() < 1e-12);
/// assert!((pair.log_predictive(&q, &[0.0]).exp() - 0.2).abs() < 1e-12);
/// # Ok::<(), cavi::CaviError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CategoricalDirichlet {
    concentration: Vec<f64>,
}

impl CategoricalDirichlet {
    /// The pair of a prior with one pseudo-count a class.
    ///
    /// # Errors
    /// When there is no class, or a pseudo-count is not positive and finite.
    pub fn new(concentration: Vec<f64>) -> Result<Self, CaviError> {
        require(!concentration.is_empty(), "concentration", f64::NAN, "one number a class")?;
        for &entry in &concentration {
            require(entry.is_finite() && entry > 0.0, "concentration", entry, "positive: it is a pseudo-count")?;
        }
        Ok(Self { concentration })
    }
}

impl ConjugatePair for CategoricalDirichlet {
    type Posterior = DirichletPosterior;

    fn columns(&self) -> usize {
        1
    }

    fn features(&self) -> usize {
        self.concentration.len()
    }

    /// `t` is one-hot, `log h = 0`.
    fn sufficient_statistics(&self, x: &[f64], t: &mut [f64]) -> f64 {
        t.fill(0.0);
        t[x[0] as usize] = 1.0;
        0.0
    }

    fn outside_support(&self, x: f64) -> Option<&'static str> {
        let is_class = x >= 0.0 && x.fract() == 0.0 && (x as usize) < self.concentration.len();
        (!is_class).then_some("a class number from 0 to one below the number of classes")
    }

    fn update(&self, statistics: &[f64]) -> DirichletPosterior {
        let concentration = self.concentration.iter().zip(statistics).map(|(prior, count)| prior + count).collect();
        DirichletPosterior { concentration }
    }

    /// `E_q[ln p_c] = psi(a_c) - psi(sum_c a_c)`.
    fn expected_natural(&self, q: &DirichletPosterior, eta: &mut [f64]) {
        let total = digamma(q.concentration.iter().sum());
        for (eta, &a) in eta.iter_mut().zip(&q.concentration) {
            *eta = digamma(a) - total;
        }
    }

    fn kl_divergence(&self, q: &DirichletPosterior) -> f64 {
        dirichlet_kl(&q.concentration, &self.concentration)
    }

    /// `a_c / sum_c a_c`.
    fn log_predictive(&self, q: &DirichletPosterior, x: &[f64]) -> f64 {
        (q.concentration[x[0] as usize] / q.concentration.iter().sum::<f64>()).ln()
    }
}

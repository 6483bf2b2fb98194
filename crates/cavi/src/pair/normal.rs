//! A normal likelihood of known precision with a normal prior on its mean.

use std::f64::consts::TAU;

use serde::{Deserialize, Serialize};

use super::{ConjugatePair, NormalPosterior};
use crate::CaviError;
use crate::error::require;

/// `x | mu ~ N(mu, (tau I)^-1)`, `mu ~ N(nu, (rho I)^-1)`, in any dimension; `tau` and `rho` are precisions.
///
/// # Examples
/// ```
/// use cavi::{ConjugatePair, NormalFixedPrecision};
///
/// let pair = NormalFixedPrecision::new(4.0, vec![0.0], 1.0)?;
/// // Two events that sum to 6: their mean of 3 has a precision of 8, the prior's mean of 0 one of 1.
/// let q = pair.update(&[2.0, 6.0]);
/// assert_eq!((q.mean[0], q.precision), ((8.0 * 3.0 + 1.0 * 0.0) / 9.0, 9.0));
///
/// let error = NormalFixedPrecision::new(-1.0, vec![0.0], 1.0).unwrap_err();
/// assert_eq!(error.to_string(), "tau is -1; it must be positive: it is a precision");
/// # Ok::<(), cavi::CaviError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NormalFixedPrecision {
    tau: f64,
    nu: Vec<f64>,
    rho: f64,
    /// Subtracted from every `x`: the expanded square of raw coordinates would lose digits (trap D28).
    centre: Vec<f64>,
}

impl NormalFixedPrecision {
    /// The pair of a likelihood of precision `tau` and a prior of mean `nu` and precision `rho`.
    ///
    /// # Errors
    /// When a precision is not positive and finite, or `nu` is empty or not finite.
    pub fn new(tau: f64, nu: Vec<f64>, rho: f64) -> Result<Self, CaviError> {
        require(tau.is_finite() && tau > 0.0, "tau", tau, "positive: it is a precision")?;
        require(rho.is_finite() && rho > 0.0, "rho", rho, "positive: it is a precision")?;
        require(!nu.is_empty(), "nu", f64::NAN, "one number an axis")?;
        for &entry in &nu {
            require(entry.is_finite(), "nu", entry, "finite")?;
        }
        Ok(Self { tau, centre: nu.clone(), nu, rho })
    }

    /// The same pair with another centre of its statistics, which changes no result but its rounding.
    ///
    /// # Panics
    /// When the centre has another dimension than `nu`.
    pub fn with_centre(mut self, centre: Vec<f64>) -> Self {
        assert_eq!(centre.len(), self.nu.len(), "the centre has the dimension of nu");
        self.centre = centre;
        self
    }

    /// The precision of the likelihood.
    pub fn tau(&self) -> f64 {
        self.tau
    }

    /// The mean of the prior.
    pub fn nu(&self) -> &[f64] {
        &self.nu
    }

    /// The precision of the prior.
    pub fn rho(&self) -> f64 {
        self.rho
    }
}

impl ConjugatePair for NormalFixedPrecision {
    type Posterior = NormalPosterior;

    fn columns(&self) -> usize {
        self.nu.len()
    }

    fn features(&self) -> usize {
        1 + self.nu.len()
    }

    /// `t = (1, y)` with `y = x - centre`; `log h = D/2 ln(tau / 2 pi) - tau/2 |y|^2`, the same for every component.
    fn sufficient_statistics(&self, x: &[f64], t: &mut [f64]) -> f64 {
        t[0] = 1.0;
        let mut square = 0.0;
        for ((t, x), c) in t[1..].iter_mut().zip(x).zip(&self.centre) {
            *t = x - c;
            square += *t * *t;
        }
        0.5 * self.nu.len() as f64 * (self.tau / TAU).ln() - 0.5 * self.tau * square
    }

    fn outside_support(&self, _x: f64) -> Option<&'static str> {
        None
    }

    /// `rho* = rho + tau N`, `m = nu + tau sum r (x - nu) / rho*`.
    fn update(&self, statistics: &[f64]) -> NormalPosterior {
        let count = statistics[0];
        let precision = self.rho + self.tau * count;
        let mean = self.nu.iter().zip(&self.centre).zip(&statistics[1..]);
        let mean = mean.map(|((nu, c), sum)| nu + self.tau * (sum + count * (c - nu)) / precision).collect();
        NormalPosterior { mean, precision }
    }

    /// `E_q[-tau/2 |x - mu|^2] = -tau/2 |y|^2 + tau y . d - tau/2 (|d|^2 + D / rho*)` with `d = m - centre`.
    fn expected_natural(&self, q: &NormalPosterior, eta: &mut [f64]) {
        let mut square = 0.0;
        for ((eta, m), c) in eta[1..].iter_mut().zip(&q.mean).zip(&self.centre) {
            let d = m - c;
            *eta = self.tau * d;
            square += d * d;
        }
        eta[0] = -0.5 * self.tau * (square + self.nu.len() as f64 / q.precision);
    }

    /// `KL = D/2 [ln(rho* / rho) + rho / rho* - 1] + rho/2 |m - nu|^2`.
    fn kl_divergence(&self, q: &NormalPosterior) -> f64 {
        let ratio = self.rho / q.precision;
        let distance: f64 = q.mean.iter().zip(&self.nu).map(|(m, nu)| (m - nu).powi(2)).sum();
        0.5 * self.nu.len() as f64 * (ratio - 1.0 - ratio.ln()) + 0.5 * self.rho * distance
    }

    /// `N(x; m, (1/tau + 1/rho*) I)`.
    fn log_predictive(&self, q: &NormalPosterior, x: &[f64]) -> f64 {
        let precision = (self.tau.recip() + q.precision.recip()).recip();
        let square: f64 = x.iter().zip(&q.mean).map(|(x, m)| (x - m).powi(2)).sum();
        0.5 * self.nu.len() as f64 * (precision / TAU).ln() - 0.5 * precision * square
    }
}

//! A normal likelihood of unknown mean and precision, with a normal-gamma prior, axis by axis.

use std::f64::consts::TAU;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::student_t::log_student_t;
use super::{ConjugatePair, GammaPosterior, check_gamma_prior, gamma_kl};
use crate::CaviError;
use crate::error::require;
use crate::special::digamma;

/// On each axis on its own: `x | mu, tau ~ N(mu, 1/tau)`, `mu | tau ~ N(nu, 1/(kappa tau))`, `tau ~ Gamma(alpha, rate beta)`
/// (Bishop, 2006, eq. 2.154).
///
/// # Examples
/// The predictive of a normal of unknown precision is a Student-t; with a shape of 1/2, it is Cauchy's.
///
/// ```
/// use std::f64::consts::PI;
///
/// use cavi::{ConjugatePair, NormalGamma};
///
/// let pair = NormalGamma::new(vec![0.0], 1.0, 0.5, vec![0.25])?;
/// let density = |x: f64| pair.log_predictive(&pair.prior(), &[x]).exp();
/// // 1 / (pi (1 + x^2))
/// assert!((density(0.0) - 1.0 / PI).abs() < 1e-12);
/// assert!((density(3.0) - 0.1 / PI).abs() < 1e-12);
/// # Ok::<(), cavi::CaviError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NormalGamma {
    nu: Vec<f64>,
    kappa: f64,
    alpha: f64,
    beta: Vec<f64>,
    /// Subtracted from every `x`, so that sums of squares keep their digits (trap D28).
    centre: Vec<f64>,
}

/// A normal-gamma distribution of a mean and a precision an axis.
///
/// # Examples
/// ```
/// use cavi::{ConjugatePair, NormalGamma, NormalGammaPosterior};
///
/// let pair = NormalGamma::new(vec![0.0], 1.0, 1.0, vec![2.0])?;
/// // t(x) = (1, x, x^2) of the events -2, 2 and 3, summed.
/// let q = pair.update(&[3.0, 3.0, 17.0]);
/// let NormalGammaPosterior { mean, kappa, shape, rate } = &q;
/// assert_eq!((mean[0], *kappa), (0.75, 4.0));
/// // alpha + N/2, and beta + (17 - 3^2 / kappa) / 2
/// assert_eq!((*shape, rate[0]), (2.5, 9.375));
/// # Ok::<(), cavi::CaviError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NormalGammaPosterior {
    /// The mean of `mu`, one entry an axis.
    pub mean: Vec<f64>,
    /// The precision of `mu`, in units of `tau`.
    pub kappa: f64,
    /// The shape of `tau`.
    pub shape: f64,
    /// The rate of `tau`, one entry an axis.
    pub rate: Vec<f64>,
}

impl NormalGamma {
    /// The pair of a prior.
    ///
    /// # Errors
    /// When there is no axis, `nu` and `beta` differ in length, or a constant is out of its range.
    pub fn new(nu: Vec<f64>, kappa: f64, alpha: f64, beta: Vec<f64>) -> Result<Self, CaviError> {
        require(!nu.is_empty() && nu.len() == beta.len(), "beta", beta.len() as f64, "one number an axis")?;
        require(kappa.is_finite() && kappa > 0.0, "kappa", kappa, "positive: it counts observations")?;
        for (&nu, &beta) in nu.iter().zip(&beta) {
            require(nu.is_finite(), "nu", nu, "finite")?;
            check_gamma_prior(alpha, beta)?;
        }
        Ok(Self { centre: nu.clone(), nu, kappa, alpha, beta })
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

    fn axes(&self) -> usize {
        self.nu.len()
    }
}

impl NormalGammaPosterior {
    fn precision(&self, axis: usize) -> GammaPosterior {
        GammaPosterior { shape: self.shape, rate: self.rate[axis] }
    }
}

impl ConjugatePair for NormalGamma {
    type Posterior = NormalGammaPosterior;

    fn columns(&self) -> usize {
        self.axes()
    }

    fn features(&self) -> usize {
        1 + 2 * self.axes()
    }

    fn coordinates(&self) -> Range<usize> {
        1..1 + self.axes()
    }

    /// `t = (1, y, y^2)` with `y = x - centre`; `log h = -D/2 ln 2 pi`.
    fn sufficient_statistics(&self, x: &[f64], t: &mut [f64]) -> f64 {
        let axes = self.axes();
        t[0] = 1.0;
        for (axis, (x, c)) in x.iter().zip(&self.centre).enumerate() {
            let y = x - c;
            t[1 + axis] = y;
            t[1 + axes + axis] = y * y;
        }
        -0.5 * axes as f64 * TAU.ln()
    }

    fn outside_support(&self, _x: f64) -> Option<&'static str> {
        None
    }

    /// `kappa* = kappa + N`, `m = nu + s / kappa*`, `a = alpha + N/2`, `b = beta + (q - s^2 / kappa*) / 2` with the sums
    /// `s = sum r (x - nu)` and `q = sum r (x - nu)^2`.
    fn update(&self, statistics: &[f64]) -> NormalGammaPosterior {
        let (axes, count) = (self.axes(), statistics[0]);
        let kappa = self.kappa + count;
        let (mut mean, mut rate) = (Vec::with_capacity(axes), Vec::with_capacity(axes));
        for axis in 0..axes {
            let shift = self.centre[axis] - self.nu[axis];
            let (y, square) = (statistics[1 + axis], statistics[1 + axes + axis]);
            let sum = y + count * shift;
            let scatter = square + 2.0 * shift * y + count * shift * shift - sum * sum / kappa;
            mean.push(self.nu[axis] + sum / kappa);
            rate.push(self.beta[axis] + 0.5 * scatter.max(0.0));
        }
        NormalGammaPosterior { mean, kappa, shape: self.alpha + 0.5 * count, rate }
    }

    /// `E_q[ln tau]/2 - E_q[tau]/2 (y - d)^2 - 1/(2 kappa*)` on each axis, with `d = m - centre`, `E_q[tau] = a/b`.
    fn expected_natural(&self, q: &NormalGammaPosterior, eta: &mut [f64]) {
        let axes = self.axes();
        eta[0] = 0.0;
        for axis in 0..axes {
            let d = q.mean[axis] - self.centre[axis];
            let precision = q.shape / q.rate[axis];
            eta[0] += 0.5 * (digamma(q.shape) - q.rate[axis].ln() - precision * d * d - q.kappa.recip());
            eta[1 + axis] = precision * d;
            eta[1 + axes + axis] = -0.5 * precision;
        }
    }

    /// `KL(Gamma(a, b) || Gamma(alpha, beta)) + [ln(kappa* / kappa) + kappa / kappa* - 1 + kappa E[tau] (m - nu)^2] / 2`, summed
    /// over the axes.
    fn kl_divergence(&self, q: &NormalGammaPosterior) -> f64 {
        let ratio = self.kappa / q.kappa;
        (0..self.axes())
            .map(|axis| {
                let precision =
                    gamma_kl(q.precision(axis), GammaPosterior { shape: self.alpha, rate: self.beta[axis] });
                let distance = q.shape / q.rate[axis] * (q.mean[axis] - self.nu[axis]).powi(2);
                precision + 0.5 * (ratio - 1.0 - ratio.ln() + self.kappa * distance)
            })
            .sum()
    }

    /// On each axis a Student-t of `2 a` degrees of freedom, location `m` and precision `a kappa* / (b (kappa* + 1))`.
    fn log_predictive(&self, q: &NormalGammaPosterior, x: &[f64]) -> f64 {
        let axis = |(axis, x): (usize, &f64)| {
            let precision = q.shape * q.kappa / (q.rate[axis] * (q.kappa + 1.0));
            log_student_t(1, 2.0 * q.shape, precision * (x - q.mean[axis]).powi(2), precision.ln())
        };
        x.iter().enumerate().map(axis).sum()
    }
}

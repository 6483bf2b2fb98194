//! The problem of the laboratory: two Gaussians, and the derivatives that every estimator is made of.

use serde::Serialize;
use thiserror::Error;

/// `N(loc, scale^2)`.
///
/// # Examples
/// ```
/// use train::toy::{Estimator, Normal, Parameter, Toy, exact};
///
/// let p = Normal { loc: 0.3, scale: 0.7 };
/// let toy = Toy { q: p, p, log_constant: 0.0 };
/// let variance = |estimator| exact(&toy, estimator, Parameter::Loc).map(|exact| exact.variance);
/// // Where `q` is `p`, sticking the landing has no noise, and the total derivative that of the score.
/// assert!(variance(Estimator::PathDerivative).is_some_and(|v| v.abs() < 1e-12));
/// assert!(variance(Estimator::TotalDerivative).is_some_and(|v| (0.49 * v - 1.0).abs() < 1e-12));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Normal {
    /// The mean.
    pub loc: f64,
    /// The standard deviation.
    pub scale: f64,
}

/// A parameter of `q`.
///
/// # Examples
/// ```
/// use train::toy::{Estimator, Normal, Parameter, Toy, exact};
///
/// let [q, p] = [(0.5, 0.8), (0.0, 1.0)].map(|(loc, scale)| Normal { loc, scale });
/// let toy = Toy { q, p, log_constant: 0.0 };
/// // d/dm = -(m - u) / t^2 and d/ds = 1 / s - s / t^2.
/// for (parameter, gradient) in Parameter::ALL.into_iter().zip([-0.5, 0.45]) {
///     let exact = exact(&toy, Estimator::ScoreFunction, parameter).expect("one draw makes an estimate");
///     assert!((exact.gradient - gradient).abs() < 1e-12, "{}", parameter.name());
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Parameter {
    /// The mean `m`.
    Loc,
    /// The standard deviation `s`.
    Scale,
}

impl Parameter {
    /// Both, in the order of every pair of this module.
    pub const ALL: [Self; 2] = [Self::Loc, Self::Scale];

    /// `loc` or `scale`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Loc => "loc",
            Self::Scale => "scale",
        }
    }
}

/// What no laboratory can be made of.
///
/// # Examples
/// ```
/// use train::toy::{Normal, Toy, ToyError};
///
/// let standard = Normal { loc: 0.0, scale: 1.0 };
/// let toy = Toy { q: Normal { scale: 0.0, ..standard }, p: standard, log_constant: 0.0 };
/// assert_eq!(toy.validate(), Err(ToyError::Scale { of: "q", value: 0.0 }));
/// let message = toy.validate().unwrap_err().to_string();
/// assert_eq!(message, "the scale of q (--q-scale) is 0; it must be positive, from 1e-6 to 1e6");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum ToyError {
    /// A mean that is not finite, or too large.
    #[error("the mean of {of} (--{of}-mean) is {value}; give a number between -1e6 and 1e6")]
    Loc {
        /// `q` or `p`.
        of: &'static str,
        /// The mean.
        value: f64,
    },
    /// A scale out of range.
    #[error("the scale of {of} (--{of}-scale) is {value}; it must be positive, from 1e-6 to 1e6")]
    Scale {
        /// `q` or `p`.
        of: &'static str,
        /// The scale.
        value: f64,
    },
    /// A constant that is not finite, or too large.
    #[error("the constant in log p (--log-constant) is {0}; give a number between -1e6 and 1e6")]
    Constant(f64),
}

/// Maximise `E_q[log p(z) + C - log q(z)]` in the parameters of `q`.
///
/// # Examples
/// ```
/// use train::toy::{Estimator, Normal, Parameter, Toy, exact};
///
/// let p = Normal { loc: 0.0, scale: 1.0 };
/// let plain = Toy { q: Normal { loc: 0.3, ..p }, p, log_constant: 0.0 };
/// plain.validate()?;
/// let of = |toy| exact(toy, Estimator::ScoreFunction, Parameter::Loc).expect("one draw makes an estimate");
/// // A constant in `log p` leaves the gradient alone, and drowns the score function in noise.
/// let shifted = Toy { log_constant: 10.0, ..plain };
/// assert!((of(&shifted).gradient - of(&plain).gradient).abs() < 1e-12);
/// assert!(of(&shifted).variance > 500.0 * of(&plain).variance);
/// # Ok::<(), train::toy::ToyError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Toy {
    /// The variational distribution `N(m, s^2)`.
    pub q: Normal,
    /// The target `N(u, t^2)`.
    pub p: Normal,
    /// `C`, added to `log p`: it moves no gradient of the objective (trap D12).
    pub log_constant: f64,
}

impl Toy {
    /// Checks that both are distributions, at scales that `f64` can square.
    ///
    /// # Errors
    /// Names the number out of range.
    pub fn validate(&self) -> Result<(), ToyError> {
        for (of, Normal { loc, scale }) in [("q", self.q), ("p", self.p)] {
            if !(-1e6..=1e6).contains(&loc) {
                return Err(ToyError::Loc { of, value: loc });
            }
            if !(1e-6..=1e6).contains(&scale) {
                return Err(ToyError::Scale { of, value: scale });
            }
        }
        match (-1e6..=1e6).contains(&self.log_constant) {
            true => Ok(()),
            false => Err(ToyError::Constant(self.log_constant)),
        }
    }

    /// `a = (m - u) / t`: how far apart the means are.
    pub(super) fn offset(&self) -> f64 {
        (self.q.loc - self.p.loc) / self.p.scale
    }

    /// `r = s / t`.
    pub(super) fn ratio(&self) -> f64 {
        self.q.scale / self.p.scale
    }

    /// `log w = log p(z) + C - log q(z)` at `z = m + s eps`: `ln r + C + eps^2 / 2 - (a + r eps)^2 / 2`, in nats.
    pub(super) fn log_weight(&self, eps: f64) -> f64 {
        self.ratio().ln() + self.log_constant + 0.5 * eps * eps - 0.5 * (self.offset() + self.ratio() * eps).powi(2)
    }

    /// The score `d log q(z; m, s) / d(m, s)` at fixed `z`: `eps / s` and `(eps^2 - 1) / s`.
    pub(super) fn score(&self, eps: f64) -> [f64; 2] {
        [eps / self.q.scale, (eps * eps - 1.0) / self.q.scale]
    }

    /// `d log w / dz * dz / d(m, s)`, with `dz / dm = 1` and `dz / ds = eps`.
    ///
    /// In standardised terms, so that with `q = p` it is zero to the last bit: `eps / s - (a + r eps) / t`.
    pub(super) fn path(&self, eps: f64) -> [f64; 2] {
        let by_z = eps / self.q.scale - (self.offset() + self.ratio() * eps) / self.p.scale;
        [by_z, by_z * eps]
    }

    /// `d log w / d(m, s)` through `z` and through `log q`: the path derivative less the score. `log q` at `z = m + s eps` is
    /// `-ln s - eps^2 / 2`, so that only `log p` and `-ln s` are left.
    pub(super) fn total(&self, eps: f64) -> [f64; 2] {
        let by_z = -(self.offset() + self.ratio() * eps) / self.p.scale;
        [by_z, by_z * eps + 1.0 / self.q.scale]
    }
}

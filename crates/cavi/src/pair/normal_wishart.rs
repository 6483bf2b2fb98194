//! A normal likelihood of unknown mean and precision matrix, with a normal-Wishart prior.

use std::f64::consts::{LN_2, PI, TAU};
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::ConjugatePair;
use super::cholesky::Cholesky;
use super::student_t::log_student_t;
use crate::CaviError;
use crate::error::require;
use crate::special::{digamma, ln_gamma};

/// `x | mu, P ~ N(mu, P^-1)`, `mu | P ~ N(nu, (kappa P)^-1)`, `P ~ Wishart(W, degrees of freedom)`, given by `W^-1` (Bishop, 2006,
/// eq. 10.40). `W^-1` is a sum of squares: without data, the covariance is about `W^-1 / degrees of freedom`.
///
/// # Examples
/// ```
/// use cavi::{ConjugatePair, NormalGamma, NormalWishart};
///
/// // On one axis, a Wishart is a gamma of half its degrees of freedom and half of W^-1.
/// let wishart = NormalWishart::new(vec![0.5], 0.4, 3.5, vec![vec![2.0]])?;
/// let gamma = NormalGamma::new(vec![0.5], 0.4, 1.75, vec![1.0])?;
/// let predictives = [0.0, 1.0, 9.0].map(|x| {
///     [wishart.log_predictive(&wishart.prior(), &[x]), gamma.log_predictive(&gamma.prior(), &[x])]
/// });
/// assert!(predictives.iter().all(|[a, b]| (a - b).abs() < 1e-12));
///
/// let indefinite = vec![vec![1.0, 2.0], vec![2.0, 1.0]];
/// assert!(NormalWishart::new(vec![0.0, 0.0], 1.0, 4.0, indefinite).is_err());
/// # Ok::<(), cavi::CaviError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NormalWishart {
    nu: Vec<f64>,
    kappa: f64,
    degrees_of_freedom: f64,
    inverse_scale: Vec<Vec<f64>>,
    /// Subtracted from every `x`, so that sums of squares keep their digits (trap D28).
    centre: Vec<f64>,
}

/// A normal-Wishart distribution of a mean and a precision matrix.
///
/// # Examples
/// ```
/// use cavi::{ConjugatePair, NormalWishart, NormalWishartPosterior};
///
/// let pair = NormalWishart::new(vec![0.0, 0.0], 1.0, 5.0, vec![vec![2.0, 0.0], vec![0.0, 2.0]])?;
/// // (1, y, upper triangle of y y') of the events (3, 3) and (-3, -3), summed.
/// let q = pair.update(&[2.0, 0.0, 0.0, 18.0, 18.0, 18.0]);
/// let NormalWishartPosterior { mean, degrees_of_freedom, inverse_scale, .. } = q;
/// assert_eq!((mean, degrees_of_freedom), (vec![0.0, 0.0], 7.0));
/// // The two axes go together: the covariance is about W^-1 / degrees of freedom.
/// assert_eq!(inverse_scale, [[20.0, 18.0], [18.0, 20.0]]);
/// # Ok::<(), cavi::CaviError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NormalWishartPosterior {
    /// The mean of `mu`.
    pub mean: Vec<f64>,
    /// The precision of `mu`, in units of the precision matrix.
    pub kappa: f64,
    /// The degrees of freedom of the Wishart.
    pub degrees_of_freedom: f64,
    /// `W^-1`, row by row.
    pub inverse_scale: Vec<Vec<f64>>,
}

impl NormalWishart {
    /// The pair of a prior.
    ///
    /// # Errors
    /// When there is no axis, a constant is out of its range, or `W^-1` is not symmetric and positive definite.
    pub fn new(
        nu: Vec<f64>,
        kappa: f64,
        degrees_of_freedom: f64,
        inverse_scale: Vec<Vec<f64>>,
    ) -> Result<Self, CaviError> {
        let axes = nu.len();
        require(axes > 0, "nu", f64::NAN, "one number an axis")?;
        for &entry in &nu {
            require(entry.is_finite(), "nu", entry, "finite")?;
        }
        require(kappa.is_finite() && kappa > 0.0, "kappa", kappa, "positive: it counts observations")?;
        let proper = degrees_of_freedom.is_finite() && degrees_of_freedom > axes as f64 - 1.0;
        require(proper, "degrees-of-freedom", degrees_of_freedom, "more than the number of axes less 1")?;
        let square = inverse_scale.len() == axes && inverse_scale.iter().all(|row| row.len() == axes);
        let symmetric = || (0..axes).all(|i| (0..i).all(|j| inverse_scale[i][j] == inverse_scale[j][i]));
        if !(square && symmetric() && Cholesky::new(&inverse_scale).is_some()) {
            let must = "a symmetric, positive definite matrix of the axes";
            return Err(CaviError::Parameter { name: "inverse-scale", value: format!("{inverse_scale:?}"), must });
        }
        Ok(Self { centre: nu.clone(), nu, kappa, degrees_of_freedom, inverse_scale })
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

/// The matrix, or where rounding has taken its positive definiteness (events on a line, or far from `nu`) the matrix with the
/// smallest power of ten times 1e-16 of its diagonal added that gives it back, or at last its diagonal alone.
fn positive_definite(matrix: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    let scaled = |on: f64, off: f64| -> Vec<Vec<f64>> {
        let entry = |i: usize, j: usize, entry: f64| entry * if i == j { on } else { off };
        let row = |(i, row): (usize, &Vec<f64>)| row.iter().enumerate().map(|(j, &x)| entry(i, j, x)).collect();
        matrix.iter().enumerate().map(row).collect()
    };
    let raised = std::iter::once(0.0).chain((0..16).map(|power| 1e-16 * 10_f64.powi(power)));
    raised
        .map(|share| scaled(1.0 + share, 1.0))
        .find(|matrix| Cholesky::new(matrix).is_some())
        .unwrap_or_else(|| scaled(1.0, 0.0))
}

/// `sum_i f((dof + 1 - i) / 2)` over the axes `i = 1..D`.
fn over_axes(axes: usize, dof: f64, f: impl Fn(f64) -> f64) -> f64 {
    (0..axes).map(|i| f(0.5 * (dof - i as f64))).sum()
}

/// `E[ln |P|] = sum_i psi((dof + 1 - i)/2) + D ln 2 + ln |W|` (Bishop, 2006, eq. B.81).
fn expected_log_determinant(axes: usize, dof: f64, inverse_scale: &Cholesky) -> f64 {
    over_axes(axes, dof, digamma) + axes as f64 * LN_2 - inverse_scale.log_determinant()
}

/// `ln B(W, dof)`, the log-normaliser of a Wishart (Bishop, 2006, eq. B.79).
fn log_normaliser(axes: usize, dof: f64, inverse_scale: &Cholesky) -> f64 {
    let d = axes as f64;
    0.5 * dof * (inverse_scale.log_determinant() - d * LN_2)
        - 0.25 * d * (d - 1.0) * PI.ln()
        - over_axes(axes, dof, ln_gamma)
}

/// The entries of the upper triangle, row by row.
fn triangle(axes: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..axes).flat_map(move |i| (i..axes).map(move |j| (i, j)))
}

impl ConjugatePair for NormalWishart {
    type Posterior = NormalWishartPosterior;

    fn columns(&self) -> usize {
        self.axes()
    }

    fn features(&self) -> usize {
        1 + self.axes() + self.axes() * (self.axes() + 1) / 2
    }

    fn coordinates(&self) -> Range<usize> {
        1..1 + self.axes()
    }

    /// `t = (1, y, upper triangle of y y')` with `y = x - centre`; `log h = -D/2 ln 2 pi`.
    fn sufficient_statistics(&self, x: &[f64], t: &mut [f64]) -> f64 {
        let axes = self.axes();
        t[0] = 1.0;
        for (t, (x, c)) in t[1..=axes].iter_mut().zip(x.iter().zip(&self.centre)) {
            *t = x - c;
        }
        let (y, squares) = t[1..].split_at_mut(axes);
        for (square, (i, j)) in squares.iter_mut().zip(triangle(axes)) {
            *square = y[i] * y[j];
        }
        -0.5 * axes as f64 * TAU.ln()
    }

    fn outside_support(&self, _x: f64) -> Option<&'static str> {
        None
    }

    /// `kappa* = kappa + N`, `m = nu + s / kappa*`, `dof* = dof + N`, `W*^-1 = W^-1 + Q - s s' / kappa*` with the sums
    /// `s = sum r (x - nu)` and `Q = sum r (x - nu)(x - nu)'`.
    fn update(&self, statistics: &[f64]) -> NormalWishartPosterior {
        let (axes, count) = (self.axes(), statistics[0]);
        let (y, squares) = statistics[1..].split_at(axes);
        let kappa = self.kappa + count;
        let shift: Vec<f64> = self.centre.iter().zip(&self.nu).map(|(c, nu)| c - nu).collect();
        let sum: Vec<f64> = y.iter().zip(&shift).map(|(y, shift)| y + count * shift).collect();
        let mut inverse_scale = self.inverse_scale.clone();
        for (square, (i, j)) in squares.iter().zip(triangle(axes)) {
            let about_nu = square + shift[i] * y[j] + shift[j] * y[i] + count * shift[i] * shift[j];
            let scatter = about_nu - sum[i] * sum[j] / kappa;
            // A square that rounds below 0 is 0.
            inverse_scale[i][j] += if i == j { scatter.max(0.0) } else { scatter };
            inverse_scale[j][i] = inverse_scale[i][j];
        }
        let mean = self.nu.iter().zip(&sum).map(|(nu, sum)| nu + sum / kappa).collect();
        let degrees_of_freedom = self.degrees_of_freedom + count;
        NormalWishartPosterior { mean, kappa, degrees_of_freedom, inverse_scale: positive_definite(inverse_scale) }
    }

    /// `E_q[ln |P|]/2 - D/(2 kappa*) - dof*/2 (y - d)' W* (y - d)` with `d = m - centre`.
    fn expected_natural(&self, q: &NormalWishartPosterior, eta: &mut [f64]) {
        let axes = self.axes();
        let factor = Cholesky::of_scatter(&q.inverse_scale);
        let d: Vec<f64> = q.mean.iter().zip(&self.centre).map(|(m, c)| m - c).collect();
        let precision = factor.inverse();
        let log_determinant = expected_log_determinant(axes, q.degrees_of_freedom, &factor);
        let square = q.degrees_of_freedom * factor.inverse_form(&d);
        eta[0] = 0.5 * (log_determinant - axes as f64 / q.kappa - square);
        for (eta, row) in eta[1..=axes].iter_mut().zip(&precision) {
            *eta = q.degrees_of_freedom * row.iter().zip(&d).map(|(p, d)| p * d).sum::<f64>();
        }
        for (eta, (i, j)) in eta[1 + axes..].iter_mut().zip(triangle(axes)) {
            // An entry off the diagonal stands for two.
            *eta = if i == j { -0.5 } else { -1.0 } * q.degrees_of_freedom * precision[i][j];
        }
    }

    /// `ln B(W*, dof*) - ln B(W, dof) + (dof* - dof)/2 E[ln |P|] + dof*/2 [tr(W^-1 W*) - D]
    /// + [D (kappa / kappa* - 1 - ln(kappa / kappa*)) + kappa dof* (m - nu)' W* (m - nu)] / 2`.
    fn kl_divergence(&self, q: &NormalWishartPosterior) -> f64 {
        let axes = self.axes();
        let (prior, posterior) = (Cholesky::of_scatter(&self.inverse_scale), Cholesky::of_scatter(&q.inverse_scale));
        let (dof, d) = (q.degrees_of_freedom, axes as f64);
        let precision = posterior.inverse();
        let trace: f64 =
            self.inverse_scale.iter().zip(&precision).flat_map(|(a, b)| a.iter().zip(b)).map(|(a, b)| a * b).sum();
        let wishart = log_normaliser(axes, dof, &posterior) - log_normaliser(axes, self.degrees_of_freedom, &prior)
            + 0.5 * (dof - self.degrees_of_freedom) * expected_log_determinant(axes, dof, &posterior)
            + 0.5 * dof * (trace - d);
        let ratio = self.kappa / q.kappa;
        let shift: Vec<f64> = q.mean.iter().zip(&self.nu).map(|(m, nu)| m - nu).collect();
        wishart + 0.5 * (d * (ratio - 1.0 - ratio.ln()) + self.kappa * dof * posterior.inverse_form(&shift))
    }

    /// A Student-t of `f = dof* + 1 - D` degrees of freedom, location `m` and precision `f kappa* / (1 + kappa*) W*` (Bishop, 2006,
    /// eq. 10.81).
    fn log_predictive(&self, q: &NormalWishartPosterior, x: &[f64]) -> f64 {
        let axes = self.axes();
        let factor = Cholesky::of_scatter(&q.inverse_scale);
        let dof = q.degrees_of_freedom + 1.0 - axes as f64;
        let scale = dof * q.kappa / (1.0 + q.kappa);
        let shift: Vec<f64> = x.iter().zip(&q.mean).map(|(x, m)| x - m).collect();
        let log_determinant = axes as f64 * scale.ln() - factor.log_determinant();
        log_student_t(axes, dof, scale * factor.inverse_form(&shift), log_determinant)
    }
}

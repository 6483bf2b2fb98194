//! The regularised lower incomplete gamma function, and its derivative in the shape, on the host.

use super::host::{digamma, stirling_error};

/// Terms that are enough for shapes up to 1e6: about `12 sqrt(a)` are needed where `x` is near `a`.
const MOST_TERMS: usize = 20_000;

/// A sum has converged when the next term changes nothing.
const NOTHING: f64 = 1e-17;

/// Keeps the continued fraction away from divisions by 0.
const TINY: f64 = 1e-300;

/// `P(a, x)` and what belongs to it, for a shape `a > 0` at `x >= 0`.
///
/// # Examples
/// ```
/// use distributions::special::incomplete_gamma;
///
/// // Gamma(1, 1) is the exponential: P = 1 - exp(-x), with density exp(-x).
/// let of_two = incomplete_gamma(1.0, 2.0);
/// assert!((of_two.value - (1.0 - (-2.0_f64).exp())).abs() < 1e-12);
/// assert!((of_two.in_x - (-2.0_f64).exp()).abs() < 1e-12);
/// // A larger shape moves the mass up, and so out of [0, x]; the derivative meets a difference quotient.
/// let step = 1e-5;
/// let [above, below] = [step, -step].map(|h| incomplete_gamma(1.0 + h, 2.0).value);
/// let quotient = (above - below) / (2.0 * step);
/// assert!(of_two.in_shape < 0.0 && (of_two.in_shape - quotient).abs() < 1e-9);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IncompleteGamma {
    /// `P(a, x) = 1 / Gamma(a) integral_0^x t^(a-1) exp(-t) dt`.
    pub value: f64,
    /// `dP/da`.
    pub in_shape: f64,
    /// `dP/dx = x^(a-1) exp(-x) / Gamma(a)`, the density.
    pub in_x: f64,
}

/// `P(a, x)` with both derivatives; NaN for a shape that is not positive or an `x` that is negative.
///
/// Errors, over shapes from 0.01 to 1e4 and quantiles from 1e-6 to 1 - 1e-6: 2e-13 for the value and for each derivative,
/// relative to their own size.
pub fn incomplete_gamma(a: f64, x: f64) -> IncompleteGamma {
    if !(a > 0.0 && a.is_finite() && x >= 0.0) {
        return IncompleteGamma { value: f64::NAN, in_shape: f64::NAN, in_x: f64::NAN };
    }
    if x == 0.0 {
        let in_x = if a > 1.0 {
            0.0
        } else if a == 1.0 {
            1.0
        } else {
            f64::INFINITY
        };
        return IncompleteGamma { value: 0.0, in_shape: 0.0, in_x };
    }
    // x^a exp(-x) / Gamma(a + 1), by Loader's saddle point: exp(-delta(a) - a (r - 1 - ln r)) / sqrt(2 pi a), r = x / a.
    let excess = (x - a) / a;
    let deviance = if excess.abs() < 0.5 { excess - excess.ln_1p() } else { excess - (x / a).ln() };
    let front = (-stirling_error(a) - a * deviance).exp() / (2.0 * std::f64::consts::PI * a).sqrt();
    let in_x = a * front / x;
    let tail = tail(a, x.ln(), x);
    match tail {
        Tail::Lower { sum, slope } => IncompleteGamma { value: front * sum, in_shape: front * slope, in_x },
        Tail::Upper { fraction, slope } => {
            IncompleteGamma { value: 1.0 - a * front * fraction, in_shape: -a * front * slope, in_x }
        }
    }
}

/// `d log z / da` at fixed `P(a, z)`, for `z ~ Gamma(a, 1)`: the implicit gradient `-(dP/da) / (z f(z))` of Figurnov,
/// Mohamed and Mnih (2018, eq. 8) in `log z` (trap D26).
///
/// The factor `z^a exp(-z)` of both derivatives drops out, so that nothing underflows: not in either tail, and not for a
/// `z` that is 0 in `f64` while its logarithm is known (trap D41). The relative error is 2e-12 for shapes from 0.01 to 1e4.
pub fn gamma_log_gradient(a: f64, log_z: f64) -> f64 {
    match tail(a, log_z, log_z.exp()) {
        // z f(z) = a front: -(dP/da) / (z f) = -slope / a
        Tail::Lower { slope, .. } => -slope / a,
        // dP/da = -a front slope
        Tail::Upper { slope, .. } => slope,
    }
}

/// One of the two tails without its factor `x^a exp(-x) / Gamma(a + 1)`.
enum Tail {
    /// `P = front sum` and `dP/da = front slope`.
    Lower { sum: f64, slope: f64 },
    /// `1 - P = a front fraction` and its derivative `a front slope`.
    Upper { fraction: f64, slope: f64 },
}

fn tail(a: f64, log_x: f64, x: f64) -> Tail {
    if x < a + 1.0 { lower(a, log_x, x) } else { upper(a, log_x, x) }
}

/// `sum_n c_n` with `c_n = x^n / ((a + 1) .. (a + n))`, and `d ln c_n / da = -sum_k 1 / (a + k)`; the factor
/// `x^a / Gamma(a + 1)` gives `ln x - psi(a + 1)`.
fn lower(a: f64, log_x: f64, x: f64) -> Tail {
    let (mut term, mut harmonic) = (1.0, 0.0);
    let (mut sum, mut weighted) = (1.0, 0.0);
    for n in 1..MOST_TERMS {
        let shifted = a + n as f64;
        term *= x / shifted;
        harmonic += shifted.recip();
        sum += term;
        weighted += term * harmonic;
        if term * (1.0 + harmonic) <= NOTHING * (sum + weighted) {
            break;
        }
    }
    Tail::Lower { sum, slope: (log_x - digamma(a + 1.0)) * sum - weighted }
}

/// Legendre's continued fraction `1 / (x + 1 - a - 1 (1 - a) / (x + 3 - a - 2 (2 - a) / (x + 5 - a - ..)))` by the modified
/// algorithm of Lentz, each number with its derivative in `a`.
fn upper(a: f64, log_x: f64, x: f64) -> Tail {
    let mut b = Dual { value: x + 1.0 - a, slope: -1.0 };
    let mut c = Dual { value: TINY.recip(), slope: 0.0 };
    let mut d = b.recip();
    let mut h = d;
    for n in 1..MOST_TERMS {
        let n = n as f64;
        // -n (n - a)
        let factor = Dual { value: -n * (n - a), slope: n };
        b.value += 2.0;
        d = factor.times(d).plus(b).away_from_zero().recip();
        c = b.plus(factor.times(c.recip())).away_from_zero();
        let step = c.times(d);
        h = h.times(step);
        if (step.value - 1.0).abs() <= 1e-16
            && step.slope.abs() * h.value.abs() <= 1e-16 * (h.slope.abs() + h.value.abs())
        {
            break;
        }
    }
    // x^a / Gamma(a) gives ln x - psi(a).
    Tail::Upper { fraction: h.value, slope: (log_x - digamma(a)) * h.value + h.slope }
}

/// A number with its derivative in the shape.
#[derive(Clone, Copy)]
struct Dual {
    value: f64,
    slope: f64,
}

impl Dual {
    fn times(self, other: Self) -> Self {
        Self { value: self.value * other.value, slope: self.value * other.slope + self.slope * other.value }
    }

    fn plus(self, other: Self) -> Self {
        Self { value: self.value + other.value, slope: self.slope + other.slope }
    }

    fn recip(self) -> Self {
        let value = self.value.recip();
        Self { value, slope: -self.slope * value * value }
    }

    fn away_from_zero(self) -> Self {
        if self.value.abs() < TINY { Self { value: TINY, ..self } } else { self }
    }
}

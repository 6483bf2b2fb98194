//! The asymptotic series of the gamma function and its derivatives, from Bernoulli numbers.

/// `B_2, B_4, .. B_20`.
const BERNOULLI: [f64; 10] = [
    1.0 / 6.0,
    -1.0 / 30.0,
    1.0 / 42.0,
    -1.0 / 30.0,
    5.0 / 66.0,
    -691.0 / 2730.0,
    7.0 / 6.0,
    -3617.0 / 510.0,
    43_867.0 / 798.0,
    -174_611.0 / 330.0,
];

/// `sum_k B_2k weight(2k) x^(-2k - shift)`, smallest terms first.
fn sum(x: f64, shift: i32, weight: impl Fn(f64) -> f64) -> f64 {
    let inverse_square = (x * x).recip();
    let terms = BERNOULLI.iter().enumerate().rev();
    let inner = terms.fold(0.0, |sum, (k, b)| sum * inverse_square + b * weight(2.0 * (k + 1) as f64));
    inner * inverse_square * x.powi(-shift)
}

/// Stirling's series `sum_k B_2k / (2k (2k - 1)) x^(1 - 2k)`, for `x >= 16`.
pub(super) fn stirling(x: f64) -> f64 {
    sum(x, -1, |n| (n * (n - 1.0)).recip())
}

/// The tails of `psi` and its derivatives, for `x >= 16`.
pub(super) mod asymptotic {
    use super::sum;

    /// `sum_k B_2k / (2k) x^(-2k)`.
    pub(in super::super) fn digamma(x: f64) -> f64 {
        sum(x, 0, f64::recip)
    }

    /// `sum_k B_2k x^(-2k - 1)`.
    pub(in super::super) fn trigamma(x: f64) -> f64 {
        sum(x, 1, |_| 1.0)
    }

    /// `sum_k B_2k (2k + 1) x^(-2k - 2)`.
    pub(in super::super) fn tetragamma(x: f64) -> f64 {
        sum(x, 2, |n| n + 1.0)
    }
}

//! Special functions of one real number on the host, in `f64`.
//!
//! Errors are given relative to `max(1, |value|)`, as the largest over the golden values of `special/tests.rs`.

use crate::special::series::{asymptotic, stirling};

/// `ln(2 pi) / 2`.
const HALF_LN_TWO_PI: f64 = 0.918_938_533_204_672_7;

/// A term that changes no bit of a sum, relative to it; those that follow are smaller still.
const NOTHING: f64 = 1e-17;

/// From here up the asymptotic series are exact to the last bits; below, recurrences lead here.
const FAR: f64 = 16.0;

/// `ln Gamma(x)` for `x > 0`, to 4e-16; infinite at 0, NaN below.
pub fn ln_gamma(x: f64) -> f64 {
    if x < 0.0 { f64::NAN } else { libm::lgamma(x) }
}

/// `psi(x) = d ln Gamma(x) / dx` for `x > 0`, to 2e-15; minus infinity at 0, NaN below.
pub fn digamma(x: f64) -> f64 {
    // psi(x) = psi(x + 1) - 1 / x
    shifted(x, |x| x.recip(), |x| x.ln() - 0.5 / x - asymptotic::digamma(x), -1.0)
}

/// `psi'(x)` for `x > 0`, to 2e-15; infinite at 0, NaN below.
pub fn trigamma(x: f64) -> f64 {
    // psi'(x) = psi'(x + 1) + 1 / x^2
    shifted(x, |x| (x * x).recip(), |x| x.recip() + 0.5 / (x * x) + asymptotic::trigamma(x), 1.0)
}

/// `psi''(x)` for `x > 0`, the derivative of [`trigamma`], to 2e-15; minus infinity at 0, NaN below.
pub fn tetragamma(x: f64) -> f64 {
    // psi''(x) = psi''(x + 1) - 2 / x^3
    shifted(x, |x| 2.0 / (x * x * x), |x| -(x * x).recip() - (x * x * x).recip() - asymptotic::tetragamma(x), -1.0)
}

/// A function that is `far(x)` for large `x`, and `f(x) = f(x + 1) + sign term(x)` everywhere.
fn shifted(mut x: f64, term: impl Fn(f64) -> f64, far: impl Fn(f64) -> f64, sign: f64) -> f64 {
    if x.is_nan() || x < 0.0 {
        return f64::NAN;
    }
    let mut sum = 0.0;
    while x < FAR {
        sum += term(x);
        x += 1.0;
    }
    far(x) + sign * sum
}

/// `ln Gamma(a + 1) - (a + 1/2) ln a + a - ln(2 pi) / 2`, the error of Stirling's formula, for `a > 0` (Loader 2000), to
/// 1e-15 of its own size: no large terms cancel in a density built on it (trap D41).
pub fn stirling_error(a: f64) -> f64 {
    if a < FAR {
        // delta(a) = delta(a + 1) + (a + 1/2) ln(1 + 1/a) - 1, whose terms are small.
        let mut sum = 0.0;
        let mut x = a;
        while x < FAR {
            sum += log_ratio_excess(x);
            x += 1.0;
        }
        return sum + stirling(x);
    }
    stirling(a)
}

/// `(x + 1/2) ln(1 + 1/x) - 1`, by `ln(1 + 1/x) = 2 artanh(1 / (2x + 1))` where that is short of digits.
fn log_ratio_excess(x: f64) -> f64 {
    if x < 1.0 {
        return (x + 0.5) * (x.ln_1p() - x.ln()) - 1.0;
    }
    // (x + 1/2) 2 artanh(t) - 1 = artanh(t) / t - 1 = t^2 / 3 + t^4 / 5 + .. with t = 1 / (2x + 1)
    let square = (2.0 * x + 1.0).powi(-2);
    let (mut power, mut sum) = (1.0, 0.0);
    for k in 1..40 {
        power *= square;
        let term = power / f64::from(2 * k + 1);
        if term < NOTHING * sum {
            break;
        }
        sum += term;
    }
    sum
}

/// `ln B(a, b) = ln Gamma(a) + ln Gamma(b) - ln Gamma(a + b)` for positive `a` and `b`, to 2e-15: where both are large the
/// three terms would cancel, and Stirling's formula is taken apart instead.
pub fn log_beta(a: f64, b: f64) -> f64 {
    let (small, large) = (a.min(b), a.max(b));
    if large < FAR {
        return ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b);
    }
    // ln Gamma(x) = (x - 1/2) ln x - x + ln(2 pi) / 2 + delta(x)
    let total = a + b;
    // ln Gamma(large) - ln Gamma(total)
    let difference = -(large - 0.5) * (small / large).ln_1p() - small * total.ln() + small + stirling_error(large)
        - stirling_error(total);
    if small < FAR {
        return ln_gamma(small) + difference;
    }
    let of_small = (small - 0.5) * small.ln() - small + HALF_LN_TWO_PI + stirling_error(small);
    of_small + difference
}

/// `ln(1 - exp(-x))` for `x > 0` (Maechler 2012), to 2e-16; minus infinity at 0, NaN below.
pub fn log1mexp(x: f64) -> f64 {
    if x < std::f64::consts::LN_2 { (-(-x).exp_m1()).ln() } else { (-(-x).exp()).ln_1p() }
}

/// `a + ln Gamma(a) + (1 - a) psi(a)`, the entropy of `Gamma(a, 1)`, for `a > 0`, to 2e-14: the large terms are taken out of
/// Stirling's formula before they cancel.
pub fn gamma_entropy(a: f64) -> f64 {
    if a < FAR {
        return a + ln_gamma(a) + (1.0 - a) * digamma(a);
    }
    // ln a / 2 + ln(2 pi) / 2 + delta(a) - (1 - a) (1 / (2 a) + e(a)) with psi(a) = ln a - 1 / (2 a) - e(a)
    0.5 * a.ln() + HALF_LN_TWO_PI + stirling(a) - (1.0 - a) * (0.5 / a + asymptotic::digamma(a))
}

/// `(a - b) psi(a) - ln Gamma(a) + ln Gamma(b)`, the divergence of `Gamma(a, 1)` from `Gamma(b, 1)`, for `a > 0` and
/// `b > 0`: where both are large, the large terms of Stirling's formula are taken out before they cancel.
pub fn gamma_kl(a: f64, b: f64) -> f64 {
    if a < FAR || b < FAR {
        return (a - b) * digamma(a) - ln_gamma(a) + ln_gamma(b);
    }
    // (b - 1/2) ln(b / a) - (b - a) + (b - a) (1 / (2 a) + e(a)) + delta(b) - delta(a)
    let t = (b - a) / a;
    let of_series = (b - a) * (0.5 / a + asymptotic::digamma(a)) + stirling(b) - stirling(a);
    a * ((1.0 + t) * t.ln_1p() - t) - 0.5 * t.ln_1p() + of_series
}

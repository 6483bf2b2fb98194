//! Special functions on the host, in `f64`.

use distributions::special::host::stirling_error;
pub use distributions::special::host::{digamma, ln_gamma};

/// `ln Gamma(n + 1) - ln Gamma(x + 1) - ln Gamma(n - x + 1) + x ln p + (n - x) ln q` for real `0 < x < n` and `p + q = 1`, by the
/// saddle-point form of Loader (2000): its terms do not cancel, however large `n` is.
pub(crate) fn log_binomial(x: f64, n: f64, p: f64, q: f64) -> f64 {
    let other = n - x;
    stirling_error(n)
        - stirling_error(x)
        - stirling_error(other)
        - deviance(x, n * p)
        - deviance(other, n * q)
        - 0.5 * ((std::f64::consts::TAU * x).ln() + (other / n).ln())
}

/// `x ln(x / mean) + mean - x`, without cancellation where the two are near.
fn deviance(x: f64, mean: f64) -> f64 {
    let v = (x - mean) / (x + mean);
    if v.abs() > 0.1 {
        return x * (x / mean).ln() + mean - x;
    }
    // 2 x sum_j v^(2j+1) / (2j+1), less what the first term has too much
    let mut sum = (x - mean) * v;
    let mut power = 2.0 * x * v;
    for j in 1..1000 {
        power *= v * v;
        let next = sum + power / f64::from(2 * j + 1);
        if next == sum {
            break;
        }
        sum = next;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// D33: `(x, ln Gamma(x), psi(x))` of `scripts/golden_cavi.py` (mpmath, 50 digits).
    const GOLDEN: [(f64, f64, f64); 9] = [
        (0.001, 6.907178885383853, -1000.5755719318103),
        (0.01, 4.599479878042022, -100.56088545786868),
        (0.5, 0.5723649429247001, -1.9635100260214235),
        (1.4616, -0.12148629003589732, -3.110625123034165e-5),
        (2.0, 0.0, 0.42278433509846713),
        (3.7, 1.428072326665388, 1.1671535393615113),
        (25.0, 54.78472939811232, 3.198742512851974),
        (1000.0, 5905.220423209181, 6.907255195648812),
        (1_000_000.0, 12815504.569147611, 13.815510057964191),
    ];

    #[test]
    fn d33_special_functions_meet_mpmath_over_nine_decades() {
        for (x, expected_ln_gamma, expected_digamma) in GOLDEN {
            let close = |value: f64, expected: f64| (value - expected).abs() <= 1e-14 * expected.abs().max(1.0);
            assert!(close(ln_gamma(x), expected_ln_gamma), "ln Gamma({x}) = {}", ln_gamma(x));
            assert!(close(digamma(x), expected_digamma), "psi({x}) = {}", digamma(x));
        }
    }

    #[test]
    fn d33_digamma_obeys_its_recurrence() {
        for i in 1..2000 {
            let x = f64::from(i) * 0.01;
            assert!((digamma(x + 1.0) - digamma(x) - 1.0 / x).abs() < 2e-14 * (1.0 / x).max(1.0), "{x}");
        }
    }
}

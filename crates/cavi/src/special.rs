//! Special functions on the host, in `f64`.

/// `ln Gamma(x)` for positive `x`.
pub fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// The digamma function `psi(x) = d/dx ln Gamma(x)` for positive `x`.
pub fn digamma(x: f64) -> f64 {
    statrs::function::gamma::digamma(x)
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

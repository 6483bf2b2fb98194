//! Reparameterised Kumaraswamy variables, and their divergence from the uniform law.

use super::bernoulli::sum;
use super::digamma::harmonic_f32;
use super::math::{exp_f32, log_f32, log1mexp_f32};
use super::vectorized;

/// Nothing is closer to `log x = 0` than this: at 0 the density would be infinite.
const LEAST_LOG: f32 = 1e-37;

/// The uniforms that a transform takes, `2^-24` to `1 - 2^-24`: at the ends a draw would be infinite (trap D20).
const INSIDE: [f32; 2] = [f32::EPSILON / 2.0, 1.0 - f32::EPSILON / 2.0];

/// `log x = log(1 - u^(1 / b)) / a` at uniforms `u`, with its derivatives in `log a` and `log b`.
///
/// # Panics
/// When the sizes differ.
pub fn kumaraswamy_log(log_a: &[f32], log_b: &[f32], uniforms: &[f32]) -> [Vec<f32>; 3] {
    assert!(log_a.len() == log_b.len() && log_a.len() == uniforms.len(), "as many uniforms as concentrations");
    let [mut y, mut in_log_a, mut in_log_b] = [(); 3].map(|()| vec![0.0; log_a.len()]);
    vectorized(
        #[inline(always)]
        || {
            let outputs = y.iter_mut().zip(in_log_a.iter_mut().zip(in_log_b.iter_mut()));
            for ((y, (in_log_a, in_log_b)), (u, (log_a, log_b))) in
                outputs.zip(uniforms.iter().zip(log_a.iter().zip(log_b)))
            {
                // t = -ln u / b, log x = log(1 - exp(-t)) / a
                let t = -log_f32(u.clamp(INSIDE[0], INSIDE[1])) * exp_f32(-*log_b);
                let (log, slope) = log1mexp_f32(t);
                let inverse = exp_f32(-*log_a);
                let value = log * inverse;
                let is_held = value > -LEAST_LOG;
                *y = if is_held { -LEAST_LOG } else { value };
                *in_log_a = if is_held { 0.0 } else { -value };
                *in_log_b = if is_held { 0.0 } else { -t * slope * inverse };
            }
        },
    );
    [y, in_log_a, in_log_b]
}

/// `KL(Kumaraswamy(a, b) || U(0, 1)) = sum_i ln a + ln b - (1 - 1 / b) - (1 - 1 / a) (psi(b + 1) + gamma)` of each row, minus the
/// entropy, with its derivatives in `log a` and `log b`.
///
/// # Shapes
/// - `log_a`, `log_b`: `[batch, latent]`
/// - returns: `[batch]`, in nats, and twice `[batch, latent]`
///
/// # Panics
/// When the sizes differ.
pub fn uniform_kumaraswamy_kl(log_a: &[f32], log_b: &[f32], latent: usize) -> [Vec<f32>; 3] {
    assert_eq!(log_a.len(), log_b.len(), "as many concentrations of either kind");
    let latent = latent.max(1);
    let mut terms = vec![0.0; latent];
    let [mut in_log_a, mut in_log_b] = [(); 2].map(|()| vec![0.0; log_a.len()]);
    let mut kl = Vec::with_capacity(log_a.len() / latent);
    let outputs = in_log_a.chunks_mut(latent).zip(in_log_b.chunks_mut(latent));
    for ((log_a, log_b), (in_log_a, in_log_b)) in log_a.chunks(latent).zip(log_b.chunks(latent)).zip(outputs) {
        kl.push(vectorized(
            #[inline(always)]
            || {
                let outputs = terms.iter_mut().zip(in_log_a.iter_mut().zip(in_log_b.iter_mut()));
                for ((term, (in_log_a, in_log_b)), (log_a, log_b)) in outputs.zip(log_a.iter().zip(log_b)) {
                    let (inverse_a, b, inverse_b) = (exp_f32(-*log_a), exp_f32(*log_b), exp_f32(-*log_b));
                    let (harmonic, trigamma) = harmonic_f32(b);
                    *term = log_a + log_b - (1.0 - inverse_b) - (1.0 - inverse_a) * harmonic;
                    *in_log_a = 1.0 - inverse_a * harmonic;
                    *in_log_b = 1.0 - inverse_b - (1.0 - inverse_a) * b * trigamma;
                }
                sum(&terms)
            },
        ));
    }
    [kl, in_log_a, in_log_b]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn exact_log(log_a: f64, log_b: f64, u: f64) -> f64 {
        (-(u.ln() * (-log_b).exp()).exp_m1()).ln() * (-log_a).exp()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn draws_and_their_slopes_agree_with_f64(log_a in -1.3_f32..7.0, log_b in -1.3_f32..7.0, u in 1e-6_f32..0.999_999) {
            let [y, in_log_a, in_log_b] = kumaraswamy_log(&[log_a], &[log_b], &[u]).map(|values| f64::from(values[0]));
            let [log_a, log_b, u] = [log_a, log_b, u].map(f64::from);
            let exact = exact_log(log_a, log_b, u);
            prop_assert!((y - exact).abs() <= 2e-5 * exact.abs(), "{y} {exact}");
            let h = 1e-5;
            let slope = (exact_log(log_a + h, log_b, u) - exact_log(log_a - h, log_b, u)) / (2.0 * h);
            prop_assert!((in_log_a - slope).abs() <= 2e-5 * slope.abs() + 1e-9, "{in_log_a} {slope}");
            let slope = (exact_log(log_a, log_b + h, u) - exact_log(log_a, log_b - h, u)) / (2.0 * h);
            prop_assert!((in_log_b - slope).abs() <= 3e-5 * slope.abs() + 1e-9, "{in_log_b} {slope}");
        }
    }

    /// `Kumaraswamy(1, 1)` is the uniform law, and `Kumaraswamy(1, b)` has `psi(b + 1) + gamma` without weight.
    #[test]
    fn the_divergence_is_that_of_simple_cases() {
        let [kl, in_log_a, in_log_b] = uniform_kumaraswamy_kl(&[0.0, 0.0], &[0.0, 0.0], 2);
        assert!(kl[0].abs() < 1e-6 && in_log_a[0].abs() < 1e-6 && in_log_b[0].abs() < 1e-6);
        // ln b - 1 + 1 / b at b = 3
        let kl = uniform_kumaraswamy_kl(&[0.0], &[3.0_f32.ln()], 1)[0][0];
        assert!((kl - (3.0_f32.ln() - 1.0 + 1.0 / 3.0)).abs() < 1e-6);
    }

    #[test]
    fn slopes_of_the_divergence_are_its_differences() {
        let h = 1e-2;
        for (log_a, log_b) in [(-1.0_f32, 0.5_f32), (0.5, -1.0), (2.0, 3.0), (0.1, 6.0)] {
            let at = |a: f32, b: f32| f64::from(uniform_kumaraswamy_kl(&[a], &[b], 1)[0][0]);
            let [_, in_log_a, in_log_b] =
                uniform_kumaraswamy_kl(&[log_a], &[log_b], 1).map(|values| f64::from(values[0]));
            let slope = (at(log_a + h, log_b) - at(log_a - h, log_b)) / (2.0 * f64::from(h));
            assert!((in_log_a - slope).abs() <= 1e-3 * slope.abs().max(1.0), "{in_log_a} {slope}");
            let slope = (at(log_a, log_b + h) - at(log_a, log_b - h)) / (2.0 * f64::from(h));
            assert!((in_log_b - slope).abs() <= 1e-3 * slope.abs().max(1.0), "{in_log_b} {slope}");
        }
    }

    /// The ends of the uniforms and of the concentrations that a latent layer allows are finite.
    #[test]
    fn extremes_are_finite() {
        for log_a in [-1.3, 0.0, 7.0] {
            for log_b in [-1.3, 0.0, 7.0] {
                let all = kumaraswamy_log(&[log_a; 3], &[log_b; 3], &[0.0, 0.5, 1.0]);
                assert!(
                    all.iter().flatten().all(|value| value.is_finite()) && all[0].iter().all(|y| *y < 0.0),
                    "{all:?}"
                );
            }
        }
    }
}

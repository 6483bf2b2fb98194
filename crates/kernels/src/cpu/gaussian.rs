//! The reparameterised Gaussian with a diagonal covariance, and its divergence from the standard one.

use super::bernoulli::sum;
use super::math::{exp_f32, exp_minus_line_f32, expm1_f32};
use super::vectorized;

/// `z = loc + scale eps` and `scale eps`, the derivative of `z` in `log scale` (Kingma and Welling 2014, section 2.4).
///
/// # Panics
/// When the sizes differ.
pub fn gaussian_transform(loc: &[f32], log_scale: &[f32], eps: &[f32]) -> (Vec<f32>, Vec<f32>) {
    assert!(loc.len() == log_scale.len() && loc.len() == eps.len(), "as many log-scales and draws as locations");
    vectorized(
        #[inline(always)]
        || {
            let offset: Vec<f32> = log_scale.iter().zip(eps).map(|(s, eps)| exp_f32(*s) * eps).collect();
            (loc.iter().zip(&offset).map(|(loc, offset)| loc + offset).collect(), offset)
        },
    )
}

/// `KL(N(loc, scale^2) || N(0, 1)) = sum_i 1/2 [loc_i^2 + exp(d_i) - 1 - d_i]`, `d = 2 log scale`, of each row (Kingma and
/// Welling 2014, appendix B).
///
/// The bracket cancels near `d = 0`, where every latent is that the decoder ignores (trap D7): there it is its series.
///
/// # Shapes
/// - `loc`, `log_scale`: `[batch, latent]`
/// - returns: `[batch]`, in nats
///
/// # Panics
/// When the sizes differ.
pub fn standard_gaussian_kl(loc: &[f32], log_scale: &[f32], latent: usize) -> Vec<f32> {
    assert_eq!(loc.len(), log_scale.len(), "as many log-scales as locations");
    let latent = latent.max(1);
    let mut terms = vec![0.0; latent];
    let row = |(loc, log_scale): (&[f32], &[f32])| {
        vectorized(
            #[inline(always)]
            || {
                for (term, (loc, s)) in terms.iter_mut().zip(loc.iter().zip(log_scale)) {
                    *term = 0.5 * (loc * loc + exp_minus_line_f32(2.0 * s));
                }
                sum(&terms)
            },
        )
    };
    loc.chunks(latent).zip(log_scale.chunks(latent)).map(row).collect()
}

/// The gradient of [`standard_gaussian_kl`] at `loc` and `log_scale`, each row times its entry of `upstream`:
/// `loc` and `exp(2 log scale) - 1`.
///
/// # Panics
/// When the sizes differ.
pub fn standard_gaussian_kl_gradient(loc: &[f32], log_scale: &[f32], upstream: &[f32]) -> (Vec<f32>, Vec<f32>) {
    assert_eq!(loc.len(), log_scale.len(), "as many log-scales as locations");
    let latent = (loc.len() / upstream.len().max(1)).max(1);
    let (mut d_loc, mut d_log_scale) = (loc.to_vec(), log_scale.to_vec());
    for ((d_loc, d_log_scale), upstream) in d_loc.chunks_mut(latent).zip(d_log_scale.chunks_mut(latent)).zip(upstream) {
        vectorized(
            #[inline(always)]
            || {
                d_loc.iter_mut().for_each(|loc| *loc *= upstream);
                d_log_scale.iter_mut().for_each(|s| *s = upstream * expm1_f32(2.0 * *s));
            },
        );
    }
    (d_loc, d_log_scale)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn values_and_gradients_agree_with_f64(
            entries in prop::collection::vec((-4.0_f32..4.0, -6.0_f32..3.0, -4.0_f32..4.0), 1..120), upstream in -2.0_f32..2.0,
        ) {
            let loc: Vec<f32> = entries.iter().map(|e| e.0).collect();
            let log_scale: Vec<f32> = entries.iter().map(|e| e.1).collect();
            let eps: Vec<f32> = entries.iter().map(|e| e.2).collect();
            let (z, offset) = gaussian_transform(&loc, &log_scale, &eps);
            let kl = standard_gaussian_kl(&loc, &log_scale, entries.len());
            let (d_loc, d_log_scale) = standard_gaussian_kl_gradient(&loc, &log_scale, &[upstream]);
            let mut exact_kl = 0.0;
            for i in 0..entries.len() {
                let [m, s, e] = [loc[i], log_scale[i], eps[i]].map(f64::from);
                let g = f64::from(upstream);
                let close = |ours: f32, exact: f64| (f64::from(ours) - exact).abs() <= 5e-7 * exact.abs().max(1.0);
                prop_assert!(close(offset[i], s.exp() * e) && close(z[i], m + s.exp() * e));
                prop_assert!(close(d_loc[i], g * m) && close(d_log_scale[i], g * (2.0 * s).exp_m1()));
                exact_kl += 0.5 * (m * m + (2.0 * s).exp_m1() - 2.0 * s);
            }
            prop_assert!((f64::from(kl[0]) - exact_kl).abs() <= 2e-6 * exact_kl, "{} {exact_kl}", kl[0]);
        }
    }

    /// D7: near the prior the divergence is about `d^2 / 4`, to full precision.
    #[test]
    fn d7_a_divergence_near_zero_keeps_its_digits() {
        for log_scale in [1e-3_f32, -1e-3, 1e-5, 1e-8, 0.0] {
            let s = f64::from(log_scale);
            let exact = 0.5 * ((2.0 * s).exp_m1() - 2.0 * s);
            let exact = if s.abs() < 1e-4 { s * s * (1.0 + 2.0 * s / 3.0) } else { exact };
            let ours = f64::from(standard_gaussian_kl(&[0.0], &[log_scale], 1)[0]);
            assert!((ours - exact).abs() <= 1e-6 * exact, "{log_scale}: {ours} {exact}");
        }
    }
}

//! The log-density of a Gaussian with a diagonal covariance.

use super::bernoulli::sum;
use super::math::exp_f32;
use super::{for_each, row_of, rows_per_part, vectorized};

/// `ln(2 pi) / 2`.
const HALF_LN_TWO_PI: f32 = 0.918_938_5;

/// `log N(x; loc, scale^2) = sum_i -1/2 t_i^2 - log scale_i - 1/2 ln(2 pi)`, `t = (x - loc) / scale`, of each row.
///
/// # Shapes
/// - `x`, `loc`, `log_scale`: `[batch, latent]`, or `[1, latent]` where one row stands for all
/// - returns: `[batch]`, in nats
pub fn gaussian_log_prob(x: &[f32], loc: &[f32], log_scale: &[f32], [batch, latent]: [usize; 2]) -> Vec<f32> {
    let mut log_prob = vec![0.0; batch];
    let rows = rows_per_part(batch, latent);
    for_each(log_prob.chunks_mut(rows).enumerate(), |(part, out)| {
        let mut terms = vec![0.0; latent];
        for (row, out) in out.iter_mut().enumerate() {
            let [x, loc, log_scale] = [x, loc, log_scale].map(|values| row_of(values, part * rows + row, latent));
            *out = vectorized(
                #[inline(always)]
                || {
                    for ((term, x), (loc, s)) in terms.iter_mut().zip(x).zip(loc.iter().zip(log_scale)) {
                        let t = (x - loc) * exp_f32(-s);
                        *term = -0.5 * (t * t) - s - HALF_LN_TWO_PI;
                    }
                    sum(&terms)
                },
            );
        }
    });
    log_prob
}

/// [`gaussian_log_prob`] with its derivatives in `x`, `-t / scale`, in `loc`, `t / scale`, and in `log_scale`, `t^2 - 1`.
///
/// # Shapes
/// - `x`, `loc`, `log_scale`: `[batch, latent]`
/// - returns: `[batch]`, in nats, and three of `[batch, latent]`
///
/// # Panics
/// When the sizes differ.
pub fn gaussian_log_prob_with_slopes(
    x: &[f32],
    loc: &[f32],
    log_scale: &[f32],
    [batch, latent]: [usize; 2],
) -> (Vec<f32>, [Vec<f32>; 3]) {
    assert!([x, loc, log_scale].iter().all(|values| values.len() == batch * latent), "all of one shape");
    let log_prob = gaussian_log_prob(x, loc, log_scale, [batch, latent]);
    let [mut of_x, mut of_loc, mut of_log_scale] = [(); 3].map(|()| vec![0.0; batch * latent]);
    let part = rows_per_part(batch, latent) * latent.max(1);
    let outputs = of_x.chunks_mut(part).zip(of_loc.chunks_mut(part).zip(of_log_scale.chunks_mut(part)));
    let inputs = x.chunks(part).zip(loc.chunks(part).zip(log_scale.chunks(part)));
    for_each(outputs.zip(inputs), |((of_x, (of_loc, of_log_scale)), (x, (loc, log_scale)))| {
        vectorized(
            #[inline(always)]
            || {
                let outputs = of_x.iter_mut().zip(of_loc.iter_mut().zip(of_log_scale));
                for ((of_x, (of_loc, of_s)), (x, (loc, s))) in outputs.zip(x.iter().zip(loc.iter().zip(log_scale))) {
                    let inverse = exp_f32(-s);
                    let t = (x - loc) * inverse;
                    (*of_x, *of_loc, *of_s) = (-t * inverse, t * inverse, t * t - 1.0);
                }
            },
        );
    });
    (log_prob, [of_x, of_loc, of_log_scale])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn values_and_slopes_agree_with_f64(
            entries in prop::collection::vec((-4.0_f32..4.0, -4.0_f32..4.0, -4.0_f32..2.0), 1..120),
        ) {
            let [x, loc, log_scale] = [0, 1, 2].map(|i| -> Vec<f32> {
                entries.iter().map(|entry| [entry.0, entry.1, entry.2][i]).collect()
            });
            let shape = [1, entries.len()];
            let (log_prob, [of_x, of_loc, of_log_scale]) = gaussian_log_prob_with_slopes(&x, &loc, &log_scale, shape);
            let (mut exact, mut size) = (0.0, 0.0);
            for i in 0..entries.len() {
                let [x, m, s] = [x[i], loc[i], log_scale[i]].map(f64::from);
                let t = (x - m) / s.exp();
                let term = -0.5 * t * t - s - 0.5 * std::f64::consts::TAU.ln();
                (exact, size) = (exact + term, size + term.abs());
                // exp within 2 units, a difference and a product: some units of t
                let close = |ours: f32, exact: f64| (f64::from(ours) - exact).abs() <= 1e-6 * exact.abs().max(1.0);
                prop_assert!(close(of_x[i], -t / s.exp()) && close(of_loc[i], t / s.exp()), "{} {}", of_x[i], t / s.exp());
                prop_assert!(close(of_log_scale[i], t * t - 1.0));
            }
            prop_assert!((f64::from(log_prob[0]) - exact).abs() <= 1e-6 * size, "{} {exact}", log_prob[0]);
        }
    }

    #[test]
    fn one_row_stands_for_all() {
        let x: Vec<f32> = (0..15).map(|i| (i * i % 11) as f32 - 5.0).collect();
        let (loc, log_scale) = ([0.5, -1.0, 2.0], [0.1, 0.0, -0.7]);
        let alone: Vec<f32> = x.chunks(3).flat_map(|row| gaussian_log_prob(row, &loc, &log_scale, [1, 3])).collect();
        assert_eq!(gaussian_log_prob(&x, &loc, &log_scale, [5, 3]), alone);
        let at_loc = gaussian_log_prob(&loc, &loc, &log_scale, [1, 3]);
        assert_eq!(gaussian_log_prob(&loc, &loc, &log_scale, [4, 3]), at_loc.repeat(4));
    }
}

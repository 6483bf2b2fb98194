//! The Gumbel-softmax: relaxed one-hot codes from logits and uniforms.

use super::math::{exp_f32, log_f32};
use super::{for_each, rows_per_part, vectorized};

/// The largest number below 1: the Gumbel of 1 would be infinite (trap D22).
const BELOW_ONE: f32 = 1.0 - f32::EPSILON / 2.0;

/// `y = softmax((logits + g) / temperature)` of each row, `g = -log(-log u)` (Jang et al. 2017, eq. 2).
///
/// # Shapes
/// - `logits`, `uniforms`: `[rows, classes]`
/// - returns: `[rows, classes]`
///
/// # Panics
/// When the sizes differ.
pub fn gumbel_softmax(logits: &[f32], uniforms: &[f32], classes: usize, temperature: f32) -> Vec<f32> {
    assert_eq!(logits.len(), uniforms.len(), "as many logits as uniforms");
    let classes = classes.max(1);
    let mut y = vec![0.0; logits.len()];
    let part = rows_per_part(logits.len() / classes, classes) * classes;
    for_each(y.chunks_mut(part).zip(logits.chunks(part).zip(uniforms.chunks(part))), |(y, (logits, uniforms))| {
        vectorized(
            #[inline(always)]
            || {
                let inverse = 1.0 / temperature;
                for (y, (logit, u)) in y.iter_mut().zip(logits.iter().zip(uniforms)) {
                    let exponential = -log_f32(u.clamp(f32::MIN_POSITIVE, BELOW_ONE));
                    *y = (logit - log_f32(exponential)) * inverse;
                }
                for row in y.chunks_exact_mut(classes) {
                    let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                    row.iter_mut().for_each(|y| *y -= largest);
                }
                y.iter_mut().for_each(|y| *y = exp_f32(*y));
                for row in y.chunks_exact_mut(classes) {
                    let inverse = 1.0 / row.iter().sum::<f32>();
                    row.iter_mut().for_each(|y| *y *= inverse);
                }
            },
        );
    });
    y
}

/// The gradient at the logits: `y (dy - sum_k y_k dy_k) / temperature`, in place of `dy`.
///
/// # Panics
/// When the sizes differ.
pub fn gumbel_softmax_gradient(y: &[f32], dy: &mut [f32], classes: usize, temperature: f32) {
    assert_eq!(y.len(), dy.len(), "as many values as gradients");
    let classes = classes.max(1);
    for (dy, y) in dy.chunks_mut(classes).zip(y.chunks(classes)) {
        let mean: f32 = dy.iter().zip(y).map(|(dy, y)| dy * y).sum();
        dy.iter_mut().zip(y).for_each(|(dy, y)| *dy = y * (*dy - mean) / temperature);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn values_and_gradients_agree_with_f64(
            entries in prop::collection::vec((-5.0_f32..5.0, 0.0_f32..1.0, -1.0_f32..1.0), 1..60), temperature in 0.1_f32..2.0,
        ) {
            let [logits, uniforms, upstream] = [0, 1, 2].map(|i| -> Vec<f32> {
                entries.iter().map(|entry| [entry.0, entry.1, entry.2][i]).collect()
            });
            let classes = entries.len();
            let y = gumbel_softmax(&logits, &uniforms, classes, temperature);
            let t = f64::from(temperature);
            let score = |i: usize| {
                let u = f64::from(uniforms[i].clamp(f32::MIN_POSITIVE, BELOW_ONE));
                (f64::from(logits[i]) - (-u.ln()).ln()) / t
            };
            let largest = (0..classes).map(score).fold(f64::NEG_INFINITY, f64::max);
            let total: f64 = (0..classes).map(|i| (score(i) - largest).exp()).sum();
            let exact: Vec<f64> = (0..classes).map(|i| (score(i) - largest).exp() / total).collect();
            // a score of 100, as at temperature 0.1, is rounded to 4e-6
            let close = |ours: f32, exact: f64| (f64::from(ours) - exact).abs() <= 2e-5 * exact.abs() + 1e-6;
            prop_assert!(y.iter().zip(&exact).all(|(y, exact)| close(*y, *exact)), "{y:?} {exact:?}");
            let mut gradient = upstream.clone();
            gumbel_softmax_gradient(&y, &mut gradient, classes, temperature);
            let mean: f64 = exact.iter().zip(&upstream).map(|(y, dy)| y * f64::from(*dy)).sum();
            for i in 0..classes {
                let exact = exact[i] * (f64::from(upstream[i]) - mean) / t;
                prop_assert!((f64::from(gradient[i]) - exact).abs() <= 1e-4, "{} {exact}", gradient[i]);
            }
        }
    }

    /// D22: no uniform that a generator can give, and not 0 or 1 either, makes a NaN.
    #[test]
    fn d22_the_ends_of_the_uniforms_are_finite() {
        let y = gumbel_softmax(&[0.0, 1.0, -1.0, 0.0], &[0.0, 1.0, f32::MIN_POSITIVE, 0.5], 4, 0.1);
        assert!(y.iter().all(|y| y.is_finite()) && (y.iter().sum::<f32>() - 1.0).abs() < 1e-6, "{y:?}");
    }
}

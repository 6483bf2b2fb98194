//! Normalised logits of categorical variables, and the divergence of two such laws.

use super::bernoulli::sum;
use super::math::{exp_f32, log_f32};
use super::{for_each, rows_per_part, vectorized};

/// `y = l - log sum_k exp(l_k)` of each row.
///
/// # Shapes
/// - `logits`, returns: `[rows, classes]`
pub fn log_softmax(logits: &[f32], classes: usize) -> Vec<f32> {
    let classes = classes.max(1);
    let mut y = logits.to_vec();
    let part = rows_per_part(y.len() / classes, classes) * classes;
    for_each(y.chunks_mut(part), |y| {
        vectorized(
            #[inline(always)]
            || {
                for row in y.chunks_exact_mut(classes) {
                    let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                    row.iter_mut().for_each(|y| *y -= largest);
                }
                let weights: Vec<f32> = y.iter().map(|y| exp_f32(*y)).collect();
                for (row, weights) in y.chunks_exact_mut(classes).zip(weights.chunks_exact(classes)) {
                    let total = log_f32(weights.iter().sum());
                    row.iter_mut().for_each(|y| *y -= total);
                }
            },
        );
    });
    y
}

/// The gradient at the logits: `dy - exp(y) sum_k dy_k`, in place of `dy`.
///
/// # Panics
/// When the sizes differ.
pub fn log_softmax_gradient(y: &[f32], dy: &mut [f32], classes: usize) {
    assert_eq!(y.len(), dy.len(), "as many values as gradients");
    let classes = classes.max(1);
    vectorized(
        #[inline(always)]
        || {
            let p: Vec<f32> = y.iter().map(|y| exp_f32(*y)).collect();
            for (dy, p) in dy.chunks_exact_mut(classes).zip(p.chunks_exact(classes)) {
                let total: f32 = dy.iter().sum();
                dy.iter_mut().zip(p).for_each(|(dy, p)| *dy -= p * total);
            }
        },
    );
}

/// `KL(q || p) = sum_k q_k (log q_k - log p_k)` of each row, with its derivatives in `log q`, which is
/// `q (log q - log p + 1)`, and in `log p`, which is `-q`.
///
/// # Shapes
/// - `log_q`, `log_p`: `[batch, entries]`, finite; a row may hold several variables
/// - returns: `[batch]`, in nats, and twice `[batch, entries]`
///
/// # Panics
/// When the sizes differ.
pub fn categorical_kl(log_q: &[f32], log_p: &[f32], entries: usize) -> (Vec<f32>, [Vec<f32>; 2]) {
    assert_eq!(log_q.len(), log_p.len(), "as many logarithms of q as of p");
    let entries = entries.max(1);
    let (mut of_q, mut of_p) = (vec![0.0; log_q.len()], vec![0.0; log_q.len()]);
    let mut terms = vec![0.0; entries];
    let mut kl = Vec::with_capacity(log_q.len() / entries);
    let inputs = log_q.chunks(entries).zip(log_p.chunks(entries));
    let slopes = of_q.chunks_mut(entries).zip(of_p.chunks_mut(entries));
    for ((log_q, log_p), (of_q, of_p)) in inputs.zip(slopes) {
        kl.push(vectorized(
            #[inline(always)]
            || {
                let slopes = of_q.iter_mut().zip(of_p);
                for ((term, (of_q, of_p)), (log_q, log_p)) in terms.iter_mut().zip(slopes).zip(log_q.iter().zip(log_p))
                {
                    let (q, ratio) = (exp_f32(*log_q), log_q - log_p);
                    *term = q * ratio;
                    *of_q = *term + q;
                    *of_p = -q;
                }
                sum(&terms)
            },
        ));
    }
    (kl, [of_q, of_p])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn exact_log_softmax(logits: &[f32]) -> Vec<f64> {
        let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let scores = logits.iter().map(|l| f64::from(*l) - f64::from(largest));
        let total: f64 = scores.clone().map(f64::exp).sum();
        scores.map(|score| score - total.ln()).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn values_and_gradients_agree_with_f64(
            entries in prop::collection::vec((-20.0_f32..20.0, -20.0_f32..20.0, -1.0_f32..1.0), 1..60),
        ) {
            let [logits, others, upstream] = [0, 1, 2].map(|i| -> Vec<f32> {
                entries.iter().map(|entry| [entry.0, entry.1, entry.2][i]).collect()
            });
            let classes = entries.len();
            let [log_q, log_p] = [&logits, &others].map(|logits| log_softmax(logits, classes));
            let [exact_q, exact_p] = [&logits, &others].map(|logits| exact_log_softmax(logits));
            // half a unit in the last place of 32 twice, for the largest and for the sum
            prop_assert!(log_q.iter().zip(&exact_q).all(|(y, exact)| (f64::from(*y) - exact).abs() <= 6e-6));

            let mut gradient = upstream.clone();
            log_softmax_gradient(&log_q, &mut gradient, classes);
            let total: f64 = upstream.iter().map(|dy| f64::from(*dy)).sum();
            for i in 0..classes {
                let exact = f64::from(upstream[i]) - exact_q[i].exp() * total;
                prop_assert!((f64::from(gradient[i]) - exact).abs() <= 1e-5 * total.abs().max(1.0));
            }

            let (kl, [of_q, of_p]) = categorical_kl(&log_q, &log_p, classes);
            let exact: f64 = exact_q.iter().zip(&exact_p).map(|(q, p)| q.exp() * (q - p)).sum();
            // a log-ratio of up to 40 is off by the errors of both logarithms, and so is its weight
            prop_assert!((f64::from(kl[0]) - exact).abs() <= 1e-5 * (1.0 + exact), "{} {exact}", kl[0]);
            for i in 0..classes {
                let (q, ratio) = (exact_q[i].exp(), exact_q[i] - exact_p[i]);
                prop_assert!((f64::from(of_q[i]) - q * (ratio + 1.0)).abs() <= 1e-5 * (1.0 + q * ratio.abs()) + 6e-6);
                prop_assert!((f64::from(of_p[i]) + q).abs() <= 1e-5 * q + 1e-12);
            }
        }
    }

    /// D23: a constant added to a row changes nothing; here not a bit, for these sums are exact.
    #[test]
    fn d23_a_constant_drops_out_of_the_logits() {
        let logits = [0.5, -2.0, 3.25, 0.0, 1.0, -1.0];
        assert_eq!(log_softmax(&logits.map(|l| l + 64.0), 3), log_softmax(&logits, 3));
    }

    #[test]
    fn a_law_has_no_divergence_from_itself_and_a_class_that_underflows_adds_nothing() {
        let log_q = log_softmax(&[0.0, 500.0, -500.0, 0.3], 4);
        let (kl, [of_q, _]) = categorical_kl(&log_q, &log_q, 4);
        assert_eq!(kl, [0.0]);
        let (far, _) = categorical_kl(&log_q, &log_softmax(&[0.0; 4], 4), 4);
        assert!((far[0] - 4.0_f32.ln()).abs() < 1e-6 && of_q.iter().all(|slope| slope.is_finite()), "{far:?}");
    }
}

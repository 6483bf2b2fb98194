//! The log-likelihood of binary pixels from logits, with its gradient from the same exponential.

use super::math::softplus_sigmoid_f32;
use super::{for_each, row_of, rows_per_part, vectorized};

/// `log p(x) = sum_i x_i l_i - softplus(l_i)` of each row.
///
/// # Shapes
/// - `logits`: `[batch, pixels]`; `values`: the same, or `[1, pixels]` where one row stands for all
/// - returns: `[batch]`, in nats
///
/// # Panics
/// When the sizes differ.
pub fn bernoulli_log_prob(logits: &[f32], values: &[f32], pixels: usize) -> Vec<f32> {
    assert!(values.len() == logits.len() || values.len() == pixels, "as many logits as values");
    let pixels = pixels.max(1);
    let mut log_prob = vec![0.0; logits.len() / pixels];
    let rows = rows_per_part(log_prob.len(), pixels);
    for_each(log_prob.chunks_mut(rows).zip(logits.chunks(rows * pixels)).enumerate(), |(part, (out, logits))| {
        let mut terms = vec![0.0; pixels];
        for (row, (out, logits)) in out.iter_mut().zip(logits.chunks(pixels)).enumerate() {
            let values = row_of(values, part * rows + row, pixels);
            *out = vectorized(
                #[inline(always)]
                || {
                    for (term, (l, x)) in terms.iter_mut().zip(logits.iter().zip(values)) {
                        *term = x * l - softplus_sigmoid_f32(*l).0;
                    }
                    sum(&terms)
                },
            );
        }
    });
    log_prob
}

/// [`bernoulli_log_prob`] and its gradient at the logits, `x - sigmoid(l)`, `[batch, pixels]`.
///
/// # Panics
/// When the sizes differ.
pub fn bernoulli_log_prob_with_gradient(logits: &[f32], values: &[f32], pixels: usize) -> (Vec<f32>, Vec<f32>) {
    assert_eq!(logits.len(), values.len(), "as many logits as values");
    let pixels = pixels.max(1);
    let mut log_prob = vec![0.0; logits.len() / pixels];
    let mut gradient = vec![0.0; logits.len()];
    let rows = rows_per_part(log_prob.len(), pixels);
    let inputs = logits.chunks(rows * pixels).zip(values.chunks(rows * pixels));
    let outputs = log_prob.chunks_mut(rows).zip(gradient.chunks_mut(rows * pixels));
    for_each(outputs.zip(inputs), |((out, gradient), (logits, values))| {
        let mut terms = vec![0.0; pixels];
        let inputs = logits.chunks(pixels).zip(values.chunks(pixels));
        for ((out, gradient), (logits, values)) in out.iter_mut().zip(gradient.chunks_mut(pixels)).zip(inputs) {
            *out = vectorized(
                #[inline(always)]
                || {
                    let outputs = terms.iter_mut().zip(gradient);
                    for ((term, gradient), (l, x)) in outputs.zip(logits.iter().zip(values)) {
                        let (softplus, sigmoid) = softplus_sigmoid_f32(*l);
                        *gradient = x - sigmoid;
                        *term = x * l - softplus;
                    }
                    sum(&terms)
                },
            );
        }
    });
    (log_prob, gradient)
}

/// Terms that are added side by side: as many as two of the widest registers hold.
const LANES: usize = 32;

/// The sum, in `LANES` partial sums: an order that vector instructions can keep, the same on all processors.
#[inline(always)]
pub(super) fn sum(terms: &[f32]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    let (blocks, rest) = terms.as_chunks::<LANES>();
    for block in blocks {
        sums.iter_mut().zip(block).for_each(|(sum, term)| *sum += term);
    }
    sums.iter_mut().zip(rest).for_each(|(sum, term)| *sum += term);
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        /// D6: logits of any size, against `f64`.
        #[test]
        fn d6_values_and_gradients_agree_with_f64(
            rows in 1_usize..5, pixels in 1_usize..200, scale in 0.1_f32..60.0, seed: u32,
        ) {
            let uniform = |i: usize, k: u32| ((i as u32 ^ seed).wrapping_mul(k) >> 8) as f32 / 16_777_216.0;
            let n = rows * pixels;
            let logits: Vec<f32> = (0..n).map(|i| scale * (2.0 * uniform(i, 2_654_435_761) - 1.0)).collect();
            let values: Vec<f32> = (0..n).map(|i| f32::from(u8::from(uniform(i, 2_246_822_519) < 0.3))).collect();
            let (log_prob, gradient) = bernoulli_log_prob_with_gradient(&logits, &values, pixels);
            prop_assert_eq!(&bernoulli_log_prob(&logits, &values, pixels), &log_prob);
            for (row, log_prob) in log_prob.iter().enumerate() {
                let mut exact = 0.0;
                for i in row * pixels..(row + 1) * pixels {
                    let (l, x) = (f64::from(logits[i]), f64::from(values[i]));
                    exact += x * l - (l.max(0.0) + (-l.abs()).exp().ln_1p());
                    prop_assert!((f64::from(gradient[i]) - (x - 1.0 / (1.0 + (-l).exp()))).abs() < 3e-7);
                }
                prop_assert!((f64::from(*log_prob) - exact).abs() <= 1e-6 * exact.abs().max(0.1), "{} {exact}", log_prob);
            }
        }
    }
}

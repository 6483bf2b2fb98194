//! Relaxed bits from logits and uniforms, and the divergence of bits from fair ones.

use super::bernoulli::sum;
use super::math::{log_f32, softplus_sigmoid_f32};
use super::vectorized;

/// The largest number below 1, and the smallest above 0 whose logistic is finite (trap D22).
const INSIDE: [f32; 2] = [f32::MIN_POSITIVE, 1.0 - f32::EPSILON / 2.0];

/// `y = sigmoid((logits + ln u - ln(1 - u)) / temperature)` (Maddison et al. 2017, section 3), with its derivative in the logits,
/// `y (1 - y) / temperature`.
///
/// # Panics
/// When the sizes differ.
pub fn binary_concrete(logits: &[f32], uniforms: &[f32], temperature: f32) -> (Vec<f32>, Vec<f32>) {
    assert_eq!(logits.len(), uniforms.len(), "as many logits as uniforms");
    let (mut y, mut slope) = (vec![0.0; logits.len()], vec![0.0; logits.len()]);
    vectorized(
        #[inline(always)]
        || {
            let inverse = 1.0 / temperature;
            for ((y, slope), (logit, u)) in y.iter_mut().zip(slope.iter_mut()).zip(logits.iter().zip(uniforms)) {
                let u = u.clamp(INSIDE[0], INSIDE[1]);
                let x = (logit + (log_f32(u) - log_f32(1.0 - u))) * inverse;
                // y (1 - y) = sigmoid(x) sigmoid(-x)
                let (one, zero) = (softplus_sigmoid_f32(x).1, softplus_sigmoid_f32(-x).1);
                (*y, *slope) = (one, one * zero * inverse);
            }
        },
    );
    (y, slope)
}

/// `KL(Bernoulli(q) || Bernoulli(1/2)) = sum_i q_i l_i - softplus(l_i) + ln 2`, `q = sigmoid(l)`, of each row, with its gradient
/// `q (1 - q) l`.
///
/// # Shapes
/// - `logits`: `[batch, bits]`
/// - returns: `[batch]`, in nats, and `[batch, bits]`
pub fn fair_bernoulli_kl(logits: &[f32], bits: usize) -> (Vec<f32>, Vec<f32>) {
    let bits = bits.max(1);
    let mut terms = vec![0.0; bits];
    let mut slope = vec![0.0; logits.len()];
    let row = |(logits, slope): (&[f32], &mut [f32])| {
        vectorized(
            #[inline(always)]
            || {
                for ((term, slope), l) in terms.iter_mut().zip(slope).zip(logits) {
                    // Even in l: of -|l|, where nothing cancels but near 0, softplus is at most ln 2.
                    let (softplus, q) = softplus_sigmoid_f32(-l.abs());
                    *term = std::f32::consts::LN_2 - softplus - q * l.abs();
                    *slope = q * (1.0 - q) * l;
                }
                sum(&terms)
            },
        )
    };
    let kl = logits.chunks(bits).zip(slope.chunks_mut(bits)).map(row).collect();
    (kl, slope)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn values_and_slopes_agree_with_f64(
            entries in prop::collection::vec((-15.0_f32..15.0, 0.0_f32..1.0), 1..60), temperature in 0.1_f32..2.0,
        ) {
            let logits: Vec<f32> = entries.iter().map(|entry| entry.0).collect();
            let uniforms: Vec<f32> = entries.iter().map(|entry| entry.1).collect();
            let (y, slope) = binary_concrete(&logits, &uniforms, temperature);
            let (kl, gradient) = fair_bernoulli_kl(&logits, logits.len());
            let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
            let mut exact_kl = 0.0;
            for i in 0..logits.len() {
                let (l, u) = (f64::from(logits[i]), f64::from(uniforms[i].clamp(INSIDE[0], INSIDE[1])));
                let x = (l + u.ln() - (-u).ln_1p()) / f64::from(temperature);
                // a score of 300, as at temperature 0.1, is rounded to 2e-5
                prop_assert!((f64::from(y[i]) - sigmoid(x)).abs() <= 4e-6, "{} {}", y[i], sigmoid(x));
                let exact = sigmoid(x) * sigmoid(-x) / f64::from(temperature);
                prop_assert!((f64::from(slope[i]) - exact).abs() <= 4e-5);
                let q = sigmoid(l);
                exact_kl += q * l - (l.max(0.0) + (-l.abs()).exp().ln_1p()) + std::f64::consts::LN_2;
                prop_assert!((f64::from(gradient[i]) - q * (1.0 - q) * l).abs() <= 3e-7);
            }
            prop_assert!((f64::from(kl[0]) - exact_kl).abs() <= 2e-6 * exact_kl.max(0.1), "{} {exact_kl}", kl[0]);
        }
    }

    /// D22: the ends of the uniforms are finite.
    #[test]
    fn d22_no_uniform_makes_a_nan() {
        let (y, slope) = binary_concrete(&[0.0, 0.0, 80.0, -80.0], &[0.0, 1.0, 1.0, 0.0], 0.1);
        assert!(y.iter().chain(&slope).all(|value| value.is_finite()), "{y:?} {slope:?}");
    }
}

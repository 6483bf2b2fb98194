//! Functions that keep a number where single precision is safe, each with its derivative.

use super::math::{exp_f32, tanh_f32};
use super::vectorized;

/// `high tanh(x / high)` for `x > 0` and `low tanh(x / low)` below, with its derivative `1 - tanh^2`: the identity near 0, and within
/// `(low, high)`.
///
/// # Shapes
/// - all: of one size
pub fn bounded(x: &[f32], [low, high]: [f32; 2]) -> (Vec<f32>, Vec<f32>) {
    with_slope(
        x,
        #[inline(always)]
        |x| {
            let bound = if x > 0.0 { high } else { low };
            let tanh = tanh_f32(x / bound);
            (bound * tanh, 1.0 - tanh * tanh)
        },
    )
}

/// `exp(x)`, held between `low` and `high`, with its derivative: that of `exp`, and 0 where it is held.
pub fn clamped_exp(x: &[f32], [low, high]: [f32; 2]) -> (Vec<f32>, Vec<f32>) {
    with_slope(
        x,
        #[inline(always)]
        |x| {
            let exp = exp_f32(x);
            let is_inside = exp >= low && exp <= high;
            (exp.clamp(low, high), if is_inside { exp } else { 0.0 })
        },
    )
}

/// A function with its derivative at every entry.
#[inline(always)]
fn with_slope(x: &[f32], f: impl Fn(f32) -> (f32, f32)) -> (Vec<f32>, Vec<f32>) {
    let (mut y, mut slope) = (vec![0.0; x.len()], vec![0.0; x.len()]);
    vectorized(
        #[inline(always)]
        || {
            for ((y, slope), x) in y.iter_mut().zip(slope.iter_mut()).zip(x) {
                (*y, *slope) = f(*x);
            }
        },
    );
    (y, slope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounded_values_and_slopes_agree_with_f64() {
        let x: Vec<f32> = (-4000..=4000).map(|i| i as f32 / 100.0).collect();
        let (y, slope) = bounded(&x, [-4.0, 7.0]);
        for ((x, y), slope) in x.iter().zip(y).zip(slope) {
            let bound = if *x > 0.0 { 7.0 } else { -4.0 };
            let tanh = (f64::from(*x) / bound).tanh();
            assert!((f64::from(y) - bound * tanh).abs() < 1e-6 && y > -4.000_001 && y < 7.000_001, "{x}: {y}");
            assert!((f64::from(slope) - (1.0 - tanh * tanh)).abs() < 1e-6, "{x}: {slope}");
        }
    }

    #[test]
    fn a_held_exponential_has_no_slope() {
        let (y, slope) = clamped_exp(&[-200.0, 0.0, 0.5, 3.0], [1e-3, 2.0]);
        assert_eq!((y[0], y[1], y[3]), (1e-3, 1.0, 2.0));
        assert_eq!((slope[0], slope[1], slope[3]), (0.0, 1.0, 0.0));
        assert!((slope[2] - 0.5_f32.exp()).abs() < 1e-6 && slope[2] == y[2]);
    }
}

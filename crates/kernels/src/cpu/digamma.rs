//! The digamma function and its derivative in `f32`, without branches, for the entropies of latents.

use super::math::log_f32;

/// From here up the asymptotic series below are exact to the last bits of `f32`.
const SHIFT: usize = 4;

/// `psi(1 + b) + gamma` and `psi'(1 + b)` for `b > 0`, with Euler's constant `gamma`: within `1e-6 max(1, |value|)`.
#[inline(always)]
pub fn harmonic_f32(b: f32) -> (f32, f32) {
    const EULER: f32 = 0.577_215_7;
    // psi(x) = psi(x + 4) - sum_i 1 / (x + i), psi'(x) = psi'(x + 4) + sum_i 1 / (x + i)^2
    let x = 1.0 + b;
    let (mut sum, mut squares) = (0.0, 0.0);
    for i in 0..SHIFT {
        let term = 1.0 / (x + i as f32);
        sum += term;
        squares += term * term;
    }
    let far = x + SHIFT as f32;
    let inverse = 1.0 / far;
    let square = inverse * inverse;
    // psi(x) = ln x - 1 / (2x) - 1 / (12 x^2) + 1 / (120 x^4) - 1 / (252 x^6) + ..
    let tail = square * (0.083_333_336 - square * (0.008_333_334 - square * (0.003_968_254 - square * 0.004_166_667)));
    let digamma = log_f32(far) - 0.5 * inverse - tail - sum;
    // psi'(x) = 1 / x + 1 / (2 x^2) + 1 / (6 x^3) - 1 / (30 x^5) + 1 / (42 x^7) - ..
    let tail = 0.166_666_67 - square * (0.033_333_335 - square * (0.023_809_524 - square * 0.033_333_335));
    let trigamma = inverse + square * (0.5 + inverse * tail) + squares;
    (digamma + EULER, trigamma)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From `scripts/golden_special.py`: `b`, `psi(1 + b) + gamma`, `psi'(1 + b)`.
    const HARMONIC: [(f64, f64, f64); 12] = [
        (9.999999747378752e-05, 0.00016448138304316488, 1.644693687939216),
        (0.009999999776482582, 0.0163302066704889, 1.62121352883634),
        (0.27000001072883606, 0.37344683373780807, 1.1713198164423608),
        (0.5, 0.6137056388801094, 0.9348022005446793),
        (1.0, 1.0, 0.6449340668482264),
        (2.0, 1.5, 0.39493406684822646),
        (3.5, 1.9660865912610617, 0.24872510303901038),
        (7.0, 2.592857142857143, 0.1331370146940314),
        (20.0, 3.597739657143682, 0.04877082293520312),
        (100.0, 5.187377517639621, 0.009950166663333572),
        (1097.0, 7.578005844443175, 0.0009111616681689097),
        (20000.0, 10.480728217229327, 4.9998750020833334e-05),
    ];

    #[test]
    fn harmonic_numbers_are_those_of_mpmath() {
        for (b, digamma, trigamma) in HARMONIC {
            let ours = harmonic_f32(b as f32);
            assert!((f64::from(ours.0) - digamma).abs() <= 1e-6 * digamma.abs().max(1.0), "{b}: {ours:?}");
            assert!((f64::from(ours.1) - trigamma).abs() <= 1e-6 * trigamma.abs().max(1.0), "{b}: {ours:?}");
        }
    }
}

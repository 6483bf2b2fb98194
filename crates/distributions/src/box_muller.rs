//! The Box-Muller transform in plain `f32` arithmetic that a compiler can vectorise.
//!
//! Only IEEE additions, multiplications, square roots and bit operations are used, never a fused multiply-add or a
//! call of the platform's libm: the same words give the same bits on every CPU, at every vector width. Changing one
//! constant here changes every seed and every published number.

use kernels::cpu::math::log_f32;

/// Normals made at a time: as many words go in as normals come out.
pub(crate) const BLOCK: usize = 64;

const HALF: usize = BLOCK / 2;

/// Turns uniform words into standard normals: `r cos(t)` in the first half of the block, `r sin(t)` in the second,
/// with `r = sqrt(-2 ln u)` from the first half of the words and `t` from the second (Box and Muller, 1958).
///
/// `u = (word + 1/2) / 2^32` is never 0, so the largest magnitude is `sqrt(-2 ln 2^-33) = 6.76`; where `u` rounds to 1
/// both normals are 0.
pub(crate) fn box_muller(words: &[u32; BLOCK]) -> [f32; BLOCK] {
    let mut normals = [0.0; BLOCK];
    for i in 0..HALF {
        // 2^-33 stands for a half of the smallest step; the cast rounds to the nearest f32.
        let uniform = words[i] as f32 * 2.0_f32.powi(-32) + 2.0_f32.powi(-33);
        let radius = (-2.0 * log_f32(uniform)).sqrt();
        let (sin, cos) = sin_cos(words[HALF + i]);
        normals[i] = radius * cos;
        normals[HALF + i] = radius * sin;
    }
    normals
}

/// `(sin t, cos t)` for the angle `t` that a word spells: its two top bits choose the quadrant, 23 bits the place in it.
#[inline(always)]
fn sin_cos(word: u32) -> (f32, f32) {
    // The place in the quadrant, in (-1/2, 1/2), exact in f32: 23 bits and a half.
    let place = ((word & 0x3fff_ffff) >> 7) as f32 + 0.5;
    let a = (place * 2.0_f32.powi(-23) - 0.5) * core::f32::consts::FRAC_PI_2;
    let square = a * a;
    // Minimax polynomials on [-pi/4, pi/4] (Cephes sinf, cosf).
    let sin = ((-1.951_529_6e-4 * square + 8.332_161e-3) * square - 1.666_665_5e-1) * square * a + a;
    let cos =
        ((2.443_315_7e-5 * square - 1.388_731_6e-3) * square + 4.166_664_6e-2) * square * square - 0.5 * square + 1.0;
    let quadrant = word >> 30;
    let odd = quadrant & 1 == 1;
    let (s, c) = if odd { (cos, sin) } else { (sin, cos) };
    // Signs by quadrant: sin is negative in 2 and 3, cos in 1 and 2.
    let s_sign = (quadrant & 2) << 30;
    let c_sign = ((quadrant + 1) & 2) << 30;
    (f32::from_bits(s.to_bits() ^ s_sign), f32::from_bits(c.to_bits() ^ c_sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithm_agrees_with_the_library_to_two_units_in_the_last_place() {
        let mut worst = 0.0_f64;
        for i in 1..=2_000_000_u32 {
            let x = i.wrapping_mul(2147) as f32 * 2.0_f32.powi(-32) + 2.0_f32.powi(-33);
            let exact = f64::from(x).ln();
            let ulp = f64::from(f32::EPSILON) * exact.abs().max(f64::from(f32::MIN_POSITIVE));
            worst = worst.max((f64::from(log_f32(x)) - exact).abs() / ulp);
        }
        assert!(worst < 2.0, "{worst} units in the last place");
        assert_eq!(log_f32(1.0), 0.0);
        assert!((f64::from(log_f32(2.0_f32.powi(-33))) + 33.0 * 2.0_f64.ln()).abs() < 2e-6);
    }

    #[test]
    fn sine_and_cosine_agree_with_the_library_over_the_whole_circle() {
        let mut worst = 0.0_f64;
        for i in 0..1_000_000_u32 {
            let word = i.wrapping_mul(4_294_967_291 / 1_000_003);
            let place = (f64::from((word & 0x3fff_ffff) >> 7) + 0.5) / 2.0_f64.powi(23) - 0.5;
            let angle = (f64::from(word >> 30) + place) * core::f64::consts::FRAC_PI_2;
            let (sin, cos) = sin_cos(word);
            worst = worst.max((f64::from(sin) - angle.sin()).abs());
            worst = worst.max((f64::from(cos) - angle.cos()).abs());
        }
        assert!(worst < 1.5e-7, "largest error {worst}");
    }

    #[test]
    fn extreme_words_give_finite_normals() {
        for word in [0, 1, u32::MAX - 1, u32::MAX, 1 << 31] {
            for normal in box_muller(&[word; BLOCK]) {
                assert!(normal.abs() < 6.77, "{word} gave {normal}");
            }
        }
    }
}

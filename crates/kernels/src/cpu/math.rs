//! Elementary functions without branches, so that loops over them become vector instructions.
//!
//! Plain multiplications and additions, never fused: the same bits on every processor. The errors stated are the largest
//! over the ranges that the tests scan, against `f64` and, for `f64`, against the standard library.

/// Runs a loop with the widest vector instructions that the processor has.
///
/// A closure that is `FnOnce` alone is inlined into a function compiled for them; one that is `Fn` would not be.
#[inline(always)]
pub fn vectorized<R>(work: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(work)
}

/// `1.5 * 2^23`: adding it to a number below `2^22` rounds that to an integer, which then stands in the lowest bits.
const ROUND_F32: f32 = 12_582_912.0;
/// `1.5 * 2^52`, the same for `f64`.
const ROUND_F64: f64 = 6_755_399_441_055_744.0;

/// `exp(x)`, within 2 units in the last place; 0 below -87.3 (where the result is subnormal), infinite above 88.7.
#[inline(always)]
pub fn exp_f32(x: f32) -> f32 {
    /// ln 2 in two parts, the first with 9 trailing zeros: n times it is exact (Cody and Waite 1980).
    const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    let clamped = x.clamp(-87.336_54, 88.722_83);
    // x = n ln 2 + r, |r| <= ln 2 / 2
    let shifted = clamped * std::f32::consts::LOG2_E + ROUND_F32;
    let n = shifted - ROUND_F32;
    let r = (clamped - n * LN_2[0]) - n * LN_2[1];
    // exp(r) by its minimax polynomial (Cephes, expf)
    let p = 1.987_569_1e-4;
    let p = p * r + 1.398_199_9e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_5e-1;
    let p = p * r + 0.5;
    let exp_r = p * (r * r) + r + 1.0;
    // 2^n in two factors: n may be 128, whose power is no number
    let n = (shifted.to_bits() as i32).wrapping_sub(ROUND_F32.to_bits() as i32);
    let half = n >> 1;
    let power = |n: i32| f32::from_bits(((n + 127) << 23) as u32);
    let value = exp_r * power(half) * power(n - half);
    let value = if x < -87.336_54 { 0.0 } else { value };
    let value = if x > 88.722_83 { f32::INFINITY } else { value };
    if x.is_nan() { x } else { value }
}

/// `(exp(d) - 1 - d) / d^2` for `|d| < 1/2`: its series to `d^6`, whose rest is below `1e-8`.
#[inline(always)]
fn series(d: f32) -> f32 {
    let p = 2.480_158_7e-5;
    let p = p * d + 1.984_127e-4;
    let p = p * d + 1.388_888_9e-3;
    let p = p * d + 8.333_333e-3;
    let p = p * d + 4.166_666_8e-2;
    let p = p * d + 1.666_666_7e-1;
    p * d + 0.5
}

/// `exp(d) - 1 - d`, without cancellation.
#[inline(always)]
pub fn exp_minus_line_f32(d: f32) -> f32 {
    let (near, far) = (d * d * series(d), exp_f32(d) - 1.0 - d);
    if d.abs() < 0.5 { near } else { far }
}

/// `exp(d) - 1`, without cancellation.
#[inline(always)]
pub fn expm1_f32(d: f32) -> f32 {
    let (near, far) = (d + d * d * series(d), exp_f32(d) - 1.0);
    if d.abs() < 0.5 { near } else { far }
}

/// `log(x)` for positive normal `x`, within 2 units in the last place. The normals of `distributions::Noise` are
/// made with it: another bit here is another draw of every seed.
#[inline(always)]
pub fn log_f32(x: f32) -> f32 {
    /// The bits of sqrt(1/2).
    const SQRT_HALF: u32 = 0x3f35_04f3;
    // x = m 2^e with m in [sqrt(1/2), sqrt(2)), and a polynomial in f = m - 1 (Cephes, logf)
    let bits = x.to_bits().wrapping_sub(SQRT_HALF);
    let e = (bits as i32 >> 23) as f32;
    let f = f32::from_bits((bits & 0x007f_ffff).wrapping_add(SQRT_HALF)) - 1.0;
    let p = 7.037_683_6e-2;
    let p = p * f - 1.151_461e-1;
    let p = p * f + 1.167_699_8e-1;
    let p = p * f - 1.242_014_1e-1;
    let p = p * f + 1.424_932_3e-1;
    let p = p * f - 1.666_805_7e-1;
    let p = p * f + 2.000_071_5e-1;
    let p = p * f - 2.499_999_4e-1;
    let p = p * f + 3.333_333e-1;
    let square = f * f;
    // ln 2 in two parts, as in `exp_f32`
    let low = p * f * square + e * -2.121_944_4e-4 - 0.5 * square;
    (f + low) + e * 0.693_359_4
}

/// `log(1 + t)` for `t` in `[-1/2, 1]`, within 2 units in the last place.
#[inline(always)]
pub fn log1p_unit_f32(t: f32) -> f32 {
    // log(1 + t) = 2 artanh(s), s = t / (2 + t), |s| <= 1/3: the series of artanh, its last terms economised by the test
    let s = t / (2.0 + t);
    let q = s * s;
    let p = 0.076_923_08;
    let p = p * q + 0.090_909_09;
    let p = p * q + 0.111_111_11;
    let p = p * q + 0.142_857_15;
    let p = p * q + 0.2;
    let p = p * q + 0.333_333_34;
    2.0 * (s + s * (q * p))
}

/// `log(1 - exp(-t))` for `t > 0` (Maechler 2012), within 4 units in the last place, and its derivative `1 / (exp(t) - 1)`; `-inf` at 0.
#[inline(always)]
pub fn log1mexp_f32(t: f32) -> (f32, f32) {
    let exp = exp_f32(-t);
    let rest = -expm1_f32(-t);
    let value = if t < std::f32::consts::LN_2 { log_f32(rest) } else { log1p_unit_f32(-exp) };
    (value, exp / rest)
}

/// `softplus(x) = log(1 + exp(x))` and `sigmoid(x)`, from one exponential.
#[inline(always)]
pub fn softplus_sigmoid_f32(x: f32) -> (f32, f32) {
    // log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|))
    let t = exp_f32(-x.abs());
    let inverse = 1.0 / (1.0 + t);
    let sigmoid = if x < 0.0 { t * inverse } else { inverse };
    (x.max(0.0) + log1p_unit_f32(t), sigmoid)
}

/// `tanh(x)`, within 4 units in the last place.
#[inline(always)]
pub fn tanh_f32(x: f32) -> f32 {
    let size = x.abs();
    // 1 - 2 / (exp(2x) + 1), and near 0, where that cancels, an odd polynomial (Cephes, tanhf)
    let large = 1.0 - 2.0 / (exp_f32(2.0 * size) + 1.0);
    let q = size * size;
    let p = -5.704_988_7e-3;
    let p = p * q + 2.063_909e-2;
    let p = p * q - 5.373_971_4e-2;
    let p = p * q + 1.333_144_2e-1;
    let p = p * q - 3.333_328e-1;
    let small = size + size * (q * p);
    let value = if size < 0.625 { small } else { large };
    value.copysign(x)
}

/// `exp(x)` for `x <= 0`, within 2 units in the last place; 0 below -708.
#[inline(always)]
pub fn exp_nonpositive_f64(x: f64) -> f64 {
    /// ln 2 in two parts, the first with 21 trailing zeros (fdlibm).
    const LN_2: [f64; 2] = [6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10];
    // Not `max`, which would lose a NaN.
    let clamped = if x < -708.0 { -708.0 } else { x };
    let shifted = clamped * std::f64::consts::LOG2_E + ROUND_F64;
    let n = shifted - ROUND_F64;
    let r = (clamped - n * LN_2[0]) - n * LN_2[1];
    // The Taylor series to r^13: |r| <= 0.347, so the rest is below 4e-18.
    let p = 1.605_904_383_682_161_3e-10;
    let p = p * r + 2.087_675_698_786_81e-9;
    let p = p * r + 2.505_210_838_544_172e-8;
    let p = p * r + 2.755_731_922_398_589e-7;
    let p = p * r + 2.755_731_922_398_589_3e-6;
    let p = p * r + 2.480_158_730_158_73e-5;
    let p = p * r + 1.984_126_984_126_984e-4;
    let p = p * r + 1.388_888_888_888_889e-3;
    let p = p * r + 8.333_333_333_333_333e-3;
    let p = p * r + 4.166_666_666_666_666_4e-2;
    let p = p * r + 1.666_666_666_666_666_6e-1;
    let p = p * r + 0.5;
    let exp_r = 1.0 + (r + (r * r) * p);
    let n = (shifted.to_bits() as i64).wrapping_sub(ROUND_F64.to_bits() as i64);
    let value = exp_r * f64::from_bits(((n + 1023) << 52) as u64);
    if x < -708.0 { 0.0 } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The largest error over `range`, in units of the last place of `f32`.
    fn largest_error(range: std::ops::RangeInclusive<f32>, ours: fn(f32) -> f32, exact: fn(f64) -> f64) -> f64 {
        let n = 2_000_000;
        let (low, high) = (*range.start(), *range.end());
        let at = |i: i32| low + (high - low) * (i as f32 / n as f32);
        let error = |x: f32| {
            let exact = exact(f64::from(x));
            let unit = f64::from((exact as f32).abs().max(f32::MIN_POSITIVE)) * f64::from(f32::EPSILON) / 2.0;
            (f64::from(ours(x)) - exact).abs() / unit
        };
        (0..=n).map(|i| error(at(i))).fold(0.0, f64::max)
    }

    #[test]
    fn functions_are_as_accurate_as_stated() {
        // A unit in the last place lies between half of and one epsilon, relatively: 2 units are at most 4 halves.
        let sigmoid = |x: f32| softplus_sigmoid_f32(x).1;
        let softplus = |x: f32| softplus_sigmoid_f32(x).0;
        let exact_softplus = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p();
        for (name, error, bound) in [
            ("exp", largest_error(-87.0..=88.7, exp_f32, f64::exp), 4.0),
            ("exp near 0", largest_error(-1.0..=1.0, exp_f32, f64::exp), 4.0),
            ("log", largest_error(1e-6..=8.0, log_f32, f64::ln), 4.0),
            ("log near 0", largest_error(2e-38..=1e-36, log_f32, f64::ln), 4.0),
            ("log1p", largest_error(-0.5..=1.0, log1p_unit_f32, f64::ln_1p), 4.0),
            ("log1mexp", largest_error(1e-3..=20.0, |t| log1mexp_f32(t).0, |t| (-(-t).exp_m1()).ln()), 8.0),
            ("log1mexp near 0", largest_error(1e-37..=1e-30, |t| log1mexp_f32(t).0, f64::ln), 4.0),
            ("slope of log1mexp", largest_error(1e-6..=20.0, |t| log1mexp_f32(t).1, |t| t.exp_m1().recip()), 10.0),
            ("softplus", largest_error(-80.0..=80.0, softplus, exact_softplus), 6.0),
            ("sigmoid", largest_error(-80.0..=80.0, sigmoid, |x| 1.0 / (1.0 + (-x).exp())), 6.0),
            ("tanh", largest_error(-10.0..=10.0, tanh_f32, f64::tanh), 8.0),
        ] {
            assert!(error <= bound, "{name}: {error} half-epsilons");
        }
    }

    #[test]
    fn exp_f64_is_as_accurate_as_stated() {
        for i in 0..=2_000_000 {
            let x = -708.0 * (f64::from(i) / 2e6).powi(3);
            let (ours, exact) = (exp_nonpositive_f64(x), x.exp());
            assert!((ours - exact).abs() <= 2.0 * f64::EPSILON * exact, "exp({x}) = {ours}, {exact}");
        }
    }

    #[test]
    fn edges_are_exact() {
        assert_eq!(exp_f32(0.0), 1.0);
        assert_eq!(exp_f32(f32::NEG_INFINITY), 0.0);
        assert_eq!(exp_f32(f32::INFINITY), f32::INFINITY);
        assert!(exp_f32(f32::NAN).is_nan() && tanh_f32(f32::NAN).is_nan() && exp_nonpositive_f64(f64::NAN).is_nan());
        assert_eq!((exp_nonpositive_f64(0.0), exp_nonpositive_f64(f64::NEG_INFINITY)), (1.0, 0.0));
        assert_eq!((tanh_f32(-0.0).to_bits(), tanh_f32(40.0), tanh_f32(-40.0)), ((-0.0_f32).to_bits(), 1.0, -1.0));
        assert_eq!(softplus_sigmoid_f32(f32::NEG_INFINITY), (0.0, 0.0));
        assert_eq!(softplus_sigmoid_f32(f32::INFINITY), (f32::INFINITY, 1.0));
        assert!(softplus_sigmoid_f32(f32::NAN).0.is_nan());
    }
}

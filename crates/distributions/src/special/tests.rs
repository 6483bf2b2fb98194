//! The special functions against mpmath, on the host, on tensors of both precisions, and in their gradients.

use proptest::prelude::*;

use super::golden::*;
use super::host;
use super::*;
use crate::testing::*;

/// The largest error relative to `max(1, |value|)`.
fn worst(pairs: impl IntoIterator<Item = (f64, f64)>) -> f64 {
    let error = |(actual, expected): (f64, f64)| match actual == expected {
        true => 0.0,
        false => (actual - expected).abs() / expected.abs().max(1.0),
    };
    // A NaN is the worst of all.
    pairs.into_iter().map(error).fold(0.0, |a, b| if b > a || b.is_nan() { b } else { a })
}

#[track_caller]
fn assert_worst(pairs: impl IntoIterator<Item = (f64, f64)>, bound: f64) {
    let worst = worst(pairs);
    assert!(worst <= bound, "error {worst:e}");
}

#[test]
fn the_gamma_function_and_its_derivatives_meet_mpmath() {
    assert_worst(GAMMA.map(|row| (host::ln_gamma(row.0), row.1)), 4e-16);
    assert_worst(GAMMA.map(|row| (host::digamma(row.0), row.2)), 2e-15);
    assert_worst(GAMMA.map(|row| (host::trigamma(row.0), row.3)), 2e-15);
    assert_worst(GAMMA.map(|row| (host::tetragamma(row.0), row.4)), 2e-15);
}

/// The error of Stirling's formula is small itself: relative to its own size.
#[test]
fn d41_stirling_error_meets_mpmath_relative_to_itself() {
    for (a, expected) in STIRLING {
        assert_close(host::stirling_error(a) / expected, 1.0, 1e-14);
    }
}

#[test]
fn log_beta_and_log1mexp_meet_mpmath() {
    assert_worst(LOG_BETA.map(|(a, b, expected)| (host::log_beta(a, b), expected)), 2e-15);
    assert_worst(LOG_BETA.map(|(a, b, expected)| (host::log_beta(b, a), expected)), 2e-15);
    assert_worst(LOG1MEXP.map(|(x, expected)| (host::log1mexp(x), expected)), 2e-16);
}

/// P(a, x), dP/da and dP/dx from tail to tail and from shape 0.01 to 1e4, each relative to its own size.
#[test]
fn incomplete_gamma_meets_mpmath() {
    for (a, x, value, in_shape, in_x, _) in INCOMPLETE {
        let p = incomplete_gamma(a, x);
        for (actual, expected) in [(p.value, value), (p.in_shape, in_shape), (p.in_x, in_x)] {
            assert!((actual / expected - 1.0).abs() < 2e-13, "{a}, {x}: {actual} for {expected}");
        }
    }
}

/// D26: the implicit gradient of `log z`, from tail to tail and from shape 0.01 to 1e4.
#[test]
fn d26_implicit_gradient_meets_mpmath() {
    for (a, x, _, _, _, gradient) in INCOMPLETE {
        let actual = gamma_log_gradient(a, x.ln());
        assert!((actual / gradient - 1.0).abs() < 2e-12, "{a}, {x}: {actual} for {gradient}");
    }
}

/// D41: a draw that is 0 in `f64` still has a logarithm and a gradient: near 0, `log z = log(u Gamma(a + 1)) / a`, so that
/// `d log z / da = (psi(a + 1) - log z) / a`.
#[test]
fn d41_the_gradient_survives_where_the_draw_underflows() {
    for log_z in [-800.0, -5000.0, -1e6] {
        let expected = (host::digamma(1.01) - log_z) / 0.01;
        assert_close(gamma_log_gradient(0.01, log_z) / expected, 1.0, 1e-14);
    }
}

#[test]
fn tensors_hold_the_same_values_in_either_precision() {
    let points: Vec<f64> = GAMMA.iter().map(|row| row.0).filter(|x| (1e-3..1e7).contains(x)).collect();
    type Function = fn(Tensor<2>) -> Tensor<2>;
    type Number = fn(f64) -> f64;
    let functions: [(Function, Number); 5] = [
        (ln_gamma, host::ln_gamma),
        (digamma, host::digamma),
        (trigamma, host::trigamma),
        (stirling_error, host::stirling_error),
        (log1mexp, host::log1mexp),
    ];
    for (dtype, tolerance) in [(DType::F32, 6e-8), (DType::F64, 0.0)] {
        for (of_tensor, of_number) in functions {
            let x = row(&points, dtype);
            let exact = values(x.clone()).into_iter().map(of_number);
            for (actual, expected) in values(of_tensor(x)).into_iter().zip(exact) {
                assert!((actual - expected).abs() <= tolerance * expected.abs() + 1e-37, "{actual} for {expected}");
            }
        }
    }
}

#[test]
fn gradients_meet_differences() {
    type Function = fn(Tensor<2>) -> Tensor<2>;
    let functions: [Function; 5] = [ln_gamma, digamma, trigamma, stirling_error, log1mexp];
    for x in [0.02, 0.7, 3.0, 17.0] {
        for of in functions {
            let leaf = leaf(&[x]);
            let gradient = scalar(leaf.grad(&of(leaf.clone()).backward()).unwrap());
            let difference = derivative(|x| scalar(of(row(&[x], DType::F64))), x);
            assert!((gradient - difference).abs() < 1e-7 * difference.abs().max(1e-3), "{x}: {gradient} {difference}");
        }
    }
    for (a, b) in [(0.3, 2.0), (40.0, 3.0), (7.0, 7.0)] {
        for of in [log_beta::<2> as fn(Tensor<2>, Tensor<2>) -> Tensor<2>, gamma_p::<2>] {
            let [x, y] = [a, b].map(|x| leaf(&[x]));
            let gradients = of(x.clone(), y.clone()).backward();
            let at = |a: f64, b: f64| scalar(of(row(&[a], DType::F64), row(&[b], DType::F64)));
            for (leaf, difference) in [(x, derivative(|a| at(a, b), a)), (y, derivative(|b| at(a, b), b))] {
                let gradient = scalar(leaf.grad(&gradients).unwrap());
                assert!((gradient - difference).abs() < 1e-7 * difference.abs().max(1e-3), "{gradient} {difference}");
            }
        }
    }
}

#[test]
fn log_sum_exp_survives_both_ends_and_has_the_gradient_of_a_softmax() {
    let at = |x: &[f64]| scalar(log_sum_exp(row(x, DType::F64), 1));
    assert_close(at(&[1000.0, 1000.0]), 1000.0 + 2.0_f64.ln(), 1e-15);
    assert_close(at(&[-1000.0, -1001.0]), -1000.0 + (-1.0_f64).exp().ln_1p(), 1e-15);
    assert_eq!(at(&[f64::NEG_INFINITY, f64::NEG_INFINITY]), f64::NEG_INFINITY);
    assert_eq!(at(&[f64::NEG_INFINITY, 2.0]), 2.0);
    assert_eq!(at(&[f64::INFINITY, 2.0]), f64::INFINITY);
    let leaf = leaf(&[0.5, -1.0, 2.0]);
    let gradient = values(leaf.grad(&log_sum_exp(leaf.clone(), 1).backward()).unwrap());
    let total: f64 = [0.5_f64, -1.0, 2.0].iter().map(|x| x.exp()).sum();
    for (gradient, x) in gradient.into_iter().zip([0.5_f64, -1.0, 2.0]) {
        assert_close(gradient, x.exp() / total, 1e-14);
    }
}

#[test]
fn arguments_outside_of_the_domain_give_nan_or_the_limit() {
    for f in [host::ln_gamma, host::digamma, host::trigamma, host::tetragamma, host::log1mexp] {
        assert!(f(-0.5).is_nan() && f(f64::NAN).is_nan());
    }
    assert_eq!((host::ln_gamma(0.0), host::digamma(0.0)), (f64::INFINITY, f64::NEG_INFINITY));
    assert_eq!((host::trigamma(0.0), host::log1mexp(0.0)), (f64::INFINITY, f64::NEG_INFINITY));
    for (a, x) in [(0.0, 1.0), (-1.0, 1.0), (1.0, -1.0), (f64::NAN, 1.0), (1.0, f64::NAN)] {
        assert!(incomplete_gamma(a, x).value.is_nan());
    }
    assert_eq!(incomplete_gamma(2.0, 0.0), IncompleteGamma { value: 0.0, in_shape: 0.0, in_x: 0.0 });
}

proptest! {
    /// `Gamma(x + 1) = x Gamma(x)`, and its derivatives.
    #[test]
    fn recurrences_hold(log_x in -6.0_f64..12.0) {
        let x = log_x.exp();
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-14 * a.abs().max(b.abs()).max(1.0);
        prop_assert!(close(host::ln_gamma(x + 1.0), host::ln_gamma(x) + log_x));
        prop_assert!(close(host::digamma(x + 1.0) - x.recip(), host::digamma(x)));
        prop_assert!(close(host::trigamma(x + 1.0) + x.powi(-2), host::trigamma(x)));
        prop_assert!(close(host::tetragamma(x + 1.0) - 2.0 * x.powi(-3), host::tetragamma(x)));
    }

    /// The two ways of summing meet where one takes over from the other.
    #[test]
    fn incomplete_gamma_is_continuous_where_the_methods_change(log_a in -5.0_f64..9.0) {
        let a = log_a.exp();
        let [below, above] = [1.0 - 1e-12, 1.0 + 1e-12].map(|scale| incomplete_gamma(a, (a + 1.0) * scale));
        prop_assert!((below.value - above.value).abs() < 1e-10);
        prop_assert!((below.in_shape / above.in_shape - 1.0).abs() < 1e-8);
    }
}

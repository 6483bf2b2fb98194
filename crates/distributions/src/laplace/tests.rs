//! The Laplace distribution against mpmath, its draws, and the gradients of both.

use burn::tensor::DType;
use proptest::prelude::*;

use super::*;
use crate::testing::two_parameters::*;
use crate::testing::*;

fn laplace(loc: Tensor<2>, scale: Tensor<2>) -> Laplace<2> {
    Laplace::new(loc, scale).unwrap()
}

fn of(loc: f64, scale: f64) -> Laplace<2> {
    laplace(row(&[loc], DType::F64), row(&[scale], DType::F64))
}

/// `scripts/golden_distributions.py` (mpmath 1.4.1): both parameters, value, log_prob.
const GOLDEN: [[f64; 4]; 12] = [
    [0.0, 1.0, -3.5, -4.193_147_180_559_945],
    [0.0, 1.0, 0.0, -std::f64::consts::LN_2],
    [0.0, 1.0, 0.000_976_562_5, -0.694_123_743_059_945_3],
    [-3.0, 0.25, -3.5, -1.306_852_819_440_054_6],
    [-3.0, 0.25, 0.0, -11.306_852_819_440_055],
    [-3.0, 0.25, 0.000_976_562_5, -11.310_759_069_440_055],
    [100.0, 1000.0, -3.5, -7.704_402_459_542_083],
    [100.0, 1000.0, 0.0, -7.700_902_459_542_083],
    [100.0, 1000.0, 0.000_976_562_5, -7.700_901_482_979_582_5],
    [0.0, 0.0001, -3.5, -34_991.482_806_808_584],
    [0.0, 0.0001, 0.0, 8.517_193_191_416_238],
    [0.0, 0.0001, 0.000_976_562_5, -1.248_431_808_583_762_2],
];

/// `scripts/golden_distributions.py` (mpmath 1.4.1): both parameters, mean, variance.
const GOLDEN_MOMENTS: [[f64; 4]; 4] =
    [[0.0, 1.0, 0.0, 2.0], [-3.0, 0.25, -3.0, 0.125], [100.0, 1000.0, 100.0, 2_000_000.0], [0.0, 0.0001, 0.0, 2e-08]];

/// `scripts/golden_distributions.py` (mpmath 1.4.1): both parameters, entropy.
const GOLDEN_ENTROPY: [[f64; 3]; 4] = [
    [0.0, 1.0, 1.693_147_180_559_945_4],
    [-3.0, 0.25, 0.306_852_819_440_054_7],
    [100.0, 1000.0, 8.600_902_459_542_082],
    [0.0, 0.0001, -7.517_193_191_416_237],
];

/// `scripts/golden_distributions.py` (mpmath 1.4.1): both parameters of q, of p, `KL(q || p)`.
const GOLDEN_KL: [[f64; 5]; 4] = [
    [0.0, 1.0, 0.0, 1.0, 0.0],
    [0.5, 0.25, -1.0, 2.0, 1.829_751_385_701_919_2],
    [-1.0, 2.0, 0.5, 0.25, 6.699_490_880_248_281],
    [5.0, 1.0, 0.0, 3.0, 1.767_524_937_667_804_8],
];

#[test]
fn log_prob_moments_entropy_and_divergence_meet_golden_values() {
    meets_log_probs(laplace, &GOLDEN);
    meets_moments(laplace, &GOLDEN_MOMENTS);
    meets_entropies(laplace, &GOLDEN_ENTROPY);
    meets_divergences(laplace, &GOLDEN_KL);
}

#[test]
fn gradients_of_the_transform_meet_differences() {
    for eps in [1e-6, 0.3, 0.999] {
        for [a, b] in [[0.4, 2.0], [-3.0, 0.1]] {
            gradients_meet_differences(laplace, [a, b, eps], |p, eps| p.transform(eps));
        }
    }
}

#[test]
fn gradients_of_densities_meet_differences() {
    for at in [[0.4, 0.7, 2.0], [-3.0, 0.4, -5.0]] {
        gradients_meet_differences(laplace, at, |p, x| p.log_prob(x));
        gradients_meet_differences(laplace, at, |p, _| p.entropy());
        gradients_meet_differences(laplace, at, |p, _| p.mean() + p.variance());
        gradients_meet_differences(laplace, at, |q, x| {
            let p = laplace(x.full_like(0.75), x.full_like(1.5));
            q.kl_divergence(&p) + p.kl_divergence(&q)
        });
    }
}

#[test]
fn draws_fit_the_law_and_the_closed_forms() {
    draws_fit(laplace, [0.5, 0.75], 1, |x| {
        if x < 0.5 { 0.5 * ((x - 0.5) / 0.75).exp() } else { 1.0 - 0.5 * ((0.5 - x) / 0.75).exp() }
    });
    draws_have_the_moments(laplace, [0.5, 0.75], 2);
    draws_have_the_entropy_and_divergence(laplace, [0.5, 0.75, 0.0, 1.5], 3);
}

/// D20, D22: the ends of the uniforms, and 0 and 1 themselves, give finite draws.
#[test]
fn d20_d22_no_uniform_gives_an_infinity() {
    let x = values(
        laplace(row(&[0.0; 4], DType::F32), row(&[1.0; 4], DType::F32))
            .transform(row(&[0.0, 2.0_f64.powi(-24), 1.0 - 2.0_f64.powi(-24), 1.0], DType::F32)),
    );
    let end = 23.0 * std::f64::consts::LN_2;
    for (x, expected) in x.into_iter().zip([-end, -end, end, end]) {
        assert_close(x, expected, 1e-6);
    }
}

#[test]
fn bad_parameters_come_back_in_the_error() {
    let message = |a: f64, b: f64| Laplace::new(row(&[a], DType::F32), row(&[b], DType::F32)).unwrap_err().to_string();
    assert!(
        message(0.0, -2.0)
            .contains("the scale of a Laplace variable must be positive and finite, but one entry is -2;")
    );
    assert!(message(0.0, 0.0).contains("one entry is 0;"));
    assert!(message(f64::NAN, 1.0).contains("the loc of a Laplace variable must be finite, but one entry is NaN;"));
    assert!(message(0.0, f64::INFINITY).contains("one entry is inf;"));
    let shapes = Laplace::new(row(&[0.5], DType::F32), row(&[1.0, 1.0], DType::F32)).unwrap_err();
    assert!(shapes.to_string().contains("[1, 1] and [1, 2]"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn densities_integrate_to_one(loc in -3.0_f64..3.0, log_scale in -2.0_f64..2.0) {
        prop_assert!((2.0 * mass(&of(loc, log_scale.exp()), [-40.0, 5.0], |t| (loc + t.exp(), t)) - 1.0).abs() < 1e-5);
    }

    #[test]
    fn divergence_is_not_negative_and_zero_from_itself(
        a in -3.0_f64..3.0, b in -2.0_f64..2.0, c in -3.0_f64..3.0, d in -2.0_f64..2.0,
    ) {
        let (q, p) = (of(a, b.exp()), of(c, d.exp()));
        prop_assert!(scalar(q.kl_divergence(&p)) >= -1e-10);
        prop_assert!(scalar(q.kl_divergence(&q)).abs() < 1e-14);
    }
}

//! The Weibull distribution against mpmath, its draws, and the gradients of both.

use burn::tensor::DType;
use proptest::prelude::*;

use super::*;
use crate::testing::two_parameters::*;
use crate::testing::*;

fn weibull(concentration: Tensor<2>, scale: Tensor<2>) -> Weibull<2> {
    Weibull::new(concentration, scale).unwrap()
}

fn of(concentration: f64, scale: f64) -> Weibull<2> {
    weibull(row(&[concentration], DType::F64), row(&[scale], DType::F64))
}

/// `scripts/golden_distributions.py` (mpmath 1.4.1): both parameters, value, log_prob.
const GOLDEN: [[f64; 4]; 15] = [
    [1.0, 1.0, 0.0625, -0.0625],
    [1.0, 1.0, 0.25, -0.25],
    [1.0, 1.0, 1.0, -1.0],
    [0.5, 3.0, 0.0625, -0.000_496_531_071_515_977_4],
    [0.5, 3.0, 0.25, -0.837_981_278_928_867_8],
    [0.5, 3.0, 1.0, -1.819_803_594_083_626],
    [5.0, 0.125, 0.0625, 0.885_040_731_874_155_1],
    [5.0, 0.125, 0.25, -25.538_531_823_646_28],
    [5.0, 0.125, 1.0, -32_755.993_354_379_167],
    [2.0, 1024.0, 0.0625, -15.942_385_156_604_033],
    [2.0, 1024.0, 0.25, -14.556_090_851_363_496],
    [2.0, 1024.0, 1.0, -13.169_797_384_313_277],
    [50.0, 1.0, 0.0625, -131.944_824_384_321_12],
    [50.0, 1.0, 0.25, -64.016_400_689_446_5],
    [50.0, 1.0, 1.0, 2.912_023_005_428_146],
];

/// `scripts/golden_distributions.py` (mpmath 1.4.1): both parameters, mean, variance.
const GOLDEN_MOMENTS: [[f64; 4]; 5] = [
    [1.0, 1.0, 1.0, 1.0],
    [0.5, 3.0, 6.0, 180.0],
    [5.0, 0.125, 0.114_771_092_799_970_08, 0.000_691_093_405_986_208_3],
    [2.0, 1024.0, 907.496_371_663_624_2, 225_026.335_417_357_24],
    [50.0, 1.0, 0.988_844_203_263_913_3, 0.000_625_342_585_601_303_8],
];

/// `scripts/golden_distributions.py` (mpmath 1.4.1): both parameters, entropy.
const GOLDEN_ENTROPY: [[f64; 3]; 5] = [
    [1.0, 1.0, 1.0],
    [0.5, 3.0, 2.214_543_804_326_522],
    [5.0, 0.125, -2.227_106_922_192_710_2],
    [2.0, 1024.0, 7.526_932_457_490_274_5],
    [50.0, 1.0, -2.346_351_653_824_644],
];

/// `scripts/golden_distributions.py` (mpmath 1.4.1): both parameters of q, of p, `KL(q || p)`.
const GOLDEN_KL: [[f64; 5]; 4] = [
    [1.0, 1.0, 1.0, 1.0, 0.0],
    [0.5, 3.0, 2.0, 5.0, 9.007_003_881_116_69],
    [5.0, 0.125, 1.0, 1.0, 2.341_878_014_992_68],
    [2.0, 1.0, 3.0, 0.5, 7.438_424_288_095_862],
];

#[test]
fn log_prob_moments_entropy_and_divergence_meet_golden_values() {
    meets_log_probs(weibull, &GOLDEN);
    meets_moments(weibull, &GOLDEN_MOMENTS);
    meets_entropies(weibull, &GOLDEN_ENTROPY);
    meets_divergences(weibull, &GOLDEN_KL);
}

#[test]
fn gradients_of_the_transform_meet_differences() {
    for eps in [1e-6, 0.3, 0.999] {
        for [a, b] in [[0.4, 2.0], [5.0, 0.1]] {
            gradients_meet_differences(weibull, [a, b, eps], |p, eps| p.transform(eps));
        }
    }
}

#[test]
fn gradients_of_densities_meet_differences() {
    for at in [[0.4, 0.7, 0.9], [3.0, 0.4, 0.1]] {
        gradients_meet_differences(weibull, at, |p, x| p.log_prob(x));
        gradients_meet_differences(weibull, at, |p, _| p.entropy());
        gradients_meet_differences(weibull, at, |p, _| p.mean() + p.variance());
        gradients_meet_differences(weibull, at, |q, x| {
            let p = weibull(x.full_like(0.75), x.full_like(1.5));
            q.kl_divergence(&p) + p.kl_divergence(&q)
        });
    }
}

#[test]
fn draws_fit_the_law_and_the_closed_forms() {
    draws_fit(weibull, [1.5, 0.75], 1, |x| -(-(x / 0.75).powf(1.5)).exp_m1());
    draws_have_the_moments(weibull, [1.5, 0.75], 2);
    draws_have_the_entropy_and_divergence(weibull, [1.5, 0.75, 2.0, 1.5], 3);
}

#[test]
fn a_value_outside_the_support_has_no_density_and_no_gradient() {
    has_no_density_at(weibull, [0.5, 2.0], &[0.0, -1.0, f64::NAN]);
}

#[test]
fn bad_parameters_come_back_in_the_error() {
    let message = |a: f64, b: f64| Weibull::new(row(&[a], DType::F32), row(&[b], DType::F32)).unwrap_err().to_string();
    assert!(
        message(0.0, 1.0)
            .contains("the concentration of a Weibull variable must be positive and finite, but one entry is 0;")
    );
    assert!(
        message(1.0, -2.0)
            .contains("the scale of a Weibull variable must be positive and finite, but one entry is -2;")
    );
    assert!(message(f64::NAN, 1.0).contains("NaN"));
    assert!(message(1.0, f64::INFINITY).contains("inf"));
    let shapes = Weibull::new(row(&[0.5], DType::F32), row(&[1.0, 1.0], DType::F32)).unwrap_err();
    assert!(shapes.to_string().contains("[1, 1] and [1, 2]"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn densities_integrate_to_one(log_k in -1.0_f64..2.0, log_scale in -2.0_f64..2.0) {
        prop_assert!((mass(&of(log_k.exp(), log_scale.exp()), [-60.0, 20.0], |t| (t.exp(), t)) - 1.0).abs() < 1e-5);
    }

    #[test]
    fn divergence_is_not_negative_and_zero_from_itself(
        a in -1.0_f64..1.0, b in -1.0_f64..1.0, c in -1.0_f64..1.0, d in -1.0_f64..1.0,
    ) {
        let (q, p) = (of(a.exp(), b.exp()), of(c.exp(), d.exp()));
        prop_assert!(scalar(q.kl_divergence(&p)) >= -1e-10);
        prop_assert!(scalar(q.kl_divergence(&q)).abs() < 1e-14);
    }
}

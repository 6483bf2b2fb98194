//! The Kumaraswamy distribution against mpmath, its draws, and the gradients of both.

use burn::tensor::DType;
use proptest::prelude::*;

use super::*;
use crate::testing::two_parameters::*;
use crate::testing::*;

fn kumaraswamy(concentration1: Tensor<2>, concentration0: Tensor<2>) -> Kumaraswamy<2> {
    Kumaraswamy::new(concentration1, concentration0).unwrap()
}

fn of(concentration1: f64, concentration0: f64) -> Kumaraswamy<2> {
    kumaraswamy(row(&[concentration1], DType::F64), row(&[concentration0], DType::F64))
}

/// `scripts/golden_distributions.py` (mpmath 1.4.1): both parameters, value, log_prob.
const GOLDEN: [[f64; 4]; 20] = [
    [1.0, 1.0, 1e-12, 0.0],
    [1.0, 1.0, 0.0625, 0.0],
    [1.0, 1.0, 0.5, 0.0],
    [1.0, 1.0, 0.875, 0.0],
    [0.5, 2.0, 1e-12, 13.815_509_557_963_773],
    [0.5, 2.0, 0.0625, 1.098_612_288_668_109_8],
    [0.5, 2.0, 0.5, -0.881_373_587_019_543],
    [0.5, 2.0, 0.875, -2.672_997_281_584_326_6],
    [0.125, 0.25, 1e-12, 20.735_507_754_155_07],
    [0.125, 0.25, 0.0625, -0.118_760_387_865_281_2],
    [0.125, 0.25, 0.5, -0.992_509_580_548_752_3],
    [0.125, 0.25, 0.875, -0.273_000_191_777_623_14],
    [5.0, 3.0, 1e-12, -107.816_034_262_611_98],
    [5.0, 3.0, 0.0625, -8.382_306_595_206_456],
    [5.0, 3.0, 0.5, -0.128_035_917_766_731_76],
    [5.0, 3.0, 0.875, 0.735_316_265_170_877_1],
    [20.0, 100.0, 1e-12, -517.388_498_743_100_3],
    [20.0, 100.0, 0.0625, -45.078_283_263_013_76],
    [20.0, 100.0, 0.5, -5.568_988_384_899_223],
    [20.0, 100.0, 0.875, -2.036_499_496_802_126],
];

/// `scripts/golden_distributions.py` (mpmath 1.4.1): both parameters, mean, variance.
const GOLDEN_MOMENTS: [[f64; 4]; 5] = [
    [1.0, 1.0, 0.5, 0.083_333_333_333_333_33],
    [0.5, 2.0, 0.166_666_666_666_666_66, 0.038_888_888_888_888_89],
    [0.125, 0.25, 0.528_840_156_913_179_2, 0.169_192_666_764_486_74],
    [5.0, 3.0, 0.710_227_272_727_272_7, 0.020_787_305_107_993_61],
    [20.0, 100.0, 0.773_079_336_759_079_4, 0.002_280_700_623_888_182],
];

/// `scripts/golden_distributions.py` (mpmath 1.4.1): both parameters, entropy.
const GOLDEN_ENTROPY: [[f64; 3]; 5] = [
    [1.0, 1.0, 0.0],
    [0.5, 2.0, -1.0],
    [0.125, 0.25, -1.982_599_017_877_145_5],
    [5.0, 3.0, -0.574_716_867_768_876_8],
    [20.0, 100.0, -1.682_893_817_784_443],
];

#[test]
fn log_prob_moments_and_entropy_meet_golden_values() {
    meets_log_probs(kumaraswamy, &GOLDEN);
    meets_moments(kumaraswamy, &GOLDEN_MOMENTS);
    meets_entropies(kumaraswamy, &GOLDEN_ENTROPY);
}

#[test]
fn gradients_of_the_transform_meet_differences() {
    for eps in [1e-6, 0.3, 0.999] {
        for [a, b] in [[0.4, 2.0], [5.0, 0.5]] {
            gradients_meet_differences(kumaraswamy, [a, b, eps], |p, eps| p.transform(eps));
        }
    }
}

#[test]
fn gradients_of_densities_meet_differences() {
    for at in [[0.4, 0.7, 0.9], [3.0, 4.0, 0.1]] {
        gradients_meet_differences(kumaraswamy, at, |p, x| p.log_prob(x));
        gradients_meet_differences(kumaraswamy, at, |p, _| p.entropy());
        gradients_meet_differences(kumaraswamy, at, |p, _| p.mean() + p.variance());
    }
}

#[test]
fn draws_fit_the_law_and_the_closed_forms() {
    draws_fit(kumaraswamy, [1.5, 0.75], 1, |x| 1.0 - (1.0 - x.powf(1.5)).powf(0.75));
    draws_have_the_moments(kumaraswamy, [1.5, 2.5], 2);
}

/// Where draws round to 0 or 1 in `f32`, their logarithms, the density at them and all gradients stay finite: also below a
/// `concentration0` of 0.2, where the logarithms themselves round to 0.
#[test]
fn d41_logarithms_of_draws_survive_small_concentrations() {
    let n = 20_000;
    for [a, b] in [[0.02, 0.2], [0.02, 0.02], [1.0, 0.1], [50.0, 0.01], [1000.0, 1000.0]] {
        let [log_a, log_b] =
            [a, b].map(|x: f64| leaf(&vec![x.ln(); n]).reshape([n, 1]).cast(DType::F32).detach().require_grad());
        let p = Kumaraswamy::from_logs(log_a.clone(), log_b.clone());
        let eps = p.noise(&mut noise(4));
        let log_x = p.transform_log(eps);
        assert!(values(log_x.clone()).iter().all(|x| x.is_finite() && *x < 0.0), "{a}, {b}");
        let log_prob = p.log_prob_of_log(log_x);
        assert!(values(log_prob.clone()).iter().all(|x| x.is_finite()), "{a}, {b}");
        let gradients = log_prob.sum().backward();
        for leaf in [log_a, log_b] {
            assert!(values(leaf.grad(&gradients).unwrap()).iter().all(|x| x.is_finite()), "{a}, {b}");
        }
    }
}

#[test]
fn a_value_outside_the_support_has_no_density_and_no_gradient() {
    has_no_density_at(kumaraswamy, [0.5, 2.0], &[0.0, 1.0, -0.5, 1.5, f64::NAN]);
}

#[test]
fn bad_parameters_come_back_in_the_error() {
    let message =
        |a: f64, b: f64| Kumaraswamy::new(row(&[a], DType::F32), row(&[b], DType::F32)).unwrap_err().to_string();
    assert!(
        message(0.0, 1.0)
            .contains("the concentration1 of a Kumaraswamy variable must be positive and finite, but one entry is 0;")
    );
    assert!(
        message(1.0, -2.0)
            .contains("the concentration0 of a Kumaraswamy variable must be positive and finite, but one entry is -2;")
    );
    assert!(message(f64::NAN, 1.0).contains("NaN"));
    assert!(message(1.0, f64::INFINITY).contains("inf"));
    let shapes = Kumaraswamy::new(row(&[0.5], DType::F32), row(&[1.0, 1.0], DType::F32)).unwrap_err();
    assert!(shapes.to_string().contains("[1, 1] and [1, 2]"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn densities_integrate_to_one(log_a in -1.0_f64..2.0, log_b in -0.5_f64..2.0) {
        prop_assert!((mass(&of(log_a.exp(), log_b.exp()), [-60.0, 32.0], sigmoid) - 1.0).abs() < 1e-5);
    }
}

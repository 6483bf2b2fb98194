//! The log-normal distribution against mpmath, its draws, and the gradients of both.

use burn::tensor::DType;
use proptest::prelude::*;
use statrs::function::erf::erf;

use super::*;
use crate::testing::two_parameters::*;
use crate::testing::*;

fn log_normal(loc: Tensor<2>, scale: Tensor<2>) -> LogNormal<2> {
    LogNormal::new(loc, scale).unwrap()
}

fn of(loc: f64, scale: f64) -> LogNormal<2> {
    log_normal(row(&[loc], DType::F64), row(&[scale], DType::F64))
}

/// `scripts/golden_distributions.py` (mpmath 1.4.1): both parameters, value, log_prob.
const GOLDEN: [[f64; 4]; 9] = [
    [0.0, 1.0, 0.0625, -1.989_973_922_310_502_9],
    [0.0, 1.0, 1.0, -0.918_938_533_204_672_8],
    [0.0, 1.0, 30.0, -10.104_207_729_379_58],
    [-20.0, 0.125, 0.0625, -9_493.145_286_928_484],
    [-20.0, 0.125, 1.0, -12_798.839_496_991_524],
    [-20.0, 0.125, 30.0, -17_525.953_939_029_56],
    [3.0, 2.0, 0.0625, -3.004_844_561_041_075_7],
    [3.0, 2.0, 1.0, -2.737_085_713_764_618],
    [3.0, 2.0, 30.0, -5.033_403_012_808_344_5],
];

/// `scripts/golden_distributions.py` (mpmath 1.4.1): both parameters, mean, variance.
const GOLDEN_MOMENTS: [[f64; 4]; 4] = [
    [0.0, 1.0, 1.648_721_270_700_128_2, 4.670_774_270_471_605],
    [-20.0, 0.125, 2.077_319_450_656_766e-09, 6.795_539_554_092_948e-20],
    [3.0, 2.0, 148.413_159_102_576_6, 1_180_577.818_369_97],
    [10.0, 0.001, 22_026.476_808_042_367, 485.165_923_158_149_44],
];

/// `scripts/golden_distributions.py` (mpmath 1.4.1): both parameters, entropy.
const GOLDEN_ENTROPY: [[f64; 3]; 4] = [
    [0.0, 1.0, 1.418_938_533_204_672_7],
    [-20.0, 0.125, -20.660_503_008_475_164],
    [3.0, 2.0, 5.112_085_713_764_618],
    [10.0, 0.001, 4.511_183_254_222_535],
];

/// `scripts/golden_distributions.py` (mpmath 1.4.1): both parameters of q, of p, `KL(q || p)`.
const GOLDEN_KL: [[f64; 5]; 3] = [
    [0.0, 1.0, 0.0, 1.0, 0.0],
    [-1.0, 0.5, 1.0, 2.0, 1.417_544_361_119_890_6],
    [1.0, 2.0, -1.0, 0.5, 14.113_705_638_880_11],
];

#[test]
fn log_prob_moments_entropy_and_divergence_meet_golden_values() {
    meets_log_probs(log_normal, &GOLDEN);
    meets_moments(log_normal, &GOLDEN_MOMENTS);
    meets_entropies(log_normal, &GOLDEN_ENTROPY);
    meets_divergences(log_normal, &GOLDEN_KL);
}

#[test]
fn gradients_of_the_transform_meet_differences() {
    for eps in [-2.5, 0.3, 1.5] {
        for [a, b] in [[0.4, 2.0], [-3.0, 0.1]] {
            gradients_meet_differences(log_normal, [a, b, eps], |p, eps| p.transform(eps));
        }
    }
}

#[test]
fn gradients_of_densities_meet_differences() {
    for at in [[0.4, 0.7, 2.0], [-3.0, 0.4, 0.1]] {
        gradients_meet_differences(log_normal, at, |p, x| p.log_prob(x));
        gradients_meet_differences(log_normal, at, |p, _| p.entropy());
        gradients_meet_differences(log_normal, at, |p, _| p.mean() + p.variance());
        gradients_meet_differences(log_normal, at, |q, x| {
            let p = log_normal(x.full_like(0.75), x.full_like(1.5));
            q.kl_divergence(&p) + p.kl_divergence(&q)
        });
    }
}

#[test]
fn draws_fit_the_law_and_the_closed_forms() {
    draws_fit(log_normal, [0.5, 0.75], 1, |x| 0.5 * (1.0 + erf((x.ln() - 0.5) / 0.75 / 2.0_f64.sqrt())));
    draws_have_the_moments(log_normal, [0.5, 0.3], 2);
    draws_have_the_entropy_and_divergence(log_normal, [0.5, 0.75, 0.0, 1.5], 3);
}

#[test]
fn a_value_outside_the_support_has_no_density_and_no_gradient() {
    has_no_density_at(log_normal, [0.5, 2.0], &[0.0, -1.0, f64::NAN]);
}

#[test]
fn bad_parameters_come_back_in_the_error() {
    let message =
        |a: f64, b: f64| LogNormal::new(row(&[a], DType::F32), row(&[b], DType::F32)).unwrap_err().to_string();
    assert!(
        message(0.0, -2.0)
            .contains("the scale of a log-normal variable must be positive and finite, but one entry is -2;")
    );
    assert!(message(0.0, 0.0).contains("one entry is 0;"));
    assert!(message(f64::NAN, 1.0).contains("the loc of a log-normal variable must be finite, but one entry is NaN;"));
    assert!(message(0.0, f64::INFINITY).contains("one entry is inf;"));
    let shapes = LogNormal::new(row(&[0.5], DType::F32), row(&[1.0, 1.0], DType::F32)).unwrap_err();
    assert!(shapes.to_string().contains("[1, 1] and [1, 2]"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn densities_integrate_to_one(loc in -3.0_f64..3.0, log_scale in -2.0_f64..2.0) {
        prop_assert!((mass(&of(loc, log_scale.exp()), [-80.0, 80.0], |t| (t.exp(), t)) - 1.0).abs() < 1e-5);
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

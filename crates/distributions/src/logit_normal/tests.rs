//! The logit-normal distribution against mpmath, its draws, and the gradients of both.

use burn::tensor::DType;
use proptest::prelude::*;
use statrs::function::erf::erf;

use super::*;
use crate::testing::two_parameters::*;
use crate::testing::*;

fn logit_normal(loc: Tensor<2>, scale: Tensor<2>) -> LogitNormal<2> {
    LogitNormal::new(loc, scale).unwrap()
}

fn of(loc: f64, scale: f64) -> LogitNormal<2> {
    logit_normal(row(&[loc], DType::F64), row(&[scale], DType::F64))
}

/// `scripts/golden_distributions.py` (mpmath 1.4.1): both parameters, value, log_prob.
const GOLDEN: [[f64; 4]; 12] = [
    [0.0, 1.0, 1e-12, -355.024_581_371_692_14],
    [0.0, 1.0, 0.0625, -1.748_579_235_672_180_5],
    [0.0, 1.0, 0.5, 0.467_355_827_915_217_9],
    [0.0, 1.0, 0.9375, -1.748_579_235_672_180_5],
    [-3.0, 0.25, 1e-12, -4_825.399_232_762_305_5],
    [-3.0, 0.25, 0.0625, 2.622_605_590_680_890_5],
    [-3.0, 0.25, 0.5, -70.146_349_810_964_89],
    [-3.0, 0.25, 0.9375, -257.350_213_715_131_3],
    [2.0, 5.0, 1e-12, 7.542_696_422_839_890_5],
    [2.0, 5.0, 0.0625, -0.134_563_936_183_391_9],
    [2.0, 5.0, 0.5, -1.222_082_084_518_882_4],
    [2.0, 5.0, 0.9375, 0.298_724_095_992_961_7],
];

/// `scripts/golden_distributions.py` (mpmath 1.4.1): both parameters of q, of p, `KL(q || p)`.
const GOLDEN_KL: [[f64; 5]; 3] = [
    [0.0, 1.0, 0.0, 1.0, 0.0],
    [-1.0, 0.5, 1.0, 2.0, 1.417_544_361_119_890_6],
    [1.0, 2.0, -1.0, 0.5, 14.113_705_638_880_11],
];

#[test]
fn log_prob_and_divergence_meet_golden_values() {
    meets_log_probs(logit_normal, &GOLDEN);
    meets_divergences(logit_normal, &GOLDEN_KL);
}

#[test]
fn gradients_of_the_transform_meet_differences() {
    for eps in [-2.5, 0.3, 1.5] {
        for [a, b] in [[0.4, 2.0], [-3.0, 0.1]] {
            gradients_meet_differences(logit_normal, [a, b, eps], |p, eps| p.transform(eps));
        }
    }
}

#[test]
fn gradients_of_densities_meet_differences() {
    for at in [[0.4, 0.7, 0.9], [-3.0, 0.4, 0.1]] {
        gradients_meet_differences(logit_normal, at, |p, x| p.log_prob(x));
        gradients_meet_differences(logit_normal, at, |q, x| {
            let p = logit_normal(x.full_like(0.75), x.full_like(1.5));
            q.kl_divergence(&p) + p.kl_divergence(&q)
        });
    }
}

#[test]
fn draws_fit_the_law_and_the_closed_forms() {
    draws_fit(logit_normal, [0.5, 0.75], 1, |x| {
        0.5 * (1.0 + erf(((x / (1.0 - x)).ln() - 0.5) / 0.75 / 2.0_f64.sqrt()))
    });
}

#[test]
fn a_value_outside_the_support_has_no_density_and_no_gradient() {
    has_no_density_at(logit_normal, [0.5, 2.0], &[0.0, 1.0, -0.5, 1.5, f64::NAN]);
}

#[test]
fn bad_parameters_come_back_in_the_error() {
    let message =
        |a: f64, b: f64| LogitNormal::new(row(&[a], DType::F32), row(&[b], DType::F32)).unwrap_err().to_string();
    assert!(
        message(0.0, -2.0)
            .contains("the scale of a logit-normal variable must be positive and finite, but one entry is -2;")
    );
    assert!(message(0.0, 0.0).contains("one entry is 0;"));
    assert!(
        message(f64::NAN, 1.0).contains("the loc of a logit-normal variable must be finite, but one entry is NaN;")
    );
    assert!(message(0.0, f64::INFINITY).contains("one entry is inf;"));
    let shapes = LogitNormal::new(row(&[0.5], DType::F32), row(&[1.0, 1.0], DType::F32)).unwrap_err();
    assert!(shapes.to_string().contains("[1, 1] and [1, 2]"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn densities_integrate_to_one(loc in -3.0_f64..3.0, log_scale in -1.0_f64..0.5) {
        prop_assert!((mass(&of(loc, log_scale.exp()), [-30.0, 30.0], sigmoid) - 1.0).abs() < 1e-5);
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

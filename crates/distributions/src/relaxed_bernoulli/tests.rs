//! The relaxed Bernoulli distribution against mpmath, its draws, and the gradients of both.

use burn::tensor::DType;
use proptest::prelude::*;

use super::*;
use crate::Moments;
use crate::goodness_of_fit::kolmogorov_smirnov;
use crate::testing::*;

fn relaxed(logit: f64, temperature: f64, dtype: DType) -> RelaxedBernoulli<2> {
    RelaxedBernoulli::new(row(&[logit], dtype), temperature).unwrap()
}

/// `scripts/golden_distributions.py` (mpmath 1.4.1): logit, temperature, value, log_prob.
const GOLDEN: [[f64; 4]; 16] = [
    [0.0, 1.0, 9.313_225_746_154_785e-10, 0.0],
    [0.0, 1.0, 0.25, 1.972_152_263_052_529_4e-31],
    [0.0, 1.0, 0.5, 0.0],
    [0.0, 1.0, 0.9375, 0.0],
    [2.0, 0.5, 9.313_225_746_154_785e-10, 7.704_052_269_043_114],
    [2.0, 0.5, 0.25, -1.718_943_883_878_049_3],
    [2.0, 0.5, 0.5, -1.560_708_841_525_999_8],
    [2.0, 0.5, 0.9375, 0.655_129_704_718_933_2],
    [-8.0, 0.125, 9.313_225_746_154_785e-10, 13.305_269_254_707_959],
    [-8.0, 0.125, 0.25, -8.268_908_111_216_563],
    [-8.0, 0.125, 0.5, -8.693_817_993_305_737],
    [-8.0, 0.125, 0.9375, -7.581_298_774_805_828],
    [30.0, 4.0, 9.313_225_746_154_785e-10, -90.996_951_884_618_57],
    [30.0, 4.0, 0.25, -31.334_178_359_980_88],
    [30.0, 4.0, 0.5, -27.227_411_277_760_407],
    [30.0, 4.0, 0.9375, -14.944_377_600_568_51],
];

#[test]
fn log_prob_meets_golden_values() {
    for (dtype, tolerance) in PRECISIONS {
        for [logit, temperature, value, log_prob] in GOLDEN {
            let p = relaxed(logit, temperature, dtype);
            assert_close(scalar(p.log_prob(row(&[value], dtype))), log_prob, tolerance);
            let of_logit = scalar(p.log_prob_of_logit(row(&[f64::ln(value) - (-value).ln_1p()], dtype)));
            assert_close(of_logit, log_prob + f64::ln(value) + (-value).ln_1p(), tolerance);
        }
    }
}

#[test]
fn gradients_meet_differences() {
    type Of = fn(&RelaxedBernoulli<2>, Tensor<2>) -> Tensor<1>;
    let functions: [Of; 3] = [|p, u| sum_events(p.transform(u)), |p, y| p.log_prob(y), |p, x| p.log_prob_of_logit(x)];
    for of in functions {
        for (logit, temperature, at) in [(0.4, 1.0, 0.3), (-3.0, 0.5, 0.9), (2.0, 3.0, 0.01)] {
            let leaf = leaf(&[logit]);
            let result = of(&RelaxedBernoulli::new(leaf.clone(), temperature).unwrap(), beside(&leaf, &[at]));
            let f = |logit: f64| scalar(of(&relaxed(logit, temperature, DType::F64), row(&[at], DType::F64)));
            assert_close(scalar(leaf.grad(&result.backward()).unwrap()), derivative(f, logit), 1e-8);
        }
    }
}

/// D24: exactly 0 or 1 forward, with the gradient of the relaxed draw.
#[test]
fn d24_hard_draws_are_zeros_and_ones_with_the_soft_gradient() {
    let eps = [0.02, 0.4, 0.6, 0.99];
    let leaf = leaf(&[0.5, -0.3, 1.0, -2.0]);
    let p = RelaxedBernoulli::new(leaf.clone(), 0.5).unwrap();
    let hard = p.transform_hard(beside(&leaf, &eps));
    assert_eq!(values(hard.clone()), [0.0, 0.0, 1.0, 1.0]);
    let of_hard = values(leaf.grad(&hard.sum().backward()).unwrap());
    let of_soft = values(leaf.grad(&p.transform(beside(&leaf, &eps)).sum().backward()).unwrap());
    assert_eq!(of_hard, of_soft);
}

/// D22: the ends of the uniforms, and 0 and 1 themselves, give finite logits.
#[test]
fn d22_no_uniform_gives_an_infinity() {
    let p = RelaxedBernoulli::new(row(&[0.0; 4], DType::F32), 0.1).unwrap();
    let logits = values(p.transform_logit(row(&[0.0, 2.0_f64.powi(-24), 1.0 - 2.0_f64.powi(-24), 1.0], DType::F32)));
    assert!(logits.iter().all(|x| (x.abs() - 166.355).abs() < 1e-2), "{logits:?}");
}

/// `P(y <= v) = sigmoid(t logit v - logits)`, p-value above 1e-6; and above 1/2 lies a Bernoulli variable.
#[test]
fn draws_fit_the_law_and_the_bernoulli_that_is_relaxed() {
    let n = 100_000;
    let p = RelaxedBernoulli::new(rows(&[0.8], n), 0.7).unwrap();
    let y = p.sample(&mut noise(1));
    let hard: Vec<f64> = values(y.clone()).into_iter().map(|y| f64::from(u8::from(y > 0.5))).collect();
    assert_mean(&hard, scalar(p.hard().mean().narrow(0, 0, 1)));
    let mut draws = y.try_into_vec_as::<f32>().unwrap();
    let fit = kolmogorov_smirnov(&mut draws, |y| (1.0 + (0.8 - 0.7 * (y / (1.0 - y)).ln()).exp()).recip());
    assert!(fit.p_value > 1e-6, "{fit:?}");
}

#[test]
fn a_value_outside_the_open_interval_has_no_density_and_no_gradient() {
    for value in [0.0, 1.0, -0.5, 1.5, f64::NAN] {
        let leaf = leaf(&[2.0]);
        let log_prob = RelaxedBernoulli::new(leaf.clone(), 0.5).unwrap().log_prob(beside(&leaf, &[value]));
        assert_eq!(scalar(log_prob.clone()), f64::NEG_INFINITY);
        assert_eq!(scalar(leaf.grad(&log_prob.backward()).unwrap()), 0.0);
    }
}

#[test]
fn bad_parameters_come_back_in_the_error() {
    let message = |logit: f64, t: f64| RelaxedBernoulli::new(row(&[logit], DType::F32), t).unwrap_err().to_string();
    assert!(
        message(f64::NAN, 1.0)
            .starts_with("the logit of a relaxed Bernoulli variable must be finite, but one entry is NaN")
    );
    for (t, text) in [(0.0, "0"), (-1.5, "-1.5"), (f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
        assert!(message(0.0, t).contains(&format!("must be positive and finite, but one entry is {text};")));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn densities_integrate_to_one(logit in -2.0_f64..2.0, temperature in 0.7_f64..3.0) {
        let p = relaxed(logit, temperature, DType::F64);
        prop_assert!((two_parameters::mass(&p, [-35.0, 35.0], two_parameters::sigmoid) - 1.0).abs() < 1e-5);
    }
}

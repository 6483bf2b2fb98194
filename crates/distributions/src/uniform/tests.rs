//! The uniform distribution against mpmath, its draws, and the gradients of both.

use burn::tensor::DType;
use proptest::prelude::*;

use super::*;
use crate::testing::two_parameters::*;
use crate::testing::*;

fn uniform(low: Tensor<2>, high: Tensor<2>) -> Uniform<2> {
    Uniform::new(low, high).unwrap()
}

fn of(low: f64, high: f64) -> Uniform<2> {
    uniform(row(&[low], DType::F64), row(&[high], DType::F64))
}

/// `scripts/golden_distributions.py` (mpmath 1.4.1): both parameters, value, log_prob.
const GOLDEN: [[f64; 4]; 8] = [
    [0.0, 1.0, 0.0, 0.0],
    [0.0, 1.0, 6.103_515_625e-05, 0.0],
    [-3.0, 5.0, 0.0, -2.079_441_541_679_835_7],
    [-3.0, 5.0, 6.103_515_625e-05, -2.079_441_541_679_835_7],
    [-1000.0, 10_000.0, 0.0, -9.305_650_551_780_507],
    [-1000.0, 10_000.0, 6.103_515_625e-05, -9.305_650_551_780_507],
    [0.0, 0.0001, 0.0, 9.210_340_371_976_182],
    [0.0, 0.0001, 6.103_515_625e-05, 9.210_340_371_976_182],
];

/// `scripts/golden_distributions.py` (mpmath 1.4.1): both parameters, mean, variance.
const GOLDEN_MOMENTS: [[f64; 4]; 4] = [
    [0.0, 1.0, 0.5, 0.083_333_333_333_333_33],
    [-3.0, 5.0, 1.0, 5.333_333_333_333_333],
    [-1000.0, 10_000.0, 4500.0, 10_083_333.333_333_334],
    [0.0, 0.0001, 5e-05, 8.333_333_333_333_336e-10],
];

/// `scripts/golden_distributions.py` (mpmath 1.4.1): both parameters, entropy.
const GOLDEN_ENTROPY: [[f64; 3]; 4] = [
    [0.0, 1.0, 0.0],
    [-3.0, 5.0, 2.079_441_541_679_835_7],
    [-1000.0, 10_000.0, 9.305_650_551_780_507],
    [0.0, 0.0001, -9.210_340_371_976_182],
];

/// `scripts/golden_distributions.py` (mpmath 1.4.1): both parameters of q, of p, `KL(q || p)`.
const GOLDEN_KL: [[f64; 5]; 3] = [
    [0.0, 1.0, 0.0, 1.0, 0.0],
    [0.0, 1.0, -3.0, 5.0, 2.079_441_541_679_835_7],
    [0.0, 0.0001, -1.0, 10_000.0, 18.420_780_738_952_697],
];

#[test]
fn log_prob_moments_entropy_and_divergence_meet_golden_values() {
    meets_log_probs(uniform, &GOLDEN);
    meets_moments(uniform, &GOLDEN_MOMENTS);
    meets_entropies(uniform, &GOLDEN_ENTROPY);
    meets_divergences(uniform, &GOLDEN_KL);
}

#[test]
fn gradients_of_the_transform_meet_differences() {
    for eps in [1e-6, 0.3, 0.999] {
        for [a, b] in [[0.4, 2.0], [-3.0, 0.1]] {
            gradients_meet_differences(uniform, [a, b, eps], |p, eps| p.transform(eps));
        }
    }
}

#[test]
fn gradients_of_densities_meet_differences() {
    for at in [[0.4, 2.5, 2.0], [-3.0, 0.4, 0.1]] {
        gradients_meet_differences(uniform, at, |p, x| p.log_prob(x));
        gradients_meet_differences(uniform, at, |p, _| p.entropy());
        gradients_meet_differences(uniform, at, |p, _| p.mean() + p.variance());
        gradients_meet_differences(uniform, at, |q, x| q.kl_divergence(&uniform(x.full_like(-5.0), x.full_like(5.0))));
    }
}

#[test]
fn draws_fit_the_law_and_the_closed_forms() {
    draws_fit(uniform, [-0.5, 0.75], 1, |x| (x + 0.5) / 1.25);
    draws_have_the_moments(uniform, [-0.5, 0.75], 2);
}

/// D42: the support moves, and the mean of the score in `high` is `-1 / (high - low)`, not 0; that of draws is right.
#[test]
fn d42_the_score_has_no_zero_mean() {
    let [low, high] = [-1.0, 3.0].map(|x| leaf(&[x]));
    let p = uniform(low.clone(), high.clone());
    let x = p.sample(&mut noise(4));
    let score = p.log_prob(x).backward();
    assert_eq!(scalar(high.grad(&score).unwrap()), -0.25);
    assert_eq!(scalar(low.grad(&score).unwrap()), 0.25);
    let draw = p.transform(low.full_like(0.75)).backward();
    assert_eq!(scalar(high.grad(&draw).unwrap()), 0.75);
}

#[test]
fn divergence_from_a_narrower_uniform_is_infinite_without_a_gradient() {
    let [low, high] = [-1.0, 3.0].map(|x| leaf(&[x]));
    let kl = uniform(low.clone(), high.clone()).kl_divergence(&uniform(low.full_like(0.0), low.full_like(5.0)));
    assert_eq!(scalar(kl.clone()), f64::INFINITY);
    assert_eq!(scalar(high.grad(&kl.backward()).unwrap()), 0.0);
}

#[test]
fn a_value_outside_the_support_has_no_density_and_no_gradient() {
    has_no_density_at(uniform, [-1.0, 2.0], &[-1.5, 2.5, f64::NAN]);
}

#[test]
fn bad_parameters_come_back_in_the_error() {
    let message = |a: f64, b: f64| Uniform::new(row(&[a], DType::F32), row(&[b], DType::F32)).unwrap_err().to_string();
    assert!(message(1.0, -2.0).contains("the width high - low of a uniform variable must be positive and finite, but one entry is -3; put low below high"));
    assert!(message(1.0, 1.0).contains("one entry is 0;"));
    assert!(message(f64::NAN, 1.0).contains("the low of a uniform variable must be finite, but one entry is NaN;"));
    assert!(
        message(0.0, f64::INFINITY).contains("the high of a uniform variable must be finite, but one entry is inf;")
    );
    assert!(message(-3e38, 3e38).contains("one entry is inf;"));
    let shapes = Uniform::new(row(&[0.5], DType::F32), row(&[1.0, 1.0], DType::F32)).unwrap_err();
    assert!(shapes.to_string().contains("[1, 1] and [1, 2]"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn densities_integrate_to_one(low in -3.0_f64..3.0, log_width in -2.0_f64..2.0) {
        prop_assert!((mass(&of(low, low + log_width.exp()), [low, low + log_width.exp() * (1.0 - 1e-12)], |t| (t, 0.0)) - 1.0).abs() < 1e-5);
    }

    #[test]
    fn divergence_is_not_negative_and_zero_from_itself(a in -3.0_f64..3.0, b in -2.0_f64..2.0, c in 0.0_f64..3.0, d in 0.0_f64..3.0) {
        let (q, p) = (of(a, a + b.exp()), of(a - c, a + b.exp() + d));
        prop_assert!(scalar(q.kl_divergence(&p)) >= -1e-10);
        prop_assert!(scalar(q.kl_divergence(&q)).abs() < 1e-14);
    }
}

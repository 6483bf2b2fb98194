//! The beta distribution against mpmath, its draws, and the gradients of both.

use burn::tensor::DType;
use proptest::prelude::*;
use statrs::function::beta::beta_reg;

use super::*;
use crate::special::host;
use crate::testing::two_parameters::*;
use crate::testing::*;

fn beta(concentration1: Tensor<2>, concentration0: Tensor<2>) -> Beta<2> {
    Beta::new(concentration1, concentration0).unwrap()
}

fn of(a: f64, b: f64) -> Beta<2> {
    beta(row(&[a], DType::F64), row(&[b], DType::F64))
}

/// `scripts/golden_distributions.py` (mpmath 1.4.1): both concentrations, value, log_prob.
const GOLDEN: [[f64; 4]; 23] = [
    [0.01, 0.01, 1e-20, 40.293_029_601_296_44],
    [0.01, 0.01, 0.25, -3.640_918_570_749_712_5],
    [0.01, 0.01, 0.5, -3.925_723_822_476_976],
    [0.01, 0.01, 0.875, -3.107_312_035_024_352_6],
    [0.5, 2.0, 1e-20, 22.738_168_857_488_677],
    [0.5, 2.0, 0.25, 0.117_783_035_656_383_46],
    [0.5, 2.0, 0.5, -0.634_255_662_731_753_6],
    [0.5, 2.0, 0.875, -2.300_357_917_819_355_6],
    [1.0, 1.0, 1e-20, 0.0],
    [1.0, 1.0, 0.25, 0.0],
    [1.0, 1.0, 0.5, 0.0],
    [1.0, 1.0, 0.875, 0.0],
    [30.0, 4.0, 1e-20, -1_323.493_685_355_361],
    [30.0, 4.0, 0.25, -29.059_914_108_646_716],
    [30.0, 4.0, 0.5, -10.175_041_196_732_796],
    [30.0, 4.0, 0.875, 1.894_933_570_034_789_6],
    [0.01, 10_000.0, 1e-20, 41.083_807_871_951_76],
    [0.01, 10_000.0, 0.25, -2_879.667_987_997_179_4],
    [0.01, 10_000.0, 0.5, -6_934.599_819_679_469],
    [0.01, 10_000.0, 0.875, -20_796.711_156_147_31],
    [10_000.0, 10_000.0, 0.492_187_5, 2.284_479_772_316_371],
    [10_000.0, 10_000.0, 0.5, 4.725_939_923_623_342],
    [10_000.0, 10_000.0, 0.507_812_5, 2.284_479_772_316_371],
];

/// `scripts/golden_distributions.py` (mpmath 1.4.1): both concentrations, mean, variance.
const GOLDEN_MOMENTS: [[f64; 4]; 6] = [
    [0.01, 0.01, 0.5, 0.245_098_039_215_686_26],
    [0.5, 2.0, 0.2, 0.045_714_285_714_285_714],
    [1.0, 1.0, 0.5, 0.083_333_333_333_333_33],
    [30.0, 4.0, 0.882_352_941_176_470_6, 0.002_965_892_239_248_641],
    [0.01, 10_000.0, 9.999_990_000_01e-07, 9.998_970_104_049_49e-11],
    [10_000.0, 10_000.0, 0.5, 1.249_937_503_124_843_6e-05],
];

/// `scripts/golden_distributions.py` (mpmath 1.4.1): both concentrations, entropy.
const GOLDEN_ENTROPY: [[f64; 3]; 6] = [
    [0.01, 0.01, -93.733_715_131_891_07],
    [0.5, 2.0, -0.765_278_955_334_776_4],
    [1.0, 1.0, 0.0],
    [30.0, 4.0, -1.552_085_487_544_514_7],
    [0.01, 10_000.0, -104.156_088_596_473_4],
    [10_000.0, 10_000.0, -4.225_977_424_873_357],
];

/// `scripts/golden_distributions.py` (mpmath 1.4.1): concentrations of q, of p, `KL(q || p)`.
const GOLDEN_KL: [[f64; 5]; 5] = [
    [1.0, 1.0, 1.0, 1.0, 0.0],
    [0.01, 0.01, 1.0, 1.0, 93.733_715_131_891_07],
    [0.5, 2.0, 30.0, 4.0, 66.934_060_624_122_98],
    [30.0, 4.0, 0.5, 2.0, 4.031_660_238_326_267],
    [10_000.0, 10_000.0, 11_000.0, 9000.0, 100.172_362_263_413_67],
];

/// D41: from concentrations of 0.01 to 1e4.
#[test]
fn d41_log_prob_moments_entropy_and_divergence_meet_golden_values() {
    meets_log_probs(beta, &GOLDEN);
    meets_moments(beta, &GOLDEN_MOMENTS);
    meets_entropies(beta, &GOLDEN_ENTROPY);
    meets_divergences(beta, &GOLDEN_KL);
}

#[test]
fn the_density_at_a_logit_is_that_at_the_value() {
    for (a, b, x) in [(0.01, 2.0, 1e-12), (3.0, 0.5, 0.9), (1e4, 1e4, 0.501)] {
        let logit = f64::ln(x) - (-x).ln_1p();
        let [x, logit] = [x, logit].map(|x| row(&[x], DType::F64));
        assert_close(scalar(of(a, b).log_prob_of_logit(logit)), scalar(of(a, b).log_prob(x)), 1e-11);
    }
}

/// D41: at 0.01 in `f32` almost every draw rounds to 0 or 1; logits, densities and gradients stay finite.
#[test]
fn d41_draws_survive_concentrations_of_a_hundredth() {
    let n = 20_000;
    let leaf = leaf(&vec![0.01; n]).reshape([n, 1]).cast(DType::F32).detach().require_grad();
    let p = Beta::from_concentrations(leaf.clone(), leaf.full_like(0.01));
    let logit = p.rsample_logit(&mut noise(1));
    assert!(values(p.log_prob_of_logit(logit.clone())).iter().all(|x| x.is_finite()));
    assert!(values(leaf.grad(&logit.clone().sum().backward()).unwrap()).iter().all(|x| x.is_finite()));
    assert_mean(&values(activation::sigmoid(logit)), 0.5);
}

/// `E x = a / (a + b)`, so that the mean of `dx/da` is `b / (a + b)^2`.
#[test]
fn d26_gradients_of_draws_have_the_mean_of_the_gradient_of_the_mean() {
    let n = 20_000;
    for (i, (a, b)) in [(0.3, 0.6), (2.0, 5.0), (40.0, 10.0)].into_iter().enumerate() {
        let [a_leaf, b_leaf] = [a, b].map(|x| leaf(&vec![x; n]));
        let x = beta(a_leaf.clone(), b_leaf.clone()).rsample(&mut noise(10 + i as u64));
        let gradients = x.sum().backward();
        assert_mean(&values(a_leaf.grad(&gradients).unwrap()), b / (a + b).powi(2));
        assert_mean(&values(b_leaf.grad(&gradients).unwrap()), -a / (a + b).powi(2));
    }
}

/// `E x^2 = a (a + 1) / ((a + b) (a + b + 1))` and `E logit x = psi(a) - psi(b)`: gradients of draws have the gradients of
/// these means as well.
#[test]
fn d26_gradients_of_draws_have_the_gradients_of_other_moments_as_their_means() {
    let n = 20_000;
    let square = |a: f64, b: f64| a * (a + 1.0) / ((a + b) * (a + b + 1.0));
    for (i, (a, b)) in [(0.3, 0.6), (2.0, 5.0), (40.0, 10.0)].into_iter().enumerate() {
        let gradients_of = |of: fn(Tensor<2>) -> Tensor<2>| {
            let [a_leaf, b_leaf] = [a, b].map(|x| leaf(&vec![x; n]));
            let logit = beta(a_leaf.clone(), b_leaf.clone()).rsample_logit(&mut noise(40 + i as u64));
            let gradients = of(logit).sum().backward();
            [a_leaf, b_leaf].map(|leaf| values(leaf.grad(&gradients).unwrap()))
        };
        let [in_a, in_b] = gradients_of(|logit| activation::sigmoid(logit).powi_scalar(2));
        assert_mean(&in_a, derivative(|a| square(a, b), a));
        assert_mean(&in_b, derivative(|b| square(a, b), b));
        let [in_a, in_b] = gradients_of(|logit| logit);
        assert_mean(&in_a, host::trigamma(a));
        assert_mean(&in_b, -host::trigamma(b));
    }
}

#[test]
fn draws_fit_the_law_the_moments_and_the_closed_forms() {
    for (i, [a, b]) in [[0.5, 0.75], [2.0, 5.0], [300.0, 100.0]].into_iter().enumerate() {
        draws_fit(beta, [a, b], 20 + i as u64, |x| beta_reg(a, b, x.clamp(0.0, 1.0)));
    }
    draws_have_the_moments(beta, [2.0, 5.0], 30);
    draws_have_the_entropy_and_divergence(beta, [2.0, 5.0, 1.5, 2.5], 31);
}

#[test]
fn gradients_of_densities_meet_differences() {
    for at in [[0.3, 2.0, 0.1], [5.0, 0.5, 0.9], [60.0, 30.0, 0.7]] {
        gradients_meet_differences(beta, at, |p, x| p.log_prob(x));
        gradients_meet_differences(beta, at, |p, x| p.log_prob_of_logit(x));
        gradients_meet_differences(beta, at, |p, _| p.entropy());
        gradients_meet_differences(beta, at, |q, x| {
            let p = beta(x.clone() + 1.0, x.full_like(2.0));
            q.kl_divergence(&p) + p.kl_divergence(&q)
        });
    }
}

#[test]
fn a_value_outside_the_open_interval_has_no_density_and_no_gradient() {
    has_no_density_at(beta, [0.5, 2.0], &[0.0, 1.0, -0.5, 1.5, f64::NAN]);
}

#[test]
fn bad_parameters_come_back_in_the_error() {
    let message = |a: f64, b: f64| Beta::new(row(&[a], DType::F32), row(&[b], DType::F32)).unwrap_err().to_string();
    assert!(
        message(0.0, 1.0).contains("concentration1 of a beta variable must be positive and finite, but one entry is 0")
    );
    assert!(
        message(1.0, -2.0)
            .contains("concentration0 of a beta variable must be positive and finite, but one entry is -2")
    );
    assert!(message(f64::NAN, 1.0).contains("NaN") && message(1.0, f64::INFINITY).contains("inf"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn densities_integrate_to_one(log_a in -1.0_f64..4.0, log_b in -1.0_f64..4.0) {
        let log_mass = mass(&of(log_a.exp(), log_b.exp()), [-60.0, 36.0], sigmoid);
        prop_assert!((log_mass - 1.0).abs() < 1e-5);
    }

    #[test]
    fn divergence_is_not_negative_and_zero_from_itself(
        a in -3.0_f64..7.0, b in -3.0_f64..7.0, c in -3.0_f64..7.0, d in -3.0_f64..7.0,
    ) {
        let (q, p) = (of(a.exp(), b.exp()), of(c.exp(), d.exp()));
        prop_assert!(scalar(q.kl_divergence(&p)) >= -1e-9);
        prop_assert_eq!(scalar(q.kl_divergence(&q)), 0.0);
    }
}

//! The Gaussian against mpmath, its draws, and the gradients of both.

use burn::tensor::Device;
use proptest::prelude::*;

use super::*;
use crate::Purpose;
use crate::testing::two_parameters::*;

fn tensor(values: &[f32]) -> Tensor<2> {
    Tensor::<1>::from_floats(values, &Device::flex()).unsqueeze_dim(0)
}

fn of(loc: Tensor<2>, scale: Tensor<2>) -> Gaussian<2> {
    Gaussian::new(loc, scale).unwrap()
}

fn scalar(tensor: Tensor<1>) -> f64 {
    f64::from(tensor.into_scalar::<f32>())
}

/// `scripts/golden_distributions.py` (mpmath 1.4.1): both parameters, value, log_prob.
const GOLDEN: [[f64; 4]; 17] = [
    [0.0, 1.0, -20.5, -211.043_938_533_204_68],
    [0.0, 1.0, 0.0, -0.918_938_533_204_672_8],
    [0.0, 1.0, 1.1, -1.523_938_533_204_672_9],
    [0.0, 1.0, 10.0, -50.918_938_533_204_674],
    [0.3, 0.5, -20.5, -865.505_791_352_644_7],
    [0.3, 0.5, 0.0, -0.405_791_352_644_727_43],
    [0.3, 0.5, 1.1, -1.505_791_352_644_727_7],
    [0.3, 0.5, 10.0, -188.405_791_352_644_74],
    [-20.0, 0.125, -20.5, -6.839_496_991_524_837],
    [-20.0, 0.125, 0.0, -12_798.839_496_991_524],
    [-20.0, 0.125, 1.1, -14_245.559_496_991_526],
    [-20.0, 0.125, 10.0, -28_798.839_496_991_524],
    [3.0, 1000.0, -20.5, -7.826_969_937_186_81],
    [3.0, 1000.0, 0.0, -7.826_698_312_186_81],
    [3.0, 1000.0, 1.1, -7.826_695_617_186_81],
    [3.0, 1000.0, 10.0, -7.826_718_312_186_809],
    [10.0, 0.001, 10.0, 5.988_816_745_777_465],
];

/// `scripts/golden_distributions.py` (mpmath 1.4.1): both parameters, mean, variance.
const GOLDEN_MOMENTS: [[f64; 4]; 5] = [
    [0.0, 1.0, 0.0, 1.0],
    [0.3, 0.5, 0.3, 0.25],
    [-20.0, 0.125, -20.0, 0.015_625],
    [3.0, 1000.0, 3.0, 1_000_000.0],
    [10.0, 0.001, 10.0, 1e-06],
];

/// `scripts/golden_distributions.py` (mpmath 1.4.1): both parameters, entropy.
const GOLDEN_ENTROPY: [[f64; 3]; 5] = [
    [0.0, 1.0, 1.418_938_533_204_672_7],
    [0.3, 0.5, 0.725_791_352_644_727_4],
    [-20.0, 0.125, -0.660_503_008_475_163_2],
    [3.0, 1000.0, 8.326_693_812_186_809],
    [10.0, 0.001, -5.488_816_745_777_465],
];

/// `scripts/golden_distributions.py` (mpmath 1.4.1): both parameters of q, of p, `KL(q || p)`.
const GOLDEN_KL: [[f64; 5]; 4] = [
    [0.0, 1.0, 0.0, 1.0, 0.0],
    [0.3, 0.5, -1.0, 2.0, 1.128_794_361_119_890_5],
    [-1.0, 2.0, 0.3, 0.5, 9.493_705_638_880_11],
    [-2.0, 0.001, 0.0, 1.0, 8.407_755_778_982_137],
];

#[test]
fn log_prob_moments_entropy_and_divergence_meet_golden_values() {
    meets_log_probs(of, &GOLDEN);
    meets_moments(of, &GOLDEN_MOMENTS);
    meets_entropies(of, &GOLDEN_ENTROPY);
    meets_divergences(of, &GOLDEN_KL);
}

#[test]
fn draws_have_the_moments_of_the_closed_form() {
    draws_have_the_moments(of, [-1.5, 0.25], 1);
}

/// D7: the bracket `expm1(d) - d` survives both ends and never goes below zero by more than rounding.
#[test]
fn d7_divergence_is_finite_at_extreme_log_variances_and_exact_near_zero() {
    for log_variance in [-200.0_f32, -30.0, -1e-3, 0.0, 1e-3, 20.0] {
        let q = Gaussian::from_log_variance(tensor(&[0.0]), tensor(&[log_variance]));
        let kl = scalar(q.kl_divergence(&Gaussian::standard_like(&tensor(&[0.0]))));
        let lv = f64::from(log_variance);
        let exact = 0.5 * (lv.exp_m1() - lv);
        assert!((kl - exact).abs() <= 1e-6 * exact.max(1e-3), "{log_variance}: {kl} for {exact}");
        assert!(kl >= -1e-6);
    }
}

#[test]
fn d7_gradient_of_the_divergence_is_right_where_a_clamp_would_kill_it() {
    for log_variance in [-30.0_f32, -3.0, -1e-4, 1e-4, 3.0, 20.0] {
        let device = Device::flex().autodiff();
        let leaf = Tensor::<2>::from_floats([[log_variance]], &device).require_grad();
        let q = Gaussian::from_log_variance(leaf.zeros_like(), leaf.clone());
        let kl = q.kl_divergence(&Gaussian::standard_like(&leaf));
        let gradient = leaf.grad(&kl.backward()).unwrap().into_scalar::<f32>();
        let exact = 0.5 * f64::from(log_variance).exp_m1();
        assert!((f64::from(gradient) - exact).abs() <= 2e-6 * exact.abs().max(0.1), "{log_variance}");
    }
}

/// D8: the closed form agrees with the Monte Carlo average of `log q(z) - log p(z)`, within 5.5 standard errors.
#[test]
fn d8_divergence_agrees_with_monte_carlo() {
    let n = 200_000;
    let device = Device::flex();
    let full = |value: f32| Tensor::<2>::full([n, 1], value, &device);
    let q = Gaussian::from_log_scale(full(0.4), full(-0.5));
    let p = Gaussian::from_log_scale(full(-0.2), full(0.3));
    let z = q.sample(&mut Noise::new(3, Purpose::Test, 0, 0));
    let terms = (q.log_prob(z.clone()) - p.log_prob(z)).try_into_vec_as::<f32>().unwrap();
    let mean = terms.iter().map(|&x| f64::from(x)).sum::<f64>() / n as f64;
    let variance = terms.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / (n - 1) as f64;
    let exact = f64::from(q.kl_divergence(&p).narrow(0, 0, 1).into_scalar::<f32>());
    assert!((mean - exact).abs() < 5.5 * (variance / n as f64).sqrt(), "{mean} for {exact}");
}

#[test]
fn gradient_of_the_transform_is_one_in_loc_and_eps_in_scale() {
    let device = Device::flex().autodiff();
    let loc = Tensor::<2>::from_floats([[0.7, -0.1]], &device).require_grad();
    let scale = Tensor::<2>::from_floats([[0.5, 2.0]], &device).require_grad();
    let eps = Tensor::<2>::from_floats([[1.5, -0.25]], &device);
    let q = Gaussian::new(loc.clone(), scale.clone()).unwrap();
    let gradients = q.transform(eps).sum().backward();
    assert_eq!(loc.grad(&gradients).unwrap().into_data().try_to_vec::<f32>().unwrap(), [1.0, 1.0]);
    let in_scale = scale.grad(&gradients).unwrap().into_data().try_to_vec::<f32>().unwrap();
    for (gradient, eps) in in_scale.iter().zip([1.5, -0.25]) {
        assert!((gradient - eps).abs() < 1e-6);
    }
}

#[test]
fn a_sample_carries_no_gradient_and_a_reparameterised_one_does() {
    let device = Device::flex().autodiff();
    let loc = Tensor::<2>::zeros([1, 1], &device).require_grad();
    let q = Gaussian::from_log_scale(loc.clone(), loc.zeros_like());
    let mut noise = Noise::new(1, Purpose::Test, 0, 0);
    assert!(
        loc.grad(&(q.sample(&mut noise) + loc.clone() * 0.0).sum().backward()).unwrap().into_scalar::<f32>() == 0.0
    );
    assert!(loc.grad(&q.rsample(&mut noise).sum().backward()).unwrap().into_scalar::<f32>() == 1.0);
}

#[test]
fn bad_parameters_come_back_in_the_error() {
    let message = |loc: &[f32], scale: &[f32]| Gaussian::new(tensor(loc), tensor(scale)).unwrap_err().to_string();
    assert!(message(&[0.0, 0.0], &[1.0, -0.5]).contains("one entry is -0.5; use `Gaussian::from_log_scale`"));
    assert!(message(&[0.0], &[0.0]).contains("one entry is 0;"));
    assert!(message(&[f32::NAN], &[1.0]).contains("the loc of a Gaussian must be finite, but one entry is NaN"));
    assert!(message(&[0.0], &[1.0, 2.0]).contains("[1, 1] and [1, 2]"));
}

proptest! {
    #[test]
    fn divergence_is_not_negative_and_zero_from_itself(
        loc in -5.0_f32..5.0, log_scale in -6.0_f32..3.0, other_loc in -5.0_f32..5.0, other_log_scale in -6.0_f32..3.0,
    ) {
        let q = Gaussian::from_log_scale(tensor(&[loc]), tensor(&[log_scale]));
        let p = Gaussian::from_log_scale(tensor(&[other_loc]), tensor(&[other_log_scale]));
        prop_assert!(scalar(q.kl_divergence(&p)) >= -1e-6);
        prop_assert_eq!(scalar(q.kl_divergence(&q)), 0.0);
    }
}

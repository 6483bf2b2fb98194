//! Bernoulli variables against mpmath, and their draws.

use burn::tensor::Device;
use proptest::prelude::*;

use super::*;
use crate::Purpose;
use crate::testing::{PRECISIONS, assert_close, row, scalar};

fn bernoulli(logits: &[f32]) -> Bernoulli<2> {
    Bernoulli::from_logits(tensor(logits))
}

fn tensor(values: &[f32]) -> Tensor<2> {
    Tensor::<1>::from_floats(values, &Device::flex()).unsqueeze_dim(0)
}

/// D4: with logits 0 every pixel costs `ln 2`, whatever the image.
#[test]
fn d4_logits_of_zero_cost_784_ln_2() {
    let image: Vec<f32> = (0..784).map(|i| (i % 3 == 0) as u8 as f32).collect();
    let log_prob = scalar(bernoulli(&[0.0; 784]).log_prob(tensor(&image)));
    assert!((log_prob + 543.427_395).abs() < 1e-3, "{log_prob}");
}

/// D6: a pixel that is certain and wrong costs its whole logit, with a gradient of size 1.
#[test]
fn d6_a_certain_and_wrong_pixel_costs_200_nats_with_unit_gradient() {
    let device = Device::flex().autodiff();
    let logits = Tensor::<2>::from_floats([[200.0], [-200.0]], &device).require_grad();
    let wrong = Tensor::<2>::from_floats([[0.0], [1.0]], &device);
    let log_prob = Bernoulli::from_logits(logits.clone()).log_prob(wrong);
    let gradients = log_prob.clone().sum().backward();
    assert_eq!(log_prob.into_data().try_to_vec::<f32>().unwrap(), [-200.0, -200.0]);
    assert_eq!(logits.grad(&gradients).unwrap().into_data().try_to_vec::<f32>().unwrap(), [-1.0, 1.0]);
    let right = scalar(bernoulli(&[200.0]).log_prob(tensor(&[1.0])));
    assert_eq!(right, 0.0);
}

/// `scripts/golden_distributions.py` (mpmath 1.4.1): logit, value, log_prob.
const GOLDEN: [[f64; 3]; 12] = [
    [0.0, 0.0, -std::f64::consts::LN_2],
    [0.0, 1.0, -std::f64::consts::LN_2],
    [1.3, 0.0, -1.541_008_453_832_992_2],
    [1.3, 1.0, -0.241_008_453_832_992_2],
    [-0.4, 0.0, -0.513_015_252_399_952_6],
    [-0.4, 1.0, -0.913_015_252_399_952_6],
    [-2.0, 0.0, -0.126_928_011_042_972_5],
    [-2.0, 1.0, -2.126_928_011_042_972_7],
    [30.0, 0.0, -30.000_000_000_000_092],
    [30.0, 1.0, -9.357_622_968_839_737e-14],
    [-87.0, 0.0, -1.645_811_431_082_273_8e-38],
    [-87.0, 1.0, -87.0],
];

/// `scripts/golden_distributions.py` (mpmath 1.4.1): logit, mean, variance, entropy.
const GOLDEN_MOMENTS: [[f64; 4]; 6] = [
    [0.0, 0.5, 0.25, std::f64::consts::LN_2],
    [1.3, 0.785_834_983_042_558_6, 0.168_298_362_469_060_21, 0.519_422_975_877_666],
    [-0.4, 0.401_312_339_887_548, 0.240_260_745_741_529_14, 0.673_540_188_354_971_9],
    [-2.0, 0.119_202_922_022_117_56, 0.104_993_585_403_506_52, 0.365_333_855_087_207_6],
    [30.0, 0.999_999_999_999_906_4, 9.357_622_968_838_424e-14, 2.900_863_120_340_187e-12],
    [-87.0, 1.645_811_431_082_273_8e-38, 1.645_811_431_082_273_8e-38, 1.448_314_059_352_400_9e-36],
];

/// `scripts/golden_distributions.py` (mpmath 1.4.1): logit of q, of p, `KL(q || p)`.
const GOLDEN_KL: [[f64; 3]; 5] = [
    [1.3, 1.3, 0.0],
    [1.3, -2.0, 1.179_175_001_250_423_6],
    [-0.4, 0.5, 0.099_880_625_881_360_86],
    [30.0, -1.0, 1.313_261_687_515_228_3],
    [-87.0, 20.0, 20.000_000_002_061_153],
];

#[test]
fn log_prob_moments_entropy_and_divergence_meet_golden_values() {
    for (dtype, tolerance) in PRECISIONS {
        let of = |logit: f64| Bernoulli::from_logits(row(&[logit], dtype));
        for [logit, value, log_prob] in GOLDEN {
            assert_close(scalar(of(logit).log_prob(row(&[value], dtype))), log_prob, tolerance);
        }
        for [logit, mean, variance, entropy] in GOLDEN_MOMENTS {
            assert_close(scalar(of(logit).mean()), mean, tolerance);
            assert_close(scalar(of(logit).variance()), variance, tolerance);
            assert_close(scalar(of(logit).entropy()), entropy, tolerance);
        }
        for [q, p, kl] in GOLDEN_KL {
            assert_close(scalar(of(q).kl_divergence(&of(p))), kl, tolerance);
        }
    }
}

/// The share of ones among n draws, within 5.5 standard errors.
#[test]
fn samples_are_zeros_and_ones_with_the_right_mean() {
    let n = 200_000;
    let logits = Tensor::<2>::full([n, 1], -1.0, &Device::flex());
    let draws = Bernoulli::from_logits(logits).sample(&mut Noise::new(5, Purpose::Test, 0, 0));
    let draws = draws.into_data().try_to_vec::<f32>().unwrap();
    assert!(draws.iter().all(|&x| x == 0.0 || x == 1.0));
    let p = 1.0 / (1.0 + 1.0_f64.exp());
    let mean = draws.iter().map(|&x| f64::from(x)).sum::<f64>() / n as f64;
    assert!((mean - p).abs() < 5.5 * (p * (1.0 - p) / n as f64).sqrt());
}

proptest! {
    #[test]
    fn the_two_outcomes_have_probability_one_together(logit in -20.0_f32..20.0) {
        let of = |x: f32| scalar(bernoulli(&[logit]).log_prob(tensor(&[x]))).exp();
        prop_assert!((of(0.0) + of(1.0) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn divergence_is_not_negative_and_zero_from_itself(q in -20.0_f32..20.0, p in -20.0_f32..20.0) {
        prop_assert!(scalar(bernoulli(&[q]).kl_divergence(&bernoulli(&[p]))) >= -2e-6);
        prop_assert_eq!(scalar(bernoulli(&[q]).kl_divergence(&bernoulli(&[q]))), 0.0);
    }
}

//! The gamma distribution against SciPy and mpmath, its draws, and its implicit gradients.

use burn::tensor::DType;
use proptest::prelude::*;

use super::*;
use crate::goodness_of_fit::kolmogorov_smirnov;
use crate::special::{host, incomplete_gamma};
use crate::testing::*;

fn gamma(concentration: f64, rate: f64, dtype: DType) -> Gamma<2> {
    Gamma::new(row(&[concentration], dtype), row(&[rate], dtype)).unwrap()
}

/// `scripts/golden_distributions.py` (mpmath 1.4.1): concentration, rate, value, log_prob, mean, variance, entropy.
const GOLDEN: [(f64, f64, f64, f64, f64, f64, f64); 14] = [
    (0.01, 1.0, 1e-20, 40.991_704_963_240_08, 0.01, 0.01, -94.945_796_725_247_96),
    (0.01, 1.0, 0.5, -4.413_264_169_287_676, 0.01, 0.01, -94.945_796_725_247_96),
    (
        0.5,
        3.0,
        1e-06,
        6.884_693_480_391_491,
        0.166_666_666_666_666_66,
        0.055_555_555_555_555_55,
        -1.008_002_358_754_121_4,
    ),
    (
        0.5,
        3.0,
        0.1,
        0.828_233_747_906_377_6,
        0.166_666_666_666_666_66,
        0.055_555_555_555_555_55,
        -1.008_002_358_754_121_4,
    ),
    (
        0.5,
        3.0,
        4.0,
        -12.716_205_979_150_59,
        0.166_666_666_666_666_66,
        0.055_555_555_555_555_55,
        -1.008_002_358_754_121_4,
    ),
    (2.0, 0.25, 0.5, -3.590_735_902_799_726_5, 8.0, 32.0, 2.963_510_026_021_423_5),
    (2.0, 0.25, 8.0, -2.693_147_180_559_945_4, 8.0, 32.0, 2.963_510_026_021_423_5),
    (2.0, 0.25, 60.0, -13.678_244_160_017_68, 8.0, 32.0, 2.963_510_026_021_423_5),
    (100.0, 1.0, 64.0, -11.404_780_116_967_885, 100.0, 100.0, 3.718_181_948_504_746_3),
    (100.0, 1.0, 100.0, -3.222_356_956_754_353_5, 100.0, 100.0, 3.718_181_948_504_746_3),
    (100.0, 1.0, 140.0, -9.911_605_531_254_272, 100.0, 100.0, 3.718_181_948_504_746_3),
    (10_000.0, 2.0, 4800.0, -13.010_093_079_997_19, 5000.0, 2500.0, 5.330_928_204_466_141),
    (10_000.0, 2.0, 5000.0, -4.830_969_871_966_15, 5000.0, 2500.0, 5.330_928_204_466_141),
    (10_000.0, 2.0, 5125.0, -7.929_536_580_841_511, 5000.0, 2500.0, 5.330_928_204_466_141),
];

/// `scripts/golden_distributions.py` (mpmath 1.4.1): a and rate of q, b and rate of p, `KL(q || p)`.
const GOLDEN_KL: [(f64, f64, f64, f64, f64); 5] = [
    (1.0, 1.0, 1.0, 1.0, 0.0),
    (0.5, 3.0, 2.0, 0.25, 6.884_380_062_350_102),
    (2.0, 0.25, 0.5, 3.0, 21.964_088_120_678_4),
    (0.01, 1.0, 1.0, 1.0, 94.955_796_725_247_96),
    (100.0, 1.0, 120.0, 1.0, 1.887_453_814_158_988_3),
];

/// D41: also at a concentration of 1e4, where the terms of the usual form are 1e5 and their sum is -5.5.
#[test]
fn d41_log_prob_moments_and_entropy_meet_golden_values() {
    for (dtype, tolerance) in PRECISIONS {
        for (a, rate, value, log_prob, mean, variance, entropy) in GOLDEN {
            let p = gamma(a, rate, dtype);
            assert_close(scalar(p.log_prob(row(&[value], dtype))), log_prob, tolerance);
            assert_close(scalar(p.mean()), mean, tolerance);
            assert_close(scalar(p.variance()), variance, tolerance);
            assert_close(scalar(p.entropy()), entropy, tolerance);
        }
    }
}

#[test]
fn divergence_meets_golden_values() {
    for (dtype, tolerance) in PRECISIONS {
        for (a, q_rate, b, p_rate, kl) in GOLDEN_KL {
            let found = scalar(gamma(a, q_rate, dtype).kl_divergence(&gamma(b, p_rate, dtype)));
            assert_close(found, kl, tolerance);
        }
    }
}

/// D41: at 0.01 in `f32` draws underflow; their logarithms, gradients and densities do not.
#[test]
fn d41_logarithms_of_draws_survive_a_concentration_of_a_hundredth() {
    let n = 100_000;
    let p = Gamma::new(rows(&[0.01], n), rows(&[1.0], n)).unwrap();
    let log_z = p.rsample_log(&mut noise(1));
    let logs = values(log_z.clone());
    assert!(logs.iter().all(|x| x.is_finite()));
    let underflown = values(log_z.clone().exp()).iter().filter(|z| **z == 0.0).count() as f64 / n as f64;
    assert!((underflown - 0.36).abs() < 0.08, "{underflown}");
    assert!(values(p.log_prob_of_log(log_z)).iter().all(|x| x.is_finite()));
    // E log z = psi(a)
    assert_mean(&logs, host::digamma(0.01));
}

/// Draws fit the law, p-value above 1e-6, over concentrations from small to large.
#[test]
fn draws_fit_the_law() {
    let n = 100_000;
    for (i, a) in [0.05, 0.5, 1.0, 3.7, 400.0].into_iter().enumerate() {
        let p = Gamma::new(rows(&[a], n), rows(&[2.0], n)).unwrap();
        let mut draws = p.sample(&mut noise(2 + i as u64)).try_into_vec_as::<f32>().unwrap();
        let a = f64::from(a as f32);
        let fit = kolmogorov_smirnov(&mut draws, |z| incomplete_gamma(a, 2.0 * z).value);
        assert!(fit.p_value > 1e-6, "{a}: {fit:?}");
    }
}

/// D26: `E z = a` at rate 1, so that the mean of `dz/da` is 1; and `dz/drate = -z / rate`.
#[test]
fn d26_gradients_of_draws_have_the_mean_of_the_gradient_of_the_mean() {
    let n = 20_000;
    for (i, a) in [0.05, 1.0, 30.0].into_iter().enumerate() {
        let leaf = leaf(&vec![a; n]);
        let log_rate = leaf.zeros_like().require_grad();
        let z = Gamma::from_log_rate(leaf.clone(), log_rate.clone()).rsample(&mut noise(20 + i as u64));
        let gradients = z.clone().sum().backward();
        assert_mean(&values(leaf.grad(&gradients).unwrap()), 1.0);
        for (in_log_rate, z) in values(log_rate.grad(&gradients).unwrap()).into_iter().zip(values(z)) {
            assert_close(in_log_rate, -z, 1e-14);
        }
    }
}

#[test]
fn gradients_of_densities_meet_differences() {
    type Of = fn(&Gamma<2>, &Gamma<2>, Tensor<2>) -> Tensor<1>;
    let functions: [Of; 4] = [
        |q, _, z| q.log_prob(z),
        |q, _, z| q.log_prob_of_log(z.log()),
        |q, _, _| q.entropy(),
        |q, p, _| q.kl_divergence(p) + p.kl_divergence(q),
    ];
    for (a, rate, z) in [(0.3, 2.0, 0.1), (5.0, 0.5, 11.0), (60.0, 3.0, 2.0)] {
        for of in functions {
            let (shape, log_rate) = (leaf(&[a]), leaf(&[f64::ln(rate)]));
            let p = Gamma::from_log_rate(beside(&shape, &[2.0]), beside(&shape, &[0.3]));
            let q = Gamma::from_log_rate(shape.clone(), log_rate.clone());
            let gradients = of(&q, &p, beside(&shape, &[z])).backward();
            let p = Gamma::from_log_rate(row(&[2.0], DType::F64), row(&[0.3], DType::F64));
            let at = |a: f64, rate: f64| scalar(of(&gamma(a, rate, DType::F64), &p, row(&[z], DType::F64)));
            assert_close(scalar(shape.grad(&gradients).unwrap()), derivative(|a| at(a, rate), a), 1e-7);
            let in_rate = scalar(log_rate.grad(&gradients).unwrap()) / rate;
            assert_close(in_rate, derivative(|rate| at(a, rate), rate), 1e-7);
        }
    }
}

/// Outside the support: minus infinity, and a gradient without NaN.
#[test]
fn a_value_that_is_not_positive_has_no_density_and_no_gradient() {
    for z in [0.0, -1.0, f64::NAN] {
        let leaf = leaf(&[2.0]);
        let p = Gamma::from_log_rate(leaf.clone(), leaf.zeros_like());
        let log_prob = p.log_prob(beside(&leaf, &[z]));
        assert_eq!(scalar(log_prob.clone()), f64::NEG_INFINITY);
        assert_eq!(scalar(leaf.grad(&log_prob.backward()).unwrap()), 0.0);
    }
}

#[test]
fn bad_parameters_come_back_in_the_error() {
    let message =
        |a: f64, rate: f64| Gamma::new(row(&[a], DType::F32), row(&[rate], DType::F32)).unwrap_err().to_string();
    assert!(
        message(0.0, 1.0)
            .starts_with("the concentration of a gamma variable must be positive and finite, but one entry is 0")
    );
    assert!(
        message(1.0, -2.0).starts_with("the rate of a gamma variable must be positive and finite, but one entry is -2")
    );
    assert!(message(f64::NAN, 1.0).contains("NaN"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn densities_integrate_to_one(log_a in -2.0_f64..4.0, log_rate in -2.0_f64..2.0) {
        let p = gamma(log_a.exp(), log_rate.exp(), DType::F64);
        // In log z, where the density has no pole at 0.
        let density = |x: f64| (scalar(p.log_prob(row(&[x.exp()], DType::F64))) + x).exp();
        let centre = log_a - log_rate;
        prop_assert!((integral(density, centre - 200.0, centre + 5.0, 4000) - 1.0).abs() < 1e-5);
    }

    #[test]
    fn divergence_is_not_negative_and_zero_from_itself(
        a in -3.0_f64..5.0, q in -2.0_f64..2.0, b in -3.0_f64..5.0, p in -2.0_f64..2.0,
    ) {
        let [q, p] = [(a, q), (b, p)].map(|(a, rate)| gamma(a.exp(), rate.exp(), DType::F64));
        prop_assert!(scalar(q.kl_divergence(&p)) >= -1e-10);
        prop_assert_eq!(scalar(q.kl_divergence(&q)), 0.0);
    }
}

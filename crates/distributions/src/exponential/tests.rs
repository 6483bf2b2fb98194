//! The exponential against SciPy, its closed forms, and its own other sampler.

use burn::tensor::{DType, Device};
use proptest::prelude::*;

use super::*;
use crate::goodness_of_fit::{kolmogorov_smirnov, kolmogorov_smirnov_two_sample};
use crate::testing::*;

fn exponential(rate: f64, dtype: DType) -> Exponential<2> {
    Exponential::new(row(&[rate], dtype)).unwrap()
}

/// `scripts/golden_distributions.py` (SciPy 1.17.1, mpmath): rate, value, log_prob, mean, variance, entropy.
const GOLDEN: [(f64, f64, f64, f64, f64, f64); 15] = [
    (1e-06, 1_000.000_000_000_000_1, -13.816_510_557_964_273, 1_000_000.0, 1_000_000_000_000.0, 14.815_510_557_964_274),
    (1e-06, 500_000.0, -14.315_510_557_964_274, 1_000_000.0, 1_000_000_000_000.0, 14.815_510_557_964_274),
    (1e-06, 20_000_000.0, -33.815_510_557_964_274, 1_000_000.0, 1_000_000_000_000.0, 14.815_510_557_964_274),
    (
        0.3,
        0.003_333_333_333_333_333_5,
        -1.204_972_804_325_936,
        3.333_333_333_333_333_5,
        11.111_111_111_111_112,
        2.203_972_804_325_936,
    ),
    (
        0.3,
        1.666_666_666_666_666_7,
        -1.703_972_804_325_936_1,
        3.333_333_333_333_333_5,
        11.111_111_111_111_112,
        2.203_972_804_325_936,
    ),
    (
        0.3,
        66.666_666_666_666_67,
        -21.203_972_804_325_936,
        3.333_333_333_333_333_5,
        11.111_111_111_111_112,
        2.203_972_804_325_936,
    ),
    (1.0, 0.001, -0.001, 1.0, 1.0, 1.0),
    (1.0, 0.5, -0.5, 1.0, 1.0, 1.0),
    (1.0, 20.0, -20.0, 1.0, 1.0, 1.0),
    (
        7.5,
        0.000_133_333_333_333_333_34,
        2.013_903_020_542_264_8,
        0.133_333_333_333_333_33,
        0.017_777_777_777_777_778,
        -1.014_903_020_542_264_7,
    ),
    (
        7.5,
        0.066_666_666_666_666_67,
        1.514_903_020_542_264_7,
        0.133_333_333_333_333_33,
        0.017_777_777_777_777_778,
        -1.014_903_020_542_264_7,
    ),
    (
        7.5,
        2.666_666_666_666_666_5,
        -17.985_096_979_457_737,
        0.133_333_333_333_333_33,
        0.017_777_777_777_777_778,
        -1.014_903_020_542_264_7,
    ),
    (1_000_000.0, 1e-09, 13.814_510_557_964_274, 1e-06, 1e-12, -12.815_510_557_964_274),
    (1_000_000.0, 5e-07, 13.315_510_557_964_274, 1e-06, 1e-12, -12.815_510_557_964_274),
    (1_000_000.0, 2e-05, -6.184_489_442_035_73, 1e-06, 1e-12, -12.815_510_557_964_274),
];

/// From the same script, by quadrature: a, b, `KL(Exp(a) || Exp(b))`.
const GOLDEN_KL: [(f64, f64, f64); 6] = [
    (1.0, 1.0, 0.0),
    (0.3, 7.5, 20.781_124_175_131_8),
    (7.5, 0.3, 2.258_875_824_868_200_6),
    (1.0, 1.001, 4.996_669_164_667_232e-07),
    (1e-06, 2e-06, 0.306_852_819_440_054_7),
    (1_000_000.0, 1000.0, 5.908_755_278_982_137),
];

#[test]
fn log_prob_moments_and_entropy_meet_scipy_from_tiny_to_huge_rates() {
    for (dtype, tolerance) in PRECISIONS {
        for (rate, value, log_prob, mean, variance, entropy) in GOLDEN {
            let p = exponential(rate, dtype);
            assert_close(scalar(p.log_prob(row(&[value], dtype))), log_prob, tolerance);
            assert_close(scalar(p.mean()), mean, tolerance);
            assert_close(scalar(p.variance()), variance, tolerance);
            assert_close(scalar(p.entropy()), entropy, tolerance);
        }
    }
}

#[test]
fn divergence_meets_quadrature() {
    for (dtype, tolerance) in PRECISIONS {
        for (a, b, kl) in GOLDEN_KL {
            assert_close(scalar(exponential(a, dtype).kl_divergence(&exponential(b, dtype))), kl, tolerance);
        }
    }
}

/// D20: the ends of the uniforms, and 0 itself, give finite draws.
#[test]
fn d20_no_uniform_below_one_gives_an_infinity() {
    let p = Exponential::new(row(&[2.0; 4], DType::F32)).unwrap();
    let ends = [0.0, 2.0_f64.powi(-24), 0.5, 1.0 - 2.0_f64.powi(-24)];
    let z = values(p.transform(row(&ends, DType::F32)));
    for (z, u) in z.iter().zip(ends) {
        assert_close(*z, -(-u).ln_1p() / 2.0, 1e-6);
    }
    assert_eq!(z[0], 0.0);
}

/// D20: a hundred million draws of each sampler, not one of them infinite, NaN or negative.
#[test]
fn d20_a_hundred_million_draws_are_finite() {
    let n = 1_000_000;
    let p = Exponential::standard_like(&rows(&[0.0], n));
    let is_good = |z: Vec<f32>| z.iter().all(|z| z.is_finite() && *z >= 0.0);
    for block in 0..100 {
        assert!(is_good(p.rsample(&mut noise(block)).try_into_vec_as::<f32>().unwrap()));
    }
    let mut direct = vec![0.0; n];
    for block in 0..100 {
        noise(block).fill_exponential(&mut direct);
        assert!(is_good(direct.clone()));
    }
}

/// D21: `dz/drate = -z / rate`, by autodiff, and by differences in `f64`.
#[test]
fn d21_gradient_of_the_transform_is_minus_z_over_rate() {
    for rate in [1e-4, 0.3, 1.0, 50.0] {
        for u in [1e-6, 0.3, 0.999] {
            let leaf = leaf(&[rate]);
            let z = Exponential::new(leaf.clone()).unwrap().transform(leaf.full_like(u));
            let gradient = scalar(leaf.grad(&z.clone().backward()).unwrap());
            assert_close(gradient / (-scalar(z) / rate), 1.0, 1e-13);
            let at = |rate: f64| scalar(exponential(rate, DType::F64).transform(row(&[u], DType::F64)));
            assert_close(gradient / derivative(at, rate), 1.0, 1e-8);
        }
    }
}

/// The gradients of `log_prob`, entropy and divergence in the rate, against differences.
#[test]
fn gradients_of_densities_meet_differences() {
    let other = exponential(2.0, DType::F64);
    let value = row(&[0.7], DType::F64);
    type Of = fn(&Exponential<2>, &Exponential<2>, Tensor<2>) -> Tensor<1>;
    let functions: [Of; 4] =
        [|q, _, z| q.log_prob(z), |q, _, _| q.entropy(), |q, p, _| q.kl_divergence(p), |q, p, _| p.kl_divergence(q)];
    for of in functions {
        let leaf = leaf(&[0.4]);
        let device = Device::flex().autodiff();
        let on = |tensor: Tensor<2>| Tensor::from_data(tensor.into_data(), (&device, DType::F64));
        let p = Exponential::from_log_rate(on(other.log_rate()));
        let result = of(&Exponential::new(leaf.clone()).unwrap(), &p, on(value.clone()));
        let gradient = scalar(leaf.grad(&result.backward()).unwrap());
        let at = |rate: f64| scalar(of(&exponential(rate, DType::F64), &other, value.clone()));
        assert_close(gradient, derivative(at, 0.4), 1e-8);
    }
}

/// Outside the support: minus infinity, and a gradient without NaN.
#[test]
fn a_negative_value_has_no_density_and_no_gradient() {
    let leaf = leaf(&[2.0, 2.0]);
    let p = Exponential::new(leaf.clone()).unwrap();
    let z = leaf.zeros_like() + beside(&leaf, &[-1.0, 1.0]);
    let log_prob = p.log_prob(z);
    assert_eq!(scalar(log_prob.clone()), f64::NEG_INFINITY);
    let gradient = values(leaf.grad(&log_prob.backward()).unwrap());
    assert_eq!(gradient, [0.0, 0.5 - 1.0]);
    assert_eq!(
        scalar(exponential(1.0, DType::F32).log_prob(row(&[-f64::MIN_POSITIVE], DType::F64).cast(DType::F32))),
        0.0
    );
    assert!(scalar(exponential(1.0, DType::F32).log_prob(row(&[f64::NAN], DType::F32))).is_nan());
}

/// Both samplers fit the law, and each other: p-values above 1e-6.
#[test]
fn direct_and_reparameterised_draws_fit_the_law() {
    let n = 300_000;
    let p = Exponential::new(rows(&[2.5], n)).unwrap();
    let mut direct = p.sample(&mut noise(1)).try_into_vec_as::<f32>().unwrap();
    let mut reparameterised = p.rsample(&mut noise(2)).try_into_vec_as::<f32>().unwrap();
    let cdf = |z: f64| -(-2.5 * z).exp_m1();
    assert!(kolmogorov_smirnov(&mut direct, cdf).p_value > 1e-6);
    assert!(kolmogorov_smirnov(&mut reparameterised, cdf).p_value > 1e-6);
    assert!(kolmogorov_smirnov_two_sample(&mut direct, &mut reparameterised).p_value > 1e-6);
}

#[test]
fn moments_entropy_and_divergence_agree_with_monte_carlo() {
    let n = 300_000;
    let (q, p) = (Exponential::new(rows(&[0.6], n)).unwrap(), Exponential::new(rows(&[1.7], n)).unwrap());
    let z = q.sample(&mut noise(3));
    let draws = values(z.clone());
    assert_mean(&draws, 1.0 / 0.6);
    assert_mean(&draws.iter().map(|z| (z - 1.0 / 0.6).powi(2)).collect::<Vec<_>>(), 1.0 / 0.36);
    let first = |tensor: Tensor<1>| scalar(tensor.narrow(0, 0, 1));
    assert_mean(&values(-q.log_prob(z.clone())), first(q.entropy()));
    assert_mean(&values(q.log_prob(z.clone()) - p.log_prob(z)), first(q.kl_divergence(&p)));
}

#[test]
fn a_sample_carries_no_gradient_and_a_reparameterised_one_does() {
    let leaf = leaf(&[2.0]);
    let p = Exponential::new(leaf.clone()).unwrap();
    let sum = p.sample(&mut noise(4)) + leaf.clone();
    assert_eq!(scalar(leaf.grad(&sum.backward()).unwrap()), 1.0);
    assert!(scalar(leaf.grad(&p.rsample(&mut noise(4)).backward()).unwrap()) < 0.0);
}

#[test]
fn bad_rates_come_back_in_the_error() {
    for (rate, text) in [(0.0, "0"), (-1.5, "-1.5"), (f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
        let error = Exponential::new(row(&[1.0, rate], DType::F32)).unwrap_err();
        let message = error.to_string();
        let expected = format!("the rate of an exponential must be positive and finite, but one entry is {text}; use");
        assert!(message.starts_with(&expected), "{message}");
    }
}

proptest! {
    #[test]
    fn densities_integrate_to_one(log_rate in -3.0_f64..3.0) {
        let rate = log_rate.exp();
        let p = exponential(rate, DType::F64);
        let density = |z: f64| scalar(p.log_prob(row(&[z], DType::F64))).exp();
        prop_assert!((integral(density, 0.0, 40.0 / rate, 500) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn divergence_is_not_negative_and_zero_from_itself(a in -20.0_f64..20.0, b in -20.0_f64..20.0) {
        let of = |a: f64, b: f64| {
            let [q, p] = [a, b].map(|x| Exponential::from_log_rate(row(&[x], DType::F32)));
            scalar(q.kl_divergence(&p))
        };
        prop_assert!(of(a, b) >= -1e-6);
        prop_assert_eq!(of(a, a), 0.0);
    }
}

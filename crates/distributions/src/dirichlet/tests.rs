//! The Dirichlet distribution against mpmath, its draws, and the gradients of both.

use burn::tensor::DType;
use proptest::prelude::*;

use super::*;
use crate::testing::*;

fn dirichlet(concentration: &[f64], dtype: DType) -> Dirichlet<2> {
    Dirichlet::new(row(concentration, dtype)).unwrap()
}

/// `scripts/golden_distributions.py` (mpmath 1.4.1): three concentrations, three values, log_prob.
const GOLDEN: [[f64; 7]; 15] = [
    [0.01, 0.01, 0.01, 0.25, 0.5, 0.25, -6.877_390_046_911_924],
    [0.01, 0.01, 0.01, 0.125, 0.75, 0.125, -5.906_369_086_430_315],
    [0.01, 0.01, 0.01, 9.536_743_164_062_5e-07, 0.5, 0.499_999_046_325_683_6, 4.788_278_890_188_903],
    [0.5, 1.5, 3.0, 0.25, 0.5, 0.25, -0.392_691_187_461_263_14],
    [0.5, 1.5, 3.0, 0.125, 0.75, 0.125, -1.229_679_404_247_098_9],
    [0.5, 1.5, 3.0, 9.536_743_164_062_5e-07, 0.5, 0.499_999_046_325_683_6, 7.231_923_983_997_231],
    [1.0, 1.0, 1.0, 0.25, 0.5, 0.25, std::f64::consts::LN_2],
    [1.0, 1.0, 1.0, 0.125, 0.75, 0.125, std::f64::consts::LN_2],
    [1.0, 1.0, 1.0, 9.536_743_164_062_5e-07, 0.5, 0.499_999_046_325_683_6, std::f64::consts::LN_2],
    [20.0, 100.0, 3.0, 0.25, 0.5, 0.25, -29.488_789_624_678_947],
    [20.0, 100.0, 3.0, 0.125, 0.75, 0.125, -3.903_834_713_729_525_5],
    [20.0, 100.0, 3.0, 9.536_743_164_062_5e-07, 0.5, 0.499_999_046_325_683_6, -265.158_834_829_761_25],
    [10_000.0, 20_000.0, 10_000.0, 0.25, 0.5, 0.25, 10.491_606_868_086_597],
    [10_000.0, 20_000.0, 10_000.0, 0.125, 0.75, 0.125, -5_742.169_012_914_52],
    [10_000.0, 20_000.0, 10_000.0, 9.536_743_164_062_5e-07, 0.5, 0.499_999_046_325_683_6, -117_812.764_657_850_26],
];

/// `scripts/golden_distributions.py` (mpmath 1.4.1): three concentrations, mean and variance of the first entry, entropy.
const GOLDEN_MOMENTS: [[f64; 6]; 5] = [
    [0.01, 0.01, 0.01, 0.333_333_333_333_333_3, 0.215_749_730_312_837_12, -187.786_465_589_948_6],
    [0.5, 1.5, 3.0, 0.1, 0.015, -1.866_657_277_831_878_8],
    [1.0, 1.0, 1.0, 0.333_333_333_333_333_3, 0.055_555_555_555_555_55, -std::f64::consts::LN_2],
    [20.0, 100.0, 3.0, 0.162_601_626_016_260_16, 0.001_098_083_364_783_293_8, -4.972_853_989_351_181],
    [10_000.0, 20_000.0, 10_000.0, 0.25, 4.687_382_815_429_615e-06, -9.491_675_619_805_365],
];

/// `scripts/golden_distributions.py` (mpmath 1.4.1): concentrations of q, of p, `KL(q || p)`.
const GOLDEN_KL: [[f64; 7]; 5] = [
    [0.01, 0.01, 0.01, 1.0, 1.0, 1.0, 187.093_318_409_388_64],
    [0.5, 1.5, 3.0, 1.0, 1.0, 1.0, 1.173_510_097_271_933_5],
    [1.0, 1.0, 1.0, 0.5, 1.5, 3.0, 1.659_823_236_061_399_8],
    [20.0, 100.0, 3.0, 0.5, 1.5, 3.0, 9.895_370_057_554_242],
    [10_000.0, 20_000.0, 10_000.0, 11_000.0, 20_000.0, 9000.0, 100.172_362_263_413_67],
];

/// D41: from concentrations of 0.01 to 1e4.
#[test]
fn d41_log_prob_meets_golden_values() {
    for (dtype, tolerance) in PRECISIONS {
        for golden in GOLDEN {
            let p = dirichlet(&golden[..3], dtype);
            assert_close(scalar(p.log_prob(row(&golden[3..6], dtype))), golden[6], tolerance);
            assert_close(scalar(p.log_prob_of_log(row(&golden[3..6], dtype).log())), golden[6], 10.0 * tolerance);
        }
    }
}

#[test]
fn moments_entropy_and_divergence_meet_golden_values() {
    for (dtype, tolerance) in PRECISIONS {
        for [a, b, c, mean, variance, entropy] in GOLDEN_MOMENTS {
            let p = dirichlet(&[a, b, c], dtype);
            assert_close(values(p.mean())[0], mean, tolerance);
            assert_close(values(p.variance())[0], variance, tolerance);
            assert_close(scalar(p.entropy()), entropy, tolerance);
        }
        for golden in GOLDEN_KL {
            let (q, p) = (dirichlet(&golden[..3], dtype), dirichlet(&golden[3..6], dtype));
            assert_close(scalar(q.kl_divergence(&p)), golden[6], tolerance);
        }
    }
}

/// D41: at 0.01 in `f32` every gamma may underflow, and no draw, logarithm, density or gradient is NaN.
#[test]
fn d41_draws_survive_concentrations_of_a_hundredth() {
    let n = 20_000;
    let leaf = leaf(&vec![0.01; 4 * n]).reshape([n, 4]).cast(DType::F32).detach().require_grad();
    let p = Dirichlet::from_concentration(leaf.clone());
    let log_x = p.rsample_log(&mut noise(1));
    assert!(values(log_x.clone()).iter().all(|x| x.is_finite()));
    assert!(values(p.log_prob_of_log(log_x.clone())).iter().all(|x| x.is_finite()));
    let x = log_x.clone().exp();
    assert!(values(x.clone().sum_dim(1)).iter().all(|sum| (sum - 1.0).abs() < 1e-5));
    assert_mean(&values(x.narrow(1, 0, 1)), 0.25);
    let gradient = values(leaf.grad(&log_x.sum().backward()).unwrap());
    assert!(gradient.iter().all(|x| x.is_finite()));
}

/// `E x_k = a_k / A`, so that the mean of `dx_1 / da_1` is `(A - a_1) / A^2`.
#[test]
fn d26_gradients_of_draws_have_the_mean_of_the_gradient_of_the_mean() {
    let n = 20_000;
    let a = [0.7, 2.0, 5.0];
    let leaf = leaf(&a.repeat(n)).reshape([n, 3]).detach().require_grad();
    let x = Dirichlet::from_concentration(leaf.clone()).rsample(&mut noise(2));
    let gradient = leaf.grad(&x.narrow(1, 0, 1).sum().backward()).unwrap();
    let total: f64 = a.iter().sum();
    assert_mean(&values(gradient.clone().narrow(1, 0, 1)), (total - a[0]) / total.powi(2));
    assert_mean(&values(gradient.narrow(1, 1, 1)), -a[0] / total.powi(2));
}

/// `E x_1 x_2 = a_1 a_2 / (A (A + 1))`, which the marginal laws do not know.
#[test]
fn d26_gradients_of_draws_have_the_gradient_of_a_product_as_their_mean() {
    let n = 20_000;
    let a = [0.7, 2.0, 5.0];
    let product = |a: [f64; 3]| {
        let total: f64 = a.iter().sum();
        a[0] * a[1] / (total * (total + 1.0))
    };
    let leaf = leaf(&a.repeat(n)).reshape([n, 3]).detach().require_grad();
    let x = Dirichlet::from_concentration(leaf.clone()).rsample(&mut noise(5));
    let gradient = leaf.grad(&(x.clone().narrow(1, 0, 1) * x.narrow(1, 1, 1)).sum().backward()).unwrap();
    for k in 0..3 {
        let at = |value: f64| {
            let mut a = a;
            a[k] = value;
            product(a)
        };
        assert_mean(&values(gradient.clone().narrow(1, k, 1)), derivative(at, a[k]));
    }
}

#[test]
fn moments_entropy_and_divergence_agree_with_monte_carlo() {
    let n = 100_000;
    let (q, p) =
        (Dirichlet::new(rows(&[0.7, 2.0, 5.0], n)).unwrap(), Dirichlet::new(rows(&[1.5, 1.5, 3.0], n)).unwrap());
    let x = q.sample(&mut noise(3));
    let first = |tensor: Tensor<1>| scalar(tensor.narrow(0, 0, 1));
    assert_mean(&values(-q.log_prob(x.clone())), first(q.entropy()));
    assert_mean(&values(q.log_prob(x.clone()) - p.log_prob(x.clone())), first(q.kl_divergence(&p)));
    let (mean, variance) = (values(q.mean())[1], values(q.variance())[1]);
    let draws = values(x.narrow(1, 1, 1));
    assert_mean(&draws, mean);
    assert_mean(&draws.iter().map(|x| (x - mean).powi(2)).collect::<Vec<_>>(), variance);
}

#[test]
fn gradients_of_densities_meet_differences() {
    type Of = fn(&Dirichlet<2>, &Dirichlet<2>, Tensor<2>) -> Tensor<1>;
    let functions: [Of; 4] = [
        |q, _, x| q.log_prob(x),
        |q, _, x| q.log_prob_of_log(x.log()),
        |q, _, _| q.entropy(),
        |q, p, _| q.kl_divergence(p) + p.kl_divergence(q),
    ];
    for of in functions {
        let leaf = leaf(&[0.4, 30.0, 2.0]);
        let p = Dirichlet::new(beside(&leaf, &[1.0, 2.0, 0.5])).unwrap();
        let result = of(&Dirichlet::new(leaf.clone()).unwrap(), &p, beside(&leaf, &[0.25, 0.7, 0.05]));
        let gradient = values(leaf.grad(&result.backward()).unwrap());
        for (k, gradient) in gradient.into_iter().enumerate() {
            let at = |a: f64| {
                let mut concentration = [0.4, 30.0, 2.0];
                concentration[k] = a;
                let p = dirichlet(&[1.0, 2.0, 0.5], DType::F64);
                scalar(of(&dirichlet(&concentration, DType::F64), &p, row(&[0.25, 0.7, 0.05], DType::F64)))
            };
            assert_close(gradient, derivative(at, [0.4, 30.0, 2.0][k]), 1e-7);
        }
    }
}

/// Off the simplex: minus infinity, and a gradient without NaN.
#[test]
fn a_value_off_the_simplex_has_no_density_and_no_gradient() {
    for x in [[0.0, 0.5, 0.5], [-0.5, 1.0, 0.5], [0.5, 0.5, 0.5], [f64::NAN, 0.5, 0.5]] {
        let leaf = leaf(&[0.5, 2.0, 3.0]);
        let log_prob = Dirichlet::new(leaf.clone()).unwrap().log_prob(beside(&leaf, &x));
        assert_eq!(scalar(log_prob.clone()), f64::NEG_INFINITY);
        assert_eq!(values(leaf.grad(&log_prob.backward()).unwrap()), [0.0; 3]);
    }
}

#[test]
fn bad_concentrations_come_back_in_the_error() {
    for (bad, text) in [(0.0, "0"), (-1.5, "-1.5"), (f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
        let message = Dirichlet::new(row(&[1.0, bad], DType::F32)).unwrap_err().to_string();
        let expected = format!("a Dirichlet variable must be positive and finite, but one entry is {text};");
        assert!(message.contains(&expected), "{message}");
    }
    let empty = Dirichlet::new(Tensor::<2>::zeros([1, 0], &burn::tensor::Device::flex())).unwrap_err();
    assert_eq!(empty, DistributionError::NoClasses { shape: vec![1, 0] });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Two classes are a beta variable: its density over the first entry integrates to 1.
    #[test]
    fn densities_integrate_to_one(log_a in -1.0_f64..3.0, log_b in -1.0_f64..3.0) {
        let p = dirichlet(&[log_a.exp(), log_b.exp()], DType::F64);
        let density = |t: f64| {
            let (x, log_slope) = two_parameters::sigmoid(t);
            (scalar(p.log_prob(row(&[x, two_parameters::sigmoid(-t).0], DType::F64))) + log_slope).exp()
        };
        prop_assert!((integral(density, -60.0, 60.0, 2000) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn divergence_is_not_negative_and_zero_from_itself(
        q in proptest::array::uniform3(-3.0_f64..7.0), p in proptest::array::uniform3(-3.0_f64..7.0),
    ) {
        let [q, p] = [q, p].map(|logs| dirichlet(&logs.map(f64::exp), DType::F64));
        prop_assert!(scalar(q.kl_divergence(&p)) >= -1e-9);
        prop_assert_eq!(scalar(q.kl_divergence(&q)), 0.0);
    }
}

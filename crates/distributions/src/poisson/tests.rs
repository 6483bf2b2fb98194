//! The Poisson distribution against mpmath, its draws, and its gradients.

use burn::tensor::DType;

use super::*;
use crate::goodness_of_fit::chi_square;
use crate::testing::*;

fn poisson(rate: f64, dtype: DType) -> Poisson<2> {
    Poisson::new(row(&[rate], dtype)).unwrap()
}

/// `scripts/golden_distributions.py` (mpmath 1.4.1): rate, value, log_prob.
const GOLDEN: [[f64; 3]; 13] = [
    [0.001, 0.0, -0.001],
    [0.001, 1.0, -6.908_755_278_982_137],
    [0.001, 5.0, -39.327_268_137_692_734],
    [1.0, 0.0, -1.0],
    [1.0, 1.0, -1.0],
    [1.0, 10.0, -16.104_412_573_075_514],
    [30.0, 0.0, -30.0],
    [30.0, 20.0, -4.311_668_827_510_378],
    [30.0, 31.0, -2.655_104_721_788_494],
    [30.0, 70.0, -22.355_226_849_426_074],
    [1_000_000.0, 996_000.0, -15.835_377_936_492_97],
    [1_000_000.0, 1_000_000.0, -7.826_693_895_520_143],
    [1_000_000.0, 1_003_000.0, -12.323_698_387_635_039],
];

/// `scripts/golden_distributions.py` (mpmath 1.4.1): rate of q, of p, `KL(q || p)`.
const GOLDEN_KL: [[f64; 3]; 4] = [
    [1.0, 1.0, 0.0],
    [0.001, 2.0, 1.991_399_097_540_457_9],
    [30.0, 25.0, 0.469_646_703_818_638_77],
    [1_000_000.0, 1_001_000.0, 0.499_666_916_466_833_2],
];

/// D41: up to a rate of 1e6. A divergence of two such rates that `f32` itself has rounded asks for more than it has.
#[test]
fn d41_log_prob_moments_and_divergence_meet_golden_values() {
    for (dtype, tolerance) in PRECISIONS {
        for [rate, value, log_prob] in GOLDEN {
            let p = poisson(rate, dtype);
            assert_close(scalar(p.log_prob(row(&[value], dtype))), log_prob, tolerance);
            assert_eq!(scalar(p.mean()), scalar(row(&[rate], dtype)));
            assert_eq!(scalar(p.variance()), scalar(row(&[rate], dtype)));
        }
        for [q, p, kl] in GOLDEN_KL.into_iter().filter(|golden| dtype == DType::F64 || golden[0] < 1e3) {
            assert_close(scalar(poisson(q, dtype).kl_divergence(&poisson(p, dtype))), kl, tolerance);
        }
    }
}

/// A rate whose logarithm was given may underflow: the divergence is then the other rate.
#[test]
fn a_rate_that_underflows_has_a_divergence() {
    let [none, one] = [-200.0, 0.0].map(|log_rate| Poisson::from_log_rate(row(&[log_rate], DType::F32)));
    assert_close(scalar(none.kl_divergence(&one)), 1.0, 1e-6);
    assert_close(scalar(none.kl_divergence(&none)), 0.0, 1e-30);
}

#[test]
fn probabilities_sum_to_one() {
    for rate in [0.1, 3.0, 60.0] {
        let counts: Vec<f64> = (0..300).map(f64::from).collect();
        let p = Poisson::new(row(&[rate], DType::F64).repeat_dim(0, 300)).unwrap();
        let total: f64 = values(p.log_prob(row(&counts, DType::F64).reshape([300, 1]))).iter().map(|x| x.exp()).sum();
        assert_close(total, 1.0, 1e-12);
    }
}

/// Counts fit their probabilities, p-value above 1e-6, on both sides of the change of method.
#[test]
fn draws_fit_the_law() {
    let n = 100_000;
    for (i, rate) in [0.3, 5.0, 10.0, 75.0].into_iter().enumerate() {
        let p = Poisson::new(rows(&[rate], n)).unwrap();
        let draws = values(p.sample(&mut noise(i as u64)));
        let first = (rate - 3.0 * rate.sqrt()).max(0.0).floor();
        let classes = 1 + (6.0 * rate.sqrt()) as usize;
        // Both tails are classes of their own.
        let (mut counts, mut probabilities) = (vec![0; classes + 2], vec![0.0; classes + 2]);
        let class = |k: f64| (k - first + 1.0).clamp(0.0, (classes + 1) as f64) as usize;
        for draw in draws {
            counts[class(draw)] += 1;
        }
        for k in 0..400 {
            let k = f64::from(k);
            probabilities[class(k)] += (k * rate.ln() - rate - ln_gamma(k + 1.0)).exp();
        }
        let fit = chi_square(&counts, &probabilities);
        assert!(fit.p_value > 1e-6, "{rate}: {fit:?}");
    }
    let large = values(Poisson::new(rows(&[1e6], n)).unwrap().sample(&mut noise(9)));
    assert_mean(&large, 1e6);
    assert_mean(&large.iter().map(|x| (x - 1e6).powi(2)).collect::<Vec<_>>(), 1e6);
}

#[test]
fn gradients_of_densities_meet_differences() {
    for (rate, value) in [(0.4, 0.0), (2.5, 1.0), (30.0, 41.0)] {
        type Of = fn(&Poisson<2>, Tensor<2>) -> Tensor<1>;
        let functions: [Of; 2] = [
            |p, k| p.log_prob(k),
            |q, k| {
                let p = Poisson::from_log_rate(k.full_like(0.7));
                q.kl_divergence(&p) + p.kl_divergence(q)
            },
        ];
        for of in functions {
            let leaf = leaf(&[rate]);
            let result = of(&Poisson::new(leaf.clone()).unwrap(), beside(&leaf, &[value]));
            let at = |rate: f64| scalar(of(&poisson(rate, DType::F64), row(&[value], DType::F64)));
            assert_close(scalar(leaf.grad(&result.backward()).unwrap()), derivative(at, rate), 1e-7);
        }
    }
}

#[test]
fn a_value_that_is_no_count_has_no_probability_and_no_gradient() {
    for value in [-1.0, 0.5, f64::NAN] {
        let leaf = leaf(&[2.0]);
        let log_prob = Poisson::new(leaf.clone()).unwrap().log_prob(beside(&leaf, &[value]));
        assert_eq!(scalar(log_prob.clone()), f64::NEG_INFINITY);
        assert_eq!(scalar(leaf.grad(&log_prob.backward()).unwrap()), 0.0);
    }
}

#[test]
fn divergence_is_not_negative_and_zero_from_itself() {
    for (q, p) in [(0.01, 3.0), (1.0, 1.0 + 1e-9), (500.0, 2.0)] {
        let [q, p] = [q, p].map(|rate| poisson(rate, DType::F64));
        assert!(scalar(q.kl_divergence(&p)) >= -1e-15);
        assert_eq!(scalar(q.kl_divergence(&q)), 0.0);
    }
}

#[test]
fn bad_rates_come_back_in_the_error() {
    for (rate, text) in [(0.0, "0"), (-1.5, "-1.5"), (f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
        let message = Poisson::new(row(&[1.0, rate], DType::F32)).unwrap_err().to_string();
        let expected = format!("the rate of a Poisson variable must be positive and finite, but one entry is {text};");
        assert!(message.starts_with(&expected), "{message}");
    }
}

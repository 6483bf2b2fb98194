//! Checks that every distribution with two parameters must pass, from its checked constructor.

use burn::tensor::{DType, Tensor};

use super::*;
use crate::goodness_of_fit::kolmogorov_smirnov;
use crate::{Distribution, Entropy, KlDivergence, Moments};

/// Golden rows: both parameters, value, `log_prob`.
#[track_caller]
pub(crate) fn meets_log_probs<P: Distribution<2>>(make: impl Fn(Tensor<2>, Tensor<2>) -> P, golden: &[[f64; 4]]) {
    for (dtype, tolerance) in PRECISIONS {
        for [a, b, value, expected] in golden {
            let p = make(row(&[*a], dtype), row(&[*b], dtype));
            assert_close(scalar(p.log_prob(row(&[*value], dtype))), *expected, tolerance);
        }
    }
}

/// Golden rows: both parameters, mean, variance.
#[track_caller]
pub(crate) fn meets_moments<P: Moments<2>>(make: impl Fn(Tensor<2>, Tensor<2>) -> P, golden: &[[f64; 4]]) {
    for (dtype, tolerance) in PRECISIONS {
        for [a, b, mean, variance] in golden {
            let p = make(row(&[*a], dtype), row(&[*b], dtype));
            assert_close(scalar(p.mean()), *mean, tolerance);
            assert_close(scalar(p.variance()), *variance, tolerance);
        }
    }
}

/// Golden rows: both parameters, entropy.
#[track_caller]
pub(crate) fn meets_entropies<P: Entropy>(make: impl Fn(Tensor<2>, Tensor<2>) -> P, golden: &[[f64; 3]]) {
    for (dtype, tolerance) in PRECISIONS {
        for [a, b, entropy] in golden {
            assert_close(scalar(make(row(&[*a], dtype), row(&[*b], dtype)).entropy()), *entropy, tolerance);
        }
    }
}

/// Golden rows: both parameters of q, both of p, `KL(q || p)`.
#[track_caller]
pub(crate) fn meets_divergences<P: KlDivergence>(make: impl Fn(Tensor<2>, Tensor<2>) -> P, golden: &[[f64; 5]]) {
    for (dtype, tolerance) in PRECISIONS {
        for [q_a, q_b, p_a, p_b, expected] in golden {
            let of = |a: f64, b: f64| make(row(&[a], dtype), row(&[b], dtype));
            assert_close(scalar(of(*q_a, *q_b).kl_divergence(&of(*p_a, *p_b))), *expected, tolerance);
        }
    }
}

/// The gradients of a function in both parameters, against differences; `value` is its constant, on the right device.
#[track_caller]
pub(crate) fn gradients_meet_differences<P, const E: usize>(
    make: impl Fn(Tensor<2>, Tensor<2>) -> P,
    [a, b, value]: [f64; 3],
    of: impl Fn(P, Tensor<2>) -> Tensor<E>,
) {
    let (in_a, in_b) = (leaf(&[a]), leaf(&[b]));
    let gradients = of(make(in_a.clone(), in_b.clone()), beside(&in_a, &[value])).backward();
    let constant = |x: f64| row(&[x], DType::F64);
    let at = |a: f64, b: f64| scalar(of(make(constant(a), constant(b)), constant(value)));
    // A parameter that the function does not have gets no gradient at all.
    let found = |leaf: &Tensor<2>| leaf.grad(&gradients).map_or(0.0, scalar);
    assert_close(found(&in_a), derivative(|a| at(a, b), a), 1e-7);
    assert_close(found(&in_b), derivative(|b| at(a, b), b), 1e-7);
}

/// Draws fit the distribution function, p-value above 1e-6, and no gradient flows through them.
#[track_caller]
pub(crate) fn draws_fit<P: Distribution<2>>(
    make: impl Fn(Tensor<2>, Tensor<2>) -> P,
    [a, b]: [f64; 2],
    stream: u64,
    cdf: impl Fn(f64) -> f64,
) {
    let n = 100_000;
    let p = make(rows(&[a], n), rows(&[b], n));
    let mut draws = p.sample(&mut noise(stream)).try_into_vec_as::<f32>().unwrap();
    let fit = kolmogorov_smirnov(&mut draws, cdf);
    assert!(fit.p_value > 1e-6, "{a}, {b}: {fit:?}");
    let (a, b) = (leaf(&[a]), leaf(&[b]));
    let sum = make(a.clone(), b.clone()).sample(&mut noise(stream)) + a.clone() + b;
    assert_eq!(scalar(a.grad(&sum.backward()).unwrap()), 1.0);
}

/// The mean and the variance of draws agree with the closed form.
#[track_caller]
pub(crate) fn draws_have_the_moments<P: Distribution<2> + Moments<2>>(
    make: impl Fn(Tensor<2>, Tensor<2>) -> P,
    [a, b]: [f64; 2],
    stream: u64,
) {
    let p = make(rows(&[a], 100_000), rows(&[b], 100_000));
    let first = |tensor: Tensor<2>| scalar(tensor.narrow(0, 0, 1));
    let (mean, variance) = (first(p.mean()), first(p.variance()));
    let draws = values(p.sample(&mut noise(stream)));
    assert_mean(&draws, mean);
    assert_mean(&draws.iter().map(|x| (x - mean).powi(2)).collect::<Vec<_>>(), variance);
}

/// The mean of `-log q`, and of `log q - log p`, over draws agrees with the closed forms.
#[track_caller]
pub(crate) fn draws_have_the_entropy_and_divergence<P: Distribution<2> + Entropy + KlDivergence>(
    make: impl Fn(Tensor<2>, Tensor<2>) -> P,
    [q_a, q_b, p_a, p_b]: [f64; 4],
    stream: u64,
) {
    let of = |a: f64, b: f64| make(rows(&[a], 100_000), rows(&[b], 100_000));
    let (q, p) = (of(q_a, q_b), of(p_a, p_b));
    let z = q.sample(&mut noise(stream));
    let first = |tensor: Tensor<1>| scalar(tensor.narrow(0, 0, 1));
    assert_mean(&values(-q.log_prob(z.clone())), first(q.entropy()));
    assert_mean(&values(q.log_prob(z.clone()) - p.log_prob(z)), first(q.kl_divergence(&p)));
}

/// `integral of p(x) |dx/dt| dt` with `x` and `ln |dx/dt|` from `t`, which should be 1.
pub(crate) fn mass<P: Distribution<2>>(p: &P, [from, to]: [f64; 2], x: impl Fn(f64) -> (f64, f64)) -> f64 {
    let density = |t: f64| {
        let (x, log_slope) = x(t);
        (scalar(p.log_prob(row(&[x], DType::F64))) + log_slope).exp()
    };
    integral(density, from, to, 2000)
}

/// `x = 1 / (1 + exp(-t))` with `ln dx/dt`: for densities over (0, 1).
pub(crate) fn sigmoid(t: f64) -> (f64, f64) {
    let x = (1.0 + (-t).exp()).recip();
    (x, -(-t).exp().ln_1p() - t.exp().ln_1p())
}

/// Outside the support: minus infinity, and no gradient in either parameter.
#[track_caller]
pub(crate) fn has_no_density_at<P: Distribution<2>>(
    make: impl Fn(Tensor<2>, Tensor<2>) -> P,
    parameters: [f64; 2],
    outside: &[f64],
) {
    for value in outside {
        let [a, b] = parameters.map(|x| leaf(&[x]));
        let log_prob = make(a.clone(), b.clone()).log_prob(beside(&a, &[*value]));
        assert_eq!(scalar(log_prob.clone()), f64::NEG_INFINITY, "{value}");
        let gradients = log_prob.backward();
        for leaf in [a, b] {
            assert_eq!(leaf.grad(&gradients).map_or(0.0, scalar), 0.0, "{value}");
        }
    }
}

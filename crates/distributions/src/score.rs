//! The expectation of the score is zero where the support does not move with the parameters (question 1.3.5), and only there.

use burn::tensor::{Device, Tensor};

use crate::testing::{assert_mean, noise, values};
use crate::*;

/// Draws of a distribution, and the score of each in a parameter that is `value`: one batch entry a draw, so that the gradient
/// of the sum has them apart.
fn scores<D: Reparameterized<2>>(number: u64, value: f64, law: impl Fn(Tensor<2>) -> D) -> Vec<f64> {
    let device = Device::flex().autodiff();
    let parameter = Tensor::<2>::full([DRAWS, 1], value, &device).require_grad();
    let law = law(parameter.clone());
    let z = law.rsample(&mut noise(number)).detach();
    values(parameter.grad(&law.log_prob(z).sum().backward()).unwrap())
}

const DRAWS: usize = 50_000;

/// A constant parameter beside the one that the score is of.
fn fixed(like: &Tensor<2>, value: f64) -> Tensor<2> {
    like.zeros_like().detach().add_scalar(value)
}

/// D42: the mean score within 5.5 standard errors of zero, for each parameter of each law whose support stays where it is.
#[test]
fn d42_the_expectation_of_the_score_is_zero() {
    type Case = (&'static str, fn(u64) -> Vec<f64>);
    let cases: [Case; 21] = [
        ("gaussian loc", |n| scores(n, 0.3, |p| Gaussian::from_log_scale(p.clone(), fixed(&p, -0.2)))),
        ("gaussian scale", |n| scores(n, -0.2, |p| Gaussian::from_log_scale(fixed(&p, 0.3), p))),
        ("log-normal loc", |n| scores(n, 0.3, |p| LogNormal::from_log_scale(p.clone(), fixed(&p, -0.2)))),
        ("log-normal scale", |n| scores(n, -0.2, |p| LogNormal::from_log_scale(fixed(&p, 0.3), p))),
        ("logit-normal loc", |n| scores(n, 0.3, |p| LogitNormal::from_log_scale(p.clone(), fixed(&p, -0.2)))),
        ("logit-normal scale", |n| scores(n, -0.2, |p| LogitNormal::from_log_scale(fixed(&p, 0.3), p))),
        ("laplace loc", |n| scores(n, 0.3, |p| Laplace::from_log_scale(p.clone(), fixed(&p, -0.2)))),
        ("laplace scale", |n| scores(n, -0.2, |p| Laplace::from_log_scale(fixed(&p, 0.3), p))),
        ("gumbel loc", |n| scores(n, 0.3, |p| Gumbel::from_log_scale(p.clone(), fixed(&p, -0.2)))),
        ("gumbel scale", |n| scores(n, -0.2, |p| Gumbel::from_log_scale(fixed(&p, 0.3), p))),
        ("exponential rate", |n| scores(n, 0.4, Exponential::from_log_rate)),
        ("weibull concentration", |n| scores(n, 0.4, |p| Weibull::from_logs(p.clone(), fixed(&p, 0.1)))),
        ("weibull scale", |n| scores(n, 0.1, |p| Weibull::from_logs(fixed(&p, 0.4), p))),
        ("kumaraswamy a", |n| scores(n, 0.4, |p| Kumaraswamy::from_logs(p.clone(), fixed(&p, 0.7)))),
        ("kumaraswamy b", |n| scores(n, 0.7, |p| Kumaraswamy::from_logs(fixed(&p, 0.4), p))),
        ("gamma concentration", |n| scores(n, 1.7, |p| Gamma::from_log_rate(p.clone(), fixed(&p, 0.2)))),
        ("gamma rate", |n| scores(n, 0.2, |p| Gamma::from_log_rate(fixed(&p, 1.7), p))),
        ("beta a", |n| scores(n, 1.7, |p| Beta::from_concentrations(p.clone(), fixed(&p, 2.5)))),
        ("beta b", |n| scores(n, 2.5, |p| Beta::from_concentrations(fixed(&p, 1.7), p))),
        ("dirichlet", |n| {
            scores(n, 1.7, |p| {
                Dirichlet::from_concentration(Tensor::cat(vec![p.clone(), fixed(&p, 2.5), fixed(&p, 0.9)], 1))
            })
        }),
        ("relaxed bernoulli", |n| scores(n, 0.6, |p| RelaxedBernoulli::from_logits(p, 0.7))),
    ];
    for (number, (name, scores)) in cases.into_iter().enumerate() {
        let scores = scores(900 + number as u64);
        assert!(scores.iter().any(|score| *score != scores[0]), "{name}: a constant");
        assert_mean(&scores, 0.0);
    }
}

/// D42, of Gumbel-softmax, in the coordinates in which it has a density at any temperature.
#[test]
fn d42_the_expectation_of_the_score_of_a_relaxed_one_hot_is_zero() {
    let device = Device::flex().autodiff();
    let logit = Tensor::<2>::full([DRAWS, 1], 0.6, &device).require_grad();
    let law =
        RelaxedOneHot::from_logits(Tensor::cat(vec![logit.clone(), fixed(&logit, 0.0), fixed(&logit, -1.0)], 1), 0.7);
    let log_value = law.transform_log(law.noise(&mut noise(930))).detach();
    assert_mean(&values(logit.grad(&law.log_prob_of_log(log_value).sum().backward()).unwrap()), 0.0);
}

/// D42: the support of a uniform variable moves, and its score is the same number at every draw: `-1 / (high - low)` in `high`.
#[test]
fn d42_the_score_of_a_uniform_variable_is_never_zero() {
    let scores = scores(940, 2.5, |high| Uniform::from_ends(fixed(&high, 0.5), high));
    assert!(scores.iter().all(|score| (score + 0.5).abs() < 1e-6), "{:?}", &scores[..3]);
}

//! Every law that is drawn by a reparameterisation, at some parameters, as a function of each one of them.

use burn::tensor::Tensor;
use distributions::{
    Beta, Dirichlet, Exponential, Gamma, Gaussian, Gumbel, Kumaraswamy, Laplace, LogNormal, LogitNormal, Noise,
    NoiseTransform, RelaxedBernoulli, RelaxedOneHot, Reparameterized, Uniform, Weibull,
};

/// A law and one of its parameters; the others are constants.
pub(super) struct Law {
    pub(super) distribution: &'static str,
    pub(super) parameter: &'static str,
    pub(super) value: f64,
    /// What the mean of the score must be.
    pub(super) exact: f64,
    /// `log p` of one draw for each entry of the parameter, `[draws, 1]` to `[draws]`. No gradient flows through the draw.
    pub(super) log_prob: fn(Tensor<2>, &mut Noise) -> Tensor<1>,
}

impl Law {
    const fn new(
        distribution: &'static str,
        parameter: &'static str,
        value: f64,
        log_prob: fn(Tensor<2>, &mut Noise) -> Tensor<1>,
    ) -> Self {
        Self { distribution, parameter, value, exact: 0.0, log_prob }
    }
}

fn at_draws(law: impl Reparameterized<2>, noise: &mut Noise) -> Tensor<1> {
    law.log_prob(law.rsample(noise).detach())
}

/// A constant parameter beside the one that the score is of.
fn fixed(like: &Tensor<2>, value: f64) -> Tensor<2> {
    like.zeros_like().detach().add_scalar(value)
}

/// The parameter, and two constants beside it.
fn three(p: Tensor<2>, [second, third]: [f64; 2]) -> Tensor<2> {
    let (second, third) = (fixed(&p, second), fixed(&p, third));
    Tensor::cat(vec![p, second, third], 1)
}

pub(super) const LAWS: &[Law] = &[
    Law::new("gaussian", "loc", 0.3, |p, n| at_draws(Gaussian::from_log_scale(p.clone(), fixed(&p, -0.2)), n)),
    Law::new("gaussian", "log scale", -0.2, |p, n| at_draws(Gaussian::from_log_scale(fixed(&p, 0.3), p), n)),
    Law::new("log-normal", "loc", 0.3, |p, n| at_draws(LogNormal::from_log_scale(p.clone(), fixed(&p, -0.2)), n)),
    Law::new("log-normal", "log scale", -0.2, |p, n| at_draws(LogNormal::from_log_scale(fixed(&p, 0.3), p), n)),
    Law::new("logit-normal", "loc", 0.3, |p, n| at_draws(LogitNormal::from_log_scale(p.clone(), fixed(&p, -0.2)), n)),
    Law::new("logit-normal", "log scale", -0.2, |p, n| at_draws(LogitNormal::from_log_scale(fixed(&p, 0.3), p), n)),
    Law::new("laplace", "loc", 0.3, |p, n| at_draws(Laplace::from_log_scale(p.clone(), fixed(&p, -0.2)), n)),
    Law::new("laplace", "log scale", -0.2, |p, n| at_draws(Laplace::from_log_scale(fixed(&p, 0.3), p), n)),
    Law::new("gumbel", "loc", 0.3, |p, n| at_draws(Gumbel::from_log_scale(p.clone(), fixed(&p, -0.2)), n)),
    Law::new("gumbel", "log scale", -0.2, |p, n| at_draws(Gumbel::from_log_scale(fixed(&p, 0.3), p), n)),
    Law::new("exponential", "log rate", 0.4, |p, n| at_draws(Exponential::from_log_rate(p), n)),
    Law::new("weibull", "log concentration", 0.4, |p, n| at_draws(Weibull::from_logs(p.clone(), fixed(&p, 0.1)), n)),
    Law::new("weibull", "log scale", 0.1, |p, n| at_draws(Weibull::from_logs(fixed(&p, 0.4), p), n)),
    Law::new("kumaraswamy", "log a", 0.4, |p, n| at_draws(Kumaraswamy::from_logs(p.clone(), fixed(&p, 0.7)), n)),
    Law::new("kumaraswamy", "log b", 0.7, |p, n| at_draws(Kumaraswamy::from_logs(fixed(&p, 0.4), p), n)),
    Law::new("gamma", "concentration", 1.7, |p, n| at_draws(Gamma::from_log_rate(p.clone(), fixed(&p, 0.2)), n)),
    Law::new("gamma", "log rate", 0.2, |p, n| at_draws(Gamma::from_log_rate(fixed(&p, 1.7), p), n)),
    Law::new("beta", "a", 1.7, |p, n| at_draws(Beta::from_concentrations(p.clone(), fixed(&p, 2.5)), n)),
    Law::new("beta", "b", 2.5, |p, n| at_draws(Beta::from_concentrations(fixed(&p, 1.7), p), n)),
    Law::new("dirichlet", "first of three", 1.7, |p, n| {
        at_draws(Dirichlet::from_concentration(three(p, [2.5, 0.9])), n)
    }),
    Law::new("relaxed-bernoulli", "logit", 0.6, |p, n| at_draws(RelaxedBernoulli::from_logits(p, 0.7), n)),
    // In the coordinates in which it has a density at any temperature.
    Law::new("relaxed-one-hot", "first logit of three", 0.6, |p, n| {
        let law = RelaxedOneHot::from_logits(three(p, [0.0, -1.0]), 0.7);
        law.log_prob_of_log(law.transform_log(law.noise(n)).detach())
    }),
    // The two whose support moves: log p = -log(high - low).
    Law {
        exact: 0.5,
        ..Law::new("uniform", "low", 0.5, |p, n| at_draws(Uniform::from_ends(p.clone(), fixed(&p, 2.5)), n))
    },
    Law { exact: -0.5, ..Law::new("uniform", "high", 2.5, |p, n| at_draws(Uniform::from_ends(fixed(&p, 0.5), p), n)) },
];

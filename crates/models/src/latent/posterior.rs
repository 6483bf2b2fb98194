//! `q(z | x)` of a batch together with its prior.

use burn::tensor::Tensor;
use distributions::{Bernoulli, Beta, Categorical, Dirichlet, Exponential, Gamma, Gaussian, Kumaraswamy, LogNormal};

use super::law::{Law, Pair};
use super::variants::with_latent;
use super::{LatentNoise, Stacked};

/// `q(z | x)` and `p(z)` of the same shape. Codes are `[batch, size]`; those of variables with classes are vectors, one group
/// after another.
///
/// # Examples
/// `KL(Exp(2) || Exp(1)) = ln 2 - 1/2` in closed form, and the mean of `log q - log p` over draws.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use distributions::{Exponential, Noise, Purpose};
/// use models::{LatentNoise, Pair, Posterior};
///
/// let log_rate = Tensor::<2>::from_floats([[2_f32.ln()]], &Device::flex());
/// let (q, p) = (Exponential::from_log_rate(log_rate.clone()), Exponential::standard_like(&log_rate));
/// let posterior = Posterior::Exponential(Pair { q, p });
/// let uniforms = Noise::new(1, Purpose::Test, 0, 0).uniform([10_000, 1], &log_rate.device());
/// let (_, log_ratio) = posterior.repeat(10_000).transform_with_ratio(LatentNoise::Free(uniforms));
/// let exact = 2_f32.ln() - 0.5;
/// assert!(posterior.kl().is_some_and(|kl| (kl.into_scalar::<f32>() - exact).abs() < 1e-6));
/// assert!((-log_ratio.mean().into_scalar::<f32>() - exact).abs() < 0.02);
/// ```
#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant, reason = "one at a time, and never in a collection")]
pub enum Posterior {
    /// Over `[batch, latent]`.
    Gaussian(Pair<Gaussian<2>>),
    /// Over `[batch, latent]`.
    Exponential(Pair<Exponential<2>>),
    /// Over `[batch, latent]`.
    LogNormal(Pair<LogNormal<2>>),
    /// Over `[batch, latent]`.
    Kumaraswamy(Pair<Kumaraswamy<2>>),
    /// Over `[batch, latent]`.
    Beta(Pair<Beta<2>>),
    /// Over `[batch, latent]`.
    Gamma(Pair<Gamma<2>>),
    /// Over `[batch, groups, classes]`.
    Dirichlet(Pair<Dirichlet<3>>),
    /// Over `[batch, latent]`.
    Bernoulli(Pair<Bernoulli<2>>),
    /// Over `[batch, groups, classes]`.
    Categorical(Pair<Categorical<3>>),
    /// Over `[batch, h1 + h2]`; the codes are `h1`.
    Stacked(Pair<Stacked>),
}

impl Posterior {
    /// `KL(q(z | x) || p(z))` in closed form, `[batch]`, in nats; that of the discrete variables for discrete codes. None where it has no
    /// closed form.
    pub fn kl(&self) -> Option<Tensor<1>> {
        with_latent!(Posterior, self, pair => pair.q.kl(&pair.p))
    }

    /// Codes `z ~ q(z | x)`, `[batch, size]`. Discrete ones are hard (trap D19), and no gradient flows through them.
    ///
    /// # Panics
    /// When the noise is not as from [`LatentConfig::noise`](crate::LatentConfig::noise).
    pub fn transform(&self, eps: LatentNoise) -> Tensor<2> {
        fn codes<L: Law>(pair: &Pair<L>, eps: LatentNoise) -> Tensor<2> {
            pair.q.code(pair.q.draw(eps))
        }
        with_latent!(Posterior, self, pair => codes(pair, eps))
    }

    /// Codes as [`transform`](Self::transform) has them, `[batch, size]`, with `log p(z) - log q(z | x)`, `[batch]`, in nats:
    /// mass functions of hard codes for discrete variables (trap D19). A code may have rounded to the end of its support;
    /// its densities are those of the draw before it did.
    ///
    /// # Panics
    /// When the noise is not as from [`LatentConfig::noise`](crate::LatentConfig::noise).
    pub fn transform_with_ratio(&self, eps: LatentNoise) -> (Tensor<2>, Tensor<1>) {
        fn weighted<L: Law>(pair: &Pair<L>, eps: LatentNoise) -> (Tensor<2>, Tensor<1>) {
            let drawn = pair.q.draw(eps);
            let log_ratio = pair.p.log_prob(drawn.clone()) - pair.q.log_prob(drawn.clone());
            (pair.q.code(drawn), log_ratio)
        }
        with_latent!(Posterior, self, pair => weighted(pair, eps))
    }

    /// Codes as [`transform`](Self::transform) has them, `[batch, size]`, with the divergence, `[batch]`, in nats: in closed form, or where
    /// there is none `log q(z | x) - log p(z)` at the draw.
    pub(crate) fn transform_with_kl(&self, eps: LatentNoise) -> (Tensor<2>, Tensor<1>) {
        match self.kl() {
            Some(kl) => (self.transform(eps), kl),
            None => {
                let (code, log_ratio) = self.transform_with_ratio(eps);
                (code, -log_ratio)
            }
        }
    }

    /// Codes with `log p(z)` and `log q(z | x)`, whose gradients flow as the route says.
    pub(crate) fn weigh(&self, eps: LatentNoise, route: &Route) -> Weighed {
        fn weigh<L: Law>(pair: &Pair<L>, eps: LatentNoise, route: &Route) -> Weighed {
            let drawn = pair.q.draw(eps);
            let (drawn, q) = match route {
                Route::Total => (drawn, pair.q.clone()),
                Route::Path => (drawn, pair.q.stop()),
                Route::Probed(probe) => (drawn + probe.as_ref().clone(), pair.q.stop()),
                Route::ScaledPath(scale) => {
                    let stopped = drawn.clone().detach();
                    (stopped.clone() + (drawn - stopped) * scale.as_ref().clone(), pair.q.stop())
                }
                Route::Score => (drawn.detach(), pair.q.clone()),
            };
            let (log_p, log_q) = (pair.p.log_prob(drawn.clone()), q.log_prob(drawn.clone()));
            Weighed { code: pair.q.code(drawn), log_p, log_q }
        }
        with_latent!(Posterior, self, pair => weigh(pair, eps, route))
    }

    /// The location and the log-scale of the Gaussian that is drawn from, each `[batch, latent]`.
    ///
    /// # Panics
    /// When none is: such a latent is refused where a configuration is read.
    pub(crate) fn location_scale(&self) -> [Tensor<2>; 2] {
        match self {
            Self::Gaussian(pair) => [pair.q.loc(), pair.q.log_scale()],
            Self::LogNormal(pair) => [pair.q.log().loc(), pair.q.log().log_scale()],
            Self::Exponential(_)
            | Self::Kumaraswamy(_)
            | Self::Beta(_)
            | Self::Gamma(_)
            | Self::Dirichlet(_)
            | Self::Bernoulli(_)
            | Self::Categorical(_)
            | Self::Stacked(_) => panic!("this latent is not drawn from a Gaussian: validate the objective"),
        }
    }

    /// `E_q[z]`, `[batch, size]`: the probabilities of discrete variables.
    pub fn mean(&self) -> Tensor<2> {
        with_latent!(Posterior, self, pair => Law::mean(&pair.q))
    }

    /// Of two stochastic layers, the location of the upper one at the mean of the lower one, `[batch, h2]`: what `E_q[h2]`, which has no
    /// closed form, is near to where `q(h1 | x)` is narrow.
    pub fn upper_mean(&self) -> Option<Tensor<2>> {
        match self {
            Self::Stacked(pair) => Some(pair.q.upper_mean()),
            Self::Gaussian(_)
            | Self::Exponential(_)
            | Self::LogNormal(_)
            | Self::Kumaraswamy(_)
            | Self::Beta(_)
            | Self::Gamma(_)
            | Self::Dirichlet(_)
            | Self::Bernoulli(_)
            | Self::Categorical(_) => None,
        }
    }

    /// The posterior of each image, `particles` times, one copy behind the other.
    pub fn repeat(&self, particles: usize) -> Self {
        fn repeat<L: Law>(pair: &Pair<L>, particles: usize) -> Pair<L> {
            Pair { q: pair.q.repeat(particles), p: pair.p.repeat(particles) }
        }
        with_latent!(Posterior, self, pair => Posterior(repeat(pair, particles)))
    }
}

/// How gradients reach the parameters of `q`.
#[derive(Debug, Clone)]
pub(crate) enum Route {
    /// Through the draw, and through `log q`.
    Total,
    /// Through the draw alone: the parameters inside `log q` are stopped (traps D8 to D10).
    Path,
    /// The same, with zeros added to the draws, `[rows, size]`: a leaf whose gradient is that of the draws.
    Probed(Box<Tensor<2>>),
    /// As [`Path`](Self::Path), with the gradient along each draw multiplied by a number, `[rows, 1]`.
    ScaledPath(Box<Tensor<2>>),
    /// Through `log q` alone.
    Score,
}

/// Draws with their two log-densities, `[rows]`, in nats.
#[derive(Debug, Clone)]
pub(crate) struct Weighed {
    /// `[rows, size]`.
    pub(crate) code: Tensor<2>,
    pub(crate) log_p: Tensor<1>,
    pub(crate) log_q: Tensor<1>,
}

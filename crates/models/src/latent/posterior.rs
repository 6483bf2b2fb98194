//! `q(z | x)` of a batch together with its prior.

use burn::tensor::Tensor;
use distributions::{Bernoulli, Beta, Categorical, Dirichlet, Exponential, Gamma, Gaussian, Kumaraswamy, LogNormal};

use super::LatentNoise;
use super::law::{Law, Pair};
use super::variants::with_latent;

/// `q(z | x)` and `p(z)` of the same shape. Codes are `[batch, size]`; those of variables with classes are vectors, one group
/// after another.
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
}

impl Posterior {
    /// `KL(q(z | x) || p(z))` in closed form, `[batch]`, in nats; that of the discrete variables for discrete codes.
    pub fn kl(&self) -> Tensor<1> {
        with_latent!(Posterior, self, pair => pair.q.kl(&pair.p))
    }

    /// Codes `z ~ q(z | x)`, `[batch, size]`. Discrete ones are hard (trap D19), and no gradient flows through them.
    ///
    /// # Panics
    /// When the noise is not as from [`LatentConfig::noise`](crate::LatentConfig::noise).
    pub fn transform(&self, eps: LatentNoise) -> Tensor<2> {
        fn codes<L: Law>(pair: &Pair<L>, eps: LatentNoise) -> Tensor<2> {
            L::code(pair.q.draw(eps))
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
            (L::code(drawn), log_ratio)
        }
        with_latent!(Posterior, self, pair => weighted(pair, eps))
    }

    /// `E_q[z]`, `[batch, size]`: the probabilities of discrete variables.
    pub fn mean(&self) -> Tensor<2> {
        with_latent!(Posterior, self, pair => Law::mean(&pair.q))
    }

    /// The posterior of one image, `particles` times.
    pub fn repeat(&self, particles: usize) -> Self {
        fn repeat<L: Law>(pair: &Pair<L>, particles: usize) -> Pair<L> {
            Pair { q: pair.q.repeat(particles), p: pair.p.repeat(particles) }
        }
        with_latent!(Posterior, self, pair => Posterior(repeat(pair, particles)))
    }
}

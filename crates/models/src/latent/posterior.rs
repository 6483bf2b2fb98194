//! `q(z | x)` of a batch together with its prior.

use burn::tensor::Tensor;
use distributions::{Categorical, Distribution, Exponential, Gaussian, KlDivergence, Moments, NoiseTransform};

/// `q(z | x)` and `p(z)` of the same shape. Codes are `[batch, size]`; those of categorical variables are one-hot vectors,
/// one group after another.
#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant, reason = "one at a time, and never in a collection")]
pub enum Posterior {
    /// Over `[batch, latent]`.
    Gaussian {
        /// `q(z | x)`.
        q: Gaussian<2>,
        /// `p(z)`.
        p: Gaussian<2>,
    },
    /// Over `[batch, latent]`.
    Exponential {
        /// `q(z | x)`.
        q: Exponential<2>,
        /// `p(z)`.
        p: Exponential<2>,
    },
    /// Over `[batch, groups, classes]`.
    Categorical {
        /// `q(z | x)`.
        q: Categorical<3>,
        /// `p(z)`.
        p: Categorical<3>,
    },
}

impl Posterior {
    /// `KL(q(z | x) || p(z))` in closed form, `[batch]`, in nats; that of the categorical variables for discrete codes.
    pub fn kl(&self) -> Tensor<1> {
        match self {
            // the prior is N(0, I)
            Self::Gaussian { q, .. } => kernels::standard_gaussian_kl(q.loc(), q.log_scale()),
            Self::Exponential { q, p } => q.kl_divergence(p),
            Self::Categorical { q, p } => q.kl_divergence(p),
        }
    }

    /// Codes `z ~ q(z | x)` at the noise `eps`, `[batch, size]`, as from [`LatentConfig::noise`](crate::LatentConfig::noise).
    ///
    /// Categorical codes are hard (trap D19): the argmax of logits plus Gumbels, through which no gradient flows.
    pub fn transform(&self, eps: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Gaussian { q, .. } => kernels::gaussian_transform(q.loc(), q.log_scale(), eps),
            Self::Exponential { q, .. } => q.transform(eps),
            Self::Categorical { q, .. } => {
                let shape = eps.dims();
                q.gumbel_max(eps.reshape(q.log_probabilities().dims())).reshape(shape)
            }
        }
    }

    /// `log p(z) - log q(z | x)` of codes, `[batch]`: mass functions of hard codes for categorical variables (trap D19).
    ///
    /// # Shapes
    /// - `codes`: `[batch, size]`
    /// - returns: `[batch]`
    pub fn log_ratio(&self, codes: Tensor<2>) -> Tensor<1> {
        match self {
            Self::Gaussian { q, p } => p.log_prob(codes.clone()) - q.log_prob(codes),
            Self::Exponential { q, p } => p.log_prob(codes.clone()) - q.log_prob(codes),
            Self::Categorical { q, p } => {
                let codes = codes.reshape(q.log_probabilities().dims());
                p.log_prob(codes.clone()) - q.log_prob(codes)
            }
        }
    }

    /// `E_q[z]`, `[batch, size]`: the probabilities of categorical variables.
    pub fn mean(&self) -> Tensor<2> {
        match self {
            Self::Gaussian { q, .. } => q.loc(),
            Self::Exponential { q, .. } => q.mean(),
            Self::Categorical { q, .. } => flat(q.mean()),
        }
    }

    /// The posterior of one image, `particles` times.
    pub fn repeat(&self, particles: usize) -> Self {
        match self {
            Self::Gaussian { q, p } => {
                Self::Gaussian { q: repeat_gaussian(q, particles), p: repeat_gaussian(p, particles) }
            }
            Self::Exponential { q, p } => {
                let repeat = |law: &Exponential<2>| {
                    let log_rate = law.log_rate();
                    let size = log_rate.dims()[1];
                    Exponential::from_log_rate(log_rate.expand([particles, size]))
                };
                Self::Exponential { q: repeat(q), p: repeat(p) }
            }
            Self::Categorical { q, p } => {
                let repeat = |law: &Categorical<3>| {
                    let logits = law.log_probabilities();
                    let [_, groups, classes] = logits.dims();
                    Categorical::from_logits(logits.expand([particles, groups, classes]))
                };
                Self::Categorical { q: repeat(q), p: repeat(p) }
            }
        }
    }
}

fn repeat_gaussian(law: &Gaussian<2>, particles: usize) -> Gaussian<2> {
    let shape = [particles, law.loc().dims()[1]];
    Gaussian::from_log_scale(law.loc().expand(shape), law.log_scale().expand(shape))
}

/// `[batch, groups, classes]` as `[batch, groups * classes]`.
fn flat(values: Tensor<3>) -> Tensor<2> {
    let [batch, groups, classes] = values.dims();
    values.reshape([batch, groups * classes])
}

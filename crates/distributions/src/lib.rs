//! Probability distributions on Burn tensors, reparameterised, with a counter-based source of noise.
//!
//! Values are `[batch, event..]`; log-probabilities, entropies and divergences are `[batch]`, in nats, summed over the
//! event axes. Randomness comes from [`Noise`] alone, which lives on the host: the same key gives the same draws on
//! every backend.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may panic"))]

mod bernoulli;
mod beta;
mod box_muller;
mod categorical;
mod dirichlet;
mod distribution;
mod error;
mod exponential;
mod gamma;
mod gaussian;
pub mod goodness_of_fit;
mod gumbel;
mod kumaraswamy;
mod laplace;
mod log_normal;
mod logit_normal;
mod marsaglia_tsang;
mod noise;
mod one_hot;
mod parameters;
mod poisson;
mod relaxed_bernoulli;
mod relaxed_one_hot;
mod saddle_point;
#[cfg(test)]
mod score;
pub mod special;
#[cfg(test)]
mod testing;
mod uniform;
mod weibull;

pub use bernoulli::Bernoulli;
pub use beta::Beta;
pub use categorical::Categorical;
pub use dirichlet::Dirichlet;
pub use distribution::{Distribution, Entropy, KlDivergence, Moments, NoiseTransform, Reparameterized, sum_events};
pub use error::DistributionError;
pub use exponential::Exponential;
pub use gamma::Gamma;
pub use gaussian::Gaussian;
pub use gumbel::Gumbel;
pub use kumaraswamy::Kumaraswamy;
pub use laplace::Laplace;
pub use log_normal::LogNormal;
pub use logit_normal::LogitNormal;
pub use noise::{Noise, NoiseKey, Purpose};
pub use one_hot::{one_hot_argmax, straight_through};
pub use poisson::Poisson;
pub use relaxed_bernoulli::RelaxedBernoulli;
pub use relaxed_one_hot::RelaxedOneHot;
pub use uniform::Uniform;
pub use weibull::Weibull;

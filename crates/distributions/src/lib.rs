//! Probability distributions on Burn tensors, reparameterised, with a counter-based source of noise.
//!
//! Values are `[batch, event..]`; log-probabilities, entropies and divergences are `[batch]`, in nats, summed over the
//! event axes. Randomness comes from [`Noise`] alone, which lives on the host: the same key gives the same draws on
//! every backend.
//!
//! | what | formula | trait |
//! |---|---|---|
//! | log-density | `log p(x)` | [`Distribution::log_prob`] |
//! | draw | `z ~ q(z)`, without a gradient | [`Distribution::sample`] |
//! | reparameterised draw | `z = g(eps; parameters)`, with one | [`Reparameterized::rsample`] |
//! | the same at noise of one's own | `eps`, then `g(eps; parameters)` | [`NoiseTransform`] |
//! | divergence | `KL(q \|\| p) = E_q[log q - log p]` | [`KlDivergence`] |
//! | entropy | `H = E_q[-log q]` | [`Entropy`] |
//! | moments | `E[x]`, `E[(x - E[x])^2]` | [`Moments`] |
//!
//! A method exists only where it is true: [`Poisson`] has no `rsample`. Densities of positive and bounded values are also there at the
//! logarithm, such as [`Gamma::log_prob_of_log`], where the value itself would underflow. Discrete draws reach a gradient through
//! [`RelaxedBernoulli`], [`RelaxedOneHot`] and [`straight_through`]. [`goodness_of_fit`] tests whether draws have their law, and
//! [`special`] holds the functions that the densities need, with their gradients.
//!
//! ```
//! use burn::tensor::{Device, Tensor};
//! use distributions::{Distribution, Gaussian, KlDivergence, Noise, Purpose, Reparameterized};
//!
//! let device = Device::flex().autodiff();
//! let loc = Tensor::<2>::from_floats([[1.0, -2.0]], &device).require_grad();
//! let q = Gaussian::from_log_scale(loc.clone(), loc.zeros_like());
//! let p = Gaussian::standard_like(&loc);
//!
//! let z = q.rsample(&mut Noise::new(1, Purpose::Test, 0, 0));
//! assert_eq!(p.log_prob(z).dims(), [1]);
//! // KL(N(m, 1) || N(0, 1)) = m^2 / 2, and its gradient is m.
//! let kl = q.kl_divergence(&p);
//! let gradients = kl.clone().backward();
//! assert_eq!(kl.into_scalar::<f32>(), 2.5);
//! assert_eq!(loc.grad(&gradients).unwrap().try_into_vec_as::<f32>().unwrap(), [1.0, -2.0]);
//! ```
//!
//! `examples/own_distribution.rs` adds a distribution.
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
mod softmax;
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

//! Probability distributions on Burn tensors, reparameterised, with a counter-based source of noise.
//!
//! Values are `[batch, event..]`; log-probabilities, entropies and divergences are `[batch]`, in nats, summed over the
//! event axes. Randomness comes from [`Noise`] alone, which lives on the host: the same key gives the same draws on
//! every backend.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may panic"))]

mod bernoulli;
mod box_muller;
mod distribution;
mod error;
mod gaussian;
mod noise;

pub use bernoulli::Bernoulli;
pub use distribution::{Distribution, Entropy, KlDivergence, NoiseTransform, Reparameterized, sum_events};
pub use error::DistributionError;
pub use gaussian::Gaussian;
pub use noise::{Noise, Purpose};

//! Variational autoencoders as Burn modules: encoder, latent layer, decoder, and the ELBO.
//!
//! Every choice is a config that is validated, then initialised on a device:
//! [`VaeConfig`] -> [`VaeConfig::validate`] -> [`VaeConfig::init`] -> [`Vae`].
//!
//! | formula | where |
//! |---|---|
//! | `q(z \| x)` and `p(z)` | [`Vae::encode`], a [`Posterior`] of the chosen [`LatentConfig`] |
//! | `p(x \| z)`, Bernoulli pixels | [`Vae::decode`] |
//! | `ELBO = log p(x \| z) - KL(q(z \| x) \|\| p(z))` | [`Vae::elbo`], an [`Elbo`] |
//! | what a step maximises, relaxed codes too | [`Vae::training_terms`], [`Temperature`] |
//! | other bounds and gradient estimators | [`Vae::objective_terms`], [`ObjectiveConfig`], [`EstimatorState`] |
//! | `log w = log p(x \| z) + log p(z) - log q(z \| x)` | [`Vae::log_weights`] |
//! | `L_K = log((1/K) sum_k w_k)` | [`LogMeanExp`] |
//!
//! Noise comes from outside, so that two models can meet the same draws: [`LatentConfig::noise`].
//!
//! ```
//! use burn::tensor::{Device, Tensor};
//! use distributions::{Noise, Purpose};
//! use models::{Activation, LatentConfig, VaeConfig};
//!
//! let device = Device::flex();
//! let latent = LatentConfig::Gaussian { size: 2 };
//! let config = VaeConfig { encoder: vec![8], decoder: vec![8], activation: Activation::Tanh, latent };
//! config.validate()?;
//! let vae = config.init(4, 1, &device);
//! let images = Tensor::<2>::from_floats([[1.0, 0.0, 1.0, 0.0], [0.0, 0.0, 1.0, 1.0]], &device);
//! let eps = latent.noise(&mut Noise::new(1, Purpose::TestLatent, 0, 0), 2, &device);
//! let elbo = vae.elbo(images, eps);
//! assert_eq!(elbo.value().dims(), [2]);
//! assert!(elbo.loss().into_scalar::<f32>() > 0.0);
//! # Ok::<(), models::ConfigError>(())
//! ```
//!
//! `examples/small_vae.rs` trains two by a loop of its own; `examples/own_latent.rs` writes a latent layer of its own.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may panic"))]

mod activation;
mod elbo;
mod error;
mod importance;
mod latent;
mod linear;
mod mlp;
mod objective;
mod vae;

pub use activation::Activation;
pub use elbo::{Elbo, Estimate, TrainingTerms};
pub use error::ConfigError;
pub use importance::{LogMeanExp, LogWeights};
pub use latent::{
    CategoricalPrior, Conditional, LatentConfig, LatentNoise, LatentShape, Pair, Posterior, Stacked, SurrogateKl,
    Temperature, TemperatureError,
};
pub use linear::FirstWeights;
pub use objective::{
    BaselineNetwork, Bound, EstimatorState, GradientEstimator, KlEstimate, LearnedBaseline, MovingAverage,
    ObjectiveConfig, ObjectiveError, Pending, SelfTuning,
};
pub use vae::{Vae, VaeConfig};

pub(crate) use latent::LatentLayer;
pub(crate) use mlp::Mlp;

/// The Rust of README, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

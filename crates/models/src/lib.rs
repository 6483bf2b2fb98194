//! Variational autoencoders as Burn modules: encoder, latent layer, decoder, and the ELBO.
//!
//! Every choice is a config that is validated, then initialised on a device:
//! [`VaeConfig`] -> [`VaeConfig::validate`] -> [`VaeConfig::init`] -> [`Vae`].
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
    BernoulliLatent, BetaLatent, CategoricalLatent, CategoricalPrior, Conditional, DirichletLatent, ExponentialLatent,
    GammaLatent, GaussianLatent, KumaraswamyLatent, LatentConfig, LatentLayer, LatentNoise, LatentShape,
    LogNormalLatent, Pair, Posterior, Stacked, StackedLatent, SurrogateKl, Temperature, TemperatureError,
};
pub use linear::FirstWeights;
pub use mlp::Mlp;
pub use objective::{
    BaselineNetwork, Bound, EstimatorState, GradientEstimator, KlEstimate, LearnedBaseline, MovingAverage,
    ObjectiveConfig, ObjectiveError, Pending, SelfTuning,
};
pub use vae::{Vae, VaeConfig};

/// The Rust of README, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

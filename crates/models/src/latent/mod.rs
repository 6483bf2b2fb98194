//! Latent layers: a closed choice of `q(z | x)`, each with its prior, one file a latent.

mod bernoulli;
mod beta;
mod bounded;
mod categorical;
mod config;
mod dirichlet;
mod exponential;
mod gamma;
mod gaussian;
mod groups;
mod kumaraswamy;
mod law;
mod layer;
mod log_normal;
mod noise;
mod posterior;
mod relaxation;
mod stacked;
mod temperature;
mod variants;

pub use bernoulli::BernoulliLatent;
pub use beta::BetaLatent;
pub use categorical::{CategoricalLatent, CategoricalPrior};
pub use config::{LatentConfig, LatentShape};
pub use dirichlet::DirichletLatent;
pub use exponential::ExponentialLatent;
pub use gamma::GammaLatent;
pub use gaussian::GaussianLatent;
pub use kumaraswamy::KumaraswamyLatent;
pub use law::Pair;
pub use layer::LatentLayer;
pub use log_normal::LogNormalLatent;
pub use noise::LatentNoise;
pub use posterior::Posterior;
pub(crate) use posterior::{Route, Weighed};
pub use relaxation::SurrogateKl;
pub use stacked::{Conditional, Stacked, StackedLatent};
pub use temperature::{Temperature, TemperatureError};

#[cfg(test)]
pub(crate) mod tests;

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

pub(crate) use bernoulli::BernoulliLatent;
pub(crate) use beta::BetaLatent;
pub(crate) use categorical::CategoricalLatent;
pub use categorical::CategoricalPrior;
pub use config::{LatentConfig, LatentShape};
pub(crate) use dirichlet::DirichletLatent;
pub(crate) use exponential::ExponentialLatent;
pub(crate) use gamma::GammaLatent;
pub(crate) use gaussian::GaussianLatent;
pub(crate) use kumaraswamy::KumaraswamyLatent;
pub use law::Pair;
pub(crate) use layer::LatentLayer;
pub(crate) use log_normal::LogNormalLatent;
pub use noise::LatentNoise;
pub use posterior::Posterior;
pub(crate) use posterior::{Route, Weighed};
pub use relaxation::SurrogateKl;
pub(crate) use stacked::StackedLatent;
pub use stacked::{Conditional, Stacked};
pub use temperature::{Temperature, TemperatureError};

#[cfg(test)]
pub(crate) mod tests;

//! Latent layers: a closed choice of `q(z | x)`, each with its prior.

mod categorical;
mod config;
mod continuous;
mod layer;
mod posterior;
mod temperature;

pub use categorical::{CategoricalKl, CategoricalLatent, CategoricalPrior};
pub use config::LatentConfig;
pub use continuous::{ExponentialLatent, GaussianLatent};
pub use layer::LatentLayer;
pub use posterior::Posterior;
pub use temperature::{Temperature, TemperatureError};

#[cfg(test)]
mod tests;

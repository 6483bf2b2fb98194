//! What training maximises, and the estimator of its gradient: closed choices, one file a family.

mod config;
mod iwae;
mod particles;
mod score_function;
mod terms;

pub use config::{Bound, GradientEstimator, KlEstimate, ObjectiveConfig, ObjectiveError};

#[cfg(test)]
mod tests;

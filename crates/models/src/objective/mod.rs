//! What training maximises, and the estimator of its gradient: closed choices, one file a family.

mod baseline;
mod config;
mod iwae;
mod particles;
mod score_function;
mod self_tuning;
mod state;
mod terms;

pub use config::{Bound, GradientEstimator, KlEstimate, ObjectiveConfig, ObjectiveError};

pub use baseline::{BaselineNetwork, LearnedBaseline, MovingAverage};
pub use self_tuning::SelfTuning;
pub use state::{EstimatorState, Pending};

#[cfg(test)]
mod tests;

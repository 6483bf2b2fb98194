//! The laboratory of gradient estimators on a VAE: how noisy the gradient of each layer is, by each estimator.
//!
//! The gradient is that of the training loss, minus the objective averaged over a batch. What is measured, with
//! `g = g(batch, eps)` and for each layer as a sum over its weights (the trace of the covariance):
//!
//! ```text
//! noise:       Var_eps g(fixed batch, eps)
//! mini-batch:  Var_(batch, eps) g(batch, eps) = E_batch Var_eps g(batch, eps) + Var_batch E_eps g(batch, eps)
//! ```
//! The first is what an estimator can be better or worse at (trap D14); the second is what a training step meets, one draw a batch,
//! and no estimator removes its last term. The fixed batch is the first of those mini-batches: an epoch's images in an order, and
//! with a binarisation, that depend on the seed of the measurement. Draw `d` has one stream of noise, whatever the estimator and
//! the epoch of the weights.
//!
//! [`measure_gradients`] keeps for each weight its running mean and square, in 20 groups of draws; memory does not grow with the
//! draws, and each group left out in turn (the jackknife) tells how far the numbers can be trusted.

mod estimators;
mod jackknife;
mod layers;
mod measure;
mod moments;
mod summary;

pub use estimators::VaeEstimator;
pub use measure::{EstimatorNoise, GradientMeasurement, LayerNoise, measure_gradients};
pub use moments::{GROUPS, LEAST_DRAWS};
pub use summary::{Quantiles, Spread};

#[cfg(test)]
mod tests;

//! The estimator laboratory in one dimension: a Gaussian `q` against a Gaussian `p`, where every answer is known.
//!
//! The objective is `E_q[log p(z) + C - log q(z)]` with `q = N(m, s^2)` and `p = N(u, t^2)`, or its bound of `K` particles
//! `E[log 1/K sum_k w_k]`, `log w = log p(z) + C - log q(z)`. [`measure`] draws the gradient in `loc = m` and `scale = s` by an
//! [`Estimator`] many times; [`exact`] and [`multi_sample`] are what its mean and variance must be.

mod estimator;
mod estimators;
mod exact;
mod measure;
mod moments;
mod multi_sample;
mod polynomial;
mod problem;

pub use estimator::Estimator;
pub use exact::{SingleSample, exact};
pub use measure::{LEAST_DRAWS, Measured, Measurement, measure};
pub use multi_sample::{ExactMoments, MultiSample, multi_sample};
pub use problem::{Normal, Parameter, Toy, ToyError};

#[cfg(test)]
mod tests;

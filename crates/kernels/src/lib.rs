//! What a training step and a mixture's sweep spend their time on, fused.
//!
//! Two layers:
//!
//! - [`cpu`]: kernels on slices, one thread pool, run-time choice of vector instructions. It knows no tensor.
//! - the operations: [`linear`], [`bernoulli_log_prob`], [`gaussian_transform`], [`standard_gaussian_kl`], [`gumbel_softmax`],
//!   [`binary_concrete`], [`fair_bernoulli_kl`], [`kumaraswamy_log`], [`uniform_kumaraswamy_kl`], [`bounded`], [`clamped_exp`], [`mixture_sums`] and [`Adam`], on Burn tensors of any backend; those of a model are differentiable. On [Flex](burn::backend::Flex) they run the kernels, with a backward pass
//!   written by hand; on every other backend they are composed of ordinary operations, which are the reference in tests.
//!
//! No number depends on how many threads there are: work is split by rows and columns, never within a sum.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may panic"))]

pub mod cpu;
mod ops;

pub use cpu::{for_each, map, set_threads, threads};
pub use ops::{
    Activation, Adam, AdamForm, MixtureSums, bernoulli_log_prob, binary_concrete, bounded, clamped_exp,
    fair_bernoulli_kl, gaussian_transform, gumbel_softmax, kumaraswamy_log, linear, mixture_sums, standard_gaussian_kl,
    uniform_kumaraswamy_kl,
};

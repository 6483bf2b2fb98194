//! What a training step and a mixture's sweep spend their time on, fused.
//!
//! Two layers:
//!
//! - [`cpu`]: kernels on slices, one thread pool, run-time choice of vector instructions. It knows no tensor.
//! - the operations, on Burn tensors of any backend; those of a model are differentiable. On [Flex](burn::backend::Flex) they run
//!   the kernels, with a backward pass written by hand; on every other backend they are composed of ordinary operations, which are
//!   the reference in tests.
//!
//! | formula | operation |
//! |---|---|
//! | `activation(x W + b)` | [`linear`]; of binary pixels [`linear_of`] |
//! | `log p(x) = sum_i x_i l_i - softplus(l_i)` | [`bernoulli_log_prob`] |
//! | `z = loc + exp(log_scale) eps` | [`gaussian_transform`] |
//! | `log N(x; loc, scale^2)` | [`gaussian_log_prob`] |
//! | `KL(N(loc, scale^2) \|\| N(0, 1))` | [`standard_gaussian_kl`] |
//! | `softmax((logits + g) / temperature)` | [`gumbel_softmax`] |
//! | `l - log sum_k exp(l_k)` | [`log_softmax`] |
//! | `sum_k q_k (log q_k - log p_k)` | [`categorical_kl`] |
//! | `sigmoid((logits + ln u - ln(1 - u)) / temperature)` | [`binary_concrete`] |
//! | `KL(Bernoulli(q) \|\| Bernoulli(1/2))` | [`fair_bernoulli_kl`] |
//! | `log(1 - u^(1 / b)) / a` | [`kumaraswamy_log`] |
//! | `KL(Kumaraswamy(a, b) \|\| U(0, 1))` | [`uniform_kumaraswamy_kl`] |
//! | `high tanh(x / high)`, `low tanh(x / low)` | [`bounded`] |
//! | `exp(x)` between two bounds | [`clamped_exp`] |
//! | `sum_n r_nk t(x_n)`, `r_nk` a softmax over `k` | [`mixture_sums`] |
//! | a step of Adam | [`Adam`] |
//!
//! No number depends on how many threads there are: work is split by rows and columns, never within a sum.
//!
//! ```
//! use burn::tensor::{Device, Tensor};
//! use kernels::{Activation, linear};
//!
//! let device = Device::flex();
//! let x = Tensor::<2>::from_floats([[1.0, 2.0]], &device);
//! let w = Tensor::<2>::from_floats([[1.0, -1.0], [1.0, -1.0]], &device);
//! let b = Tensor::<1>::from_floats([0.5, 0.5], &device);
//! let y = linear(x, w, b, Activation::Relu);
//! assert_eq!(y.try_into_vec_as::<f32>().unwrap(), [3.5, 0.0]);
//! ```
//!
//! `examples/fused_linear.rs` compares values and gradients with those of Burn's own layer.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may panic"))]

pub mod cpu;
mod ops;

pub use cpu::{for_each, map, set_threads, threads};
pub use ops::{
    Activation, Adam, AdamForm, Input, MixtureSums, bernoulli_log_prob, binary_concrete, bounded, categorical_kl,
    clamped_exp, fair_bernoulli_kl, gaussian_log_prob, gaussian_transform, gumbel_softmax, kumaraswamy_log, linear,
    linear_of, log_softmax, mixture_sums, standard_gaussian_kl, uniform_kumaraswamy_kl,
};

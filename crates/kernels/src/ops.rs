//! The kernels as operations on Burn tensors: one file an operation.
//!
//! Each is a backend extension. Its default body is composed of ordinary operations and serves every backend; Flex overrides
//! it with a kernel where the tensors are `f32`; `Autodiff` has the backward pass. On a GPU, Burn fuses the
//! operations of the default body as it sees fit.

#![cfg_attr(
    feature = "ndarray",
    allow(deprecated, reason = "Burn 0.22 deprecates ndarray in favour of flex; it is kept as an opt-in")
)]

mod adam;
mod bernoulli;
mod bounded;
mod categorical;
mod concrete;
mod flex;
mod gaussian;
mod gaussian_density;
mod gumbel;
mod kumaraswamy;
mod linear;
mod mixture;
mod slopes;

pub use adam::{Adam, AdamForm};
pub use bernoulli::bernoulli_log_prob;
pub use bounded::{bounded, clamped_exp};
pub use categorical::{categorical_kl, log_softmax};
pub use concrete::{binary_concrete, fair_bernoulli_kl};
pub use gaussian::{gaussian_transform, standard_gaussian_kl};
pub use gaussian_density::gaussian_log_prob;
pub use gumbel::gumbel_softmax;
pub use kumaraswamy::{kumaraswamy_log, uniform_kumaraswamy_kl};
pub use linear::{Input, linear, linear_of};
pub use mixture::{MixtureSums, mixture_sums};

pub use crate::cpu::Activation;

#[cfg(test)]
mod tests;

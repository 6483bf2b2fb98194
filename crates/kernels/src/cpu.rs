//! Kernels on slices.

mod adam;
mod bernoulli;
mod bounded;
mod categorical;
mod concrete;
mod digamma;
mod gaussian;
mod gaussian_density;
mod gemm;
mod gumbel;
mod kumaraswamy;
mod linear;
pub mod math;
mod mixture;
mod ones;
mod pool;
mod sparse;

pub use adam::{AdamStep, adam};
pub use bernoulli::{bernoulli_log_prob, bernoulli_log_prob_with_gradient};
pub use bounded::{bounded, clamped_exp};
pub use categorical::{categorical_kl, log_softmax, log_softmax_gradient};
pub use concrete::{binary_concrete, fair_bernoulli_kl};
pub use digamma::harmonic_f32;
pub use gaussian::{gaussian_transform, standard_gaussian_kl, standard_gaussian_kl_gradient};
pub use gaussian_density::{gaussian_log_prob, gaussian_log_prob_with_slopes};
pub use gemm::{Matrix, matmul};
pub use gumbel::{gumbel_softmax, gumbel_softmax_gradient};
pub use kumaraswamy::{kumaraswamy_log, uniform_kumaraswamy_kl};
pub use linear::{Activation, linear, pre_activation_gradient, sparse_linear};
pub use mixture::{MixtureSums, mixture_sums};
pub use ones::Ones;
pub use pool::{for_each, map, set_threads, threads};
pub use sparse::sparse_rows;

use math::vectorized;

/// Numbers that one thread works through faster than two threads could agree to share them: about 20 microseconds of work.
const SHARED_FROM: usize = 1 << 15;

/// How many rows of `width` numbers each thread gets, of `rows`.
fn rows_per_part(rows: usize, width: usize) -> usize {
    match rows * width < SHARED_FROM {
        true => rows.max(1),
        false => rows.div_ceil(threads()).max(1),
    }
}

/// Row `row` of values of rows of `width`; of a single row that stands for all, that one.
fn row_of(values: &[f32], row: usize, width: usize) -> &[f32] {
    let row = if values.len() == width { 0 } else { row };
    &values[row * width..(row + 1) * width]
}

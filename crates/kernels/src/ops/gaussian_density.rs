//! The log-density of a Gaussian with a diagonal covariance.

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::ops::{Backward, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::{Shape, Tensor};

use super::flex::{contiguous, is_f32, rows, tensor, values};
use super::slopes::{Slopes, with_slopes};
use crate::cpu;

/// `log N(x; loc, scale^2) = sum_i -1/2 t_i^2 - log scale_i - 1/2 ln(2 pi)`, `t = (x - loc) / scale`, of each row, differentiable in
/// all three.
///
/// # Shapes
/// - `x`, `loc`, `log_scale`: `[batch, latent]`
/// - returns: `[batch]`, in nats
///
/// # Panics
/// When the shapes differ.
pub fn gaussian_log_prob(x: Tensor<2>, loc: Tensor<2>, log_scale: Tensor<2>) -> Tensor<1> {
    assert_eq!(loc.dims(), log_scale.dims(), "loc and log_scale must share one shape");
    assert_eq!(loc.dims(), x.dims(), "loc and x must share one shape");
    let [x, loc, log_scale] = [x, loc, log_scale].map(Tensor::into_dispatch);
    Tensor::from_dispatch(Dispatch::gaussian_log_prob(x, loc, log_scale))
}

/// The log-density, with its derivatives.
#[backend_extension(
    Flex,
    NdArray: cfg(feature = "ndarray"),
    Cube: cfg(any(feature = "wgpu", feature = "cuda")),
    Autodiff
)]
pub(crate) trait GaussianDensityOps: Backend {
    /// The log-density of each row.
    fn gaussian_log_prob(
        x: FloatTensor<Self>,
        loc: FloatTensor<Self>,
        log_scale: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        composed::log_prob::<Self>(x, loc, log_scale).0
    }

    /// The same with `-t / scale`, `t / scale` and `t^2 - 1`.
    fn gaussian_log_prob_with_slopes(
        x: FloatTensor<Self>,
        loc: FloatTensor<Self>,
        log_scale: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        composed::with_slopes::<Self>(x, loc, log_scale)
    }
}

/// The same in ordinary operations.
mod composed {
    use super::*;

    /// The log-density, `t` and `1 / scale`.
    pub(super) fn log_prob<B: Backend>(
        x: FloatTensor<B>,
        loc: FloatTensor<B>,
        log_scale: FloatTensor<B>,
    ) -> (FloatTensor<B>, FloatTensor<B>, FloatTensor<B>) {
        let [batch, _] = x.shape().dims();
        let inverse = B::float_exp(B::float_neg(log_scale.clone()));
        let t = B::float_mul(B::float_sub(x, loc), inverse.clone());
        let half_square = B::float_mul_scalar(B::float_mul(t.clone(), t.clone()), 0.5.into());
        let half_ln_two_pi = 0.5 * std::f64::consts::TAU.ln();
        let terms = B::float_add_scalar(B::float_add(half_square, log_scale), half_ln_two_pi.into());
        let sum = B::float_neg(B::float_reshape(B::float_sum_dim(terms, 1), Shape::new([batch])));
        (sum, t, inverse)
    }

    pub(super) fn with_slopes<B: Backend>(
        x: FloatTensor<B>,
        loc: FloatTensor<B>,
        log_scale: FloatTensor<B>,
    ) -> (FloatTensor<B>, FloatTensor<B>, FloatTensor<B>, FloatTensor<B>) {
        let (log_prob, t, inverse) = log_prob::<B>(x, loc, log_scale);
        let of_loc = B::float_mul(t.clone(), inverse);
        let of_log_scale = B::float_add_scalar(B::float_mul(t.clone(), t), (-1.0).into());
        (log_prob, B::float_neg(of_loc.clone()), of_loc, of_log_scale)
    }
}

#[cfg(feature = "ndarray")]
impl GaussianDensityOps for burn::backend::NdArray {}

#[cfg(any(feature = "wgpu", feature = "cuda"))]
impl GaussianDensityOps for burn::backend::Cube {}

impl GaussianDensityOps for Flex {
    fn gaussian_log_prob(
        x: FloatTensor<Self>,
        loc: FloatTensor<Self>,
        log_scale: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        if !is_f32([&x, &loc, &log_scale]) {
            return composed::log_prob::<Self>(x, loc, log_scale).0;
        }
        let shape: [usize; 2] = x.shape().dims();
        let [x, loc, log_scale] = [x, loc, log_scale].map(rows);
        tensor(cpu::gaussian_log_prob(values(&x), values(&loc), values(&log_scale), shape), [shape[0]])
    }

    fn gaussian_log_prob_with_slopes(
        x: FloatTensor<Self>,
        loc: FloatTensor<Self>,
        log_scale: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        if !is_f32([&x, &loc, &log_scale]) {
            return composed::with_slopes::<Self>(x, loc, log_scale);
        }
        let shape: [usize; 2] = x.shape().dims();
        let [x, loc, log_scale] = [x, loc, log_scale].map(contiguous);
        let (log_prob, slopes) =
            cpu::gaussian_log_prob_with_slopes(values(&x), values(&loc), values(&log_scale), shape);
        let [of_x, of_loc, of_log_scale] = slopes.map(|slope| tensor(slope, shape));
        (tensor(log_prob, [shape[0]]), of_x, of_loc, of_log_scale)
    }
}

impl<B: GaussianDensityOps, C: CheckpointStrategy> GaussianDensityOps for Autodiff<B, C> {
    fn gaussian_log_prob(
        x: FloatTensor<Self>,
        loc: FloatTensor<Self>,
        log_scale: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        with_slopes!(C, [x, loc, log_scale], {
            let (log_prob, of_x, of_loc, of_log_scale) = B::gaussian_log_prob_with_slopes(x, loc, log_scale);
            (log_prob, [of_x, of_loc, of_log_scale])
        })
    }
}

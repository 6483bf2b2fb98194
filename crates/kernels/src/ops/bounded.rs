//! Outputs of a head, kept where single precision is safe.

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::ops::{Backward, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::Tensor;

use super::flex::{contiguous, is_f32, tensor, values};
use super::slopes::{Slopes, with_slopes};
use crate::cpu;

/// `high tanh(x / high)` for `x > 0`, and `low tanh(x / low)` below: the identity near 0, within `(low, high)`, and with a
/// gradient everywhere, which a clamp has not.
///
/// # Shapes
/// - `x`, returns: `[batch, size]`
pub fn bounded(x: Tensor<2>, [low, high]: [f32; 2]) -> Tensor<2> {
    Tensor::from_dispatch(Dispatch::bounded(x.into_dispatch(), low, high))
}

/// `exp(x)`, held between `low` and `high`; no gradient comes from where it is held.
///
/// # Shapes
/// - `x`, returns: `[batch, size]`
pub fn clamped_exp(x: Tensor<2>, [low, high]: [f32; 2]) -> Tensor<2> {
    Tensor::from_dispatch(Dispatch::clamped_exp(x.into_dispatch(), low, high))
}

/// The two functions, with their derivatives.
#[backend_extension(
    Flex,
    NdArray: cfg(feature = "ndarray"),
    Cube: cfg(any(feature = "wgpu", feature = "cuda")),
    Autodiff
)]
pub(crate) trait BoundedOps: Backend {
    /// `bound tanh(x / bound)`, with the bound on the side of `x`.
    fn bounded(x: FloatTensor<Self>, low: f32, high: f32) -> FloatTensor<Self> {
        Self::bounded_with_slope(x, low, high).0
    }

    /// The same with `1 - tanh^2`.
    fn bounded_with_slope(x: FloatTensor<Self>, low: f32, high: f32) -> (FloatTensor<Self>, FloatTensor<Self>) {
        composed::bounded::<Self>(x, [low, high])
    }

    /// `exp(x)` between two bounds.
    fn clamped_exp(x: FloatTensor<Self>, low: f32, high: f32) -> FloatTensor<Self> {
        Self::clamped_exp_with_slope(x, low, high).0
    }

    /// The same with `exp(x)` where it is not held.
    fn clamped_exp_with_slope(x: FloatTensor<Self>, low: f32, high: f32) -> (FloatTensor<Self>, FloatTensor<Self>) {
        composed::clamped_exp::<Self>(x, [low, high])
    }
}

/// The same in ordinary operations.
mod composed {
    use super::*;

    pub(super) fn bounded<B: Backend>(x: FloatTensor<B>, [low, high]: [f32; 2]) -> (FloatTensor<B>, FloatTensor<B>) {
        let positive = B::float_clamp_min(x.clone(), 0.0.into());
        let negative = B::float_sub(x, positive.clone());
        let side = |x, bound: f32| B::float_tanh(B::float_div_scalar(x, bound.into()));
        // Either one is 0.
        let (above, below) = (side(positive, high), side(negative, low));
        let value = B::float_add(
            B::float_mul_scalar(above.clone(), high.into()),
            B::float_mul_scalar(below.clone(), low.into()),
        );
        let tanh = B::float_add(above, below);
        let square = B::float_mul(tanh.clone(), tanh);
        (value, B::float_add_scalar(B::float_neg(square), 1.0.into()))
    }

    pub(super) fn clamped_exp<B: Backend>(
        x: FloatTensor<B>,
        [low, high]: [f32; 2],
    ) -> (FloatTensor<B>, FloatTensor<B>) {
        let exp = B::float_exp(x);
        let value = B::float_clamp(exp.clone(), low.into(), high.into());
        // exp(x) where it is its own clamped value: the sign of the difference is 0 there, and 1 or -1 elsewhere.
        let held = B::float_abs(B::float_sign(B::float_sub(exp, value.clone())));
        let free = B::float_add_scalar(B::float_neg(held), 1.0.into());
        let slope = B::float_mul(value.clone(), free);
        (value, slope)
    }
}

#[cfg(feature = "ndarray")]
impl BoundedOps for burn::backend::NdArray {}

#[cfg(any(feature = "wgpu", feature = "cuda"))]
impl BoundedOps for burn::backend::Cube {}

impl BoundedOps for Flex {
    fn bounded_with_slope(x: FloatTensor<Self>, low: f32, high: f32) -> (FloatTensor<Self>, FloatTensor<Self>) {
        if !is_f32([&x]) {
            return composed::bounded::<Self>(x, [low, high]);
        }
        let (x, shape) = (contiguous(x.clone()), x.shape());
        let (y, slope) = cpu::bounded(values(&x), [low, high]);
        (tensor(y, shape.clone()), tensor(slope, shape))
    }

    fn clamped_exp_with_slope(x: FloatTensor<Self>, low: f32, high: f32) -> (FloatTensor<Self>, FloatTensor<Self>) {
        if !is_f32([&x]) {
            return composed::clamped_exp::<Self>(x, [low, high]);
        }
        let (x, shape) = (contiguous(x.clone()), x.shape());
        let (y, slope) = cpu::clamped_exp(values(&x), [low, high]);
        (tensor(y, shape.clone()), tensor(slope, shape))
    }
}

impl<B: BoundedOps, C: CheckpointStrategy> BoundedOps for Autodiff<B, C> {
    fn bounded(x: FloatTensor<Self>, low: f32, high: f32) -> FloatTensor<Self> {
        with_slopes!(C, [x], {
            let (y, slope) = B::bounded_with_slope(x, low, high);
            (y, [slope])
        })
    }

    fn clamped_exp(x: FloatTensor<Self>, low: f32, high: f32) -> FloatTensor<Self> {
        with_slopes!(C, [x], {
            let (y, slope) = B::clamped_exp_with_slope(x, low, high);
            (y, [slope])
        })
    }
}

//! The Gumbel-softmax.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::Tensor;

use super::flex::{contiguous, into_values, is_f32, tensor, values};
use crate::cpu;

/// `y = softmax((logits + g) / temperature)` of each row, `g = -log(-log u)` (Jang et al. 2017, eq. 2), differentiable in the
/// logits.
///
/// # Shapes
/// - `logits`, `uniforms`: `[rows, classes]`
/// - returns: `[rows, classes]`
///
/// # Panics
/// When the shapes differ.
pub fn gumbel_softmax(logits: Tensor<2>, uniforms: Tensor<2>, temperature: f32) -> Tensor<2> {
    assert_eq!(logits.dims(), uniforms.dims(), "logits and uniforms must share one shape");
    Tensor::from_dispatch(Dispatch::gumbel_softmax(logits.into_dispatch(), uniforms.into_dispatch(), temperature))
}

/// The relaxed code and its gradient.
#[backend_extension(
    Flex,
    NdArray: cfg(feature = "ndarray"),
    Cube: cfg(any(feature = "wgpu", feature = "cuda")),
    Autodiff
)]
pub(crate) trait GumbelOps: Backend {
    /// `softmax((logits - log(-log u)) / temperature)`.
    fn gumbel_softmax(logits: FloatTensor<Self>, uniforms: FloatTensor<Self>, temperature: f32) -> FloatTensor<Self> {
        composed::value::<Self>(logits, uniforms, temperature)
    }

    /// `y (dy - sum_k y_k dy_k) / temperature`.
    fn gumbel_softmax_gradient(y: FloatTensor<Self>, dy: FloatTensor<Self>, temperature: f32) -> FloatTensor<Self> {
        composed::gradient::<Self>(y, dy, temperature)
    }
}

/// The same in ordinary operations.
mod composed {
    use super::*;

    pub(super) fn value<B: Backend>(
        logits: FloatTensor<B>,
        uniforms: FloatTensor<B>,
        temperature: f32,
    ) -> FloatTensor<B> {
        let inner = B::float_clamp(uniforms, f32::MIN_POSITIVE.into(), (1.0 - f32::EPSILON / 2.0).into());
        let exponential = B::float_neg(B::float_log(inner));
        let scores = B::float_div_scalar(B::float_sub(logits, B::float_log(exponential)), temperature.into());
        let largest = B::float_max_dim(scores.clone(), 1);
        let weights = B::float_exp(B::float_sub(scores, largest));
        let sum = B::float_sum_dim(weights.clone(), 1);
        B::float_div(weights, sum)
    }

    pub(super) fn gradient<B: Backend>(y: FloatTensor<B>, dy: FloatTensor<B>, temperature: f32) -> FloatTensor<B> {
        let mean = B::float_sum_dim(B::float_mul(y.clone(), dy.clone()), 1);
        B::float_div_scalar(B::float_mul(y, B::float_sub(dy, mean)), temperature.into())
    }
}

#[cfg(feature = "ndarray")]
impl GumbelOps for burn::backend::NdArray {}

#[cfg(any(feature = "wgpu", feature = "cuda"))]
impl GumbelOps for burn::backend::Cube {}

impl GumbelOps for Flex {
    fn gumbel_softmax(logits: FloatTensor<Self>, uniforms: FloatTensor<Self>, temperature: f32) -> FloatTensor<Self> {
        if !is_f32([&logits, &uniforms]) {
            return composed::value::<Self>(logits, uniforms, temperature);
        }
        let [logits, uniforms] = [logits, uniforms].map(contiguous);
        let [rows, classes] = logits.shape().dims();
        tensor(cpu::gumbel_softmax(values(&logits), values(&uniforms), classes, temperature), [rows, classes])
    }

    fn gumbel_softmax_gradient(y: FloatTensor<Self>, dy: FloatTensor<Self>, temperature: f32) -> FloatTensor<Self> {
        if !is_f32([&y, &dy]) {
            return composed::gradient::<Self>(y, dy, temperature);
        }
        let [rows, classes] = y.shape().dims();
        let mut gradient = into_values(dy);
        cpu::gumbel_softmax_gradient(values(&contiguous(y)), &mut gradient, classes, temperature);
        tensor(gradient, [rows, classes])
    }
}

impl<B: GumbelOps, C: CheckpointStrategy> GumbelOps for Autodiff<B, C> {
    fn gumbel_softmax(logits: FloatTensor<Self>, uniforms: FloatTensor<Self>, temperature: f32) -> FloatTensor<Self> {
        let prepared = SoftmaxBackward.prepare::<C>([logits.node()]).compute_bound().stateful();
        let y = B::gumbel_softmax(logits.into_primitive(), uniforms.into_primitive(), temperature);
        match prepared {
            OpsKind::Tracked(prepared) => prepared.finish((y.clone(), temperature), y),
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        }
    }
}

#[derive(Debug)]
struct SoftmaxBackward;

impl<B: GumbelOps> Backward<B, 1> for SoftmaxBackward {
    /// `y` and the temperature.
    type State = (FloatTensor<B>, f32);

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let [logits] = ops.parents;
        let dy = gradients.consume::<B>(&ops.node);
        let (y, temperature) = ops.state;
        if let Some(node) = logits {
            gradients.register::<B>(node.id, B::gumbel_softmax_gradient(y, dy, temperature));
        }
    }
}

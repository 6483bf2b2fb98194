//! The log-likelihood of binary pixels, from logits.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::{Shape, Tensor};

use super::flex::{contiguous, is_f32, rows, tensor, values};
use crate::cpu;

/// `log p(x) = sum_i x_i l_i - softplus(l_i)` of each row, differentiable in the logits; `x` is data, to which no gradient
/// flows.
///
/// # Shapes
/// - `logits`, `x`: `[batch, pixels]`
/// - returns: `[batch]`, in nats
///
/// # Panics
/// When the sizes differ.
pub fn bernoulli_log_prob(logits: Tensor<2>, x: Tensor<2>) -> Tensor<1> {
    Tensor::from_dispatch(Dispatch::bernoulli_log_prob(logits.into_dispatch(), x.into_dispatch()))
}

/// The log-likelihood, alone or with its gradient.
#[backend_extension(
    Flex,
    NdArray: cfg(feature = "ndarray"),
    Cube: cfg(any(feature = "wgpu", feature = "cuda")),
    Autodiff
)]
pub(crate) trait BernoulliOps: Backend {
    /// `sum_i x_i l_i + log sigmoid(-l_i)`.
    fn bernoulli_log_prob(logits: FloatTensor<Self>, x: FloatTensor<Self>) -> FloatTensor<Self> {
        composed::log_prob::<Self>(logits, x)
    }

    /// The same with its gradient at the logits, `x - sigmoid(l)`.
    fn bernoulli_log_prob_with_gradient(
        logits: FloatTensor<Self>,
        x: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        composed::log_prob_with_gradient::<Self>(logits, x)
    }
}

/// The log-likelihood in ordinary operations.
mod composed {
    use super::*;

    pub(super) fn log_prob<B: Backend>(logits: FloatTensor<B>, x: FloatTensor<B>) -> FloatTensor<B> {
        let [batch, _] = logits.shape().dims();
        let log_zero = B::log_sigmoid(B::float_neg(logits.clone()));
        let terms = B::float_add(B::float_mul(x, logits), log_zero);
        B::float_reshape(B::float_sum_dim(terms, 1), Shape::new([batch]))
    }

    pub(super) fn log_prob_with_gradient<B: Backend>(
        logits: FloatTensor<B>,
        x: FloatTensor<B>,
    ) -> (FloatTensor<B>, FloatTensor<B>) {
        let gradient = B::float_sub(x.clone(), B::sigmoid(logits.clone()));
        (log_prob::<B>(logits, x), gradient)
    }
}

#[cfg(feature = "ndarray")]
impl BernoulliOps for burn::backend::NdArray {}

#[cfg(any(feature = "wgpu", feature = "cuda"))]
impl BernoulliOps for burn::backend::Cube {}

impl BernoulliOps for Flex {
    fn bernoulli_log_prob(logits: FloatTensor<Self>, x: FloatTensor<Self>) -> FloatTensor<Self> {
        if !is_f32([&logits, &x]) {
            return composed::log_prob::<Self>(logits, x);
        }
        let (logits, x) = (contiguous(logits), rows(x));
        let [batch, pixels] = logits.shape().dims();
        tensor(cpu::bernoulli_log_prob(values(&logits), values(&x), pixels), [batch])
    }

    fn bernoulli_log_prob_with_gradient(
        logits: FloatTensor<Self>,
        x: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        if !is_f32([&logits, &x]) {
            return composed::log_prob_with_gradient::<Self>(logits, x);
        }
        let [logits, x] = [logits, x].map(contiguous);
        let [batch, pixels] = logits.shape().dims();
        let (log_prob, gradient) = cpu::bernoulli_log_prob_with_gradient(values(&logits), values(&x), pixels);
        (tensor(log_prob, [batch]), tensor(gradient, [batch, pixels]))
    }
}

impl<B: BernoulliOps, C: CheckpointStrategy> BernoulliOps for Autodiff<B, C> {
    fn bernoulli_log_prob(logits: FloatTensor<Self>, x: FloatTensor<Self>) -> FloatTensor<Self> {
        match LogProbBackward.prepare::<C>([logits.node()]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => {
                let (log_prob, gradient) =
                    B::bernoulli_log_prob_with_gradient(logits.into_primitive(), x.into_primitive());
                prepared.finish(gradient, log_prob)
            }
            OpsKind::UnTracked(prepared) => {
                prepared.finish(B::bernoulli_log_prob(logits.into_primitive(), x.into_primitive()))
            }
        }
    }
}

#[derive(Debug)]
struct LogProbBackward;

impl<B: Backend> Backward<B, 1> for LogProbBackward {
    /// The gradient for an upstream gradient of 1.
    type State = FloatTensor<B>;

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let [logits] = ops.parents;
        let upstream = gradients.consume::<B>(&ops.node);
        let [batch] = upstream.shape().dims();
        let upstream = B::float_reshape(upstream, Shape::new([batch, 1]));
        if let Some(node) = logits {
            gradients.register::<B>(node.id, B::float_mul(ops.state, upstream));
        }
    }
}

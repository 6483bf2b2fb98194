//! Normalised logits of categorical variables, and the divergence of two such laws.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::{Shape, Tensor};

use super::flex::{contiguous, into_values, is_f32, tensor, values};
use super::slopes::{Slopes, with_slopes};
use crate::cpu;

/// `y = l - log sum_k exp(l_k)` of each row, differentiable in the logits.
///
/// # Shapes
/// - `logits`, returns: `[rows, classes]`
pub fn log_softmax(logits: Tensor<2>) -> Tensor<2> {
    Tensor::from_dispatch(Dispatch::log_softmax_of_rows(logits.into_dispatch()))
}

/// `KL(q || p) = sum_k q_k (log q_k - log p_k)` of each row, differentiable in both logarithms, which must be finite.
///
/// # Shapes
/// - `log_q`, `log_p`: `[batch, entries]`, of one or several variables a row
/// - returns: `[batch]`, in nats
///
/// # Panics
/// When the shapes differ.
pub fn categorical_kl(log_q: Tensor<2>, log_p: Tensor<2>) -> Tensor<1> {
    assert_eq!(log_q.dims(), log_p.dims(), "the two laws must share one shape");
    Tensor::from_dispatch(Dispatch::categorical_kl(log_q.into_dispatch(), log_p.into_dispatch()))
}

/// The two functions, with their derivatives.
#[backend_extension(
    Flex,
    NdArray: cfg(feature = "ndarray"),
    Cube: cfg(any(feature = "wgpu", feature = "cuda")),
    Autodiff
)]
pub(crate) trait CategoricalOps: Backend {
    /// `l - log sum_k exp(l_k)`.
    fn log_softmax_of_rows(logits: FloatTensor<Self>) -> FloatTensor<Self> {
        composed::log_softmax::<Self>(logits)
    }

    /// `dy - exp(y) sum_k dy_k`.
    fn log_softmax_gradient(y: FloatTensor<Self>, dy: FloatTensor<Self>) -> FloatTensor<Self> {
        composed::gradient::<Self>(y, dy)
    }

    /// The divergence of the rows.
    fn categorical_kl(log_q: FloatTensor<Self>, log_p: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::categorical_kl_with_slopes(log_q, log_p).0
    }

    /// The same with `q (log q - log p + 1)` and `-q`.
    fn categorical_kl_with_slopes(
        log_q: FloatTensor<Self>,
        log_p: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        composed::kl::<Self>(log_q, log_p)
    }
}

/// The same in ordinary operations.
mod composed {
    use super::*;

    pub(super) fn log_softmax<B: Backend>(logits: FloatTensor<B>) -> FloatTensor<B> {
        let shifted = B::float_sub(logits.clone(), B::float_max_dim(logits, 1));
        let total = B::float_log(B::float_sum_dim(B::float_exp(shifted.clone()), 1));
        B::float_sub(shifted, total)
    }

    pub(super) fn gradient<B: Backend>(y: FloatTensor<B>, dy: FloatTensor<B>) -> FloatTensor<B> {
        let total = B::float_sum_dim(dy.clone(), 1);
        B::float_sub(dy, B::float_mul(B::float_exp(y), total))
    }

    pub(super) fn kl<B: Backend>(
        log_q: FloatTensor<B>,
        log_p: FloatTensor<B>,
    ) -> (FloatTensor<B>, FloatTensor<B>, FloatTensor<B>) {
        let [batch, _] = log_q.shape().dims();
        let q = B::float_exp(log_q.clone());
        let terms = B::float_mul(q.clone(), B::float_sub(log_q, log_p));
        let sum = B::float_reshape(B::float_sum_dim(terms.clone(), 1), Shape::new([batch]));
        (sum, B::float_add(terms, q.clone()), B::float_neg(q))
    }
}

#[cfg(feature = "ndarray")]
impl CategoricalOps for burn::backend::NdArray {}

#[cfg(any(feature = "wgpu", feature = "cuda"))]
impl CategoricalOps for burn::backend::Cube {}

impl CategoricalOps for Flex {
    fn log_softmax_of_rows(logits: FloatTensor<Self>) -> FloatTensor<Self> {
        if !is_f32([&logits]) {
            return composed::log_softmax::<Self>(logits);
        }
        let logits = contiguous(logits);
        let [rows, classes] = logits.shape().dims();
        tensor(cpu::log_softmax(values(&logits), classes), [rows, classes])
    }

    fn log_softmax_gradient(y: FloatTensor<Self>, dy: FloatTensor<Self>) -> FloatTensor<Self> {
        if !is_f32([&y, &dy]) {
            return composed::gradient::<Self>(y, dy);
        }
        let [rows, classes] = y.shape().dims();
        let mut gradient = into_values(dy);
        cpu::log_softmax_gradient(values(&contiguous(y)), &mut gradient, classes);
        tensor(gradient, [rows, classes])
    }

    fn categorical_kl_with_slopes(
        log_q: FloatTensor<Self>,
        log_p: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        if !is_f32([&log_q, &log_p]) {
            return composed::kl::<Self>(log_q, log_p);
        }
        let [log_q, log_p] = [log_q, log_p].map(contiguous);
        let [batch, entries] = log_q.shape().dims();
        let (kl, [of_q, of_p]) = cpu::categorical_kl(values(&log_q), values(&log_p), entries);
        (tensor(kl, [batch]), tensor(of_q, [batch, entries]), tensor(of_p, [batch, entries]))
    }
}

impl<B: CategoricalOps, C: CheckpointStrategy> CategoricalOps for Autodiff<B, C> {
    fn log_softmax_of_rows(logits: FloatTensor<Self>) -> FloatTensor<Self> {
        let prepared = LogSoftmaxBackward.prepare::<C>([logits.node()]).compute_bound().stateful();
        let y = B::log_softmax_of_rows(logits.into_primitive());
        match prepared {
            OpsKind::Tracked(prepared) => prepared.finish(y.clone(), y),
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        }
    }

    fn categorical_kl(log_q: FloatTensor<Self>, log_p: FloatTensor<Self>) -> FloatTensor<Self> {
        with_slopes!(C, [log_q, log_p], {
            let (kl, of_q, of_p) = B::categorical_kl_with_slopes(log_q, log_p);
            (kl, [of_q, of_p])
        })
    }
}

#[derive(Debug)]
struct LogSoftmaxBackward;

impl<B: CategoricalOps> Backward<B, 1> for LogSoftmaxBackward {
    /// `y`.
    type State = FloatTensor<B>;

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let [logits] = ops.parents;
        let dy = gradients.consume::<B>(&ops.node);
        if let Some(node) = logits {
            gradients.register::<B>(node.id, B::log_softmax_gradient(ops.state, dy));
        }
    }
}

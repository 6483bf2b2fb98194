//! The logarithm of the softmax along the last axis.

use burn::tensor::Tensor;

/// `x - log sum_k exp(x_k)` along the last axis, `[batch, event.., classes]`.
pub(crate) fn log_softmax<const D: usize>(scores: Tensor<D>) -> Tensor<D> {
    let shape = scores.dims();
    let rows = shape[..D - 1].iter().product();
    kernels::log_softmax(scores.reshape([rows, shape[D - 1]])).reshape(shape)
}

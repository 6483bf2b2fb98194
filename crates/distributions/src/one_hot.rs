//! One-hot vectors along the last axis, and the straight-through estimator.

use burn::tensor::{Int, Tensor};

/// The one-hot vector of the largest entry along the last axis: always exactly one 1, also where several entries are
/// equally large (comparing with the maximum would give two, trap D24). No gradient flows through it.
///
/// # Shapes
/// - `scores`: `[.., classes]`
/// - returns: `[.., classes]`, zeros and ones
pub fn one_hot_argmax<const D: usize>(scores: Tensor<D>) -> Tensor<D> {
    let dtype = scores.dtype();
    one_hot(scores.clone().detach().argmax(D - 1), scores.dims()).cast(dtype)
}

/// The one-hot vectors of classes: `index` is `[.., 1]`, the result `shape`.
pub(crate) fn one_hot<const D: usize>(index: Tensor<D, Int>, shape: [usize; D]) -> Tensor<D> {
    let mut axis = [1; D];
    axis[D - 1] = shape[D - 1];
    let classes = Tensor::<1, Int>::arange(0..shape[D - 1] as i64, &index.device()).reshape(axis);
    classes.expand(shape).equal(index.expand(shape)).float()
}

/// Straight-through: the one-hot vector of the largest entry in the forward pass, with the gradient of `soft`.
///
/// `hard + (soft - stop(soft))`, which is `soft + stop(hard - soft)` (trap D24) in an order that is exact: the bracket is
/// 0 to the last bit, so that the value is zeros and ones and nothing near them.
///
/// # Shapes
/// - `soft`: `[.., classes]`
/// - returns: `[.., classes]`
pub fn straight_through<const D: usize>(soft: Tensor<D>) -> Tensor<D> {
    one_hot_argmax(soft.clone()) + (soft.clone() - soft.detach())
}

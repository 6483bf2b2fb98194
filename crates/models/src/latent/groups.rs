//! Codes of several classes a variable, one group after another.

use burn::tensor::Tensor;

/// `[batch, groups * classes]` as `[batch, groups, classes]`.
pub(crate) fn grouped(values: Tensor<2>, groups: usize) -> Tensor<3> {
    let [batch, size] = values.dims();
    values.reshape([batch, groups, size / groups])
}

/// `[batch, groups, classes]` as `[batch, groups * classes]`.
pub(crate) fn flat(values: Tensor<3>) -> Tensor<2> {
    let [batch, groups, classes] = values.dims();
    values.reshape([batch, groups * classes])
}

//! Slices of Flex tensors, and tensors of vectors.

use burn::backend::TensorMetadata;
use burn::backend::flex::FlexTensor;
use burn::tensor::{DType, Element, Shape, TensorData};

use crate::cpu::Matrix;

/// The same tensor with its values one after another.
pub(super) fn contiguous(tensor: FlexTensor) -> FlexTensor {
    match tensor.as_slice::<f32>() {
        Some(_) => tensor,
        None => tensor.to_contiguous(),
    }
}

/// The same as [`contiguous`], but of rows that are one and the same in memory, as after an expansion, only that one.
pub(super) fn rows(tensor: FlexTensor) -> FlexTensor {
    match tensor.layout().strides() {
        [0, _] => contiguous(tensor.narrow(0, 0, 1)),
        _ => contiguous(tensor),
    }
}

/// The values of a tensor from [`contiguous`].
pub(super) fn values(tensor: &FlexTensor) -> &[f32] {
    tensor.as_slice().expect("the tensor was made contiguous, and is_f32 was asked")
}

/// The values, copied only where another tensor shares them.
pub(super) fn into_values(tensor: FlexTensor) -> Vec<f32> {
    tensor.into_data().try_into_vec::<f32>().expect("is_f32 was asked")
}

/// A tensor of values.
pub(super) fn tensor<E: Element>(values: Vec<E>, shape: impl Into<Shape>) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape))
}

/// Whether the kernels can serve: they compute in `f32`.
pub(super) fn is_f32<const N: usize>(tensors: [&FlexTensor; N]) -> bool {
    tensors.iter().all(|tensor| TensorMetadata::dtype(*tensor) == DType::F32)
}

/// The matrix in a tensor from [`contiguous`].
pub(super) fn matrix(tensor: &FlexTensor) -> Matrix<'_> {
    Matrix::new(values(tensor), TensorMetadata::shape(tensor).dims())
}

//! The assignment step of a mixture.

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::{DType, Shape, Tensor};

use super::flex::tensor;
use crate::cpu;

/// What a mixture's parameters need to know of its events, on their device.
///
/// # Examples
/// ```
/// use burn::tensor::{Device, Tensor};
/// use kernels::mixture_sums;
///
/// let tensor = |values: [[f32; 2]; 2]| Tensor::<2>::from_floats(values, &Device::flex());
/// // Two components that are alike share each event: `natural` is 0, and the weights are 1/2.
/// let (rows, natural) = (tensor([[1.0, 2.0], [3.0, 6.0]]), tensor([[0.0, 0.0], [0.0, 0.0]]));
/// let log_weights = Tensor::from_floats([[0.5_f32.ln(), 0.5_f32.ln()]], &Device::flex());
/// let found = mixture_sums(rows, natural, log_weights);
/// assert_eq!(found.counts.try_into_vec_as::<f32>()?, [1.0, 1.0]);
/// assert_eq!(found.sums.try_into_vec_as::<f32>()?, [2.0, 4.0, 2.0, 4.0]);
/// // Weights that sum to 1 normalise at once: the sum of the log-normalisers is 0.
/// let log_normalisers = found.log_normalisers.try_into_vec_as::<f64>()?;
/// assert!(log_normalisers.iter().sum::<f64>().abs() < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct MixtureSums {
    /// `sum_n r_nk`, `[components]`.
    pub counts: Tensor<1>,
    /// `sum_n r_nk t(x_n)`, `[components, features]`.
    pub sums: Tensor<2>,
    /// Numbers whose sum is that of the log-normalisers, in nats: to be added in `f64` on the host (trap D28).
    pub log_normalisers: Tensor<1>,
}

/// The sums over events of the responsibilities `r_nk = exp(log_weight_k + t(x_n) . natural_k) / normaliser_n`.
///
/// On Flex in `f64` this is one pass over the events; on other backends and in `f32`, two matrix products and a softmax.
///
/// # Shapes
/// - `rows`: `[events, features]`; `natural`: `[features, components]`; `log_weights`: `[1, components]`
///
/// # Panics
/// When the sizes do not fit.
pub fn mixture_sums(rows: Tensor<2>, natural: Tensor<2>, log_weights: Tensor<2>) -> MixtureSums {
    let [rows, natural, log_weights] = [rows, natural, log_weights].map(Tensor::into_dispatch);
    let (counts, sums, log_normalisers) = Dispatch::mixture_sums(rows, natural, log_weights);
    MixtureSums {
        counts: Tensor::from_dispatch(counts),
        sums: Tensor::from_dispatch(sums),
        log_normalisers: Tensor::from_dispatch(log_normalisers),
    }
}

/// Counts, sums and log-normalisers.
#[backend_extension(
    Flex,
    NdArray: cfg(feature = "ndarray"),
    Cube: cfg(any(feature = "wgpu", feature = "cuda")),
    Autodiff
)]
pub(crate) trait MixtureOps: Backend {
    /// The three tensors of [`MixtureSums`].
    fn mixture_sums(
        rows: FloatTensor<Self>,
        natural: FloatTensor<Self>,
        log_weights: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        composed::<Self>(rows, natural, log_weights)
    }
}

/// In ordinary operations: the largest entry of each row is subtracted before the exponentials.
fn composed<B: Backend>(
    rows: FloatTensor<B>,
    natural: FloatTensor<B>,
    log_weights: FloatTensor<B>,
) -> (FloatTensor<B>, FloatTensor<B>, FloatTensor<B>) {
    let ([events, _], [_, components]) = (rows.shape().dims(), natural.shape().dims());
    let logits = B::float_add(B::float_matmul(rows.clone(), natural), log_weights);
    let largest = B::float_max_dim(logits.clone(), 1);
    let weights = B::float_exp(B::float_sub(logits, largest.clone()));
    let sum = B::float_sum_dim(weights.clone(), 1);
    let log_normalisers = B::float_reshape(B::float_add(largest, B::float_log(sum.clone())), Shape::new([events]));
    let responsibilities = B::float_div(weights, sum);
    let counts = B::float_reshape(B::float_sum_dim(responsibilities.clone(), 0), Shape::new([components]));
    (counts, B::float_matmul(B::float_transpose(responsibilities), rows), log_normalisers)
}

#[cfg(feature = "ndarray")]
impl MixtureOps for burn::backend::NdArray {}

#[cfg(any(feature = "wgpu", feature = "cuda"))]
impl MixtureOps for burn::backend::Cube {}

/// No gradient is asked of a mixture; this completes the dispatch.
impl<B: MixtureOps, C: CheckpointStrategy> MixtureOps for Autodiff<B, C> {}

impl MixtureOps for Flex {
    fn mixture_sums(
        rows: FloatTensor<Self>,
        natural: FloatTensor<Self>,
        log_weights: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let inputs = [&rows, &natural, &log_weights];
        if inputs.iter().any(|tensor| TensorMetadata::dtype(*tensor) != DType::F64) {
            return composed::<Self>(rows, natural, log_weights);
        }
        let ([_, features], [_, components]) = (rows.shape().dims(), natural.shape().dims());
        let [rows, natural, log_weights] = [rows, natural, log_weights].map(|tensor| tensor.to_contiguous());
        let cpu::MixtureSums { counts, sums, log_normaliser } =
            cpu::mixture_sums(values(&rows), values(&natural), values(&log_weights));
        (tensor(counts, [components]), tensor(sums, [components, features]), tensor(vec![log_normaliser], [1]))
    }
}

/// The values of a tensor whose type was asked and which was made contiguous.
fn values(tensor: &FlexTensor) -> &[f64] {
    tensor.as_slice().expect("a contiguous tensor of f64")
}

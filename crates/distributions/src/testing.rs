//! What the tests of several distributions share: tensors of either precision, and error bars.

pub(crate) mod two_parameters;

use burn::tensor::{DType, Device, Tensor, TensorData};

use crate::{Noise, Purpose};

/// The two precisions, each with the error that the golden tests allow, relative to `max(1, |value|)`.
pub(crate) const PRECISIONS: [(DType, f64); 2] = [(DType::F32, 1e-5), (DType::F64, 1e-12)];

/// One batch entry, `[1, values]`.
pub(crate) fn row(values: &[f64], dtype: DType) -> Tensor<2> {
    row_on(values, dtype, &Device::flex())
}

/// One batch entry that gradients are asked of, `[1, values]`, in `f64`.
pub(crate) fn leaf(values: &[f64]) -> Tensor<2> {
    row_on(values, DType::F64, &Device::flex().autodiff()).require_grad()
}

/// A row on the device and in the precision of a leaf.
pub(crate) fn beside(leaf: &Tensor<2>, values: &[f64]) -> Tensor<2> {
    row_on(values, leaf.dtype(), &leaf.device())
}

fn row_on(values: &[f64], dtype: DType, device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(values.to_vec(), [1, values.len()]), (device, dtype))
}

/// The same row `n` times, `[n, values]`, in `f32`.
pub(crate) fn rows(values: &[f64], n: usize) -> Tensor<2> {
    row(values, DType::F32).repeat_dim(0, n)
}

/// All values, on the host.
pub(crate) fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().convert::<f64>().try_to_vec().unwrap()
}

/// The only value.
pub(crate) fn scalar<const D: usize>(tensor: Tensor<D>) -> f64 {
    let values = values(tensor);
    assert_eq!(values.len(), 1);
    values[0]
}

/// Asserts an error of at most `tolerance * max(1, |expected|)`.
#[track_caller]
pub(crate) fn assert_close(actual: f64, expected: f64, tolerance: f64) {
    let is_close = (actual - expected).abs() <= tolerance * expected.abs().max(1.0);
    assert!(is_close || actual == expected, "{actual} for {expected}, which may differ by {tolerance:e}");
}

/// Asserts that the mean of draws is `expected` within 5.5 standard errors: a false alarm of 4e-8.
#[track_caller]
pub(crate) fn assert_mean(draws: &[f64], expected: f64) {
    let n = draws.len() as f64;
    let mean = draws.iter().sum::<f64>() / n;
    let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let error = (variance / n).sqrt();
    assert!((mean - expected).abs() < 5.5 * error, "mean {mean} for {expected}, {error} a standard error");
}

/// A stream of draws of its own for each number.
pub(crate) fn noise(number: u64) -> Noise {
    Noise::new(41, Purpose::Test, 7, number)
}

/// The derivative of `f` at `x`, which is not 0, by central differences of fourth order.
pub(crate) fn derivative(f: impl Fn(f64) -> f64, x: f64) -> f64 {
    let h = 1e-3 * x.abs();
    (8.0 * (f(x + h) - f(x - h)) - (f(x + 2.0 * h) - f(x - 2.0 * h))) / (12.0 * h)
}

/// `integral of f from a to b` by Simpson's rule on `2 n` intervals.
pub(crate) fn integral(f: impl Fn(f64) -> f64, a: f64, b: f64, n: usize) -> f64 {
    let h = (b - a) / (2 * n) as f64;
    let weight = |i: usize| if i == 0 || i == 2 * n { 1.0 } else { 2.0 + 2.0 * (i % 2) as f64 };
    (0..=2 * n).map(|i| weight(i) * f(a + i as f64 * h)).sum::<f64>() * h / 3.0
}

//! Special functions on tensors, differentiable once, each computed on the host in `f64`.
//!
//! A value is read from its device, computed to the last bits of `f64`, rounded to the tensor's precision and sent back;
//! the gradient is `stop(f(x)) + stop(f'(x)) (x - stop(x))`, exact in value and right in gradient on every backend. Burn
//! has none of these functions, and a series of tensor operations in `f32` would lose half of the digits. A GPU has to wait
//! for the transfer, as it has for every draw of a gamma variable.
//!
//! Accuracy: in `f32` the nearest number to the result, or its neighbour; in `f64` as [`host`] says.

pub mod host;
mod incomplete_gamma;
mod series;

use burn::tensor::{DType, Tensor, TensorData};

pub use incomplete_gamma::{IncompleteGamma, gamma_log_gradient, incomplete_gamma};

/// `ln Gamma(x)` of each entry, `x > 0`; the gradient is [`digamma`].
pub fn ln_gamma<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    unary(x, host::ln_gamma, host::digamma)
}

/// `psi(x) = d ln Gamma(x) / dx` of each entry, `x > 0`; the gradient is [`trigamma`].
pub fn digamma<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    unary(x, host::digamma, host::trigamma)
}

/// `psi'(x)` of each entry, `x > 0`.
pub fn trigamma<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    unary(x, host::trigamma, host::tetragamma)
}

/// The error of Stirling's formula, [`host::stirling_error`], of each entry, `a > 0`.
pub fn stirling_error<const D: usize>(a: Tensor<D>) -> Tensor<D> {
    // delta'(a) = psi(a + 1) - ln a - 1 / (2a) = psi(a) - ln a + 1 / (2a)
    unary(a, host::stirling_error, |a| host::digamma(a) - a.ln() + 0.5 / a)
}

/// `ln(1 - exp(-x))` of each entry, `x > 0`; the gradient is `1 / (exp(x) - 1)`.
pub fn log1mexp<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    unary(x, host::log1mexp, |x| x.exp_m1().recip())
}

/// `ln B(a, b)` of each pair of entries, `a > 0` and `b > 0`.
///
/// # Panics
/// When the shapes differ.
pub fn log_beta<const D: usize>(a: Tensor<D>, b: Tensor<D>) -> Tensor<D> {
    let in_one = |a: f64, b: f64| host::digamma(a) - host::digamma(a + b);
    binary(a, b, host::log_beta, [&in_one, &|a, b| in_one(b, a)])
}

/// `P(a, x)`, the regularised lower incomplete gamma function, of each pair of entries, `a > 0` and `x >= 0`: the
/// distribution function of `Gamma(a, 1)`, with its gradients in the shape and in `x`.
///
/// # Panics
/// When the shapes differ.
pub fn gamma_p<const D: usize>(a: Tensor<D>, x: Tensor<D>) -> Tensor<D> {
    let value = |a, x| incomplete_gamma(a, x).value;
    binary(a, x, value, [&|a, x| incomplete_gamma(a, x).in_shape, &|a, x| incomplete_gamma(a, x).in_x])
}

/// `a + ln Gamma(a) + (1 - a) psi(a)`, the entropy of `Gamma(a, 1)`, of each entry, `a > 0`.
pub fn gamma_entropy<const D: usize>(a: Tensor<D>) -> Tensor<D> {
    unary(a, host::gamma_entropy, |a| 1.0 + (1.0 - a) * host::trigamma(a))
}

/// `(a - b) psi(a) - ln Gamma(a) + ln Gamma(b)`, the divergence of `Gamma(a, 1)` from `Gamma(b, 1)`, of each pair of
/// entries, `a > 0` and `b > 0`.
///
/// # Panics
/// When the shapes differ.
pub fn gamma_kl<const D: usize>(a: Tensor<D>, b: Tensor<D>) -> Tensor<D> {
    let in_a = |a: f64, b: f64| (a - b) * host::trigamma(a);
    binary(a, b, host::gamma_kl, [&in_a, &|a, b| host::digamma(b) - host::digamma(a)])
}

/// `ln sum_k exp(x_k)` along a dimension, which is kept with size 1: shifted by the maximum, so that nothing overflows, and
/// minus infinity for a row of minus infinities. Ordinary tensor operations.
pub fn log_sum_exp<const D: usize>(x: Tensor<D>, dim: usize) -> Tensor<D> {
    let max = x.clone().detach().max_dim(dim);
    // An infinite maximum would give inf - inf; the sum is then that infinity itself, or 0.
    let infinite = max.clone().is_finite().bool_not();
    let shift = max.mask_fill(infinite, 0.0);
    (x - shift.clone()).exp().sum_dim(dim).log() + shift
}

/// A function of one number with its derivative, for each entry. The derivative is computed only where a gradient may be
/// asked for.
pub(crate) fn unary<const D: usize>(
    x: Tensor<D>,
    value: impl Fn(f64) -> f64 + Sync,
    slope: impl Fn(f64) -> f64 + Sync,
) -> Tensor<D> {
    let entries = host_values(&x);
    let values = like(&x, each(entries.len(), |i| value(entries[i])));
    if !x.is_tracked() {
        return values;
    }
    values + like(&x, each(entries.len(), |i| slope(entries[i]))) * (x.clone() - x.detach())
}

/// A partial derivative of a function of two numbers.
type Slope<'a> = &'a (dyn Fn(f64, f64) -> f64 + Sync);

/// A function of two numbers with its derivatives, for each pair of entries; as [`unary`], each derivative only where a
/// gradient may be asked for.
pub(crate) fn binary<const D: usize>(
    x: Tensor<D>,
    y: Tensor<D>,
    value: impl Fn(f64, f64) -> f64 + Sync,
    slopes: [Slope<'_>; 2],
) -> Tensor<D> {
    assert_eq!(x.dims(), y.dims(), "both arguments must share one shape");
    let (entries_x, entries_y) = (host_values(&x), host_values(&y));
    let all = |f: Slope<'_>| like(&x, each(entries_x.len(), |i| f(entries_x[i], entries_y[i])));
    let values = all(&value);
    [&x, &y]
        .into_iter()
        .zip(slopes)
        .filter(|(argument, _)| argument.is_tracked())
        .fold(values, |sum, (argument, slope)| sum + all(slope) * (argument.clone() - argument.clone().detach()))
}

/// Entries that one thread computes at a time: some 20 microseconds of work.
const BLOCK: usize = 512;

/// `f` of `0..count`, shared among the threads. Each entry stands alone, so no number depends on them.
pub(crate) fn each(count: usize, f: impl Fn(usize) -> f64 + Sync) -> Vec<f64> {
    let block = |start: usize| (start..count.min(start + BLOCK)).map(&f).collect::<Vec<f64>>();
    kernels::map(count.div_ceil(BLOCK), |number| block(number * BLOCK)).concat()
}

/// Every entry on the host.
///
/// # Panics
/// When the device fails, as every tensor operation does.
pub(crate) fn host_values<const D: usize>(x: &Tensor<D>) -> Vec<f64> {
    let data = x.clone().detach().into_data().convert::<f64>();
    data.try_to_vec().expect("the values were just converted to f64")
}

/// Values with the shape, the device and the precision of a tensor.
pub(crate) fn like<const D: usize>(x: &Tensor<D>, values: Vec<f64>) -> Tensor<D> {
    let data = TensorData::new(values, x.dims());
    // In single precision before it travels: a GPU may have no f64.
    let dtype = x.dtype();
    let data = if dtype == DType::F64 { data } else { data.convert::<f32>() };
    Tensor::<D>::from_data(data, (&x.device(), if dtype == DType::F64 { DType::F64 } else { DType::F32 })).cast(dtype)
}

#[cfg(test)]
mod golden;
#[cfg(test)]
mod tests;

//! Relaxed bits, and the divergence of bits from fair ones.

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::ops::{Backward, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::{Shape, Tensor};

use super::flex::{contiguous, is_f32, tensor, values};
use super::slopes::{Slopes, with_slopes};
use crate::cpu;

/// `y = sigmoid((logits + ln u - ln(1 - u)) / temperature)`, a binary Concrete variable (Maddison et al. 2017), differentiable in
/// the logits.
///
/// # Shapes
/// - `logits`, `uniforms`, returns: `[batch, bits]`
///
/// # Panics
/// When the shapes differ.
pub fn binary_concrete(logits: Tensor<2>, uniforms: Tensor<2>, temperature: f32) -> Tensor<2> {
    assert_eq!(logits.dims(), uniforms.dims(), "logits and uniforms must share one shape");
    Tensor::from_dispatch(Dispatch::binary_concrete(logits.into_dispatch(), uniforms.into_dispatch(), temperature))
}

/// `KL(Bernoulli(q) || Bernoulli(1/2)) = sum_i q_i l_i - softplus(l_i) + ln 2`, `q = sigmoid(l)`, of each row, differentiable in
/// the logits.
///
/// # Shapes
/// - `logits`: `[batch, bits]`
/// - returns: `[batch]`, in nats
pub fn fair_bernoulli_kl(logits: Tensor<2>) -> Tensor<1> {
    Tensor::from_dispatch(Dispatch::fair_bernoulli_kl(logits.into_dispatch()))
}

/// The two functions, with their derivatives.
#[backend_extension(
    Flex,
    NdArray: cfg(feature = "ndarray"),
    Cube: cfg(any(feature = "wgpu", feature = "cuda")),
    Autodiff
)]
pub(crate) trait ConcreteOps: Backend {
    /// `sigmoid((logits + ln u - ln(1 - u)) / temperature)`.
    fn binary_concrete(logits: FloatTensor<Self>, uniforms: FloatTensor<Self>, temperature: f32) -> FloatTensor<Self> {
        Self::binary_concrete_with_slope(logits, uniforms, temperature).0
    }

    /// The same with `y (1 - y) / temperature`.
    fn binary_concrete_with_slope(
        logits: FloatTensor<Self>,
        uniforms: FloatTensor<Self>,
        temperature: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        composed::binary_concrete::<Self>(logits, uniforms, temperature)
    }

    /// The divergence from fair bits.
    fn fair_bernoulli_kl(logits: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::fair_bernoulli_kl_with_slope(logits).0
    }

    /// The same with `q (1 - q) l`.
    fn fair_bernoulli_kl_with_slope(logits: FloatTensor<Self>) -> (FloatTensor<Self>, FloatTensor<Self>) {
        composed::kl::<Self>(logits)
    }
}

/// The same in ordinary operations.
mod composed {
    use super::*;

    /// `sigmoid(x)` and `sigmoid(-x)`.
    fn both<B: Backend>(x: FloatTensor<B>) -> (FloatTensor<B>, FloatTensor<B>) {
        (B::sigmoid(x.clone()), B::sigmoid(B::float_neg(x)))
    }

    pub(super) fn binary_concrete<B: Backend>(
        logits: FloatTensor<B>,
        uniforms: FloatTensor<B>,
        temperature: f32,
    ) -> (FloatTensor<B>, FloatTensor<B>) {
        let u = B::float_clamp(uniforms, f32::MIN_POSITIVE.into(), (1.0 - f32::EPSILON / 2.0).into());
        let rest = B::float_add_scalar(B::float_neg(u.clone()), 1.0.into());
        let logistic = B::float_sub(B::float_log(u), B::float_log(rest));
        let x = B::float_div_scalar(B::float_add(logits, logistic), temperature.into());
        let (one, zero) = both::<B>(x);
        let slope = B::float_div_scalar(B::float_mul(one.clone(), zero), temperature.into());
        (one, slope)
    }

    pub(super) fn kl<B: Backend>(logits: FloatTensor<B>) -> (FloatTensor<B>, FloatTensor<B>) {
        let [batch, _] = logits.shape().dims();
        let (q, rest) = both::<B>(logits.clone());
        // Even in l: ln 2 - softplus(-|l|) - sigmoid(-|l|) |l|
        let size = B::float_abs(logits.clone());
        let tail = B::float_neg(B::log_sigmoid(size.clone()));
        let weight = B::sigmoid(B::float_neg(size.clone()));
        let terms = B::float_neg(B::float_add(tail, B::float_mul(weight, size)));
        let terms = B::float_add_scalar(terms, std::f32::consts::LN_2.into());
        let sum = B::float_reshape(B::float_sum_dim(terms, 1), Shape::new([batch]));
        (sum, B::float_mul(B::float_mul(q, rest), logits))
    }
}

#[cfg(feature = "ndarray")]
impl ConcreteOps for burn::backend::NdArray {}

#[cfg(any(feature = "wgpu", feature = "cuda"))]
impl ConcreteOps for burn::backend::Cube {}

impl ConcreteOps for Flex {
    fn binary_concrete_with_slope(
        logits: FloatTensor<Self>,
        uniforms: FloatTensor<Self>,
        temperature: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        if !is_f32([&logits, &uniforms]) {
            return composed::binary_concrete::<Self>(logits, uniforms, temperature);
        }
        let [logits, uniforms] = [logits, uniforms].map(contiguous);
        let (y, slope) = cpu::binary_concrete(values(&logits), values(&uniforms), temperature);
        (tensor(y, logits.shape()), tensor(slope, logits.shape()))
    }

    fn fair_bernoulli_kl_with_slope(logits: FloatTensor<Self>) -> (FloatTensor<Self>, FloatTensor<Self>) {
        if !is_f32([&logits]) {
            return composed::kl::<Self>(logits);
        }
        let logits = contiguous(logits);
        let [batch, bits] = logits.shape().dims();
        let (kl, slope) = cpu::fair_bernoulli_kl(values(&logits), bits);
        (tensor(kl, [batch]), tensor(slope, [batch, bits]))
    }
}

impl<B: ConcreteOps, C: CheckpointStrategy> ConcreteOps for Autodiff<B, C> {
    fn binary_concrete(logits: FloatTensor<Self>, uniforms: FloatTensor<Self>, temperature: f32) -> FloatTensor<Self> {
        let uniforms = uniforms.into_primitive();
        with_slopes!(C, [logits], {
            let (y, slope) = B::binary_concrete_with_slope(logits, uniforms, temperature);
            (y, [slope])
        })
    }

    fn fair_bernoulli_kl(logits: FloatTensor<Self>) -> FloatTensor<Self> {
        with_slopes!(C, [logits], {
            let (kl, slope) = B::fair_bernoulli_kl_with_slope(logits);
            (kl, [slope])
        })
    }
}

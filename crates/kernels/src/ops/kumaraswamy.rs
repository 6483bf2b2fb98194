//! Reparameterised Kumaraswamy variables, and their divergence from the uniform law.

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::ops::{Backward, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::Tensor;

use super::flex::{contiguous, is_f32, tensor, values};
use super::slopes::{Slopes, with_slopes};
use crate::cpu;

/// `log x = log(1 - u^(1 / b)) / a` of `Kumaraswamy(a, b)` at uniforms `u`, differentiable in the logarithms of both.
///
/// # Shapes
/// - all: `[batch, latent]`
///
/// # Panics
/// When the shapes differ.
pub fn kumaraswamy_log(log_a: Tensor<2>, log_b: Tensor<2>, uniforms: Tensor<2>) -> Tensor<2> {
    assert_eq!(log_a.dims(), log_b.dims(), "both concentrations must share one shape");
    assert_eq!(log_a.dims(), uniforms.dims(), "concentrations and uniforms must share one shape");
    let [log_a, log_b, uniforms] = [log_a, log_b, uniforms].map(Tensor::into_dispatch);
    Tensor::from_dispatch(Dispatch::kumaraswamy_log(log_a, log_b, uniforms))
}

/// `KL(Kumaraswamy(a, b) || U(0, 1))`, minus the entropy, of each row, differentiable in the logarithms of both. To `1e-6` for a
/// latent, whatever the precision of the tensors.
///
/// # Shapes
/// - `log_a`, `log_b`: `[batch, latent]`
/// - returns: `[batch]`, in nats
///
/// # Panics
/// When the shapes differ.
pub fn uniform_kumaraswamy_kl(log_a: Tensor<2>, log_b: Tensor<2>) -> Tensor<1> {
    assert_eq!(log_a.dims(), log_b.dims(), "both concentrations must share one shape");
    Tensor::from_dispatch(Dispatch::uniform_kumaraswamy_kl(log_a.into_dispatch(), log_b.into_dispatch()))
}

/// The two functions, with their derivatives in `log a` and `log b`.
#[backend_extension(
    Flex,
    NdArray: cfg(feature = "ndarray"),
    Cube: cfg(any(feature = "wgpu", feature = "cuda")),
    Autodiff
)]
pub(crate) trait KumaraswamyOps: Backend {
    /// `log(1 - u^(1 / b)) / a`.
    fn kumaraswamy_log(
        log_a: FloatTensor<Self>,
        log_b: FloatTensor<Self>,
        uniforms: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        Self::kumaraswamy_log_with_slopes(log_a, log_b, uniforms).0
    }

    /// The same with its derivatives.
    fn kumaraswamy_log_with_slopes(
        log_a: FloatTensor<Self>,
        log_b: FloatTensor<Self>,
        uniforms: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        composed::draw::<Self>(log_a, log_b, uniforms)
    }

    /// The divergence from the uniform law.
    fn uniform_kumaraswamy_kl(log_a: FloatTensor<Self>, log_b: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::uniform_kumaraswamy_kl_with_slopes(log_a, log_b).0
    }

    /// The same with its derivatives.
    fn uniform_kumaraswamy_kl_with_slopes(
        log_a: FloatTensor<Self>,
        log_b: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        composed::kl::<Self>(log_a, log_b)
    }
}

/// The same in ordinary operations.
mod composed {
    use burn::tensor::Shape;

    use super::*;

    fn one_minus<B: Backend>(x: FloatTensor<B>) -> FloatTensor<B> {
        B::float_add_scalar(B::float_neg(x), 1.0.into())
    }

    pub(super) fn draw<B: Backend>(
        log_a: FloatTensor<B>,
        log_b: FloatTensor<B>,
        uniforms: FloatTensor<B>,
    ) -> (FloatTensor<B>, FloatTensor<B>, FloatTensor<B>) {
        const HALF: f32 = f32::EPSILON / 2.0;
        let inverse = |log| B::float_exp(B::float_neg(log));
        let u = B::float_clamp(uniforms, HALF.into(), (1.0 - HALF).into());
        let t = B::float_mul(B::float_neg(B::float_log(u)), inverse(log_b));
        // 1 - exp(-t) = tanh(t / 2) (1 + exp(-t)), which does not cancel near 0
        let exp = B::float_exp(B::float_neg(t.clone()));
        let half = B::float_tanh(B::float_mul_scalar(t.clone(), 0.5.into()));
        let rest = B::float_mul(half, B::float_add_scalar(exp.clone(), 1.0.into()));
        // log(1 - exp(-t)), as log1p(-exp(-t)) where that is the exact one: for t > ln 2
        let near = B::float_log(B::float_clamp_min(rest.clone(), f32::MIN_POSITIVE.into()));
        let far = B::float_log1p(B::float_neg(B::float_clamp_max(exp.clone(), 0.75.into())));
        let is_far = B::float_clamp(
            B::float_sign(B::float_sub_scalar(t.clone(), std::f32::consts::LN_2.into())),
            0.0.into(),
            1.0.into(),
        );
        let log = B::float_add(B::float_mul(far, is_far.clone()), B::float_mul(near, one_minus::<B>(is_far)));
        let inverse_a = inverse(log_a);
        let y = B::float_mul(log, inverse_a.clone());
        let slope = B::float_mul(t, B::float_div(exp, B::float_clamp_min(rest, f32::MIN_POSITIVE.into())));
        let in_log_b = B::float_neg(B::float_mul(slope, inverse_a));
        let y = B::float_clamp_max(y, (-1e-37).into());
        (y.clone(), B::float_neg(y), in_log_b)
    }

    pub(super) fn kl<B: Backend>(
        log_a: FloatTensor<B>,
        log_b: FloatTensor<B>,
    ) -> (FloatTensor<B>, FloatTensor<B>, FloatTensor<B>) {
        let [batch, _] = log_a.shape().dims();
        let inverse = |log: &FloatTensor<B>| B::float_exp(B::float_neg(log.clone()));
        let (inverse_a, inverse_b, b) = (inverse(&log_a), inverse(&log_b), B::float_exp(log_b.clone()));
        let (harmonic, trigamma) = harmonic::<B>(b.clone());
        let weight = one_minus::<B>(inverse_a.clone());
        let in_b = one_minus::<B>(inverse_b);
        let logs = B::float_add(log_a, log_b);
        let terms = B::float_sub(B::float_sub(logs, in_b.clone()), B::float_mul(weight.clone(), harmonic.clone()));
        let kl = B::float_reshape(B::float_sum_dim(terms, 1), Shape::new([batch]));
        let in_log_a = one_minus::<B>(B::float_mul(inverse_a, harmonic));
        let in_log_b = B::float_sub(in_b, B::float_mul(B::float_mul(weight, b), trigamma));
        (kl, in_log_a, in_log_b)
    }

    /// `psi(1 + b) + gamma` and `psi'(1 + b)`, as [`cpu::harmonic_f32`] has them.
    fn harmonic<B: Backend>(b: FloatTensor<B>) -> (FloatTensor<B>, FloatTensor<B>) {
        let far = B::float_add_scalar(b.clone(), 5.0.into());
        let inverse = B::float_recip(far.clone());
        let square = B::float_mul(inverse.clone(), inverse.clone());
        // A polynomial in 1 / x^2, from its last coefficient.
        let polynomial = |coefficients: [f32; 4]| {
            let [first, rest @ ..] = coefficients;
            let start = B::float_mul_scalar(square.clone(), first.into());
            rest.into_iter().enumerate().fold(start, |sum, (i, coefficient)| {
                let sum = B::float_add_scalar(sum, coefficient.into());
                if i + 1 < 3 { B::float_mul(sum, square.clone()) } else { sum }
            })
        };
        let (mut sum, mut squares) = (B::float_mul_scalar(inverse.clone(), 0.5.into()), square.clone());
        squares = B::float_mul_scalar(squares, 0.5.into());
        for shift in 1..=4 {
            let term = B::float_recip(B::float_add_scalar(b.clone(), (shift as f32).into()));
            squares = B::float_add(squares, B::float_mul(term.clone(), term.clone()));
            sum = B::float_add(sum, term);
        }
        let tail = polynomial([-1.0 / 240.0, 1.0 / 252.0, -1.0 / 120.0, 1.0 / 12.0]);
        let sum = B::float_add(sum, B::float_mul(tail, square.clone()));
        let digamma = B::float_sub(B::float_log(far), sum);
        let tail = polynomial([-1.0 / 30.0, 1.0 / 42.0, -1.0 / 30.0, 1.0 / 6.0]);
        let cube = B::float_mul(square, inverse.clone());
        let trigamma = B::float_add(B::float_add(squares, inverse), B::float_mul(cube, tail));
        (B::float_add_scalar(digamma, 0.577_215_7.into()), trigamma)
    }
}

#[cfg(feature = "ndarray")]
impl KumaraswamyOps for burn::backend::NdArray {}

#[cfg(any(feature = "wgpu", feature = "cuda"))]
impl KumaraswamyOps for burn::backend::Cube {}

impl KumaraswamyOps for Flex {
    fn kumaraswamy_log_with_slopes(
        log_a: FloatTensor<Self>,
        log_b: FloatTensor<Self>,
        uniforms: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        if !is_f32([&log_a, &log_b, &uniforms]) {
            return composed::draw::<Self>(log_a, log_b, uniforms);
        }
        let [log_a, log_b, uniforms] = [log_a, log_b, uniforms].map(contiguous);
        let [y, in_log_a, in_log_b] = cpu::kumaraswamy_log(values(&log_a), values(&log_b), values(&uniforms))
            .map(|values| tensor(values, log_a.shape()));
        (y, in_log_a, in_log_b)
    }

    fn uniform_kumaraswamy_kl_with_slopes(
        log_a: FloatTensor<Self>,
        log_b: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        if !is_f32([&log_a, &log_b]) {
            return composed::kl::<Self>(log_a, log_b);
        }
        let [log_a, log_b] = [log_a, log_b].map(contiguous);
        let [batch, latent] = log_a.shape().dims();
        let [kl, in_log_a, in_log_b] = cpu::uniform_kumaraswamy_kl(values(&log_a), values(&log_b), latent);
        (tensor(kl, [batch]), tensor(in_log_a, log_a.shape()), tensor(in_log_b, log_a.shape()))
    }
}

impl<B: KumaraswamyOps, C: CheckpointStrategy> KumaraswamyOps for Autodiff<B, C> {
    fn kumaraswamy_log(
        log_a: FloatTensor<Self>,
        log_b: FloatTensor<Self>,
        uniforms: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let uniforms = uniforms.into_primitive();
        with_slopes!(C, [log_a, log_b], {
            let (y, in_log_a, in_log_b) = B::kumaraswamy_log_with_slopes(log_a, log_b, uniforms);
            (y, [in_log_a, in_log_b])
        })
    }

    fn uniform_kumaraswamy_kl(log_a: FloatTensor<Self>, log_b: FloatTensor<Self>) -> FloatTensor<Self> {
        with_slopes!(C, [log_a, log_b], {
            let (kl, in_log_a, in_log_b) = B::uniform_kumaraswamy_kl_with_slopes(log_a, log_b);
            (kl, [in_log_a, in_log_b])
        })
    }
}

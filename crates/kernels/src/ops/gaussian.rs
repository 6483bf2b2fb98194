//! The reparameterised Gaussian, and its divergence from the standard one.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::{Shape, Tensor};

use super::flex::{contiguous, is_f32, tensor, values};
use crate::cpu;

/// `z = loc + exp(log_scale) eps` (Kingma and Welling 2014, section 2.4), differentiable in `loc` and `log_scale`.
///
/// # Shapes
/// - all: `[batch, latent]`
///
/// # Panics
/// When the shapes differ.
pub fn gaussian_transform(loc: Tensor<2>, log_scale: Tensor<2>, eps: Tensor<2>) -> Tensor<2> {
    assert_eq!(loc.dims(), log_scale.dims(), "loc and log_scale must share one shape");
    assert_eq!(loc.dims(), eps.dims(), "loc and eps must share one shape");
    let [loc, log_scale, eps] = [loc, log_scale, eps].map(Tensor::into_dispatch);
    Tensor::from_dispatch(Dispatch::gaussian_transform(loc, log_scale, eps))
}

/// `KL(N(loc, scale^2) || N(0, 1)) = sum_i 1/2 [loc_i^2 + exp(d_i) - 1 - d_i]`, `d = 2 log scale`, of each row (Kingma and
/// Welling 2014, appendix B), differentiable in both.
///
/// # Shapes
/// - `loc`, `log_scale`: `[batch, latent]`
/// - returns: `[batch]`, in nats
///
/// # Panics
/// When the shapes differ.
pub fn standard_gaussian_kl(loc: Tensor<2>, log_scale: Tensor<2>) -> Tensor<1> {
    assert_eq!(loc.dims(), log_scale.dims(), "loc and log_scale must share one shape");
    Tensor::from_dispatch(Dispatch::standard_gaussian_kl(loc.into_dispatch(), log_scale.into_dispatch()))
}

/// The two operations, with what their backward passes need.
#[backend_extension(
    Flex,
    NdArray: cfg(feature = "ndarray"),
    Cube: cfg(any(feature = "wgpu", feature = "cuda")),
    Autodiff
)]
pub(crate) trait GaussianOps: Backend {
    /// `loc + exp(log_scale) eps`.
    fn gaussian_transform(
        loc: FloatTensor<Self>,
        log_scale: FloatTensor<Self>,
        eps: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        Self::gaussian_transform_with_offset(loc, log_scale, eps).0
    }

    /// The same with `exp(log_scale) eps`, its derivative in `log_scale`.
    fn gaussian_transform_with_offset(
        loc: FloatTensor<Self>,
        log_scale: FloatTensor<Self>,
        eps: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        composed::transform::<Self>(loc, log_scale, eps)
    }

    /// The divergence from the standard Gaussian.
    fn standard_gaussian_kl(loc: FloatTensor<Self>, log_scale: FloatTensor<Self>) -> FloatTensor<Self> {
        composed::kl::<Self>(loc, log_scale)
    }

    /// Its gradient, `loc` and `exp(2 log_scale) - 1`, each row times its entry of `upstream`.
    fn standard_gaussian_kl_gradient(
        loc: FloatTensor<Self>,
        log_scale: FloatTensor<Self>,
        upstream: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        composed::kl_gradient::<Self>(loc, log_scale, upstream)
    }
}

/// The same in ordinary operations.
mod composed {
    use super::*;

    pub(super) fn transform<B: Backend>(
        loc: FloatTensor<B>,
        log_scale: FloatTensor<B>,
        eps: FloatTensor<B>,
    ) -> (FloatTensor<B>, FloatTensor<B>) {
        let offset = B::float_mul(B::float_exp(log_scale), eps);
        (B::float_add(loc, offset.clone()), offset)
    }

    /// `exp(d) - 1 = tanh(d / 2) (exp(d) + 1)` with `d = 2 log_scale`, which does not cancel near 0 (trap D7).
    fn expm1_of_double<B: Backend>(log_scale: FloatTensor<B>) -> FloatTensor<B> {
        let exp = B::float_exp(B::float_mul_scalar(log_scale.clone(), 2.0.into()));
        B::float_mul(B::float_tanh(log_scale), B::float_add_scalar(exp, 1.0.into()))
    }

    pub(super) fn kl<B: Backend>(loc: FloatTensor<B>, log_scale: FloatTensor<B>) -> FloatTensor<B> {
        let [batch, _] = loc.shape().dims();
        let d = B::float_mul_scalar(log_scale.clone(), 2.0.into());
        let bracket = B::float_sub(expm1_of_double::<B>(log_scale), d);
        let terms = B::float_add(B::float_mul(loc.clone(), loc), bracket);
        let sum = B::float_sum_dim(B::float_mul_scalar(terms, 0.5.into()), 1);
        B::float_reshape(sum, Shape::new([batch]))
    }

    pub(super) fn kl_gradient<B: Backend>(
        loc: FloatTensor<B>,
        log_scale: FloatTensor<B>,
        upstream: FloatTensor<B>,
    ) -> (FloatTensor<B>, FloatTensor<B>) {
        let [batch] = upstream.shape().dims();
        let upstream = B::float_reshape(upstream, Shape::new([batch, 1]));
        let d_log_scale = B::float_mul(expm1_of_double::<B>(log_scale), upstream.clone());
        (B::float_mul(loc, upstream), d_log_scale)
    }
}

#[cfg(feature = "ndarray")]
impl GaussianOps for burn::backend::NdArray {}

#[cfg(any(feature = "wgpu", feature = "cuda"))]
impl GaussianOps for burn::backend::Cube {}

impl GaussianOps for Flex {
    fn gaussian_transform_with_offset(
        loc: FloatTensor<Self>,
        log_scale: FloatTensor<Self>,
        eps: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        if !is_f32([&loc, &log_scale, &eps]) {
            return composed::transform::<Self>(loc, log_scale, eps);
        }
        let [loc, log_scale, eps] = [loc, log_scale, eps].map(contiguous);
        let shape: [usize; 2] = loc.shape().dims();
        let (z, offset) = cpu::gaussian_transform(values(&loc), values(&log_scale), values(&eps));
        (tensor(z, shape), tensor(offset, shape))
    }

    fn standard_gaussian_kl(loc: FloatTensor<Self>, log_scale: FloatTensor<Self>) -> FloatTensor<Self> {
        if !is_f32([&loc, &log_scale]) {
            return composed::kl::<Self>(loc, log_scale);
        }
        let [loc, log_scale] = [loc, log_scale].map(contiguous);
        let [batch, latent] = loc.shape().dims();
        tensor(cpu::standard_gaussian_kl(values(&loc), values(&log_scale), latent), [batch])
    }

    fn standard_gaussian_kl_gradient(
        loc: FloatTensor<Self>,
        log_scale: FloatTensor<Self>,
        upstream: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        if !is_f32([&loc, &log_scale, &upstream]) {
            return composed::kl_gradient::<Self>(loc, log_scale, upstream);
        }
        let [loc, log_scale, upstream] = [loc, log_scale, upstream].map(contiguous);
        let shape: [usize; 2] = loc.shape().dims();
        let (d_loc, d_log_scale) =
            cpu::standard_gaussian_kl_gradient(values(&loc), values(&log_scale), values(&upstream));
        (tensor(d_loc, shape), tensor(d_log_scale, shape))
    }
}

impl<B: GaussianOps, C: CheckpointStrategy> GaussianOps for Autodiff<B, C> {
    fn gaussian_transform(
        loc: FloatTensor<Self>,
        log_scale: FloatTensor<Self>,
        eps: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let nodes = [loc.node(), log_scale.node()];
        let prepared = TransformBackward.prepare::<C>(nodes).compute_bound().stateful();
        let [loc, log_scale, eps] = [loc, log_scale, eps].map(|tensor| tensor.into_primitive());
        let (z, offset) = B::gaussian_transform_with_offset(loc, log_scale, eps);
        match prepared {
            OpsKind::Tracked(prepared) => prepared.finish(offset, z),
            OpsKind::UnTracked(prepared) => prepared.finish(z),
        }
    }

    fn standard_gaussian_kl(loc: FloatTensor<Self>, log_scale: FloatTensor<Self>) -> FloatTensor<Self> {
        let prepared = KlBackward.prepare::<C>([loc.node(), log_scale.node()]).compute_bound().stateful();
        let [loc, log_scale] = [loc, log_scale].map(|tensor| tensor.into_primitive());
        let kl = B::standard_gaussian_kl(loc.clone(), log_scale.clone());
        match prepared {
            OpsKind::Tracked(prepared) => prepared.finish((loc, log_scale), kl),
            OpsKind::UnTracked(prepared) => prepared.finish(kl),
        }
    }
}

#[derive(Debug)]
struct TransformBackward;

impl<B: Backend> Backward<B, 2> for TransformBackward {
    /// `scale eps`.
    type State = FloatTensor<B>;

    fn backward(self, ops: Ops<Self::State, 2>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let [loc, log_scale] = ops.parents;
        let dz = gradients.consume::<B>(&ops.node);
        // dz/dlog_scale = scale eps, dz/dloc = 1
        if let Some(node) = log_scale {
            gradients.register::<B>(node.id, B::float_mul(ops.state, dz.clone()));
        }
        if let Some(node) = loc {
            gradients.register::<B>(node.id, dz);
        }
    }
}

#[derive(Debug)]
struct KlBackward;

impl<B: GaussianOps> Backward<B, 2> for KlBackward {
    /// `loc` and `log_scale`.
    type State = (FloatTensor<B>, FloatTensor<B>);

    fn backward(self, ops: Ops<Self::State, 2>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let [loc_node, log_scale_node] = ops.parents;
        let upstream = gradients.consume::<B>(&ops.node);
        let (loc, log_scale) = ops.state;
        let (d_loc, d_log_scale) = B::standard_gaussian_kl_gradient(loc, log_scale, upstream);
        if let Some(node) = loc_node {
            gradients.register::<B>(node.id, d_loc);
        }
        if let Some(node) = log_scale_node {
            gradients.register::<B>(node.id, d_log_scale);
        }
    }
}

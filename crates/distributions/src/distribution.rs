//! What a distribution can do: small traits, each implemented only where it is true.

use burn::tensor::Tensor;

use crate::Noise;

/// A distribution over values of `D` axes, `[batch, event..]`.
pub trait Distribution<const D: usize> {
    /// Draws one value for each batch entry; no gradient flows through it.
    fn sample(&self, noise: &mut Noise) -> Tensor<D>;

    /// `log p(value)` in nats, summed over the event axes.
    ///
    /// # Shapes
    /// - `value`: `[batch, event..]`
    /// - returns: `[batch]`
    fn log_prob(&self, value: Tensor<D>) -> Tensor<1>;
}

/// A distribution whose samples are differentiable in its parameters.
pub trait Reparameterized<const D: usize>: Distribution<D> {
    /// Draws one value for each batch entry, differentiable in the parameters.
    fn rsample(&self, noise: &mut Noise) -> Tensor<D>;
}

/// A reparameterised distribution whose noise is free of the parameters: `z = g(eps; parameters)`.
///
/// Fixed noise gives finite-difference checks, common random numbers, and comparisons between backends.
pub trait NoiseTransform<const D: usize>: Reparameterized<D> {
    /// Draws `eps`, with the shape of one sample.
    fn noise(&self, noise: &mut Noise) -> Tensor<D>;

    /// `z = g(eps; parameters)`, differentiable in the parameters.
    ///
    /// # Shapes
    /// - `eps`: `[batch, event..]`, as from [`noise`](Self::noise)
    /// - returns: `[batch, event..]`
    fn transform(&self, eps: Tensor<D>) -> Tensor<D>;
}

/// A distribution whose first two moments have a closed form.
pub trait Moments<const D: usize> {
    /// `E[x]`, `[batch, event..]`.
    fn mean(&self) -> Tensor<D>;

    /// `E[(x - E[x])^2]` of each entry, `[batch, event..]`.
    fn variance(&self) -> Tensor<D>;
}

/// A distribution whose entropy has a closed form.
pub trait Entropy {
    /// `E_q[-log q]` in nats, summed over the event axes: `[batch]`.
    fn entropy(&self) -> Tensor<1>;
}

/// A pair of distributions whose divergence has a closed form.
pub trait KlDivergence<Q = Self> {
    /// `KL(self || q) = E_self[log self - log q]` in nats, summed over the event axes: `[batch]`.
    fn kl_divergence(&self, q: &Q) -> Tensor<1>;
}

/// Sums every axis but the first.
///
/// # Shapes
/// - `values`: `[batch, event..]`
/// - returns: `[batch]`
pub fn sum_events<const D: usize>(values: Tensor<D>) -> Tensor<1> {
    let batch = values.dims()[0];
    let events = values.dims()[1..].iter().product();
    values.reshape([batch, events]).sum_dim(1).squeeze_dim(1)
}

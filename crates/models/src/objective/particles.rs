//! Particles folded into the batch axis, and unfolded: row `b K + k` is particle `k` of image `b`.

use burn::tensor::Tensor;

use crate::elbo::Elbo;
use crate::latent::{Route, Weighed};
use crate::vae::log_likelihood;
use crate::{LatentNoise, Posterior, Vae};

/// A batch of images with the posterior and the noise of `K` particles each.
#[derive(Debug)]
pub(super) struct Particles<'a> {
    vae: &'a Vae,
    /// `[batch * K, pixels]`.
    images: Tensor<2>,
    /// Of `[batch, ..]`.
    posterior: Posterior,
    /// Of `[batch * K, ..]`.
    repeated: Posterior,
    eps: LatentNoise,
    shape: [usize; 2],
}

/// The terms of the log weights, each `[batch, K]`, in nats.
#[derive(Debug, Clone)]
pub(super) struct LogTerms {
    pub(super) log_likelihood: Tensor<2>,
    pub(super) log_p: Tensor<2>,
    pub(super) log_q: Tensor<2>,
}

impl<'a> Particles<'a> {
    /// # Panics
    /// When the noise is not of `particles` codes an image.
    pub(super) fn new(vae: &'a Vae, images: Tensor<2>, eps: LatentNoise, particles: usize) -> Self {
        let [batch, pixels] = images.dims();
        assert_eq!(eps.count(), batch * particles, "noise for {particles} codes of each of {batch} images");
        let posterior = vae.encode(images.clone());
        if particles == 1 {
            return Self { vae, images, repeated: posterior.clone(), posterior, eps, shape: [batch, 1] };
        }
        let rows = [batch * particles, pixels];
        let images = images.unsqueeze_dim::<3>(1).expand([batch, particles, pixels]).reshape(rows);
        Self { vae, images, repeated: posterior.repeat(particles), posterior, eps, shape: [batch, particles] }
    }

    /// The terms of every particle, with gradients along a route.
    pub(super) fn weigh(&self, route: &Route) -> LogTerms {
        let Weighed { code, log_p, log_q } = self.repeated.weigh(self.eps.clone(), route);
        let log_likelihood = log_likelihood(&self.vae.decode(code), self.images.clone());
        let unfold = |rows| self.unfold(rows);
        LogTerms { log_likelihood: unfold(log_likelihood), log_p: unfold(log_p), log_q: unfold(log_q) }
    }

    /// One value a draw, `[batch * K]`, as `[batch, K]`.
    pub(super) fn unfold(&self, rows: Tensor<1>) -> Tensor<2> {
        rows.reshape(self.shape)
    }

    /// The location and the log-scale of the Gaussian of each draw, `[batch * K, latent]`.
    ///
    /// # Panics
    /// When the latent is not a Gaussian, or a function of one.
    pub(super) fn location_scale(&self) -> [Tensor<2>; 2] {
        self.repeated.location_scale()
    }

    /// The normals of the draws, `[batch * K, latent]`, without autodiff.
    ///
    /// # Panics
    /// When the noise of the latent is a stream.
    pub(super) fn eps(&self) -> Tensor<2> {
        self.eps.clone().free().inner()
    }

    /// The ELBO, averaged over the particles, with the closed divergence where there is one.
    pub(super) fn elbo(&self, LogTerms { log_likelihood, log_p, log_q }: &LogTerms) -> Elbo {
        let kl = self.posterior.kl().unwrap_or_else(|| mean(log_q.clone() - log_p.clone()));
        Elbo { log_likelihood: mean(log_likelihood.clone()), kl }
    }
}

impl LogTerms {
    /// `log p(x | z) + weight (log p(z) - log q(z | x))`, `[batch, K]`.
    pub(super) fn log_weights(&self, kl_weight: f64) -> Tensor<2> {
        let log_ratio = self.log_p.clone() - self.log_q.clone();
        self.log_likelihood.clone() + log_ratio.mul_scalar(kl_weight)
    }

    /// The same, with no gradient through `log q`.
    pub(super) fn signal(&self, kl_weight: f64) -> Tensor<2> {
        Self { log_q: self.log_q.clone().detach(), ..self.clone() }.log_weights(kl_weight)
    }
}

/// The mean over the particles: `[batch, K]` to `[batch]`.
pub(super) fn mean(values: Tensor<2>) -> Tensor<1> {
    values.mean_dim(1).squeeze_dim(1)
}

/// The sum over the particles: `[batch, K]` to `[batch]`.
pub(super) fn sum(values: Tensor<2>) -> Tensor<1> {
    values.sum_dim(1).squeeze_dim(1)
}

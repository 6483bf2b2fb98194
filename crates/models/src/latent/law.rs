//! What every latent must say: the law of its codes, and how a layer makes `q(z | x)` and `p(z)` of it.

use burn::nn::Linear;
use burn::tensor::{Device, Tensor};

use super::LatentNoise;

/// A law of codes, `q(z | x)` or `p(z)`.
///
/// It draws in coordinates in which nothing underflows, such as `log z` or `logit z` (trap D41), and only the decoder's
/// input is computed from them. Densities are over those coordinates or over `z`, the same for both laws of a pair: the
/// Jacobian drops out of `log p(z) - log q(z | x)`.
pub(crate) trait Law: Clone {
    /// A draw, `[batch, size]`; a discrete one is hard, without a gradient (trap D19).
    fn draw(&self, noise: LatentNoise) -> Tensor<2>;

    /// The code of a draw, `[batch, size]`: what the decoder sees.
    fn code(&self, drawn: Tensor<2>) -> Tensor<2> {
        drawn
    }

    /// The log-density of a draw, or its log-mass, in nats, `[batch]`.
    fn log_prob(&self, drawn: Tensor<2>) -> Tensor<1>;

    /// `KL(self || p)` in nats, `[batch]`, against the prior of this latent; none where it has no closed form.
    fn kl(&self, p: &Self) -> Option<Tensor<1>>;

    /// `E[z]`, `[batch, size]`.
    fn mean(&self) -> Tensor<2>;

    /// Each row `count` times, one copy behind the other.
    fn repeat(&self, count: usize) -> Self;

    /// The same law, whose parameters no gradient reaches; one that reaches a draw stays (trap D9).
    fn stop(&self) -> Self;
}

/// A latent layer: linear heads on the encoder's last hidden units, and a prior.
pub(crate) trait Latent {
    /// The law of `q(z | x)` and of `p(z)`.
    type Law: Law;

    /// `q(z | x)` from hidden units `[batch, d_input]`.
    fn posterior(&self, hidden: Tensor<2>) -> Self::Law;

    /// `p(z)` of `count` codes.
    fn prior(&self, count: usize) -> Self::Law;
}

/// `q(z | x)` and `p(z)` of the same shape.
///
/// `q` may be anything, as where it is refined for one image. `p` is the prior that the layer has: [`Posterior::kl`](crate::Posterior::kl)
/// of a Gaussian, log-normal, Kumaraswamy or Bernoulli pair takes that prior as known, and does not look at `p`.
///
/// # Examples
/// With the prior in place of the encoder's `q(z | x)` nothing diverges, and the ELBO is the likelihood
/// (`vae`, `images` and `eps` as on the [front page](crate)).
///
/// ```
/// # use burn::tensor::{Device, Tensor};
/// # use distributions::{Noise, Purpose};
/// # use models::{Activation, LatentConfig, VaeConfig};
/// use distributions::KlDivergence;
/// use models::{Pair, Posterior};
///
/// # let device = Device::flex();
/// # let latent = LatentConfig::Gaussian { size: 2 };
/// # let config = VaeConfig { encoder: vec![8], decoder: vec![8], activation: Activation::Tanh, latent };
/// # let vae = config.init(4, 1, &device);
/// # let images = Tensor::<2>::from_floats([[1.0, 0.0, 1.0, 0.0]], &device);
/// # let eps = latent.noise(&mut Noise::new(1, Purpose::TrainingLatent, 1, 0), 1, &device);
/// let Posterior::Gaussian(Pair { q, p }) = vae.encode(images.clone()) else { panic!("it is Gaussian") };
/// let of_model = vae.elbo(images.clone(), eps.clone()).kl;
/// assert!((q.kl_divergence(&p) - of_model).abs().into_scalar::<f32>() < 1e-6);
/// let elbo = vae.elbo_of(&Posterior::Gaussian(Pair { q: p.clone(), p }), images, eps);
/// assert_eq!(elbo.value().into_scalar::<f32>(), elbo.log_likelihood.into_scalar::<f32>());
/// ```
#[derive(Debug, Clone)]
pub struct Pair<L> {
    /// `q(z | x)`.
    pub q: L,
    /// `p(z)`.
    pub p: L,
}

/// Each entry of the first axis `count` times, one copy behind the other; of a single one without a copy in memory.
pub(crate) fn repeat_rows<const D: usize>(rows: Tensor<D>, count: usize) -> Tensor<D> {
    let mut shape = rows.dims();
    let batch = shape[0];
    shape[0] = batch * count;
    if batch == 1 {
        return rows.expand(shape);
    }
    let width = shape[1..].iter().product();
    rows.reshape([batch, 1, width]).expand([batch, count, width]).reshape(shape)
}

/// Zeros of `count` outputs of a head, on its device.
pub(crate) fn zeros(head: &Linear, count: usize) -> Tensor<2> {
    let (device, size) = place(head);
    Tensor::zeros([count, size], &device)
}

/// Ones of `count` outputs of a head, on its device.
pub(crate) fn ones(head: &Linear, count: usize) -> Tensor<2> {
    let (device, size) = place(head);
    Tensor::ones([count, size], &device)
}

fn place(head: &Linear) -> (Device, usize) {
    let weight = head.weight.val();
    (weight.device(), weight.dims()[1])
}

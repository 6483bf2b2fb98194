//! The Gaussian latent: `q(z | x) = N(loc, diag(exp(log_variance)))` against `N(0, I)`.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::Tensor;
use distributions::{Distribution, Gaussian, KlDivergence, NoiseTransform};

use super::LatentNoise;
use super::law::{Latent, Law, repeat_rows, zeros};
use crate::linear::LinearFactory;

/// The Gaussian latent layer: `q(z | x) = N(loc, diag(exp(log_variance)))`, two linear heads.
#[derive(Module, Debug)]
pub struct GaussianLatent {
    pub(crate) loc: Linear,
    pub(crate) log_variance: Linear,
}

impl GaussianLatent {
    pub(crate) fn new(factory: &mut LinearFactory<'_>, d_input: usize, size: usize) -> Self {
        Self { loc: factory.linear(d_input, size), log_variance: factory.linear(d_input, size) }
    }
}

impl Latent for GaussianLatent {
    type Law = Gaussian<2>;

    fn posterior(&self, hidden: Tensor<2>) -> Gaussian<2> {
        Gaussian::from_log_variance(self.loc.forward(hidden.clone()), self.log_variance.forward(hidden))
    }

    fn prior(&self, count: usize) -> Gaussian<2> {
        Gaussian::standard_like(&zeros(&self.loc, count))
    }
}

impl Law for Gaussian<2> {
    fn draw(&self, noise: LatentNoise) -> Tensor<2> {
        self.transform(noise.free())
    }

    fn log_prob(&self, drawn: Tensor<2>) -> Tensor<1> {
        Distribution::log_prob(self, drawn)
    }

    fn kl(&self, p: &Self) -> Tensor<1> {
        self.kl_divergence(p)
    }

    fn mean(&self) -> Tensor<2> {
        self.loc()
    }

    fn repeat(&self, count: usize) -> Self {
        Gaussian::from_log_scale(repeat_rows(self.loc(), count), repeat_rows(self.log_scale(), count))
    }
}

//! The Gaussian latent: `q(z | x) = N(loc, diag(exp(log_variance)))` against `N(0, I)`.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::Tensor;
use distributions::Gaussian;

use super::LatentNoise;
use super::law::{Latent, Law, repeat_rows, zeros};
use crate::linear::{LinearFactory, affine};

/// The Gaussian latent layer: `q(z | x) = N(loc, diag(exp(log_variance)))`, two linear heads.
#[derive(Module, Debug)]
pub(crate) struct GaussianLatent {
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
        Gaussian::from_log_variance(affine(&self.loc, hidden.clone()), affine(&self.log_variance, hidden))
    }

    fn prior(&self, count: usize) -> Gaussian<2> {
        Gaussian::standard_like(&zeros(&self.loc, count))
    }
}

impl Law for Gaussian<2> {
    fn draw(&self, noise: LatentNoise) -> Tensor<2> {
        kernels::gaussian_transform(self.loc(), self.log_scale(), noise.free())
    }

    fn log_prob(&self, drawn: Tensor<2>) -> Tensor<1> {
        kernels::gaussian_log_prob(drawn, self.loc(), self.log_scale())
    }

    /// Against the prior of this latent, which is `N(0, I)`.
    fn kl(&self, _: &Self) -> Option<Tensor<1>> {
        Some(kernels::standard_gaussian_kl(self.loc(), self.log_scale()))
    }

    fn mean(&self) -> Tensor<2> {
        self.loc()
    }

    fn repeat(&self, count: usize) -> Self {
        Gaussian::from_log_scale(repeat_rows(self.loc(), count), repeat_rows(self.log_scale(), count))
    }

    fn stop(&self) -> Self {
        Gaussian::from_log_scale(self.loc().detach(), self.log_scale().detach())
    }
}

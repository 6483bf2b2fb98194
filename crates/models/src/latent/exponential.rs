//! The exponential latent: `q(z | x) = Exp(exp(log_rate))` against `Exp(1)`.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::Tensor;
use distributions::{Distribution, Exponential, KlDivergence, Moments, NoiseTransform};

use super::LatentNoise;
use super::law::{Latent, Law, repeat_rows, zeros};
use crate::linear::{LinearFactory, affine};

/// The exponential latent layer: `q(z | x) = Exp(exp(log_rate))`, one linear head (trap D21).
#[derive(Module, Debug)]
pub(crate) struct ExponentialLatent {
    pub(crate) log_rate: Linear,
}

impl ExponentialLatent {
    pub(crate) fn new(factory: &mut LinearFactory<'_>, d_input: usize, size: usize) -> Self {
        Self { log_rate: factory.linear(d_input, size) }
    }
}

impl Latent for ExponentialLatent {
    type Law = Exponential<2>;

    fn posterior(&self, hidden: Tensor<2>) -> Exponential<2> {
        Exponential::from_log_rate(affine(&self.log_rate, hidden))
    }

    fn prior(&self, count: usize) -> Exponential<2> {
        Exponential::standard_like(&zeros(&self.log_rate, count))
    }
}

impl Law for Exponential<2> {
    fn draw(&self, noise: LatentNoise) -> Tensor<2> {
        self.transform(noise.free())
    }

    fn log_prob(&self, drawn: Tensor<2>) -> Tensor<1> {
        Distribution::log_prob(self, drawn)
    }

    fn kl(&self, p: &Self) -> Option<Tensor<1>> {
        Some(self.kl_divergence(p))
    }

    fn mean(&self) -> Tensor<2> {
        Moments::mean(self)
    }

    fn repeat(&self, count: usize) -> Self {
        Exponential::from_log_rate(repeat_rows(self.log_rate(), count))
    }

    fn stop(&self) -> Self {
        Exponential::from_log_rate(self.log_rate().detach())
    }
}

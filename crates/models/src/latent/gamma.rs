//! The gamma latent: codes that are positive, against `Gamma(1, 1)`.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::Tensor;
use distributions::{Gamma, KlDivergence, Moments};
use kernels::bounded;

use super::LatentNoise;
use super::bounded::LOG_CONCENTRATION;
use super::law::{Latent, Law, ones, repeat_rows, zeros};
use crate::linear::{LinearFactory, affine};

/// Logarithms of the rates: the mean of a code, `concentration / rate`, is at most 3e6.
const LOG_RATE: [f32; 2] = [-8.0, 8.0];

/// The gamma latent layer: two linear heads, whose outputs are bounded; gradients are implicit.
#[derive(Module, Debug)]
pub(crate) struct GammaLatent {
    pub(crate) log_concentration: Linear,
    pub(crate) log_rate: Linear,
}

impl GammaLatent {
    pub(crate) fn new(factory: &mut LinearFactory<'_>, d_input: usize, size: usize) -> Self {
        Self { log_concentration: factory.linear(d_input, size), log_rate: factory.linear(d_input, size) }
    }
}

impl Latent for GammaLatent {
    type Law = Gamma<2>;

    fn posterior(&self, hidden: Tensor<2>) -> Gamma<2> {
        let log_concentration = bounded(affine(&self.log_concentration, hidden.clone()), LOG_CONCENTRATION);
        Gamma::from_log_rate(log_concentration.exp(), bounded(affine(&self.log_rate, hidden), LOG_RATE))
    }

    /// `Gamma(1, 1)`, which is `Exp(1)`.
    fn prior(&self, count: usize) -> Gamma<2> {
        Gamma::from_log_rate(ones(&self.log_rate, count), zeros(&self.log_rate, count))
    }
}

/// Drawn as `ln z` (trap D41).
impl Law for Gamma<2> {
    fn draw(&self, noise: LatentNoise) -> Tensor<2> {
        self.rsample_log(&mut noise.stream())
    }

    fn code(&self, drawn: Tensor<2>) -> Tensor<2> {
        drawn.exp()
    }

    fn log_prob(&self, drawn: Tensor<2>) -> Tensor<1> {
        self.log_prob_of_log(drawn)
    }

    fn kl(&self, p: &Self) -> Option<Tensor<1>> {
        Some(self.kl_divergence(p))
    }

    fn mean(&self) -> Tensor<2> {
        Moments::mean(self)
    }

    fn repeat(&self, count: usize) -> Self {
        Gamma::from_log_rate(repeat_rows(self.concentration(), count), repeat_rows(self.log_rate(), count))
    }

    fn stop(&self) -> Self {
        Gamma::from_log_rate(self.concentration().detach(), self.log_rate().detach())
    }
}

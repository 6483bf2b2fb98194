//! The beta latent: codes in (0, 1), against `Beta(1, 1)`.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::{Tensor, activation};
use distributions::{Beta, KlDivergence, Moments};
use kernels::bounded;

use super::LatentNoise;
use super::bounded::{LOG_CONCENTRATION, OPEN_UNIT};
use super::law::{Latent, Law, ones, repeat_rows};
use crate::linear::{LinearFactory, affine};

/// The beta latent layer: two linear heads, whose outputs are bounded; gradients are implicit.
#[derive(Module, Debug)]
pub(crate) struct BetaLatent {
    pub(crate) log_concentration1: Linear,
    pub(crate) log_concentration0: Linear,
}

impl BetaLatent {
    pub(crate) fn new(factory: &mut LinearFactory<'_>, d_input: usize, size: usize) -> Self {
        Self { log_concentration1: factory.linear(d_input, size), log_concentration0: factory.linear(d_input, size) }
    }
}

impl Latent for BetaLatent {
    type Law = Beta<2>;

    fn posterior(&self, hidden: Tensor<2>) -> Beta<2> {
        let concentration = |head: &Linear| bounded(affine(head, hidden.clone()), LOG_CONCENTRATION).exp();
        Beta::from_concentrations(concentration(&self.log_concentration1), concentration(&self.log_concentration0))
    }

    /// The uniform law.
    fn prior(&self, count: usize) -> Beta<2> {
        Beta::from_concentrations(ones(&self.log_concentration1, count), ones(&self.log_concentration1, count))
    }
}

/// Drawn as `logit z` (trap D41).
impl Law for Beta<2> {
    fn draw(&self, noise: LatentNoise) -> Tensor<2> {
        self.rsample_logit(&mut noise.stream())
    }

    fn code(&self, drawn: Tensor<2>) -> Tensor<2> {
        activation::sigmoid(drawn).clamp(OPEN_UNIT[0], OPEN_UNIT[1])
    }

    fn log_prob(&self, drawn: Tensor<2>) -> Tensor<1> {
        self.log_prob_of_logit(drawn)
    }

    fn kl(&self, p: &Self) -> Option<Tensor<1>> {
        Some(self.kl_divergence(p))
    }

    fn mean(&self) -> Tensor<2> {
        Moments::mean(self)
    }

    fn repeat(&self, count: usize) -> Self {
        let repeat = |concentration: Tensor<2>| repeat_rows(concentration, count);
        Beta::from_concentrations(repeat(self.concentration1()), repeat(self.concentration0()))
    }

    fn stop(&self) -> Self {
        Beta::from_concentrations(self.concentration1().detach(), self.concentration0().detach())
    }
}

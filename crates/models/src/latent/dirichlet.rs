//! The Dirichlet latent: groups of codes on the simplex, against `Dirichlet(1, .., 1)`.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::Tensor;
use distributions::{Dirichlet, KlDivergence, Moments};
use kernels::bounded;

use super::LatentNoise;
use super::bounded::LOG_CONCENTRATION;
use super::groups::{flat, grouped};
use super::law::{Latent, Law, ones, repeat_rows};
use crate::linear::{LinearFactory, affine};

/// The Dirichlet latent layer: one linear head for the concentrations of all groups, whose outputs are bounded; gradients
/// are implicit.
#[derive(Module, Debug)]
pub(crate) struct DirichletLatent {
    pub(crate) log_concentration: Linear,
    #[module(skip)]
    groups: usize,
}

impl DirichletLatent {
    pub(crate) fn new(factory: &mut LinearFactory<'_>, d_input: usize, [groups, classes]: [usize; 2]) -> Self {
        Self { log_concentration: factory.linear(d_input, groups * classes), groups }
    }
}

impl Latent for DirichletLatent {
    type Law = Dirichlet<3>;

    fn posterior(&self, hidden: Tensor<2>) -> Dirichlet<3> {
        let log_concentration = bounded(affine(&self.log_concentration, hidden), LOG_CONCENTRATION);
        Dirichlet::from_concentration(grouped(log_concentration.exp(), self.groups))
    }

    /// Uniform over the simplex of each group.
    fn prior(&self, count: usize) -> Dirichlet<3> {
        Dirichlet::from_concentration(grouped(ones(&self.log_concentration, count), self.groups))
    }
}

/// Drawn as `ln z` (trap D41).
impl Law for Dirichlet<3> {
    fn draw(&self, noise: LatentNoise) -> Tensor<2> {
        flat(self.rsample_log(&mut noise.stream()))
    }

    fn code(&self, drawn: Tensor<2>) -> Tensor<2> {
        drawn.exp()
    }

    fn log_prob(&self, drawn: Tensor<2>) -> Tensor<1> {
        self.log_prob_of_log(drawn.reshape(self.concentration().dims()))
    }

    fn kl(&self, p: &Self) -> Option<Tensor<1>> {
        Some(self.kl_divergence(p))
    }

    fn mean(&self) -> Tensor<2> {
        flat(Moments::mean(self))
    }

    fn repeat(&self, count: usize) -> Self {
        Dirichlet::from_concentration(repeat_rows(self.concentration(), count))
    }

    fn stop(&self) -> Self {
        Dirichlet::from_concentration(self.concentration().detach())
    }
}

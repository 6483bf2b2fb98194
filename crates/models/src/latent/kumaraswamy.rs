//! The Kumaraswamy latent: codes in (0, 1), against the uniform prior.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::Tensor;
use distributions::{Kumaraswamy, Moments};
use kernels::{bounded, clamped_exp, kumaraswamy_log, uniform_kumaraswamy_kl};

use super::LatentNoise;
use super::bounded::OPEN_UNIT;
use super::law::{Latent, Law, repeat_rows, zeros};
use crate::linear::{LinearFactory, affine};

/// Logarithms of both concentrations: from 0.27, where the logarithm of no draw underflows in `f32`, to 1097.
const LOG_CONCENTRATION: [f32; 2] = [-1.3, 7.0];

/// The Kumaraswamy latent layer: two linear heads, whose outputs are bounded.
#[derive(Module, Debug)]
pub(crate) struct KumaraswamyLatent {
    pub(crate) log_concentration1: Linear,
    pub(crate) log_concentration0: Linear,
}

impl KumaraswamyLatent {
    pub(crate) fn new(factory: &mut LinearFactory<'_>, d_input: usize, size: usize) -> Self {
        Self { log_concentration1: factory.linear(d_input, size), log_concentration0: factory.linear(d_input, size) }
    }
}

impl Latent for KumaraswamyLatent {
    type Law = Kumaraswamy<2>;

    fn posterior(&self, hidden: Tensor<2>) -> Kumaraswamy<2> {
        Kumaraswamy::from_logs(
            bounded(affine(&self.log_concentration1, hidden.clone()), LOG_CONCENTRATION),
            bounded(affine(&self.log_concentration0, hidden), LOG_CONCENTRATION),
        )
    }

    /// `Kumaraswamy(1, 1)`, the uniform law.
    fn prior(&self, count: usize) -> Kumaraswamy<2> {
        Kumaraswamy::from_logs(zeros(&self.log_concentration1, count), zeros(&self.log_concentration1, count))
    }
}

/// Drawn as `ln z`.
impl Law for Kumaraswamy<2> {
    fn draw(&self, noise: LatentNoise) -> Tensor<2> {
        kumaraswamy_log(self.log_concentration1(), self.log_concentration0(), noise.free())
    }

    fn code(&self, drawn: Tensor<2>) -> Tensor<2> {
        clamped_exp(drawn, OPEN_UNIT)
    }

    fn log_prob(&self, drawn: Tensor<2>) -> Tensor<1> {
        self.log_prob_of_log(drawn)
    }

    /// `KL(q || U(0, 1)) = -H(q)`, since `log p(z) = 0`.
    fn kl(&self, _uniform: &Self) -> Option<Tensor<1>> {
        Some(uniform_kumaraswamy_kl(self.log_concentration1(), self.log_concentration0()))
    }

    fn mean(&self) -> Tensor<2> {
        Moments::mean(self)
    }

    fn repeat(&self, count: usize) -> Self {
        let repeat = |concentration: Tensor<2>| repeat_rows(concentration, count);
        Kumaraswamy::from_logs(repeat(self.log_concentration1()), repeat(self.log_concentration0()))
    }

    fn stop(&self) -> Self {
        Kumaraswamy::from_logs(self.log_concentration1().detach(), self.log_concentration0().detach())
    }
}

//! The log-normal latent: `ln z ~ N(loc, diag(exp(log_variance)))` against `LogNormal(0, 1)`.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::Tensor;
use distributions::{LogNormal, Moments};
use kernels::{bounded, clamped_exp};

use super::LatentNoise;
use super::law::{Latent, Law, repeat_rows, zeros};
use crate::linear::{LinearFactory, affine};

/// Locations of `ln z`. The decoder sees `z` itself: the largest is `exp(8 + 2.8 * 5.7) = 3e10`, with the largest scale and
/// the largest normal, and its products are finite in `f32`.
const LOC: [f32; 2] = [-8.0, 8.0];

/// Logarithms of the variance of `ln z`: scales from 0.0025 to 2.7.
const LOG_VARIANCE: [f32; 2] = [-12.0, 2.0];

/// The log-normal latent layer: two linear heads, whose outputs are bounded.
#[derive(Module, Debug)]
pub(crate) struct LogNormalLatent {
    pub(crate) loc: Linear,
    pub(crate) log_variance: Linear,
}

impl LogNormalLatent {
    pub(crate) fn new(factory: &mut LinearFactory<'_>, d_input: usize, size: usize) -> Self {
        Self { loc: factory.linear(d_input, size), log_variance: factory.linear(d_input, size) }
    }
}

impl Latent for LogNormalLatent {
    type Law = LogNormal<2>;

    fn posterior(&self, hidden: Tensor<2>) -> LogNormal<2> {
        let log_variance = bounded(affine(&self.log_variance, hidden.clone()), LOG_VARIANCE);
        LogNormal::from_log_scale(bounded(affine(&self.loc, hidden), LOC), log_variance.mul_scalar(0.5))
    }

    fn prior(&self, count: usize) -> LogNormal<2> {
        LogNormal::from_log_scale(zeros(&self.loc, count), zeros(&self.loc, count))
    }
}

/// Drawn as `ln z`.
impl Law for LogNormal<2> {
    fn draw(&self, noise: LatentNoise) -> Tensor<2> {
        Law::draw(self.log(), noise)
    }

    fn code(&self, drawn: Tensor<2>) -> Tensor<2> {
        clamped_exp(drawn, [0.0, f32::INFINITY])
    }

    fn log_prob(&self, drawn: Tensor<2>) -> Tensor<1> {
        Law::log_prob(self.log(), drawn)
    }

    /// That of the logarithms.
    fn kl(&self, p: &Self) -> Option<Tensor<1>> {
        Law::kl(self.log(), p.log())
    }

    fn mean(&self) -> Tensor<2> {
        Moments::mean(self)
    }

    fn repeat(&self, count: usize) -> Self {
        let of = self.log();
        LogNormal::from_log_scale(repeat_rows(of.loc(), count), repeat_rows(of.log_scale(), count))
    }

    fn stop(&self) -> Self {
        let of = self.log();
        LogNormal::from_log_scale(of.loc().detach(), of.log_scale().detach())
    }
}

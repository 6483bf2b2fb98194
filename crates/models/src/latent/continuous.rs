//! Latent layers of one real number a dimension: linear heads on the encoder's last hidden units.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::Tensor;
use distributions::{Exponential, Gaussian};

use crate::linear::{LinearFactory, affine};

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

    /// `q(z | x)` from the encoder's hidden units.
    ///
    /// # Shapes
    /// - `hidden`: `[batch, d_input]`
    /// - returns: a Gaussian over `[batch, latent]`
    pub fn forward(&self, hidden: Tensor<2>) -> Gaussian<2> {
        Gaussian::from_log_variance(affine(&self.loc, hidden.clone()), affine(&self.log_variance, hidden))
    }
}

/// The exponential latent layer: `q(z | x) = Exp(exp(log_rate))`, one linear head (trap D21).
#[derive(Module, Debug)]
pub struct ExponentialLatent {
    pub(crate) log_rate: Linear,
}

impl ExponentialLatent {
    pub(crate) fn new(factory: &mut LinearFactory<'_>, d_input: usize, size: usize) -> Self {
        Self { log_rate: factory.linear(d_input, size) }
    }

    /// `q(z | x)` from the encoder's hidden units.
    ///
    /// # Shapes
    /// - `hidden`: `[batch, d_input]`
    /// - returns: exponentials over `[batch, latent]`
    pub fn forward(&self, hidden: Tensor<2>) -> Exponential<2> {
        Exponential::from_log_rate(affine(&self.log_rate, hidden))
    }
}

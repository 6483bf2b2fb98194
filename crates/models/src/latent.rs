//! The latent layer: from hidden units to the parameters of `q(z | x)`.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::Tensor;
use distributions::Gaussian;
use serde::{Deserialize, Serialize};

use crate::linear::LinearFactory;

/// Which latent variable a model has: a closed choice.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum LatentConfig {
    /// `q(z | x) = N(loc, diag(exp(log_variance)))` against the prior `p(z) = N(0, I)`.
    Gaussian {
        /// The number of latent dimensions.
        size: usize,
    },
}

impl LatentConfig {
    /// The number of latent dimensions.
    pub fn size(self) -> usize {
        match self {
            Self::Gaussian { size } => size,
        }
    }

    /// The same latent with another number of dimensions.
    pub fn with_size(self, size: usize) -> Self {
        match self {
            Self::Gaussian { .. } => Self::Gaussian { size },
        }
    }
}

/// The Gaussian latent layer: two linear heads on the encoder's last hidden units.
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
        Gaussian::from_log_variance(self.loc.forward(hidden.clone()), self.log_variance.forward(hidden))
    }
}

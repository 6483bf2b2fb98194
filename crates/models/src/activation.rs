//! The nonlinearity between two layers.

use burn::nn::Linear;
use burn::tensor::{Tensor, activation};
use kernels::Input;
use serde::{Deserialize, Serialize};

use crate::linear::{affine, apply};

/// The nonlinearity between two layers: a closed choice.
///
/// # Examples
/// A leaky ReLU of slope 0 is a ReLU, and says the same of every pixel.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use models::{Activation, LatentConfig, VaeConfig};
///
/// let logit = |activation| {
///     let latent = LatentConfig::Gaussian { size: 1 };
///     let config = VaeConfig { encoder: vec![], decoder: vec![8], activation, latent };
///     let code = Tensor::<2>::from_floats([[-3.0]], &Device::flex());
///     config.init(1, 1, &code.device()).decode(code).logits().into_scalar::<f32>()
/// };
/// assert_eq!(logit(Activation::LeakyRelu { slope: 0.0 }), logit(Activation::Relu));
/// assert_ne!(logit(Activation::LeakyRelu { slope: 0.2 }), logit(Activation::Relu));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Activation {
    /// `max(x, 0)`.
    Relu,
    /// `x` above 0 and `slope x` below.
    LeakyRelu {
        /// The slope below 0.
        slope: f64,
    },
    /// The hyperbolic tangent.
    Tanh,
}

impl Activation {
    /// `activation(x W + b)`, `[batch, d_output]`.
    pub(crate) fn after(self, layer: &Linear, input: Input, x: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Relu => apply(layer, input, x, kernels::Activation::Relu),
            Self::LeakyRelu { slope } if slope > 0.0 => {
                apply(layer, input, x, kernels::Activation::LeakyRelu { slope: slope as f32 })
            }
            // The sign of the value is not that of its argument, which the fused backward pass relies on.
            Self::LeakyRelu { slope } => activation::leaky_relu(affine(layer, x), slope),
            Self::Tanh => apply(layer, input, x, kernels::Activation::Tanh),
        }
    }
}

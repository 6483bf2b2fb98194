//! A linear layer whose first weights come from the keyed noise.

use burn::module::{Param, ParamId};
use burn::nn::Linear;
use burn::tensor::{Device, Tensor, TensorData};
use distributions::{Noise, Purpose};
use kernels::Input;
use serde::{Deserialize, Serialize};

/// `x W + b`, `[batch, d_output]`.
pub(crate) fn affine(layer: &Linear, x: Tensor<2>) -> Tensor<2> {
    apply(layer, Input::Dense, x, kernels::Activation::Identity)
}

/// `activation(x W + b)`, `[batch, d_output]`, in one pass.
pub(crate) fn apply(layer: &Linear, input: Input, x: Tensor<2>, activation: kernels::Activation) -> Tensor<2> {
    match &layer.bias {
        Some(bias) => kernels::linear_of(input, x, layer.weight.val(), bias.val(), activation),
        None => unreachable!("every layer of a model has a bias: LinearFactory gives it one"),
    }
}

/// The law of the first weights of a layer, `W: [d_input, d_output]`.
///
/// # Examples
/// With biases of 0, a decoder of tanh units says one half for every pixel at the code 0.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use models::{Activation, FirstWeights, LatentConfig, VaeConfig};
///
/// let latent = LatentConfig::Gaussian { size: 2 };
/// let config = VaeConfig { encoder: vec![8], decoder: vec![8], activation: Activation::Tanh, latent };
/// let code = Tensor::<2>::zeros([1, 2], &Device::flex());
/// let logit = |weights| config.init_from(weights, 1, 1, &code.device()).decode(code.clone()).logits();
/// assert_eq!(logit(FirstWeights::Glorot).into_scalar::<f32>(), 0.0);
/// assert_ne!(logit(FirstWeights::Uniform).into_scalar::<f32>(), 0.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FirstWeights {
    /// Weights and biases from `U(-k, k)`, `k = 1 / sqrt(d_input)`: the default of Burn and of PyTorch.
    #[default]
    Uniform,
    /// Weights from `U(-k, k)`, `k = sqrt(6 / (d_input + d_output))`, and biases of 0 (Glorot and Bengio 2010).
    Glorot,
}

/// The number of the first layer beside a model.
const BESIDE: u64 = 1 << 20;

/// Builds linear layers in a fixed order, each with its own stream of noise and its own parameter ids.
///
/// Burn numbers parameters at random and draws their values from one global generator per backend: both would make
/// two runs of one seed differ. Here the n-th layer of a model has the ids `2n` and `2n + 1` and the stream
/// `(seed, Weights, 0, n)`, on every backend.
#[derive(Debug)]
pub(crate) struct LinearFactory<'a> {
    seed: u64,
    law: FirstWeights,
    made: u64,
    device: &'a Device,
}

impl<'a> LinearFactory<'a> {
    pub(crate) fn new(seed: u64, law: FirstWeights, device: &'a Device) -> Self {
        Self { seed, law, made: 0, device }
    }

    /// Builds the layers beside a model: their numbers are beyond those of any layer of a model.
    pub(crate) fn beside(seed: u64, device: &'a Device) -> Self {
        Self { made: BESIDE, ..Self::new(seed, FirstWeights::Uniform, device) }
    }

    /// `y = x W + b` with `W: [d_input, d_output]` and `b: [d_output]`.
    pub(crate) fn linear(&mut self, d_input: usize, d_output: usize) -> Linear {
        let mut noise = Noise::new(self.seed, Purpose::Weights, 0, self.made);
        let (weight_bound, bias_bound) = match self.law {
            FirstWeights::Uniform => (1.0 / (d_input as f32).sqrt(), 1.0 / (d_input as f32).sqrt()),
            FirstWeights::Glorot => ((6.0 / (d_input + d_output) as f32).sqrt(), 0.0),
        };
        let mut draw = |count: usize, bound: f32| {
            let mut values = vec![0.0; count];
            noise.fill_uniform(&mut values);
            values.iter_mut().for_each(|u| *u = bound * (2.0 * *u - 1.0));
            values
        };
        let mut weight =
            Param::from_data(TensorData::new(draw(d_input * d_output, weight_bound), [d_input, d_output]), self.device);
        let mut bias = Param::from_data(TensorData::new(draw(d_output, bias_bound), [d_output]), self.device);
        (weight.id, bias.id) = (ParamId::from(2 * self.made), ParamId::from(2 * self.made + 1));
        self.made += 1;
        Linear { weight, bias: Some(bias) }
    }

    /// A parameter with given first values, which takes the number of a layer.
    pub(crate) fn parameter<const D: usize>(&mut self, values: TensorData) -> Param<Tensor<D>> {
        let mut parameter = Param::from_data(values, self.device);
        parameter.id = ParamId::from(2 * self.made);
        self.made += 1;
        parameter
    }

    /// Numbers that no gradient reaches, on the device without autodiff, which take the number of a layer.
    pub(crate) fn numbers<const D: usize>(&mut self, values: TensorData) -> Param<Tensor<D>> {
        let mut numbers = Param::from_data(values, &self.device.clone().inner()).set_require_grad(false);
        numbers.id = ParamId::from(2 * self.made);
        self.made += 1;
        numbers
    }
}

//! A stack of linear layers, each followed by the nonlinearity.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::Tensor;
use kernels::Input;

use crate::activation::Activation;
use crate::linear::LinearFactory;

/// Hidden layers: `h <- activation(h W + b)`, as many times as there are layers.
#[derive(Module, Debug)]
pub(crate) struct Mlp {
    layers: Vec<Linear>,
    #[module(skip)]
    activation: Activation,
    /// What the first layer knows of its input.
    #[module(skip)]
    input: Input,
}

impl Mlp {
    pub(crate) fn new(
        factory: &mut LinearFactory<'_>,
        d_input: usize,
        hidden: &[usize],
        activation: Activation,
    ) -> Self {
        let inputs = std::iter::once(d_input).chain(hidden.iter().copied());
        let layers = inputs.zip(hidden).map(|(d_input, &d_output)| factory.linear(d_input, d_output)).collect();
        Self { layers, activation, input: Input::Dense }
    }

    /// The same layers, the first of which knows this of its input.
    pub(crate) fn of(self, input: Input) -> Self {
        Self { input, ..self }
    }

    /// The weights of the first layer.
    #[cfg(test)]
    pub(crate) fn first_weights(&self) -> Tensor<2> {
        self.layers[0].weight.val()
    }

    /// Applies the layers in order.
    ///
    /// # Shapes
    /// - `input`: `[batch, d_input]`
    /// - returns: `[batch, last hidden size]`, or the input where there are no layers
    pub(crate) fn forward(&self, input: Tensor<2>) -> Tensor<2> {
        let inputs = std::iter::once(self.input).chain(std::iter::repeat(Input::Dense));
        self.layers.iter().zip(inputs).fold(input, |hidden, (layer, input)| self.activation.after(layer, input, hidden))
    }
}

//! The weights of a model tensor by tensor, under the names of its checkpoints, and the gradient in them.

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Gradients, Tensor};
use models::Vae;

use crate::TrainError;

/// Whose weights they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Of `q(z | x)`, phi: the encoder and the heads of the latent.
    Encoder,
    /// Of `p(x, z)`, theta: the decoder, and a prior that is learnt.
    Decoder,
}

/// One tensor of weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layer {
    /// As in a checkpoint, such as `encoder.layers.0.weight`.
    pub(super) name: String,
    pub(super) side: Side,
    /// The number of weights.
    pub(super) size: usize,
}

/// The tensors of a model, in the order in which [`gradient`] has them.
pub(super) fn layers(vae: &Vae) -> Vec<Layer> {
    let mut visitor = Names::default();
    vae.visit(&mut visitor);
    visitor.layers
}

/// The gradient in every weight: one vector a tensor, in the order of [`layers`]. Where a loss does not depend on a tensor it is zero.
///
/// # Errors
/// When the device fails.
pub(super) fn gradient(vae: &Vae, gradients: Gradients) -> Result<Vec<Vec<f32>>, TrainError> {
    let mut visitor = Values { gradients: GradientsParams::from_grads(gradients, vae), values: Ok(Vec::new()) };
    vae.visit(&mut visitor);
    visitor.values.map_err(TrainError::Device)
}

#[derive(Default)]
struct Names {
    path: Vec<String>,
    layers: Vec<Layer>,
}

impl ModuleVisitor for Names {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let name = self.path.join(".");
        let is_prior = name == "latent.prior_logits" || name.starts_with("latent.generation.");
        let is_encoder = name.starts_with("encoder.") || name.starts_with("latent.") && !is_prior;
        let side = if is_encoder { Side::Encoder } else { Side::Decoder };
        self.layers.push(Layer { name, side, size: param.val().shape().num_elements() });
    }
}

struct Values {
    gradients: GradientsParams,
    values: Result<Vec<Vec<f32>>, String>,
}

impl ModuleVisitor for Values {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Ok(values) = &mut self.values else { return };
        let read = match self.gradients.remove::<D>(param.id) {
            Some(gradient) => gradient.try_into_vec_as::<f32>().map_err(|error| error.to_string()),
            None => Ok(vec![0.0; param.val().shape().num_elements()]),
        };
        match read {
            Ok(read) => values.push(read),
            Err(message) => self.values = Err(message),
        }
    }
}

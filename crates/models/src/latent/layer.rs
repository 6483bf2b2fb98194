//! The latent layer of a model as a Burn module: one of a closed choice.

use burn::module::{Content, Devices, Module, ModuleDisplay, ModuleDisplayDefault, ModuleMapper, ModuleVisitor};
use burn::tensor::{Device, Tensor};
use distributions::{Exponential, Gaussian};

use super::{CategoricalLatent, ExponentialLatent, GaussianLatent, Posterior};

/// From hidden units to `q(z | x)` with its prior.
///
/// The module is written out, since a derived one puts the variant's name into every parameter's path: the weights of a
/// Gaussian are `latent.loc`, as they always were, and not `latent.Gaussian.loc`.
#[derive(Debug, Clone)]
pub enum LatentLayer {
    /// [`GaussianLatent`].
    Gaussian(GaussianLatent),
    /// [`ExponentialLatent`].
    Exponential(ExponentialLatent),
    /// [`CategoricalLatent`].
    Categorical(CategoricalLatent),
}

impl LatentLayer {
    /// `q(z | x)` with its prior, from the encoder's hidden units `[batch, d_input]`.
    pub fn forward(&self, hidden: Tensor<2>) -> Posterior {
        match self {
            Self::Gaussian(layer) => {
                let q = layer.forward(hidden);
                let p = Gaussian::standard_like(&q.loc());
                Posterior::Gaussian { q, p }
            }
            Self::Exponential(layer) => {
                let q = layer.forward(hidden);
                let p = Exponential::standard_like(&q.log_rate());
                Posterior::Exponential { q, p }
            }
            Self::Categorical(layer) => layer.forward(hidden),
        }
    }

    /// `p(z)` in place of `q(z | x)`, for codes of the shape of `like`, `[count, size]`.
    pub(crate) fn prior(&self, like: &Tensor<2>) -> Posterior {
        match self {
            Self::Gaussian(_) => {
                let p = Gaussian::standard_like(like);
                Posterior::Gaussian { q: p.clone(), p }
            }
            Self::Exponential(_) => {
                let p = Exponential::standard_like(like);
                Posterior::Exponential { q: p.clone(), p }
            }
            Self::Categorical(layer) => {
                let [count, size] = like.dims();
                let groups = layer.groups();
                let p = layer.prior(&like.clone().reshape([count, groups, size / groups]));
                Posterior::Categorical { q: p.clone(), p }
            }
        }
    }
}

/// The same expression for the layer of whichever variant.
macro_rules! with_layer {
    ($self:expr, $layer:ident => $body:expr) => {
        match $self {
            LatentLayer::Gaussian($layer) => $body,
            LatentLayer::Exponential($layer) => $body,
            LatentLayer::Categorical($layer) => $body,
        }
    };
}

/// The layer of whichever variant, replaced by another of its kind.
macro_rules! map_layer {
    ($self:expr, $layer:ident => $body:expr) => {
        match $self {
            LatentLayer::Gaussian($layer) => LatentLayer::Gaussian($body),
            LatentLayer::Exponential($layer) => LatentLayer::Exponential($body),
            LatentLayer::Categorical($layer) => LatentLayer::Categorical($body),
        }
    };
}

impl Module for LatentLayer {
    fn collect_devices(&self, devices: Devices) -> Devices {
        with_layer!(self, layer => layer.collect_devices(devices))
    }

    fn fork(self, device: &Device) -> Self {
        map_layer!(self, layer => layer.fork(device))
    }

    fn to_device(self, device: &Device) -> Self {
        map_layer!(self, layer => layer.to_device(device))
    }

    fn train(self) -> Self {
        map_layer!(self, layer => layer.train())
    }

    fn valid(&self) -> Self {
        map_layer!(self, layer => layer.valid())
    }

    fn materialize(self) -> Self {
        map_layer!(self, layer => layer.materialize())
    }

    fn visit<Visitor: ModuleVisitor>(&self, visitor: &mut Visitor) {
        with_layer!(self, layer => layer.visit(visitor));
    }

    fn map<Mapper: ModuleMapper>(self, mapper: &mut Mapper) -> Self {
        map_layer!(self, layer => layer.map(mapper))
    }
}

impl ModuleDisplayDefault for LatentLayer {
    fn content(&self, content: Content) -> Option<Content> {
        with_layer!(self, layer => layer.content(content))
    }
}

impl ModuleDisplay for LatentLayer {}

//! The latent layer of a model as a Burn module: one of a closed choice.

use burn::module::{Content, Devices, Module, ModuleDisplay, ModuleDisplayDefault, ModuleMapper, ModuleVisitor};
use burn::tensor::{Device, Tensor};

use super::law::{Latent, Pair};
use super::relaxation::Relaxed;
use super::variants::with_latent;
use super::{
    BernoulliLatent, BetaLatent, CategoricalLatent, DirichletLatent, ExponentialLatent, GammaLatent, GaussianLatent,
    KumaraswamyLatent, LatentNoise, LogNormalLatent, Posterior, StackedLatent,
};

/// From hidden units to `q(z | x)` with its prior.
///
/// The module is written out, since a derived one puts the variant's name into every parameter's path: the weights of a
/// Gaussian are `latent.loc`, as they always were, and not `latent.Gaussian.loc`.
#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant, reason = "one a model, and never in a collection")]
pub(crate) enum LatentLayer {
    /// [`GaussianLatent`].
    Gaussian(GaussianLatent),
    /// [`ExponentialLatent`].
    Exponential(ExponentialLatent),
    /// [`LogNormalLatent`].
    LogNormal(LogNormalLatent),
    /// [`KumaraswamyLatent`].
    Kumaraswamy(KumaraswamyLatent),
    /// [`BetaLatent`].
    Beta(BetaLatent),
    /// [`GammaLatent`].
    Gamma(GammaLatent),
    /// [`DirichletLatent`].
    Dirichlet(DirichletLatent),
    /// [`BernoulliLatent`].
    Bernoulli(BernoulliLatent),
    /// [`CategoricalLatent`].
    Categorical(CategoricalLatent),
    /// [`StackedLatent`].
    Stacked(StackedLatent),
}

impl LatentLayer {
    /// `q(z | x)` with its prior, from the encoder's hidden units `[batch, d_input]`.
    pub(crate) fn forward(&self, hidden: Tensor<2>) -> Posterior {
        let count = hidden.dims()[0];
        with_latent!(LatentLayer, self, layer => Posterior(Pair { q: layer.posterior(hidden), p: layer.prior(count) }))
    }

    /// `p(z)` in place of `q(z | x)`, for `count` codes.
    pub(crate) fn prior(&self, count: usize) -> Posterior {
        fn twice<L: Latent>(layer: &L, count: usize) -> Pair<L::Law> {
            let p = layer.prior(count);
            Pair { q: p.clone(), p }
        }
        with_latent!(LatentLayer, self, layer => Posterior(twice(layer, count)))
    }

    /// The relaxed code that training maximises its surrogate at, for a latent that is discrete.
    pub(crate) fn relax(&self, posterior: &Posterior, eps: LatentNoise, step: u64) -> Option<Relaxed> {
        match (self, posterior) {
            (Self::Bernoulli(layer), Posterior::Bernoulli(Pair { q, p })) => Some(layer.relax(q, p, eps.free(), step)),
            (Self::Categorical(layer), Posterior::Categorical(Pair { q, p })) => {
                Some(layer.relax(q, p, eps.free(), step))
            }
            (
                Self::Gaussian(_)
                | Self::Exponential(_)
                | Self::LogNormal(_)
                | Self::Kumaraswamy(_)
                | Self::Beta(_)
                | Self::Gamma(_)
                | Self::Dirichlet(_)
                | Self::Bernoulli(_)
                | Self::Categorical(_)
                | Self::Stacked(_),
                _,
            ) => None,
        }
    }
}

impl Module for LatentLayer {
    fn collect_devices(&self, devices: Devices) -> Devices {
        with_latent!(LatentLayer, self, layer => layer.collect_devices(devices))
    }

    fn fork(self, device: &Device) -> Self {
        with_latent!(LatentLayer, self, layer => LatentLayer(layer.fork(device)))
    }

    fn to_device(self, device: &Device) -> Self {
        with_latent!(LatentLayer, self, layer => LatentLayer(layer.to_device(device)))
    }

    fn train(self) -> Self {
        with_latent!(LatentLayer, self, layer => LatentLayer(layer.train()))
    }

    fn valid(&self) -> Self {
        with_latent!(LatentLayer, self, layer => LatentLayer(layer.valid()))
    }

    fn materialize(self) -> Self {
        with_latent!(LatentLayer, self, layer => LatentLayer(layer.materialize()))
    }

    fn visit<Visitor: ModuleVisitor>(&self, visitor: &mut Visitor) {
        with_latent!(LatentLayer, self, layer => layer.visit(visitor));
    }

    fn map<Mapper: ModuleMapper>(self, mapper: &mut Mapper) -> Self {
        with_latent!(LatentLayer, self, layer => LatentLayer(layer.map(mapper)))
    }
}

impl ModuleDisplayDefault for LatentLayer {
    fn content(&self, content: Content) -> Option<Content> {
        with_latent!(LatentLayer, self, layer => layer.content(content))
    }
}

impl ModuleDisplay for LatentLayer {}

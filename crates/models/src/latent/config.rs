//! Which latent variable a model has.

use burn::tensor::{Device, Tensor};
use distributions::Noise;
use serde::{Deserialize, Serialize};

use super::categorical::Relaxation;
use super::{
    CategoricalKl, CategoricalLatent, CategoricalPrior, ExponentialLatent, GaussianLatent, LatentLayer, Temperature,
};
use crate::ConfigError;
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
    /// `q(z | x) = Exp(exp(log_rate))` against the prior `p(z) = Exp(1)`, for each dimension: codes are not negative.
    Exponential {
        /// The number of latent dimensions.
        size: usize,
    },
    /// `groups` categorical variables of `classes` classes each, relaxed by Gumbel-softmax in training and drawn hard at
    /// evaluation (Jang et al. 2017).
    Categorical {
        /// The number of variables.
        groups: usize,
        /// The number of classes of each.
        classes: usize,
        /// The temperature of training.
        #[serde(default = "default_temperature")]
        temperature: Temperature,
        /// The divergence of the surrogate.
        #[serde(default, skip_serializing_if = "CategoricalKl::is_categorical")]
        kl: CategoricalKl,
        /// The prior.
        #[serde(default, skip_serializing_if = "CategoricalPrior::is_uniform")]
        prior: CategoricalPrior,
    },
}

/// The most numbers of a code: beyond, the weights of one layer fill a machine's memory.
const MOST: usize = 1_000_000;

/// The schedule of the authors' notebook: from 1 to 0.5 in 23,000 steps.
fn default_temperature() -> Temperature {
    Temperature::Exponential { start: 1.0, rate: 3e-5, floor: 0.5, every: 1 }
}

impl LatentConfig {
    /// The names of `kind`.
    pub const NAMES: [&str; 3] = ["gaussian", "exponential", "categorical"];

    /// The latent of a name with its defaults: 200 dimensions, or 20 groups of 10 classes.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "gaussian" => Some(Self::Gaussian { size: 200 }),
            "exponential" => Some(Self::Exponential { size: 200 }),
            "categorical" => Some(Self::Categorical {
                groups: 20,
                classes: 10,
                temperature: default_temperature(),
                kl: CategoricalKl::default(),
                prior: CategoricalPrior::default(),
            }),
            _ => None,
        }
    }

    /// The name, as `kind` has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gaussian { .. } => "gaussian",
            Self::Exponential { .. } => "exponential",
            Self::Categorical { .. } => "categorical",
        }
    }

    /// The numbers of a code: the decoder's inputs.
    pub fn size(self) -> usize {
        match self {
            Self::Gaussian { size } | Self::Exponential { size } => size,
            Self::Categorical { groups, classes, .. } => groups.saturating_mul(classes),
        }
    }

    /// The numbers of a code that belong to one variable: its classes, or 1.
    pub fn width(self) -> usize {
        match self {
            Self::Gaussian { .. } | Self::Exponential { .. } => 1,
            Self::Categorical { classes, .. } => classes,
        }
    }

    /// Whether training maximises the ELBO itself; a relaxed latent has a surrogate.
    pub fn is_bound(self) -> bool {
        match self {
            Self::Gaussian { .. } | Self::Exponential { .. } => true,
            Self::Categorical { .. } => false,
        }
    }

    /// The same latent with another number of dimensions; none for a latent that has groups and classes instead.
    pub fn with_size(self, size: usize) -> Option<Self> {
        match self {
            Self::Gaussian { .. } => Some(Self::Gaussian { size }),
            Self::Exponential { .. } => Some(Self::Exponential { size }),
            Self::Categorical { .. } => None,
        }
    }

    /// Checks that there is a latent.
    pub(crate) fn validate(self) -> Result<(), ConfigError> {
        let least = |key, value: usize, least| match value >= least {
            true => Ok(()),
            false if value == 0 && least == 1 => Err(ConfigError::Zero { key }),
            false => Err(ConfigError::TooFew { key, value, least }),
        };
        if self.size() > MOST {
            return Err(ConfigError::TooMany { value: self.size(), most: MOST });
        }
        match self {
            Self::Gaussian { size } | Self::Exponential { size } => least("model.latent.size", size, 1),
            Self::Categorical { groups, classes, .. } => {
                least("model.latent.groups", groups, 1)?;
                least("model.latent.classes", classes, 2)
            }
        }
    }

    /// The noise of `count` codes: standard normals, or uniforms in (0, 1).
    ///
    /// # Shapes
    /// - returns: `[count, size]`
    pub fn noise(self, noise: &mut Noise, count: usize, device: &Device) -> Tensor<2> {
        let shape = [count, self.size()];
        match self {
            Self::Gaussian { .. } => noise.normal(shape, device),
            Self::Exponential { .. } | Self::Categorical { .. } => noise.uniform(shape, device),
        }
    }

    pub(crate) fn init(self, factory: &mut LinearFactory<'_>, d_input: usize) -> LatentLayer {
        match self {
            Self::Gaussian { size } => LatentLayer::Gaussian(GaussianLatent::new(factory, d_input, size)),
            Self::Exponential { size } => LatentLayer::Exponential(ExponentialLatent::new(factory, d_input, size)),
            Self::Categorical { groups, classes, temperature, kl, prior } => {
                let relaxation = Relaxation { temperature, kl };
                let shape = [groups, classes];
                LatentLayer::Categorical(CategoricalLatent::new(factory, d_input, shape, prior, relaxation))
            }
        }
    }
}

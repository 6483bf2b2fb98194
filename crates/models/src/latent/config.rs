//! Which latent variable a model has.

use burn::tensor::Device;
use distributions::Noise;
use serde::{Deserialize, Serialize};

use super::relaxation::Relaxation;
use super::stacked::Sizes;
use super::{
    BernoulliLatent, BetaLatent, CategoricalLatent, CategoricalPrior, DirichletLatent, ExponentialLatent, GammaLatent,
    GaussianLatent, KumaraswamyLatent, LatentLayer, LatentNoise, LogNormalLatent, StackedLatent, SurrogateKl,
    Temperature,
};
use crate::linear::LinearFactory;
use crate::{Activation, ConfigError};

/// Which latent variable a model has: a closed choice.
///
/// # Examples
/// A latent knows its name, its size and its noise, and whether training maximises a bound.
///
/// ```
/// use burn::tensor::Device;
/// use distributions::{Noise, Purpose};
/// use models::LatentConfig;
///
/// let is_relaxed = |name: &&str| LatentConfig::named(name).is_some_and(|latent| !latent.is_bound());
/// let relaxed: Vec<_> = LatentConfig::NAMES.into_iter().filter(is_relaxed).collect();
/// assert_eq!(relaxed, ["bernoulli", "categorical"]);
/// let latent = LatentConfig::Dirichlet { groups: 2, classes: 3 };
/// assert_eq!((latent.name(), latent.size()), ("dirichlet", 6));
/// let eps = latent.noise(&mut Noise::new(1, Purpose::TestLatent, 0, 0), 5, &Device::flex());
/// assert_eq!(eps.count(), 5);
/// ```
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
    /// `q(z | x) = LogNormal(loc, scale)` against the prior `p(z) = LogNormal(0, 1)`, for each dimension: codes are positive.
    LogNormal {
        /// The number of latent dimensions.
        size: usize,
    },
    /// `q(z | x) = Kumaraswamy(a, b)` against the uniform prior over (0, 1), for each dimension.
    Kumaraswamy {
        /// The number of latent dimensions.
        size: usize,
    },
    /// `q(z | x) = Beta(a, b)` against the prior `p(z) = Beta(1, 1)`, for each dimension: codes are in (0, 1).
    Beta {
        /// The number of latent dimensions.
        size: usize,
    },
    /// `q(z | x) = Gamma(concentration, rate)` against the prior `p(z) = Gamma(1, 1)`, for each dimension: codes are
    /// positive.
    Gamma {
        /// The number of latent dimensions.
        size: usize,
    },
    /// `groups` points on the simplex of `classes` corners, `q(z | x) = Dirichlet(a)` against `p(z) = Dirichlet(1, .., 1)`.
    Dirichlet {
        /// The number of points.
        groups: usize,
        /// The numbers of each, which sum to 1.
        classes: usize,
    },
    /// `size` bits against the prior `p(z = 1) = 1/2`, relaxed by the binary Concrete distribution in training and drawn
    /// hard at evaluation (Maddison et al. 2017).
    Bernoulli {
        /// The number of bits.
        size: usize,
        /// The temperature of training.
        #[serde(default = "default_temperature")]
        temperature: Temperature,
        /// The divergence of the surrogate.
        #[serde(default, skip_serializing_if = "SurrogateKl::is_discrete")]
        kl: SurrogateKl,
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
        #[serde(default, skip_serializing_if = "SurrogateKl::is_discrete")]
        kl: SurrogateKl,
        /// The prior.
        #[serde(default, skip_serializing_if = "CategoricalPrior::is_uniform")]
        prior: CategoricalPrior,
    },
    /// Two stochastic layers of Gaussians, `q(h1, h2 | x) = q(h1 | x) q(h2 | h1)` against `p(h2) p(h1 | h2)` (Burda et al. 2016). It is
    /// named in presets and files, and not among [`NAMES`](Self::NAMES): its layers are sizes of a network too.
    #[serde(rename = "stacked-gaussian")]
    Stacked {
        /// The size of `h1`, which is the code that the decoder sees.
        size: usize,
        /// The size of `h2`.
        upper: usize,
        /// The units of the hidden layers from `h1` to `h2`; from `h2` to `h1` in reverse.
        hidden: [usize; 2],
    },
}

/// How the numbers of a code make up its variables.
///
/// # Examples
/// ```
/// use models::{LatentConfig, LatentShape};
///
/// let variables = |latent: LatentConfig| match latent.shape() {
///     LatentShape::Size(size) => size,
///     LatentShape::Groups { groups, .. } => groups,
/// };
/// let latents = [LatentConfig::Beta { size: 6 }, LatentConfig::Dirichlet { groups: 3, classes: 2 }];
/// assert_eq!(latents.map(variables), [6, 3]);
/// assert_eq!(latents.map(LatentConfig::width), [1, 2]);
/// assert_eq!(latents.map(LatentConfig::size), [6, 6]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LatentShape {
    /// So many variables of one number each.
    Size(usize),
    /// So many variables of so many numbers each.
    Groups {
        /// The number of variables.
        groups: usize,
        /// The numbers of each.
        classes: usize,
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
    pub const NAMES: [&str; 9] = [
        "gaussian",
        "exponential",
        "log-normal",
        "kumaraswamy",
        "beta",
        "gamma",
        "dirichlet",
        "bernoulli",
        "categorical",
    ];

    /// The latent of a name with its defaults: 200 numbers, or 20 groups of 10 classes.
    pub fn named(name: &str) -> Option<Self> {
        let (temperature, kl) = (default_temperature(), SurrogateKl::default());
        match name {
            "gaussian" => Some(Self::Gaussian { size: 200 }),
            "exponential" => Some(Self::Exponential { size: 200 }),
            "log-normal" => Some(Self::LogNormal { size: 200 }),
            "kumaraswamy" => Some(Self::Kumaraswamy { size: 200 }),
            "beta" => Some(Self::Beta { size: 200 }),
            "gamma" => Some(Self::Gamma { size: 200 }),
            "dirichlet" => Some(Self::Dirichlet { groups: 20, classes: 10 }),
            "bernoulli" => Some(Self::Bernoulli { size: 200, temperature, kl }),
            "categorical" => {
                Some(Self::Categorical { groups: 20, classes: 10, temperature, kl, prior: CategoricalPrior::default() })
            }
            _ => None,
        }
    }

    /// The name, as `kind` has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gaussian { .. } => "gaussian",
            Self::Exponential { .. } => "exponential",
            Self::LogNormal { .. } => "log-normal",
            Self::Kumaraswamy { .. } => "kumaraswamy",
            Self::Beta { .. } => "beta",
            Self::Gamma { .. } => "gamma",
            Self::Dirichlet { .. } => "dirichlet",
            Self::Bernoulli { .. } => "bernoulli",
            Self::Categorical { .. } => "categorical",
            Self::Stacked { .. } => "stacked-gaussian",
        }
    }

    /// How the numbers of a code make up its variables.
    pub fn shape(self) -> LatentShape {
        match self {
            Self::Gaussian { size }
            | Self::Exponential { size }
            | Self::LogNormal { size }
            | Self::Kumaraswamy { size }
            | Self::Beta { size }
            | Self::Gamma { size }
            | Self::Bernoulli { size, .. }
            | Self::Stacked { size, .. } => LatentShape::Size(size),
            Self::Dirichlet { groups, classes } | Self::Categorical { groups, classes, .. } => {
                LatentShape::Groups { groups, classes }
            }
        }
    }

    /// The numbers of a code: the decoder's inputs.
    pub fn size(self) -> usize {
        match self.shape() {
            LatentShape::Size(size) => size,
            LatentShape::Groups { groups, classes } => groups.saturating_mul(classes),
        }
    }

    /// The numbers of a code that belong to one variable: its classes, or 1.
    pub fn width(self) -> usize {
        match self.shape() {
            LatentShape::Size(_) => 1,
            LatentShape::Groups { classes, .. } => classes,
        }
    }

    /// The temperature that a discrete latent is relaxed at in training; none for a latent that needs no relaxing.
    pub fn temperature(self) -> Option<Temperature> {
        match self {
            Self::Gaussian { .. }
            | Self::Exponential { .. }
            | Self::LogNormal { .. }
            | Self::Kumaraswamy { .. }
            | Self::Beta { .. }
            | Self::Gamma { .. }
            | Self::Dirichlet { .. }
            | Self::Stacked { .. } => None,
            Self::Bernoulli { temperature, .. } | Self::Categorical { temperature, .. } => Some(temperature),
        }
    }

    /// Whether `q(z | x)` and the prior are Gaussian: codes without bounds on a scale of 1.
    pub fn is_gaussian(self) -> bool {
        matches!(self, Self::Gaussian { .. })
    }

    /// Whether training maximises the ELBO itself; a relaxed latent has a surrogate.
    pub fn is_bound(self) -> bool {
        self.temperature().is_none()
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
        if let Self::Stacked { upper, hidden, .. } = self {
            least("model.latent.upper", upper, 1)?;
            if hidden.contains(&0) {
                return Err(ConfigError::EmptyLayer { layer: "model.latent.hidden", sizes: hidden.to_vec() });
            }
            if upper > MOST {
                return Err(ConfigError::TooMany { value: upper, most: MOST });
            }
        }
        match self.shape() {
            LatentShape::Size(size) => least("model.latent.size", size, 1),
            LatentShape::Groups { groups, classes } => {
                least("model.latent.groups", groups, 1)?;
                least("model.latent.classes", classes, 2)
            }
        }
    }

    /// The noise of `count` codes, which moves the stream on: standard normals or uniforms in (0, 1), `[count, size]`, or a
    /// stream of their own for laws that are drawn by rejection; `[count, h1 + h2]` for two layers. Fewer codes have the first ones of more.
    pub fn noise(self, noise: &mut Noise, count: usize, device: &Device) -> LatentNoise {
        let shape = [count, self.size()];
        match self {
            Self::Gaussian { .. } | Self::LogNormal { .. } => LatentNoise::Free(noise.normal(shape, device)),
            Self::Exponential { .. } | Self::Kumaraswamy { .. } | Self::Bernoulli { .. } | Self::Categorical { .. } => {
                LatentNoise::Free(noise.uniform(shape, device))
            }
            Self::Stacked { size, upper, .. } => LatentNoise::Free(noise.normal([count, size + upper], device)),
            Self::Beta { .. } | Self::Gamma { .. } | Self::Dirichlet { .. } => {
                LatentNoise::Stream { key: noise.next_key(), count }
            }
        }
    }

    /// The layer; the activation is that of hidden layers within it.
    pub(crate) fn init(self, factory: &mut LinearFactory<'_>, d_input: usize, activation: Activation) -> LatentLayer {
        match self {
            Self::Gaussian { size } => LatentLayer::Gaussian(GaussianLatent::new(factory, d_input, size)),
            Self::Exponential { size } => LatentLayer::Exponential(ExponentialLatent::new(factory, d_input, size)),
            Self::LogNormal { size } => LatentLayer::LogNormal(LogNormalLatent::new(factory, d_input, size)),
            Self::Kumaraswamy { size } => LatentLayer::Kumaraswamy(KumaraswamyLatent::new(factory, d_input, size)),
            Self::Beta { size } => LatentLayer::Beta(BetaLatent::new(factory, d_input, size)),
            Self::Gamma { size } => LatentLayer::Gamma(GammaLatent::new(factory, d_input, size)),
            Self::Dirichlet { groups, classes } => {
                LatentLayer::Dirichlet(DirichletLatent::new(factory, d_input, [groups, classes]))
            }
            Self::Bernoulli { size, temperature, kl } => {
                LatentLayer::Bernoulli(BernoulliLatent::new(factory, d_input, size, Relaxation { temperature, kl }))
            }
            Self::Categorical { groups, classes, temperature, kl, prior } => {
                let relaxation = Relaxation { temperature, kl };
                let shape = [groups, classes];
                LatentLayer::Categorical(CategoricalLatent::new(factory, d_input, shape, prior, relaxation))
            }
            Self::Stacked { size, upper, hidden } => {
                let sizes = Sizes { lower: size, upper, hidden };
                LatentLayer::Stacked(StackedLatent::new(factory, d_input, sizes, activation))
            }
        }
    }
}

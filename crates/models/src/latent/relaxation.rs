//! How a discrete latent is relaxed in training, and the divergence of the surrogate.

use std::fmt;
use std::str::FromStr;

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::Temperature;

/// Which divergence stands in the surrogate that training maximises: two choices that are never mixed (trap D25).
///
/// # Examples
/// With `discrete` the surrogate has the divergence of the ELBO, and with `relaxed:T` another.
///
/// ```
/// # use burn::tensor::{Device, Tensor};
/// # use distributions::{Noise, Purpose};
/// # use models::{Activation, VaeConfig};
/// use models::{LatentConfig, SurrogateKl, Temperature};
///
/// # let device = Device::flex();
/// # let images = Tensor::<2>::from_floats([[1.0, 0.0, 1.0, 0.0]], &device);
/// let divergences = |kl: SurrogateKl| {
///     let latent = LatentConfig::Bernoulli { size: 2, temperature: Temperature::Constant(0.5), kl };
///     # let config = VaeConfig { encoder: vec![8], decoder: vec![8], activation: Activation::Tanh, latent };
///     # let vae = config.init(4, 1, &device);
///     # let eps = latent.noise(&mut Noise::new(1, Purpose::TrainingLatent, 1, 0), 1, &device);
///     // `vae` has this latent; `images` and `eps` are as on the front page of the crate.
///     let terms = vae.training_terms(images.clone(), eps, 0);
///     [terms.objective().kl.clone(), terms.elbo.kl].map(|kl| kl.into_scalar::<f32>())
/// };
/// let [discrete, elbo] = divergences("discrete".parse()?);
/// assert_eq!(discrete, elbo);
/// let [relaxed, elbo] = divergences(SurrogateKl::Relaxed { prior_temperature: 0.5 });
/// assert_ne!(relaxed, elbo);
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum SurrogateKl {
    /// `KL(q || p)` of the discrete variables, in closed form (Jang et al. 2017); written `discrete`, or as before
    /// `categorical`. With a relaxed `z` in the likelihood the sum is a bound of nothing.
    #[default]
    Discrete,
    /// `log q_t(y) - log p_s(y)` of the relaxed densities at the one draw `y` (Maddison et al. 2017, eq. 21): a bound for
    /// the relaxed model, and none for the discrete one.
    Relaxed {
        /// The temperature `s` of the relaxed prior, which need not be that of `q`.
        prior_temperature: f64,
    },
}

impl SurrogateKl {
    pub(crate) fn is_discrete(&self) -> bool {
        *self == Self::Discrete
    }
}

impl FromStr for SurrogateKl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if matches!(text, "discrete" | "categorical") {
            return Ok(Self::Discrete);
        }
        let prior_temperature = text.strip_prefix("relaxed:").and_then(|number| number.parse::<f64>().ok());
        match prior_temperature {
            Some(prior_temperature) if prior_temperature.is_finite() && prior_temperature > 0.0 => {
                Ok(Self::Relaxed { prior_temperature })
            }
            Some(value) => Err(format!("the prior temperature of `{text}` is {value}; it must be positive")),
            None => Err(format!(
                "unknown divergence `{text}`; there are discrete, and relaxed:T with the temperature of the prior"
            )),
        }
    }
}

impl fmt::Display for SurrogateKl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Discrete => f.write_str("discrete"),
            Self::Relaxed { prior_temperature } => write!(f, "relaxed:{prior_temperature}"),
        }
    }
}

impl TryFrom<String> for SurrogateKl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<SurrogateKl> for String {
    fn from(kl: SurrogateKl) -> Self {
        kl.to_string()
    }
}

/// How a relaxed latent is trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Relaxation {
    pub(crate) temperature: Temperature,
    pub(crate) kl: SurrogateKl,
}

/// A relaxed code with the divergence of the surrogate.
#[derive(Debug, Clone)]
pub(crate) struct Relaxed {
    /// `[batch, size]`.
    pub(crate) code: Tensor<2>,
    /// `[batch]`, in nats, of the relaxed densities; none where the surrogate has that of the discrete variables, which the
    /// ELBO has as well.
    pub(crate) kl: Option<Tensor<1>>,
}

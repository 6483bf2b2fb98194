//! The categorical latent layer: groups of classes, relaxed by Gumbel-softmax while it learns.

use std::fmt;
use std::str::FromStr;

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::{Tensor, TensorData};
use distributions::{Categorical, KlDivergence, RelaxedOneHot};
use serde::{Deserialize, Serialize};

use super::{Posterior, Temperature};
use crate::linear::LinearFactory;

/// Which divergence stands in the surrogate that training maximises: two choices that are never mixed (trap D25).
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum CategoricalKl {
    /// `KL(q || p)` of the categorical variables, in closed form (Jang et al. 2017). With a relaxed `z` in the likelihood
    /// the sum is a bound of nothing.
    #[default]
    Categorical,
    /// `log q_t(y) - log p_s(y)` of the relaxed densities at the one draw `y` (Maddison et al. 2017, eq. 21): a bound for
    /// the relaxed model, and none for the discrete one.
    Relaxed {
        /// The temperature `s` of the relaxed prior, which need not be that of `q`.
        prior_temperature: f64,
    },
}

/// The prior of a categorical latent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CategoricalPrior {
    /// `1 / classes` each.
    #[default]
    Uniform,
    /// One row of logits a group, learnt with the rest (Jang et al. 2017).
    Learned,
}

impl CategoricalPrior {
    pub(crate) fn is_uniform(&self) -> bool {
        *self == Self::Uniform
    }
}

impl CategoricalKl {
    pub(crate) fn is_categorical(&self) -> bool {
        *self == Self::Categorical
    }
}

impl FromStr for CategoricalKl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "categorical" {
            return Ok(Self::Categorical);
        }
        let prior_temperature = text.strip_prefix("relaxed:").and_then(|number| number.parse::<f64>().ok());
        match prior_temperature {
            Some(prior_temperature) if prior_temperature.is_finite() && prior_temperature > 0.0 => {
                Ok(Self::Relaxed { prior_temperature })
            }
            Some(value) => Err(format!("the prior temperature of `{text}` is {value}; it must be positive")),
            None => Err(format!(
                "unknown divergence `{text}`; there are categorical, and relaxed:T with the temperature of the prior"
            )),
        }
    }
}

impl fmt::Display for CategoricalKl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Categorical => f.write_str("categorical"),
            Self::Relaxed { prior_temperature } => write!(f, "relaxed:{prior_temperature}"),
        }
    }
}

impl TryFrom<String> for CategoricalKl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<CategoricalKl> for String {
    fn from(kl: CategoricalKl) -> Self {
        kl.to_string()
    }
}

/// How a relaxed latent is trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Relaxation {
    pub(crate) temperature: Temperature,
    pub(crate) kl: CategoricalKl,
}

/// The categorical latent layer: one linear head gives the logits of all groups.
#[derive(Module, Debug)]
pub struct CategoricalLatent {
    pub(crate) logits: Linear,
    pub(crate) prior_logits: Option<Param<Tensor<2>>>,
    #[module(skip)]
    groups: usize,
    #[module(skip)]
    relaxation: Relaxation,
}

impl CategoricalLatent {
    pub(crate) fn new(
        factory: &mut LinearFactory<'_>,
        d_input: usize,
        [groups, classes]: [usize; 2],
        prior: CategoricalPrior,
        relaxation: Relaxation,
    ) -> Self {
        let logits = factory.linear(d_input, groups * classes);
        let prior_logits = match prior {
            CategoricalPrior::Uniform => None,
            CategoricalPrior::Learned => {
                Some(factory.parameter(TensorData::new(vec![0.0_f32; groups * classes], [groups, classes])))
            }
        };
        Self { logits, prior_logits, groups, relaxation }
    }

    /// `q(z | x)` with its prior, from the encoder's hidden units.
    ///
    /// # Shapes
    /// - `hidden`: `[batch, d_input]`
    /// - returns: one-hot vectors over `[batch, groups, classes]`
    pub fn forward(&self, hidden: Tensor<2>) -> Posterior {
        let logits = self.logits.forward(hidden);
        let [batch, size] = logits.dims();
        let logits = logits.reshape([batch, self.groups, size / self.groups]);
        let p = self.prior(&logits);
        Posterior::Categorical { q: Categorical::from_logits(logits), p }
    }

    pub(crate) fn groups(&self) -> usize {
        self.groups
    }

    /// `p(z)` with the shape of `like`, `[batch, groups, classes]`.
    pub(crate) fn prior(&self, like: &Tensor<3>) -> Categorical<3> {
        match &self.prior_logits {
            Some(logits) => Categorical::from_logits(logits.val().unsqueeze_dim::<3>(0).expand(like.dims())),
            None => Categorical::uniform_like(like),
        }
    }

    /// The relaxed code at uniforms `eps`, and the divergence of the surrogate, at a training step.
    ///
    /// # Shapes
    /// - `eps`: `[batch, groups * classes]`
    /// - returns: `[batch, groups * classes]` and `[batch]`
    pub(crate) fn relax(
        &self,
        q: &Categorical<3>,
        p: &Categorical<3>,
        eps: Tensor<2>,
        step: u64,
    ) -> (Tensor<2>, Tensor<1>) {
        let Relaxation { temperature, kl } = self.relaxation;
        let shape = q.log_probabilities().dims();
        let relaxed = RelaxedOneHot::from_logits(q.log_probabilities(), temperature.at(step));
        let log_code = relaxed.transform_log(eps.reshape(shape));
        let kl = match kl {
            CategoricalKl::Categorical => q.kl_divergence(p),
            CategoricalKl::Relaxed { prior_temperature } => {
                let prior = RelaxedOneHot::from_logits(p.log_probabilities(), prior_temperature);
                relaxed.log_prob_of_log(log_code.clone()) - prior.log_prob_of_log(log_code.clone())
            }
        };
        let [batch, groups, classes] = shape;
        (log_code.exp().reshape([batch, groups * classes]), kl)
    }
}

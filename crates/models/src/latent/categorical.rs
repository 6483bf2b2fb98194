//! The categorical latent layer: groups of classes, relaxed by Gumbel-softmax while it learns.

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::{Tensor, TensorData};
use distributions::{Categorical, Distribution, KlDivergence, Moments, RelaxedOneHot};
use serde::{Deserialize, Serialize};

use super::LatentNoise;
use super::groups::{flat, grouped};
use super::law::{Latent, Law, repeat_rows, zeros};
use super::relaxation::{Relaxation, Relaxed, SurrogateKl};
use crate::linear::{LinearFactory, affine};

/// The prior of a categorical latent.
///
/// # Examples
/// A learnt prior has one number a class more, and is uniform before the first step.
///
/// ```
/// use burn::module::Module;
/// use burn::tensor::Device;
/// use models::{Activation, CategoricalPrior, LatentConfig, SurrogateKl, Temperature, VaeConfig};
///
/// let [uniform, learned] = [CategoricalPrior::Uniform, CategoricalPrior::Learned].map(|prior| {
///     let (temperature, kl) = (Temperature::Constant(0.5), SurrogateKl::Discrete);
///     let latent = LatentConfig::Categorical { groups: 2, classes: 4, temperature, kl, prior };
///     let config = VaeConfig { encoder: vec![8], decoder: vec![8], activation: Activation::Tanh, latent };
///     config.init(4, 1, &Device::flex())
/// });
/// assert_eq!(learned.num_params(), uniform.num_params() + 2 * 4);
/// assert!(learned.prior_mean(1).sub_scalar(0.25).abs().max().into_scalar::<f32>() < 1e-6);
/// ```
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

/// The categorical latent layer: one linear head gives the logits of all groups.
#[derive(Module, Debug)]
pub(crate) struct CategoricalLatent {
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

    /// The relaxed code at uniforms `eps`, `[batch, groups * classes]`, and the divergence of the surrogate, at a training
    /// step.
    pub(crate) fn relax(&self, q: &Categorical<3>, p: &Categorical<3>, eps: Tensor<2>, step: u64) -> Relaxed {
        let Relaxation { temperature, kl } = self.relaxation;
        let (logits, temperature) = (q.log_probabilities(), temperature.at(step));
        match kl {
            SurrogateKl::Discrete => {
                let [batch, groups, classes] = logits.dims();
                let [logits, eps] = [logits.reshape([batch * groups, classes]), eps.reshape([batch * groups, classes])];
                let code = kernels::gumbel_softmax(logits, eps, temperature as f32);
                Relaxed { code: code.reshape([batch, groups * classes]), kl: None }
            }
            SurrogateKl::Relaxed { prior_temperature } => {
                let relaxed = RelaxedOneHot::from_logits(logits, temperature);
                let log_code = relaxed.transform_log(grouped(eps, self.groups));
                let prior = RelaxedOneHot::from_logits(p.log_probabilities(), prior_temperature);
                let kl = relaxed.log_prob_of_log(log_code.clone()) - prior.log_prob_of_log(log_code.clone());
                Relaxed { code: flat(log_code.exp()), kl: Some(kl) }
            }
        }
    }
}

impl Latent for CategoricalLatent {
    type Law = Categorical<3>;

    fn posterior(&self, hidden: Tensor<2>) -> Categorical<3> {
        Categorical::from_logits(grouped(affine(&self.logits, hidden), self.groups))
    }

    fn prior(&self, count: usize) -> Categorical<3> {
        let zeros = grouped(zeros(&self.logits, count), self.groups);
        match &self.prior_logits {
            Some(logits) => Categorical::from_logits(logits.val().unsqueeze_dim::<3>(0).expand(zeros.dims())),
            None => Categorical::uniform_like(&zeros),
        }
    }
}

impl Law for Categorical<3> {
    /// One-hot: the argmax of logits plus Gumbels.
    fn draw(&self, noise: LatentNoise) -> Tensor<2> {
        let eps = noise.free().reshape(self.log_probabilities().dims());
        flat(self.gumbel_max(eps))
    }

    fn log_prob(&self, drawn: Tensor<2>) -> Tensor<1> {
        Distribution::log_prob(self, drawn.reshape(self.log_probabilities().dims()))
    }

    fn kl(&self, p: &Self) -> Option<Tensor<1>> {
        Some(self.kl_divergence(p))
    }

    fn mean(&self) -> Tensor<2> {
        flat(Moments::mean(self))
    }

    fn repeat(&self, count: usize) -> Self {
        Categorical::from_logits(repeat_rows(self.log_probabilities(), count))
    }

    fn stop(&self) -> Self {
        Categorical::from_logits(self.log_probabilities().detach())
    }
}

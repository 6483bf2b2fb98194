//! The evidence lower bound of a batch, one value an image, and the surrogate that stands in for it.

use burn::tensor::Tensor;

/// The two terms of the one-sample ELBO, in nats per image: `ELBO = log p(x | z) - KL(q(z | x) || p(z))`.
///
/// # Examples
/// ```
/// use burn::tensor::{Device, Tensor};
/// use models::Elbo;
///
/// let per_image = |values: [f32; 2]| Tensor::<1>::from_floats(values, &Device::flex());
/// let elbo = Elbo { log_likelihood: per_image([-80.0, -70.0]), kl: per_image([20.0, 10.0]) };
/// assert_eq!(elbo.value().try_into_vec_as::<f32>()?, [-100.0, -80.0]);
/// assert_eq!(elbo.loss().into_scalar::<f32>(), 90.0);
/// # Ok::<(), burn::tensor::TensorReadError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Elbo {
    /// `log p(x | z)` at the sampled `z`, `[batch]`.
    pub log_likelihood: Tensor<1>,
    /// `KL(q(z | x) || p(z))`, `[batch]`; where it has no closed form, `log q(z | x) - log p(z)` at the draw.
    pub kl: Tensor<1>,
}

impl Elbo {
    /// `ELBO = log p(x | z) - KL`, `[batch]`, in nats. Larger is better.
    pub fn value(&self) -> Tensor<1> {
        self.log_likelihood.clone() - self.kl.clone()
    }

    /// The loss that training minimises, `[1]`: the one place where the bound changes its sign and where it is averaged
    /// over the batch (trap D4).
    pub fn loss(&self) -> Tensor<1> {
        loss(self.value())
    }
}

fn loss(target: Tensor<1>) -> Tensor<1> {
    -target.mean()
}

/// The terms of one training step: the ELBO that is reported, and what is optimised where that is something else.
///
/// # Examples
/// Hard bits have no gradient: what is maximised has relaxed ones, beside the ELBO that is reported.
///
/// ```
/// # use burn::tensor::{Device, Tensor};
/// # use distributions::{Noise, Purpose};
/// # use models::{Activation, VaeConfig};
/// use models::{LatentConfig, SurrogateKl, Temperature};
///
/// let (temperature, kl) = (Temperature::Constant(0.5), SurrogateKl::Discrete);
/// # let device = Device::flex();
/// let latent = LatentConfig::Bernoulli { size: 3, temperature, kl };
/// # let config = VaeConfig { encoder: vec![8], decoder: vec![8], activation: Activation::Tanh, latent };
/// # let vae = config.init(4, 1, &device);
/// # let images = Tensor::<2>::from_floats([[1.0, 0.0, 1.0, 0.0]], &device);
/// # let eps = latent.noise(&mut Noise::new(1, Purpose::TrainingLatent, 1, 0), 1, &device);
/// // `vae` has this latent; `images` and `eps` are as on the front page of the crate.
/// let terms = vae.training_terms(images, eps, 0);
/// assert!(terms.surrogate.is_some() && terms.estimate.is_none());
/// let [surrogate, elbo] = [terms.objective(), &terms.elbo].map(|terms| terms.loss().into_scalar::<f32>());
/// assert_ne!(surrogate, elbo);
/// assert_eq!(terms.loss().into_scalar::<f32>(), surrogate);
/// ```
#[derive(Debug, Clone)]
pub struct TrainingTerms {
    /// The one-sample ELBO, at a hard code where the latent is discrete.
    pub elbo: Elbo,
    /// The surrogate of a relaxed latent, which is no bound of `log p(x)` (trap D25).
    pub surrogate: Option<Elbo>,
    /// Another objective than the ELBO with a closed divergence, or another estimator of its gradient.
    pub estimate: Option<Estimate>,
}

/// An objective and the estimator of its gradient, one value an image.
///
/// # Examples
/// The score function of one draw has the value of the log weight; what is differentiated for it has another
/// (`vae`, `images` and `eps` as on the [front page](crate)).
///
/// ```
/// # use burn::tensor::{Device, Tensor};
/// # use distributions::{Noise, Purpose};
/// # use models::{Activation, LatentConfig, VaeConfig};
/// use models::{Estimate, GradientEstimator, ObjectiveConfig};
///
/// # let device = Device::flex();
/// # let latent = LatentConfig::Gaussian { size: 2 };
/// # let config = VaeConfig { encoder: vec![8], decoder: vec![8], activation: Activation::Tanh, latent };
/// # let vae = config.init(4, 1, &device);
/// # let images = Tensor::<2>::from_floats([[1.0, 0.0, 1.0, 0.0]], &device);
/// # let eps = latent.noise(&mut Noise::new(1, Purpose::TrainingLatent, 1, 0), 1, &device);
/// let objective = ObjectiveConfig { estimator: GradientEstimator::ScoreFunction, ..Default::default() };
/// let terms = vae.objective_terms(images.clone(), eps.clone(), 0, &objective);
/// let Some(Estimate { value, target, bound }) = terms.estimate else { panic!("it is not the default") };
/// let weight = vae.log_weights(images.clone(), &vae.encode(images), eps);
/// let log_weight = (weight.log_likelihood + weight.log_ratio).into_scalar::<f32>();
/// let (value, target) = (value.into_scalar::<f32>(), target.into_scalar::<f32>());
/// assert!(bound && (value - log_weight).abs() < 1e-4 && (target - log_weight).abs() > 0.1);
/// ```
#[derive(Debug, Clone)]
pub struct Estimate {
    /// The objective, `[batch]`, in nats.
    pub value: Tensor<1>,
    /// What is differentiated, `[batch]`: its gradient is the estimate, its value need not be the objective's.
    pub target: Tensor<1>,
    /// Whether the objective is a lower bound of `log p(x)` in expectation.
    pub bound: bool,
}

impl TrainingTerms {
    /// What is maximised where there is no other estimate.
    pub fn objective(&self) -> &Elbo {
        self.surrogate.as_ref().unwrap_or(&self.elbo)
    }

    /// The loss that training minimises, `[1]`.
    pub fn loss(&self) -> Tensor<1> {
        match &self.estimate {
            Some(estimate) => loss(estimate.target.clone()),
            None => self.objective().loss(),
        }
    }
}

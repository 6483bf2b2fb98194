//! The evidence lower bound of a batch, one value an image, and the surrogate that stands in for it.

use burn::tensor::Tensor;

/// The two terms of the one-sample ELBO, in nats per image: `ELBO = log p(x | z) - KL(q(z | x) || p(z))`.
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

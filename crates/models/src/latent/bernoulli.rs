//! The Bernoulli latent layer: bits, relaxed by the binary Concrete distribution while it learns.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::{Tensor, activation};
use distributions::{Bernoulli, Distribution, Moments, RelaxedBernoulli};
use kernels::{binary_concrete, fair_bernoulli_kl};

use super::LatentNoise;
use super::law::{Latent, Law, repeat_rows, zeros};
use super::relaxation::{Relaxation, Relaxed, SurrogateKl};
use crate::linear::{LinearFactory, affine};

/// The Bernoulli latent layer: one linear head gives the logits of all bits; the prior of a bit is 1/2.
#[derive(Module, Debug)]
pub(crate) struct BernoulliLatent {
    pub(crate) logits: Linear,
    #[module(skip)]
    relaxation: Relaxation,
}

impl BernoulliLatent {
    pub(crate) fn new(factory: &mut LinearFactory<'_>, d_input: usize, size: usize, relaxation: Relaxation) -> Self {
        Self { logits: factory.linear(d_input, size), relaxation }
    }

    /// The relaxed code at uniforms `eps`, `[batch, size]`, and the divergence of the surrogate, at a training step.
    pub(crate) fn relax(&self, q: &Bernoulli<2>, p: &Bernoulli<2>, eps: Tensor<2>, step: u64) -> Relaxed {
        let Relaxation { temperature, kl } = self.relaxation;
        let temperature = temperature.at(step);
        match kl {
            SurrogateKl::Discrete => Relaxed { code: binary_concrete(q.logits(), eps, temperature as f32), kl: None },
            SurrogateKl::Relaxed { prior_temperature } => {
                let relaxed = RelaxedBernoulli::from_logits(q.logits(), temperature);
                let prior = RelaxedBernoulli::from_logits(p.logits(), prior_temperature);
                let logit = relaxed.transform_logit(eps);
                let kl = relaxed.log_prob_of_logit(logit.clone()) - prior.log_prob_of_logit(logit.clone());
                Relaxed { code: activation::sigmoid(logit), kl: Some(kl) }
            }
        }
    }
}

impl Latent for BernoulliLatent {
    type Law = Bernoulli<2>;

    fn posterior(&self, hidden: Tensor<2>) -> Bernoulli<2> {
        Bernoulli::from_logits(affine(&self.logits, hidden))
    }

    fn prior(&self, count: usize) -> Bernoulli<2> {
        Bernoulli::from_logits(zeros(&self.logits, count))
    }
}

impl Law for Bernoulli<2> {
    /// Bits that are 0 or 1: the relaxed code at the same noise, rounded, whatever its temperature.
    fn draw(&self, noise: LatentNoise) -> Tensor<2> {
        binary_concrete(self.logits().detach(), noise.free(), 1.0).greater_elem(0.5).float()
    }

    fn log_prob(&self, drawn: Tensor<2>) -> Tensor<1> {
        Distribution::log_prob(self, drawn)
    }

    /// Against the prior of this latent, fair bits.
    fn kl(&self, _: &Self) -> Option<Tensor<1>> {
        Some(fair_bernoulli_kl(self.logits()))
    }

    fn mean(&self) -> Tensor<2> {
        Moments::mean(self)
    }

    fn repeat(&self, count: usize) -> Self {
        Bernoulli::from_logits(repeat_rows(self.logits(), count))
    }

    fn stop(&self) -> Self {
        Bernoulli::from_logits(self.logits().detach())
    }
}

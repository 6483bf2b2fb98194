//! From a batch to the terms of one training step, for every objective and estimator.

use burn::tensor::Tensor;

use super::iwae::{log_mean_exp, scale, vimco};
use super::particles::{Particles, mean};
use super::score_function::{Baseline, score_function};
use super::{Bound, GradientEstimator, KlEstimate, ObjectiveConfig};
use crate::elbo::Estimate;
use crate::latent::Route;
use crate::vae::log_likelihood;
use crate::{Elbo, LatentNoise, TrainingTerms, Vae};

impl Vae {
    /// What a training step maximises and reports, under an objective that is [valid](ObjectiveConfig::validate) for the latent.
    ///
    /// The default objective is [`training_terms`](Self::training_terms), operation by operation. Any other stands beside the ELBO as an
    /// [`Estimate`]; the ELBO is then that with the closed divergence, averaged over the particles.
    ///
    /// # Shapes
    /// - `images`: `[batch, pixels]`
    /// - `eps`: of `batch * particles` codes, as from [`LatentConfig::noise`](crate::LatentConfig::noise)
    ///
    /// # Panics
    /// When the noise is that of another latent, or of another number of codes; when the estimator keeps a state, whose terms are those of
    /// [`EstimatorState::terms`](crate::EstimatorState::terms).
    pub fn objective_terms(
        &self,
        images: Tensor<2>,
        eps: LatentNoise,
        step: u64,
        objective: &ObjectiveConfig,
    ) -> TrainingTerms {
        use GradientEstimator as E;
        let kl_weight = objective.kl_weight(step);
        let is_analytic = objective.kl() == KlEstimate::Analytic;
        let is_plain = objective.particles == 1 && objective.kl_warm_up == 0;
        match objective.estimator {
            E::StraightThrough => return warmed(self.straight_through_terms(images, eps, step), objective, step),
            E::TotalDerivative if is_analytic && (is_plain || !self.latent().is_bound()) => {
                return warmed(self.training_terms(images, eps, step), objective, step);
            }
            E::TotalDerivative
            | E::PathDerivative
            | E::ScoreFunction
            | E::ScoreFunctionLeaveOneOut
            | E::Dreg
            | E::Vimco => {}
            E::SelfTuning | E::ScoreFunctionMovingAverage | E::ScoreFunctionLearned => {
                panic!("{} keeps a state: `EstimatorState::terms`", objective.estimator)
            }
        }

        let particles = Particles::new(self, images, eps, objective.particles);
        let route = match objective.estimator {
            E::TotalDerivative | E::StraightThrough => Route::Total,
            E::PathDerivative | E::SelfTuning => Route::Path,
            E::ScoreFunction
            | E::ScoreFunctionMovingAverage
            | E::ScoreFunctionLearned
            | E::ScoreFunctionLeaveOneOut
            | E::Vimco => Route::Score,
            E::Dreg => Route::ScaledPath(Box::new(scale(&particles.weigh(&Route::Score)))),
        };
        let terms = particles.weigh(&route);
        let elbo = particles.elbo(&terms);
        let (value, target) = match (objective.kind, objective.estimator) {
            (Bound::Elbo, E::ScoreFunction) => {
                (mean(terms.signal(kl_weight)), score_function(&terms, kl_weight, Baseline::Zero))
            }
            (Bound::Elbo, E::ScoreFunctionLeaveOneOut) => {
                (mean(terms.signal(kl_weight)), score_function(&terms, kl_weight, Baseline::LeaveOneOut))
            }
            (Bound::Elbo, _) if is_analytic => {
                let value = elbo.log_likelihood.clone() - elbo.kl.clone().mul_scalar(kl_weight);
                (value.clone(), value)
            }
            (Bound::Elbo, _) => {
                let value = mean(terms.log_weights(kl_weight));
                (value.clone(), value)
            }
            (Bound::Iwae, E::Vimco) => vimco(&terms),
            (Bound::Iwae, _) => {
                let value = log_mean_exp(terms.log_weights(1.0));
                (value.clone(), value)
            }
        };
        TrainingTerms { elbo, surrogate: None, estimate: Some(Estimate { value, target, bound: kl_weight >= 1.0 }) }
    }

    /// Hard codes with the gradient of the relaxed ones, `hard + (soft - stop(soft))` (trap D24): the likelihood is that of the ELBO.
    fn straight_through_terms(&self, images: Tensor<2>, eps: LatentNoise, step: u64) -> TrainingTerms {
        let posterior = self.encode(images.clone());
        let (hard, kl) = posterior.transform_with_kl(eps.clone());
        let Some(relaxed) = self.latent.relax(&posterior, eps, step) else {
            panic!("only a discrete latent has straight-through codes: validate the objective");
        };
        let code = hard + (relaxed.code.clone() - relaxed.code.detach());
        let elbo = Elbo { log_likelihood: log_likelihood(&self.decode(code), images), kl };
        let surrogate = relaxed.kl.map(|kl| Elbo { kl, ..elbo.clone() });
        TrainingTerms { elbo, surrogate, estimate: None }
    }
}

/// The same terms, with less of the divergence in what is maximised while it warms up.
fn warmed(terms: TrainingTerms, objective: &ObjectiveConfig, step: u64) -> TrainingTerms {
    if objective.kl_warm_up == 0 {
        return terms;
    }
    let Elbo { log_likelihood, kl } = terms.surrogate.unwrap_or_else(|| terms.elbo.clone());
    let kl = kl.mul_scalar(objective.kl_weight(step));
    TrainingTerms { surrogate: Some(Elbo { log_likelihood, kl }), ..terms }
}

//! The estimators that a run's latent can be measured with, by name.

use models::{Bound, GradientEstimator, KlEstimate, LatentConfig, ObjectiveConfig};

use crate::config::ValueError;
use crate::{TrainError, did_you_mean};

/// An estimator of the gradient of an objective, and what it is called.
///
/// # Examples
/// ```
/// use models::LatentConfig;
/// use train::gradients::VaeEstimator;
///
/// let latent = LatentConfig::Gaussian { size: 2 };
/// let of_the_bound = VaeEstimator::fitting(latent, Some(5))?;
/// let biased: Vec<&str> = of_the_bound.iter().filter(|e| e.is_biased(latent)).map(|e| e.name).collect();
/// assert_eq!(biased, ["iwae-path-derivative"]);
/// let message = VaeEstimator::chosen(&["dregs".to_owned()], latent, None).unwrap_err().to_string();
/// assert!(message.ends_with("did you mean `dreg`?"), "{message}");
/// # Ok::<(), train::TrainError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaeEstimator {
    /// The name on the command line and in files.
    pub name: &'static str,
    /// What is estimated, and how.
    pub objective: ObjectiveConfig,
}

/// A line of the list: another estimator is another line.
struct Candidate {
    name: &'static str,
    kind: Bound,
    estimator: GradientEstimator,
    kl: Option<KlEstimate>,
    /// Particles where none are asked for.
    particles: usize,
}

impl Candidate {
    const fn elbo(name: &'static str, estimator: GradientEstimator) -> Self {
        Self { name, kind: Bound::Elbo, estimator, kl: None, particles: 1 }
    }

    const fn iwae(name: &'static str, estimator: GradientEstimator) -> Self {
        Self { name, kind: Bound::Iwae, estimator, kl: None, particles: 2 }
    }

    fn with(&self, particles: Option<usize>) -> VaeEstimator {
        let Self { name, kind, estimator, kl, .. } = *self;
        let particles = particles.unwrap_or(self.particles);
        VaeEstimator { name, objective: ObjectiveConfig { kind, particles, kl, estimator, kl_warm_up: 0 } }
    }
}

const CANDIDATES: &[Candidate] = &[
    Candidate::elbo("total-derivative", GradientEstimator::TotalDerivative),
    Candidate {
        kl: Some(KlEstimate::MonteCarlo),
        ..Candidate::elbo("total-derivative-monte-carlo", GradientEstimator::TotalDerivative)
    },
    Candidate::elbo("path-derivative", GradientEstimator::PathDerivative),
    Candidate::elbo("self-tuning", GradientEstimator::SelfTuning),
    Candidate::elbo("straight-through", GradientEstimator::StraightThrough),
    Candidate::elbo("score-function", GradientEstimator::ScoreFunction),
    Candidate::elbo("score-function-moving-average", GradientEstimator::ScoreFunctionMovingAverage),
    Candidate::elbo("score-function-learned", GradientEstimator::ScoreFunctionLearned),
    Candidate {
        particles: 2,
        ..Candidate::elbo("score-function-leave-one-out", GradientEstimator::ScoreFunctionLeaveOneOut)
    },
    Candidate::iwae("iwae-total-derivative", GradientEstimator::TotalDerivative),
    Candidate::iwae("iwae-path-derivative", GradientEstimator::PathDerivative),
    Candidate::iwae("dreg", GradientEstimator::Dreg),
    Candidate::iwae("vimco", GradientEstimator::Vimco),
];

impl VaeEstimator {
    /// Every name.
    pub fn names() -> impl Iterator<Item = &'static str> {
        CANDIDATES.iter().map(|candidate| candidate.name)
    }

    /// Those that fit a latent: of the ELBO, and with at least two `particles` of their bound as well. Without `particles` each draws
    /// as few as it can, which is one, or two where the other is its baseline.
    ///
    /// # Errors
    /// When there cannot be so many particles.
    pub fn fitting(latent: LatentConfig, particles: Option<usize>) -> Result<Vec<Self>, TrainError> {
        if let Some(particles) = particles {
            // The score function fits every latent and every number.
            let estimator = GradientEstimator::ScoreFunction;
            ObjectiveConfig { particles, estimator, ..ObjectiveConfig::default() }
                .validate(latent)
                .map_err(ValueError::from)?;
        }
        let is_asked =
            |candidate: &&Candidate| candidate.kind == Bound::Elbo || particles.is_some_and(|count| count > 1);
        let all = CANDIDATES.iter().filter(is_asked).map(|candidate| candidate.with(particles));
        Ok(all.filter(|estimator| estimator.objective.validate(latent).is_ok()).collect())
    }

    /// Those of the names, in their order; each once.
    ///
    /// # Errors
    /// When a name is unknown, or its estimator does not fit the latent or the number of particles.
    pub fn chosen(names: &[String], latent: LatentConfig, particles: Option<usize>) -> Result<Vec<Self>, TrainError> {
        let mut chosen: Vec<Self> = Vec::with_capacity(names.len());
        for name in names {
            let Some(candidate) = CANDIDATES.iter().find(|candidate| candidate.name == name) else {
                let known: Vec<&str> = Self::names().collect();
                let must = format!("one of {}{}", known.join(", "), did_you_mean(name, Self::names()));
                return Err(TrainError::Argument { flag: "--estimators", value: format!("`{name}`"), must });
            };
            let estimator = candidate.with(particles);
            estimator.objective.validate(latent).map_err(ValueError::from)?;
            if !chosen.contains(&estimator) {
                chosen.push(estimator);
            }
        }
        Ok(chosen)
    }

    /// Whether its mean is another gradient than that of its bound: a path derivative of several particles (trap D15), or a hard
    /// code that is relaxed for its gradient (trap D24).
    pub fn is_biased(&self, latent: LatentConfig) -> bool {
        let relaxes = match self.objective.estimator {
            GradientEstimator::TotalDerivative | GradientEstimator::StraightThrough => !latent.is_bound(),
            GradientEstimator::PathDerivative
            | GradientEstimator::SelfTuning
            | GradientEstimator::ScoreFunction
            | GradientEstimator::ScoreFunctionMovingAverage
            | GradientEstimator::ScoreFunctionLearned
            | GradientEstimator::ScoreFunctionLeaveOneOut
            | GradientEstimator::Dreg
            | GradientEstimator::Vimco => false,
        };
        relaxes || self.objective.is_biased()
    }
}

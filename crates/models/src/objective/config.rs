//! Which objective and which estimator, and the combinations that make no sense.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::LatentConfig;

/// Declares a closed choice by its names, as they stand in files and flags.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident, $what:literal, { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            /// Every name.
            pub const NAMES: &[&str] = &[$($text),*];
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($text => Ok(Self::$variant),)*
                    _ => Err(format!(concat!("unknown ", $what, " `{}`; there are {}"), text, Self::NAMES.join(", "))),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$variant => $text,)* })
            }
        }
    };
}

choice!(
    /// The objective, a lower bound of `log p(x)`.
    ///
    /// # Examples
    /// At the same draws the logarithm of the mean weight is above the mean of the log weights
    /// (`vae`, `images` and `eps` as on the [front page](crate), `eps` of 10 codes).
    ///
    /// ```
    /// # use burn::tensor::{Device, Tensor};
    /// # use distributions::{Noise, Purpose};
    /// # use models::{Activation, LatentConfig, VaeConfig};
    /// use models::{Bound, KlEstimate, ObjectiveConfig};
    ///
    /// # let device = Device::flex();
    /// # let latent = LatentConfig::Gaussian { size: 2 };
    /// # let config = VaeConfig { encoder: vec![8], decoder: vec![8], activation: Activation::Tanh, latent };
    /// # let vae = config.init(4, 1, &device);
    /// # let images = Tensor::<2>::from_floats([[1.0, 0.0, 1.0, 0.0]], &device);
    /// # let eps = latent.noise(&mut Noise::new(1, Purpose::TrainingLatent, 1, 0), 10, &device);
    /// let [elbo, iwae] = [Bound::Elbo, "iwae".parse()?].map(|kind| {
    ///     let kl = Some(KlEstimate::MonteCarlo);
    ///     let objective = ObjectiveConfig { kind, particles: 10, kl, ..ObjectiveConfig::default() };
    ///     let terms = vae.objective_terms(images.clone(), eps.clone(), 0, &objective);
    ///     terms.estimate.map(|estimate| estimate.value.into_scalar::<f32>())
    /// });
    /// assert!(elbo.is_some() && iwae > elbo);
    /// # Ok::<(), String>(())
    /// ```
    Bound, "objective", {
        /// `E_q[log p(x, z) - log q(z | x)]`; with several particles, its mean over them.
        Elbo = "elbo",
        /// `E[log 1/K sum_k w_k]` (Burda et al. 2016, eq. 8).
        Iwae = "iwae",
    }
);

choice!(
    /// How the divergence in the ELBO is taken.
    ///
    /// # Examples
    /// Left out, it is the estimator's own; both have one mean
    /// (`vae`, `images` and `eps` as on the [front page](crate), `eps` of 10,000 codes).
    ///
    /// ```
    /// # use burn::tensor::{Device, Tensor};
    /// # use distributions::{Noise, Purpose};
    /// # use models::{Activation, LatentConfig, VaeConfig};
    /// use models::{GradientEstimator, KlEstimate, ObjectiveConfig};
    ///
    /// # let device = Device::flex();
    /// # let latent = LatentConfig::Gaussian { size: 2 };
    /// # let config = VaeConfig { encoder: vec![8], decoder: vec![8], activation: Activation::Tanh, latent };
    /// # let vae = config.init(4, 1, &device);
    /// # let images = Tensor::<2>::from_floats([[1.0, 0.0, 1.0, 0.0]], &device);
    /// # let eps = latent.noise(&mut Noise::new(1, Purpose::TrainingLatent, 1, 0), 10_000, &device);
    /// let path = ObjectiveConfig { estimator: GradientEstimator::PathDerivative, ..Default::default() };
    /// assert_eq!(path.kl(), KlEstimate::MonteCarlo);
    /// assert_eq!(ObjectiveConfig::default().kl(), KlEstimate::Analytic);
    /// let value = |kl| {
    ///     let objective = ObjectiveConfig { particles: 10_000, kl: Some(kl), ..ObjectiveConfig::default() };
    ///     let terms = vae.objective_terms(images.clone(), eps.clone(), 0, &objective);
    ///     terms.estimate.map_or(f32::NAN, |estimate| estimate.value.into_scalar::<f32>())
    /// };
    /// assert!((value(KlEstimate::Analytic) - value(KlEstimate::MonteCarlo)).abs() < 0.02);
    /// ```
    KlEstimate, "divergence", {
        /// In closed form: the gradient of the entropy is then deterministic, and has no score term to drop (trap D8).
        Analytic = "analytic",
        /// `log q(z | x) - log p(z)` at the draw.
        MonteCarlo = "monte-carlo",
    }
);

choice!(
    /// The estimator of the gradient.
    ///
    /// # Examples
    /// Estimators differ in their gradients: at the same draw the objective has one value
    /// (`vae`, `images` and `eps` as on the [front page](crate)).
    ///
    /// ```
    /// # use burn::tensor::{Device, Tensor};
    /// # use distributions::{Noise, Purpose};
    /// # use models::{Activation, LatentConfig, VaeConfig};
    /// use models::{GradientEstimator, KlEstimate, ObjectiveConfig};
    ///
    /// # let device = Device::flex();
    /// # let latent = LatentConfig::Gaussian { size: 2 };
    /// # let config = VaeConfig { encoder: vec![8], decoder: vec![8], activation: Activation::Tanh, latent };
    /// # let vae = config.init(4, 1, &device);
    /// # let images = Tensor::<2>::from_floats([[1.0, 0.0, 1.0, 0.0]], &device);
    /// # let eps = latent.noise(&mut Noise::new(1, Purpose::TrainingLatent, 1, 0), 1, &device);
    /// let value = |estimator: GradientEstimator| {
    ///     let kl = Some(KlEstimate::MonteCarlo);
    ///     let objective = ObjectiveConfig { estimator, kl, ..ObjectiveConfig::default() };
    ///     let terms = vae.objective_terms(images.clone(), eps.clone(), 0, &objective);
    ///     terms.estimate.map_or(f32::NAN, |estimate| estimate.value.into_scalar::<f32>())
    /// };
    /// let total = value(GradientEstimator::TotalDerivative);
    /// assert_eq!(value(GradientEstimator::PathDerivative), total);
    /// assert_eq!(value("score-function".parse()?), total);
    /// # Ok::<(), String>(())
    /// ```
    GradientEstimator, "estimator", {
        /// The reparameterised gradient in full; a discrete latent is relaxed for it.
        TotalDerivative = "total-derivative",
        /// Without the score of `log q`: sticking the landing (Roeder, Wu and Duvenaud 2017).
        PathDerivative = "path-derivative",
        /// The path derivative with as much of the score as earlier steps say is best, for a latent that is drawn from a Gaussian.
        SelfTuning = "self-tuning",
        /// The score function without a baseline (Williams 1992).
        ScoreFunction = "score-function",
        /// With a moving average of earlier batches as a baseline.
        ScoreFunctionMovingAverage = "score-function-moving-average",
        /// With a network of the image as a baseline: NVIL (Mnih and Gregor 2014).
        ScoreFunctionLearned = "score-function-learned",
        /// With the mean over the other particles as a baseline (Mnih and Rezende 2016).
        ScoreFunctionLeaveOneOut = "score-function-leave-one-out",
        /// Doubly reparameterised (Tucker et al. 2018).
        Dreg = "dreg",
        /// The multi-sample score function (Mnih and Rezende 2016).
        Vimco = "vimco",
        /// Hard codes with the gradient of the relaxed ones (Jang et al. 2017, section 2.2).
        StraightThrough = "straight-through",
    }
);

/// What training maximises, and how.
///
/// # Examples
/// ```
/// use models::{Bound, GradientEstimator, KlEstimate, LatentConfig, ObjectiveConfig};
///
/// let (kind, estimator) = (Bound::Iwae, GradientEstimator::Dreg);
/// let objective = ObjectiveConfig { kind, particles: 50, estimator, ..ObjectiveConfig::default() };
/// objective.validate(LatentConfig::Gaussian { size: 20 })?;
/// assert_eq!(objective.kl(), KlEstimate::MonteCarlo);
/// // The path derivative leaves a score out that has a mean in this bound.
/// assert!(!objective.is_biased());
/// assert!(ObjectiveConfig { estimator: GradientEstimator::PathDerivative, ..objective }.is_biased());
/// let warm_up = ObjectiveConfig { kl_warm_up: 100, ..ObjectiveConfig::default() };
/// assert_eq!([0, 25, 100, 500].map(|step| warm_up.kl_weight(step)), [0.0, 0.25, 1.0, 1.0]);
/// # Ok::<(), models::ObjectiveError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ObjectiveConfig {
    /// The objective.
    pub kind: Bound,
    /// `K`, the draws an image.
    pub particles: usize,
    /// How the divergence is taken; left out, it is the estimator's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kl: Option<KlEstimate>,
    /// The estimator.
    pub estimator: GradientEstimator,
    /// Steps in which the weight of the divergence rises from 0 to 1, in a straight line; 0 for none.
    pub kl_warm_up: u64,
}

impl Default for ObjectiveConfig {
    fn default() -> Self {
        Self { kind: Bound::Elbo, particles: 1, kl: None, estimator: GradientEstimator::TotalDerivative, kl_warm_up: 0 }
    }
}

/// A combination that makes no sense.
///
/// # Examples
/// ```
/// use models::{GradientEstimator, LatentConfig, ObjectiveConfig, ObjectiveError};
///
/// let objective = ObjectiveConfig { estimator: GradientEstimator::Vimco, ..ObjectiveConfig::default() };
/// let latent = LatentConfig::Gaussian { size: 2 };
/// let Err(error) = objective.validate(latent) else { panic!("VIMCO needs several draws") };
/// assert_eq!(
///     error.to_string(),
///     "--estimator vimco does not go with --objective elbo: \
///      it is an estimator of the bound of several particles; use --objective iwae"
/// );
/// assert!(matches!(error, ObjectiveError::Combination { with, .. } if with == "--objective elbo"));
/// ```
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ObjectiveError {
    /// No particle, or too many for a device.
    #[error("objective.particles (--particles) is {0}; it must be 1 to 10000")]
    Particles(usize),
    /// Two choices that exclude each other.
    #[error("{choice} does not go with {with}: {reason}")]
    Combination {
        /// What was chosen.
        choice: String,
        /// What it meets.
        with: String,
        /// Why it cannot be, and what can.
        reason: &'static str,
    },
}

/// Particles that no training needs.
const MOST: usize = 10_000;

impl ObjectiveConfig {
    /// Whether this is the default, which needs no mention in a file.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// How the divergence is taken.
    pub fn kl(&self) -> KlEstimate {
        match (self.kl, self.kind, self.estimator) {
            (Some(kl), ..) => kl,
            (None, Bound::Elbo, GradientEstimator::TotalDerivative | GradientEstimator::StraightThrough) => {
                KlEstimate::Analytic
            }
            (None, ..) => KlEstimate::MonteCarlo,
        }
    }

    /// The weight of the divergence at a step, counted from 0.
    pub fn kl_weight(&self, step: u64) -> f64 {
        if step >= self.kl_warm_up { 1.0 } else { step as f64 / self.kl_warm_up as f64 }
    }

    /// Whether the estimate's mean is another gradient than the objective's (trap D15).
    pub fn is_biased(&self) -> bool {
        self.kind == Bound::Iwae && self.estimator == GradientEstimator::PathDerivative && self.particles > 1
    }

    /// Checks that the choices go together, and with the latent.
    ///
    /// # Errors
    /// Names the two that do not, and why.
    pub fn validate(&self, latent: LatentConfig) -> Result<(), ObjectiveError> {
        use GradientEstimator as E;
        if !(1..=MOST).contains(&self.particles) {
            return Err(ObjectiveError::Particles(self.particles));
        }
        let estimator = format!("--estimator {}", self.estimator);
        let objective = format!("--objective {}", self.kind);
        let particles = format!("--particles {}", self.particles);
        let code = format!("--latent {}", latent.name());
        let (is_iwae, is_one, is_relaxed) = (self.kind == Bound::Iwae, self.particles == 1, !latent.is_bound());
        let is_analytic = self.kl() == KlEstimate::Analytic;
        let is_tuned = self.estimator == E::SelfTuning;
        let reparameterised = matches!(self.estimator, E::PathDerivative | E::SelfTuning | E::Dreg);
        let scored = matches!(
            self.estimator,
            E::ScoreFunction | E::ScoreFunctionMovingAverage | E::ScoreFunctionLearned | E::ScoreFunctionLeaveOneOut
        );
        let is_stacked = matches!(latent, LatentConfig::Stacked { .. });
        let is_gaussian = matches!(latent, LatentConfig::Gaussian { .. } | LatentConfig::LogNormal { .. });
        let rules = [
            (
                is_analytic && is_iwae,
                (
                    "--kl analytic".to_owned(),
                    objective.clone(),
                    "the bound of several particles has no divergence term",
                ),
            ),
            (
                is_analytic && reparameterised,
                (
                    estimator.clone(),
                    "--kl analytic".to_owned(),
                    "in closed form the entropy has no score term to drop; use --kl monte-carlo",
                ),
            ),
            (
                is_analytic && scored,
                (
                    estimator.clone(),
                    "--kl analytic".to_owned(),
                    "the score multiplies the whole log weight of a draw; use --kl monte-carlo",
                ),
            ),
            (
                matches!(self.estimator, E::Dreg | E::Vimco) && !is_iwae,
                (
                    estimator.clone(),
                    objective.clone(),
                    "it is an estimator of the bound of several particles; use --objective iwae",
                ),
            ),
            (
                scored && is_iwae,
                (estimator.clone(), objective.clone(), "use --estimator vimco, the score function of that bound"),
            ),
            (
                is_tuned && is_iwae,
                (
                    estimator.clone(),
                    objective.clone(),
                    "the scores that it weighs have no mean of zero there; use --objective elbo, or --estimator dreg",
                ),
            ),
            (
                matches!(self.estimator, E::ScoreFunctionLeaveOneOut | E::Vimco) && is_one,
                (estimator.clone(), particles.clone(), "its baseline is made of the other particles; use at least 2"),
            ),
            (
                is_relaxed && reparameterised,
                (
                    estimator.clone(),
                    code.clone(),
                    "no path leads through a hard code; use straight-through, a score function or vimco",
                ),
            ),
            (
                is_tuned && !is_gaussian && !is_relaxed,
                (
                    estimator.clone(),
                    code.clone(),
                    "it knows the variance of the score of a Gaussian; use --latent gaussian or log-normal",
                ),
            ),
            (
                is_stacked && is_analytic,
                (
                    "--kl analytic".to_owned(),
                    code.clone(),
                    "two stochastic layers have no divergence in closed form; use --kl monte-carlo",
                ),
            ),
            (
                is_stacked && self.estimator == E::Dreg,
                (
                    estimator.clone(),
                    code.clone(),
                    "it is for one stochastic layer: of two, the law of the upper draw depends on the lower one (Bauer and Mnih 2021); use total-derivative",
                ),
            ),
            (
                !is_relaxed && self.estimator == E::StraightThrough,
                (estimator.clone(), code.clone(), "its codes are not discrete, and need no straight-through"),
            ),
            (
                self.estimator == E::StraightThrough && is_iwae,
                (estimator.clone(), objective.clone(), "use --estimator vimco for several hard codes"),
            ),
            (
                is_relaxed && self.estimator == E::TotalDerivative && is_iwae,
                (
                    objective.clone(),
                    code.clone(),
                    "relaxed weights bound nothing; use --estimator vimco, whose codes are hard",
                ),
            ),
            (
                is_relaxed && is_analytic && !is_one,
                (
                    particles,
                    code.clone(),
                    "a relaxed latent is trained with one draw; use a score function or vimco for more",
                ),
            ),
            (
                is_relaxed && !is_analytic && matches!(self.estimator, E::TotalDerivative | E::StraightThrough),
                ("--kl monte-carlo".to_owned(), code, "a relaxed latent has --latent-kl for that"),
            ),
            (
                is_iwae && self.kl_warm_up > 0,
                (
                    format!("--kl-warm-up {}", self.kl_warm_up),
                    objective,
                    "the bound of several particles has no divergence term",
                ),
            ),
        ];
        match rules.into_iter().find(|(broken, _)| *broken) {
            Some((_, (choice, with, reason))) => Err(ObjectiveError::Combination { choice, with, reason }),
            None => Ok(()),
        }
    }
}

//! The closed choice of estimators, and what each carries from one draw to the next.

use super::Toy;
use super::estimators::{
    LearnedBaseline, MovingAverage, SelfTuning, dreg, iwae_path_derivative, iwae_total_derivative, leave_one_out,
    path_derivative, score_function, total_derivative, vimco,
};

/// An estimator of the gradient of an ELBO, or of a bound of several particles.
///
/// # Examples
/// ```
/// use train::toy::Estimator;
///
/// let all = Estimator::all(Some(5));
/// assert_eq!((all.len(), Estimator::all(None).len()), (11, 7));
/// let dreg = Estimator::Dreg { particles: 5 };
/// assert!(all.contains(&dreg) && dreg.is_multi_sample());
/// assert_eq!((dreg.name(), dreg.width()), ("dreg", 5));
/// assert_eq!(Estimator::PathDerivative.width(), 1);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Estimator {
    /// The reparameterised gradient in full (Kingma and Welling 2014).
    TotalDerivative,
    /// Without its score term: sticking the landing (Roeder, Wu and Duvenaud 2017).
    PathDerivative,
    /// The score function (Williams 1992), without a baseline.
    ScoreFunction,
    /// With an average of earlier values as a baseline.
    ScoreFunctionMovingAverage {
        /// What is left of the average at each draw.
        decay: f64,
    },
    /// With the mean of the other draws as a baseline (Mnih and Rezende 2016).
    ScoreFunctionLeaveOneOut {
        /// Draws that make one estimate, at least 2.
        draws: usize,
    },
    /// With a learnt baseline (Mnih and Gregor 2014); without an input it is a learnt constant.
    ScoreFunctionLearned,
    /// Path derivative less `c` times the score, with `c` learnt from earlier draws.
    SelfTuning,
    /// The reparameterised gradient of the importance-weighted bound (Burda et al. 2016).
    IwaeTotalDerivative {
        /// `K`.
        particles: usize,
    },
    /// The same without the score terms: biased for more than one particle (trap D15).
    IwaePathDerivative {
        /// `K`.
        particles: usize,
    },
    /// Doubly reparameterised (Tucker et al. 2018).
    Dreg {
        /// `K`.
        particles: usize,
    },
    /// The multi-sample score function (Mnih and Rezende 2016).
    Vimco {
        /// `K`, at least 2.
        particles: usize,
    },
}

/// What is left of a moving average at each draw.
const DECAY: f64 = 0.99;

impl Estimator {
    /// Those of the ELBO, and with `particles` those of their bound. VIMCO needs at least two.
    pub fn all(particles: Option<usize>) -> Vec<Self> {
        let mut all = vec![
            Self::TotalDerivative,
            Self::PathDerivative,
            Self::ScoreFunction,
            Self::ScoreFunctionMovingAverage { decay: DECAY },
            Self::ScoreFunctionLeaveOneOut { draws: particles.unwrap_or(2).max(2) },
            Self::ScoreFunctionLearned,
            Self::SelfTuning,
        ];
        if let Some(particles) = particles {
            all.extend([
                Self::IwaeTotalDerivative { particles },
                Self::IwaePathDerivative { particles },
                Self::Dreg { particles },
            ]);
            all.extend((particles >= 2).then_some(Self::Vimco { particles }));
        }
        all
    }

    /// The name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::TotalDerivative => "total-derivative",
            Self::PathDerivative => "path-derivative",
            Self::ScoreFunction => "score-function",
            Self::ScoreFunctionMovingAverage { .. } => "score-function-moving-average",
            Self::ScoreFunctionLeaveOneOut { .. } => "score-function-leave-one-out",
            Self::ScoreFunctionLearned => "score-function-learned",
            Self::SelfTuning => "self-tuning",
            Self::IwaeTotalDerivative { .. } => "iwae-total-derivative",
            Self::IwaePathDerivative { .. } => "iwae-path-derivative",
            Self::Dreg { .. } => "dreg",
            Self::Vimco { .. } => "vimco",
        }
    }

    /// Draws of `z` that make one estimate.
    pub fn width(self) -> usize {
        match self {
            Self::TotalDerivative
            | Self::PathDerivative
            | Self::ScoreFunction
            | Self::ScoreFunctionMovingAverage { .. }
            | Self::ScoreFunctionLearned
            | Self::SelfTuning => 1,
            Self::ScoreFunctionLeaveOneOut { draws } => draws,
            Self::IwaeTotalDerivative { particles }
            | Self::IwaePathDerivative { particles }
            | Self::Dreg { particles }
            | Self::Vimco { particles } => particles,
        }
    }

    /// Whether the objective is the bound of several particles rather than the ELBO.
    pub fn is_multi_sample(self) -> bool {
        match self {
            Self::TotalDerivative
            | Self::PathDerivative
            | Self::ScoreFunction
            | Self::ScoreFunctionMovingAverage { .. }
            | Self::ScoreFunctionLeaveOneOut { .. }
            | Self::ScoreFunctionLearned
            | Self::SelfTuning => false,
            Self::IwaeTotalDerivative { .. }
            | Self::IwaePathDerivative { .. }
            | Self::Dreg { .. }
            | Self::Vimco { .. } => true,
        }
    }

    pub(super) fn init(self) -> State {
        match self {
            Self::TotalDerivative => State::None(total_derivative),
            Self::PathDerivative => State::None(path_derivative),
            Self::ScoreFunction => State::None(score_function),
            Self::ScoreFunctionMovingAverage { decay } => State::MovingAverage(MovingAverage::new(decay)),
            Self::ScoreFunctionLeaveOneOut { .. } => State::None(leave_one_out),
            Self::ScoreFunctionLearned => State::Learned(LearnedBaseline::default()),
            Self::SelfTuning => State::SelfTuning(SelfTuning::default()),
            Self::IwaeTotalDerivative { .. } => State::None(iwae_total_derivative),
            Self::IwaePathDerivative { .. } => State::None(iwae_path_derivative),
            Self::Dreg { .. } => State::None(dreg),
            Self::Vimco { .. } => State::None(vimco),
        }
    }
}

/// An estimator at work.
#[derive(Debug)]
pub(super) enum State {
    None(fn(&Toy, &[f64]) -> [f64; 2]),
    MovingAverage(MovingAverage),
    Learned(LearnedBaseline),
    SelfTuning(SelfTuning),
}

impl State {
    /// One estimate of the gradient in `loc` and `scale`, from as many standard normals as the estimator is wide.
    pub(super) fn gradient(&mut self, toy: &Toy, eps: &[f64]) -> [f64; 2] {
        match self {
            Self::None(gradient) => gradient(toy, eps),
            Self::MovingAverage(state) => state.gradient(toy, eps[0]),
            Self::Learned(state) => state.gradient(toy, eps[0]),
            Self::SelfTuning(state) => state.gradient(toy, eps[0]),
        }
    }
}

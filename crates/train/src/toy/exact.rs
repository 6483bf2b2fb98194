//! Exact means and variances of the estimators that take one draw: all are polynomials of the noise.

use super::polynomial::Polynomial;
use super::{Estimator, Parameter, Toy};

/// What a single-sample estimator must show, for one parameter.
///
/// # Examples
/// ```
/// use train::toy::{Estimator, Normal, Parameter, SingleSample, Toy, exact};
///
/// let [q, p] = [(0.5, 0.8), (0.0, 1.0)].map(|(loc, scale)| Normal { loc, scale });
/// let toy = Toy { q, p, log_constant: 0.0 };
/// let SingleSample { gradient, variance, optimal_weight } =
///     exact(&toy, Estimator::TotalDerivative, Parameter::Loc).expect("one draw makes an estimate");
/// // -(m - u) / t^2, s^2 / t^4 and 1 - s^2 / t^2.
/// for (value, by_hand) in [(gradient, -0.5), (variance, 0.64), (optimal_weight, 0.36)] {
///     assert!((value - by_hand).abs() < 1e-12);
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SingleSample {
    /// The gradient of the objective.
    pub gradient: f64,
    /// The variance of one estimate; for estimators that learn, in the limit of all that they can learn.
    pub variance: f64,
    /// `c* = Cov(path, score) / Var(score)`: the weight of the score term at which the variance is least. It is 1 for the
    /// total derivative and 0 for the path derivative; here `c* = 1 - s^2 / t^2` for either parameter.
    pub optimal_weight: f64,
}

/// The exact moments of an estimator, or none for those of several particles ([`multi_sample`](super::multi_sample) has them).
///
/// For `q = N(m, s^2)` and `p = N(u, t^2)` the total derivative has the variances `s^2 / t^4` in `m` and `((m - u)^2 + 2 s^2) /
/// t^4` in `s`, the path derivative `(1/s - s/t^2)^2` and `(m - u)^2 / t^4 + 2 (1/s - s/t^2)^2`: less **if and only if** `s^2 > t^2 / 2`
/// (trap D11).
pub fn exact(toy: &Toy, estimator: Estimator, parameter: Parameter) -> Option<SingleSample> {
    let (a, r, s, t) = (toy.offset(), toy.ratio(), toy.q.scale, toy.p.scale);
    let log_weight = Polynomial::new(&[toy.log_weight(0.0), -a * r, 0.5 * (1.0 - r * r)]);
    let slope = [-a / t, 1.0 / s - r / t];
    let (score, path) = match parameter {
        Parameter::Loc => (Polynomial::new(&[0.0, 1.0 / s]), Polynomial::new(&slope)),
        Parameter::Scale => (Polynomial::new(&[-1.0 / s, 0.0, 1.0 / s]), Polynomial::new(&[0.0, slope[0], slope[1]])),
    };
    let optimal_weight = path.covariance(&score) / score.variance();
    let with_baseline = score.times(&log_weight.centred());
    let variance = match estimator {
        Estimator::TotalDerivative => path.minus(1.0, &score).variance(),
        Estimator::PathDerivative => path.variance(),
        Estimator::SelfTuning => path.minus(optimal_weight, &score).variance(),
        Estimator::ScoreFunction => score.times(&log_weight).variance(),
        Estimator::ScoreFunctionLearned => with_baseline.variance(),
        // An average with decay d has the variance Var(f) (1 - d) / (1 + d), and is independent of the draw.
        Estimator::ScoreFunctionMovingAverage { decay } => {
            with_baseline.variance() + score.variance() * log_weight.variance() * (1.0 - decay) / (1.0 + decay)
        }
        // The estimate is the sample covariance of score and log weight over n draws; with central moments mu_ij its variance
        // is mu_22 / n - (n - 2) mu_11^2 / (n (n - 1)) + mu_20 mu_02 / (n (n - 1)).
        Estimator::ScoreFunctionLeaveOneOut { draws } => {
            let n = draws as f64;
            let covariance = score.covariance(&log_weight);
            let fourth = with_baseline.times(&with_baseline).mean();
            (fourth - (n - 2.0) / (n - 1.0) * covariance.powi(2) + score.variance() * log_weight.variance() / (n - 1.0))
                / n
        }
        Estimator::IwaeTotalDerivative { .. }
        | Estimator::IwaePathDerivative { .. }
        | Estimator::Dreg { .. }
        | Estimator::Vimco { .. } => return None,
    };
    Some(SingleSample { gradient: path.minus(1.0, &score).mean(), variance, optimal_weight })
}

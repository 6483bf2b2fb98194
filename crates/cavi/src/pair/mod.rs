//! A conjugate pair: an exponential-family likelihood and its prior.

pub mod bernoulli;
pub mod categorical;
mod cholesky;
pub mod config;
pub mod exponential;
pub mod log_normal;
pub mod normal;
pub mod normal_gamma;
pub mod normal_wishart;
pub mod poisson;
mod student_t;

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::CaviError;
use crate::error::require;
use bernoulli::BernoulliBeta;
use categorical::CategoricalDirichlet;
use exponential::ExponentialGamma;
use log_normal::LogNormal;
use normal::NormalFixedPrecision;
use normal_gamma::{NormalGamma, NormalGammaPosterior};
use normal_wishart::{NormalWishart, NormalWishartPosterior};
use poisson::PoissonGamma;

/// A likelihood `p(x | theta)` with a conjugate prior `p(theta)`.
///
/// The likelihood is an exponential family, `log p(x | theta) = log h(x) + t(x) . eta(theta)`, with the log-partition
/// function among the entries of `eta` (the matching entry of `t` is 1). So everything that a mixture needs of its events
/// is one matrix product of the rows `t(x)` with the columns `E_q[eta]`, and everything that a component needs of them is
/// the sum of `t(x)` weighted by its responsibilities.
///
/// # Examples
/// The posterior of one pair is exact, so its bound on one event is the log predictive of the prior.
///
/// ```
/// use cavi::{BernoulliBeta, ConjugatePair, PoissonGamma};
///
/// fn bound(pair: &impl ConjugatePair, x: f64) -> f64 {
///     let (mut t, mut eta) = (vec![0.0; pair.features()], vec![0.0; pair.features()]);
///     let log_base = pair.sufficient_statistics(&[x], &mut t);
///     let q = pair.update(&t);
///     pair.expected_natural(&q, &mut eta);
///     log_base + t.iter().zip(&eta).map(|(t, eta)| t * eta).sum::<f64>() - pair.kl_divergence(&q)
/// }
///
/// let strength = PoissonGamma::new(2.0, 0.5)?;
/// assert!((bound(&strength, 7.0) - strength.log_predictive(&strength.prior(), &[7.0])).abs() < 1e-12);
/// assert!((bound(&BernoulliBeta::new(3.0, 1.0)?, 1.0) - 0.75_f64.ln()).abs() < 1e-12);
/// # Ok::<(), cavi::CaviError>(())
/// ```
pub trait ConjugatePair {
    /// The parameters of `q(theta)`, which is of the prior's family.
    type Posterior;

    /// The number of data columns of one observation.
    fn columns(&self) -> usize;

    /// The number of entries of `t(x)`.
    fn features(&self) -> usize;

    /// Writes `t(x)` and returns `log h(x)`, in nats.
    ///
    /// # Shapes
    /// - `x`: `[columns]`
    /// - `t`: `[features]`
    fn sufficient_statistics(&self, x: &[f64], t: &mut [f64]) -> f64;

    /// The entries of `t` that tell observations apart when a fit looks for its start: all, unless some follow from others.
    fn coordinates(&self) -> Range<usize> {
        0..self.features()
    }

    /// What the likelihood is about, if `x` is not: "a positive number", for the error message.
    fn outside_support(&self, x: f64) -> Option<&'static str>;

    /// The prior, as a posterior without data.
    fn prior(&self) -> Self::Posterior {
        self.update(&vec![0.0; self.features()])
    }

    /// `q(theta)` from `sum_n r_n t(x_n)`: the coordinate update. Statistics of 0 give the prior exactly (trap D34).
    fn update(&self, statistics: &[f64]) -> Self::Posterior;

    /// Writes `E_q[eta]`, so that `E_q[log p(x | theta)] = log h(x) + t(x) . E_q[eta]`.
    fn expected_natural(&self, q: &Self::Posterior, eta: &mut [f64]);

    /// `KL(q(theta) || p(theta))` in nats.
    fn kl_divergence(&self, q: &Self::Posterior) -> f64;

    /// `log E_q[p(x | theta)]` in nats: the predictive density or probability of a new observation (trap D45).
    ///
    /// # Shapes
    /// - `x`: `[columns]`, inside the support
    fn log_predictive(&self, q: &Self::Posterior, x: &[f64]) -> f64;
}

/// A normal distribution of a mean, `N(mean, (precision I)^-1)`.
///
/// # Examples
/// ```
/// use cavi::{ConjugatePair, NormalFixedPrecision, NormalPosterior};
///
/// // A hundred events of deviation 1/2 whose mean is (1, 2), and hardly a prior.
/// let pair = NormalFixedPrecision::new(4.0, vec![0.0, 0.0], 1e-9)?;
/// let NormalPosterior { mean, precision } = pair.update(&[100.0, 100.0, 200.0]);
/// assert!((mean[0] - 1.0).abs() < 1e-9 && (mean[1] - 2.0).abs() < 1e-9);
/// // The standard error of a mean, 0.5 / sqrt(100).
/// assert!((precision.sqrt().recip() - 0.05).abs() < 1e-9);
/// # Ok::<(), cavi::CaviError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NormalPosterior {
    /// The mean, one entry an axis.
    pub mean: Vec<f64>,
    /// The precision of every axis.
    pub precision: f64,
}

/// A gamma distribution of a rate, `Gamma(shape, rate)`.
///
/// # Examples
/// ```
/// use cavi::{ConjugatePair, ExponentialGamma, GammaPosterior, PoissonGamma};
///
/// // Four counts that sum to 10, and four waits that sum to 10.
/// let of_counts = PoissonGamma::new(3.0, 2.0)?.update(&[4.0, 10.0]);
/// let of_waits = ExponentialGamma::new(3.0, 2.0)?.update(&[4.0, 10.0]);
/// assert_eq!(of_counts, GammaPosterior { shape: 13.0, rate: 6.0 });
/// assert_eq!(of_waits, GammaPosterior { shape: 7.0, rate: 12.0 });
/// // The expected rates lie between the prior's, 3/2, and the data's, 10/4 and 4/10.
/// let mean = |q: GammaPosterior| q.shape / q.rate;
/// assert!((1.5..2.5).contains(&mean(of_counts)) && (0.4..1.5).contains(&mean(of_waits)));
/// # Ok::<(), cavi::CaviError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GammaPosterior {
    /// The shape.
    pub shape: f64,
    /// The rate (an inverse scale).
    pub rate: f64,
}

/// A beta distribution of a probability.
///
/// # Examples
/// ```
/// use cavi::{BernoulliBeta, BetaPosterior, ConjugatePair};
///
/// let uniform = BernoulliBeta::new(1.0, 1.0)?;
/// assert_eq!(uniform.prior(), BetaPosterior { a: 1.0, b: 1.0 });
/// // What one event teaches, in nats: the divergence of the density 2p from the uniform one.
/// let q = uniform.update(&[1.0, 1.0]);
/// assert_eq!(q, BetaPosterior { a: 2.0, b: 1.0 });
/// assert!((uniform.kl_divergence(&q) - (2.0_f64.ln() - 0.5)).abs() < 1e-12);
/// # Ok::<(), cavi::CaviError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BetaPosterior {
    /// The pseudo-count of ones.
    pub a: f64,
    /// The pseudo-count of zeros.
    pub b: f64,
}

/// A Dirichlet distribution of probabilities.
///
/// # Examples
/// ```
/// use cavi::{CategoricalDirichlet, ConjugatePair, DirichletPosterior};
///
/// let pair = CategoricalDirichlet::new(vec![1.0, 1.0, 1.0])?;
/// let q = pair.update(&[1.0, 0.0, 2.0]);
/// assert_eq!(q, DirichletPosterior { concentration: vec![2.0, 1.0, 3.0] });
/// // E[log p_0] = psi(2) - psi(6) = -(1/2 + 1/3 + 1/4 + 1/5)
/// let mut expected_log = [0.0; 3];
/// pair.expected_natural(&q, &mut expected_log);
/// assert!((expected_log[0] + 77.0 / 60.0).abs() < 1e-12);
/// # Ok::<(), cavi::CaviError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DirichletPosterior {
    /// The pseudo-count of each class.
    pub concentration: Vec<f64>,
}

/// The pairs that there are: a closed choice.
///
/// # Examples
/// ```
/// use cavi::{BernoulliBeta, ConjugatePair, NormalFixedPrecision, Pair, PoissonGamma};
///
/// let pairs = [
///     Pair::Normal(NormalFixedPrecision::new(1.0, vec![0.0, 0.0], 0.1)?),
///     Pair::Poisson(PoissonGamma::new(1.0, 0.1)?),
///     Pair::Bernoulli(BernoulliBeta::new(1.0, 1.0)?),
/// ];
/// assert_eq!(pairs.each_ref().map(|pair| pair.columns()), [2, 1, 1]);
/// // Which of them could have produced 2.5?
/// assert_eq!(pairs.map(|pair| pair.outside_support(2.5).is_none()), [true, false, false]);
/// # Ok::<(), cavi::CaviError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Pair {
    /// A normal likelihood of known precision with a normal prior on its mean.
    Normal(NormalFixedPrecision),
    /// A normal likelihood of unknown mean and precision, axis by axis, with a normal-gamma prior.
    NormalGamma(NormalGamma),
    /// A normal likelihood of unknown mean and precision matrix with a normal-Wishart prior.
    NormalWishart(NormalWishart),
    /// A log-normal likelihood of known precision with a normal prior on the mean of the logarithm.
    LogNormal(LogNormal),
    /// A Poisson likelihood with a gamma prior on its rate.
    Poisson(PoissonGamma),
    /// An exponential likelihood with a gamma prior on its rate.
    Exponential(ExponentialGamma),
    /// A Bernoulli likelihood with a beta prior on its probability.
    Bernoulli(BernoulliBeta),
    /// A categorical likelihood with a Dirichlet prior on its probabilities.
    Categorical(CategoricalDirichlet),
}

/// The posterior of a [`Pair`] in one component.
///
/// # Examples
/// ```
/// use cavi::{ConjugatePair, LogNormal, Pair, PairPosterior, PoissonGamma};
///
/// let distance = Pair::LogNormal(LogNormal::new(2.0, 0.0, 0.5)?);
/// let strength = Pair::Poisson(PoissonGamma::new(4.0, 0.1)?);
/// let expected = [distance, strength].map(|pair| match pair.prior() {
///     // exp(mu) is the median of the distances.
///     PairPosterior::Normal(mu) => mu.mean[0].exp(),
///     PairPosterior::Gamma(lambda) => lambda.shape / lambda.rate,
///     other => unreachable!("no pair here has {other:?}"),
/// });
/// assert_eq!(expected, [1.0, 40.0]);
/// # Ok::<(), cavi::CaviError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PairPosterior {
    /// Of a mean and a precision matrix.
    NormalWishart(NormalWishartPosterior),
    /// Of means and precisions.
    NormalGamma(NormalGammaPosterior),
    /// Of a mean.
    Normal(NormalPosterior),
    /// Of a rate.
    Gamma(GammaPosterior),
    /// Of a probability.
    Beta(BetaPosterior),
    /// Of probabilities.
    Dirichlet(DirichletPosterior),
}

/// Dispatches a method to the pair inside, with its posterior where one is given.
macro_rules! each_pair {
    ($self:ident, $pair:ident => $body:expr) => {
        match $self {
            Pair::Normal($pair) => $body,
            Pair::NormalGamma($pair) => $body,
            Pair::NormalWishart($pair) => $body,
            Pair::LogNormal($pair) => $body,
            Pair::Poisson($pair) => $body,
            Pair::Exponential($pair) => $body,
            Pair::Bernoulli($pair) => $body,
            Pair::Categorical($pair) => $body,
        }
    };
    ($self:ident, $q:ident, $pair:ident => $body:expr) => {
        match ($self, $q) {
            (Pair::Normal($pair), PairPosterior::Normal($q)) => $body,
            (Pair::NormalGamma($pair), PairPosterior::NormalGamma($q)) => $body,
            (Pair::NormalWishart($pair), PairPosterior::NormalWishart($q)) => $body,
            (Pair::LogNormal($pair), PairPosterior::Normal($q)) => $body,
            (Pair::Poisson($pair), PairPosterior::Gamma($q)) => $body,
            (Pair::Exponential($pair), PairPosterior::Gamma($q)) => $body,
            (Pair::Bernoulli($pair), PairPosterior::Beta($q)) => $body,
            (Pair::Categorical($pair), PairPosterior::Dirichlet($q)) => $body,
            (pair, q) => panic!("{q:?} is not a posterior of {pair:?}"),
        }
    };
}

/// # Panics
/// [`expected_natural`](ConjugatePair::expected_natural) and [`kl_divergence`](ConjugatePair::kl_divergence) panic when
/// they are given the posterior of another kind of pair.
impl ConjugatePair for Pair {
    type Posterior = PairPosterior;

    fn columns(&self) -> usize {
        each_pair!(self, pair => pair.columns())
    }

    fn features(&self) -> usize {
        each_pair!(self, pair => pair.features())
    }

    fn sufficient_statistics(&self, x: &[f64], t: &mut [f64]) -> f64 {
        each_pair!(self, pair => pair.sufficient_statistics(x, t))
    }

    fn coordinates(&self) -> Range<usize> {
        each_pair!(self, pair => pair.coordinates())
    }

    fn outside_support(&self, x: f64) -> Option<&'static str> {
        each_pair!(self, pair => pair.outside_support(x))
    }

    fn update(&self, statistics: &[f64]) -> PairPosterior {
        match self {
            Self::Normal(pair) => PairPosterior::Normal(pair.update(statistics)),
            Self::NormalGamma(pair) => PairPosterior::NormalGamma(pair.update(statistics)),
            Self::NormalWishart(pair) => PairPosterior::NormalWishart(pair.update(statistics)),
            Self::LogNormal(pair) => PairPosterior::Normal(pair.update(statistics)),
            Self::Poisson(pair) => PairPosterior::Gamma(pair.update(statistics)),
            Self::Exponential(pair) => PairPosterior::Gamma(pair.update(statistics)),
            Self::Bernoulli(pair) => PairPosterior::Beta(pair.update(statistics)),
            Self::Categorical(pair) => PairPosterior::Dirichlet(pair.update(statistics)),
        }
    }

    fn expected_natural(&self, q: &PairPosterior, eta: &mut [f64]) {
        each_pair!(self, q, pair => pair.expected_natural(q, eta));
    }

    fn kl_divergence(&self, q: &PairPosterior) -> f64 {
        each_pair!(self, q, pair => pair.kl_divergence(q))
    }

    fn log_predictive(&self, q: &PairPosterior, x: &[f64]) -> f64 {
        each_pair!(self, q, pair => pair.log_predictive(q, x))
    }
}

/// Fails unless `Gamma(shape alpha, rate beta)` is a distribution.
fn check_gamma_prior(alpha: f64, beta: f64) -> Result<(), CaviError> {
    require(alpha.is_finite() && alpha > 0.0, "alpha", alpha, "positive: it is a shape")?;
    require(beta.is_finite() && beta > 0.0, "beta", beta, "positive: it is a rate")
}

/// `KL(Gamma(a, b) || Gamma(alpha, beta))`, all by shape and rate.
pub(crate) fn gamma_kl(q: GammaPosterior, p: GammaPosterior) -> f64 {
    use crate::special::{digamma, ln_gamma};
    // KL = (a - alpha) psi(a) - ln Gamma(a) + ln Gamma(alpha) + alpha (ln b - ln beta) + a (beta - b) / b
    (q.shape - p.shape) * digamma(q.shape) - ln_gamma(q.shape)
        + ln_gamma(p.shape)
        + p.shape * (q.rate.ln() - p.rate.ln())
        + q.shape * (p.rate - q.rate) / q.rate
}

/// `KL(Dir(q) || Dir(p))`.
pub(crate) fn dirichlet_kl(q: &[f64], p: &[f64]) -> f64 {
    use crate::special::{digamma, ln_gamma};
    let (q_total, p_total): (f64, f64) = (q.iter().sum(), p.iter().sum());
    let per_class =
        q.iter().zip(p).map(|(&q, &p)| ln_gamma(p) - ln_gamma(q) + (q - p) * (digamma(q) - digamma(q_total)));
    ln_gamma(q_total) - ln_gamma(p_total) + per_class.sum::<f64>()
}

#[cfg(test)]
mod tests;

//! The weights of the components: constant, with a Dirichlet prior, or by stick-breaking.

use serde::{Deserialize, Serialize};

use crate::error::require;
use crate::pair::dirichlet_kl;
use crate::special::digamma;
use crate::{BetaPosterior, CaviError};

/// How the weights `pi` of the components come about: a closed choice.
///
/// # Examples
/// With a small concentration, a component that is not needed is left empty.
///
/// ```
/// use std::sync::Arc;
///
/// use burn::tensor::Device;
/// use cavi::{Catalogue, Design, FitConfig, Memory, Mixing, MixtureCavi, Pair, PoissonGamma, Precision, fit};
///
/// let events = Arc::new(Catalogue::read("s\n2\n3\n40\n37\n".as_bytes(), "events.csv", &["s"])?);
/// let mixing = Mixing::Dirichlet { concentration: 0.01 };
/// let mixture = MixtureCavi::new(vec![Pair::Poisson(PoissonGamma::new(1.0, 0.1)?)], mixing, 3)?;
/// let design = Design::new(&mixture.pairs, events, &Device::flex(), Precision::Double, Memory::Held)?;
/// let mut counts = fit(&mixture, &design, &FitConfig::default(), &mut |_start, _sweep, _elbo| true)?.counts;
/// counts.sort_by(f64::total_cmp);
/// assert!(counts[0] < 1e-9 && (counts[1] - 2.0).abs() < 1e-6 && (counts[2] - 2.0).abs() < 1e-6);
/// # Ok::<(), cavi::CaviError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Mixing {
    /// Constants: the assignment's.
    Fixed {
        /// One weight a component; they sum to 1, and a weight of 0 closes a component.
        weights: Vec<f64>,
    },
    /// `pi ~ Dirichlet(concentration, .., concentration)`.
    Dirichlet {
        /// The pseudo-count of each component.
        concentration: f64,
    },
    /// `v_k ~ Beta(1, concentration)`, `pi_k = v_k prod_{j<k} (1 - v_j)`, truncated: the last `v` is 1 (Blei and Jordan,
    /// 2006).
    StickBreaking {
        /// Larger means more components.
        concentration: f64,
    },
}

/// The posterior of the weights.
///
/// # Examples
/// Of a fit, it is `fit.posterior.mixing`.
///
/// ```
/// use cavi::{BetaPosterior, MixingPosterior};
///
/// let weights = MixingPosterior::Dirichlet { concentration: vec![3.0, 1.0] };
/// assert_eq!(weights.mean(), [0.75, 0.25]);
/// // E[log pi] = psi(3) - psi(4) = -1/3, below log E[pi] (Jensen).
/// assert!((weights.expected_log_weights()[0] + 1.0 / 3.0).abs() < 1e-12);
///
/// let halves = MixingPosterior::StickBreaking { sticks: vec![BetaPosterior { a: 2.0, b: 2.0 }; 2] };
/// assert_eq!(halves.mean(), [0.5, 0.25, 0.25]);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum MixingPosterior {
    /// The constants.
    Fixed {
        /// One weight a component.
        weights: Vec<f64>,
    },
    /// A Dirichlet.
    Dirichlet {
        /// One pseudo-count a component.
        concentration: Vec<f64>,
    },
    /// One beta a stick but the last.
    StickBreaking {
        /// The sticks.
        sticks: Vec<BetaPosterior>,
    },
}

impl Mixing {
    /// Equal constant weights.
    pub fn equal(components: usize) -> Self {
        Self::Fixed { weights: vec![1.0 / components as f64; components] }
    }

    /// Whether every order of the components is as probable as the next, so that their labels mean nothing.
    pub fn is_exchangeable(&self) -> bool {
        match self {
            Self::Fixed { weights } => weights.iter().all(|w| *w == weights[0]),
            Self::Dirichlet { .. } => true,
            Self::StickBreaking { .. } => false,
        }
    }

    pub(crate) fn validate(&self, components: usize) -> Result<(), CaviError> {
        match self {
            Self::Fixed { weights } => {
                let sum: f64 = weights.iter().sum();
                let valid =
                    weights.len() == components && weights.iter().all(|w| *w >= 0.0) && (sum - 1.0).abs() < 1e-9;
                if valid { Ok(()) } else { Err(CaviError::Weights { weights: weights.clone(), sum, components }) }
            }
            Self::Dirichlet { concentration } | Self::StickBreaking { concentration } => require(
                concentration.is_finite() && *concentration > 0.0,
                "the concentration of --mixing",
                *concentration,
                "positive",
            ),
        }
    }

    /// `q(pi)` from the counts `N_k = sum_n r_nk`.
    pub(crate) fn update(&self, counts: &[f64]) -> MixingPosterior {
        match self {
            Self::Fixed { weights } => MixingPosterior::Fixed { weights: weights.clone() },
            Self::Dirichlet { concentration } => {
                MixingPosterior::Dirichlet { concentration: counts.iter().map(|n| concentration + n).collect() }
            }
            Self::StickBreaking { concentration } => {
                // v_k ~ Beta(1 + N_k, concentration + sum_{j>k} N_j)
                let mut after: f64 = counts.iter().sum();
                let sticks = counts[..counts.len() - 1].iter().map(|n| {
                    after -= n;
                    BetaPosterior { a: 1.0 + n, b: concentration + after.max(0.0) }
                });
                MixingPosterior::StickBreaking { sticks: sticks.collect() }
            }
        }
    }

    /// `KL(q(pi) || p(pi))` in nats; 0 for constants.
    pub(crate) fn kl_divergence(&self, q: &MixingPosterior) -> f64 {
        match (self, q) {
            (Self::Dirichlet { concentration: prior }, MixingPosterior::Dirichlet { concentration }) => {
                dirichlet_kl(concentration, &vec![*prior; concentration.len()])
            }
            (Self::StickBreaking { concentration: prior }, MixingPosterior::StickBreaking { sticks }) => {
                sticks.iter().map(|v| dirichlet_kl(&[v.a, v.b], &[1.0, *prior])).sum()
            }
            _ => 0.0,
        }
    }
}

impl MixingPosterior {
    /// `E_q[log pi_k]`; minus infinity for a constant weight of 0.
    pub fn expected_log_weights(&self) -> Vec<f64> {
        match self {
            Self::Fixed { weights } => weights.iter().map(|w| w.ln()).collect(),
            Self::Dirichlet { concentration } => {
                let total = digamma(concentration.iter().sum());
                concentration.iter().map(|&a| digamma(a) - total).collect()
            }
            Self::StickBreaking { sticks } => {
                let mut rest = 0.0;
                let mut weights: Vec<f64> = Vec::with_capacity(sticks.len() + 1);
                for v in sticks {
                    let total = digamma(v.a + v.b);
                    weights.push(rest + digamma(v.a) - total);
                    rest += digamma(v.b) - total;
                }
                weights.push(rest);
                weights
            }
        }
    }

    /// The same weights with component `order[k]` in place `k`. Sticks stay: their order is their meaning.
    pub(crate) fn permuted(&self, order: &[usize]) -> Self {
        let pick = |values: &[f64]| order.iter().map(|&k| values[k]).collect();
        match self {
            Self::Fixed { weights } => Self::Fixed { weights: pick(weights) },
            Self::Dirichlet { concentration } => Self::Dirichlet { concentration: pick(concentration) },
            Self::StickBreaking { .. } => self.clone(),
        }
    }

    /// `E_q[pi_k]`.
    pub fn mean(&self) -> Vec<f64> {
        match self {
            Self::Fixed { weights } => weights.clone(),
            Self::Dirichlet { concentration } => {
                let total: f64 = concentration.iter().sum();
                concentration.iter().map(|a| a / total).collect()
            }
            Self::StickBreaking { sticks } => {
                let mut rest = 1.0;
                let mut weights: Vec<f64> = Vec::with_capacity(sticks.len() + 1);
                for v in sticks {
                    let mean = v.a / (v.a + v.b);
                    weights.push(rest * mean);
                    rest *= 1.0 - mean;
                }
                weights.push(rest);
                weights
            }
        }
    }
}

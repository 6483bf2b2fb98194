//! Ascent to convergence, from several starts.

use serde::{Deserialize, Serialize};

use crate::{CaviError, ConjugatePair, Design, Init, MixtureCavi, Posterior, Statistics, Svi};

/// How a sweep goes: a closed choice.
///
/// # Examples
/// ```
/// use std::sync::Arc;
///
/// use burn::tensor::Device;
/// use cavi::{Catalogue, Design, Memory, Mixing, MixtureCavi, Pair, PoissonGamma, Precision};
/// use cavi::{FitConfig, Method, Svi, fit};
///
/// let events = Arc::new(Catalogue::read("s\n2\n3\n40\n37\n".as_bytes(), "events.csv", &["s"])?);
/// let mixture = MixtureCavi::new(vec![Pair::Poisson(PoissonGamma::new(1.0, 0.1)?)], Mixing::equal(2), 2)?;
/// let design = Design::new(&mixture.pairs, events, &Device::flex(), Precision::Double, Memory::Held)?;
/// let elbo = |method| {
///     let config = FitConfig { method, ..FitConfig::default() };
///     fit(&mixture, &design, &config, &mut |_start, _sweep, _elbo| true).map(|fit| fit.elbo)
/// };
/// // Noisy steps end near the maximum, the coordinate updates on it.
/// let svi = Svi { batch_size: 2, ..Svi::default() };
/// let gap = elbo(Method::Coordinate)? - elbo(Method::Stochastic(svi))?;
/// assert!(0.0 < gap && gap < 0.01);
/// # Ok::<(), cavi::CaviError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Method {
    /// Every factor in turn, from all events: the ELBO never falls.
    Coordinate,
    /// As many events as there are, a few at a time; the ELBO is taken over all of them afterwards.
    Stochastic(Svi),
}

/// How to fit.
///
/// # Examples
/// ```
/// use std::sync::Arc;
///
/// use burn::tensor::Device;
/// use cavi::{Catalogue, Design, FitConfig, Memory, Mixing, MixtureCavi, Pair, PoissonGamma, Precision, fit};
///
/// let events = Arc::new(Catalogue::read("s\n2\n3\n40\n".as_bytes(), "events.csv", &["s"])?);
/// let mixture = MixtureCavi::new(vec![Pair::Poisson(PoissonGamma::new(1.0, 0.1)?)], Mixing::equal(2), 2)?;
/// let design = Design::new(&mixture.pairs, events, &Device::flex(), Precision::Double, Memory::Held)?;
/// let config = FitConfig { restarts: 3, seed: 7, max_sweeps: 1, ..FitConfig::default() };
/// let fit = fit(&mixture, &design, &config, &mut |_start, _sweep, _elbo| true)?;
/// assert_eq!(fit.restarts.iter().map(|start| start.seed).collect::<Vec<_>>(), [7, 8, 9]);
/// // One sweep alone cannot show that the ELBO has stopped rising.
/// assert!(fit.sweeps.len() == 1 && !fit.converged);
/// # Ok::<(), cavi::CaviError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct FitConfig {
    /// How a sweep goes.
    pub method: Method,
    /// Where to start.
    pub init: Init,
    /// Independent starts, of which the best is kept.
    pub restarts: usize,
    /// Sweeps at most.
    pub max_sweeps: usize,
    /// Converged when the ELBO rises by less than this many nats an event.
    pub tolerance: f64,
    /// The seed of the first start; the others follow it.
    pub seed: u64,
}

impl Default for FitConfig {
    fn default() -> Self {
        Self {
            method: Method::Coordinate,
            init: Init::KMeansPlusPlus,
            restarts: 10,
            max_sweeps: 1000,
            tolerance: 1e-8,
            seed: 1,
        }
    }
}

/// One start and where it ended.
///
/// # Examples
/// Starts may end at different maxima of the ELBO, of which the highest is kept.
///
/// ```
/// use std::sync::Arc;
///
/// use burn::tensor::Device;
/// use cavi::{Catalogue, Design, FitConfig, Memory, Mixing, MixtureCavi, Pair, PoissonGamma, Precision, fit};
///
/// let table = "s\n0\n1\n5\n9\n14\n20\n27\n36\n41\n";
/// let events = Arc::new(Catalogue::read(table.as_bytes(), "events.csv", &["s"])?);
/// let mixture = MixtureCavi::new(vec![Pair::Poisson(PoissonGamma::new(1.0, 0.1)?)], Mixing::equal(3), 3)?;
/// let design = Design::new(&mixture.pairs, events, &Device::flex(), Precision::Double, Memory::Held)?;
/// let fit = fit(&mixture, &design, &FitConfig::default(), &mut |_start, _sweep, _elbo| true)?;
/// assert!(fit.restarts.iter().all(|start| start.converged && start.elbo <= fit.elbo));
/// assert!(fit.restarts.iter().any(|start| start.elbo < fit.elbo - 0.1));
/// # Ok::<(), cavi::CaviError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Restart {
    /// The seed of its responsibilities.
    pub seed: u64,
    /// Its last ELBO, in nats.
    pub elbo: f64,
    /// Its number of sweeps.
    pub sweeps: usize,
    /// Whether it converged.
    pub converged: bool,
}

/// The best of all starts.
///
/// # Examples
/// ```
/// use std::sync::Arc;
///
/// use burn::tensor::Device;
/// use cavi::{Catalogue, Design, FitConfig, Memory, Mixing, MixtureCavi, Pair, PoissonGamma, Precision, fit};
///
/// let events = Arc::new(Catalogue::read("s\n2\n3\n2\n40\n".as_bytes(), "events.csv", &["s"])?);
/// let mixture = MixtureCavi::new(vec![Pair::Poisson(PoissonGamma::new(1.0, 0.1)?)], Mixing::equal(2), 2)?;
/// let design = Design::new(&mixture.pairs, events, &Device::flex(), Precision::Double, Memory::Held)?;
/// let fit = fit(&mixture, &design, &FitConfig::default(), &mut |_start, _sweep, _elbo| true)?;
/// assert!(fit.converged && fit.sweeps.last() == Some(&fit.elbo));
/// // Components have no order of their own: the larger first.
/// let larger_first = if fit.counts[0] > fit.counts[1] { [0, 1] } else { [1, 0] };
/// assert!((fit.permuted(&larger_first).counts[0] - 3.0).abs() < 1e-6);
/// # Ok::<(), cavi::CaviError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// The factors of the parameters.
    pub posterior: Posterior,
    /// `N_k`, the expected number of events of each component.
    pub counts: Vec<f64>,
    /// Of this posterior, in nats: the last of `sweeps`, or the best of a stochastic fit.
    pub elbo: f64,
    /// The ELBO after each sweep, in nats.
    pub sweeps: Vec<f64>,
    /// Whether the last rise was below the tolerance; of a stochastic fit, the last three.
    pub converged: bool,
    /// Every start, in order.
    pub restarts: Vec<Restart>,
    /// Whether all components ended up the same: the symmetric fixed point, which no sweep leaves (trap D34).
    pub symmetric: bool,
}

impl Fit {
    /// The same fit with component `order[k]` in place `k`. Not for stick-breaking, whose order is its meaning.
    pub fn permuted(mut self, order: &[usize]) -> Self {
        self.counts = order.iter().map(|&k| self.counts[k]).collect();
        self.posterior.mixing = self.posterior.mixing.permuted(order);
        for components in &mut self.posterior.pairs {
            *components = order.iter().map(|&k| components[k].clone()).collect();
        }
        self
    }
}

/// Passes of a stochastic fit that must raise the best ELBO by less than the tolerance: one alone may be bad luck.
const STALE: usize = 3;

/// Fits a mixture: a sweep updates the factors of all parameters, then those of all assignments, and its ELBO is taken after
/// both. Each start draws its own responsibilities (trap D36).
///
/// `progress` is told the start and the sweep, and answers whether to go on.
///
/// # Errors
/// When there are more components than events, the schedule of a stochastic fit is out of range, the bound is not a
/// number, the events cannot be read back, or the device fails.
pub fn fit(
    mixture: &MixtureCavi,
    design: &Design,
    config: &FitConfig,
    progress: &mut dyn FnMut(usize, usize, f64) -> bool,
) -> Result<Fit, CaviError> {
    let observations = design.observations();
    if mixture.components > observations {
        return Err(CaviError::Components { components: mixture.components, observations });
    }
    if let Method::Stochastic(svi) = config.method {
        svi.validate()?;
    }
    let mut best: Option<Fit> = None;
    let mut restarts = Vec::new();
    for start in 0..config.restarts.max(1) {
        let seed = config.seed.wrapping_add(start as u64);
        let mut go_on = true;
        let fit = ascend(mixture, design, config, seed, &mut |sweep, elbo| {
            go_on = progress(start, sweep, elbo);
            go_on
        })?;
        restarts.push(Restart { seed, elbo: fit.elbo, sweeps: fit.sweeps.len(), converged: fit.converged });
        if best.as_ref().is_none_or(|best| fit.elbo > best.elbo) {
            best = Some(fit);
        }
        if !go_on {
            break;
        }
    }
    let mut best = best.expect("there is at least one start");
    best.restarts = restarts;
    Ok(best)
}

fn ascend(
    mixture: &MixtureCavi,
    design: &Design,
    config: &FitConfig,
    seed: u64,
    progress: &mut dyn FnMut(usize, f64) -> bool,
) -> Result<Fit, CaviError> {
    let mut statistics = config.init.statistics(mixture, design, seed)?;
    let mut sweeps: Vec<f64> = Vec::new();
    let mut best: Option<(f64, Posterior, Vec<f64>)> = None;
    let mut stale = 0;
    loop {
        if let Method::Stochastic(svi) = config.method {
            statistics = svi.pass(mixture, design, statistics, (seed, sweeps.len()))?;
        }
        let (posterior, next, elbo) = sweep(mixture, design, &statistics)?;
        if !elbo.is_finite() {
            return Err(CaviError::NotFinite { elbo, sweep: sweeps.len() + 1 });
        }
        sweeps.push(elbo);
        let rise = best.as_ref().map_or(f64::INFINITY, |(best, _, _)| elbo - best);
        stale = if rise < config.tolerance * design.observations() as f64 { stale + 1 } else { 0 };
        let (patience, keeps_last) = match config.method {
            Method::Coordinate => (1, true),
            Method::Stochastic(_) => (STALE, false),
        };
        if keeps_last || rise > 0.0 {
            best = Some((elbo, posterior, next.counts.clone()));
        }
        if config.method == Method::Coordinate {
            // The running averages of stochastic steps go on instead.
            statistics = next;
        }
        let converged = stale >= patience;
        let go_on = progress(sweeps.len(), elbo);
        if let Some((elbo, posterior, counts)) =
            best.take_if(|_| converged || !go_on || sweeps.len() >= config.max_sweeps)
        {
            let symmetric = is_symmetric(mixture, &posterior);
            return Ok(Fit { posterior, counts, elbo, sweeps, converged, restarts: Vec::new(), symmetric });
        }
    }
}

/// The posterior of the parameters at the statistics of an assignment, the statistics of the assignment at that posterior,
/// and the ELBO of the two.
fn sweep(
    mixture: &MixtureCavi,
    design: &Design,
    statistics: &Statistics,
) -> Result<(Posterior, Statistics, f64), CaviError> {
    let posterior = mixture.update(design, statistics);
    let expectation = mixture.expectation(&posterior, design)?;
    let elbo = expectation.log_normaliser - mixture.kl_divergence(&posterior);
    Ok((posterior, expectation.statistics, elbo))
}

/// Whether two or more components all have the same `E_q[eta]`, to rounding.
fn is_symmetric(mixture: &MixtureCavi, posterior: &Posterior) -> bool {
    mixture.components > 1
        && mixture.pairs.iter().zip(&posterior.pairs).all(|(pair, components)| {
            let natural = |q| {
                let mut eta = vec![0.0; pair.features()];
                pair.expected_natural(q, &mut eta);
                eta
            };
            let first = natural(&components[0]);
            let same = |eta: Vec<f64>| eta.iter().zip(&first).all(|(a, b)| (a - b).abs() <= 1e-9 * b.abs().max(1e-9));
            components[1..].iter().all(|q| same(natural(q)))
        })
}

//! Catalogues drawn from the assignment's two mixtures, with the truth known.

use distributions::{Noise, Purpose};
use rand_distr::{Distribution, Gamma, Normal, Poisson};
use serde::{Deserialize, Serialize};

use crate::error::require;
use crate::{
    Assignment, Catalogue, CaviError, Column, LogNormal, Mixing, MixtureCavi, NormalFixedPrecision, Pair, PoissonGamma,
};

/// What to draw.
///
/// # Examples
/// ```
/// use cavi::{Assignment, Simulation};
///
/// let simulation = Simulation {
///     model: Assignment::NormalPoisson,
///     observations: 100,
///     weights: vec![0.7, 0.3],
///     tau: 4.0,
///     nu: vec![0.0, 10.0],
///     rho: 0.02,
///     alpha: 4.0,
///     beta: 0.1,
/// };
/// assert_eq!(simulation.columns(), ["x1", "x2", "strength"]);
/// // The same seed draws the same catalogue.
/// assert_eq!(simulation.catalogue(1)?, simulation.catalogue(1)?);
/// assert_ne!(simulation.catalogue(1)?, simulation.catalogue(2)?);
/// # Ok::<(), cavi::CaviError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Simulation {
    /// Which mixture.
    pub model: Assignment,
    /// The number of events.
    pub observations: usize,
    /// `pi`.
    pub weights: Vec<f64>,
    /// The precision of a position, or of the logarithm of a distance.
    pub tau: f64,
    /// The prior mean of `mu`, one entry an axis.
    pub nu: Vec<f64>,
    /// The prior precision of `mu`.
    pub rho: f64,
    /// The prior shape of `lambda`.
    pub alpha: f64,
    /// The prior rate of `lambda`.
    pub beta: f64,
}

/// What was drawn but is not observed.
///
/// # Examples
/// With the simulation of [`Simulation`], whose events lie in the plane:
///
/// ```
/// use cavi::Truth;
/// # use cavi::{Assignment, Simulation};
/// # let (model, weights, nu) = (Assignment::NormalPoisson, vec![0.7, 0.3], vec![0.0, 10.0]);
/// # let simulation =
/// #     Simulation { model, observations: 100, weights, tau: 4.0, nu, rho: 0.02, alpha: 4.0, beta: 0.1 };
///
/// let (events, Truth { mu, lambda, labels }) = simulation.catalogue(1)?;
/// assert_eq!((mu.len(), mu[0].len(), labels.len()), (2, 2, 100));
/// // The mean strength of the first component is about its rate, within four standard errors.
/// let own = events.columns[2].values.iter().zip(&labels).filter(|(_, label)| **label == 0);
/// let (count, sum) = own.fold((0.0, 0.0), |(count, sum), (strength, _)| (count + 1.0, sum + strength));
/// assert!((sum / count - lambda[0]).abs() < 4.0 * (lambda[0] / count).sqrt());
/// # Ok::<(), cavi::CaviError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// `mu_k`, `[components][axes]`.
    pub mu: Vec<Vec<f64>>,
    /// `lambda_k`, `[components]`.
    pub lambda: Vec<f64>,
    /// `Z_n`, from 0.
    pub labels: Vec<usize>,
}

/// The largest rate of a count.
const MOST: f64 = 1e15;

/// A catalogue being drawn: the parameters are there, the events come one by one.
///
/// # Examples
/// A catalogue of any length is drawn in constant memory.
///
/// ```
/// use cavi::{Assignment, Simulation};
///
/// let (model, weights, nu) = (Assignment::LogNormalPoisson, vec![0.7, 0.3], vec![2.0]);
/// let simulation =
///     Simulation { model, observations: 1_000_000, weights, tau: 4.0, nu, rho: 0.5, alpha: 4.0, beta: 0.1 };
/// let mut draw = simulation.draw(1)?;
/// assert_eq!((draw.mu.len(), draw.lambda.len()), (2, 2));
/// // The label, and the columns: a distance and a strength.
/// let Some((label, event)) = draw.next() else { panic!("the first of many") };
/// assert!(label < 2 && event[0] > 0.0 && event[1].fract() == 0.0);
/// // A shorter catalogue of the same seed begins with the same event.
/// let mut short = Simulation { observations: 5, ..simulation }.draw(1)?;
/// assert_eq!(short.next(), Some((label, event)));
/// # Ok::<(), cavi::CaviError>(())
/// ```
#[derive(Debug)]
pub struct Draw {
    model: Assignment,
    weights: Vec<f64>,
    scatter: Normal<f64>,
    left: usize,
    labels: Noise,
    events: Noise,
    /// `mu_k`, `[components][axes]`.
    pub mu: Vec<Vec<f64>>,
    /// `lambda_k`, `[components]`.
    pub lambda: Vec<f64>,
}

impl Simulation {
    /// The mixture that events are drawn from, with its true constants.
    ///
    /// # Errors
    /// When a constant is out of its range.
    pub fn mixture(&self) -> Result<MixtureCavi, CaviError> {
        let place = match self.model {
            Assignment::NormalPoisson => Pair::Normal(NormalFixedPrecision::new(self.tau, self.nu.clone(), self.rho)?),
            Assignment::LogNormalPoisson => {
                let one_axis = "one number: a distance has one axis";
                require(self.nu.len() == 1, "the length of nu", self.nu.len() as f64, one_axis)?;
                Pair::LogNormal(LogNormal::new(self.tau, self.nu[0], self.rho)?)
            }
        };
        let strength = Pair::Poisson(PoissonGamma::new(self.alpha, self.beta)?);
        let mixing = Mixing::Fixed { weights: self.weights.clone() };
        MixtureCavi::new(vec![place, strength], mixing, self.weights.len())
    }

    /// Draws the parameters from their priors; the events follow one by one.
    ///
    /// # Errors
    /// When a constant is out of its range.
    pub fn draw(&self, seed: u64) -> Result<Draw, CaviError> {
        self.mixture()?;
        require(self.observations > 0, "the number of events", 0.0, "at least 1")?;
        let normal =
            |precision: f64, name| Normal::new(0.0, precision.sqrt().recip()).map_err(|_| parameter(name, precision));
        let (means, scatter) = (normal(self.rho, "rho")?, normal(self.tau, "tau")?);
        let gamma = Gamma::new(self.alpha, self.beta.recip()).map_err(|_| parameter("beta", self.beta))?;
        let mut noise = Noise::new(seed, Purpose::Simulation, 0, 0);
        let rng = noise.generator();
        let components = self.weights.len();
        let mu: Vec<Vec<f64>> =
            (0..components).map(|_| self.nu.iter().map(|nu| nu + means.sample(rng)).collect()).collect();
        let lambda: Vec<f64> = (0..components).map(|_| gamma.sample(rng)).collect();
        if let Some(&rate) = lambda.iter().find(|rate| **rate > MOST) {
            let must = "at most 1e15, beyond which counts are no whole numbers any more: lower alpha or raise beta";
            return Err(CaviError::Parameter { name: "a drawn lambda", value: rate.to_string(), must });
        }
        // e^700 is the end of f64; ten deviations never happen.
        let reach = 10.0 / self.tau.sqrt();
        let far = mu.iter().flatten().find(|mu| mu.abs() + reach > 700.0);
        if let (Assignment::LogNormalPoisson, Some(mu)) = (self.model, far) {
            let must = "within 700 less ten deviations 1/sqrt(tau), or distances overflow: move nu, raise rho or tau";
            return Err(CaviError::Parameter { name: "a drawn mu", value: mu.to_string(), must });
        }
        Ok(Draw {
            model: self.model,
            weights: self.weights.clone(),
            scatter,
            left: self.observations,
            labels: Noise::new(seed, Purpose::Simulation, 1, 0),
            events: Noise::new(seed, Purpose::Simulation, 2, 0),
            mu,
            lambda,
        })
    }

    /// The whole catalogue in memory, and what is not observed of it.
    ///
    /// # Errors
    /// When a constant is out of its range.
    pub fn catalogue(&self, seed: u64) -> Result<(Catalogue, Truth), CaviError> {
        let mut draw = self.draw(seed)?;
        let mut columns: Vec<Column> =
            self.columns().into_iter().map(|name| Column { name, values: Vec::new() }).collect();
        let mut labels = Vec::with_capacity(self.observations);
        for (label, event) in draw.by_ref() {
            labels.push(label);
            columns.iter_mut().zip(event).for_each(|(column, value)| column.values.push(value));
        }
        let lines = (2..self.observations as u64 + 2).collect();
        let truth = Truth { mu: draw.mu, lambda: draw.lambda, labels };
        Ok((Catalogue { file: format!("simulation {seed}"), columns, lines }, truth))
    }

    /// The names of the columns: `x1..xD` or `distance`, then `strength`.
    pub fn columns(&self) -> Vec<String> {
        let place: Vec<String> = match self.model {
            Assignment::NormalPoisson => (1..=self.nu.len()).map(|axis| format!("x{axis}")).collect(),
            Assignment::LogNormalPoisson => vec!["distance".to_owned()],
        };
        place.into_iter().chain(["strength".to_owned()]).collect()
    }
}

impl Draw {
    fn label(&mut self) -> usize {
        let mut uniform = [0.0];
        self.labels.fill_uniform(&mut uniform);
        let mut left = f64::from(uniform[0]);
        let chosen = self.weights.iter().position(|weight| {
            left -= weight;
            left < 0.0
        });
        // Rounding can leave a crumb beyond the last weight that is not 0.
        chosen.or_else(|| self.weights.iter().rposition(|weight| *weight > 0.0)).unwrap_or(0)
    }
}

impl Iterator for Draw {
    /// The label, from 0, and the columns.
    type Item = (usize, Vec<f64>);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let label = self.label();
        let rng = self.events.generator();
        let place = self.mu[label].iter().map(|mean| mean + self.scatter.sample(rng));
        let mut event: Vec<f64> = match self.model {
            Assignment::NormalPoisson => place.collect(),
            Assignment::LogNormalPoisson => place.map(f64::exp).collect(),
        };
        // A rate of 0 to the last bit has no Poisson distribution, but its counts are known.
        event.push(Poisson::new(self.lambda[label]).map_or(0.0, |poisson| poisson.sample(rng)));
        Some((label, event))
    }
}

fn parameter(name: &'static str, value: f64) -> CaviError {
    CaviError::Parameter { name, value: value.to_string(), must: "positive and finite" }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use burn::tensor::Device;

    use super::*;
    use crate::{Design, FitConfig, Memory, PairPosterior, Precision, fit};

    fn simulation(model: Assignment) -> Simulation {
        let nu = match model {
            Assignment::NormalPoisson => vec![0.0, 10.0],
            Assignment::LogNormalPoisson => vec![2.0],
        };
        Simulation { model, observations: 150, weights: vec![0.5, 0.5], tau: 4.0, nu, rho: 0.02, alpha: 4.0, beta: 0.1 }
    }

    #[test]
    fn the_same_seed_draws_the_same_catalogue() {
        for model in [Assignment::NormalPoisson, Assignment::LogNormalPoisson] {
            let draw = |seed| simulation(model).catalogue(seed).unwrap();
            assert_eq!(draw(1), draw(1));
            assert_ne!(draw(1), draw(2));
        }
    }

    /// Catalogues whose components are far apart: the 90 % credible intervals of the fit, conditional on which
    /// epicentre is which, cover the truth at their nominal rate: `mu` by its normal, `lambda` by its gamma (as a normal:
    /// shapes are in the hundreds). Of several hundred intervals the share lies within 5.5 standard errors of 0.9.
    #[test]
    fn credible_intervals_cover_the_truth_at_their_nominal_rate() {
        const Z: f64 = 1.644_853_626_951_472_7;
        for model in [Assignment::NormalPoisson, Assignment::LogNormalPoisson] {
            let simulation = simulation(model);
            let mixture = simulation.mixture().unwrap();
            let (mut covered, mut total) = (0, 0);
            for seed in 0..200 {
                let (catalogue, truth) = simulation.catalogue(seed).unwrap();
                let distance: f64 = truth.mu[0].iter().zip(&truth.mu[1]).map(|(a, b)| (a - b).powi(2)).sum();
                if distance.sqrt() < 8.0 / simulation.tau.sqrt() {
                    continue;
                }
                let (device, events) = (Device::flex(), Arc::new(catalogue));
                let design = Design::new(&mixture.pairs, events, &device, Precision::Double, Memory::Held).unwrap();
                let config = FitConfig { restarts: 3, ..FitConfig::default() };
                let fit = fit(&mixture, &design, &config, &mut |_, _, _| true).unwrap();
                // Which component is which epicentre.
                let PairPosterior::Normal(first) = &fit.posterior.pairs[0][0] else { panic!("not a normal") };
                let from = |k: usize| first.mean.iter().zip(&truth.mu[k]).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
                let order = if from(0) < from(1) { [0, 1] } else { [1, 0] };
                for (k, &true_k) in order.iter().enumerate() {
                    let PairPosterior::Normal(mu) = &fit.posterior.pairs[0][k] else { panic!("not a normal") };
                    for (m, t) in mu.mean.iter().zip(&truth.mu[true_k]) {
                        covered += usize::from((m - t).abs() < Z / mu.precision.sqrt());
                        total += 1;
                    }
                    let PairPosterior::Gamma(lambda) = &fit.posterior.pairs[1][k] else { panic!("not a gamma") };
                    let (mean, scale) = (lambda.shape / lambda.rate, lambda.shape.sqrt() / lambda.rate);
                    covered += usize::from((mean - truth.lambda[true_k]).abs() < Z * scale);
                    total += 1;
                }
            }
            assert!(total > 300, "{total} intervals");
            let share = f64::from(covered as u32) / f64::from(total as u32);
            let error = (0.9 * 0.1 / total as f64).sqrt();
            assert!((share - 0.9).abs() < 5.5 * error, "{model:?}: {share} of {total}");
        }
    }

    #[test]
    fn constants_out_of_range_are_named() {
        let message = |change: fn(&mut Simulation)| {
            let mut simulation = simulation(Assignment::NormalPoisson);
            change(&mut simulation);
            simulation.draw(1).unwrap_err().to_string()
        };
        assert!(message(|s| s.tau = 0.0).starts_with("tau is 0"));
        assert!(message(|s| s.rho = -1.0).starts_with("rho is -1"));
        assert!(message(|s| s.alpha = -2.0).starts_with("alpha is -2; it must be positive: it is a shape"));
        assert!(message(|s| s.weights = vec![0.5, 0.6]).contains("sum to 1.1"));
        assert!(message(|s| (s.alpha, s.beta) = (1e22, 1.0)).starts_with("a drawn lambda is "));
        assert!(
            message(|s| (s.model, s.nu) = (Assignment::LogNormalPoisson, vec![1000.0])).starts_with("a drawn mu is ")
        );
        assert!(message(|s| s.observations = 0).contains("the number of events is 0"));
    }
}

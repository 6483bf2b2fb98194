//! Catalogues drawn from the assignment's two mixtures, with the truth known.

use distributions::{Noise, Purpose};
use rand_distr::{Distribution, Gamma, Normal, Poisson};
use serde::{Deserialize, Serialize};

use crate::error::require;
use crate::{Assignment, Catalogue, CaviError, Column, Mixing};

/// What to draw.
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// `mu_k`, `[components][axes]`.
    pub mu: Vec<Vec<f64>>,
    /// `lambda_k`, `[components]`.
    pub lambda: Vec<f64>,
    /// `Z_n`, from 0.
    pub labels: Vec<usize>,
}

impl Simulation {
    /// Draws the parameters from their priors, then the events: columns `x1..xD` (or `distance`) and `strength`.
    ///
    /// # Errors
    /// When a constant is out of its range.
    pub fn draw(&self, seed: u64) -> Result<(Catalogue, Truth), CaviError> {
        let components = self.weights.len();
        Mixing::Fixed { weights: self.weights.clone() }.validate(components)?;
        require(self.observations > 0, "--observations", 0.0, "at least 1")?;
        require(self.tau.is_finite() && self.tau > 0.0, "tau", self.tau, "positive: it is a precision")?;
        require(
            !self.nu.is_empty() && self.nu.iter().all(|x| x.is_finite()),
            "nu",
            f64::NAN,
            "one finite number an axis",
        )?;
        let gamma = Gamma::new(self.alpha, self.beta.recip());
        let gamma = gamma.map_err(|_| parameter("alpha or beta", self.alpha.min(self.beta)))?;
        let means = Normal::new(0.0, self.rho.sqrt().recip()).map_err(|_| parameter("rho", self.rho))?;
        let scatter = Normal::new(0.0, self.tau.sqrt().recip()).map_err(|_| parameter("tau", self.tau))?;

        let mut noise = Noise::new(seed, Purpose::Simulation, 0, 0);
        let rng = noise.generator();
        let mu: Vec<Vec<f64>> =
            (0..components).map(|_| self.nu.iter().map(|nu| nu + means.sample(rng)).collect()).collect();
        let lambda: Vec<f64> = (0..components).map(|_| gamma.sample(rng)).collect();

        let mut noise = Noise::new(seed, Purpose::Simulation, 1, 0);
        let labels: Vec<usize> = (0..self.observations).map(|_| self.label(&mut noise)).collect();
        let rng = noise.generator();
        let mut columns = self.columns();
        for &k in &labels {
            for (axis, column) in mu[k].iter().zip(&mut columns) {
                let x = axis + scatter.sample(rng);
                column.values.push(match self.model {
                    Assignment::NormalPoisson => x,
                    Assignment::LogNormalPoisson => x.exp(),
                });
            }
            // A rate of 0 to the last bit has no Poisson distribution, but its counts are known.
            let strength = Poisson::new(lambda[k]).map_or(0.0, |poisson| poisson.sample(rng));
            if let Some(column) = columns.last_mut() {
                column.values.push(strength);
            }
        }
        let lines = (2..self.observations as u64 + 2).collect();
        Ok((Catalogue { file: format!("simulation {seed}"), columns, lines }, Truth { mu, lambda, labels }))
    }

    fn label(&self, noise: &mut Noise) -> usize {
        let mut uniform = [0.0];
        noise.fill_uniform(&mut uniform);
        let mut left = f64::from(uniform[0]);
        let chosen = self.weights.iter().position(|weight| {
            left -= weight;
            left < 0.0
        });
        // Rounding can leave a crumb beyond the last weight that is not 0.
        chosen.or_else(|| self.weights.iter().rposition(|weight| *weight > 0.0)).unwrap_or(0)
    }

    fn columns(&self) -> Vec<Column> {
        let named = |name: String| Column { name, values: Vec::with_capacity(self.observations) };
        let mut columns: Vec<Column> = match self.model {
            Assignment::NormalPoisson => (1..=self.nu.len()).map(|axis| named(format!("x{axis}"))).collect(),
            Assignment::LogNormalPoisson => vec![named("distance".to_owned())],
        };
        columns.push(named("strength".to_owned()));
        columns
    }
}

fn parameter(name: &'static str, value: f64) -> CaviError {
    CaviError::Parameter { name, value: value.to_string(), must: "positive and finite" }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::{Constants, Design, FitConfig, PairPosterior, Precision, fit};

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
            let draw = |seed| simulation(model).draw(seed).unwrap();
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
            let constants = Constants {
                tau: Some(simulation.tau),
                nu: Some(simulation.nu.clone()),
                rho: Some(simulation.rho),
                alpha: Some(simulation.alpha),
                beta: Some(simulation.beta),
                weights: Some(simulation.weights.clone()),
            };
            let (mut covered, mut total) = (0, 0);
            for seed in 0..200 {
                let (catalogue, truth) = simulation.draw(seed).unwrap();
                let distance: f64 = truth.mu[0].iter().zip(&truth.mu[1]).map(|(a, b)| (a - b).powi(2)).sum();
                if distance.sqrt() < 8.0 / simulation.tau.sqrt() {
                    continue;
                }
                let mixture = model.mixture(2, &constants, &catalogue).unwrap();
                let design = Design::new(&mixture.pairs, &catalogue, &Device::flex(), Precision::Double).unwrap();
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
        assert!(message(|s| s.alpha = -2.0).contains("alpha or beta"));
        assert!(message(|s| s.weights = vec![0.5, 0.6]).contains("sum to 1.1"));
        assert!(message(|s| s.observations = 0).contains("--observations is 0"));
    }
}

//! What a fit says of itself: `fit.json`, a summary, a curve.

use cavi::{Assignment, Fit, Mixing, MixtureCavi, Pair, PairPosterior, Restart};
use figures::{Curves, FigureError, Series};
use serde::Serialize;
use train::{Run, sha256};

use super::input::Input;
use crate::cli::MixtureArgs;

/// `fit.json`.
#[derive(Debug, Serialize)]
pub(crate) struct FitReport {
    model: Assignment,
    components: usize,
    observations: usize,
    converged: bool,
    symmetric: bool,
    elbo: f64,
    sweeps: Vec<f64>,
    weights: Vec<f64>,
    counts: Vec<f64>,
    mu: Means,
    lambda: Rates,
    pairs: Vec<PairReport>,
    prior: Prior,
    data: Data,
    seed: u64,
    restarts: Vec<Restart>,
    seconds: f64,
}

#[derive(Debug, Serialize)]
struct Means {
    mean: Vec<Vec<f64>>,
    precision: Vec<f64>,
}

#[derive(Debug, Serialize)]
struct Rates {
    shape: Vec<f64>,
    rate: Vec<f64>,
}

#[derive(Debug, Serialize)]
struct PairReport {
    columns: Vec<String>,
    prior: Pair,
    posterior: Vec<PairPosterior>,
}

#[derive(Debug, Serialize)]
struct Prior {
    weights: Vec<f64>,
    tau: f64,
    nu: Vec<f64>,
    rho: f64,
    alpha: f64,
    beta: f64,
}

#[derive(Debug, Serialize)]
struct Data {
    file: String,
    sha256: String,
}

impl FitReport {
    pub(crate) fn new(
        input: &Input,
        mixture: &MixtureCavi,
        fit: &Fit,
        args: &MixtureArgs,
        seed: u64,
        seconds: f64,
    ) -> Self {
        let mut mu = Means { mean: Vec::new(), precision: Vec::new() };
        let mut lambda = Rates { shape: Vec::new(), rate: Vec::new() };
        for q in fit.posterior.pairs.iter().flatten() {
            match q {
                PairPosterior::Normal(q) => {
                    mu.mean.push(q.mean.clone());
                    mu.precision.push(q.precision);
                }
                PairPosterior::Gamma(q) => {
                    lambda.shape.push(q.shape);
                    lambda.rate.push(q.rate);
                }
                PairPosterior::Beta(_) | PairPosterior::Dirichlet(_) => {}
            }
        }
        let columns = [args.position.clone(), vec![args.strength.clone()]];
        let pairs = mixture.pairs.iter().zip(columns).zip(&fit.posterior.pairs);
        Self {
            model: input.assignment,
            components: mixture.components,
            observations: input.catalogue.len(),
            converged: fit.converged,
            symmetric: fit.symmetric,
            elbo: fit.elbo(),
            sweeps: fit.sweeps.clone(),
            weights: fit.posterior.mixing.mean(),
            counts: fit.counts.clone(),
            mu,
            lambda,
            pairs: pairs
                .map(|((prior, columns), posterior)| PairReport {
                    columns,
                    prior: prior.clone(),
                    posterior: posterior.clone(),
                })
                .collect(),
            prior: prior(mixture),
            data: Data { file: input.catalogue.file.clone(), sha256: sha256([&input.bytes]) },
            seed,
            restarts: fit.restarts.clone(),
            seconds,
        }
    }

    /// What a person wants to see first.
    pub(crate) fn summary(&self, run: &Run) -> String {
        let mut text = format!(
            "run {}: ELBO {:.4} nats after {} sweeps{}; best of {} starts\n{:>3} {:>9} {:>7}  {:28} {:>9}\n",
            run.name(),
            self.elbo,
            self.sweeps.len(),
            if self.converged { "" } else { " (not converged: raise --max-sweeps)" },
            self.restarts.len(),
            "k",
            "events",
            "weight",
            "mu",
            "lambda",
        );
        for k in 0..self.components {
            let mean: Vec<String> = self.mu.mean[k].iter().map(|m| format!("{m:.3}")).collect();
            text.push_str(&format!(
                "{:>3} {:>9.1} {:>7.3}  {:28} {:>9.3}\n",
                k + 1,
                self.counts[k],
                self.weights[k],
                mean.join(", "),
                self.lambda.shape[k] / self.lambda.rate[k],
            ));
        }
        text.push_str(&format!("written to {}", run.outputs().display()));
        text
    }

    /// The ELBO over the sweeps of the best start.
    pub(crate) fn curve(&self, run: &Run) -> Result<String, FigureError> {
        let points = self.sweeps.iter().enumerate().map(|(sweep, &elbo)| ((sweep + 1) as f64, elbo)).collect();
        Curves {
            title: format!("ELBO of run {}", run.name()),
            x_label: "sweep".to_owned(),
            y_label: "ELBO (nats)".to_owned(),
            series: vec![Series { label: "best start".to_owned(), points }],
        }
        .to_svg()
    }
}

/// The model with its constants, in one line.
pub(crate) fn describe(mixture: &MixtureCavi, observations: usize) -> String {
    let Prior { tau, nu, rho, alpha, beta, .. } = prior(mixture);
    format!(
        "{observations} events, {} components, tau {tau:.6}, nu {nu:.4?}, rho {rho:.6}, alpha {alpha}, beta {beta:.6}",
        mixture.components
    )
}

fn prior(mixture: &MixtureCavi) -> Prior {
    let weights = match &mixture.mixing {
        Mixing::Fixed { weights } => weights.clone(),
        Mixing::Dirichlet { .. } | Mixing::StickBreaking { .. } => Vec::new(),
    };
    let mut prior = Prior { weights, tau: f64::NAN, nu: Vec::new(), rho: f64::NAN, alpha: f64::NAN, beta: f64::NAN };
    for pair in &mixture.pairs {
        let normal = match pair {
            Pair::Normal(pair) => Some(pair),
            Pair::LogNormal(pair) => Some(pair.logarithm()),
            _ => None,
        };
        if let Some(pair) = normal {
            (prior.tau, prior.nu, prior.rho) = (pair.tau(), pair.nu().to_vec(), pair.rho());
        }
        if let Pair::Poisson(pair) = pair {
            (prior.alpha, prior.beta) = (pair.alpha(), pair.beta());
        }
    }
    prior
}

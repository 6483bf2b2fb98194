//! What a fit says of itself: `fit.json`, a summary, a curve.

use cavi::{
    Assignment, Fit, FitConfig, Formula, Method, Mixing, MixingPosterior, MixtureCavi, Pair, PairPosterior, Restart,
};
use figures::{Curves, FigureError, Series};
use serde::Serialize;
use train::Run;

use super::input::Input;
use super::model::Model;

/// `fit.json`.
#[derive(Debug, Serialize)]
pub(crate) struct FitReport {
    model: Option<Assignment>,
    components: usize,
    observations: usize,
    method: &'static str,
    converged: bool,
    symmetric: bool,
    elbo: f64,
    sweeps: Vec<f64>,
    weights: Vec<f64>,
    counts: Vec<f64>,
    #[serde(flatten)]
    assignment: Option<AssignmentReport>,
    mixing: MixingReport,
    pairs: Vec<PairReport>,
    formulas: Option<Vec<(String, Formula)>>,
    data: Data,
    seed: u64,
    restarts: Vec<Restart>,
    seconds: f64,
    sweep_seconds: Option<f64>,
}

/// The two named models by their own names.
#[derive(Debug, Serialize)]
struct AssignmentReport {
    mu: Means,
    lambda: Rates,
    prior: Prior,
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
struct Prior {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    weights: Vec<f64>,
    tau: f64,
    nu: Vec<f64>,
    rho: f64,
    alpha: f64,
    beta: f64,
}

#[derive(Debug, Serialize)]
struct MixingReport {
    prior: Mixing,
    posterior: MixingPosterior,
}

#[derive(Debug, Serialize)]
struct PairReport {
    columns: Vec<String>,
    kind: &'static str,
    prior: Pair,
    posterior: Vec<PairPosterior>,
}

#[derive(Debug, Serialize)]
struct Data {
    file: String,
    sha256: String,
}

impl FitReport {
    pub(crate) fn new(
        input: &Input,
        model: &Model,
        mixture: &MixtureCavi,
        fit: &Fit,
        config: &FitConfig,
        (seconds, sweep_seconds): (f64, Option<f64>),
    ) -> Self {
        let pairs = model.pairs.iter().zip(&mixture.pairs).zip(&fit.posterior.pairs);
        Self {
            model: model.assignment,
            components: mixture.components,
            observations: input.observations(),
            method: match config.method {
                Method::Coordinate => "coordinate-ascent",
                Method::Stochastic(_) => "stochastic",
            },
            converged: fit.converged,
            symmetric: fit.symmetric,
            elbo: fit.elbo,
            sweeps: fit.sweeps.clone(),
            weights: fit.posterior.mixing.mean(),
            counts: fit.counts.clone(),
            assignment: model.assignment.map(|_| AssignmentReport::new(mixture, fit)),
            mixing: MixingReport { prior: mixture.mixing.clone(), posterior: fit.posterior.mixing.clone() },
            pairs: pairs
                .map(|((asked, prior), posterior)| PairReport {
                    columns: asked.columns.clone(),
                    kind: asked.config.kind(),
                    prior: prior.clone(),
                    posterior: posterior.clone(),
                })
                .collect(),
            formulas: input.formulas.clone(),
            data: Data { file: input.events.file().to_owned(), sha256: input.sha256.clone() },
            seed: config.seed,
            restarts: fit.restarts.clone(),
            seconds,
            sweep_seconds,
        }
    }

    /// What a person wants to see first.
    pub(crate) fn summary(&self, run: &Run) -> String {
        let mut text = format!(
            "run {}: ELBO {:.4} nats after {} sweeps{}{}; best of {} starts\n{:>3} {:>11} {:>7}",
            run.name(),
            self.elbo,
            self.sweeps.len(),
            self.sweep_seconds.map_or_else(String::new, |seconds| format!(" of {:.1} ms", 1e3 * seconds)),
            if self.converged { "" } else { " (not converged: raise --max-sweeps)" },
            self.restarts.len(),
            "k",
            "events",
            "weight",
        );
        self.pairs.iter().for_each(|pair| text.push_str(&format!("  {:24}", pair.columns.join(", "))));
        for k in 0..self.components {
            text = text.trim_end().to_owned();
            text.push_str(&format!("\n{:>3} {:>11.1} {:>7.3}", k + 1, self.counts[k], self.weights[k]));
            self.pairs
                .iter()
                .for_each(|pair| text.push_str(&format!("  {:24}", place(&pair.prior, &pair.posterior[k]))));
        }
        format!("{}\nwritten to {}: fit.json and its figures", text.trim_end(), run.outputs().display())
    }

    /// The ELBO over the sweeps of the best start.
    pub(crate) fn curve(&self, run: &Run) -> Result<String, FigureError> {
        let points = self.sweeps.iter().enumerate().map(|(sweep, &elbo)| ((sweep + 1) as f64, elbo)).collect();
        Curves {
            title: format!("ELBO of run {}", run.name()),
            x_label: "sweep".to_owned(),
            y_label: "ELBO (nats)".to_owned(),
            series: vec![Series { label: "best start".to_owned(), points, marks: Vec::new() }],
        }
        .to_svg()
    }
}

impl AssignmentReport {
    fn new(mixture: &MixtureCavi, fit: &Fit) -> Self {
        let mut mu = Means { mean: Vec::new(), precision: Vec::new() };
        let mut lambda = Rates { shape: Vec::new(), rate: Vec::new() };
        for q in fit.posterior.pairs.iter().flatten() {
            if let PairPosterior::Normal(q) = q {
                mu.mean.push(q.mean.clone());
                mu.precision.push(q.precision);
            }
            if let PairPosterior::Gamma(q) = q {
                lambda.shape.push(q.shape);
                lambda.rate.push(q.rate);
            }
        }
        Self { mu, lambda, prior: prior(mixture) }
    }
}

/// Where a component lies, in a few words: means for normals, expected values for the others.
fn place(pair: &Pair, q: &PairPosterior) -> String {
    let list = |values: &[f64]| values.iter().map(|x| format!("{x:.3}")).collect::<Vec<_>>().join(", ");
    match (pair, q) {
        (Pair::LogNormal(_), PairPosterior::Normal(q)) => format!("median {:.3}", q.mean[0].exp()),
        (Pair::Exponential(_), PairPosterior::Gamma(q)) => format!("rate {:.4}", q.shape / q.rate),
        (_, PairPosterior::Normal(q)) => list(&q.mean),
        (_, PairPosterior::NormalGamma(q)) => list(&q.mean),
        (_, PairPosterior::NormalWishart(q)) => list(&q.mean),
        (_, PairPosterior::Gamma(q)) => format!("{:.3}", q.shape / q.rate),
        (_, PairPosterior::Beta(q)) => format!("{:.3}", q.a / (q.a + q.b)),
        (_, PairPosterior::Dirichlet(q)) => {
            let total: f64 = q.concentration.iter().sum();
            let largest = q.concentration.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
            largest.map_or_else(String::new, |(class, a)| format!("class {class}: {:.3}", a / total))
        }
    }
}

/// The model with its constants, in one line.
pub(crate) fn describe(model: &Model, mixture: &MixtureCavi, observations: usize) -> String {
    let constants = if model.assignment.is_some() {
        let Prior { tau, nu, rho, alpha, beta, .. } = prior(mixture);
        format!(", tau {tau:.6}, nu {nu:.4?}, rho {rho:.6}, alpha {alpha}, beta {beta:.6}")
    } else {
        let pairs = model.pairs.iter().zip(&mixture.pairs);
        pairs.map(|(asked, pair)| format!("; {} {}", asked.columns.join(", "), constants(pair))).collect()
    };
    format!("{observations} events, {} components{constants}", mixture.components)
}

/// The kind of a pair and its constants, but for the centre, which is no part of the model.
fn constants(pair: &Pair) -> String {
    let mut value = serde_json::to_value(pair).unwrap_or_default();
    let kind = value.get("kind").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    if let Some(object) = value.as_object_mut() {
        object.retain(|name, _| name != "centre" && name != "kind");
    }
    format!("{kind} {}", value.to_string().replace('"', ""))
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

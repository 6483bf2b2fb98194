//! Figures that are drawn here, because they show several runs in one.

use std::fs;

use figures::{Curves, Series};
use serde::Deserialize;

use crate::error::ReportError;
use crate::runs::Runs;

/// A line of `metrics.jsonl`: one epoch, in nats per image.
#[derive(Debug, Deserialize)]
struct Epoch {
    epoch: u32,
    train: Terms,
    test: Terms,
}

#[derive(Debug, Deserialize)]
struct Terms {
    elbo: f64,
    log_likelihood: f64,
    kl: f64,
    /// What was maximised, where that is not the ELBO.
    objective: Option<f64>,
}

/// The ELBO after every sweep, or pass, of a fit in `fit.json`.
#[derive(Debug, Deserialize)]
struct Fit {
    observations: usize,
    sweeps: Vec<f64>,
}

/// The names that the text may ask for.
const NAMES: [&str; 5] = ["training", "terms", "landing", "surrogate", "passes"];

/// Draws the figure of this name as an SVG document.
///
/// # Errors
/// When a run is missing or its data are not what they should be, or nothing has this name.
pub fn draw(name: &str, runs: &Runs) -> Result<String, ReportError> {
    let curves = match name {
        "passes" => passes(runs),
        "training" => training(runs),
        "terms" => terms(runs),
        "landing" => landing(runs),
        "surrogate" => surrogate(runs),
        _ => Err(ReportError::UnknownFigure { name: name.into(), known: NAMES.join(", ") }),
    }?;
    Ok(curves.to_svg()?)
}

/// The ELBO of the notebook's VAE over the epochs: three seeds, and the training images of the first.
fn training(runs: &Runs) -> Result<Curves, ReportError> {
    let mut series = vec![curve("training images, seed 1", &epochs(runs, "notebook-seed1")?, |epoch| epoch.train.elbo)];
    for seed in 1..=3 {
        let epochs = epochs(runs, &format!("notebook-seed{seed}"))?;
        series.push(curve(&format!("test images, seed {seed}"), &epochs, |epoch| epoch.test.elbo));
    }
    Ok(plot("ELBO (nats per image)", series))
}

/// The two terms of the ELBO of one run on the test images.
fn terms(runs: &Runs) -> Result<Curves, ReportError> {
    let epochs = epochs(runs, "notebook-seed1")?;
    Ok(plot(
        "nats per test image",
        vec![
            curve("-log p(x | z)", &epochs, |epoch| -epoch.test.log_likelihood),
            curve("KL(q(z | x) || p(z))", &epochs, |epoch| epoch.test.kl),
            curve("their sum, -ELBO", &epochs, |epoch| -epoch.test.elbo),
        ],
    ))
}

/// Three estimators in training: the mean test ELBO of five seeds each, once the first epochs are over.
fn landing(runs: &Runs) -> Result<Curves, ReportError> {
    /// Epochs that would leave no room for the others.
    const FIRST: usize = 9;
    let mut series = Vec::new();
    for (kind, label) in [("path", "path derivative"), ("self-tuning", "self-tuning"), ("total", "total derivative")] {
        let seeds: Result<Vec<_>, _> = (1..=5).map(|seed| epochs(runs, &format!("short-{kind}-{seed}"))).collect();
        let seeds = seeds?;
        let length = seeds.iter().map(Vec::len).min().unwrap_or_default();
        let first = if length > 2 * FIRST { FIRST } else { 0 };
        let mean = |at: usize| seeds.iter().map(|epochs| epochs[at].test.elbo).sum::<f64>() / seeds.len() as f64;
        series.push(Series {
            label: label.into(),
            points: (first..length).map(|at| (f64::from(seeds[0][at].epoch), mean(at))).collect(),
            marks: Vec::new(),
        });
    }
    Ok(plot("test ELBO (nats per image)", series))
}

/// The relaxed objective of the Gumbel-softmax beside the ELBO of hard codes, on the training images.
fn surrogate(runs: &Runs) -> Result<Curves, ReportError> {
    let epochs = epochs(runs, "gumbel-seed1")?;
    Ok(plot(
        "nats per training image",
        vec![
            curve("relaxed objective, no bound", &epochs, |epoch| epoch.train.objective.unwrap_or(f64::NAN)),
            curve("ELBO of hard codes", &epochs, |epoch| epoch.train.elbo),
        ],
    ))
}

/// Coordinate ascent and stochastic steps from one start: the ELBO of an event after each reading of all events.
fn passes(runs: &Runs) -> Result<Curves, ReportError> {
    /// Fits have converged, or have shown what they do.
    const MOST: usize = 40;
    let mut series = Vec::new();
    for (run, label) in [
        ("crowd-svi", "B = 100, kappa = 0.7"),
        ("crowd-svi-1000", "B = 1000, kappa = 0.7"),
        ("crowd-svi-one", "B = 100, kappa = 1"),
        ("crowd", "coordinate ascent"),
    ] {
        let path = runs.path(run, "fit.json")?;
        let text = fs::read_to_string(&path).map_err(ReportError::io(&path))?;
        let fit: Fit = serde_json::from_str(&text)
            .map_err(|error| ReportError::Data { run: run.into(), reason: format!("fit.json: {error}") })?;
        let elbos = fit.sweeps.iter().take(MOST).map(|elbo| elbo / fit.observations as f64);
        series.push(Series {
            label: label.into(),
            points: elbos.enumerate().map(|(at, elbo)| (at as f64 + 1.0, elbo)).collect(),
            marks: Vec::new(),
        });
    }
    Ok(Curves { x_label: "passes over the events".into(), ..plot("ELBO (nats per event)", series) })
}

fn plot(y_label: &str, series: Vec<Series>) -> Curves {
    Curves { title: String::new(), x_label: "epoch".into(), y_label: y_label.into(), series }
}

fn curve(label: &str, epochs: &[Epoch], value: impl Fn(&Epoch) -> f64) -> Series {
    let points = epochs.iter().map(|epoch| (f64::from(epoch.epoch), value(epoch))).collect();
    Series { label: label.into(), points, marks: Vec::new() }
}

/// The epochs of a run.
fn epochs(runs: &Runs, run: &str) -> Result<Vec<Epoch>, ReportError> {
    let path = runs.path(run, "metrics.jsonl")?;
    let text = fs::read_to_string(&path).map_err(ReportError::io(&path))?;
    let wrong = |reason: String| ReportError::Data { run: run.into(), reason: format!("metrics.jsonl: {reason}") };
    let epochs: Result<Vec<Epoch>, _> = text.lines().map(serde_json::from_str).collect();
    let epochs = epochs.map_err(|error| wrong(error.to_string()))?;
    if epochs.is_empty() { Err(wrong("there is no epoch".into())) } else { Ok(epochs) }
}

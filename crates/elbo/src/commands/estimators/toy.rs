//! `elbo estimators toy`: every estimator on a problem whose answers are known.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::ensure;
use figures::svg_to_png;
use serde::Serialize;
use train::toy::{Estimator, LEAST_DRAWS, Measured, Measurement, Normal, Toy, measure};
use train::{TrainError, write_atomic};

use super::toy_figures::figures;
use crate::cli::{Common, ToyArgs};
use crate::console::Console;
use crate::results::{json, run_of_results};

/// Estimates that take a minute or so.
const MOST: usize = 100_000_000;

/// Particles whose noise fits into memory a block at a time.
const MOST_PARTICLES: usize = 1000;

/// `estimators.json`.
#[derive(Debug, Serialize)]
struct Comparison {
    run: String,
    draws: usize,
    particles: Option<usize>,
    seed: u64,
    q: Normal,
    p: Normal,
    log_constant: f64,
    estimators: Vec<Entry>,
    files: Vec<PathBuf>,
}

/// An estimator and a parameter. What is not known, or infinite, is null.
#[derive(Debug, Serialize)]
struct Entry {
    name: &'static str,
    parameter: &'static str,
    mean: f64,
    /// Of the estimator's own objective.
    gradient_exact: Option<f64>,
    bias: Option<f64>,
    bias_exact: Option<f64>,
    bias_interval: Option<[f64; 2]>,
    variance: f64,
    variance_exact: Option<f64>,
    snr: f64,
    ns_per_draw: f64,
}

impl From<&Measured> for Entry {
    fn from(measured: &Measured) -> Self {
        Self {
            name: measured.estimator.name(),
            parameter: measured.parameter.name(),
            mean: measured.mean,
            gradient_exact: measured.gradient,
            bias: measured.bias(),
            bias_exact: measured.bias_exact,
            bias_interval: measured.bias_interval(),
            variance: measured.variance,
            variance_exact: measured.variance_exact,
            snr: measured.snr(),
            ns_per_draw: 1e9 * measured.seconds_per_draw,
        }
    }
}

pub(super) fn run(common: &Common, args: &ToyArgs) -> anyhow::Result<()> {
    let toy = Toy {
        q: Normal { loc: args.q_mean, scale: args.q_scale },
        p: Normal { loc: args.p_mean, scale: args.p_scale },
        log_constant: args.log_constant,
    };
    check(&toy, args)?;
    let run = run_of_results(common, args.run.as_deref(), "estimators")?;
    let name = run.name();
    ensure!(args.force || !run.exists(), "run {name} exists already; choose another --run, or replace it with --force");

    let (console, seed) = (Console::new(common), common.seed.unwrap_or(1));
    let estimators = Estimator::all(args.particles);
    let started = Instant::now();
    let measurement = Measurement { toy, estimators: &estimators, draws: args.draws, seed, stream: 0 };
    let measured = measure(&measurement, &mut || started.elapsed().as_secs_f64());

    let mut files = Vec::new();
    for (name, figure) in figures(&toy, args.draws, seed) {
        let svg = figure.to_svg().map_err(TrainError::from)?;
        files.push((format!("{name}.png"), svg_to_png(&svg, 2.0).map_err(TrainError::from)?));
        files.push((format!("{name}.svg"), svg.into_bytes()));
    }
    let mut comparison = Comparison {
        run: name.to_owned(),
        draws: args.draws,
        particles: args.particles,
        seed,
        q: toy.q,
        p: toy.p,
        log_constant: toy.log_constant,
        estimators: measured.iter().map(Entry::from).collect(),
        files: files.iter().map(|(file, _)| run.output(file)).collect(),
    };
    comparison.files.push(run.output("estimators.json"));
    files.push(("estimators.json".to_owned(), json(&comparison)?));
    let fill = |folder: &Path| files.iter().try_for_each(|(file, bytes)| write_atomic(&folder.join(file), bytes));
    run.replace_outputs(fill).map_err(TrainError::from)?;
    for note in notes(args.particles, &comparison) {
        console.note(note);
    }
    console.result(&comparison, &comparison.table())
}

fn check(toy: &Toy, args: &ToyArgs) -> anyhow::Result<()> {
    toy.validate()?;
    let draws = args.draws;
    ensure!(
        draws >= LEAST_DRAWS,
        "--draws is {draws}; an interval needs at least {LEAST_DRAWS} estimates, so ask for {LEAST_DRAWS} or more"
    );
    ensure!(draws <= MOST, "--draws is {draws}; it must be at most 100,000,000");
    if let Some(particles) = args.particles {
        ensure!(
            (1..=MOST_PARTICLES).contains(&particles),
            "--particles is {particles}; a bound has 1 to {MOST_PARTICLES} particles"
        );
    }
    Ok(())
}

/// What a reader of the table must know.
fn notes(particles: Option<usize>, comparison: &Comparison) -> Vec<&'static str> {
    let mut notes = Vec::new();
    match particles {
        None => {}
        Some(1) => notes.push("with one particle, iwae-path-derivative and dreg are the path derivative; vimco needs two"),
        Some(_) => notes.push(
            "iwae-path-derivative is biased for more than one particle: the scores that it leaves out are weighted (use dreg)",
        ),
    }
    if comparison.estimators.iter().any(|entry| entry.bias.is_none()) {
        notes.push("q and p are too far apart for the exact gradient of the bound: its biases are left out");
    }
    notes
}

impl Comparison {
    fn table(&self) -> String {
        let Normal { loc: m, scale: s } = self.q;
        let Normal { loc: u, scale: t } = self.p;
        let mut text = format!(
            "run {}: {} estimates each, q = N({m}, {s}^2), p = N({u}, {t}^2), seed {}\n\n\
             {:<31}{:<7}{:>10}{:>11}{:>10}{:>13}{:>13}{:>10}{:>7}\n",
            self.run,
            self.draws,
            self.seed,
            "estimator",
            "",
            "mean",
            "bias",
            "+- 95 %",
            "variance",
            "exact",
            "SNR",
            "ns"
        );
        let number = |value: Option<f64>, decimals: usize| value.map_or("-".to_owned(), |v| format!("{v:.decimals$}"));
        for entry in &self.estimators {
            let half = entry.bias_interval.map(|[low, high]| (high - low) / 2.0);
            text.push_str(&format!(
                "{:<31}{:<7}{:>10.5}{:>11}{:>10}{:>13}{:>13}{:>10}{:>7.0}\n",
                entry.name,
                entry.parameter,
                entry.mean,
                number(entry.bias, 5),
                number(half, 5),
                significant(entry.variance),
                entry.variance_exact.map_or("-".to_owned(), significant),
                if entry.snr.is_finite() { format!("{:.3}", entry.snr) } else { "-".to_owned() },
                entry.ns_per_draw,
            ));
        }
        text.push('\n');
        text.push_str(&self.files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join("\n"));
        text
    }
}

/// A variance, which may be of any size.
fn significant(value: f64) -> String {
    if value == 0.0 || (1e-4..1e6).contains(&value) { format!("{value:.5}") } else { format!("{value:.3e}") }
}

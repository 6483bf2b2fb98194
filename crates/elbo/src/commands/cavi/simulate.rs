//! `elbo cavi simulate`: a catalogue from the model, with the truth beside it.

use std::process::ExitCode;
use std::sync::atomic::Ordering;

use anyhow::ensure;
use cavi::{Assignment, Simulation};
use serde::Serialize;
use train::{TrainError, write_atomic, write_atomic_with};

use super::model::assignment;
use crate::cli::{Common, SimulateArgs};
use crate::console::Console;
use crate::exit::INTERRUPTED;
use crate::interrupt::interrupt_flag;
use crate::progress::bar;
use crate::results::json;

/// Components of a simulation: beyond, their parameters alone fill a memory.
const MOST_COMPONENTS: usize = 1_000_000;

/// Events up to which their labels are listed with the truth.
const LABELLED: usize = 1_000_000;

#[derive(Serialize)]
struct Simulated {
    events: usize,
    components: usize,
    seed: u64,
    files: [std::path::PathBuf; 2],
}

/// `F.truth.json`.
#[derive(Serialize)]
struct TruthReport {
    mu: Vec<Vec<f64>>,
    lambda: Vec<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    labels: Option<Vec<usize>>,
}

pub(crate) fn run(common: &Common, args: &SimulateArgs) -> anyhow::Result<ExitCode> {
    ensure!(args.events > 0, "--events is 0; it must be at least 1");
    ensure!(
        (1..=MOST_COMPONENTS).contains(&args.components),
        "--components is {}; it must be between 1 and {MOST_COMPONENTS}",
        args.components
    );
    let model = assignment(args.model);
    let default = match model {
        Assignment::NormalPoisson => vec![0.0, 0.0],
        Assignment::LogNormalPoisson => vec![0.0],
    };
    let weights = args.weights.clone().unwrap_or_else(|| vec![1.0 / args.components as f64; args.components]);
    ensure!(
        weights.len() == args.components,
        "--weights gives {} numbers, but --components is {}",
        weights.len(),
        args.components
    );
    let simulation = Simulation {
        model,
        observations: args.events,
        weights,
        tau: args.tau,
        nu: args.nu.clone().unwrap_or(default),
        rho: args.rho,
        alpha: args.alpha,
        beta: args.beta,
    };
    let files = [args.out.clone(), args.out.with_extension("truth.json")];
    for file in &files {
        ensure!(!file.is_dir(), "{} is a folder; choose another --out", file.display());
    }
    for file in files.iter().filter(|_| !args.force) {
        ensure!(!file.exists(), "{} exists already; choose another --out, or replace it with --force", file.display());
    }
    let seed = common.seed.unwrap_or(1);
    let console = Console::new(common);
    let mut draw = simulation.draw(seed)?;
    let mut labels = (args.events <= LABELLED).then(Vec::new);
    let bar = bar(console, args.events as u64, "drawing [{bar:32}] {pos}/{len}  {eta} left");
    let interrupted = interrupt_flag()?;
    let written = write_atomic_with(&files[0], |out| {
        writeln!(out, "{}", simulation.columns().join(","))?;
        for (label, event) in bar.wrap_iter(draw.by_ref()) {
            for (index, value) in event.iter().enumerate() {
                write!(out, "{}{value}", if index == 0 { "" } else { "," })?;
            }
            writeln!(out)?;
            labels.iter_mut().for_each(|labels| labels.push(label));
            if interrupted.load(Ordering::Relaxed) {
                return Err(std::io::ErrorKind::Interrupted.into());
            }
        }
        Ok(())
    });
    bar.finish_and_clear();
    if interrupted.load(Ordering::Relaxed) && written.is_err() {
        console.warn("interrupted: nothing is written");
        return Ok(ExitCode::from(INTERRUPTED));
    }
    written.map_err(TrainError::from)?;
    if labels.is_none() {
        console.note(&format!("more than {LABELLED} events: the truth lists no labels"));
    }
    let truth = TruthReport { mu: draw.mu, lambda: draw.lambda, labels };
    write_atomic(&files[1], &json(&truth)?).map_err(TrainError::from)?;
    let text = files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join("\n");
    console.result(&Simulated { events: args.events, components: args.components, seed, files }, &text)?;
    Ok(ExitCode::SUCCESS)
}

//! `elbo cavi simulate`: a catalogue from the model, with the truth beside it.

use anyhow::{bail, ensure};
use cavi::{Assignment, Catalogue, Simulation};
use serde::Serialize;
use train::{TrainError, write_atomic};

use super::input::{assignment, json};
use crate::cli::{Common, SimulateArgs};
use crate::console::Console;

#[derive(Serialize)]
struct Simulated {
    events: usize,
    components: usize,
    seed: u64,
    files: [std::path::PathBuf; 2],
}

pub(crate) fn run(common: &Common, args: &SimulateArgs) -> anyhow::Result<()> {
    ensure!(args.events > 0, "--events is 0; it must be at least 1");
    ensure!(args.components > 0, "--components is 0; it must be at least 1");
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
    let nu = args.nu.clone().unwrap_or(default);
    ensure!(
        model == Assignment::NormalPoisson || nu.len() == 1,
        "--nu gives {} numbers, but a distance has one",
        nu.len()
    );
    let constants = [("--tau", args.tau), ("--rho", args.rho), ("--alpha", args.alpha), ("--beta", args.beta)];
    for (flag, value) in constants {
        ensure!(value.is_finite() && value > 0.0, "{flag} is {value}; it must be positive and finite");
    }
    if let Some(value) = nu.iter().find(|value| !value.is_finite()) {
        bail!("--nu holds {value}; its numbers must be finite");
    }
    let simulation = Simulation {
        model,
        observations: args.events,
        weights,
        tau: args.tau,
        nu,
        rho: args.rho,
        alpha: args.alpha,
        beta: args.beta,
    };
    let files = [args.out.clone(), args.out.with_extension("truth.json")];
    for file in files.iter().filter(|_| !args.force) {
        ensure!(!file.exists(), "{} exists already; choose another --out, or replace it with --force", file.display());
    }
    let seed = common.seed.unwrap_or(1);
    let (catalogue, truth) = simulation.draw(seed)?;
    write_atomic(&files[1], &json(&truth)?).map_err(TrainError::from)?;
    write_atomic(&files[0], &table(&catalogue)).map_err(TrainError::from)?;
    let text = files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join("\n");
    Console::new(common).result(&Simulated { events: args.events, components: args.components, seed, files }, &text)
}

fn table(catalogue: &Catalogue) -> Vec<u8> {
    let mut text = catalogue.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(",");
    text.push('\n');
    for row in 0..catalogue.len() {
        let row: Vec<String> = catalogue.columns.iter().map(|column| column.values[row].to_string()).collect();
        text.push_str(&row.join(","));
        text.push('\n');
    }
    text.into_bytes()
}

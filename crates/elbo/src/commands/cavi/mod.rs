//! `elbo cavi`: mixtures of epicentres, one file a command.

mod fit;
mod fitted;
mod grid;
mod input;
mod model;
mod outputs;
mod pictures;
mod predict;
mod predictive;
mod report;
mod search;
mod simulate;
mod sweep;

use std::process::ExitCode;

use crate::cli::{CaviCommand, Common};

/// Runs the command that was typed.
pub(crate) fn run(common: &Common, command: &CaviCommand) -> anyhow::Result<ExitCode> {
    match command {
        CaviCommand::Fit(args) => fit::run(common, args),
        CaviCommand::Sweep(args) => sweep::run(common, args),
        CaviCommand::Simulate(args) => simulate::run(common, args),
        CaviCommand::Predict(args) => predict::run(common, args),
    }
}
